"""Sending: what a quote shows, what a payment leaves behind, and each refusal at its edge."""

from datetime import date, timedelta

import pytest

from service.countries import Charge, NotOffered, Tax
from service.ledger.books import Recorded
from service.ledger.chart import Reason
from service.ledger.entry import Cap, Move, NotEnough, OverCap, TooFull
from service.wallet.known import KNOWN
from service.wallet.limits import OverSingle, waiting_of
from service.wallet.people import UnknownPerson, behind
from service.wallet.pin import PinLocked, WalletBlocked
from service.wallet.receipt import Receipt
from service.wallet.send import (
    Quote,
    QuoteChanged,
    SelfPayment,
    charge_moves,
    has_paid,
    just_paid,
    known_to,
    quote_send,
    send_money,
)
from service.wallet.unit import Asked, Paid, Person, Unit
from tests.wallet.village import (
    ACHIENG,
    AMINA,
    BARAKA,
    FEES,
    NJERI,
    PACK,
    TAX,
    UGANDAN,
    Overheard,
    Village,
    ref,
    wallet,
)

COUNTER = f"out:{AMINA.id}:2026-11-22"


def quoted(village: Village, amount: int = 500_00, phone: str = BARAKA.phone, payer: Person = AMINA) -> Quote:
    return village.do(lambda unit: quote_send(unit, payer=payer, phone=phone, amount=amount))


def paid(village: Village, quote: Quote, payer: Person = AMINA, caps: tuple[Cap, ...] = ()) -> Receipt:
    return village.do(lambda unit: send_money(unit, payer=payer, quote=quote, caps=caps))


def test_a_quote_shows_everything_and_moves_nothing(village: Village) -> None:
    village.give(AMINA, 2000_00)
    quoted(village)  # the look-up of a stranger is counted once
    before = village.everything()
    quote = quoted(village)
    assert quote == Quote(quote.entry, BARAKA.id, "BARAKA M", 500_00, 6_09, 91, new=True)
    assert (quote.charge.published, quote.total) == (7_00, 507_00)
    assert quoted(village).entry == quote.entry + 1
    assert village.everything() == before


def test_a_payment_is_one_entry_two_messages_and_a_name_to_remember(village: Village) -> None:
    village.give(AMINA, 2000_00)
    quote = quoted(village)
    village.later(minutes=1)
    receipt = paid(village, quote, caps=(Cap("other", 5),))
    assert receipt == Receipt(quote.entry, ref(quote.entry), village.now, 1493_00, False)
    moves = (
        Move(wallet(AMINA), wallet(BARAKA), 500_00, Reason.SEND),
        Move(wallet(AMINA), FEES, 6_09, Reason.FEE),
        Move(wallet(AMINA), TAX, 91, Reason.EXCISE),
    )
    assert village.entry(quote.entry) == Recorded(quote.entry, Reason.SEND, village.now, moves, None)
    assert (village.used(COUNTER), village.used("other")) == (500_00, 5)
    common = {"reference": ref(quote.entry), "amount": 500_00, "at": village.now.isoformat()}
    sent = {"name": "BARAKA M", "number": "0722***002", "fee": 7_00, "levy": 0, "balance": 1493_00}
    received = {"name": "AMINA O", "number": "0711***001", "balance": 500_00, "cash": 29_00}
    assert village.said() == [
        (AMINA.phone, "sent", common | sent, quote.entry, None),
        (BARAKA.phone, "received", common | received, quote.entry, None),
    ]
    assert village.rows(Paid) == [Paid(payer=AMINA.id, payee=BARAKA.id, times=1, last_at=village.now)]


def test_L_06_a_payment_that_is_asked_again_is_answered_again(village: Village) -> None:
    """Also when what was quoted has changed since: what is paid is paid, and nobody is told twice."""
    village.give(AMINA, 2000_00)
    quote = quoted(village)
    first = paid(village, quote)
    village.later(minutes=1)
    before = village.everything()
    assert paid(village, quote) == first._replace(repeated=True)
    village.change(BARAKA, name="Baraka Otieno")
    assert paid(village, quote) == first._replace(repeated=True)
    village.change(BARAKA)
    assert village.everything() == before


