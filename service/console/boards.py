"""Dashboards: what went on in the last hour, how gateways, shops and money stand, and what is past its time.

Each theme is a few tables, made of the same figures for the eye, for the plot beside it and for a spreadsheet. Pages
that are open ask for them anew every few seconds; that keeps no login alive.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from flask import Response

from service.console.office import NotFound, Office, Visit
from service.console.page import WITH_SCRIPTS, page, table_file
from service.console.people import case_line
from service.console.words import speak
from service.countries import Pack
from service.ledger.chart import Kind, Reason
from service.ledger.entry import Account
from service.money import show_amount_full
from service.outbox import waiting_since
from service.sheet import in_units
from service.wallet.bank import statements_of
from service.wallet.board import SHOPS, Board, life_of
from service.wallet.funds import newest
from service.wallet.metered import Meter
from service.wallet.minute import Minute, minute_of, minutes
from service.wallet.ordered import Order
from service.wallet.unit import Case, Pending, Unit, Withdrawal

SHOWN_MINUTES = 60
FLOWS = ((Reason.SEND, "send"), (Reason.CASH_IN, "cash_in"), (Reason.WITHDRAW, "cash_out"))
MOST = 1_000
"""Waiting rows that are looked at; where there are more, the table says so."""

CASES = 100


class Money(NamedTuple):
    """An amount of a country."""

    minor: int
    pack: Pack


class Said(NamedTuple):
    """A key of the console's words."""

    key: str


Cell = str | int | datetime | Money | Said | None


class Shown(NamedTuple):
    """One table; `plotted` are the columns that are drawn against the first one."""

    name: str
    heads: tuple[str, ...]
    rows: Sequence[tuple[Cell, ...]]
    plotted: tuple[int, ...] = ()
    about: str = ""


def board(office: Office, visit: Visit, theme: str) -> Response:
    """Show a theme as a page that asks for its tables again and again."""
    answer = _page(office, visit, "board.html", theme)
    answer.headers["Content-Security-Policy"] = WITH_SCRIPTS
    return answer


def part(office: Office, visit: Visit, theme: str) -> Response:
    """Show a theme's tables alone, for the page that is open."""
    return _page(office, visit, "board_part.html", theme)


def _page(office: Office, visit: Visit, template: str, theme: str) -> Response:
    return page(
        office,
        visit,
        template,
        theme=theme,
        themes=tuple(THEMES),
        tables=_tables(office, theme),
        shown=lambda cell: _in_words(cell, office.home, visit.language),
        number=_number,
        at=office.now(),
    )


def exported(office: Office, visit: Visit, theme: str, table: str) -> Response:
    """Return one table as CSV."""
    shown = next((one for one in _tables(office, theme) if one.name == table), None)
    if shown is None:
        raise NotFound
    head = [speak(visit.language, f"boards.{head}") for head in shown.heads]
    rows = [[_plain(cell, visit.language) for cell in row] for row in shown.rows]
    return table_file(f"senti-{theme}-{table}", head, rows)


def _tables(office: Office, theme: str) -> list[Shown]:
    if theme not in THEMES:
        raise NotFound
    return office.read(lambda unit: list(THEMES[theme](unit, office)))


def _in_words(cell: Cell, home: Pack, language: str) -> str:
    """Return a cell as a page shows it."""
    if isinstance(cell, Money):
        return show_amount_full(cell.minor, cell.pack.currency)
    if isinstance(cell, Said):
        return speak(language, cell.key)
    if isinstance(cell, datetime):
        return f"{cell.astimezone(home.zone):%Y-%m-%d %H:%M}"
    return "" if cell is None else str(cell)


def _number(cell: Cell) -> str:
    """Return what is plotted of a cell: seconds, units of money, a count."""
    if isinstance(cell, datetime):
        return str(int(cell.timestamp()))
    if isinstance(cell, Money):
        return str(in_units(cell.minor, cell.pack.currency))
    return str(cell) if isinstance(cell, int) else ""


def _plain(cell: Cell, language: str) -> object:
    if isinstance(cell, datetime):
        return cell.astimezone(UTC).isoformat(timespec="seconds")
    if isinstance(cell, Said):
        return speak(language, cell.key)
    if isinstance(cell, Money):
        return in_units(cell.minor, cell.pack.currency)
    return "" if cell is None else cell


# What each theme shows.


