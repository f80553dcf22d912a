"""What the operator's staff do to the books, each act made by one person and approved by another."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from service.ledger.books import Recorded
from service.ledger.chart import Kind, Reason
from service.ledger.entry import Cap, Ceiling, Entry, Move
from service.ledger.post import NotReversible, post, reverse, reverses
from service.phone import mask_phone
from service.refusal import Refusal
from service.wallet.account import commission_of, float_of, house_account
from service.wallet.agent import LARGEST_FLOAT, agent_by_number, pair_today
from service.wallet.close import erase_messages
from service.wallet.document import compare_document
from service.wallet.drawer import cash_of
from service.wallet.forgotten import NothingAsked
from service.wallet.identity import PinReset
from service.wallet.idle import is_asleep
from service.wallet.inbox import AskedEnough
from service.wallet.name import masked
from service.wallet.notice import tell
from service.wallet.people import AlreadyRegistered, person_by_phone, set_state
from service.wallet.refund import agree
from service.wallet.reversal import end_case, take_from_payee
from service.wallet.sim import note_swap
from service.wallet.statement import UnknownReference, check_reference, given_back, payment_behind, state_of, undone
from service.wallet.undo import send_back
from service.wallet.unit import Agent, Approval, Person, Unit

MOST_ASKED = 3
"""So many of an agent's wishes to sell float may wait for staff."""


class NeedsBankRef(Refusal):
    """A wish to sell float says nothing of money at the bank: staff propose the redemption, with its reference."""


class SamePerson(Refusal):
    """Who made an act may not approve it."""


class NothingToApprove(Refusal):
    """There is no open act with this id."""


def propose(unit: Unit, *, act: str, values: Mapping[str, Any], maker: str) -> Approval:
    """Write down an act for somebody else to approve; `act` is one of ACTS."""
    assert act in ACTS, f"no act {act}"
    approval = Approval(id=unit.mint(), act=act, values=dict(values), maker=_name(maker), at=unit.now)
    unit.rows.add(approval)
    return approval


def approve(unit: Unit, *, approval_id: int, checker: str) -> Mapping[str, Any]:
    """Do an act that another person made, once; raises SamePerson, NothingToApprove, or what the act refuses."""
    approval = unit.rows.lock(Approval, approval_id)
    if approval is None or approval.state != "open":
        raise NothingToApprove
    if _is_wish(approval):
        raise NeedsBankRef
    if _name(checker) == approval.maker:
        raise SamePerson
    result = ACTS[approval.act](unit, approval)
    unit.rows.put(replace(approval, state="approved", checker=_name(checker)))
    return result


def ask_redeem(unit: Unit, *, agent: Agent, amount: int) -> Approval:
    """Write down that an agent wants to sell float back: a wish, which staff answer by `redeem_asked`.

    Raises AskedEnough.
    """
    maker = f"agent {agent.number}"
    if len(unit.rows.find(Approval, state="open", maker=maker, limit=MOST_ASKED)) == MOST_ASKED:
        raise AskedEnough
    return propose(unit, act="redeem", values={"agent": agent.number, "amount": amount}, maker=maker)


def redeem_asked(unit: Unit, *, wish_id: int, bank_ref: str, maker: str) -> Approval:
    """Propose what an agent has wished, now that the bank has paid: another of the staff approves it, as any act.

    Raises NothingToApprove.
    """
    wish = unit.rows.lock(Approval, wish_id)
    if wish is None or wish.state != "open" or not _is_wish(wish):
        raise NothingToApprove
    unit.rows.put(replace(wish, state="taken"))
    return propose(unit, act="redeem", values={**wish.values, "bank_ref": bank_ref}, maker=maker)


def _is_wish(approval: Approval) -> bool:
    """Say whether an agent has asked for it, and not one of the staff: it names no money at the bank."""
    return approval.act == "redeem" and approval.maker.startswith("agent ")


def _name(by: str) -> str:
    """Two spellings of one name are one person."""
    return " ".join(by.split()).casefold()


def _issue(unit: Unit, approval: Approval) -> Mapping[str, Any]:
    return _move_float(unit, approval, Reason.ISSUE)


def _redeem(unit: Unit, approval: Approval) -> Mapping[str, Any]:
    return _move_float(unit, approval, Reason.REDEEM)


