"""SIMs: a number that was moved to another SIM a short while ago may be in a thief's hands, so money only comes in.

Who says so is the network, asked by the worker and never in a hop, or the operator's staff. The network answers later.
Where it can be asked and does not answer, only large payments wait for it (P-10).
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol, TypeVar

from service.refusal import Refusal
from service.wallet.identity import SimCheck
from service.wallet.limits import OverSingle
from service.wallet.notice import tell
from service.wallet.pin import receive_only_until
from service.wallet.seats import lock_number
from service.wallet.unit import Person, Unit

T = TypeVar("T")

MOST_TRIES = 5
LEASE = timedelta(minutes=1)
PATIENCE = timedelta(minutes=10)
"""So long an answer is waited for until the question is put again."""


class SimUnseen(OverSingle):
    """A payment of more than this waits until the network has said how old the SIM is."""


class SimUnchecked(Refusal):
    """The network has not said yet whether the SIM is the old one."""


class SimAsked(NamedTuple):
    """What came of a question: the name it goes by at the network, None where it was not taken; `final`: never will."""

    asked_as: str | None
    final: bool = False


class SimSignals(Protocol):
    """Somebody who knows SIMs. Asking calls the network: never in a hop, never in a transaction."""

    def ask_sim(self, phone: str) -> SimAsked:
        """Ask when a number was last moved to another SIM; the answer comes later, by its name."""


class Transact(Protocol):
    """Runs work in one commit; it may run it again from its beginning."""

    def __call__(self, work: Callable[[Unit], T]) -> T: ...


def refuse_unseen_sim(unit: Unit, person: Person, amount: int) -> None:
    """Raise SimUnseen for a large amount if the network has not spoken of the SIM of late, and have it asked.

    To be called where nothing else was written: the question is committed with the refusal.
    """
    pack = unit.house.packs[person.country]
    if amount > pack.sim_check_above and not is_seen(unit, person, timedelta(seconds=pack.sim_fresh_seconds)):
        ask_about(unit, person)
        raise SimUnseen(single=pack.sim_check_above)


def is_seen(unit: Unit, person: Person, span: timedelta) -> bool:
    """Say whether the network has spoken of a SIM within a span; always where there is no network to ask."""
    return not unit.house.sim_feed or (person.sim_seen_at is not None and unit.now - person.sim_seen_at < span)


def ask_about(unit: Unit, person: Person) -> None:
    """Have the network asked about a person's SIM, unless it is being asked."""
    if unit.house.sim_feed and not unit.rows.find(SimCheck, person=person.id, state="asked", limit=1):
        unit.rows.add(SimCheck(id=unit.mint(), person=person.id, next_at=unit.now))


def note_swap(unit: Unit, person_id: int, at: datetime) -> None:
    """Note that a number was moved to another SIM, and tell it; an older change than the last one known is no news."""
    for person in _on_number(unit, person_id):
        _note(unit, person, at)


def _on_number(unit: Unit, person_id: int) -> list[Person]:
    """Lock everybody on a person's number: a SIM is that of all who share it."""
    person = unit.rows.get(Person, person_id)
    assert person is not None, f"no person {person_id}"
    if not person.shared:
        return [row for row in [unit.rows.lock(Person, person_id)] if row]
    return list(lock_number(unit, person.phone))


def _note(unit: Unit, person: Person, at: datetime) -> None:
    if person.swapped_at is not None and at <= person.swapped_at:
        return
    person = replace(person, swapped_at=min(at, unit.now), swap_cleared=False)
    unit.rows.put(person)
    if until := receive_only_until(unit, person):
        help_line = unit.house.packs[person.country].help_line
        tell(unit, person, "sim_changed", {"closes": until.isoformat(), "help_line": help_line})


def note_answer(unit: Unit, asked_as: str, *, swapped: bool, at: datetime | None) -> None:
    """Take what the network says of a SIM; a change on no known day was now, and unknown questions are nobody's."""
    found = unit.rows.find(SimCheck, asked_as=asked_as, limit=1)
    check = unit.rows.lock(SimCheck, found[0].id) if found else None
    if check is None or check.state != "asked":
        return
    unit.rows.put(replace(check, state="answered"))
    for person in _on_number(unit, check.person):
        person = replace(person, sim_seen_at=unit.now)
        unit.rows.put(person)
        if at is not None or swapped:
            _note(unit, person, at or unit.now)


def ask_sims(transact: Transact, signals: SimSignals) -> int:
    """Put one question that is due to the network, outside of any commit; say how many there were."""
    taken = transact(_take)
    if taken is None:
        return 0
    check, phone = taken
    asked = signals.ask_sim(phone)
    transact(lambda unit: _settle(unit, check, asked))
    return 1


def _take(unit: Unit) -> tuple[SimCheck, str] | None:
    for state in ("queued", "asked"):
        for check in unit.rows.due(SimCheck, before=unit.now, state=state, limit=1):
            person = unit.rows.get(Person, check.person)
            assert person is not None, f"no person {check.person}"
            if check.tries >= MOST_TRIES:
                unit.rows.put(replace(check, state="failed"))
                continue
            check = replace(check, tries=check.tries + 1, next_at=unit.now + LEASE)
            unit.rows.put(check)
            return check, person.phone
    return None


def _settle(unit: Unit, taken: SimCheck, asked: SimAsked) -> None:
    check = unit.rows.lock(SimCheck, taken.id)
    if check is None or (check.state, check.next_at) != (taken.state, taken.next_at):
        return  # the answer was quicker, or the lease ran out
    if asked.asked_as is not None:
        unit.rows.put(replace(check, state="asked", asked_as=asked.asked_as, next_at=unit.now + PATIENCE))
    elif asked.final:
        unit.rows.put(replace(check, state="failed"))
