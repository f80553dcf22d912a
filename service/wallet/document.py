"""The identity document that a wallet was opened with: its number cannot be found out by trying."""

from service.refusal import Refusal
from service.wallet.tally import count
from service.wallet.unit import Person, Unit

TRIES = 3
"""Wrong numbers of one person's document on one day."""


class OtherDocument(Refusal):
    """The identity document is not the one that the wallet was opened with, or was mistyped too often today."""


def compare_document(unit: Unit, person: Person, id_number: str) -> OtherDocument | None:
    """Say whether a document is the one of a wallet; a wrong one is counted and must be committed."""
    key = f"document:{person.id}:{unit.now:%Y%m%d}"
    if count(unit, key, 0) < TRIES and id_number == person.id_number:
        return None
    count(unit, key, 1)
    return OtherDocument()
