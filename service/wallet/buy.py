"""Buying one item: a quote with its price, then one entry and what was bought; again is free while it lasts.

Bought is what was shown (S-15): price, title and seller. The entry's id is minted with the quote and is that of the
row `Bought`, so that whatever is retried is this purchase, also where the price is too small for an entry.
"""

from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple

from service.countries import Pack
from service.ledger.chart import Reason
from service.ledger.entry import Cap, Entry, Move, NotEnough
from service.ledger.post import post
from service.wallet.account import counted_out, takings_of, wallet_of
from service.wallet.halt import refuse_halted
from service.wallet.item import AccessCode, Bought, Item, OwnItem, SoldOut, UnknownItem, on_sale, pages_of
from service.wallet.limits import OverSingle, caps_out, in_its_words, limits_of, refuse_over, tier_of
from service.wallet.merchant import Merchant
from service.wallet.notice import tell
from service.wallet.pin import refuse_locked
from service.wallet.receipt import Receipt, already
from service.wallet.send import QuoteChanged, charge_moves
from service.wallet.tab import add_up, put_on_tab
from service.wallet.unit import Asked, Person, Unit

IN_ONE_SMS = 140
"""A text that is longer is read on the screen."""


class Quote(NamedTuple):
    """A purchase as it is shown before the PIN: `price` in millionths of a minor unit, `amount` is taken at once."""

    entry: int
    item: str
    kind: str
    title: str
    till: str
    name: str
    price: int
    days: int
    amount: int
    tab: int


def quote_buy(unit: Unit, *, buyer: Person, code: str) -> Quote:
    """Price what is sold under a code, and mint its entry's id; nothing is taken beside the price.

    Raises PinLocked, UnknownItem, OwnItem, SoldOut, SendsHalted, OverSingle, OverCap or NotEnough, in turn.
    """
    refuse_locked(unit, buyer)
    unit.books.ahead(wallet_of(buyer), *counted_out(buyer, unit.now, unit.house.packs[buyer.country]))
    item, till, owner = on_sale(unit, code, buyer.country)
    if owner.id == buyer.id:
        raise OwnItem
    if item.kind == "code" and not unit.rows.find(AccessCode, item=code, state="free", newest=True, limit=1):
        raise SoldOut
    paid, tab = add_up(unit, buyer, till.number, item.price)
    if paid:
        refuse_halted(unit, buyer.country)
    refuse_over(limits_of(unit, buyer), paid)
    balance = unit.books.balance(wallet_of(buyer))
    if paid > balance:
        raise NotEnough(balance=balance, total=paid)
    return Quote(unit.mint(), code, item.kind, item.title, till.number, till.name, item.price, item.days, paid, tab)


def owned(unit: Unit, person: Person, code: str) -> Bought | None:
    """Return what somebody has bought under a code, if it is still theirs."""
    last = unit.rows.find(Bought, person=person.id, item=code, newest=True, limit=1)
    return last[0] if last and last[0].until > unit.now else None


