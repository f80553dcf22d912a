"""Closing a wallet: it forgets what is the owner's, and nothing of anybody else's."""

from typing import Any

import pytest

from service.wallet.close import FOLLOWS, StillWaiting, close_wallet, erase_some, refuse_close
from service.wallet.group import Group, Member
from service.wallet.merchant import Merchant
from service.wallet.notice import tell, tell_number
from service.wallet.ordered import Order
from service.wallet.pot import Pot
from service.wallet.savings import open_pot
from service.wallet.subscription import Subscription
from service.wallet.unit import Case, Challenge, Notice, Pending, Person, Unit, Withdrawal
from tests.wallet.village import ACHIENG, AMINA, BARAKA, NJERI, Village

OWNED: dict[type[Any], str] = {Challenge: "person", Merchant: "person", Order: "person", Pot: "person"}


def owned_by(unit: Unit, who: Person) -> None:
    """Give somebody one of each row that closing looks for, none of which keeps a wallet open."""
    unit.rows.append(Challenge(id=unit.mint(), person=who.id, quote={"amount": 5}, expires_at=unit.now))
    till = {"number": f"50{who.id}", "serial": who.id, "name": "Duka", "state": "closed"}
    unit.rows.append(Merchant(person=who.id, opened_at=unit.now, **till))  # type: ignore[arg-type]
    unit.rows.append(
        Order(
            id=unit.mint(),
            person=who.id,
            kind="bill",
            provider="100201",
            account="12345678901",
            amount=5_00,
            fee=0,
            excise=0,
            levy=0,
            at=unit.now,
            state="done",
            next_at=unit.now,
        )
    )
    open_pot(unit, person_id=who.id, name="Seeds", goal=5_00, until="")


def rows_of(village: Village, who: Person) -> list[Any]:
    return [row for kind, field in OWNED.items() for row in village.rows(kind) if getattr(row, field) == who.id]


def test_who_closes_a_wallet_closes_nobody_else_s(village: Village) -> None:
    """Codes, tills' names, accounts at billers and pots: one's own are made unreadable, and those of others stay."""
    village.audited = False
    for who in (AMINA, BARAKA):
        village.do(lambda unit, who=who: owned_by(unit, who))  # type: ignore[misc]
    hers = rows_of(village, BARAKA)
    assert len(hers) == len(OWNED)
    village.do(lambda unit: close_wallet(unit, AMINA.id))
    assert rows_of(village, BARAKA) == hers
    challenge, till, order, pot = rows_of(village, AMINA)
    assert (challenge.quote, challenge.state) == ({}, "over")
    assert (till.name, order.account, pot.name, pot.state) == ("", "", "", "closed")


def waiting(unit: Unit) -> list[Any]:
    """Return what keeps a wallet open, each of Baraka's, or with him."""
    at: dict[str, Any] = {"expires_at": unit.now}
    paying: dict[str, Any] = {"amount": 5, "fee": 0, "excise": 0}
    case: dict[str, Any] = {"what": "overcharge", "about": 1, "opened_at": unit.now, "due_at": unit.now}
    return [
        Withdrawal(id=unit.mint(), person=BARAKA.id, agent="100016", **paying, **at),
        Pending(id=unit.mint(), payer=BARAKA.id, payee=NJERI.id, **paying, levy=0, settles_at=unit.now),
        Pending(id=unit.mint(), payer=NJERI.id, payee=BARAKA.id, **paying, levy=0, settles_at=unit.now),
        Case(id=unit.mint(), opener=BARAKA.id, other=NJERI.id, **case),
        Case(id=unit.mint(), opener=NJERI.id, other=BARAKA.id, **case),
        Subscription(
            id=unit.mint(), person=BARAKA.id, item="200014", price=1, days=1, renewal=unit.mint(), until=unit.now,
            next_at=unit.now, state="active",
        ),
    ]  # fmt: skip


@pytest.mark.parametrize("which", range(6))
def test_what_waits_keeps_the_wallet_open_whose_it_is(village: Village, which: int) -> None:
    village.audited = False
    village.do(lambda unit: unit.rows.append(waiting(unit)[which]))
    with village.refuses(StillWaiting):
        village.do(lambda unit: refuse_close(unit, BARAKA))
    village.do(lambda unit: refuse_close(unit, AMINA))


def test_who_was_in_a_group_and_is_out_may_close(village: Village) -> None:
    """The others in it do not keep the wallet open."""

    def settle(unit: Unit) -> None:
        group = Group(id=unit.mint(), country="ke", name="Chama", needed=2, opened_at=unit.now)
        unit.rows.append(group)
        for who, state in ((AMINA, "out"), (BARAKA, "in")):
            unit.rows.append(Member(group=group.id, person=who.id, state=state, expires_at=unit.now))

    village.do(settle)
    village.do(lambda unit: refuse_close(unit, AMINA))


def test_V_09_messages_of_others_on_the_number_and_elsewhere_stay(village: Village) -> None:
    """A day later those of the closed wallet cannot be read any more; what others have is as it was."""
    village.audited = False
    second = village.change(ACHIENG, phone=AMINA.phone, seat=1, shared=True)
    village.change(AMINA, shared=True)

    def texts(unit: Unit) -> None:
        for who in (AMINA, second, BARAKA):
            tell(unit, who, "pin_reset_stopped", {"at": unit.now.isoformat()})
        tell_number(unit, "+254799000009", "en", "voucher_over", {"amount": 5})

    village.do(texts)
    village.do(lambda unit: close_wallet(unit, AMINA.id))
    village.now += FOLLOWS
    before = {one.id: one for one in village.rows(Notice)}
    while village.do(lambda unit: erase_some(unit, lambda unit, row, gone: 0)):
        pass
    gone = [one.id for one in village.rows(Notice) if one != before[one.id]]
    assert {before[one].person for one in gone} == {AMINA.id}
    assert len(gone) == 2
