"""What I call the people whom I pay: a list of them, and a short word for each."""

from collections.abc import Mapping, Sequence
from typing import Any

from menus.call import Call
from menus.fields import NICKNAME
from service.phone import mask_phone
from service.ussd.screens import Ask, Choice, Do, End, Pick, Values
from service.wallet.name import masked
from service.wallet.nickname import NicknameTaken, TooManyNicknames, both, give_nickname, to_name


def paid(call: Call, _: Values) -> Sequence[Values]:
    """List whom the caller has paid, the newest first."""
    people = to_name(call.unit, call.caller)
    return [
        {
            "value": {"other": one.id, "name": masked(one.name), "number": mask_phone(one.phone), "nick": nick},
            "whom": both(nick, one.name),
            "number": mask_phone(one.phone),
        }
        for one, nick in people
    ]


def read(_: Call, values: Values) -> Mapping[str, Any]:
    """Show who was picked."""
    return {name: values["named"][name] for name in ("name", "number", "nick")}


def keep(call: Call, values: Values) -> Mapping[str, Any]:
    """Call them so from now on."""
    give_nickname(call.unit, call.caller, values["named"]["other"], values["nickname"])
    return {"nick": values["nickname"]}


def drop(call: Call, values: Values) -> None:
    """Call them by their name alone."""
    give_nickname(call.unit, call.caller, values["named"]["other"], "")


SCREENS = (
    Pick("nick", "named", paid, then="nick.read", lines=("whom", "number"), empty="nick.none"),
    Do("nick.read", read, then="nick.name", gives=("name", "number", "nick")),
    Ask("nick.name", "nickname", NICKNAME, then="nick.keep", choices=(Choice("1", "nick.drop", when="nick"),)),
    Do("nick.keep", keep, then="nick.done", gives=("nick",), writes=True,
       on=dict.fromkeys((NicknameTaken, TooManyNicknames), "nick.name")),
    Do("nick.drop", drop, then="nick.dropped", writes=True, refuses=(NicknameTaken, TooManyNicknames)),
    End("nick.done"),
    End("nick.dropped"),
    End("nick.none"),
)  # fmt: skip
