"""How a value becomes a column and comes back: times as UTC microseconds, mappings as JSON, personal fields encrypted.

An encrypted field is tied to its table, its column and, where the key of the row is not itself personal, to its row:
moved elsewhere it cannot be opened. The index beside it is a keyed digest, so it finds a number and tells nothing.
"""

import hmac
import json
import os
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from service.storage.records import Record

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NONCE = 12
_INDEX_VERSION = b"\x01"


def to_micros(at: datetime) -> int:
    """Return microseconds since 1970 in UTC; a time without a zone is a bug."""
    assert at.tzinfo is not None, "a time without a zone"
    return (at - _EPOCH) // timedelta(microseconds=1)


def from_micros(micros: int) -> datetime:
    """Return the aware time, in UTC."""
    return _EPOCH + timedelta(microseconds=micros)


def _to_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


_WRITE: Mapping[str, Callable[[Any], Any]] = {
    "number": int,
    "text": str,
    "flag": int,
    "time": to_micros,
    "table": lambda value: _to_json(dict(value)),
    "list": lambda value: _to_json(list(value)),
}
_READ: Mapping[str, Callable[[Any], Any]] = {
    "number": int,
    "text": str,
    "flag": bool,
    "time": from_micros,
    "table": json.loads,
    "list": lambda text: tuple(json.loads(text)),
}


class Cipher:
    """Encrypts and opens fields under named keys, the newest first; older ones only open."""

    def __init__(self, field_keys: Mapping[str, bytes], index_key: bytes) -> None:
        assert field_keys, "no key to encrypt personal fields with"
        assert all(len(key) == 32 for key in (*field_keys.values(), index_key)), "keys have 32 bytes"
        assert all(0 < len(name.encode()) < 256 for name in field_keys), "a key's name has 1 to 255 bytes"
        self._keys = {name.encode(): AESGCM(key) for name, key in field_keys.items()}
        self._newest = next(iter(self._keys))
        self._index_key = index_key

    def close_up(self, text: str, place: str) -> bytes:
        """Return length of the key's name, the name, nonce and ciphertext; `place` must be given again to open."""
        nonce = os.urandom(_NONCE)
        head = bytes([len(self._newest)]) + self._newest + nonce
        return head + self._keys[self._newest].encrypt(nonce, text.encode(), place.encode())

    def open_up(self, stored: bytes, place: str) -> str:
        """Return the text; raises cryptography's InvalidTag if it was changed or stood elsewhere."""
        name_ends = 1 + stored[0]
        key = self._keys[stored[1:name_ends]]
        nonce, sealed = stored[name_ends : name_ends + _NONCE], stored[name_ends + _NONCE :]
        return key.decrypt(nonce, sealed, place.encode()).decode()

    def index(self, text: str, place: str) -> bytes:
        """Return the keyed digest by which an encrypted field is found."""
        return _INDEX_VERSION + hmac.digest(self._index_key, place.encode() + b"\0" + text.encode(), "sha256")


def index_column(name: str) -> str:
    """Return the name of the column that holds a sealed field's index."""
    return f"{name}_index"


class Codec:
    """Turns records of one kind into columns and back."""

    def __init__(self, record: Record, cipher: Cipher) -> None:
        self.record = record
        self._cipher = cipher
        self._writes = {name: _WRITE[kind] for name, kind in record.types.items()}
        self._reads = tuple((name, _READ[kind], name in record.sealed) for name, kind in record.types.items())
        self._clear_keys = tuple(name for name in record.key if name not in record.sealed)
        self._names = tuple(record.types)
        self._clear_places = tuple(self._names.index(name) for name in self._clear_keys)

    def column(self, name: str) -> str:
        """Return the column that finds a field by equality."""
        return index_column(name) if name in self.record.sealed else name

    def sought(self, name: str, value: Any) -> Any:
        """Return what a field's value is compared with in its column."""
        if value is None:
            return None
        if name in self.record.sealed:
            assert name in self.record.sought, f"{self.record.table}.{name} cannot be searched"
            return self._cipher.index(value, f"{self.record.table}.{name}")
        return self._writes[name](value)

    def write(self, row: Any, names: Iterable[str] | None = None) -> dict[str, Any]:
        """Return the columns of a record, or of some of its fields."""
        columns: dict[str, Any] = {}
        keys = tuple(self._writes[name](getattr(row, name)) for name in self._clear_keys)
        for name in self._names if names is None else names:
            value = getattr(row, name)
            written = None if value is None else self._writes[name](value)
            if written is not None and name in self.record.sealed:
                if name in self.record.sought:
                    columns[index_column(name)] = self.sought(name, value)
                written = self._cipher.close_up(written, self._place(name, keys))
            columns[name] = written
        return columns

    def read(self, columns: Any) -> Any:
        """Return the record whose fields stand in these columns, in the order of the fields."""
        keys = tuple(columns[place] for place in self._clear_places)
        values = {}
        for (name, read, sealed), stored in zip(self._reads, columns, strict=True):
            if stored is not None and sealed:
                stored = self._cipher.open_up(bytes(stored), self._place(name, keys))
            values[name] = None if stored is None else read(stored)
        return self.record.kind(**values)

    def _place(self, name: str, keys: tuple[Any, ...]) -> str:
        return ":".join((f"{self.record.table}.{name}", *map(str, keys)))


def plain(record: Record, row: Any) -> Any:
    """Return the record as it would come back from a table: mappings as JSON gives them, times in UTC."""
    values = {}
    for name, kind in record.types.items():
        value = getattr(row, name)
        values[name] = None if value is None else _READ[kind](_WRITE[kind](value))
    return record.kind(**values)
