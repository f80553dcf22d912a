"""What people in a simulated town have in mind, and what they answer to a screen, mostly right."""

import random
from dataclasses import dataclass

from service.demo import NEWCOMER
from tests.lab.town_auditor import Auditor
from tests.phone import AGENTS_CODE, NUMBERS, PEOPLE_CODE, Phone

NEWCOMERS = {NEWCOMER: ("Zawadi Wekesa", "8064")}
AGENTS = ("Njeri", "Achieng")


@dataclass
class Actor:
    """Somebody with a phone and something in mind."""

    name: str
    phone: Phone
    goal: dict[str, str]
    waiting: bool = False
    keys: int = 0


def wish(dice: random.Random, auditor: Auditor, actor: Actor) -> dict[str, str]:
    """Return what somebody has in mind who takes up the phone."""
    others = [number for number in NUMBERS.values() if number != actor.phone.number]
    amount = dice.choice((dice.randint(100, 9_000), dice.randint(100, 60_000), dice.randint(1, 30) * 1_000))
    if dice.random() < 0.6:
        amount = max(1_00, min(amount, auditor.books["wallet", actor.phone.number] // 2))
    elif dice.random() < 0.1:
        amount = dice.randint(100_000, 30_000_000)
    goal = {
        "code": PEOPLE_CODE,
        "to": "0" + dice.choice(others)[4:],
        "amount": f"{amount // 100}.{amount % 100:02}" if amount % 100 else str(amount // 100),
        "agent": dice.choice(("100016", "100016", "100016", "100024")),
        "forgot": "PIN" if dice.random() < 0.12 else "",
        "kind": dice.choice(("send", "send", "send", "withdraw", "withdraw", "balance")),
    }
    if actor.name in AGENTS and dice.random() < 0.75:
        shop = auditor.shop_of(actor.phone.number)
        codes = auditor.codes_at(shop)
        goal |= {"code": AGENTS_CODE, "kind": "pay_out" if codes and dice.random() < 0.8 else "cash_in"}
        goal["secret"] = dice.choice(codes) if codes else ""
    return goal


def key(dice: random.Random, auditor: Auditor, actor: Actor, screen: str) -> str:
    """Return what somebody answers to a screen, or nothing if they hang up."""
    goal, number = actor.goal, actor.phone.number
    if screen.startswith(("Not enough", "Only from", "At most")):
        goal["amount"] = dice.choice(("20", "50.50", "100"))
    elif screen.startswith(("That is you", "That number", "No open agent")):
        return ""
    if "PIN:" in screen or "Choose a PIN" in screen or "The same PIN again?" in screen:
        knows = dice.random() < (0.3 if goal.get("forgot") else 0.93)
        # Who chooses a PIN and mistypes it twice alike has chosen another one than the auditor knows.
        other = "8065" if "PIN:" in screen else f"{dice.randint(2_000, 8_999)}"
        return auditor.pins[number] if knows else dice.choice(("1111", other, other, "40"))
    if "9 Continue" in screen and dice.random() < 0.6:
        return "9"
    if "99 Undo" in screen and dice.random() < 0.7:
        return "99"
    if screen.startswith("Take back which?"):
        return dice.choice(("1", "1", "1", "2", ""))
    if "\n1 Send money" in screen or screen.startswith("1 Send money"):
        return {"send": "1", "withdraw": "2", "balance": "5"}.get(goal["kind"], "")
    if "\n1 Cash-in" in screen:
        return {"cash_in": "1", "pay_out": "2"}.get(goal["kind"], "")
    answers = {
        "Send to which number?": goal["to"],
        "Customer's phone number?": goal["to"],
        "How much": goal["amount"],
        "Agent number?": goal["agent"],
        "Customer's 7-digit code?": goal.get("secret", ""),
        "Pay again?": dice.choice(("1", "")),
        "one slip from": dice.choice(("1", "1", "")),
        "Welcome to Senti": "1",
        "First and last name?": NEWCOMERS.get(number, ("", ""))[0],
        "Number of your ID": "A1234567",
    }
    if "Send to which number?\n1 " in screen and dice.random() < 0.3:
        return "1"
    return next((answer for asked, answer in answers.items() if asked in screen), "")
