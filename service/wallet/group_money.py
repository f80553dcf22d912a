"""The money of a group: what members put in, and paying out when enough of them agree.

A payout is an entry whose id is minted when it is proposed; the yes that is still missing pays it, in its commit and
under the lock of the group, so that of two last yeses one pays. Only the yeses of those who are members then count.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, NamedTuple

from service.countries import Charge, Pack
from service.ledger.chart import Reason
from service.ledger.entry import Cap, Ceiling, Entry, Move, NotEnough
from service.ledger.post import post
from service.phone import mask_phone, number_of
from service.refusal import Refusal
from service.wallet.account import group_of, wallet_of
from service.wallet.group import Group, Member, Payout
from service.wallet.groups import NoGroup, Seat, groups_of, members_of, own_group
from service.wallet.halt import refuse_halted
from service.wallet.inbox import RequestOver
from service.wallet.limits import OverSingle, caps_out, ceiling_of, in_its_words, limits_of, refuse_over, tier_of
from service.wallet.name import masked
from service.wallet.notice import tell
from service.wallet.people import UnknownPerson, may_receive
from service.wallet.pin import refuse_locked
from service.wallet.receipt import Receipt, already, receipt_for
from service.wallet.send import QuoteChanged, charge_moves, find_payee
from service.wallet.sim import refuse_unseen_sim
from service.wallet.unit import Person, Unit

MOST_OPEN = 3
"""Payouts of one group that may wait at a time."""


class TooFewMembers(Refusal):
    """The group has fewer members than must agree."""

    says = ("needed",)


class TooManyPayouts(Refusal):
    """Three payouts of this group wait already."""


class Gift(NamedTuple):
    """What a member is about to put in, in minor units."""

    entry: int
    group: int
    name: str
    amount: int


class Proposal(NamedTuple):
    """A payout as it is shown before a PIN: `total` leaves the group, so many have agreed of those who must."""

    entry: int
    group: int
    group_name: str
    payee: int
    name: str
    number: str
    amount: int
    fee: int
    excise: int
    levy: int
    why: str = ""
    yeses: int = 1
    needed: int = 0

    @property
    def charge(self) -> Charge:
        return Charge(self.fee, self.excise, self.levy)

    @property
    def total(self) -> int:
        return self.amount + self.charge.total


def given_by(group_id: int, person_id: int) -> str:
    """Name the counter of all that somebody has put into a group."""
    return f"group:{group_id}:{person_id}"


def quote_gift(unit: Unit, *, giver: Person, group_id: int, amount: int) -> Gift:
    """Mint the entry of what a member puts in; raises PinLocked, NoGroup, SimUnseen, a limit, or NotEnough."""
    refuse_locked(unit, giver)
    refuse_halted(unit, giver.country)
    group = own_group(unit, giver, group_id).group
    refuse_unseen_sim(unit, giver, amount)
    refuse_over(limits_of(unit, giver), amount)
    balance = unit.books.balance(wallet_of(giver))
    if amount > balance:
        raise NotEnough(balance=balance, total=amount)
    return Gift(unit.mint(), group.id, group.name, amount)


def give(unit: Unit, *, giver: Person, gift: Gift) -> Receipt:
    """Put money into a group, in one entry, and tell the giver and the treasurer; the giver has been unlocked.

    Raises NoGroup, OverSingle, or NotEnough, TooFull and OverCap as the ledger decides.
    """
    source = wallet_of(giver)
    if receipt := already(unit, gift.entry, source):
        return receipt
    group = own_group(unit, giver, gift.group, lock=True).group
    if gift.amount > (single := tier_of(unit, giver).single):
        raise OverSingle(single=single)
    account, pack = group_of(group), unit.house.packs[group.country]
    entry = Entry(
        id=gift.entry,
        reason=Reason.CONTRIBUTE,
        at=unit.now,
        moves=(Move(source, account, gift.amount, Reason.CONTRIBUTE),),
        ceilings=(Ceiling(account, pack.group_balance),),
        caps=(*caps_out(unit, giver, gift.amount), Cap(given_by(group.id, giver.id), gift.amount)),
    )
    with in_its_words(unit, giver, gift.amount):
        posted = post(unit.books, entry)
    # Nothing may refuse after this line.
    receipt = receipt_for(unit, posted, source)
    said = {"reference": receipt.reference, "amount": gift.amount, "group": group.name, "at": receipt.at.isoformat()}
    pooled = {"pooled": posted.balances[account]}
    tell(unit, giver, "group_gave", said | pooled | {"balance": receipt.balance}, entry=posted.id)
    for row in _keepers(members_of(unit, group.id)):
        if row.person != giver.id:
            shown = {"name": masked(giver.name), "number": mask_phone(giver.phone)}
            tell(unit, _person(unit, row.person), "group_got", said | pooled | shown)
    return receipt


def _keepers(rows: Sequence[Member]) -> Sequence[Member]:
    """Return who hears of what comes in: the treasurer, or the chair where there is none."""
    treasurers = [row for row in rows if row.role == "treasurer"]
    return treasurers or [row for row in rows if row.role == "chair"]


def quote_payout(unit: Unit, *, proposer: Person, group_id: int, phone: str, amount: int, why: str) -> Proposal:
    """Price a payout that a member wants; what it costs the group is what sending costs.

    Raises PinLocked, NoGroup, TooFewMembers, TooManyPayouts, NotOffered, NotEnough and what finding the payee raises.
    """
    refuse_locked(unit, proposer)
    group = own_group(unit, proposer, group_id).group
    _refuse_more(unit, group)
    payee = proposer if number_of(phone) == proposer.phone and not proposer.shared else None
    payee = payee or find_payee(unit, proposer, phone)[0]
    made = _priced(unit, Proposal(unit.mint(), group.id, group.name, payee.id, *_whom(payee), amount, 0, 0, 0, why))
    balance = unit.books.balance(group_of(group))
    if made.total > balance:
        raise NotEnough(balance=balance, total=made.total)
    return made._replace(needed=group.needed)


def _refuse_more(unit: Unit, group: Group) -> None:
    if len(members_of(unit, group.id)) < group.needed:
        raise TooFewMembers(needed=group.needed)
    if len(_open_of(unit, group.id)) >= MOST_OPEN:
        raise TooManyPayouts


def _whom(payee: Person) -> tuple[str, str]:
    return masked(payee.name), mask_phone(payee.phone) if payee.has_number else ""


def _priced(unit: Unit, made: Proposal) -> Proposal:
    group = unit.rows.get(Group, made.group)
    assert group is not None, f"no group {made.group}"
    return made._replace(**_pack(unit, group).charge("send", made.amount, unit.now)._asdict())


def propose(unit: Unit, *, proposer: Person, proposal: Proposal) -> Payout:
    """Propose a payout, to which its proposer, who has been unlocked, agrees; everybody else in the group is asked.

    Raises NoGroup, TooFewMembers or TooManyPayouts.
    """
    if there := unit.rows.get(Payout, proposal.entry):
        return there
    group = own_group(unit, proposer, proposal.group, lock=True).group
    _refuse_more(unit, group)
    # Nothing may refuse after this line.
    pack = _pack(unit, group)
    row = Payout(
        id=proposal.entry,
        group=group.id,
        proposer=proposer.id,
        payee=proposal.payee,
        amount=proposal.amount,
        why=proposal.why,
        agreed=(str(proposer.id),),
        expires_at=unit.now + timedelta(seconds=pack.group_payout_seconds),
    )
    unit.rows.append(row)
    said = {"asked_by": masked(proposer.name), "group": group.name, "amount": row.amount, "name": proposal.name}
    said |= {"number": proposal.number, "service_code": pack.people_code}
    for one in members_of(unit, group.id):
        if one.person != proposer.id:
            tell(unit, _person(unit, one.person), "group_asked", said, expires_at=row.expires_at)
    return row


def _open_of(unit: Unit, group_id: int) -> Sequence[Payout]:
    return [row for row in unit.rows.find(Payout, group=group_id, state="open") if row.expires_at > unit.now]


def payouts_for(unit: Unit, person: Person) -> Sequence[Payout]:
    """Return the payouts that wait for a member's word."""
    mine = str(person.id)
    rows = [row for seat in groups_of(unit, person) for row in _open_of(unit, seat.group.id)]
    return [row for row in rows if mine not in row.agreed and mine not in row.refused]


