import re
from dataclasses import replace
from pathlib import Path

import pytest

import menus
from service import countries
from service.ussd.text import load_words
from tests.cli.conftest import Senti


def test_the_menus_are_proven_in_numbers(senti: Senti) -> None:
    said = senti.says("menus", "check")
    of_kenya, *_, in_all = said.splitlines()
    numbers = r"ke: proven\. \d+ screens, \d+ messages, \d languages \(en, sw, fr.*\), \d+ rules, gateways "
    assert re.match(numbers, of_kenya)
    unread = sorted(path.stem for path in menus.TEXT.glob("*.toml") if not load_words(path).reviewed)
    assert {"fr", "sw"} <= set(unread)
    assert in_all.endswith(f"Read by no speaker yet, so off in production: {', '.join(unread)}.")


def test_a_menu_that_does_not_fit_is_said_with_its_place(
    senti: Senti, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in menus.TEXT.glob("*.toml"):
        text = path.read_text("utf-8")
        (tmp_path / path.name).write_text(text.replace('"Send to which number?"', f'"{"Send to? " * 20}"'))
    monkeypatch.setattr(menus, "TEXT", tmp_path)
    assert re.search(r"ke: fits: send\.to in en is \d+ septets too long", senti.no("menus", "check"))
    assert "menu: fits: send.to in en" in senti.no("books", status=2)


def test_the_map_is_drawn(senti: Senti, tmp_path: Path) -> None:
    senti.says("menus", "draw", "--to", str(tmp_path / "map.md"))
    assert (tmp_path / "map.md").read_text().startswith("# The map of the menus")


def test_the_tariff_is_sound_and_its_worst_split_is_said(senti: Senti) -> None:
    said = senti.says("tariff", "check")
    assert said.startswith("ke: sound. 10 tables, 1 taxes.\n")
    assert "send: paying in pieces saves at most KES 108.00, of KES 20,000.01" in said
    assert "withdraw: paying in pieces saves at most KES 70.00, of KES 35,000.01" in said
    assert "sale: paying in pieces saves at most KES 200.00, of KES 40,000.00" in said
    assert "commission of withdraw: pieces of a day's sum earn what the sum earns" in said


def test_the_tariff_of_one_country_is_checked_served_or_not(senti: Senti) -> None:
    said = senti.says("tariff", "check", "--country", "gh")
    assert said.startswith("gh: sound. 10 tables, 2 taxes.\n")
    assert "send: paying in pieces saves at most GHS 7.50, of GHS 5,000.01" in said
    assert "ke" not in senti.says("tariff", "check", "--country", "ug").split(":")[0]
    assert "there are: gh, ke, ug" in senti.no("tariff", "check", "--country", "KE", status=2)


def test_the_pack_says_what_a_payment_costs_on_any_day(senti: Senti) -> None:
    """The e-levy of Ghana counts until the last instant of 1 April 2025; asked of a country that is not served."""
    of_ghana = ("tariff", "show", "send", "300", "--country", "gh", "--at")
    before, after = senti.json(*of_ghana, "2025-04-01"), senti.json(*of_ghana, "2025-04-02")
    assert before == {
        "country": "gh", "currency": "GHS", "service": "send", "day": "2025-04-01", "amount": 300_00, "fee": 75,
        "excise": 0, "levy": 3_00, "total": 303_75, "cash": 5_00,
    }  # fmt: skip
    assert after == before | {"day": "2025-04-02", "levy": 0, "total": 300_75}
    assert "KES 507.00" in senti.says("tariff", "show", "send", "500")
    assert "known from 2022-01-01" in senti.no(*of_ghana, "2021-12-31")
    assert "Only from KES 50 to KES 250,000." in senti.no("tariff", "show", "withdraw", "20")
    # In the money of the country that was asked about, not of the one that is served.
    assert "Only from UGX 500 to UGX " in senti.no("tariff", "show", "send", "200", "--country", "ug")
    assert "how much?" in senti.no("tariff", "show", "send", status=2)
    assert "what is priced?" in senti.no("tariff", "show", "--at", "2025-04-01", status=2)


def test_a_gap_in_the_tariff_is_said_with_its_place(
    senti: Senti, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack = countries.load_pack("ke")
    table = pack.charges[0]
    broken = countries.Tariff(table.service, table.valid_from, None, table.source, (table.bands[0], *table.bands[2:]))
    monkeypatch.setattr(countries, "load_pack", lambda _: replace(pack, charges=(broken, *pack.charges[1:])))
    said = senti.no("tariff", "check")
    assert f"ke.toml: {table.service} from {table.valid_from}, band 2: gap" in said


def test_prices_are_shown_with_their_dates(senti: Senti) -> None:
    (country,) = senti.json("tariff", "show")["countries"]
    assert country["currency"] == "KES"
    assert {table["service"] for table in country["charges"]} == {
        "send", "pay", "bill", "airtime", "withdraw", "cash_in", "bulk"
    }  # fmt: skip
    assert all(table["valid_from"] for table in country["charges"] + country["commissions"] + country["taxes"])
    assert "ke price of send, from 20" in senti.says("tariff", "show")
