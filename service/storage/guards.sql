-- What PostgreSQL refuses by itself: changes to what was written, moves without accounts, entries without moves.

CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE OR REPLACE FUNCTION accounts_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'accounts are never deleted and keep their id' USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE OR REPLACE TRIGGER accounts_stay BEFORE DELETE OR TRUNCATE ON accounts
    FOR EACH STATEMENT EXECUTE FUNCTION accounts_stay();
CREATE OR REPLACE TRIGGER accounts_keep_id BEFORE UPDATE OF id ON accounts
    FOR EACH STATEMENT EXECUTE FUNCTION accounts_stay();

-- Instead of foreign keys: one question for all moves of an entry, and no lock on the row of a busy account.
-- It is enough, because neither accounts nor entries can be deleted.
CREATE OR REPLACE FUNCTION moves_belong() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM written w
                WHERE NOT EXISTS (SELECT FROM accounts a WHERE a.id = w.source)
                   OR NOT EXISTS (SELECT FROM accounts a WHERE a.id = w.target)
                   OR NOT EXISTS (SELECT FROM entries e WHERE e.id = w.entry)) THEN
        RAISE EXCEPTION 'a move without its accounts or its entry' USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER moves_belong AFTER INSERT ON moves REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION moves_belong();

CREATE OR REPLACE FUNCTION entries_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM moves m WHERE m.entry = NEW.id) THEN
        RAISE EXCEPTION 'entry % moves nothing', NEW.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;

DROP TRIGGER IF EXISTS entries_move ON entries;
CREATE CONSTRAINT TRIGGER entries_move AFTER INSERT ON entries DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION entries_move();
