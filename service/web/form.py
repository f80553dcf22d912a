"""Taking a form out of a request: small, plain, and read once in one way.

Whatever is not exactly a form is Unreadable, with the name of what was wrong and never the content.
"""

import json
from urllib.parse import parse_qs

from flask import Request

from service.gateways.base import Unreadable

LARGEST = 8192
"""Octets of a body: twice what a long conversation needs."""

MOST_FIELDS = 40
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"


def read_form(request: Request) -> dict[str, list[str]]:
    """Return each field with all its values, or raise Unreadable."""
    body = _body(request, FORM)
    try:
        return parse_qs(body.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except UnicodeDecodeError:
        raise Unreadable("encoding") from None
    except ValueError:
        raise Unreadable("fields") from None


def read_object(request: Request) -> dict[str, list[str]]:
    """Return the texts of a JSON object as the fields of a form; what is no text in it is left out."""
    try:
        said = json.loads(_body(request, JSON))
    except (ValueError, RecursionError):
        raise Unreadable("json") from None
    if not isinstance(said, dict):
        raise Unreadable("json")
    return {name: [value] for name, value in said.items() if isinstance(value, str)}


def _body(request: Request, kind: str) -> bytes:
    if request.content_type != kind:  # the plain case costs nothing
        if request.mimetype != kind:
            raise Unreadable("content-type")
        if request.mimetype_params.get("charset", "utf-8").lower() not in ("utf-8", "us-ascii"):
            raise Unreadable("charset")
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Unreadable("content-encoding")
    if request.content_length is not None and request.content_length > LARGEST:
        raise Unreadable("length")
    body = request.stream.read(LARGEST + 1)
    if len(body) > LARGEST:
        raise Unreadable("length")
    return body


def read_numbers(request: Request, numbers: tuple[str, ...], text: str) -> dict[str, int | str]:
    """Return a JSON object of these whole numbers, zero or above, and one text; raises Unreadable."""
    try:
        said = json.loads(_body(request, JSON))
    except (ValueError, RecursionError):
        raise Unreadable("json") from None
    if not isinstance(said, dict) or set(said) != {*numbers, text}:
        raise Unreadable("json")
    for name in numbers:
        if type(said[name]) is not int or not 0 <= said[name] < 2**63:
            raise Unreadable(name)
    if not isinstance(said[text], str) or len(said[text]) > 40:
        raise Unreadable(text)
    return said
