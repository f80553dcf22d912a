"""What time has decided about a person's money and nobody has written down yet."""

from service.wallet.undo import settle_due_of
from service.wallet.unit import Asked, Pending, Person, Unit, Withdrawal
from service.wallet.withdraw import return_expired_of


def bring_up_to_date(unit: Unit, person: Person) -> None:
    """Give back what has expired and let arrive what is due, so that what a person is shown is true (L-12)."""
    unit.rows.ahead(
        Asked.find(Withdrawal, person=person.id, state="waiting"), Asked.find(Pending, payee=person.id, state="waiting")
    )
    return_expired_of(unit, person)
    settle_due_of(unit, person)
