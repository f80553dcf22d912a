"""What people may type as an amount, and how amounts are shown."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.gsm7 import septets
from service.money import BadAmount, Currency, read_amount, show_amount, show_amount_full, show_number

KES = Currency("KES", 2, ("Ksh",))
XAF = Currency("XAF", 0, ("FCFA",))
TND = Currency("TND", 3, ())


def refused(text: str, currency: Currency = KES, *, words: bool = False) -> bool:
    try:
        read_amount(text, currency, words=words)
    except BadAmount:
        return True
    return False


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("1", 1_00),
        ("500", 500_00),
        ("1,000", 1_000_00),
        ("12,345,678", 12_345_678_00),
        ("999999999", 999_999_999_00),
        ("999,999,999.99", 999_999_999_99),
        ("10.5", 10_50),
        ("10.05", 10_05),
        ("1000.00", 1_000_00),
    ],
)
def test_amounts_that_are_read(text: str, minor: int) -> None:
    assert read_amount(text, KES) == minor


@pytest.mark.parametrize("words", [False, True])
@pytest.mark.parametrize(
    "text",
    [
        "0", "00", "0.50", "-5", "+5", "−5", "", " ", "00500", "0500", "5e3", "5E3", "1E+30", "1_000", "0x10", "0b1",
        "NaN", "nan", "Infinity", "inf", "five", "5 hundred", "1" * 10, "1" * 10_000, "1," * 5_000, "$5", "5%", "5/-",
        "5*2", "5#", "(5)", "5;", "\0", "5\0", "½",
    ],
)  # fmt: skip
def test_I_01_what_is_no_amount_is_refused(text: str, words: bool) -> None:
    """Zero, signs, leading zeros, exponents, other bases, words and floods of digits all get the same answer."""
    assert refused(text, words=words)


@pytest.mark.parametrize("words", [False, True])
@pytest.mark.parametrize(
    "text",
    [
        "1.000", "1 000", "10,50", "10.505", ".5", "5.", "1.000,50", "1,00", "1,0000", "10,00,000", "1,000,00", ",100",
        "1,000,", "1,,000", "1000,000", "0,500", "1'000", "1.000.000", "1..5", "1.5.0", "1,000.5.0", "1, 000", "5 .5",
    ],
)  # fmt: skip
def test_I_02_what_might_mean_two_amounts_is_refused(text: str, words: bool) -> None:
    """A point is only ever cents and a comma only ever thousands; nothing is guessed."""
    assert refused(text, words=words)


@pytest.mark.parametrize(
    "text",
    [
        "٥٠٠", "५००", "５００", "5００", "⁵", "5²", "①", "Ⅴ", "五", "𝟓𝟎𝟎", "5\u200b00", "\u202e105", "\u200f105",
        "\u2067105\u2069", "5\u202e00", "5\u06600", "1٬000", "1．5",
    ],
)  # fmt: skip
def test_I_03_digits_of_other_scripts_are_refused(text: str) -> None:
    """Only ASCII digits in reading order: other scripts, full width, raised, hidden or turned round are refused."""
    assert refused(text)
    assert refused(text, words=True)


@given(st.characters(categories=["N"], exclude_characters="0123456789"))
def test_I_03_no_other_digit_passes(letter: str) -> None:
    """Any number sign of Unicode but 0 to 9, alone or between digits, is refused."""
    assert refused(letter)
    assert refused(f"1{letter}1")
    assert refused(f"1.{letter}")


@pytest.mark.parametrize(
    "blank", [" ", "\t", "\n", "\r\n", "\u00a0", "\u200b", "\u202f", "\ufeff", "\u200e", "\u2003 "]
)
def test_I_11_blanks_are_dropped_at_the_edges_and_refused_inside(blank: str) -> None:
    """A no-break blank, a zero-width one or a tab around an amount is harmless; inside it is refused."""
    assert read_amount(f"{blank}500{blank}", KES) == 500_00
    assert refused(f"5{blank}00")
    assert refused(blank)


@pytest.mark.parametrize(
    "text", ["KES 500", "kes500", "Ksh500", "KSH  500", "500KES", "500 ksh", "500 Ksh ", "ksh 500.00"]
)
def test_the_currency_may_stand_beside_an_amount_in_an_sms_only(text: str) -> None:
    assert read_amount(text, KES, words=True) == 500_00
    assert refused(text)


@pytest.mark.parametrize(
    "text",
    [
        "KES",
        "KES 500 KES",
        "Ksh500ksh",
        "UGX 500",
        "K 500",
        "KES-500",
        "KES0500",
        "kesksh 5",
        "\u212a500",
        "\u212aes 500",
    ],
)
def test_only_one_currency_and_only_ours(text: str) -> None:
    assert refused(text, words=True)


def test_decimals_follow_the_currency() -> None:
    assert read_amount("500", XAF) == 500
    assert refused("500.0", XAF)
    assert read_amount("1.505", TND) == 1_505
    assert refused("1.5050", TND)
    assert read_amount("5 fcfa", XAF, words=True) == 5


@pytest.mark.parametrize(
    ("minor", "number", "screen", "sms"),
    [
        (500_00, "500", "KES 500", "KES 500.00"),
        (1_234_50, "1,234.50", "KES 1,234.50", "KES 1,234.50"),
        (1_000_000_00, "1,000,000", "KES 1,000,000", "KES 1,000,000.00"),
        (91, "0.91", "KES 0.91", "KES 0.91"),
        (5, "0.05", "KES 0.05", "KES 0.05"),
        (0, "0", "KES 0", "KES 0.00"),
        (-507_00, "-507", "KES -507", "KES -507.00"),
        (-5, "-0.05", "KES -0.05", "KES -0.05"),
    ],
)
def test_amounts_as_they_are_shown(minor: int, number: str, screen: str, sms: str) -> None:
    assert show_number(minor, KES) == number
    assert show_amount(minor, KES) == screen
    assert show_amount_full(minor, KES) == sms


def test_amounts_of_other_currencies_as_they_are_shown() -> None:
    assert show_amount(1_500, XAF) == show_amount_full(1_500, XAF) == "XAF 1,500"
    assert (show_amount(1_500, TND), show_amount_full(2_000, TND)) == ("TND 1.500", "TND 2.000")
    assert show_amount(100, XAF) == "XAF 100"


AMOUNTS = st.from_regex(
    re.compile(r"[0-9]{1,3}(,?[0-9]{3}){0,3}(\.[0-9]{1,3})?|[0-9,. ]{1,12}", re.ASCII), fullmatch=True
)


@given(AMOUNTS, st.sampled_from([KES, XAF, TND]))
def test_what_is_read_shows_back_as_the_same_amount(text: str, currency: Currency) -> None:
    try:
        minor = read_amount(text, currency)
    except BadAmount:
        return
    assert 0 < minor < 10 ** (9 + currency.exponent)
    assert read_amount(show_number(minor, currency), currency) == minor
    assert read_amount(show_amount(minor, currency), currency, words=True) == minor
    assert read_amount(show_amount_full(minor, currency), currency, words=True) == minor
    assert septets(show_amount_full(minor, currency)) == len(show_amount_full(minor, currency))


@given(st.integers(1, 999_999_999), st.integers(0, 99))
def test_every_amount_can_be_typed_in_each_way(whole: int, cents: int) -> None:
    for text in (f"{whole}.{cents:02}", f"{whole:,}.{cents:02}", f"KES{whole}.{cents:02}", f"{whole:,}.{cents:02} Ksh"):
        assert read_amount(text, KES, words=True) == whole * 100 + cents


@given(st.text(max_size=12))
def test_any_text_is_an_amount_or_refused(text: str) -> None:
    try:
        assert read_amount(text, KES, words=True) > 0
    except BadAmount:
        return
    assert any(letter in "123456789" for letter in text)
