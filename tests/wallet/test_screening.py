"""People and lists: who is held, what they can still do, who frees them, and what a change of a list asks again."""

from dataclasses import replace
from typing import Any

import pytest

from service.wallet import vetting
from service.wallet.operator import approve, propose
from service.wallet.people import set_state
from service.wallet.pin import WalletBlocked
from service.wallet.proposal import NothingToApprove, facts
from service.wallet.sanctions import (
    EVERYBODY,
    BadList,
    BadListName,
    Hit,
    Line,
    Listed,
    Sweep,
    Vetting,
    every_list,
    read_list,
    read_list_name,
    take_off,
    write_lines,
)
from service.wallet.screening import Lists
from service.wallet.send import quote_send, send_money
from service.wallet.unit import Notice, Person, Unit
from service.wallet.vetting import Vetter
from tests.wallet.village import AMINA, BARAKA, NOON, Village, person

AMINA_LISTED = Line("QDi.1", ("Abdul Rahman Faraj", "Amina Odhiambo"))


def hand_in(village: Village, *lines: Line, name: str = "un") -> None:
    def work(unit: Unit) -> None:
        new = write_lines(unit, name, lines)
        take_off(unit, name, lines, by="ann", new=new)

    village.do(work)


def compare(village: Village) -> None:
    vet = Vetter(village.do, village.do)
    while vet():
        pass


def state(village: Village, who: Person) -> str:
    row = village.do(lambda unit: unit.rows.get(Person, who.id))
    assert row is not None
    return row.state


def hits(village: Village) -> list[Hit]:
    return list(village.do(lambda unit: unit.rows.find(Hit)))


def decide(village: Village, act: str, hit: int) -> None:
    made = village.do(lambda unit: propose(unit, act=act, values={"hit": hit}, maker="rita"))
    village.do(lambda unit: approve(unit, approval_id=made.id, checker="ravi"))


def pay(village: Village, payer: Person, payee: Person) -> None:
    def work(unit: Unit) -> None:
        row = unit.rows.get(Person, payer.id)
        assert row is not None
        quote = quote_send(unit, payer=row, phone=payee.phone, amount=100_00)
        send_money(unit, payer=row, quote=quote)

    village.do(work)


@pytest.mark.parametrize(
    ("name", "listed"),
    [
        ("Amina Odhiambo", "Amina Odhiambo"),
        ("Odhiambo Amina", "AMINA ODHIAMBO"),
        ("Amina Odhiambo", "Amina Grace Odhiambo"),
        ("Amina Grace Odhiambo", "Amina Odhiambo"),
        ("Osama bin Laden", "Usama bin Ladin"),
        ("Mohammed Abdullahi", "Muhammad Abdulahi"),
        ("Hussein Ahmed", "Хусейн Ахмед"),
        ("አሚና በላይ", "Amina Belay"),
        ("Hélène Ångström", "Helene Angstrom"),
        ("Zawahiri", "ZAWAHIRI"),
    ],
)
def test_F_11_exact_transliterated_and_in_another_order(name: str, listed: str) -> None:
    """A name is alike however it is spelled; the threshold is the pack's."""
    lists = Lists([Listed(list="un", number="1", names=("Wekesa Barasa", listed), digest="x")])
    (match,) = lists.like(name, 85)
    assert (match.listed.number, match.name) == ("1", listed)


@pytest.mark.parametrize(
    ("name", "listed"),
    [
        ("Amina Odhiambo", "Amina Wekesa"),
        ("Amina Odhiambo", "Amina"),
        ("Amina", "Amina Odhiambo"),
        ("Baraka Mwangi", "Chebet Rono"),
        ("Amina", "Aminah"),
        ("Amina Odhiambo", "'"),
    ],
)
def test_F_11_half_a_name_is_nobody(name: str, listed: str) -> None:
    """One word of two is half of a country's; a name of one word is like the same word only."""
    lists = Lists([Listed(list="un", number="1", names=(listed,), digest="x")])
    assert lists.like(name, 85) == []


def test_F_11_an_alias_holds_money_and_nobody_is_told(village: Village) -> None:
    """What comes in comes in; what goes out reads the words of any blocked wallet, and no message says anything."""
    village.give(AMINA, 1_000_00)
    village.give(BARAKA, 1_000_00)
    hand_in(village, AMINA_LISTED)
    compare(village)
    assert (state(village, AMINA), state(village, BARAKA)) == ("held", "active")
    (hit,) = hits(village)
    assert (hit.person, hit.list, hit.number, hit.name, hit.score) == (AMINA.id, "un", "QDi.1", "Amina Odhiambo", 100)
    assert village.do(lambda unit: unit.rows.find(Notice)) == []
    with pytest.raises(WalletBlocked):
        pay(village, AMINA, BARAKA)
    pay(village, BARAKA, AMINA)


