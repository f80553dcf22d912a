"""The secrets that things are sealed under: which are in use, and how an old one is taken out of use.

Of a secret only a mark is written down, so that a wrong or missing one is noticed when Senti starts, and not when
nobody's name can be read and everybody's PIN is wrong. A retired secret's key of seals stays: seals of its time are
read with it, and it makes none any more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from service.ledger.seal import OlderKey, close_with_a_new_key
from service.wallet.unit import KnownKey, Unit

SECRET, PEPPER = "secret", "pepper"
NO_SEAL_IS_LATER = 2**62


def missing(unit: Unit, *, secrets: Sequence[str], peppers: Sequence[str]) -> list[str]:
    """Return why these secrets, given by their marks, do not fit what is stored; each line names setting and cure."""
    known = unit.rows.find(KnownKey, state="live")
    lost = [key.mark for key in known if key.purpose == SECRET and key.mark not in secrets]
    pinned = [key.mark for key in known if key.purpose == PEPPER]
    problems = [
        f"SENTI_SECRET_KEY lacks the key {mark}, which names, numbers and seals here are sealed under: put that key "
        "behind the new one, with a comma between, and run: senti keys renew"
        for mark in lost
    ]
    if pinned and not set(pinned) & set(peppers):
        problems.append(
            f"SENTI_PIN_PEPPER is not what the PINs here are sealed under ({', '.join(pinned)}): "
            "put the old one behind the new one, with a comma between"
        )
    return problems


def unknown(unit: Unit, *, secrets: Sequence[str], peppers: Sequence[str]) -> list[KnownKey]:
    """Return what is to be written down about these secrets."""
    given = [(mark, SECRET) for mark in secrets] + [(mark, PEPPER) for mark in peppers]
    known = {key.mark: key for key in unit.rows.find(KnownKey, limit=1000)}
    new = [KnownKey(mark=mark, purpose=purpose, at=unit.now) for mark, purpose in given if mark not in known]
    first = known.get(secrets[0])  # a retired key that seals again
    return [*new, replace(first, state="live", last_seal=None)] if first and first.state != "live" else new


def learn(unit: Unit, keys: Sequence[KnownKey]) -> None:
    """Write down which secrets are in use; another process may have done so."""
    for key in keys:
        if not unit.rows.add(key):
            unit.rows.put(key)


def keys_of_seals(unit: Unit, older: Mapping[str, bytes]) -> list[OlderKey]:
    """Return what seals of before may be read with: retired keys, and those of the settings by their marks."""
    retired = {key.mark: key for key in unit.rows.find(KnownKey, state="retired", limit=1000)}
    given = [OlderKey(key, NO_SEAL_IS_LATER) for mark, key in older.items() if mark not in retired]
    kept = [(key.seal_key, key.last_seal) for key in retired.values()]
    return given + [OlderKey(bytes.fromhex(key), last) for key, last in kept if key is not None and last is not None]


def retire(unit: Unit, *, seal_key: bytes, older: Mapping[str, bytes]) -> None:
    """Take older secrets out of use, by their marks, when nothing is sealed under them any more.

    Their seals are closed under one of the new key, and their keys of seals are kept to read them.
    """
    live = [row for mark in older if (row := unit.rows.lock(KnownKey, mark)) is not None and row.state == "live"]
    if live:
        last = close_with_a_new_key(unit.books, seal_key, unit.now) - 1
        for row in live:
            unit.rows.put(replace(row, state="retired", last_seal=last, seal_key=older[row.mark].hex()))
