"""Command lines of the operator: any words where a number, an amount, a name or a reference belongs.

A command does it, or refuses in words with status 1 or 2; it never breaks, and moves no money by itself.
"""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

from tests.lab.fuzz import Tally
from tests.lab.fuzz.draw import Draw, pick, some, spoilt
from tests.lab.fuzz.world import PINS, World

TITLE = "Command lines"

PHONE = ("+254711000001", "0722000002", "0799000009", "0712345678", "112", "")
AGENT = ("100016", "100024", "100017", "100 016", "")
AMOUNT = ("100", "1,000", "5000.50", "0", "-5", "1e3", "999999999", "9999999999", "５００")
REFERENCE = ("QK7M2X9TRD", "2222222222", "qk7m-2x9t-rd", "", "0")
NAME = ("ann", "Ann  B", "", "Zawadi Wekesa", "O'Brien", "\udcff", "x" * 300)
NUMBER = ("1", "0", "-1", "9223372036854775807", "9223372036854775808", "1e3", "٣", "")
WORDS = ("BAL", "SEND 500 0722000002", "CHECK QK7M2X9TRD", "1357", "HELP", "")
CODE = ("*384*96#", "*384*97#", "*384*96*1*0722000002*500#", "*1#", "384", "", "*384*96*#")

COMMANDS: tuple[tuple[Any, ...], ...] = (
    ("person", "show", PHONE),
    ("person", "show", PHONE, "--json"),
    ("person", "register", PHONE, "--name", NAME, "--id-number", REFERENCE, "--pin-stdin"),
    ("person", "block", PHONE, "--by", NAME),
    ("person", "unblock", PHONE, "--by", NAME),
    ("agent", "add", PHONE, "--name", NAME, "--place", NAME),
    ("agent", "show", AGENT),
    ("agent", "list"),
    ("float", "issue", AGENT, AMOUNT, "--bank-ref", REFERENCE, "--by", NAME),
    ("float", "redeem", AGENT, AMOUNT, "--bank-ref", REFERENCE, "--by", NAME),
    ("approve", REFERENCE),
    ("approve", REFERENCE, "--by", NAME),
    ("entry", "show", REFERENCE),
    ("entry", "reverse", REFERENCE, "--by", NAME),
    ("statement", PHONE, "--limit", NUMBER),
    ("inbox", PHONE, "--json"),
    ("sms", PHONE, WORDS),
    ("dial", PHONE, CODE),
    ("outbox", "list"),
    ("outbox", "retry", NUMBER),
    ("books", "--json"),
    ("audit", "--json"),
)


def make(draw: Draw) -> list[Any]:
    """Make up a command line and what is typed into it."""
    words = [spoilt(draw, word) if isinstance(word, tuple) else word for word in pick(draw, COMMANDS)]
    typed = some(draw, lambda: spoilt(draw, ("1", "5", "8264", "1357", "0", "0722000002", "y", "ann")), 4)
    return [words, "\n".join(typed)]


def open_world() -> Callable[[list[Any]], Tally]:
    from click.testing import CliRunner

    from service.cli import main

    world = World()
    before = world.balances()
    settings = world.town.settings

    def check(case: list[Any]) -> Tally:
        words, typed = case
        given = " ".join([*words, typed])
        if any(pin in given for pin in PINS.values()) or not _can_be_typed([*words, typed]):
            return Tally(0, 0)
        with ExitStack() as stack:
            stack.enter_context(patch("service.cli.opened.settings_read", lambda: settings))
            stack.enter_context(patch("service.app.make_app", lambda _: world.town.app))
            stack.enter_context(world.case())
            result = CliRunner().invoke(main, words, input=typed.encode("utf-8", "surrogateescape"))
            if result.exception is not None and not isinstance(result.exception, SystemExit):
                raise result.exception
            assert result.exit_code in (0, 1, 2), f"{words} ended with {result.exit_code}"
            assert result.exit_code == 0 or result.stderr.strip(), f"{words} failed without a word"
            assert "Traceback" not in result.output
            assert world.balances() == before, f"{words} moved money"
        return Tally(1, int(result.exit_code == 0))

    return check


def _can_be_typed(words: list[str]) -> bool:
    """Say whether a shell hands these words over: no NUL, and no half of a pair that is not a stray byte."""
    try:
        return all("\0" not in word and word.encode("utf-8", "surrogateescape") is not None for word in words)
    except UnicodeEncodeError:
        return False
