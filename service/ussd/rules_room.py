"""Rules about room: whatever may ever stand on a screen or in an SMS fits, measured at the widest values."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from service.gsm7 import septets
from service.ussd.graph import edges, reached, refusals, shown_next, waits
from service.ussd.limit import Limit
from service.ussd.problem import Problem
from service.ussd.render import extras_of, lay_out
from service.ussd.screens import Ask, Do, DroppedRest, DroppedSecret, NoSuchChoice, Pick, Screen
from service.ussd.text import ONE_SMS, Talk, fill, render_sms, too_long

Notice = tuple[str, str]
"""The table and the key of a line above a screen: ("no", "wrong_pin"), ("told", "sent")."""


class Widest(NamedTuple):
    """A screen at its widest: the text, by how much it is too long, and the notice above it."""

    text: str
    over: int
    under: str


def fits(talk: Talk) -> Iterator[Problem]:
    """Every screen fits, in every language, at its widest values, under its longest notice, with its way back."""
    above = notices(talk)
    for language, screen in _shown(talk):
        page = widest(talk, screen, language, above[screen.id], lines=0)
        if page.over > 0:
            yield Problem("fits", screen.id, language, f"is {_amount(page)} too long{page.under}")


def extras(talk: Talk) -> Iterator[Problem]:
    """What is said only where there is room has room wherever no notice stands above the screen."""
    for language, screen in _shown(talk):
        parts = extras_of(screen, talk.words[language])
        page = widest(talk, screen, language, [], lines=0, extras=parts)
        if page.over > 0 >= widest(talk, screen, language, [], lines=0).over:
            yield Problem("extras", screen.id, language, f"is {_amount(page)} too long with what needs room")


def lists(talk: Talk) -> Iterator[Problem]:
    """At least one line of a list fits on every page, together with the line for more."""
    above = notices(talk)
    for language, screen in _shown(talk):
        if "line" in talk.words[language].screens[screen.id]:
            page = widest(talk, screen, language, above[screen.id], lines=1)
            if page.over > 0 >= widest(talk, screen, language, above[screen.id], lines=0).over:
                yield Problem("lists", screen.id, language, f"is {_amount(page)} too long with one line{page.under}")


def farewells(talk: Talk) -> Iterator[Problem]:
    """Every refusal fits by itself: any may end a talk, in a step or before the first screen."""
    for language, said in talk.words.items():
        for code, sentence in said.no.items():
            page = _alone(fill(sentence, talk.widest), talk.limit)
            if page.over > 0:
                yield Problem("farewells", "no", language, f"{code} is {_amount(page)} too long")


def sms(talk: Talk) -> Iterator[Problem]:
    """Every SMS fits one message of 160 septets (or 70 units, if a letter forces them) at its widest."""
    for key, names in talk.sms.items():
        values = {name: talk.sms_field(name).widest for name in names}
        for language in talk.words:
            page = _alone(render_sms(talk, key, values, language, widest=True), ONE_SMS)
            if page.over > 0:
                yield Problem("sms", key, language, f"is {_amount(page)} too long")


def notices(talk: Talk) -> Mapping[str, list[Notice]]:
    """Return every line that may stand above each screen; what is told of one role's talk, on that role's home."""
    above: dict[str, list[Notice]] = defaultdict(list)
    for screen in talk.screens.values():
        if isinstance(screen, Do):
            for edge in edges(screen):
                if edge.no is not None:
                    for landing in shown_next(talk, edge.target):
                        above[landing].append(("no", edge.no.code))
        elif waits(screen):
            above[screen.id] += [("no", NoSuchChoice.code), ("no", DroppedRest.code)]
        if isinstance(screen, Ask):
            above[screen.id] += [("no", kind.code) for kind in refusals(screen)]
            above[screen.id] += [("no", DroppedSecret.code)] if screen.secret else []
    for home in talk.homes.values():
        steps = [screen for each in reached(talk, [home]) if isinstance(screen := talk.screens[each], Do)]
        told: list[Notice] = sorted({("told", key) for do in steps for key in (do.told, do.not_told) if key})
        for landing in shown_next(talk, home):
            above[landing] += told
    return above


def has_way_back(talk: Talk, screen: Screen) -> bool:
    """Say whether 0 and 00 may stand on a screen: not on a goodbye, nor on the one screen that a role sees first."""
    homes = [home for home in talk.homes.values() if screen.id in reached(talk, [home])]
    return waits(screen) and any(shown_next(talk, home) != {screen.id} for home in homes)


def widest(talk: Talk, screen: Screen, language: str, above: list[Notice], *, lines: int, extras: int = 0) -> Widest:
    """Lay a screen out at its widest, under the notice that makes it longest, with so many lines and extras."""
    said = talk.words[language]
    nav = has_way_back(talk, screen)
    line = [fill(said.screens[screen.id]["line"], talk.widest)] * lines if lines else []
    more = isinstance(screen, Pick) and lines > 0
    pages = []
    for notice in (None, *above):
        over = fill((said.no if notice[0] == "no" else said.told)[notice[1]], talk.widest) if notice else None
        text = lay_out(screen, said, talk.widest, lines=line, notice=over, nav=nav, more=more, when=None, extras=extras)
        pages.append(Widest(text, too_long(text, talk.limit), f" under {'.'.join(notice)}" if notice else ""))
    return max(pages, key=lambda page: page.over)


def _alone(text: str, limit: Limit) -> Widest:
    return Widest(text, too_long(text, limit), "")


def _shown(talk: Talk) -> Iterator[tuple[str, Screen]]:
    for language in talk.words:
        for screen in talk.screens.values():
            if not isinstance(screen, Do):
                yield language, screen


def _amount(page: Widest) -> str:
    return f"{page.over} {'units' if septets(page.text) is None else 'septets'}"
