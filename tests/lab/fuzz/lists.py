"""Files of wages and grants, spoilt: refused whole, or each of their lines is paid as it stands or is at fault."""

from collections.abc import Callable

from tests.lab.fuzz import Tally
from tests.lab.fuzz.draw import Draw, pick, spoilt

TITLE = "Files of wages and grants"

HEADS = ("phone,amount", "phone,amount,name,secret", "phone;amount;secret", "amount,phone,name", "Phone, Amount ,NAME")
CELLS = {
    "phone": ("0722000002", "0799000009", "+254733000003", "0711 000 001", "12"),
    "amount": ("500", "60", '"1,000.50"', "99", "-5"),
    "name": ("Baraka", "", "Mwangi, B.", "=1+1"),
    "secret": ("4821", "", "48 21"),
}


def make(draw: Draw) -> str:
    """Make up a file: a first line and a few others of cells that belong there, some of them spoilt."""
    head = pick(draw, HEADS)
    mark = ";" if ";" in head else ","
    columns = [CELLS[name.strip().lower()] for name in head.split(mark)]
    lines = [head if draw.number(0, 7) else spoilt(draw, HEADS)]
    for _ in range(draw.number(0, 5)):
        cells = [pick(draw, good) if draw.number(0, 7) else spoilt(draw, good) for good in columns]
        lines.append(mark.join(cells[: None if draw.number(0, 15) else draw.number(0, 3)]))
    return pick(draw, ("\n", "\r\n", "\r")).join(lines)


def open_world() -> Callable[[str], Tally]:
    from service.wallet.bulk_file import BadFile, judge, read_rows
    from tests.phone import Town

    town = Town()
    pack = town.app.home.pack

    def check(text: str) -> Tally:
        try:
            rows = read_rows(text)
        except BadFile:
            return Tally(1, 0)
        lines, faults = town.app.read(lambda unit: judge(unit, rows, pack))
        judged = sorted([line.number for line in lines] + [fault.number for fault in faults])
        assert judged == [row.number for row in rows], "each line has one judgement"
        assert len({line.phone for line in lines}) == len(lines), "nobody is paid twice"
        for line in lines:
            assert 0 < line.amount < 10**11
            assert (line.person is None) == bool(line.secret)
        return Tally(1, len(lines) > 0)

    return check
