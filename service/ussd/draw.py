"""The map of a talk: every screen in every language at its widest, with the room to spare and where each key leads.

It is generated, and a test compares it with what is checked in: a change of words is seen as the phone will show it.
"""

from collections.abc import Iterator

from service.gsm7 import septets, units
from service.ussd.graph import edges, refusals, refused_to
from service.ussd.render import extras_of, is_paged
from service.ussd.rules_room import notices, widest, with_way_back
from service.ussd.screens import Ask, Do, End, Menu, Pick, Screen
from service.ussd.text import Talk


def draw(talk: Talk) -> str:
    """Return the map as Markdown, screens in their order; the talk must have been proven."""
    above, back = notices(talk), with_way_back(talk)
    parts = ["# The map of the menus\n\nGenerated: every screen at its widest, under its longest notice.\n"]
    for role, home in talk.homes.items():
        parts.append(f"- {role} starts at `{home}`\n")
    for screen in talk.screens.values():
        parts.append(f"\n## {screen.id}\n\n" + "".join(f"- {way}\n" for way in _ways(screen)))
        for language in talk.words if not isinstance(screen, Do) else ():
            lines = 1 if "line" in talk.said(language).screens[screen.id] else 0
            nav = screen.id in back
            drawn = [widest(talk, screen, language, above[screen.id], nav=nav, lines=lines)]
            extras = 0 if is_paged(screen, talk.said(language)) else extras_of(screen, talk.said(language))
            if extras:
                drawn.append(widest(talk, screen, language, [], nav=nav, lines=lines, extras=extras))
            for wide in drawn:
                pages = "".join(f"```\n{page}\n```\n" for page in wide.pages)
                parts.append(f"\n{language}: {_room(talk, wide.text)}{wide.under}\n\n{pages}")
    return "".join(parts)


def _ways(screen: Screen) -> Iterator[str]:
    if isinstance(screen, Menu | Ask):
        for choice in screen.choices:
            yield f"{choice.key} leads to `{choice.then}`" + (f" where {choice.when}" if choice.when else "")
    if isinstance(screen, Menu) and not screen.choices:
        yield "is only read"
    if isinstance(screen, End):
        yield "the talk ends"
    if isinstance(screen, Ask):
        yield f"asks for {'the secret ' if screen.secret else ''}`{screen.into}`"
    if isinstance(screen, Pick):
        yield f"lists what `{screen.into}` is picked from"
    if isinstance(screen, Do):
        effects = {"unlocks": screen.unlocks, "moves money": screen.posts, "writes": screen.writes}
        yield "; ".join(["a step", *(effect for effect, has in effects.items() if has)])
    for edge in edges(screen) if not isinstance(screen, Menu) else ():
        if edge.key:
            continue
        why = f"{edge.no.code} leads" if edge.no else "an empty list leads" if edge.empty else "leads"
        yield f"{why} to `{edge.target}`"
    for kind in refusals(screen):
        if isinstance(screen, Ask):
            yield f"{kind.code} is shown here"
        elif isinstance(screen, Do) and not refused_to(screen, kind):
            yield f"{kind.code} ends the talk"


def _room(talk: Talk, text: str) -> str:
    used = septets(text)
    if used is None:
        return f"{units(text)} of {talk.limit.units} units"
    return f"{used} of {talk.limit.septets} septets"
