"""Paying a bill and buying airtime: the money is held, a provider is told, and what became of it ends the hold.

The order is written in the commit that holds the money, and what the provider calls ours by is the reference that the
person reads. Whoever hears what became of it (errand.py, a callback, two of the staff) ends the hold under its one
name, so that money which went to the provider never comes back as well, whatever else is said later.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, NamedTuple

from service.countries import Biller, Charge
from service.countries.biller import ANY, EXACT, LONGEST_ACCOUNT
from service.ledger.books import Line
from service.ledger.chart import Reason
from service.ledger.entry import Cap, Entry, Move, NotEnough, Posted
from service.ledger.post import held_by, post, resolves
from service.phone import mask_phone
from service.refusal import Refusal
from service.wallet.account import counted_out, provider_account, provider_name, wallet_of
from service.wallet.halt import refuse_halted
from service.wallet.known import look_up_account, pay_back_account
from service.wallet.limits import OverSingle, caps_out, given_back, in_its_words, limits_of, refuse_over, tier_of
from service.wallet.name import masked
from service.wallet.notice import tell
from service.wallet.ordered import Order
from service.wallet.outside import NOT_FOUND, TOO_SLOW, AccountQuestion, Found, answer_to
from service.wallet.pin import refuse_locked
from service.wallet.proposal import NothingToApprove
from service.wallet.receipt import Receipt, already, receipt_for
from service.wallet.send import QuoteChanged, charge_moves
from service.wallet.sim import refuse_unseen_sim
from service.wallet.unit import Case, Person, Unit

BILL, AIRTIME = "bill", "airtime"
REASONS = {BILL: Reason.BILL, AIRTIME: Reason.AIRTIME}

REFUSED, LATE = "refused", "late"
"""Why an order came to nothing: its provider said no, or never got it."""

RECENT = 3
"""So many accounts that were paid before are offered first."""

LOOKED_AT = 20
CASE_SECONDS = 24 * 3600
"""Staff have so long to find out what became of an order."""


class UnknownBiller(Refusal):
    """Bills of this biller are not taken (any more)."""


class BadAccount(Refusal):
    """What was typed does not look like an account number of this biller."""


class UnknownAccount(Refusal):
    """The biller has no such account."""


class BillerSilent(Refusal):
    """The biller did not say in time whose account it is: nothing was taken."""


class NothingDue(Refusal):
    """Nothing is due on this account, and the biller takes no more than that."""


class NotPayable(Refusal):
    """The biller takes amounts from so much to so much on this account."""

    says = ("least", "most")


class Asked(NamedTuple):
    """An account as its biller knows it: `least` and `most` may be paid, the same where it is all or nothing."""

    biller: str
    account: str
    holder: str
    due: int | None
    least: int
    most: int

    @property
    def is_exact(self) -> bool:
        """Whether one amount only is taken."""
        return self.least == self.most


class Quote(NamedTuple):
    """An order as it is shown before the PIN, in minor units; `total` leaves the wallet."""

    entry: int
    kind: str
    provider: str
    account: str
    amount: int
    fee: int
    excise: int
    levy: int

    @property
    def charge(self) -> Charge:
        return Charge(self.fee, self.excise, self.levy)

    @property
    def total(self) -> int:
        return self.amount + self.charge.total


def read_account(typed: str) -> str:
    """Take a number at a biller as it is printed: its biller says what it looks like. Raises BadAccount."""
    account = re.sub("[ -]", "", typed).upper()
    if not re.fullmatch(f"[0-9A-Z]{{3,{LONGEST_ACCOUNT}}}", account):
        raise BadAccount
    return account


def ask_biller(unit: Unit, person: Person, code: str, account: str) -> Asked:
    """Find an account at a biller and what may be paid on it.

    Raises UnknownBiller, BadAccount, TooManyAccounts, UnknownAccount, BillerSilent or NothingDue; Unanswered until the
    biller was asked. What was looked up is counted, whatever is refused then.
    """
    biller = unit.house.packs[person.country].biller(code)
    if biller is None:
        raise UnknownBiller
    if not re.fullmatch(biller.account, account, re.ASCII):
        raise BadAccount
    if (code, account) not in _paid_before(unit, person):
        look_up_account(unit, person, code, account)
    found = answer_to(unit, AccountQuestion(person.country, code, account))
    if found == NOT_FOUND:
        raise UnknownAccount
    if found == TOO_SLOW or not isinstance(found, Found):
        raise BillerSilent
    least, most = biller.least, biller.most
    if biller.rule != ANY:
        if not found.due:
            raise NothingDue
        most = found.due
        least = most if biller.rule == EXACT else min(least, most)
    return Asked(code, account, masked(found.holder), found.due, least, most)


def quote_bill(unit: Unit, *, payer: Person, asked: Asked, amount: int) -> Quote:
    """Price a bill and mint its entry's id; raises PinLocked, NotPayable, NotOffered, SimUnseen, OverSingle, OverCap or
    NotEnough.
    """
    refuse_locked(unit, payer)
    if not asked.least <= amount <= asked.most:
        raise NotPayable(least=asked.least, most=asked.most)
    return _quote(unit, payer, BILL, asked.biller, asked.account, amount)


def quote_airtime(unit: Unit, *, payer: Person, phone: str, amount: int) -> Quote:
    """Price airtime for a number and mint its entry's id; raises PinLocked, NotOffered, SimUnseen, OverSingle, OverCap
    or NotEnough.
    """
    refuse_locked(unit, payer)
    return _quote(unit, payer, AIRTIME, AIRTIME, phone, amount)


def _quote(unit: Unit, payer: Person, kind: str, provider: str, account: str, amount: int) -> Quote:
    refuse_halted(unit, payer.country)
    pack = unit.house.packs[payer.country]
    unit.books.ahead(wallet_of(payer), *counted_out(payer, unit.now, pack))
    charge = pack.charge(kind, amount, unit.now)
    refuse_unseen_sim(unit, payer, amount)
    refuse_over(limits_of(unit, payer), amount)
    quote = Quote(unit.mint(), kind, provider, account, amount, *charge)
    balance = unit.books.balance(wallet_of(payer))
    if quote.total > balance:
        raise NotEnough(balance=balance, total=quote.total)
    return quote


def place_order(unit: Unit, *, payer: Person, quote: Quote, caps: Sequence[Cap] = ()) -> Receipt:
    """Hold the quoted money and write the order down; the payer has been unlocked, the worker does the rest.

    Nobody is told yet: the message that says what became of it is the receipt. Raises QuoteChanged, OverSingle, or a
    refusal of the ledger (NotEnough, OverCap) decided under its locks.
    """
    source, pack = wallet_of(payer), unit.house.packs[payer.country]
    gone = quote.kind == BILL and pack.biller(quote.provider) is None
    if gone or pack.charge(quote.kind, quote.amount, unit.now) != quote.charge:
        if receipt := already(unit, quote.entry, source):
            return receipt
        raise QuoteChanged
    if quote.amount > (single := tier_of(unit, payer).single):
        raise OverSingle(single=single)
    held = held_by(payer.country, quote.entry)
    unit.books.open(held)
    entry = Entry(
        id=quote.entry,
        reason=REASONS[quote.kind],
        at=unit.now,
        moves=(Move(source, held, quote.total, Reason.HOLD),),
        caps=(*caps_out(unit, payer, quote.amount), *caps),
    )
    with in_its_words(unit, payer, quote.amount):
        posted = post(unit.books, entry)
    # Nothing may refuse after this line.
    receipt = receipt_for(unit, posted, source)
    if not posted.repeated:
        fields = quote._asdict()
        unit.rows.append(Order(id=fields.pop("entry"), person=payer.id, at=unit.now, next_at=unit.now, **fields))
    return receipt


def tell_taken(unit: Unit, payer: Person, order_id: int) -> None:
    """Tell by SMS what a screen would say: the money is set aside, and what became of it follows."""
    row = unit.rows.get(Order, order_id)
    assert row is not None, f"no order {order_id}"
    tell(unit, payer, f"{row.kind}_taken", _said(unit, row, payer))


def settle(unit: Unit, row: Order, provider_id: str | None = None) -> None:
    """Give the held money of an order to its provider, who has done it, and tell the person; the row is locked."""
    person = person_of(unit, row)
    held = held_by(person.country, row.id)
    target = provider_account(person.country, row.provider)
    charge = Charge(row.fee, row.excise, row.levy)
    moves = (Move(held, target, row.amount, REASONS[row.kind]), *charge_moves(held, charge))
    posted = _resolve(unit, row, Reason.SETTLE, moves)
    unit.rows.put(replace(row, state="done", provider_id=provider_id or row.provider_id))
    _close_case(unit, row)
    if row.kind == BILL:
        pay_back_account(unit, person, row.provider, row.account, looked_at=row.at)
    values = _said(unit, row, person) | {"fee": charge.published, "levy": charge.levy, "at": posted.at.isoformat()}
    tell(unit, person, f"{row.kind}_paid", values, entry=posted.id)


def give_back(unit: Unit, row: Order, why: str = LATE) -> None:
    """Give all that an order holds back to its payer, with the limit of its day, and tell them why.

    The row is locked.
    """
    person = person_of(unit, row)
    move = Move(held_by(person.country, row.id), wallet_of(person), row.held, Reason.RELEASE)
    caps = given_back(unit, person, row.amount, counted_at=row.at)
    posted = _resolve(unit, row, Reason.RELEASE, (move,), caps=caps)
    unit.rows.put(replace(row, state="returned"))
    _close_case(unit, row)
    values = _said(unit, row, person) | {"amount": row.held, "at": posted.at.isoformat()}
    tell(unit, person, f"{row.kind}_{why}", values, entry=posted.id)


def mark_stuck(unit: Unit, row: Order) -> Order:
    """Have staff find out what became of an order, and tell the person once that nobody knows; the row is locked."""
    person = person_of(unit, row)
    case = Case(
        id=unit.mint(),
        what="order",
        opener=person.id,
        about=row.id,
        other=person.id,
        state="open",
        opened_at=unit.now,
        due_at=unit.now + timedelta(seconds=CASE_SECONDS),
    )
    if unit.rows.add(case):
        values = _said(unit, row, person) | {"help_line": unit.house.packs[person.country].help_line}
        tell(unit, person, f"{row.kind}_unsure", values)
    return replace(row, stuck=True)


def stuck_order(unit: Unit, order_id: int) -> Order:
    """Lock an order whose outcome staff have found out; raises NothingToApprove unless it has been unknown for long.

    Until then its provider is still being asked, and may do it at any moment.
    """
    row = unit.rows.lock(Order, order_id)
    if row is None or row.state != "waiting" or not row.stuck:
        raise NothingToApprove
    return row


def person_of(unit: Unit, row: Order) -> Person:
    """Return whose order it is."""
    person = unit.rows.get(Person, row.person)
    assert person is not None, f"no person {row.person}"
    return person


def account_shown(order: Order | Quote) -> str:
    """Return how an account is shown to its payer: a phone is masked like any other."""
    return mask_phone(order.account) if order.kind == AIRTIME else order.account


def recent_accounts(unit: Unit, person: Person) -> Sequence[tuple[Biller, str]]:
    """Return the billers and accounts that a person paid last, newest first, each once."""
    pack = unit.house.packs[person.country]
    known = [(pack.biller(code), account) for code, account in _paid_before(unit, person) if account]
    return [(biller, account) for biller, account in known if biller][:RECENT]


def _paid_before(unit: Unit, person: Person) -> Mapping[tuple[str, str], None]:
    """Return the billers and accounts of the bills that a person has paid, newest first."""
    rows = unit.rows.find(Order, person=person.id, kind=BILL, newest=True, limit=LOOKED_AT)
    return dict.fromkeys((row.provider, row.account) for row in rows if row.state == "done")


def just_ordered(unit: Unit, payer: Person, quote: Quote, lines: Sequence[Line]) -> Mapping[str, Any] | None:
    """Return the last order of the same amount for the same account if it is younger than the pack's window (W-05).

    `lines` are the newest of the payer's wallet. What came back may be ordered again.
    """
    since = unit.now - timedelta(seconds=unit.house.packs[payer.country].repeat_window_seconds)
    young = {line.entry for line in lines if line.at >= since and line.entry_reason == REASONS[quote.kind]}
    for row in unit.rows.find(Order, id=sorted(young, reverse=True), limit=LOOKED_AT) if young else ():
        same = (row.provider, row.account, row.amount) == (quote.provider, quote.account, quote.amount)
        if same and row.state != "returned":
            return {"reference": unit.house.references.write(row.id)}
    return None


def _resolve(unit: Unit, row: Order, reason: Reason, moves: tuple[Move, ...], **guards: Any) -> Posted:
    return post(
        unit.books,
        Entry(id=unit.mint(), reason=reason, at=unit.now, moves=moves, once=resolves(row.id), **guards),
    )


def _said(unit: Unit, row: Order, person: Person) -> dict[str, Any]:
    """Return what every message about an order says; it goes by the reference that its screen showed."""
    name = {"biller": provider_name(unit, person.country, row.provider)} if row.kind == BILL else {}
    return {
        "reference": unit.house.references.write(row.id),
        "amount": row.amount,
        "account": account_shown(row),
        "balance": unit.books.balance(wallet_of(person)),
        **name,
    }


def _close_case(unit: Unit, row: Order) -> None:
    for found in unit.rows.find(Case, about=row.id, what="order", limit=1) if row.stuck else ():
        if (case := unit.rows.lock(Case, found.id)) and case.state == "open":
            unit.rows.put(replace(case, state="done"))
