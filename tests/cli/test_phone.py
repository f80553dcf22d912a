import re
from datetime import datetime

from tests.cli.conftest import Senti

AMINA, BARAKA, NJERI = "+254711000001", "+254722000002", "+254711000010"


def test_a_terminal_is_a_phone(senti: Senti) -> None:
    said = senti.sent(AMINA, "1", "1", "500", "4071")
    assert said.startswith("Senti\n1 Send money\n")
    assert "Send KES 500 to BARAKA M" in said
    assert re.search(r"Sent KES 500 to BARAKA M\.\nBalance KES 1,493\.\nRef [2-9A-Z]{10}\. .*\n\(end\)\n$", said)
    assert senti.json("person", "show", BARAKA)["balance"] == 65_000


def test_hanging_up_is_said_and_remembered(senti: Senti) -> None:
    assert senti.sent(AMINA, "1", "1", "500").endswith("(hung up)\n")
    assert senti.sent(AMINA).startswith("NOT sent: KES 500 to BARAKA M. Nothing taken\n")


def test_a_code_carries_a_path(senti: Senti) -> None:
    said = senti.says("dial", AMINA, "*384*96*1*0722000002*500#", typed="4071\n")
    assert said.startswith("Send KES 500 to BARAKA M")
    assert "Sent KES 500" in said


def test_agents_have_a_code_of_their_own(senti: Senti) -> None:
    assert "\nFloat KES 50,000\n" in senti.says("dial", NJERI, "*384*97#", typed="3\n")
    assert "This code is for agents." in senti.says("dial", AMINA, "*384*97#")


def test_a_code_that_is_none_is_refused(senti: Senti) -> None:
    assert "the code cannot be read" in senti.no("dial", AMINA, "*999#", status=2)


def test_an_inbox_has_the_shape_of_the_contract(senti: Senti) -> None:
    senti.sent(AMINA, "1", "1", "500", "4071")
    inbox = senti.json("inbox", "0711000001")
    assert all(set(message) == {"id", "at", "to", "text", "state"} for message in inbox)
    assert [datetime.fromisoformat(message["at"]) for message in inbox] == sorted(
        datetime.fromisoformat(message["at"]) for message in inbox
    )
    assert datetime.fromisoformat(inbox[-1]["at"]).tzinfo is not None
    newest = inbox[-1]
    assert (newest["to"], newest["state"]) == (AMINA, "queued")
    assert re.match(r"[2-9A-Z]{10} Sent KES 500\.00 to BARAKA M 0722\*\*\*002\. Fee KES 7\.00\. ", newest["text"])


def test_a_one_time_code_is_derived_when_it_is_shown(senti: Senti) -> None:
    screen = senti.sent(AMINA, "2", "100016", "500", "4071")
    code = re.search(r"Show code (\d{7})", screen)
    assert code is not None
    assert code[1] in senti.json("inbox", AMINA)[-1]["text"]
    assert code[1].encode() not in senti.path.read_bytes()


def test_a_message_is_answered(senti: Senti) -> None:
    assert senti.says("sms", AMINA, "bal").startswith("You have KES 2,000.00.")
    asked = senti.says("sms", AMINA, "SEND 100 0722000002")
    code = re.search(r"\b\d{7}\b", asked)
    assert code is not None
    assert "Sent KES 100.00 to BARAKA M" in senti.says("sms", AMINA, code[0])
    assert senti.json("person", "show", BARAKA)["balance"] == 25_000
