"""Groups: founding one, putting in, proposing to pay out, the book, the members; and the yes that others ask for."""

from collections.abc import Mapping, Sequence
from typing import Any

from menus import group_removal
from menus.call import Call
from menus.fields import AMOUNT, GROUP_NAME, PAYEE, PHONE, WHY
from menus.steps import by_pin
from menus.whose import which
from service.countries import NotOffered
from service.ledger.entry import NotEnough, OverCap, TooFull
from service.phone import mask_phone
from service.refusal import Refusal
from service.ussd.screens import Act, Ask, Choice, Do, End, Menu, Pick, Screen, Values
from service.wallet.account import group_of
from service.wallet.due import bring_up_to_date
from service.wallet.group_money import (
    Gift,
    Proposal,
    TooFewMembers,
    TooManyPayouts,
    agree,
    give,
    given_by,
    payouts_for,
    propose,
    quote_gift,
    quote_payout,
    refuse,
    show_payout,
)
from service.wallet.groups import (
    MAY_INVITE,
    NEEDED,
    GroupFull,
    GroupMoney,
    NoGroup,
    TooManyGroups,
    answer,
    found_group,
    groups_of,
    has_to_do_with_groups,
    invitations_for,
    invite,
    leave,
    left_of,
    make_treasurer,
    members_of,
    own_group,
    refuse_more_groups,
)
from service.wallet.inbox import AskedEnough, DeclinedTwice, RequestOver
from service.wallet.known import TooManyLookups
from service.wallet.limits import OverSingle
from service.wallet.name import masked
from service.wallet.people import UnknownPerson, WhichOne
from service.wallet.pin import PinLocked
from service.wallet.send import QuoteChanged, SelfPayment
from service.wallet.statement import balance_of, statement
from service.wallet.unit import Person


def mine(call: Call, _: Values) -> Sequence[Values]:
    """List the caller's groups."""
    seats = groups_of(call.unit, call.caller)
    return [{"value": {"group": seat.group.id}, "group": seat.group.name} for seat in seats]


def pick(call: Call, values: Values) -> Mapping[str, Any]:
    """Tell a name that was typed, of a group to be founded, from a group that was picked."""
    named = values["grouping"]
    blank = {"group_id": 0, "pooled": 0, "members": 0, "needed": 0, "is_there": False, "may_invite": False}
    if isinstance(named, str):
        refuse_more_groups(call.unit, call.caller)
        return {**blank, "group": named}
    group, member = own_group(call.unit, call.caller, named["group"])
    about = {"pooled": call.unit.books.balance(group_of(group)), "members": len(members_of(call.unit, group.id))}
    about |= {"needed": group.needed, "may_invite": member.role in MAY_INVITE, "is_there": True}
    return {**blank, **about, "group": group.name, "group_id": group.id}


def found(needed: int) -> Act:
    """Return the step that founds a group in which so many must agree."""

    def act(call: Call, values: Values) -> Mapping[str, Any]:
        found_group(call.unit, person_id=call.caller.id, name=values["group"], needed=needed)
        return {"needed": needed}

    return act


def open_gift(call: Call, _: Values) -> Mapping[str, Any]:
    """Say what the caller has."""
    bring_up_to_date(call.unit, call.caller)
    return {"balance": balance_of(call.unit, call.caller)}


def quote_in(call: Call, values: Values) -> Mapping[str, Any]:
    """Mint the entry of what is put in."""
    gift = quote_gift(call.unit, giver=call.caller, group_id=values["group_id"], amount=values["amount"])
    return {"quote": gift._asdict()}


def put_in(call: Call, values: Values) -> Mapping[str, Any]:
    """Put it in."""
    receipt = give(call.unit, giver=call.caller, gift=Gift(**values["quote"]))
    return {"reference": receipt.reference, "balance": receipt.balance}


def quote_out(call: Call, values: Values) -> Mapping[str, Any]:
    """Price the payout that the caller wants."""
    asked = {"phone": values["phone"], "amount": values["amount"], "why": values["why"]}
    return _shown(quote_payout(call.unit, proposer=call.caller, group_id=values["group_id"], **asked))


def _shown(made: Proposal) -> dict[str, Any]:
    price = {"amount": made.amount, "fee": made.charge.total, "total": made.total}
    counts = {"yeses": made.yeses, "needed": made.needed, "why": made.why}
    whom = {"group": made.group_name, "name": made.name, "number": made.number}
    return {"quote": made._asdict(), **whom, **price, **counts}


def propose_out(call: Call, values: Values) -> None:
    """Ask the others."""
    propose(call.unit, proposer=call.caller, proposal=Proposal(**values["quote"]))


def book(call: Call, values: Values) -> Sequence[Values]:
    """List the last entries of the group."""
    group = own_group(call.unit, call.caller, values["group_id"]).group
    lines = statement(call.unit, group_of(group))
    return [
        {
            "value": {"reference": line.reference, "balance": line.balance},
            "day": line.at.isoformat(),
            "signed": line.amount,
            "other": line.other_shown,
        }
        for line in lines
    ]


def book_line(_: Call, values: Values) -> Mapping[str, Any]:
    """Show one entry."""
    return dict(values["entry"])


