"""The rules of the books, one line each: what is there, what is asked, what comes of it."""

import pytest

from service.ledger.chart import LEGAL, LOCKED, Kind, Reason
from service.ledger.entry import LARGEST, Account, Cap, Ceiling, Entry, NotEnough, OverCap, TooFull, apply, check_entry
from service.refusal import Refusal
from tests.ledger.shop import COMMISSION, FEES, FLOAT, TAX, TRUST, A, B, C, entry, send, wallet

SEND, FEE = Reason.SEND, Reason.FEE
HELD = Account("ke", Kind.HELD, "7")
BALANCES = {A: 1000, B: 0, C: 50, FLOAT: 5000, HELD: 300}

# fmt: off
POSTED = [
    (send(1, A, B, 1000),                                            {A: 0, B: 1000}, {}),
    (send(1, A, B, 900, fee=85, tax=15),                             {A: 0, B: 900}, {}),
    (entry(1, (TRUST, FLOAT, 10, Reason.ISSUE)),                     {FLOAT: 5010}, {}),
    (entry(1, (FLOAT, TRUST, 10, Reason.REDEEM)),                    {FLOAT: 4990}, {}),
    (entry(1, (FEES, COMMISSION, 10, Reason.COMMISSION)),            {}, {}),
    (entry(1, (B, C, 50, SEND), (C, B, 100, SEND)),                  {B: 50, C: 0}, {}),  # judged by what is left
    (send(1, A, B, 100, ceilings=[Ceiling(B, 100)]),                 {A: 900, B: 100}, {}),
    (send(1, A, B, 100, ceilings=[Ceiling(A, 500)]),                 {A: 900, B: 100}, {}),  # above it, but not growing
    (send(1, A, B, 100, caps=[Cap("day:a", 100, 100)]),              {A: 900, B: 100}, {"day:a": 100}),
    (send(1, A, B, 100, caps=[Cap("x", 60), Cap("x", 40)]),          {A: 900, B: 100}, {"x": 100}),
    (send(1, A, B, 100, caps=[Cap("used", -30, 0)]),                 {A: 900, B: 100}, {"used": 0}),
]
REFUSED = [
    (send(1, A, B, 1001),                                            NotEnough(balance=1000, total=1001)),
    (send(1, A, B, 990, fee=10, tax=1),                              NotEnough(balance=1000, total=1001)),
    (entry(1, (C, B, 51, SEND), (A, B, 2000, SEND)),                 NotEnough(balance=1000, total=2000)),  # by id
    (send(1, A, B, 100, ceilings=[Ceiling(B, 99)]),                  TooFull(room=99)),
    (send(1, A, C, 100, ceilings=[Ceiling(C, 20)]),                  TooFull(room=0)),
    (send(1, A, B, 2000, ceilings=[Ceiling(B, 1)]),                  NotEnough(balance=1000, total=2000)),
    (send(1, A, B, 100, caps=[Cap("used", 71, 100)]),                OverCap(left=70)),
    (send(1, A, B, 100, caps=[Cap("used", 1, 20)]),                  OverCap(left=0)),
    (send(1, A, B, 100, caps=[Cap("x", 60, 99), Cap("x", 40, 99)]),  OverCap(left=99)),
    (send(1, A, B, 1, ceilings=[Ceiling(B, 0)], caps=[Cap("x", 1, 0)]), TooFull(room=0)),
]
# fmt: on
COUNTERS = {"used": 30}


@pytest.mark.parametrize(("asked", "balances", "counters"), POSTED)
def test_what_an_entry_leaves_behind(asked: Entry, balances: dict[Account, int], counters: dict[str, int]) -> None:
    assert apply(asked, BALANCES, COUNTERS) == (balances, counters)


@pytest.mark.parametrize(("asked", "no"), REFUSED)
def test_L_11_what_is_refused_whole(asked: Entry, no: Refusal) -> None:
    """An amount that fits with a charge that does not is refused whole, and the refusal says how much is there."""
    with pytest.raises(type(no)) as refused:
        apply(asked, BALANCES, COUNTERS)
    assert refused.value.said == no.said


EDGES = [0, -1, LARGEST + 1, 2**53, 10**18, 2**63 - 1, 2**63]


@pytest.mark.parametrize("amount", EDGES)
def test_L_13_amounts_beyond_the_edge_are_no_entry(amount: int) -> None:
    """Zero, negatives and whatever could overflow a 64-bit number never reach the books."""
    with pytest.raises(AssertionError):
        apply(send(1, A, B, amount), BALANCES, {})


