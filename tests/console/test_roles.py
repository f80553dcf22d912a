"""Each role at each address: the table decides, and what it does not name is refused."""

import re

import pytest

from service.console import FORMS_OF, ROUTES
from service.console.approvals import TERMINAL_ONLY
from service.wallet.operator import ACTS
from service.wallet.roles import MAY, ROLES, may
from tests.console.conftest import Browser
from tests.phone import Town

WHO = {"support": "sara", "agents": "aisha", "treasury": "tariq", "risk": "rita", "auditor": "omar", "admin": "ada"}
UNGUARDED = {("GET", "/console/login"), ("POST", "/console/login"), ("GET", "/console/static/<path:filename>")}
FILLED = {
    "<reference>": "QQQQQQQQQQ",
    "<int:person_id>": "999",
    "<number>": "100016",
    "<int:number>": "9",
    "<name>": "nobody",
    "<country>": "ke",
    "<int:paper_id>": "9",
}


def rules(town: Town) -> set[tuple[str, str]]:
    found = town.client.application.url_map.iter_rules()
    return {
        (method, rule.rule)
        for rule in found
        if rule.rule.startswith("/console")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def test_C_05_every_address_is_in_the_table(town: Town) -> None:
    """An address that nobody wrote a role beside is not there; every action is a line of the table."""
    listed = {(route.method, f"/console{route.rule}") for route in (*ROUTES, *FORMS_OF)}
    assert rules(town) == listed | UNGUARDED
    actions = {route.action for route in (*ROUTES, *FORMS_OF) if route.action}
    assert actions == set(MAY)
    assert {f"make {act}" for act in ACTS if act not in TERMINAL_ONLY} <= set(MAY)


def test_C_05_what_the_table_does_not_name_nobody_may() -> None:
    """An act or a role that nobody wrote down is nobody's."""
    assert not any(may(role, f"approve {act}") for role in ROLES for act in TERMINAL_ONLY)
    assert not may("", "see approvals")
    assert not may("owner", "see approvals")


@pytest.mark.parametrize("role", ROLES)
def test_C_05_each_role_at_each_address(role: str, town: Town) -> None:
    """Refused by default: 403 exactly where the table has no cross, be the form ever so right."""
    browser = Browser(town).log_in(WHO[role])
    token = browser.token()
    for route in (*ROUTES, *FORMS_OF):
        if route.rule in ("/logout", ""):
            continue
        path = route.rule
        for name, value in FILLED.items():
            path = path.replace(name, value)
        answer = browser.open(route.method, f"/console{path}", data={"token": token})
        allowed = route.action is None or may(role, route.action)
        assert (answer.status_code != 403) == allowed, (role, route.method, path, answer.status_code)
        assert answer.status_code != 500, (role, path)


def test_C_05_nobody_gets_anywhere_without_a_login(town: Town) -> None:
    """Every address but the login page leads to it, whatever was sent."""
    stranger = Browser(town)
    for route in (*ROUTES, *FORMS_OF):
        path = re.sub(r"<[^>]+>", "1", route.rule)
        answer = stranger.open(route.method, f"/console{path}", data={"token": "0" * 64})
        part = route.rule.endswith("/part")  # the page around it is sent there by its script
        assert answer.status_code == (401 if part else 303), route
        assert answer.headers["HX-Redirect" if part else "Location"] == "/console/login"


def test_C_05_a_role_that_was_taken_away_is_gone_with_the_next_page(town: Town) -> None:
    """Two administrators change a role: the page that was open under the old one is shut."""
    tariq = Browser(town).log_in("tariq")
    assert tariq.get("/propose/issue").status_code == 200
    ada, adam = Browser(town).log_in("ada"), Browser(town).log_in("adam")
    place = ada.post("/propose/role", staff="tariq", role="auditor").headers["Location"].removeprefix("/console")
    seen = re.search(r'name="seen" value="(\w+)"', adam.get(place).text)
    assert seen
    assert adam.post(f"/approve/role/{place.split('/')[-1]}", seen=seen[1]).status_code == 303
    assert tariq.get("/propose/issue").headers["Location"] == "/console/login"
    tariq.log_in("tariq")
    assert tariq.get("/propose/issue").status_code == 403


def test_a_role_is_not_changed_by_who_has_it(town: Town) -> None:
    ada = Browser(town).log_in("ada")
    assert ada.post("/propose/role", staff="ada", role="treasury").status_code == 409
    assert "yourself" in ada.reads()
