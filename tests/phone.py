"""A phone in somebody's hand, and the town it rings in: the whole service behind its doors, with a clock to turn."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import count

from flask.testing import FlaskClient

from service.app import App, make_app, make_web
from service.demo import NEWCOMER, PEOPLE, load_demo
from service.jobs import errands, jobs, nightly
from service.ledger.audit import audit
from service.settings import Settings
from service.storage.memory import MemoryStore
from service.storage.store import Store
from service.wallet.people import person_by_phone
from service.wallet.statement import balance_of
from service.wallet.unit import Notice, Person
from tests.fakes.providers import stand_in

BEGINNING = datetime(2026, 11, 22, 9, 14, tzinfo=UTC)
DOOR = "/gateways/africastalking/demo"
PEOPLE_CODE, AGENTS_CODE = "*384*96#", "*384*97#"
NUMBERS = {actor.name.split()[0]: actor.phone for actor in PEOPLE} | {"Zawadi": NEWCOMER}
PINS = {actor.name.split()[0]: actor.pin for actor in PEOPLE}
_sessions = count(1)


def demo_settings(**changed: object) -> Settings:
    """Return the demo's settings, with the cheapest PIN hash there is: its cost is not what these tests are about."""
    return Settings(_env_file=None, pin_memory_kib=8, **changed)  # type: ignore[arg-type, call-arg]


@dataclass
class Town:
    """The demo, whole, on one store."""

    store: Store = field(default_factory=MemoryStore)
    now: datetime = BEGINNING
    settings: Settings = field(default_factory=demo_settings)

    def __post_init__(self) -> None:
        self.stand_in = stand_in()
        self.stand_in.forget()
        if self.settings.demo_providers_url is None:
            self.settings = self.settings.model_copy(update={"demo_providers_url": self.stand_in.url})
        load_demo(self.app.transact, self.app.home.pack)
        self.work()

    @cached_property
    def app(self) -> App:
        return make_app(self.settings, store=self.store, now=lambda: self.now)

    @cached_property
    def client(self) -> FlaskClient:
        return make_web(self.app).test_client()

    def wait(self, **span: float) -> None:
        """Let time pass, and the worker do what is due then."""
        self.now += timedelta(**span)
        self.work()

    def work(self) -> None:
        """Do all that a worker does."""
        for job in (*jobs(self.app), *errands(self.app), *nightly(self.app)):
            while job():
                pass
        while self.stand_in.calls:
            what, form = self.stand_in.calls.pop(0)
            assert self.client.post(f"{DOOR}/{what}", data=form).status_code == 200

    def phone(self, who: str) -> "Phone":
        """Return the phone of somebody in the demo, or of a number."""
        return Phone(self, NUMBERS.get(who, who))

    def person(self, who: str) -> Person:
        found = self.app.read(lambda unit: person_by_phone(unit, NUMBERS.get(who, who)))
        assert found is not None, f"{who} has no wallet"
        return found

    def balance(self, who: str) -> int:
        """Return what somebody has, in cents."""
        person = self.person(who)
        return self.app.read(lambda unit: balance_of(unit, person))

    def assert_sound(self) -> None:
        """Audit the books, whatever happened."""
        report = self.app.read(lambda unit: audit(unit.books, seal_key=self.app.seal_key))
        assert report.sound, report.problems


def fits(text: str) -> bool:
    """Say whether a phone can show a page: 160 letters of its own alphabet, or 80 if one letter is outside it."""
    try:
        return len(text.encode("gsm23.038")) <= 160
    except UnicodeEncodeError:
        return len(text.encode("utf-16-be")) // 2 <= 80


@dataclass
class Phone:
    """What a person does with a phone: dial, press keys, read the screen and the messages."""

    town: Town
    number: str
    screen: str = ""
    over: bool = True
    code: str = PEOPLE_CODE
    typed: str = ""
    session: str = ""
    read: int = 0

    def dial(self, code: str = PEOPLE_CODE, *, typed: str = "", session: str | None = None) -> "Phone":
        """Dial a code; `typed` is what followed it in a dialled string."""
        self.session = session or f"ATUid_{next(_sessions):032x}"
        self.code, self.typed, self.over = code, typed, False
        return self.hop()

    def press(self, *keys: str) -> "Phone":
        """Answer screens, one after another."""
        for key in keys:
            assert not self.over, f"the talk is over: {self.screen}"
            self.typed = f"{self.typed}*{key}" if self.typed else key
            self.hop()
        return self

    def hop(self) -> "Phone":
        """Post what the gateway would post now; doing it twice is a repeated hop."""
        form = {"sessionId": self.session, "phoneNumber": self.number, "networkCode": "63902"}
        answer = self.town.client.post(f"{DOOR}/ussd", data={**form, "serviceCode": self.code, "text": self.typed})
        assert answer.status_code == 200, answer.status
        assert answer.content_type.startswith("text/plain")
        head, self.screen = answer.text[:4], answer.text[4:]
        assert head in ("CON ", "END "), answer.text
        assert fits(answer.text), answer.text
        self.over = head == "END "
        return self

    def end(self, status: str = "Success") -> None:
        """Let the gateway say that the talk is over."""
        form = {
            "date": f"{self.town.now:%Y-%m-%d %H:%M:%S}",
            "sessionId": self.session,
            "serviceCode": self.code,
            "networkCode": "63902",
            "phoneNumber": self.number,
            "status": status,
            "cost": "0.8",
            "durationInMillis": "41873",
            "hopsCount": "5",
            "input": self.typed,
            "lastAppResponse": self.screen,
            "errorMessage": "",
        }
        assert self.town.client.post(f"{DOOR}/ussd-end", data=form).status_code == 200

    def sms(self, text: str, *, message_id: str | None = None, sent_at: datetime | None = None) -> None:
        """Send a message to Senti, and let the worker send what it answers."""
        form = {
            "date": f"{sent_at or self.town.now:%Y-%m-%d %H:%M:%S}",
            "from": self.number,
            "id": message_id or f"sms-{next(_sessions):032x}",
            "linkId": "",
            "text": text,
            "to": "29844",
            "networkCode": "63902",
        }
        assert self.town.client.post(f"{DOOR}/sms", data=form).status_code == 200
        self.town.work()

    def notices(self) -> list[Notice]:
        """Return every message to this number, oldest first."""
        return list(self.town.app.read(lambda unit: unit.rows.find(Notice, phone=self.number, limit=1000)))

    def inbox(self) -> list[str]:
        """Return the texts of all messages, oldest first."""
        return [self.town.app.render(notice) for notice in self.notices()]

    def new(self) -> list[str]:
        """Return the texts that came since this was last asked."""
        self.town.work()
        texts = self.inbox()
        fresh, self.read = texts[self.read :], len(texts)
        return fresh


__all__ = ["AGENTS_CODE", "BEGINNING", "DOOR", "NUMBERS", "PEOPLE_CODE", "PINS", "Phone", "Town"]
