import csv
import io
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from service.sheet import write_sheet


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20), min_size=1))
def test_I_12_no_cell_is_a_formula_and_all_are_read_back(cells: list[str]) -> None:
    """Whatever stands in a name: a spreadsheet gets text, and a program what was written."""
    rows = list(csv.reader(io.StringIO(write_sheet(["a"], [cells]), newline="")))
    assert len(rows) == 2
    for read, cell in zip(rows[1], cells, strict=True):
        assert not read.startswith(("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"))
        assert read.removeprefix("'") == cell.removeprefix("'")


def test_numbers_stay_numbers() -> None:
    assert write_sheet(["a"], [(Decimal("-5.50"),)]) == '"a"\r\n"-5.50"\r\n', "a sum leaves out what is text"
    assert write_sheet(["a", "b"], [(-5, "-5")]) == '"a","b"\r\n"-5","\'-5"\r\n'
