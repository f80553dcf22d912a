"""Every SMS that Senti sends, and the values it may show.

Receipts have one grammar: reference, amount, other side, fee, balance, time.
"""

from collections.abc import Mapping

from service.wallet.notice import BEHIND_PIN

FIRST_LINE = ("reference", "amount", "name", "organisation", "hold", "voucher", "deposit", "challenge")
"""What a message that needs two parts says in its first line: each is whole without the other."""

# fmt: off
MESSAGES: Mapping[str, tuple[str, ...]] = {
    "welcome":         ("person", "service_code"),
    "sent":            ("reference", "amount", "name", "number", "fee", "levy", "balance", "at"),
    "received":        ("reference", "amount", "name", "number", "balance", "at", "cash"),
    "paid":            ("reference", "amount", "till_name", "till", "fee", "levy", "balance", "at"),
    "sale":            ("reference", "amount", "name", "number", "till", "fee", "at"),
    "settled":         ("reference", "amount", "till", "balance", "at"),
    "refunded":        ("reference", "original", "amount", "till_name", "till", "balance", "at"),
    "refund_paid":     ("reference", "original", "amount", "name", "till", "at"),
    "asked_sale":      ("till", "till_name", "amount", "service_code"),
    "till_helper":     ("till", "till_name", "service_code"),
    "till_helper_over": ("till", "till_name"),
    "till_opened":     ("till", "till_name", "service_code"),
    "on_its_way":      ("reference", "amount", "name", "number", "fee", "levy", "balance", "until"),
    "coming":          ("reference", "amount", "name", "number", "until"),
    "reviewed":        ("reference", "amount", "name", "number", "fee", "levy", "balance", "until"),
    "review_coming":   ("reference", "amount", "name", "number", "until"),
    "taken_back":      ("reference", "amount", "name", "balance", "at"),
    "undo_which":      ("several", "service_code"),
    "not_coming":      ("reference", "amount", "name", "at"),
    "came_back":       ("reference", "amount", "name", "balance", "at"),
    "sent_back":       ("reference", "amount", "name", "balance", "at"),
    "stopped_coming":  ("reference", "amount", "name", "at"),
    "not_taken":       ("reference", "amount", "name", "at"),
    "asked_back":      ("reference", "amount", "name", "number", "until", "service_code"),
    "freed":           ("reference", "amount", "balance", "at"),
    "not_given_back":  ("reference", "amount", "name"),
    "case_decided":    ("reference", "amount", "name"),
    "case_closed":     ("reference",),
    "cash_in":         ("reference", "amount", "agent", "agent_name", "balance", "at"),
    "cash_in_agent":   ("reference", "amount", "name", "number", "balance", "at"),
    "withdrawal_code": ("reference", "amount", "agent", "fee", "levy", "hold", "until"),
    "withdrawn":       ("reference", "amount", "agent", "fee", "levy", "balance", "at"),
    "paid_out":        ("reference", "amount", "name", "number", "balance", "at"),
    "returned":        ("reference", "amount", "agent", "balance", "at"),
    "asked_cash":      ("agent", "agent_name", "amount", "fee", "levy", "service_code"),
    "give_cash":       ("reference", "amount", "name", "number", "balance", "at"),
    "asked_payment":   ("name", "number", "amount", "service_code"),
    "cash_wanted":     ("name", "number", "amount", "until", "service_code"),
    "cash_promised":   ("name", "number", "amount", "until"),
    "cash_refused":    ("name", "amount"),
    "cash_which":      ("several", "service_code"),
    "cash_kept":       ("agent", "agent_name", "amount", "until", "service_code"),
    "cash_declined":   ("agent", "agent_name", "amount", "service_code"),
    "cash_unanswered": ("agent", "agent_name", "amount", "service_code"),
    "cash_over":       ("agent", "agent_name", "amount", "service_code"),
    "swap_asked":      ("agent", "agent_name", "amount", "until", "service_code"),
    "swap_offered":    ("agent", "agent_name", "amount", "until", "service_code"),
    "swap_kept":       ("agent", "agent_name", "amount", "until", "service_code"),
    "swap_over":       ("agent", "agent_name", "amount"),
    "float_ends":      ("until", "partner", "service_code"),
    "cash_ends":       ("until", "partner", "service_code"),
    "cash_free":       ("name", "number", "amount"),
    "request_declined": ("amount", "number"),
    "request_expired": ("amount", "number"),
    "reversed":        ("reference", "original", "amount", "balance", "at"),
    "levy_refund":     ("reference", "original", "amount", "balance", "at"),
    "float_issue":     ("reference", "amount", "balance", "at"),
    "float_redeem":    ("reference", "amount", "balance", "at"),
    "float_sent":      ("reference", "amount", "agent", "agent_name", "balance", "at"),
    "float_got":       ("reference", "amount", "agent", "agent_name", "balance", "at"),
    "low_float":       ("balance",),
    "commission_paid": ("reference", "amount", "share", "balance", "at"),
    "clawback":        ("reference", "amount", "why", "commission"),
    "reported":        ("reference", "agent", "original"),
    "voucher_sent":    ("reference", "amount", "number", "fee", "balance", "day"),
    "voucher_code":    ("name", "number", "amount", "voucher", "day"),
    "voucher_paid":    ("reference", "amount", "number", "agent", "balance", "at"),
    "voucher_paid_out": ("reference", "amount", "number", "balance", "at"),
    "voucher_returned": ("reference", "amount", "number", "balance", "at"),
    "voucher_over":    ("amount",),
    "voucher_taken":   ("reference", "amount", "agent", "at"),
    "bulk_voucher":    ("organisation", "amount", "voucher", "day"),
    "disbursed":       ("reference", "organisation", "amount", "balance", "at", "cash"),
    "deposit_code":    ("agent", "agent_name", "amount", "deposit"),
    "unblocked":       (),
    "pin_changed":     ("at", "help_line"),
    "pin_reset_asked": ("opens", "closes", "service_code", "help_line"),
    "pin_reset_half":  ("opens", "closes", "service_code", "help_line"),
    "pin_reset_open":  ("opens", "closes", "service_code", "help_line"),
    "pin_reset_stopped": ("at",),
    "pin_reset_lapsed": ("closes",),
    "pin_reset_done":  ("closes", "single", "day_limit", "help_line"),
    "pin_reset_vouched": ("opens", "help_line"),
    "pin_reset_seen":  ("agent", "agent_name", "help_line"),
    "pin_reset_agreed": ("name", "number", "service_code"),
    "asked_guardian":  ("name", "number", "service_code"),
    "guardian_agreed": ("name", "number", "service_code"),
    "guardian_declined": ("number",),
    "guardian_removed": ("name", "number", "help_line"),
    "guardian_freed":  ("name", "number"),
    "guardian_wanted": ("name", "number", "service_code"),
    "stored":          ("since", "name", "document", "nicknames", "help_line"),
    "named":           ("name", "number", "nick"),
    "closed":          ("at",),
    "asleep":          ("help_line",),
    "awake":           ("help_line",),
    "moved_away":      ("number", "help_line"),
    "moved_here":      ("closes", "help_line"),
    "sim_changed":     ("closes", "help_line"),
    "balance":         ("balance", "at"),
    "limits":          ("left", "single", "day_limit", "most_balance", "month_limit"),
    "mini":            ("lines",),
    "mini_empty":      (),
    "check_done":      ("reference", "amount", "payer", "payee", "at", "refund"),
    "check_on_its_way": ("reference", "amount", "payer", "payee", "until"),
    "check_taken_back": ("reference", "amount", "payer", "payee", "at"),
    "check_partly":    ("reference", "amount", "payer", "payee", "at"),
    "check_reversed":  ("reference", "amount", "payer", "payee", "at"),
    "check_held":      ("reference", "amount", "payer", "payee", "at"),
    "check_paid":      ("reference", "amount", "payer", "payee", "at", "refund"),
    "check_returned":  ("reference", "amount", "payer", "payee", "at"),
    "ask_code":        ("amount", "name", "whom", "number", "fee", "total", "challenge", "minutes", "cash"),
    "ask_dial":        ("amount", "name", "whom", "number", "fee", "total", "dial", "cash",
                        "new_number", "near_name", "near_number"),
    "order_made":      ("amount", "paid_to", "number", "fee", "day", "service_code"),
    "order_soon":      ("amount", "paid_to", "number", "fee", "day", "service_code"),
    "order_short":     ("amount", "paid_to", "number", "balance", "total", "next_try"),
    "order_limit":     ("amount", "paid_to", "number", "next_try"),
    "order_full":      ("amount", "paid_to", "number", "next_try"),
    "order_charge":    ("amount", "paid_to", "number", "fee", "next_try", "service_code"),
    "order_unable":    ("amount", "paid_to", "number", "next_try", "service_code"),
    "order_gone":      ("amount", "paid_to", "number"),
    "order_over":      ("amount", "paid_to", "number", "days", "service_code"),
    "saved":           ("reference", "amount", "pot", "in_pot", "missing", "balance", "at"),
    "taken_out":       ("reference", "amount", "pot", "in_pot", "balance", "at"),
    "asked_group":     ("name", "number", "group", "service_code"),
    "group_joined":    ("name", "number", "group"),
    "group_left":      ("name", "number", "group", "needed_now"),
    "group_gave":      ("reference", "amount", "group", "pooled", "balance", "at"),
    "group_got":       ("reference", "amount", "name", "number", "group", "pooled", "at"),
    "group_asked":     ("asked_by", "group", "amount", "name", "number", "service_code"),
    "group_paid_you":  ("reference", "amount", "group", "balance", "at"),
    "group_paid":      ("reference", "amount", "name", "number", "group", "fee", "pooled", "at"),
    "group_over":      ("group", "amount", "name", "number"),
    "pay_code":        ("amount", "till_name", "till", "fee", "total", "challenge", "minutes"),
    "pay_dial":        ("amount", "till_name", "till", "fee", "total", "dial"),
    "help":            ("service_code", "help_line"),
    "stopped":         (),
}
# fmt: on

