"""Whether the service can serve, said to whoever restarts or balances it."""

from collections.abc import Callable
from typing import NamedTuple

import structlog

log = structlog.get_logger()


class Health(NamedTuple):
    """How things are: three conditions of serving, and two ages in seconds that may be late without a stop."""

    database: bool
    schema: bool
    menu: bool
    outbox_age: int = 0
    seal_age: int = 0

    @property
    def ready(self) -> bool:
        """Whether a hop can be answered."""
        return self.database and self.schema and self.menu

    def told(self) -> dict[str, object]:
        """Return it as monitoring reads it."""
        return {
            "ready": self.ready,
            "database": self.database,
            "schema": self.schema,
            "menu": self.menu,
            "degraded": {"outbox_age_seconds": self.outbox_age, "seal_age_seconds": self.seal_age},
        }


def look(health: Callable[[], Health]) -> Health:
    """Ask how things are; a question that fails is an answer too."""
    try:
        return health()
    except Exception:  # whatever it is, the answer is that we cannot serve
        log.exception("health could not be asked")
        return Health(database=False, schema=False, menu=False)
