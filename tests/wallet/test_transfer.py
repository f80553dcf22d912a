"""Float between agents: what is moved, what is refused at its edge, and when an agent is told that it runs low."""

import pytest

from service.ledger.books import Recorded
from service.ledger.chart import Reason
from service.ledger.entry import Move, NotEnough, OverCap, TooFull
from service.wallet.agent import LARGEST_FLOAT, UnknownAgent
from service.wallet.cash_in import cash_in, quote_cash_in
from service.wallet.drawer import Till, declare, known_cash
from service.wallet.pin import PinLocked
from service.wallet.receipt import Receipt
from service.wallet.send import QuoteChanged, SelfPayment
from service.wallet.transfer import Transfer, agents_under, quote_transfer, transfer_float
from service.wallet.unit import Agent
from tests.wallet.village import ACHIENG, AMINA, NJERI, OTHER_SHOP, PACK, SHOP, TRUST, Village, float_, ref


def supplied(village: Village, amount: int = 10_000_00) -> None:
    village.post((TRUST, float_(SHOP), amount, Reason.ISSUE))


def quoted(village: Village, amount: int = 500_00, number: str = OTHER_SHOP.number) -> Transfer:
    pack = village.house.packs["ke"]
    return village.do(
        lambda unit: quote_transfer(unit, agent=SHOP, keeper=NJERI, number=number, amount=amount, pack=pack)
    )


def sent(village: Village, quote: Transfer) -> Receipt:
    pack = village.house.packs["ke"]
    return village.do(lambda unit: transfer_float(unit, agent=SHOP, keeper=NJERI, quote=quote, pack=pack))


def test_float_moves_in_one_entry_and_both_are_told(village: Village) -> None:
    supplied(village)
    quote = quoted(village)
    assert quote == Transfer(quote.entry, "100024", "Mama Otieno", 500_00)
    receipt = sent(village, quote)
    assert receipt == Receipt(quote.entry, ref(quote.entry), village.now, 9_500_00, False)
    moves = (Move(float_(SHOP), float_(OTHER_SHOP), 500_00, Reason.TRANSFER),)
    assert village.entry(quote.entry) == Recorded(quote.entry, Reason.TRANSFER, village.now, moves, None)
    common = {"reference": receipt.reference, "amount": 500_00, "at": village.now.isoformat()}
    assert village.said() == [
        (
            NJERI.phone,
            "float_sent",
            common | {"agent": "100024", "agent_name": "Mama Otieno", "balance": 9_500_00},
            quote.entry,
            None,
        ),
        (
            ACHIENG.phone,
            "float_got",
            common | {"agent": "100016", "agent_name": "Duka la Njeri", "balance": 500_00},
            quote.entry,
            None,
        ),
    ]
    before = village.everything()
    assert sent(village, quote) == receipt._replace(repeated=True)
    assert village.everything() == before


def test_F_08_the_last_cent_of_a_float_and_not_one_more(village: Village) -> None:
    """Nothing, a cent too much, the day's limit, the largest float: each refused at its edge, and never below zero."""
    with village.refuses(NotEnough, balance=0, total=1):
        quoted(village, 1)
    supplied(village, 500_00)
    with village.refuses(NotEnough, balance=500_00, total=500_01):
        quoted(village, 500_01)
    first, second = quoted(village), quoted(village)
    sent(village, first)
    with village.refuses(NotEnough, balance=0, total=500_00):
        sent(village, second)
    village.pack(agents=PACK.agents._replace(float_day_limit=600_00))
    supplied(village, 500_00)
    with village.refuses(OverCap, left=100_00):
        quoted(village, 100_01)
    late = quoted(village, 100_00)
    village.pack(agents=PACK.agents._replace(float_day_limit=599_99))
    with village.refuses(OverCap, left=99_99):
        sent(village, late)
    village.pack()
    village.post((TRUST, float_(OTHER_SHOP), LARGEST_FLOAT - 599_99, Reason.ISSUE))
    with village.refuses(TooFull, room=99_99):
        sent(village, late)


def test_each_refusal_of_a_transfer(village: Village) -> None:
    supplied(village)
    with village.refuses(SelfPayment):
        quoted(village, number=SHOP.number)
    with village.refuses(UnknownAgent):
        quoted(village, number="100032")
    quote = quoted(village)
    village.change(OTHER_SHOP, state="closed")
    with village.refuses(UnknownAgent):
        quoted(village)
    with village.refuses(QuoteChanged):
        sent(village, quote)
    village.change(OTHER_SHOP)
    village.change(ACHIENG, country="ug")
    with village.refuses(UnknownAgent):
        quoted(village)
    village.change(ACHIENG)
    locked = village.change(NJERI, pin_tries=3)
    with village.refuses(PinLocked, service_code=PACK.people_code, help_line=PACK.help_line):
        village.do(lambda unit: quote_transfer(unit, agent=SHOP, keeper=locked, number="100024", amount=1, pack=PACK))


@pytest.mark.parametrize(
    ("floats", "amount", "warned"), [(1500_00, 500_00, False), (1500_00, 500_01, True), (999_99, 100, False)]
)
def test_F_08_an_agent_is_told_once_when_the_float_falls_below_the_threshold(
    village: Village, floats: int, amount: int, warned: bool
) -> None:
    """By a transfer and by a cash-in; not at the threshold, and not again below it."""
    supplied(village, floats)
    sent(village, quoted(village, amount))
    told = [notice.key for notice in village.told()]
    assert ("low_float" in told) == warned
    supplied(village, amount)
    quote = village.do(lambda unit: quote_cash_in(unit, agent=SHOP, keeper=NJERI, phone=AMINA.phone, amount=amount))
    village.do(lambda unit: cash_in(unit, agent=SHOP, keeper=NJERI, quote=quote, pack=PACK))
    told = [notice.key for notice in village.told()]
    assert ("low_float" in told) == warned


def test_a_super_agent_is_offered_its_own(village: Village) -> None:
    village.change(OTHER_SHOP, under=SHOP.number)
    assert [one.number for one in village.do(lambda unit: agents_under(unit, SHOP, limit=5))] == ["100024"]
    assert village.do(lambda unit: agents_under(unit, OTHER_SHOP, limit=5)) == []
    village.change(OTHER_SHOP, under=SHOP.number, state="closed")
    assert village.do(lambda unit: agents_under(unit, SHOP, limit=5)) == []


def test_what_is_left_of_the_day_is_never_below_nothing(village: Village) -> None:
    """A limit that was lowered during the day leaves nothing, not a debt; and no drawer changes without a swap."""
    supplied(village)
    for shop in (SHOP, OTHER_SHOP):
        village.do(lambda unit, shop=shop: declare(unit, agent=shop, amount=700_00, pack=PACK))  # type: ignore[misc]
    sent(village, quoted(village))
    tills = [village.do(lambda unit, till=till: known_cash(unit, till, PACK)) for till in village.rows(Till)]  # type: ignore[misc]
    assert tills == [700_00, 700_00]
    village.pack(agents=PACK.agents._replace(float_day_limit=499_99))
    with village.refuses(OverCap, left=0):
        quoted(village, 1)


def test_so_many_agents_are_shown_at_once(village: Village) -> None:
    village.change(OTHER_SHOP, under=SHOP.number)
    third = Agent(number="100032", person=AMINA.id, name="Duka", place="Nakuru", under=SHOP.number)
    village.do(lambda unit: unit.rows.add(third))
    found = village.do(lambda unit: agents_under(unit, SHOP, limit=1))
    assert [one.number for one in found] == [OTHER_SHOP.number]
