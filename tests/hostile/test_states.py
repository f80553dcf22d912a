"""Hostile cases of wallets that are not as they were: locked, blocked, closed, taken back from, forgotten."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from service.outbox import CLOCK
from service.storage.records import RECORDS
from service.ussd.session import Conversation
from service.wallet.account import wallet_of
from service.wallet.drawer import Till
from service.wallet.group import Payout, Removal
from service.wallet.identity import Erasure, PinReset, SimCheck
from service.wallet.limits import limits_of
from service.wallet.metered import Meter
from service.wallet.operator import PayerGone, approve, propose
from service.wallet.ordered import Order
from service.wallet.pot import Pot
from service.wallet.promise import Reservation
from service.wallet.sanctions import Vetting
from service.wallet.seller_payday import SellerPayday
from service.wallet.standing import Standing
from service.wallet.statement import statement
from service.wallet.subscription import Subscription
from service.wallet.unit import (
    Case,
    Challenge,
    Notice,
    Payday,
    Pending,
    Person,
    Request,
    Tally,
    Timer,
    Unit,
    Withdrawal,
)
from tests.hostile.conftest import living
from tests.phone import AGENTS_CODE, PEOPLE_CODE, PINS, Town

LOCKED, BLOCKED = "Your wallet is locked", "Your wallet is blocked"
UNKNOWN, NO_CODE = "cannot be paid", "No cash waits here for this code"
STATES: dict[str, dict[str, object]] = {
    "active": {},
    "locked": {"pin_tries": 3},
    "blocked": {"state": "blocked"},
    "closed": {"state": "closed"},
}
# fmt: off
B, A, N = ("Baraka", PEOPLE_CODE), ("Amina", PEOPLE_CODE), ("Njeri", AGENTS_CODE)
HAS, SENT, IN, CASH = "You have", "Sent KES 10", "Paid KES 100", "Give BARAKA M"
ACTS = {
    #              who  what is typed                                 active         locked      blocked     closed
    "looks":        (B, ("5",),                                       (HAS,           HAS,        HAS,        HAS)),
    "pays":         (B, ("1", "0711000001", "20", PINS["Baraka"]),    ("Sent KES 20", LOCKED,     BLOCKED,    BLOCKED)),
    "takes cash":   (B, ("2", "100016", "50", PINS["Baraka"]),        ("Show code",   LOCKED,     BLOCKED,    BLOCKED)),
    "is paid":      (A, ("1", "0722000002", "10", PINS["Amina"]),     (SENT,          SENT,       SENT,       UNKNOWN)),
    "pays in":      (N, ("1", "0722000002", "100", PINS["Njeri"]),    (IN,            IN,         IN,         UNKNOWN)),
    "shows a code": (N, ("2", "code", PINS["Njeri"]),                 (CASH,          CASH,       NO_CODE,    NO_CODE)),
}
# fmt: on


@pytest.fixture
def town() -> Iterator[Town]:
    with living(Town()) as town:
        yield town


def undo(town: Town, reference: str) -> None:
    def act(unit: Unit) -> None:
        entry = unit.house.references.read(reference)
        made = propose(unit, act="reverse", values={"entry": entry}, maker="ann")
        approve(unit, approval_id=made.id, checker="bob")

    town.app.transact(act)


@pytest.mark.parametrize("place", range(4), ids=list(STATES))
@pytest.mark.parametrize("act", ACTS)
def test_L_19_each_state_of_a_wallet_has_its_outcome(act: str, place: int, town: Town) -> None:
    """Looking, paying, cash both ways, a code that waits: done or refused as the state says, and told which."""
    code = town.phone("Baraka").dial().press("2", "100016", "50", PINS["Baraka"]).screen.split()[2]
    changed = replace(town.person("Baraka"), **list(STATES.values())[place])  # type: ignore[arg-type]
    town.app.transact(lambda unit: unit.rows.put(changed))
    (who, dialled), keys, expected = ACTS[act]
    before = {each: town.balance(each) for each in ("Amina", "Baraka")}
    phone, seen = town.phone(who).dial(dialled), []
    for key in keys:
        if not phone.over:
            seen.append(phone.press(code if key == "code" else key).screen)
    assert any(expected[place] in screen for screen in seen), seen
    if expected[place] in (LOCKED, BLOCKED, UNKNOWN, NO_CODE):
        assert {each: town.balance(each) for each in ("Amina", "Baraka")} == before


@pytest.mark.parametrize("state", STATES)
def test_L_19_a_payment_comes_back_into_any_wallet(state: str, town: Town) -> None:
    """Two of the staff take a payment back although its payer is locked by now: it is there; not where nobody is."""
    phone = town.phone("Baraka").dial().press("1", "0711000001", "100", PINS["Baraka"])
    reference = phone.screen.split("Ref ")[1].split(".")[0]
    changed = replace(town.person("Baraka"), **STATES[state])  # type: ignore[arg-type]
    town.app.transact(lambda unit: unit.rows.put(changed))
    if state == "closed":
        with pytest.raises(PayerGone):
            undo(town, reference)
        return
    undo(town, reference)
    assert town.balance("Baraka") == 15_000


def left_today(town: Town, who: str) -> int:
    person = town.person(who)
    return town.app.read(lambda unit: limits_of(unit, person)).left


def test_T_06_a_payment_that_was_taken_back_makes_no_room_in_the_day(town: Town) -> None:
    """What was paid counts for its day whether or not it is taken back: no limit grows by paying and reversing."""
    before = left_today(town, "Amina")
    for _ in range(3):
        screen = town.phone("Amina").dial().press("1", "0733000003", "100", PINS["Amina"]).screen
        town.wait(minutes=5)  # till then it could be taken back, and would give the limit back
        undo(town, screen.split("Ref ")[1].split(".")[0])
    assert town.balance("Amina") == 200_000
    assert left_today(town, "Amina") == before - 3 * 10_000
    town.wait(days=1)
    assert left_today(town, "Amina") == before


def test_G_04_a_payment_is_seen_by_both_though_no_message_arrives(town: Town) -> None:
    """Both are told by message; where the gateway takes none, both find the payment in balance and statement."""
    town.phone("Amina").dial().press("1", "0722000002", "100", PINS["Amina"]).end()
    receipts = [town.phone(who).notices()[-1] for who in ("Amina", "Baraka")]
    assert {receipt.entry for receipt in receipts} == {receipts[0].entry}
    for receipt in receipts:
        town.app.transact(lambda unit, one=receipt: unit.rows.put(replace(one, state="parked")))  # type: ignore[misc]
    for who, sign in (("Amina", "-100"), ("Baraka", "+100")):
        assert sign in town.phone(who).dial().press("7", "1").screen
    assert town.phone("Baraka").dial().press("5").screen.startswith("You have KES 250")


def test_V_08_talks_and_tallies_are_forgotten_and_the_books_are_not(town: Town) -> None:
    """A month later nothing is left of a talk and its screens; people, entries and receipts are all there."""
    town.phone("Amina").dial().press("1", "0722000002", "100", PINS["Amina"]).end()
    town.phone("Amina").sms("BAL")

    def kept(kind: type) -> int:
        return len(town.app.read(lambda unit: unit.rows.find(kind, limit=1000)))

    before = {kind: kept(kind) for kind in (Person, Notice)}
    assert kept(Conversation) > 0
    assert kept(Tally) > 0
    town.wait(days=3)
    left = town.app.read(lambda unit: unit.rows.find(Tally, limit=1000))
    assert [row for row in left if row.at < town.now - timedelta(days=2)] == []
    assert kept(Conversation) > 0
    town.wait(days=28)
    assert kept(Conversation) == 0
    assert all(kept(kind) >= before[kind] for kind in (Person, Notice))  # a payday has come, and told its agent
    person = town.person("Amina")
    assert town.app.read(lambda unit: statement(unit, wallet_of(person), limit=5))[0].amount == -10_000


def test_G_07_peer_10_whatever_waits_for_its_time_has_somebody_who_comes(town: Town) -> None:
    """Messages, cash set aside, jobs: an hour later none waits; and while nobody comes, the age is told."""
    assert {record.kind for record in RECORDS if record.due} == {
        *(Notice, Withdrawal, Challenge, Timer, PinReset, Pending, Case, Request, SimCheck, Payday, Erasure),
        *(Till, Reservation, Order, Standing, Subscription, Meter, SellerPayday, Payout, Removal, Pot, Vetting),
    }
    town.phone("Amina").dial().press("2", "100016", "50", PINS["Amina"])
    amina = town.phone("Amina")
    amina.sms("SEND 30 0722000002")
    code = amina.inbox()[-1].split("Answer ")[1][:7]
    town.phone("Baraka").dial().press("1", "0711000001", "20", PINS["Baraka"])
    town.now += timedelta(hours=1)
    assert town.app.ages()["outbox"] >= 3_600
    assert waiting(town, Withdrawal, "waiting") == 1
    town.work()
    assert town.app.ages() == {"outbox": 0, "seal": 0}
    assert [waiting(town, Notice, state) for state in ("queued", "sending")] == [0, 0]
    assert waiting(town, Withdrawal, "waiting") == 0
    late = town.app.read(lambda unit: unit.rows.due(Timer, before=unit.now))
    assert {timer.name for timer in late} == {CLOCK, "funds ke"}  # which only remember what time it was
    before = town.balance("Amina")
    amina.sms(code)  # nobody tidies these away: time alone decides
    assert town.balance("Amina") == before


def waiting(town: Town, kind: type, state: str) -> int:
    return len(town.app.read(lambda unit: unit.rows.due(kind, before=unit.now, state=state)))
