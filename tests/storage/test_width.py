"""Numbers that have grown beyond 32 bits."""

import psycopg
import pytest
from pysqlite3 import dbapi2
from sqlalchemy import make_url

from tests.conftest import DATABASES, opened
from tests.phone import PINS, Town

NARROW = """
    SELECT table_name || '.' || column_name FROM information_schema.columns
     WHERE table_schema = 'public' AND data_type IN ('integer', 'smallint', 'real', 'double precision', 'numeric')
    UNION ALL
    SELECT proname FROM pg_proc
      JOIN pg_type t ON t.oid = ANY (array_append(coalesce(proallargtypes, proargtypes), prorettype))
     WHERE pronamespace = 'public'::regnamespace AND t.typname IN ('int4', 'int2', 'float8', 'numeric')
"""
"""Lists of integers may stand: they are places in the lists of one call."""


def put_on(url: str, number: int) -> None:
    """Let a database go on counting behind this number, as if it had been in use for years."""
    if url.startswith("sqlite"):
        with dbapi2.connect(make_url(url).database) as connection:
            connection.execute("UPDATE mint SET last = ?", [number])
        connection.close()
        return
    with psycopg.connect(url) as connection:
        assert connection.execute(NARROW).fetchall() == []
        connection.execute("SELECT setval('ids', %s)", [number])
        connection.execute(f"ALTER TABLE moves ALTER COLUMN number RESTART WITH {number}")


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.mark.parametrize("edge", [2**31 - 1, 2**32 - 1])
def test_D_12_peer_53_numbers_go_on_beyond_32_bits(url: str, edge: int) -> None:
    """People, entries, moves and messages are numbered past the edges of 32 bits as if nothing were there."""
    Town(store=opened(url)).store.close()
    put_on(url, edge - 3)
    town = Town(store=opened(url))
    zawadi = town.phone("Zawadi").dial().press("1", "Zawadi Wekesa", "12345678", "8264", "8264")
    assert zawadi.over
    for _ in range(3):
        amina = town.phone("Amina").dial().press("1", zawadi.number, "100", PINS["Amina"])
        assert amina.screen.startswith("Sent KES 100"), amina.screen
        amina.end()
        town.wait(minutes=5)
    assert town.person("Zawadi").id > edge - 3
    assert town.balance("Zawadi") == 30_000
    assert town.phone("Zawadi").dial().press("7", "1").screen
    town.wait(minutes=5)
    town.assert_sound()
    town.store.close()
