from datetime import timedelta
from pathlib import Path

import pytest

from service import clock
from service.app import make_app
from service.jobs import errands
from service.settings import Settings
from tests.cli.conftest import Senti
from tests.fakes.providers import stand_in


@pytest.fixture
def stuck(senti: Senti, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the reference of a bill of which nobody has heard for hours."""
    senti.environment["SENTI_DEMO_PROVIDERS_URL"] = stand_in().url
    stand_in().forget()
    screen = senti.sent("+254711000001", "3", "1", "1", "12345678985", "100", "4071")
    reference = screen.rsplit("Ref ", 1)[1][:10]
    settings = Settings(
        _env_file=None,  # type: ignore[call-arg]
        database_url=senti.environment["SENTI_DATABASE_URL"],  # type: ignore[arg-type]
        pin_memory_kib=8,
        demo_providers_url=stand_in().url,
    )
    began = clock.now()
    for hours in (0, 2):
        app = make_app(settings, now=lambda: began + timedelta(hours=hours))  # noqa: B023
        for job in errands(app):
            while job():
                pass
        app.store.close()
    return reference


def test_what_is_owed_to_a_biller_is_paid_out_by_two_people(senti: Senti, stuck: str) -> None:
    """Never more than is owed, and one payment at the bank counts once."""
    assert "nothing was ever owed" in senti.no("provider", "pay", "stima", "50", "--bank-ref", "N 1", "--by", "ann")
    senti.approved("order", "settle", stuck)
    (row,) = senti.json("provider", "list")
    assert row == {"country": "ke", "provider": row["provider"], "owed": 100_00}
    assert "KES 100.00" in senti.says("provider", "list")
    pay = ("provider", "pay", row["provider"])
    senti.approved(*pay, "60", "--bank-ref", "N 1")
    for amount, reference in (("40.01", "N 2"), ("40", "n-1")):
        made = senti.says(*pay, amount, "--bank-ref", reference, "--by", "ann").strip()
        senti.no("approve", made, "--by", "bob")
    made = senti.says(*pay, "40", "--bank-ref", "N 3", "--by", "ann").strip()
    assert f"provider {row['provider']}, amount KES 40.00, bank_ref N 3" in senti.says("approve", made)
    assert "balance KES 0.00" in senti.says("approve", made, "--by", "bob")
    assert senti.json("provider", "list")[0]["owed"] == 0
    assert senti.json("audit")["sound"]


def test_an_order_of_which_nobody_has_heard_is_ended_by_two_people(senti: Senti, stuck: str) -> None:
    (listed,) = senti.json("order", "list")
    assert (listed["order"], listed["stuck"], listed["account"]) == (stuck, True, "***985")
    assert "12345678985" in senti.says("order", "show", stuck, "--reveal")
    assert stuck in senti.says("order", "list")
    made = senti.says("order", "settle", stuck, "--by", "ann").strip()
    senti.no("approve", made, "--by", "ann")
    assert len(senti.json("order", "list")) == 1
    senti.says("approve", made, "--by", "bob")
    assert senti.json("order", "list") == []
    assert senti.json("order", "list", "--state", "done")[0]["order"] == stuck
    assert "Paid KES 100.00 to Stima Power" in senti.says("inbox", "+254711000001")
    senti.no("order", "return", stuck, "--by", "ann")
    assert senti.json("audit")["sound"]
    assert senti.json("case", "list") == []


def test_what_was_not_done_is_given_back_by_two_people(senti: Senti, stuck: str) -> None:
    made = senti.says("order", "return", stuck, "--by", "ann").strip()
    second = senti.says("order", "settle", stuck, "--by", "ann").strip()
    senti.says("approve", made, "--by", "bob")
    senti.no("approve", second, "--by", "bob")  # whoever is first has decided it
    assert senti.json("person", "show", "+254711000001")["balance"] == 2_000_00
    assert senti.json("audit")["sound"]


def test_an_order_that_is_still_asked_about_is_not_for_staff(senti: Senti, tmp_path: Path) -> None:
    senti.environment["SENTI_DEMO_PROVIDERS_URL"] = stand_in().url
    screen = senti.sent("+254711000001", "4", "1", "100", "4071")
    reference = screen.rsplit("Ref ", 1)[1][:10]
    senti.no("order", "return", reference, "--by", "ann")
    assert "is no bill" in senti.no("order", "show", "QQQQQQQQQQ")
