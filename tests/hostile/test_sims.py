"""Hostile cases of SIMs: a thief who was given somebody's number; a network that says so, late, wrongly or never."""

import socket
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from service.gateways.base import Unreadable
from service.gateways.sim_swaps import SimSwaps, read_sim
from service.wallet.identity import PinReset, SimCheck
from service.wallet.operator import approve, propose
from service.wallet.sim import MOST_TRIES, note_swap
from tests.fakes.sims import FakeSims, fake_sims
from tests.hostile.conftest import living
from tests.phone import AGENTS_CODE, DOOR, PINS, Phone, Town, demo_settings

FROZEN = "Your number got another SIM."
LARGE = "20,001"


@pytest.fixture
def sims() -> Iterator[FakeSims]:
    with fake_sims() as fake:
        yield fake


@pytest.fixture
def fed(sims: FakeSims) -> Iterator[Town]:
    """A town whose network can be asked about SIMs, where Amina has much."""
    settings = demo_settings(africastalking_insights_url=sims.url)
    with living(Town(settings=settings)) as town:
        for _ in range(2):
            paid = town.phone("Njeri").dial(AGENTS_CODE).press("1", "0711000001", "24,000", PINS["Njeri"])
            assert paid.screen.startswith("Paid KES 24,000")
        yield town


def swap(town: Town, who: str) -> None:
    person = town.person(who)
    town.app.transact(lambda unit: note_swap(unit, person.id, unit.now))


def says(town: Town, asked_as: str, status: str, **more: Any) -> None:
    """Let the network post its answer."""
    body = {"status": status, "requestId": asked_as, "providerRefId": "1", "transactionId": "738e202b"} | more
    assert town.client.post(f"{DOOR}/sim-swap", json=body).status_code == 200


def large(town: Town) -> str:
    return town.phone("Amina").dial().press("1", "1", LARGE).screen


def test_P_10_after_a_swap_money_comes_in_and_does_not_go_out(anywhere: Town) -> None:
    """By menu, message or agent, with the right PIN, with a code from before; told at once; over after a while."""
    amina = anywhere.phone("Amina")
    code = amina.dial().press("2", "100016", "500", PINS["Amina"]).screen.split()[2]
    waiting = amina.dial().press("1", "1", "20")
    amina.new()
    swap(anywhere, "Amina")
    assert amina.new() == [
        "Your number got another SIM. Until 25/11/26 12:14 no money goes out of your Senti wallet. Not you? Call "
        "0800 720 000 at once."
    ]
    assert waiting.press(PINS["Amina"]).screen.startswith(FROZEN)
    for keys in (("1",), ("2",), ("7", "4"), ("7", "7")):
        assert amina.dial().press(*keys).screen.startswith(FROZEN), keys
    amina.sms("SEND 20 0722000002")
    assert amina.new()[-1].startswith(FROZEN)
    assert anywhere.phone("Njeri").dial(AGENTS_CODE).press("2", code).screen.startswith("No cash waits here")
    before = anywhere.balance("Amina")
    assert anywhere.phone("Baraka").dial().press("1", "1", "20", PINS["Baraka"]).screen.startswith("Sent")
    assert anywhere.balance("Amina") == before + 2_000
    anywhere.wait(days=3)
    assert amina.dial().press("1", "1", "20", PINS["Amina"]).screen.startswith("Sent")


def test_P_10_a_new_pin_that_was_asked_for_before_is_not_chosen_by_the_new_sim(town: Town) -> None:
    """The request of before the swap opens, and is frozen until it lapses; a new one cannot be made."""
    chebet = town.phone("Chebet").dial().press("7", "7", "1")
    swap(town, "Chebet")
    town.wait(days=1)
    assert chebet.dial().press("7", "7").screen.startswith(FROZEN)
    town.wait(days=1)
    assert chebet.dial().press("7", "7").screen.startswith(FROZEN)
    assert town.person("Chebet").reset is None


