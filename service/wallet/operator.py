"""What the operator's staff do to the books, each act made by one person and approved by another."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from service.ledger.books import Recorded
from service.ledger.chart import Kind, Reason
from service.ledger.entry import Cap, Ceiling, Entry, Move
from service.ledger.post import NotReversible, post, reverse, reverses
from service.phone import BadPhone, region_of
from service.refusal import Refusal
from service.wallet.account import at_bank, commission_of, float_of, house_account
from service.wallet.agent import LARGEST_FLOAT, agent_by_number, keeper_of, owes, pair_today, set_shop, shop_by_number
from service.wallet.application import grant
from service.wallet.bank import match_entry, refuse_no_reference
from service.wallet.bank_acts import suspend, tie
from service.wallet.batch import Bulk
from service.wallet.bulk import fund, return_rest
from service.wallet.day_close import close_day
from service.wallet.document import compare_document
from service.wallet.drawer import cash_of
from service.wallet.forgotten import NothingAsked, ask_reset
from service.wallet.halt import resume
from service.wallet.identity import NewNumber, PinReset
from service.wallet.idle import is_asleep
from service.wallet.inbox import AskedEnough
from service.wallet.item import turn_sale
from service.wallet.logbook import TERMINAL, note
from service.wallet.notice import tell
from service.wallet.order import give_back, settle, stuck_order
from service.wallet.people import AlreadyRegistered, people_at
from service.wallet.people_acts import change_role, identify, renumber, reset_pin, retire, unblock
from service.wallet.prices import activate
from service.wallet.proposal import NothingToApprove, OtherVersion, facts, refuse_own, version
from service.wallet.provider import pay_provider
from service.wallet.refund import agree
from service.wallet.reversal import end_case, take_from_payee
from service.wallet.screening import clear_hit, confirm_hit
from service.wallet.statement import UnknownReference, check_reference, given_back, payment_behind, state_of, undone
from service.wallet.tier import set_tier
from service.wallet.undo import send_back, settle_now
from service.wallet.unit import Agent, Approval, Person, Unit

MOST_ASKED = 3
"""So many of an agent's wishes to sell float may wait for staff."""


class NeedsBankRef(Refusal):
    """A wish to sell float says nothing of money at the bank: staff propose the redemption, with its reference."""


class SamePerson(Refusal):
    """Who made an act may not approve it."""


class PayerGone(Refusal):
    """What would be given back has nowhere to go: the payer's wallet is closed (L-19)."""


def propose(unit: Unit, *, act: str, values: Mapping[str, Any], maker: str, role: str = TERMINAL) -> Approval:
    """Write down an act for somebody else to approve; `act` is one of ACTS. Raises OwnAffair or BadBankRef."""
    if "bank_ref" in values:
        refuse_no_reference(values["bank_ref"])
    approval = _write_down(unit, act=act, values=values, maker=_name(maker))
    refuse_own(unit, approval, approval.maker)
    _note(unit, approval, "make", by=approval.maker, role=role)
    return approval


def _write_down(unit: Unit, *, act: str, values: Mapping[str, Any], maker: str) -> Approval:
    assert act in ACTS, f"no act {act}"
    approval = Approval(id=unit.mint(), act=act, values=dict(values), maker=maker, at=unit.now)
    unit.rows.add(approval)
    return approval


def approve(
    unit: Unit, *, approval_id: int, checker: str, role: str = TERMINAL, seen: str | None = None
) -> Mapping[str, Any]:
    """Do an act that another person made, once.

    `seen` is the version that was shown (`proposal.version`), where something was. Raises SamePerson, NothingToApprove,
    NeedsBankRef, OtherVersion, OwnAffair, or what the act refuses.
    """
    approval = unit.rows.lock(Approval, approval_id)
    if approval is None or approval.state != "open":
        raise NothingToApprove
    if is_wish(approval):
        raise NeedsBankRef
    if _name(checker) == approval.maker:
        raise SamePerson
    if seen is not None and seen != version(facts(unit, approval)):
        raise OtherVersion
    refuse_own(unit, approval, _name(checker))
    approved = replace(approval, state="approved", checker=_name(checker))
    result = ACTS[approval.act](unit, approved)
    unit.rows.put(approved)
    if "bank_ref" in approval.values:
        match_entry(unit, approval.id, approval.values["bank_ref"])
    _note(unit, approval, "approve", by=_name(checker), role=role)
    return result