def _move_float(unit: Unit, approval: Approval, reason: Reason) -> Mapping[str, Any]:
    agent = agent_by_number(unit, approval.values["agent"])
    keeper = unit.rows.get(Person, agent.person)
    assert keeper is not None, f"no person {agent.person}"
    trust, agents = house_account(keeper.country, Kind.TRUST), float_of(agent, keeper.country)
    source, target = (trust, agents) if reason == Reason.ISSUE else (agents, trust)
    move = Move(source, target, approval.values["amount"], reason)
    posted = post(
        unit.books,
        Entry(
            id=approval.id,
            reason=reason,
            at=unit.now,
            moves=(move,),
            ceilings=(Ceiling(agents, LARGEST_FLOAT),),
            # Two spellings of one bank reference are one credit.
            once=f"{reason}:{''.join(approval.values['bank_ref'].split()).casefold()}",
        ),
    )
    reference = unit.house.references.write(posted.id)
    told = {
        "reference": reference,
        "amount": move.amount,
        "balance": posted.balances[agents],
        "at": unit.now.isoformat(),
    }
    tell(unit, keeper, f"float_{reason}", told, entry=posted.id)
    return {"reference": reference, "balance": posted.balances[agents]}


def _claw_back(unit: Unit, approval: Approval) -> Mapping[str, Any]:
    """Take earnings back that were not earned; the account may fall below nothing, and the next payday pays less."""
    agent = agent_by_number(unit, approval.values["agent"])
    keeper = unit.rows.get(Person, agent.person)
    assert keeper is not None, f"no person {agent.person}"
    owed, fees = commission_of(agent, keeper.country), house_account(keeper.country, Kind.FEES)
    move = Move(owed, fees, approval.values["amount"], Reason.CLAWBACK)
    posted = post(unit.books, Entry(id=approval.id, reason=Reason.CLAWBACK, at=unit.now, moves=(move,)))
    told = {
        "reference": unit.house.references.write(posted.id),
        "amount": move.amount,
        "commission": unit.books.balance(owed),
        "why": approval.values["reason"],
    }
    tell(unit, keeper, "clawback", told, entry=posted.id)
    return {"reference": told["reference"], "balance": told["commission"]}


def _reverse(unit: Unit, approval: Approval) -> Mapping[str, Any]:
    original = unit.books.entry(approval.values["entry"])
    if original is None:
        raise UnknownReference
    original = payment_behind(unit, original)
    if state_of(unit, original) == "on_its_way":
        return {"reference": unit.house.references.write(send_back(unit, original.id).id)}
    end_case(unit, original.id)
    if given_back(unit, original.id) and unit.books.entry_once(reverses(original.id)) is None:
        raise NotReversible(reason=original.reason)
    posted = reverse(unit.books, original, entry_id=approval.id, at=unit.now, caps=_given_back(unit, original))
    reference = unit.house.references.write(posted.id)
    told = {
        "reference": reference,
        "original": unit.house.references.write(original.id),
        "amount": check_reference(unit, unit.house.references.write(original.id)).amount,
        "at": unit.now.isoformat(),
    }
    for account, balance in posted.balances.items():
        if person := _owner(unit, account.kind, account.owner):
            tell(unit, person, "reversed", told | {"balance": balance}, entry=posted.id)
    return {"reference": reference}


def _case_reverse(unit: Unit, approval: Approval) -> Mapping[str, Any]:
    return {"reference": take_from_payee(unit, case_id=approval.values["case"], entry_id=approval.id).reference}


def _given_back(unit: Unit, original: Recorded) -> tuple[Cap, ...]:
    """Take a cash-in back out of the day of agent and customer, and out of the drawer: the right one then earns what
    it would have, and counts its cash.
    """
    if original.reason == Reason.SEND:
        amount = check_reference(unit, unit.house.references.write(original.id)).amount
        return (Cap(undone(original.id), amount, amount),)
    if original.reason != Reason.CASH_IN:
        return ()
    source, target, amount, _ = original.moves[0]
    pack = unit.house.packs[source.country]
    pair = pair_today("cash_in", source.owner, int(target.owner), original.at, pack)
    return (Cap(pair, -amount), Cap(cash_of(source.owner), -amount))


def _owner(unit: Unit, kind: Kind, owner: str) -> Person | None:
    if kind == Kind.WALLET:
        return unit.rows.get(Person, int(owner))
    if kind == Kind.FLOAT and (agent := unit.rows.get(Agent, owner)):
        return unit.rows.get(Person, agent.person)
    return None


def _unblock(unit: Unit, approval: Approval) -> Mapping[str, Any]:
    person = unit.rows.get(Person, approval.values["person"])
    assert person is not None, "a proposal names a person that is there"
    set_state(unit, person, "active")
    tell(unit, person, "unblocked", {})
    return {"phone": mask_phone(person.phone), "name": masked(person.name)}