def test_over_a_border_nobody_can_be_paid(village: Village) -> None:
    """Sends to another country or in another currency are refused in words, and nothing is told of who is there."""
    village.give(AMINA, 2000_00)
    assert UGANDAN.country != AMINA.country
    with village.refuses(UnknownPerson):
        quoted(village, phone=UGANDAN.phone)


def test_who_was_paid_before_is_counted(village: Village) -> None:
    village.give(AMINA, 2000_00)
    paid(village, quoted(village, 50_00))
    village.later(days=1)
    paid(village, quoted(village, 50_00))
    assert village.rows(Paid) == [Paid(payer=AMINA.id, payee=BARAKA.id, times=2, last_at=village.now)]


def test_each_refusal_of_a_quote_at_its_edge(village: Village) -> None:
    village.give(AMINA, 506_99)
    with village.refuses(NotEnough, balance=506_99, total=507_00):
        quoted(village)
    village.give(AMINA, 1)
    quoted(village)
    with village.refuses(SelfPayment):
        quoted(village, phone=AMINA.phone)
    for nobody in ("+254799999999", UGANDAN.phone):
        with village.refuses(UnknownPerson):
            quoted(village, phone=nobody)
    village.tier(single=500_00)
    quoted(village)
    with village.refuses(OverSingle, single=500_00):
        quoted(village, 500_01)
    village.tier(day=500_00)
    quoted(village)
    with village.refuses(OverCap, left=500_00):
        quoted(village, 500_01)
    with village.refuses(NotOffered, least=1_00, most=250_000_00):
        quoted(village, 99)
    village.change(BARAKA, state="closed")
    with village.refuses(UnknownPerson):
        quoted(village)


@pytest.mark.parametrize("changed", [{"pin_tries": 3}, {"state": "blocked"}, {"state": "closed"}])
def test_P_01_who_is_locked_gets_no_quote(village: Village, changed: dict[str, object]) -> None:
    """Three wrong PINs, or blocked by the operator: no money is priced."""
    village.give(AMINA, 2000_00)
    locked = village.change(AMINA, **changed)
    code = {} if "state" in changed else {"service_code": PACK.people_code}
    with village.refuses(WalletBlocked if "state" in changed else PinLocked, help_line=PACK.help_line, **code):
        quoted(village, payer=locked)


@pytest.mark.parametrize("other", [{"name": "BARAKA X"}, {"fee": 6_08}, {"excise": 90}])
def test_S_15_what_is_not_as_it_was_shown_is_not_paid(village: Village, other: dict[str, object]) -> None:
    """Name, fee and excise of the quote must be those of the moment of paying."""
    village.give(AMINA, 2000_00)
    quote = quoted(village)._replace(**other)  # type: ignore[arg-type]
    with village.refuses(QuoteChanged):
        paid(village, quote)


def test_each_refusal_of_a_payment_at_its_edge(village: Village) -> None:
    village.give(AMINA, 2000_00)
    quote = quoted(village)
    village.change(BARAKA, state="closed")
    with village.refuses(QuoteChanged):
        paid(village, quote)
    village.change(BARAKA)
    village.tier(single=499_99)
    with village.refuses(OverSingle, single=499_99):
        paid(village, quote)
    village.tier(day=499_99)
    with village.refuses(OverCap, left=499_99):
        paid(village, quote)
    village.pack(tiers={**PACK.tiers, 1: PACK.tiers[1]._replace(balance=499_99)})
    with village.refuses(TooFull, room=499_99):
        paid(village, quote)
    village.tier(single=500_00, day=500_00)
    with village.refuses(OverCap, left=4):
        paid(village, quote, caps=(Cap("other", 5, 4),))
    village.post((wallet(AMINA), FEES, 1493_01, Reason.FEE))
    with village.refuses(NotEnough, balance=506_99, total=507_00):
        paid(village, quote)
    village.give(AMINA, 1)
    assert paid(village, quote).balance == 0


