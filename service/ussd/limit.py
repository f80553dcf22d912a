"""How much a gateway can put on a phone's screen and in one message."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limit:
    """Room on a screen, in GSM-7 septets, or in UCS-2 units if one letter is outside that alphabet."""

    gateway: str
    septets: int
    units: int
