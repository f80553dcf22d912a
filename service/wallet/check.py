"""Whether a receipt is genuine: anybody may ask. Wrong references are counted by phone and hour, over all channels."""

import hmac

from service.refusal import Refusal
from service.wallet.statement import Checked, UnknownReference, check_reference
from service.wallet.tally import count
from service.wallet.unit import Unit

MISSES_PER_HOUR = 10
"""Wrong references that one phone may ask about: far more than anybody mistypes. See docs/decisions/references.md."""


class TooManyChecks(Refusal):
    """The phone has asked about many references that were never given out: no more answers for now."""


def check_receipt(unit: Unit, phone: str, text: str) -> Checked | Refusal:
    """Say what a reference stands for; a returned refusal has counted a wrong one and must be committed."""
    who = hmac.digest(unit.house.code_key, f"check {phone}".encode(), "sha256").hex()[:20]
    misses = f"checks:{who}:{unit.now:%Y%m%d%H}"
    if count(unit, misses, 0) >= MISSES_PER_HOUR:
        return TooManyChecks()
    try:
        return check_reference(unit, text)
    except UnknownReference as no:
        count(unit, misses, 1)
        return no
