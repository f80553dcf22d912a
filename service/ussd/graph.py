"""The ways through a talk: what can follow a screen, by whose doing."""

from collections.abc import Iterator
from typing import NamedTuple

from service.refusal import Refusal, every_refusal
from service.ussd.screens import Ask, Do, End, Menu, Pick, Screen
from service.ussd.text import Talk

RESUME = "resume"
"""As the target of a choice: go on with the talk that broke off."""


class Edge(NamedTuple):
    """One way on. `no` is the refusal that leads this way, `empty` means that there was nothing to list, and `key`
    that a key was pressed where a value is asked for: nothing was learnt.
    """

    target: str
    no: type[Refusal] | None = None
    empty: bool = False
    key: str = ""


def edges(screen: Screen) -> list[Edge]:
    """Return every way on from a screen, but for the keys of the engine."""
    if isinstance(screen, End):
        return []
    if isinstance(screen, Menu):
        return [Edge(choice.then) for choice in screen.choices if choice.then != RESUME]
    ways = [] if isinstance(screen, Do) and screen.hands_over else [Edge(screen.then)]
    if isinstance(screen, Ask):
        ways += [Edge(choice.then, key=choice.key) for choice in screen.choices if choice.then != RESUME]
    if isinstance(screen, Pick) and screen.empty is not None:
        ways.append(Edge(screen.empty, empty=True))
    if isinstance(screen, Do):
        ways += [Edge(target) for target in screen.instead.values()]
        ways += [Edge(target, no) for no in refusals(screen) if (target := refused_to(screen, no))]
    return ways


def refusals(screen: Screen) -> list[type[Refusal]]:
    """Return each kind of refusal that a step or a field names, and what is narrower."""
    named: tuple[type[Refusal], ...] = ()
    if isinstance(screen, Do):
        named = (*screen.on, *screen.refuses)
    elif isinstance(screen, Ask):
        named = screen.field.refuses
    return list(dict.fromkeys(kind for no in named for kind in (no, *every_refusal(no))))


def refused_to(do: Do, no: type[Refusal]) -> str | None:
    """Return the screen that shows a refusal: that of the nearest kind named in `on`; None if it ends the talk."""
    return next((do.on[kind] for kind in no.__mro__ if kind in do.on), None)


def steps(talk: Talk, screen_id: str) -> Iterator[Do]:
    """Yield the steps that are run one after the other, if none is refused, until a screen is shown."""
    seen: set[str] = set()
    while screen_id not in seen and isinstance(do := talk.screens.get(screen_id), Do):
        yield do
        seen.add(screen_id)
        if do.hands_over:
            return
        screen_id = do.then


def waits(screen: Screen) -> bool:
    """Say whether a screen waits for an answer."""
    return not isinstance(screen, Do | End)


def reached(talk: Talk, todo: list[str], *, same_turn: bool = False) -> set[str]:
    """Return the screens that can follow, these included; `same_turn`: before anything is asked."""
    seen: set[str] = set()
    while todo:
        screen_id = todo.pop()
        if screen_id in talk.screens and screen_id not in seen:
            seen.add(screen_id)
            todo += unasked(talk, screen_id) if same_turn else [edge.target for edge in edges(talk.screens[screen_id])]
    return seen


def unasked(talk: Talk, screen_id: str) -> list[str]:
    """Return the screens that can follow without anything being asked."""
    screen = talk.screens[screen_id]
    return [edge.target for edge in edges(screen) if edge.empty or isinstance(screen, Do)]


def shown_next(talk: Talk, screen_id: str) -> set[str]:
    """Return the screens that can be the one shown when a screen is entered."""
    return {each for each in reached(talk, [screen_id], same_turn=True) if not isinstance(talk.screens[each], Do)}