def people(call: Call, values: Values) -> Sequence[Values]:
    """List the members with what each has put in, under the name of what they are in the group; then those who have
    left and had put something in, so that all of it is somebody's.
    """
    group = own_group(call.unit, call.caller, values["group_id"]).group
    left = [row for row in left_of(call.unit, group.id) if call.unit.books.used(given_by(group.id, row.person))]
    rows = [*members_of(call.unit, group.id), *left]
    by_id = {one.id: one for one in call.unit.rows.find(Person, id=[row.person for row in rows])}
    listed = []
    for row in rows:
        gave = call.unit.books.used(given_by(group.id, row.person))
        one = by_id[row.person]
        name, number = masked(one.name), mask_phone(one.phone) if one.has_number else ""
        is_now = "left" if row.state == "out" else row.role
        roles = {f"{role}_gave": gave if is_now == role else None for role in ROLES}
        value = {"person": row.person, "name": name, "number": number, "is_in": row.state == "in"}
        listed.append({"value": value, "name": name, "number": number, **roles})
    return listed


ROLES = ("chair", "treasurer", "member", "left")


def pick_member(call: Call, values: Values) -> Mapping[str, Any]:
    """Show one member; the chair may make them the treasurer, and everybody may want them to go."""
    group, member = own_group(call.unit, call.caller, values["group_id"])
    chosen = values["chosen"]
    gave = call.unit.books.used(given_by(group.id, chosen["person"]))
    is_other = chosen["is_in"] and chosen["person"] != call.caller.id
    may = {"may_name": is_other and member.role == "chair", "may_remove": is_other}
    whom = {"member": chosen["person"], "name": chosen["name"], "number": chosen["number"]}
    return {**whom, "amount": gave, **may}


def name_treasurer(call: Call, values: Values) -> None:
    """Make them the treasurer."""
    make_treasurer(call.unit, person=call.caller, group_id=values["group_id"], other=values["member"])


def ask_to_join(call: Call, values: Values) -> Refusal | None:
    """Ask whoever is behind the number to join; that names of several were looked at is counted, whoever is asked."""
    try:
        invite(call.unit, person=call.caller, group_id=values["group_id"], phone=values["phone"])
    except WhichOne as no:
        return no
    return None


def go(call: Call, values: Values) -> None:
    """Leave the group."""
    leave(call.unit, person=call.caller, group_id=values["group_id"])


def waiting(call: Call) -> list[Values]:
    """List what groups ask of the caller, for the approvals: payouts, then invitations."""
    if not has_to_do_with_groups(call.unit, call.caller):
        return []
    names = {seat.group.id: seat.group.name for seat in groups_of(call.unit, call.caller)}
    votes: list[Values] = [
        {"value": {"vote": row.id}, "asked_by": names[row.group], "wanted": row.amount}
        for row in payouts_for(call.unit, call.caller)
    ]
    return [*votes, *group_removal.waiting(call)] + [
        {"value": {"join": group.id}, "asked_by": group.name, "wanted": 0}
        for group in invitations_for(call.unit, call.caller)
    ]


def asked(call: Call, values: Values) -> Mapping[str, Any]:
    """Show what was picked among the approvals: a payout that is voted on, or a group that asks."""
    picked = values["picked"]
    other = {"joins": False, "lets_go": False, "group_id": 0, "removal": 0}
    if "vote" in picked:
        return {**other, **_shown(show_payout(call.unit, call.caller, picked["vote"]))}
    blank = {"quote": {}, "name": "", "number": "", "amount": 0, "fee": 0, "total": 0, "why": "", "yeses": 0}
    if "let_go" in picked:
        return {**other, **blank, **group_removal.shown(call, picked["let_go"]), "lets_go": True}
    group = next((one for one in invitations_for(call.unit, call.caller) if one.id == picked["join"]), None)
    if group is None:
        raise RequestOver
    return {**other, **blank, "needed": group.needed, "group": group.name, "group_id": group.id, "joins": True}


def join(call: Call, values: Values) -> None:
    """Join."""
    answer(call.unit, person_id=call.caller.id, group_id=values["group_id"], joins=True)


def stay_out(call: Call, values: Values) -> None:
    """Do not join."""
    answer(call.unit, person_id=call.caller.id, group_id=values["group_id"], joins=False)


def say_yes(call: Call, values: Values) -> Mapping[str, Any]:
    """Agree; the last yes pays."""
    receipt = agree(call.unit, person=call.caller, proposal=Proposal(**values["quote"]))
    if receipt is None:
        return {"paid_now": False, "reference": "", "pooled": 0}
    return {"paid_now": True, "reference": receipt.reference, "pooled": receipt.balance}


def say_no(call: Call, values: Values) -> None:
    """Refuse."""
    refuse(call.unit, person=call.caller, payout_id=values["quote"]["entry"])


GROUP = ("group", "group_id", "pooled", "members", "needed")
PAYOUT = ("quote", "group", "name", "number", "amount", "fee", "total", "why", "yeses", "needed")
NOT_NOW = (RequestOver, PinLocked, NotOffered, UnknownPerson, NotEnough, TooFull)

