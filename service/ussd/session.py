"""What is remembered of a conversation between two hops, and the row it is kept in."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Session:
    """Where a talk stands. Everything here is JSON-able, and nothing here is secret."""

    home: str
    screen: str
    language: str
    values: Mapping[str, Any] = field(default_factory=dict)
    trail: tuple[str, ...] = ()
    """Screens that 0 goes back to, the newest last."""
    items: tuple[Mapping[str, Any], ...] = ()
    """What the present screen lists, from its first line on: kept, so that a number picks what was seen."""
    shown: int = 0
    """How many of the items are on the screen; where more follow, 98 turns the page."""
    since: int = 0
    rest: int | None = None
    """The line of the screen that the page on the phone begins with, and the next one, if there is one."""
    told: str | None = None
    """The words for the next dial about the last money action, once there is one."""
    told_of: Mapping[str, Any] = field(default_factory=dict)
    """What an earlier talk did that `told` tells of: kept until the phone has shown that the words were read."""
    over: bool = False
    entered: bool = False
    """Whoever talks has shown by a secret who they are, of several on one phone."""
    offers: tuple[str, ...] = ()
    """Names of choices that the first screen offers this time (`Choice.when`)."""
    broken: Mapping[str, Any] | None = None
    """An earlier talk that broke off, as JSON: the choice `resume` goes on with it."""


_NAMES = frozenset(each.name for each in fields(Session))


def session_to_json(session: Session) -> dict[str, Any]:
    """Return the session as what JSON can hold."""
    kept = {each.name: getattr(session, each.name) for each in fields(session)}
    return {**kept, "trail": list(session.trail), "items": list(session.items), "offers": list(session.offers)}


def session_from_json(kept: Mapping[str, Any]) -> Session:
    """Return the session that was kept; a newer release that serves beside this one may have kept more."""
    known = {name: value for name, value in kept.items() if name in _NAMES}
    tuples = {name: tuple(kept.get(name, ())) for name in ("trail", "items", "offers")}
    return Session(**{**known, **tuples})


@dataclass(frozen=True, kw_only=True)
class Conversation:
    """One session of one phone with one gateway. One conversation of a phone is live at a time.

    `id` is a keyed digest of gateway, session id, phone and service code. Of what was heard only a length and a keyed
    digest are kept. `replies` holds, by digest of what was heard, what was answered: a repeat gets the same again.
    """

    id: str
    phone: str
    state: str = "live"  # live, ended, replaced
    shown: bool = False
    session: Mapping[str, Any]
    heard_length: int
    heard_digest: str
    replies: Mapping[str, Any]
    started_at: datetime
    heard_at: datetime
    person: int | None = None
    """Whose talk it is, once that is known: what it did is told to nobody else."""
