"""The kill switch by command: one stops, and another person's yes lets it go on."""

from pathlib import Path

from tests.cli.conftest import Senti

AMINA = "+254711000001"
STOPPED = "All payments stand still for now."


def test_C_07_payments_are_stopped_by_one_command_and_let_go_by_two(senti: Senti) -> None:
    """The switch at the terminal: the phone says so at once, and the same person cannot throw it back."""
    said = senti.says("halt", "sends", "--why", "a drill", "--by", "ann")
    assert said.startswith("Halted: sends in ke.")
    assert STOPPED in senti.sent(AMINA, "1")
    (row,) = senti.json("halt", "list")
    assert {name: row[name] for name in ("what", "country", "by", "why")} == {
        "what": "sends",
        "country": "ke",
        "by": "ann",
        "why": "a drill",
    }
    made = senti.says("halt", "resume", "sends", "--why", "over", "--by", "ann").strip()
    assert "Who made it" in senti.no("approve", made, "--by", "Ann")
    assert STOPPED in senti.sent(AMINA, "1")
    senti.says("approve", made, "--by", "bob")
    assert senti.json("halt", "list") == []
    assert STOPPED not in senti.sent(AMINA, "1")
    assert "does not stand still" in senti.no("halt", "resume", "sends", "--why", "over", "--by", "ann")


def test_C_07_float_too_and_what_was_proposed_waits(senti: Senti) -> None:
    """An issue that was proposed before the halt waits for its end, and is then approved as it stands."""
    senti.says("halt", "issuing", "--country", "ke", "--why", "a drill", "--by", "ann")
    made = senti.says("float", "issue", "100016", "500", "--bank-ref", "FT 1", "--by", "ann").strip()
    assert "Float stands still" in senti.no("approve", made, "--by", "bob")
    senti.approved("halt", "resume", "issuing", "--why", "over")
    senti.says("approve", made, "--by", "bob")
    assert "served are ke" in senti.no("halt", "sends", "--country", "xx", "--why", "x", "--by", "ann", status=2)


def test_C_07_a_batch_stops_before_its_next_line_and_goes_on_by_the_same_command(senti: Senti, tmp_path: Path) -> None:
    """No line is refused for good because of a halt: wages wait, and are paid once."""
    file = tmp_path / "wages.csv"
    file.write_text("phone,amount\n0722000002,1500\n0711000001,20\n", "utf-8")
    made = senti.says("bulk", "submit", str(file), "--name", "ACME", "--bank-ref", "N 1", "--by", "ann").strip()
    senti.says("halt", "sends", "--why", "a drill", "--by", "ann")
    assert STOPPED in senti.no("approve", made, "--by", "bob")
    assert STOPPED in senti.no("bulk", "pay", made)
    senti.approved("halt", "resume", "sends", "--why", "over")
    assert "2 of 2 lines are paid, 0 were refused." in senti.says("bulk", "pay", made)
