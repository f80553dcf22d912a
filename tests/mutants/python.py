"""Mutants of Python: mutmut changes one thing at a time in a copy, and the tests that run the line must notice.

The books are judged on memory and SQLite, the use cases on memory: what only PostgreSQL can show is planted by hand
(planted.toml).
"""

import ast
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from tests.mutants import copy
from tests.mutants.written import Mutant, Written, mutant

KILLED = frozenset({1, 3, -24, 24, 36, 152, 255})
"""What mutmut writes for a mutant that a test saw; the long numbers are one that never came to an end."""

ALIVE = frozenset({0, 5, 33})
"""No test failed, or no test ran it."""


class Part(NamedTuple):
    """A folder, the tests that must notice, the stores that they leave out, and how many of its mutants may live."""

    folder: str
    tests: tuple[str, ...]
    without: str
    most_alive: float


PARTS = {
    "ledger": Part("service/ledger", ("tests/ledger", "tests/storage/test_contract.py"), "postgres", 0.05),
    "wallet": Part("service/wallet", ("tests/wallet",), "postgres or sqlite", 0.10),
}


_SHARED = ("tests/hostile/test_shared_phone.py", "tests/hostile/test_shared_number.py")
_DESK = ("tests/console/test_approvals.py", "tests/hostile/test_idle.py", "tests/hostile/test_resets.py", *_SHARED)
_BULK, _CONTENT, _GROUPS = (
    ("tests/hostile/test_bulk.py",),
    ("tests/hostile/test_content.py",),
    ("tests/hostile/test_groups.py",),
)
FURTHER: dict[str, tuple[str, ...]] = {
    "batch": _BULK,
    "bulk": _BULK,
    "bulk_file": _BULK,
    "buy": _CONTENT,
    "check": ("tests/hostile/test_checks.py",),
    "close": ("tests/hostile/test_closing.py",),
    "complaint": _CONTENT,
    "errand": ("tests/hostile/test_orders.py",),
    "group": _GROUPS,
    "group_money": _GROUPS,
    "groups": _GROUPS,
    "guesses": ("tests/hostile/test_guesses.py",),
    "item": _CONTENT,
    "meter": _CONTENT,
    "nickname": ("tests/hostile/test_nicknames.py",),
    "operator": (*_DESK, "tests/hostile/test_closing.py", *_BULK),
    "order": ("tests/hostile/test_orders.py",),
    "people_acts": _DESK,
    "pin": ("tests/hostile/test_guesses.py",),
    "proposal": (*_DESK, "tests/hostile/test_closing.py", *_BULK),
    "roles": ("tests/console/test_roles.py",),
    "savings": ("tests/hostile/test_savings.py",),
    "seats": _SHARED,
    "sim": ("tests/hostile/test_sims.py", *_SHARED),
    "staff": ("tests/console/test_login.py", "tests/cli/test_staff.py"),
    "standing": ("tests/hostile/test_standing.py",),
    "standing_run": ("tests/hostile/test_standing.py",),
    "subscription": _CONTENT,
    "tab": _CONTENT,
    "withdraw": _BULK,
}
"""Modules of service/wallet whose tests stand in whole towns, too: what runs a line longest is asked last."""


@dataclass(frozen=True)
class Judged:
    """What came of one part: how many mutants each function had, which live, and which came to no judgement."""

    functions: dict[str, int]
    alive: list[Mutant]
    unjudged: list[str]


def run(name: str, written: Written, only: Sequence[str] = ()) -> Judged:
    """Judge the mutants of a part, or of those functions only; mutmut says how far it is."""
    part = PARTS[name]
    wanted: dict[tuple[str, ...], list[str]] = {}
    for function in functions(part):
        if written.decides(function) and (not only or any(_is_in(function, one) for one in only)):
            further = FURTHER.get(function.split(".")[2], ()) if name == "wallet" else ()
            wanted.setdefault((*part.tests, *further), []).append(function)
    judged = Judged({}, [], [])
    for tests, chosen in wanted.items():
        one = _judge(name, part._replace(tests=tests), chosen)
        judged = Judged(judged.functions | one.functions, judged.alive + one.alive, judged.unjudged + one.unjudged)
    return judged


