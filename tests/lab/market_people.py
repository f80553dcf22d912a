"""What people at a market have in mind, and what they answer to a screen, mostly right."""

import random

from tests.lab.market_auditor import MarketAuditor
from tests.lab.market_books import GROUP
from tests.lab.market_machine import SOLD
from tests.phone import NUMBERS, PEOPLE_CODE

WHO = ("Amina", "Baraka", "Achieng")
ITEMS = tuple(SOLD)
CODES = {title: code for code, (title, *_) in SOLD.items()}

DIALLED = {
    "bill": "3*1",
    "airtime": "4*{to}*{amount}",
    "pay": "3*500017*{amount}",
    "buy": "3*2*{code_of}",
    "meter": "3*2*{code_of}*{amount}",
    "subscribe": "3*2*{code_of}",
    "subs": "7*12",
    "save": "7*13*1",
    "take": "7*13*2",
    "give": "7*14",
    "payout": "7*14",
    "agree": "6",
    "order": "7*11",
    "unorder": "7*11",
}
ANYTIME = ("bill", "bill", "airtime", "pay", "buy", "buy", "meter", "subscribe", "save", "give", "order")


def wish(dice: random.Random, auditor: MarketAuditor, number: str) -> dict[str, str]:
    """Return what somebody has in mind who takes up the phone: mostly what can be done now."""
    books = auditor.books
    not_mine = {NUMBERS["Baraka"]: ("pay", "buy", "meter", "subscribe"), NUMBERS["Achieng"]: ("order",)}.get(number, ())
    has = [kind for kind in ANYTIME if kind not in not_mine]
    has += ["agree"] * 9 * any(who != number for who, *_ in auditor.proposed)
    has += ["subs"] * 4 * bool(auditor.accepting(number)) + ["subs"] * bool(auditor.running("renew", number))
    has += ["meter"] * 5 * bool(auditor.running("end", number))
    has += ["take"] * (books["pot", number] > 0) + ["payout"] * 3 * (books[GROUP] > 100_00)
    has += ["unorder"] * (books["orders", number] > 0)
    kind = dice.choice(has)
    running = [CODES[one.item] for one in auditor.running("end", number)]
    items = {"buy": ITEMS[:2], "meter": running or ITEMS[4:], "subscribe": ITEMS[2:4]}.get(kind, ITEMS)
    friend = "Baraka" if number == NUMBERS["Amina"] else "Amina"
    small = kind in ("meter", "airtime", "subscribe", "payout")
    return {
        "code": PEOPLE_CODE,
        "kind": kind,
        "to": "0" + NUMBERS[friend if kind == "order" else dice.choice(WHO)][4:],
        "amount": auditor.fresh(dice, *((5, 60) if small else (50, 700))),
        "code_of": dice.choice(items),
        "account": f"1234567890{dice.choice('11111240')}",
    }


def key(dice: random.Random, auditor: MarketAuditor, number: str, goal: dict[str, str], screen: str) -> str:
    """Return what somebody answers to a screen, or nothing if they hang up."""
    kind = goal["kind"]
    if "PIN:" in screen:
        return auditor.pins[number] if dice.random() < 0.97 else "1111"
    if screen.startswith(("Not enough", "Only from", "At most", "From KES", "The biller takes")):
        goal["amount"] = auditor.fresh(dice, 50, 120)
    if "\n1 Send money" in screen or screen.startswith("Send to"):
        return ""  # the talk was over, and began anew
    if " runs: KES" in screen:
        return dice.choice(("1", "1", "1", "2"))
    if "98 More, KES" in screen:
        return dice.choice(("98", "98", "2"))
    if "1 Yes, begin" in screen:
        return dice.choice(("1", "1", "1", "2"))
    if "2 End it" in screen or "1 End it" in screen:
        line = next(line for line in screen.splitlines() if line.endswith("End it"))
        return line[0] if dice.random() < 0.5 else ""
    if "Pay regularly: number or till?" in screen:
        if kind == "unorder" or "\n1 KES" in screen:
            return "1" if "\n1 KES" in screen and kind == "unorder" else ""
        return goal["to"]
    if "To found a group" in screen:
        return "1"
    if screen.startswith("Chama: ") and "1 Put in" in screen:
        return "2" if kind == "payout" else "1"
    answers = {
        "Which bill?": dice.choice("112"),
        "Look at the bill": goal["account"],
        "To which number does the group pay?": goal["to"],
        "How often?": "1",
        "First day?": "1",
        "1 Stop it": "1",
        "1 Yes, stop": "1",
        "What for?": "Seeds",
        "How much": goal["amount"],
        "At most how much?": goal["amount"],
        "Put into which?": "1",
        "Take out of which?": "1",
        "Subscriptions\n": "1",
        "1 waiting": "1",
        "2 waiting": "1",
        "3 waiting": "1",
        "\n1 Yes\n": dice.choice("1112"),
        "again?": dice.choice(("1", "")),
        "1 Yes": "1",
        "which number": goal["to"],
        "Airtime for": goal["to"],
    }
    return next((answer for asked, answer in answers.items() if asked in screen), "")
