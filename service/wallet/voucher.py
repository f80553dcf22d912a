"""A voucher: cash for somebody without a wallet, at any agent, for a code and a secret that travel apart.

The code goes to the receiver's phone by SMS and is derived, never stored; the secret is chosen by the sender, who tells
it in person, and is kept like a PIN. A voucher is a withdrawal that is bound to no agent until it is paid: it is held,
given back, limited and audited as withdrawals are.
"""

import hmac
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from service.countries import Does, Pack
from service.ledger.entry import NotEnough
from service.ledger.post import hold
from service.phone import mask_phone, number_of
from service.reference import one_time_code
from service.refusal import Refusal
from service.wallet.account import wallet_of
from service.wallet.halt import refuse_halted
from service.wallet.limits import OverSingle, caps_out, in_its_words, limits_of, refuse_over, tier_of
from service.wallet.name import masked
from service.wallet.notice import tell, tell_number
from service.wallet.pin import is_pin, refuse_locked
from service.wallet.receipt import Receipt, already, receipt_for
from service.wallet.rules import hits, note_delayed
from service.wallet.send import QuoteChanged, SelfPayment
from service.wallet.sim import refuse_unseen_sim
from service.wallet.tally import count
from service.wallet.unit import Agent, Person, Unit, Voucher, Withdrawal
from service.wallet.withdraw import (
    MOST_WAITING,
    VOUCHER,
    Payout,
    Quote,
    TooManyWaiting,
    give_back,
    may_be_paid,
)
from service.wallet.wrong_codes import wrong_codes

TRIES = 3
"""Wrong secrets, whoever types them, after which the money goes back."""


class WrongSecret(Refusal):
    """The secret is not the voucher's; so many tries are left."""

    says = ("tries",)


class SecretIsPin(Refusal):
    """The secret, which others will be told, is the sender's own PIN."""


class VoucherLocked(Refusal):
    """Three wrong secrets: the money is with the sender again."""


class VoucherOver(Refusal):
    """The voucher was paid, taken back, or is too old."""


class VoucherEarly(Refusal):
    """The cash behind the voucher was paid in at another place a moment ago (F-02)."""

    says = ("until",)


def quote_voucher(unit: Unit, *, payer: Person, phone: str, amount: int) -> Quote:
    """Price a voucher as a withdrawal. Whether the number has a wallet plays no part, and is not told.

    Raises PinLocked, SimUnseen, SelfPayment, TooManyWaiting, NotOffered, OverSingle, OverCap or NotEnough.
    """
    refuse_locked(unit, payer)
    refuse_halted(unit, payer.country)
    refuse_unseen_sim(unit, payer, amount)
    if number_of(phone) == payer.phone:
        raise SelfPayment
    if len(unit.rows.find(Withdrawal, person=payer.id, state="waiting", limit=MOST_WAITING)) == MOST_WAITING:
        raise TooManyWaiting
    charge = unit.house.packs[payer.country].charge("withdraw", amount, unit.now)
    refuse_over(limits_of(unit, payer), amount)
    quote = Quote(unit.mint(), VOUCHER, "", amount, *charge)
    balance = unit.books.balance(wallet_of(payer))
    if quote.total > balance:
        raise NotEnough(balance=balance, total=quote.total)
    return quote


def send_voucher(unit: Unit, *, payer: Person, phone: str, quote: Quote, sealed: str, pack: Pack) -> Receipt:
    """Hold amount and charge, and send the code to the receiver; the payer has been unlocked.

    `sealed` is the verifier of the secret, sealed for the quote's entry. Raises QuoteChanged, OverSingle, NotEnough or
    OverCap.
    """
    source = wallet_of(payer)
    if receipt := already(unit, quote.entry, source):
        return receipt
    charge, code = pack.charge("withdraw", quote.amount, unit.now), voucher_code(unit.house.code_key, quote.entry)
    if charge != quote.charge or waiting_under(unit, code):
        raise QuoteChanged
    single = tier_of(unit, payer).single
    if quote.amount > single:
        raise OverSingle(single=single)
    with in_its_words(unit, payer, quote.amount):
        posted = hold(
            unit.books,
            entry_id=quote.entry,
            at=unit.now,
            source=source,
            amount=quote.total,
            caps=caps_out(unit, payer, quote.amount),
        )
    # Nothing may refuse after this line.
    receipt = receipt_for(unit, posted, source)
    until = unit.now + timedelta(seconds=pack.voucher_seconds)
    unit.rows.append(
        Withdrawal(
            id=quote.entry,
            person=payer.id,
            agent=VOUCHER,
            amount=quote.amount,
            fee=quote.fee,
            excise=quote.excise,
            levy=quote.levy,
            expires_at=until,
        )
    )
    index = code_index(unit.house.code_key, code)
    unit.rows.append(Voucher(id=quote.entry, phone=phone, code_index=index, secret=sealed))
    said = {"amount": quote.amount, "day": until.isoformat()}
    sent = {"reference": receipt.reference, "number": mask_phone(phone), "fee": charge.total}
    tell(unit, payer, "voucher_sent", said | sent | {"balance": receipt.balance}, entry=quote.entry)
    got = {"name": masked(payer.name), "number": mask_phone(payer.phone), "voucher": quote.entry}
    tell_number(unit, phone, payer.language, "voucher_code", said | got)
    return receipt


