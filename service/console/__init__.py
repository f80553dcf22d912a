"""The console: pages for the operator's staff, who help callers, say the second yes, and answer for what they did.

Every page asks the same use cases as phones and the command do. What an address needs is written beside it in ROUTES;
an address that is not in that table is not there.
"""

from functools import partial

from flask import Blueprint, Flask, Response
from werkzeug.routing import IntegerConverter, ValidationError

from service.console import (
    applications,
    approvals,
    boards,
    books,
    bulk,
    decisions,
    entry,
    find,
    halts,
    log,
    people,
    prices,
    propose,
    refunds,
    reports,
    risk,
    shops,
    team,
    tills,
    treasury,
)
from service.console.door import Route, guarded
from service.console.office import DemoStaff, Office, Visit
from service.console.page import POLICY, ROOT, go_to
from service.console.upload import ROOM

__all__ = ["FORMS_OF", "ROUTES", "DemoStaff", "Office", "add_console"]


def home(office: Office, visit: Visit) -> Response:
    """Begin with what waits for a second yes."""
    del office, visit
    return go_to("/approvals")


ROUTES: tuple[Route, ...] = (
    Route("GET",  "",                                None,             home),
    Route("POST", "/logout",                         None,             entry.logout),
    Route("POST", "/language",                       None,             entry.language),
    Route("POST", "/find",                           None,             find.find),
    Route("GET",  "/approvals",                      "see approvals",  approvals.listed),
    Route("GET",  "/approvals/<reference>",          "see approvals",  approvals.shown),
    Route("POST", "/approvals/<reference>/decline",  "decline",        approvals.no),
    Route("POST", "/approvals/<reference>/wish",     "make redeem",    approvals.answer_wish),
    Route("GET",  "/people/<int:person_id>",         "see people",     people.person),
    Route("POST", "/people/<int:person_id>/reveal",  "reveal people",  people.reveal),
    Route("GET",  "/people/<int:person_id>/talks",   "see talks",      people.talks),
    Route("POST", "/people/<int:person_id>/block",   "block people",   people.block),
    Route("POST", "/people/<int:person_id>/tier",    "take applications", applications.tier_taken),
    Route("GET",  "/agents",                         "see agents",     shops.listed),
    Route("GET",  "/agents/<number>",                "see agents",     shops.shown),
    Route("POST", "/agents/<number>/suspend",        "suspend shops",  shops.suspend),
    Route("GET",  "/commission",                     "see agents",     shops.commission),
    Route("GET",  "/applications",                   "see applications",  applications.listed),
    Route("POST", "/applications",                   "take applications", applications.taken),
    Route("GET",  "/applications/<reference>",       "see applications",  applications.shown),
    Route("POST", "/applications/<reference>/papers", "take applications", applications.attached, applications.ROOM),
    Route("GET",  "/applications/<reference>/papers/<int:paper_id>", "see papers", applications.paper),
    Route("POST", "/applications/<reference>/reveal", "see papers",     applications.revealed),
    Route("POST", "/applications/<reference>/refuse", "refuse applications", applications.refused),
    Route("GET",  "/tills",                          "see tills",      tills.listed),
    Route("GET",  "/tills/<number>",                 "see tills",      tills.shown),
    Route("GET",  "/entries/<reference>",            "see entries",    books.entry),
    Route("GET",  "/cases",                          "see cases",      books.cases),
    Route("GET",  "/cases/<reference>",              "see cases",      books.case),
    Route("GET",  "/halts",                          "see halts",      halts.listed),
    Route("POST", "/halts",                          "halt",           halts.thrown),
    Route("GET",  "/risk",                           "see risk",       risk.queue),
    Route("POST", "/risk/import",                    "import sanctions", risk.hand_in, risk.MOST_OCTETS),
    Route("GET",  "/hits/<reference>",               "see risk",       risk.hit),
    Route("GET",  "/decisions",                      "see risk",       decisions.listed),
    Route("GET",  "/decisions.csv",                  "see risk",       decisions.exported),
    Route("POST", "/cases/<reference>/close",        "close case",     decisions.close),
    Route("GET",  "/reports",                        "make reports",   reports.form),
    Route("POST", "/reports",                        "make reports",   reports.made),
    Route("GET",  "/treasury",                       "see treasury",   treasury.shown),
    Route("POST", "/treasury/import",                "import bank",    treasury.imported, treasury.LARGEST_FORM),
    Route("GET",  "/treasury/closes/<int:number>",   "see treasury",   treasury.closed),
    Route("GET",  "/treasury/closes/<int:number>/text",  "see treasury", treasury.closed_file),
    Route("GET",  "/treasury/closes/<int:number>/table", "see treasury", treasury.closed_table),
    Route("GET",  "/bulk",                           "see bulk",       bulk.listed),
    Route("POST", "/bulk/check",                     "make bulk",      bulk.checked, ROOM),
    Route("POST", "/propose/bulk",                   "make bulk",      bulk.proposed, ROOM),
    Route("GET",  "/bulk/<reference>",               "see bulk",       bulk.shown),
    Route("GET",  "/bulk/<reference>/lines.csv",     "see bulk",       bulk.results),
    Route("POST", "/bulk/<reference>/rest",          "make bulk_rest", bulk.rest),
    Route("GET",  "/refunds",                        "see refunds",    refunds.listed),
    Route("POST", "/refunds/check",                  "make refund",    refunds.checked),
    Route("POST", "/propose/refund",                 "make refund",    refunds.proposed),
    Route("GET",  "/refunds/<reference>",            "see refunds",    refunds.shown),
    Route("GET",  "/prices",                         "see prices",     prices.listed),
    Route("GET",  "/prices/<country>.toml",          "see prices",     prices.exported),
    Route("POST", "/prices/check",                   "make tariff",    prices.checked, ROOM),
    Route("POST", "/propose/tariff",                 "make tariff",    prices.proposed, ROOM),
    Route("GET",  "/boards/<theme>",                 "see boards",     boards.board),
    Route("GET",  "/boards/<theme>/part",            "see boards",     boards.part),
    Route("GET",  "/boards/<theme>/<table>.csv",     "see boards",     boards.exported),
    Route("GET",  "/log",                            "see log",        log.listed),
    Route("GET",  "/log.csv",                        "see log",        log.exported),
    Route("GET",  "/staff",                          "see staff",      team.listed),
    Route("POST", "/staff/<name>/lock",              "lock staff",     team.lock),
)  # fmt: skip

