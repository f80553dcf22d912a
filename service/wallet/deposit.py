"""Large deposits need the owner's yes: a code that comes to the owner's phone, and that who pays in must be told.

An agent cannot see whose number it is that somebody pays cash into; money to others without a fee, and cash-out far
away for whoever waits there, go this way (F-02). Above the pack's amount the owner is sent a code, which the agent
types before her PIN.
"""

from datetime import timedelta

from service.clock import day
from service.countries import Pack
from service.reference import one_time_code
from service.refusal import Refusal
from service.wallet.cash_in import CashIn, deposits_today
from service.wallet.inbox import AskedEnough
from service.wallet.notice import tell
from service.wallet.tally import count
from service.wallet.unit import Agent, Person, Unit
from service.wallet.wrong_codes import refuse_guesses, wrong_codes

CODES_A_DAY = 5
"""So often an agent may have a code sent to one number in a day."""


class WrongDepositCode(Refusal):
    """What was typed is not the code that the owner of the number was sent."""


def send_deposit_code(unit: Unit, *, agent: Agent, quote: CashIn, pack: Pack) -> None:
    """Send the owner of the number the code of this deposit: the same one until it was used; raises AskedEnough."""
    today = day(unit.now, pack.zone)
    if count(unit, f"deposit codes:{agent.number}:{quote.person}:{today}", 1) >= CODES_A_DAY:
        raise AskedEnough
    owner = unit.rows.get(Person, quote.person)
    assert owner is not None, f"no person {quote.person}"
    about = {"agent": agent.number, "agent_name": agent.name, "amount": quote.amount}
    values = about | {"deposit": _named(unit, agent, quote, pack)}
    tell(unit, owner, "deposit_code", values, expires_at=unit.now + timedelta(hours=1))


def prove_deposit(unit: Unit, *, agent: Agent, quote: CashIn, code: str, pack: Pack) -> CashIn | Refusal:
    """Return the deposit as approved by the owner if this is the code; a wrong one is counted and must be committed."""
    refuse_guesses(unit, agent)
    said = _named(unit, agent, quote, pack)
    if any(deposit_code(key, said) == code for key in unit.house.code_keys):
        return quote._replace(approved=True)
    count(unit, wrong_codes(unit, agent), 1)
    return WrongDepositCode()


def deposit_code(code_key: bytes, said: str) -> str:
    """Return the seven digits of a deposit, by the name that its message carries."""
    return one_time_code(code_key, f"deposit {said}", 0, 0)


def _named(unit: Unit, agent: Agent, quote: CashIn, pack: Pack) -> str:
    """Name a deposit, and how many of its kind were made today: each has a code of its own."""
    key = deposits_today(unit, agent, quote, pack)
    return f"{key}:{count(unit, key, 0)}"
