"""What the rules about patterns decided, for which reasons, and what it turned out to be."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from flask import Response

from service.console.office import Missing, NotFound, Office, Visit
from service.console.page import asked, field, go_to, page, table_file
from service.countries import Pack
from service.sheet import in_units
from service.wallet.case import OUTCOMES, amount_of, case_by_number, case_number, close_case
from service.wallet.logbook import note
from service.wallet.name import masked
from service.wallet.unit import Case, Pending, Person, Unit

SHOWN = 100
MOST_EXPORTED = 10_000
STATES = ("open", "closed", "done")
HEAD = ("case", "at", "person", "other", "amount", "currency", "reasons", "done", "payment", "state", "outcome", "by")


def listed(office: Office, visit: Visit) -> Response:
    """Show the newest decisions in a state."""
    state = _state()
    rows = office.read(partial(decisions_in, state=state, limit=SHOWN))
    return page(office, visit, "decisions.html", rows=rows, state=state, states=STATES)


def exported(office: Office, visit: Visit) -> Response:
    """Return the decisions in a state as CSV; that somebody took them is a row of the logbook."""
    state = _state()

    # Written down first, and alone: whoever writes makes others wait, and reading this much takes a while.
    values = {"state": state}
    office.transact(lambda unit: note(unit, staff=visit.name, role=visit.role, act="export decisions", values=values))
    rows = office.read(partial(decisions_in, state=state, limit=MOST_EXPORTED))
    return table_file("senti-decisions", HEAD, [_cells(row) for row in rows])


def _state() -> str:
    state = asked("state") or "open"
    if state not in STATES:
        raise NotFound
    return state


def decisions_in(unit: Unit, *, state: str, limit: int) -> list[dict[str, Any]]:
    """Return the newest decisions in a state."""
    cases = unit.rows.find(Case, what="pattern", state=state, newest=True, limit=limit)
    ids = sorted({one for case in cases for one in (case.opener, case.other)})
    people = {one.id: one for one in unit.rows.find(Person, id=ids, limit=len(ids) or 1)}
    return [decision(unit, case, people) for case in cases]


def decision(unit: Unit, case: Case, people: dict[int, Person]) -> dict[str, Any]:
    """Return a decision as lists show it: people masked, `payment` what has become of it."""
    pack = unit.house.packs[people[case.opener].country]
    waits = unit.rows.get(Pending, case.about)
    recorded = unit.books.entry(case.about)
    return {
        "reference": case_number(unit, case),
        "at": case.opened_at,
        "person": masked(people[case.opener].name),
        "other": masked(people[case.other].name) if case.other in people else "",
        "pack": pack,
        "amount": amount_of(unit, case),
        "reasons": case.values["rules"],
        "does": what_was_done(pack, case.values["rules"]),
        "told_until": _told_until(pack, case),
        "payment": "delayed" if recorded is None else waits.state if waits else "done",
        "entry": unit.house.references.write(case.about) if recorded else "",
        "until": waits.settles_at if waits and waits.state == "waiting" else None,
        "state": case.state,
        "outcome": case.values.get("outcome", ""),
        "by": case.values.get("closed_by", ""),
    }


def _told_until(pack: Pack, case: Case) -> str:
    """Return the time that stood in the words which the person heard, by the clock of the country."""
    seconds = max((rule.seconds for rule in pack.rules if rule.name in case.values["rules"]), default=0)
    return f"{(case.opened_at + timedelta(seconds=seconds)).astimezone(pack.zone):%H:%M}"


def what_was_done(pack: Pack, names: Sequence[str]) -> str:
    """Return the hardest thing that rules of these names do in a country."""
    found = {rule.does.value for rule in pack.rules if rule.name in names and rule.case}
    return next((does for does in ("delay", "review", "ask") if does in found), "note")


def _cells(row: dict[str, Any]) -> tuple[object, ...]:
    return (
        row["reference"],
        row["at"].isoformat(timespec="seconds"),
        row["person"],
        row["other"],
        in_units(row["amount"], row["pack"].currency),
        row["pack"].currency.code,
        " ".join(row["reasons"]),
        row["does"],
        row["payment"],
        row["state"],
        row["outcome"],
        row["by"],
    )


def close(office: Office, visit: Visit, reference: str) -> Response:
    """Close a case about a pattern, saying what it turned out to be."""
    outcome, why = field("outcome", 10), field("why", 100)
    if outcome not in OUTCOMES or len(why) < 5:
        raise Missing

    def work(unit: Unit) -> None:
        case = case_by_number(unit, reference)
        if case is None or case.what != "pattern":
            raise NotFound
        close_case(unit, case_id=case.id, by=visit.name, note=why, outcome=outcome)
        about = f"case {case_number(unit, case)}"
        note(unit, staff=visit.name, role=visit.role, act="close case", about=about, values={"outcome": outcome})

    office.transact(work)
    return go_to(f"/cases/{reference}")
