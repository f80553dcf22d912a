-- Writes one entry with its moves under its locks, or says in `code` why not. It decides as apply() in
-- service/ledger/entry.py does; the contract suite compares the two. A refusal is an answer, never an error.
--
-- Locks: the accounts of p_locked in that order (the order of their ids), then counters in the order of their keys.
-- Accounts that never refuse have no balance (null) and are not locked, however many postings name them at once. A
-- locked account that is left out of p_locked is refused by the guard on what its move says was left.
--
-- code: posted (balances, as p_locked) | exists (this id is written) | already_done (said: the reason of the winner)
--       not_enough (a: balance, b: total) | too_full (a: room) | over_cap (a: left)

CREATE OR REPLACE FUNCTION post_entry_v1(
    p_id bigint, p_reason text, p_at bigint, p_once text, p_locked text[],
    p_sources text[], p_targets text[], p_amounts bigint[], p_reasons text[],
    p_ceilings text[], p_mosts bigint[],
    p_keys text[], p_adds bigint[], p_caps bigint[],
    OUT code text, OUT said text, OUT a bigint, OUT b bigint, OUT balances bigint[]
) LANGUAGE plpgsql AS $$
DECLARE
    largest CONSTANT bigint := 1000000000000000;
    had bigint;
    before bigint[] := '{}';
    taken bigint[] := '{}';
    source_after bigint[];
    target_after bigint[];
    keys text[] := '{}';
    counted bigint[];
    counts bigint[];
    k int;
BEGIN
    FOR i IN 1 .. cardinality(p_locked) LOOP
        SELECT balance INTO had FROM accounts WHERE id = p_locked[i] FOR NO KEY UPDATE;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'account % was never opened', p_locked[i] USING ERRCODE = 'foreign_key_violation';
        END IF;
        before[i] := had;
        taken[i] := 0;
    END LOOP;

    -- Asked under the locks: whoever wrote this entry, or resolved this hold, has committed by now.
    PERFORM FROM entries e WHERE e.id = p_id;
    IF FOUND THEN
        code := 'exists';
        RETURN;
    END IF;
    IF p_once IS NOT NULL THEN
        SELECT e.reason INTO said FROM entries e WHERE e.once = p_once;
        IF FOUND THEN
            code := 'already_done';
            RETURN;
        END IF;
    END IF;

    balances := before;
    FOR i IN 1 .. cardinality(p_amounts) LOOP
        k := array_position(p_locked, p_sources[i]);
        source_after[i] := NULL;
        IF k IS NOT NULL THEN
            balances[k] := balances[k] - p_amounts[i];
            taken[k] := taken[k] + p_amounts[i];
            source_after[i] := balances[k];
        END IF;
        k := array_position(p_locked, p_targets[i]);
        target_after[i] := NULL;
        IF k IS NOT NULL THEN
            balances[k] := balances[k] + p_amounts[i];
            target_after[i] := balances[k];
        END IF;
    END LOOP;
    FOR k IN 1 .. cardinality(p_locked) LOOP
        IF balances[k] < 0 THEN
            code := 'not_enough';
            a := before[k];
            b := taken[k];
            RETURN;
        END IF;
    END LOOP;
    FOR k IN 1 .. cardinality(p_locked) LOOP
        IF balances[k] > largest THEN
            code := 'too_full';
            a := largest - before[k];
            RETURN;
        END IF;
    END LOOP;
    FOR i IN 1 .. cardinality(p_ceilings) LOOP
        k := array_position(p_locked, p_ceilings[i]);
        IF balances[k] > greatest(p_mosts[i], before[k]) THEN
            code := 'too_full';
            a := greatest(0, p_mosts[i] - before[k]);
            RETURN;
        END IF;
    END LOOP;

    IF cardinality(p_keys) > 0 THEN
        SELECT array_agg(x.key), array_agg(x.value) INTO keys, counts
          FROM (SELECT key, value FROM counters WHERE key = ANY (p_keys) ORDER BY key FOR NO KEY UPDATE) x;
        IF coalesce(cardinality(keys), 0) < cardinality(p_keys) THEN
            -- A row that is not there cannot be locked: write it, then lock.
            INSERT INTO counters (key, value) SELECT DISTINCT u.key, 0 FROM unnest(p_keys) u (key) ORDER BY 1
                ON CONFLICT DO NOTHING;
            SELECT array_agg(x.key), array_agg(x.value) INTO keys, counts
              FROM (SELECT key, value FROM counters WHERE key = ANY (p_keys) ORDER BY key FOR NO KEY UPDATE) x;
        END IF;
        counted := counts;
        FOR i IN 1 .. cardinality(p_keys) LOOP
            k := array_position(keys, p_keys[i]);
            counted[k] := counted[k] + p_adds[i];
            IF counted[k] > p_caps[i] THEN
                code := 'over_cap';
                a := greatest(0, p_caps[i] - counts[k]);
                RETURN;
            END IF;
        END LOOP;
    END IF;

    -- Nothing but a racing twin may refuse after this line.
    INSERT INTO entries (id, reason, at, once) VALUES (p_id, p_reason, p_at, p_once) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        PERFORM FROM entries e WHERE e.id = p_id;
        IF FOUND THEN
            code := 'exists';
        ELSE
            SELECT 'already_done', e.reason INTO code, said FROM entries e WHERE e.once = p_once;
        END IF;
        RETURN;
    END IF;
    FOR k IN 1 .. cardinality(p_locked) LOOP
        UPDATE accounts SET balance = balances[k] WHERE id = p_locked[k];
    END LOOP;
    FOR k IN 1 .. cardinality(keys) LOOP
        UPDATE counters SET value = counted[k] WHERE key = keys[k];
    END LOOP;
    INSERT INTO moves (entry, source, target, amount, reason, source_after, target_after)
        SELECT p_id, m.* FROM unnest(p_sources, p_targets, p_amounts, p_reasons, source_after, target_after) m;
    code := 'posted';
