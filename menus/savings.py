"""Savings: putting money into a pot and taking it out, a new pot for a goal or until a day, and closing one."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from menus.call import Call
from menus.fields import AMOUNT, DAY, POT_NAME
from menus.steps import by_pin
from service.ledger.entry import NotEnough
from service.ussd.screens import Act, Ask, Choice, Do, End, Menu, Pick, Screen, Values
from service.wallet.calendar import DayOutOfReach, moment
from service.wallet.due import bring_up_to_date
from service.wallet.pin import PinLocked
from service.wallet.pot import Pot
from service.wallet.receipt import Receipt
from service.wallet.savings import (
    NoPot,
    PotLocked,
    Saving,
    StillSaved,
    TooManyPots,
    close_pot,
    lock_day,
    open_pot,
    own_pot,
    pots_of,
    quote_save,
    quote_take_out,
    refuse_more_pots,
    refuse_pot_locked,
    save,
    take_out,
    unlocks,
)
from service.wallet.statement import balance_of


def add_up(call: Call, _: Values) -> Mapping[str, Any]:
    """Say what the caller has saved in all."""
    pots = pots_of(call.unit, call.caller)
    return {"in_pot": sum(pot.held for pot in pots), "has_pots": bool(pots)}


def _shown(call: Call, pot: Pot) -> dict[str, Any]:
    """Return what is shown of a pot: what is missing to its goal, or until when it is locked."""
    until = unlocks(call.unit, call.caller, pot)
    return {"pot": pot.name, "in_pot": pot.held, "missing": pot.missing, "unlocks": until}


def listed(call: Call, _: Values) -> Sequence[Values]:
    """List the caller's pots."""
    return [
        {"value": pot.id, **_shown(call, pot), "has": pot.held, "lacks": pot.missing}
        for pot in pots_of(call.unit, call.caller)
    ]


def pick(call: Call, values: Values) -> Mapping[str, Any]:
    """Show the pot that was picked, and what the wallet holds."""
    bring_up_to_date(call.unit, call.caller)
    pot = own_pot(call.unit, call.caller, values["pot_id"])
    return {**_shown(call, pot), "balance": balance_of(call.unit, call.caller)}


def pick_open(call: Call, values: Values) -> Mapping[str, Any]:
    """Show it if something can be taken out of it."""
    refuse_pot_locked(call.unit, call.caller, own_pot(call.unit, call.caller, values["pot_id"]))
    return pick(call, values)


def _quote(mint: Callable[..., Saving]) -> Act:
    def act(call: Call, values: Values) -> Mapping[str, Any]:
        saving = mint(call.unit, owner=call.caller, pot_id=values["pot_id"], amount=values["amount"])
        return {"quote": saving._asdict()}

    return act


def _move(move: Callable[..., Receipt]) -> Act:
    def act(call: Call, values: Values) -> Mapping[str, Any]:
        saving = Saving(**values["quote"])
        receipt = move(call.unit, owner=call.caller, saving=saving)
        pot = own_pot(call.unit, call.caller, saving.pot)
        return {"reference": receipt.reference, "balance": receipt.balance, "in_pot": pot.held, "missing": pot.missing}

    return act


def may_open(call: Call, _: Values) -> None:
    """Turn somebody away who has as many pots as there may be."""
    refuse_more_pots(call.unit, call.caller)


def find_day(call: Call, values: Values) -> Mapping[str, Any]:
    """Say which day is meant."""
    until = lock_day(call.unit, call.caller, values["until_day"])
    return {"lock_until": until.isoformat(), "unlocks": moment(until, 0, call.pack).isoformat()}


def new_goal(call: Call, values: Values) -> None:
    """Open a pot for a goal."""
    open_pot(call.unit, person_id=call.caller.id, name=values["pot"], goal=values["amount"])


