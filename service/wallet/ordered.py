"""The row of what a person has a provider do: see order.py."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Order:
    """Something that a person has a provider do for money that is held; `id` is the entry that holds it: see order.py.

    `account` is the number at the biller, or the phone that gets airtime. Nothing is known of what was never sent.
    """

    id: int
    person: int
    kind: str  # bill, airtime
    provider: str
    account: str
    amount: int
    fee: int
    excise: int
    levy: int
    at: datetime
    state: str = "waiting"  # waiting, done, returned
    sent_at: datetime | None = None
    """When it was last handed to the provider, who may have done it since; None: the provider cannot know of it."""
    tries: int = 0
    next_at: datetime
    provider_id: str | None = None
    """What the provider calls it."""
    vouched_for: str | None = None
    """What the provider called it when it asked whether the order is ours."""
    stuck: bool = False
    """Its outcome has been unknown for long: staff look, and the person knows."""

    @property
    def held(self) -> int:
        """All that was set aside: amount and charge."""
        return self.amount + self.fee + self.excise + self.levy