def _traffic(unit: Unit, office: Office) -> Iterable[Shown]:
    """Tell what was paid in each minute of the last hour; how hops ended, and what people were told no for."""
    posted = _by_minute(minutes(unit, "posted", last=SHOWN_MINUTES))
    for country, pack in office.packs.items():
        rows = []
        for at in _last_minutes(unit):
            found = posted.get(at, {})
            cells: list[Cell] = [at]
            for reason, _ in FLOWS:
                count, value = found.get(f"{country} {reason}", (0, 0))
                cells += [count, Money(value, pack)]
            rows.append(tuple(cells))
        heads = ("at", *(f"{head}_{what}" for _, head in FLOWS for what in ("count", "value")))
        yield Shown(f"flows-{country}", heads, rows, plotted=(1, 3, 5), about=pack.name)
    outcomes = _sums(minutes(unit, "outcome", last=SHOWN_MINUTES))
    hops = sum(count for count, _ in outcomes.values())
    answered = sum(outcomes.get(well, (0, 0))[0] for well in ("continue", "end"))
    refused = _sums(minutes(unit, "refused", last=SHOWN_MINUTES))
    told = sum(count for count, _ in refused.values())
    yield Shown(
        "outcomes",
        ("what", "count", "of_hundred"),
        [
            (Said("boards.answered"), answered, _share(answered, hops)),
            (Said("boards.not_answered"), hops - answered, _share(hops - answered, hops)),
            (Said("boards.told_no"), told, _share(told, hops)),
        ],
    )
    most = sorted(refused.items(), key=lambda one: (-one[1][0], one[0]))
    yield Shown("refused", ("why", "count"), [(code, count) for code, (count, _) in most])


