"""Rows about groups: people who keep money together, and what they ask each other."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Group:
    """A group. So many of its members (`needed`) must agree before it pays out."""

    id: int
    country: str
    name: str
    needed: int
    opened_at: datetime
    state: str = "open"  # open, closed


@dataclass(frozen=True, kw_only=True)
class Member:
    """Somebody in a group, or asked to join it until a moment."""

    group: int
    person: int
    role: str = "member"  # chair, treasurer, member
    state: str = "asked"  # asked, in, out
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class Payout:
    """A payment that a member has proposed; `id` is the entry that it becomes. Who agreed and who did not stands here
    by person id; only those who are members now count.
    """

    id: int
    group: int
    proposer: int
    payee: int
    amount: int
    why: str
    agreed: tuple[str, ...]
    refused: tuple[str, ...] = ()
    expires_at: datetime
    state: str = "open"  # open, paid, refused, over


@dataclass(frozen=True, kw_only=True)
class Removal:
    """That a member wants another (`member`, a person's id) out of the group; the others agree or do not."""

    id: int
    group: int
    proposer: int
    member: int
    agreed: tuple[str, ...]
    refused: tuple[str, ...] = ()
    expires_at: datetime
    state: str = "open"  # open, done, refused, over
