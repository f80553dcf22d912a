"""Rules about ways: where a talk can lead, what is known there, and that no money moves without a PIN before it."""

from collections import deque
from collections.abc import Iterator

from service.ussd.graph import edges, reached, steps, unasked, waits
from service.ussd.problem import Problem
from service.ussd.screens import Ask, Do, End, Menu, Pick, Screen
from service.ussd.text import Talk, names_in

MOST_SCREENS = 6
"""A person answers at most so many screens, home included, before money moves."""


def targets(talk: Talk) -> Iterator[Problem]:
    """Every way leads to a screen."""
    for role, home in talk.homes.items():
        if home not in talk.screens:
            yield Problem("targets", home, "", f"is the home of {role} and does not exist")
    for home, ways in talk.anywhere.items():
        there = reached(talk, [home])
        for word, target in ways.items():
            if target not in there:
                yield Problem("targets", home, "", f"leads by {word!r} to {target}, which is not to be had there")
    for screen in talk.screens.values():
        for edge in edges(screen):
            if edge.target not in talk.screens:
                yield Problem("targets", screen.id, "", f"leads to {edge.target}, which does not exist")
        if isinstance(screen, Do) and screen.hands_over and screen.then not in talk.homes.values():
            yield Problem("targets", screen.id, "", f"hands over to {screen.then}, which is nobody's home")


def reachable(talk: Talk) -> Iterator[Problem]:
    """Every screen can be reached from a home."""
    seen = reached(talk, list(talk.homes.values()))
    for screen in talk.screens.values():
        if screen.id not in seen:
            yield Problem("reachable", screen.id, "", "cannot be reached")


def finishes(talk: Talk) -> Iterator[Problem]:
    """From every screen a talk can come to an end: to a goodbye, or to a page that is only read."""
    for screen in talk.screens.values():
        last = (talk.screens[each] for each in reached(talk, [screen.id]))
        if not any(isinstance(each, End) or (isinstance(each, Menu) and not each.choices) for each in last):
            yield Problem("finishes", screen.id, "", "never comes to an end")


def circles(talk: Talk) -> Iterator[Problem]:
    """Steps never go round in a circle without asking anything."""
    for screen in talk.screens.values():
        if screen.id in reached(talk, unasked(talk, screen.id), same_turn=True):
            yield Problem("circles", screen.id, "", "comes back to itself without asking anything")


def posting_ends(talk: Talk) -> Iterator[Problem]:
    """Once money has moved, only steps and a goodbye follow."""
    for do in _posting(talk):
        for target in sorted(reached(talk, [do.then], same_turn=True)):
            if waits(talk.screens[target]):
                yield Problem("posting_ends", do.id, "", f"has moved money, and leads on to {target}")


def pin_first(talk: Talk) -> Iterator[Problem]:
    """Each posting comes after an unlock of its own in the same turn, and each unlock after a secret."""
    faults, seen = set(), set()
    todo = [(home, False, False) for home in talk.homes.values()]
    for screen in talk.screens.values():
        if waits(screen):
            secret = isinstance(screen, Ask) and screen.secret
            todo += [(edge.target, secret and not edge.key, False) for edge in edges(screen) if not edge.empty]
    while todo:
        place = todo.pop()
        screen_id, secret, unlocked = place
        if place in seen or screen_id not in talk.screens:
            continue
        seen.add(place)
        screen = talk.screens[screen_id]
        if isinstance(screen, Do):
            if screen.posts and not unlocked:
                faults.add((screen_id, "moves money without an unlock of its own in the same turn"))
            if screen.unlocks and not secret:
                faults.add((screen_id, "unlocks without a secret in the same turn"))
            left = unlocked and not screen.posts
            for edge in edges(screen):
                todo.append((edge.target, secret, left or (screen.unlocks and edge.no is None)))
        elif isinstance(screen, Pick):
            todo += [(edge.target, secret, unlocked) for edge in edges(screen) if edge.empty]
    for screen_id, fault in sorted(faults):
        yield Problem("pin_first", screen_id, "", fault)


