"""A market: a town whose people pay bills, buy airtime and content, subscribe, read by the page, save and keep a group.

Its providers misbehave (market_outside.py), and it breaks between any two statements like any town.
`SENTI_TEST_SEED=N python -m tests.lab market` plays one again; with `SENTI_TEST_DAYS=14` it is one of two weeks.
"""

import json
import os
import random
from collections import Counter
from collections.abc import Mapping
from functools import cache
from typing import Any, cast

from tests.lab import market_people as people
from tests.lab.finding import Finding, Round, Say
from tests.lab.market_auditor import MarketAuditor
from tests.lab.market_books import DEALS, in_plain_words
from tests.lab.market_faults import MARKET_FAULTS
from tests.lab.market_machine import MarketMachine, one_by_one
from tests.lab.town import Failure, Tally, finding, keep, never_hit, play_all
from tests.lab.town_auditor import Auditor
from tests.lab.town_books import Disagreement
from tests.lab.town_faults import INBOX
from tests.lab.town_machine import clockwork
from tests.lab.town_people import Actor
from tests.lab.town_play import Play
from tests.lab.town_prices import Prices, read_prices
from tests.phone import DOOR, NUMBERS, Phone, Town

TITLE = "Seeded markets"
MARKETS = {"full": 50_000, "short": 600}
FORTNIGHTS = {"full": 500, "short": 8}
DAYS = 14
STEPS = 60


class Market(Play):
    """A market that is open for some steps."""

    steps_at_once = 30
    machine: MarketMachine
    auditor: MarketAuditor  # type: ignore[assignment]  # it hears the same and keeps other books

    def __init__(self, machine: MarketMachine, prices: Prices, seed: int) -> None:
        super().__init__(machine, prices, seed)
        machine.outside.begin(str(seed), lambda: machine.now, self._note, self._call_back)
        self.auditor.books.update(machine.store.read(in_plain_words))
        self.actors = [Actor(who, Phone(cast(Town, self), NUMBERS[who]), {}) for who in people.WHO]
        machine.look = self.look

    def hire(self, prices: Prices) -> Auditor:
        auditor = MarketAuditor(prices, lambda: self.machine.now, self.machine.outside, entry=self.entry)
        auditor.meets = lambda *_: None  # type: ignore[attr-defined]
        return cast(Auditor, auditor)

    def wish(self, actor: Actor) -> dict[str, str]:
        return people.wish(self.dice, self.auditor, actor.phone.number)

    def key(self, actor: Actor) -> str:
        return people.key(self.dice, self.auditor, actor.phone.number, actor.goal, actor.phone.screen)

    def dialled(self, goal: Mapping[str, str]) -> str:
        return people.DIALLED[goal["kind"]].format(**goal)

    def step(self) -> None:
        """Let a moment pass and somebody do something."""
        self._pass_time()
        dice = self.dice.random()
        meters = self.auditor.running("end", item="Calls")
        if dice < 0.15:
            self.worker()
        elif dice < 0.25 and self.late:
            self._arrive_late()
        elif dice < 0.28 and self.heard:
            self._repeat_old()
        elif dice < 0.38 and meters:
            self._use(self.dice.choice(meters))
        elif dice < 0.48:
            self._write(self.dice.choice(self.actors))
        else:
            self._touch(self._whose_turn(dice))
        self.machine.store.heal()
        self.fate = self.lane_fate = ""

    def _waited_for(self, actor: Actor) -> bool:
        return False

    def _write(self, actor: Actor) -> None:
        dice, number = self.dice, actor.phone.number
        codes = [code for (phone, code), one in self.auditor.codes.items() if phone == number and not one.seen]
        fresh = self.auditor.fresh
        texts = [f"BUY {dice.choice(('200014', '200022'))}", f"AIRTIME {fresh(dice, 5, 90)}",
                 f"BILL STIMA 12345678901 {fresh(dice, 50, 200)}", "BAL", "STOP", "ACCEPT 200030"]  # fmt: skip
        texts += [f"ACCEPT {people.CODES[item]}" for item in self.auditor.accepting(number) for _ in range(5)]
        runs = [*self.auditor.running("renew", number), *self.auditor.running("end", number)]
        texts += [f"STOP {people.CODES[one.item]}" for one in runs] + ["STOP ALL"] * bool(runs)
        text = dice.choice(texts)
        if codes and dice.random() < 0.7:
            text = codes[-1]
        self.say(f"{actor.name} writes {text}")
        self.fate = self.break_(*INBOX)
        actor.phone.sms(text, message_id=f"sms-{self.number():032x}")

    # A seller's service

    def _use(self, meter: Any) -> None:
        reference = meter.hold.reference
        if not reference:
            return  # the person has not read it yet, so the service does not know it
        total = max(meter.units) + self.dice.randint(0, 400)
        seq = self.number()
        fate = self.dice.choice(("", "", "", "use lost", "use repeated", "use late"))
        what = self.dice.choice(("use", "use", "use", "use", "stop"))
        self.say(f"the service of Calls tells {what} {total} of {reference} as {seq}")
        if fate:
            self._note(fate)
        if fate == "use late":
            self.late.append(lambda: self._tell_use(meter, what, seq, total))
        elif fate != "use lost":
            self.break_()
            for _ in range(2 if fate == "use repeated" else 1):
                self._tell_use(meter, what, seq, total)

    def _tell_use(self, meter: Any, what: str, seq: int, total: int) -> None:
        body = json.dumps({"meter": meter.hold.reference, "seq": seq, "units": total}).encode()
        if not meter.seen:
            self.auditor.used(meter, total)
            self.auditor.touched.append(meter)
        path = f"/sellers/{self.machine.seller_key}/{what}"
        heard = self._survives(lambda: self.machine.send(path, body, "application/json"))
        self.look()
        if heard is None or heard.status_code != 200:
            return
        said = json.loads(heard.text)
        self.say(f"   it hears {said}")
        if said["used"] not in meter.units or (said["state"] == "closed") != bool(meter.seen):
            raise Disagreement(f"the service hears {said}, the auditor knows {sorted(meter.units)}, {meter}")
        meter.units = frozenset({said["used"]})

    # Providers

    def _call_back(self, form: dict[str, str]) -> None:
        dice = random.Random(f"{self.seed} {form['requestId']} {self.machine.outside.calls[form['requestId'][3:]]}")
        fate = dice.choice(("", "", "callback late", "callback twice", "callback before our answer"))
        if fate:
            self._note(fate)
        if fate == "callback before our answer":
            self._bring_news(form)
        else:
            for _ in range(2 if fate == "callback twice" else 1):
                self.late.append(lambda: self._bring_news(form))

    def _bring_news(self, form: dict[str, str]) -> None:
        self.say(f"   the seller of airtime tells {form['status']} of {form['requestId']}")
        heard = self._survives(lambda: self.machine.post(f"{DOOR}/airtime", form))
        if heard is None or heard.status_code != 200:
            self.late.append(lambda: self._bring_news(form))

    # What differs from a town

    def worker(self, *, faults: bool = True) -> None:
        """Let the worker do all that is due, or die of it; providers behave once there are no more faults."""
        self.machine.outside.quiet = not faults
        super().worker(faults=faults)
        while not faults and self.late:
            self.late.pop(0)()
            self.look()

    def look(self) -> None:
        self.auditor.look(self.machine.store.read(in_plain_words))

    def end(self) -> None:
        self.say("--- no more faults")
        while self.late:
            self.late.pop(0)()
            self.look()
        for span in (1, 400, 1000, 4000, 8000, 22_000, 22_000, 1000):
            self.machine.now = self.machine.now.fromtimestamp(
                self.machine.now.timestamp() + span, tz=self.machine.now.tzinfo
            )
            self.worker(faults=False)
        self.auditor.closes()
        self._audit()


