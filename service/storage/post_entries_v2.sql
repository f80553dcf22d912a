-- Writes entries with their moves under their locks, each for itself and in this order, or says why not. It decides as
-- apply() in service/ledger/entry.py does; the contract suite compares the two. A refusal is an answer, never an error.
--
-- p_locked: every account with a balance that the entries name; p_keys: every counter; both in order, each once: so
-- are they locked, and two crowds cannot wait for each other. Accounts that never refuse have no balance and are not
-- locked, however many postings name them at once. No two entries have the same id, or are the same by `once`.
--
-- The lists of moves (m_), ceilings (l_) and caps (c_) name the entry that each belongs to by its place in p_ids, in the
-- order of the entries; `m_from` and `m_to` are places in p_locked, 0 for an account without a balance.
--
-- codes, one for each entry: posted | exists (this id is written) | already_done (saids: the reason of the winner)
--       not_enough (firsts: balance, seconds: total) | too_full (firsts: room) | over_cap (firsts: left)
-- source_after, target_after, one for each move: what a locked account then holds.

CREATE OR REPLACE FUNCTION post_entries_v2(
    p_locked text[], p_keys text[],
    p_ids bigint[], p_reasons text[], p_ats bigint[], p_onces text[],
    m_entries int[], m_sources text[], m_targets text[], m_from int[], m_to int[], m_amounts bigint[], m_reasons text[],
    l_entries int[], l_places int[], l_mosts bigint[],
    c_entries int[], c_places int[], c_adds bigint[], c_caps bigint[],
    OUT codes text[], OUT saids text[], OUT firsts bigint[], OUT seconds bigint[],
    OUT source_after bigint[], OUT target_after bigint[]
) LANGUAGE plpgsql AS $$
DECLARE
    largest CONSTANT bigint := 1000000000000000;
    moves_in_all CONSTANT int := cardinality(m_entries);
    caps_in_all CONSTANT int := cardinality(c_entries);
    held bigint[];      -- what the accounts hold after the entries so far
    before bigint[];    -- and without the entry in hand
    counted bigint[];   -- the same of the counters
    uncounted bigint[];
    there bigint[];
    m int := 1;         -- where the moves, ceilings and caps of the entry in hand begin
    l int := 1;
    c int := 1;
    past int;           -- where its moves end
    p int;
    code text;
