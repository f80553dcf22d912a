"""Phones in a browser page: people of the demo dial, read and write here, and see which money moved.

The page speaks to the simulator's gateway as any phone company would; what stands here only shows it and reads for it.
It is added in demo mode alone, for it lets anybody hold anybody's phone.
"""

from collections.abc import Callable
from typing import Protocol, TypeVar

from flask import Blueprint, Flask, Response, jsonify, render_template

from service.countries import Pack
from service.simulator.people import Holder, holders
from service.simulator.state import state
from service.wallet.unit import Notice, Unit

T = TypeVar("T")

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
)
"""Nothing from elsewhere, nothing inside the page that a file of ours does not hold."""

SHOWN_AT_FIRST = ("+254711000001", "+254722000002", "+254711000010")
"""Whose phones lie on the table: a customer, another, and an agent."""


class Transact(Protocol):
    """Does a piece of work in one transaction; nothing is written here, so one that only reads will do."""

    def __call__(self, work: Callable[[Unit], T]) -> T: ...


def add_simulator(
    app: Flask, *, transact: Transact, render_notice: Callable[[Notice], str], pack: Pack, secret: str
) -> None:
    """Add the page under /simulator; `secret` opens the simulator's gateway and stands in the page."""
    pages = Blueprint(
        "simulator", __name__, url_prefix="/simulator", static_folder="static", template_folder="templates"
    )

    def page() -> Response:
        who = transact(lambda unit: holders(unit, pack))
        text = render_template("simulator.html", holders=who, phones=_first(who), pack=pack, secret=secret)
        answer = Response(text, content_type="text/html; charset=utf-8")
        answer.headers["Content-Security-Policy"] = POLICY
        return answer

    def state_now() -> Response:
        return jsonify(transact(lambda unit: state(unit, render_notice, pack)))

    pages.add_url_rule("", endpoint="page", view_func=page)
    pages.add_url_rule("/state", endpoint="state", view_func=state_now)
    app.register_blueprint(pages)


def _first(who: list[Holder]) -> list[Holder]:
    return [holder for phone in SHOWN_AT_FIRST for holder in who if holder.phone == phone]
