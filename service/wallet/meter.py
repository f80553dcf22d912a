"""Meters: content by the page, or a seller's service by the unit, out of a hold whose cap the person chose by PIN.

What is used is told as the sum since the beginning, under a number that grows: what is lost on the way, comes twice or
in another order changes nothing. The meter stops at the cap, by STOP, or when it has heard nothing for the pack's time;
then one entry pays the seller for what was used and gives back the rest. So charged <= used <= cap, always.
"""

import hashlib
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from service.ledger.chart import Reason
from service.ledger.entry import Entry, Move, NotEnough
from service.ledger.post import held_by, hold, post, resolves
from service.money import MILLION
from service.refusal import Refusal
from service.wallet.account import takings_of, wallet_of
from service.wallet.buy import Quote
from service.wallet.item import Item, UnknownItem, item_of, on_sale, pages_of
from service.wallet.limits import OverSingle, caps_out, given_back, in_its_words, tier_of
from service.wallet.merchant import Merchant
from service.wallet.metered import Meter
from service.wallet.notice import tell
from service.wallet.receipt import Receipt, already, receipt_for
from service.wallet.send import QuoteChanged, charge_moves
from service.wallet.tab import put_on_tab
from service.wallet.unit import Person, Unit

MOST_UNITS = 10**9
"""No meter counts further: what it is told beyond this is as much as the cap allows."""


class NoMeter(Refusal):
    """No meter of this person runs for that."""


class BadCap(Refusal):
    """A cap is from the price of one unit to the pack's highest price of content."""

    says = ("least", "most")


@dataclass(frozen=True, kw_only=True)
class SellerKey:
    """What a seller's service shows to tell what was used at one till; only a digest of it is kept."""

    till: str
    digest: str
    at: datetime


class Reading(NamedTuple):
    """Where a meter stands."""

    state: str
    used: int
    left: int
    seq: int