def test_P_10_two_of_the_staff_free_an_owner_and_an_old_signal_does_not_freeze_again(town: Town) -> None:
    """The network repeats what it knows; only a later change is news."""
    changed = town.now
    swap(town, "Amina")
    person = town.person("Amina")

    def free(unit: Any) -> None:
        made = propose(unit, act="unblock", values={"person": person.id}, maker="ann")
        approve(unit, approval_id=made.id, checker="bob")

    town.app.transact(free)
    amina = town.phone("Amina")
    assert amina.dial().press("1", "1", "20", PINS["Amina"]).screen.startswith("Sent")
    town.wait(minutes=5)
    town.app.transact(lambda unit: note_swap(unit, person.id, changed))
    assert amina.dial().press("1", "1", "20", PINS["Amina"]).screen.startswith("Sent")
    swap(town, "Amina")
    assert amina.dial().press("1").screen.startswith(FROZEN)


def test_P_10_a_large_payment_waits_for_the_network(fed: Town, sims: FakeSims) -> None:
    """It is refused and the network asked, once; when it says that the SIM is old, it goes, for a day."""
    assert large(fed).startswith("Above KES 20,000 we check your SIM first")
    assert large(fed).startswith("Above KES 20,000")
    fed.work()
    assert [phone for phone, _ in sims.asked] == ["+254711000001"]
    assert large(fed).startswith("Above KES")
    fed.work()
    ((_, asked_as),) = sims.asked
    says(fed, asked_as, "NotSwapped", lastSimSwapDate="01-01-2020")
    assert large(fed).startswith("Send KES 20,001 to BARAKA M")
    assert fed.phone("Amina").dial().press("2", "100016", LARGE).screen.startswith("Cash KES 20,001")
    fed.wait(days=1)
    assert large(fed).startswith("Above KES")


def test_P_10_the_network_says_swapped(fed: Town, sims: FakeSims) -> None:
    """With a day, or without one, which is then this moment; the wallet is frozen and told, incoming money is not."""
    large(fed)
    fed.work()
    ((_, asked_as),) = sims.asked
    amina = fed.phone("Amina")
    amina.new()
    says(fed, asked_as, "Swapped", lastSimSwapDate="")
    assert fed.person("Amina").swapped_at == fed.now
    assert amina.new()[0].startswith("Your number got another SIM.")
    assert amina.dial().press("1").screen.startswith(FROZEN)
    says(fed, asked_as, "NotSwapped")  # a second answer to one question is nobody's
    assert amina.dial().press("1").screen.startswith(FROZEN)


def test_P_10_while_the_network_is_silent_only_large_payments_are_closed(fed: Town, sims: FakeSims) -> None:
    """It breaks, or takes no question: up to the pack's sum all goes as ever; it is asked again, and then no more."""
    sims.mood = "error"
    assert large(fed).startswith("Above KES")
    assert fed.phone("Amina").dial().press("1", "1", "20,000").screen.startswith("Send KES 20,000")
    for _ in range(MOST_TRIES + 2):
        fed.wait(minutes=11)
    (check,) = fed.app.read(lambda unit: unit.rows.find(SimCheck))
    assert (check.state, check.tries) == ("failed", MOST_TRIES)
    assert len(sims.keys) == MOST_TRIES
    sims.mood = "well"
    large(fed)
    fed.work()
    assert len(sims.asked) == 1


def test_P_10_forged_answers_change_nothing(fed: Town, sims: FakeSims) -> None:
    """A name that was never given, a body that is none: answered with 200, and no row changes."""
    large(fed)
    before = fed.person("Amina")
    for name in ("ATSwpid_x", "", "x" * 500, "'; --"):
        says(fed, name, "NotSwapped")
    for data in (b"", b"[]", b"{", b'{"status": 1}', b"[" * 5_000, b'{"requestId": "x", "status": "Maybe"}'):
        heard = fed.client.post(f"{DOOR}/sim-swap", data=data, content_type="application/json")
        assert heard.status_code == 200
    assert fed.client.post(f"{DOOR}/sim-swap", data={"status": "Swapped", "requestId": "x"}).status_code == 200
    assert fed.client.post("/gateways/africastalking/wrong/sim-swap", json={}).status_code == 404
    assert fed.person("Amina") == before


