"""The processes of the service: one that waits for signals, web processes below it, and the worker.

A web process that is told to stop takes no new connections and finishes the hop in hand. Its worker thread, where it
has one, stops between two messages.
"""

import encodings.idna
import errno
import gc
import os
import resource
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, nullcontext, suppress
from functools import partial
from multiprocessing.util import Finalize
from typing import TYPE_CHECKING, Any, NamedTuple

import structlog
from flask import Flask
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.mp import MPServer

from service.cli.group import unusable
from service.log import set_up
from service.settings import Settings

if TYPE_CHECKING:
    from service.app import App

log = structlog.get_logger()

THREADS = 8
BACKLOG = 1024
CONNECTIONS = 12_000
"""Connections that a process holds (the library calls it backpressure); more wait until one is closed. Gateways keep
theirs open, and strangers open some that say nothing: neither may shut anybody out."""
HEAD_SECONDS = 10
"""In which the head of a request has to come, and the next one on a connection that is kept."""

SHORT_LIFE, RESPAWN_PAUSE = 2.0, 0.5
"""Seconds: a process that dies younger than the first is replaced after the second, so that trying costs little."""

AWAY_PAUSE = 2.0
"""Seconds after which a worker asks a database again that was away when it started."""

PRICES_PAUSE = 10.0
"""Seconds between two looks for new prices, which are approved an hour ahead at least."""

_LOGGING = {"loggers": {"_granian": {"handlers": [], "propagate": True}}}
SHARED = "PROMETHEUS_MULTIPROC_DIR"


class Serving(NamedTuple):
    """How the web is served; `worker` says that a thread of it sends messages and does what is timed.

    `console` says that the staff's pages are served, and nothing else.
    """

    port: int
    workers: int = 1
    worker: bool = False
    console: bool = False


def on_sqlite(settings: Settings) -> bool:
    """Say whether the database is a SQLite file, which one process serves."""
    return settings.database_url.get_secret_value().startswith("sqlite")


class _Server(MPServer):
    """A server that replaces a process that died, for as long as it takes, and repeats itself when it is to stop.

    A process that is just beginning does not hear that it should stop. The library gives up on one that dies twice
    within seconds; but the cause may be a database that is away for as long, and others would be stopped with it.
    """

    def _serve_loop(self, spawn_target: Any, target_loader: Any) -> None:
        while not self.interrupt_signal:
            self.main_loop_interrupt.wait(1)
            self.main_loop_interrupt.clear()
            if self.reload_signal:
                self._reload(spawn_target, target_loader)  # type: ignore[no-untyped-call]
            dead = [number for number, process in enumerate(self.wrks) if not process.is_alive()]  # type: ignore[no-untyped-call]
            if any(time.monotonic() - self.wrks[number].birth < SHORT_LIFE for number in dead):
                time.sleep(RESPAWN_PAUSE)
            if dead and not self.interrupt_signal:
                self._respawn_workers(dead, spawn_target, target_loader)
        self.interrupt_children.clear()  # they were replaced: the end is a good one

    def signal_handler_interrupt(self, *args: Any, **kwargs: Any) -> None:
        super().signal_handler_interrupt(*args, **kwargs)  # type: ignore[no-untyped-call]
        threading.Thread(target=self._tell_again, daemon=True).start()

    def _tell_again(self) -> None:
        while True:
            time.sleep(0.5)
            for process in list(self.wrks):
                with suppress(OSError):  # it has ended
                    process.terminate()  # type: ignore[no-untyped-call]


def serve_web(settings: Settings, serving: Serving, ready: Callable[[], object]) -> None:
    """Serve until SIGTERM or SIGINT; `ready` is called when the port answers."""
    _refuse_taken(settings.host, serving.port)
    server = _Server(
        "senti",
        address=settings.host,
        port=serving.port,
        interface=Interfaces.WSGI,
        workers=serving.workers,
        blocking_threads=THREADS,
        backpressure=_open_files(CONNECTIONS),
        backlog=BACKLOG,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=HEAD_SECONDS * 1000),
        websockets=False,
        log_dictconfig=_LOGGING,
        log_level=LogLevels.error,
    )
    watch = threading.Thread(target=_when_open, args=(settings.host, serving.port, ready), daemon=True)
    with _counting_together(settings, serving) as shared:
        watch.start()
        server.serve(target_loader=partial(web, settings, serving, shared), wrap_loader=False)


