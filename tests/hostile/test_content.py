"""Content on every engine: the last code for one of many, tabs that many write at once, and talks that are repeated."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TypeVar

from service.ledger.chart import Kind
from service.ledger.entry import Account
from service.money import MILLION
from service.refusal import Refusal
from service.storage.store import Busy
from service.wallet.buy import buy, quote_buy
from service.wallet.item import AccessCode, Bought, Item, SoldOut, Tab, load_codes, new_item, turn_sale
from service.wallet.meter import hear, open_meter, quote_meter, stop_meter, stop_silent
from service.wallet.metered import Meter
from service.wallet.people import person_by_phone
from service.wallet.send import QuoteChanged
from service.wallet.subscription import Subscription, ask_subscription, begin, end, mind_subscriptions, quote_begin
from service.wallet.till import new_till
from service.wallet.unit import Person, Unit
from tests.hostile.test_receipts import assert_all_told
from tests.phone import NUMBERS, PINS, Phone, Town

T = TypeVar("T")

TILL, NEWS, PAPERS = "500017", "200014", "200022"
TAKINGS = Account("ke", Kind.TAKINGS, TILL)


def with_content(town: Town, *, price: int = 2_00 * MILLION, codes: int = 1) -> None:
    """Let Baraka sell a text, and so many codes."""

    def work(unit: Unit) -> None:
        new_till(unit, person_id=_person(unit, "Baraka").id, name="Habari Leo")
        both = {"till": TILL, "price": price, "days": 7}
        new_item(unit, kind="text", title="News of today", text="Rain in Nakuru.", **both)  # type: ignore[arg-type]
        papers = new_item(unit, kind="code", title="Exam papers", text="", **both)  # type: ignore[arg-type]
        load_codes(unit, papers, [f"AA-{number}" for number in range(codes)])

    town.app.transact(work)


def _person(unit: Unit, who: str) -> Person:
    found = person_by_phone(unit, NUMBERS[who])
    assert found is not None
    return found


def takings(town: Town) -> int:
    return town.app.read(lambda unit: unit.books.balance(TAKINGS))


def at_pin(town: Town, code: str = NEWS) -> Phone:
    """Return Amina's phone where it asks for the PIN of a purchase."""
    phone = town.phone("Amina").dial(typed=f"3*2*{code}")
    assert phone.screen.endswith("PIN:\n0 Back 00 Home")
    return phone


def persistent(work: Callable[[], T]) -> T:
    while True:
        try:
            return work()
        except Busy:
            continue


def at_once(town: Town, works: list[Callable[[Unit], T]]) -> Iterator[T | Refusal]:
    """Do all of it at one time, and yield what each gave or was refused with."""

    def one(work: Callable[[Unit], T]) -> T | Refusal:
        try:
            return persistent(lambda: town.app.transact(work))
        except Refusal as no:
            return no

    with ThreadPoolExecutor(len(works)) as pool:
        yield from pool.map(one, works)


def test_S_04_L_06_a_repeated_hop_buys_once(anywhere: Town) -> None:
    """The gateway asks again, and the talk is dialled anew: one entry, one receipt, and the words that it is done."""
    with_content(anywhere)
    phone = at_pin(anywhere)
    phone.press(PINS["Amina"])
    first = phone.screen
    assert first.startswith("Bought News of today.")
    phone.hop()
    assert phone.screen == first
    phone.dial()
    assert phone.screen.startswith("DONE: bought News of today, Ref ")
    assert (anywhere.balance("Amina"), takings(anywhere)) == (1_998_00, 2_00)
    assert_all_told(anywhere)


def test_S_15_content_that_is_sold_no_more_is_not_paid(anywhere: Town) -> None:
    """It was paused between the quote and the PIN: the buyer reads so, and has all their money."""
    with_content(anywhere)
    phone = at_pin(anywhere)
    anywhere.app.transact(lambda unit: turn_sale(unit, NEWS, "paused"))
    phone.press(PINS["Amina"])
    assert phone.screen.startswith("Nothing is sold under this code now.")
    assert (anywhere.balance("Amina"), takings(anywhere)) == (2_000_00, 0)


