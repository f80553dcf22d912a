"""An expected "no": it is shown to a person in the words of the channel.

A refusal carries values, never sentences; the words stand in `menus/text/*.toml` under its code.
"""

import re
from collections.abc import Iterator
from typing import ClassVar


class Refusal(Exception):
    """Say no for a reason that a person can understand and act on."""

    code: ClassVar[str] = "refusal"
    says: ClassVar[tuple[str, ...]] = ()
    """Names of the values that the words may show."""

    def __init_subclass__(cls) -> None:
        cls.code = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()

    def __init__(self, **said: object) -> None:
        assert set(said) == set(self.says), f"{type(self).__name__} says {self.says}, got {set(said)}"
        super().__init__(self.code)
        self.said = said


def every_refusal(kind: type[Refusal] = Refusal) -> Iterator[type[Refusal]]:
    """Yield each kind of refusal that has been defined, so that a test can ask each for its words."""
    for narrower in kind.__subclasses__():
        yield narrower
        yield from every_refusal(narrower)
