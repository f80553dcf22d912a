import pytest

from tests.cli.conftest import Senti

AMINA = "+254711000001"


def test_messages_on_their_way_are_listed_without_their_text(senti: Senti) -> None:
    rows = senti.json("outbox", "list")
    assert {row["state"] for row in rows} == {"queued"}
    assert set(rows[0]) == {"id", "at", "to", "key", "state", "tries", "next_at", "detail"}
    assert "KES" not in senti.says("outbox", "list")
    assert senti.json("outbox", "list", "--state", "sent") == []


def test_a_parked_message_is_queued_again(senti: Senti) -> None:
    newest = senti.json("inbox", AMINA)[-1]["id"]
    assert "nothing to send again" in senti.no("outbox", "retry", str(newest))
    senti.tamper(f"UPDATE notices SET state = 'parked', tries = 5 WHERE id = {newest}")
    assert [row["id"] for row in senti.json("outbox", "list", "--state", "parked")] == [newest]
    senti.says("outbox", "retry", str(newest))
    (row,) = [row for row in senti.json("outbox", "list") if row["id"] == newest]
    assert (row["state"], row["tries"]) == ("queued", 0)


@pytest.mark.parametrize("number", ["0", "-1", "9223372036854775808", "1" + "0" * 40, "1e3"])
def test_I_01_a_number_that_no_message_has_is_refused(senti: Senti, number: str) -> None:
    """A number that no database can be asked for is refused in words."""
    assert "ID" in senti.no("outbox", "retry", "--", number, status=2)
