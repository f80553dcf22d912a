"""The service's own role in PostgreSQL: with it everything works that the service does, and nothing else."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import make_url

from service.storage.guards import APPEND_ONLY
from service.storage.line import Lost
from service.storage.migrate import migrate
from service.storage.rights import RIGHTS
from service.storage.tables import METADATA
from service.wallet.operator import approve, propose
from service.wallet.unit import Tally
from tests.conftest import opened
from tests.phone import AGENTS_CODE, NUMBERS, PINS, Town

TABLES = sorted(RIGHTS)


class Addresses(NamedTuple):
    """One database, as three roles see it."""

    superuser: str
    owner: str
    service: str

    @property
    def role(self) -> str:
        return str(make_url(self.service).username)


@pytest.fixture(scope="module")
def addresses(new_database: Callable[..., str]) -> Iterator[Addresses]:
    """A database set up as `senti migrate --help` says, by an owner who is no superuser."""
    url, mark = make_url(new_database()), uuid4().hex[:8]
    said = [url.set(username=f"{who}_{mark}", password="x") for who in ("owner", "service")]
    here = Addresses(*(each.render_as_string(hide_password=False) for each in (url, *said)))
    with psycopg.connect(here.superuser, autocommit=True) as connection:
        for each in said:
            connection.execute(f"CREATE ROLE {each.username} LOGIN PASSWORD 'x'")
        connection.execute(f"ALTER DATABASE {url.database} OWNER TO owner_{mark}")
    migrate(here.owner, service_role=here.role)
    migrate(here.owner, service_role=here.role)
    yield here
    with psycopg.connect(here.superuser, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {url.database} OWNER TO {url.username}")
        for each in reversed(said):
            connection.execute(f"DROP OWNED BY {each.username} CASCADE")
            connection.execute(f"DROP ROLE {each.username}")


def test_every_table_has_its_rights_written_down() -> None:
    assert set(RIGHTS) == {*METADATA.tables, "alembic_version"}
    assert all(RIGHTS[table] == (True, (), False) for table in APPEND_ONLY)


def test_L_04_the_whole_service_works_with_the_rights_it_has(addresses: Addresses) -> None:
    """Joining, paying, cash in and out, messages, the operator, sealing, forgetting: all as the service's own role."""
    town = Town(store=opened(addresses.service))
    town.phone("Zawadi").dial().press("1", "Zawadi Wekesa", "12345678", "9375", "9375").end()
    town.phone("Zawadi").dial().press("7", "4", "9375", "8264", "8264").end()
    amina, njeri = town.phone("Amina"), town.phone("Njeri")
    assert amina.dial().press("1", "1", "500", "5827", PINS["Amina"]).screen.startswith("Sent KES 500")
    amina.dial()
    njeri.dial(AGENTS_CODE).press("1", NUMBERS["Zawadi"], "300", PINS["Njeri"]).end()
    for paid in (True, False):
        code = amina.dial().press("2", "100016", "200", PINS["Amina"]).screen.split()[2]
        if paid:
            assert "200" in njeri.dial(AGENTS_CODE).press("2", code, PINS["Njeri"]).screen
    amina.sms("SEND 30 0722000002")
    amina.sms(amina.inbox()[-1].split("Answer ")[1][:7])
    amina.sms("STOP")
    values = {"agent": "100016", "amount": 5_000_00, "bank_ref": "FT1"}
    made = town.app.transact(lambda unit: propose(unit, act="issue", values=values, maker="ann"))
    town.app.transact(lambda unit: approve(unit, approval_id=made.id, checker="bob"))
    town.wait(minutes=20)
    town.wait(days=40)
    tallies = town.app.read(lambda unit: unit.rows.find(Tally))
    assert [tally for tally in tallies if tally.at < town.now - timedelta(days=2)] == []
    assert town.store.schema_is_current()
    assert town.store.check_safety() == []
    town.assert_sound()
    town.store.close()


