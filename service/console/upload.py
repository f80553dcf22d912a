"""Files that staff hand in: read once, shown with what is wrong in them, and carried in the form that hands them in.

Nothing is kept on the server between the two pages: the second form holds the very octets of the first, and what they
say is judged anew.
"""

import zlib
from base64 import b64encode
from binascii import Error, a2b_base64

from flask import request

from service.console.office import Missing, WrongForm
from service.wallet.staff import StaffRefusal

MOST = 5_000_000
"""Octets of a file."""

ROOM = 2 * MOST
"""Octets of a form that carries one: the file itself, or packed and in letters."""


class NotText(StaffRefusal):
    """The file is not UTF-8."""


def handed_in(name: str = "file") -> str:
    """Return the text of a file that a form brings, or carries from the page before; raises Missing or NotText."""
    given = request.files.getlist(name)
    carried = request.form.get("packed", "")
    octets = given[0].read() if len(given) == 1 else _unpacked(carried) if carried else b""
    if not octets:
        raise Missing
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        raise NotText from None


def packed(text: str) -> str:
    """Return a text as a hidden field carries it, sign for sign: a browser would change the ends of its lines."""
    return b64encode(zlib.compress(text.encode())).decode()


def _unpacked(letters: str) -> bytes:
    reader = zlib.decompressobj()
    try:
        found = reader.decompress(a2b_base64(letters, strict_mode=True), MOST)
    except (Error, zlib.error, ValueError):
        raise WrongForm from None
    if not reader.eof:
        raise WrongForm  # it is cut off, or would grow beyond what a file may hold
    return found
