"""Nobody knows what people will press: long random walks over every role and language, with the books sound after.

`SENTI_TEST_HOPS=100000` walks that far; a walk that fails names the seed and the step that walk there again.
"""

import os
import random
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import pytest

from service.gsm7 import septets
from service.ussd.render import is_paged
from service.ussd.screens import Ask, Do
from service.ussd.session import Conversation
from service.wallet.item import KINDS, load_codes
from service.wallet.people import choose_language, people_at, set_state
from service.wallet.seller_payday import put_up
from service.wallet.till import new_till
from service.wallet.unit import Notice, Unit
from tests.hostile.test_receipts import assert_all_told
from tests.phone import AGENTS_CODE, NUMBERS, PEOPLE_CODE, PINS, Phone, Town

HOPS = int(os.environ.get("SENTI_TEST_HOPS", "3000"))
WALKS = 3
WALKERS = ("Amina", "Baraka", "Chebet", "Njeri", "Achieng", "Zawadi", "+254799000077")
AGENTS = {"Njeri": "100016", "Achieng": "100024"}
KEYS = ("1", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "13", "14", "0", "00", "98", "99")
# fmt: off
GARBAGE = (
    "", " ", "*", "#", "**", "1*1", "-5", "+5", "1e3", "NaN", "0x10", "1_000", "9" * 80, "9" * 200,
    "\u0661\u0662\u0663", "\uff15\uff10\uff10", "\u00b2", "\u202eabc", "\u00a0500\u00a0", "\U0001f600",
    "\x1b1", "a\nb", "Zo\u00eb \u014ag\u0169g\u0129", "%s{0}{{7*7}}", "'; DROP TABLE people;--", "500#", "5*00",
)
MESSAGES = (
    "ቀሪ", "ላክ 40 ለ0711000001", "BAL", "SALIO", "SOLDE", "MINI", "LIMITS", "HELP", "STOP", "SEND 30 0722000002",
    "TUMA 40 kwa 0711000001",
    "ENVOYER 900 à 0733000003", "CHECK 22222 22222", "1234567", "4071", "hello", "SEND", "SEND 5000000 0722000002",
    "\U0001f600", "SEND -5 0722000002", "SEND 50 0722000002 4071", "ACCEPT", "KATAA",
    "PAY 500017 20", "LIPA 500017 KES 700", "PAYER 500018 5", "BUY 200014", "ACCEPT 200030", "STOP 200030", "STOP ALL",
    "AIRTIME 20", "MUDA 30 kwa 0722000003", "CREDIT 600", "AIRTIME", "AIRTIME 20 4071", "BILL STIMA 12345678901 50",
    "BILI 100202 777123 60", "FACTURE KILIMO AB1234", "BILL STIMA 12345678980 70", "BILL", "SAVINGS", "VIKUNDI",
    "ORDRES", "COMPLAIN 200014",
)
LIKELY: Mapping[str, tuple[str, ...]] = {
    "phone": ("1", "1", "2", "0799123456", *("0" + number[4:] for number in NUMBERS.values())),
    "amount": ("20", "20", "50", "50", "60", "99.99", "100", "100", "500", "1,000.50", "49,999", "250001"),
    "picked": ("1", "1", "2", *("0" + number[4:] for number in NUMBERS.values())),
    "place": ("Nakuru", "Kisumu"),
    "near_picked": ("1", "1", "Nakuru"),
    "voucher_for": ("1", "0799000055"),
    "named": ("1", "1", "1", "98"),
    "nickname": ("MAMA", "kaka", "fundi", "1", "4071"),
    "secret": ("4826", "4826", "4826", "4827"),
    "helping": ("1", "0711000001", "0722000002"),
    "account": ("12345678901", "777123", "AB1234", "12345678980", "777184", "AB1279", "12345678990"),
    "till": ("500017", "500017", "500025", "500018"),
    "item": ("200014", "200022", "200030", "200048", "200015"),
    "till_named": ("1", "1", "Mama Mboga", "Duka & Co 7"),
    "ordering": ("1", "1", "500017", *("0" + number[4:] for number in NUMBERS.values())),
    "first": ("1", "2", "3", "31/12", "29/2", "5/12/2026"),
    "pot": ("School fees", "Seeds", "1"),
    "grouping": ("1", "1", "Chama"),
    "why": ("Seeds", "Mbegu"),
    "until_day": ("5/12", "1/12/2026", "29/2"),
    "agent": ("100016", "100024", "100016", "100017", "100032"),
    "full_name": ("Wanjiru Kamau", "Hélène", "Zoë Ñandú"),
    "id_number": ("A1234567", "12 34 56 78"),
    "new_pin": ("8064", "8064", "1234", "4071"),
    "repeat": ("8064", "8064", "8064", "8065"),
}
BROKEN = ("nothing_taken", "still_checked", "not_read")
# fmt: on


