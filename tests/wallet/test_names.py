"""Finding people by their names: however they are spelled, in which order, and how many there are."""

from dataclasses import replace
from typing import Any

import pytest

from service.wallet.close import close_wallet
from service.wallet.names import PLACES, READ, SHOWN, NameKey, find_by_name, has_keys, keys_of, plain_words, write_keys
from service.wallet.sanctions import Vetting
from service.wallet.unit import Person, Unit
from service.wallet.vetting import Vetter
from tests.wallet.village import AMINA, NOON, Village, person


def live_here(village: Village, *names: str) -> list[Person]:
    people = [person(1_000 + place, name, f"+2547{place:08}") for place, name in enumerate(names)]

    def work(unit: Unit) -> None:
        for one in people:
            unit.rows.add(one)
            write_keys(unit, one)

    village.do(work)
    return people


def found(village: Village, typed: str) -> list[str]:
    people, _ = village.do(lambda unit: find_by_name(unit, typed))
    return [one.name for one in people]


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("Amina Odhiambo", "odhiambo"),
        ("Amina Odhiambo", "ODHIAMBO  amina"),
        ("Amina Odhiambo", "Amina A Odhiambo"),
        ("Ng'ang'a wa Thiong'o", "Nganga Thiongo"),
        ("Ng’ang’a wa Thiong'o", "thiongo"),
        ("Hélène Ångström", "Helene Angstrom"),
        ("Mohamed Abdi", "Mohammed Abdi"),
        ("Youssouf Fatimatou", "Yusuf Fatimatu"),
        ("Josephine Ouma", "Josefine Ouma"),
        ("አሚና በላይ", "Amina Belay"),
        ("Хусейн Ахмед", "Khuseyn Akhmed"),
        ("Anne-Marie Wanjiku Kamau Njeri", "kamau wanjiku njeri"),
    ],
)
def test_a_name_is_found_by_its_words(name: str, typed: str, village: Village) -> None:
    live_here(village, "Wekesa Barasa", name, "Otieno Barasa")
    assert found(village, typed) == [name]


@pytest.mark.parametrize("typed", ["Amin", "Odhiambos", "Amina Wekesa", "a", "", "'", "123", "Amina Odhiambo Barasa"])
def test_what_is_nobodys_name_finds_nobody(typed: str, village: Village) -> None:
    """Beginnings of words are not searched for, and one letter is nobody's name."""
    live_here(village, "Amina Odhiambo", "Wekesa Barasa")
    assert found(village, typed) == []


def test_more_words_narrow_and_the_newest_come_first(village: Village) -> None:
    live_here(village, "Amina Odhiambo", "Amina Barasa", "Amina Barasa Odhiambo")
    assert found(village, "Amina") == ["Amina Barasa Odhiambo", "Amina Barasa", "Amina Odhiambo"]
    assert found(village, "Amina Barasa") == ["Amina Barasa Odhiambo", "Amina Barasa"]
    assert found(village, "Odhiambo Amina Barasa") == ["Amina Barasa Odhiambo"]


def test_at_most_twenty_are_shown_and_that_there_are_more_is_said(village: Village) -> None:
    live_here(village, *["Amina Odhiambo"] * (READ + 1), "Amina Barasa", *["Wekesa Barasa"] * SHOWN)
    people, more = village.do(lambda unit: find_by_name(unit, "Odhiambo"))
    assert (len(people), more) == (SHOWN, True)
    people, more = village.do(lambda unit: find_by_name(unit, "Wekesa"))
    assert (len(people), more) == (SHOWN, False)
    people, more = village.do(lambda unit: find_by_name(unit, "Amina Barasa"))
    assert (len(people), more) == (1, False)


def test_a_third_word_is_found_among_the_many_of_two(village: Village) -> None:
    """More than are read have the first two words: another pair of them leads to the one who has all three."""
    live_here(village, "Amina Barasa Zawadi", *["Amina Barasa"] * (READ + 5))
    assert found(village, "Amina Barasa Zawadi") == ["Amina Barasa Zawadi"]


def test_a_name_of_many_words_has_its_places() -> None:
    """The rows of one person never run into those of the next."""
    keys = keys_of(person(7, "Maria del Carmen de la Cruz Fernandez Wanjiku", "+254711000077"))
    assert [row.id for row in keys] == list(range(7 * PLACES, 7 * PLACES + len(keys)))
    assert len(keys) == 15 < PLACES
    assert plain_words("Straße Łukasz") == ["strasse", "lukasz"]


def test_a_closed_wallet_is_found_no_more(village: Village) -> None:
    village.do(lambda unit: write_keys(unit, AMINA))
    live_here(village, "Zawadi Juma")
    assert found(village, "Amina Odhiambo") == ["Amina Odhiambo"]
    village.do(lambda unit: close_wallet(unit, AMINA.id))
    assert found(village, "Amina Odhiambo") == []
    assert found(village, "Zawadi Juma") == ["Zawadi Juma"]
    keys: Any = village.do(lambda unit: unit.rows.find(NameKey, id=[AMINA.id * PLACES + n for n in range(PLACES)]))
    assert {row.key for row in keys} == {""}


def test_who_was_here_before_is_found_once_the_worker_has_come(village: Village) -> None:
    """The migration leaves a row for each of them; who has keys gets no second ones, and who is gone gets none."""
    gone = replace(AMINA, id=77, phone="closed 77", name="", state="closed")
    village.do(lambda unit: [unit.rows.add(gone), *(unit.rows.add(Vetting(person=n, next_at=NOON)) for n in (901, 77))])
    assert found(village, "Amina") == []
    vet = Vetter(village.do, village.do)
    assert vet() == 2
    assert found(village, "Amina") == ["Amina Odhiambo"]
    assert not village.do(lambda unit: has_keys(unit, gone))
    assert vet() == 0
