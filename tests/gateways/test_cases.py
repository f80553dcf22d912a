"""Recorded requests as tables: each line of cases/*.toml is one request and what it means."""

import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from service.gateways.africastalking import AfricasTalking
from service.gateways.base import Gateway, Unreadable
from service.gateways.simulator import Simulator

GATEWAYS: dict[str, Gateway] = {
    "africastalking": AfricasTalking(username="sandbox", api_key="invented"),
    "simulator": Simulator(codes=("*384*96#", "*384*97#"), region="KE"),
}
CASES = [
    pytest.param(gateway, case, id=f"{name}: {case['name']}")
    for name, gateway in GATEWAYS.items()
    for case in tomllib.loads((Path(__file__).parent / "cases" / f"{name}.toml").read_text())["case"]
]


@pytest.mark.parametrize(("gateway", "case"), CASES)
def test_W_02_W_11_each_recorded_request_means_what_its_table_says(gateway: Gateway, case: dict[str, Any]) -> None:
    """A request is either a whole value or names the field that is wrong; nothing is guessed."""
    read = getattr(gateway, f"read_{case['reads']}")
    form = parse_qs(case["body"], keep_blank_values=True, errors="strict")
    if "unreadable" in case:
        with pytest.raises(Unreadable) as refused:
            read(form)
        assert refused.value.field == case["unreadable"]
        assert str(refused.value) == case["unreadable"], "the value, which may hold a PIN, is not said"
        return
    heard = read(form)
    if case.get("none"):
        assert heard is None
        return
    for name, value in case["gives"].items():
        assert (getattr(heard, name) or "") == (value or ""), name


@pytest.mark.parametrize("field", ["sessionId", "phoneNumber", "serviceCode", "text", "networkCode"])
def test_W_02_a_field_of_ten_kilobytes_is_refused_by_name(field: str) -> None:
    """A field of ten kilobytes is refused by name."""
    form = {
        "sessionId": ["ATUid_1"],
        "phoneNumber": ["+254711000001"],
        "serviceCode": ["*384*96#"],
        "text": ["1"],
        "networkCode": ["63902"],
    }
    form[field] = ["1" * 10_000]
    with pytest.raises(Unreadable) as refused:
        GATEWAYS["africastalking"].read_dial(form)
    assert refused.value.field == field


def test_W_10_the_end_event_leaves_the_history_and_the_last_screen_behind() -> None:
    """The event repeats the PIN and perhaps a balance: neither is in the value that others get."""
    form = {
        "sessionId": ["ATUid_1"],
        "phoneNumber": ["+254711000001"],
        "serviceCode": ["*384*96#"],
        "status": ["Success"],
        "input": ["1*0722000002*500*4071"],
        "lastAppResponse": ["END Balance KES 1,493.00"],
        "errorMessage": ["4071"],
    }
    heard = GATEWAYS["africastalking"].read_end(form)
    assert "4071" not in repr(heard)
    assert "1,493" not in repr(heard)


@pytest.mark.parametrize("gateway", GATEWAYS.values(), ids=GATEWAYS)
def test_screens_are_marked_so_that_the_network_knows_whether_to_go_on(gateway: Gateway) -> None:
    assert gateway.write("Enter your PIN", ends=False).body == "CON Enter your PIN"
    assert gateway.write("Bye", ends=True).body == "END Bye"
    assert gateway.write("x", ends=True).content_type.startswith("text/plain")
