"""Who is calling, and what the flows need to serve them."""

from contextlib import AbstractContextManager
from dataclasses import dataclass

from service.countries import Pack
from service.wallet.unit import Agent, Person, Unit


@dataclass(frozen=True)
class Call:
    """One hop of one caller: the open unit of work, the number, and the person and shop behind it, if any."""

    unit: Unit
    pack: Pack
    phone: str
    person: Person | None = None
    agent: Agent | None = None
    sharers: tuple[Person, ...] = ()
    """Who shares the number, while it is not known yet which of them is calling."""

    def savepoint(self) -> AbstractContextManager[None]:
        """Open a step that a refusal undoes."""
        return self.unit.savepoint()

    @property
    def caller(self) -> Person:
        assert self.person is not None, "only registered people reach this screen"
        return self.person

    @property
    def shop(self) -> Agent:
        assert self.agent is not None, "only agents reach this screen"
        return self.agent
