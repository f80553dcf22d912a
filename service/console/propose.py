"""Proposing an act: one form for each, by a table of its fields; somebody else approves it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response

from service.console.door import in_words
from service.console.office import Missing, NotFound, Office, Visit
from service.console.page import asked, field, go_to, page
from service.money import read_amount
from service.phone import read_phone
from service.refusal import Refusal
from service.wallet.agent import keeper_of, read_agent_number, refuse_owing, shop_by_number
from service.wallet.application import NotWaiting, find_application
from service.wallet.bank import BankLine
from service.wallet.bank_acts import NoSuchLine, suspense_values, tie_values
from service.wallet.case import case_by_number
from service.wallet.day_close import close_values
from service.wallet.halt import LONGEST_WHY, Halt, NotHalted
from service.wallet.item import item_of, read_item_code
from service.wallet.name import masked
from service.wallet.operator import propose, propose_identify, propose_renumber, propose_reset
from service.wallet.people import read_id_number
from service.wallet.roles import ROLES
from service.wallet.sanctions import Hit
from service.wallet.staff import Staff
from service.wallet.statement import UnknownReference
from service.wallet.tier import KIND as TIER
from service.wallet.tier import refuse_unfit
from service.wallet.unit import Approval, Person, Unit

FIELDS: Mapping[str, tuple[str, ...]] = {
    "issue":        ("agent", "amount", "bank_ref"),
    "redeem":       ("agent", "amount", "bank_ref"),
    "clawback":     ("agent", "amount", "reason"),
    "reverse":      ("reference",),
    "case_reverse": ("case",),
    "order_settle": ("reference",),
    "order_return": ("reference",),
    "open_shop":    ("application",),
    "tier":         ("application",),
    "resume_shop":  ("agent",),
    "close_shop":   ("agent",),
    "resume_content": ("item",),
    "unblock":      ("person",),
    "reset_pin":    ("person", "id_number"),
    "identify":     ("person", "id_number"),
    "retire":       ("person",),
    "renumber":     ("person", "phone", "id_number"),
    "role":         ("staff", "role"),
    "resume":       ("halt", "why"),
    "release": ("reference",),
    "clear_hit":    ("hit",),
    "confirm_hit":  ("hit",),
    "bank_tie":     ("line", "reference", "why"),
    "bank_suspense": ("line", "why"),
    "day_close":    ("country", "day"),
}  # fmt: skip
"""What is asked for, by act; `person` is filled in by the page that one comes from."""

LONGEST: Mapping[str, int] = {"bank_ref": 40, "reason": 30, "why": LONGEST_WHY}
MOST_DIGITS = 16
OPTIONAL = {("reset_pin", "id_number")}
"""An agent may have seen the document."""


@dataclass(frozen=True)
class Form:
    """What was typed, and for whom."""

    unit: Unit
    office: Office
    act: str
    typed: Mapping[str, str]

    def read(self) -> dict[str, Any]:
        """Return the values of the act; raises what a field refuses."""
        return dict(pair for name in FIELDS[self.act] for pair in _READ[name](self, self.typed[name]))

    def person(self) -> Person:
        number = self.typed["person"]
        known = number.isascii() and number.isdigit() and len(number) < MOST_DIGITS
        row = self.unit.rows.get(Person, int(number)) if known else None
        if row is None:
            raise NotFound
        return row


Pairs = list[tuple[str, Any]]


def _agent(form: Form, typed: str) -> Pairs:
    number = read_agent_number(typed)
    shop_by_number(form.unit, number)
    return [("agent", number)]


def _amount(form: Form, typed: str) -> Pairs:
    """Read an amount in the money of the agent's country."""
    keeper = keeper_of(form.unit, shop_by_number(form.unit, read_agent_number(form.typed["agent"])))
    return [("amount", read_amount(typed, form.unit.house.packs[keeper.country].currency))]


def _text(name: str) -> Callable[[Form, str], Pairs]:
    return lambda _, typed: [(name, typed)]


def _reference(form: Form, typed: str) -> Pairs:
    number = form.unit.house.references.read(typed)
    if number is None or form.unit.books.entry(number) is None:
        raise UnknownReference
    return [("entry", number)]


def _case(form: Form, typed: str) -> Pairs:
    case = case_by_number(form.unit, typed)
    if case is None:
        raise NotFound
    return [("case", case.id)]


def _hit(form: Form, typed: str) -> Pairs:
    number = form.unit.house.references.read(typed)
    if number is None or form.unit.rows.get(Hit, number) is None:
        raise NotFound
    return [("hit", number)]


def _application(form: Form, typed: str) -> Pairs:
    row = find_application(form.unit, typed)
    if row is None or (row.kind == TIER) != (form.act == "tier"):
        raise NotFound
    if row.state != "asked":
        raise NotWaiting
    if row.kind == TIER:
        refuse_unfit(form.unit, row)
    return [("application", row.id)]


