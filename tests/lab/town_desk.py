"""The operator's desk in a simulated town: a treasurer at the bare ledger, and two clerks.

Who gets no answer asks again later, under the same number: that is all they need to know about the ledger.
"""

from contextlib import suppress
from typing import TYPE_CHECKING

from service.ledger.chart import Kind, Reason
from service.ledger.entry import Account, Move
from service.storage.store import Busy, Unsure
from service.wallet.operator import approve, propose
from service.wallet.people import person_by_phone
from service.wallet.proposal import NothingToApprove
from service.wallet.unit import Unit
from tests.hostile.faults import Broken
from tests.issued import issued
from tests.lab.town_books import Disagreement, Intent
from tests.lab.town_machine import Killed

if TYPE_CHECKING:
    from tests.lab.town_play import Play


class Desk:
    """What the operator's staff have begun and not finished."""

    def __init__(self, town: "Play") -> None:
        self.town = town
        self.treasury: tuple[int, Intent] | None = None
        self.approval: tuple[int, Intent | None, str] | None = None

    def act(self) -> None:
        """Let the treasurer or two clerks act; whoever gets no answer asks again later, under the same number."""
        if self.town.dice.random() < 0.5:
            self._treasure()
        else:
            self._approve()

    def _treasure(self) -> None:
        app = self.town.machine.app
        if self.treasury is None:
            shop, amount = self.town.dice.choice(("100016", "100024")), self.town.dice.randint(1_000, 900_000)
            self.treasury = (
                app.transact(lambda unit: unit.mint()),
                self.town.auditor.intent("treasury", shop, "", amount),
            )
        number, intent = self.treasury
        self.town.say(f"the treasurer posts {intent.amount} to {intent.who} as entry {number}")
        trust, shops = Account("ke", Kind.TRUST), Account("ke", Kind.FLOAT, intent.who)
        moves = (Move(trust, shops, intent.amount, Reason.ISSUE),)
        entry = app.transact(lambda unit: issued(unit.rows, entry_id=number, at=self.town.now, moves=moves))
        self.town.break_(statements=2)
        self.town.auditor.touched.append(intent)
        with suppress(Killed, Busy, Unsure, Broken):
            app.store.post_one(entry)
            if self.town.dice.random() < 0.8:
                self.treasury = None
        self.town.look()
        if self.treasury is None and not intent.seen:
            raise Disagreement(f"posted, and not in the books: {intent}")

    def _approve(self) -> None:
        app = self.town.machine.app
        if self.approval is None:
            self.approval = self._propose()
        number, intent, locked = self.approval
        self.town.say(f"a second clerk approves {number}: {intent or 'free ' + self.town.who(locked)}")
        self.town.break_(statements=12)
        if intent:
            self.town.auditor.touched.append(intent)
        else:
            self.town.auditor.may_free(locked)
        try:
            app.transact(lambda unit: approve(unit, approval_id=number, checker="two"))
        except (Killed, Busy, Unsure, Broken):
            return self.town.look()
        except NothingToApprove:
            self.town.say("   it was approved before")
        self.town.look()
        self.approval = None
        if intent and not intent.seen:
            raise Disagreement(f"approved, and not in the books: {intent}")
        if not intent:
            self.town.auditor.freed(locked)
        return None

    def _propose(self) -> tuple[int, Intent | None, str]:
        app = self.town.machine.app
        locked = [phone for phone, tries in self.town.auditor.tries.items() if 3 in tries]
        if locked and self.town.dice.random() < 0.7:
            phone = self.town.dice.choice(sorted(locked))

            def free(unit: Unit) -> int:
                person = person_by_phone(unit, phone)
                assert person is not None
                return propose(unit, act="unblock", values={"person": person.id}, maker="one").id

            return app.transact(free), None, phone
        shop, amount = self.town.dice.choice(("100016", "100024")), self.town.dice.randint(1_000, 900_000)
        values = {"agent": shop, "amount": amount, "bank_ref": f"bank {self.town.number()}"}
        made = app.transact(lambda unit: propose(unit, act="issue", values=values, maker="one").id)
        return made, self.town.auditor.intent("issue", self.town.auditor.shops[shop][0], "", amount), ""
