"""Country packs: lines left out, doubled, or with other values; any text at all in place of a file.

A pack is read, or refused with its place. What is read is priced, checked and proven without an accident.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.lab.fuzz import Tally
from tests.lab.fuzz.draw import Draw, pick, spoilt, spoilt_bytes

TITLE = "Country packs"

PACK = Path(__file__).parents[3] / "service" / "countries" / "ke.toml"
VALUES = (
    *("0", "-1", "1", "100", "99999999999999999999", "1e3", "1.5", "nan", "true", '""', '"x"', '"ke"', '"*1#"', "[]"),
    *("{}", "[1]", '["en"]', '["en", "xx"]', "2024-01-01", "9999-12-31", "0001-01-01", "2026-02-30", '"\\u0000"'),
    *('"KES"', '"XOF"', '"TND"', '"KE"', '"001"', '"Africa/Nairobi"', '"../etc/passwd"', "'''", "0x7f", "00:00:00"),
)


def make(draw: Draw) -> list[Any]:
    """Make up changes to the lines of a pack: [[line, what, value]], or bytes in place of it."""
    if draw.number(0, 15) == 0:
        return ["bytes", spoilt_bytes(draw, PACK.read_bytes()[:400]).decode("latin-1")]
    last = len(PACK.read_text("utf-8").splitlines()) - 1
    kinds = ("value", "value", "gone", "doubled", "text")
    changes = [[draw.number(0, last), pick(draw, kinds), spoilt(draw, VALUES)] for _ in range(draw.number(1, 2))]
    return ["lines", changes, draw.number(0, 31) == 0]


def changed(changes: list[list[Any]]) -> str:
    """Return the pack with these changes."""
    lines = PACK.read_text("utf-8").splitlines()
    for place, what, value in changes:
        if what == "value" and "=" in lines[place]:
            lines[place] = f"{lines[place].partition('=')[0]}= {value}"
        elif what == "doubled":
            lines[place] = f"{lines[place]}\n{lines[place]}"
        else:
            lines[place] = "" if what == "gone" else value
    return "\n".join(lines)


def open_world() -> Callable[[list[Any]], Tally]:
    from menus import product, proof
    from service.countries import BadPack, Pack, check_tariffs
    from service.countries.read import read_pack
    from service.gateways.simulator import Simulator
    from service.refusal import Refusal
    from tests.phone import BEGINNING

    path = Path(tempfile.mkdtemp(prefix="senti-fuzz-")) / "ke.toml"

    def use(pack: Pack, proven: bool) -> None:
        if check_tariffs(pack, BEGINNING):
            return  # the service refuses to start
        for service in ("send", "withdraw", "cash_in"):
            for amount in (1, 100, 50_000, 99_999_999):
                try:
                    charge = pack.charge(service, amount, BEGINNING)
                except Refusal:
                    continue
                assert charge.fee + charge.excise + charge.levy == charge.total
        if proven:
            proof(product(pack, bytes(32)), pack, [Simulator.limit])

    def check(case: list[Any]) -> Tally:
        if case[0] == "bytes":
            path.write_bytes(case[1].encode("latin-1"))
        else:
            path.write_bytes(changed(case[1]).encode("utf-8", "surrogatepass"))
        try:
            pack = read_pack(path)
        except BadPack as bad:
            said = str(bad)
        else:
            said = ""
        if said:
            assert said.startswith("ke.toml"), said
            return Tally(1, 0)
        use(pack, case[0] == "lines" and case[2])
        return Tally(1, 1)

    return check
