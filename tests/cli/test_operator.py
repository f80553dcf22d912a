import pytest
from pysqlite3 import dbapi2

from tests.cli.conftest import Senti

AMINA, BARAKA, CHEBET = "+254711000001", "+254722000002", "+254733000003"


def float_of(senti: Senti, agent: str) -> int:
    return int(senti.json("agent", "show", agent)["float"])


def test_float_is_issued_by_two_people(senti: Senti) -> None:
    made = senti.says("float", "issue", "100024", "5,000.50", "--bank-ref", "B-1", "--by", "ann").strip()
    assert float_of(senti, "100024") == 120_000
    shown = "issue: agent 100024, amount KES 5,000.50, bank_ref B-1; made by ann, open"
    assert shown in senti.says("approve", made)
    assert float_of(senti, "100024") == 120_000
    assert "balance KES 6,200.50" in senti.says("approve", made.lower(), "--by", "bob")
    assert float_of(senti, "100024") == 620_050
    assert senti.json("entry", "show", made)["reason"] == "issue"
    assert senti.json("audit")["sound"]


def test_float_is_redeemed_by_two_people_and_never_below_zero(senti: Senti) -> None:
    senti.approved("float", "redeem", "100024", "1000", "--bank-ref", "B-2")
    assert float_of(senti, "100024") == 20_000
    made = senti.says("float", "redeem", "100024", "1000", "--bank-ref", "B-3", "--by", "ann").strip()
    assert "Not enough" in senti.no("approve", made, "--by", "bob")
    assert float_of(senti, "100024") == 20_000


@pytest.mark.parametrize("again", ["ann", "ANN", " Ann "])
def test_C_01_nobody_approves_their_own_act(again: str, senti: Senti) -> None:
    """Issuing e-money takes two people; another spelling of one name is the same person."""
    made = senti.says("float", "issue", "100024", "100", "--bank-ref", "B", "--by", "ann").strip()
    assert senti.no("approve", made, "--by", again) == "senti: Who made it may not approve it.\n"
    assert float_of(senti, "100024") == 120_000


def test_C_01_the_database_itself_refuses_the_same_name_twice(senti: Senti) -> None:
    """A program that forgot the rule is stopped by a constraint."""
    senti.says("float", "issue", "100024", "100", "--bank-ref", "B", "--by", "ann")
    connection = dbapi2.connect(str(senti.path))
    with pytest.raises(dbapi2.IntegrityError):
        connection.execute("UPDATE approvals SET checker = maker, state = 'approved' WHERE state = 'open'")
    connection.close()


def test_C_04_an_act_is_approved_once(senti: Senti) -> None:
    """Approving twice does it once."""
    made = senti.approved("float", "issue", "100024", "100", "--bank-ref", "B")
    assert "Nothing waits under this number" in senti.no("approve", made, "--by", "cleo")
    assert float_of(senti, "100024") == 130_000


def test_L_15_one_bank_reference_counts_once(senti: Senti) -> None:
    """Money that came to the bank once is issued once, however often it is proposed."""
    senti.approved("float", "issue", "100024", "100", "--bank-ref", "B")
    made = senti.says("float", "issue", "100024", "100", "--bank-ref", "B", "--by", "ann").strip()
    assert "That was done already" in senti.no("approve", made, "--by", "bob")
    assert float_of(senti, "100024") == 130_000


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("100024", "1e3"), "Not an amount"),
        (("100024", "-5"), "No such option"),
        (("100025", "5"), "Mistyped"),
        (("100032", "5"), "No open agent"),
    ],
)
def test_I_01_what_is_proposed_is_read_as_strictly_as_what_people_type(
    words: tuple[str, str], said: str, senti: Senti
) -> None:
    """Amounts and agent numbers on a command line follow the same rules as on a phone."""
    result = senti("float", "issue", *words, "--bank-ref", "B", "--by", "ann")
    assert result.exit_code != 0
    assert said in result.stderr


@pytest.mark.parametrize("mistyped", ["ABC", "QQQQQQQQQQ", "7"])
def test_a_mistyped_approval_id_is_noticed(mistyped: str, senti: Senti) -> None:
    assert "is mistyped" in senti.no("approve", mistyped, "--by", "bob")


def test_L_10_a_mistyped_cash_in_is_reversed_by_two_people(senti: Senti) -> None:
    """What was paid in goes back whole, both are told, and the entry says so."""
    paid_in = senti.json("statement", CHEBET)["entries"][0]["reference"]
    senti.approved("entry", "reverse", paid_in)
    assert senti.json("statement", CHEBET)["balance"] == 0
    assert senti.json("entry", "show", paid_in)["state"] == "reversed"
    assert senti.json("inbox", CHEBET)[-1]["text"].split()[1:3] == ["Reversed", f"{paid_in},"]
    assert senti.json("audit")["sound"]
    again = senti.says("entry", "reverse", paid_in, "--by", "ann").strip()
    assert "That was done already" in senti.no("approve", again, "--by", "bob")


