"""An empty Flask route under Senti's server with Senti's settings: what a web framework costs before it does anything.

python -m tests.bench.empty PORT WORKERS
"""

import sys

from flask import Flask
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server.mp import MPServer

from service.cli.server import BACKLOG, CONNECTIONS, THREADS
from tests.bench.phones import PATH


def route() -> Flask:
    """Return an application that answers every hop with an empty screen."""
    app = Flask("empty", static_folder=None)
    app.add_url_rule(PATH, endpoint="empty", view_func=lambda: "CON ", methods=["POST"])
    return app


def main(port: int, workers: int) -> None:
    """Serve until told to stop."""
    MPServer(
        "empty",
        address="127.0.0.1",
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=THREADS,
        backpressure=CONNECTIONS,
        backlog=BACKLOG,
        http=HTTPModes.http1,
        websockets=False,
        log_level=LogLevels.error,
    ).serve(target_loader=route, wrap_loader=False)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
