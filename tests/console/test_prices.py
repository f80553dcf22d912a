"""New prices: judged in words, shown with what they change, approved by another before their day, known everywhere."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from service.app import Unfit, make_app
from service.console.upload import packed as pack_up
from service.demo import load_demo_staff
from service.wallet.limits import OverSingle, limits_of, refuse_over
from service.wallet.logbook import every_note
from service.wallet.operator import approve, propose
from service.wallet.prices import AHEAD, PriceList, UnsoundPrices, judge_prices, values_of
from service.wallet.unit import Approval
from tests.conftest import DATABASES
from tests.console.conftest import Browser
from tests.console.test_approvals import row, seen
from tests.console.test_bulk import packed
from tests.countries.test_price_lists import SEND
from tests.phone import PINS, Town, demo_settings

SOON = SEND.replace("2027-01-01", "2026-11-24")
"""The towns of tests begin on the 22nd, at noon in Nairobi."""


def checked(browser: Browser, text: str) -> str:
    return browser.hand_in("/prices/check", text.encode(), country="ke").text


def proposed(browser: Browser, text: str = SOON) -> str:
    answer = browser.post("/propose/tariff", packed=pack_up(text), country="ke")
    assert answer.status_code == 303, browser.reads()
    return str(answer.headers["Location"]).rsplit("/", 1)[-1]


def lists(town: Town) -> list[PriceList]:
    return list(town.app.read(lambda unit: unit.rows.find(PriceList, country="ke")))


def fee(town: Town, amount: int = 300_00) -> int:
    return town.app.house.packs["ke"].charge("send", amount, town.now).published


def test_C_03_prices_are_changed_by_two_from_a_day_that_is_to_come(town: Town) -> None:
    """One hands in and reads what changes; another approves what they saw; until the day the old price is paid."""
    tariq, rita = Browser(town).log_in("tariq"), Browser(town).log_in("rita")
    page = checked(tariq, SOON)
    assert tariq.last is not None
    assert tariq.last.status_code == 200
    for said in ("The list is sound", "2026-11-24", "KES 100.01 – KES 500.00", "KES 7.00", "KES 8.00"):
        assert said in page, said
    assert lists(town) == []
    reference = proposed(tariq)
    version = seen(rita, reference)
    assert "KES 100.01 – KES 500.00" in rita.get(f"/approvals/{reference}").text
    assert "pays = 800" not in rita.reads(), "the text itself is not a fact"
    assert tariq.post(f"/approve/tariff/{reference}", seen=version).status_code == 409, "the maker"
    assert rita.post(f"/approve/tariff/{reference}", seen="0" * 32).status_code == 409
    assert lists(town) == []
    assert rita.post(f"/approve/tariff/{reference}", seen=version).status_code == 303
    (found,) = lists(town)
    assert (found.maker, found.checker, found.first, found.number) == ("tariq", "rita", "2026-11-24", 1)
    assert found.text == SOON
    town.app.renew_prices()
    assert fee(town) == 7_00
    town.now = datetime(2026, 11, 23, 20, 59, 59, tzinfo=UTC)
    assert fee(town) == 7_00
    town.now += timedelta(seconds=1)
    assert fee(town) == 8_00
    Browser(town).log_in("omar").get("/prices")
    told = [one.act for one in town.app.read(lambda unit: list(every_note(unit)))]
    assert {"make tariff", "approve tariff"} <= set(told)


def test_C_03_an_auditor_reads_later_what_a_list_has_changed(town: Town) -> None:
    """Each approved list leads to its act, which shows before and after as they were compared."""
    tariq, rita = Browser(town).log_in("tariq"), Browser(town).log_in("rita")
    for text in (SOON, SOON.replace("pays = 800", "pays = 900")):
        reference = proposed(tariq, text)
        rita.post(f"/approve/tariff/{reference}", seen=seen(rita, reference))
    omar = Browser(town).log_in("omar")
    places = re.findall(r'href="/console(/approvals/\w{10})">(\d)<', omar.get("/prices").text)
    assert [number for _, number in places] == ["2", "1"]
    second, first = (omar.get(place).text for place, _ in places)
    assert "KES 7.00" in first
    assert "KES 8.00" in first
    assert "KES 7.00" not in second
    assert "KES 9.00" in second


def test_K_07_every_process_sells_at_the_new_prices_without_a_restart(town: Town) -> None:
    """A process that was there before, one that starts after, and phones in both: the price of a day is one."""
    other = make_app(town.app.settings, store=town.store, now=lambda: town.now)
    tariq, rita = Browser(town).log_in("tariq"), Browser(town).log_in("rita")
    reference = proposed(tariq)
    rita.post(f"/approve/tariff/{reference}", seen=seen(rita, reference))
    late = make_app(town.app.settings, store=town.store, now=lambda: town.now)
    for app in (town.app, other):
        app.renew_prices()
        app.renew_prices()
    for app in (town.app, other, late):
        assert app.lists == {"ke": 1}
        for at, wanted in ((town.now, 7_00), (town.now + timedelta(days=2), 8_00)):
            assert app.house.packs["ke"].charge("send", 300_00, at).published == wanted
            assert app.countries["ke"].pack is app.house.packs["ke"]


def test_a_price_that_was_shown_is_never_another_that_is_taken(town: Town) -> None:
    """The last quote of the old day is refused at the PIN of the new one and quoted again; nobody pays unseen."""
    tariq, rita = Browser(town).log_in("tariq"), Browser(town).log_in("rita")
    reference = proposed(tariq)
    rita.post(f"/approve/tariff/{reference}", seen=seen(rita, reference))
    town.now = datetime(2026, 11, 23, 20, 59, 30, tzinfo=UTC)
    before = town.balance("Amina")
    amina = town.phone("Amina").dial().press("1", "0722000002", "300")
    assert "7" in amina.screen
    town.app.renew_prices()
    town.now += timedelta(seconds=45)
    amina.press(PINS["Amina"])
    assert town.balance("Amina") == before
    assert "8" in amina.screen, amina.screen
    amina.press(PINS["Amina"])
    assert town.balance("Amina") == before - 308_00


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SEND.replace("2027-01-01", "2026-11-22"), "the next day is 2026-11-23"),
        (SEND.replace("2027-01-01", "2024-01-01"), "the next day is 2026-11-23"),
        (SEND.replace("from = 10001", "from = 10002"), "gap, KES 100.01 to KES 100.01 is in no band"),
        (SEND.replace("pays = 800", "pays = 20000"), "as much as the amount or more"),
        (SEND.replace("pays = 800", "pays = -1"), "below zero"),
        (SEND.replace("to = 25000000", "to = 10000000"), "one payment may be more"),
        (SEND.replace('"send"', '"sned"'), "unknown service"),
        (SEND.replace('"ke"', '"ug"'), "not of &#39;ke&#39;"),
        (SEND.replace('source = "example"', 'source = " "'), "no source"),
        (SEND + 'tiers = "x"', "unknown tiers"),
        ("=HYPERLINK(1)", "Invalid"),
        ("[[charges]]\n<script>alert(1)</script>", "Invalid"),
    ],
)
def test_I_15_what_is_wrong_with_a_list_is_said_in_words_and_nothing_is_proposed(
    text: str, said: str, town: Town
) -> None:
    """The checker's words stand on the page as text; the same list is refused where it is proposed."""
    tariq = Browser(town).log_in("tariq")
    page = checked(tariq, text)
    assert said in page
    assert "<script" not in page
    assert packed(page) == "", "there is nothing to propose"
    assert tariq.post("/propose/tariff", packed=pack_up(text), country="ke").status_code == 409
    assert town.app.read(lambda unit: unit.rows.find(Approval, state="open")) == []


