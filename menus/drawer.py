"""An agent's cash: saying how much is in the drawer, and keeping some of it for those who asked."""

from collections.abc import Mapping, Sequence
from typing import Any

from menus.call import Call
from menus.fields import AMOUNT
from menus.steps import may_work
from service.phone import mask_phone
from service.refusal import Refusal
from service.ussd.screens import Ask, Choice, Do, End, Menu, Pick, Values
from service.wallet.name import masked
from service.wallet.pin import PinLocked
from service.wallet.promise import PromiseOver, Reservation
from service.wallet.reserve import DrawerShort, declare_cash, keep, turn_away, wanted_of
from service.wallet.swap import paying
from service.wallet.unit import Agent, Person


def declare_drawer(call: Call, values: Values) -> Mapping[str, Any]:
    """Write down what is in the drawer, and say what of it can be promised no longer."""
    return {"taken_back": declare_cash(call.unit, agent=call.shop, amount=values["amount"], pack=call.pack)}


def _shown(call: Call, row: Reservation) -> dict[str, Any]:
    pays = row.shop == call.shop.number
    common = {"amount": row.amount, "until": row.expires_at.isoformat(), "asked": row.state == "asked"}
    common |= {"pays": pays, "swaps": bool(row.shop) and not pays, "agreed": row.state == "kept"}
    if row.shop:
        other = call.unit.rows.get(Agent, row.agent if pays else row.shop)
        assert other is not None, f"no agent in swap {row.id}"
        return {"name": other.name, "number": other.number, **common}
    person = call.unit.rows.get(Person, row.person)
    assert person is not None, f"no person {row.person}"
    return {"name": masked(person.name), "number": mask_phone(person.phone), **common}


def promises(call: Call, _: Values) -> Sequence[Values]:
    """List what is asked of the shop and what it has promised, the newest question first."""
    rows = [*wanted_of(call.unit, call.shop), *paying(call.unit, call.shop)]
    rows.sort(key=lambda row: (row.state != "asked", -row.id))
    return [{"value": {"id": row.id, **_shown(call, row)}, **_shown(call, row)} for row in rows]


def read_promise(_: Call, values: Values) -> Mapping[str, Any]:
    """Show what was picked."""
    return {name: values["promise"][name] for name in READ}


def say_yes(call: Call, values: Values) -> Refusal | None:
    """Promise the cash."""
    kept = keep(call.unit, agent=call.shop, reservation=values["promise"]["id"], pack=call.pack)
    return kept if isinstance(kept, Refusal) else None


def say_no(call: Call, values: Values) -> None:
    """Say that there is none."""
    turn_away(call.unit, agent=call.shop, reservation=values["promise"]["id"], pack=call.pack)


READ = ("amount", "until", "name", "number", "asked", "agreed", "pays", "swaps")

SCREENS = (
    Do("drawer.open", may_work, then="drawer.amount", refuses=(PinLocked,)),
    Ask("drawer.amount", "amount", AMOUNT, then="drawer.declare"),
    Do("drawer.declare", declare_drawer, then="drawer.done", gives=("taken_back",), writes=True),
    End("drawer.done"),
    Do("promises.open", may_work, then="promises", refuses=(PinLocked,)),
    Pick("promises", "promise", promises, then="promise.read", lines=("amount", "name", "number", "until"),
         empty="promises.none"),
    End("promises.none"),
    Do("promise.read", read_promise, then="promise", gives=READ,
       instead={"pays": "swap.take", "swaps": "swap.give"}),
    Menu("promise", (Choice("1", "promise.keep", when="asked"), Choice("2", "promise.decline"))),
    Do("promise.keep", say_yes, then="promise.kept", refuses=(PromiseOver, DrawerShort), writes=True),
    End("promise.kept"),
    Do("promise.decline", say_no, then="promise.declined", refuses=(PromiseOver,), writes=True),
    End("promise.declined"),
)  # fmt: skip
