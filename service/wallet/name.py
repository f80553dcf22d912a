"""People's names: how they are kept, and how much of them another person sees."""

import unicodedata

from service.gsm7 import clip, downgrade
from service.refusal import Refusal

SHOWN = 14
"""Septets of a masked name at most."""


class BadName(Refusal):
    """What was typed is not a name: at least two letters, at most 40, no digits or signs but ' - and ."""


def read_name(typed: str) -> str:
    """Return a name as it is kept: letters of any script, single blanks; raises BadName."""
    name = " ".join(unicodedata.normalize("NFC", typed).split())
    letters = [sign for sign in name if unicodedata.category(sign)[0] in "LM"]
    others = [sign for sign in name if unicodedata.category(sign)[0] not in "LM" and sign not in " '-."]
    if not len(letters) >= 2 or len(name) > 40 or others:
        raise BadName
    return name


def masked(name: str, shown: int = SHOWN) -> str:
    """Return the first name and the initial of the last, in capitals and GSM-7, in so many septets: `AMINA O`."""
    words = _capitals(name).split() or ["?"]
    if len(words) == 1:
        return clip(words[0], shown)
    return f"{clip(words[0], shown - 2)} {clip(words[-1], 1)}"


def _capitals(name: str) -> str:
    """Return a name in capitals of GSM-7, which has some letters in small only (Hélène: HÉLENE)."""
    return downgrade(name.upper())


def initials(name: str) -> str:
    """Return the first letters of a name's first and last word: `A O`."""
    words = _capitals(name).split() or ["?"]
    return " ".join(clip(word, 1) for word in (words[0], words[-1])[: len(words)])
