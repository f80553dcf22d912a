"""What is written down about mutants stays true: it names what is there, and a fault that is planted is found."""

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