PAGES_OF_THEIR_OWN = ("bulk", "bulk_rest", "refund", "tariff")
"""Acts that are proposed by other means than a form of a few fields."""


class Number(IntegerConverter):
    """A number in an address, no larger than any database holds: what is above it is not looked for."""

    def to_python(self, value: str) -> int:
        number: int = super().to_python(value)
        if number >= 10**15:
            raise ValidationError
        return number


def _approved(act: str) -> Route:
    return Route("POST", f"/approve/{act}/<reference>", f"approve {act}", partial(approvals.yes, act=act))


FORMS_OF: tuple[Route, ...] = tuple(
    route
    for act in propose.FIELDS
    for route in (
        Route("GET", f"/propose/{act}", f"make {act}", partial(propose.form, act=act)),
        Route("POST", f"/propose/{act}", f"make {act}", partial(propose.made, act=act)),
        _approved(act),
    )
) + tuple(map(_approved, PAGES_OF_THEIR_OWN))
"""Each act has an address of its own to be proposed at and one to be approved at, so that a role stands beside each."""


def add_console(app: Flask, office: Office) -> None:
    """Add the console under /console."""
    app.url_map.converters["int"] = Number
    pages = Blueprint("console", __name__, url_prefix=ROOT, static_folder="static")

    def dress(answer: Response) -> Response:
        answer.headers.setdefault("Content-Security-Policy", POLICY)
        answer.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        # With no referrer at all a browser names no origin either, and a form could not be told from a stranger's.
        answer.headers["Referrer-Policy"] = "same-origin"
        return answer

    pages.after_request(dress)
    pages.add_url_rule("/login", endpoint="login page", view_func=partial(entry.login_page, office), methods=["GET"])
    pages.add_url_rule("/login", endpoint="login", view_func=partial(entry.login, office), methods=["POST"])
    for route in (*ROUTES, *FORMS_OF):
        pages.add_url_rule(
            route.rule,
            endpoint=f"{route.method} {route.rule}".replace(".", " "),
            view_func=guarded(office, route),
            methods=[route.method],
            provide_automatic_options=False,
        )
    app.register_blueprint(pages)
