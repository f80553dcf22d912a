"""What an agent sees at the counter: the identity document of whoever forgot a PIN or comes back after long.

The agent decides nothing: who is noted here is decided by the operator's staff, by two for a new PIN (P-12), and by one
beside the agent for a number that slept (F-09).
"""

from dataclasses import replace

from service.countries import Pack
from service.refusal import Refusal
from service.wallet.document import compare_document
from service.wallet.identity import PinReset
from service.wallet.idle import is_asleep
from service.wallet.inbox import AskedEnough
from service.wallet.notice import tell
from service.wallet.operator import propose
from service.wallet.people import people_at
from service.wallet.send import SelfPayment
from service.wallet.tally import count
from service.wallet.unit import Agent, Unit

SEEN_AN_HOUR = 10
"""Documents that one agent may look at in an hour."""


class NothingToProve(Refusal):
    """Nobody of this number has to show a document; says nothing of whether it has a wallet."""

    says = ("service_code",)


def see_document(unit: Unit, *, agent: Agent, phone: str, id_number: str, pack: Pack) -> Refusal | None:
    """Note that an agent has seen the document of a customer, for the new PIN that waits or the number that slept.

    The keeper has been unlocked. What is returned must be committed: it is counted. Raises SelfPayment.
    """
    if count(unit, f"documents:{agent.number}:{unit.now:%Y%m%d%H}", 1) >= SEEN_AN_HOUR:
        return AskedEnough()
    people = people_at(unit, phone)
    if any(one.id == agent.person for one in people):
        raise SelfPayment
    # Where several share the number, the document says who it is.
    person = next((one for one in people if one.id_number == id_number), next(iter(people), None))
    asked = unit.rows.lock(PinReset, person.reset) if person is not None and person.reset else None
    waits = asked is not None and asked.state == "waiting" and unit.now < asked.lapses_at
    if person is None or not (waits or is_asleep(unit, person)):
        return NothingToProve(service_code=pack.people_code)
    if no := compare_document(unit, person, id_number):
        return no
    if is_asleep(unit, person):
        propose(unit, act="identify", values={"person": person.id}, maker=f"agent {agent.number}")
    elif asked is not None:
        unit.rows.put(replace(asked, seen_by=agent.number))
        seen = {"agent": agent.number, "agent_name": agent.name, "help_line": pack.help_line}
        tell(unit, person, "pin_reset_seen", seen)
    return None
