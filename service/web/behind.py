"""What stands behind the doors of the gateways: hops, messages and reports, each one commit."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

import structlog

from menus.sms_answer import PinInMessage
from service.gateways.base import Dial, Ended, OptedOut, Report, SimNews, Sms
from service.outbox import note_report
from service.storage.patience import within
from service.storage.store import Busy, Unsure
from service.ussd.engine import Reply
from service.wallet.challenge import WrongChallenge
from service.wallet.errand import AirtimeNews, Vouching, note_airtime, vouch
from service.wallet.forgotten import TooManyResets
from service.wallet.guesses import ManyGuesses
from service.wallet.notice import stop_news
from service.wallet.outside import TOO_SLOW, AccountAnswer, AccountQuestion, Unanswered
from service.wallet.pin import PinLocked, SimChanged, WalletBlocked, WrongPin
from service.wallet.sim import note_answer
from service.wallet.unit import Unit
from service.wallet.withdraw import WrongCode
from service.wallet.wrong_codes import TooManyCodes
from service.web.hop import Country, NotAnAgent, answer_dial, close_talk, country_of, end_talk
from service.web.sms import answer_sms

log = structlog.get_logger()

T = TypeVar("T")
Transact = Callable[[Callable[[Unit], T]], T]

HOP_SECONDS = 2.5
"""A hop is answered within three seconds, whatever the database does (W-08); half a second is for the way. A message
or a report has no longer: nobody waits for it, but it stands where hops want to pass."""


WATCHED = frozenset(
    no.code
    for no in (
        *(WrongPin, PinLocked, WalletBlocked, SimChanged, ManyGuesses, TooManyResets),
        *(WrongCode, TooManyCodes, WrongChallenge, PinInMessage, NotAnAgent),
    )
)
"""Refusals that are written down with the masked number: somebody may be trying what is not theirs."""


class Owners:
    """Remembers for this process whose the last sessions are, by hashes that mean nothing elsewhere."""

    def __init__(self, most: int = 10_000) -> None:
        self._most = most
        self._owners: OrderedDict[int, int] = OrderedDict()

    def is_another(self, dial: Dial) -> bool:
        """Say whether a session came from another phone, or on another code, than before (S-02)."""
        owner = hash((dial.phone, dial.service_code))
        known = self._owners.setdefault(hash((dial.gateway, dial.session_id)), owner)
        while len(self._owners) > self._most:
            self._owners.popitem(last=False)
        return known != owner


@dataclass(frozen=True)
class Senti:
    """The product as gateways see it.

    `countries` are found by the service code, or by the number where there is none; the first is the default.
    """

    transact: Callable[..., Reply | str | bool | None]
    countries: Mapping[str, Country]
    key: bytes = field(repr=False)
    note: Callable[[str], None] = lambda _: None
    """Is told the code of each refusal that a person reads."""
    ask: Callable[[AccountQuestion], AccountAnswer] = lambda _: TOO_SLOW
    """Asks a biller about an account; calls the network."""
    note_ended: Callable[[str, bool], None] = lambda _gateway, _shown: None
    """Is told of each talk whether the phone had its last screen."""
    owners: Owners = field(default_factory=Owners, repr=False)

    def dial(self, dial: Dial) -> tuple[str, bool]:
        """Return the screen for a hop, and whether the talk is over."""
        country = self._country(dial.service_code)
        if self.owners.is_another(dial):  # it is answered as its own talk; people are to look at it
            log.error("a session came from another phone or code", gateway=dial.gateway, phone=dial.phone)
        with within(HOP_SECONDS):
            reply: Reply | None
            try:
                reply = self._answer(dial, country)
            except (Busy, Unsure):
                raise
            except Exception:
                if not (reply := self._close(dial)):
                    raise
        self._note(reply.no, dial.phone)
        return reply.text, reply.ends

    def _answer(self, dial: Dial, country: Country) -> Reply:
        reply = self._asking(lambda unit: answer_dial(unit, dial, country, self.key))
        assert isinstance(reply, Reply)
        return reply

    def _asking(self, work: Callable[[Unit], Reply | str]) -> Reply | str | bool | None:
        """Do a piece of work; where somebody outside has to be asked first, do it again with their answer."""
        known: dict[AccountQuestion, AccountAnswer] = {}
        while True:
            try:
                return self.transact(lambda unit: work(replace(unit, outside=known)))
            except Unanswered as wanted:
                known[wanted.question] = self.ask(wanted.question)

    def _close(self, dial: Dial) -> Reply | None:
        """End a talk whose hop broke, so that "nothing was taken" stays true when a copy of that hop comes late.

        Returns the answer of before if this was such a copy: then something may well have been taken. Raises Unsure if
        even that cannot be had: then nothing may be said.
        """
        try:
            reply = self.transact(lambda unit: close_talk(unit, dial, self.key))
        except Exception as broken:
            raise Unsure from broken
        assert not isinstance(reply, str | bool)
        return reply

    def end(self, ended: Ended) -> None:
        with within(HOP_SECONDS):
            self.transact(lambda unit: end_talk(unit, ended, self.key))
        self.note_ended(ended.gateway, ended.shown)

    def sms(self, sms: Sms) -> None:
        country = country_of(self.countries, sms.phone)
        with within(HOP_SECONDS):
            no = self._asking(lambda unit: answer_sms(unit, sms, country, self.key))
        self._note(no if isinstance(no, str) else "", sms.phone)

    def report(self, report: Report | OptedOut) -> None:
        with within(HOP_SECONDS):
            if isinstance(report, OptedOut):
                self.transact(lambda unit: stop_news(unit, report.phone))
            else:
                self.transact(lambda unit: note_report(unit, report))

    def sim(self, news: SimNews) -> None:
        with within(HOP_SECONDS):
            self.transact(lambda unit: note_answer(unit, news.asked_as, swapped=news.swapped, at=news.swapped_at))

    def airtime(self, news: AirtimeNews) -> None:
        with within(HOP_SECONDS):
            self.transact(lambda unit: note_airtime(unit, news))

    def vouch(self, asked: Vouching) -> bool:
        with within(HOP_SECONDS):
            return self.transact(lambda unit: vouch(unit, asked)) is True

    def _note(self, code: str, phone: str) -> None:
        if code:
            self.note(code)
        if code in WATCHED:
            log.warning("refused", code=code, phone=phone)

    def _country(self, code: str) -> Country:
        for country in self.countries.values():
            if code in (country.pack.people_code, country.pack.agents_code):
                return country
        return next(iter(self.countries.values()))
