"""The demo's billers and its seller of airtime on a port of this machine, for the tests of one process."""

import threading
from dataclasses import dataclass, field
from functools import cache

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from service.countries import every_country, load_pack
from service.simulator.provider import Book, providers


@dataclass
class StandIn:
    """Where they are asked, what they have done, and the callbacks that they would have sent."""

    url: str = ""
    book: Book = field(default_factory=Book)
    calls: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def asked(self, what: str) -> list[str]:
        """Return the names by which something was asked for, in turn."""
        return [name for each, name in self.book.requests if each == what]

    def forget(self) -> None:
        """Begin a new day."""
        self.book.__dict__.update(Book().__dict__)
        self.calls.clear()


class Silent(WSGIRequestHandler):
    """A server that writes no lines about requests."""

    def log(self, type: str, message: str, *args: object) -> None:
        pass


@cache
def stand_in() -> StandIn:
    """Return what serves this process; it is begun when it is first asked for."""
    made, app = StandIn(), Flask("providers")
    packs = {country: load_pack(country) for country in every_country()}
    app.register_blueprint(
        providers(packs, call_back=lambda what, form: made.calls.append((what, form)), book=made.book, slow_seconds=1)
    )
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Silent)
    threading.Thread(target=server.serve_forever, daemon=True, name="providers").start()
    made.url = f"http://127.0.0.1:{server.port}/simulator/providers"
    return made