SCREENS: tuple[Screen, ...] = (
    Ask("groups", "grouping", GROUP_NAME, then="groups.pick", suggests=mine, lines=("group",)),
    Do("groups.pick", pick, then="group.needed", gives=(*GROUP, "may_invite", "is_there"),
       instead={"is_there": "group"}, on={TooManyGroups: "groups", NoGroup: "groups"}, refuses=(PinLocked,)),
    Menu("group.needed", tuple(Choice(str(number), f"group.found.{number}") for number in NEEDED)),
    *(Do(f"group.found.{number}", found(number), then="group.founded", gives=("needed",),
         refuses=(PinLocked, TooManyGroups), writes=True) for number in NEEDED),
    End("group.founded"),
    Menu("group", (
        Choice("1", "group.in.open"),
        Choice("2", "group.to"),
        Choice("3", "group.book"),
        Choice("4", "group.people"),
        Choice("5", "group.invite", when="may_invite"),
        Choice("9", "group.leave"),
    )),
    Do("group.in.open", open_gift, then="group.in", gives=("balance",)),
    Ask("group.in", "amount", AMOUNT, then="group.in.quote"),
    Do("group.in.quote", quote_in, then="group.in.pin", gives=("quote",),
       on=dict.fromkeys((NotEnough, OverSingle, OverCap), "group.in"), refuses=(NoGroup, PinLocked)),
    *by_pin("group.in", put_in, "group.in.done", gives=("reference", "balance"), refuses=(NoGroup,),
            on=dict.fromkeys((NotEnough, OverSingle, OverCap, TooFull), "group.in"), posts=True, told="group_gave",
            not_told="not_group_gave"),
    Ask("group.to", "phone", PAYEE, then="group.amount"),
    Ask("group.amount", "amount", AMOUNT, then="group.why"),
    Ask("group.why", "why", WHY, then="group.out.quote"),
    Do("group.out.quote", quote_out, then="group.out.pin", gives=PAYOUT,
       on={WhichOne: "group.which", **dict.fromkeys((UnknownPerson, TooManyLookups, SelfPayment), "group.to"),
           **dict.fromkeys((NotOffered, NotEnough), "group.amount")},
       refuses=(PinLocked, NoGroup, TooFewMembers, TooManyPayouts)),
    which("group.which", "group.out.quote"),
    *by_pin("group.out", propose_out, "group.proposed", refuses=(NoGroup, TooFewMembers, TooManyPayouts)),
    Pick("group.book", "entry", book, then="group.book.line", lines=("day", "signed", "other"),
         empty="group.book.none"),
    Do("group.book.line", book_line, then="group.line", gives=("reference", "balance")),
    End("group.line"),
    End("group.book.none"),
    Pick("group.people", "chosen", people, then="group.people.pick",
         lines=("name", "number", *(f"{role}_gave" for role in ROLES))),
    Do("group.people.pick", pick_member, then="group.member",
       gives=("member", "name", "number", "amount", "may_name", "may_remove"), refuses=(NoGroup,)),
    Menu("group.member", (
        Choice("1", "group.name", when="may_name"),
        Choice("2", "group.remove", when="may_remove"),
    )),
    Do("group.name", name_treasurer, then="group.named", refuses=(NoGroup,), writes=True),
    End("group.named"),
    Ask("group.invite", "phone", PHONE, then="group.invite.do"),
    Do("group.invite.do", ask_to_join, then="group.invited", on={SelfPayment: "group.invite", WhichOne: "group.asks"},
       refuses=(PinLocked, NoGroup, GroupFull, AskedEnough, DeclinedTwice, TooManyLookups), writes=True),
    which("group.asks", "group.invite.do"),
    End("group.invited"),
    Menu("group.leave", (Choice("1", "group.leave.do"),)),
    Do("group.leave.do", go, then="group.left", refuses=(NoGroup, GroupMoney), writes=True),
    End("group.left"),
    Do("group.asked", asked, then="group.vote", gives=(*PAYOUT, "joins", "lets_go", "group_id", "removal"),
       instead={"joins": "group.join", "lets_go": "group.let_go"}, refuses=(RequestOver, NotOffered)),
    Menu("group.join", (Choice("1", "group.join.do"), Choice("2", "group.join.no"))),
    Do("group.join.do", join, then="group.joined", refuses=(RequestOver, PinLocked, TooManyGroups, GroupFull),
       writes=True),
    End("group.joined"),
    Do("group.join.no", stay_out, then="approvals.declined", refuses=(RequestOver,), writes=True),
    Menu("group.vote", (Choice("1", "group.vote.pin"), Choice("2", "group.vote.no"))),
    *by_pin("group.vote", say_yes, "group.voted", gives=("paid_now", "reference", "pooled"), refuses=NOT_NOW,
            on={QuoteChanged: "group.asked"}, instead={"paid_now": "group.paid"}, posts=True, told="group_voted",
            not_told="not_group_voted"),
    End("group.paid"),
    Do("group.vote.no", say_no, then="approvals.declined", refuses=(RequestOver,), writes=True),
)  # fmt: skip
