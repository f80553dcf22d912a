"""What work costs besides time: processor time of all processes that do it, bytes on disk and in the log."""

import os
from pathlib import Path
from typing import NamedTuple

import psycopg

from tests.bench.measure import NotRun

_TICK = os.sysconf("SC_CLK_TCK")


class Cost(NamedTuple):
    """What had been used up at a moment: seconds of processors, and bytes."""

    cpu: float
    disk: int
    wal: int


def cost(url: str, service: int) -> Cost:
    """Return what the processes below `service` and PostgreSQL have used; raises NotRun if PostgreSQL is not here."""
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(
            "SELECT pg_database_size(current_database()), pg_current_wal_lsn() - '0/0', pg_backend_pid()"
        ).fetchone()
        assert row is not None
        disk, wal, backend = row
        try:
            server = int(_stat(backend)[1])
        except FileNotFoundError:
            raise NotRun("PostgreSQL runs on another machine", "unset SENTI_TEST_POSTGRES_URL") from None
        return Cost(cpu_seconds(service) + cpu_seconds(server), disk, int(wal))


def cpu_seconds(root: int) -> float:
    """Return the processor time of a process and all below it, with those that have ended."""
    return sum(sum(map(int, fields[11:15])) for fields in family(root).values()) / _TICK


def family(root: int) -> dict[int, list[str]]:
    """Return a process and all that descend from it, each with its fields of one look: it may end at any moment."""
    fields = {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            fields[int(path.name)] = _stat(int(path.name))
        except (FileNotFoundError, ProcessLookupError):  # it has just ended
            continue
    found = [root]
    for pid in found:
        found += [child for child, told in fields.items() if int(told[1]) == pid]
    return {pid: fields[pid] for pid in found}


def resident_mib(pid: int) -> float:
    """Return how much memory a process holds, without what it shares with others twice over."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text("utf-8")
    return int(text.split("Pss:")[1].split()[0]) / 1024


def _stat(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat after the name, which may hold anything: the state, the parent, ..."""
    return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