def secrets(talk: Talk) -> Iterator[Problem]:
    """A secret is used in the turn in which it was typed, and is neither kept nor shown nor suggested."""
    names = _secret_names(talk)
    for screen in talk.screens.values():
        if isinstance(screen, Ask) and screen.secret:
            if not isinstance(talk.screens.get(screen.then), Do):
                yield Problem("secrets", screen.id, "", "asks for a secret that no step uses in the same turn")
            if screen.suggests:
                yield Problem("secrets", screen.id, "", "suggests a secret")
        elif kept := names & _sets(screen):
            yield Problem("secrets", screen.id, "", f"keeps the secret {sorted(kept)}")
    for language, said in talk.words.items():
        for table, parts in {**said.screens, "no": said.no, "told": said.told, "sms": said.sms}.items():
            for part, sentence in parts.items():
                if shown := names & names_in(sentence):
                    yield Problem("secrets", table, language, f"shows the secret {sorted(shown)} in {part!r}")


def values_set(talk: Talk) -> Iterator[Problem]:
    """A value that is shown was set on every way to the screen."""
    known, kept = _known(talk), talk.fields.keys() - _secret_names(talk)
    for language, said in talk.words.items():
        for screen in talk.screens.values():
            asked = {part: known[screen.id] for part in said.screens.get(screen.id, {}) if part != "line"}
            for part, have in asked.items():
                if missing := _missing(kept, said.screens[screen.id][part], have):
                    yield Problem("values_set", screen.id, language, f"shows {missing}, not set on every way there")
            for where, have, key in _tellings(talk, screen, known):
                if missing := _missing(kept, said.told.get(key, ""), have):
                    yield Problem("values_set", where, language, f"tells {missing}, not set on every way there")


def short_ways(talk: Talk) -> Iterator[Problem]:
    """A person answers at most so many screens before money moves."""
    far: dict[str, int] = {}
    todo = deque((home, 0) for home in talk.homes.values())
    while todo:
        screen_id, answered = todo.popleft()
        if screen_id in far or screen_id not in talk.screens:
            continue
        far[screen_id] = answered
        for edge in edges(talk.screens[screen_id]):
            # Screens cost one and steps nothing: the queue stays in the order of the count.
            if waits(talk.screens[screen_id]) and not edge.empty:
                todo.append((edge.target, answered + 1))
            else:
                todo.appendleft((edge.target, answered))
    for do in _posting(talk):
        if far.get(do.id, 0) > MOST_SCREENS:
            yield Problem("short_ways", do.id, "", f"moves money after {far[do.id]} screens, not {MOST_SCREENS}")


def _posting(talk: Talk) -> list[Do]:
    return [screen for screen in talk.screens.values() if isinstance(screen, Do) and screen.posts]


def _secret_names(talk: Talk) -> set[str]:
    return {screen.into for screen in talk.screens.values() if isinstance(screen, Ask) and screen.secret}


def _sets(screen: Screen) -> set[str]:
    """Return the names of the values that a screen adds to the session when it is passed."""
    if isinstance(screen, Do):
        return set(screen.gives)
    if isinstance(screen, Pick) or (isinstance(screen, Ask) and not screen.secret):
        return {screen.into}
    return set()


def _known(talk: Talk) -> dict[str, set[str]]:
    """Return, for each screen, the values that are set on every way to it from a home."""
    everything = set().union(*(_sets(screen) for screen in talk.screens.values()))
    known = dict.fromkeys(talk.screens, everything)
    todo = [(home, set[str]()) for home in talk.homes.values()]
    while todo:
        screen_id, have = todo.pop()
        if screen_id not in talk.screens or (known[screen_id] <= have and known[screen_id] is not everything):
            continue
        known[screen_id] = known[screen_id] & have
        screen = talk.screens[screen_id]
        for edge in edges(screen):
            learns = edge.no is None and not edge.empty and not edge.key
            todo.append((edge.target, known[screen_id] | (_sets(screen) if learns else set())))
    return known


def _missing(kept: set[str], sentence: str, have: set[str]) -> list[str]:
    """Return the values that are shown and not set; unknown ones and secrets are for other rules."""
    return sorted((names_in(sentence) & kept) - have)


def _tellings(talk: Talk, screen: Screen, known: dict[str, set[str]]) -> Iterator[tuple[str, set[str], str]]:
    """Yield each message for the next dial: where it is made, what is set there, and its key."""
    if isinstance(screen, Do) and screen.told:
        yield screen.id, known[screen.id] | _sets(screen), screen.told
    if isinstance(screen, Ask) and screen.secret:
        for do in steps(talk, screen.then):
            if do.not_told:
                yield screen.id, known[screen.id], do.not_told
