"""Telling people: a notice is a row in the commit of what it tells, and leaves afterwards."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from service.wallet.idle import is_asleep
from service.wallet.name import masked
from service.wallet.unit import Notice, Person, Stop, Unit

_NEWS_OF_SHOPS = {"cash_wanted", "swap_asked", "swap_offered", "float_ends", "cash_ends"}
_NEWS_OF_PEOPLE = {"welcome", "unblocked", "asked_cash", "asked_payment", "asked_sale", "asked_group"}
_NEWS_OF_THE_DAY = {"order_soon", "pot_open"}
NEWS = frozenset(_NEWS_OF_PEOPLE | _NEWS_OF_SHOPS | _NEWS_OF_THE_DAY)
"""Notices that are neither a receipt, nor a code, nor an answer: who said STOP gets none of them."""


CHECKED = ("done", "on_its_way", "taken_back", "reversed", "partly", "held", "paid", "returned", "ordered")
TO_ANYBODY = frozenset({"help", "stopped", *(f"check_{state}" for state in CHECKED)})
"""Answers that say nothing of a wallet: they go to a number that sleeps as well."""


READER = "reader"
"""The value that says whom a message is for, where several read what comes to a phone."""

READER_SHOWN = 10
"""Septets of that name at most."""

BEHIND_PIN = frozenset({"balance", "in_pot", "missing", "hold", "document", "nicknames"})
"""What no message says to a number that several share: a balance, the code that takes the cash, what is stored."""


def tell(
    unit: Unit,
    person: Person,
    key: str,
    values: Mapping[str, Any],
    *,
    entry: int | None = None,
    expires_at: datetime | None = None,
    link_id: str | None = None,
) -> None:
    """Queue an SMS to a person in their language; `values` are shown when it is sent, times as ISO text.

    On a number that several share it says whom it is for, and nothing that is behind their PIN (S-14).

    To whom has closed their wallet it is written down and not sent: there is no number any more. A number that sleeps
    is told that there is something, and not what: it may be somebody else's by now (P-11).
    """
    if key in NEWS and (stop := unit.rows.get(Stop, person.phone)) and stop.at >= person.registered_at:
        return
    asleep = is_asleep(unit, person)
    if person.shared and not asleep:
        shown = {name: value for name, value in values.items() if name not in BEHIND_PIN}
        values = shown | {READER: masked(person.name, READER_SHOWN)}
    closed = not person.has_number
    if asleep and key not in TO_ANYBODY and not key.startswith("no."):
        key, values = "asleep", {"help_line": unit.house.packs[person.country].help_line}
    unit.rows.append(
        Notice(
            id=unit.mint(),
            person=person.id,
            phone=person.phone,
            key=key,
            values={} if closed else values,
            state="failed" if closed else "queued",
            detail="the wallet is closed" if closed else "",
            language=person.language,
            at=unit.now,
            entry=entry,
            next_at=unit.now,
            expires_at=expires_at,
            link_id=link_id,
        )
    )


def stop_news(unit: Unit, phone: str) -> None:
    """Send this number no messages from now on but receipts, codes and answers."""
    stop = Stop(phone=phone, at=unit.now)
    if not unit.rows.add(stop):
        unit.rows.put(stop)


def tell_number(
    unit: Unit,
    phone: str,
    language: str,
    key: str,
    values: Mapping[str, Any],
    *,
    entry: int | None = None,
    link_id: str | None = None,
) -> None:
    """Queue an SMS to a number that has no wallet."""
    unit.rows.append(
        Notice(
            id=unit.mint(),
            person=None,
            phone=phone,
            key=key,
            values=values,
            language=language,
            at=unit.now,
            entry=entry,
            next_at=unit.now,
            link_id=link_id,
        )
    )
