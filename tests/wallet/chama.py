"""A group of the village, and what its members do, for the tests about groups."""

from typing import Any

from service.ledger.chart import Kind
from service.ledger.entry import Account
from service.wallet.group import Group, Payout
from service.wallet.group_money import (
    Gift,
    Proposal,
    agree,
    give,
    propose,
    quote_gift,
    quote_payout,
    refuse,
    show_payout,
)
from service.wallet.groups import (
    answer,
    found_group,
    invite,
    members_of,
)
from service.wallet.receipt import Receipt
from service.wallet.unit import Person
from tests.wallet.village import AMINA, BARAKA, NJERI, Village


def founded(village: Village, *others: Person, needed: int = 2) -> Group:
    """Found a group of Amina's that these others have joined."""
    group = village.do(lambda unit: found_group(unit, person_id=AMINA.id, name="Chama", needed=needed))
    for one in others:
        village.do(lambda unit, one=one: invite(unit, person=AMINA, group_id=group.id, phone=one.phone))  # type: ignore[misc]
        village.do(lambda unit, one=one: answer(unit, person_id=one.id, group_id=group.id, joins=True))  # type: ignore[misc]
    village.told()
    return group


def account(group: Group) -> Account:
    return Account("ke", Kind.GROUP, str(group.id))


def gift(village: Village, group: Group, amount: int, giver: Person = AMINA) -> Gift:
    return village.do(lambda unit: quote_gift(unit, giver=giver, group_id=group.id, amount=amount))


def given(village: Village, group: Group, amount: int, giver: Person = AMINA) -> Gift:
    made = gift(village, group, amount, giver)
    village.do(lambda unit: give(unit, giver=giver, gift=made))
    return made


def wanted(
    village: Village, group: Group, amount: int = 400_00, *, by: Person = BARAKA, to: Person = NJERI
) -> Proposal:
    asked: dict[str, Any] = {"phone": to.phone, "amount": amount, "why": "Seeds"}
    return village.do(lambda unit: quote_payout(unit, proposer=by, group_id=group.id, **asked))


def proposed(
    village: Village, group: Group, amount: int = 400_00, *, by: Person = BARAKA, to: Person = NJERI
) -> Payout:
    made = wanted(village, group, amount, by=by, to=to)
    row = village.do(lambda unit: propose(unit, proposer=by, proposal=made))
    village.told()
    return row


def yes(village: Village, who: Person, row: Payout) -> Receipt | None:
    made = village.do(lambda unit: show_payout(unit, who, row.id))
    return village.do(lambda unit: agree(unit, person=who, proposal=made))


def no(village: Village, who: Person, row: Payout) -> None:
    village.do(lambda unit: refuse(unit, person=who, payout_id=row.id))


def state(village: Village, row: Payout) -> str:
    return next(one.state for one in village.rows(Payout) if one.id == row.id)


def roles(village: Village, group: Group) -> dict[int, str]:
    return {row.person: row.role for row in village.do(lambda unit: members_of(unit, group.id))}
