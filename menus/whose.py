"""Several people on one phone: whose wallet is meant, opening one more, and which of them is to be paid or asked."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from menus import forgotten
from menus.call import Call
from menus.fields import CODE, ID_NUMBER, NAME, PIN
from menus.register import keep_pin
from menus.steps import check_pin
from service.refusal import Refusal
from service.ussd.screens import Ask, Choice, Do, End, NoSuchChoice, Pick, Values
from service.wallet.forgotten import TooManyResets, WrongStaffCode, prove_staff_code
from service.wallet.name import masked
from service.wallet.people import AlreadyRegistered
from service.wallet.pin import (
    DifferentPin,
    OldPin,
    PinLocked,
    SimChanged,
    WalletBlocked,
    WeakPin,
    WrongPin,
    is_pin,
)
from service.wallet.seats import (
    ManyWrongPins,
    NameOnPhone,
    PhoneFull,
    ShopAlone,
    enter,
    found_at,
    refuse_name,
    refuse_seat,
    take_seat,
)
from service.wallet.unit import Person
from service.wallet.wrong_codes import TooManyCodes


def sharers(call: Call, _: Values) -> Sequence[Values]:
    """List who shares the number: of nobody more than the name is shown."""
    return [{"value": one.id, "name": masked(one.name)} for one in call.sharers]


def open_one(call: Call, values: Values) -> Mapping[str, Any]:
    """Speak to whoever was chosen in their language."""
    person = _chosen(call, values)
    return {"name": masked(person.name), "language": person.language, "help_line": call.pack.help_line}


def let_in(call: Call, values: Values) -> Refusal | None:
    """Let the one who was chosen in by their PIN; a wrong one is counted for them and for the number."""
    found = enter(call.unit, _chosen(call, values), values["pin"])
    return found if isinstance(found, Refusal) else None


def prove(call: Call, values: Values) -> Refusal | None:
    """See whether staff have told this code, for a new PIN in place of a forgotten one."""
    return prove_staff_code(call.unit, _chosen(call, values), values["code"])


def keep_new(call: Call, values: Values) -> Mapping[str, Any] | Refusal:
    """Keep a verifier of the first of two new PINs until it is repeated."""
    return forgotten.keep_pin(replace(call, person=_chosen(call, values)), values)


def put_new(call: Call, values: Values) -> None:
    """Make the new PIN good if it was repeated: it lets its owner in from the next dial on."""
    forgotten.put(replace(call, person=_chosen(call, values)), values)


def _chosen(call: Call, values: Values) -> Person:
    person = next((one for one in call.sharers if one.id == values["sharer"]), None)
    if person is None:  # their wallet was closed meanwhile
        raise NoSuchChoice
    return person


def people(call: Call, values: Values) -> Sequence[Values]:
    """List whom the caller can mean by the number, by name."""
    found = found_at(call.unit, call.caller, values["phone"], all_listed=call.agent is not None)
    return [{"value": one.address, "name": masked(one.name)} for one in found]


def which(screen: str, then: str) -> Pick:
    """Return the screen that asks which of several people on a number is meant."""
    return Pick(screen, "phone", people, then=then, lines=("name",), empty="which.none")


def may_open(call: Call, _: Values) -> None:
    """Turn away whoever cannot let anybody else in on the number."""
    refuse_seat(call.unit, call.caller)


def take_name(call: Call, values: Values) -> None:
    """See that the name is no other's on this number."""
    refuse_name(call.unit, call.phone, values["full_name"])


def open_wallet(call: Call, values: Values) -> Mapping[str, Any]:
    """Open the newcomer's wallet if the PIN was repeated."""
    person_id, pending = values["person_id"], values["pending"]
    if not is_pin(call.unit.house, person_id, values["repeat"], pending):
        raise DifferentPin
    person = take_seat(
        call.unit,
        owner=call.caller,
        person_id=person_id,
        name=values["full_name"],
        id_number=values["id_number"],
        language=call.caller.language,
        pin=pending,
        pack=call.pack,
    )
    return {"person": person.name}


NO_SEAT = (PinLocked, ShopAlone, PhoneFull)
HALTED = (*forgotten.HALTED, TooManyResets, WalletBlocked, SimChanged)

SCREENS = (
    Pick("whose", "sharer", sharers, then="whose.open", lines=("name",)),
    Do("whose.open", open_one, then="whose.pin", gives=("name", "language", "help_line"), on={NoSuchChoice: "whose"}),
    Ask("whose.pin", "pin", PIN, then="whose.enter", secret=True, choices=(Choice("1", "whose.code"),)),
    Do("whose.enter", let_in, then="home", on={WrongPin: "whose.pin", NoSuchChoice: "whose"},
       refuses=(PinLocked, ManyWrongPins), unlocks=True, hands_over=True),
    Ask("whose.code", "code", CODE, then="whose.prove", secret=True),
    Do("whose.prove", prove, then="whose.new", on={WrongStaffCode: "whose.code", NoSuchChoice: "whose"},
       refuses=(TooManyCodes, *HALTED), writes=True),
    Ask("whose.new", "new_pin", PIN, then="whose.keep", secret=True),
    Do("whose.keep", keep_new, then="whose.again", gives=("pending",),
       on={WeakPin: "whose.new", OldPin: "whose.new", NoSuchChoice: "whose"}, refuses=HALTED, writes=True),
    Ask("whose.again", "repeat", PIN, then="whose.put", secret=True),
    Do("whose.put", put_new, then="whose.changed", on={DifferentPin: "whose.new", NoSuchChoice: "whose"},
       refuses=HALTED, writes=True),
    End("whose.changed"),
    Do("seat.open", may_open, then="seat.pin", refuses=NO_SEAT),
    Ask("seat.pin", "pin", PIN, then="seat.unlock", secret=True),
    Do("seat.unlock", check_pin, then="seat.name", on={WrongPin: "seat.pin"}, refuses=(PinLocked,), unlocks=True),
    Ask("seat.name", "full_name", NAME, then="seat.called"),
    Do("seat.called", take_name, then="seat.id", on={NameOnPhone: "seat.name"}),
    Ask("seat.id", "id_number", ID_NUMBER, then="seat.new"),
    Ask("seat.new", "new_pin", PIN, then="seat.keep", secret=True),
    Do("seat.keep", keep_pin, then="seat.repeat", gives=("person_id", "pending"), on={WeakPin: "seat.new"}),
    Ask("seat.repeat", "repeat", PIN, then="seat.take", secret=True),
    Do("seat.take", open_wallet, then="seat.done", gives=("person",), on={DifferentPin: "seat.new"},
       refuses=(*NO_SEAT, NameOnPhone, AlreadyRegistered), writes=True),
    End("seat.done"),
    End("which.none"),
)  # fmt: skip
