"""Phone numbers: one way to write each (`+254722000002`), and how much of it others may see.

The library that knows the world's numbers takes letters, extensions and foreign digits in its stride; therefore only
ASCII digits behind one `+` reach it, and only mobile numbers of the asked region come back.
"""

import re

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberType

from service.gsm7 import trim
from service.refusal import Refusal

_DIGITS = re.compile(r"\+?[0-9]{9,15}")
_E164 = re.compile(r"\+[1-9][0-9]{7,14}")
_BETWEEN = {ord(mark): None for mark in " ()-\t\u00a0\u202f\u2010\u2011\u2013"}
"""What people and address books put between the digits: blanks, brackets, dashes, and the kinds that do not break."""
_MOBILE = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)


class BadPhone(Refusal):
    """What was typed is not a mobile number of this country."""


class PhoneAbroad(BadPhone):
    """What was typed is a mobile number of another country, where nothing can be sent yet."""


def read_phone(text: str, region: str) -> str:
    """Read a number that a person typed and return E.164; raises BadPhone, or PhoneAbroad for a mobile of elsewhere.

    National (`0722 000 002`) or international (`+254...`, `254...`, `00254...`); it must be a mobile number of the
    region (`KE`). Short codes, landlines, premium and foreign numbers are refused.
    """
    digits = trim(text).translate(_BETWEEN)
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    if not _DIGITS.fullmatch(digits):
        raise BadPhone
    number = _mobile(digits, region)
    if number is not None and phonenumbers.region_code_for_number(number) == region:
        return phonenumbers.format_number(number, PhoneNumberFormat.E164)
    # Abroad is only what is written in full: with its country in front, the plus forgotten or not.
    if _mobile("+" + digits.lstrip("+"), region) is not None:
        raise PhoneAbroad
    raise BadPhone


def _mobile(digits: str, region: str) -> PhoneNumber | None:
    """Return a mobile number of anywhere, or None for what is none."""
    try:
        number = phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.number_type(number) in _MOBILE else None


def at_seat(phone: str, seat: int) -> str:
    """Return the address of one of several people on a number: `+254722000002/1`."""
    return f"{phone}/{seat}"


def number_of(address: str) -> str:
    """Return the number of an address, or a number as it is."""
    return address.partition("/")[0]


def seat_of(address: str) -> int | None:
    """Return which person on its number an address names, or None for a number that names nobody."""
    seat = address.partition("/")[2]
    return int(seat) if seat else None


def is_e164(text: str) -> bool:
    """Say whether a text is written as `+` and 8 to 15 digits; whether anybody has the number is another question."""
    return _E164.fullmatch(text) is not None


def national(phone: str) -> str:
    """Return an E.164 number as it is dialled at home: `0722000002`."""
    shown = phonenumbers.format_number(phonenumbers.parse(number_of(phone)), PhoneNumberFormat.NATIONAL)
    return re.sub(r"[^0-9]", "", shown)


def region_of(phone: str) -> str | None:
    """Return the region of an E.164 number (`KE`), or None where the library knows none."""
    return phonenumbers.region_code_for_number(phonenumbers.parse(phone)) if is_e164(phone) else None


def mask_phone(phone: str) -> str:
    """Return `0722***002`: what a receipt may show of the other party's number, and nothing where there is none."""
    if not is_e164(number_of(phone)):
        return "***"
    shown = national(phone)
    return f"{shown[:4]}***{shown[-3:]}"


def log_mask(phone: str) -> str:
    """Return `2547****002`: what a log line may show of a number; of anything else nothing."""
    return f"{phone[1:5]}****{phone[-3:]}" if is_e164(phone) else "****"
