"""One town, one seed: phones, shops, a desk, a network and a worker, and what breaks between any two of their steps.

Everything that is chosen comes from the seed, so that the same seed is the same town, statement by statement. What
happened is kept in lines that can be read.
"""

import random
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import cast

from service.gateways.base import Outcome, Sent
from service.ledger.audit import audit
from service.storage.store import Busy, Unsure
from tests.hostile.faults import Broken
from tests.lab.town_auditor import Auditor
from tests.lab.town_books import Disagreement, in_plain_words
from tests.lab.town_desk import Desk
from tests.lab.town_faults import CLOCK, COMMITS, DYING, INBOX, LANE, NETWORK, STATEMENTS
from tests.lab.town_machine import Heard, Killed, Machine
from tests.lab.town_people import AGENTS, NEWCOMERS, Actor, key, wish
from tests.lab.town_prices import Prices
from tests.phone import NUMBERS, PEOPLE_CODE, Phone, Town

GUESTS = (("Baraka", "Achieng"), ("Baraka", "Zawadi"), ("Baraka", "Chebet"), ("Achieng", "Zawadi"), ("Baraka",))
"""Who is about besides Amina and Njeri: four of six, so that each has time for more than one thing."""

DIALLED = {"send": "1*{to}*{amount}", "withdraw": "2*{agent}*{amount}", "cash_in": "1*{to}*{amount}"}
"""What may be dialled behind a code, to be asked for the PIN at once."""

BUSY_HOURS, STEPS_AT_ONCE = (8, 13, 18), 14

MOST_WORKER_FAULTS = 4
"""A message is tried five times: what fails more often is left alone, and rightly never comes."""


class NoAnswer(Exception):
    """The phone has nothing to show."""


