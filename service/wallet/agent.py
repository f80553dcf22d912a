"""Agents: shops with a float. Their number ends with a Luhn digit, so a mistyped one is noticed."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from service.clock import day
from service.countries import Pack
from service.ledger.books import Line
from service.ledger.chart import Kind, Reason
from service.ledger.entry import Account, Cap, Move
from service.reference import luhn_digit, luhn_ok
from service.refusal import Refusal
from service.wallet.account import commission_of, float_of, house_account
from service.wallet.drawer import open_till
from service.wallet.notice import tell
from service.wallet.people import UnknownPerson, WhichOne, person_by_phone
from service.wallet.staff import StaffRefusal
from service.wallet.unit import Agent, Payday, Person, Unit

LARGEST_FLOAT = 5_000_000_000
"""What a float may be issued or sent up to, in minor units: screens show no more than twice that."""

FIRST = 10_001
"""Agent numbers are five digits from here on, and a check digit."""


class BadAgentNumber(Refusal):
    """The check digit says that the agent number is mistyped."""


class UnknownAgent(Refusal):
    """There is no open shop with this number."""


class AlreadyAgent(Refusal):
    """The person has a shop already."""


class StillOwes(StaffRefusal):
    """Float or commission is left with a shop: it is settled before the shop is closed."""


class Today(NamedTuple):
    """An agent's day so far, in minor units."""

    cash_in: int
    cash_out: int
    commission: int
    entries: int


def read_agent_number(typed: str) -> str:
    """Return an agent number; raises BadAgentNumber."""
    number = typed.replace(" ", "")
    if not (len(number) == 6 and number.isascii() and number.isdigit() and luhn_ok(number)):
        raise BadAgentNumber
    return number


def agent_by_number(unit: Unit, number: str) -> Agent:
    """Return an open agent, or raise UnknownAgent."""
    agent = shop_by_number(unit, number)
    if agent.state != "active":
        raise UnknownAgent
    return agent


def shop_by_number(unit: Unit, number: str) -> Agent:
    """Return a shop, be it suspended, that staff have to settle with; raises UnknownAgent for one that was closed."""
    agent = unit.rows.get(Agent, number)
    if agent is None or agent.state == "closed":
        raise UnknownAgent
    return agent


def keeper_of(unit: Unit, agent: Agent) -> Person:
    """Return who runs a shop: it works in the money of their country."""
    keeper = unit.rows.get(Person, agent.person)
    assert keeper is not None, f"no person {agent.person}"
    return keeper


def set_shop(unit: Unit, number: str, state: str) -> Agent:
    """Suspend a shop, open it again, or close it for good (`active`, `suspended`, `closed`); raises UnknownAgent."""
    agent = unit.rows.lock(Agent, number)
    if agent is None or agent.state == "closed":
        raise UnknownAgent
    unit.rows.put(replace(agent, state=state))
    return agent


def owes(unit: Unit, agent: Agent) -> bool:
    """Say whether anything is left to settle with a shop: e-float, or commission that was earned or paid too much."""
    country = keeper_of(unit, agent).country
    return any(unit.books.balance(account) for account in (float_of(agent, country), commission_of(agent, country)))


def refuse_owing(unit: Unit, agent: Agent) -> None:
    """Raise StillOwes if anything is left to settle with a shop."""
    if owes(unit, agent):
        raise StillOwes


def agent_of(unit: Unit, person_id: int) -> Agent | None:
    """Return the shop that a person runs, be it suspended; none that was closed."""
    found = unit.rows.find(Agent, person=person_id, limit=1)
    return found[0] if found and found[0].state != "closed" else None


def keepers_among(unit: Unit, people: Collection[int]) -> set[int]:
    """Return who of these people run a shop."""
    return {agent.person for agent in unit.rows.find(Agent, person=sorted(people))} if people else set()