def show_payout(unit: Unit, person: Person, payout_id: int) -> Proposal:
    """Return a payout as it is shown before a member's yes, at the price of now; raises RequestOver or NotOffered."""
    row, seat = _waiting(unit, person, payout_id, lock=False)
    payee = _person(unit, row.payee)
    made = Proposal(row.id, row.group, seat.group.name, payee.id, *_whom(payee), row.amount, 0, 0, 0, row.why)
    members = {str(one.person) for one in members_of(unit, row.group)}
    return _priced(unit, made)._replace(yeses=len(members & set(row.agreed)), needed=seat.group.needed)


def _waiting(unit: Unit, person: Person, payout_id: int, *, lock: bool) -> tuple[Payout, Seat]:
    """Return a payout that waits for this member's word; raises RequestOver. The group is locked before it."""
    there = unit.rows.get(Payout, payout_id)
    try:
        seat = own_group(unit, person, there.group if there else 0, lock=lock)
    except NoGroup:
        raise RequestOver from None
    row = unit.rows.lock(Payout, payout_id) if lock else there
    said = str(person.id)
    if row is None or row.state != "open" or row.expires_at <= unit.now or said in row.agreed or said in row.refused:
        raise RequestOver
    return row, seat


def agree(unit: Unit, *, person: Person, proposal: Proposal) -> Receipt | None:
    """Say yes to a payout; if that was the last that it needed, pay it and return the receipt. They have been unlocked.

    Raises RequestOver, QuoteChanged where the price is not what was shown, or what stops the payment: UnknownPerson,
    NotEnough or TooFull. Then the yes does not count, and the payout goes on waiting.
    """
    refuse_locked(unit, person)
    row, seat = _waiting(unit, person, proposal.entry, lock=True)
    if _priced(unit, proposal) != proposal:
        raise QuoteChanged
    row = replace(row, agreed=(*row.agreed, str(person.id)))
    members = {str(one.person) for one in members_of(unit, row.group)}
    if len(members & set(row.agreed)) < seat.group.needed:
        unit.rows.put(row)
        return None
    return _pay(unit, seat.group, row, proposal)