@pytest.mark.parametrize(
    ("charge", "moves"),
    [
        (Charge(0, 0), ()),
        (Charge(5, 0), (Move(wallet(AMINA), FEES, 5, Reason.FEE),)),
        (Charge(0, 1), (Move(wallet(AMINA), TAX, 1, Reason.EXCISE),)),
        (Charge(0, 0, 2), (Move(wallet(AMINA), TAX, 2, Reason.LEVY),)),
        (Charge(5, 1), (Move(wallet(AMINA), FEES, 5, Reason.FEE), Move(wallet(AMINA), TAX, 1, Reason.EXCISE))),
        (Charge(5, 0, 2), (Move(wallet(AMINA), FEES, 5, Reason.FEE), Move(wallet(AMINA), TAX, 2, Reason.LEVY))),
    ],
)
def test_a_charge_is_split_between_operator_and_state(charge: Charge, moves: tuple[Move, ...]) -> None:
    assert charge_moves(wallet(AMINA), charge) == moves


def test_a_levy_is_paid_beside_the_charge_and_goes_to_the_state(village: Village) -> None:
    """One percent of what is sent: in the quote, in the entry, and in the payer's message."""
    levy = Tax("e-levy", "send", 1_00, "up", date(2022, 5, 1), None, "test")
    village.pack(taxes=(*PACK.taxes, levy))
    village.give(AMINA, 2000_00)
    quote = quoted(village, 500_01)
    assert quote == Quote(quote.entry, BARAKA.id, "BARAKA M", 500_01, 11_30, 1_70, 5_01, new=True)
    assert quote.total == 518_02
    assert paid(village, quote).balance == 1481_98
    recorded = village.entry(quote.entry)
    assert recorded is not None
    assert recorded.moves[-1] == Move(wallet(AMINA), TAX, 5_01, Reason.LEVY)
    assert sum(move.amount for move in recorded.moves) == quote.total
    assert [said[2].get("levy") for said in village.said()] == [5_01, None]


def test_who_has_enough_without_the_levy_has_not_enough(village: Village) -> None:
    village.pack(taxes=(Tax("e-levy", "send", 1_00, "up", date(2022, 5, 1), None, "test"),))
    village.give(AMINA, 507_00)
    with pytest.raises(NotEnough) as refused:
        quoted(village, 500_00)
    assert refused.value.said == {"balance": 507_00, "total": 512_00}


def test_S_15_a_levy_that_ends_between_quote_and_payment_is_quoted_again(village: Village) -> None:
    """The rule of the moment of the posting counts: nobody pays a tax of yesterday."""
    ends = village.now.date()
    village.pack(taxes=(Tax("e-levy", "send", 1_00, "up", date(2022, 5, 1), ends, "test"),))
    village.give(AMINA, 2000_00)
    quote = quoted(village)
    assert quote.levy == 5_00
    village.later(days=1)
    with pytest.raises(QuoteChanged):
        paid(village, quote)
    assert quoted(village).levy == 0


def test_W_05_only_the_same_payment_within_the_window_was_just_made(village: Village) -> None:
    """The same amount to the same person from the same wallet, not older than the pack's window."""
    village.give(AMINA, 5000_00)
    village.give(BARAKA, 5000_00)
    paid(village, quoted(village, 70_00, AMINA.phone, BARAKA), BARAKA)
    paid(village, quoted(village, 80_00, ACHIENG.phone))
    first = paid(village, quoted(village))
    village.later(seconds=PACK.repeat_window_seconds)
    quote = quoted(village)

    def found(asked: Quote) -> object:
        return village.do(lambda unit: just_paid(unit, AMINA, asked, PACK, unit.books.lines(wallet(AMINA))))

    assert found(quote) == {"reference": first.reference}
    assert found(quote._replace(amount=500_01)) is None
    assert found(quote._replace(payee=ACHIENG.id)) is None
    assert found(quote._replace(amount=80_00)) is None
    assert found(quote._replace(amount=70_00, payee=AMINA.id)) is None
    assert found(quote._replace(amount=6_09)) is None
    village.now += timedelta(microseconds=1)
    assert found(quote) is None


