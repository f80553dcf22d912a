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

-- A locked account has a balance, no other has. Asked when a row is written and when that would change: a constraint
-- would be asked at every posting.
CREATE OR REPLACE FUNCTION accounts_kind() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.balance IS NOT NULL) <> (split_part(NEW.id, ':', 2) IN ($locked)) THEN
        RAISE EXCEPTION 'a locked account has a balance, no other has' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER accounts_kind_insert BEFORE INSERT ON accounts
    FOR EACH ROW EXECUTE FUNCTION accounts_kind();
CREATE OR REPLACE TRIGGER accounts_kind_update BEFORE UPDATE ON accounts
    FOR EACH ROW WHEN ((OLD.balance IS NULL) <> (NEW.balance IS NULL)) EXECUTE FUNCTION accounts_kind();

-- One question for all moves of an entry. Instead of foreign keys, so that nobody locks the row of a busy account (it is
-- enough, because neither accounts nor entries can be deleted); instead of constraints, whose text is read anew each time.
CREATE OR REPLACE FUNCTION moves_lawful() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM written w
                WHERE w.reason || ':' || split_part(w.source, ':', 2) || ':' || split_part(w.target, ':', 2)
                      NOT IN ($legal)
                   OR split_part(w.source, ':', 1) <> split_part(w.target, ':', 1)
                   OR (w.source_after IS NOT NULL) <> (split_part(w.source, ':', 2) IN ($locked))
                   OR (w.target_after IS NOT NULL) <> (split_part(w.target, ':', 2) IN ($locked))) THEN
        RAISE EXCEPTION 'an illegal move' USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (SELECT FROM written w
                WHERE NOT EXISTS (SELECT FROM accounts a WHERE a.id = w.source)
                   OR NOT EXISTS (SELECT FROM accounts a WHERE a.id = w.target)
                   OR NOT EXISTS (SELECT FROM entries e WHERE e.id = w.entry)) THEN
        RAISE EXCEPTION 'a move without its accounts or its entry' USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER moves_lawful AFTER INSERT ON moves REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION moves_lawful();

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
