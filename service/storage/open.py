"""Opening a store by its address."""

from collections.abc import Sequence

from service.storage import engines
from service.storage.codec import Cipher
from service.storage.memory import MemoryStore
from service.storage.postgresql import PostgresqlStore
from service.storage.sqlite import SqliteStore
from service.storage.store import Store


def open_store(url: str, *, field_keys: Sequence[bytes], index_keys: Sequence[bytes]) -> Store:
    """Return the store of `memory:`, `sqlite:///PATH` or `postgresql://...`.

    `field_keys` encrypt personal fields: the newest first, older ones only to read; `index_keys` find them. Each key
    has 32 bytes. Raises ValueError for another address and Unsafe for a SQLite library that could lose money.
    """
    if url == "memory:":
        return MemoryStore()
    parsed, cipher = engines.read_url(url), Cipher(field_keys, index_keys)
    if parsed.get_backend_name() == "sqlite":
        return SqliteStore(parsed, cipher)
    return PostgresqlStore(parsed, cipher)