def new_lock(call: Call, values: Values) -> None:
    """Open a locked pot."""
    open_pot(call.unit, person_id=call.caller.id, name=values["pot"], until=values["lock_until"])


def close(call: Call, values: Values) -> None:
    """Close an empty pot."""
    close_pot(call.unit, call.caller, values["pot_id"])


SHOWN = ("pot", "in_pot", "missing", "unlocks")
DONE = ("reference", "balance", "in_pot", "missing")


def _pots(screen: str, then: str) -> Pick:
    return Pick(screen, "pot_id", listed, then=then, lines=("pot", "has", "lacks", "unlocks"), empty="savings.none")


SCREENS: tuple[Screen, ...] = (
    Do("savings.open", add_up, then="savings", gives=("in_pot", "has_pots")),
    Menu("savings", (
        Choice("1", "pots.in", when="has_pots"),
        Choice("2", "pots.out", when="has_pots"),
        Choice("3", "pot.goal.open"),
        Choice("4", "pot.lock.open"),
        Choice("5", "pots.close", when="has_pots"),
    )),
    End("savings.none"),
    _pots("pots.in", "pot.in.pick"),
    Do("pot.in.pick", pick, then="pot.in", gives=(*SHOWN, "balance"), refuses=(NoPot,)),
    Ask("pot.in", "amount", AMOUNT, then="pot.in.quote"),
    Do("pot.in.quote", _quote(quote_save), then="pot.in.pin", gives=("quote",), on={NotEnough: "pot.in"},
       refuses=(NoPot, PinLocked)),
    *by_pin("pot.in", _move(save), "pot.in.done", gives=DONE, refuses=(NoPot,), on={NotEnough: "pot.in"}, posts=True,
            told="saved", not_told="not_saved"),
    _pots("pots.out", "pot.out.pick"),
    Do("pot.out.pick", pick_open, then="pot.out", gives=(*SHOWN, "balance"), refuses=(NoPot, PotLocked)),
    Ask("pot.out", "amount", AMOUNT, then="pot.out.quote"),
    Do("pot.out.quote", _quote(quote_take_out), then="pot.out.pin", gives=("quote",), on={NotEnough: "pot.out"},
       refuses=(NoPot, PotLocked, PinLocked)),
    *by_pin("pot.out", _move(take_out), "pot.out.done", gives=DONE, refuses=(NoPot, PotLocked),
            on={NotEnough: "pot.out"}, posts=True, told="taken_out", not_told="not_taken_out"),
    Do("pot.goal.open", may_open, then="pot.goal", on={TooManyPots: "savings"}),
    Ask("pot.goal", "pot", POT_NAME, then="pot.goal.amount"),
    Ask("pot.goal.amount", "amount", AMOUNT, then="pot.goal.do"),
    Do("pot.goal.do", new_goal, then="pot.opened", refuses=(TooManyPots,), writes=True),
    Do("pot.lock.open", may_open, then="pot.lock", on={TooManyPots: "savings"}),
    Ask("pot.lock", "pot", POT_NAME, then="pot.lock.until"),
    Ask("pot.lock.until", "until_day", DAY, then="pot.lock.day"),
    Do("pot.lock.day", find_day, then="pot.lock.sure", gives=("lock_until", "unlocks"),
       on={DayOutOfReach: "pot.lock.until"}),
    Menu("pot.lock.sure", (Choice("1", "pot.lock.do"),)),
    Do("pot.lock.do", new_lock, then="pot.opened", refuses=(TooManyPots,), writes=True),
    End("pot.opened"),
    _pots("pots.close", "pot.close.pick"),
    Do("pot.close.pick", pick, then="pot.close", gives=(*SHOWN, "balance"), refuses=(NoPot,)),
    Menu("pot.close", (Choice("1", "pot.close.do"),)),
    Do("pot.close.do", close, then="pot.closed", refuses=(NoPot, StillSaved), writes=True),
    End("pot.closed"),
)  # fmt: skip
