"""The worked example of Ghana on the command line: the levy of 2 April 2025 goes back, once."""

import json
from collections.abc import Callable
from datetime import UTC, datetime

from service.app import make_app
from service.countries import load_pack
from service.ledger.chart import Kind, Reason
from service.ledger.entry import Account, Entry, Move
from service.settings import Settings
from service.wallet.account import house_account, wallet_of
from service.wallet.people import person_by_phone
from service.wallet.send import charge_moves
from service.wallet.unit import Unit
from tests.cli.conftest import Senti

KOFI, AMA = "+233244000001", "+233244000002"
DAYS = ("--from", "2025-04-02", "--to", "2025-04-02")
LEVIED = datetime(2025, 4, 1, 9, 15, tzinfo=UTC)
MORNING = datetime(2025, 4, 2, 9, 15, tzinfo=UTC)


def ghana(elsewhere: Callable[..., Senti]) -> Senti:
    """Return the command on a database in which three payments of the old rule stand, two of them of 2 April."""
    senti = elsewhere("gh.db", SENTI_COUNTRIES="gh")
    senti.says("migrate")
    for phone, name in ((KOFI, "Kofi Mensah"), (AMA, "Ama Owusu")):
        senti.says("person", "register", phone, "--name", name, "--id-number", f"GHA{phone[-7:]}", typed="4071\n4071\n")
    shop = senti.says("agent", "add", AMA, "--name", "Ama Stores", "--place", "Accra").strip()
    url = senti.environment["SENTI_DATABASE_URL"]
    app = make_app(Settings(_env_file=None, countries=("gh",), database_url=url, pin_memory_kib=8))  # type: ignore[arg-type, call-arg]
    pack = load_pack("gh")

    def work(unit: Unit) -> None:
        kofi, ama = (wallet_of(person) for phone in (KOFI, AMA) if (person := person_by_phone(unit, phone)))
        till = Account("gh", Kind.FLOAT, shop)
        filled = (
            Move(house_account("gh", Kind.TRUST), till, 5_000_00, Reason.ISSUE),
            Move(till, kofi, 5_000_00, Reason.CASH_IN),
        )
        unit.books.post(Entry(id=unit.mint(), reason=Reason.CASH_IN, at=LEVIED, moves=filled))
        for at, amount in ((LEVIED, 100_00), (MORNING, 300_00), (MORNING, 50_00)):
            moves = (Move(kofi, ama, amount, Reason.SEND), *charge_moves(kofi, pack.charge("send", amount, LEVIED)))
            unit.books.post(Entry(id=unit.mint(), reason=Reason.SEND, at=at, moves=moves))

    app.transact(work)
    app.store.close()
    return senti


def test_the_levy_of_the_day_goes_back_in_one_reviewed_batch(elsewhere: Callable[..., Senti]) -> None:
    senti = ghana(elsewhere)
    looked = senti("refund", "--tax", "e-levy", *DAYS)
    assert looked.stdout == ""
    assert looked.stderr == "e-levy, 2025-04-02 to 2025-04-02: 2 payments, GHS 3.50 to give back.\n"
    made = senti.says("refund", "--tax", "e-levy", *DAYS, "--by", "ann").strip()
    assert "Who made it may not approve it." in senti.no("approve", made, "--by", "Ann")
    shown = senti.says("approve", made)
    assert "refund: country gh, tax e-levy, from 2025-04-02, to 2025-04-02, entries 2, amount GHS 3.50" in shown
    before = senti.json("statement", KOFI)["balance"]
    done = senti("approve", made, "--by", "bob")
    assert "2 of 2 payments, GHS 3.50 given back." in done.stderr
    assert senti.json("statement", KOFI)["balance"] == before + 3_50
    texts = [message["text"] for message in senti.json("inbox", KOFI) if "given back" in message["text"]]
    assert len(texts) == 2
    again = senti("approve", made, "--by", "bob")
    assert "2 of 2 payments" in again.stderr
    assert senti.json("statement", KOFI)["balance"] == before + 3_50
    assert "0 payments" in senti("refund", "--tax", "e-levy", *DAYS, "--by", "ann").stderr
    # The payments stand in the books without their messages and their approvals; the refunds have theirs.
    problems = senti("audit", "--json")
    checks = {(one["check"], one["detail"].split()[0]) for one in json.loads(problems.stdout)["problems"]}
    assert checks <= {("everybody_was_told", "cash_in"), ("everybody_was_told", "send")}


def test_what_cannot_be_a_batch_is_said(elsewhere: Callable[..., Senti], senti: Senti) -> None:
    assert "no such tax" in senti.no("refund", "--tax", "excise", *DAYS)
    assert "served are ke" in senti.no("refund", "--tax", "x", *DAYS, "--country", "gh", status=2)
    backwards = ("--from", "2025-04-02", "--to", "2025-04-01")
    assert "--to is before --from" in senti.no("refund", "--tax", "x", *backwards, status=2)
