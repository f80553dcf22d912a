"""Outside bytes made up by a machine: who reads them, what they are made of, and what must hold whatever they are.

A target is a module that has these; `TARGETS` names them. A case is plain data, so that one that fails can be printed,
kept under tests/lab/corpus/ and tried again: `python -m tests.lab.fuzz TARGET --case '...'`.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from tests.lab.fuzz.draw import Draw

TARGETS = ("hops", "doors", "words", "replies", "settings", "packs", "commands", "backups", "lists")


class Tally(NamedTuple):
    """What one case came to: how many inputs were given to the reader, and how many of them were taken for good."""

    inputs: int
    taken: int


class Target(Protocol):
    """A module under tests/lab/fuzz/ that reads one kind of outside bytes."""

    TITLE: str

    def make(self, draw: Draw) -> Any:
        """Make up a case: JSON, with bytes written as Latin-1."""

    def open_world(self) -> Callable[[Any], Tally]:
        """Build what reads the cases, once, and return what tries one; it raises AssertionError for a wrong answer.

        A case finds the world as it was built, whatever came before: it fails again when it is tried alone.
        """
