"""What an agent answers by SMS to a customer who asks for cash before the walk."""

from collections.abc import Sequence
from typing import Any

from menus.call import Call
from menus.sms_answer import Answer, amount_of, several
from menus.sms_content import say_yes
from service.phone import mask_phone
from service.refusal import Refusal
from service.wallet.agent import agent_of
from service.wallet.name import masked
from service.wallet.promise import PromiseOver, Reservation
from service.wallet.reserve import keep, turn_away, wanted_of
from service.wallet.unit import Agent, Person


def accept(call: Call, text: str) -> Answer | Refusal:
    """Say the second yes to a subscription, by its code; or keep cash for the customer who asks, if only one does."""
    if text:
        return say_yes(call, text)
    agent, asked = _asked(call)
    if len(asked) > 1:
        return _which(call, asked)
    kept = keep(call.unit, agent=agent, reservation=asked[0].id, pack=call.pack)
    return kept if isinstance(kept, Refusal) else Answer("cash_promised", _wanted(call, kept))


def decline(call: Call, _: str) -> Answer:
    """Turn away the customer who asks for cash, if only one does."""
    agent, asked = _asked(call)
    if len(asked) > 1:
        return _which(call, asked)
    row = turn_away(call.unit, agent=agent, reservation=asked[0].id, pack=call.pack)
    return Answer("cash_refused", _wanted(call, row))


def _asked(call: Call) -> tuple[Agent, Sequence[Reservation]]:
    agent = agent_of(call.unit, call.caller.id)
    asked = [row for row in wanted_of(call.unit, agent) if row.state == "asked"] if agent else []
    if agent is None or not asked:
        raise PromiseOver
    return agent, asked


def _which(call: Call, asked: Sequence[Reservation]) -> Answer:
    lines = [amount_of(call, row.amount, _asker(call, row)) for row in asked]
    return Answer("cash_which", {"several": several(lines), "service_code": call.pack.agents_code})


def _asker(call: Call, row: Reservation) -> Person:
    person = call.unit.rows.get(Person, row.person)
    assert person is not None, f"no person {row.person}"
    return person


def _wanted(call: Call, row: Reservation) -> dict[str, Any]:
    person = _asker(call, row)
    return {
        "name": masked(person.name),
        "number": mask_phone(person.phone),
        "amount": row.amount,
        "until": row.expires_at.isoformat(),
    }
