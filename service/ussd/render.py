"""How a screen looks on a phone: a notice, the text, numbered lines, and the keys that lead back.

Lists are paged by the room there really is; lines are numbered from 1 on each page. In a language outside GSM-7, which
has half the room, other screens are, too: they go on on the next page, and nothing is left out there. So does, in any
language, a menu of many choices; each of its keys works on each page.
"""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from service.ussd.limit import Limit
from service.ussd.screens import Ask, End, Menu, Pick, Screen, Values
from service.ussd.text import UCS2, Show, Words, extras_in, extras_that_tell, fill, too_long

MOST_SUGGESTIONS = 9
"""An Ask shows at most so many, so that its field need only keep clear of single digits."""


class Page(NamedTuple):
    """What stands on the phone, how many lines of the list are on it, and whether all is said that needs room.

    `rest` is the line of the screen that the next page begins with, if there is one.
    """

    text: str
    shown: int
    in_full: bool
    rest: int | None = None


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
    since: int = 0,
) -> Page:
    """Lay out one page with as many lines of a list, filled, as there is room for, and then as many extras.

    The text is longer than the limit only if it would be without any of the lines and extras. A screen that is paged is
    laid out from its line `since` on; it says all its extras, unless one page is enough without.
    """
    most, full = extras_of(screen, words), extras_that_tell(words.screens[screen.id]["text"])
    if is_paged(screen, words):
        for extras in range(most, -1, -1) if not since else ():
            body = lines_of(screen, words, show, lines=lines, when=when, extras=extras)
            text, until = first_page(body, words, limit=limit, notice=notice, nav=nav)
            if until == len(body):
                return Page(text, len(lines), extras >= full)
        body = lines_of(screen, words, show, lines=lines, when=when, extras=most)
        text, until = first_page(body[since:], words, limit=limit, notice=notice, nav=nav)
        return Page(text, len(lines), True, since + until if since + until < len(body) else None)
    sizes = [(n, extras) for n in range(len(lines), -1, -1) for extras in range(most, -1, -1)]
    for shown, extras in sizes:
        more = isinstance(screen, Pick) and shown < len(lines)
        text = lay_out(
            screen, words, show, lines=lines[:shown], notice=notice, nav=nav, more=more, when=when, extras=extras
        )
        if too_long(text, limit) <= 0:
            break
    return Page(text, shown, extras >= full)


def is_paged(screen: Screen, words: Words) -> bool:
    """Say whether a screen goes on on further pages where it is too long; a list has pages of its own."""
    # Where an amount is asked for, 98 may be the amount.
    has_pages = isinstance(screen, Menu | End) or (isinstance(screen, Ask) and (screen.secret or bool(screen.suggests)))
    return (words.alphabet == UCS2 and has_pages) or (isinstance(screen, Menu) and screen.pages)


def lines_of(
    screen: Screen, words: Words, show: Show, *, lines: Sequence[str], when: Values | None, extras: int
) -> list[str]:
    """Return the lines of a screen from the first page to the last; a secret is asked for in the last of them."""
    whole = lay_out(screen, words, show, lines=lines, notice=None, nav=False, more=False, when=when, extras=extras)
    body = whole.split("\n")
    if isinstance(screen, Ask) and screen.secret:
        text = fill(words.screens[screen.id]["text"], show, extras=extras, widest=when is None)
        body.append(body.pop(text.count("\n")))
    return body


def first_page(body: Sequence[str], words: Words, *, limit: Limit, notice: str | None, nav: bool) -> tuple[str, int]:
    """Return the first page of these lines, under a notice, and how many of them stand on it.

    It is longer than the limit only if one line alone is, with what has to stand above and below it.
    """
    above = [notice] if notice else []
    for until in range(len(body), 0, -1):
        below = ways_back(words, nav) if until == len(body) else [words.nav["more"]]
        text = "\n".join([*above, *body[:until], *below])
        if too_long(text, limit) <= 0:
            return text, until
    return ("\n".join([*above, words.nav["more"]]), 0) if above else (text, 1)


def ways_back(words: Words, nav: bool) -> list[str]:
    """Return the line of the keys that lead back, if there are any."""
    return [f"{words.nav['back']} {words.nav['home']}"] if nav else []


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
    parts += ways_back(words, nav)
    return "\n".join(part for part in parts if part)


def list_lines(screen: Screen, words: Words, shows: Sequence[Show]) -> list[str]:
    """Return the lines of a list, without numbers: one for each item, by how its values are shown."""
    return [fill(words.screens[screen.id]["line"], show) for show in shows]
