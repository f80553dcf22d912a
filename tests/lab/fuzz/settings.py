"""Settings from the environment and from a file: any value under any name, any bytes in the file.

They are read, or refused with every problem named; what was given for a secret is never repeated.
"""

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

from pydantic import SecretStr

from tests.lab.fuzz import Tally
from tests.lab.fuzz.draw import Draw, pick, some, spoilt, spoilt_bytes

TITLE = "Settings"

NAMES = tuple(
    f"SENTI_{name}"
    for name in (
        *("MODE", "DATABASE_URL", "DATABASE_ADMIN_URL", "COUNTRIES", "SECRET_KEY", "PIN_PEPPER", "PIN_MEMORY_KIB"),
        *("DEMO_CLOCK_SPEED", "AFRICASTALKING_USERNAME", "AFRICASTALKING_API_KEY", "AFRICASTALKING_BASE_URL"),
        *("AFRICASTALKING_WEBHOOK_SECRET", "AFRICASTALKING_SENDER_ID", "AFRICASTALKING_ALLOWED_ADDRESSES"),
        *("TRUSTED_PROXY", "HOST", "PORT", "WORKERS", "LOG_LEVEL", "METRICS_PORT", "NO_SUCH", "mode"),
    )
)
SECRET = ("SENTI_SECRET_KEY", "SENTI_PIN_PEPPER", "SENTI_AFRICASTALKING_API_KEY", "SENTI_AFRICASTALKING_WEBHOOK_SECRET")
VALUES = (
    *("demo", "production", "ke", "ke,ug", "8000", "1", "0", "-1", "65536", "1e3", "١", "true", "null", "", " "),
    *("sqlite:///var/senti.db", "postgresql://u:p@h/d", "postgresql://[::1", "mysql://x", "sqlite://", "//"),
    *("https://api.africastalking.com", "http://127.0.0.1:1", "https://", "http://[", "https://h:99999/", "ftp://h"),
    *("10.0.0.0/8", "10.0.0.1,::1/128", "10.0.0.1/8", "::ffff:1.2.3.4", "info", "debug", "[1]", '{"a": 1}'),
    *("c0ffee" * 11, "8f2a7d41b3c95e60f1a2b3c4d5e6f708", "correct horse battery staple", "changeme"),
)
FILE = "SENTI_MODE=demo\nexport SENTI_PORT = '8000' # port\nSENTI_SECRET_KEY=\"a\\nb\"\nSENTI_HOST=${HOME}\nX\n=\n"


def make(draw: Draw) -> dict[str, Any]:
    """Make up an environment and a file."""
    named = some(draw, lambda: [pick(draw, NAMES), spoilt(draw, VALUES)], 4)
    lines = "".join(
        f"{name}={value}\n" for name, value in some(draw, lambda: [pick(draw, NAMES), spoilt(draw, VALUES)], 3)
    )
    file = spoilt_bytes(draw, FILE.encode()) if draw.number(0, 2) == 0 else lines.encode("utf-8", "surrogatepass")
    return {"environment": named, "file": file.decode("latin-1")}


def open_world() -> Callable[[dict[str, Any]], Tally]:
    from service.settings import BadSettings, read_settings, unsafe

    path = Path(tempfile.mkdtemp(prefix="senti-fuzz-")) / ".env"

    def check(case: dict[str, Any]) -> Tally:
        environment = {name: value for name, value in case["environment"] if _can_be_given(value)}
        path.write_bytes(case["file"].encode("latin-1"))
        with patch.dict(os.environ, environment, clear=True):
            settings, told = None, ""
            try:
                settings = read_settings(path)
                told = f"{unsafe(settings)} {settings!r}"
            except BadSettings as bad:
                told = str(bad)
        assert told, "refused without a reason"
        given = [environment.get(name, "") for name in SECRET]
        public = [*VALUES, *(value for name, value in environment.items() if name not in SECRET)]
        if settings is not None:
            given += _secrets(settings)
            public += [value for _, value in settings if isinstance(value, str)]  # a user may be called like a secret
        for secret in given:
            known = len(secret) < 8 or any(secret in value for value in public)
            assert known or secret not in told, "a secret was told"
        return Tally(1, int(settings is not None))

    return check


def _secrets(settings: Iterable[tuple[str, Any]]) -> Iterator[str]:
    """Yield whatever is a secret among these settings, however many there are of one."""
    for _, value in settings:
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, SecretStr):
                yield one.get_secret_value()


def _can_be_given(value: str) -> bool:
    """Say whether a system lets a value stand in an environment."""
    try:
        return len(os.fsencode(value)) < 100_000 and "\0" not in value
    except UnicodeEncodeError:
        return False