def test_P_10_nobody_asks_the_network_in_a_hop(fed: Town, sims: FakeSims, monkeypatch: pytest.MonkeyPatch) -> None:
    """The question is a row; the worker carries it."""

    def never(*_: object, **__: object) -> None:
        raise AssertionError("a hop opens a connection")

    monkeypatch.setattr(socket.socket, "connect", never)
    assert large(fed).startswith("Above KES")
    monkeypatch.undo()
    assert sims.keys == []
    fed.work()
    assert len(sims.keys) == 1


def test_P_10_a_new_pin_for_much_waits_for_the_network_too(fed: Town, sims: FakeSims) -> None:
    """The network is asked when the new PIN is asked for, and must have spoken since."""
    amina: Phone = fed.phone("Amina").dial().press("7", "7", "1")
    fed.work()
    ((_, asked_as),) = sims.asked
    person = fed.person("Amina")
    request = person.reset
    assert request is not None

    def vouch(unit: Any) -> None:
        row = unit.rows.lock(PinReset, request)
        unit.rows.put(replace(row, vouched=True))

    fed.app.transact(vouch)
    fed.wait(hours=24)
    assert amina.dial().press("7", "7").screen.startswith("We still look at your SIM")
    says(fed, sims.asked[-1][1], "NotSwapped")
    assert amina.dial().press("7", "7").screen.startswith("Now choose your new PIN")
    assert asked_as


@pytest.mark.parametrize(
    ("mood", "asked", "final"),
    [("well", 1, 0), ("error", 0, 0), ("html", 0, 0), ("other", 0, 0), ("unsupported", 0, 1)],
)
def test_what_the_network_makes_of_a_question(mood: str, asked: int, final: int, sims: FakeSims) -> None:
    sims.mood = mood
    found = SimSwaps(username="u", api_key="k", url=sims.url).ask_sim("+254711000001")
    assert (found.asked_as is not None, found.final) == (asked, final)
    assert sims.keys == ["k"]


def test_the_key_is_sent_to_no_plain_address_and_a_dead_one_is_no_matter() -> None:
    with pytest.raises(ValueError):
        SimSwaps(username="u", api_key="k", url="http://insights.example")
    assert SimSwaps(username="u", api_key="k", url="http://127.0.0.1:9").ask_sim("+254711000001") == (None, False)


@pytest.mark.parametrize(
    ("status", "day", "swapped", "at"),
    [
        ("NotSwapped", None, False, None),
        ("Swapped", "2026-11-20", True, "2026-11-21T00:00:00+00:00"),
        ("Swapped", "20-11-2026", True, "2026-11-21T00:00:00+00:00"),
        ("Swapped", "2026-11-20 10:00:00", True, "2026-11-20T10:00:00+00:00"),
        ("Swapped", "2026-11-20T10:00:00+03:00", True, "2026-11-20T10:00:00+03:00"),
        ("Swapped", "yesterday", True, None),
    ],
)
def test_how_an_answer_is_read(status: str, day: str | None, swapped: bool, at: str | None) -> None:
    form = {"status": [status], "requestId": ["ATSwpid_1"]} | ({"lastSimSwapDate": [day]} if day else {})
    news = read_sim(form)
    assert (news.asked_as, news.swapped) == ("ATSwpid_1", swapped)
    assert (news.swapped_at and news.swapped_at.isoformat()) == at
    with pytest.raises(Unreadable):
        read_sim(form | {"status": ["Unknown"]})
