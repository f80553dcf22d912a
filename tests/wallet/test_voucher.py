"""Vouchers: what is held and told, who is paid for which code and secret, and every way back."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from service.countries import Tax
from service.ledger.chart import Reason
from service.ledger.entry import Move, NotEnough, OverCap
from service.ledger.post import held_by, resolves
from service.reference import one_time_code
from service.refusal import Refusal
from service.wallet.limits import OverSingle
from service.wallet.pin import PinLocked, seal_pin
from service.wallet.send import QuoteChanged, SelfPayment
from service.wallet.unit import Agent, Case, Person, Tally, Unit, Voucher, Withdrawal
from service.wallet.voucher import (
    VoucherEarly,
    VoucherLocked,
    VoucherOver,
    WrongSecret,
    code_index,
    find_voucher,
    open_voucher,
    quote_voucher,
    refuse_early,
    send_voucher,
    take_back,
    voucher_code,
    vouchers_of,
)
from service.wallet.withdraw import (
    Payout,
    Quote,
    TooManyWaiting,
    WrongCode,
    find_payout,
    pay_out,
    quote_withdrawal,
    return_expired,
    return_expired_of,
    withdraw,
)
from tests.wallet.village import (
    ACHIENG,
    AMINA,
    BARAKA,
    CODE_KEY,
    FEES,
    NJERI,
    OTHER_SHOP,
    PACK,
    SHOP,
    TAX,
    Village,
    commission,
    float_,
    ref,
    wallet,
)

ZAWADI = "+254799000009"
SECRET = "4820"
COUNTER = f"out:{AMINA.id}:2026-11-22"


def quoted(village: Village, amount: int = 500_00, *, phone: str = ZAWADI, payer: Person = AMINA) -> Quote:
    return village.do(lambda unit: quote_voucher(unit, payer=payer, phone=phone, amount=amount))


def sent(village: Village, quote: Quote, phone: str = ZAWADI) -> int:
    def work(unit: Unit) -> int:
        sealed = seal_pin(unit.house, quote.entry, SECRET)
        pack = unit.house.packs["ke"]
        return send_voucher(unit, payer=AMINA, phone=phone, quote=quote, sealed=sealed, pack=pack).entry

    return village.do(work)


def one(village: Village, amount: int = 500_00) -> Withdrawal:
    entry = sent(village, quoted(village, amount))
    village.told()
    return next(row for row in village.rows(Withdrawal) if row.id == entry)


def found(village: Village, entry: int, agent: Agent = SHOP, keeper: Person = NJERI) -> Payout | Refusal:
    code = voucher_code(CODE_KEY, entry)
    return village.do(lambda unit: find_payout(unit, agent=agent, keeper=keeper, code=code, otherwise=find_voucher))


def opened(village: Village, payout: Payout | Refusal, secret: str = SECRET, agent: Agent = SHOP) -> Payout | Refusal:
    assert isinstance(payout, Payout)
    return village.do(lambda unit: open_voucher(unit, agent=agent, payout=payout, secret=secret))


def paid(village: Village, payout: Payout | Refusal, agent: Agent = SHOP, keeper: Person = NJERI) -> int:
    assert isinstance(payout, Payout)
    return village.do(lambda unit: pay_out(unit, agent=agent, keeper=keeper, payout=payout, pack=PACK)).entry


def test_a_voucher_is_held_and_its_code_goes_to_the_receiver_alone(village: Village) -> None:
    village.give(AMINA, 2000_00)
    quote = quoted(village)
    assert quote == Quote(quote.entry, "voucher", "", 500_00, 25_22, 3_78)
    sent(village, quote)
    until = village.now + timedelta(days=7)
    row = Withdrawal(
        id=quote.entry, person=AMINA.id, agent="voucher", amount=500_00, fee=25_22, excise=3_78, expires_at=until
    )
    assert village.rows(Withdrawal) == [row]
    (voucher,) = village.rows(Voucher)
    assert (voucher.id, voucher.phone, voucher.tries) == (quote.entry, ZAWADI, 0)
    code = voucher_code(CODE_KEY, quote.entry)
    assert SECRET not in repr(voucher).replace(ZAWADI, "")
    assert code not in repr(voucher)
    assert village.used(COUNTER) == 500_00
    said = {"amount": 500_00, "day": until.isoformat()}
    to_sender = said | {"reference": ref(quote.entry), "number": "0799***009", "fee": 29_00, "balance": 1471_00}
    to_receiver = said | {"name": "AMINA O", "number": "0711***001", "voucher": quote.entry}
    assert village.said() == [
        (AMINA.phone, "voucher_sent", to_sender, quote.entry, None),
        (ZAWADI, "voucher_code", to_receiver, None, None),
    ]
    before = village.everything()
    assert sent(village, quote) == quote.entry
    again = village.do(lambda unit: send_voucher(unit, payer=AMINA, phone=ZAWADI, quote=quote, sealed="", pack=PACK))
    assert (again.balance, again.repeated) == (1471_00, True)
    assert village.everything() == before


def test_any_agent_pays_for_code_and_secret_and_once(village: Village) -> None:
    village.give(AMINA, 2000_00)
    row = one(village)
    for shop, keeper in ((SHOP, NJERI), (OTHER_SHOP, ACHIENG)):
        payout = found(village, row.id, shop, keeper)
        assert payout == Payout(payout.entry, row.id, "0799***009", 500_00, voucher=True)  # type: ignore[union-attr]
    with village.refuses(WrongCode):
        paid(village, payout, OTHER_SHOP, ACHIENG)
    opened_ = opened(village, payout, agent=OTHER_SHOP)
    entry = paid(village, opened_, OTHER_SHOP, ACHIENG)
    recorded = village.entry(entry)
    held = held_by("ke", row.id)
    assert recorded is not None
    assert (recorded.reason, recorded.once) == (Reason.WITHDRAW, resolves(row.id))
    assert recorded.moves == (
        Move(held, float_(OTHER_SHOP), 500_00, Reason.WITHDRAW),
        Move(held, FEES, 25_22, Reason.FEE),
        Move(held, TAX, 3_78, Reason.EXCISE),
        Move(FEES, commission(OTHER_SHOP), 8_00, Reason.COMMISSION),
    )
    (after,) = village.rows(Withdrawal)
    assert (after.state, after.agent) == ("paid", "100024")
    common = {"reference": ref(entry), "amount": 500_00, "at": village.now.isoformat(), "number": "0799***009"}
    assert village.said() == [
        (AMINA.phone, "voucher_paid", common | {"balance": 1471_00, "agent": "100024"}, entry, None),
        (ACHIENG.phone, "voucher_paid_out", common | {"balance": 500_00}, entry, None),
    ]
    assert isinstance(found(village, row.id), WrongCode)
    with village.refuses(VoucherOver):
        opened(village, payout)
    with village.refuses(VoucherOver):
        opened(village, payout._replace(withdrawal=row.id + 1000))  # type: ignore[union-attr]


def test_L_12_a_voucher_is_over_at_its_moment_though_it_was_found_before(village: Village) -> None:
    """Time decides, not the worker."""
    village.give(AMINA, 2000_00)
    row = one(village)
    payout = found(village, row.id)
    village.now = row.expires_at
    with village.refuses(VoucherOver):
        opened(village, payout)


def test_cash_by_code_is_no_voucher_to_be_opened(village: Village) -> None:
    village.give(AMINA, 2000_00)
    cash = village.do(lambda unit: quote_withdrawal(unit, payer=AMINA, agent_number=SHOP.number, amount=100_00))
    village.do(lambda unit: withdraw(unit, payer=AMINA, quote=cash, pack=PACK))
    with village.refuses(VoucherOver):
        opened(village, Payout(99, cash.entry, "", 100_00, voucher=True))


def test_all_that_is_there_may_be_sent_up_to_the_limit_of_one_payment(village: Village) -> None:
    """With the tax of the day, which is held, too; and only what is sent by voucher is in the list."""
    levy = Tax("e-levy", "withdraw", 1_00, "up", date(2022, 5, 1), None, "test")
    village.pack(taxes=(*PACK.taxes, levy), tiers={**PACK.tiers, 2: PACK.tiers[2]._replace(single=500_00)})
    village.give(AMINA, 534_00)
    village.give(BARAKA, 500_00)
    assert quoted(village).levy == 5_00
    row = one(village)
    assert (row.levy, village.balance(wallet(AMINA))) == (5_00, 0)
    theirs, pack = quoted(village, 100_00, payer=BARAKA), village.house.packs["ke"]
    village.do(lambda unit: send_voucher(unit, payer=BARAKA, phone=ZAWADI, quote=theirs, sealed="x", pack=pack))
    assert [voucher.id for voucher, _ in village.do(lambda unit: vouchers_of(unit, AMINA))] == [row.id]
    village.do(lambda unit: take_back(unit, payer=AMINA, voucher_id=row.id))
    assert village.do(lambda unit: vouchers_of(unit, AMINA)) == []


def test_P_14_a_code_is_never_that_of_another_voucher_that_waits(village: Village, monkeypatch: Any) -> None:
    """Nor one that is to be told otherwise tomorrow: codes and their index are derived alike by every release."""
    assert voucher_code(b"k" * 32, 7) == one_time_code(b"k" * 32, "voucher", 7, 0)
    assert len(code_index(b"k" * 32, "1234567")) == 32
    village.give(AMINA, 2000_00)
    monkeypatch.setattr("service.wallet.voucher.one_time_code", lambda *_: "1234567")
    one(village)
    second = quoted(village)
    with village.refuses(QuoteChanged):
        sent(village, second)


def test_P_14_three_wrong_secrets_at_whatever_agents_send_the_money_back(village: Village) -> None:
    """The tries are the voucher's, and each counts for the agent, too; nobody is paid afterwards."""
    village.give(AMINA, 2000_00)
    row = one(village)
    first = found(village, row.id)
    right = opened(village, found(village, row.id))
    tries = [opened(village, first, "1111"), opened(village, first, "1112", OTHER_SHOP)]
    assert [no.said for no in tries if isinstance(no, WrongSecret)] == [{"tries": 2}, {"tries": 1}]
    assert village.balance(wallet(AMINA)) == 1471_00
    assert isinstance(opened(village, first, "1113"), VoucherLocked)
    assert (village.balance(wallet(AMINA)), village.used(COUNTER)) == (2000_00, 0)
    (back, over) = village.said()
    assert (back[0], back[1]) == (AMINA.phone, "voucher_returned")
    assert over == (ZAWADI, "voucher_over", {"amount": 500_00}, None, None)
    assert sum(tally.count for tally in village.rows(Tally) if tally.key.startswith("codes:")) == 3
    with village.refuses(WrongCode):
        paid(village, right)
    with village.refuses(VoucherOver):
        opened(village, first)


