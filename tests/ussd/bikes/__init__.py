"""A small invented talk for the engine's tests: a kiosk that hires out bikes for tokens."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from service.gsm7 import clip, downgrade
from service.refusal import Refusal
from service.ussd.screens import Ask, Choice, Do, End, Field, Menu, Pick, Screen, Values
from service.ussd.text import Talk, load_words, make_talk


class NoSuchBike(Refusal):
    says = ("bike",)


class BadNumber(Refusal):
    pass


class BadPin(Refusal):
    pass


class PinLocked(Refusal):
    pass


class WrongPin(Refusal):
    says = ("tries",)


class TooDear(Refusal):
    says = ("price", "left")


class OutOfOrder(Refusal):
    pass


class Tired(Refusal):
    """Met by nothing in the sound talk; like any refusal, it may have words for another channel."""


class VeryTired(Tired):
    pass


@dataclass
class Kiosk:
    """The call: everything that the acts may change stands in `rows`, so that a savepoint can undo it."""

    rows: dict[str, Any] = field(default_factory=lambda: {"left": 100, "tries": 3, "rides": 0, "complaints": 0})
    bikes: dict[str, str] = field(default_factory=lambda: {"12": "Asha", "34": "Juma", "7": "Neema {price} %s {{7*7}}"})
    known: tuple[str, ...] = ("12", "34")
    rides: int = 30
    breaks: bool = False
    savepoints: int = 0

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        self.savepoints += 1
        before = dict(self.rows)
        try:
            yield
        except BaseException:
            self.rows = before
            raise


def _read_number(typed: str, call: Any) -> int:
    if not (typed.isascii() and typed.isdecimal() and 1 <= len(typed) <= 3) or typed.startswith("0"):
        raise BadNumber
    return int(typed)


def _read_bike(typed: str, call: Any) -> str:
    if len(typed) != 2 or not typed.isdecimal() or typed.startswith("0") or typed == "98":
        raise NoSuchBike(bike=clip(downgrade(typed), 12))
    return typed


def _read_pin(typed: str, call: Any) -> str:
    if len(typed) != 4 or not typed.isdecimal():
        raise BadPin
    return typed


def _name(name: str) -> str:
    return clip(downgrade(name), 20)


BIKE = Field(show=lambda bike: clip(downgrade(bike), 12), widest="W" * 12, read=_read_bike, refuses=(NoSuchBike,))
MINUTES = Field(show=str, widest=999, read=_read_number, refuses=(BadNumber,))
PIN = Field(show=str, widest="0000", read=_read_pin, refuses=(BadPin,))
NUMBER = Field(show=str, widest=99_999)
NAME = Field(show=_name, widest="W" * 20)
FIELDS = {
    "bike": BIKE,
    "place": NAME,
    "owner": NAME,
    "minutes": MINUTES,
    "price": NUMBER,
    "left": NUMBER,
    "tries": Field(show=str, widest=3),
    "code": Field(show=str, widest="WWWWWW"),
    "day": Field(show=str, widest="00/00"),
    "ride": NUMBER,
}
HIRED = ("code", "bike", "owner", "price")


def near(call: Any, values: Values) -> Sequence[Values]:
    return [{"value": bike, "bike": bike, "place": call.bikes[bike]} for bike in call.known if bike in call.bikes]


def rides(call: Any, values: Values) -> Sequence[Values]:
    return [{"value": n, "day": "01/02", "bike": str(n), "price": 1000 + n} for n in range(1, call.rides + 1)]


def find(call: Any, values: Values) -> Mapping[str, Any]:
    if values["bike"] not in call.bikes:
        raise NoSuchBike(bike=values["bike"])
    return {"owner": call.bikes[values["bike"]]}


def quote(call: Any, values: Values) -> Mapping[str, Any]:
    return {"price": values["minutes"] * 2}


def check_pin(call: Any, values: Values) -> Refusal | None:
    if call.rows["tries"] == 0:
        raise PinLocked
    call.rows["tries"] -= 1
    if values["pin"] != "4071":
        return WrongPin(tries=call.rows["tries"])
    call.rows["tries"] = 3
    return None


def pay(call: Any, values: Values) -> Mapping[str, Any]:
    call.rows["rides"] += 1
    call.rows["left"] -= values["price"]
    if call.breaks:
        raise OutOfOrder
    if call.rows["left"] < 0:
        raise TooDear(price=values["price"], left=call.rows["left"] + values["price"])
    return {"code": "QK7M2X"}


def complain(call: Any, values: Values) -> None:
    call.rows["complaints"] += 1


def card(call: Any, values: Values) -> Mapping[str, Any]:
    return {"left": call.rows["left"]}


HOME = Menu(
    "home",
    (
        Choice("1", "hire.bike"),
        Choice("2", "rides"),
        Choice("3", "say.sw"),
        Choice("4", "say.en"),
        Choice("5", "card.read"),
        Choice("9", "resume", when="broken"),
    ),
)

SCREENS: tuple[Screen, ...] = (
    HOME,
    Do("say.sw", lambda call, values: {"language": "sw"}, then="home", gives=("language",), writes=True),
    Do("say.en", lambda call, values: {"language": "en"}, then="home", gives=("language",), writes=True),
    Ask("hire.bike", "bike", BIKE, then="hire.find", suggests=near, lines=("bike", "place")),
    Do("hire.find", find, then="hire.minutes", gives=("owner",), on={NoSuchBike: "hire.bike"}),
    Ask("hire.minutes", "minutes", MINUTES, then="hire.quote"),
    Do("hire.quote", quote, then="hire.pin", gives=("price",)),
    Ask("hire.pin", "pin", PIN, then="hire.unlock", secret=True),
    Do("hire.unlock", check_pin, then="hire.pay", on={WrongPin: "hire.pin"}, refuses=(PinLocked,), unlocks=True),
    Do(
        "hire.pay",
        pay,
        then="hire.done",
        gives=("code",),
        on={TooDear: "hire.minutes"},
        refuses=(OutOfOrder,),
        posts=True,
        told="hired",
        not_told="not_hired",
    ),
    End("hire.done"),
    Pick("rides", "ride", rides, then="ride", lines=("day", "bike", "price"), empty="rides.none"),
    Menu("rides.none", ()),
    Menu("ride", (Choice("1", "ride.complain"),)),
    Do("ride.complain", complain, then="ride.heard", writes=True),
    End("ride.heard"),
    Do("card.read", card, then="card", gives=("left",)),
    End("card"),
)


def words() -> dict[str, Any]:
    return {each.stem: load_words(each) for each in sorted(Path(__file__).parent.glob("*.toml"))}


def bikes(screens: Sequence[Screen] = SCREENS, **changed: Any) -> Talk:
    whole = {
        "homes": {"rider": "home"},
        "fields": FIELDS,
        "words": words(),
        "default_language": "en",
        "sms": {"hired": HIRED},
        **changed,
    }
    return make_talk(screens, **whole)
