"""Room on the air, and names in the phones' alphabet."""

import time
import unicodedata

import gsmcodecs  # noqa: F401  # registers the codec that the counts are compared with
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from service.gsm7 import clip, downgrade, septets, sms_parts, trim, units

BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = "\f^{}\\[~]|€"
GSM = st.text(alphabet=BASIC + EXTENDED, max_size=400)


def test_the_alphabet_is_that_of_the_standard() -> None:
    """Every character of the basic plane, against the two tables of 3GPP TS 23.038 as written above."""
    assert (len(BASIC), len(EXTENDED)) == (127, 10)
    for point in range(0x10000):
        letter = chr(point)
        assert septets(letter) == (1 if letter in BASIC else 2 if letter in EXTENDED else None), f"U+{point:04X}"


def test_a_raw_escape_is_no_letter() -> None:
    assert septets("\x1b") is None
    assert septets("a\x1be") is None


@given(GSM)
def test_septets_are_the_bytes_of_the_codec(text: str) -> None:
    assert septets(text) == len(text.encode("gsm23.038"))


@given(st.text())
def test_units_are_those_of_utf16(text: str) -> None:
    assert units(text) == len(text.encode("utf-16-be", "surrogatepass")) // 2


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", 1), ("x" * 160, 1), ("x" * 161, 2), ("x" * 306, 2), ("x" * 307, 3), ("€" * 80, 1), ("€" * 81, 2),
        ("x" * 152 + "€" + "x" * 152, 3), ("x" * 151 + "€" + "x" * 153, 2),
        ("ŵ" * 70, 1), ("ŵ" * 71, 2), ("ŵ" * 134, 2), ("ŵ" * 135, 3), ("😀" * 35, 1), ("😀" * 36, 2),
        ("ŵ" * 66 + "😀" + "ŵ" * 66, 3), ("x" * 160 + "ŵ", 3),
    ],
)  # fmt: skip
def test_sms_parts(text: str, parts: int) -> None:
    assert sms_parts(text) == parts


@given(GSM, st.integers(0, 200))
def test_clip_fits_and_takes_all_it_can(text: str, room: int) -> None:
    kept = clip(text, room)
    used = septets(kept)
    assert text.startswith(kept)
    assert used is not None
    assert used <= room
    if kept != text:
        following = text[len(kept)]
        assert used + (2 if following in EXTENDED else 1) > room


def test_clip_never_halves_a_pair() -> None:
    assert clip("ab€", 3) == "ab"
    assert clip("ab€", 4) == "ab€"
    assert clip("€", 1) == ""


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Amina", "Amina"),
        ("O'Brien", "O'Brien"),
        ("O’Brien", "O'Brien"),
        ("ng’ombe ngʼombe", "ng'ombe ng'ombe"),
        ("Françoise Lefèvre", "Francoise Lefèvre"),
        ("FRANÇOISE", "FRANÇOISE"),
        ("être né à Noël, où ? ÉTÉ È", "etre né à Noel, où ? ÉTÉ E"),
        ("cœur — “oui” … 5 °C", 'coeur - "oui" ... 5 oC'),
        ("Wanjirũ Mũthoni", "Wanjiru Muthoni"),
        ("Ọlá Ẹ̀kọ́ ƙasa ŋŋ Ɓ", "Olá Eko kasa ngng B".replace("á", "a")),
        ("e\u0301", "é"),
        ("Ａｍｉｎａ ﬁ ①", "Amina fi 1"),
        ("5\u00a0000\u202f00\t1", "5 000 00 1"),
        ("አበበ በቀለ", "ABEBE BEQELE"),
        ("ላክ 500 ለ0722፣ ቋንቋ", "LAK 500 LE0722, QWANQWA"),
        ("ኃይለ ሥላሴ ዐቢይ እርዳታ ጸጋዬ ቸርነት", "HAYLE SLASE ABIY ERDATA TSEGAYE CHERNET"),
        ("一😀Я", "???"),
        ("{[€]}~\\^|", "{[€]}~\\^|"),
    ],
)
def test_downgrade(text: str, plain: str) -> None:
    assert downgrade(text) == plain


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Amina\r\nBAL 5,000,000", "Amina  BAL 5,000,000"),
        ("A\0m\x07ina", "Amina"),
        ("\u202eanimA\u202c", "animA"),
        ("Am\u200bi\u200dn\ufeffa", "Amina"),
        ("\x1b[31mAmina", "[31mAmina"),
        ("Amina\u2028Confirmed", "Amina Confirmed"),
        ("👨\u200d👩\u200d👧\ufe0f", "???"),
        ("Sаfаricom", "S?f?ricom"),  # Cyrillic a, which looks like ours
        ("A" + "\u0301" * 100 + "b", "Ab"),
        ("%s{0}{{7*7}}", "%s{0}{{7*7}}"),
        ("\ud800x", "x"),
    ],
)
def test_I_06_names_that_attack_come_out_plain(text: str, plain: str) -> None:
    """Line ends, NUL, escapes, marks, joined emoji and look-alikes leave one plain line that can be counted."""
    assert downgrade(text) == plain
    assert septets(downgrade(text)) is not None


def test_I_06_a_name_of_a_megabyte_costs_little() -> None:
    """A flood of letters, accents or blanks takes about as long as reading it."""
    for flood in ("x" * 10**6, "ŵ" * 10**6, "a" + "\u0301" * 10**6, "a" + " " * 10**6 + "b", "\u200b" * 10**6):
        began = time.process_time()
        assert septets(downgrade(trim(flood))) is not None
        assert time.process_time() - began < 3


@given(st.text())
@example("\x1b\x0c\r\n")
@example("\u0340\u0958\ufdfa\u3300")
def test_downgrade_always_yields_one_line_of_gsm7(text: str) -> None:
    plain = downgrade(text)
    assert septets(plain) is not None
    assert not set(plain) & set("\r\n\f\x1b")
    assert downgrade(plain) == plain


def test_downgrade_of_every_character() -> None:
    for point in range(0x30000):
        plain = downgrade(chr(point))
        assert septets(plain) is not None, f"U+{point:04X}"
        if unicodedata.category(chr(point)) in ("Cc", "Cf", "Cs"):
            assert plain in ("", " ")


def test_I_11_blanks_and_hidden_marks_are_trimmed() -> None:
    """No-break and zero-width blanks, tabs and direction marks at the edges go; what is inside stays."""
    assert trim(" \t\u00a0\u200b\u202a500\u202c\ufeff\r\n") == "500"
    assert trim("a\u00a0b") == "a\u00a0b"
    assert trim("\u2066\u2069") == ""