@cache
def _machine() -> tuple[MarketMachine, Prices]:
    return MarketMachine(), read_prices()


def play(seed: int, days: int = 0) -> Tally:
    """Let one market live, for some hours or so many days; it fails with its history."""
    market, agreed = _live(seed, days)
    failures = [] if agreed else [Failure(seed, market.history, "market")]
    hit = market.hit + market.machine.store.hit + Counter(one.kind for one in market.auditor.deals if one.seen)
    return Tally(1, hit, Counter(market.auditor.resolved), market.auditor.entries, failures)


def history(seed: int, days: int = 0) -> list[str]:
    """Return what happens in a market, in lines that can be read."""
    return _live(seed, days)[0].history


def _live(seed: int, days: int) -> tuple[Market, bool]:
    machine, prices = _machine()
    machine.store.hit.clear()
    with clockwork(machine), one_by_one():
        market = Market(machine, prices, seed)
        try:
            for _ in range(days):
                market.day()
            for _ in range(0 if days else STEPS):
                market.step()
            market.end()
        except Exception as error:  # whatever it is, it is told with the market's history, and the next one goes on
            market.say(f"!!! {type(error).__name__}: {error}")
            return market, False
    return market, True


def never_met(tally: Tally) -> list[str]:
    """Return the kinds of fault, and of what people do, that no market has met."""
    return never_hit(tally, (*MARKET_FAULTS, *DEALS))


def run(size: Round, say: Say) -> list[Finding]:
    """Play the markets of this size, or the one of SENTI_TEST_SEED."""
    if given := os.environ.get("SENTI_TEST_SEED"):
        days = int(os.environ.get("SENTI_TEST_DAYS", "0"))
        print("\n".join(history(int(given), days)))
        return [finding("market", play(int(given), days))]
    short = play_all(range(MARKETS[size]), say, one=play)
    long = play_all(range(FORTNIGHTS[size]), say, days=DAYS, one=play)
    assert not never_met(short + long), f"never met: {never_met(short + long)}"
    keep("market", [*short.failures, *long.failures], say)
    return [finding("markets", short), finding("markets of two weeks, audited each midnight", long)]