END $$;

-- The same for many entries, in one transaction and in their order. What they touch is locked first, all in order, so
-- that two batches cannot wait for each other. The lists of each entry are given as the text of an array.

CREATE OR REPLACE FUNCTION post_entries_v1(
    p_touched text[], p_counted text[],
    p_ids bigint[], p_reason text[], p_at bigint[], p_once text[], p_locked text[],
    p_sources text[], p_targets text[], p_amounts text[], p_reasons text[],
    p_ceilings text[], p_mosts text[],
    p_keys text[], p_adds text[], p_caps text[]
) RETURNS TABLE (code text, said text, a bigint, b bigint, balances bigint[]) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM accounts x WHERE x.id = ANY (p_touched) ORDER BY x.id FOR NO KEY UPDATE;
    INSERT INTO counters (key, value) SELECT DISTINCT u.key, 0 FROM unnest(p_counted) u (key) ORDER BY 1
        ON CONFLICT DO NOTHING;
    PERFORM FROM counters x WHERE x.key = ANY (p_counted) ORDER BY x.key FOR NO KEY UPDATE;
    RETURN QUERY
        SELECT p.code, p.said, p.a, p.b, p.balances
          FROM unnest(p_ids, p_reason, p_at, p_once, p_locked, p_sources, p_targets, p_amounts, p_reasons,
                      p_ceilings, p_mosts, p_keys, p_adds, p_caps)
               WITH ORDINALITY e (id, reason, at, once, locked, sources, targets, amounts, reasons,
                                  ceilings, mosts, keys, adds, caps, place),
               LATERAL post_entry_v1(
                   e.id, e.reason, e.at, e.once, e.locked::text[],
                   e.sources::text[], e.targets::text[], e.amounts::bigint[], e.reasons::text[],
                   e.ceilings::text[], e.mosts::bigint[],
                   e.keys::text[], e.adds::bigint[], e.caps::bigint[]) p
         ORDER BY e.place;
END $$;
