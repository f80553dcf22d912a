"""Asking for money back that has arrived: what is left of it is set aside, the payee says yes or no, then staff look.

Nothing goes back without the payee's yes or two of the staff, never more than was paid, and never what is not there.
The charge stays: the payment was carried out. What was paid to a shop is not asked back this way (F-06).
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple

from service.ledger.books import Recorded
from service.ledger.chart import Reason
from service.ledger.entry import Cap, Entry, Move, NotEnough, Posted
from service.ledger.post import held_by, hold, post, release, resolves
from service.phone import mask_phone
from service.refusal import Refusal
from service.wallet.account import wallet_of
from service.wallet.agent import agent_of
from service.wallet.brake import CASE
from service.wallet.case import WAITING, case_number, open_case, refuse_case
from service.wallet.name import masked
from service.wallet.notice import tell
from service.wallet.receipt import Receipt, receipt_for
from service.wallet.statement import given_back, state_of, undone
from service.wallet.unit import Case, Pending, Person, Unit

REVERSAL = "reversal"
LOOKED_AT = 60
"""Lines of the wallet: the last payments to people stand among them."""
LISTED = 5
STAFF_SECONDS = 7 * 24 * 3600
"""Staff have so long to answer."""


class NotAskable(Refusal):
    """The payment cannot be asked back: it is too old, was to a shop, or has come back."""


class CaseOver(Refusal):
    """The payee has answered, or the time for it is over."""


class Sent(NamedTuple):
    """A payment that can be asked back; `amount` without its charge."""

    entry: int
    payee: Person
    amount: int


def payments_to_ask(unit: Unit, payer: Person) -> Sequence[Sent]:
    """Return a person's last payments that can be asked back, newest first."""
    found: list[Sent] = []
    since = unit.now - timedelta(seconds=unit.house.packs[payer.country].request_seconds)
    entries = dict.fromkeys(
        line.entry
        for line in unit.books.lines(wallet_of(payer), limit=LOOKED_AT)
        if line.amount < 0 and line.entry_reason == Reason.SEND and line.at > since
    )
    for entry in entries:
        if len(found) == LISTED:
            break
        recorded = unit.books.entry(entry)
        sent = _askable(unit, payer, recorded) if recorded is not None else None
        if sent is not None and not unit.rows.find(Case, about=entry, what=REVERSAL, limit=1):
            found.append(sent)
    return found


def _askable(unit: Unit, payer: Person, recorded: Recorded) -> Sent | None:
    move, since = recorded.moves[0], unit.house.packs[payer.country].request_seconds
    if recorded.reason != Reason.SEND or move.source != wallet_of(payer):
        return None
    if recorded.at + timedelta(seconds=since) <= unit.now or state_of(unit, recorded) != "done":
        return None
    row = unit.rows.get(Pending, recorded.id)
    payee_id, amount = (row.payee, row.amount) if row else (int(move.target.owner), move.amount)
    payee = unit.rows.get(Person, payee_id)
    if payee is None or payee.state == "closed" or agent_of(unit, payee.id) is not None:
        return None
    return Sent(recorded.id, payee, amount)


def ask_back(unit: Unit, *, payer: Person, payment: int) -> Case:
    """Open a case about a payment and set aside what the payee still has of it; the payer has been unlocked.

    Raises NotAskable, CaseThere or TooManyCases.
    """
    recorded = unit.books.entry(payment)
    sent = _askable(unit, payer, recorded) if recorded is not None else None
    if sent is None:
        raise NotAskable
    refuse_case(unit, what=REVERSAL, opener=payer, about=payment)
    case_id, pack = unit.mint(), unit.house.packs[payer.country]
    held = _set_aside(unit, case_id, sent)
    # Nothing may refuse after this line.
    case = open_case(
        unit,
        what=REVERSAL,
        opener=payer,
        about=payment,
        other=sent.payee.id,
        seconds=pack.consent_seconds if held else STAFF_SECONDS,
        state="asked" if held else "open",
        case_id=case_id,
        held=held,
        values={"amount": sent.amount},
    )
    common = {"reference": case_number(unit, case), "until": case.due_at.isoformat()}
    if held:
        asked = {"amount": held, "name": masked(payer.name), "number": mask_phone(payer.phone)}
        code = {"service_code": pack.people_code}
        tell(unit, sent.payee, "asked_back", common | asked | code, entry=case_id)
    return case


def _set_aside(unit: Unit, case_id: int, sent: Sent) -> int:
    """Hold what is left of a payment in the payee's wallet, and return it; 0 if nothing is."""
    source = wallet_of(sent.payee)
    left = min(sent.amount, unit.books.balance(source))
    while left > 0:
        try:
            hold(unit.books, entry_id=case_id, at=unit.now, source=source, amount=left, once=f"{CASE}{case_id}")
        except NotEnough as no:  # the payee pays somebody at this moment
            left = min(left - 1, int(str(no.said["balance"])))
            continue
        return left
    return 0


def cases_for(unit: Unit, payee: Person) -> Sequence[Case]:
    """Return the cases that wait for this person's yes or no, oldest first."""
    rows = unit.rows.find(Case, other=payee.id, state="asked")
    return [row for row in rows if row.due_at > unit.now]


def case_asked(unit: Unit, payee: Person, case_id: int, *, lock: bool = False) -> Case:
    """Return a case that waits for this person's answer; raises CaseOver."""
    row = (unit.rows.lock if lock else unit.rows.get)(Case, case_id)
    if row is None or row.other != payee.id or row.state != "asked" or row.due_at <= unit.now:
        raise CaseOver
    return row


