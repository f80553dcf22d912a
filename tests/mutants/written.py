"""What is written down about mutants: which are alive and why that is no fault, and which functions decide nothing.

Mutants are known by their function and their words, not by number or line, so that it stays true when lines move.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

PAGE = Path(__file__).parent / "alive.toml"


class Mutant(NamedTuple):
    """One small change: what the lines were, and what they are now."""

    function: str
    was: str
    now: str


class Kind(NamedTuple):
    """Mutants that are alike, wherever they stand: `change` matches `what it was -> what it is now`, whole."""

    change: str
    why: str


@dataclass(frozen=True)
class Written:
    """The page, read."""

    why: dict[Mutant, str]
    idle: dict[str, str]
    kinds: tuple[Kind, ...] = ()

    def explains(self, one: Mutant) -> bool:
        """Say whether it is written down why a mutant lives, itself or as one of a kind."""
        said = f"{one.was} -> {one.now}"
        return one in self.why or any(re.fullmatch(kind.change, said, re.DOTALL) for kind in self.kinds)

    def decides(self, function: str) -> bool:
        """Say whether a function decides something: neither it, nor its class, nor its module is listed."""
        parts = function.split(".")
        return not any(".".join(parts[:end]) in self.idle for end in range(1, len(parts) + 1))


def read(path: Path = PAGE) -> Written:
    """Read the page."""
    page: dict[str, Any] = tomllib.loads(path.read_text())
    why = {
        Mutant(one["in"], _plain(one["was"]), _plain(now)): one["why"] for one in page["alive"] for now in one["now"]
    }
    return Written(why, page["decides_nothing"], tuple(Kind(one["change"], one["why"]) for one in page["kind"]))


def _plain(lines: str) -> str:
    return "\n".join(line.strip() for line in lines.strip().splitlines())


def mutant(function: str, difference: Iterable[str]) -> Mutant:
    """Return the mutant that a unified difference shows."""
    lines = [line for line in difference if not line.startswith(("---", "+++"))]
    was, now = ("\n".join(line[1:].strip() for line in lines if line.startswith(sign)) for sign in "-+")
    return Mutant(function, was, now)


class Row(NamedTuple):
    """A row of the table."""

    module: str
    mutants: int
    killed: int
    alive: int
    explained: int


def rows(judged: dict[str, int], alive: Iterable[Mutant], written: Written) -> list[Row]:
    """Count by module: `judged` says how many mutants each function had."""
    mutants = Counter[str]()
    for function, number in judged.items():
        mutants[_module(function)] += number
    left, explained = Counter[str](), Counter[str]()
    for one in alive:
        left[_module(one.function)] += 1
        explained[_module(one.function)] += written.explains(one)
    return [
        Row(module, number, number - left[module], left[module], explained[module])
        for module, number in sorted(mutants.items())
    ]


def _module(function: str) -> str:
    return ".".join(function.split(".")[:3])