def quote_meter(unit: Unit, *, quote: Quote, cap: int, person: Person) -> Quote:
    """Return the quote of a meter with its cap as what is taken at once; raises BadCap or NotEnough."""
    pack = unit.house.packs[person.country]
    least = max(1, -(-quote.price // MILLION))
    if not least <= cap <= pack.content_price_most:
        raise BadCap(least=least, most=pack.content_price_most)
    balance = unit.books.balance(wallet_of(person))
    if cap > balance:
        raise NotEnough(balance=balance, total=cap)
    return quote._replace(amount=cap, tab=0)


def open_meter(unit: Unit, *, person: Person, quote: Quote) -> tuple[Meter, Receipt]:
    """Set the cap aside and let the meter run; the person has been unlocked.

    Raises QuoteChanged, OverSingle, or a refusal of the ledger.
    """
    if there := unit.rows.get(Meter, quote.entry):
        receipt = already(unit, there.id, wallet_of(person))
        assert receipt is not None, f"meter {there.id} holds nothing"
        return there, receipt
    unit.rows.lock(Person, person.id)
    if open_of(unit, person, quote.item):
        raise QuoteChanged  # one at a time: it is shown again as the one that runs
    item, till = _sold(unit, quote.item, person)
    if (item.price, item.title, till.name) != (quote.price, quote.title, quote.name):
        raise QuoteChanged
    if quote.amount > (single := tier_of(unit, person).single):
        raise OverSingle(single=single)
    source = wallet_of(person)
    with in_its_words(unit, person, quote.amount):
        caps = caps_out(unit, person, quote.amount)
        posted = hold(
            unit.books,
            entry_id=quote.entry,
            at=unit.now,
            source=source,
            amount=quote.amount,
            caps=caps,
            reason=Reason.BUY,
        )
    # Nothing may refuse after this line.
    row = Meter(
        id=quote.entry,
        person=person.id,
        item=item.code,
        price=item.price,
        cap=quote.amount,
        next_at=unit.now + _silence(unit, person),
    )
    unit.rows.append(row)
    receipt = receipt_for(unit, posted, source)
    said = {"reference": receipt.reference, "title": item.title, "till_name": till.name, "amount": row.cap}
    tell(unit, person, "meter_open", said | {"price": item.price, "item": item.code}, entry=row.id)
    return row, receipt


def _sold(unit: Unit, code: str, person: Person) -> tuple[Item, Merchant]:
    try:
        return on_sale(unit, code, person.country)[:2]
    except UnknownItem:
        raise QuoteChanged from None


def open_of(unit: Unit, person: Person, code: str) -> Meter | None:
    """Return the meter of a person that runs for an item."""
    rows = unit.rows.find(Meter, person=person.id, state="open")
    return next((row for row in rows if row.item == code and row.next_at > unit.now), None)


def read_page(unit: Unit, person: Person, code: str, number: int) -> tuple[int, tuple[str, ...], bool] | None:
    """Return a page of a text that is paid by the page, its number and whether another follows; count it if it is new.

    None: the cap is used up, and the meter has stopped. Raises NoMeter.
    """
    found = open_of(unit, person, code)
    row = unit.rows.lock(Meter, found.id) if found else None
    if row is None or row.state != "open":
        raise NoMeter
    pages = pages_of(item_of(unit, code).text)
    number = min(number, len(pages) - 1)
    if number >= row.most_units:
        _close(unit, row)
        return None
    unit.rows.put(replace(row, used=max(row.used, number + 1), next_at=unit.now + _silence(unit, person)))
    return number, tuple(pages[number]), number + 1 < len(pages)


def hear(unit: Unit, *, till: str, meter_id: int, seq: int, total: int, stop: bool = False) -> Reading:
    """Take what a seller's service tells, so many units in all under a number that grows; say where the meter stands.

    A number that was heard changes nothing. The meter stops where the cap is reached, when told to, and by time.
    Raises NoMeter if no meter of this till has this number.
    """
    row = unit.rows.lock(Meter, meter_id)
    if row is None or item_of(unit, row.item).till != till:
        raise NoMeter
    if row.state == "open" and row.next_at <= unit.now:
        row = _close(unit, row)
    elif row.state == "open" and seq > row.seq:
        person = unit.rows.get(Person, row.person)
        assert person is not None, f"no person {row.person}"
        used = max(row.used, min(total, row.most_units))
        row = replace(row, used=used, seq=seq, next_at=unit.now + _silence(unit, person))
        unit.rows.put(row)
        if stop or total >= row.most_units:
            row = _close(unit, row)
    return Reading(row.state, row.used, row.most_units - row.used if row.state == "open" else 0, row.seq)


def stop_meter(unit: Unit, person: Person, code: str) -> bool:
    """Stop what runs for an item, and say whether something did."""
    rows = [row for row in unit.rows.find(Meter, person=person.id, state="open") if row.item == code]
    for row in rows:
        _close_of(unit, row.id)
    return bool(rows)


def stop_all_meters(unit: Unit, person: Person) -> int:
    """Stop all that runs for somebody, and return how many there were."""
    rows = unit.rows.find(Meter, person=person.id, state="open")
    for row in rows:
        _close_of(unit, row.id)
    return len(rows)


def stop_silent(unit: Unit, *, limit: int = 1) -> int:
    """Stop meters that have heard nothing for too long, one in a commit, and return how many."""
    rows = unit.rows.due(Meter, before=unit.now, state="open", limit=limit)
    for row in rows:
        _close(unit, row)
    return len(rows)


def _close_of(unit: Unit, meter_id: int) -> None:
    row = unit.rows.lock(Meter, meter_id)
    if row is not None and row.state == "open":
        _close(unit, row)


def _close(unit: Unit, row: Meter) -> Meter:
    """Pay the seller for what was used and give back the rest, in one entry; the row is locked."""
    person, item = unit.rows.get(Person, row.person), item_of(unit, row.item)
    till = unit.rows.get(Merchant, item.till)
    assert person is not None, f"no person {row.person}"
    assert till is not None, f"no till {item.till}"
    charged, _ = put_on_tab(unit, person, till.number, row.used * row.price)
    assert charged <= row.cap, f"meter {row.id} would charge {charged} of {row.cap}"
    held, takings = held_by(person.country, row.id), takings_of(till, person.country)
    cost = unit.house.packs[person.country].cost_of_content(charged, unit.now)
    moves = [Move(held, takings, charged, Reason.BUY), *charge_moves(takings, cost)] if charged else []
    if left := row.cap - charged:
        moves.append(Move(held, wallet_of(person), left, Reason.RELEASE))
    began = unit.books.entry(row.id)
    assert began is not None, f"meter {row.id} holds nothing"
    posted = post(
        unit.books,
        Entry(
            id=unit.mint(),
            reason=Reason.BUY if charged else Reason.RELEASE,
            at=unit.now,
            moves=tuple(moves),
            caps=given_back(unit, person, left, counted_at=began.at) if left else (),
            once=resolves(row.id),
        ),
    )
    closed = replace(row, state="closed", charged=charged)
    unit.rows.put(closed)
    target = wallet_of(person)
    said: dict[str, object] = {
        "reference": unit.house.references.write(posted.id),
        "title": item.title,
        "till_name": till.name,
    }
    said |= {"paid": charged, "refund": left, "units": row.used}
    balance = posted.balances[target] if left else unit.books.balance(target)
    tell(unit, person, "meter_done", said | {"balance": balance}, entry=posted.id)
    return closed


def _silence(unit: Unit, person: Person) -> timedelta:
    return timedelta(seconds=unit.house.packs[person.country].meter_silence_seconds)


def new_seller_key(unit: Unit, till: str) -> str:
    """Return a key for what a till sells by the unit, in place of any older one; it is shown this once."""
    key = secrets.token_urlsafe(32)
    row = SellerKey(till=till, digest=digest_of(key), at=unit.now)
    if not unit.rows.add(row):
        unit.rows.put(row)
    return key


def digest_of(key: str) -> str:
    """Return what is kept of a key: it is 256 random bits, so a plain digest tells nothing of it."""
    return hashlib.sha256(key.encode()).hexdigest()


def till_of_key(unit: Unit, key: str) -> str | None:
    """Return the till of a key, or None."""
    found = unit.rows.find(SellerKey, digest=digest_of(key), limit=1)
    return found[0].till if found else None
