"""The words of the console: one table for each language, the same keys in each.

Why a rule hit is not said twice: staff read the sentence that the person heard, from the words of the menus.
"""

import tomllib
from collections.abc import Mapping
from importlib.resources import files

from service.wallet.rules import REASONS

LANGUAGES: Mapping[str, str] = {"en": "English", "fr": "Français", "sw": "Kiswahili"}


def _flat(table: Mapping[str, object], before: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for name, said in table.items():
        if isinstance(said, dict):
            found.update(_flat(said, f"{before}{name}."))
        else:
            found[before + name] = str(said)
    return found


def _read(language: str) -> Mapping[str, str]:
    own, heard = (
        tomllib.loads((files(package) / "text" / f"{language}.toml").read_text("utf-8"))
        for package in ("service.console", "menus")
    )
    return _flat(own) | {f"rule.{name}": heard["no"][name] for name in REASONS}


WORDS: Mapping[str, Mapping[str, str]] = {language: _read(language) for language in LANGUAGES}
"""By language and key: `approvals.title`."""


def speak(language: str, key: str, **values: object) -> str:
    """Say something in a language; each value is put in once and literally."""
    text = WORDS[language][key]
    parts = text.split("{")
    for place, part in enumerate(parts[1:], start=1):
        name, _, rest = part.partition("}")
        parts[place] = f"{values[name]}{rest}"
    return "".join(parts)


def unpaid(language: str, why: str) -> str:
    """Say why a line of a batch was refused: a code of ours, or whatever else the books said no with."""
    return WORDS[language].get(f"unpaid.{why}", why)


def preferred(accepted: list[str]) -> str:
    """Return the first of these languages that the console speaks, or English."""
    return next((tag[:2].lower() for tag in accepted if tag[:2].lower() in LANGUAGES), "en")
