"""Billers and a seller of airtime who misbehave by the dice of a town, and keep the book of what they have done.

They do what a good provider promises: one name is one payment. All else goes wrong: they do it and do not say so, say
it late, twice, before our own call has returned, refuse, lose what they were sent, or get it minutes later.
"""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from service.wallet.errand import Answer, Errand, Fate
from service.wallet.outside import NOT_FOUND, TOO_SLOW, AccountAnswer, AccountQuestion, Found
from tests.lab.market_faults import OUTSIDE
from tests.lab.town_machine import Killed
from tests.phone import BEGINNING

SOONER = timedelta(minutes=4)
"""What is under way arrives within this; the service waits for longer before it gives money back."""


@dataclass
class Known:
    """What a provider knows of one order."""

    provider: str
    account: str
    amount: int
    state: str = "pending"  # lost, pending, paid, refused
    arrives: datetime | None = None


class Outside:
    """All of them; `call_back` gets what the seller of airtime tells, and may bring it at once, late or twice."""

    def __init__(self) -> None:
        self.begin("", lambda: BEGINNING, lambda _: None, lambda _: None)

    def begin(
        self,
        seed: str,
        now: Callable[[], datetime],
        note: Callable[[str], None],
        call_back: Callable[[dict[str, str]], None],
    ) -> None:
        """Forget everything; from now on these dice fall."""
        self.seed, self.now, self.note, self.call_back = seed, now, note, call_back
        self.orders: dict[str, Known] = {}
        self.calls: Counter[str] = Counter()
        self.quiet = False

    @property
    def paid(self) -> Counter[str]:
        """What each provider has done, in cents."""
        sums: Counter[str] = Counter()
        for known in self.orders.values():
            self._arrive(known)
            sums[known.provider] += known.amount if known.state == "paid" else 0
        return sums

    def look_up(self, question: AccountQuestion) -> AccountAnswer:
        """Say whose an account is, mostly."""
        dice = self._dice(f"{question.account}")
        if dice.random() < 0.12 and not self.quiet:
            self.note("biller slow to say whose account it is")
            return TOO_SLOW
        return NOT_FOUND if question.account.endswith("0") else Found("Wanjiku Kamau", 4_500_00)

    @property
    def providers(self) -> dict[str, "Outside"]:
        return dict.fromkeys(("100201", "100202", "100203", "airtime"), self)

    def pay(self, errand: Errand) -> Answer:
        """Take an order, or lose it."""
        order, fate = errand.order, self._fate(errand.reference)
        if fate == "provider not reached":
            return Answer(Fate.NOT_SENT)
        first = errand.reference not in self.orders
        known = self.orders.setdefault(errand.reference, Known(order.provider, order.account, order.amount))
        assert (known.account, known.amount) == (order.account, order.amount), "one name, two payments"
        self._arrive(known)
        if first or known.state == "lost":
            self._begin(known, fate)
        if fate == "killed at the provider":
            raise Killed
        if fate.startswith("provider silent"):
            return Answer(Fate.UNSURE)
        return self._told(errand, known)

    def ask(self, errand: Errand) -> Answer:
        """Say what became of an order; the seller of airtime cannot be asked, so it is ordered again."""
        if errand.order.provider == "airtime":
            if errand.order.provider_id is not None:
                return Answer(Fate.TAKEN, errand.order.provider_id)
            if errand.late or errand.order.stuck:
                return Answer(Fate.UNSURE)
            again = self.pay(errand)
            return again if again.fate in (Fate.TAKEN, Fate.NOT_SENT) else Answer(Fate.UNSURE)
        known = self.orders.get(errand.reference)
        if known is not None:
            self._arrive(known)
        if known is None or known.state == "lost":
            return Answer(Fate.UNHEARD)
        if self._dice(errand.reference).random() < 0.2 and not self.quiet:
            self.note("provider silent when asked")
            return Answer(Fate.UNSURE)
        if known.state == "pending":
            known.state = "refused" if self._dice(errand.reference).random() < 0.3 else "paid"
        return self._told(errand, known)

    def _begin(self, known: Known, fate: str) -> None:
        known.state = "paid"
        if fate == "provider silent, not done":
            known.state = "lost"
        elif fate == "provider silent, done later":
            known.state, known.arrives = "lost", self.now() + SOONER
        elif fate == "provider refuses":
            known.state = "refused"
        elif fate == "provider takes it and says later":
            known.state = "pending"

    def _told(self, errand: Errand, known: Known) -> Answer:
        if errand.order.provider != "airtime":
            fates = {"paid": Fate.DONE, "refused": Fate.REFUSED, "pending": Fate.TAKEN}
            return Answer(fates[known.state], f"R-{errand.reference}")
        if known.state == "refused":
            return Answer(Fate.REFUSED)
        if known.state == "pending":
            known.state = "refused" if self._dice(errand.reference).random() < 0.3 else "paid"
        self.call_back(
            {
                "requestId": f"AT-{errand.reference}",
                "phoneNumber": known.account,
                "status": "Success" if known.state == "paid" else "Failed",
                "value": f"KES {known.amount // 100}.{known.amount % 100:02}00",
                "discount": "0",
                "description": "Airtime",
            }
        )
        return Answer(Fate.TAKEN, f"AT-{errand.reference}")

    def _arrive(self, known: Known) -> None:
        if known.arrives is not None and self.now() >= known.arrives:
            known.state, known.arrives = "paid" if known.state == "lost" else known.state, None

    def _fate(self, reference: str) -> str:
        dice = self._dice(reference)
        if self.quiet or dice.random() < 0.4:
            return ""
        fate = dice.choice(OUTSIDE)
        self.note(fate)
        return fate

    def _dice(self, about: str) -> random.Random:
        """Return dice of their own for each call, so that the order of calls to several providers does not matter."""
        self.calls[about] += 1
        return random.Random(f"{self.seed} {about} {self.calls[about]}")
