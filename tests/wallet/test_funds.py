"""Proof of funds: what is published, what a person is told, and what the script for outsiders finds."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from service.countries import load_pack
from service.ledger.chart import Kind, Reason
from service.ledger.entry import Account, Entry, Move
from service.ledger.signature import is_signed, public_key, sign
from service.ledger.sums import join, leaf
from service.reference import References
from service.storage.store import Store
from service.wallet import funds
from service.wallet.funds import (
    Counted,
    Funds,
    FundsPage,
    NotCounted,
    Press,
    canonical,
    counted,
    mind_funds,
    proof,
    publish,
    read_code,
    shown,
    written,
)
from service.wallet.house import House
from service.wallet.unit import Person, Unit
from tests.storage.people import person

SCRIPT = Path(__file__).parents[2] / "docs" / "verify_funds.py"
SECRET = b"a secret key that nobody knows, 32"
PACK = load_pack("ke")
MIDNIGHT = datetime(2026, 11, 22, tzinfo=PACK.zone)
TRUST = Account("ke", Kind.TRUST)
SHOP = Account("ke", Kind.FLOAT, "100016")
PEOPLE = [person(number) for number in range(1, 8)]
HOUSE = House(
    packs={"ke": PACK}, references=References(bytes(32)), pepper=b"p" * 32, code_key=b"c" * 32, log_key=b"l" * 32
)


class Bank:
    """A store with some people in it, and a clock."""

    def __init__(self, store: Store) -> None:
        self.store, self.now = store, MIDNIGHT
        self.press = Press(self.read, self.transact, SECRET)
        self.transact(self._settle)
        self.entry = 1000

    def _unit(self, tx: Any) -> Unit:
        return Unit(tx.books, tx.rows, tx.mint, tx.savepoint, HOUSE, self.now)

    def transact(self, work: Callable[[Unit], Any]) -> Any:
        return self.store.transact(lambda tx: work(self._unit(tx)))

    def read(self, work: Callable[[Unit], Any]) -> Any:
        return self.store.read(lambda tx: work(self._unit(tx)))

    def _settle(self, unit: Unit) -> None:
        unit.books.open(SHOP)
        for one in PEOPLE:
            unit.rows.add(one)
            unit.books.open(wallet(one))

    def post(self, *moves: tuple[Account, Account, int, Reason]) -> None:
        self.entry += 1
        made = tuple(Move(*move) for move in moves)
        self.store.post_one(Entry(id=self.entry, reason=made[0].reason, at=self.now, moves=made))

    def give(self, who: Person, amount: int) -> None:
        self.post((TRUST, SHOP, amount, Reason.ISSUE), (SHOP, wallet(who), amount, Reason.CASH_IN))

    def of(self, who: Person) -> Counted:
        return self.read(lambda unit: counted(unit, who))  # type: ignore[no-any-return]

    def file(self) -> Any:
        row = self.read(lambda unit: funds.newest(unit, "ke"))
        return json.loads(json.dumps(dict(row.file)))

    def proof(self, who: Person) -> Any:
        row = self.read(lambda unit: funds.newest(unit, "ke"))
        found = self.read(lambda unit: proof(unit, row.name, counted(unit, who).code))
        assert found is not None
        return shown(found)


def wallet(who: Person) -> Account:
    return Account(who.country, Kind.WALLET, str(who.id))


@pytest.fixture
def bank(store: Store) -> Bank:
    bank = Bank(store)
    for place, one in enumerate(PEOPLE):
        bank.give(one, 1000 * place + 7)
    return bank


def check(tmp_path: Path, file: Any, proof: Any = None, *more: str) -> tuple[int, str]:
    """Run the outsiders' script as they do, and return its exit status and what it says."""
    names = []
    for name, said in (("day.json", file), ("proof.json", proof)):
        if said is not None:
            (tmp_path / name).write_text(json.dumps(said))
            names.append(str(tmp_path / name))
    done = subprocess.run([sys.executable, str(SCRIPT), *names, *more], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_the_file_says_what_is_owed_and_the_script_agrees(bank: Bank, tmp_path: Path) -> None:
    assert mind_funds(bank.press) == 1
    file = bank.file()
    assert file["statement"] == {
        "format": "senti funds 1",
        "country": "ke",
        "currency": "KES",
        "exponent": 2,
        "as_of": MIDNIGHT.isoformat(timespec="microseconds"),
        "day": "2026-11-22",
        "wallets": 7,
        "leaves": 7,
        "total": 21_049,
        "root": file["statement"]["root"],
        "house": {},
        "issued": 21_049,
    }
    assert is_signed(public_key(SECRET), canonical(file["statement"]), bytes.fromhex(file["signature"]))
    for one in PEOPLE:
        status, said = check(tmp_path, file, bank.proof(one), "--key", public_key(SECRET).hex())
        assert status == 0, said
        assert f"Your {bank.of(one).amount} is in it." in said


def test_once_a_day_and_again_the_next(bank: Bank) -> None:
    assert [mind_funds(bank.press), mind_funds(bank.press)] == [1, 0]
    first = bank.of(PEOPLE[0])
    bank.now += timedelta(hours=23, minutes=59)
    assert mind_funds(bank.press) == 0
    bank.now += timedelta(minutes=1)
    assert mind_funds(bank.press) == 1
    assert bank.of(PEOPLE[0])[:2] == (bank.now, first.amount)
    assert bank.of(PEOPLE[0]).code != first.code, "places are shuffled each night"
    assert bank.read(lambda unit: proof(unit, "ke-2026-11-22", first.code)) is not None


def test_what_is_paid_while_it_is_counted_is_not_in_it(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    """A count is of one moment, on every engine: people pay between its first row and its last."""
    if type(bank.store).__name__ == "MemoryStore":
        pytest.skip("one transaction at a time: nobody can pay meanwhile")
    began, paid = threading.Event(), threading.Event()
    real = funds.code_of

    def slowly(salt: bytes, account: Account) -> bytes:
        began.set()
        assert paid.wait(10)
        return real(salt, account)

    def pay() -> None:
        assert began.wait(10)
        bank.post((wallet(PEOPLE[6]), wallet(PEOPLE[0]), 500, Reason.SEND))
        bank.give(PEOPLE[3], 9)
        paid.set()

    monkeypatch.setattr(funds, "code_of", slowly)
    payer = threading.Thread(target=pay)
    payer.start()
    mind_funds(bank.press)
    payer.join()
    assert [bank.of(one).amount for one in PEOPLE] == [1000 * place + 7 for place in range(7)]
    assert bank.file()["statement"]["total"] == 21_049


def test_the_houses_accounts_are_stated_and_holds_are_owed(bank: Bank, tmp_path: Path) -> None:
    payer, held = wallet(PEOPLE[6]), Account("ke", Kind.HELD, "77")
    till = Account("ke", Kind.TAKINGS, "500017")
    bank.transact(lambda unit: unit.books.open(held))
    bank.post(
        (payer, held, 300, Reason.HOLD),
        (payer, till, 200, Reason.PAY),
        (payer, Account("ke", Kind.FEES), 10, Reason.FEE),
        (payer, Account("ke", Kind.TAX), 3, Reason.EXCISE),
    )
    mind_funds(bank.press)
    said = bank.file()["statement"]
    assert (said["total"], said["house"], said["issued"]) == (21_036, {"fees": 10, "tax": 3}, 21_049)
    assert (said["wallets"], said["leaves"]) == (7, 9)
    assert check(tmp_path, bank.file(), bank.proof(PEOPLE[6]))[0] == 0


def test_a_wallet_of_nothing_is_counted_and_one_that_is_younger_is_not(bank: Bank) -> None:
    bank.post((wallet(PEOPLE[0]), wallet(PEOPLE[1]), 7, Reason.SEND))
    mind_funds(bank.press)
    assert bank.of(PEOPLE[0]).amount == 0
    newcomer = person(8)
    bank.transact(lambda unit: unit.books.open(wallet(newcomer)))
    with pytest.raises(NotCounted):
        bank.of(newcomer)


def test_before_the_first_count_and_after_proofs_are_forgotten_nobody_is_told_anything(bank: Bank) -> None:
    with pytest.raises(NotCounted):
        bank.of(PEOPLE[0])
    mind_funds(bank.press)
    code = bank.of(PEOPLE[0]).code
    bank.transact(lambda unit: unit.rows.forget(FundsPage, before=bank.now + timedelta(days=1)))
    with pytest.raises(NotCounted):
        bank.of(PEOPLE[0])
    assert bank.read(lambda unit: proof(unit, "ke-2026-11-22", code)) is None
    assert bank.file()["statement"]["total"] == 21_049


def test_many_pages_make_one_tree(bank: Bank, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(funds, "PAGE_LEAVES", 2)
    mind_funds(bank.press)
    row = bank.read(lambda unit: funds.newest(unit, "ke"))
    assert row.depth == 2
    assert all(check(tmp_path, bank.file(), bank.proof(one))[0] == 0 for one in PEOPLE)


def test_two_workers_publish_one_count(bank: Bank) -> None:
    one, other = publish(bank.press, "ke"), publish(bank.press, "ke")
    assert one == other
    assert bank.of(PEOPLE[2]).amount == 2007
    assert len(bank.read(lambda unit: unit.rows.find(Funds))) == 1


def test_a_count_that_broke_is_begun_again_later(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(unit: Unit, country: str) -> Any:
        raise AssertionError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(funds, "count_all", broken)
        with pytest.raises(AssertionError):
            mind_funds(bank.press)
    assert mind_funds(bank.press) == 0, "not in each turn of the worker"
    bank.now += timedelta(minutes=11)
    assert mind_funds(bank.press) == 1


@pytest.mark.tampers
def test_books_that_do_not_agree_are_not_published(bank: Bank) -> None:
    """One cent out of nothing: neither a count of it, nor a signature under it."""
    real = bank.store.read

    def read(work: Callable[[Any], Any]) -> Any:
        class Richer:
            def __init__(self, books: Any) -> None:
                self.books = books

            def balances(self, country: str) -> Any:
                for account, balance in self.books.balances(country):
                    yield account, balance + (account == wallet(PEOPLE[2]))

        return real(lambda tx: work(replace(bank._unit(tx), books=cast(Any, Richer(tx.books)))))

    with pytest.raises(AssertionError, match="1 more than was issued"):
        publish(Press(read, bank.transact, SECRET), "ke")
    assert bank.read(lambda unit: unit.rows.find(Funds)) == []


def _signed_anew(file: Any, said: Any) -> Any:
    return {**file, "statement": said, "signature": sign(SECRET, canonical(said)).hex()}


def test_the_script_finds_what_is_wrong(bank: Bank, tmp_path: Path) -> None:
    """A changed amount, one left out, a sum below zero, another signature, another day's file: each is found."""
    mind_funds(bank.press)
    file, mine = bank.file(), bank.proof(PEOPLE[5])
    said = file["statement"]
    assert "not in the sum" in check(tmp_path, file, {**mine, "amount": mine["amount"] + 1})[1]
    # They left somebody out, and signed that: whoever was left out has no proof that climbs to this root.
    others = [leaf(bytes([place] * 16), 1000 * place + 7) for place in range(5)]
    whole = join(join(join(others[0], others[1]), join(others[2], others[3])), others[4])
    less = {**said, "root": whole.digest.hex(), "total": whole.total, "issued": whole.total}
    assert check(tmp_path, _signed_anew(file, less))[0] == 0
    assert "not in the sum" in check(tmp_path, _signed_anew(file, less), mine)[1]
    # A neighbour of less than nothing hides what others have.
    below = {**mine, "path": [{**mine["path"][0], "total": -5}, *mine["path"][1:]]}
    assert "below zero" in check(tmp_path, file, below)[1]
    assert "below zero" in check(tmp_path, file, {**mine, "amount": -1})[1]
    assert "signature" in check(tmp_path, {**file, "statement": {**said, "total": 1}}, mine)[1]
    assert "signature" in check(tmp_path, {**file, "signature": "00" * 64}, mine)[1]
    assert "another key" in check(tmp_path, file, mine, "--key", "00" * 32)[1]
    assert "what was issued" in check(tmp_path, _signed_anew(file, {**said, "issued": 5}), mine)[1]
    assert "cannot be read" in check(tmp_path, {"statement": {}}, mine)[1]
    for status, _ in [check(tmp_path, file, below), check(tmp_path, file, {"amount": 5})]:
        assert status == 1
    assert len(SCRIPT.read_text("utf-8").splitlines()) < 100


def test_codes_are_copied_as_people_copy() -> None:
    code = bytes(range(246, 256))
    assert read_code(written(code)) == code
    assert read_code(written(code).lower().replace("-", " ")) == code
    assert [read_code(wrong) for wrong in ("", "QK7M", "0" * 16, "I" * 16, written(code) + "A", "A" * 30)] == [None] * 6
