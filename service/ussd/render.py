"""How a screen looks on a phone: a notice, the text, numbered lines, and the keys that lead back.

Lists are paged by the room there really is; lines are numbered from 1 on each page.
"""

from collections.abc import Sequence
from typing import NamedTuple

from service.ussd.limit import Limit
from service.ussd.screens import Ask, Menu, Pick, Screen, Values
from service.ussd.text import Show, Words, fill, too_long


class Page(NamedTuple):
    """What stands on the phone, and how many lines of the list are on it."""

    text: str
    shown: int


def render(
    screen: Screen,
    words: Words,
    show: Show,
    *,
    limit: Limit,
    lines: Sequence[str] = (),
    notice: str | None = None,
    nav: bool,
    when: Values | None = None,
) -> Page:
    """Lay out one page. `lines` are those of a list, filled; `when` hides choices (None: all are shown).

    The text may be longer than the limit only if it would be without any lines of a list.
    """
    said = words.screens[screen.id]
    head = [part for part in (notice, fill(said["text"], show)) if part]
    if isinstance(screen, Menu):
        for choice in screen.choices:
            if when is None or choice.when is None or when.get(choice.when):
                head.append(f"{choice.key} {fill(said[choice.key], show)}")
    foot = [f"{words.nav['back']} {words.nav['home']}"] if nav else []
    numbered = [f"{number} {line}" for number, line in enumerate(lines, 1)]
    for shown in range(len(numbered), -1, -1):
        more = [words.nav["more"]] if isinstance(screen, Pick) and shown < len(numbered) else []
        text = "\n".join([*head, *numbered[:shown], *more, *foot])
        if too_long(text, limit) <= 0:
            break
    return Page(text, shown)


def list_lines(screen: Screen, words: Words, shows: Sequence[Show]) -> list[str]:
    """Return the lines of a list, without numbers: one for each item, by how its values are shown."""
    if not isinstance(screen, Ask | Pick) or not shows:
        return []
    return [fill(words.screens[screen.id]["line"], show) for show in shows]
