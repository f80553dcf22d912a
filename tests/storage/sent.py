"""What is really sent to PostgreSQL: every statement with its values, as the server itself says it ran them."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.pq import DiagnosticField
from psycopg.pq.abc import PGresult
from sqlalchemy import make_url

_RAN = re.compile(r"(?:execute [^:]*|statement): (.*)", re.DOTALL)
_VALUE = re.compile(r"\$([0-9]+) = (NULL|'(?:[^']|'')*')")

Values = tuple[str | None, ...]


@contextmanager
def listening(url: str, monkeypatch: Any) -> Iterator[Mapping[str, Values]]:
    """Give the statements of all connections that are opened to this database from now on, with values of one of them.

    The server tells each client what it has it do, as a notice; libpq hands notices to psycopg, and we listen there.
    """
    heard: dict[str, Values] = {}

    def listen(_: object, said: PGresult) -> None:
        text = (said.error_field(DiagnosticField.MESSAGE_PRIMARY) or b"").decode()
        detail = (said.error_field(DiagnosticField.MESSAGE_DETAIL) or b"").decode()
        if ran := _RAN.fullmatch(text):
            heard.setdefault(ran[1], _values(detail))

    name = make_url(url).database
    with psycopg.connect(url, autocommit=True) as connection:
        for setting, value in (("log_statement", "all"), ("client_min_messages", "log")):
            connection.execute(f"ALTER DATABASE {name} SET {setting} = '{value}'")
        monkeypatch.setattr(psycopg.BaseConnection, "_notice_handler", staticmethod(listen))
        try:
            yield heard
        finally:
            monkeypatch.undo()
            connection.execute(f"ALTER DATABASE {name} RESET ALL")


def _values(detail: str) -> Values:
    found = {int(number): text for number, text in _VALUE.findall(detail)}
    return tuple(_value(found[number]) for number in sorted(found))


def _value(text: str) -> str | None:
    return None if text == "NULL" else text[1:-1].replace("''", "'")
