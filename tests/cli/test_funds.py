"""The proof of funds at the terminal: counted by hand, and a day's signed file."""

import json

from service.ledger.signature import is_signed
from service.wallet.funds import canonical
from tests.cli.conftest import Senti


def test_a_count_by_hand_is_the_days_count(senti: Senti) -> None:
    assert "nothing was counted" in senti.no("funds", "show")
    file = json.loads(senti.says("funds", "count"))
    said = file["statement"]
    assert (said["country"], said["total"] + sum(said["house"].values())) == ("ke", said["issued"])
    assert is_signed(bytes.fromhex(file["public_key"]), canonical(said), bytes.fromhex(file["signature"]))
    assert json.loads(senti.says("funds", "count")) == file
    assert json.loads(senti.says("funds", "show")) == file
    assert json.loads(senti.says("funds", "show", said["day"])) == file
    assert "nothing was counted" in senti.no("funds", "show", "1999-01-01")


def test_only_of_a_country_that_is_served(senti: Senti) -> None:
    assert "served are ke" in senti.no("funds", "count", "--country", "ug", status=2)