BEGIN
    SELECT array_agg(x.balance) INTO held
      FROM (SELECT balance FROM accounts WHERE id = ANY (p_locked) ORDER BY id FOR NO KEY UPDATE) x;
    IF coalesce(cardinality(held), 0) < cardinality(p_locked) THEN
        RAISE EXCEPTION 'an account was never opened' USING ERRCODE = 'foreign_key_violation';
    END IF;
    IF caps_in_all > 0 THEN
        SELECT array_agg(x.value) INTO counted
          FROM (SELECT value FROM counters WHERE key = ANY (p_keys) ORDER BY key FOR NO KEY UPDATE) x;
        IF coalesce(cardinality(counted), 0) < cardinality(p_keys) THEN
            -- A row that is not there cannot be locked: write it, then lock.
            INSERT INTO counters (key, value) SELECT u.key, 0 FROM unnest(p_keys) u (key) ON CONFLICT DO NOTHING;
            SELECT array_agg(x.value) INTO counted
              FROM (SELECT value FROM counters WHERE key = ANY (p_keys) ORDER BY key FOR NO KEY UPDATE) x;
        END IF;
    END IF;

    -- Asked under the locks: whoever wrote one of these entries, or resolved one of these holds, has committed by now.
    SELECT array_agg(e.id) INTO there FROM entries e WHERE e.id = ANY (p_ids);
    IF p_onces IS NOT NULL THEN
        SELECT array_agg((SELECT e.reason FROM entries e WHERE e.once = u.once) ORDER BY u.place) INTO saids
          FROM unnest(p_onces) WITH ORDINALITY u (once, place);
    END IF;

    firsts := array_fill(NULL::bigint, ARRAY[cardinality(p_ids)]);
    seconds := firsts;
    source_after := array_fill(NULL::bigint, ARRAY[moves_in_all]);
    target_after := source_after;
    FOR i IN 1 .. cardinality(p_ids) LOOP
        before := held;
        uncounted := counted;
        code := 'posted';
        past := m;
        WHILE m_entries[past] = i LOOP
            p := m_from[past];
            IF p > 0 THEN
                held[p] := held[p] - m_amounts[past];
                source_after[past] := held[p];
            END IF;
            p := m_to[past];
            IF p > 0 THEN
                held[p] := held[p] + m_amounts[past];
                target_after[past] := held[p];
            END IF;
            past := past + 1;
        END LOOP;

        IF there IS NOT NULL AND p_ids[i] = ANY (there) THEN
            code := 'exists';
        ELSIF saids[i] IS NOT NULL THEN
            code := 'already_done';
        ELSE
            p := NULL;
            FOR j IN m .. past - 1 LOOP
                IF held[m_from[j]] < 0 THEN
                    p := least(p, m_from[j]);
                END IF;
            END LOOP;
            IF p IS NOT NULL THEN
                code := 'not_enough';
                firsts[i] := before[p];
                seconds[i] := 0;
                FOR j IN m .. past - 1 LOOP
                    IF m_from[j] = p THEN
                        seconds[i] := seconds[i] + m_amounts[j];
                    END IF;
                END LOOP;
            ELSE
                FOR j IN m .. past - 1 LOOP
                    IF held[m_to[j]] > largest THEN
                        p := least(p, m_to[j]);
                    END IF;
                END LOOP;
                IF p IS NOT NULL THEN
                    code := 'too_full';
                    firsts[i] := largest - before[p];
                END IF;
            END IF;
        END IF;
        -- Gone through for every entry, also one that is there already: else those after it would not find theirs.
        WHILE l_entries[l] = i LOOP
            p := l_places[l];
            IF code = 'posted' AND held[p] > greatest(l_mosts[l], before[p]) THEN
                code := 'too_full';
                firsts[i] := greatest(0, l_mosts[l] - before[p]);
            END IF;
            l := l + 1;
        END LOOP;
        WHILE c_entries[c] = i LOOP
            p := c_places[c];
            counted[p] := counted[p] + c_adds[c];
            IF code = 'posted' AND counted[p] > c_caps[c] THEN
                code := 'over_cap';
                firsts[i] := greatest(0, c_caps[c] - uncounted[p]);
            END IF;
            c := c + 1;
        END LOOP;
        IF code <> 'posted' THEN
            held := before;
            counted := uncounted;
        END IF;
        codes[i] := code;
        m := past;
    END LOOP;

    -- Nothing but a racing twin may refuse after this line: it makes all be asked again.
    INSERT INTO entries (id, reason, at, once)
        SELECT p_ids[i], p_reasons[i], p_ats[i], p_onces[i] FROM generate_subscripts(p_ids, 1) i WHERE codes[i] = 'posted';
    IF NOT FOUND THEN
        RETURN;
    END IF;
    INSERT INTO moves (entry, source, target, amount, reason, source_after, target_after)
        SELECT p_ids[m_entries[i]], m_sources[i], m_targets[i], m_amounts[i], m_reasons[i], source_after[i], target_after[i]
          FROM generate_subscripts(m_entries, 1) i WHERE codes[m_entries[i]] = 'posted';
    UPDATE accounts a SET balance = u.balance FROM unnest(p_locked, held) u (id, balance)
     WHERE a.id = u.id AND a.balance <> u.balance;
    IF caps_in_all > 0 THEN
        UPDATE counters k SET value = u.value FROM unnest(p_keys, counted) u (key, value)
         WHERE k.key = u.key AND k.value <> u.value;
    END IF;
END $$;
