"""The canary: a payment of the operator's own tells whether a release may have traffic."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from werkzeug.serving import make_server

from service.app import make_app, make_web
from service.ledger import entry
from tests.cli.conftest import Senti, _own_log, loaded, senti
from tests.hostile.crowd import Silent
from tests.phone import demo_settings

__all__ = ["_own_log", "loaded", "senti"]

AMINA, BARAKA = "+254711000001", "+254722000002"
PINS = "4071\n5182\n"
Wsgi = Callable[[dict[str, Any], Any], Any]


@contextmanager
def release(senti: Senti, wrong: Callable[[Wsgi], Wsgi] = lambda app: app) -> Iterator[str]:
    """Serve the demo, with a fault if one is given; yield the address."""
    countries = tuple(senti.environment.get("SENTI_COUNTRIES", "ke").split(","))
    app = make_app(demo_settings(database_url=senti.environment["SENTI_DATABASE_URL"], countries=countries))
    server = make_server("127.0.0.1", 0, wrong(make_web(app).wsgi_app), threaded=True, request_handler=Silent)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        app.store.close()


def no(senti: Senti, url: str, status: int = 1) -> str:
    return senti.no("canary", AMINA, BARAKA, "--url", url, typed=PINS, status=status)


def test_O_09_a_sound_release_is_paid_there_and_back(senti: Senti) -> None:
    """Each hop with its time; the money is back, but for what the tariff takes; the metrics say when it sang."""
    with release(senti) as url:
        before = senti.json("statement", AMINA)["balance"]
        for _ in range(2):  # at once again: it is not asked whether it was meant twice
            said = senti.says("canary", AMINA, BARAKA, "--url", url, typed=PINS)
            assert "The canary sings" in said
            assert len([line for line in said.splitlines() if ", hop " in line]) >= 5 + 5 + 4
        assert senti.json("statement", AMINA)["balance"] == before
    app = make_app(demo_settings(database_url=senti.environment["SENTI_DATABASE_URL"]))
    assert app.ages()["canary"] < 60
    assert "senti_canary_age_seconds" in app.metrics.text().decode()
    app.store.close()
    assert senti.json("audit")["sound"]


def test_O_09_a_canary_sends_the_least_that_can_be_sent(tmp_path: Path) -> None:
    """In Uganda that is 500 shillings, which have no cents; each way costs 100."""
    senti = Senti(tmp_path / "senti.db", SENTI_COUNTRIES="ug")
    senti.says("migrate")
    phones = ("+256772000001", "+256772000002", "+256772000003")
    for place, (phone, pin) in enumerate(zip(phones, ("4071", "5182", "7304"), strict=True)):
        about = ("--name", "Okello Moses", "--id-number", f"1234567{place}", "--pin-stdin")
        senti.says("person", "register", phone, *about, typed=f"{pin}\n")
    agent = senti.says("agent", "add", phones[2], "--name", "Duka", "--place", "Kampala").strip()
    senti.approved("float", "issue", agent, "900,000", "--bank-ref", "B1")
    for number in ("0772000001", "0772000002"):
        senti.says("dial", phones[2], "*284*97#", typed=f"1\n{number}\n5000\n7304\n")
    with release(senti) as url:
        assert "The canary sings" in senti.says("canary", *phones[:2], "--url", url, typed=PINS)
    balances = [senti.json("statement", phone)["balance"] for phone in phones[:2]]
    assert balances == [5_000 - 600, 5_000 - 600]  # each has paid the other for the first time: that can be taken back


def test_O_09_a_release_that_does_not_pay_is_found(senti: Senti) -> None:
    """Nobody is there, the door is shut, the last screen is a trouble, or no answer is one."""
    assert "did not answer" in no(senti, "http://127.0.0.1:1")
    with release(senti) as url:
        assert "SENTI_AFRICASTALKING_ALLOWED_ADDRESSES" in no(senti, f"{url}/elsewhere")
        assert "Wrong PIN" in senti.no("canary", AMINA, BARAKA, "--url", url, typed="9999\n5182\n")
        assert "PIN of each" in senti.no("canary", AMINA, BARAKA, "--url", url, typed="\n", status=2)

    def mute(_: Wsgi) -> Wsgi:
        def said(_: dict[str, Any], start: Any) -> Any:
            start("200 OK", [])
            return [b"hello"]

        return said

    with release(senti, mute) as url:
        assert "what no gateway understands" in no(senti, url)


@pytest.mark.tampers
def test_O_09_a_release_that_pays_other_than_it_says_is_found(senti: Senti) -> None:
    """A cent goes astray between the payment and its screen: the balances are compared with the entry."""

    def astray(app: Wsgi) -> Wsgi:
        def wrong(environ: dict[str, Any], start: Any) -> Any:
            answer = b"".join(app(environ, start))
            if b"Ref" in answer:
                senti.tamper(
                    "UPDATE accounts SET balance = balance - 1 WHERE id LIKE 'ke:wallet:%' AND balance > 100000"
                )
            return [answer]

        return wrong

    with release(senti, astray) as url:
        assert "the balances changed by" in no(senti, url)


def test_L_14_O_09_a_release_that_pays_too_much_is_found(senti: Senti, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever decides has forgotten the floor: the quote may still refuse, and the books are asked themselves."""

    def careless(asked: entry.Entry, balances: Any, counters: Any) -> Any:
        try:
            return decide(asked, balances, counters)
        except entry.NotEnough:
            return decide(asked, {account: balance + 10**6 for account, balance in balances.items()}, counters)

    decide = entry.apply
    with release(senti) as url:
        monkeypatch.setattr("service.storage.sqlite.apply", careless)
        assert "the books would post more than there is" in no(senti, url)
