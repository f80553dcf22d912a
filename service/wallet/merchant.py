"""Rows about merchants: a till is a number under which a person is paid; assistants help there.

(The table `tills` is older, and holds the drawers of agents.)
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Merchant:
    """A till. `number` ends with a Luhn digit, `person` owns it, and `name` is what payers read."""

    number: str
    serial: int
    person: int
    name: str
    opened_at: datetime
    state: str = "open"  # open, closed


@dataclass(frozen=True, kw_only=True)
class Assistant:
    """Somebody who helps at a till: they see its sales and ask customers to pay, and take nothing out."""

    till: str
    person: int
    at: datetime
    state: str = "active"  # active, over
