"""The web side for gateways and monitoring: who is let in, and what stands at which address."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import structlog
from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from service.storage.patience import within
from service.web.desk import NEWS, VOUCHING, WORDS, Desk
from service.web.door import Behind, Door, Knocks, Network, may_enter, open_door, source_of
from service.web.health import Health, look
from service.web.metrics import CONTENT_TYPE, Metrics

log = structlog.get_logger()

HEALTH_SECONDS = 2
"""Who asks whether we are ready wants to hear no, and not to wait for a database that is stopped."""

PLAIN = "text/plain; charset=utf-8"

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""Set where a page has not set its own."""


def build_web(
    *,
    doors: Mapping[str, Door],
    behind: Behind,
    words: Mapping[str, str],
    health: Callable[[], Health],
    metrics: Metrics,
    trusted_proxy: Sequence[Network] = (),
    show_metrics: bool = True,
) -> Flask:
    """Return the web application; others may add pages to it.

    `words` are the last words on a phone where no menu can speak for us: trouble (nothing was taken), busy (still being
    checked) and unreadable. `show_metrics` is False where they have a port of their own.
    """
    assert set(words) == set(WORDS), f"words for {WORDS}, got {sorted(words)}"
    app = bare_web()
    knocks = Knocks(
        alarm=lambda many: log.error("many knocks without the secret within a minute", count=many),
        minute=lambda: int(time.monotonic()) // 60,
    )
    _add_gateways(app, _Gate(doors, metrics, trusted_proxy, knocks), Desk(behind, words, metrics))
    _add_status(app, health)
    if show_metrics:
        app.add_url_rule(
            "/metrics", endpoint="metrics", view_func=lambda: Response(metrics.text(), content_type=CONTENT_TYPE)
        )
    return app


def bare_web() -> Flask:
    """Return a web application without a page, that says little of errors and dresses what it answers."""
    app = Flask("service.web", static_folder=None)
    app.url_map.merge_slashes = False
    app.register_error_handler(Exception, _say_little)
    app.after_request(_dress)
    return app


@dataclass(frozen=True)
class _Gate:
    """Who comes in."""

    doors: Mapping[str, Door]
    metrics: Metrics
    trusted_proxy: Sequence[Network]
    knocks: Knocks

    def let_in(self, gateway: str, secret: str) -> Door | None:
        door = open_door(self.doors, gateway, secret)
        source = source_of(request.remote_addr, request.headers.getlist("X-Forwarded-For"), self.trusted_proxy)
        if door is not None and may_enter(door, source):
            return door
        why = "secret" if door is None else "source"
        self.metrics.count_turned_away(why)
        if self.knocks.add():
            log.warning("turned away", what=why, source=source)
        return None


def _add_gateways(app: Flask, gate: _Gate, desk: Desk) -> None:
    def called(gateway: str, secret: str, what: str) -> Response:
        door = gate.let_in(gateway, secret)
        if door is None:
            return _plain("not found", 404)
        if what == "ussd":
            return desk.hop(door.gateway)
        return desk.vouch(door.gateway) if what == VOUCHING else desk.news(door.gateway, what)

    for what in ("ussd", VOUCHING, *NEWS):
        app.add_url_rule(
            f"/gateways/<gateway>/<secret>/{what}",
            endpoint=f"gateway {what}",
            view_func=called,
            methods=["POST"],
            defaults={"what": what},
            provide_automatic_options=False,
        )


def _add_status(app: Flask, health: Callable[[], Health]) -> None:
    def ready() -> tuple[Response, int]:
        with within(HEALTH_SECONDS):
            found = look(health)
        return jsonify(found.told()), 200 if found.ready else 503

    app.add_url_rule("/health/live", endpoint="live", view_func=lambda: jsonify({"live": True}))
    app.add_url_rule("/health/ready", endpoint="ready", view_func=ready)


def _say_little(error: Exception) -> BaseResponse:
    """Answer an error with its name alone; what broke stands in the log, without what was sent."""
    if not isinstance(error, HTTPException):
        log.exception("a page broke")
        return _plain("internal server error", 500)
    if error.response is not None:
        return error.get_response()
    answer = _plain(error.name.lower(), error.code or 500)
    answer.headers.extend([pair for pair in error.get_headers() if pair[0] == "Allow"])
    return answer


def _plain(text: str, status: int) -> Response:
    return Response(f"{text}\n", status, content_type=PLAIN)


def _dress(response: Response) -> Response:
    own = {name.lower() for name, _ in response.headers}
    response.headers.extend([(name, value) for name, value in HEADERS.items() if name.lower() not in own])
    return response
