"""A country's rules about patterns of payments: what is looked at, from when on, and what is then done.

They are rows of numbers and no language: staff read them as they stand, and nothing has to be proven about them.
Which facts there are, and what they mean, stands in wallet/history.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Does(StrEnum):
    """What a rule does to a payment."""

    NOTE = "note"  # staff get a case; the person is told nothing (F-03)
    ASK = "ask"  # the person is told why, and asked again
    DELAY = "delay"  # the person is told why, and from when on it may be done
    REVIEW = "review"  # the person is told why; the money waits, and arrives unless they or staff take it back


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A rule hits where every fact is within its bounds. `seconds` is how long a delay lasts (by then the facts must
    be such that it hits no more), or how long staff have for a review.

    Its name is that of the refusal whose words the person hears and staff read.
    """

    name: str
    of: str
    at_least: Mapping[str, int]
    at_most: Mapping[str, int]
    does: Does
    seconds: int = 0
    case: bool = False
    """Whether staff get a case when the payment goes on all the same."""

    def hits(self, facts: Mapping[str, int]) -> bool:
        """Say whether every fact is within its bounds."""
        return all(facts[name] >= least for name, least in self.at_least.items()) and all(
            facts[name] <= most for name, most in self.at_most.items()
        )
