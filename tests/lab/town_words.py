"""What people read on their phones, taken apart by its words alone: the auditor knows no more than they do."""

import re
from collections.abc import Mapping

M = r"KES ([\d,]+(?:\.\d\d)?)"
R = r"([2-9A-HJ-NP-Z]{10})"
NAME = r"([A-Z.' ]+)"

# fmt: off
CONFIRM: Mapping[str, str] = {
    "send":     rf"Send {M} to {NAME}\nFee {M}(?: incl\. excise {M})?\nTotal {M}\n(?:[^\n]+ saves [^\n]+\n)?PIN:",
    "withdraw": rf"Cash {M} at ([\w ]+)\nFee {M}(?: incl\. excise {M})?\nTotal {M}\nPIN:",
    "cash_in":  rf"Pay {M} to {NAME}\nTake the cash first\.\nPIN:",
    "pay_out":  rf"Pay out {M} to {NAME}\?\nGive cash only after the next screen\.\nPIN:",
}
"""What stands above the PIN, by what is to be done."""

DONE: Mapping[str, str] = {
    "send":     rf"Sent {M} to {NAME}\.\n(?:Arrives [\d:]+\. [^\n]+\n)?Balance {M}\.\nRef {R}\.",
    "withdraw": rf"Show code (\d{{7}}) to agent (\d{{6}}), [\w ]+, and take {M} cash\.\n"
                rf"Good until ([\d:]+)\.\nRef {R}\.",
    "cash_in":  rf"Paid {M} to {NAME}\.\nFloat {M}\.\nRef {R}\.",
    "pay_out":  rf"Give {NAME} {M} in cash now\.\nFloat {M}\.\nRef {R}\.",
    "take_back": rf"^{M} is back with you, fee and all: it did not go to {NAME}\.\nBalance {M}\.\nRef {R}\.",
}
"""What the phone shows when it is done."""

TOLD: Mapping[str, str] = {
    "send":     rf"^DONE: {M} to {NAME}, Ref {R}\.",
    "withdraw": rf"^DONE: code (\d{{7}}), {M} (until) (\d\d:\d\d) {R}",
    "pay_out":  rf"^DONE: {M} to {NAME}, {R}\.",
    "take_back": rf"^TAKEN BACK: {M} for {NAME}, {R}",
}
"""What the next dial says of the last talk; a cash-in is told in the words of a pay-out."""

NOT_TOLD: Mapping[str, str] = {
    "send":     rf"^NOT sent: {M} to {NAME}\. Nothing taken",
    "withdraw": rf"^NOT done: cash {M}\. Nothing was taken\.",
    "cash_in":  rf"^NOT done: {M} to {NAME}\.",
    "pay_out":  rf"^NOT paid: {M} to {NAME}\. No cash\.",
}

SMS: Mapping[str, str] = {
    "sent":            rf"{R} Sent {M} to {NAME} \d{{4}}\*\*\*(\d{{3}})\. Fee {M}\. Balance {M}\. ",
    "on_its_way":      rf"{R} {M} to {NAME} \d{{4}}\*\*\*(\d{{3}})\. Fee {M}\. Arrives ([\d:]+)\. .*Balance {M}\.",
    "coming":          rf"{R} {M} from {NAME} \d{{4}}\*\*\*(\d{{3}}) arrives at ([\d:]+), if ",
    "taken_back":      rf"{R} Taken back {M}, fee and all: it did not go to {NAME}\. Balance {M}\.",
    "not_coming":      rf"{R} {M} from {NAME} does not come: the sender took it back\.",
    "received":        rf"{R} Received {M} from {NAME} \d{{4}}\*\*\*(\d{{3}})\. Balance {M}\. ",
    "cash_in":         rf"{R} Paid in {M} at agent (\d{{6}}) [\w ]+\. Balance {M}\. ",
    "cash_in_agent":   rf"{R} Paid in {M} for {NAME} \d{{4}}\*\*\*(\d{{3}})\. Float {M}\. ",
    "withdrawal_code": rf"{R} Code (\d{{7}}): {M} cash at agent (\d{{6}}), fee {M}\. Good until (\d\d:\d\d)\. ",
    "withdrawn":       rf"{R} Withdrew {M} at agent (\d{{6}})\. Fee {M}\. Balance {M}\. ",
    "paid_out":        rf"{R} Paid out {M} to {NAME} \d{{4}}\*\*\*(\d{{3}})\. Float {M}\. ",
    "returned":        rf"{R} Returned {M}: the code for agent (\d{{6}}) expired\. Balance {M}\. ",
    "commission_paid": rf"{R} Commission {M} paid to your float, head office {M}\. Float {M}\. ",
    "float_issue":     rf"{R} Float received {M}\. Float {M}\. ",
    "reversed":        rf"{R} Reversed {R}, {M}\. Balance {M}\. ",
    "ask_code":        rf"Send {M} to {NAME}\? Fee {M}, total {M}\. Answer (\d{{7}}) within 10 minutes to pay\.",
    "check":           rf"{R} is genuine: {M}.*\. "
                       r"(Done|ON ITS WAY|TAKEN BACK since|REVERSED since|Paid out in cash|Not collected)|"
                       rf"{R} is genuine: {M} (held) for",
    "paid_already":    rf"Paid already, Ref {R}\.",
    "balance":         rf"You have {M}\. \d\d/",
}
"""What arrives as a message."""
# fmt: on

ARRIVES = re.compile(r"^Arrives ([\d:]+)\.", re.M)
WHICH, UNDO = "Take back which?", "\n99 Undo"
HAS = re.compile(rf"^You have {M}\.$", re.M)
TRIES = re.compile(r"^Wrong PIN\. Tries left: (\d)", re.M)
LOCKED = "Your wallet is locked"
TROUBLE = "Something went wrong here. Nothing was taken"
BUSY = "Still being checked"
REPLACED = "You dialled again"


def cents(text: str) -> int:
    """Return an amount as it is written, in cents."""
    whole, _, part = text.replace(",", "").partition(".")
    return int(whole) * 100 + int(part or "0")


def shown(name: str) -> str:
    """Return what others see of a name."""
    first, last = name.upper().split()
    return f"{first} {last[0]}"


def find(table: Mapping[str, str], text: str) -> tuple[str, re.Match[str]] | None:
    """Return which of these words stand in a text, and what they say."""
    for kind, words in table.items():
        if found := _compiled(words).search(text):
            return kind, found
    return None


def _compiled(words: str) -> re.Pattern[str]:
    return re.compile(words, re.M)  # the module keeps the last few hundred