def buy(unit: Unit, *, buyer: Person, quote: Quote, caps: tuple[Cap, ...] = ()) -> tuple[Bought, Receipt]:
    """Pay for what was quoted, and hand it out; the buyer has been unlocked.

    Raises QuoteChanged, SoldOut, OverSingle, or a refusal of the ledger decided under its locks.
    """
    unit.rows.ahead(Asked.get(Bought, quote.entry), Asked.get(Item, quote.item), Asked.get(Merchant, quote.till))
    if there := unit.rows.get(Bought, quote.entry):
        return there, receipt_of(unit, buyer, there, repeated=True)
    try:
        item, till, owner = on_sale(unit, quote.item, buyer.country)
    except UnknownItem:
        raise QuoteChanged from None
    shown = (item.kind, item.title, till.name, item.price, item.days, till.number)
    if shown != (quote.kind, quote.title, quote.name, quote.price, quote.days, quote.till) or owner.id == buyer.id:
        raise QuoteChanged
    if quote.amount > (single := tier_of(unit, buyer).single):
        raise OverSingle(single=single)
    access = _access(unit, item) if item.kind == "code" else None
    paid, tab = put_on_tab(unit, buyer, till.number, item.price)
    if (paid, tab) != (quote.amount, quote.tab):
        raise QuoteChanged  # something else was put on the tab meanwhile
    take(unit, buyer, till, quote.entry, paid, caps)
    # Nothing may refuse after this line.
    if access:
        unit.rows.put(replace(access, state="given"))
    pack = unit.house.packs[buyer.country]
    made = Bought(
        id=quote.entry,
        person=buyer.id,
        item=item.code,
        paid=paid,
        access=access.code if access else "",
        at=unit.now,
        until=unit.now + lasts(pack, item.days),
    )
    unit.rows.append(made)
    receipt = receipt_of(unit, buyer, made)
    if paid:
        said = {"title": item.title, "till_name": till.name, "till": till.number, "price": item.price}
        said |= {"reference": receipt.reference, "balance": receipt.balance, "closes": made.until.isoformat()}
        tell(unit, buyer, "bought", said, entry=made.id)
        deliver(unit, buyer, item, made)
    return made, receipt


def lasts(pack: Pack, days: int) -> timedelta:
    """Return how long so many days of content are."""
    return timedelta(seconds=days * pack.content_day_seconds)


def take(unit: Unit, buyer: Person, till: Merchant, entry: int, paid: int, caps: tuple[Cap, ...] = ()) -> None:
    """Post what is to be paid for content now, if that is a whole minor unit at least."""
    if not paid:
        return
    source, takings = wallet_of(buyer), takings_of(till, buyer.country)
    cost = unit.house.packs[buyer.country].cost_of_content(paid, unit.now)
    moves = (Move(source, takings, paid, Reason.BUY), *charge_moves(takings, cost))
    every = (*caps_out(unit, buyer, paid), *caps)
    with in_its_words(unit, buyer, paid):
        post(unit.books, Entry(id=entry, reason=Reason.BUY, at=unit.now, moves=moves, caps=every))


def _access(unit: Unit, item: Item) -> AccessCode:
    """Return an access code that nobody has been given; one buyer at a time looks for one."""
    unit.rows.lock(Item, item.code)
    free = unit.rows.find(AccessCode, item=item.code, state="free", newest=True, limit=1)
    if not free:
        raise SoldOut
    return free[0]


def receipt_of(unit: Unit, buyer: Person, made: Bought, *, repeated: bool = False) -> Receipt:
    """Return the receipt of a purchase; without a reference where it was too small for an entry."""
    if made.paid and (receipt := already(unit, made.id, wallet_of(buyer))):
        return receipt._replace(repeated=repeated)
    return Receipt(made.id, "", made.at, unit.books.balance(wallet_of(buyer)), repeated)


def deliver(unit: Unit, buyer: Person, item: Item, made: Bought) -> None:
    """Send what was bought, or what to dial to read it."""
    tell(unit, buyer, *delivery(unit, buyer, item, made))


def delivery(unit: Unit, buyer: Person, item: Item, made: Bought) -> tuple[str, dict[str, str]]:
    """Return the message that brings what was bought: a code never goes to a number that several share (S-14)."""
    pack = unit.house.packs[buyer.country]
    if made.access and not buyer.shared:
        return "content", {"content": f"{item.title}: {made.access}"}
    if not made.access and len(item.text) <= IN_ONE_SMS:
        return "content", {"content": item.text}
    dial = f"{pack.people_code.rstrip('#')}*3*2*{item.code}#"
    return "content_dial", {"title": item.title, "dial": dial, "closes": made.until.isoformat()}


def page_of(item: Item, number: int) -> tuple[tuple[str, ...], bool]:
    """Return the lines of a page of a text, counted from 0, and whether there is another."""
    pages = pages_of(item.text)
    number = min(number, len(pages) - 1)
    return tuple(pages[number]), number + 1 < len(pages)