def test_L_10_peer_19_what_was_spent_is_not_taken_back(senti: Senti) -> None:
    """A reversal that would leave less than nothing is refused, and nothing changes."""
    paid_in = senti.json("statement", AMINA)["entries"][-1]["reference"]
    made = senti.says("entry", "reverse", paid_in, "--by", "ann").strip()
    before = senti.json("books")
    assert "Not enough" in senti.no("approve", made, "--by", "bob")
    assert senti.json("books") == before
    assert senti.json("entry", "show", paid_in)["state"] == "done"


def test_a_shop_is_opened_for_a_person(senti: Senti) -> None:
    number = senti.says("agent", "add", "0722000002", "--name", "Baraka Shop", "--place", "Thika").strip()
    assert senti.json("agent", "show", number) == {
        "number": number,
        "name": "Baraka Shop",
        "place": "Thika",
        "state": "active",
        "under": None,
        "phone": BARAKA,
        "reports": 0,
        "float": 0,
        "commission": 0,
    }
    assert [agent["number"] for agent in senti.json("agent", "list")] == ["100016", "100024", number]
    assert senti.json("person", "show", BARAKA)["agent"] == number
    assert "an agent already" in senti.no("agent", "add", BARAKA, "--name", "x", "--place", "y")


def test_an_agent_s_earnings_are_shown_and_taken_back_by_two_people(senti: Senti) -> None:
    about = senti.json("agent", "commission", "100016")
    assert (about["number"], about["owed"], about["paid"]) == ("100016", 1500, 0)
    assert about["next_at"].endswith("-01T06:00:00.000+03:00")
    assert "owed 1500, last paid 0" in senti.says("agent", "commission", "100016")
    taken = ("agent", "clawback", "100016", "20", "--reason", "split deposits")
    assert senti.no(*taken[:-1], "x" * 31, "--by", "ann", status=2).startswith("senti: --reason has 1 to 30 letters")
    senti.approved(*taken)
    assert senti.json("agent", "commission", "100016")["owed"] == -500
    assert "Commission KES 20.00 taken back: split deposits." in senti.says("inbox", "+254711000010")
    assert senti.json("audit")["sound"]


def test_a_float_has_a_statement_and_agents_belong_to_others(senti: Senti) -> None:
    page = senti.json("agent", "statement", "100016", "--limit", "1")
    assert (page["agent"], page["balance"], len(page["entries"])) == ("100016", 5_000_000, 1)
    assert page["entries"][0]["other"] == "Chebet Rono"
    assert "Duka la Njeri  100016  has 5000000" in senti.says("agent", "statement", "100016")
    number = senti.says("agent", "add", BARAKA, "--name", "B", "--place", "Voi", "--under", "100016").strip()
    assert senti.json("agent", "show", number)["under"] == "100016"
    assert "No open agent" in senti.no("agent", "add", AMINA, "--name", "A", "--place", "Voi", "--under", "100073")


def test_float_that_an_agent_sells_on_the_menu_waits_for_staff(senti: Senti) -> None:
    senti.says("dial", "+254711000011", "*384*97#", typed="3\n5\n200\n8415\n")
    (wish,) = senti.json("float", "asked")
    assert (wish["agent"], wish["amount"], wish["by"]) == ("100024", 20_000, "agent 100024")
    assert wish["id"] in senti.says("float", "asked")
    assert "made by agent 100024" in senti.says("approve", wish["id"])
    assert "When the bank has paid" in senti.no("approve", wish["id"], "--by", "bob")
    answer = ("float", "redeem-asked", wish["id"], "--by", "ann", "--bank-ref")
    assert "--bank-ref is empty" in senti(*answer, " ").stderr
    made = senti.says(*answer, "B-9").strip()
    assert "Nothing waits" in senti.no(*answer, "B-10")  # it was answered, once
    assert float_of(senti, "100024") == 120_000
    assert "may not approve it" in senti.no("approve", made, "--by", "Ann")
    senti.says("approve", made, "--by", "bob")
    assert float_of(senti, "100024") == 100_000
    assert senti.json("float", "asked") == []
    again = senti.says("float", "redeem", "100024", "200", "--bank-ref", "b-9", "--by", "ann").strip()
    assert "That was done already" in senti.no("approve", again, "--by", "bob")
    assert senti.json("audit")["sound"]


def test_staff_read_who_could_not_be_served(senti: Senti) -> None:
    """A float that is too small for a customer, and a place where nobody is known to have cash."""
    senti.says("dial", "+254711000011", "*384*97*1*0711000001*5000#", typed="")
    senti.says("dial", AMINA, "*384*96*2*1*300*Kisumu#", typed="")
    found = senti.json("agent", "shortages")
    assert [(one["agent"], one["area"], one["why"], one["amount"]) for one in found] == [
        ("", "ke:nakuru", "cash", 300_00),
        ("100024", "ke:kisumu", "float", 5000_00),
    ]
    assert len(senti.json("agent", "shortages", "100024")) == 1
    assert "ke:nakuru" in senti.says("agent", "shortages", "--limit", "1")