def test_L_06_the_last_code_goes_to_one_of_many(anywhere: Town) -> None:
    """Twenty purchases of ten codes at one time: each code is given out once, and who comes late pays nothing."""
    with_content(anywhere, codes=10)

    def one(unit: Unit) -> str:
        amina = _person(unit, "Amina")
        return buy(unit, buyer=amina, quote=quote_buy(unit, buyer=amina, code=PAPERS))[0].access

    got = list(at_once(anywhere, [one] * 20))
    given = [code for code in got if isinstance(code, str)]
    assert sorted(given) == [f"AA-{number}" for number in range(10)]
    assert {type(no) for no in got if not isinstance(no, str)} == {SoldOut}
    assert takings(anywhere) == 10 * 2_00
    left = anywhere.app.read(lambda unit: unit.rows.find(AccessCode, item=PAPERS, state="free"))
    assert not left


def test_L_06_two_at_once_lose_nothing_of_a_tab(anywhere: Town) -> None:
    """Twelve purchases of 0.7 cents at one time; one whose quote is not true any more asks again, as a person would."""
    with_content(anywhere, price=700_000)

    def one(unit: Unit) -> int:
        amina = _person(unit, "Amina")
        return buy(unit, buyer=amina, quote=quote_buy(unit, buyer=amina, code=NEWS))[0].paid

    done = 0
    while done < 12:
        got = list(at_once(anywhere, [one] * (12 - done)))
        assert {type(no) for no in got if not isinstance(no, int)} <= {QuoteChanged}
        done += sum(isinstance(paid, int) for paid in got)
    (tab,) = anywhere.app.read(lambda unit: unit.rows.find(Tab))
    assert takings(anywhere) * MILLION + tab.owed == 12 * 700_000
    assert anywhere.balance("Amina") == 2_000_00 - 8
    bought = anywhere.app.read(lambda unit: unit.rows.find(Bought))
    assert (len(bought), sum(row.paid for row in bought)) == (12, 8)


def test_what_is_put_up_at_once_has_codes_of_its_own(anywhere: Town) -> None:
    with_content(anywhere)

    def one(unit: Unit) -> str:
        return new_item(unit, till=TILL, kind="text", title="More", price=1, days=1, text="x").code

    got = list(at_once(anywhere, [one] * 8))
    assert len({code for code in got if isinstance(code, str)}) == 8
    assert len(anywhere.app.read(lambda unit: unit.rows.find(Item))) == 10


def test_V_01_access_codes_are_not_readable_where_they_are_kept(sqlite_url: str) -> None:
    """Nor in the messages and talks that hold them: a thief of the database sells nothing."""
    from tests.conftest import opened

    town = Town(store=opened(sqlite_url))
    with_content(town)
    phone = at_pin(town, PAPERS)
    phone.press(PINS["Amina"])
    assert "Code AA-0" in phone.screen
    town.store.close()
    with open(sqlite_url.removeprefix("sqlite:///"), "rb") as file:
        kept = file.read()
    assert b"AA-0" not in kept
    assert b"Exam papers" in kept, "titles are no secret"


def with_subscription(town: Town) -> str:
    """Let Amina have subscribed to a weekly paper that Baraka sells, and return its code."""
    with_content(town)

    def work(unit: Unit) -> str:
        sold = {"price": 70_00 * MILLION, "days": 7, "text": "All of it."}
        item = new_item(unit, till=TILL, kind="subscription", title="Weekly paper", **sold)  # type: ignore[arg-type]
        amina = _person(unit, "Amina")
        ask_subscription(unit, person=amina, quote=quote_buy(unit, buyer=amina, code=item.code))
        begin(unit, person=amina, quote=quote_begin(unit, person=amina, code=item.code))
        return item.code

    return town.app.transact(work)


