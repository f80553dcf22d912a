"""The last entries of a wallet or a float, a page at a time; a number shows one of them whole."""

from collections.abc import Mapping, Sequence
from typing import Any

from menus.call import Call
from service.ledger.entry import Account
from service.ussd.screens import Do, End, Pick, Values
from service.wallet.account import float_of, wallet_of
from service.wallet.due import bring_up_to_date
from service.wallet.statement import Item, statement

SHOWN = 10


def _listed(item: Item) -> Values:
    shown = {"day": item.at.isoformat(), "signed": item.amount, "other": item.other_shown}
    whole = {"reference": item.reference, "balance": item.balance, "at": item.at.isoformat()}
    return {"value": shown | whole, **shown}


def _items(call: Call, account: Account) -> Sequence[Values]:
    return [_listed(item) for item in statement(call.unit, account, limit=SHOWN)]


def last_entries(call: Call, _: Values) -> Sequence[Values]:
    """List what went in and out of the caller's wallet."""
    bring_up_to_date(call.unit, call.caller)
    return _items(call, wallet_of(call.caller))


def last_of_float(call: Call, _: Values) -> Sequence[Values]:
    """List what went in and out of the caller's float."""
    return _items(call, float_of(call.shop, call.pack.country))


def open_item(_: Call, values: Values) -> Mapping[str, Any]:
    """Take what was listed apart, to show it whole."""
    item = values["item"]
    return {name: item[name] for name in ("reference", "at", "signed", "other", "balance")}


SCREENS = (
    Pick("statement", "item", last_entries, then="statement.open", lines=("day", "signed", "other"),
         empty="statement.empty"),
    Do("statement.open", open_item, then="statement.item", gives=("reference", "at", "signed", "other", "balance")),
    End("statement.item"),
    End("statement.empty"),
    Pick("agent.last", "item", last_of_float, then="statement.open", lines=("day", "signed", "other"),
         empty="statement.empty"),
)  # fmt: skip