def test_the_menus_must_have_room_for_the_dearest_price(town: Town) -> None:
    """A charge of more digits than any screen has room for is refused by the proof, before anybody approves it."""
    tariq = Browser(town).log_in("tariq")
    last = "{ from = 50001, to = 25000000, pays = 10800 }"
    assert "The list is sound" in checked(
        tariq, SEND.replace(last, last + ", { from = 25000001, to = 30000000, pays = 10900 }")
    )
    page = checked(tariq, SEND.replace(last, last + ", { from = 25000001, to = 99999999999, pays = 24999999 }"))
    assert "menu: fits:" in page
    assert packed(page) == ""


def test_C_03_a_list_is_approved_an_hour_ahead_or_not_at_all(town: Town) -> None:
    """What was sound when it was proposed is too near when it is approved at midnight."""
    tariq, rita = Browser(town).log_in("tariq"), Browser(town).log_in("rita")
    reference = proposed(tariq)
    town.now = datetime(2026, 11, 23, 21, 0, tzinfo=UTC) - AHEAD + timedelta(minutes=1)
    rita = Browser(town).log_in("rita")
    assert rita.post(f"/approve/tariff/{reference}", seen=seen(rita, reference)).status_code == 409
    assert "the next day is" in rita.reads()
    made = row(town, reference)
    with pytest.raises(UnsoundPrices):
        town.app.transact(lambda unit: approve(unit, approval_id=made.id, checker="bob"))
    assert lists(town) == []


def test_C_04_an_act_of_another_kind_is_no_list_and_an_approved_list_is_over(town: Town) -> None:
    """The address of prices takes no other act; who comes second reads that it was decided."""
    tariq, rita = Browser(town).log_in("tariq"), Browser(town).log_in("rita")
    issued = tariq.post("/propose/issue", agent="100024", amount="5", bank_ref="FT 1").headers["Location"]
    assert rita.post(f"/approve/tariff/{issued.rsplit('/', 1)[-1]}", seen="x").status_code == 403
    reference = proposed(tariq)
    version = seen(rita, reference)
    assert rita.post(f"/approve/tariff/{reference}", seen=version).status_code == 303
    assert rita.post(f"/approve/tariff/{reference}", seen=version).status_code == 409
    assert "somebody has decided it" in rita.reads()


@pytest.fixture
def database(engine: str, store_url: str) -> str:
    return store_url


