"""The product is proven, its map is current, and every refusal has words."""

import importlib
import pkgutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import menus
from menus import product, proof
from menus.call import Call
from menus.fields import fields, sms_fields
from menus.prices import saving
from service import wallet
from service.countries import cash_cost, cheaper_nearby, every_country, load_pack
from service.gateways.africastalking import AfricasTalking
from service.gsm7 import septets
from service.refusal import Refusal, every_refusal
from service.ussd.draw import draw
from service.ussd.screens import Ask
from service.ussd.text import clean, fill, render_sms
from service.wallet.staff import StaffRefusal

PACK = load_pack("ke")
TALK = product(PACK, b"proof")
MAP = Path(menus.__file__).parent / "map.md"


@pytest.mark.parametrize("country", every_country())
def test_the_product_is_proven_in_every_country(country: str) -> None:
    pack = load_pack(country)
    assert proof(product(pack, b"proof"), pack, [AfricasTalking.limit]) == []


def test_the_map_is_current() -> None:
    assert MAP.read_text("utf-8") == draw(TALK), "run `senti menus draw`"


@pytest.mark.parametrize("language", PACK.languages)
def test_every_refusal_has_words(language: str) -> None:
    importlib.import_module("service.app")  # everything that may refuse is loaded
    for module in pkgutil.iter_modules(wallet.__path__):
        importlib.import_module(f"service.wallet.{module.name}")
    ours = {no.code for no in every_refusal() if no.__module__.startswith(("service", "menus"))}
    ours -= {StaffRefusal.code} | {no.code for no in every_refusal(StaffRefusal)}  # for staff alone: tests/console
    said = {code for code, words in TALK.words[language].no.items() if words.strip()}
    assert ours == said


def test_no_field_takes_the_keys_of_the_engine() -> None:
    call = Call(None, PACK, "+254711000001")  # type: ignore[arg-type]
    for screen in TALK.screens.values():
        if isinstance(screen, Ask):
            for key in ("0", "00"):
                assert screen.field.read is not None
                with pytest.raises(Refusal):
                    screen.field.read(key, call)


AMOUNTS = st.integers(0, 9_999_999_999)
TEXTS = st.text(max_size=200)
SHOWN = {**fields(PACK, b"k" * 32), **{f"sms {name}": field for name, field in sms_fields(PACK, b"k" * 32).items()}}
LIMITS = {"single", "day_limit", "most_balance", "month_limit"}
PRICES = {"fee", "excise", "cash", "cash_paid", "cash_only", "nearby", "saved"} | LIMITS
"""On screens as wide as the tables of the country make them: see below."""
NUMBERS = {
    name
    for name, field in SHOWN.items()
    if isinstance(field.widest, int) and name.split()[-1] != "tries" and name not in PRICES
}
WORDS = {name for name, field in SHOWN.items() if set(str(field.widest)) == {"W"}}


@given(amount=AMOUNTS)
def test_no_number_is_shown_wider_than_its_widest(amount: int) -> None:
    for name in NUMBERS:
        field = SHOWN[name]
        value = min(amount, abs(field.widest))
        assert _width(field.show(value)) <= _width(field.show(field.widest)), name


@pytest.mark.parametrize("country", every_country())
def test_no_limit_of_any_country_is_shown_wider_than_its_widest(country: str) -> None:
    """Those of a tier, of a new PIN and of a SIM that is not looked at yet: there are no others on a screen."""
    pack = load_pack(country)
    shown = fields(pack, b"k" * 32)
    bounds = [bound for tier in pack.tiers.values() for bound in tier if bound is not None]
    for bound in (*bounds, pack.new_pin_single, pack.new_pin_day, pack.sim_check_above):
        for name in LIMITS:
            field = shown[name]
            if field.widest is not None:
                assert _width(field.show(bound)) <= _width(field.show(field.widest)), name
    left = shown["month_left"]
    if left.widest is not None:
        month = max(tier.month or 0 for tier in pack.tiers.values())
        assert _width(left.show(month - 1)) <= _width(left.show(left.widest))