def _gateways(unit: Unit, office: Office) -> Iterable[Shown]:
    """Tell how gateways live, how long hops took, and how old the oldest message and unsealed entry are."""
    rows: list[tuple[Cell, ...]] = []
    for name in office.gateways:
        life = life_of(unit, name)
        rows.append(
            (name, Said(f"boards.life_{life.state}"), life.last, life.heard, _share(life.incomplete, life.ended))
        )
    yield Shown("gateways", ("gateway", "state", "last", "heard", "incomplete"), rows)
    took = _by_minute(minutes(unit, "hop", last=SHOWN_MINUTES))
    latency: list[tuple[Cell, ...]] = []
    for at in _last_minutes(unit):
        buckets: dict[int, int] = defaultdict(int)
        for name, (count, _) in took.get(at, {}).items():
            buckets[int(name)] += count
        latency.append((at, sum(buckets.values()), quantile(buckets, 50), quantile(buckets, 99)))
    yield Shown("latency", ("at", "hops", "median", "slowest"), latency, plotted=(2, 3))
    since = {"outbox": waiting_since(unit), "seal": unit.books.oldest_unsealed()}
    ages = {name: max(0, (unit.now - at) // timedelta(seconds=1)) if at else 0 for name, at in since.items()}
    yield Shown("ages", ("what", "seconds"), [(Said(f"boards.age_{name}"), age) for name, age in ages.items()])
    sent = _sums(minutes(unit, "sms", last=SHOWN_MINUTES))
    yield Shown("messages", ("outcome", "count"), [(name, count) for name, (count, _) in sorted(sent.items())])


def quantile(buckets: Mapping[int, int], hundredth: int) -> int | None:
    """Return the milliseconds within which so many of a hundred hops were answered: the upper end of a bucket."""
    hops, seen = sum(buckets.values()), 0
    for upper, count in sorted(buckets.items()):
        seen += count
        if 100 * seen >= hundredth * hops:
            return upper
    return None


def _money(unit: Unit, office: Office) -> Iterable[Shown]:
    """Tell what was issued and what is owed, and what is held until something is decided."""
    for country, pack in office.packs.items():
        funds = newest(unit, country)
        issued = -unit.books.balance(Account(country, Kind.TRUST))
        rows: list[tuple[Cell, ...]] = [(Said("boards.issued_now"), unit.now, Money(issued, pack))]
        for last in statements_of(unit, country, 1):
            rows.append((Said("boards.at_bank"), last.last_day, Money(last.closing, pack)))
            rows.append((Said("boards.apart"), None, Money(last.closing - issued, pack)))
        if funds:
            said = funds.file["statement"]
            rows += [
                (Said("boards.issued_then"), funds.at, Money(said["issued"], pack)),
                (Said("boards.owed_then"), funds.at, Money(said["total"], pack)),
                *((Said(f"kind.{kind}"), funds.at, Money(held, pack)) for kind, held in said["house"].items()),
            ]
        yield Shown(f"issued-{country}", ("what", "as_of", "amount"), rows, about=pack.name)
    holds: list[tuple[Cell, ...]] = []
    for kind, (state, due) in HELD.items():
        found = unit.rows.due(kind, before=unit.now + timedelta(days=3650), state=state, limit=MOST, lock=False)
        late = sum(getattr(row, due) <= unit.now for row in found)
        count: Cell = f"{MOST}+" if len(found) == MOST else len(found)
        holds.append(
            (Said(f"boards.hold_{kind.__name__.lower()}"), count, late, getattr(found[0], due) if found else None)
        )
    yield Shown("holds", ("what", "waiting", "late", "next"), holds)


HELD: Mapping[type[Any], tuple[str, str]] = {
    Withdrawal: ("waiting", "expires_at"),
    Pending: ("waiting", "settles_at"),
    Order: ("waiting", "next_at"),
    Case: ("asked", "due_at"),
    Meter: ("open", "next_at"),
}
"""Rows that say for what money is set aside: while they are in which state, and by which time something is done."""


def _shops(unit: Unit, office: Office) -> Iterable[Shown]:
    """Tell how much float stands in which place, and which shops run dry today, as the worker reckoned last."""
    known = unit.rows.get(Board, SHOPS)
    areas: list[tuple[Cell, ...]] = []
    dry: list[tuple[Cell, ...]] = []
    for area, shops, held, float_ends, cash_ends in known.values["areas"] if known else ():
        pack, place = _place(office, area)
        areas.append((place, shops, Money(held, pack), float_ends, cash_ends))
    for number, area, held, float_ends, cash_ends in known.values["dry"] if known else ():
        pack, place = _place(office, area)
        ends = [datetime.fromisoformat(at) if at else None for at in (float_ends, cash_ends)]
        dry.append((number, place, Money(held, pack), *ends))
    yield Shown("dry", ("agent", "place", "float", "float_ends", "cash_ends"), dry)
    yield Shown("areas", ("place", "shops", "float", "float_dry", "cash_dry"), areas)


def _place(office: Office, area: str) -> tuple[Pack, str]:
    country, _, place = area.partition(":")
    return office.packs.get(country, office.home), place


def _cases(unit: Unit, office: Office) -> Iterable[Shown]:
    """Tell which cases are past their clock, and which come next."""
    del office
    rows = [
        row
        for state in ("open", "asked")
        for row in unit.rows.due(Case, before=unit.now + timedelta(days=1), state=state, limit=CASES, lock=False)
    ]
    rows.sort(key=lambda row: row.due_at)
    lines = [case_line(unit, row) for row in rows]
    yield Shown(
        "cases",
        ("number", "what", "state", "due", "clock"),
        [
            (
                line["reference"],
                Said(f"case.{line['what']}"),
                Said(f"state.{line['state']}"),
                line["due_at"],
                Said("boards.late" if line["due_at"] <= unit.now else "boards.soon"),
            )
            for line in lines
        ],
    )


def _last_minutes(unit: Unit) -> list[datetime]:
    now = minute_of(unit.now)
    return [now - timedelta(minutes=back) for back in range(SHOWN_MINUTES)]


def _by_minute(rows: Iterable[Minute]) -> dict[datetime, dict[str, tuple[int, int]]]:
    found: dict[datetime, dict[str, tuple[int, int]]] = defaultdict(dict)
    for row in rows:
        found[row.at][row.name] = (row.count, row.value)
    return found


def _sums(rows: Iterable[Minute]) -> dict[str, tuple[int, int]]:
    found: dict[str, tuple[int, int]] = {}
    for row in rows:
        count, value = found.get(row.name, (0, 0))
        found[row.name] = (count + row.count, value + row.value)
    return found


def _share(part: int, whole: int) -> Cell:
    """Return so many of a hundred, rounded down, or nothing where there was nothing."""
    return 100 * part // whole if whole else None


THEMES: Mapping[str, Callable[[Unit, Office], Iterable[Shown]]] = {
    "traffic": _traffic,
    "gateways": _gateways,
    "money": _money,
    "shops": _shops,
    "cases": _cases,
}
