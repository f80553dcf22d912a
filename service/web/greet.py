"""What a phone is shown first: what became of the last money action of whoever calls, and their own first screen."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from menus.call import Call
from service.ussd.engine import Reply, begin, broken, unfinished
from service.ussd.screens import Ask
from service.ussd.session import Conversation, Session, session_from_json
from service.ussd.text import Talk
from service.wallet.ordered import Order
from service.wallet.statement import is_reversed
from service.wallet.undo import can_undo
from service.wallet.unit import Unit
from service.wallet.withdraw import code_is_good

REPEATED = timedelta(hours=24)
"""For so long a repeated hop gets its stored reply, and the next dial is told what happened."""

RESUMED = timedelta(hours=1)
"""For so long a talk that broke off can be gone on with."""


def language_of(call: Call, talk: Talk) -> str:
    """Return what the caller reads, or the first of those on a number that several share, or the country's language."""
    known = call.person or next(iter(call.sharers), None)
    return known.language if known else talk.default_language


def greet(
    talk: Talk, call: Call, role: str, previous: Conversation | None, *, path: tuple[str, ...]
) -> tuple[Session, Reply]:
    """Show the first screen, with what became of the last money action of this person's previous talk, if there is one.

    Nothing may be shown of the talk of anybody else (S-14).
    """
    unit, last = call.unit, session_from_json(previous.session) if previous else None
    told, of = _outcome(unit, talk, previous, last) if previous and last else (None, {})
    resume = None
    if previous and last and unit.now - previous.heard_at <= RESUMED and broken(talk, last):
        resume = _before_secrets(talk, last)
    session, reply = begin(
        talk,
        role=role,
        language=language_of(call, talk),
        call=call,
        path=path,
        told=told,
        resume=resume,
        offers=_offers(call),
    )
    return replace(session, told=told, told_of=of), reply


def _offers(call: Call) -> list[str]:
    """Return which choices of the first screen are there this time: 99 while a payment can be taken back."""
    return ["undo"] if call.person and not call.agent and can_undo(call.unit, call.person) else []


def _outcome(unit: Unit, talk: Talk, previous: Conversation, last: Session) -> tuple[str | None, dict[str, Any]]:
    """Return the words about the phone's last money action and what they are about, or None where it has read them."""
    of = {name: last.values[name] for name in ("reference", "hold", "arrives", "order") if last.values.get(name)}
    of["at"] = previous.heard_at.isoformat()
    # What waits for its secret is newer than what an earlier talk did.
    told = None if previous.shown else unfinished(talk, last)
    if told is None and last.told_of:
        told, of = last.told, dict(last.told_of)
    elif told is None and not previous.shown:
        told = last.told
    if told is None or unit.now - datetime.fromisoformat(of["at"]) > REPEATED or not _still_true(unit, of):
        return None, {}
    return told, of


def _still_true(unit: Unit, of: Mapping[str, Any]) -> bool:
    """Say whether words hold now: a code may have been used, or have run out, and a payment been reversed, since."""
    if "hold" in of:
        return code_is_good(unit, of["hold"])
    if "order" in of:  # an SMS has said how it ended
        order = unit.rows.get(Order, of["order"])
        return order is not None and order.state == "waiting"
    return "reference" not in of or not is_reversed(unit, of["reference"], held="arrives" in of)


def _before_secrets(talk: Talk, session: Session) -> Session:
    """Take a broken talk back to its first secret: who goes on with it has to know that secret again (S-05, S-12)."""
    for place, screen_id in enumerate(session.trail):
        screen = talk.screens.get(screen_id)
        if isinstance(screen, Ask) and screen.secret:
            return replace(session, screen=screen_id, trail=session.trail[:place])
    return session
