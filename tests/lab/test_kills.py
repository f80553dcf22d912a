"""A few kills of each kind, under load: what was acknowledged is there, and once."""

import gc
from collections.abc import Callable

import pytest

from tests.bench.servers import Postgres
from tests.lab.finding import Finding
from tests.lab.kills import of_postgresql, of_sqlite, of_the_web, of_the_worker

FEW: dict[str, Callable[[Postgres], Finding]] = {
    "web": lambda server: of_the_web(server, 2, 8, print),
    "worker": lambda server: of_the_worker(server, 2, 8, print, patience_seconds=0),
    "postgresql": lambda _: of_postgresql(1, 8, print),
    "sqlite": lambda _: of_sqlite(2, 8, print),
}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("who", FEW)
def test_D_01_D_02_D_03_G_03_killed_under_load(postgres_server: str, who: str) -> None:
    """Killed at any instant; each payment that a phone was told of is in the books, once, with its two messages."""
    finding = FEW[who](Postgres(postgres_server))
    gc.collect()  # connections of a pool that was given up warn when they are forgotten
    assert finding.faults
    assert finding.acknowledged
    assert (finding.lost, finding.doubled, finding.unbalanced) == (0, 0, 0), finding
