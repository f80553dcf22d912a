"""The console: pages for the operator's staff, who help callers, say the second yes, and answer for what they did.

Every page asks the same use cases as phones and the command do. What an address needs is written beside it in ROUTES;
an address that is not in that table is not there.
"""

from functools import partial

from flask import Blueprint, Flask, Response

from service.console import approvals, books, entry, log, people, propose, team
from service.console.door import Route, guarded
from service.console.office import DemoStaff, Office, Visit
from service.console.page import POLICY, ROOT, go_to

__all__ = ["FORMS_OF", "ROUTES", "DemoStaff", "Office", "add_console"]


def home(office: Office, visit: Visit) -> Response:
    """Begin with what waits for a second yes."""
    del office, visit
    return go_to("/approvals")


ROUTES: tuple[Route, ...] = (
    Route("GET",  "",                                None,             home),
    Route("POST", "/logout",                         None,             entry.logout),
    Route("POST", "/language",                       None,             entry.language),
    Route("POST", "/find",                           None,             people.find),
    Route("GET",  "/approvals",                      "see approvals",  approvals.listed),
    Route("GET",  "/approvals/<reference>",          "see approvals",  approvals.shown),
    Route("POST", "/approvals/<reference>/decline",  "decline",        approvals.no),
    Route("POST", "/approvals/<reference>/wish",     "make redeem",    approvals.answer_wish),
    Route("GET",  "/people/<int:person_id>",         "see people",     people.person),
    Route("POST", "/people/<int:person_id>/reveal",  "reveal people",  people.reveal),
    Route("GET",  "/people/<int:person_id>/talks",   "see talks",      people.talks),
    Route("POST", "/people/<int:person_id>/block",   "block people",   people.block),
    Route("GET",  "/agents/<number>",                "see agents",     books.agent),
    Route("GET",  "/entries/<reference>",            "see entries",    books.entry),
    Route("GET",  "/cases",                          "see cases",      books.cases),
    Route("GET",  "/cases/<reference>",              "see cases",      books.case),
    Route("GET",  "/log",                            "see log",        log.listed),
    Route("GET",  "/log.csv",                        "see log",        log.exported),
    Route("GET",  "/staff",                          "see staff",      team.listed),
    Route("POST", "/staff/<name>/lock",              "lock staff",     team.lock),
)  # fmt: skip

FORMS_OF: tuple[Route, ...] = tuple(
    route
    for act in propose.FIELDS
    for route in (
        Route("GET", f"/propose/{act}", f"make {act}", partial(propose.form, act=act)),
        Route("POST", f"/propose/{act}", f"make {act}", partial(propose.made, act=act)),
        Route("POST", f"/approve/{act}/<reference>", f"approve {act}", partial(approvals.yes, act=act)),
    )
)
"""Each act has an address of its own to be proposed at and one to be approved at, so that a role stands beside each."""


def add_console(app: Flask, office: Office) -> None:
    """Add the console under /console."""
    pages = Blueprint("console", __name__, url_prefix=ROOT, static_folder="static")

    def dress(answer: Response) -> Response:
        answer.headers["Content-Security-Policy"] = POLICY
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
