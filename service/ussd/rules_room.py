"""Rules about room: whatever may ever stand on a screen or in an SMS fits, measured at the widest values."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from service.gsm7 import septets
from service.ussd.graph import edges, reached, refusals, shown_next, waits
from service.ussd.limit import Limit
from service.ussd.problem import Problem
from service.ussd.render import extras_of, first_page, is_paged, lay_out, lines_of, ways_back
from service.ussd.screens import Ask, Do, DroppedRest, DroppedSecret, NoSuchChoice, Pick, Screen
from service.ussd.text import (
    FIRST_PART,
    ONE_SMS,
    READER,
    Talk,
    Words,
    fill,
    names_in,
    render_sms,
    sms_room,
    too_long,
)

Notice = tuple[str, str]
"""The table and the key of a line above a screen: ("no", "wrong_pin"), ("told", "sent")."""
Shown = tuple[str, Screen]

MOST_PAGES = 3
"""What does not stand on so many pages is not read: it needs fewer words."""


class Widest(NamedTuple):
    """A screen at its widest: the text of its longest page, by how much it is too long, the notice above it, and what
    stands on all pages.
    """

    text: str
    over: int
    under: str
    pages: tuple[str, ...] = ()


def fits(talk: Talk) -> Iterator[Problem]:
    """Every screen fits, in every language, at its widest values, under its longest notice, with its way back."""
    for language, screen, page in _laid_out(talk, _shown(talk)):
        if page.over > 0:
            yield Problem("fits", screen.id, language, f"is {_amount(page)} too long{page.under}")


def pages(talk: Talk) -> Iterator[Problem]:
    """A screen that has more than one page, in a language that has half the room, has few."""
    shown = [(language, screen) for language, screen in _shown(talk) if is_paged(screen, talk.words[language])]
    for language, screen, page in _laid_out(talk, shown):
        if len(page.pages) > MOST_PAGES:
            yield Problem("pages", screen.id, language, f"has {len(page.pages)} pages, not {MOST_PAGES}")


def extras(talk: Talk) -> Iterator[Problem]:
    """What is said only where there is room has room wherever no notice stands above the screen."""
    back = with_way_back(talk)
    for language, screen in _shown(talk):
        nav, parts = screen.id in back, extras_of(screen, talk.words[language])
        page = widest(talk, screen, language, [], nav=nav, lines=0, extras=parts)
        if page.over > 0 >= widest(talk, screen, language, [], nav=nav, lines=0).over:
            yield Problem("extras", screen.id, language, f"is {_amount(page)} too long with what needs room")


def lists(talk: Talk) -> Iterator[Problem]:
    """At least one line of a list fits on every page, together with the line for more."""
    shown = [(language, each) for language, each in _shown(talk) if "line" in talk.words[language].screens[each.id]]
    with_one, bare_ones = _laid_out(talk, shown, lines=1), _laid_out(talk, shown)
    for (language, screen, page), (*_, bare) in zip(with_one, bare_ones, strict=True):
        if page.over > 0 >= bare.over:
            yield Problem("lists", screen.id, language, f"is {_amount(page)} too long with one line{page.under}")


def farewells(talk: Talk) -> Iterator[Problem]:
    """Every refusal fits by itself: any may end a talk, in a step or before the first screen."""
    for language, said in talk.words.items():
        for code, sentence in said.no.items():
            page = _alone(fill(sentence, talk.widest), talk.limit)
            if page.over > 0:
                yield Problem("farewells", "no", language, f"{code} is {_amount(page)} too long")


def sms(talk: Talk) -> Iterator[Problem]:
    """Every SMS fits one message of 160 septets (or two parts, in a language outside GSM-7) at its widest."""
    for key, language, text in _messages(talk):
        page = _alone(text, sms_room(talk.words[language]))
        if page.over > 0:
            yield Problem("sms", key, language, f"is {_amount(page)} too long")


def first_parts(talk: Talk) -> Iterator[Problem]:
    """Of a message that may need two parts, the first line is whole in itself, and fits into the first part."""
    for key, language, text in _messages(talk):
        sentence = talk.words[language].sms[key]
        wanted = talk.first & names_in(sentence)
        if too_long(text, ONE_SMS) <= 0 or not wanted:
            continue
        page = _alone(text.split("\n")[0], FIRST_PART)
        if page.over > 0:
            yield Problem("first_parts", key, language, f"is {_amount(page)} too long in its first line")
        if missing := wanted - names_in(sentence.split("\n")[0]):
            yield Problem("first_parts", key, language, f"has {sorted(missing)} behind its first line")


def _messages(talk: Talk) -> Iterator[tuple[str, str, str]]:
    """Yield the key and the language of each message, and its text at its widest."""
    for key, names in talk.sms.items():
        values = {name: talk.sms_field(name).widest for name in names}
        shared = {name: values[name] for name in talk.shared.get(key, ())} | {READER: talk.reader}
        for language in talk.words:
            yield key, language, render_sms(talk, key, values, language, widest=True)
            if key in talk.shared:
                yield key, language, render_sms(talk, key, shared, language, widest=True)


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


def with_way_back(talk: Talk) -> set[str]:
    """Return the screens on which 0 and 00 may stand: no goodbye, nor the one screen that a role sees first."""
    found: set[str] = set()
    for home in talk.homes.values():
        first = shown_next(talk, home)
        found |= {each for each in reached(talk, [home]) if waits(talk.screens[each]) and first != {each}}
    return found


def widest(
    talk: Talk, screen: Screen, language: str, above: list[Notice], *, nav: bool, lines: int, extras: int = 0
) -> Widest:
    """Lay a screen out at its widest, under the notice that makes it longest, with so many lines and extras; `nav`:
    with the way back.
    """
    said = talk.words[language]
    line = [fill(said.screens[screen.id]["line"], talk.widest)] * lines if lines else []
    more = isinstance(screen, Pick) and lines > 0
    found = []
    for notice in (None, *above):
        over = fill((said.no if notice[0] == "no" else said.told)[notice[1]], talk.widest) if notice else None
        under = f" under {'.'.join(notice)}" if notice else ""
        if is_paged(screen, said):
            found.append(_paged(talk, screen, said, over, under, nav=nav, lines=line))
            continue
        text = lay_out(screen, said, talk.widest, lines=line, notice=over, nav=nav, more=more, when=None, extras=extras)
        found.append(Widest(text, too_long(text, talk.limit), under, (text,)))
    return max(found, key=lambda page: (max(page.over, 0), len(page.pages), page.over))


def _paged(
    talk: Talk, screen: Screen, said: Words, over: str | None, under: str, *, nav: bool, lines: list[str]
) -> Widest:
    """Lay out the pages of a screen. Each of its lines must fit alone, too: where the others are shorter, it may be."""
    body = lines_of(screen, said, talk.widest, lines=lines, when=None, extras=extras_of(screen, said))
    stood, notice, pages = 0, over, list[str]()
    while stood < len(body):
        text, until = first_page(body[stood:], said, limit=talk.limit, notice=notice, nav=nav)
        pages.append(text)
        stood, notice = stood + until, None
    alone = ["\n".join([line, *below]) for line in body for below in ([said.nav["more"]], ways_back(said, nav))]
    longest = max([*pages, *alone], key=lambda text: too_long(text, talk.limit))
    return Widest(longest, too_long(longest, talk.limit), under, tuple(pages))


def _alone(text: str, limit: Limit) -> Widest:
    return Widest(text, too_long(text, limit), "")


def _laid_out(talk: Talk, shown: Iterable[Shown], *, lines: int = 0) -> Iterator[tuple[str, Screen, Widest]]:
    """Yield these screens, each in its language, at their widest, with so many lines."""
    above, back = notices(talk), with_way_back(talk)
    for language, screen in shown:
        nav = screen.id in back
        yield language, screen, widest(talk, screen, language, above[screen.id], nav=nav, lines=lines)


def _shown(talk: Talk) -> Iterator[Shown]:
    for language in talk.words:
        for screen in talk.screens.values():
            if not isinstance(screen, Do):
                yield language, screen


def _amount(page: Widest) -> str:
    return f"{page.over} {'units' if septets(page.text) is None else 'septets'}"
