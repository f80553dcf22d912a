"""The diary of the service: one line of JSON for each thing that happened, and nothing that must not be read.

Only the words of ALLOWED are written, each in its own shape; the names of all others are listed under `dropped`. What
an exception says is not written either, because it may quote what was typed: its kind and the places it came by are.
"""

import json
import logging
import re
import sys
import threading
from collections.abc import Callable, Mapping, MutableMapping
from ipaddress import ip_address
from types import TracebackType
from typing import Any, TextIO

import structlog

from service.phone import log_mask

LONGEST = 300
"""Characters of any one value: a megabyte in a field is still one short line."""

_DIGITS = re.compile(r"\+?[0-9](?:[ ,.\-]?[0-9]){3,}")
"""Four digits and more, with what people put between them, be a PIN, a code, a number or a balance:
none belongs in running text."""

_WORD = re.compile(r"[A-Za-z0-9_.:*#/+()<> -]{0,300}")


def _word(value: object) -> object:
    """Return a short plain word, such as the name of an outcome."""
    text = str(value)
    return _plain(text) if _WORD.fullmatch(text) else "(odd)"


def _number(value: object) -> object:
    return value if isinstance(value, int) else "(no number)"


def _plain(text: str) -> str:
    return _DIGITS.sub("****", text[:LONGEST])


def _phone(value: object) -> object:
    return log_mask(str(value))


def _moment(value: object) -> object:
    return str(value)[:40]


def _address(value: object) -> object:
    try:
        return str(ip_address(str(value)))
    except ValueError:
        return "(odd)"


def _reference(value: object) -> object:
    return str(value) if re.fullmatch(r"[0-9A-Z]{1,24}", str(value)) else "(odd)"


ALLOWED: Mapping[str, Callable[[object], object]] = {
    "at":           _moment,
    "level":        _word,
    "event":        lambda value: _plain(str(value)),
    "logger":       _word,
    "act":          _word,
    "by":           _word,
    "check":        _word,
    "code":         _word,
    "currency":     _word,
    "dialled":      lambda value: str(value)[:30] if re.fullmatch(r"\*[0-9*]+#", str(value)) else "(odd)",
    "error":        _word,
    "fate":         _word,
    "field":        _word,
    "gateway":      _word,
    "job":          _word,
    "key":          _word,
    "language":     _word,
    "mode":         _word,
    "outcome":      _word,
    "places":       lambda value: [str(place)[:120] for place in value][-8:] if isinstance(value, list) else "(odd)",
    "provider":     _word,
    "reason":       _word,
    "screen":       _word,
    "setting":      _word,
    "state":        _word,
    "what":         _word,
    "reference":    _reference,
    "phone":        _phone,
    "count":        _number,
    "entry":        _number,
    "hops":         _number,
    "milliseconds": _number,
    "notice":       _number,
    "number":       _number,
    "port":         _number,
    "seconds":      _number,
    "status":       _number,
    "tries":        _number,
    "source":       _address,
    "dropped":      lambda value: value,
}  # fmt: skip


def places(trace: TracebackType | None) -> list[str]:
    """Return where an exception came by, outermost first: file, line and function, and no values."""
    found = []
    while trace is not None:
        code = trace.tb_frame.f_code
        found.append(f"{'/'.join(code.co_filename.rsplit('/', 2)[-2:])}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return found


def _name_the_error(_logger: object, _method: str, said: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    told = said.pop("exc_info", None)
    if told is True:
        told = sys.exc_info()
    error = told[1] if isinstance(told, tuple) else told
    if isinstance(error, BaseException):
        said["error"] = type(error).__name__
        said["places"] = places(error.__traceback__)
    return said


_FIRST: list[Any] = [
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
    _name_the_error,
]
_OURS: list[Any] = [
    structlog.stdlib.filter_by_level,
    *_FIRST,
    structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
]
"""What a line of ours goes through. A logger is made once and keeps it; the level is asked for each time."""


def set_up(*, to: TextIO | None = None, level: str = "info") -> None:
    """Send the whole process's log to a stream (standard error), as JSON lines at this level and above.

    What libraries log goes the same way and through the same list, and so does what nobody caught. Theirs is never
    taken below WARNING: some of them write whole requests when asked for more.
    """
    lowest = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=_OURS,
        wrapper_class=structlog.make_filtering_bound_logger(logging.NOTSET),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(to or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_their_name, *_FIRST],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, allow, write_line],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for ours in ("service", "menus"):
        logging.getLogger(ours).setLevel(lowest)
    # A line that cannot be written is lost: the standard library would print it raw, with all it quotes.
    logging.raiseExceptions = False
    sys.excepthook = _nobody_caught
    threading.excepthook = lambda told: _nobody_caught(told.exc_type, told.exc_value, told.exc_traceback)


def allow(_logger: object, _method: str, said: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Keep what may be written, each in its shape, and name what was left out."""
    kept = {name: shape(said[name]) for name, shape in ALLOWED.items() if name in said}
    dropped = sorted(_plain(str(name)) for name in said if name not in ALLOWED)
    return {**kept, "dropped": dropped[:20]} if dropped else kept


def write_line(_logger: object, _method: str, said: Mapping[str, Any]) -> str:
    """Return one line of ASCII: ends of lines, colours and foreign letters are escaped."""
    return json.dumps(said, ensure_ascii=True, default=lambda _: "(odd)")


def _nobody_caught(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    if not issubclass(kind, KeyboardInterrupt | SystemExit):
        logging.getLogger(__name__).critical("nobody caught this", exc_info=(kind, error or kind(), trace))


def _their_name(_logger: object, _method: str, said: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    record = said.get("_record")
    if isinstance(record, logging.LogRecord):
        said["logger"] = record.name
    return said