def give_back(unit: Unit, *, payee: Person, case_id: int) -> Receipt:
    """Give what was set aside to who sent it; the payee has been unlocked. Raises CaseOver."""
    row = case_asked(unit, payee, case_id, lock=True)
    payer = _person(unit, row.opener)
    held = held_by(payee.country, row.id)
    posted = post(
        unit.books,
        Entry(
            id=unit.mint(),
            reason=Reason.GIVE_BACK,
            at=unit.now,
            moves=(Move(held, wallet_of(payer), row.held, Reason.GIVE_BACK),),
            caps=(Cap(undone(row.about), row.held, row.values["amount"]),),
            once=resolves(row.id),
        ),
    )
    # Nothing may refuse after this line.
    _went_back(unit, row)
    receipt = receipt_for(unit, posted, wallet_of(payer))
    common = {
        "reference": receipt.reference,
        "original": unit.house.references.write(row.about),
        "amount": row.held,
        "at": receipt.at.isoformat(),
    }
    tell(unit, payer, "reversed", common | {"balance": receipt.balance}, entry=posted.id)
    balance = unit.books.balance(wallet_of(payee))
    tell(unit, payee, "reversed", common | {"balance": balance}, entry=posted.id)
    return receipt._replace(balance=balance)


def _went_back(unit: Unit, row: Case) -> None:
    """End a case whose payment has gone back whole; what is left of another is for staff, as long as there is any."""
    if given_back(unit, row.about) == row.values["amount"]:
        unit.rows.put(replace(row, state="done"))
    else:
        unit.rows.put(replace(row, state="open", held=0, due_at=unit.now + timedelta(seconds=STAFF_SECONDS)))


def keep(unit: Unit, *, payee: Person, case_id: int) -> None:
    """Say no: what was set aside is the payee's again, and staff look at the case. Raises CaseOver."""
    _free(unit, case_asked(unit, payee, case_id, lock=True))


def end_case(unit: Unit, payment: int) -> None:
    """End what is asked about a payment that staff reverse whole: what was set aside is the payee's again."""
    for found in unit.rows.find(Case, about=payment, what=REVERSAL, limit=1):
        row = unit.rows.lock(Case, found.id)
        assert row is not None, f"no case {found.id}"
        if row.state == "asked":
            recorded = unit.books.entry(row.id)
            assert recorded is not None, f"no hold {row.id}"
            posted = release(unit.books, entry_id=unit.mint(), at=unit.now, held=recorded)
            said = {"reference": case_number(unit, row), "amount": row.held}
            payee, payer = _person(unit, row.other), _person(unit, row.opener)
            tell(unit, payee, "case_decided", said | {"name": masked(payer.name)}, entry=posted.id)
        if row.state in WAITING:
            unit.rows.put(replace(row, state="done", held=0))


def free_due(unit: Unit, *, limit: int = 1) -> int:
    """Free what was set aside where no answer came in time, one in a commit; says how many."""
    rows = unit.rows.due(Case, before=unit.now, state="asked", limit=limit)
    for row in rows:
        _free(unit, row)
    return len(rows)


def _free(unit: Unit, row: Case) -> Posted:
    payee, payer = _person(unit, row.other), _person(unit, row.opener)
    recorded = unit.books.entry(row.id)
    assert recorded is not None, f"no hold {row.id}"
    posted = release(unit.books, entry_id=unit.mint(), at=unit.now, held=recorded)
    unit.rows.put(replace(row, state="open", held=0, due_at=unit.now + timedelta(seconds=STAFF_SECONDS)))
    number = {"reference": case_number(unit, row), "amount": row.held}
    freed = {"balance": posted.balances[wallet_of(payee)], "at": posted.at.isoformat()}
    tell(unit, payee, "freed", number | freed, entry=posted.id)
    tell(unit, payer, "not_given_back", number | {"name": masked(payee.name)})
    return posted


def take_from_payee(unit: Unit, *, case_id: int, entry_id: int) -> Receipt:
    """Give the payer what the payee still has of a payment, as two of the staff decided; raises CaseOver, NotEnough."""
    row = unit.rows.lock(Case, case_id)
    if row is None or row.what != REVERSAL or row.state != "open":
        raise CaseOver
    payer, payee = _person(unit, row.opener), _person(unit, row.other)
    left = row.values["amount"] - given_back(unit, row.about)
    balance = unit.books.balance(wallet_of(payee))
    amount = min(left, balance)
    if amount <= 0:
        raise NotEnough(balance=balance, total=left)
    posted = post(
        unit.books,
        Entry(
            id=entry_id,
            reason=Reason.REVERSE,
            at=unit.now,
            moves=(Move(wallet_of(payee), wallet_of(payer), amount, Reason.REVERSE),),
            caps=(Cap(undone(row.about), amount, row.values["amount"]),),
        ),
    )
    _went_back(unit, row)
    receipt = receipt_for(unit, posted, wallet_of(payer))
    said = {
        "reference": receipt.reference,
        "original": unit.house.references.write(row.about),
        "amount": amount,
        "at": receipt.at.isoformat(),
    }
    for person in (payer, payee):
        tell(unit, person, "reversed", said | {"balance": posted.balances[wallet_of(person)]}, entry=posted.id)
    return receipt


def _person(unit: Unit, person_id: int) -> Person:
    person = unit.rows.get(Person, person_id)
    assert person is not None, f"no person {person_id}"
    return person
