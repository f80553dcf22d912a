"""The auditor: hears what phones are sent and shown, and holds each word against its own books.

What is *seen* in the service's books and what people are *told* are judged apart: told done and not in the books, told
not done and in the books, done and never told, each is a disagreement. While an answer is lost both outcomes are open,
until a screen, the next dial, a message or CHECK tells. After "not done" it can never come to pass.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from service.demo import LOCKED, PEOPLE
from tests.lab import town_words as words
from tests.lab.town_books import NOTICES, WAITS, Account, Disagreement, Intent, OwnBooks, is_before

ROLE = {sms: (kind, role) for kind, owed in (*NOTICES.items(), ("send", WAITS)) for role, sms in owed}
WITHOUT_BALANCE = ("withdrawal_code", "coming", "not_coming")
OF_THE_PAYMENT = ("received", "not_coming")
"""Messages that name the payment which began it, and not the entry that ended its waiting."""


@dataclass
class Hop:
    """One text of one talk that the gateway has sent, perhaps more than once."""

    at: datetime
    pin: str = ""
    right: bool = False
    base: frozenset[int] = frozenset()
    version: int = 0
    intent: Intent | None = None
    takes_back: bool = False


@dataclass
class Auditor(OwnBooks):
    """Own books, and what was told of them."""

    entry: Callable[[str], tuple[int, datetime] | None]
    """Returns from the service's books the amount of the first move behind a reference, and its time, or None."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.pins = {actor.phone: actor.pin for actor in PEOPLE}
        self.names = {actor.phone: words.shown(actor.name) for actor in PEOPLE}
        self.hops: dict[tuple[str, str], Hop] = {}
        self.screens: dict[str, tuple[str, str]] = {}
        self.talks: dict[str, list[str]] = defaultdict(list)
        self.dialled: dict[str, list[str]] = defaultdict(list)
        self.over: set[str] = set()
        self.sure: set[str] = set()
        self.tries: dict[str, frozenset[int]] = defaultdict(lambda: frozenset({0}))
        self.tries[LOCKED] = frozenset({3})
        self.versions: Counter[str] = Counter()
        self.by_reference: dict[str, Intent] = {}
        self.received: set[tuple[str, str]] = set()
        self.said: dict[str, set[int]] = defaultdict(set)
        self.states: dict[str, set[str]] = defaultdict(set)
        self.asked: dict[tuple[str, str], tuple[str, int]] = {}
        self.by_code: dict[tuple[str, str], Intent] = {}
        self.resolved: Counter[str] = Counter()

    def meets(self, phone: str, name: str, pin: str) -> None:
        """Get to know somebody who has no wallet yet."""
        self.names[phone], self.pins[phone] = words.shown(name), pin

    def may_free(self, phone: str) -> None:
        """Note that somebody's wrong PINs may be forgotten now, also for a hop that comes again after that."""
        self.tries[phone] |= {0}
        for (talk, _), hop in self.hops.items():
            if talk in self.talks[phone]:
                hop.base |= {0}
        self.versions[phone] += 1

    def freed(self, phone: str) -> None:
        """Note that somebody was freed: now, or when it was last tried."""
        self.versions[phone] += 1

    # What the gateway sends

    def sends(self, phone: str, session: str, text: str) -> None:
        """Note a hop that is now brought to the service."""
        hop = self.hops.get((session, text))
        talks = self.talks[phone]
        if not talks or talks[-1] != session:
            talks.append(session)
            self.sure.discard(session)
        if session not in self.dialled[phone]:
            self.dialled[phone].append(session)
        if hop is None:
            hop = self.hops[session, text] = Hop(self.now())
            before, screen = self.screens.get(session, ("", ""))
            asked = words.find(words.CONFIRM, screen)
            typed = text[len(before) + 1 :] if before else text
            hop.takes_back = (words.WHICH in screen and typed.isdigit()) or (words.UNDO in screen and typed == "99")
            if asked and text.startswith(before) and len(typed) == 4:
                hop.pin, hop.right = typed, typed == self.pins[phone]
                hop.base = self.tries[phone]
                if hop.right and min(hop.base) < 3:
                    hop.intent = self._asked(asked[0], asked[1], phone, text)
        if hop.takes_back:
            self.touched += self.can_take_back(phone)
        if hop.intent:
            hop.intent.closed = session in self.over
            self.touched.append(hop.intent)
        if hop.pin and min(hop.base) < 3:
            self.tries[phone] |= {0} if hop.right else {min(3, tries + 1) for tries in hop.base}
            self.versions[phone] += 1
            hop.version = self.versions[phone]

    def _asked(self, kind: str, found: re.Match[str], phone: str, text: str) -> Intent | None:
        amount, name = words.cents(found[1]), found[2]
        if kind == "pay_out":
            code = next(part for part in reversed(text.split("*")) if len(part) == 7)
            hold = next((hold for hold in self.intents if hold.code == code and hold.seen), None)
            if hold is None:
                raise Disagreement(f"the code {code} was never given to anybody")
            return self.intent(kind, phone, hold.who, hold.amount, hold=hold)
        if kind == "withdraw":
            shop = next(number for number, (_, whole) in self.shops.items() if whole.startswith(name))
            return self.intent(kind, phone, shop, amount)
        return self.intent(kind, phone, self._called(name), amount)

    def _called(self, name: str) -> str:
        return next(phone for phone, shown in self.names.items() if shown == name)

    def writes(self, phone: str, text: str) -> None:
        """Note a message that is now brought to the service."""
        self.said[phone].add(self.books["wallet", phone])
        if (phone, text) in self.asked:
            if (phone, text) not in self.by_code:
                self.by_code[phone, text] = self.intent("send", phone, *self.asked[phone, text])
            self.touched.append(self.by_code[phone, text])
        if text == "UNDO":
            self.touched += self.can_take_back(phone)[-1:]
        if text.startswith("CHECK "):
            self.states[text[6:]].add(self._state(self.by_reference[text[6:]]))

    def wrote(self, phone: str, text: str) -> None:
        """Note how things stand when the service has dealt with a message."""
        self.said[phone].add(self.books["wallet", phone])

    def can_take_back(self, phone: str) -> list[Intent]:
        """Return what somebody could take back now, newest last."""
        return [
            one
            for one in self.intents
            if one.kind == "take_back" and one.who == phone and not one.denied and not one.seen
        ]

    def _state(self, intent: Intent) -> str:
        ends = [one.kind for one in self.intents if one.hold is intent and one.seen]
        if intent.waits:
            on_its_way = "ON ITS WAY" if is_before(self.now(), intent.expires) else "Done"
            return {"": on_its_way, "arrive": "Done", "take_back": "TAKEN BACK since"}[ends[0] if ends else ""]
        if intent.kind != "withdraw":
            return "Done"
        return {"": "held", "pay_out": "Paid out in cash", "return": "Not collected"}[ends[0] if ends else ""]

    # What phones show

    def reads(self, phone: str, session: str, text: str, screen: str) -> None:
        """Hold a screen that a phone really shows against the books."""
        hop = self.hops[session, text]
        self.sure.add(session)
        begins = session not in self.screens
        self.screens[session] = (text, screen)
        if not screen.startswith((words.TROUBLE, words.BUSY)):
            self.over.update(self.dialled[phone][: self.dialled[phone].index(session)])
            self._read_notices(phone, session, screen, begins=begins)
        if hop.pin:
            self._read_outcome(phone, hop, screen)
        elif (found := words.find(words.DONE, screen)) and found[0] == "take_back":
            self._read_taken_back(phone, found[1])
        elif screen.startswith(words.LOCKED):
            self._narrow(phone, hop, {3}, "is locked")
        if asked := words.find(words.CONFIRM, screen):
            self._check_price(asked[0], asked[1])
        if (has := words.HAS.search(screen)) and hop.at == self.now():
            self._equal(words.cents(has[1]), self.books["wallet", phone], f"{phone} reads")

    def _read_notices(self, phone: str, session: str, screen: str, *, begins: bool) -> None:
        if told := words.find(words.TOLD, screen):
            kind, found = told
            if kind == "withdraw":
                code, amount, _, until, reference = found.groups()
                hold = self._done(("withdraw",), phone, "who", words.cents(amount), reference, "the next dial")
                self._code(hold, code, until)
            else:
                self._done(("cash_in", kind), phone, "who", words.cents(found[1]), found[3], "the next dial")
        elif begins and (no := words.find(words.NOT_TOLD, screen)) and len(self.talks[phone]) > 1:
            # In a talk that was idle and begins anew the words are about itself; what the same talk did a day before
            # is another payment, even if it is the same amount.
            before = self.talks[phone][-2]
            if before in self.sure and self.talks[phone][-1] == session:
                for (talk, _), hop in self.hops.items():
                    same = hop.intent and hop.intent.kind == no[0] and self.now() - hop.at < timedelta(hours=24)
                    if talk == before and hop.intent and same and hop.intent.amount == words.cents(no[1][1]):
                        self._deny(hop.intent, "the next dial")

    def _read_outcome(self, phone: str, hop: Hop, screen: str) -> None:
        if found := words.find(words.DONE, screen):
            self._read_done(phone, hop, found[0], found[1])
            return self._narrow(phone, hop, {0}, "has paid")
        if hop.intent and not screen.startswith(words.BUSY) and self.now() - hop.at < timedelta(hours=20):
            self._deny(hop.intent, f"the screen {screen[:30]!r}")
        if tries := words.TRIES.search(screen):
            if hop.right:
                raise Disagreement(f"{phone} typed the right PIN, and reads {screen!r}")
            wrong = 3 - int(tries[1])
            if wrong - 1 not in hop.base:
                raise Disagreement(f"{phone} had {set(hop.base)} wrong PINs, and now reads {tries[0]!r}")
            self._narrow(phone, hop, {wrong}, "typed a wrong PIN")
        elif screen.startswith(words.LOCKED):
            if not hop.base & ({3} if hop.right else {2, 3}):
                raise Disagreement(f"{phone} is locked after {set(hop.base)} wrong PINs")
            self._narrow(phone, hop, {3}, "is locked")

    def _read_done(self, phone: str, hop: Hop, kind: str, found: re.Match[str]) -> None:
        if not hop.intent:
            raise Disagreement(f"{phone} paid without the right PIN, or locked: {found[0]!r}")
        if kind == "withdraw":
            code, _, amount, until, reference = found.groups()
            hold = self._done((kind,), phone, "who", words.cents(amount), reference, "the screen", only=hop.intent)
            return self._code(hold, code, until)
        name, amount = (found[1], found[2]) if kind == "pay_out" else (found[2], found[1])
        done = self._done((kind,), phone, "who", words.cents(amount), found[4], "the screen", only=hop.intent)
        if kind == "send":
            self._arrives(done, words.ARRIVES.search(found[0]))
        self._equal_name(name, done.other)
        if done.after is not None:
            account = ("wallet", phone) if kind == "send" else ("float", self.shop_of(phone))
            self._equal(words.cents(found[3]), done.after[account], f"{phone} reads after {done}")

    def _arrives(self, payment: Intent, said: re.Match[str] | None) -> None:
        self._equal(said is not None, payment.waits, f"that it waits, {payment}")
        if said and payment.expires:
            self._equal(said[1], f"{payment.expires.astimezone(self.zone):%H:%M}", f"the arrival of {payment}")

    def _read_taken_back(self, phone: str, found: re.Match[str]) -> None:
        amount, name, balance, reference = found.groups()
        done = self._done(("take_back",), phone, "who", words.cents(amount), reference, "the screen")
        self._equal_name(name, done.other)
        if done.after is not None:
            self._equal(words.cents(balance), done.after["wallet", phone], f"{phone} reads after {done}")

    def _check_price(self, kind: str, found: re.Match[str]) -> None:
        if kind in ("send", "withdraw"):
            amount, _, charge, excise, total = found.groups()
            fee, state = self.prices.charge(kind, words.cents(amount))
            said = [words.cents(one) for one in (charge, excise or "0", total)]  # no excise is not named
            self._equal(said, [fee + state, state, words.cents(amount) + fee + state], "fee, excise and total")

    def _narrow(self, phone: str, hop: Hop, to: set[int], what: str) -> None:
        """Learn how many wrong PINs are counted, unless something has happened since."""
        if hop.pin and hop.version != self.versions[phone] and self.tries[phone] != frozenset(to):
            return
        if not hop.pin and not to & self.tries[phone]:
            raise Disagreement(f"{phone} {what} after {set(self.tries[phone])} wrong PINs")
        self.tries[phone] = frozenset(to)

    # What messages say

    def receives(self, phone: str, text: str) -> None:
        """Hold a message that has reached a phone against the books."""
        again = (phone, text) in self.received
        self.received.add((phone, text))
        found = words.find(words.SMS, text)
        if found is None:
            if text.startswith("Senti never gave out"):
                raise Disagreement(f"{phone} asked about a reference that was given out, and reads {text!r}")
            return
        kind, said = found
        if kind in ROLE and not again:
            self._receipt(phone, kind, said)
        elif kind == "ask_code":
            self.asked[phone, said[5]] = (self._called(said[2]), words.cents(said[1]))
        elif kind == "paid_already":
            self._done(("send",), phone, "who", None, said[1], "a message")
        elif kind == "balance" and words.cents(said[1]) not in self.said[phone]:
            raise Disagreement(f"{phone} reads {text!r}, has {self.said[phone]}")
        elif kind == "check":
            reference, amount, state = (said[1], said[2], said[3]) if said[1] else (said[4], said[5], said[6])
            intent = self.by_reference[reference]
            if state not in self.states[reference] | {self._state(intent)}:
                raise Disagreement(f"{text!r}, and it is {self.states[reference]}")
            whole = intent.amount + (intent.charge if intent.kind == "withdraw" else 0)
            self._equal(words.cents(amount), whole, f"CHECK {reference}")

    def _receipt(self, phone: str, kind: str, said: re.Match[str]) -> None:
        of, role = ROLE[kind]
        amount = words.cents(said[3] if kind == "withdrawal_code" else said[2])
        balance = None if kind in WITHOUT_BALANCE else words.cents(said[said.re.groups])
        known = self.by_reference.get(said[1])
        if kind == "received":
            at_once = not known.waits if known else self._went_at_once(phone, amount, balance)
            of = "send" if at_once else "arrive"
        whose = kind in OF_THE_PAYMENT and of != "send"
        intent = self._done((of,), phone, role, amount, said[1], "a message", balance=balance, of_its_hold=whose)
        if (phone, kind) not in intent.awaited and intent.kind != "issue":
            raise Disagreement(f"{phone} gets {said[0]!r} twice, in different words")
        intent.awaited.discard((phone, kind))
        if kind == "withdrawal_code":
            self._code(intent, said[2], said[6])
        if of in ("pay_out", "return") and intent.hold and not intent.hold.told:
            self._tell(intent.hold, "a message")

    def _went_at_once(self, phone: str, amount: int, balance: int | None) -> bool:
        """Say whether what somebody has received came in one entry: the first word of a payment says nothing of it."""
        return any(
            one.seen and one.kind == "send" and not one.waits and not one.reference
            and one.other == phone and one.amount == amount
            and (one.after is None or one.after["wallet", phone] == balance)
            for one in self.intents
        )  # fmt: skip

    # Judging what was told

    def _done(
        self,
        kinds: Collection[str],
        phone: str,
        role: str,
        amount: int | None,
        reference: str,
        by: str,
        *,
        balance: int | None = None,
        only: Intent | None = None,
        of_its_hold: bool = False,
    ) -> Intent:
        """Find what somebody was told is done, or raise Disagreement if it is not.

        `of_its_hold`: reference and amount are those of the payment that it has ended.
        """
        known = self.by_reference.get(reference)

        def named(one: Intent) -> Intent:
            return one.hold if of_its_hold and one.hold else one

        fits = [
            one
            for one in self.intents
            if (named(one) is known if known else not named(one).reference)
            and one.seen
            and one.kind in kinds
            and getattr(one, role) == phone
            and amount in (None, named(one).amount)
        ]
        if only is not None:
            fits = [one for one in fits if one is only]
        if balance is not None:
            fits = [one for one in fits if one.after is None or one.after[self._account(one, phone)] == balance]
        if not fits:
            raise Disagreement(
                f"{phone} is told by {by} of {kinds} {amount} {reference} {balance}: the books know none"
            )
        intent = fits[0]
        if not known:
            entry = self.entry(reference)
            if entry is None:
                raise Disagreement(f"{reference} was given to {phone} and is not in the books")
            amount_there, at = entry
            # Somebody may have done the same twice, and has not heard of the first yet.
            intent = min(fits, key=lambda one: abs((named(one).seen or at) - at))
            self._equal(amount_there, named(intent).whole, f"the entry {reference}")
            self.by_reference[reference], named(intent).reference = named(intent), reference
        if intent.denied:
            raise Disagreement(f"{phone} was told that it is not done, and now by {by} that it is: {intent}")
        self._tell(intent, by)
        return intent

    def _account(self, intent: Intent, phone: str) -> Account:
        floats = {(kind, intent.who) for kind in ("cash_in", "pay_out", "issue", "payday")}
        return ("float", self.shop_of(phone)) if (intent.kind, phone) in floats else ("wallet", phone)

    def _tell(self, intent: Intent, by: str) -> None:
        if not intent.told:
            self.resolved[by] += 1
            intent.told = by

    def _deny(self, intent: Intent, by: str) -> None:
        if intent.seen:
            raise Disagreement(f"{by} says that it is not done: {intent}")
        intent.denied, intent.told = True, f"not done, by {by}"

    def _code(self, hold: Intent, code: str, until: str) -> None:
        hold.code = code
        assert hold.expires is not None
        self._equal(until, f"{hold.expires.astimezone(self.zone):%H:%M}", f"the end of {hold}")

    def _equal(self, said: object, true: object, what: str) -> None:
        if said != true:
            raise Disagreement(f"{what}: {said}, should be {true}")

    def _equal_name(self, said: str, phone: str) -> None:
        self._equal(said, self.names[phone], "the name")

    def codes_at(self, shop: str) -> list[str]:
        """Return the codes that people were given for cash that waits at a shop, and some that are just over."""
        late = self.now() - timedelta(seconds=60)
        paid = [intent.hold for intent in self.intents if intent.kind == "pay_out" and intent.seen]
        return [
            hold.code
            for hold in self.intents
            if hold.code and hold.other == shop and hold not in paid and is_before(late, hold.expires)
        ]

    def waits(self, phone: str) -> bool:
        """Say whether somebody does not know what became of what they asked for."""
        return any(intent.who == phone and not intent.told for intent in self.intents)

    def all_told(self) -> None:
        """Say whose message did not come, though nothing has gone wrong with any."""
        for intent in self.intents:
            in_time = intent.kind != "withdraw" or is_before(self.now(), intent.expires)
            if intent.seen and intent.awaited and in_time:
                raise Disagreement(f"the messages {sorted(intent.awaited)} did not come: {intent}")

    def closes(self) -> None:
        """Say what is left when all is quiet: everything done was told, and everybody has their messages."""
        for intent in self.intents:
            if intent.seen and not intent.told and intent.kind != "treasury":
                raise Disagreement(f"nobody was ever told: {intent}")
            if intent.seen and intent.awaited - {(intent.who, "withdrawal_code")}:
                raise Disagreement(f"messages never came: {sorted(intent.awaited)} of {intent}")
            if intent.kind in ("return", "arrive") and not intent.seen and not intent.denied:
                raise Disagreement(f"the time is over, and the money was not given back: {intent}")
