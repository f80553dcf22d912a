"""Wages and grants: a file of payments, made by one of the staff, funded and approved by another, paid in bites.

An organisation pays the whole sum in at the bank; the approval puts it into an account of the batch, and from there it
goes to the people, so that no batch can pay out more than was paid in. Each line has the entry that makes it from the
day on which the file was handed in: however often the paying is begun, by however many at once, it happens once. A line
that is refused stops no other; what is left goes back to the organisation.

The worker pays what was approved, the oldest batch first (turns.py); whoever else pays at the same time helps it.
"""

import hmac
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, NamedTuple

from service.countries import cash_cost
from service.ledger.chart import Kind, Reason
from service.ledger.entry import Entry, Move
from service.ledger.post import hold, post
from service.refusal import Refusal
from service.wallet.account import at_bank, house_account, wallet_of
from service.wallet.batch import Bulk, BulkLine, account_of
from service.wallet.brake import SENDS
from service.wallet.bulk_file import Line
from service.wallet.halt import SendsHalted, refuse_halted
from service.wallet.limits import ceiling_of
from service.wallet.notice import tell, tell_number
from service.wallet.pin import seal_pin
from service.wallet.send import charge_moves
from service.wallet.unit import Approval, Person, Unit, Voucher, Withdrawal
from service.wallet.voucher import code_index, voucher_code, waiting_under
from service.wallet.withdraw import VOUCHER

AT_ONCE = 50
"""Lines paid in one commit."""


TOGETHER = 500
"""Lines that are looked up by one question."""

FETCHED = {"waiting": "voucher", "paid": "collected", "returned": "returned"}
"""What has become of a line that was sent as a voucher, by the state of its withdrawal."""


class Outcome(NamedTuple):
    """What has become of a line: waiting, paid, refused; voucher, collected or returned; and whose it is."""

    line: BulkLine
    state: str
    person: Person | None
    phone: str


class Bite(NamedTuple):
    """One commit's worth of lines: how many there were, and how many of them were refused."""

    lines: int
    refused: int


def hand_in(unit: Unit, *, country: str, name: str, lines: Sequence[Line]) -> Bulk | None:
    """Write a batch down, to be funded and approved; None if the same lines were handed in under this name before."""
    amount, charge = sum(line.amount for line in lines), sum(line.charge.total for line in lines)
    bulk = Bulk(
        id=unit.mint(),
        country=country,
        name=name,
        digest=_digest(unit, name, lines),
        lines=len(lines),
        amount=amount,
        charge=charge,
        at=unit.now,
    )
    if not unit.rows.add(bulk):
        return None
    for line in lines:
        entry = unit.mint()
        unit.rows.append(
            BulkLine(
                id=entry,
                bulk=bulk.id,
                number=line.number,
                person=line.person.id if line.person else None,
                phone="" if line.person else line.phone,
                secret="" if line.person else seal_pin(unit.house, entry, line.secret),
                amount=line.amount,
                **line.charge._asdict(),
            )
        )
    return bulk


def _digest(unit: Unit, name: str, lines: Sequence[Line]) -> str:
    said = [name.casefold(), *sorted(f"{line.phone} {line.amount}" for line in lines)]
    return hmac.digest(unit.house.code_key, "\n".join(said).encode(), "sha256").hex()


def fund(unit: Unit, approval: Approval, bulk: Bulk) -> Mapping[str, Any]:
    """Put what the organisation has paid in at the bank into the batch's account; raises AlreadyDone."""
    move = Move(house_account(bulk.country, Kind.TRUST), account_of(bulk), bulk.total, Reason.ISSUE)
    unit.books.open(account_of(bulk))
    post(unit.books, _at_bank(unit, approval, move))
    unit.rows.put(replace(bulk, state="paying"))
    return {"country": bulk.country, "lines": bulk.lines, "amount": bulk.amount}


def return_rest(unit: Unit, approval: Approval, bulk: Bulk) -> Mapping[str, Any]:
    """Take what is left of a batch out of the books: the bank has paid it back. Raises NotEnough or AlreadyDone."""
    move = Move(account_of(bulk), house_account(bulk.country, Kind.TRUST), approval.values["amount"], Reason.REDEEM)
    posted = post(unit.books, _at_bank(unit, approval, move))
    return {"country": bulk.country, "balance": posted.balances[account_of(bulk)]}


def _at_bank(unit: Unit, approval: Approval, move: Move) -> Entry:
    once = at_bank(move.reason, approval.values["bank_ref"])
    return Entry(id=approval.id, reason=move.reason, at=unit.now, moves=(move,), once=once)


def paying(unit: Unit) -> list[int]:
    """Return the approved batches that are to be paid, of countries that do not stand still."""
    found = unit.rows.find(Bulk, state="paying")
    return [bulk.id for bulk in found if not unit.house.brake.is_on(bulk.country, SENDS)]


