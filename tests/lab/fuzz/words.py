"""What people type, straight into the readers: amounts, numbers, names, PINs, codes, references, words of messages.

Each reader gives a value or refuses. What it gives is compared with a second way of reading the same text.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from tests.lab.fuzz import Tally
from tests.lab.fuzz.draw import Draw, pick, spoilt

TITLE = "Amounts, numbers, names, PINs, codes, references, words"

GOOD: Mapping[str, tuple[str, ...]] = {
    "amount": ("500", "1,000", "1250.5", "10.50", "999999999", "1,234,567.89", "0", "1.000", "00500", "-5", "1e3"),
    "amount in words": ("500", "ksh 500", "KES1,000", "500ksh", "500.50 kes", "Ksh500ksh", "UGX 5"),
    "phone": ("0722000002", "+254722000002", "254722000002", "00254722000002", "0722 000-002", "(0722) 000 002", "112"),
    "pin": ("1357", "0000", "135", "13570", "١٣٥٧", "1 357"),
    "name": ("Zawadi Wekesa", "O'Brien", "Wanjikũ Ng'ang'a", "Nguyễn Văn Anh", "Strauß", "%s{0}", "Z", "ﬁﬂ ﷺ"),
    "id number": ("12345678", "A-12 345", "abc123", "ID 99", "१२३४५"),
    "agent": ("100016", "100024", "100 016", "100017", "10001"),
    "reference": ("QK7M2X9TRD", "qk7m 2x9t rd", "QK7M-2X9T-RD", "0000000000", ""),
    "message": ("SEND 500 0722000002", "bal", "BAL\n1357", "ＢＡＬ", "123 4567", "Check QK7M2X9TRD 1357", "\n\n"),
    "text": ("Asante", "naïve œuvre ŵ", "€[]{}^", "\U0001f468\u200d\U0001f469", "a\u0301\u0301\u0301"),
    "dialled": ("1*0722000002*500", "1**2", "**", "#", "1*2*3*4*5*6*7*8*9*10*11*12*13*14"),
}


def make(draw: Draw) -> list[str]:
    """Make up a text for one of the readers."""
    kind = pick(draw, tuple(GOOD))
    return [kind, spoilt(draw, GOOD[kind])]


def open_world() -> Callable[[list[str]], Tally]:
    readers = _readers()

    def check(case: list[str]) -> Tally:
        from service.refusal import Refusal

        kind, text = case
        try:
            readers[kind](text)
        except Refusal:
            return Tally(1, 0)
        return Tally(1, 1)

    return check


def _readers() -> Mapping[str, Callable[[str], object]]:
    from service.countries import load_pack

    pack = load_pack("ke")
    return {
        "amount": lambda text: _amount(text, pack.currency, words=False),
        "amount in words": lambda text: _amount(text, pack.currency, words=True),
        "phone": _phone,
        "pin": _pin,
        "name": _name,
        "id number": _id_number,
        "agent": _agent,
        "reference": _reference,
        "message": _message,
        "text": _text,
        "dialled": _dialled,
    }


def _amount(text: str, currency: Any, *, words: bool) -> None:
    from service.money import read_amount, show_number

    minor = read_amount(text, currency, words=words)
    digits = "".join(re.findall("[0-9.]", text))  # what is not ASCII counts for nothing
    assert Decimal(digits) * 100 == minor, f"{text!r} was read as {minor}"
    assert 0 < minor < 100_000_000_000
    assert read_amount(show_number(minor, currency), currency) == minor


def _phone(text: str) -> None:
    from service.phone import is_e164, mask_phone, national, read_phone

    number = read_phone(text, "KE")
    assert is_e164(number)
    assert number.startswith("+254")
    assert len(number) == 13
    assert "".join(re.findall("[0-9]", text))[-9:] == number[-9:], f"{text!r} was read as {number}"
    assert read_phone(number, "KE") == read_phone(national(number), "KE") == number
    assert number[-6:-3] not in mask_phone(number)[4:7]


def _pin(text: str) -> None:
    from service.wallet.pin import read_pin

    assert re.fullmatch("[0-9]{4}", read_pin(text), re.ASCII)


def _name(text: str) -> None:
    from service.wallet.name import initials, masked, read_name

    name = read_name(text)
    assert 2 <= len(name) <= 40
    assert read_name(name) == name
    assert not re.search(r"[0-9<>{}%=*#\x00-\x1f]", name)
    name.encode()
    for shown, room in ((masked(name), 14), (initials(name), 3)):
        assert 0 < len(shown.encode("gsm23.038")) <= room + shown.count("€"), f"{name!r} is shown as {shown!r}"


def _id_number(text: str) -> None:
    from service.wallet.people import read_id_number

    assert re.fullmatch("[0-9A-Z]{5,20}", read_id_number(text), re.ASCII)


def _agent(text: str) -> None:
    from service.wallet.agent import read_agent_number

    number = read_agent_number(text)
    assert re.fullmatch("[0-9]{6}", number, re.ASCII)
    odd, even = number[1::2], number[0::2]
    assert (sum(map(int, odd)) + sum(sum(map(int, str(2 * int(digit)))) for digit in even)) % 10 == 0


def _reference(text: str) -> None:
    from service.reference import References
    from service.refusal import Refusal

    house = References(bytes(32))
    number = house.read(text)
    if number is None:
        raise Refusal
    assert 0 <= number < 2**40
    assert house.write(number) == re.sub("[ -]", "", text.upper())


def _message(text: str) -> None:
    from menus.sms import plain
    from menus.sms_answer import has_pin

    line = plain(text)
    assert line.isascii()
    assert 0 < len(line) <= 160
    assert has_pin(line) == bool(re.search(r"(^|[^0-9])[0-9]{4}($|[^0-9])", line))


def _text(text: str) -> None:
    from service.gsm7 import clip, downgrade, septets, sms_parts, trim, units

    shown = downgrade(text)
    size = len(shown.encode("gsm23.038"))
    assert septets(shown) == size
    assert "\n" not in shown
    assert len(clip(shown, 20).encode("gsm23.038")) <= 20
    assert shown.startswith(clip(shown, 20))
    assert downgrade(shown) == shown
    assert trim(text) in text
    assert (sms_parts(shown) == 1) == (size <= 160)
    assert units(text) == len(text.encode("utf-16-be", "surrogatepass")) // 2


def _dialled(text: str) -> None:
    from service.gateways.base import Dial
    from service.web.hop import LONGEST_PATH, _dialled_path

    path = _dialled_path(Dial("x", "s", "+254711000001", "*384*96#", None, text))
    assert len(path) <= LONGEST_PATH
    assert not any("*" in step for step in path)
    assert text.strip("*#").startswith("*".join(path).strip("*#"))
