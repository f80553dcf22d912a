"""What cases are made of, drawn either from a fuzzer's bytes or by Hypothesis, so that both make the same cases."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from hypothesis import strategies as st

T = TypeVar("T")

STRANGE = (
    "\0\x01\x08\t\n\r\x1b\x7f\x85\u00a0\u00ad\u00b2\u00bd\u00df\u00e9\u00f1\u0130\u017f\u0301\u0600\u0660\u0664\u066b"
    "\u0967\u1e9e\u200b\u200d\u200e\u202e\u202f\u2028\u2029\u2070\u20ac\u212a\u2460\u3000\u3007\u4e00\uac00\ud800"
    "\ue000\ufb01\ufdfa\ufeff\uff01\uff10\uff14\uff21\ufffd\uffff\U0001d7d8\U0001f468\U0001f600\U000e0001\U0010ffff"
)
"""Letters that programs stumble over: ends of lines, marks nobody sees, digits of others, halves of pairs."""

SIGNS = "+-*#.,:;/\\'\"%$&<>{}[]()=_|~^@! \t"
DIGITS = "0123456789"
LONGEST = 48
LONG = (0, 1, 26, 159, 161, 1_000, 10_000, 70_000)
"""How often a piece may stand in a row, and how long a text may get."""


class Draw(Protocol):
    """Where the choices of a case come from."""

    def number(self, least: int, most: int) -> int:
        """Return a whole number between these, both included."""

    def letters(self) -> str:
        """Return a short text of any letters."""

    def raw(self) -> bytes:
        """Return a few bytes."""


class Feed:
    """Draws from the bytes of a coverage-guided fuzzer; when they are used up, the first choice is taken."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def number(self, least: int, most: int) -> int:
        size = ((most - least).bit_length() + 7) // 8
        return least + int.from_bytes(self._take(size), "big") % (most - least + 1)

    def letters(self) -> str:
        taken = self._take(self.number(0, LONGEST))
        return "".join(chr(byte) if byte < 128 else STRANGE[byte % len(STRANGE)] for byte in taken)

    def raw(self) -> bytes:
        return self._take(self.number(0, LONGEST))

    def _take(self, size: int) -> bytes:
        taken = self._data[self._at : self._at + size]
        self._at += size
        return taken


class Drawn:
    """Draws by Hypothesis, which makes a case that failed as small as it can."""

    def __init__(self, draw: Callable[[Any], Any]) -> None:
        self._draw = draw

    def number(self, least: int, most: int) -> int:
        return int(self._draw(st.integers(least, most)))

    def letters(self) -> str:
        odd, any_letter = st.sampled_from(STRANGE), st.characters(codec=None)
        return str(self._draw(st.text(st.one_of(st.sampled_from(DIGITS + SIGNS), odd, any_letter), max_size=LONGEST)))

    def raw(self) -> bytes:
        return bytes(self._draw(st.binary(max_size=LONGEST)))


def pick(draw: Draw, options: Sequence[T]) -> T:
    """Return one of these; the first ones are what comes when nothing else does."""
    return options[draw.number(0, len(options) - 1)]


def some(draw: Draw, make: Callable[[], T], most: int) -> list[T]:
    """Return up to so many of these."""
    return [make() for _ in range(draw.number(0, most))]


def spoilt(draw: Draw, good: Sequence[str]) -> str:
    """Return one of these texts: as it is, changed in a place or two, very long, or any text at all."""
    kind = draw.number(0, 7)
    if kind <= 2:
        return pick(draw, good)
    if kind == 3:
        return draw.letters()
    text = pick(draw, good)
    if kind == 4:
        text = text[: max(LONG)] or "x"
        return text * min(pick(draw, LONG), max(LONG) // len(text))
    for _ in range(draw.number(1, 2)):
        place = draw.number(0, len(text))
        gone = draw.number(0, 2)
        new = pick(draw, (DIGITS, SIGNS, STRANGE))
        text = text[:place] + pick(draw, new) + text[place + gone :]
    return text


def spoilt_bytes(draw: Draw, good: bytes) -> bytes:
    """Return these bytes with a few places changed, cut off, or doubled."""
    for _ in range(draw.number(0, 3)):
        place, size = draw.number(0, len(good)), draw.number(0, 8)
        new = pick(draw, (b"", b"\0", b"\xff\xfe", b"%00", b"%", b"&", b"=", b"\r\n", draw.raw(), good[:place]))
        good = good[:place] + new + good[place + size :]
    return good