@pytest.mark.parametrize("country", every_country())
@pytest.mark.parametrize("day", [datetime(2024, 1, 1, 12, tzinfo=UTC), datetime(2026, 11, 22, tzinfo=UTC)], ids=str)
def test_no_price_of_any_country_is_shown_wider_than_its_widest(country: str, day: datetime) -> None:
    pack = load_pack(country)
    show = product(pack, b"proof").show
    edges = [
        band.most for service in ("send", "withdraw") for band in pack.bands(service, day) if band.pays is not None
    ]
    for amount in {edge + minor for edge in edges for minor in (-101, -1, 0, 1, 37, 101, pack.tip_within)}:
        for service in ("send", "withdraw"):
            least, most = pack.reach(service, day)
            if not least <= amount <= most:
                continue
            charge, tip = pack.charge(service, amount, day), cheaper_nearby(pack, amount, day)
            values: dict[str, Any] = {"amount": amount, "fee": charge.published, "pays": amount + charge.total}
            values |= {"excise": charge.excise, "levy": charge.levy, "most_now": amount}
            values |= dict.fromkeys(("cash", "cash_paid", "cash_only"), cash_cost(pack, amount, day))
            values |= {"nearby": tip.amount if tip else 0, "saved": saving(pack, amount, tip, day)}
            assert all(show(values)(name) or not value for name, value in values.items())


def test_a_tip_says_what_the_payer_saves_and_what_the_payee_does() -> None:
    """The payer sees their own total: what the other side saves is not to be found in it."""
    day, words = datetime(2026, 11, 22, 12, tzinfo=UTC), fields(PACK, b"k" * 32)["saved"]
    told = {}
    for amount in (1_001_00, 2_501_00, 35_001_00, 1_000_00):
        found = saving(PACK, amount, tip := cheaper_nearby(PACK, amount, day), day)
        told[amount] = words.show(found)
        if tip:
            totals = [paid + PACK.charge("send", paid, day).total for paid in (amount, tip.amount)]
            assert found[0] == totals[0] - totals[1] - (amount - tip.amount)
            assert sum(found) == tip.saves
    assert told == {1_001_00: "10", 2_501_00: "20+23", 35_001_00: "0+81", 1_000_00: ""}


@given(text=TEXTS)
def test_no_text_is_shown_wider_than_its_widest(text: str) -> None:
    for name in WORDS:
        field = SHOWN[name]
        shown = clean(field.show(text))
        assert septets(shown) is not None, f"{name} leaves the alphabet: {shown!r}"
        assert _width(shown) <= _width(field.show(field.widest)), name


def _width(text: str) -> int:
    width = septets(clean(text))
    assert width is not None, text
    return width


def test_what_the_release_before_has_queued_can_still_be_written() -> None:
    """It knew no tax on an amount: nothing is said of one. Any other value that is missing is a bug, not a gap."""
    at = "2026-11-22T09:00:00+00:00"
    sent = {"reference": "88T95XLUE6", "amount": 500_00, "name": "BARAKA M", "number": "0722***002", "fee": 7_00}
    text = render_sms(TALK, "sent", {**sent, "balance": 1_493_00, "at": at}, "en")
    assert (
        text == "88T95XLUE6 Sent KES 500.00 to BARAKA M 0722***002. Fee KES 7.00. Balance KES 1,493.00. 22/11/26 12:00"
    )
    quoted = {"amount": 500_00, "name": "BARAKA M", "fee": 7_00, "excise": 91, "total": 507_00}
    assert "Tax" not in fill(TALK.words["en"].screens["send.pin"]["text"], TALK.show(quoted))
    with pytest.raises(KeyError):
        render_sms(TALK, "sent", sent, "en")
