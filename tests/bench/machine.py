"""What the machine is and what else it was doing: figures without it mean nothing."""

import os
import platform
import re
import sqlite3
import subprocess
import time
from pathlib import Path
from typing import Any

from pysqlite3 import dbapi2


def describe() -> dict[str, Any]:
    """Return the machine, the versions, and the load before the run (1 minute, 0 to the number of cores is idle)."""
    cpu = re.search(r"^model name\s*:\s*(.*)$", _read("/proc/cpuinfo"), re.MULTILINE)
    memory = re.search(r"^MemTotal:\s*([0-9]+)", _read("/proc/meminfo"), re.MULTILINE)
    return {
        "at": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "cpu": cpu[1] if cpu else platform.processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_mib": int(memory[1]) // 1024 if memory else None,
        "system": platform.platform(),
        "python": platform.python_version(),
        "sqlite": dbapi2.sqlite_version,
        "sqlite_of_python": sqlite3.sqlite_version,
        "commit": _commit(),
        "load_before": os.getloadavg()[0],
    }


def _read(path: str) -> str:
    try:
        return Path(path).read_text("utf-8")
    except OSError:
        return ""


def _commit() -> str | None:
    root = Path(__file__).parent
    try:
        said = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=root, capture_output=True, text=True)
    except OSError:
        return None
    return said.stdout.strip() or None


class Busyness:
    """How much of the cores was used between two moments, by anybody and by us; None where the system does not say."""

    def __init__(self) -> None:
        self._before = _cpu_ticks()

    def share(self) -> float | None:
        """Return the part of all cores' time that was used since the beginning."""
        now = _cpu_ticks()
        if now is None or self._before is None or now[1] == self._before[1]:
            return None
        return (now[0] - self._before[0]) / (now[1] - self._before[1])


def _cpu_ticks() -> tuple[int, int] | None:
    found = re.match(r"cpu +(.*)", _read("/proc/stat"))
    if found is None:
        return None
    ticks = [int(number) for number in found[1].split()]
    return sum(ticks) - ticks[3] - ticks[4], sum(ticks)
