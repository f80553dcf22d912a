"""The same journey through every adapter means the same: S-08."""

from collections.abc import Callable, Sequence

import pytest

from service.gateways.africastalking import AfricasTalking
from service.gateways.base import Dial
from service.gateways.simulator import Simulator

CODE = "*384*96#"
PHONE = "+254711000001"
AT = AfricasTalking(username="sandbox", api_key="invented")
SIM = Simulator(codes=(CODE, "*384*97#"), region="KE")

Journey = tuple[str, Sequence[str]]
JOURNEYS: dict[str, Journey] = {
    "plain": ("", ["1", "0722000002", "500", "4071"]),
    "dialled path": ("1*0722000002*500", ["4071"]),
    "trailing star": ("", ["1*", "2"]),
    "stars inside": ("", ["4", "Jo*1*9999", "1"]),
    "empty answer": ("", ["1", "", "2"]),
    "hash and blank": ("", ["#", " 1 ", "**"]),
}


def through_africastalking(path: str, inputs: Sequence[str]) -> list[Dial]:
    heard = path
    dials: list[Dial] = []
    for typed in [None, *inputs]:
        if typed is not None:
            heard = f"{heard}*{typed}" if heard or len(dials) > 1 else typed
        form = {"sessionId": ["s1"], "phoneNumber": [PHONE], "serviceCode": [CODE], "text": [heard]}
        dials.append(AT.read_dial(form))
    return dials


def through_simulator(path: str, inputs: Sequence[str]) -> list[Dial]:
    code = f"{CODE[:-1]}*{path}#" if path else CODE
    forms: list[dict[str, list[str]]] = [{}, *({"input": [typed]} for typed in inputs)]
    return [SIM.read_dial({"session": ["s1"], "phone": ["0711000001"], "code": [code], **form}) for form in forms]


def meaning(dials: Sequence[Dial]) -> list[tuple[str, str, str, str]]:
    """Who dialled what, and what each hop adds, taken whole and never split."""
    said, heard = [], ""
    for number, dial in enumerate(dials):
        if dial.whole and number:
            assert dial.text.startswith(heard)
            new = dial.text[len(heard) :]
            new = new[1:] if heard or number > 1 else new
        else:
            new = dial.text
        heard = dial.text if dial.whole else heard
        said.append((dial.session_id, dial.phone, dial.service_code, new))
    return said


@pytest.mark.parametrize("journey", JOURNEYS.values(), ids=JOURNEYS)
@pytest.mark.parametrize("through", [through_africastalking, through_simulator])
def test_S_08_the_same_journey_means_the_same_through_each_adapter(
    through: Callable[[str, Sequence[str]], list[Dial]], journey: Journey
) -> None:
    """Whole history or last input only: the hops say the same things."""
    path, inputs = journey
    expected = [("s1", PHONE, CODE, said) for said in [path, *inputs]]
    assert meaning(through(path, inputs)) == expected
