r"""How much room words take on the air, and how to write any name so that it fits the phones' own alphabet.

One letter outside GSM-7 turns a whole message from 160 letters to 70, so names and typed words are downgraded first.
`^ { } [ ] ~ \ | €` take two septets each. A raw escape (0x1B) is never taken for a letter.
"""

import re
import unicodedata
from functools import lru_cache

from gsmcodecs.charmaps import GSMCHARMAPS

_BASIC = frozenset(map(chr, GSMCHARMAPS[0]["locking"]["encode"])) - {"\x1b"}
_EXTENDED = frozenset(map(chr, GSMCHARMAPS[0]["singleShift"]["encode"])) - _BASIC  # that table lists the blank, too


def _any_of(letters: frozenset[str]) -> str:
    return "[" + "".join(re.escape(letter) for letter in sorted(letters)) + "]"


_ALL_BASIC = re.compile(_any_of(_BASIC) + "*")
_ALL_GSM = re.compile(_any_of(_BASIC | _EXTENDED) + "*")
_ONE_EXTENDED = re.compile(_any_of(_EXTENDED))
_ALL_PLAIN = re.compile(_any_of((_BASIC | _EXTENDED) - frozenset("\r\n\f")) + "*")

_PLAIN = {
    "‘": "'", "’": "'", "‚": "'", "‛": "'", "′": "'", "ʼ": "'", "ʻ": "'", "`": "'", "´": "'", "‹": "'", "›": "'",
    "“": '"', "”": '"', "„": '"', "‟": '"', "″": '"', "«": '"', "»": '"',
    "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "―": "-", "−": "-", "•": "-", "·": ".", "…": "...",
    "⁄": "/", "×": "x", "÷": "/", "©": "(c)", "®": "(R)", "°": "o", "₦": "N", "¢": "c",
    "œ": "oe", "Œ": "OE", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "ħ": "h",
    "Ħ": "H", "ı": "i", "ŋ": "ng", "Ŋ": "Ng", "ɓ": "b", "Ɓ": "B", "ɗ": "d", "Ɗ": "D", "ƙ": "k", "Ƙ": "K", "ƴ": "y",
    "Ƴ": "Y", "ɛ": "e", "Ɛ": "E", "ɔ": "o", "Ɔ": "O", "ɖ": "d", "Ɖ": "D", "ƒ": "f", "Ƒ": "F", "ʋ": "v", "Ʋ": "V",
    "ɣ": "gh", "Ɣ": "Gh", "ə": "e", "Ə": "E", "ɲ": "ny", "Ɲ": "Ny",
}  # fmt: skip
"""Letters outside GSM-7 that a person would write with these, from the names and keyboards of African languages."""

_PLAIN |= {"፡": " ", "።": ".", "፣": ",", "፤": ";", "፥": ":", "፦": ":"}

_ETHIOPIC = re.compile("ETHIOPIC SYLLABLE (GLOTTAL |PHARYNGEAL |[^AEIOUW]+|)(W?)(AA|EE|[AUIEO])")
_CONSONANTS = {"GLOTTAL ": "", "PHARYNGEAL ": "", "HH": "H", "X": "H", "KX": "H", "SZ": "S", "C": "CH", "TH": "T",
               "PH": "P", "TZ": "TS"}  # fmt: skip
_VOWELS = {"A": "E", "U": "U", "I": "I", "AA": "A", "EE": "E", "E": "", "O": "O"}
_OPEN = {"", "H"}
"""Consonants behind which the first vowel is an A, and those without a sound, which keep the last one."""

_RIGHT_TO_LEFT = "\u061c\u200f\u202b\u202e\u2067"
_EDGES = "".join(
    letter
    for letter in map(chr, range(0x10000))
    if (unicodedata.category(letter) in ("Zs", "Zl", "Zp", "Cf") and letter not in _RIGHT_TO_LEFT)
    or letter in "\t\n\v\f\r\x85"
)
"""Blanks, line ends, and marks that nobody sees: no-break blank, zero width, byte order, direction.

Not those that turn the reading round: `105` behind one of them was perhaps seen as 501, so it must not be read.
"""


def septets(text: str) -> int | None:
    """Return the room that a text takes in GSM-7, or None if a letter is outside that alphabet."""
    if _ALL_BASIC.fullmatch(text):
        return len(text)
    if _ALL_GSM.fullmatch(text):
        return len(text) + len(_ONE_EXTENDED.findall(text))
    return None


def units(text: str) -> int:
    """Return the room that a text takes in UCS-2: one unit a character, two for those beyond U+FFFF."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def sms_parts(text: str) -> int:
    """Return how many SMS a text is sent as: 160 septets or 70 units alone, 153 or 67 in each of several."""
    used = septets(text)
    if used is None:
        widths, whole, part = [1 + (letter > "\uffff") for letter in text], 70, 67
    else:
        widths, whole, part = [1 + (letter in _EXTENDED) for letter in text], 160, 153
    if sum(widths) <= whole:
        return 1
    parts, filled = 1, 0
    for width in widths:
        # A pair is never split: where only half of it fits, the part ends one short.
        if filled + width > part:
            parts, filled = parts + 1, 0
        filled += width
    return parts


def clip(text: str, septets: int) -> str:
    """Return as much of the beginning of a GSM-7 text as fits; a letter of two septets is never cut in half."""
    if len(text) <= septets and _ALL_BASIC.fullmatch(text):
        return text
    used = 0
    for place, letter in enumerate(text):
        assert letter in _BASIC or letter in _EXTENDED, f"U+{ord(letter):04X} is outside GSM-7"
        used += 1 + (letter in _EXTENDED)
        if used > septets:
            return text[:place]
    return text


def trim(text: str) -> str:
    """Return what was typed without blanks and invisible marks at its edges."""
    return text.strip(_EDGES)


def downgrade(text: str) -> str:
    """Return one line of GSM-7 that reads as nearly as possible like the text.

    Accents that GSM-7 lacks fall away, control, direction and zero-width marks are removed, line ends and tabs become
    a blank, and what has no plain form becomes "?". Meant for names and words that people typed, not for whole texts.
    """
    if _ALL_PLAIN.fullmatch(text):
        return text
    return "".join(map(_plain, unicodedata.normalize("NFC", text)))


@lru_cache(maxsize=4096)
def _plain(letter: str) -> str:
    if letter in "\r\n\t\v\f\x85\u2028\u2029":
        return " "
    if letter in _BASIC or letter in _EXTENDED:
        return letter
    if letter in _PLAIN:
        return _PLAIN[letter]
    if found := _ETHIOPIC.fullmatch(unicodedata.name(letter, "")):
        return _syllable(found[1], found[2], found[3])
    kind = unicodedata.category(letter)
    if kind.startswith(("C", "M")):
        return ""
    if kind == "Zs":
        return " "
    parts = unicodedata.normalize("NFKD", letter)
    return "?" if parts == letter else "".join(map(_plain, parts))


def _syllable(consonant: str, rounded: str, vowel: str) -> str:
    """Write one Ethiopic syllable as its readers do on Latin keys: አበበ is ABEBE, ላክ is LAK."""
    consonant = _CONSONANTS.get(consonant, consonant)
    if vowel == "A" and consonant in _OPEN and not rounded:
        return f"{consonant}A"
    return f"{consonant}{rounded}{_VOWELS[vowel] or ('' if consonant else 'E')}"
