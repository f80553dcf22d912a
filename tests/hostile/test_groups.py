"""Groups on every engine: two last yeses at one instant, a yes and a leave, a lost answer, and givers at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from service.ledger.chart import Kind
from service.ledger.entry import Account
from service.storage.store import Busy
from service.wallet.group import Group, Payout
from service.wallet.group_money import Proposal, agree, give, quote_gift, show_payout
from service.wallet.group_removal import agree_to_go, propose_removal
from service.wallet.groups import NoGroup, leave
from service.wallet.inbox import RequestOver
from service.wallet.pin import PinLocked
from service.wallet.unit import Person
from tests.hostile.test_receipts import assert_all_told
from tests.phone import PINS, Town

T = TypeVar("T")


def persistent(work: Callable[[], T]) -> T:
    while True:
        try:
            return work()
        except Busy:
            continue


def chama(town: Town, *others: str) -> Group:
    """Let Amina found a group that these others join, and put 1,000 in."""
    amina = town.phone("Amina")
    amina.dial(typed="7*14").press("Chama", "2")
    for who in others:
        amina.dial(typed="7*14").press("1", "5", "0" + town.phone(who).number[4:])
        town.phone(who).dial().press("6", "1", "1")
    amina.dial(typed="7*14").press("1", "1", "1000", PINS["Amina"])
    assert amina.screen.startswith("KES 1,000 is in Chama."), amina.screen
    (group,) = town.app.read(lambda unit: unit.rows.find(Group))
    return group


def proposed(town: Town, amount: str = "500") -> Payout:
    phone = town.phone("Amina").dial(typed="7*14").press("1", "2", "0733000003", amount, "Seeds", PINS["Amina"])
    assert phone.screen.startswith("The others are asked: "), phone.screen
    (row,) = town.app.read(lambda unit: unit.rows.find(Payout, state="open"))
    return row


def pooled(town: Town, group: Group) -> int:
    return town.app.read(lambda unit: unit.books.balance(Account("ke", Kind.GROUP, str(group.id))))


def test_L_08_two_last_yeses_pay_once(anywhere: Town) -> None:
    """Both have read that one yes is missing, and type their PINs at one instant: one pays, the other is told so."""
    group = chama(anywhere, "Baraka", "Njeri")
    row = proposed(anywhere)

    others = [anywhere.person(who) for who in ("Baraka", "Njeri")]
    seen = [anywhere.app.read(lambda unit, one=one: show_payout(unit, one, row.id)) for one in others]  # type: ignore[misc]

    def say(person: Person, shown: Proposal) -> bool:
        try:
            return persistent(
                lambda: anywhere.app.transact(lambda unit: agree(unit, person=person, proposal=shown) is not None)
            )
        except RequestOver:
            return False

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(say, others, seen)) == [False, True]
    assert (pooled(anywhere, group), anywhere.balance("Chebet")) == (493_00, 580_00)
    assert_all_told(anywhere)


def test_a_yes_and_a_leave_at_one_instant(anywhere: Town) -> None:
    """The proposer leaves while the other agrees: paid before, or one yes is missing after; never in between."""
    group = chama(anywhere, "Baraka", "Njeri")
    row, amina, baraka = proposed(anywhere), anywhere.person("Amina"), anywhere.person("Baraka")
    seen = anywhere.app.read(lambda unit: show_payout(unit, baraka, row.id))

    def say() -> bool:
        return persistent(
            lambda: anywhere.app.transact(lambda unit: agree(unit, person=baraka, proposal=seen) is not None)
        )

    def go() -> None:
        persistent(lambda: anywhere.app.transact(lambda unit: leave(unit, person=amina, group_id=group.id)))

    with ThreadPoolExecutor(2) as pool:
        going, saying = pool.submit(go), pool.submit(say)
        going.result()
        paid = saying.result()
    assert pooled(anywhere, group) == (493_00 if paid else 1_000_00)
    assert_all_told(anywhere)


def test_L_08_two_last_yeses_let_a_member_go_once(anywhere: Town) -> None:
    """At one instant both members agree, and she herself leaves: she is out, once, and the others read it once."""
    group = chama(anywhere, "Baraka", "Njeri", "Chebet")
    njeri, others = anywhere.person("Njeri"), [anywhere.person(who) for who in ("Baraka", "Chebet")]
    amina = anywhere.person("Amina")
    row = anywhere.app.transact(lambda unit: propose_removal(unit, person=amina, group_id=group.id, member=njeri.id))

    def say(person: Person) -> bool:
        try:
            return persistent(
                lambda: anywhere.app.transact(lambda unit: agree_to_go(unit, person=person, removal_id=row.id))
            )
        except (RequestOver, PinLocked):
            return False

    def go() -> bool:
        try:
            persistent(lambda: anywhere.app.transact(lambda unit: leave(unit, person=njeri, group_id=group.id)))
        except NoGroup:
            return False
        return True

    with ThreadPoolExecutor(3) as pool:
        going, saying = pool.submit(go), [pool.submit(say, one) for one in others]
        assert sorted([going.result(), *(one.result() for one in saying)])[1:] == [False, True]
    left = [one for one in anywhere.phone("Amina").notices() if one.key == "group_left"]
    assert len(left) == 1
    assert pooled(anywhere, group) == 1_000_00


def test_W_05_the_last_yes_whose_answer_was_lost_is_told_and_pays_once(anywhere: Town) -> None:
    """The gateway asks again, the talk is dialled anew: one entry, and the words that it is done."""
    group = chama(anywhere, "Baraka")
    proposed(anywhere)
    phone = anywhere.phone("Baraka").dial().press("6", "1", "1", PINS["Baraka"])
    shown = phone.screen
    assert shown.startswith("Chama has paid KES 500 to CHEBET R.")
    assert phone.hop().screen == shown
    assert phone.dial().screen.startswith("DONE: your yes, KES 500 of Chama")
    assert pooled(anywhere, group) == 493_00
    assert_all_told(anywhere)


def test_L_20_four_put_in_at_once_and_nothing_is_lost(anywhere: Town) -> None:
    """Each gift is there once, in the group and beside its giver's name."""
    group, amina = chama(anywhere), anywhere.person("Amina")
    gifts = [
        anywhere.app.transact(lambda unit: quote_gift(unit, giver=amina, group_id=group.id, amount=100_00))
        for _ in range(4)
    ]
    with ThreadPoolExecutor(4) as pool:
        list(
            pool.map(
                lambda one: persistent(lambda: anywhere.app.transact(lambda unit: give(unit, giver=amina, gift=one))),
                gifts,
            )
        )
    assert (pooled(anywhere, group), anywhere.balance("Amina")) == (1_400_00, 600_00)
    assert_all_told(anywhere)
