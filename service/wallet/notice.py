"""Telling people: a notice is a row in the commit of what it tells, and leaves afterwards."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from service.wallet.idle import is_asleep
from service.wallet.unit import Notice, Person, Stop, Unit

_NEWS_OF_SHOPS = {"cash_wanted", "swap_asked", "swap_offered", "float_ends", "cash_ends"}
NEWS = frozenset({"welcome", "unblocked", "asked_cash", "asked_payment", "asked_sale"} | _NEWS_OF_SHOPS)
"""Notices that are neither a receipt, nor a code, nor an answer: who said STOP gets none of them."""


CHECKED = ("done", "on_its_way", "taken_back", "reversed", "partly", "held", "paid", "returned")
TO_ANYBODY = frozenset({"help", "stopped", *(f"check_{state}" for state in CHECKED)})
"""Answers that say nothing of a wallet: they go to a number that sleeps as well."""


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

    To whom has closed their wallet it is written down and not sent: there is no number any more. A number that sleeps
    is told that there is something, and not what: it may be somebody else's by now (P-11).
    """
    if key in NEWS and (stop := unit.rows.get(Stop, person.phone)) and stop.at >= person.registered_at:
        return
    closed = not person.has_number
    if key not in TO_ANYBODY and not key.startswith("no.") and is_asleep(unit, person):
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
    unit: Unit, phone: str, language: str, key: str, values: Mapping[str, Any], *, link_id: str | None = None
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
            next_at=unit.now,
            link_id=link_id,
        )
    )