FORBIDDEN = (
    *(f"TRUNCATE {table}" for table in TABLES),
    *(f"DROP TABLE {table}" for table in TABLES),
    *(f"ALTER TABLE {table} ADD COLUMN x int" for table in TABLES),
    *(f"ALTER TABLE {table} DISABLE TRIGGER ALL" for table in TABLES),
    *(f"ALTER TABLE {table} OWNER TO CURRENT_USER" for table in TABLES),
    *(f"CREATE TRIGGER x AFTER INSERT ON {table} EXECUTE FUNCTION refuse_change()" for table in TABLES),
    *(f"DELETE FROM {table}" for table in TABLES if not RIGHTS[table].delete),
    *(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE" for table in APPEND_ONLY),
    "UPDATE entries SET at = 0",
    "UPDATE moves SET amount = 1",
    "UPDATE seals SET mac = ''",
    "UPDATE sealed SET place = 0",
    "SELECT FROM moves FOR UPDATE",
    "INSERT INTO entries VALUES (1, 'send', 0) ON CONFLICT (id) DO UPDATE SET at = 0",
    "UPDATE accounts SET id = 'ke:wallet:1'",
    "UPDATE counters SET key = 'x'",
    "UPDATE agents SET number = '1'",
    "UPDATE installation SET guards = ''",
    "UPDATE alembic_version SET version_num = '9999'",
    "CREATE TABLE x (y int)",
    "CREATE SCHEMA x",
    "CREATE FUNCTION x() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END'",
    "DROP FUNCTION moves_lawful() CASCADE",
    "ALTER SEQUENCE ids RESTART",
    "SELECT setval('ids', 1)",
    "CREATE TEMP TABLE accounts (id text)",
    "SET session_replication_role = replica",
    "CREATE ROLE x SUPERUSER",
)


def test_K_09_a_posting_whose_line_was_lost_is_ended_with_the_rights_of_the_service(addresses: Addresses) -> None:
    """The role may end what it has begun itself, also where it owns nothing."""
    store: Any = opened(addresses.service)
    with store._lines.one() as lost, store._lines.one() as line:
        store._ghosts.note(lost, [500])
        assert store._ghosts.end(line, [501])
        assert lost.ask((("SELECT 1", ()),))
        assert store._ghosts.end(line, [500])
        with pytest.raises(Lost):
            lost.ask((("SELECT 1", ()),))
    store.close()


def test_L_04_what_the_service_has_no_right_to_do(addresses: Addresses) -> None:
    """Changing, removing, hiding or replacing anything of the books is denied before any trigger is asked."""
    wrong = []
    with psycopg.connect(addresses.service) as connection:
        for statement in FORBIDDEN:
            with connection.transaction(force_rollback=True):
                try:
                    with connection.transaction():
                        connection.execute(statement)
                except psycopg.errors.InsufficientPrivilege:
                    continue
                except psycopg.Error as error:
                    wrong.append(f"{statement}: {error}")
                else:
                    wrong.append(f"{statement}: was done")
    assert wrong == []


def test_a_balance_that_is_changed_by_hand_is_found(addresses: Addresses) -> None:
    """Posting has to change balances, so the role may: the audit tells that the moves say otherwise."""
    store = opened(addresses.service)
    town = Town(store=store)
    with psycopg.connect(addresses.service) as connection:
        changed = "UPDATE accounts SET balance = balance + 100 WHERE id = %s"
        wallet = f"ke:wallet:{town.person('Amina').id}"
        assert connection.execute(changed, [wallet]).rowcount == 1
    with pytest.raises(AssertionError, match="balance"):
        town.assert_sound()
    with psycopg.connect(addresses.service) as connection:
        connection.execute("UPDATE accounts SET balance = balance - 100 WHERE id = %s", [wallet])
    town.assert_sound()
    store.close()


WEAKENED = (
    ("GRANT DELETE ON moves TO {role}", "role {role} may DELETE moves: run senti migrate"),
    ("GRANT UPDATE (at, once) ON entries TO {role}", "role {role} may UPDATE entries (at, once): run senti migrate"),
    ("GRANT UPDATE ON accounts TO PUBLIC", "role {role} may UPDATE accounts (id): run senti migrate"),
    ("GRANT TRIGGER, TRUNCATE ON seals TO {role}", "role {role} may TRIGGER seals: run senti migrate"),
    ("GRANT TEMPORARY ON DATABASE {database} TO {role}", "role {role} may create temporary tables"),
    ("GRANT CREATE ON SCHEMA public TO PUBLIC", "role {role} may create tables"),
    ("GRANT CREATE ON DATABASE {database} TO {role}", "role {role} may create schemas"),
)
OWNED = (
    ("ALTER ROLE {role} SUPERUSER", "role {role} is a superuser"),
    ("ALTER ROLE {role} NOINHERIT; GRANT {superuser} TO {role}", "role {role} is a superuser"),
    ("GRANT pg_execute_server_program TO {role}", "role {role} is a superuser"),
    ("ALTER ROLE {role} CREATEROLE", "role {role} may create roles"),
    ("ALTER ROLE {role} NOINHERIT; GRANT {owner} TO {role}", "role {role} owns entries"),
    ("ALTER TABLE seals OWNER TO {role}", "role {role} owns seals"),
    ("ALTER SCHEMA public OWNER TO {role}", "role {role} owns schema public"),
    ("ALTER DATABASE {database} OWNER TO {role}", "role {role} owns the database"),
    ("ALTER ROLE {role} SET synchronous_commit = off", "synchronous_commit is off"),
)


@pytest.fixture
def undone(addresses: Addresses) -> Iterator[Callable[[str], list[str]]]:
    """Weakens the database, says what the service then finds at its start, and mends it."""
    superuser, owner, role = (str(make_url(address).username) for address in addresses)
    names = {
        "role": role,
        "owner": owner,
        "superuser": superuser,
        "database": str(make_url(addresses.superuser).database),
    }

    def found(statement: str) -> list[str]:
        with psycopg.connect(addresses.superuser, autocommit=True) as connection:
            connection.execute(statement.format(**names))
        store = opened(addresses.service)
        try:
            return store.check_safety()
        finally:
            store.close()

    yield found
    with psycopg.connect(addresses.superuser, autocommit=True) as connection:
        for mend in (
            "ALTER ROLE {role} NOSUPERUSER NOCREATEROLE INHERIT",
            "ALTER ROLE {role} RESET ALL",
            "REVOKE {superuser} FROM {role}",
            "REVOKE {owner} FROM {role}",
            "REVOKE pg_execute_server_program FROM {role}",
            "ALTER DATABASE {database} OWNER TO {owner}",
            "ALTER SCHEMA public OWNER TO pg_database_owner",
            "ALTER TABLE seals OWNER TO {owner}",
        ):
            connection.execute(mend.format(**names))
    migrate(addresses.owner, service_role=role)
    store = opened(addresses.service)
    assert store.check_safety() == [], "migrating takes away what the service should not have"
    store.close()


@pytest.mark.parametrize(("weakened", "said"), [*WEAKENED, *OWNED])
def test_C_10_a_role_that_may_do_more_is_named(
    weakened: str, said: str, undone: Callable[[str], list[str]], addresses: Addresses
) -> None:
    """Each right or ownership beyond the service's own is found at the start, also what it could only take on."""
    assert any(problem.startswith(said.format(role=addresses.role)) for problem in undone(weakened))
