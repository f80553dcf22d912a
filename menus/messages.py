"""Every SMS that Senti sends, and the values it may show.

Receipts have one grammar: reference, amount, other side, fee, balance, time.
"""

from collections.abc import Mapping

# fmt: off
MESSAGES: Mapping[str, tuple[str, ...]] = {
    "welcome":         ("person", "service_code"),
    "sent":            ("reference", "amount", "name", "number", "fee", "levy", "balance", "at"),
    "received":        ("reference", "amount", "name", "number", "balance", "at", "cash"),
    "cash_in":         ("reference", "amount", "agent", "agent_name", "balance", "at"),
    "cash_in_agent":   ("reference", "amount", "name", "number", "balance", "at"),
    "withdrawal_code": ("reference", "amount", "agent", "fee", "levy", "hold", "until"),
    "withdrawn":       ("reference", "amount", "agent", "fee", "levy", "balance", "at"),
    "paid_out":        ("reference", "amount", "name", "number", "balance", "at"),
    "returned":        ("reference", "amount", "agent", "balance", "at"),
    "asked_cash":      ("agent", "agent_name", "amount", "fee", "levy", "service_code"),
    "give_cash":       ("reference", "amount", "name", "number", "balance", "at"),
    "asked_payment":   ("name", "number", "amount", "service_code"),
    "request_declined": ("amount", "number"),
    "request_expired": ("amount", "number"),
    "reversed":        ("reference", "original", "amount", "balance", "at"),
    "float_issue":     ("reference", "amount", "balance", "at"),
    "float_redeem":    ("reference", "amount", "balance", "at"),
    "float_sent":      ("reference", "amount", "agent", "agent_name", "balance", "at"),
    "float_got":       ("reference", "amount", "agent", "agent_name", "balance", "at"),
    "low_float":       ("balance",),
    "commission_paid": ("reference", "amount", "share", "balance", "at"),
    "clawback":        ("reference", "amount", "why", "commission"),
    "reported":        ("reference", "agent", "original"),
    "unblocked":       (),
    "pin_changed":     ("at", "help_line"),
    "pin_reset_asked": ("opens", "closes", "service_code", "help_line"),
    "pin_reset_half":  ("opens", "closes", "service_code", "help_line"),
    "pin_reset_open":  ("opens", "closes", "service_code", "help_line"),
    "pin_reset_stopped": ("at",),
    "pin_reset_lapsed": ("closes",),
    "pin_reset_done":  ("closes", "single", "day_limit", "help_line"),
    "sim_changed":     ("closes", "help_line"),
    "balance":         ("balance", "at"),
    "limits":          ("left", "single", "day_limit", "most_balance"),
    "mini":            ("lines",),
    "mini_empty":      (),
    "check_done":      ("reference", "amount", "payer", "payee", "at"),
    "check_reversed":  ("reference", "amount", "payer", "payee", "at"),
    "check_held":      ("reference", "amount", "payer", "payee", "at"),
    "check_paid":      ("reference", "amount", "payer", "payee", "at"),
    "check_returned":  ("reference", "amount", "payer", "payee", "at"),
    "ask_code":        ("amount", "name", "fee", "total", "challenge", "minutes", "cash"),
    "ask_dial":        ("amount", "name", "fee", "total", "dial", "cash"),
    "help":            ("service_code", "help_line"),
    "stopped":         (),
}
# fmt: on