def voucher_code(code_key: bytes, entry: int) -> str:
    """Return the seven digits that the receiver shows to any agent."""
    return one_time_code(code_key, "voucher", entry, 0)


def code_index(code_key: bytes, code: str) -> str:
    """Return what a code is found by: worth nothing without the key."""
    return hmac.digest(code_key, f"voucher index {code}".encode(), "sha256").hex()[:32]


def waiting_under(unit: Unit, code: str) -> Withdrawal | None:
    """Return the voucher that a code stands for now."""
    found = unit.rows.find(Voucher, code_index=[code_index(key, code) for key in unit.house.code_keys])
    rows = [unit.rows.get(Withdrawal, voucher.id) for voucher in found]
    return next((row for row in rows if row and row.state == "waiting" and row.expires_at > unit.now), None)


def find_voucher(unit: Unit, code: str) -> Payout | None:
    """Return the voucher that waits under a code, to be opened by its secret."""
    row = waiting_under(unit, code)
    if row is None:
        return None
    voucher = unit.rows.get(Voucher, row.id)
    if voucher is None or not may_be_paid(unit, row):
        return None
    return Payout(unit.mint(), row.id, mask_phone(voucher.phone), row.amount, voucher=True)


def refuse_early(unit: Unit, *, agent: Agent, payout: Payout) -> None:
    """Raise VoucherEarly where a rule delays the sender's cash at this shop, which nobody knew when it was sent.

    Staff get a case, which must be committed.
    """
    row = unit.rows.get(Withdrawal, payout.withdrawal)
    sender = unit.rows.get(Person, row.person) if row else None
    if sender is None:  # wages: nobody paid cash in for them
        return
    amount = payout.amount
    found = hits(unit, "withdraw", person=sender, amount=amount, shop=agent.number, about="elsewhere")
    if wait := max((rule.seconds for rule in found if rule.does is Does.DELAY), default=0):
        note_delayed(unit, found, person=sender, entry=payout.withdrawal, other=agent.person, amount=amount)
        raise VoucherEarly(until=(unit.now + timedelta(seconds=wait)).isoformat())


def open_voucher(unit: Unit, *, agent: Agent, payout: Payout, secret: str) -> Payout | Refusal:
    """Return the voucher open if this is its secret; a wrong one is counted and must be committed.

    Three wrong ones, at whatever agents, send the money back. Raises VoucherOver.
    """
    row, voucher = unit.rows.lock(Withdrawal, payout.withdrawal), unit.rows.lock(Voucher, payout.withdrawal)
    if row is None or voucher is None or row.state != "waiting" or row.expires_at <= unit.now:
        raise VoucherOver
    if is_pin(unit.house, row.id, secret, voucher.secret):
        return payout._replace(opened=True)
    count(unit, wrong_codes(unit, agent), 1)
    tries = voucher.tries + 1
    unit.rows.put(replace(voucher, tries=tries))
    if tries < TRIES:
        return WrongSecret(tries=TRIES - tries)
    give_back(unit, row)
    return VoucherLocked()


def vouchers_of(unit: Unit, payer: Person) -> Sequence[tuple[Withdrawal, Voucher]]:
    """Return a person's vouchers that nobody has taken yet, oldest first."""
    rows = unit.rows.find(Withdrawal, person=payer.id, state="waiting")
    open_ = [row for row in rows if row.agent == VOUCHER and row.expires_at > unit.now]
    found = [(row, unit.rows.get(Voucher, row.id)) for row in open_]
    return [(row, voucher) for row, voucher in found if voucher is not None]


def take_back(unit: Unit, *, payer: Person, voucher_id: int) -> Withdrawal:
    """Give a voucher's money back to who sent it; raises VoucherOver."""
    row = unit.rows.lock(Withdrawal, voucher_id)
    if row is None or (row.person, row.agent, row.state) != (payer.id, VOUCHER, "waiting"):
        raise VoucherOver
    give_back(unit, row)
    return row
