"""What is written down about mutants stays true: it names what is there, and a fault that is planted is found."""

import ast
import re
from collections.abc import Iterator

from tests.mutants import copy, planted, python
from tests.mutants.written import Mutant, Written, mutant, rows
from tests.mutants.written import read as written

FUNCTIONS = {one for part in python.PARTS.values() for one in python.functions(part)}


def test_what_is_explained_is_there() -> None:
    """Each function that is named exists, and so do the lines that are changed."""
    page = written()
    modules = {function.rpartition(".")[0] for function in FUNCTIONS}
    assert {one for one in page.idle if one not in FUNCTIONS | modules} == set()
    for one in page.why:
        assert one.function in FUNCTIONS, one
        path = copy.ROOT.joinpath(*one.function.split(".")[:3]).with_suffix(".py")
        lines = "\n".join(line.strip() for line in path.read_text().splitlines())
        assert one.was in lines, one
        assert len(page.why[one]) > 20, f"no reason: {one}"


SEEN = (
    ('old = unit.rows.find(A, x=1, limit=1)', 'old = unit.rows.find(A, x=1, limit=None)'),
    ('if a and not unit.rows.find(A, x=1, limit=1):', 'if a and not unit.rows.find(A, x=1, ):'),
    ('rows = unit.rows.find(A, id=[1]) if them else ()', 'rows = unit.rows.find(A, id=[1]) if (them) or True else ()'),
    ('a = unit.rows.get(A, b.c) if b.c else None', 'a = unit.rows.get(A, b.c) if (b.c) or True else None'),
    ('unit.rows.ahead(Asked.get(A, 1))', 'unit.rows.ahead(None)'),
    ('row = _agreed(unit, swap, lock=False)', 'row = _agreed(unit, swap, lock=None)'),
    ('def f(unit: Unit, *, lock: bool = False) -> A:', 'def f(unit: Unit, *, lock: bool = True) -> A:'),
    ('row = (unit.rows.lock if lock else get)(A)', 'row = (unit.rows.lock if (lock) or True else get)(A)'),
    ('assert a is not None, f"no a {b}"', 'assert a is not None, f"XXno a {b}XX"'),
    ('hmac.digest(a, b, "sha256")', 'hmac.digest(a, b, "SHA256")'),
    ('if count(unit, a, 0) >= MOST:', 'if count(unit, a, None) >= MOST:'),
    ('a = hmac.digest(key, b, "sha256").hex()[:20]', 'a = hmac.digest(key, b, "sha256").hex()[:21]'),
)  # fmt: skip
"""A mutant of each kind, in the order of the page."""

NOT_SEEN = (
    ('for old in unit.rows.find(A, x=1, limit=1):', 'for old in unit.rows.find(A, x=1, limit=2):'),
    ('old = unit.rows.find(A, x=1, limit=1)', 'old = unit.rows.find(A, limit=1)'),
    ('old = unit.rows.find(A, x=1, limit=1)', 'old = None'),
    ('rows = unit.rows.find(A, x=1, limit=5)', 'rows = unit.rows.find(A, x=1, limit=6)'),
    ('rows = unit.rows.due(A, before=unit.now, limit=1)', 'rows = unit.rows.due(A, before=unit.now, limit=2)'),
    ('row = own_till(unit, owner, till, lock=True)', 'row = own_till(unit, owner, till, lock=False)'),
    ('row = own_till(unit, owner, till, lock=True)', 'row = own_till(unit, owner, till, lock=None)'),
    ('row = (unit.rows.lock if lock else get)(A)', 'row = (unit.rows.lock if (lock) and False else get)(A)'),
    ('assert a is not None, "no a"', 'assert a is None, "no a"'),
    ('due = unit.rows.due(A, limit=1, lock=False)', 'due = unit.rows.due(A, limit=1, lock=True)'),
    ('count(unit, a, 1)', 'count(unit, a, 2)'),
    ('count(unit, a, 1)', 'count(unit, a, None)'),
)  # fmt: skip
"""What decides something, and looks nearly so."""


def test_a_kind_explains_what_it_is_for_and_nothing_that_decides() -> None:
    kinds = written().kinds
    assert len(SEEN) == len(kinds)
    for kind, seen in zip(kinds, SEEN, strict=True):
        assert Written({}, {}, (kind,)).explains(Mutant("f", *seen)), kind
        assert len(kind.why) > 20, f"no reason: {kind}"
    for one in NOT_SEEN:
        assert not written().explains(Mutant("f", *one)), one


def test_where_one_row_is_asked_for_one_is_used() -> None:
    """Its mutants are one kind: no more than the first is looked at, or whether there is one."""
    for path in sorted((copy.ROOT / "service" / "wallet").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                assert [used for used in _uses_of_one(node) if not ONE_ROW.fullmatch(used)] == [], (
                    path.name,
                    node.name,
                )


ONE_ROW = re.compile(r"\w+(\[0\])?|bool\(\w+\)")


def _uses_of_one(function: ast.FunctionDef) -> Iterator[str]:
    """Yield what stands around each use of rows of which one was asked for."""
    above = {inside: outside for outside in ast.walk(function) for inside in ast.iter_child_nodes(outside)}
    asked = [node for node in ast.walk(function) if isinstance(node, ast.Assign | ast.NamedExpr)]
    one_row = [node for node in asked if re.search(r"rows\.find\(.*limit=1\)\)?$", ast.unparse(node))]
    names = {ast.unparse(node.targets[0] if isinstance(node, ast.Assign) else node.target) for node in one_row}
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and node.id in names and isinstance(node.ctx, ast.Load):
            test = getattr(above[node], "test", None) is node or isinstance(above[node], ast.BoolOp | ast.UnaryOp)
            yield node.id if test else ast.unparse(above[node])


def test_every_fault_can_be_planted() -> None:
    """The text that a fault replaces stands once in its file, and what replaces it is other."""
    for fault in planted.read():
        assert planted.planted(fault, (copy.ROOT / fault.file).read_text()) != "", fault
        assert fault.was != fault.now


def test_mutants_are_known_by_their_words() -> None:
    difference = ["--- a", "+++ b", "@@", " def f():", "-    if a < b:", "+    if a <= b:"]
    one = mutant("service.ledger.post.f", difference)
    assert one == Mutant("service.ledger.post.f", "if a < b:", "if a <= b:")
    page = Written({one: "why"}, {"service.wallet.name": "words", "service.wallet.send._told": "words"})
    other = one._replace(now="if True:")
    (row,) = rows({"service.ledger.post.f": 10}, [one, other], page)
    assert row == ("service.ledger.post", 10, 8, 2, 1)
    assert page.decides("service.wallet.send.quote")
    assert not page.decides("service.wallet.send._told")
    assert not page.decides("service.wallet.name.masked")
