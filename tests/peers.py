"""Fifty-six bugs that other money services really had, and why Senti does not have them: a test, or a reason.

A test cites a bug by its number anywhere in its name: `test_peer_34_...`, `test_K_02_peer_14_...`. tests/cases.py puts
the list into docs/cases.md.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent

_NUMBER = re.compile(r"(?<=_)peer_([0-9]{2})_")

BUGS: Mapping[int, str] = {
    1: "Holds did not count against what can be spent: six of a fifth each were taken",
    2: "Two captures of one hold both passed the check of its amount",
    3: "One hold was given back more than once",
    4: "A refund was made twice; its row said applied while no money moved; nothing and less was refunded",
    5: "The parts of a percentage split, in floats, did not add up to the whole",
    6: "The balance was changed, writing the entry failed, and the balance stayed changed",
    7: "Money moved between two wallets whose currencies have different decimals",
    8: "A negative amount times a negative factor passed for a positive one",
    9: "A request that was cancelled kept its lock, and the account was of no use any more",
    10: "Something was queued that nobody ever took out again",
    11: "One amount of zero stopped the queue, and repairing it began again for ever",
    12: "A hold changed the balance and left no line in the books",
    13: "A transfer to oneself was taken",
    14: "A balance that had no row yet could not be locked, and was paid out twice",
    15: "Identifiers made by several programs met, and the answer was empty",
    16: "The same key twice in one batch was a crash",
    17: "The same key with other content was answered as an error of the server",
    18: "SQL came in by a filter for addresses",
    19: "What was spent could not be reversed in any way, and two at once reversed it twice",
    20: "Two that set up the database at once waited for each other; migrations locked everybody out",
    21: "The chains of two ledgers began with the same key",
    22: "A faster way to post was shipped, was wrong, and was taken back",
    23: "Transactions that met were told as want of money, and stayed stuck",
    24: "A job ran in two threads and paid interest twice",
    25: "Charges went past the limit that the amount was held to",
    26: "What a repeated request means was settled years after the first one",
    27: "SQL came in by the parameters of searches and reports",
    28: "A payment that had been made was made again when its request was repeated",
    29: "After a time-out the money stayed reserved, and the payer was told nothing",
    30: "A date in the future made a payment both done and not done",
    31: "A repeated request was not answered at all",
    32: "Two reversals at one instant, over HTTP, were two; a repeated posting was an error of the server",
    33: "The lock after wrong PINs asked for exactly three: the fourth opened it",
    34: "A change of PIN wrote the PIN itself where its hash belongs, and the test looked away",
    35: "A hop slept and asked again, up to fifteen seconds",
    36: "A wallet was opened although the two PINs differed",
    37: "Reading the limits failed, and with it the balance",
    38: "Amounts of a menu were floats, cut to cents",
    39: "A talk that was taken up again had lost what was typed, and two wrote it at once",
    40: "A blank that does not break was taken for part of what was typed",
    41: "One dial came as two beginnings, and the menu answered itself",
    42: "Two events had one id; hops came after the end; the history came whole from one and in parts from another",
    43: "Sending a message waited for ever, and everything with it",
    44: "A callback was repeated for ten minutes, because nothing said clearly that it had come",
    45: "One payment was told in two ways, and counted twice",
    46: "A callback was signed well and told another amount, which was believed",
    47: "Callbacks were forged: their address could be guessed or turned elsewhere",
    48: "PIN tries were counted at the door and not at the payment",
    49: "A callback was lost in a queue: paid, and for ever on its way",
    50: "A lock was let go before what it guarded was done",
    51: "A message whose answer was lost was sent twice",
    52: "One dead connection to the database made a program fail for hours",
    53: "A serial number of 32 bits ran out, and nothing could be written",
    54: "A header that anybody can write decided who had asked too often",
    55: "A form of very many fields kept the server busy",
    56: "Two payouts of everything, at one instant, were both paid",
}
"""What happened elsewhere, in our words."""

NOT_HERE: Mapping[int, str] = {
    46: "Not built yet: no callback of today tells an amount that is believed. It comes with banks and partners.",
}
"""Why a bug has no test: it cannot happen here, or what it would happen in is not built yet."""

HEAD = """## Bugs of others

Bugs that other money services really had, each with the test that shows that Senti does not have it, or the reason
why there is none.

| bug | what happened elsewhere | what holds here | test |
|---|---|---|---|
"""


class Citation(NamedTuple):
    """One test that cites a bug."""

    number: int
    says: str
    where: str


def citations() -> Iterator[Citation]:
    """Yield every bug that a test cites, with what the test says in its first paragraph."""
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                says = (ast.get_docstring(node) or "").split("\n\n")[0].replace("\n", " ")
                for number in _NUMBER.findall(node.name):
                    yield Citation(int(number), says, str(path.relative_to(ROOT)))


def section() -> str:
    """Return the part of docs/cases.md about bugs of others."""
    rows = [(number, says, f"`{where}`") for number, says, where in citations()]
    rows += [(number, why, "") for number, why in NOT_HERE.items()]
    return HEAD + "".join(
        f"| peer_{number:02} | {BUGS[number]} | {says} | {test} |\n" for number, says, test in sorted(rows)
    )