def test_L_13_an_account_never_holds_more_than_the_largest_sum() -> None:
    """The last minor unit that fits is taken, the next one is refused with the room that is left."""
    full = {A: 10, B: LARGEST - 9}
    assert apply(send(1, A, B, 9), full, {}).balances[B] == LARGEST
    with pytest.raises(TooFull) as refused:
        apply(send(1, A, B, 10), full, {})
    assert refused.value.said == {"room": 9}


EDGE = [
    send(2**63 - 1, A, B, 1),
    entry(1, *[(A, B, 1, SEND)] * 1000),
    send(1, A, B, LARGEST),
    send(1, A, B, 1, ceilings=[Ceiling(B, LARGEST)], caps=[Cap("x", LARGEST), Cap("y", -LARGEST)]),
]


@pytest.mark.parametrize("edge", EDGE)
def test_L_13_the_last_that_fits_is_an_entry(edge: Entry) -> None:
    """The largest id, amount, ceiling and counter, and the most moves, may be written."""
    check_entry(edge)


BUGS = {
    "moves nothing": Entry(id=1, reason=SEND, at=send(1, A, B, 1).at, moves=()),
    "no id": send(0, A, B, 1),
    "an id beyond 64 bits": send(2**63, A, B, 1),
    "to itself": send(1, A, A, 1),
    "over the border": send(1, A, wallet("b", "ug"), 1),
    "illegal": entry(1, (A, TRUST, 1, SEND)),
    "ceiling over a stranger": send(1, A, B, 1, ceilings=[Ceiling(C, 5)]),
    "ceiling over fees": send(1, A, B, 1, fee=1, ceilings=[Ceiling(FEES, 5)]),
    "counts too much": send(1, A, B, 1, caps=[Cap("x", LARGEST + 1)]),
    "too many moves": entry(1, *[(A, B, 1, SEND)] * 1001),
}


@pytest.mark.parametrize("bug", BUGS.values(), ids=BUGS.keys())
def test_what_is_a_bug_and_no_refusal(bug: Entry) -> None:
    with pytest.raises(AssertionError):
        check_entry(bug)


def test_an_account_is_read_as_it_is_written() -> None:
    account = Account("ke", Kind.WALLET, "a:b:c")
    assert str(account) == "ke:wallet:a:b:c"
    assert Account.read(str(account)) == account


CHART = """
issue trust float, redeem float trust, issue trust bulk, redeem bulk trust, redeem provider trust,
disburse bulk wallet, fee bulk fees,
excise bulk tax, hold bulk held, release held bulk, hold takings held, release held takings,
cash_in float wallet, send wallet wallet, send held wallet, hold wallet held,
release held wallet, give_back held wallet, withdraw held float, withdraw wallet float, fee wallet fees, fee held fees,
save wallet pot, take_out pot wallet, contribute wallet group, share_out group wallet,
fee group fees, excise group tax, levy group tax, bill held provider, airtime held provider,
pay wallet takings, buy wallet takings, buy held takings, sweep takings wallet, refund takings wallet, fee takings fees,
excise takings tax, excise wallet tax, excise held tax, levy wallet tax, levy held tax, levy_refund tax wallet,
levy_refund tax suspense, commission fees commission,
transfer float float, pay_commission commission float, pay_commission commission fees, clawback commission fees,
reverse wallet float, reverse wallet wallet, reverse fees wallet, reverse tax wallet, reverse commission fees
"""


def test_no_money_moves_but_so() -> None:
    """The chart is the constitution: who adds a way for money, or takes one away, says so twice."""
    assert {(Reason(a), Kind(b), Kind(c)) for a, b, c in (move.split() for move in CHART.split(","))} == LEGAL
    assert {kind.value for kind in LOCKED} == {"float", "wallet", "pot", "group", "bulk", "held"}


def test_the_chart_lets_each_move_be_undone_but_holds_and_money_that_left() -> None:
    undone = {(source, target) for reason, target, source in LEGAL if reason == Reason.REVERSE}
    assert undone == {
        (Kind.WALLET, Kind.WALLET),
        (Kind.FLOAT, Kind.WALLET),
        (Kind.WALLET, Kind.FEES),
        (Kind.WALLET, Kind.TAX),
        (Kind.FEES, Kind.COMMISSION),
    }
    assert (Reason.FEE, Kind.WALLET, Kind.FEES) in LEGAL
    assert TAX.kind == Kind.TAX
