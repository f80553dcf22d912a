"""Rows about who somebody is: a forgotten PIN, a SIM that may be another, and what is to be forgotten of a person."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class PinReset:
    """A request for a new PIN by somebody who has forgotten theirs; `next_at` is when the owner is told again."""

    id: int
    person: int
    at: datetime
    opens_at: datetime
    lapses_at: datetime
    next_at: datetime
    state: str = "waiting"  # waiting, done, stopped, lapsed
    agreed: tuple[str, ...] = ()
    """The guardians who have confirmed it, by the ids of their wallets."""
    vouched: bool = False
    """Two of the staff have seen the identity document, or trust the agent who has."""
    seen_by: str | None = None
    """The number of the agent who has seen the identity document."""


@dataclass(frozen=True, kw_only=True)
class Guardian:
    """Somebody whom the owner of a wallet has asked to vouch for them; `at` is when the state began."""

    person: int
    guardian: int
    state: str = "asked"  # asked, agreed, over
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Erasure:
    """What is still to be made unreadable of a person whose wallet is closed: messages and talks of their number."""

    person: int
    phone: str
    closed_at: datetime
    next_at: datetime
    state: str = "waiting"  # waiting, done


@dataclass(frozen=True, kw_only=True)
class SimCheck:
    """A question to the network about a person's SIM; it is answered later, under the `asked_as` that it gave."""

    id: int
    person: int
    state: str = "queued"  # queued, asked, answered, failed
    tries: int = 0
    next_at: datetime
    asked_as: str | None = None


@dataclass(frozen=True, kw_only=True)
class Nicknames:
    """What a person calls those they pay: short names by the ids of people; see nickname.py."""

    person: int
    names: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class NewNumber:
    """The number that a wallet is to get, while two of the staff agree to it; `id` is that of the approval."""

    id: int
    phone: str
