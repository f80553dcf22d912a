"""How far the watch over the books has come (watch.py)."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Watched:
    """The last seal that was looked into: its number, and its stamp in hex."""

    name: str
    seal: int
    mac: str
    at: datetime
