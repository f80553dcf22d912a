"""Personal fields at rest: unreadable, bound to their place, found by a keyed digest, rotated by key."""

import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag

from service.storage.codec import Cipher, Codec
from service.storage.open import open_store
from service.storage.records import BY_KIND
from service.wallet.unit import Person, Stop
from tests.conftest import FIELD_KEYS, INDEX_KEYS, opened
from tests.ledger.shop import NOON
from tests.storage.people import EVERYTHING, ID_NUMBER, NAME, PHONE, person

NEW_KEYS = [bytes([7]) * 32, *FIELD_KEYS]


def test_V_01_no_personal_text_is_in_the_file(sqlite_url: str) -> None:
    """Names, numbers and what was said stand nowhere in the database file or its log in clear."""
    store = opened(sqlite_url)
    store.transact(lambda tx: [tx.rows.add(row) for row in EVERYTHING])
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    files = [file.read_bytes() for file in path.parent.iterdir()]
    store.close()
    for text in (PHONE, NAME, ID_NUMBER, "Baraka", "CON 1", "send.to", PHONE.removeprefix("+254")):
        assert not [data for data in files if text.encode() in data], text
    assert [data for data in files if b"Duka la Njeri" in data]  # a shop's name is on its sign


def test_equal_numbers_have_one_index_and_no_equal_ciphertext() -> None:
    codec = Codec(BY_KIND[Person], Cipher(FIELD_KEYS, INDEX_KEYS))
    one, two = codec.write(person(1)), codec.write(person(2, phone=person(1).phone))
    assert one["phone_index"] == two["phone_index"]
    assert one["phone"] != two["phone"]
    assert one["phone_index"][0] == 1
    stop = Codec(BY_KIND[Stop], Cipher(FIELD_KEYS, INDEX_KEYS)).write(Stop(phone=person(1).phone, at=NOON))
    assert stop["phone_index"] != one["phone_index"]
    other = Codec(BY_KIND[Person], Cipher(FIELD_KEYS, [bytes(32)])).write(person(1))
    assert other["phone_index"] != one["phone_index"]


@pytest.mark.parametrize("spoil", ["row", "column", "bit"])
def test_a_field_that_was_moved_or_changed_cannot_be_read(sqlite_url: str, spoil: str) -> None:
    """A ciphertext opens only in its own table, column and row."""
    store = opened(sqlite_url)
    store.transact(lambda tx: [tx.rows.add(person(1)), tx.rows.add(person(2))])
    statement = {
        "row": "UPDATE people SET name = (SELECT name FROM people WHERE id = 2) WHERE id = 1",
        "column": "UPDATE people SET name = id_number WHERE id = 1",
        "bit": "UPDATE people SET name = CAST(substr(name, 1, length(name) - 1) "
        "|| CASE substr(name, -1) WHEN x'00' THEN x'01' ELSE x'00' END AS BLOB) WHERE id = 1",
    }[spoil]
    with sqlite3.connect(sqlite_url.removeprefix("sqlite:///")) as connection:
        connection.execute(statement)
    connection.close()
    with pytest.raises(InvalidTag):
        store.read(lambda tx: tx.rows.get(Person, 1))
    assert store.read(lambda tx: tx.rows.get(Person, 2)) == person(2)
    store.close()


def test_a_new_key_writes_and_old_ones_still_read(sqlite_url: str) -> None:
    old = opened(sqlite_url)
    old.transact(lambda tx: tx.rows.add(person(1)))
    old.close()
    new = open_store(sqlite_url, field_keys=NEW_KEYS, index_keys=INDEX_KEYS)
    found: Any = new.read(lambda tx: tx.rows.find(Person, phone=person(1).phone))
    assert found == [person(1)]
    new.transact(lambda tx: tx.rows.put(replace(found[0], tier=1)))
    new.close()
    only = open_store(sqlite_url, field_keys=NEW_KEYS[:1], index_keys=INDEX_KEYS)
    assert only.read(lambda tx: tx.rows.get(Person, 1)) == person(1, tier=1)
    only.close()
    late = opened(sqlite_url)
    with pytest.raises(InvalidTag):
        late.read(lambda tx: tx.rows.get(Person, 1))
    late.close()


@pytest.mark.parametrize("keys", [[], [b"short"], [bytes(32), b"short"]])
def test_keys_that_are_none(keys: list[bytes]) -> None:
    with pytest.raises(AssertionError):
        Cipher(keys, INDEX_KEYS)
    with pytest.raises(AssertionError):
        Cipher(FIELD_KEYS, [b"short"])
