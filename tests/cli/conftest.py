import json
import logging
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from click.testing import CliRunner, Result
from pysqlite3 import dbapi2

from service.cli import main


class Senti:
    """The command, on a database of its own."""

    def __init__(self, path: Path, **environment: str) -> None:
        self.path = path
        self.environment = {
            "SENTI_DATABASE_URL": f"sqlite:///{path}",
            "SENTI_PIN_MEMORY_KIB": "8",
            **environment,
        }

    def __call__(self, *words: str, typed: str | None = None) -> Result:
        """Run one command line, whatever comes of it."""
        result = CliRunner().invoke(main, words, input=typed, env=self.environment)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    def says(self, *words: str, typed: str | None = None) -> str:
        """Run what must succeed, and return what it prints."""
        result = self(*words, typed=typed)
        assert result.exit_code == 0, result.output
        return result.stdout

    def json(self, *words: str) -> Any:
        return json.loads(self.says(*words, "--json"))

    def no(self, *words: str, status: int = 1, typed: str | None = None) -> str:
        """Run what must fail, and return what is said on standard error."""
        result = self(*words, typed=typed)
        assert result.exit_code == status, result.output
        return result.stderr

    def approved(self, *words: str) -> str:
        """Propose as ann, approve as bob, and return the id."""
        made = self.says(*words, "--by", "ann").strip()
        self.says("approve", made, "--by", "bob")
        return made

    def sent(self, phone: str, *keys: str) -> str:
        """Dial, type these keys, and return the last screen."""
        return self.says("dial", phone, typed="".join(f"{key}\n" for key in keys))

    def tamper(self, *statements: str) -> None:
        """Change the file behind Senti's back, its guards taken away first."""
        with dbapi2.connect(str(self.path)) as connection:
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                connection.execute(f"DROP TRIGGER {name}")
            for statement in statements:
                assert connection.execute(statement).rowcount != 0, f"changed nothing: {statement}"
            connection.commit()
        connection.close()


@pytest.fixture(autouse=True)
def _own_log() -> Iterator[None]:
    """Commands set up the log of their process, which here is that of all tests."""
    root, hooks, loud = logging.getLogger(), (sys.excepthook, threading.excepthook), logging.raiseExceptions
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], logging.raiseExceptions = handlers, loud
    root.setLevel(level)
    sys.excepthook, threading.excepthook = hooks
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file with the demo in it, to be copied."""
    senti = Senti(tmp_path_factory.mktemp("demo") / "senti.db")
    senti.says("migrate")
    senti.says("demo", "load")
    return senti.path


@pytest.fixture
def senti(loaded: Path, tmp_path: Path) -> Senti:
    """The command on the demo."""
    shutil.copyfile(loaded, tmp_path / "senti.db")
    return Senti(tmp_path / "senti.db")


@pytest.fixture
def elsewhere(tmp_path: Path) -> Callable[..., Senti]:
    """Give the command on another file, which is not there yet, or with other settings."""
    return lambda name="other.db", **environment: Senti(tmp_path / name, **environment)
