"""How the command says no: one line for each thing that is wrong, with its cure, and an exit status.

1 is a refusal or a finding, 2 a wrong command line, setting or database.
"""

import sys
from typing import IO, Any

import click


class Told(click.ClickException):
    """Says what is wrong, one line for each, and ends the command."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines

    def show(self, file: IO[Any] | None = None) -> None:
        for line in self.lines:
            click.echo(f"senti: {line}", file=file or sys.stderr)


class Unusable(Told):
    """Cannot be run so."""

    exit_code = 2


class Spoken(click.Group):
    """A group of commands whose failures are told in words."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        # Octets that are no UTF-8 reach us as halves of pairs, which no database takes.
        if any("\udc80" <= letter <= "\udcff" for word in args for letter in word):
            raise unusable("what was typed is not UTF-8")
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except Exception as error:
            told = _told(error)
            if told is None:
                raise
            raise told from error


def refuse(*lines: str) -> Told:
    """Return what a command raises that finds something wrong (exit status 1)."""
    return Told(list(lines))


def unusable(*lines: str) -> Told:
    """Return what a command raises that cannot be run so (exit status 2)."""
    return Unusable(list(lines))


def _told(error: Exception) -> Told | None:
    """Return the words for an error, or None if it is a bug."""
    from sqlalchemy.exc import OperationalError

    from service.app import Unfit
    from service.cli.words import in_words
    from service.countries import BadPack
    from service.refusal import Refusal
    from service.settings import BadSettings
    from service.storage.engines import Unsafe
    from service.storage.store import Busy, Unsure

    match error:
        case BadSettings() | Unfit():
            return unusable(*error.problems)
        case BadPack() | Unsafe():
            return unusable(str(error))
        case Refusal():
            return refuse(in_words(error))
        case UnicodeError():
            return unusable("what was typed is not UTF-8")
        case Busy() | OperationalError():
            return unusable(
                "the database does not answer: is it there and running, and is SENTI_DATABASE_URL right? "
                "`senti migrate` sets up a new one"
            )
        case Unsure():
            return refuse("the connection was lost at the last moment: look whether it was done before trying again")
    return None