def test_F_11_two_of_the_staff_free_or_confirm(village: Village) -> None:
    """Cleared, the money is free and its owner told; confirmed, it stays, and can be cleared by two all the same."""
    hand_in(village, AMINA_LISTED)
    compare(village)
    (hit,) = hits(village)
    decide(village, "confirm_hit", hit.id)
    assert (state(village, AMINA), hits(village)[0].state) == ("held", "confirmed")
    with pytest.raises(NothingToApprove):
        decide(village, "confirm_hit", hit.id)
    decide(village, "clear_hit", hit.id)
    assert (state(village, AMINA), hits(village)[0].state) == ("active", "cleared")
    assert [one.key for one in village.do(lambda unit: unit.rows.find(Notice))] == ["unblocked"]
    with pytest.raises(NothingToApprove):
        decide(village, "clear_hit", hit.id)


def test_F_11_what_was_cleared_is_asked_again_when_the_list_changes_and_not_before(village: Village) -> None:
    """The same file again, or another's change, asks nothing; other names of the same number do."""
    hand_in(village, AMINA_LISTED)
    compare(village)
    decide(village, "clear_hit", hits(village)[0].id)
    hand_in(village, AMINA_LISTED)
    hand_in(village, AMINA_LISTED, Line("QDi.2", ("Wekesa Barasa",)))
    compare(village)
    assert (state(village, AMINA), [hit.state for hit in hits(village)]) == ("active", ["cleared"])
    hand_in(village, Line("QDi.1", ("Amina Odhiambo",)))
    compare(village)
    assert (state(village, AMINA), [hit.state for hit in hits(village)]) == ("held", ["open"])


def test_F_11_who_stands_on_two_lists_is_free_when_both_are_cleared(village: Village) -> None:
    """And an entry that is taken off its list frees nobody by itself: two people look."""
    hand_in(village, AMINA_LISTED)
    hand_in(village, Line("77", ("Amina Odhiambo",)), name="ofac")
    compare(village)
    first, second = sorted(hits(village), key=lambda hit: hit.list, reverse=True)
    decide(village, "clear_hit", first.id)
    assert state(village, AMINA) == "held"
    hand_in(village, Line("78", ("Chebet Rono",)), name="ofac")
    compare(village)
    assert state(village, AMINA) == "held"
    made = village.do(lambda unit: propose(unit, act="clear_hit", values={"hit": second.id}, maker="rita"))
    shown = village.do(lambda unit: facts(unit, made))
    assert (shown["listed_state"], shown["name"], shown["listed"]) == ("gone", "AMINA O", "Amina Odhiambo")
    village.do(lambda unit: approve(unit, approval_id=made.id, checker="ravi"))
    assert state(village, AMINA) == "active"


def test_F_11_who_opens_a_wallet_is_compared_with_all_that_is_listed(village: Village) -> None:
    """Also with what everybody was compared with long ago."""
    hand_in(village, AMINA_LISTED, Line("2", ("Zawadi Barasa",)))
    compare(village)
    assert [row.state for row in village.do(lambda unit: unit.rows.find(Listed))] == ["listed", "listed"]
    newcomer = person(5_000, "Zawadi Barasa", "+254799000009")
    village.do(lambda unit: [unit.rows.add(newcomer), unit.rows.add(Vetting(person=5_000, next_at=NOON))])
    compare(village)
    assert state(village, newcomer) == "held"