_SHOPS = (
    "cash_in_agent paid_out give_cash cash_wanted swap_asked swap_offered swap_kept swap_over float_ends cash_ends"
    " cash_free float_issue float_redeem float_sent float_got low_float commission_paid clawback voucher_paid_out"
    " cash_promised cash_refused"
)
_NOBODYS = "voucher_code voucher_over bulk_voucher voucher_taken"
_GUARDIANS = "guardian_agreed guardian_declined guardian_removed asked_guardian pin_reset_agreed"
_OWNERS = "pin_reset_asked pin_reset_half pin_reset_open"
_ANSWERS = (
    "named reported undo_which cash_which balance limits mini mini_empty ask_code ask_dial pay_code pay_dial help"
    " stopped check_done check_on_its_way check_taken_back check_partly check_reversed check_held check_paid"
    " check_returned"
)
SHARED: Mapping[str, tuple[str, ...]] = {
    key: tuple(name for name in names if name not in BEHIND_PIN)
    for key, names in MESSAGES.items()
    if key not in f"{_SHOPS} {_NOBODYS} {_GUARDIANS} {_OWNERS} {_ANSWERS}".split()
}
"""What a number that several share may be told, and what of it: nothing to shops or to numbers without a wallet,
nothing of guardians or of a new PIN that its owner asks for alone, and no answer to a message about a wallet."""
