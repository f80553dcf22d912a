"""The auditor of a market: holds what phones are shown and sent against its own books, knowing their words alone."""

import random
import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from service.demo import PEOPLE
from tests.lab import town_words as words
from tests.lab.market_books import BY_TITLE, NOTICES, SELLER, Deal, MarketBooks
from tests.lab.market_machine import SOLD, TILL
from tests.lab.town_books import Disagreement

TITLES = {title: code for code, (title, *_) in SOLD.items()}
BILLERS = {"Stima Power": "100201", "Maji Water": "100202", "Kilimo School": "100203"}
A_TITLE = f"({'|'.join(TITLES)})"
M, R = words.M, words.R
FEE = rf"\nFee {M}(?: incl\. excise {M})?\n(?:Total {M}\n)?PIN:"

# fmt: off
CONFIRM: Mapping[str, str] = {
    "bill":    rf"Pay {M} to ({'|'.join(BILLERS)})\n\w+ [A-Z ]+{FEE}",
    "airtime": rf"Airtime {M} for (\d+){FEE}",
    "pay":     rf"Pay {M} to (Habari Leo), till {TILL}{FEE}",
    "buy":     rf"Buy {A_TITLE}\n[^\n]+\nPrice KES (\S+)\nNow KES (\S+?)(?:, tab KES (\S+))?\nPIN:",
    "ask":     rf"Subscribe {A_TITLE}\n[^\n]+\n{M} every \d days till STOP\nPIN:",
    "begin":   rf"Begin {A_TITLE}\n[^\n]+\n[^\n]+\nNow {M}\nPIN:",
    "meter":   rf"{A_TITLE}\n[^\n]+\n\S+ \S+ each\nAt most {M}\nPIN:",
    "give":    rf"Put {M} into (Chama)\? It is free, and only the group pays it out\. PIN:",
    "save":    rf"Put {M} into (\w\w goal)\? It is free\. PIN:",
    "take":    rf"Take {M} out of (\w\w goal) into your wallet\? It is free\. PIN:",
    "propose": rf"Chama pays {M} to {words.NAME} [\d*]+\?\nFee {M}\n\d must agree\. You: PIN:",
    "payout":  rf"Chama pays {M} to {words.NAME} [\d*]+{FEE}",
    "order":   rf"{M} every day to {words.NAME} [\d*]+, from [\d/]+\nFee each time {M}\nPIN:",
}
SMS: Mapping[str, str] = {
    "done":           rf"{R} (?:Paid|Airtime) (?P<amount>{M}) (?:to [\w ]+ )?for [\w*]+\. Fee",
    "back":           rf"{R} (?:NOT paid|NO airtime): .* (?P<amount>{M}) is back",
    "unsure":         rf"{R} .*(?:did not say if|Not known if)",
    "paid":           rf"{R} Paid (?P<amount>{M}) to Habari Leo, till",
    "sale":           rf"{R} (?P<amount>{M}) from .* at till {TILL}",
    "bought":         rf"{R} Bought {A_TITLE} from",
    "sub_begun":      rf"{R} {A_TITLE}, Habari Leo: (?P<amount>{M}) paid till",
    "sub_renewed":    rf"{R} {A_TITLE}, Habari Leo: (?P<amount>{M}) for \d days, till",
    "sub_stopped":    rf"{R} {A_TITLE} has ended\. Back: (?P<amount>{M})\.",
    "stopped":        rf"{A_TITLE} has ended\.",
    "sub_soon":       rf"{A_TITLE}, Habari Leo: {M} for \d more days will be taken",
    "meter_open":     rf"{R} {A_TITLE}, Habari Leo: \S+ \S+ each, at most (?P<amount>{M}), set aside",
    "meter_done":     rf"{R} {A_TITLE}, Habari Leo: (?P<units>\d+) used, (?P<amount>{M}) paid",
    "saved":          rf"{R} Saved (?P<amount>{M}) in",
    "took":           rf"{R} Took (?P<amount>{M}) out of",
    "group_gave":     rf"{R} You put (?P<amount>{M}) into Chama",
    "group_paid_you": rf"{R} Received (?P<amount>{M}) from the group Chama",
    "sent":           rf"{R} Sent (?P<amount>{M}) to",
    "received":       rf"{R} Received (?P<amount>{M}) from [A-Z]",
    "settled":        rf"{R} (?P<amount>{M}) of till {TILL} is in your wallet",
    "order_code":     rf"(?:Airtime|Pay) {M} .*[?] Fee {M}, total {M}\. Answer (\d{{7}}) ",
    "buy_code":       rf"Buy {A_TITLE} from .*[?] Answer (\d{{7}}) ",
    "paid_already":   rf"Paid already, Ref {R}\.",
}
# fmt: on
KINDS = {sms: (kind, role) for kind, owed in NOTICES.items() for role, sms in owed}
ENDS = ("Bought ", "Ordered: ")
BALANCE = re.compile(rf"[Bb]alance {M}\.")
HER_METER = re.compile(rf"^{A_TITLE} runs: ", re.M)


