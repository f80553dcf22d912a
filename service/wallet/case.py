"""Cases: what a person asks to be looked into, with a number to name it by and a clock that runs.

One kind of case is opened once about one entry, ever: what was looked into is not asked again. A case that waits for
the other side's consent is `asked`; one that waits for staff is `open`; then it is `done` or `closed`.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from service.refusal import Refusal
from service.wallet.notice import tell
from service.wallet.unit import Case, Pending, Person, Unit

WAITING = ("asked", "open")

ASKED_FOR = ("reversal", "overcharge")
"""Cases that people open, and know of. Of a pattern (rules.py) staff alone know: nothing is refused or said because of
it, or it would tip off (F-03)."""

OUTCOMES = ("fraud", "honest", "unclear")
"""What a pattern turned out to be, as staff say when they close its case."""

AT_BANK = ("bank",)
"""Cases that end with the line of the bank's statement that they are about, by two people: see bank_acts.py."""


class TooManyCases(Refusal):
    """So many cases of this person wait already that no more are opened."""


class CaseClosed(Refusal):
    """The case is not open: it was answered, or waits for the payee."""


class CaseThere(Refusal):
    """There is, or was, a case about this already."""

    says = ("reference",)


def open_case(
    unit: Unit,
    *,
    what: str,
    opener: Person,
    about: int,
    other: int,
    seconds: int,
    state: str = "open",
    case_id: int | None = None,
    held: int = 0,
    values: Mapping[str, Any] | None = None,
) -> Case:
    """Write down a case about an entry; `seconds` is how long it may wait, `other` the person on the other side.

    Raises TooManyCases or CaseThere. `held` is what the entry `case_id` has set aside, in minor units.
    """
    assert what in ASKED_FOR, f"nobody asks for a case of {what}"
    refuse_case(unit, what=what, opener=opener, about=about)
    case = Case(
        id=case_id or unit.mint(),
        what=what,
        opener=opener.id,
        about=about,
        other=other,
        state=state,
        held=held,
        opened_at=unit.now,
        due_at=unit.now + timedelta(seconds=seconds),
        values=dict(values or {}),
    )
    unit.rows.append(case)
    return case


def refuse_case(unit: Unit, *, what: str, opener: Person, about: int) -> None:
    """Raise CaseThere or TooManyCases if a person may not open this case now; locks the person until the commit."""
    unit.rows.lock(Person, opener.id)  # one at a time, over all channels
    if there := unit.rows.find(Case, about=about, what=what, limit=1):
        raise CaseThere(reference=case_number(unit, there[0]))
    most = unit.house.packs[opener.country].open_requests
    if len(unit.rows.find(Case, opener=opener.id, what=ASKED_FOR, state=WAITING, limit=most)) == most:
        raise TooManyCases


def case_number(unit: Unit, case: Case) -> str:
    """Return how people call a case: ten letters, two of them checks."""
    return unit.house.references.write(case.id)


def case_by_number(unit: Unit, text: str) -> Case | None:
    """Return the case of a number as it is typed."""
    number = unit.house.references.read(text)
    return None if number is None else unit.rows.get(Case, number)


def amount_of(unit: Unit, case: Case) -> int:
    """Return what the payment is of that a pattern is about, or would have been, in minor units without its charge."""
    if "delayed" in case.values:
        return int(case.values["delayed"])
    if waits := unit.rows.get(Pending, case.about):
        return waits.amount
    recorded = unit.books.entry(case.about)
    return recorded.moves[0].amount if recorded else 0


def close_case(unit: Unit, *, case_id: int, by: str, note: str, outcome: str | None = None) -> None:
    """Close a case without moving money, and tell who asked for it; raises CaseClosed if it is not open.

    `outcome` is what a pattern turned out to be: one of OUTCOMES.
    """
    case = unit.rows.lock(Case, case_id)
    if case is None or case.state != "open" or case.what in AT_BANK:
        raise CaseClosed
    said = {"closed_by": by, "note": note} | ({"outcome": outcome} if outcome else {})
    unit.rows.put(replace(case, state="closed", values={**case.values, **said}))
    opener = unit.rows.get(Person, case.opener)
    if opener is not None and case.what in ASKED_FOR:
        tell(unit, opener, "case_closed", {"reference": case_number(unit, case)})