def _is_in(function: str, name: str) -> bool:
    return f"{function}.".startswith(f"{name}.")


def _judge(name: str, part: Part, wanted: Sequence[str]) -> Judged:
    place = copy.fresh(name)
    _configure(place, part, wanted)
    patterns = [_as_mutmut_says(function) + "__mutmut_*" for function in wanted]
    command = (sys.executable, "-m", "mutmut", "run", "--max-children", os.environ.get("CHILDREN", "1"), *patterns)
    ran = subprocess.run(command, cwd=place, env=copy.environment())
    assert ran.returncode == 0, "mutmut broke off: what it said stands above"
    return _read(place, set(wanted))


def functions(part: Part) -> Iterator[str]:
    """Yield every function of a part as `service.ledger.entry.Account.read`; properties are not changed by mutmut."""
    for path in sorted((copy.ROOT / part.folder).glob("*.py")):
        module = f"{part.folder}/{path.stem}".replace("/", ".")
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef):
                yield f"{module}.{node.name}"
            elif isinstance(node, ast.ClassDef):
                inside = [one for one in node.body if isinstance(one, ast.FunctionDef)]
                yield from (f"{module}.{node.name}.{one.name}" for one in inside)


def _as_mutmut_says(function: str) -> str:
    _, _, module, *names = function.split(".")
    folder = function.split(".")[:2]
    name = f"xǁ{names[0]}ǁ{names[1]}" if len(names) == 2 else f"x_{names[0]}"
    return ".".join((*folder, module, name))


def _as_people_say(mangled: str) -> str:
    module, _, name = mangled.rpartition(".")
    return f"{module}.{name.removeprefix('xǁ').replace('ǁ', '.') if 'ǁ' in name else name.removeprefix('x_')}"


def _configure(place: Path, part: Part, wanted: Sequence[str]) -> None:
    others = [path.name for path in place.iterdir() if path.name not in ("service", "tests", "pyproject.toml")]
    settings: dict[str, Any] = {
        "source_paths": ["service"],
        "only_mutate": sorted({"/".join(function.split(".")[:3]) + ".py" for function in wanted}),
        "also_copy": others,
        "pytest_add_cli_args_test_selection": [*part.tests, "-k", f"not ({part.without})"],
        "timeout_constant": 3.0,
        "timeout_multiplier": 4.0,
        "use_git_change_detection": False,
    }
    written = "".join(f"{key} = {json.dumps(value)}\n" for key, value in settings.items())
    with (place / "pyproject.toml").open("a") as page:
        page.write(f"\n[tool.mutmut]\n{written}")


def _read(place: Path, wanted: set[str]) -> Judged:
    counted, alive, unjudged = Counter[str](), [], []
    for path in sorted(place.glob("mutants/service/**/*.py.meta")):
        for name, code in json.loads(path.read_text())["exit_code_by_key"].items():
            function = _as_people_say(name.partition("__mutmut_")[0])
            if function not in wanted:
                continue
            counted[function] += 1
            if code in ALIVE:
                alive.append(name)
            elif code not in KILLED:
                unjudged.append(f"{name}: {code}")
    return Judged(dict(counted), [_shown(place, name) for name in alive], unjudged)


def _shown(place: Path, name: str) -> Mutant:
    """Ask mutmut what it changed, in a process of its own: it looks at the folder that it is in."""
    asked = (sys.executable, "-m", "mutmut", "show", name)
    told = subprocess.run(asked, cwd=place, env=copy.environment(), capture_output=True, text=True, check=True)
    return mutant(_as_people_say(name.partition("__mutmut_")[0]), told.stdout.splitlines())