def test_a_voucher_comes_back_when_its_time_is_over_or_the_sender_wants_it(village: Village) -> None:
    village.give(AMINA, 2000_00)
    rows = [one(village, 100_00) for _ in range(3)]
    assert [row.id for row, _ in village.do(lambda unit: vouchers_of(unit, AMINA))] == [row.id for row in rows]
    with village.refuses(VoucherOver):
        village.do(lambda unit: take_back(unit, payer=BARAKA, voucher_id=rows[0].id))
    village.do(lambda unit: take_back(unit, payer=AMINA, voucher_id=rows[0].id))
    assert village.balance(wallet(AMINA)) == 2000_00 - 2 * 111_00
    with village.refuses(VoucherOver):
        village.do(lambda unit: take_back(unit, payer=AMINA, voucher_id=rows[0].id))
    village.told()
    village.now = rows[1].expires_at
    assert isinstance(found(village, rows[1].id), WrongCode)
    assert village.do(lambda unit: vouchers_of(unit, AMINA)) == []
    village.do(return_expired)
    village.do(lambda unit: return_expired_of(unit, AMINA))
    assert village.balance(wallet(AMINA)) == 2000_00
    assert [notice.key for notice in village.told()] == ["voucher_returned", "voucher_over"] * 2


def test_each_refusal_at_its_edge(village: Village) -> None:
    village.give(AMINA, 528_99)
    with village.refuses(NotEnough, balance=528_99, total=529_00):
        quoted(village)
    village.give(AMINA, 5000_00)
    with village.refuses(SelfPayment):
        quoted(village, phone=AMINA.phone)
    quote = quoted(village)
    with village.refuses(QuoteChanged):
        sent(village, quote._replace(fee=1))
    village.tier(single=499_99)
    with village.refuses(OverSingle, single=499_99):
        quoted(village)
    with village.refuses(OverSingle, single=499_99):
        sent(village, quote)
    village.tier(day=499_99)
    with village.refuses(OverCap, left=499_99):
        quoted(village)
    with village.refuses(OverCap, left=499_99):
        sent(village, quote)
    village.tier()
    for _ in range(5):
        one(village, 100_00)
    with village.refuses(TooManyWaiting):
        quoted(village)
    locked = village.change(AMINA, pin_tries=3)
    with village.refuses(PinLocked, service_code=PACK.people_code, help_line=PACK.help_line):
        quoted(village, payer=locked)


