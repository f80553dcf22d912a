"""A connection on which nobody waits for ever: a machine that is stopped still receives, and answers nobody.

Hops have a shorter patience (patience.py). This is for work that nobody waits for: a living server ends a statement
after thirty seconds itself, so one that has said nothing for longer is given up, and another may lead by then.
"""

from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen

T = TypeVar("T")

SILENT_SECONDS = 35.0


class Listening(psycopg.Connection[Any]):
    """A connection that is closed when its server has been silent for too long."""

    def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        try:
            return super().wait(gen, interval, timeout or SILENT_SECONDS)
        except psycopg.OperationalError:
            if timeout is None and self.pgconn.transaction_status == psycopg.pq.TransactionStatus.ACTIVE:
                self.close()  # lost or silent: what was asked is not answered any more
            raise