def _pay(unit: Unit, group: Group, row: Payout, proposal: Proposal) -> Receipt:
    payee = may_receive(unit.rows.get(Person, row.payee), group.country)
    source, target = group_of(group), wallet_of(payee)
    moves = (Move(source, target, row.amount, Reason.SHARE_OUT), *charge_moves(source, proposal.charge))
    ceilings = (ceiling_of(unit, payee),)
    posted = post(unit.books, Entry(id=row.id, reason=Reason.SHARE_OUT, at=unit.now, moves=moves, ceilings=ceilings))
    # Nothing may refuse after this line.
    unit.rows.put(replace(row, state="paid"))
    receipt = receipt_for(unit, posted, source)
    common = {"reference": receipt.reference, "amount": row.amount, "group": group.name, "at": receipt.at.isoformat()}
    tell(unit, payee, "group_paid_you", common | {"balance": posted.balances[target]}, entry=posted.id)
    name, number = _whom(payee)
    said = common | {"name": name, "number": number, "fee": proposal.charge.total, "pooled": receipt.balance}
    tell(unit, _person(unit, row.proposer), "group_paid", said, entry=posted.id)
    for one in members_of(unit, group.id):
        if one.person not in (row.proposer, payee.id):
            tell(unit, _person(unit, one.person), "group_paid", said)
    return receipt


def refuse(unit: Unit, *, person: Person, payout_id: int) -> None:
    """Say no to a payout; if so many have that it can never be paid, it is over and its proposer told.

    Raises RequestOver.
    """
    row, seat = _waiting(unit, person, payout_id, lock=True)
    row = replace(row, refused=(*row.refused, str(person.id)))
    members = {str(one.person) for one in members_of(unit, row.group)}
    if len(members - set(row.refused)) < seat.group.needed:
        row = replace(row, state="refused")
        _tell_over(unit, row, seat.group)
    unit.rows.put(row)


def expire_payouts(unit: Unit, *, limit: int = 20) -> int:
    """Close payouts whose time is over, and tell who proposed them; says how many."""
    rows = unit.rows.due(Payout, before=unit.now, state="open", limit=limit)
    for row in rows:
        group = unit.rows.get(Group, row.group)
        assert group is not None, f"no group {row.group}"
        unit.rows.put(replace(row, state="over"))
        _tell_over(unit, row, group)
    return len(rows)


def _tell_over(unit: Unit, row: Payout, group: Group) -> None:
    name, number = _whom(_person(unit, row.payee))
    said: Mapping[str, Any] = {"group": group.name, "amount": row.amount, "name": name, "number": number}
    tell(unit, _person(unit, row.proposer), "group_over", said)


def _pack(unit: Unit, group: Group) -> Pack:
    return unit.house.packs[group.country]


def _person(unit: Unit, person_id: int) -> Person:
    person = unit.rows.get(Person, person_id)
    if person is None:
        raise UnknownPerson
    return person
