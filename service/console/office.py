"""What the console's pages stand on: the use cases behind them, and the visit that asks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol, TypeVar

from service.countries import Pack
from service.reference import References
from service.refusal import Refusal
from service.wallet.roles import may
from service.wallet.staff import Staff, StaffRefusal
from service.wallet.unit import Notice, Unit

T = TypeVar("T")


class Work(Protocol):
    """Does a piece of work in one transaction."""

    def __call__(self, work: Callable[[Unit], T]) -> T: ...


class DemoStaff(NamedTuple):
    """One of the demo's staff, as its login page shows them."""

    name: str
    role: str
    password: str
    code: str


@dataclass(frozen=True)
class Office:
    """What `app` hands to the console."""

    transact: Work
    read: Work
    packs: Mapping[str, Pack]
    references: References
    proves: Callable[[Pack], list[str]]
    """Says what the menus have against the prices of a pack: it takes a while."""
    render: Callable[[Notice], str]
    say_no: Callable[[Refusal, str], str]
    """A refusal of the use cases in a language of the menus."""
    source: Callable[[], str]
    """Whose request it is: the address behind our own proxy."""
    now: Callable[[], datetime]
    gateways: tuple[str, ...]
    """The names of those that are watched."""
    demo: Callable[[], list[DemoStaff]] | None = None

    @property
    def home(self) -> Pack:
        return next(iter(self.packs.values()))


class Visit(NamedTuple):
    """A request of somebody who is logged in."""

    staff: Staff
    login_id: str
    token: str
    """What every form of theirs carries."""

    @property
    def name(self) -> str:
        return self.staff.name

    @property
    def role(self) -> str:
        return self.staff.role

    @property
    def language(self) -> str:
        return self.staff.language

    def may(self, action: str) -> bool:
        return may(self.staff.role, action)


class NotFound(StaffRefusal):
    """There is nothing under this number, phone or reference."""


class NotAllowed(StaffRefusal):
    """The role does not allow this."""


class Missing(StaffRefusal):
    """A field that is needed is empty, or too long."""


class TooManyReveals(StaffRefusal):
    """Somebody has looked behind the mask of very many people today."""


class WrongForm(StaffRefusal):
    """The form is not of this login, or not of this site: it is opened anew and sent again."""


class TooLarge(StaffRefusal):
    """What was sent is larger than this address takes."""

    says = ("octets",)
