"""The payload of a till's square, against the specification's own example and a second reading of it."""

import pytest

from service.countries import load_pack
from service.wallet.merchant import Merchant
from service.wallet.qr import SCHEME, check_sum, payload
from tests.wallet.village import NOON

EXAMPLE = (
    "00020101021229300012D156000000000510A93FO3230Q31280012D15600000001030812345678520441115802CN5914BEST TRANSPORT"
    "6007BEIJING64200002ZH0104最佳运输0202北京540523.7253031565502016233030412340603***0708A60086670902ME91320016"
    "A0112233449988770708123456786304A13A"
)
"""Printed in EMV QR Code Specification for Payment Systems, merchant-presented mode, as a whole payload."""


def fields(text: str) -> dict[str, str]:
    found, at = {}, 0
    while at < len(text):
        tag, size = text[at : at + 2], int(text[at + 2 : at + 4])
        found[tag], at = text[at + 4 : at + 4 + size], at + 4 + size
    return found


def till(name: str = "Mama Mboga") -> Merchant:
    return Merchant(number="500017", serial=50_001, person=1, name=name, opened_at=NOON)


def test_the_check_sum_is_that_of_the_standard_and_of_its_example() -> None:
    assert check_sum(b"123456789") == 0x29B1
    assert f"{check_sum(EXAMPLE[:-4].encode()):04X}" == EXAMPLE[-4:]
    assert fields(EXAMPLE)["59"] == "BEST TRANSPORT"


@pytest.mark.parametrize(("country", "currency"), [("ke", "404"), ("ug", "800"), ("gh", "936")])
def test_a_payload_says_where_to_pay(country: str, currency: str) -> None:
    pack = load_pack(country)
    text = payload(till(), pack)
    found = fields(text)
    assert list(found) == ["00", "01", "26", "52", "53", "58", "59", "60", "63"]
    assert (found["53"], found["58"], found["60"]) == (currency, country.upper(), pack.name)
    assert (found["00"], found["01"], found["59"]) == ("01", "11", "Mama Mboga")
    assert fields(found["26"]) == {"00": SCHEME, "01": "500017"}
    assert found["63"] == f"{check_sum(text[:-4].encode()):04X}"


@pytest.mark.parametrize(("name", "shown"), [("Duka la Zoë", "Duka la Zoe"), ("ሱቅ አበበ", "SUQ ABEBE"), ("M&M", "M&M")])
def test_a_name_is_in_letters_that_every_reader_has(name: str, shown: str) -> None:
    text = payload(till(name), load_pack("ke"))
    assert text.isascii()
    assert fields(text)["59"] == shown