@dataclass
class Hop:
    """One text of one talk: what it asks for if its PIN is right."""

    at: datetime
    pin: bool = False
    deal: Deal | None = None


@dataclass
class MarketAuditor(MarketBooks):
    """Own books, and what was told of them."""

    entry: Callable[[str], tuple[int, datetime] | None] = field(kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.pins = {actor.phone: actor.pin for actor in PEOPLE}
        self.names = {words.shown(actor.name): actor.phone for actor in PEOPLE}
        self.hops: dict[tuple[str, str], Hop] = {}
        self.screens: dict[str, tuple[str, str]] = {}
        self.proposed: set[tuple[str, str, int]] = set()
        self.asked: dict[tuple[str, str], datetime] = {}
        self.named: set[int] = set()
        self.by_reference: dict[str, Deal] = {}
        self.received: set[tuple[str, str]] = set()
        self.codes: dict[tuple[str, str], Deal] = {}
        self.unsure: set[Deal] = set()
        self.reminded: dict[tuple[str, str], int] = defaultdict(int)
        self.resolved: dict[str, int] = defaultdict(int)

    # What is brought to the service

    def sends(self, phone: str, session: str, text: str) -> None:
        """Note a hop that is now brought to the service."""
        before, screen = self.screens.get(session, ("", ""))
        hop = self.hops.get((session, text))
        if hop is None:
            typed = text[len(before) + 1 :] if before else text
            hop = self.hops[session, text] = Hop(self.now())
            if screen and text.startswith(before):
                self._means(hop, phone, screen, typed)
        if hop.deal:
            self.touched.append(hop.deal)
        if "End it" in screen or text.rpartition("*")[2].lower() == "stop":
            self._stops_come(phone)
        for meter in self.running("end", phone):
            if HER_METER.search(screen) or "98 More, KES" in screen:
                self.used(meter, *(units + 1 for units in meter.units))

    def _means(self, hop: Hop, phone: str, screen: str, typed: str) -> None:
        asked = words.find(CONFIRM, screen)
        if screen.startswith("No more payments of") and typed == "1":
            hop.deal = self.open("unorder", phone)
        if asked and len(typed) == 4 and typed.isdigit():
            hop.pin = True
            if typed == self.pins[phone]:
                hop.deal = self._asked(*asked, phone)

    def _asked(self, kind: str, found: re.Match[str], phone: str) -> Deal | None:
        if kind in ("bill", "airtime"):
            return self.ordered(kind, phone, words.cents(found[1]), BILLERS.get(found[2], "airtime"))
        if kind == "propose":
            self.proposed.add((phone, found[2], words.cents(found[1])))
            return None
        if kind == "ask":
            self.asked[phone, found[1]] = self.now()
            return None
        if kind == "payout":
            wanted = (found[2], words.cents(found[1]))
            if not any(who != phone and wanted == about for who, *about_ in self.proposed if (about := (*about_,))):
                return None  # nobody else has agreed
            fee, excise = self.prices.charge("send", wanted[1])
            return self.open("payout", phone, wanted[1], other=self.names[found[2]], charge=fee + excise)
        if kind == "order":
            fee, excise = self.prices.charge("send", words.cents(found[1]))
            return self.open("order", phone, words.cents(found[1]), other=self.names[found[2]], charge=fee + excise)
        if kind == "buy":
            return self.open("buy", phone, item=found[1], shown=_shown(found))
        if kind == "begin":
            return self.begins(phone, found[1])
        if kind == "meter":
            return self.open(kind, phone, words.cents(found[2]), item=found[1])
        return self.open(kind, phone, words.cents(found[1]), other=SELLER if kind == "pay" else "")

    def ordered(self, kind: str, phone: str, amount: int, provider: str) -> Deal:
        """Open an order for a bill or airtime."""
        fee, excise = self.prices.charge(kind, amount)
        return self.open(kind, phone, amount, charge=fee + excise, item=provider)

    def fresh(self, dice: random.Random, least: int, most: int) -> str:
        """Return an amount that nobody has named yet: of two alike nobody could tell which came to pass."""
        amount = next(
            one for one in (dice.randint(least, most + tries) for tries in range(10_000)) if one not in self.named
        )
        self.named.add(amount)
        return str(amount)

    def accepting(self, phone: str) -> list[str]:
        """Return what somebody may have said the first yes to, and not begun."""
        return [item for who, item in self.asked if who == phone and not self.running("renew", who, item)]

    def begins(self, phone: str, item: str) -> Deal:
        """Return the beginning of a subscription, also where another second yes has begun it already."""
        runs = [one.hold for one in self.running("renew", phone, item) if one.hold and one.hold.kind == "begin"]
        began = [one for one in [*runs, *self.running("begin", phone, item)] if isinstance(one, Deal)]
        return began[0] if began else self.open("begin", phone, BY_TITLE[item][0] // 10**6, item=item)

    def used(self, meter: Deal, *totals: int) -> None:
        """Note that a meter may have been told of so many units."""
        most = meter.amount * 1_000_000 // BY_TITLE[meter.item][0]
        heard = {max(units, min(total, most)) for units in meter.units for total in totals}
        meter.units |= frozenset(units for units in heard if units <= most)

    def _stops_come(self, phone: str) -> None:
        for renewal in self.running("renew", phone):
            stops = self.running("stop", phone, renewal.item)
            self.touched.append(stops[0] if stops else self.open("stop", phone, item=renewal.item))

    def writes(self, phone: str, text: str) -> None:
        """Note a message that is now brought to the service."""
        if (phone, text) in self.codes:
            self.touched.append(self.codes[phone, text])
        if text.startswith("STOP"):
            self._stops_come(phone)
        if text.startswith("ACCEPT "):
            item = SOLD[text[7:]][0]
            if (phone, item) in self.asked:  # without the PIN nothing may begin
                self.touched.append(self.begins(phone, item))

    def wrote(self, phone: str, text: str) -> None:
        """Nothing more is to be noted."""

    # What phones show

    def reads(self, phone: str, session: str, text: str, screen: str) -> None:
        """Hold a screen that a phone really shows against the books."""
        hop = self.hops[session, text]
        self.screens[session] = (text, screen)
        first = screen.partition("\n")[0]
        if first.startswith("DONE: ") and (told := re.search(R, first)) and self.entry(told[1]) is None:
            raise Disagreement(f"{phone} reads {first!r}, and the books know none")
        if asked := words.find(CONFIRM, screen):
            self._check_price(phone, *asked)
        if not hop.deal or screen.startswith(words.BUSY):
            return
        done = re.search(rf"Ref {R}\.", screen)
        if hop.deal.kind in ("order", "unorder"):
            done = done or re.match("(Ordered|Stopped): ", screen)
        elif not done and screen.startswith("Bought "):
            done = re.match("Bought", screen)
        if done is None or screen.startswith(("DONE", "Paid already")):
            return self._deny(hop, screen)
        if not hop.deal.seen:
            raise Disagreement(f"{phone} reads {screen!r}, and it is not so: {hop.deal}")
        self._tell(hop.deal, "the screen")
        if done[0].startswith("Ref"):
            self._bind(done[1], hop.deal)
        if (balance := BALANCE.search(screen)) and hop.deal.after is not None and hop.deal.kind != "payout":
            self._equal(words.cents(balance[1]), hop.deal.after["wallet", phone], f"{phone} reads after {hop.deal}")

    def _deny(self, hop: Hop, screen: str) -> None:
        assert hop.deal is not None
        if hop.deal.seen and hop.deal.kind != "unorder" and self.now() - hop.at < timedelta(hours=20):
            raise Disagreement(f"the screen {screen[:40]!r} says that it is not done: {hop.deal}")
        hop.deal.denied = not hop.deal.seen

    def _check_price(self, phone: str, kind: str, found: re.Match[str]) -> None:
        if kind in ("bill", "airtime", "payout"):
            amount, fee, excise, total = (words.cents(found[place] or "0") for place in (1, 3, 4, 5))
            mine = self.prices.charge("send" if kind == "payout" else kind, amount)
            self._equal([fee, total or amount + sum(mine)], [sum(mine), amount + sum(mine)], "fee and total")
            self._equal(excise, mine[1] if excise else 0, "excise")
        if kind == "buy":
            self._equal(
                _shown(found), self.tab(phone, BY_TITLE[found[1]][0]), f"what is taken now, and the tab of {phone}"
            )

    # What messages say

    def receives(self, phone: str, text: str) -> None:
        """Hold a message that has reached a phone against the books."""
        again = (phone, text) in self.received
        self.received.add((phone, text))
        found = words.find(SMS, text)
        if found is None or again:
            return
        kind, said = found
        if kind in ("order_code", "buy_code"):
            return self._code(phone, kind, said)
        if kind in ("stopped", "paid_already"):
            return
        if kind == "sub_soon":
            self.reminded[phone, said[1]] += 1
            return
        if kind == "unsure":
            self.unsure |= {one for one in self.deals if one.kind in ("bill", "airtime") and one.who == phone}
            return
        of, role = KINDS[kind]
        if kind == "sub_renewed" and not self.reminded[phone, said[2]]:
            pass  # the reminder may still be on its way
        amount = words.cents(said["amount"].removeprefix("KES ")) if "amount" in said.re.groupindex else None
        self._receipt(phone, kind, of, role, said, amount, BALANCE.search(text))

    def _receipt(
        self,
        phone: str,
        kind: str,
        of: str,
        role: str,
        said: re.Match[str],
        amount: int | None,
        balance: re.Match[str] | None,
    ) -> None:
        known = self.by_reference.get(said[1])
        fits = [
            one
            for one in self.deals
            if one.kind == of
            and one.seen
            and getattr(one, role) == phone
            and amount in (None, one.figure)
            and (owner := one.owner or one)
            and (owner is known if known else not owner.reference)
            and (phone, kind) in one.awaited
            and (balance is None or one.after is None or one.after["wallet", phone] == words.cents(balance[1]))
        ]
        if not fits:
            raise Disagreement(f"{phone} gets {said.string!r}: the books know none")
        entry = self.entry(said[1])
        if entry is None:
            raise Disagreement(f"{said[1]} was given to {phone} and is not in the books")
        at = entry[1]
        one = min(fits, key=lambda each: abs(((each.owner or each).seen or at) - at))
        if kind == "meter_done":
            self._equal(frozenset({int(said["units"])}), one.units, f"the units of {one}")
        one.awaited.discard((phone, kind))
        self._tell(one, "a message")
        self._bind(said[1], one.owner or one)

    def _code(self, phone: str, kind: str, said: re.Match[str]) -> None:
        if kind == "buy_code":
            self.codes[phone, said[2]] = self.open("buy", phone, item=said[1])
            return
        what = "airtime" if said.string.startswith("Airtime") else "bill"
        self.codes[phone, said[4]] = self.ordered(
            what, phone, words.cents(said[1]), "airtime" if what == "airtime" else "100201"
        )

    def _bind(self, reference: str, one: Deal) -> None:
        self._equal(self.by_reference.setdefault(reference, one) is one, True, f"whose {reference} is, {one}")
        self._equal(one.reference or reference, reference, f"the reference of {one}")
        one.reference = reference

    def _tell(self, one: Deal, by: str) -> None:
        if not one.told:
            self.resolved[by] += 1
            one.told = by

    def _equal(self, said: object, true: object, what: str) -> None:
        if said != true:
            raise Disagreement(f"{what}: {said}, should be {true}")

    # The end

    def all_told(self) -> None:
        """Say whose message did not come, though nothing has gone wrong with any."""
        for one in self.deals:
            if one.seen and one.awaited:
                raise Disagreement(f"the messages {sorted(one.awaited)} did not come: {one}")

    def closes(self) -> None:
        """Say what is left when all is quiet: every order has ended or is known to be unsure, and all was told."""
        for one in self.deals:
            if one.seen and one.awaited:
                raise Disagreement(f"messages never came: {sorted(one.awaited)} of {one}")
            pending = one.kind == "done" and not one.seen and not one.denied
            if pending and one.hold not in self.unsure:
                raise Disagreement(f"it has not ended, and nobody was told: {one}")
            if one.kind == "end" and not one.seen and not one.denied:
                raise Disagreement(f"a meter has been silent for hours and runs: {one}")
        waiting = {one.item for one in self.running("done")}
        for provider, paid in self.outside.paid.items():
            if provider not in waiting:
                self._equal(self.books["provider", provider], paid, f"what {provider} was given for what it has done")


def _shown(found: re.Match[str]) -> tuple[int, int]:
    """Return what a screen says is taken now, in cents, and what stays on the tab, in millionths of a cent."""
    return words.cents(found[3]), int(Decimal(found[4] or "0") * 100_000_000)
