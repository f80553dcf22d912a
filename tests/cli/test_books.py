from datetime import datetime

import pytest

from tests.cli.conftest import Senti

AMINA, BARAKA = "+254711000001", "+254722000002"


def test_books_have_the_shape_of_the_contract_and_add_up(senti: Senti) -> None:
    (book,) = senti.json("books")["books"]
    assert set(book) == {"country", "currency", "accounts", "total"}
    assert (book["country"], book["currency"], book["total"]) == ("ke", "KES", 0)
    assert all(set(account) == {"id", "kind", "owner", "balance"} for account in book["accounts"])
    owned = {(account["kind"], account["owner"]): account["balance"] for account in book["accounts"]}
    assert owned["wallet", AMINA] == 200_000
    assert owned["wallet", BARAKA] == 15_000
    assert owned["float", "100016"] == 5_000_000
    assert owned["float", "100024"] == 120_000
    assert {kind for kind, owner in owned if owner is None} == {"trust", "fees", "tax", "commission"}
    assert sum(account["balance"] for account in book["accounts"]) == 0


def test_books_in_words(senti: Senti) -> None:
    said = senti.says("books")
    assert f"ke:wallet:1           {AMINA}" in said
    assert said.endswith("ke: total 0\n")


def test_a_statement_is_newest_first_and_signed(senti: Senti) -> None:
    page = senti.json("statement", "0711000001")
    assert set(page) == {"phone", "balance", "entries"}
    assert (page["phone"], page["balance"]) == (AMINA, 200_000)
    keys = {"reference", "at", "reason", "amount", "balance", "other"}
    assert all(set(entry) == keys for entry in page["entries"])
    told = [(entry["reason"], entry["amount"], entry["balance"], entry["other"]) for entry in page["entries"]]
    assert told == [
        ("send", 5_000, 200_000, "Baraka Mwangi"),
        ("send", -20_700, 195_000, "Baraka Mwangi"),
        ("cash_in", 215_700, 215_700, "Duka la Njeri"),
    ]
    assert all(datetime.fromisoformat(entry["at"]).tzinfo for entry in page["entries"])


def test_an_entry_is_found_by_its_reference(senti: Senti) -> None:
    sent = senti.json("statement", AMINA)["entries"][1]
    entry = senti.json("entry", "show", sent["reference"].lower())
    assert set(entry) == {"reference", "at", "reason", "state", "moves"}
    assert (entry["reference"], entry["at"], entry["reason"], entry["state"]) == (
        sent["reference"],
        sent["at"],
        "send",
        "done",
    )
    assert [set(move) for move in entry["moves"]] == [{"source", "target", "amount", "reason"}] * 3
    assert [(move["reason"], move["amount"]) for move in entry["moves"]] == [
        ("send", 20_000),
        ("fee", 609),
        ("excise", 91),
    ]


def test_a_mistyped_reference_is_refused_in_words(senti: Senti) -> None:
    reference = senti.json("statement", AMINA)["entries"][0]["reference"]
    wrong = reference[:-1] + ("2" if reference[-1] != "2" else "3")
    assert "Senti never gave out this reference" in senti.no("entry", "show", wrong)


def test_a_sound_book_is_said_to_be_sound(senti: Senti) -> None:
    senti.sent(AMINA, "1", "1", "500", "4071")
    assert senti.json("audit") == {"sound": True, "entries": 7, "sealed": 0, "problems": []}
    assert senti.says("audit") == "Sound. 7 entries, 0 of them sealed.\n"


TAMPERINGS = {
    "a cent more in a wallet": (
        "UPDATE accounts SET balance = balance + 1 WHERE id = 'ke:wallet:1'",
        ("balances_match", "ke:wallet:1"),
    ),
    "a cent less in a move": (
        "UPDATE moves SET amount = amount - 1 WHERE reason = 'excise'",
        ("balances_match", "ke:wallet:1"),
    ),
    "a receipt that is gone": (
        "DELETE FROM notices WHERE key = 'received'",
        ("everybody_was_told", "entry "),
    ),
    "an approval by its own maker": (
        "PRAGMA ignore_check_constraints = ON; UPDATE approvals SET checker = maker",
        ("two_people_asked", "entry "),
    ),
    "an issue that nobody proposed": (
        "DELETE FROM approvals",
        ("two_people_asked", "entry "),
    ),
    "a wallet of nobody": (
        "DELETE FROM people WHERE id = 1",
        ("wallets_have_owners", "ke:wallet:1"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("tampering", TAMPERINGS)
def test_L_16_the_audit_finds_and_locates(tampering: str, senti: Senti) -> None:
    """Whatever is edited by hand in the file fails the audit, which says the check and the place."""
    statements, (check, where) = TAMPERINGS[tampering]
    senti.tamper(*statements.split("; "))
    result = senti("audit", "--json")
    assert result.exit_code == 1
    assert f"{check}: {where}" in result.stderr
    assert '"sound": false' in result.stdout


def test_L_16_the_audit_asks_whether_holds_have_rows(senti: Senti) -> None:
    """Held money belongs to a withdrawal that waits, of the same amount."""
    senti.sent(AMINA, "2", "100016", "500", "4071")
    assert senti.json("audit")["sound"]
    senti.tamper("UPDATE withdrawals SET amount = amount + 1")
    assert "holds_have_rows: ke:held:" in senti.no("audit")
    senti.tamper("UPDATE withdrawals SET amount = amount - 1, state = 'paid'")
    said = senti.no("audit")
    assert "holds_have_rows: ke:held:" in said
    assert "withdrawals_ended_so: withdrawal " in said
