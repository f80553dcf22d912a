"""What may go wrong between us and a database, in three kinds.

Trouble that another try may cure is Again; a lock or a connection that was not had in time is Busy; a broken constraint
is a bug, said aloud as AssertionError.
"""

from collections.abc import Callable
from typing import TypeVar

import psycopg
import stamina
from pysqlite3 import dbapi2
from sqlalchemy.exc import DBAPIError

from service.storage.rows import LIVE_CONVERSATION
from service.storage.store import Busy, Unsure

T = TypeVar("T")

DATABASE_ERRORS = (DBAPIError, psycopg.Error, dbapi2.Error)

_TRIES = 8
_TRIES_SECONDS = 3.0
_AGAIN = frozenset({"40001", "40P01", "57P01"})  # serialization failure, deadlock, a helper of the statement was ended
_BUSY = frozenset({"55P03", "57014", "53300", "57P03", "25P03"})  # lock, statement or idle time is over; no connection
# Somebody else has just written the same: run again, the work finds it.
_TWINS = (LIVE_CONVERSATION, "conversations_pkey", "paid_pkey", "entries_pkey", "entries_once", "logbook_pkey")
_TAKEN = "23505"
_REFUSED = "23"  # the class of broken constraints

READ_ONLY = "25006"
"""The server is a standby, or has become one: another connection may lead to the server that may be written to."""


class Again(Exception):
    """Nothing was written, and the same work may well succeed if it is run again."""


class AnswerLost(Again):
    """Perhaps it was written: only work that finds out by an id may be run again."""


def again(work: Callable[[], T]) -> T:
    """Run the work, and run it again whole for as long as that may help.

    Raises Busy when it does not, or Unsure if an answer was lost on the way and no later one came.
    """
    try:
        return work()
    except Again as error:
        doubt = isinstance(error, AnswerLost)
    try:
        for attempt in stamina.retry_context(
            on=Again, attempts=_TRIES, timeout=_TRIES_SECONDS, wait_initial=0.005, wait_max=0.2, wait_jitter=0.05
        ):
            with attempt:
                try:
                    return work()
                except AnswerLost:
                    doubt = True
                    raise
    except (Again, Busy) as error:
        if doubt:
            raise Unsure from error
        raise Busy("others were always faster") from error
    raise AssertionError("the last attempt raises")


def raise_for(error: BaseException) -> None:
    """Raise what a database error means; return if it is an error of another kind."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if not isinstance(cause, psycopg.Error | dbapi2.Error):
        return
    if "database is locked" in str(cause):
        raise Busy(str(cause)) from error
    if isinstance(cause, dbapi2.IntegrityError):
        raise AssertionError(f"the database refuses: {cause}") from error
    raise_for_state(getattr(cause, "sqlstate", None) or "", str(cause))


def raise_for_state(state: str, said: str) -> None:
    """Raise what an error of PostgreSQL means by its five letters; return if it means none of the three."""
    if state in _AGAIN or (state == _TAKEN and any(twin in said for twin in _TWINS)):
        raise Again(said)
    if state in _BUSY:
        raise Busy(said)
    if state.startswith(_REFUSED):
        raise AssertionError(f"the database refuses: {said}")