def decline(unit: Unit, *, approval_id: int, by: str, role: str = TERMINAL) -> None:
    """Take an open act off the table, be it one's own or another's; raises NothingToApprove."""
    approval = unit.rows.lock(Approval, approval_id)
    if approval is None or approval.state != "open":
        raise NothingToApprove
    unit.rows.put(replace(approval, state="declined"))
    _note(unit, approval, "decline", by=_name(by), role=role)


def _note(unit: Unit, approval: Approval, what: str, *, by: str, role: str) -> None:
    about = f"approval {unit.house.references.write(approval.id)}"
    note(unit, staff=by, role=role, act=f"{what} {approval.act}", about=about)


def ask_redeem(unit: Unit, *, agent: Agent, amount: int) -> Approval:
    """Write down that an agent wants to sell float back: a wish, which staff answer by `redeem_asked`.

    Raises AskedEnough.
    """
    maker = f"agent {agent.number}"
    if len(unit.rows.find(Approval, state="open", maker=maker, limit=MOST_ASKED)) == MOST_ASKED:
        raise AskedEnough
    return _write_down(unit, act="redeem", values={"agent": agent.number, "amount": amount}, maker=maker)


def redeem_asked(unit: Unit, *, wish_id: int, bank_ref: str, maker: str, role: str = TERMINAL) -> Approval:
    """Propose what an agent has wished, now that the bank has paid: another of the staff approves it, as any act.

    Raises NothingToApprove.
    """
    wish = unit.rows.lock(Approval, wish_id)
    if wish is None or wish.state != "open" or not is_wish(wish):
        raise NothingToApprove
    unit.rows.put(replace(wish, state="taken"))
    return propose(unit, act="redeem", values={**wish.values, "bank_ref": bank_ref}, maker=maker, role=role)


def is_wish(approval: Approval) -> bool:
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
    find = agent_by_number if reason == Reason.ISSUE else shop_by_number
    agent = find(unit, approval.values["agent"])
    keeper = keeper_of(unit, agent)
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
            once=at_bank(reason, approval.values["bank_ref"]),
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
    agent = shop_by_number(unit, approval.values["agent"])
    keeper = keeper_of(unit, agent)
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
    payer = _owner(unit, original.moves[0].source.kind, original.moves[0].source.owner)
    if payer is not None and payer.state == "closed":
        raise PayerGone
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