# fmt: off
SELDOM = (
    "send.again",  # the same payment twice within two minutes
    # a rule that asks, or a number where the amount belongs
    "send.sure", "withdraw.sure", "cashin.sure", "voucher.sure", "approvals.cash.sure", "approvals.payment.sure",
    "approvals.cash.pin", "approvals.cash.done", "transfer.amount", "transfer.pin",
    "transfer.done",  # an agent's number, then a PIN
    "transfer.sure",  # and an amount that is a number of the talk
    "sell.done",  # float that is sold back, the PIN, and no three such wishes that wait
    "bills.done",  # a biller, an account of theirs, an amount and the PIN
    "bills.again", "bills.sure", "airtime.again", "airtime.sure", "check.ordered",
    "bills.none",  # every country has billers
    "pay.again", "pay.sure",  # the same twice, or a number where the amount belongs
    "payout.secret",  # a voucher's code and the sender's secret, at an agent
    # what a merchant does now and then, three keys down, behind a payment
    "till",
    "till.close.pin", "till.closed", "till.settle.pin", "till.settled", "till.refund", "till.refund.amount",
    "till.refund.pin", "till.refunded", "till.ask", "till.ask.amount", "till.asked", "till.sales",
    "till.helpers", "till.helper.add.pin", "till.helper.added", "till.helper.less.pin", "till.helper.removed",
    "approvals.till", "approvals.till.sure", "approvals.till.pin", "approvals.till.done",
    # keys of two digits, and behind them a name or a day that fits
    "order.first", "order.pin", "order.made", "pot.goal", "pot.goal.amount", "pot.lock", "pot.lock.until", "pot.opened",
    "group.needed", "group.founded",
    "order.stop", "order.stopped",  # a standing order that is picked again
    "order.agree.pin", "order.agreed",  # and whose charge has grown
    "savings.none",  # the last pot is closed while another talk looks at it
    # what one has saved, three keys down, and a name, an amount or a day before it
    "pots.in", "pot.in", "pot.in.pin", "pot.in.done", "pots.out", "pot.out", "pot.out.pin", "pot.out.done",
    "pot.lock.sure", "pots.close", "pot.close", "pot.closed",
    # content that was bought, subscribed to or runs, when its code is typed again
    "buy.mine", "buy.page", "meter.pin", "meter.started", "order",
    "buy.complained", "subs", "sub", "sub.yes.pin", "sub.begun", "sub.ended", "subs.ended", "meter.mine", "meter.page",
    "meter.over",
    # people who have agreed to keep money together
    "group", "group.in", "group.in.pin", "group.in.done", "group.to", "group.amount", "group.why", "group.out.pin",
    "group.proposed", "group.book", "group.line", "group.book.none", "group.people", "group.member", "group.named",
    "group.invite", "group.invited", "group.asks", "group.which", "group.leave", "group.left", "group.join",
    "group.joined", "group.vote", "group.vote.pin", "group.voted", "group.paid",
    "group.remove.asked", "group.remove.pin", "group.let_go", "group.let_go.pin", "group.let_go.said",
    "group.let_go.out",
    "check.returned",  # what came back, asked about within twelve messages
    "cashin.code",  # more than fifty thousand at once
    "voucher.returned",  # a voucher that is still waiting, picked by its sender
    "undo", "undo.done", "undo.late", "ask_back.pin", "ask_back.done", "give_back", "give_back.pin", "give_back.done",
    "give_back.kept", "check.partly", "check.reversed", "check.taken_back",  # a payment taken or asked back
    "nick.name", "nick.done", "nick.dropped", "nick.none",  # four keys down, and a word
    "guard.ask.pin", "guard.agreed", "guard.declined", "guard.vouch.pin", "guard.vouched",  # two people who trust
    "guardians.less.pin", "guardians.removed", "document.pin", "document.noted",
    "forgot.ready", "forgot.new", "forgot.repeat", "forgot.done", "forgot.stopped", "forgot.waits",  # a day between
    "about.listed",  # who has hidden their name before
    "close.pin", "close.done",  # an empty wallet with nothing under way
    "check.paid",  # a code that was told on, paid, and asked about within twelve messages
    "swap.with", "swap.amount", "swap.asked", "swap.offered", "swap.give", "swap.agreed", "swap.refused", "swap.take",
    "swap.pin", "swap.done",  # days of trade behind two shops at one place
    "near", "near.done", "near.kept", "near.free", "promises", "promise", "promise.kept",
    "promise.declined",  # two who mean each other
    "seat.name", "seat.id", "seat.new", "seat.repeat", "seat.done", "whose", "whose.pin", "whose.code", "whose.new",
    "whose.again", "whose.changed",  # a phone that two share, and a PIN that one of them forgot
    "send.which", "order.which", "ask.which", "cashin.which", "cashout.which", "which.none",
)
"""What only somebody meets who has something in mind: conversations of their own show them (tests/stories, hostile)."""
# fmt: on