def test_F_11_nobody_is_missed_when_a_list_comes_while_everybody_is_compared(
    village: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of the people were passed already: they are looked at again, with what is new now."""
    monkeypatch.setattr(vetting, "AT_ONCE", 1)
    hand_in(village, Line("1", ("Wekesa Barasa",)))
    vet = Vetter(village.do, village.do)
    for _ in range(4):
        assert vet()
    sweep = village.do(lambda unit: unit.rows.get(Sweep, EVERYBODY))
    assert sweep is not None
    assert sweep.after > AMINA.id
    hand_in(village, Line("1", ("Wekesa Barasa",)), AMINA_LISTED)
    while vet():
        pass
    assert state(village, AMINA) == "held"
    assert village.do(lambda unit: unit.rows.find(Listed, state="new")) == []


@pytest.mark.parametrize("fresh", [False, True])
def test_F_11_a_list_that_comes_between_comparing_and_writing_is_not_overlooked(
    fresh: bool, village: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker has compared with the old list when the new one is handed in: whoever was passed is met again."""
    monkeypatch.setattr(vetting, "AT_ONCE", 1)
    hand_in(village, Line("1", ("Wekesa Barasa",)))
    if fresh:
        village.do(lambda unit: unit.rows.add(Vetting(person=AMINA.id, next_at=NOON)))
    bites = iter(range(100))

    def late(work: Any) -> Any:
        if next(bites) == (0 if fresh else 2):  # Amina comes first of everybody
            hand_in(village, AMINA_LISTED)
        return village.do(work)

    vet = Vetter(village.do, late)
    while vet():
        pass
    assert state(village, AMINA) == "held"


@pytest.mark.parametrize("before", ["active", "blocked"])
def test_F_11_blocking_and_freeing_does_not_free_who_may_be_listed(before: str, village: Village) -> None:
    """A blocked wallet that is freed by two is held as long as the hit is open."""
    village.do(lambda unit: set_state(unit, AMINA, before))
    hand_in(village, AMINA_LISTED)
    compare(village)
    assert state(village, AMINA) == ("held" if before == "active" else "blocked")
    village.do(lambda unit: set_state(unit, AMINA, "blocked"))
    made = village.do(lambda unit: propose(unit, act="unblock", values={"person": AMINA.id}, maker="sara"))
    village.do(lambda unit: approve(unit, approval_id=made.id, checker="samuel"))
    assert state(village, AMINA) == "held"


def test_who_has_closed_their_wallet_is_nobody_any_more(village: Village) -> None:
    gone = replace(AMINA, phone=f"closed {AMINA.id}", name="", state="closed")

    def close(unit: Unit) -> None:
        unit.rows.lock(Person, AMINA.id)
        unit.rows.put(gone)

    village.do(close)
    hand_in(village, AMINA_LISTED)
    compare(village)
    assert hits(village) == []


LIST = 'number,name,aliases\r\n1,Amina Odhiambo,Mama Amina; AMINA\r\n\r\n2,"Barasa, Wekesa",\r\n'


def test_a_list_is_read_as_it_is_written() -> None:
    assert read_list("\ufeff" + LIST) == [
        Line("1", ("Amina Odhiambo", "Mama Amina", "AMINA")),
        Line("2", ("Barasa, Wekesa",)),
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        ("number,name,aliases\n", 1),
        ("name,number,aliases\n1,a,b\n", 1),
        ("number,name,aliases\n1,Amina\n", 2),
        ("number,name,aliases\n1,Amina,\n1,Baraka,\n", 3),
        ("number,name,aliases\n,Amina,\n", 2),
        ("number,name,aliases\n1,,Amina\n", 2),
        ("number,name,aliases\n1,--,\n", 2),
        (f"number,name,aliases\n1,{'a' * 201},\n", 2),
        ('number,name,aliases\n1,"Amina"x,\n', 2),
    ],
)
def test_what_is_no_list_is_refused_with_its_line(text: str, line: int) -> None:
    with pytest.raises(BadList) as no:
        read_list(text)
    assert no.value.said == {"line": line}


@pytest.mark.parametrize("name", ["", "a b", "é", "x" * 21, "un/1", "--"])
def test_what_is_no_name_of_a_list(name: str) -> None:
    with pytest.raises(BadListName):
        read_list_name(name)


def test_lists_are_counted(village: Village) -> None:
    hand_in(village, AMINA_LISTED, Line("2", ("Zawadi Barasa",)))
    hand_in(village, AMINA_LISTED)
    hand_in(village, Line("9", ("Chebet Rono",)), name="eu")
    assert village.do(every_list) == [("eu", 1, 1), ("un", 1, 1)]
    compare(village)
    assert village.do(every_list) == [("eu", 1, 0), ("un", 1, 0)]


def test_each_list_has_its_own_lines(village: Village) -> None:
    """The same line under two names stands on both; who is off one stays on the other, and is taken off once."""
    for name in ("un", "eu"):
        hand_in(village, AMINA_LISTED, name=name)
    assert [(one.list, one.listed) for one in village.do(every_list)] == [("eu", 1), ("un", 1)]
    gone = [village.do(lambda unit: take_off(unit, "eu", (), by="ann", new=0)) for _ in range(2)]
    assert [changed[-1] for changed in gone] == [1, 0]
    assert [(one.list, one.listed) for one in village.do(every_list)] == [("un", 1)]


def test_two_of_one_name_are_both_held_and_for_each_list(village: Village) -> None:
    twin = person(910, AMINA.name, "+254711000910")
    village.do(lambda unit: unit.rows.append(twin))
    for name in ("un", "eu"):
        hand_in(village, AMINA_LISTED, name=name)
    compare(village)
    assert [state(village, who) for who in (AMINA, twin)] == ["held", "held"]
    assert sorted((hit.person, hit.list) for hit in hits(village)) == [
        (who.id, name) for who in (AMINA, twin) for name in ("eu", "un")
    ]
