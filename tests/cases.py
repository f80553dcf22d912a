"""The list of hostile cases that tests cite, for docs/cases.md: `python -m tests.cases` writes it anew.

A test cites a case in its name (`test_W_03_the_same_hop_again`) and says in one line what must hold.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "cases.md"
CITED = re.compile(r"^test_(?=[A-Z]+_[0-9]{2}_)")
CASE = re.compile(r"([A-Z])_([0-9]{2})_")

GROUPS = {
    "W": "Gateway and web",
    "S": "Sessions and menus",
    "P": "PIN and identity",
    "M": "Commands by SMS",
    "L": "Ledger",
    "K": "Many at once",
    "D": "Database and machine",
    "T": "Time and limits",
    "I": "What people type",
    "F": "Fraud and abuse",
    "G": "What leaves",
    "V": "Privacy",
    "C": "Staff and installation",
    "O": "Operations",
}

HEAD = """# Hostile cases

What is tried to break Senti, and the test that shows what then holds. Generated from the tests by
`python -m tests.cases`; `make check` compares. An id without a row has no test yet.
"""


class Citation(NamedTuple):
    """One test that cites a case."""

    case: str
    says: str
    where: str


def citations() -> Iterator[Citation]:
    """Yield every case that a test cites, with what the test says in its first line."""
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef) and CITED.match(node.name):
                rest = node.name.removeprefix("test_")
                says = (ast.get_docstring(node) or "").split("\n\n")[0].replace("\n", " ")
                while found := CASE.match(rest):
                    rest = rest[found.end() :]
                    yield Citation(f"{found[1]}-{found[2]}", says, str(path.relative_to(ROOT)))


def page() -> str:
    """Return docs/cases.md as the tests have it now."""
    by_group: dict[str, list[Citation]] = defaultdict(list)
    for citation in citations():
        by_group[citation.case[0]].append(citation)
    parts = [HEAD]
    for letter, title in GROUPS.items():
        if by_group[letter]:
            rows = [f"| {case} | {says} | `{where}` |" for case, says, where in sorted(by_group[letter])]
            parts.append("\n".join([f"## {title}\n", "| case | what holds | test |", "|---|---|---|", *rows, ""]))
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
