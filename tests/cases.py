"""What is tried to break Senti, and the test that shows what then holds: `python -m tests.cases` writes docs/cases.md.

A test cites a case in its name (`test_w_03_the_same_hop_again`) and says in one line what must hold; an experiment of
the laboratory has its cases in `CASES` and says it in its title. `cases.toml` has every case in a few words and, for
those without a test, what they wait for; such a line counts for nothing as soon as a test cites its case.
"""

import ast
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, cast

from tests import peers

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "cases.md"
TABLE = ROOT / "tests" / "cases.toml"
CITED = re.compile(r"^test_(?=[A-Z]+_[0-9]{2}_)", re.IGNORECASE)
CASE = re.compile(r"([A-Z])_([0-9]{2})_", re.IGNORECASE)

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
    "A": "Partner API",
    "G": "What leaves",
    "V": "Privacy",
    "C": "Staff and installation",
    "O": "Operations",
}

HEAD = """# Hostile cases

What is tried to break Senti, and the test that shows what then holds. Generated from the tests and from
`tests/cases.toml` by `python -m tests.cases`; `make check` compares. {shown} of {all} cases have tests.
"""


class Citation(NamedTuple):
    """One test that cites a case."""

    case: str
    says: str
    where: str


def citations() -> Iterator[Citation]:
    """Yield every case that a test or an experiment cites, with what it says in its first line."""
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef) and CITED.match(node.name):
                rest = node.name.removeprefix("test_")
                says = (ast.get_docstring(node) or "").split("\n\n")[0].replace("\n", " ")
                while found := CASE.match(rest):
                    rest = rest[found.end() :]
                    yield Citation(f"{found[1].upper()}-{found[2]}", says, str(path.relative_to(ROOT)))
    for path in sorted((ROOT / "tests" / "lab").glob("*.py")):
        said = dict(_constants(path))
        for case in cast(tuple[str, ...], said.get("CASES", ())):
            yield Citation(case, str(said.get("TITLE", "")), f"make lab: {path.stem}")


def _constants(path: Path) -> Iterator[tuple[str, object]]:
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name, value = node.targets[0].id, node.value
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            name, value = node.target.id, node.value
        else:
            continue
        if name in {"TITLE", "CASES"}:
            yield name, ast.literal_eval(value)


def table() -> Mapping[str, Mapping[str, str]]:
    """Return what `cases.toml` says: cases by what is `tried`, `later`, `also` still open, or `never` possible here."""
    return tomllib.loads(TABLE.read_text("utf-8"))


def page() -> str:
    """Return docs/cases.md as the tests and the table have it now."""
    said, shown = table(), defaultdict[str, list[Citation]](list)
    for citation in citations():
        shown[citation.case].append(citation)
    parts = [HEAD.format(shown=len(shown.keys() & said["tried"].keys()), all=len(said["tried"]))]
    for letter, title in GROUPS.items():
        rows = [
            row for case in sorted(said["tried"]) if case[0] == letter for row in _rows(case, said, sorted(shown[case]))
        ]
        parts.append(
            "\n".join([f"## {title}\n", "| case | tried | what holds | test |", "|---|---|---|---|", *rows, ""])
        )
    return "\n".join([*parts, peers.section()])


def _rows(case: str, said: Mapping[str, Mapping[str, str]], shown: list[Citation]) -> Iterator[str]:
    lines = [(f"{citation.says}", f"`{citation.where}`") for citation in shown]
    if not shown:
        lines = [(f"Waits for {said['later'][case]}.", "")] if case in said["later"] else []
        lines += [(f"Cannot happen here: {said['never'][case]}.", "")] if case in said["never"] else []
    if case in said["also"]:
        lines.append((f"Still open: {said['also'][case]}.", ""))
    for place, (holds, where) in enumerate(lines):
        yield f"| {case} | {said['tried'][case] if place == 0 else ''} | {holds} | {where} |"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
