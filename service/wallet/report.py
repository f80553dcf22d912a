"""REPORT: a customer whom an agent asked for more than the legal charge says so by one word, and staff look into it.

What is reported is the last thing that an agent did for them, within the time of the pack. The agent is not told
who asked, nor that anybody did.
"""

from datetime import timedelta
from typing import NamedTuple

from service.ledger.books import Line, Recorded
from service.ledger.chart import Kind, Reason
from service.ledger.post import resolves
from service.refusal import Refusal
from service.wallet.account import wallet_of
from service.wallet.case import case_number, open_case
from service.wallet.unit import Agent, Case, Person, Unit, Withdrawal

OVERCHARGE = "overcharge"
CASE_SECONDS = 7 * 24 * 3600
"""Staff have so long to answer."""

LOOKED_AT = 100
"""Lines of the wallet: the last thing that an agent did stands among them, or is too long ago."""


class NothingToReport(Refusal):
    """No agent has done anything for this person of late."""

    says = ("help_line",)


class Reported(NamedTuple):
    """A report: the case's number, and the agent and the entry that it is about."""

    case: str
    agent: str
    reference: str


def report_overcharge(unit: Unit, *people: Person) -> Reported:
    """Open a case about the last thing that an agent did for a person, or for any of those who share a number.

    Raises NothingToReport, CaseThere or TooManyCases.
    """
    served = [(*found, one) for one in people if (found := _last_at_agent(unit, one))]
    if not served:
        raise NothingToReport(help_line=unit.house.packs[people[0].country].help_line)
    agent, entry, person = max(served, key=lambda each: (each[1].at, each[1].id))
    case = open_case(
        unit,
        what=OVERCHARGE,
        opener=person,
        about=entry.id,
        other=agent.person,
        seconds=CASE_SECONDS,
        values={"agent": agent.number},
    )
    return Reported(case_number(unit, case), agent.number, unit.house.references.write(entry.id))


def _last_at_agent(unit: Unit, person: Person) -> tuple[Agent, Recorded] | None:
    since = unit.now - timedelta(seconds=unit.house.packs[person.country].report_seconds)
    done = [_at_agent(unit, line) for line in unit.books.lines(wallet_of(person), limit=LOOKED_AT)]
    # A code that was made before a cash-in may have been paid out after it.
    recent = [found for found in done if found is not None and found[1].at > since]
    return max(recent, key=lambda found: found[1].at, default=None)


def _at_agent(unit: Unit, line: Line) -> tuple[Agent, Recorded] | None:
    """Return the agent and the entry that a line of a wallet was an agent's work in, if it was."""
    if line.move.reason == Reason.CASH_IN:
        number, entry = line.move.source.owner, unit.books.entry(line.entry)
    elif line.move.reason == Reason.WITHDRAW:
        number, entry = line.move.target.owner, unit.books.entry(line.entry)
    elif line.move.target.kind == Kind.HELD:
        row = unit.rows.get(Withdrawal, int(line.move.target.owner))
        if row is None or row.state != "paid":
            return None
        number, entry = row.agent, unit.books.entry_once(resolves(row.id))
    else:
        return None
    agent = unit.rows.get(Agent, number)
    assert agent is not None, f"no agent {number}"
    assert entry is not None, f"no cash of entry {line.entry}"
    return agent, entry


def last_served(unit: Unit, person: Person) -> Agent | None:
    """Return the agent who last took or gave this person cash, as far as a page of the wallet goes back."""
    found = (_at_agent(unit, line) for line in unit.books.lines(wallet_of(person), limit=LOOKED_AT))
    return next((done[0] for done in found if done is not None), None)


def reports_about(unit: Unit, agent: Agent) -> int:
    """Return how often this agent was reported, ever."""
    return len(unit.rows.find(Case, other=agent.person, what=OVERCHARGE, limit=10_000))
