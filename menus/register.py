"""Opening a wallet: language, name, ID number, and a PIN twice."""

from collections.abc import Mapping
from typing import Any

from menus.account import LANGUAGES
from menus.call import Call
from menus.fields import ID_NUMBER, NAME, PIN
from menus.steps import speak
from service.ussd.screens import Ask, Choice, Do, End, Menu, Values
from service.wallet.people import AlreadyRegistered, begin_registration, register
from service.wallet.pin import DifferentPin, WeakPin, is_pin


def keep_pin(call: Call, values: Values) -> Mapping[str, Any]:
    """Keep a verifier of the first PIN until it is repeated."""
    return begin_registration(call.unit, call.phone, values["new_pin"])


def open_wallet(call: Call, values: Values) -> Mapping[str, Any]:
    """Open the wallet if the PIN was repeated."""
    person_id, pending = values["person_id"], values["pending"]
    if not is_pin(call.unit.house, person_id, values["repeat"], pending):
        raise DifferentPin
    person = register(
        call.unit,
        person_id=person_id,
        phone=call.phone,
        name=values["full_name"],
        id_number=values["id_number"],
        language=values["language"],
        pin=pending,
        pack=call.pack,
    )
    return {"person": person.name, "service_code": call.pack.people_code}


SCREENS = (
    Menu("welcome", (*(Choice(key, f"register.{language}") for key, language in LANGUAGES),
                     Choice("9", "resume", when="broken"))),
    *(Do(f"register.{language}", speak(language), then="register.name", gives=("language",))
      for _, language in LANGUAGES),
    Ask("register.name", "full_name", NAME, then="register.id"),
    Ask("register.id", "id_number", ID_NUMBER, then="register.pin"),
    Ask("register.pin", "new_pin", PIN, then="register.keep", secret=True),
    Do("register.keep", keep_pin, then="register.repeat", gives=("person_id", "pending"), on={WeakPin: "register.pin"}),
    Ask("register.repeat", "repeat", PIN, then="register.open", secret=True),
    Do("register.open", open_wallet, then="register.done", gives=("person", "service_code"),
       on={DifferentPin: "register.pin"}, refuses=(AlreadyRegistered,), writes=True),
    End("register.done"),
)  # fmt: skip
