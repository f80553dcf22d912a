"""What a gateway that came in by its door is answered.

It is answered with 200 in its own dialect, whatever happens behind: anything else would end the talk on the phone
without a word, or make the gateway send it all again.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog
from flask import Response, jsonify, request

from service.gateways.base import Gateway, Unreadable
from service.storage.store import Busy, Unsure
from service.web.door import Behind
from service.web.form import read_form, read_object
from service.web.metrics import Metrics

log = structlog.get_logger()

Form = Mapping[str, list[str]]

WORDS = ("trouble", "busy", "unreadable")
"""Last words where no menu can speak for us: nothing was taken; still being checked; this was not understood."""

NEWS: Mapping[str, Callable[[Gateway, Behind, Form], None]] = {
    "ussd-end": lambda gateway, behind, form: behind.end(gateway.read_end(form)),
    "sms":      lambda gateway, behind, form: behind.sms(gateway.read_sms(form)),
    "delivery": lambda gateway, behind, form: _report(gateway, behind, form),
    "sim-swap": lambda gateway, behind, form: behind.sim(gateway.read_sim(form)),
    "airtime":  lambda gateway, behind, form: _airtime(gateway, behind, form),
    "opt-out":  lambda gateway, behind, form: _report(gateway, behind, form),
}  # fmt: skip
"""Callbacks that are told and not asked: by the last part of their address, how they are read and who hears them."""


VOUCHING = "airtime-validation"
"""The one callback that asks."""

AS_JSON = frozenset({"sim-swap"})


def _report(gateway: Gateway, behind: Behind, form: Form) -> None:
    news = gateway.read_report(form)
    if news is not None:
        behind.report(news)


def _airtime(gateway: Gateway, behind: Behind, form: Form) -> None:
    news = gateway.read_airtime(form)
    if news is not None:
        behind.airtime(news)


@dataclass(frozen=True)
class Desk:
    """Where callbacks are read, handed on and answered."""

    behind: Behind
    words: Mapping[str, str]
    metrics: Metrics

    def hop(self, gateway: Gateway) -> Response:
        """Answer a USSD hop with a screen."""
        began = time.perf_counter()
        outcome, text, ends = self._screen(gateway)
        answer = gateway.write(text, ends=ends)
        took = time.perf_counter() - began
        self.metrics.count_hop(gateway.name, outcome, took)
        log.info("hop", gateway=gateway.name, outcome=outcome, milliseconds=int(took * 1000))
        return Response(answer.body, content_type=answer.content_type)

    def news(self, gateway: Gateway, what: str) -> Response:
        """Take what a gateway tells, and say no more than that it arrived."""
        outcome = self._take(gateway, what)
        self.metrics.count_callback(gateway.name, what, outcome)
        log.info("callback", gateway=gateway.name, what=what, outcome=outcome)
        return Response("", content_type="text/plain; charset=utf-8")

    def vouch(self, gateway: Gateway) -> Response:
        """Say whether airtime that somebody buys in our name was ordered here; no, whenever that is not known."""
        ours, outcome = False, "taken"
        try:
            ours = self.behind.vouch(gateway.read_vouching(read_form(request)))
        except Unreadable as wrong:
            log.warning("unreadable", gateway=gateway.name, what=VOUCHING, field=wrong.field)
            outcome = "unreadable"
        except Exception as error:
            log.exception("broke", gateway=gateway.name, what=VOUCHING)
            outcome = "busy" if isinstance(error, Busy | Unsure) else "trouble"
        if outcome == "taken" and not ours:
            log.error("somebody else buys airtime in our name", gateway=gateway.name)
        self.metrics.count_callback(gateway.name, VOUCHING, outcome)
        return jsonify({"status": "Validated" if ours else "Failed"})

    def _screen(self, gateway: Gateway) -> tuple[str, str, bool]:
        try:
            text, ends = self.behind.dial(gateway.read_dial(read_form(request)))
        except Unreadable as wrong:
            log.warning("unreadable", gateway=gateway.name, what="ussd", field=wrong.field)
            return "unreadable", self.words["unreadable"], True
        except Busy:
            return "busy", self.words["busy"], True
        except Unsure:
            # It may have been committed: the words must not say that nothing was taken.
            log.error("unsure", gateway=gateway.name, what="ussd")
            return "unsure", self.words["busy"], True
        except Exception:
            # Behind promises that nothing was committed, so the words may say so.
            log.exception("broke", gateway=gateway.name, what="ussd")
            return "trouble", self.words["trouble"], True
        return ("end" if ends else "continue"), text, ends

    def _take(self, gateway: Gateway, what: str) -> str:
        try:
            NEWS[what](gateway, self.behind, (read_object if what in AS_JSON else read_form)(request))
        except Unreadable as wrong:
            log.warning("unreadable", gateway=gateway.name, what=what, field=wrong.field)
            return "unreadable"
        except Exception as error:
            log.exception("broke", gateway=gateway.name, what=what)
            return "busy" if isinstance(error, Busy | Unsure) else "trouble"
        return "taken"
