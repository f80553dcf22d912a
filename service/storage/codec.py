"""How a value becomes a column and comes back: times as UTC microseconds, mappings as JSON, personal fields encrypted.

An encrypted field is tied to its table, its column and, where the key of the row is not itself personal, to its row:
moved elsewhere it cannot be opened. The index beside it is a keyed digest, so it finds a number and tells nothing.
While the secret key is changed there are several keys: the first one seals, and all of them open and find.
"""

import hmac
import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from service.storage.record import Record

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NONCE = 12
_NAME = b"\x011"
"""The length of a name and the name: which shape the rest has."""
_INDEX_VERSION = b"\x01"


def to_micros(at: datetime) -> int:
    """Return microseconds since 1970 in UTC; a time without a zone is a bug."""
    assert at.tzinfo is not None, "a time without a zone"
    return (at - _EPOCH) // timedelta(microseconds=1)


def from_micros(micros: int) -> datetime:
    """Return the aware time, in UTC."""
    return _EPOCH + timedelta(microseconds=micros)


_to_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


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
    """Encrypts fields and makes their indexes under the first key of each kind; the others only open and find."""

    def __init__(self, field_keys: Sequence[bytes], index_keys: Sequence[bytes]) -> None:
        assert field_keys, "no key to encrypt personal fields with"
        assert index_keys, "no key to find personal fields by"
        assert all(len(key) == 32 for key in (*field_keys, *index_keys)), "keys have 32 bytes"
        self._keys = tuple(map(AESGCM, field_keys))
        self._index_keys = tuple(index_keys)
        self.changing = len(field_keys) > 1

    def close_up(self, text: str, place: str) -> bytes:
        """Return name, nonce and ciphertext; `place` must be given again to open."""
        nonce = os.urandom(_NONCE)
        return _NAME + nonce + self._keys[0].encrypt(nonce, text.encode(), place.encode())

    def open_up(self, stored: bytes, place: str) -> str:
        """Return the text; raises InvalidTag if it was changed, stood elsewhere, or was sealed under no key of ours."""
        return self.opened(stored, place)[0]

    def opened(self, stored: bytes, place: str) -> tuple[str, bool]:
        """Return the text and whether the first key opens it; raises what open_up raises."""
        name_ends = 1 + stored[0]
        nonce, sealed = stored[name_ends : name_ends + _NONCE], stored[name_ends + _NONCE :]
        for key in self._keys:
            try:
                return key.decrypt(nonce, sealed, place.encode()).decode(), key is self._keys[0]
            except InvalidTag:
                continue
        raise InvalidTag

    def indexes(self, text: str, place: str) -> tuple[bytes, ...]:
        """Return the keyed digests by which an encrypted field is found: the one to write, then those of older keys."""
        said = place.encode() + b"\0" + text.encode()
        return tuple([_INDEX_VERSION + hmac.digest(key, said, "sha256") for key in self._index_keys])


def index_column(name: str) -> str:
    """Return the name of the column that holds a sealed field's index."""
    return f"{name}_index"


class Codec:
    """Turns records of one kind into columns and back."""

    def __init__(self, record: Record, cipher: Cipher) -> None:
        self.record = record
        self._cipher = cipher
        self._writes = {name: _WRITE[kind] for name, kind in record.types.items()}
        self._places = {name: f"{record.table}.{name}" for name in record.sealed}
        self._reads = tuple((name, _READ[kind], self._places.get(name)) for name, kind in record.types.items())
        self._clear_keys = tuple(name for name in record.key if name not in record.sealed)
        self._names = tuple(record.types)
        self._clear_places = tuple(self._names.index(name) for name in self._clear_keys)

    def column(self, name: str) -> str:
        """Return the column that finds a field by equality."""
        return index_column(name) if name in self.record.sealed else name

    def sought(self, name: str, value: Any) -> Any:
        """Return what finds a field's value in its column, where it is written now."""
        return self.wanted(name, value)[0]

    def wanted(self, name: str, value: Any) -> tuple[Any, ...]:
        """Return all that a field's value may stand as in its column: several while the secret key is changed."""
        if value is None:
            return (None,)
        if name in self.record.sealed:
            assert name in self.record.sought, f"{self.record.table}.{name} cannot be searched"
            return self._cipher.indexes(value, self._places[name])
        return (self._writes[name](value),)

    def write(self, row: Any, names: Iterable[str] | None = None) -> dict[str, Any]:
        """Return the columns of a record, or of some of its fields."""
        columns: dict[str, Any] = {}
        keys = "".join([f":{self._writes[name](getattr(row, name))}" for name in self._clear_keys])
        for name in self._names if names is None else names:
            value = getattr(row, name)
            written = None if value is None else self._writes[name](value)
            if written is not None and name in self.record.sealed:
                if name in self.record.sought:
                    columns[index_column(name)] = self.sought(name, value)
                written = self._cipher.close_up(written, self._places[name] + keys)
            columns[name] = written
        return columns

    def read(self, columns: Any) -> Any:
        """Return the record whose fields stand in these columns, in the order of the fields."""
        keys = "".join([f":{columns[place]}" for place in self._clear_places])
        values = {}
        for (name, read, place), stored in zip(self._reads, columns, strict=True):
            if stored is not None:
                stored = read(stored if place is None else self._cipher.open_up(stored, place + keys))
            values[name] = stored
        return self.record.kind(**values)

    @property
    def changing(self) -> bool:
        """Whether rows may be sealed under an older key."""
        return self._cipher.changing and bool(self.record.sealed)

    def anew(self, stored: Mapping[str, Any]) -> dict[str, Any]:
        """Return the columns of a row, given its key and sealed fields as stored, that are to be sealed anew."""
        keys = "".join([f":{stored[name]}" for name in self._clear_keys])
        columns: dict[str, Any] = {}
        for name in self.record.sealed:
            if stored[name] is None:
                continue
            place = self._places[name] + keys
            text, newest = self._cipher.opened(bytes(stored[name]), place)
            if not newest:
                columns[name] = self._cipher.close_up(text, place)
            if name in self.record.sought and bytes(stored[index_column(name)]) != self.sought(name, text):
                columns[index_column(name)] = self.sought(name, text)
        return columns


def plain(record: Record, row: Any) -> Any:
    """Return the record as it would come back from a table: mappings as JSON gives them, times in UTC."""
    values = {}
    for name, kind in record.types.items():
        value = getattr(row, name)
        values[name] = None if value is None else _READ[kind](_WRITE[kind](value))
    return record.kind(**values)