@dataclass
class Walk:
    """Seven phones in the hands of a random crowd."""

    seed: int
    town: Town = field(default_factory=Town)
    answers: Counter[str] = field(default_factory=Counter)
    languages: tuple[str, ...] = ()
    """What is spoken: all that the country speaks, if none is named."""

    def __post_init__(self) -> None:
        self.pressed: Counter[tuple[str, str]] = Counter()
        self.dice = random.Random(self.seed)
        self.phones = {who: self.town.phone(who) for who in WALKERS}
        self.town.app.transact(self.sell)

    def sell(self, unit: Unit) -> None:
        """Let Achieng have a till that sells content of each kind: 200014, 200022, 200030 and 200048."""
        (seller,) = people_at(unit, NUMBERS["Achieng"])
        till = new_till(unit, person_id=seller.id, name="Habari Leo").number
        for kind in KINDS:
            text = "" if kind == "code" else "word " * 60
            item = put_up(unit, till=till, kind=kind, title=f"A {kind}", price=1_300_000, days=1, text=text)
            if kind == "code":
                load_codes(unit, item, [f"AA-{number}" for number in range(9)])

    def step(self) -> None:
        who = self.dice.choice(WALKERS)
        phone, luck = self.phones[who], self.dice.random()
        if luck < 0.02:
            phone.sms(self.dice.choice(MESSAGES))
        elif luck < 0.04:
            phone.end(self.dice.choice(("Success", "Incomplete", "Failed")))
        elif luck < 0.06:
            self.town.wait(seconds=self.dice.choice((1, 1, 5, 5, 31, 31, 61, 181, 1_000, 90_000)))
        elif phone.over or luck < 0.10:
            self.dial(who, phone)
        elif luck < 0.13:
            phone.hop()
        else:
            phone.press(self.answer(who))
        self.answers[phone.screen] += 1
        assert not phone.screen.startswith(self.broken), phone.typed

    def dial(self, who: str, phone: Phone) -> None:
        code = AGENTS_CODE if self.dice.random() < (0.6 if who in AGENTS else 0.05) else PEOPLE_CODE
        path = "*".join(self.likely(who) if self.dice.random() < 0.5 else self.dice.choice(KEYS) for _ in range(4))
        phone.dial(code, typed=path if self.dice.random() < 0.1 else "")

    def answer(self, who: str) -> str:
        kind = self.dice.random()
        if kind < 0.35 and (ways := re.findall("^([1-9][0-9]?) (.*)", self.phones[who].screen, re.MULTILINE)):
            return self.untried(ways)
        return self.dice.choice(KEYS) if kind < 0.45 else self.likely(who) if kind < 0.9 else self.dice.choice(GARBAGE)

    def untried(self, ways: Sequence[tuple[str, str]]) -> str:
        """Return the key on a screen that was pressed least so far, by what it says: menus are many."""
        way = min(ways, key=lambda way: (self.pressed[way], self.dice.random()))
        self.pressed[way] += 1
        return way[0]

    def likely(self, who: str) -> str:
        """Return something that may well be the right answer to what the phone asks."""
        asked = self.asked(self.phones[who].screen)
        if is_first_page(self.phones[who].screen) and self.dice.random() < 0.5:
            return "98"
        if asked == "pin":
            return self.dice.choice((*[PINS.get(who, "8064")] * 9, "8064"))
        if asked in ("code", "receipt"):
            found = re.findall(r"\b\d{7}\b" if asked == "code" else r"\b[2-9A-HJ-NP-Z]{10}\b", self.messages())
            return self.dice.choice(found[-6:]) if found else "1234567"
        return self.dice.choice(LIKELY.get(asked, KEYS))

    def messages(self) -> str:
        """Return what the newest messages say, whoever got them: codes and references are told on."""
        newest = self.town.app.read(lambda unit: unit.rows.find(Notice, newest=True, limit=12))
        kept = [one for one in newest if one.values]  # of those to a closed wallet nothing is left
        return " ".join(self.town.app.render(one) for one in sorted(kept, key=lambda one: one.id))

    def asked(self, screen: str) -> str:
        """Return the name of the value that a screen asks for, by its words in any language."""
        return next((into for prompt, into in self.prompts if prompt in screen), "")

    @cached_property
    def broken(self) -> tuple[str, ...]:
        """Return what a phone shows where something broke, in any language."""
        return tuple(said.no[code] for said in self.town.app.home.talk.words.values() for code in BROKEN)

    @cached_property
    def prompts(self) -> list[tuple[str, str]]:
        talk = self.town.app.home.talk
        # Where a screen has pages, a secret is asked for by its last line.
        lasts = [
            (words.screens[ask.id]["text"].split("\n")[-1], ask.into)
            for words in talk.words.values()
            for ask in talk.screens.values()
            if isinstance(ask, Ask) and is_paged(ask, words) and ask.secret
        ]
        return lasts + [
            (max(re.split(r"\[[^]]*\]|\{[^}]*\}|\n", words.screens[ask.id]["text"]), key=len), ask.into)
            for words in talk.words.values()
            for ask in talk.screens.values()
            if isinstance(ask, Ask)
        ]

    def look(self) -> None:
        """Audit the books, free all who are locked, and speak to them in other languages."""
        self.town.assert_sound()
        languages = self.languages or self.town.app.home.pack.languages

        def work(unit: Unit) -> None:
            for who in PINS:
                for person in people_at(unit, NUMBERS[who]):  # nobody, where the wallet was closed
                    set_state(unit, person, "active")
                    choose_language(unit, person, self.dice.choice(languages))

        self.town.app.transact(work)


