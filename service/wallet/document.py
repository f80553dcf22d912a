"""The identity document of somebody who asks for a new PIN: staff see it, or an agent at the counter.

An agent who has seen it decides nothing: two of the staff still do (P-12). Its number cannot be found out by trying.
"""

from dataclasses import replace

from service.countries import Pack
from service.refusal import Refusal
from service.wallet.identity import PinReset
from service.wallet.inbox import AskedEnough
from service.wallet.notice import tell
from service.wallet.people import person_by_phone
from service.wallet.send import SelfPayment
from service.wallet.tally import count
from service.wallet.unit import Agent, Person, Unit

TRIES = 3
"""Wrong numbers of one person's document on one day."""

SEEN_AN_HOUR = 10
"""Documents that one agent may look at in an hour."""


class NoResetAsked(Refusal):
    """Nobody has asked for a new PIN on this number; says nothing of whether it has a wallet."""

    says = ("service_code",)


class OtherDocument(Refusal):
    """The identity document is not the one that the wallet was opened with, or was mistyped too often today."""


def compare_document(unit: Unit, person: Person, id_number: str) -> OtherDocument | None:
    """Say whether a document is the one of a wallet; a wrong one is counted and must be committed."""
    key = f"document:{person.id}:{unit.now:%Y%m%d}"
    if count(unit, key, 0) < TRIES and id_number == person.id_number:
        return None
    count(unit, key, 1)
    return OtherDocument()


def see_document(unit: Unit, *, agent: Agent, phone: str, id_number: str, pack: Pack) -> Refusal | None:
    """Note that an agent has seen the document of a customer who waits for a new PIN, and tell the customer.

    The keeper has been unlocked. A wrong document is counted and must be committed. Raises SelfPayment.
    """
    if count(unit, f"documents:{agent.number}:{unit.now:%Y%m%d%H}", 1) >= SEEN_AN_HOUR:
        return AskedEnough()
    person = person_by_phone(unit, phone)
    if person is not None and person.id == agent.person:
        raise SelfPayment
    asked = unit.rows.lock(PinReset, person.reset) if person is not None and person.reset else None
    if person is None or asked is None or asked.state != "waiting" or unit.now >= asked.lapses_at:
        return NoResetAsked(service_code=pack.people_code)
    if no := compare_document(unit, person, id_number):
        return no
    unit.rows.put(replace(asked, seen_by=agent.number))
    seen = {"agent": agent.number, "agent_name": agent.name, "help_line": pack.help_line}
    tell(unit, person, "pin_reset_seen", seen)
    return None