def test_V_04_a_number_with_a_wallet_looks_like_one_without(village: Village) -> None:
    """A voucher to Baraka, who has a wallet, is quoted, sent and told in the same words."""
    village.give(AMINA, 2000_00)
    quote = quoted(village, phone=BARAKA.phone)
    sent(village, quote, BARAKA.phone)
    assert [(notice.phone, notice.key) for notice in village.told()] == [
        (AMINA.phone, "voucher_sent"),
        (BARAKA.phone, "voucher_code"),
    ]


def test_nobody_is_paid_for_the_voucher_of_one_who_was_blocked(village: Village) -> None:
    village.give(AMINA, 2000_00)
    row = one(village)
    right = opened(village, found(village, row.id))
    village.change(AMINA, state="blocked")
    assert isinstance(found(village, row.id), WrongCode)
    with village.refuses(WrongCode):
        paid(village, right)


def test_F_02_a_voucher_is_not_paid_far_from_where_its_cash_was_paid_in_a_moment_ago(village: Village) -> None:
    """Nobody knew the shop when it was sent. Staff get a case; the shop where the cash came from pays at once."""
    village.give(AMINA, 6_000_00)
    row = one(village, 5_500_00)
    payout = found(village, row.id)
    assert isinstance(payout, Payout)
    village.do(lambda unit: refuse_early(unit, agent=SHOP, payout=payout))
    assert village.rows(Case) == []

    def refused(unit: Unit) -> None:
        with pytest.raises(VoucherEarly) as no:
            refuse_early(unit, agent=OTHER_SHOP, payout=payout)
        assert no.value.said == {"until": (unit.now + timedelta(minutes=30)).isoformat()}

    village.do(refused)
    (case,) = village.rows(Case)
    assert (case.what, case.opener, case.other, case.about) == ("pattern", AMINA.id, ACHIENG.id, row.id)
    assert case.values == {"rules": ["far_cash"], "delayed": 5_500_00}
    village.later(minutes=30)
    village.do(lambda unit: refuse_early(unit, agent=OTHER_SHOP, payout=payout))
    nobody = payout._replace(withdrawal=row.id + 1000)
    village.do(lambda unit: refuse_early(unit, agent=OTHER_SHOP, payout=nobody))


def test_what_a_rule_said_when_it_was_sent_is_not_asked_again_when_a_voucher_is_paid(village: Village) -> None:
    """Only where the shop matters, which nobody knew then."""
    village.give(AMINA, 6_000_00)
    row = one(village, 5_500_00)
    payout = found(village, row.id)
    assert isinstance(payout, Payout)
    rule = next(rule for rule in PACK.rules if rule.name == "far_cash")
    village.pack(rules=(replace(rule, at_least={"amount": 1}, at_most={}),))
    village.do(lambda unit: refuse_early(unit, agent=OTHER_SHOP, payout=payout))
    assert village.rows(Case) == []
