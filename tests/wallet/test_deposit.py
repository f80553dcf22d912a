"""Large deposits: from which amount the owner must agree, whose code is good for what, and how often it is sent."""

from datetime import timedelta

import pytest

from service.ledger.chart import Reason
from service.reference import one_time_code
from service.refusal import Refusal
from service.wallet.cash_in import CashIn, NeedsCode, cash_in, quote_cash_in
from service.wallet.deposit import CODES_A_DAY, WrongDepositCode, deposit_code, prove_deposit, send_deposit_code
from service.wallet.inbox import AskedEnough
from service.wallet.unit import Agent, Person
from service.wallet.wrong_codes import TooManyCodes
from tests.wallet.village import (
    ACHIENG,
    AMINA,
    BARAKA,
    CODE_KEY,
    NJERI,
    OTHER_SHOP,
    PACK,
    SHOP,
    TRUST,
    Village,
    float_,
    wallet,
)

LARGE = 50_000_01


@pytest.fixture(autouse=True)
def supplied(village: Village) -> None:
    for shop in (SHOP, OTHER_SHOP):
        village.post((TRUST, float_(shop), 300_000_00, Reason.ISSUE))


def quoted(village: Village, amount: int = LARGE, person: Person = AMINA) -> CashIn:
    return village.do(lambda unit: quote_cash_in(unit, agent=SHOP, keeper=NJERI, phone=person.phone, amount=amount))


def paid(village: Village, quote: CashIn, agent: Agent = SHOP, keeper: Person = NJERI) -> int:
    return village.do(lambda unit: cash_in(unit, agent=agent, keeper=keeper, quote=quote, pack=PACK)).entry


def code_for(village: Village, quote: CashIn) -> str:
    village.told()
    village.do(lambda unit: send_deposit_code(unit, agent=SHOP, quote=quote, pack=PACK))
    ((phone, key, values, entry, until),) = village.said()
    assert (phone, key, entry, until) == (AMINA.phone, "deposit_code", None, village.now + timedelta(hours=1))
    assert {name: values[name] for name in ("agent", "agent_name", "amount")} == {
        "agent": "100016",
        "agent_name": "Duka la Njeri",
        "amount": quote.amount,
    }
    return deposit_code(CODE_KEY, values["deposit"])


def proved(village: Village, quote: CashIn, code: str, agent: Agent = SHOP) -> CashIn | Refusal:
    return village.do(lambda unit: prove_deposit(unit, agent=agent, quote=quote, code=code, pack=PACK))


def test_F_02_above_the_pack_s_amount_nothing_is_paid_in_without_the_owner_s_code(village: Village) -> None:
    """At the amount the agent's word is enough; a cent above it only the code moves money."""
    paid(village, quoted(village, 50_000_00))
    quote = quoted(village)
    with village.refuses(NeedsCode):
        paid(village, quote)
    approved = proved(village, quote, code_for(village, quote))
    assert approved == quote._replace(approved=True)
    paid(village, approved)
    assert village.balance(wallet(AMINA)) == 100_000_01


def test_P_14_a_deposit_s_code_is_good_for_one_deposit_of_one_agent_person_amount_and_day(village: Village) -> None:
    """A talk that broke off gets the same code again; what was paid, and everything else, has another."""
    quote = quoted(village)
    code = code_for(village, quote)
    assert code_for(village, quoted(village)) == code
    assert isinstance(proved(village, quote._replace(amount=LARGE + 1), code), WrongDepositCode)
    assert isinstance(proved(village, quoted(village, person=BARAKA), code), WrongDepositCode)
    assert isinstance(proved(village, quote, code, OTHER_SHOP), WrongDepositCode)
    approved = proved(village, quote, code)
    assert isinstance(approved, CashIn)
    entry = paid(village, approved)
    before = village.everything()
    assert paid(village, approved) == entry
    assert village.everything() == before
    village.later(hours=1)
    again = quoted(village)
    assert isinstance(proved(village, again, code), WrongDepositCode)
    assert code_for(village, again) != code
    village.later(days=1)
    assert code_for(village, quoted(village)) != code


def test_P_14_after_three_wrong_codes_an_agent_waits(village: Village) -> None:
    """Those of pay-outs count with them, and the right code comes too late then."""
    quote = quoted(village)
    code = code_for(village, quote)
    for _ in range(3):
        assert isinstance(proved(village, quote, "1000000"), WrongDepositCode)
    with village.refuses(TooManyCodes, minutes=1):
        proved(village, quote, code)
    village.later(minutes=1)
    assert proved(village, quote, code) == quote._replace(approved=True)


def test_an_owner_is_not_flooded_with_codes(village: Village) -> None:
    quote = quoted(village)
    for _ in range(5):
        code_for(village, quote)
    with village.refuses(AskedEnough):
        village.do(lambda unit: send_deposit_code(unit, agent=SHOP, quote=quote, pack=PACK))
    assert ACHIENG.id == OTHER_SHOP.person
    village.do(lambda unit: send_deposit_code(unit, agent=OTHER_SHOP, quote=quote, pack=PACK))


def test_P_14_a_code_is_bound_to_its_purpose_and_its_deposit() -> None:
    """It is derived when it is shown."""
    assert deposit_code(CODE_KEY, "x") == one_time_code(CODE_KEY, "deposit x", 0, 0)


def test_T_01_codes_are_counted_by_the_day_of_the_country(village: Village) -> None:
    """The sixth of a day is not sent, and after midnight in Nairobi there are five again."""
    quote = quoted(village)
    village.now = village.now.replace(hour=20, minute=59)
    for _ in range(CODES_A_DAY):
        village.do(lambda unit: send_deposit_code(unit, agent=SHOP, quote=quote, pack=PACK))
    with village.refuses(AskedEnough):
        village.do(lambda unit: send_deposit_code(unit, agent=SHOP, quote=quote, pack=PACK))
    village.now = village.now.replace(hour=21)
    village.do(lambda unit: send_deposit_code(unit, agent=SHOP, quote=quote, pack=PACK))
