"""The staff as administrators see them: who has which role; closing an account at once."""

from flask import Response

from service.console.office import NotFound, Office, Visit
from service.console.page import go_to, page
from service.wallet.logbook import note
from service.wallet.proposal import OwnAffair
from service.wallet.staff import Login, Staff, is_open, lock_staff
from service.wallet.unit import Unit

MOST = 500


def listed(office: Office, visit: Visit) -> Response:
    """Show all of the staff."""

    def work(unit: Unit) -> list[dict[str, object]]:
        people = unit.rows.find(Staff, limit=MOST)
        live = {login.staff for login in unit.rows.find(Login, staff=[one.name for one in people], state="live")}
        return [
            {
                "name": one.name,
                "role": one.role,
                "state": "open" if is_open(one, unit.now) else "locked",
                "live": one.name in live,
                "since": one.at,
            }
            for one in people
        ]

    return page(office, visit, "team.html", rows=office.read(work))


def lock(office: Office, visit: Visit, name: str) -> Response:
    """Close an account and end its logins: it needs no second person, opening it needs the terminal."""
    if name == visit.name:
        raise OwnAffair

    def work(unit: Unit) -> None:
        if unit.rows.get(Staff, name) is None:
            raise NotFound
        lock_staff(unit, name=name)
        note(unit, staff=visit.name, role=visit.role, act="lock staff", about=f"staff {name}")

    office.transact(work)
    return go_to("/staff")
