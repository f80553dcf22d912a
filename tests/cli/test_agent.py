from tests.cli.conftest import Senti

NJERI, SHOP, CODE = "+254711000010", "100016", "*384*97#"


def test_a_shop_is_stopped_by_one_and_opened_again_by_two(senti: Senti) -> None:
    assert "is suspended" in senti.says("agent", "suspend", SHOP)
    assert senti.json("agent", "show", "100024")["state"] == "active"
    assert "This code is for agents" in senti.says("dial", NJERI, CODE, typed="")
    assert "No open agent has this number." in senti.sent("+254711000001", "2", SHOP, "300")
    made = senti.says("agent", "resume", SHOP, "--by", "ann").strip()
    assert "Who made it" in senti.no("approve", made, "--by", "Ann")
    senti.says("approve", made, "--by", "bob")
    assert "1 Cash-in" in senti.says("dial", NJERI, CODE, typed="")


def test_a_shop_is_closed_when_nothing_is_left_to_settle(senti: Senti) -> None:
    """Its number is nobody's again, its keeper may close the wallet, and no old approval opens it."""
    assert "Float or commission is left" in senti.no("agent", "close", SHOP, "--by", "ann")
    senti.approved("float", "redeem", SHOP, "50000", "--bank-ref", "NCBA 1")
    senti.approved("agent", "clawback", SHOP, "15", "--reason", "closing")
    reopen = senti.says("agent", "resume", SHOP, "--by", "ann").strip()
    senti.approved("agent", "close", SHOP)
    assert "is no shop" in senti.no("agent", "close", SHOP, "--by", "ann")
    assert senti.no("approve", reopen, "--by", "bob").startswith("senti: No open agent")
    assert "This wallet has a shop" not in senti.sent(NJERI, "7", "8", "4")
    assert senti.json("audit")["sound"]


def test_a_suspended_shop_is_settled_and_closed(senti: Senti) -> None:
    """Whoever is stopped for good gets what is theirs first; only more float is refused."""
    senti.says("agent", "suspend", SHOP)
    made = senti.says("float", "issue", SHOP, "100", "--bank-ref", "NCBA 1", "--by", "ann").strip()
    assert senti.no("approve", made, "--by", "bob").startswith("senti: No open agent")
    senti.approved("float", "redeem", SHOP, "50000", "--bank-ref", "NCBA 2")
    senti.approved("agent", "clawback", SHOP, "15", "--reason", "closing")
    senti.approved("agent", "close", SHOP)
    assert senti.json("audit")["sound"]


def test_two_spellings_of_one_bank_reference_are_one_credit(senti: Senti) -> None:
    senti.approved("float", "issue", SHOP, "100", "--bank-ref", "AB 1/7")
    made = senti.says("float", "issue", SHOP, "100", "--bank-ref", "ab-17", "--by", "ann").strip()
    senti.no("approve", made, "--by", "bob")
    assert senti.json("agent", "show", SHOP)["float"] == 5_010_000