class Play:
    """A town that lives for some steps."""

    steps_at_once = STEPS_AT_ONCE

    def __init__(self, machine: Machine, prices: Prices, seed: int) -> None:
        self.machine, self.dice, self.seed = machine, random.Random(seed), seed
        machine.begin()
        machine.send_sms = self._lane
        self._said: list[tuple[datetime, str]] = []
        self.hit: Counter[str] = Counter()
        self.auditor = self.hire(prices)
        for number, (name, pin) in NEWCOMERS.items():
            self.auditor.meets(number, name, pin)
        awake = ["Amina", "Njeri", *self.dice.choice(GUESTS)]
        self.actors = [Actor(who, Phone(cast(Town, self), NUMBERS[who]), {}) for who in awake]
        self.fate = ""
        self.lane_fate = ""
        self.worker_faults = 0
        self.doubtful: set[tuple[str, str]] = set()
        self.numbers = 0
        self.arrived: list[tuple[str, str]] = []
        self.late: list[Callable[[], object]] = []
        self.heard: list[Mapping[str, str]] = []
        self.worked_at = machine.now
        self.desk = Desk(self)

    def hire(self, prices: Prices) -> Auditor:
        """Return who keeps books beside the service's."""
        return Auditor(prices, lambda: self.machine.now, self.entry)

    def wish(self, actor: Actor) -> dict[str, str]:
        """Return what somebody has in mind who takes up the phone."""
        return wish(self.dice, self.auditor, actor)

    def key(self, actor: Actor) -> str:
        """Return what somebody answers to a screen, or nothing if they hang up."""
        return key(self.dice, self.auditor, actor, actor.phone.screen)

    def dialled(self, goal: Mapping[str, str]) -> str:
        """Return what is dialled behind a code at once."""
        return DIALLED[goal["kind"]].format(**goal) if goal["kind"] in DIALLED and self.dice.random() < 0.6 else ""

    # What Phone asks of a town

    @property
    def client(self) -> "Play":
        return self

    @property
    def now(self) -> datetime:
        return self.machine.now

    def work(self) -> None:
        """Nothing: here the worker comes when it comes."""

    def post(self, path: str, data: Mapping[str, str]) -> Heard:
        """Bring what a gateway posts to the service, as far as the network is good."""
        what = path.rsplit("/", 1)[1]
        if what == "ussd":
            return self._hop(path, data)
        if what == "sms":
            return self._message(path, data)
        answer = self._bring(path, data)
        return answer or Heard(200, "", "")

    def _hop(self, path: str, form: Mapping[str, str]) -> Heard:
        fate, self.fate = self.fate, ""
        self.heard.append(form)
        if fate == "hop lost":
            self._note(fate)
            raise NoAnswer
        answer = self._bring_hop(path, form)
        if fate == "hop repeated":
            self._note(fate)
            again = self._bring_hop(path, form)
            answer = answer or again
        if answer is None or fate == "reply lost":
            self._note(fate or "no reply")
            raise NoAnswer
        self.say(f"   reads {answer.text!r}")
        self.auditor.reads(form["phoneNumber"], form["sessionId"], form["text"], answer.text[4:])
        return answer

    def _bring_hop(self, path: str, form: Mapping[str, str]) -> Heard | None:
        self.auditor.sends(form["phoneNumber"], form["sessionId"], form["text"])
        return self._bring(path, form)

    def _bring(self, path: str, form: Mapping[str, str]) -> Heard | None:
        answer = self._survives(lambda: self.machine.post(path, form))
        self.look()
        return answer

    def _survives(self, post: Callable[[], Heard]) -> Heard | None:
        try:
            return post()
        except Killed:
            self.say("   the web process is killed")
            return None

    def _message(self, path: str, form: Mapping[str, str]) -> Heard:
        fate, self.fate = self.fate, ""
        if fate == "message late":
            self._note(fate)
            self.late.append(lambda: self._take(path, form))
            return Heard(200, "", "")
        for _ in range(2 if fate == "message repeated" else 1):
            if not self._take(path, form):
                self.late.append(lambda: self._take(path, form))  # the gateway sends it again
        if fate:
            self._note(fate)
        return Heard(200, "", "")

    def _take(self, path: str, form: Mapping[str, str]) -> Heard | None:
        self.auditor.writes(form["from"], form["text"])
        answer = self._bring(path, form)
        self.auditor.wrote(form["from"], form["text"])
        return answer

    # The steps

    def step(self) -> None:
        """Let a moment pass and somebody do something."""
        self._pass_time()
        dice = self.dice.random()
        if dice < 0.13:
            self.worker()
        elif dice < 0.25 and self.late:
            self._arrive_late()
        elif dice < 0.20 and self.heard:
            self._repeat_old()
        elif dice < 0.24:
            self.desk.act()
        elif dice < 0.29:
            self._write(self.dice.choice(self.actors))
        else:
            self._touch(self._whose_turn(dice))
        self.machine.store.heal()
        self.fate = self.lane_fate = ""

    def _whose_turn(self, dice: float) -> Actor:
        """Return who does something now: mostly somebody in a talk, or a shop where somebody waits for cash."""
        busy = [actor for actor in self.actors if not actor.phone.over]
        if len(busy) > 1 or (busy and dice < 0.8):
            return self.dice.choice(busy)
        asked = [actor for actor in self.actors if actor.name in AGENTS and self._waited_for(actor)]
        return self.dice.choice(asked if asked and dice < 0.9 else self.actors)

    def _waited_for(self, actor: Actor) -> bool:
        return bool(self.auditor.codes_at(self.auditor.shop_of(actor.phone.number)))

    def _pass_time(self) -> None:
        dice = self.dice.random()
        seconds = float(self.dice.randint(1, 25))
        if dice < 0.02:
            seconds = self.dice.choice((-30, -300, 7200, 90_000))
            self._note(CLOCK[seconds > 0])
        elif dice < 0.08:
            seconds = self.dice.choice((61, 181, 400, 901))
        self.machine.now += timedelta(seconds=seconds)

    def break_(self, *fates: str, rate: float = 0.4, statements: int = 30, commits: int = 1) -> str:
        """Decide whether something goes wrong in this step, and what; what is not in the store is returned."""
        if self.dice.random() >= rate:
            return ""
        fault = self.dice.choice((*STATEMENTS, *STATEMENTS, *COMMITS, *fates))
        if fault in fates:
            return fault
        at = self.dice.randint(1, statements if fault in STATEMENTS else commits)
        self.say(f"(to come: {fault}, at {at})")
        self.machine.store.break_at(fault, at)
        return ""

    def _touch(self, actor: Actor) -> None:
        """Let somebody do the next thing with their phone."""
        phone = actor.phone
        if actor.waiting and self.dice.random() < 0.5:
            self.fate = self.break_(*NETWORK)
            return self._press(actor, f"'s gateway sends {phone.typed!r} again", phone.hop)
        if actor.waiting or (not phone.over and (actor.keys > 9 or self.dice.random() < 0.03)):
            return self._give_up(actor)
        if phone.over:
            return self._dial(actor)
        typed = self.key(actor)
        if not typed:
            return self._give_up(actor)
        actor.keys += 1
        self.fate = self.break_(*NETWORK, rate=0.5 if "PIN:" in phone.screen else 0.08)
        return self._press(actor, f" types {typed}", lambda: phone.press(typed))

    def _press(self, actor: Actor, what: str, act: Callable[[], object]) -> None:
        self.say(f"{actor.name}{what}")
        try:
            act()
        except NoAnswer:
            actor.waiting = True
            return
        actor.waiting = False
        if actor.phone.over:
            self._end(actor)

    def _give_up(self, actor: Actor) -> None:
        self.say(f"{actor.name} gives up")
        self._note("given up")
        if actor.waiting and self.heard and self.dice.random() < 0.7:
            form = next(form for form in reversed(self.heard) if form["phoneNumber"] == actor.phone.number)
            self.late.append(lambda: self._copy(form))
        actor.waiting, actor.phone.over = False, True
        self._end(actor)

    def _end(self, actor: Actor) -> None:
        """Let the gateway say that a talk is over, perhaps late, perhaps never."""
        phone, dice = actor.phone, self.dice.random()
        status = "Success" if not actor.waiting and self.dice.random() < 0.7 else "Incomplete"
        if dice < 0.3:
            return self._note("end lost")
        session, typed, screen = phone.session, phone.typed, phone.screen
        copy = Phone(phone.town, phone.number, screen, True, phone.code, typed, session)
        if dice < 0.5:
            self._note("end late")
            self.late.append(lambda: copy.end(status))
        else:
            copy.end(status)
        return None

    def _dial(self, actor: Actor) -> None:
        actor.goal, actor.keys = self.wish(actor), 0
        code, typed = actor.goal["code"], self.dialled(actor.goal)
        session = f"ATUid_{self.number():032x}"
        self.fate = self.break_(*NETWORK, rate=0.08)
        self._press(actor, f" dials {code} {typed}", lambda: actor.phone.dial(code, typed=typed, session=session))

    # Days

    def day(self) -> None:
        """Let a day pass: people are about morning, noon and evening, and the books are audited at midnight."""
        zone = self.auditor.zone
        today = self.now.astimezone(zone)
        for hour in BUSY_HOURS:
            self.machine.now = max(self.now, today.replace(hour=hour).astimezone(UTC))
            for _ in range(self.steps_at_once):
                self.step()
        midnight = datetime.combine(today.date() + timedelta(days=1), datetime.min.time(), zone)
        self.machine.now = max(self.now, midnight.astimezone(UTC))
        self.say("--- midnight")
        self.worker(faults=False)
        self._audit()

    # Messages to Senti

    def _write(self, actor: Actor) -> None:
        dice, number = self.dice, actor.phone.number
        codes = [code for phone, code in self.auditor.asked if phone == number]
        known = list(self.auditor.by_reference)
        text = f"SEND {dice.randint(1, 90)} 0{dice.choice(list(NUMBERS.values()))[4:]}"
        if codes and dice.random() < 0.7:
            text = codes[-1] if dice.random() < 0.9 else f"{dice.randint(0, 9_999_999):07}"  # somebody guesses
        elif dice.random() < 0.2:
            text = "UNDO"
        elif dice.random() < 0.5:
            text = f"CHECK {dice.choice(known)}" if known and dice.random() < 0.6 else "BAL"
        self.say(f"{actor.name} writes {text}")
        self.fate = self.break_(*INBOX)
        actor.phone.sms(text, message_id=f"sms-{self.number():032x}")

    # What the network does late

    def _arrive_late(self) -> None:
        self.say("something comes late")
        self.late.pop(self.dice.randrange(len(self.late)))()

    def _repeat_old(self) -> None:
        """Bring a hop of some earlier time once more; nobody reads the answer."""
        form = self.dice.choice(self.heard)
        actor = next(actor for actor in self.actors if actor.phone.number == form["phoneNumber"])
        if form["sessionId"] == actor.phone.session and (form["text"] != actor.phone.typed or actor.waiting):
            return  # gateways do not shuffle the hops of a talk that goes on
        self.break_()
        self._copy(form)

    def _copy(self, form: Mapping[str, str]) -> None:
        self._note("hop late")
        self.say(f"a late copy of {self.who(form['phoneNumber'])}'s {form['text']!r} arrives")
        self._bring_hop("/gateways/africastalking/demo/ussd", form)

    # The worker

    def worker(self, *, faults: bool = True) -> None:
        """Let the worker do all that is due, or die of it."""
        if self.now - self.worked_at > timedelta(minutes=3):
            self._note("worker late")
        self.worked_at = self.now
        clean = True
        if faults and self.worker_faults < MOST_WORKER_FAULTS:
            self.lane_fate = self.break_(*LANE, *DYING, statements=40, commits=5)
            clean = not self.lane_fate and not self.machine.store.fault
            self.worker_faults += not clean
        self.say("the worker works")
        try:
            for job in self.machine.jobs:
                while job():
                    pass
        except Killed:
            self.say("   the worker is killed")
            self.machine.start_worker()
            clean = False
        except (Busy, Unsure, Broken):
            self.say("   the worker stumbles")
            clean = False
        self.lane_fate = ""
        self.machine.store.heal()
        self.look()
        self._deliver()
        if clean and not self.worker_faults and not self.hit["clock put back"]:
            self.auditor.all_told()

    def _lane(self, to: str, text: str) -> Sent:
        """Be the gateway that messages are sent through."""
        fate, self.lane_fate = self.lane_fate, ""
        perhaps = fate.startswith("sms perhaps")
        if perhaps and (to, text) in self.doubtful:
            fate, perhaps = "", False  # after a second doubt it is left alone, and rightly may never come
        if perhaps:
            self.doubtful.add((to, text))
        if fate:
            self._note(fate)
        if fate == "killed before sending":
            raise Killed
        if fate == "sms not now":
            return Sent(Outcome.NOT_SENT)
        if fate == "sms lane stopped":
            return Sent(Outcome.LANE_STOPPED)
        if fate == "sms late":
            self.late.append(lambda: self._reach(to, text))
        elif fate != "sms perhaps, not gone":
            self.arrived.append((to, text))
        if fate == "killed between sending and marking":
            raise Killed
        return Sent(Outcome.UNKNOWN) if perhaps else Sent(Outcome.ACCEPTED, f"ATXid_{self.number()}")

    def _deliver(self) -> None:
        while self.arrived:
            self._reach(*self.arrived.pop(0))

    def _reach(self, to: str, text: str) -> None:
        self.say(f"   {self.who(to)} gets {text!r}")
        self.auditor.receives(to, text)

    # The end

    def end(self) -> None:
        """Let all become quiet: no more faults, everybody reads what there is to read, and the books are audited."""
        self.say("--- no more faults")
        while self.late:
            self.late.pop(0)()
        for actor in self.actors:
            if self.auditor.waits(actor.phone.number):
                self.say(f"{actor.name} dials")
                actor.phone.dial(PEOPLE_CODE, session=f"ATUid_{self.number():032x}")
        for span in (1, 400, 1000, 4000, 22_000, 22_000, 1000):
            self.machine.now += timedelta(seconds=span)
            self.worker(faults=False)
        self.auditor.closes()
        self._audit()

    def _audit(self) -> None:
        report = self.machine.app.read(lambda unit: audit(unit.books, seal_key=self.machine.app.seal_key))
        if not report.sound:
            raise Disagreement(f"the audit says {report.problems}")

    # Looking

    def look(self) -> None:
        """Let the auditor compare its books with the service's."""
        found, entries = self.machine.store.read(in_plain_words)
        self.auditor.look(found, entries)

    def entry(self, reference: str) -> tuple[int, datetime] | None:
        """Return the amount of the first move behind a reference, and its time."""
        number = self.machine.app.house.references.read(reference)
        found = self.machine.store.read(lambda tx: tx.books.entry(number) if number is not None else None)
        return (found.moves[0].amount, found.at) if found else None

    def number(self) -> int:
        """Return a number that was not used in this town."""
        self.numbers += 1
        return self.numbers

    def _note(self, fault: str) -> None:
        self.hit[fault] += 1
        self.say(f"   ({fault})")

    def say(self, what: str) -> None:
        """Note what happens, for those who read how a town failed."""
        self._said.append((self.now, what))

    @property
    def history(self) -> list[str]:
        return [f"{at:%d %H:%M:%S} {what}" for at, what in self._said]

    def who(self, number: str) -> str:
        return next((who for who, known in NUMBERS.items() if known == number), number)