@pytest.mark.parametrize("engine", DATABASES)
def test_C_04_of_two_lists_over_the_same_prices_one_is_approved(database: str) -> None:
    """Each was compared with the prices of now: when one is approved, the other is compared anew."""
    settings = demo_settings(database_url=database)
    town = Town(store=make_app(settings).store, settings=settings)
    load_demo_staff(town.app.transact)
    tariq, rita = Browser(town).log_in("tariq"), Browser(town).log_in("rita")
    one, other = proposed(tariq), proposed(tariq, SOON.replace("pays = 800", "pays = 900"))
    versions = seen(rita, one), seen(rita, other)
    assert rita.post(f"/approve/tariff/{other}", seen=versions[1]).status_code == 303
    assert rita.post(f"/approve/tariff/{one}", seen=versions[0]).status_code == 409
    assert "hand it in again" in rita.reads()
    assert [found.number for found in lists(town)] == [1]
    again = make_app(settings)
    at = town.now + timedelta(days=2)
    assert again.house.packs["ke"].charge("send", 300_00, at).published == 9_00
    again.store.close()
    town.store.close()


def test_a_list_that_this_release_cannot_sell_at_stops_the_start(town: Town) -> None:
    """A list that was forged into the table, or of another release, is named; nobody serves half of it."""
    forged = PriceList(
        id="ke:1", country="ke", number=1, text=SEND.replace("from = 10001", "from = 10002"), first="2027-01-01",
        approval=1, maker="ann", checker="bob", at=town.now,
    )  # fmt: skip
    town.app.transact(lambda unit: unit.rows.append(forged))
    with pytest.raises(Unfit, match=r"price list ke:1: tariff: .* gap"):
        make_app(town.app.settings, store=town.store)
    with pytest.raises(Unfit):
        town.app.renew_prices()
    assert fee(town) == 7_00


def test_what_is_exported_can_be_handed_in_again_and_changes_nothing(town: Town) -> None:
    """The export is a file to be saved, of a country that is served, and says the prices of now."""
    omar, tariq = Browser(town).log_in("omar"), Browser(town).log_in("tariq")
    answer = omar.get("/prices/ke.toml")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "it changes nothing" in checked(tariq, answer.text)
    assert omar.get("/prices/ug.toml").status_code == 404


def test_a_tax_that_ended_may_be_said_to_have_ended(town: Town) -> None:
    """Days gone by are changed only where less of a tax beside the charge was due: refunds make that good."""
    levy = (
        'country = "ke"\n[[taxes]]\nname = "levy"\nbase = "send"\nbasis_points = 100\nrounding = "up"\n'
        'valid_from = {}\nsource = "example"\n'
    )
    begun = town.app.read(
        lambda unit: values_of(
            unit, "ke", levy.format("2026-11-24"), judge_prices(unit, "ke", levy.format("2026-11-24"))
        )
    )
    made = town.app.transact(lambda unit: propose(unit, act="tariff", values=begun, maker="ann"))
    town.app.transact(lambda unit: approve(unit, approval_id=made.id, checker="bob"))
    town.now += timedelta(days=9)
    ended = levy.format("2026-11-24\nvalid_to = 2026-11-25")
    verdict = town.app.read(lambda unit: judge_prices(unit, "ke", ended))
    assert verdict.problems == []
    assert {one.first.isoformat() for one in verdict.changes} == {"2026-11-26"}
    more = levy.format("2026-11-23")
    assert town.app.read(lambda unit: judge_prices(unit, "ke", more)).problems
    assert begun["list"] == 1


def test_C_03_limits_of_a_tier_go_the_road_of_prices(town: Town) -> None:
    """Shown bound by bound before and after, approved by another as they were shown; a payment goes by them from their
    day on, and days gone by and today are not changed.
    """
    lowered = (
        'country = "ke"\n[[tier_limits]]\ntier = 2\nvalid_from = 2026-11-24\nsingle = 75_000_00\nday = 80_000_00\n'
        'balance = 450_000_00\ntills = 5\nsource = "example"\n'
    )
    tariq, rita = Browser(town).log_in("tariq"), Browser(town).log_in("rita")
    page = checked(tariq, lowered)
    for said in ("3 limits of tiers change", "KES 250,000.00", "KES 75,000.00", "2026-11-24", "Largest balance"):
        assert said in page, said
    assert "changes from 2026-11-22" in checked(tariq, lowered.replace("2026-11-24", "2026-11-22"))
    reference = proposed(tariq, lowered)
    assert "KES 75,000.00" in rita.get(f"/approvals/{reference}").text
    assert rita.post(f"/approve/tariff/{reference}", seen=seen(rita, reference)).status_code == 303
    town.app.renew_prices()
    amina = town.person("Amina")

    def single() -> int:
        return town.app.read(lambda unit: limits_of(unit, amina)).single

    assert single() == 250_000_00
    assert "2026-11-24" in tariq.get("/prices").text
    town.wait(days=2)
    assert single() == 75_000_00
    with pytest.raises(OverSingle):
        town.app.transact(lambda unit: refuse_over(limits_of(unit, amina), 75_000_01))
    assert "KES 75,000.00" in Browser(town).log_in("omar").get("/prices").text
