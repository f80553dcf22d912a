"""Sealed files: every size around a piece comes back, and no piece can be moved, dropped or put last."""

import io
from pathlib import Path

import pytest

from service.storage import sealed_file
from service.storage.sealed_file import Unreadable, new_key, open_file, read_private, read_public, seal_file

PIECE = 64
HEAD = len(sealed_file.MAGIC) + 8 + 32


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut into small pieces."""
    monkeypatch.setattr(sealed_file, "PIECE", PIECE)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "sealed"


PRIVATE, PUBLIC = new_key()


def sealed(octets: bytes) -> bytes:
    target = io.BytesIO()
    seal_file(io.BytesIO(octets), target, read_public(PUBLIC))
    return target.getvalue()


def opened(file: Path) -> bytes:
    return b"".join(open_file(file, read_private(PRIVATE)))


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 3 * PIECE + 7])
def test_every_size_comes_back(size: int, file: Path) -> None:
    octets = bytes(range(256))[:size]
    file.write_bytes(sealed(octets))
    assert opened(file) == octets


def test_V_07_pieces_are_not_moved_dropped_doubled_or_cut_off(file: Path) -> None:
    """Each piece knows its place, the last one that it is the last, and all of them their file."""
    whole, other = sealed(b"a" * 3 * PIECE), sealed(b"a" * 3 * PIECE)
    step = PIECE + 16
    one, two, three = (whole[HEAD + at * step : HEAD + (at + 1) * step] for at in range(3))
    head = whole[:HEAD]
    spoilt = [
        head, head + one, head + one + two, head + two + one + three, head + one + three,
        head + one + two + three + three, head + one + two + other[HEAD + 2 * step :],
        other[:HEAD] + one + two + three, head[:-1] + bytes([head[-1] ^ 1]) + one + two + three,
    ]  # fmt: skip
    for octets in spoilt:
        file.write_bytes(octets)
        with pytest.raises(Unreadable):
            opened(file)
    file.write_bytes(whole)
    assert opened(file) == b"a" * 3 * PIECE