def propose_reset(
    unit: Unit, person: Person, *, id_number: str | None, maker: str, role: str = TERMINAL
) -> Approval | Refusal:
    """Write down that somebody has seen the identity document of a person who waits for a new PIN; without its number,
    that they trust the agent who has.

    Of who shares a number staff ask for the new PIN as well, and the approval gives a code for the owner alone.
    A document of another number is counted, and the refusal must be committed. Raises NothingAsked, or NothingToApprove
    if no agent has seen it.
    """
    if person.shared and id_number is not None and person.reset is None:
        if no := compare_document(unit, person, id_number):
            return no
        reset = ask_reset(unit, person.id)
        return propose(unit, act="reset_pin", values={"person": person.id, "reset": reset.id}, maker=maker, role=role)
    if person.reset is None:
        raise NothingAsked(hours=-(-unit.house.packs[person.country].pin_reset_seconds // 3600))
    if id_number is None:
        asked = unit.rows.get(PinReset, person.reset)
        if asked is None or asked.seen_by is None:
            raise NothingToApprove
    elif no := compare_document(unit, person, id_number):
        return no
    return propose(unit, act="reset_pin", values={"person": person.id, "reset": person.reset}, maker=maker, role=role)


def propose_identify(
    unit: Unit, person: Person, *, id_number: str, maker: str, role: str = TERMINAL
) -> Approval | Refusal:
    """Write down that somebody has seen the owner of a number that slept, and the document.

    A document of another number is counted, and the refusal must be committed. Raises NothingToApprove.
    """
    if not is_asleep(unit, person):
        raise NothingToApprove
    if no := compare_document(unit, person, id_number):
        return no
    return propose(unit, act="identify", values={"person": person.id}, maker=maker, role=role)


def _order_settle(unit: Unit, approval: Approval) -> Mapping[str, Any]:
    settle(unit, stuck_order(unit, approval.values["entry"]))
    return {"reference": unit.house.references.write(approval.values["entry"])}


def _order_return(unit: Unit, approval: Approval) -> Mapping[str, Any]:
    give_back(unit, stuck_order(unit, approval.values["entry"]))
    return {"reference": unit.house.references.write(approval.values["entry"])}


def _release(unit: Unit, approval: Approval) -> Mapping[str, Any]:
    settle_now(unit, approval.values["entry"])
    return {"reference": unit.house.references.write(approval.values["entry"])}


def _resume_shop(unit: Unit, approval: Approval) -> Mapping[str, Any]:
    agent = set_shop(unit, approval.values["agent"], "active")
    return {"agent": agent.number}


def _close_shop(unit: Unit, approval: Approval) -> Mapping[str, Any]:
    number = approval.values["agent"]
    if owes(unit, shop_by_number(unit, number)):  # something came in since it was proposed
        raise NothingToApprove
    return {"agent": set_shop(unit, number, "closed").number}


def _resume_content(unit: Unit, approval: Approval) -> Mapping[str, Any]:
    item = turn_sale(unit, approval.values["item"], "open")
    return {"item": item.code, "title": item.title}


def _bulk(unit: Unit, approval: Approval) -> Mapping[str, Any]:
    bulk = unit.rows.lock(Bulk, approval.values["bulk"])
    if bulk is None or bulk.state != "proposed":
        raise NothingToApprove
    return fund(unit, approval, bulk)


def _bulk_rest(unit: Unit, approval: Approval) -> Mapping[str, Any]:
    bulk = unit.rows.lock(Bulk, approval.values["bulk"])
    if bulk is None or bulk.state != "paid":
        raise NothingToApprove
    return return_rest(unit, approval, bulk)


def propose_renumber(
    unit: Unit, person: Person, *, phone: str, id_number: str, maker: str, role: str = TERMINAL
) -> Approval | Refusal:
    """Write down that somebody has seen the owner of a wallet, who has another number now, and the document.

    A document of another number is counted, and the refusal must be committed. Raises NothingToApprove for a wallet
    that is closed, BadPhone for a number of another country, or AlreadyRegistered.
    """
    if person.state == "closed":
        raise NothingToApprove
    if region_of(phone) != unit.house.packs[person.country].region:
        raise BadPhone
    if people_at(unit, phone):
        raise AlreadyRegistered
    if no := compare_document(unit, person, id_number):
        return no
    made = propose(unit, act="renumber", values={"person": person.id}, maker=maker, role=role)
    unit.rows.add(NewNumber(id=made.id, phone=phone))
    refuse_own(unit, made, made.maker)  # now that it says to whose number
    return made


ACTS: Mapping[str, Callable[[Unit, Approval], Mapping[str, Any]]] = {
    "issue": _issue,
    "redeem": _redeem,
    "clawback": _claw_back,
    "refund": agree,
    "reverse": _reverse,
    "case_reverse": _case_reverse,
    "unblock": unblock,
    "reset_pin": reset_pin,
    "identify": identify,
    "retire": retire,
    "renumber": renumber,
    "open_shop": grant,
    "tier": set_tier,
    "resume_shop": _resume_shop,
    "close_shop": _close_shop,
    "resume_content": _resume_content,
    "order_settle": _order_settle,
    "order_return": _order_return,
    "bulk": _bulk,
    "bulk_rest": _bulk_rest,
    "pay_provider": pay_provider,
    "tariff": activate,
    "role": change_role,
    "resume": resume,
    "release": _release,
    "clear_hit": clear_hit,
    "confirm_hit": confirm_hit,
    "bank_tie": tie,
    "bank_suspense": suspend,
    "day_close": close_day,
}
