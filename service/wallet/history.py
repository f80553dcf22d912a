"""What the last hours and days of a wallet look like: the facts that a country's rules are written in.

All of them come from one page of the wallet's own lines, read when a price is asked for, and from whose the money is
that waits: nothing is counted anywhere else, so a payment costs no further write. A wallet that moved more than a page
in a day shows less than it did, never more.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from itertools import takewhile
from statistics import median_low
from typing import NamedTuple

from service.clock import day
from service.countries import Pack
from service.ledger.books import Line
from service.ledger.chart import Kind, Reason
from service.ledger.entry import Account
from service.wallet.account import wallet_of
from service.wallet.unit import Agent, Case, Paid, Pending, Person, Unit

PAGE = 60
"""Lines that are looked at: a payment with its charge has three."""

MAIN = frozenset({Reason.SEND, Reason.PAY, Reason.HOLD, Reason.WITHDRAW, Reason.CASH_IN})
"""Why money moves of which people would speak; charges, and what is given back, are not looked at."""

NEVER = 10**6
"""Minutes since something that is not on the page."""

BURIED = 1_000
"""So many lines are looked through for what the owner did last: a stranger would have to pay as often to hide it."""

ENOUGH = 5
"""From so many payments on, a person has something that they usually pay."""

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Look(NamedTuple):
    """A payment that is asked for, and what went before it; amounts are minor units, `past` is newest first.

    `shop` is the number of the agent where it is asked for, or empty; `of` the service that it is.
    """

    unit: Unit
    pack: Pack
    person: Person
    amount: int
    other: Account | None
    shop: str
    past: Sequence[Line]
    of: str = "send"

    def within(self, span: timedelta) -> list[Line]:
        since = self.unit.now - span
        return list(takewhile(lambda line: line.at > since, self.past))


def look(
    unit: Unit,
    *,
    person: Person,
    amount: int,
    other: Account | None,
    shop: str,
    lines: Sequence[Line] | None,
    of: str = "send",
) -> Look:
    """Return a payment that is asked for with what went before it; reads a page of the wallet unless it is given."""
    if lines is None:
        lines = unit.books.lines(wallet_of(person), limit=PAGE)
    past = [line for line in lines if line.move.reason in MAIN]
    return Look(unit, unit.house.packs[person.country], person, amount, other, shop, past, of)


def _came(lines: Sequence[Line]) -> list[Line]:
    return [line for line in lines if line.amount > 0 and line.move.reason == Reason.SEND]


def _went(lines: Sequence[Line]) -> list[Line]:
    return [line for line in lines if line.amount < 0]


def _cash_ins(lines: Sequence[Line]) -> list[Line]:
    return [line for line in lines if line.move.reason == Reason.CASH_IN]


def _people(look: Look, lines: Sequence[Line]) -> set[int]:
    """Return who is on the other side of payments; money that waits, or waited, is its payer's or payee's."""
    ends = {line.move.source if line.amount > 0 else line.move.target for line in lines}
    people = {int(end.owner) for end in ends if end.kind == Kind.WALLET}
    if held := sorted(int(end.owner) for end in ends if end.kind == Kind.HELD):
        rows = look.unit.rows.find(Pending, id=held, limit=PAGE)
        people |= {row.payer if row.payee == look.person.id else row.payee for row in rows}
    return people


def _payers_hour(look: Look) -> int:
    return len(_people(look, _came(look.within(HOUR))))


def _strangers_hour(look: Look) -> int:
    payers = _people(look, _came(look.within(HOUR)))
    known = look.unit.rows.find(Paid, payer=sorted(payers), payee=look.person.id, limit=PAGE)
    return len(payers - {row.payer for row in known if row.times > 1})


def _payees_hour(look: Look) -> int:
    paid = [line for line in _went(look.within(HOUR)) if line.entry_reason == Reason.SEND]
    return len(_people(look, paid) | ({int(look.other.owner)} if look.other else set()))


def _passed_on_percent(look: Look) -> int:
    came = sum(line.amount for line in look.within(HOUR) if line.amount > 0)
    went = -sum(line.amount for line in _went(look.within(HOUR)))
    return 100 * (went + look.amount) // came if came else 0


def _near_report_day(look: Look) -> int:
    edge = look.pack.report_from

    def is_near(amount: int) -> bool:
        return 90 * edge <= 100 * amount < 100 * edge

    before = (line for line in look.within(DAY) if is_near(abs(line.amount)))
    return 1 + sum(1 for _ in before) if is_near(look.amount) else 0


OF: Mapping[str, frozenset[Reason]] = {
    "send": frozenset({Reason.SEND}),
    "pay": frozenset({Reason.PAY}),
    "bill": frozenset({Reason.BILL}),
    "airtime": frozenset({Reason.AIRTIME}),
    "withdraw": frozenset({Reason.WITHDRAW, Reason.HOLD}),
    "cash_in": frozenset({Reason.CASH_IN}),
}
"""By what an earlier payment of the same service is known in the books."""


def _service(line: Line) -> Reason:
    """Return why money went; what is held says it by its entry: a payment that still waits is no cash."""
    return line.entry_reason if line.move.reason == Reason.HOLD else line.move.reason


def _before(look: Look) -> list[int]:
    """Return the amounts that went before through the same service."""
    lines = look.past if look.of == "cash_in" else _went(look.past)
    return [abs(line.amount) for line in lines if _service(line) in OF[look.of]]


def _times_usual(look: Look) -> int:
    paid = _before(look)
    return look.amount // median_low(paid) if len(paid) >= ENOUGH else 0


def _times_largest(look: Look) -> int:
    paid = _before(look)
    return look.amount // max(paid) if paid else NEVER


def _idle_days(look: Look) -> int:
    last, since = _by_owner(look, look.past), look.person.registered_at
    if last is None and look.past:
        lines = look.unit.books.lines(wallet_of(look.person), limit=BURIED)
        last, since = _by_owner(look, lines), lines[-1].at if len(lines) == BURIED else since
    return (look.unit.now - (last.at if last else since)).days


def _by_owner(look: Look, lines: Sequence[Line]) -> Line | None:
    """Return the newest of these that the owner must have done: what comes in, or is asked back, anybody can cause."""
    for line in lines:
        if line.move.reason == Reason.CASH_IN and 2 * line.amount >= (line.balance or 0):
            return line  # agents take cash for any number: a little does not wake what slept beside it
        if line.amount < 0 and line.move.reason in MAIN and not _is_asked_back(look, line):
            return line
    return None


def _is_asked_back(look: Look, line: Line) -> bool:
    """Say whether money was set aside because somebody asks for it back (reversal.py)."""
    return line.entry_reason == Reason.HOLD and look.unit.rows.get(Case, line.entry) is not None


def _balance_percent(look: Look) -> int:
    held = look.past[0].balance if look.past else None
    return 100 * look.amount // held if held else 0


def _hour_of_day(look: Look) -> int:
    return look.unit.now.astimezone(look.pack.zone).hour


def _cash_in_minutes(look: Look) -> int:
    last = next(iter(_cash_ins(look.past)), None)
    return (look.unit.now - last.at) // timedelta(minutes=1) if last else NEVER


def _cash_in_percent(look: Look) -> int:
    last = next(iter(_cash_ins(look.past)), None)
    return 100 * look.amount // last.amount if last else 0


def _elsewhere(look: Look) -> int:
    last = next(iter(_cash_ins(look.past)), None)
    if last is None or look.shop in ("", last.move.source.owner):
        return 0
    shops = [look.unit.rows.get(Agent, number) for number in (look.shop, last.move.source.owner)]
    return int(len({shop.place for shop in shops if shop}) == 2)


def _cash_ins_hour(look: Look) -> int:
    return len(_cash_ins(look.within(HOUR))) + 1


def _today(look: Look) -> list[Line]:
    today = day(look.unit.now, look.pack.zone)
    return [line for line in look.past if day(line.at, look.pack.zone) == today]


def _cash_ins_today(look: Look) -> int:
    return len(_cash_ins(_today(look)))


def _cash_outs_today(look: Look) -> int:
    cash = [line for line in _went(_today(look)) if line.move.target.kind in (Kind.HELD, Kind.FLOAT)]
    return sum(1 for line in cash if _service(line) == line.move.reason)


FACTS: Mapping[str, Callable[[Look], int]] = {
    "amount": lambda look: look.amount,
    "payers_hour": _payers_hour,  # people who paid this person within the hour
    "strangers_hour": _strangers_hour,  # of these, people who paid this person for the first time
    "payees_hour": _payees_hour,  # people whom this person paid within the hour, with this payment
    "passed_on_percent": _passed_on_percent,  # of what came in within the hour, gone with this payment
    "near_report_day": _near_report_day,  # payments of 90 to 99 % of the amount that must be reported, if this is one
    "times_usual": _times_usual,  # this amount over the middle one of those before, of this service; 0 without habits
    "times_largest": _times_largest,  # this amount over the largest before, of this service
    "idle_days": _idle_days,  # since the owner last sent or took money, or paid in as much as was there
    "balance_percent": _balance_percent,  # of what is in the wallet
    "hour_of_day": _hour_of_day,  # by the clock of the country
    "cash_in_minutes": _cash_in_minutes,  # since cash was last paid in
    "cash_in_percent": _cash_in_percent,  # this amount over what was paid in last
    "elsewhere": _elsewhere,  # 1 where cash was paid in at another place than it is to be taken out
    "cash_ins_hour": _cash_ins_hour,  # with this one
    "cash_ins_today": _cash_ins_today,  # before this one
    "cash_outs_today": _cash_outs_today,  # before this one
}
"""Every fact that a rule may name, each a whole number."""


class Facts(dict[str, int]):
    """Facts about one payment, each worked out when it is first asked for."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look

    def __missing__(self, name: str) -> int:
        self[name] = FACTS[name](self._look)
        return self[name]