def _item(form: Form, typed: str) -> Pairs:
    return [("item", item_of(form.unit, read_item_code(typed)).code)]


def _staff(form: Form, typed: str) -> Pairs:
    if form.unit.rows.get(Staff, typed) is None:
        raise NotFound
    return [("staff", typed)]


def _role(_: Form, typed: str) -> Pairs:
    if typed not in ROLES:
        raise NotFound
    return [("role", typed)]


def _line(form: Form, typed: str) -> Pairs:
    number = form.unit.house.references.read(typed)
    row = form.unit.rows.get(BankLine, number) if number is not None else None
    if row is None:
        raise NoSuchLine
    return [("line", row)]


def _country(form: Form, typed: str) -> Pairs:
    if typed not in form.unit.house.packs:
        raise NotFound
    return [("country", typed)]


def _halt(form: Form, typed: str) -> Pairs:
    number = form.unit.house.references.read(typed)
    row = form.unit.rows.get(Halt, number) if number is not None else None
    if row is None or row.state != "on":
        raise NotHalted
    return [("halt", row.id), ("country", row.country)]


_READ: Mapping[str, Callable[[Form, str], Pairs]] = {
    "agent": _agent,
    "amount": _amount,
    "bank_ref": _text("bank_ref"),
    "reason": _text("reason"),
    "reference": _reference,
    "case": _case,
    "hit": _hit,
    "person": lambda form, _: [("person", form.person().id)],
    "phone": lambda form, typed: [("phone", read_phone(typed, form.unit.house.packs[form.person().country].region))],
    "id_number": lambda _, typed: [("id_number", read_id_number(typed) if typed else None)],
    "application": _application,
    "item": _item,
    "staff": _staff,
    "role": _role,
    "halt": _halt,
    "why": _text("why"),
    "line": _line,
    "country": _country,
    "day": lambda _, typed: [("day", typed)],
}


def form(office: Office, visit: Visit, act: str) -> Response:
    """Show the form of an act, with what the address says filled in."""
    return _form(office, visit, act, {name: asked(name) for name in FIELDS[act]})


def _form(office: Office, visit: Visit, act: str, typed: Mapping[str, str], no: Refusal | None = None) -> Response:
    said = in_words(office, no, visit.language) if no else ""
    about = office.read(lambda unit: _about(unit, office, act, typed)) if "person" in FIELDS[act] else ""
    return page(
        office,
        visit,
        "propose.html",
        status=409 if no else 200,
        act=act,
        fields=[name for name in FIELDS[act] if name != "person"],
        optional=[name for what, name in OPTIONAL if what == act],
        longest=LONGEST,
        typed=typed,
        about=about,
        roles=ROLES,
        no=said,
    )


def _about(unit: Unit, office: Office, act: str, typed: Mapping[str, str]) -> str:
    return masked(Form(unit, office, act, typed).person().name)


def made(office: Office, visit: Visit, act: str) -> Response:
    """Write the act down; what is refused is said above the form, which keeps what was typed."""
    typed = {name: field(name, LONGEST.get(name, 60)) for name in FIELDS[act]}
    try:
        if not all(typed[name] or (act, name) in OPTIONAL for name in FIELDS[act]):
            raise Missing
        found = office.transact(lambda unit: _make(Form(unit, office, act, typed), visit))
    except NotFound:
        if "person" in FIELDS[act]:
            raise
        return _form(office, visit, act, typed, NotFound())
    except Refusal as no:
        return _form(office, visit, act, typed, no)
    if isinstance(found, Refusal):
        return _form(office, visit, act, typed, found)
    return go_to(f"/approvals/{office.references.write(found.id)}")


def _make(form: Form, visit: Visit) -> Approval | Refusal:
    unit, values, signed = form.unit, form.read(), {"maker": visit.name, "role": visit.role}
    if form.act == "close_shop":
        refuse_owing(unit, shop_by_number(unit, values["agent"]))
    if form.act in ("reset_pin", "identify", "renumber"):
        values.pop("person")
    if form.act == "reset_pin":
        return propose_reset(unit, form.person(), **values, **signed)
    if form.act == "identify":
        return propose_identify(unit, form.person(), **values, **signed)
    if form.act == "renumber":
        return propose_renumber(unit, form.person(), **values, **signed)
    if form.act == "bank_tie":
        entry = unit.books.entry(values.pop("entry"))
        assert entry is not None, "the reference was read"
        values = dict(tie_values(unit, entry=entry, **values))
    if form.act == "bank_suspense":
        values = dict(suspense_values(**values))
    if form.act == "day_close":
        values = dict(close_values(unit, **values))
    return propose(unit, act=form.act, values=values, **signed)
