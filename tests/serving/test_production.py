import json
import secrets
from collections.abc import Callable

import psycopg
import pytest
from sqlalchemy import make_url

from tests.serving.conftest import Machine, free_port, stop

SAFE = {
    "SENTI_MODE": "production",
    "SENTI_SECRET_KEY": secrets.token_hex(32),
    "SENTI_PIN_PEPPER": secrets.token_hex(32),
    "SENTI_PIN_MEMORY_KIB": "1024",
    "SENTI_AFRICASTALKING_USERNAME": "live-account",
    "SENTI_AFRICASTALKING_API_KEY": secrets.token_hex(32),
    "SENTI_AFRICASTALKING_BASE_URL": "https://api.africastalking.com",
    "SENTI_AFRICASTALKING_WEBHOOK_SECRET": secrets.token_hex(32),
}
"""What production asks for, but for the metrics' port and the database."""


def test_C_10_the_demo_is_not_served_in_production(sqlite_url: str, machine: Callable[..., Machine]) -> None:
    """Default secrets, a debug switch and the sandbox are each named, and nothing is served."""
    done = machine(sqlite_url, SENTI_MODE="production", DEBUG="1").run("serve")
    assert done.returncode == 2
    named = [line.split()[1] for line in done.stderr.splitlines()]
    assert {"SENTI_SECRET_KEY", "SENTI_PIN_PEPPER", "DEBUG", "SENTI_AFRICASTALKING_USERNAME"} <= set(named)
    assert all(line.startswith("senti: ") for line in done.stderr.splitlines())


def test_C_10_a_superuser_is_not_served_in_production(postgres_url: str, machine: Callable[..., Machine]) -> None:
    """A database role that could rewrite the books stops the start."""
    done = machine(postgres_url, **SAFE, SENTI_METRICS_PORT=str(free_port())).run("serve")
    assert done.returncode == 2
    assert "is a superuser, or can become one, and could rewrite the books" in done.stderr


@pytest.fixture
def service_role(new_database: Callable[..., str]) -> "tuple[str, str]":
    """The addresses of a new database: as its owner, and as a role that may only do the service's work."""
    admin = new_database()
    role, password = f"senti_{secrets.token_hex(4)}", secrets.token_hex(8)
    with psycopg.connect(admin) as connection:
        connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{password}'")
    service = make_url(admin).set(username=role, password=password)
    return admin, service.render_as_string(hide_password=False)


def test_production_is_served_with_a_role_of_its_own(
    service_role: tuple[str, str], machine: Callable[..., Machine]
) -> None:
    admin, service = service_role
    own = free_port()
    here = machine(service, **SAFE, SENTI_METRICS_PORT=str(own))
    here.environment["SENTI_DATABASE_ADMIN_URL"] = admin
    assert here.says("migrate") == "The database is up to date.\n"
    process = here.serve()
    assert here.get("/simulator")[0] == 404
    assert here.get("/metrics")[0] == 404
    assert "senti_seal_age_seconds" in here.get("/metrics", own)[1]
    screen = here.hop("ATUid_first", phone="+254799000009", secret=SAFE["SENTI_AFRICASTALKING_WEBHOOK_SECRET"])
    assert screen == "CON Welcome to Senti. Karibu. Bienvenue.\n1 English", "no speaker has read the others"
    (said,) = [line for line in here.log.read_text().splitlines() if "languages that no speaker has read" in line]
    assert "sw" in json.loads(said)["language"].split()
    assert stop(process) == 0
    assert "SENTI_MODE is production" in here.run("dial", "+254799000009").stderr


def test_D_14_durability_that_is_switched_off_is_not_served(
    service_role: tuple[str, str], machine: Callable[..., Machine]
) -> None:
    """Commits that do not wait for the disk, by the server's, the database's or the role's setting, stop the start."""
    admin, service = service_role
    here = machine(service, **SAFE, SENTI_METRICS_PORT=str(free_port()))
    here.environment["SENTI_DATABASE_ADMIN_URL"] = admin
    here.says("migrate")
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"ALTER ROLE {make_url(service).username} SET synchronous_commit = off")
    done = here.run("serve")
    assert done.returncode == 2
    assert "synchronous_commit is off" in done.stderr
