"""How Senti stands to OWASP ASVS 5.0, level 2: `python -m tests.security.asvs` writes docs/asvs.md.

`asvs.toml` has every requirement of levels 1 and 2 by its number, once: shown by tests, written down in
docs/security.md, left to the operator, open until something is built, not met on purpose, or about something that is
not here. The requirements themselves are in the standard and not repeated.
"""

import ast
import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
TABLE = Path(__file__).parent / "asvs.toml"
PAGE = ROOT / "docs" / "asvs.md"
SECURITY = ROOT / "docs" / "security.md"

KINDS = {
    "shown": "Shown by tests",
    "written": "Written down",
    "operator": "The operator's",
    "open": "Open",
    "unmet": "Not met, on purpose",
    "absent": "Not here",
}

HEAD = """# OWASP ASVS 5.0, level 2

Where Senti stands, requirement by requirement. The words of the requirements are in the
[standard](https://github.com/OWASP/ASVS); [security.md](security.md) says what is defended and how. Generated from
`tests/security/asvs.toml` by `python -m tests.security.asvs`; `make check` compares, and looks for every test that is
named (without `test_` and `peer_NN_`). A remark behind a test says what the test does not show.

{counts}
"""


@cache
def table() -> Mapping[str, Any]:
    """Return what asvs.toml says."""
    return tomllib.loads(TABLE.read_text("utf-8"))


def wanted() -> list[str]:
    """Return the numbers of all requirements of levels 1 and 2, in order."""
    levels = table()["levels"]
    return sorted((levels["one"] + " " + levels["two"]).split(), key=place)


def place(number: str) -> tuple[int, ...]:
    """Return what requirements are sorted by."""
    return tuple(map(int, number.split(".")))


def stated() -> Iterator[tuple[str, str, Any]]:
    """Yield each requirement that is stated, its kind, and what is said; a `5.*` stands for all that begin so."""
    for kind in KINDS:
        for key, said in table()[kind].items():
            for name in key.split():
                if name.endswith(".*"):
                    yield from ((each, kind, said) for each in wanted() if each.startswith(name.removesuffix("*")))
                else:
                    yield name, kind, said


@cache
def tests() -> Mapping[str, Path]:
    """Return where each test function stands, by its name without the numbers of bugs elsewhere in it."""
    found = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                found[_short(node.name.removeprefix("test_"))] = path
    return found


def found_at(name: str) -> Path | None:
    """Return where a test or a story stands, or None."""
    if name.startswith("stories/"):
        story = ROOT / "tests" / f"{name}.txt"
        return story if story.exists() else None
    return tests().get(_short(name))


def _short(name: str) -> str:
    return re.sub(r"peer_[0-9]{2}_", "", name)


def anchors() -> set[str]:
    """Return the headings of docs/security.md as links name them."""
    headings = re.findall(r"^#+ (.+)$", SECURITY.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def page() -> str:
    """Return docs/asvs.md as the table has it now."""
    rows = {number: (kind, said) for number, kind, said in stated()}
    counts = {title: sum(kind == each for each, _ in rows.values()) for kind, title in KINDS.items()}
    told = "\n".join(["| stands | of |", "|---|---|", *(f"| {title} | {count} |" for title, count in counts.items())])
    parts = [HEAD.format(counts=f"{told}\n| all | {len(rows)} |")]
    for chapter, title in table()["chapters"].items():
        lines = [_row(number, *rows[number]) for number in wanted() if number.split(".")[0] == chapter]
        parts.append("\n".join([f"## {chapter} {title}\n", "| id | stands | by |", "|---|---|---|", *lines, ""]))
    return "\n".join(parts)


def _row(number: str, kind: str, said: Any) -> str:
    if kind == "shown":
        said = ", ".join(f"`{name}`" for name in said.split())
    elif kind in ("written", "operator"):
        said = ", ".join(f"[{anchor.replace('-', ' ')}](security.md#{anchor})" for anchor in said.split())
    remark = table()["remarks"].get(number)
    return f"| {number} | {KINDS[kind]} | {said}{f'. {remark}' if remark else ''} |"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