def propose_reset(unit: Unit, person: Person, *, id_number: str | None, maker: str) -> Approval | Refusal:
    """Write down that somebody has seen the identity document of a person who waits for a new PIN; without its number,
    that they trust the agent who has.

    A document of another number is counted, and the refusal must be committed. Raises NothingAsked, or NothingToApprove
    if no agent has seen it.
    """
    if person.reset is None:
        raise NothingAsked(hours=-(-unit.house.packs[person.country].pin_reset_seconds // 3600))
    if id_number is None:
        asked = unit.rows.get(PinReset, person.reset)
        if asked is None or asked.seen_by is None:
            raise NothingToApprove
    elif no := compare_document(unit, person, id_number):
        return no
    return propose(unit, act="reset_pin", values={"person": person.id, "reset": person.reset}, maker=maker)


def _reset_pin(unit: Unit, approval: Approval) -> Mapping[str, Any]:
    person = unit.rows.lock(Person, approval.values["person"])
    row = unit.rows.lock(PinReset, approval.values["reset"])
    if person is None or row is None or person.reset != row.id or row.state != "waiting":
        raise NothingToApprove
    unit.rows.put(replace(row, vouched=True))
    help_line = unit.house.packs[person.country].help_line
    tell(unit, person, "pin_reset_vouched", {"opens": row.opens_at.isoformat(), "help_line": help_line})
    return {"phone": mask_phone(person.phone), "name": masked(person.name)}


def propose_identify(unit: Unit, person: Person, *, id_number: str, maker: str) -> Approval | Refusal:
    """Write down that somebody has seen the owner of a number that slept, and the document.

    A document of another number is counted, and the refusal must be committed. Raises NothingToApprove.
    """
    if not is_asleep(unit, person):
        raise NothingToApprove
    if no := compare_document(unit, person, id_number):
        return no
    return propose(unit, act="identify", values={"person": person.id}, maker=maker)


def _identify(unit: Unit, approval: Approval) -> Mapping[str, Any]:
    person = unit.rows.lock(Person, approval.values["person"])
    if person is None or not person.has_number:
        raise NothingToApprove
    person = replace(person, used_at=unit.now)
    unit.rows.put(person)
    tell(unit, person, "awake", {"help_line": unit.house.packs[person.country].help_line})
    return {"phone": mask_phone(person.phone), "name": masked(person.name)}


def _retire(unit: Unit, approval: Approval) -> Mapping[str, Any]:
    """Take a number from a wallet that slept: who has the number now can open one. The money stays where it is."""
    person = unit.rows.lock(Person, approval.values["person"])
    if person is None or not person.has_number or not is_asleep(unit, person):
        raise NothingToApprove
    erase_messages(unit, person)
    if person.reset and (reset := unit.rows.lock(PinReset, person.reset)):
        unit.rows.put(replace(reset, state="stopped"))
    unit.rows.put(replace(person, phone=f"retired {person.id}", state="retired", reset=None))
    return {"phone": mask_phone(person.phone), "name": masked(person.name)}


def propose_renumber(unit: Unit, person: Person, *, phone: str, id_number: str, maker: str) -> Approval | Refusal:
    """Write down that somebody has seen the owner of a wallet, who has another number now, and the document.

    A document of another number is counted, and the refusal must be committed. Raises NothingToApprove for a wallet
    that is closed, or AlreadyRegistered.
    """
    if person.state == "closed":
        raise NothingToApprove
    if person_by_phone(unit, phone):
        raise AlreadyRegistered
    if no := compare_document(unit, person, id_number):
        return no
    return propose(unit, act="renumber", values={"person": person.id, "phone": phone}, maker=maker)


def _renumber(unit: Unit, approval: Approval) -> Mapping[str, Any]:
    """Put a wallet behind another number; as after a change of SIM, money only comes in for a while."""
    person, phone = unit.rows.lock(Person, approval.values["person"]), approval.values["phone"]
    if person is None or person.state == "closed":
        raise NothingToApprove
    if person_by_phone(unit, phone):
        raise AlreadyRegistered
    # Nothing may refuse after this line.
    help_line = unit.house.packs[person.country].help_line
    if person.has_number:
        tell(unit, person, "moved_away", {"number": mask_phone(phone), "help_line": help_line})
        erase_messages(unit, person)
    if person.reset and (reset := unit.rows.lock(PinReset, person.reset)):
        unit.rows.put(replace(reset, state="stopped"))
    state = "active" if person.state == "retired" else person.state
    person = replace(person, phone=phone, state=state, reset=None, used_at=unit.now, sim_seen_at=None)
    unit.rows.put(person)
    note_swap(unit, person.id, unit.now)
    return {"phone": mask_phone(phone), "name": masked(person.name)}


ACTS: Mapping[str, Callable[[Unit, Approval], Mapping[str, Any]]] = {
    "issue": _issue,
    "redeem": _redeem,
    "clawback": _claw_back,
    "refund": agree,
    "reverse": _reverse,
    "case_reverse": _case_reverse,
    "unblock": _unblock,
    "reset_pin": _reset_pin,
    "identify": _identify,
    "retire": _retire,
    "renumber": _renumber,
}
