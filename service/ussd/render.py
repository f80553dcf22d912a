"""How a screen looks on a phone: a notice, the text, numbered lines, and the keys that lead back.

Lists are paged by the room there really is; lines are numbered from 1 on each page.
"""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from service.ussd.limit import Limit
from service.ussd.screens import Ask, Menu, Pick, Screen, Values
from service.ussd.text import Show, Words, extras_in, fill, too_long

MOST_SUGGESTIONS = 9
"""An Ask shows at most so many, so that its field need only keep clear of single digits."""


class Page(NamedTuple):
    """What stands on the phone, how many lines of the list are on it, and whether all is said that needs room."""

    text: str
    shown: int
    in_full: bool


def render(
    screen: Screen,
    words: Words,
    show: Show,
    *,
    limit: Limit,
    lines: Sequence[str] = (),
    notice: str | None = None,
    nav: bool,
    when: Values,
) -> Page:
    """Lay out one page with as many lines of a list, filled, as there is room for, and then as many extras.

    The text is longer than the limit only if it would be without any of the lines and extras.
    """
    most = extras_of(screen, words)
    sizes = [(n, extras) for n in range(len(lines), -1, -1) for extras in range(most, -1, -1)]
    for shown, extras in sizes:
        more = isinstance(screen, Pick) and shown < len(lines)
        text = lay_out(
            screen, words, show, lines=lines[:shown], notice=notice, nav=nav, more=more, when=when, extras=extras
        )
        if too_long(text, limit) <= 0:
            break
    return Page(text, shown, extras == most)


def extras_of(screen: Screen, words: Words) -> int:
    """Return how many parts of a screen's text are said only where there is room."""
    return extras_in(words.screens[screen.id]["text"])


def lay_out(
    screen: Screen,
    words: Words,
    show: Show,
    *,
    lines: Sequence[str],
    notice: str | None,
    nav: bool,
    more: bool,
    when: Values | None,
    extras: int,
) -> str:
    """Put the parts of a screen under each other; `when` hides choices (None: all are shown, at their widest)."""
    said, say = words.screens[screen.id], partial(fill, show=show, widest=when is None)
    parts = [notice, say(said["text"], extras=extras)]
    for choice in screen.choices if isinstance(screen, Menu | Ask) else ():
        if when is None or choice.is_live(when):
            parts.append(f"{choice.key} {say(said[choice.key])}")
        elif isinstance(screen, Ask):
            parts.append(say(said[choice.key]))
    parts += [f"{number} {line}" for number, line in enumerate(lines, 1)]
    parts.append(words.nav["more"] if more else None)
    parts.append(f"{words.nav['back']} {words.nav['home']}" if nav else None)
    return "\n".join(part for part in parts if part)


def list_lines(screen: Screen, words: Words, shows: Sequence[Show]) -> list[str]:
    """Return the lines of a list, without numbers: one for each item, by how its values are shown."""
    return [fill(words.screens[screen.id]["line"], show) for show in shows]