def pay_some(unit: Unit, bulk_id: int, *, limit: int = AT_ONCE) -> Bite:
    """Pay the next lines of a batch, those of them that can be paid; no lines: that was all, or it is not approved.

    Raises SendsHalted.
    """
    bulk = unit.rows.lock(Bulk, bulk_id)  # one at a time: two would lock wallets crosswise
    if bulk is None or bulk.state != "paying":
        return Bite(0, 0)
    refuse_halted(unit, bulk.country)
    lines = unit.rows.find(BulkLine, bulk=bulk.id, state="waiting", limit=limit)
    people = unit.rows.find(Person, id=[line.person for line in lines if line.person], limit=limit) if lines else ()
    by_id = {person.id: person for person in people}
    refused = 0
    # Wallets are locked in the order in which postings lock them.
    for line in sorted(lines, key=lambda line: str(wallet_of(by_id[line.person])) if line.person else ""):
        try:
            done = _pay(unit, bulk, line, by_id.get(line.person or 0))
        except SendsHalted:
            raise
        except Refusal as no:  # the ledger refuses before it writes: nothing is to be undone
            done = replace(line, state="refused", why=no.code)
        refused += done.state == "refused"
        unit.rows.put(done)
    counted = replace(bulk, done=bulk.done + len(lines), refused=bulk.refused + refused)
    unit.rows.put(counted if lines else replace(counted, state="paid"))
    return Bite(len(lines), refused)


def _pay(unit: Unit, bulk: Bulk, line: BulkLine, person: Person | None) -> BulkLine:
    """Pay one line, and return it as it is then."""
    if line.person is None:
        return _send_voucher(unit, bulk, line)
    assert person is not None, f"no person {line.person}"
    if person.state == "closed":
        return replace(line, state="refused", why="closed")
    wallet, source = wallet_of(person), account_of(bulk)
    moves = (Move(source, wallet, line.amount, Reason.DISBURSE), *charge_moves(source, line.charge))
    ceilings = (ceiling_of(unit, person),)
    posted = post(unit.books, Entry(id=line.id, reason=Reason.DISBURSE, at=unit.now, moves=moves, ceilings=ceilings))
    said = {
        "reference": unit.house.references.write(line.id),
        "organisation": bulk.name,
        "amount": line.amount,
        "balance": posted.balances[wallet],
        "at": posted.at.isoformat(),
        "cash": cash_cost(unit.house.packs[bulk.country], line.amount, unit.now),
    }
    tell(unit, person, "disbursed", said, entry=line.id)
    return replace(line, state="paid")


def _send_voucher(unit: Unit, bulk: Bulk, line: BulkLine) -> BulkLine:
    """Hold a line's money for whoever comes with the code, which goes to their phone, and the secret."""
    pack, code = unit.house.packs[bulk.country], voucher_code(unit.house.code_key, line.id)
    if waiting_under(unit, code):
        return replace(line, state="refused", why="code_taken")
    total = line.amount + line.charge.total
    hold(unit.books, entry_id=line.id, at=unit.now, source=account_of(bulk), amount=total)
    until = unit.now + timedelta(seconds=pack.voucher_seconds)
    unit.rows.append(
        Withdrawal(
            id=line.id,
            person=bulk.id,
            agent=VOUCHER,
            amount=line.amount,
            expires_at=until,
            **line.charge._asdict(),
        )
    )
    index = code_index(unit.house.code_key, code)
    unit.rows.append(Voucher(id=line.id, phone=line.phone, code_index=index, secret=line.secret))
    said = {"organisation": bulk.name, "amount": line.amount, "voucher": line.id, "day": until.isoformat()}
    tell_number(unit, line.phone, pack.languages[0], "bulk_voucher", said, entry=line.id)
    return replace(line, state="voucher", phone="", secret="")


def outcomes(unit: Unit, lines: Sequence[BulkLine]) -> Iterator[Outcome]:
    """Yield what has become of these lines, in their order; asks for people and vouchers by the hundred."""
    for first in range(0, len(lines), TOGETHER):
        some = lines[first : first + TOGETHER]
        ids = [line.id for line in some if line.state == "voucher"]
        held = {row.id: row for row in unit.rows.find(Withdrawal, id=ids, limit=TOGETHER)}
        sent = {row.id: row for row in unit.rows.find(Voucher, id=ids, limit=TOGETHER)}
        payees = sorted({line.person for line in some if line.person})
        people = {row.id: row for row in unit.rows.find(Person, id=payees, limit=TOGETHER)}
        for line in some:
            person, voucher = people.get(line.person or 0), sent.get(line.id)
            yield Outcome(
                line,
                FETCHED[held[line.id].state] if line.id in held else line.state,
                person,
                (person.phone if person.has_number else "") if person else voucher.phone if voucher else line.phone,
            )


def outcome(unit: Unit, line: BulkLine) -> str:
    """Say what has become of a line: waiting, paid, refused; voucher, collected or returned."""
    return next(outcomes(unit, [line])).state
