"""Coming in and going out: the login page, the end of a login, and the language."""

from functools import partial

import structlog
from flask import Response, request

from service.console.door import (
    COOKIE,
    DOOR_COOKIE,
    bound_to,
    digest,
    forget,
    form_token,
    in_words,
    keep,
    new_token,
    refuse_forged,
    visit_of,
)
from service.console.office import Office, Visit, WrongForm
from service.console.page import field, go_to, page
from service.console.words import LANGUAGES
from service.refusal import Refusal
from service.wallet.house import House
from service.wallet.logbook import note
from service.wallet.staff import (
    BadStaffName,
    Staff,
    StaffRefusal,
    WrongLogin,
    count_try,
    end_login,
    is_password,
    log_in,
    read_staff_name,
)
from service.wallet.staff import speak as choose
from service.wallet.tally import count
from service.wallet.unit import Unit

log = structlog.get_logger()

MOST_FROM_ONE = 60
"""Tries from one address in an hour: more names are not tried from there, whatever they are."""


def login_page(office: Office) -> Response:
    """Show the form; who is logged in already is sent on."""
    if visit_of(office):
        return go_to("")
    return _form(office)


def _form(office: Office, no: Refusal | None = None, *, status: int = 200) -> Response:
    token = new_token()
    demo = office.demo() if office.demo else []
    said = in_words(office, no) if no else ""
    return keep(
        page(office, None, "login.html", status=status, no=said, token=form_token(token), demo=demo), DOOR_COOKIE, token
    )


def login(office: Office) -> Response:
    """Let somebody in who has the password and the code of now."""
    try:
        refuse_forged(form_token(request.cookies.get(DOOR_COOKIE) or new_token()))
        token = _let_in(office)
    except StaffRefusal as no:
        return _form(office, no, status=403 if isinstance(no, WrongForm) else 401)
    return forget(keep(go_to(""), COOKIE, token), DOOR_COOKIE)


def _let_in(office: Office) -> str:
    """Return the token of a new login; raises WrongLogin for every reason."""
    try:
        name = read_staff_name(field("name"))
    except BadStaffName:
        name = ""
    password = request.form.get("password", "")[:200]
    sealed, house = office.transact(partial(_begin, name=name, source=digest(office.source())))
    if not is_password(house, name, password, sealed):
        log.warning("a login failed", code="wrong_login", source=office.source())
        raise WrongLogin
    token, bound = new_token(), bound_to(office)
    code = field("code", 12).replace(" ", "")

    def work(unit: Unit) -> Staff | WrongLogin:
        found = log_in(unit, name=name, code=code, login_id=digest(token), bound=bound)
        if isinstance(found, Staff):
            note(unit, staff=name, role=found.role, act="log in")
        return found

    found = office.transact(work)
    if isinstance(found, WrongLogin):
        log.warning("a login failed", code="wrong_code", source=office.source())
        raise found
    return token


def _begin(unit: Unit, *, name: str, source: str) -> tuple[str, House]:
    """Count a try of a name and of an address, and return what to compare with."""
    hour = f"{unit.now:%Y-%m-%dT%H}"
    tries = count(unit, f"logins:{source[:32]}:{hour}", 1)
    return count_try(unit, name if tries < MOST_FROM_ONE else ""), unit.house


def logout(office: Office, visit: Visit) -> Response:
    """End this login."""

    def work(unit: Unit) -> None:
        end_login(unit, visit.login_id)
        note(unit, staff=visit.name, role=visit.role, act="log out")

    office.transact(work)
    return forget(go_to("/login"), COOKIE)


def language(office: Office, visit: Visit) -> Response:
    """Show pages in another language from now on, beginning with the one that was open."""
    chosen = field("language", 5)
    if chosen in LANGUAGES:
        office.transact(lambda unit: choose(unit, name=visit.name, language=chosen))
    return go_to("")
