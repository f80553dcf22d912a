"""Who is let in: the cookie's token, the form's token, and the table of roles.

The cookie holds a random token, the database a digest of it, bound to where the login came from. Each form carries a
digest of the same token, so a page of another site cannot send one. A token is made anew at each login.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import structlog
from flask import Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from service.console.office import NotAllowed, NotFound, Office, TooLarge, Visit, WrongForm
from service.console.page import go_to, guest_language, leave, page
from service.console.words import WORDS, speak
from service.refusal import Refusal
from service.storage.store import Busy, Unsure
from service.wallet.staff import NOTED, StaffRefusal, WrongLogin, note_seen, who_is_it

log = structlog.get_logger()

COOKIE, DOOR_COOKIE = "__Host-senti", "__Host-senti-door"
"""`__Host-`: a browser keeps them only over TLS (or on this machine), for this host and no other."""

MOST_OCTETS = 32_768

View = Callable[..., Response]


class Route(NamedTuple):
    """An address of the console, and what one must be allowed to do there; None: be logged in."""

    method: str
    rule: str
    action: str | None
    view: View
    octets: int = MOST_OCTETS
    """What a post may hold: more where a file is handed in."""


def new_token() -> str:
    """Return 256 random bits."""
    return secrets.token_urlsafe(32)


def digest(text: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(text.encode()).hexdigest()


def form_token(token: str) -> str:
    """Return what the forms of a login carry."""
    return hmac.digest(token.encode(), b"form", "sha256").hex()


def bound_to(office: Office) -> str:
    """Return a digest of where a request comes from."""
    return digest(f"{office.source()} {request.headers.get('User-Agent', '')}")


def keep(answer: Response, name: str, token: str) -> Response:
    """Give the browser a token; it forgets it when it is closed."""
    answer.set_cookie(name, token, secure=True, httponly=True, samesite="Strict", path="/")
    return answer


def forget(answer: Response, name: str) -> Response:
    """Take a token from the browser."""
    answer.delete_cookie(name, secure=True, httponly=True, samesite="Strict", path="/")
    return answer


def visit_of(office: Office, *, by_hand: bool = True) -> Visit | None:
    """Return who asks, if their login is still good; it is then used now, if they ask by hand and not their page."""
    token = request.cookies.get(COOKIE, "")
    if not token or len(token) > 100:
        return None
    login_id, bound = digest(token), bound_to(office)
    found = office.read(lambda unit: who_is_it(unit, login_id=login_id, bound=bound))
    if found is None:
        return None
    staff, login = found
    if by_hand and office.now() - login.seen_at >= NOTED:
        office.transact(lambda unit: note_seen(unit, login_id))
    return Visit(staff, login_id, form_token(token))


def refuse_forged(token: str, octets: int = MOST_OCTETS) -> None:
    """Raise WrongForm unless a post carries the token of its form and comes from a page of ours, or TooLarge."""
    request.max_content_length = request.max_form_memory_size = octets
    origin, site = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site")
    away = (origin is not None and urlsplit(origin).netloc != request.host) or site not in (None, "same-origin")
    try:
        given = request.form.get("token", "")
    except RequestEntityTooLarge:
        raise TooLarge(octets=f"{octets:,}") from None
    if away or not hmac.compare_digest(given.encode(), token.encode()):
        raise WrongForm


def guarded(office: Office, route: Route) -> View:
    """Return a view that only who may do this gets to, and that says every "no" as a page."""

    by_hand = not route.rule.endswith("/part")

    def view(**values: Any) -> Response:
        visit = visit_of(office, by_hand=by_hand)
        if visit is None:
            return go_to("/login") if by_hand else leave("/login")
        try:
            if route.method == "POST":
                refuse_forged(visit.token, route.octets)
            if route.action is not None and not visit.may(route.action):
                raise NotAllowed
            return route.view(office, visit, **values)
        except Refusal as no:
            if isinstance(no, NotAllowed):
                log.warning("refused", code=no.code, by=visit.name, act=route.action or "")
            return page(office, visit, "no.html", status=status_of(no), no=in_words(office, no, visit.language))
        except (Busy, Unsure) as trouble:
            log.exception("a page broke", act=route.action or "")
            key = "no.unsure" if isinstance(trouble, Unsure) else "no.busy"
            return page(office, visit, "no.html", status=503, no=speak(visit.language, key))

    return view


def status_of(no: Refusal) -> int:
    """Return the status of a page that says no."""
    if isinstance(no, NotAllowed | WrongForm):
        return 403
    return 404 if isinstance(no, NotFound) else 401 if isinstance(no, WrongLogin) else 409


def in_words(office: Office, no: Refusal, language: str | None = None) -> str:
    """Return a refusal's sentence."""
    language = language or guest_language()
    if isinstance(no, StaffRefusal):
        return speak(language, f"no.{no.code}", **no.said)
    return WORDS[language].get(f"no.{no.code}") or office.say_no(no, language)
