"""Postings of which nobody heard: whatever still stands in for them at the server is ended before they are asked again.

The statement of a connection that was lost may wait for a lock, or come late over a slow network, and write an entry
that was refused in the meantime. What was sent on a connection cannot outlive its process at the server, wherever it is
on its way; so that process is ended, and after that a refusal is final. That an entry is written is final in any case.
The memory of it is this process's: whoever takes over the entries of a process that died must wait for a minute before
a refusal is final.
"""

from collections.abc import Iterable

from service.storage.line import Line
from service.storage.postgresql_post import texts
from service.storage.postgresql_wire import marked

_PATIENCE_MILLISECONDS = 1000
_END = marked(
    f"SELECT pg_terminate_backend(pid, {_PATIENCE_MILLISECONDS}) FROM pg_stat_activity "  # noqa: S608
    "WHERE application_name = ANY (?::text[])"
)
# A commit that is ended while it waits for its standby is there, but not yet at the standby. What is written after it
# arrives there after it.
_WAIT_FOR_STANDBY = "SELECT pg_logical_emit_message(true, 'senti', '')"


class Ghosts:
    """Connections that were lost, and the entries that may still be written over them."""

    def __init__(self) -> None:
        self._entries: dict[str, frozenset[int]] = {}

    def note(self, line: Line, entries: Iterable[int]) -> None:
        """Remember that nobody heard what became of these entries on this connection."""
        self._entries[line.name] = frozenset(entries)

    def end(self, line: Line, entries: Iterable[int]) -> bool:
        """End whatever may still write one of these entries, and say whether it has ended."""
        if not self._entries:
            return True
        lost = [name for name, theirs in list(self._entries.items()) if not theirs.isdisjoint(entries)]
        if not lost:
            return True
        ended, _ = line.ask(((_END, (texts(lost),)), (_WAIT_FOR_STANDBY, ())))
        if not all(done for (done,) in ended.rows):
            return False
        for name in lost:
            self._entries.pop(name, None)
        return True