def add_agent(unit: Unit, *, phone: str, name: str, place: str, under: str | None = None) -> Agent:
    """Make a registered person an agent with a float of nothing, `under` a super-agent if one is named.

    Raises UnknownPerson, AlreadyAgent or UnknownAgent, or WhichOne: a shop has its number to itself.
    """
    person = person_by_phone(unit, phone)
    if person is None:
        raise UnknownPerson
    # Locked, so that nobody joins them on their number at this moment.
    locked = unit.rows.lock(Person, person.id)
    if locked is None or locked.shared:
        raise WhichOne
    if unit.rows.find(Agent, person=person.id, limit=1):  # one that was closed counts: its number is theirs for ever
        raise AlreadyAgent
    if under is not None:
        agent_by_number(unit, under)
    serial = _next_serial(unit)
    number = f"{serial}{luhn_digit(str(serial))}"
    agent = Agent(number=number, person=person.id, name=name, place=place, under=under)
    assert unit.rows.add(agent), "two agents were added at one instant: add this one again"
    unit.books.open(float_of(agent, person.country))
    unit.books.open(commission_of(agent, person.country))
    unit.rows.append(Payday(agent=number, next_at=unit.now))
    open_till(unit, agent, person.country)
    return agent


def _next_serial(unit: Unit) -> int:
    last = unit.rows.find(Agent, newest=True, limit=1)
    return int(last[0].number[:-1]) + 1 if last else FIRST


def today(unit: Unit, agent: Agent, pack: Pack) -> Today:
    """Return what went through an agent's float since midnight of the country, and what it earned."""
    lines = lines_since(unit, float_of(agent, pack.country), _midnight(unit.now, pack))
    earned = lines_since(unit, commission_of(agent, pack.country), _midnight(unit.now, pack))
    return Today(
        cash_in=-sum(line.amount for line in lines if line.entry_reason == Reason.CASH_IN),
        cash_out=sum(line.amount for line in lines if line.entry_reason == Reason.WITHDRAW),
        commission=sum(line.amount for line in earned),
        entries=len({line.entry for line in lines}),
    )


def _midnight(at: datetime, pack: Pack) -> datetime:
    return datetime.combine(day(at, pack.zone), datetime.min.time(), tzinfo=pack.zone)


def lines_since(unit: Unit, account: Account, since: datetime) -> Sequence[Line]:
    """Return an account's lines newest first, a page at a time, until one is older."""
    found: list[Line] = []
    before = None
    # An entry's time is taken before its lock: a line just younger than midnight may stand below one just older.
    slack = since - timedelta(minutes=1)
    while page := unit.books.lines(account, before=before, limit=200):
        found += [line for line in page if line.at >= since]
        before = page[-1].number
        if page[-1].at < slack:
            break
    return found


def pair_today(service: str, agent: str, person_id: int, at: datetime, pack: Pack) -> str:
    """Name the counter of what an agent has turned over with one customer on a day."""
    return f"pair:{service}:{agent}:{person_id}:{day(at, pack.zone)}"


def commission_for(
    unit: Unit, *, service: str, agent: Agent, person_id: int, amount: int, pack: Pack
) -> tuple[int, str]:
    """Return what an agent earns for one more transaction with a customer, and the counter of the pair's day.

    Commission is that of the day's sum, less what the sum before it earned: splitting earns nothing.
    """
    key = pair_today(service, agent.number, person_id, unit.now, pack)
    before = unit.books.counter(key)
    earned = pack.commission(service, before, unit.now)
    return max(0, pack.commission(service, before + amount, unit.now) - earned), key


def earn(
    unit: Unit, *, service: str, agent: Agent, person_id: int, amount: int, pack: Pack
) -> tuple[tuple[Move, ...], Cap]:
    """Return the move that owes an agent what one more transaction earns, if anything, and its count of the day."""
    earned, pair = commission_for(unit, service=service, agent=agent, person_id=person_id, amount=amount, pack=pack)
    fees, owed = house_account(pack.country, Kind.FEES), commission_of(agent, pack.country)
    return (Move(fees, owed, earned, Reason.COMMISSION),) if earned else (), Cap(pair, amount)


def tell_if_low(unit: Unit, *, keeper: Person, before: int, after: int, pack: Pack) -> None:
    """Warn an agent whose float has just fallen below the pack's threshold: once each time that it falls."""
    if after < pack.agents.low_float <= before:
        tell(unit, keeper, "low_float", {"balance": after})
