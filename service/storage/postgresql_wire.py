"""A transaction on PostgreSQL: as few questions across the socket as the work allows.

What need not be answered, such as BEGIN and most of what is written, waits for the next statement that must be, or for
the commit, and goes with it.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

from sqlalchemy import Dialect
from sqlalchemy.dialects.postgresql.base import PGDialect

from service.storage.line import Answer, Failed, Line, Lost
from service.storage.store import Unsure
from service.storage.trouble import READ_ONLY, Again, raise_for_state
from service.storage.wire import Statement, Values, Wire

BATCH = 200
"""Statements that are sent in one go at most, so that neither side waits for the other to read."""


class PostgresqlWire(Wire):
    """One transaction on one connection."""

    far = True
    dialect: Dialect = PGDialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]

    def __init__(self, line: Line, *, reads: bool) -> None:
        super().__init__()
        self.reads = reads
        self._line = line
        self._begun = False
        self._later: list[Statement] = []
        self._certain: set[int] = set()
        self._awaited: dict[int, list[Answer]] = {}
        self._soon("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" if reads else "BEGIN")

    def read(self, sql: str, values: Values = ()) -> Answer:
        return self._send(((marked(sql), values),))[-1]

    def write(self, sql: str, values: Values = ()) -> Answer:
        self.begin_steps()
        return self.read(sql, values)

    def write_later(self, sql: str, values: Values) -> None:
        self.begin_steps()
        self._certain.add(len(self._later))
        self._later.append((marked(sql), values))

    def write_many(self, sql: str, rows: Iterable[Values]) -> None:
        self.begin_steps()
        for row in rows:
            self._later.append((marked(sql), row))
            if len(self._later) >= BATCH:
                self._send()

    def read_soon(self, sql: str, values: Values) -> Callable[[], Answer]:
        awaited = self._awaited[len(self._later)] = []
        self._later.append((marked(sql), values))

        def answer() -> Answer:
            if not awaited:
                self._send()
            return awaited[0]

        return answer

    def commit(self, *, durable: bool) -> None:
        """Commit, waiting for the disk if `durable`; raises Unsure if the answer was lost."""
        if not self._begun and len(self._later) == 1:
            return  # nothing was ever sent
        if not durable:
            self._soon("SET LOCAL synchronous_commit = off")
        try:
            done = self._send((("COMMIT", ()),))[-1].said
        except (Lost, AssertionError) as error:
            raise Unsure from error
        except Failed as error:
            self.roll_back()
            raise_for_state(error.state, str(error))
            raise AssertionError(f"a bug in what is committed: {error}") from error
        assert done == "COMMIT", f"the commit came to {done}"

    def roll_back(self) -> None:
        """Undo everything; a connection that cannot even do that is given up."""
        if self._begun and not self._line.lost:
            try:
                self._line.ask((("ROLLBACK", ()),))
            except (Lost, Failed):
                self._line.close()

    def raise_for(self, error: BaseException) -> None:
        """Raise what an error means that came before the commit; return if it is no error of the database."""
        if isinstance(error, Lost):
            raise Again(str(error)) from error
        if isinstance(error, Failed):
            if error.state == READ_ONLY and not self.reads:
                self._line.close()
                raise Again(str(error)) from error
            raise_for_state(error.state, str(error))
            raise AssertionError(f"a bug in a statement: {error}") from error

    def _soon(self, sql: str) -> None:
        self._later.append((sql, ()))

    def _send(self, statements: Sequence[Statement] = ()) -> Sequence[Answer]:
        sent, certain, awaited = (*self._later, *statements), self._certain, self._awaited
        self._later, self._certain, self._awaited = [], set(), {}
        self._begun = True
        answers = self._line.ask(sent)
        for place in certain:
            assert answers[place].rowcount == 1, f"nothing written by {sent[place][0]}"
        for place, waiting in awaited.items():
            waiting.append(answers[place])
        return answers


@lru_cache(maxsize=512)
def marked(sql: str) -> str:
    """Return a statement with numbered marks in place of question marks."""
    first, *rest = sql.split("?")
    return first + "".join(f"${number}{part}" for number, part in enumerate(rest, 1))