def test_K_07_many_workers_renew_once(anywhere: Town) -> None:
    """Six at one instant, when the reminder is due and when the payment is: one of each."""
    with_subscription(anywhere)
    for days in (6, 1):
        anywhere.now += timedelta(days=days)
        list(at_once(anywhere, [mind_subscriptions] * 6))
    bought = anywhere.app.read(lambda unit: unit.rows.find(Bought))
    assert [row.paid for row in bought] == [70_00, 70_00]
    assert anywhere.balance("Amina") == 1_860_00
    keys = [notice.key for notice in anywhere.phone("Amina").notices()]
    assert (keys.count("sub_soon"), keys.count("sub_renewed")) == (1, 1)


def test_K_01_stop_and_a_renewal_at_one_instant_have_one_outcome_that_is_told(on_disk: Town) -> None:
    """Either nothing was taken, or what was taken is given back for all days but the one that has begun."""
    code = with_subscription(on_disk)
    on_disk.now += timedelta(days=6)
    on_disk.app.transact(mind_subscriptions)
    on_disk.now += timedelta(days=1)
    works: list[Callable[[Unit], object]] = [mind_subscriptions] * 3
    works.insert(1, lambda unit: end(unit, person=_person(unit, "Amina"), code=code))
    list(at_once(on_disk, works))
    on_disk.work()
    renewed = len(on_disk.app.read(lambda unit: unit.rows.find(Bought))) == 2
    assert on_disk.balance("Amina") == (1_920_00 if renewed else 1_930_00)
    keys = [notice.key for notice in on_disk.phone("Amina").notices()]
    assert (keys.count("sub_renewed"), keys.count("sub_stopped")) == (int(renewed), 1)
    (row,) = on_disk.app.read(lambda unit: unit.rows.find(Subscription))
    assert row.state == "ended"
    on_disk.wait(days=30)
    assert on_disk.balance("Amina") == (1_920_00 if renewed else 1_930_00)


def with_meter(town: Town, *, cap: int = 5_00) -> tuple[str, int]:
    """Let Amina run a meter at Baraka's till for a service of 0.3 cents a unit; return its code and the meter's id."""
    with_content(town)

    def work(unit: Unit) -> tuple[str, int]:
        item = new_item(unit, till=TILL, kind="metered", title="Calls", price=300_000, days=30, text="")
        amina = _person(unit, "Amina")
        quote = quote_buy(unit, buyer=amina, code=item.code)
        asked = quote_meter(unit, quote=quote, cap=cap, person=amina)
        return item.code, open_meter(unit, person=amina, quote=asked)[0].id

    return town.app.transact(work)


def test_L_20_a_meter_that_many_tell_of_and_stop_at_once_is_paid_once(anywhere: Town) -> None:
    """Twelve messages in any order, STOP among them and the worker beside: charged <= used <= cap, and one entry."""
    code, meter = with_meter(anywhere)
    works: list[Callable[[Unit], object]] = [
        lambda unit, seq=seq: hear(unit, till=TILL, meter_id=meter, seq=seq, total=seq * 100)  # type: ignore[misc]
        for seq in (3, 1, 2, 2, 5, 4, 4, 9, 8)
    ]
    works.insert(5, lambda unit: stop_meter(unit, _person(unit, "Amina"), code))
    works += [stop_silent, lambda unit: stop_meter(unit, _person(unit, "Amina"), code)]
    list(at_once(anywhere, works))
    (row,) = anywhere.app.read(lambda unit: unit.rows.find(Meter))
    assert row.state == "closed"
    assert row.used in range(0, 901, 100)
    assert row.charged == row.used * 300_000 // MILLION <= row.cap
    assert (anywhere.balance("Amina"), takings(anywhere)) == (2_000_00 - row.charged, row.charged)
    anywhere.work()
    keys = [notice.key for notice in anywhere.phone("Amina").notices()]
    assert (keys.count("meter_open"), keys.count("meter_done")) == (1, 1)


def test_S_05_a_talk_that_ends_in_mid_reading_is_stopped_by_time(anywhere: Town) -> None:
    """Nothing more is heard of the phone: the worker pays what was used and gives back the rest."""
    with_meter(anywhere)
    anywhere.wait(hours=1)
    assert anywhere.balance("Amina") == 2_000_00
    assert_all_told(anywhere)