@pytest.mark.parametrize("seed", range(WALKS))
def test_S_10_I_16_random_walks_over_every_menu(seed: int) -> None:
    """Whatever is pressed, every answer is a screen that fits, nothing breaks, and books and messages are sound."""
    walk = Walk(seed)
    for number in range(HOPS // WALKS):
        try:
            walk.step()
            if number % max(250, HOPS // 100) == 0:
                walk.look()
        except AssertionError as error:
            raise AssertionError(f"seed {seed}, step {number}") from error
    walk.town.assert_sound()
    assert_all_told(walk.town)
    assert len(walk.answers) > 100


def test_S_10_walks_see_the_whole_menu() -> None:
    """A walk is worth something: sooner or later, in one town or the next, somebody has been shown every screen."""
    shown = set(SELDOM)
    for seed in (7, 8, 9):
        walk = Walk(seed, languages=("en", "sw", "fr"))  # every language has the same screens
        talk = walk.town.app.home.talk
        waiting = {screen for screen, kind in talk.screens.items() if not isinstance(kind, Do)}
        for number in range(20_000):
            walk.step()
            shown |= screens_of(walk)
            if number % 100 == 0:
                walk.look()
            if waiting <= shown:
                return
    pytest.fail(f"never seen: {sorted(waiting - shown)}")


def is_first_page(screen: str) -> bool:
    """Say whether a screen of a language outside GSM-7 goes on on another page."""
    return septets(screen) is None and re.search("^98 ", screen, re.MULTILINE) is not None


def screens_of(walk: Walk) -> set[str]:
    numbers = [phone.number for phone in walk.phones.values()]
    talks = walk.town.app.read(lambda unit: unit.rows.find(Conversation, phone=numbers, newest=True, limit=12))
    return {str(talk.session["screen"]) for talk in talks}
