"""Backup files with octets changed, cut off, put in or doubled, given to `senti restore`.

They are refused, and nothing is left behind; or they are restored, and then the books can be opened and audited, which
finds what was changed.
"""

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

from tests.lab.fuzz import Tally
from tests.lab.fuzz.draw import Draw, pick

TITLE = "Backup files"

PAGE = 4_096


def make(draw: Draw) -> list[list[Any]]:
    """Make up changes: [[page, octet in it, what, size]]; the first pages hold what the file is."""
    return [
        [
            draw.number(0, 3) if draw.number(0, 1) else draw.number(0, 255),
            draw.number(0, 127) if draw.number(0, 1) else draw.number(0, PAGE - 1),
            pick(draw, ("flip", "zero", "ones", "cut", "put in", "page")),
            draw.number(1, 64),
        ]
        for _ in range(draw.number(1, 3))
    ]


def spoil(whole: bytes, changes: list[list[Any]]) -> bytes:
    """Return a file with these changes."""
    for page, octet, what, size in changes:
        at = min(page * PAGE + octet, len(whole)) if page * PAGE < len(whole) else octet
        old = whole[at : at + size]
        new = {
            "flip": bytes(byte ^ 1 << size % 8 for byte in old),
            "zero": bytes(len(old)),
            "ones": b"\xff" * len(old),
            "put in": old + b"\0" * size,
        }.get(what, old)
        whole = whole[:at] if what == "cut" else whole[:at] + new + whole[at + size :]
        if what == "page":
            whole = whole[: page * PAGE] + whole[:PAGE] + whole[(page + 1) * PAGE :]
    return whole


def open_world() -> Callable[[list[list[Any]]], Tally]:
    from click.testing import CliRunner

    from service.cli import main

    folder = Path(tempfile.mkdtemp(prefix="senti-fuzz-"))
    kept = {"SENTI_PIN_MEMORY_KIB": "8", "PATH": os.environ["PATH"]}

    def senti(path: Path, *words: str) -> int:
        with patch.dict(os.environ, {**kept, "SENTI_DATABASE_URL": f"sqlite:///{path}"}, clear=True):
            result = CliRunner().invoke(main, words)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == 0 or result.stderr.strip(), f"{words} failed without a word"
        return result.exit_code

    for words in (("migrate",), ("demo", "load"), ("backup", str(folder / "whole"))):
        assert senti(folder / "senti.db", *words) == 0
    whole = (folder / "whole").read_bytes()

    def check(case: list[list[Any]]) -> Tally:
        place = folder / "case"
        place.mkdir()
        try:
            (place / "backup").write_bytes(spoil(whole, case))
            status = senti(place / "new.db", "restore", str(place / "backup"))
            left = sorted(path.name for path in place.glob("new*"))
            if status:
                assert left == [], f"refused, and left {left}"
                return Tally(1, 0)
            assert senti(place / "new.db", "audit") in (0, 1)
            return Tally(1, 1)
        finally:
            shutil.rmtree(place)

    return check