def web(settings: Settings, serving: Serving, shared: str | None = None) -> Flask:
    """Compose the service in a web process; what it holds is let go when the process ends."""
    from service.app import make_app, make_console, make_web
    from service.jobs import errands, jobs, nightly
    from service.outbox import run_workers

    set_up(level=settings.log_level)
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    app = make_app(settings, shared_metrics=shared)
    ending = ExitStack()
    ending.callback(app.store.close)
    ending.enter_context(_pricing(app))
    stop = threading.Event()
    counting = [lambda: app.minutes.write(app.transact)]
    works = (jobs(app), errands(app), nightly(app)) if serving.worker else (counting,)
    thread = threading.Thread(target=run_workers, args=(stop, *works), name="worker")
    thread.start()
    ending.callback(thread.join)
    ending.callback(stop.set)
    if settings.metrics_port is not None and shared is None and not serving.console:
        ending.enter_context(app.metrics.serving(port=settings.metrics_port, host=settings.host))
    # The server runs this process through multiprocessing, which skips what is registered with atexit.
    Finalize(None, ending.close, exitpriority=1)
    made = make_console(app) if serving.console else make_web(app)
    gc.collect()
    gc.freeze()  # looking through all that was made at the start would stop every hop for some 80 ms, now and then
    return made


@contextmanager
def _pricing(app: "App") -> Iterator[None]:
    """Look for price lists that were approved, beside everything else, and until the end."""
    stop = threading.Event()

    def look() -> None:
        while not stop.wait(PRICES_PAUSE):
            try:
                app.renew_prices()
            except Exception:
                log.exception("new prices could not be taken over")

    thread = threading.Thread(target=look, name="prices")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _end_with(parent: int) -> None:
    """Stop this process when its parent has been killed: it would serve on, and nobody could stop it or count it."""
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)


def _open_files(connections: int) -> int:
    """Let this process and its children open so many connections, and return how many it may."""
    kept = 512  # for the database, the log and the program itself
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + kept
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return connections if soft == resource.RLIM_INFINITY else max(64, min(connections, soft - kept))


def _refuse_taken(host: str, port: int) -> None:
    # The server shares its port between processes, and so would another server with it.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            why = "is taken by another program" if error.errno == errno.EADDRINUSE else f"cannot be had: {error}"
            raise unusable(f"{host}:{port} {why}; choose another with SENTI_PORT or --port") from None


def _when_open(host: str, port: int, ready: Callable[[], object]) -> None:
    # Web processes are forked while this thread runs: whatever it loads at that moment stays locked in them for ever.
    assert encodings.idna, "loaded above, because looking up an address loads it"
    for _ in range(600):
        try:
            socket.create_connection((host, port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            ready()
            return


@contextmanager
def _counting_together(settings: Settings, serving: Serving) -> Iterator[str | None]:
    """Refuse what is unfit here and not in each process; let several processes count together, on the metrics' port.

    Yields the directory in which they meet, or None for one process. It must be known before anything loads the
    library that counts.
    """
    with tempfile.TemporaryDirectory(prefix="senti-metrics-") if serving.workers > 1 else nullcontext() as shared:
        if shared:
            os.environ[SHARED] = shared
        from service.app import make_app

        app = make_app(settings, shared_metrics=shared)
        _say_languages(app)
        app.store.close()  # no connection is carried into another process; it opens anew when it is asked
        port = settings.metrics_port if shared else None
        with closing(app.store), app.metrics.serving(port=port, host=settings.host) if port else nullcontext():
            yield shared


def _made(make: "Callable[[], App]") -> "App | None":
    """Return the service, or None if its database does not answer."""
    from sqlalchemy.exc import OperationalError

    from service.storage.store import Busy

    try:
        return make()
    except (Busy, OperationalError):
        log.warning(
            "the database does not answer: is it running, and is SENTI_DATABASE_URL right? asked again and again"
        )
        return None


def _say_languages(app: "App") -> None:
    """Say in the log which languages are not spoken, because no speaker has read them."""
    from menus import off

    silent = {language for country in app.countries.values() for language in off(country.pack)}
    if silent and app.settings.mode == "production":
        log.warning("languages that no speaker has read are off", language=" ".join(sorted(silent)))


def work(settings: Settings, metrics_port: int | None) -> None:
    """Do the worker's jobs until SIGTERM or SIGINT, and stop between two messages.

    A database that is away when it starts is waited for: it comes back, and nobody may be there to start a worker then.
    """
    from service.app import make_app
    from service.jobs import errands, jobs, nightly
    from service.outbox import run_workers

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    while (app := _made(lambda: make_app(settings))) is None:
        if stop.wait(AWAY_PAUSE):
            return
    _say_languages(app)
    own = app.metrics.serving(port=metrics_port, host=settings.host) if metrics_port else nullcontext()
    with closing(app.store), own, _pricing(app):
        run_workers(stop, jobs(app), errands(app), nightly(app))
