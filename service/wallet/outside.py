"""What a hop has to ask somebody outside: whose account a number is at a biller, and what is due on it.

Nothing calls the network while a piece of work is open. A step that needs an answer raises Unanswered: all of it is
rolled back, the question is asked with no commit open, and the work is run again with the answer in its Unit.
"""

from typing import NamedTuple

from service.wallet.unit import Unit


class AccountQuestion(NamedTuple):
    """Whose account is this at a biller, and what is due?"""

    country: str
    biller: str
    account: str


class Found(NamedTuple):
    """An account that a biller knows: whose it is, and what is due in minor units, where the biller says."""

    holder: str
    due: int | None


NOT_FOUND, TOO_SLOW = "not_found", "too_slow"
"""The biller has no such account; or it did not answer in time, or nothing that can be read."""

AccountAnswer = Found | str


class Unanswered(Exception):
    """A question has to be asked outside before this work can be done."""

    def __init__(self, question: AccountQuestion) -> None:
        super().__init__(type(question).__name__)
        self.question = question


def answer_to(unit: Unit, question: AccountQuestion) -> AccountAnswer:
    """Return what those outside have answered; raises Unanswered if nobody has asked them yet."""
    if question not in unit.outside:
        raise Unanswered(question)
    answer: AccountAnswer = unit.outside[question]
    return answer
