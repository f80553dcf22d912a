"""What is counted for those who keep the service running: numbers by kind, and nothing about a person.

Labels are words of our own: what a stranger sends never becomes one, or the list would grow without end.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram, Metric, generate_latest, start_http_server
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from service import clock
from service.ledger.entry import Entry
from service.wallet.board import ENDED, INCOMPLETE, LIFE
from service.wallet.minute import Minutes

log = structlog.get_logger()

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5)
_LONGER = 10
"""Where what took longer than all of them is counted for the dashboards."""


P = ParamSpec("P")


def _harmless(count: Callable[P, None]) -> Callable[P, None]:
    """Let counting never break what is counted: money has moved by then, and the phone must read so."""

    @wraps(count)
    def counted(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            count(*args, **kwargs)
        except Exception:
            log.exception("not counted")

    return counted


class Metrics:
    """The counters of this process, and the ages that are asked for when they are read.

    `ages` says how many seconds old the oldest thing of each kind is that should have been done: outbox, seal.
    `shared` is the directory in which several processes of one service meet; it must stand in the environment as
    PROMETHEUS_MULTIPROC_DIR before this module is loaded, as the library has it. `minutes` counts for the dashboards.
    """

    def __init__(
        self,
        *,
        ages: Callable[[], Mapping[str, int]] = dict,
        shared: str | None = None,
        minutes: Minutes | None = None,
    ) -> None:
        self._minutes = minutes or Minutes(clock.now)
        own = CollectorRegistry()
        # fmt: off
        self.hops = Counter("senti_hops", "USSD hops answered", ["gateway", "outcome"], registry=own)
        self.hop_seconds = Histogram("senti_hop_seconds", "Time to answer", ["gateway"], buckets=_SECONDS, registry=own)
        self.webhooks = Counter("senti_webhooks", "Other callbacks", ["gateway", "what", "outcome"], registry=own)
        self.webhooks_refused = Counter("senti_webhooks_refused", "Callbacks turned away", ["why"], registry=own)
        self.refusals = Counter("senti_refusals", "Times a person was told no", ["code"], registry=own)
        self.postings = Counter("senti_postings", "Entries posted", ["reason"], registry=own)
        self.sms_out = Counter("senti_sms_out", "Attempts to send a message", ["outcome"], registry=own)
        # fmt: on
        self._registry = own
        if shared is not None:
            self._registry = CollectorRegistry()
            MultiProcessCollector(self._registry, path=shared)  # type: ignore[no-untyped-call]
        self._registry.register(_Ages(ages))

    @_harmless
    def count_hop(self, gateway: str, outcome: str, seconds: float) -> None:
        """Count one USSD hop and how long its answer took."""
        self.hops.labels(gateway, outcome).inc()
        self.hop_seconds.labels(gateway).observe(seconds)
        upper = next((bound for bound in _SECONDS if seconds <= bound), _LONGER)
        self._minutes.add("hop", str(int(upper * 1000)), value=int(seconds * 1000))
        self._minutes.add("outcome", outcome)
        self._minutes.add(LIFE, gateway)

    @_harmless
    def count_callback(self, gateway: str, what: str, outcome: str) -> None:
        """Count one callback that is no hop."""
        self.webhooks.labels(gateway, what, outcome).inc()
        self._minutes.add(LIFE, gateway)

    @_harmless
    def count_ended(self, gateway: str, shown: bool) -> None:
        """Count one talk of which a gateway said how it ended: with its last screen read, or broken off."""
        self._minutes.add(ENDED, f"{gateway} {'complete' if shown else INCOMPLETE}")

    @_harmless
    def count_turned_away(self, why: str) -> None:
        """Count one callback that did not come in."""
        self.webhooks_refused.labels(why).inc()

    @_harmless
    def count_sms(self, outcome: str) -> None:
        """Count one attempt to send a message."""
        self.sms_out.labels(outcome).inc()
        self._minutes.add("sms", outcome)

    @_harmless
    def count_refusal(self, code: str) -> None:
        """Count that a person was told no."""
        self.refusals.labels(code).inc()
        self._minutes.add("refused", code)

    @_harmless
    def count_postings(self, entries: Iterable[Entry]) -> None:
        """Count entries that were committed, and the largest amount that each moved."""
        for entry in entries:
            self.postings.labels(entry.reason.value).inc()
            most = max(entry.moves, key=lambda move: move.amount)
            self._minutes.add("posted", f"{most.source.country} {entry.reason}", value=most.amount)

    def text(self) -> bytes:
        """Return all of it as Prometheus reads it."""
        return generate_latest(self._registry)

    @contextmanager
    def serving(self, *, port: int, host: str) -> Iterator[None]:
        """Answer on a port of its own, from a thread, until the block is left."""
        server, thread = start_http_server(port, host, self._registry)
        try:
            yield
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


class _Ages(Collector):
    """Ages are not counted but looked up, each time that somebody reads them."""

    def __init__(self, ages: Callable[[], Mapping[str, int]]) -> None:
        self._ages = ages

    def describe(self) -> Iterable[Metric]:
        return []

    def collect(self) -> Iterable[Metric]:
        try:
            ages = self._ages()
        except Exception:
            # The database does not answer: the counters are worth having all the same.
            log.exception("ages could not be asked")
            return
        for kind, seconds in sorted(ages.items()):
            name = f"senti_{kind}_age_seconds"
            yield GaugeMetricFamily(name, "Age of the oldest that should be done", value=seconds)
