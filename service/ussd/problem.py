"""What the checker found: which rule is broken, on which screen, in which language, and how."""

from typing import NamedTuple


class Problem(NamedTuple):
    """One broken rule. `screen` is a screen's id, or the table of words that is meant; `language` may be empty."""

    rule: str
    screen: str
    language: str
    detail: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.screen}{self.language and f' in {self.language}'} {self.detail}"
