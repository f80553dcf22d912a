"""Wrong codes that an agent enters: so many are free, and then each costs a longer wait (P-03, P-14)."""

from datetime import timedelta

from service.refusal import Refusal
from service.wallet.tally import tally_of
from service.wallet.unit import Agent, Unit

FREE_TRIES = 3
"""Wrong codes that one agent may enter in an hour without a wait. Then each try waits twice as long as the one before:
one minute, two, four, ... So one customer's wrong codes stop a shop for a minute or two, and an agent who guesses has
eight tries an hour. Where ten of the nine million codes wait at every moment of day and night, one is hit in some
thirteen years of guessing (P-14); the code of a voucher is worth nothing without its secret."""

LONGEST_WAIT = 60
"""Minutes: the next hour begins anew."""


class TooManyCodes(Refusal):
    """The agent has entered wrong codes, and may try the next one in so many minutes."""

    says = ("minutes",)


def refuse_guesses(unit: Unit, agent: Agent) -> None:
    """Raise TooManyCodes while an agent has to wait; their counter is locked until the transaction ends (P-03)."""
    tally = tally_of(unit, wrong_codes(unit, agent))
    if tally.count >= FREE_TRIES:
        wait = min(2 ** (tally.count - FREE_TRIES), LONGEST_WAIT)
        left = tally.at + timedelta(minutes=wait) - unit.now
        if left > timedelta():
            raise TooManyCodes(minutes=-(-left // timedelta(minutes=1)))


def wrong_codes(unit: Unit, agent: Agent) -> str:
    """Name the counter of the wrong codes and secrets that an agent has entered in this hour."""
    return f"codes:{agent.number}:{unit.now:%Y%m%d%H}"
