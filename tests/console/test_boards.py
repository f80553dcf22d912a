"""Dashboards: the figures are what happened, for the eye and for a spreadsheet; and alarms ring though nobody looks."""

import csv
import io
from datetime import timedelta

import pytest
import structlog
from structlog.testing import capture_logs

from service.console.boards import THEMES, quantile
from service.wallet.board import mind_gateways
from service.wallet.minute import Minute, Minutes, minutes
from tests.console.conftest import Browser
from tests.console.test_treasury import upload
from tests.phone import Town


def table(browser: Browser, theme: str, name: str) -> list[list[str]]:
    answer = browser.get(f"/boards/{theme}/{name}.csv")
    assert answer.status_code == 200
    return list(csv.reader(io.StringIO(answer.text)))[1:]


def test_what_was_paid_stands_in_its_minute(town: Town) -> None:
    town.wait(minutes=5)  # the demo's own payments stand in its first minute
    amina = town.phone("Amina")
    amina.dial().press("1", "1", "100", "4071")
    amina.dial().press("1", "1", "200", "9999")
    paid_at = town.now
    town.wait(minutes=1)
    tariq = Browser(town).log_in("tariq")
    rows = {row[0]: row[1:3] for row in table(tariq, "traffic", "flows-ke")}
    assert len(rows) == 60
    assert rows[paid_at.strftime("%Y-%m-%dT%H:%M:00+00:00")] == ["1", "100.00"]
    assert table(tariq, "traffic", "refused") == [["wrong_pin", "1"]]
    assert table(tariq, "traffic", "outcomes")[0][1] == "10"


@pytest.mark.parametrize("theme", THEMES)
def test_a_page_has_its_figures_without_a_script(theme: str, town: Town) -> None:
    rita = Browser(town).log_in("rita")
    page = rita.get(f"/boards/{theme}")
    assert "script-src 'self'; " in page.headers["Content-Security-Policy"]
    assert "script-src 'none'" in rita.get("/approvals").headers["Content-Security-Policy"]
    assert "<script>" not in page.text
    assert page.text.count("<h2>") == page.text.count(".csv")
    assert rita.get(f"/boards/{theme}/part").text in page.text.replace("\r", "")


def test_a_page_that_asks_by_itself_keeps_no_login_alive(town: Town) -> None:
    """A quarter of an hour without a hand at it ends a login, though its dashboard asks every ten seconds."""
    sara = Browser(town).log_in("sara")
    for _ in range(14):
        town.now += timedelta(minutes=1)
        assert sara.get("/boards/traffic/part").status_code == 200
    town.now += timedelta(minutes=2)
    answer = sara.get("/boards/traffic/part")
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/console/login")


def rung(town: Town) -> list[str]:
    with capture_logs() as heard:
        town.app.transact(lambda unit: mind_gateways(unit, ("africastalking",)))
    return [line["event"] for line in heard if line["log_level"] == "error"]


def test_O_12_a_gateway_that_says_nothing_is_heard_of(town: Town) -> None:
    """No hops for five minutes in trading hours: an alarm, once in ten minutes; at night none."""
    structlog.reset_defaults()
    assert rung(town) == [], "one that was never heard is not in use"
    town.phone("Amina").dial()
    town.wait(minutes=4)
    assert rung(town) == []
    town.now += timedelta(minutes=2)
    assert rung(town) == ["a gateway is silent"]
    assert rung(town) == []
    town.now += timedelta(minutes=10)
    assert rung(town) == ["a gateway is silent"]
    omar = Browser(town).log_in("omar")
    assert table(omar, "gateways", "gateways")[0][:2] == ["africastalking", "SILENT"]
    town.now += timedelta(hours=10)
    assert rung(town) == []


def test_O_12_talks_that_nearly_all_break_off_are_heard_of(town: Town) -> None:
    """Nine of ten talks end as Incomplete: it is the gateway that breaks them off, not people."""
    structlog.reset_defaults()
    for place in range(10):
        amina = town.phone("Amina").dial()
        amina.end("Success" if place == 0 else "Incomplete")
    with capture_logs() as heard:
        town.wait(seconds=30)  # the worker's own look comes within a minute
    assert "nearly all talks of a gateway break off" in [line["event"] for line in heard]


def test_minutes_of_several_processes_add_up_and_none_is_lost(town: Town) -> None:
    here, there = Minutes(lambda: town.now), Minutes(lambda: town.now)
    town.now += timedelta(minutes=3)
    here.add("posted", "ke send", value=500)
    there.add("posted", "ke send", value=70)

    def broken(work: object) -> object:
        raise OSError("the database is away")

    with pytest.raises(OSError, match="away"):
        here.write(broken)  # type: ignore[arg-type]
    town.now += timedelta(seconds=10)
    assert (here.write(town.app.transact), there.write(town.app.transact)) == (1, 1)
    here.add("posted", "ke send")
    assert here.write(town.app.transact) == 0, "not more often than every ten seconds"
    (row,) = town.app.read(lambda unit: [one for one in minutes(unit, "posted", last=2) if one.value])
    assert (row.count, row.value) == (2, 570)
    assert isinstance(row, Minute)


def test_half_and_nearly_all_are_within_the_upper_end_of_a_bucket() -> None:
    assert [quantile({5: 98, 10: 1, 50: 1}, hundredth) for hundredth in (50, 99, 100)] == [5, 10, 50]
    assert quantile({}, 50) is None


def test_I_12_what_was_issued_stands_beside_the_bank_s_balance_and_sums_as_numbers(town: Town) -> None:
    """An overdrawn account is a number below nothing in the file, too: a spreadsheet leaves out what is text."""
    tariq = Browser(town).log_in("tariq")
    assert upload(tariq, b"date,amount,balance,reference\n2026-11-22,-70,-70,FEE\n") == 303
    rows = {row[0]: row[1:] for row in table(tariq, "money", "issued-ke")}
    assert rows["At the bank, by its last statement"] == ["2026-11-22", "-70.00"]
