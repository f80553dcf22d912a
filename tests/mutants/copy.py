"""A copy of the checkout under var/, where code may be spoiled while others use the checkout."""

import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
FOLDER = ROOT / "var" / "mutants"


def fresh(name: str) -> Path:
    """Copy what Git knows, and what is new and not ignored, into an empty folder of this name."""
    target = FOLDER / name
    shutil.rmtree(target, ignore_errors=True)
    asked = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    listed = subprocess.run(asked, cwd=ROOT, capture_output=True, check=True, text=True)
    for path in filter(None, listed.stdout.split("\0")):
        if (ROOT / path).is_file():
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / path, target / path)
    return target


def environment() -> dict[str, str]:
    """Return the environment for tests in a copy: nothing of them is kept, and no setting comes from outside."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    return kept | {"PYTHONDONTWRITEBYTECODE": "1"}
