"""What every gateway is turned into: a dial, a message, a report; and what it must be able to do.

Each provider has one file beside this one that translates between its wire and these values.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import NamedTuple, Protocol

from service.ussd.limit import Limit
from service.wallet.errand import AirtimeNews, Vouching


@dataclass(frozen=True)
class Dial:
    """One USSD hop as it arrived: `text` is all the gateway says was typed, and is never stored or logged."""

    gateway: str
    session_id: str
    phone: str
    service_code: str
    network: str | None
    text: str
    whole: bool = True
    """True where the gateway repeats the whole history on each hop, False where it sends the last input only."""


@dataclass(frozen=True)
class Ended:
    """A conversation is over; `shown` is True when the gateway says that the phone had the last screen.

    `last` is the digest of that screen where the gateway repeats it, see `screen_digest`: the words stay outside.
    """

    gateway: str
    session_id: str
    phone: str
    service_code: str
    shown: bool
    status: str
    hops: int
    cost: str
    last: str | None = None


def screen_digest(text: str) -> str:
    """Return what one screen can be told from another by, however its blanks and line ends have travelled."""
    return sha256(" ".join(text.split()).encode()).hexdigest()


@dataclass(frozen=True)
class Sms:
    """A message from a person; `id` is the provider's, `text` may hold anything."""

    gateway: str
    id: str
    phone: str
    to: str
    text: str
    sent_at: datetime | None
    link_id: str | None = None


class Fate(StrEnum):
    """What became of a message, as far as a gateway says."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True)
class Report:
    """A delivery report for a message we sent; may be forged, late, or out of order.

    `reason` is a word of the gateway's own table or empty. A failure that is not `final` may pass by itself.
    """

    gateway: str
    provider_id: str
    phone: str
    fate: Fate
    reason: str
    final: bool


@dataclass(frozen=True)
class SimNews:
    """What the network says of a SIM that was asked about; `swapped_at` is None where it names no day."""

    gateway: str
    asked_as: str
    swapped: bool
    swapped_at: datetime | None


@dataclass(frozen=True)
class OptedOut:
    """A person wants no more messages from a sender."""

    gateway: str
    phone: str
    sender: str


class Outcome(StrEnum):
    """What an attempt to send means."""

    ACCEPTED = "accepted"  # the gateway has it; a report follows
    NOT_SENT = "not_sent"  # it did not go, and may go later
    UNKNOWN = "unknown"  # it may have gone: one more try at most
    REFUSED = "refused"  # it will never go to this person: they opted out
    UNSENDABLE = "unsendable"  # it should never have been queued: a hole in our own checks
    LANE_STOPPED = "lane_stopped"  # nothing will go until somebody mends the account
    UNREACHABLE = "unreachable"  # the gateway itself was not reached: it did not go, and the message is not to blame


class Sent(NamedTuple):
    """The result of one attempt to send one message."""

    outcome: Outcome
    provider_id: str | None = None
    detail: str = ""


class Answer(NamedTuple):
    """What is written back to the gateway."""

    body: str
    content_type: str = "text/plain; charset=utf-8"


class Unreadable(Exception):
    """A request with the right secret that is not a message of the gateway's dialect; says which field, never what."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


class Gateway(Protocol):
    """One provider's dialect. Readers take the decoded form, each name with all its values; they raise Unreadable."""

    name: str
    limit: Limit

    def read_dial(self, form: Mapping[str, list[str]]) -> Dial: ...
    def read_end(self, form: Mapping[str, list[str]]) -> Ended: ...
    def read_sms(self, form: Mapping[str, list[str]]) -> Sms: ...
    def read_report(self, form: Mapping[str, list[str]]) -> Report | OptedOut | None:
        """Return the news, or None where it concerns nothing that we do."""

    def read_sim(self, form: Mapping[str, list[str]]) -> SimNews:
        """Return what is said of a SIM; a day without a time of day is taken as its last moment."""

    def read_airtime(self, form: Mapping[str, list[str]]) -> AirtimeNews | None:
        """Return what became of airtime that was bought, or None while it is under way."""

    def read_vouching(self, form: Mapping[str, list[str]]) -> Vouching:
        """Return the question whether airtime was bought here."""

    def write(self, text: str, *, ends: bool) -> Answer:
        """Return a screen as the gateway wants it."""

    def send(self, *, to: str, text: str, link_id: str | None = None) -> Sent:
        """Send one message to one number. Calls the network: never in a hop, never in a transaction."""