def test_what_is_announced_is_asked(village: Village) -> None:
    """Across a wire it is fetched in one go: in other words it would be fetched twice, and once for nothing."""
    village.give(AMINA, 2000_00)

    def work(unit: Unit) -> None:
        quoting = Overheard(unit)
        quote = quote_send(quoting.unit, payer=AMINA, phone=BARAKA.phone, amount=500_00)
        assert quoting.announced == [behind(BARAKA.phone), known_to(AMINA), wallet(AMINA), COUNTER]
        assert set(quoting.announced) <= set(quoting.asked)
        paying = Overheard(unit)
        send_money(paying.unit, payer=AMINA, quote=quote)
        lines = [Asked.get(Person, BARAKA.id), *waiting_of(BARAKA.id), Asked.lock(Paid, AMINA.id, BARAKA.id)]
        assert paying.announced == lines
        assert set(paying.announced) <= set(paying.asked)

    village.do(work)


def test_whoever_was_ever_paid_is_known_however_long_ago(village: Village) -> None:
    """Past the list of those paid most often, too."""

    def paid_once(unit: Unit) -> None:
        for payee in range(2_000, 2_000 + KNOWN):
            unit.rows.add(Paid(payer=AMINA.id, payee=payee, times=9, last_at=unit.now))

    village.do(paid_once)
    assert not village.do(lambda unit: has_paid(unit, AMINA, BARAKA.id))
    village.do(lambda unit: unit.rows.add(Paid(payer=NJERI.id, payee=BARAKA.id, times=1, last_at=unit.now)))
    assert not village.do(lambda unit: has_paid(unit, AMINA, BARAKA.id))
    village.do(lambda unit: unit.rows.add(Paid(payer=AMINA.id, payee=BARAKA.id, times=1, last_at=unit.now)))
    assert village.do(lambda unit: has_paid(unit, AMINA, BARAKA.id))
    assert village.do(lambda unit: has_paid(unit, AMINA, 2_000))


def test_L_06_what_waits_is_answered_again_though_the_wallet_is_full_by_now(village: Village) -> None:
    """It may fill a wallet to the cent, and not by one more."""
    village.give(AMINA, 2000_00)
    most = PACK.tiers[1].balance
    village.give(BARAKA, most - 500_00)
    village.pack(undo_seconds=300)
    quote = quoted(village)
    receipt = paid(village, quote)
    village.give(BARAKA, 500_00)
    assert paid(village, quote) == receipt._replace(repeated=True)
    with village.refuses(TooFull, room=0):
        paid(village, quoted(village, 1_00))
    village.pack()


def test_F_06_a_payment_to_a_shop_that_waits_is_staff_s_to_look_at(village: Village) -> None:
    """Both read that it is looked at, not that the payer can take it back."""
    village.give(AMINA, 2000_00)
    quote = quoted(village, phone=ACHIENG.phone)
    paid(village, quote._replace(undo=300))
    assert [(one.phone, one.key) for one in village.told()] == [
        (AMINA.phone, "reviewed"),
        (ACHIENG.phone, "review_coming"),
    ]
    paid(village, quoted(village)._replace(undo=300))
    assert [one.key for one in village.told()] == ["on_its_way", "coming"]


def test_of_payments_that_wait_the_payers_own_newest_is_named(village: Village) -> None:
    village.give(AMINA, 2000_00)
    village.give(NJERI, 2000_00)
    village.pack(undo_seconds=300)
    pack = village.house.packs["ke"]

    def known(quote: Quote) -> object:
        return village.do(lambda unit: just_paid(unit, AMINA, quote, pack, ()))

    paid(village, quoted(village, payer=NJERI), NJERI)
    assert known(quoted(village)) is None
    paid(village, quoted(village))
    newest = paid(village, quoted(village))
    assert known(quoted(village)) == {"reference": newest.reference}
    village.pack()
