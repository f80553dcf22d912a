"""The constitution of the books: which kinds of account there are, and which moves are legal.

A move that is not in LEGAL is a bug, said aloud. The same table is repeated as a constraint in the database.
"""

from enum import StrEnum


class Kind(StrEnum):
    """What an account is for."""

    TRUST = "trust"  # the mirror of the bank account; negated, it is all e-money there is
    FLOAT = "float"  # an agent's e-money
    WALLET = "wallet"  # a person's e-money
    POT = "pot"  # what a person has saved; one account for each pot
    GROUP = "group"  # what people keep together
    BULK = "bulk"  # what an organisation has paid in for one batch of wages or grants
    TAKINGS = "takings"  # what was paid at a merchant's till and is not settled yet
    PROVIDER = "provider"  # what is owed to a biller or to who sells airtime
    HELD = "held"  # money set aside until something is decided; one account for each hold
    FEES = "fees"  # what the operator earned
    TAX = "tax"  # what is owed to the state
    COMMISSION = "commission"  # what is owed to an agent
    SUSPENSE = "suspense"  # money whose owner is being found out


LOCKED = frozenset({Kind.FLOAT, Kind.WALLET, Kind.POT, Kind.GROUP, Kind.BULK, Kind.HELD})
"""Kinds that can refuse: they keep a balance that is locked and never below zero. All others are sums of moves."""


class Reason(StrEnum):
    """Why money moves."""

    ISSUE = "issue"
    REDEEM = "redeem"
    CASH_IN = "cash_in"
    DISBURSE = "disburse"
    SEND = "send"
    PAY = "pay"
    BILL = "bill"
    AIRTIME = "airtime"
    BUY = "buy"
    SWEEP = "sweep"
    REFUND = "refund"
    SAVE = "save"
    TAKE_OUT = "take_out"
    CONTRIBUTE = "contribute"
    SHARE_OUT = "share_out"
    WITHDRAW = "withdraw"
    FEE = "fee"
    EXCISE = "excise"
    LEVY = "levy"
    LEVY_REFUND = "levy_refund"
    HOLD = "hold"
    RELEASE = "release"
    SETTLE = "settle"
    UNDO = "undo"
    GIVE_BACK = "give_back"
    COMMISSION = "commission"
    PAY_COMMISSION = "pay_commission"
    CLAWBACK = "clawback"
    TRANSFER = "transfer"
    REVERSE = "reverse"


_FORWARD: frozenset[tuple[Reason, Kind, Kind]] = frozenset({
    (Reason.ISSUE,      Kind.TRUST,  Kind.FLOAT),
    (Reason.REDEEM,     Kind.FLOAT,  Kind.TRUST),
    (Reason.CASH_IN,    Kind.FLOAT,  Kind.WALLET),
    (Reason.ISSUE,      Kind.TRUST,  Kind.BULK),
    (Reason.REDEEM,     Kind.BULK,   Kind.TRUST),
    (Reason.REDEEM,     Kind.PROVIDER, Kind.TRUST),
    (Reason.DISBURSE,   Kind.BULK,   Kind.WALLET),
    (Reason.FEE,        Kind.BULK,   Kind.FEES),
    (Reason.EXCISE,     Kind.BULK,   Kind.TAX),
    (Reason.HOLD,       Kind.BULK,   Kind.HELD),
    (Reason.RELEASE,    Kind.HELD,   Kind.BULK),
    (Reason.SEND,       Kind.WALLET, Kind.WALLET),
    (Reason.SEND,       Kind.HELD,   Kind.WALLET),
    (Reason.PAY,        Kind.WALLET, Kind.TAKINGS),
    (Reason.BILL,       Kind.HELD,   Kind.PROVIDER),
    (Reason.AIRTIME,    Kind.HELD,   Kind.PROVIDER),
    (Reason.BUY,        Kind.WALLET, Kind.TAKINGS),
    (Reason.BUY,        Kind.HELD,   Kind.TAKINGS),
    (Reason.SWEEP,      Kind.TAKINGS, Kind.WALLET),
    (Reason.REFUND,     Kind.TAKINGS, Kind.WALLET),
    (Reason.HOLD,       Kind.TAKINGS, Kind.HELD),
    (Reason.RELEASE,    Kind.HELD,   Kind.TAKINGS),
    (Reason.SAVE,       Kind.WALLET, Kind.POT),
    (Reason.TAKE_OUT,   Kind.POT,    Kind.WALLET),
    (Reason.CONTRIBUTE, Kind.WALLET, Kind.GROUP),
    (Reason.SHARE_OUT,  Kind.GROUP,  Kind.WALLET),
    (Reason.FEE,        Kind.GROUP,  Kind.FEES),
    (Reason.EXCISE,     Kind.GROUP,  Kind.TAX),
    (Reason.LEVY,       Kind.GROUP,  Kind.TAX),
    (Reason.FEE,        Kind.TAKINGS, Kind.FEES),
    (Reason.EXCISE,     Kind.TAKINGS, Kind.TAX),
    (Reason.FEE,        Kind.WALLET, Kind.FEES),
    (Reason.FEE,        Kind.HELD,   Kind.FEES),
    (Reason.EXCISE,     Kind.WALLET, Kind.TAX),
    (Reason.EXCISE,     Kind.HELD,   Kind.TAX),
    (Reason.LEVY,       Kind.WALLET, Kind.TAX),
    (Reason.LEVY,       Kind.HELD,   Kind.TAX),
    (Reason.LEVY_REFUND, Kind.TAX,   Kind.WALLET),
    (Reason.LEVY_REFUND, Kind.TAX,   Kind.SUSPENSE),
    (Reason.HOLD,       Kind.WALLET, Kind.HELD),
    (Reason.RELEASE,    Kind.HELD,   Kind.WALLET),
    (Reason.GIVE_BACK,  Kind.HELD,   Kind.WALLET),
    (Reason.WITHDRAW,   Kind.HELD,   Kind.FLOAT),
    (Reason.WITHDRAW,   Kind.WALLET, Kind.FLOAT),
    (Reason.TRANSFER,   Kind.FLOAT,  Kind.FLOAT),
    (Reason.COMMISSION, Kind.FEES,   Kind.COMMISSION),
    (Reason.PAY_COMMISSION, Kind.COMMISSION, Kind.FLOAT),
    (Reason.PAY_COMMISSION, Kind.COMMISSION, Kind.FEES),
    (Reason.CLAWBACK,   Kind.COMMISSION, Kind.FEES),
})  # fmt: skip

REVERSIBLE = frozenset({Reason.SEND, Reason.CASH_IN})
"""Entries that the operator may undo; a withdrawal has left as cash, and a reversal is never reversed."""

LEGAL = _FORWARD | {
    (Reason.REVERSE, target, source)
    for reason, source, target in _FORWARD
    if reason in {Reason.SEND, Reason.CASH_IN, Reason.FEE, Reason.EXCISE, Reason.LEVY, Reason.COMMISSION}
    and not {Kind.HELD, Kind.BULK, Kind.TAKINGS, Kind.GROUP} & {source, target}
}
"""Every legal (reason, kind of source, kind of target)."""
