"""The square that a customer's camera reads at a till: the merchant payload of EMVCo, as text.

Tags, lengths and values in a row, and a check sum at the end (EMV QR Code Specification for Payment Systems,
merchant-presented mode, 1.1). It says where to pay and not how much, so it is printed once.
"""

import unicodedata

import iso4217

from service.countries import Pack
from service.gsm7 import downgrade
from service.wallet.merchant import Merchant

SCHEME = "5e4715e471a0476b8f0f2a3b6c1d7e90"
"""What tells our till numbers from the numbers of other schemes: a UUID, as the specification allows."""

LONGEST_NAME, LONGEST_CITY = 25, 15
NO_CATEGORY = "0000"


def payload(till: Merchant, pack: Pack) -> str:
    """Return the payload of a till, in ASCII."""
    said = [
        ("00", "01"),
        ("01", "11"),  # the same for each payment
        ("26", _field("00", SCHEME) + _field("01", till.number)),
        ("52", NO_CATEGORY),
        ("53", f"{iso4217.Currency(pack.currency.code).number:03}"),
        ("58", pack.region),
        ("59", _ascii(till.name)[:LONGEST_NAME]),
        ("60", _ascii(pack.name)[:LONGEST_CITY]),  # of tills no town is known
    ]
    text = "".join(_field(tag, value) for tag, value in said) + "6304"
    return f"{text}{check_sum(text.encode()):04X}"


def check_sum(octets: bytes) -> int:
    """Return CRC-16/CCITT-FALSE: polynomial 0x1021, first value 0xFFFF."""
    left = 0xFFFF
    for octet in octets:
        left ^= octet << 8
        for _ in range(8):
            left = (left << 1 ^ 0x1021 if left & 0x8000 else left << 1) & 0xFFFF
    return left


def _field(tag: str, value: str) -> str:
    assert 0 < len(value) < 100, f"tag {tag} has {len(value)} letters"
    return f"{tag}{len(value):02}{value}"


def _ascii(name: str) -> str:
    """Return a name in letters that every reader has."""
    spelt = unicodedata.normalize("NFKD", downgrade(name))
    return "".join(sign for sign in spelt if sign.isascii() and sign.isprintable()) or "?"
