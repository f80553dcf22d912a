"""What is watched for those who run Senti: whether the gateways live, and how much money stands in which place.

The worker looks, so that a page has one row to read and an alarm rings though nobody looks at a page.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol, TypeVar

import structlog

from service.ledger.chart import Kind
from service.wallet.advice import OPENS, ending
from service.wallet.drawer import Till
from service.wallet.forecast import CLOSES
from service.wallet.minute import last_of, minutes
from service.wallet.tally import count
from service.wallet.unit import Unit

log = structlog.get_logger()

LIFE, ENDED = "life", "ended"
"""Themes of minutes: anything that came from a gateway; talks of which it said how they ended."""

INCOMPLETE = "incomplete"
WINDOW = 5
"""A gateway that says nothing for so many minutes in trading hours is silent (O-12)."""

MOST_INCOMPLETE = 90
"""Of a hundred talks that ended within them so many broke off: then it is not people who hang up."""

FEWEST = 10
"""Fewer talks than this say nothing about a gateway."""

AGAIN_MINUTES = 10
"""An alarm that goes on rings again after this."""

SHOPS = "shops"
EVERY = timedelta(minutes=15)
MOST_SHOPS = 100_000
SHOWN = 200

T = TypeVar("T")


class Work(Protocol):
    """Runs work in one transaction; it may run it again from its beginning."""

    def __call__(self, work: Callable[[Unit], T]) -> T: ...


class Life(NamedTuple):
    """How a gateway is."""

    gateway: str
    last: datetime | None
    heard: int
    """Hops and callbacks within the window."""
    ended: int
    incomplete: int
    state: str  # lives, silent, breaks, unheard, night


@dataclass(frozen=True, kw_only=True)
class Board:
    """What the worker has reckoned for a dashboard, and when."""

    name: str
    at: datetime
    values: Mapping[str, Any]


def life_of(unit: Unit, gateway: str) -> Life:
    """Say how a gateway is by what it sent in the last minutes; one that was not heard for two days is not in use."""
    last = last_of(unit, LIFE, gateway)
    heard = sum(row.count for row in minutes(unit, LIFE, last=WINDOW) if row.name == gateway)
    talks: dict[str, int] = defaultdict(int)
    for row in minutes(unit, ENDED, last=WINDOW):
        talks[row.name] += row.count
    incomplete = talks[f"{gateway} {INCOMPLETE}"]
    ended = incomplete + talks[f"{gateway} complete"]
    if last is None:
        state = "unheard"
    elif ended >= FEWEST and 100 * incomplete >= MOST_INCOMPLETE * ended:
        state = "breaks"
    elif heard:
        state = "lives"
    else:
        state = "silent" if is_open(unit) else "night"
    return Life(gateway, last, heard, ended, incomplete, state)


def is_open(unit: Unit) -> bool:
    """Say whether somebody trades now in any country: then a gateway has something to say."""
    hours = (unit.now.astimezone(pack.zone).hour for pack in unit.house.packs.values())
    return any(OPENS <= hour < CLOSES for hour in hours)


def mind_gateways(unit: Unit, gateways: tuple[str, ...]) -> None:
    """Ring for each gateway that is silent, or whose talks nearly all break off."""
    for gateway in gateways:
        life = life_of(unit, gateway)
        if life.state not in ("silent", "breaks"):
            continue
        slot = unit.now.replace(minute=unit.now.minute // AGAIN_MINUTES * AGAIN_MINUTES)
        if not count(unit, f"alarm:{gateway}:{life.state}:{slot:%Y-%m-%dT%H:%M}", 1):
            said = {"silent": "a gateway is silent", "breaks": "nearly all talks of a gateway break off"}
            log.error(said[life.state], gateway=gateway, count=life.incomplete)


def mind_shops(read: Work, transact: Work) -> int:
    """Reckon the shops anew, if it is time: read at one moment of the database, and then written."""

    def look(unit: Unit) -> Board | None:
        known = unit.rows.get(Board, SHOPS)
        return None if known and timedelta() <= unit.now - known.at < EVERY else reckon_shops(unit)

    board = read(look)
    if board is None:
        return 0

    def write(unit: Unit) -> None:
        if not unit.rows.add(board):
            unit.rows.put(board)

    transact(write)
    return 1


def reckon_shops(unit: Unit) -> Board:
    """Add up the agents' float by place, and list the shops that run dry today, the first in front."""
    floats = {
        (country, account.owner): held
        for country in unit.house.packs
        for account, held in unit.books.balances(country, Kind.FLOAT)
    }
    areas: dict[str, list[int]] = {}
    dry: list[tuple[datetime, list[Any]]] = []
    for till in unit.rows.due(Till, before=unit.now + timedelta(days=3650), limit=MOST_SHOPS, lock=False):
        held = floats.get((till.area.partition(":")[0], till.agent), 0)
        ends = ending(unit, till)
        sums = areas.setdefault(till.area, [0, 0, 0, 0])
        for place, more in enumerate((1, held, ends[0] is not None, ends[1] is not None)):
            sums[place] += more
        if soon := [at for at in ends if at is not None]:
            shown = [at.isoformat() if at else "" for at in ends]
            dry.append((min(soon), [till.agent, till.area, held, *shown]))
    largest = sorted(areas.items(), key=lambda one: (-one[1][1], one[0]))
    first = [one for _, one in sorted(dry, key=lambda one: one[0])]
    values = {"areas": [[area, *sums] for area, sums in largest[:SHOWN]], "dry": first[:SHOWN]}
    return Board(name=SHOPS, at=unit.now, values=values)
