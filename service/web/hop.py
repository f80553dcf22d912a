"""One hop: what was heard from a phone, and what it is shown, in one commit.

The gateway repeats the whole history on each hop. What is new is what follows the part already heard, never a piece of
a split; the same text again is a repeat and gets the stored reply. Of what was heard only a length and a keyed digest
are kept, because a PIN is in it.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256

from menus.call import Call
from service.countries import Pack
from service.gateways.base import Dial, Ended, screen_digest
from service.phone import region_of
from service.refusal import Refusal
from service.ussd.engine import Reply, advance
from service.ussd.session import Conversation, Session, session_from_json, session_to_json
from service.ussd.text import Talk, render_no
from service.wallet.agent import agent_of
from service.wallet.identity import Erasure
from service.wallet.idle import NumberIdle, is_asleep, note_use
from service.wallet.people import behind
from service.wallet.seats import callers
from service.wallet.undo import waiting_payments
from service.wallet.unit import Asked, Person, Unit
from service.web.greet import REPEATED, greet, language_of

LONGEST_PATH = 12
"""A dialled string is walked for so many steps: no way through the menus is longer."""

NOT_AN_INPUT = "*"
"""Stands for input that no screen takes: two answers run together, or a `*` inside one."""


class TalkReplaced(Refusal):
    """The phone has dialled again since; only its newest talk goes on."""


class NothingTaken(Refusal):
    """Something broke, and all of it was rolled back."""


class StillChecked(Refusal):
    """Nobody knows yet whether the money moved."""


class NotRead(Refusal):
    """The network sent something that is no hop."""


class OtherCountry(Refusal):
    """The code of one country was dialled from a number of another; says which code is theirs."""

    says = ("service_code",)


class NumberElsewhere(Refusal):
    """The number is of a country that is not served."""


class NotAnAgent(Refusal):
    """The agents' code was dialled by somebody who is not one."""

    says = ("service_code",)


@dataclass(frozen=True)
class Country:
    """What a hop needs of a country: its pack and everything that can be said there."""

    pack: Pack
    talk: Talk


def country_of(countries: Mapping[str, Country], phone: str) -> Country:
    """Return the country of a number, where no service code says it: the first if it is of none that is served."""
    first = next(iter(countries.values()))
    if len(countries) == 1:
        return first
    region = region_of(phone)
    return next((country for country in countries.values() if country.pack.region == region), first)


@dataclass(frozen=True)
class Heard:
    """What a hop's text comes to: its length, its digest, and the key that its reply is stored under."""

    length: int
    digest: str
    key: str


def answer_dial(unit: Unit, dial: Dial, country: Country, heard_key: bytes) -> Reply:
    """Return what the phone is shown."""
    _fetch(unit, dial, heard_key)
    row = unit.rows.lock(Conversation, conversation_id(dial, heard_key))
    heard = _heard(dial, row, heard_key)
    if row is None:
        blank = Conversation(
            id=conversation_id(dial, heard_key),
            phone=dial.phone,
            session={},
            heard_length=0,
            heard_digest="",
            replies={},
            started_at=unit.now,
            heard_at=unit.now,
        )
        return _start(unit, dial, country, heard, blank, path=_dialled_path(dial), new=True)
    fresh = unit.now - row.heard_at <= REPEATED
    if fresh and (stored := row.replies.get(heard.key)):
        return Reply(stored["text"], stored["ends"], stored["screen"])
    if fresh and (row.state == "replaced" or _has_newer(unit, row)):
        return _refused(TalkReplaced(), session_from_json(row.session).language, country)
    idle = unit.now - row.heard_at > timedelta(seconds=country.pack.session_seconds)
    typed = _new_input(dial, row, heard_key)
    if row.state != "live" or idle or typed is None:
        again = row if fresh else replace(row, replies={})
        return _start(unit, dial, country, heard, again, path=(), new=False)
    session = session_from_json(row.session)
    call = _call(unit, dial, country, row.person if session.entered else None)
    if _is_anothers(call, country, row, session):
        return _start(unit, dial, country, heard, row, path=(), new=False)
    if _is_no_agent(call, dial, country):  # the shop was closed in mid-talk
        return _refused(NotAnAgent(service_code=country.pack.people_code), session.language, country)
    before = session
    session, reply = advance(country.talk, _without_read(session, row), typed, call)
    if call.sharers and session.home != before.home:
        row, session, reply = _enter(country, call, row, before.values["sharer"])
    _keep(unit, row, session, reply, heard)
    return reply


def _is_anothers(call: Call, country: Country, row: Conversation, session: Session) -> bool:
    """Say whether a talk is not that of whoever calls now: who shares the number has changed in its middle."""
    caller = call.person.id if call.person else None
    asks_whose = session.home == country.talk.homes.get("sharers")
    return asks_whose != bool(call.sharers) or row.person not in (None, caller)


def _enter(country: Country, call: Call, row: Conversation, sharer: int) -> tuple[Conversation, Session, Reply]:
    """Show one of several people on a number, who has given their PIN, their own first screen: the talk is theirs now,
    and what is told is of their own last one.
    """
    person = next(one for one in call.sharers if one.id == sharer)
    call = replace(call, person=person, sharers=())
    session, reply = greet(country.talk, call, "person", _newest_talk(call, person), path=())
    return replace(row, person=person.id), replace(session, entered=True), reply


def _own(call: Call, newest: Conversation | None) -> Conversation | None:
    """Return the phone's newest talk if it is of whoever calls, or else their own newest one."""
    if newest is None or call.sharers:
        return None
    if newest.person in (None, call.person.id if call.person else None):
        return newest
    return _newest_talk(call, call.person) if call.person else None


def _newest_talk(call: Call, person: Person) -> Conversation | None:
    found = call.unit.rows.find(Conversation, phone=call.phone, person=person.id, newest=True, limit=1)
    return found[0] if found else None


def _fetch(unit: Unit, dial: Dial, heard_key: bytes) -> None:
    """Fetch in one go what every hop asks, and what a dial asks."""
    asked = [Asked.lock(Conversation, conversation_id(dial, heard_key)), behind(dial.phone)]
    if not dial.text:
        asked.append(_newest_of(dial.phone))
    unit.rows.ahead(*asked)


def _newest_of(phone: str) -> Asked:
    return Asked.find(Conversation, phone=phone, newest=True, limit=1)


def end_talk(unit: Unit, ended: Ended, heard_key: bytes) -> None:
    """Close a conversation that the gateway says is over; note whether its last screen was seen."""
    row = unit.rows.lock(Conversation, conversation_id(ended, heard_key))
    if row is None:
        return
    seen = ended.shown and _was_last(row, ended)
    if seen:
        row = replace(row, session=session_to_json(_without_read(session_from_json(row.session), row)))
    state = "ended" if row.state == "live" else row.state
    unit.rows.put(replace(row, state=state, shown=row.shown or (seen and row.state == "ended")))


def close_talk(unit: Unit, dial: Dial, heard_key: bytes) -> Reply | None:
    """End the talk of a hop that broke, or return what this hop was answered, if it was heard and answered before."""
    row = unit.rows.lock(Conversation, conversation_id(dial, heard_key))
    if row is None:
        return None
    if stored := row.replies.get(_heard(dial, row, heard_key).key):
        return Reply(stored["text"], stored["ends"], stored["screen"])
    if row.state == "live":
        unit.rows.put(replace(row, state="ended"))
    return None


def erase_talks(unit: Unit, of: Erasure, gone: str, limit: int = 200) -> int:
    """Make what is left of a person's talks unreadable, and say how many there were; see close.py.

    Those that are nobody's go as well: names of people were shown in them.
    """
    talks = [
        talk
        for person in (of.person, None)
        for talk in unit.rows.find(Conversation, phone=of.phone, person=person, limit=limit)
    ]
    old = [talk for talk in talks if talk.started_at <= of.closed_at and talk.state != "live"]
    blank = session_to_json(Session(home="", screen="", language="", over=True))
    for talk in old:
        unit.rows.put(replace(talk, phone=gone, session=blank, replies={}))
    return len(old)


def _was_last(row: Conversation, ended: Ended) -> bool:
    """Say whether the screen that the gateway showed last is ours: it may have shown that we were busy instead."""
    ours = [reply["text"] for key, reply in row.replies.items() if key.endswith(row.heard_digest)]
    return ended.last is None or (bool(ours) and ended.last == screen_digest(ours[-1]))


def _without_read(session: Session, row: Conversation) -> Session:
    """Return the session without the words about an earlier talk that stood on a screen: the phone has shown it."""
    if session.told_of and any(session.told in reply["text"] for reply in row.replies.values()):
        return replace(session, told=None, told_of={})
    return session


def conversation_id(dial: Dial | Ended, key: bytes) -> str:
    """Return the key of a session: bound to gateway, session id, phone and service code (S-02)."""
    return _digest(key, "\x00".join((dial.gateway, dial.session_id, dial.phone, dial.service_code)))


def _digest(key: bytes, text: str) -> str:
    return hmac.new(key, text.encode(), sha256).hexdigest()[:32]


def _heard(dial: Dial, row: Conversation | None, key: bytes) -> Heard:
    digest = _digest(key, dial.text)
    if dial.whole:
        return Heard(len(dial.text), digest, digest)
    # A gateway that sends the last input only cannot be seen to repeat itself: hops are told apart by their number.
    hops = len(row.replies) if row else 0
    return Heard(0, digest, f"{hops}:{digest}")


def _new_input(dial: Dial, row: Conversation, key: bytes) -> str | None:
    """Return what was typed on this hop, or None if the text does not continue what was heard."""
    if not dial.whole:
        typed = dial.text
    elif len(dial.text) <= row.heard_length or _digest(key, dial.text[: row.heard_length]) != row.heard_digest:
        return None
    elif row.heard_length == 0:
        typed = dial.text
    elif dial.text[row.heard_length] == "*":
        typed = dial.text[row.heard_length + 1 :]
    else:
        return None
    return NOT_AN_INPUT if "*" in typed or "#" in typed else typed


def _dialled_path(dial: Dial) -> tuple[str, ...]:
    """Split a dialled string, the only place where input is split."""
    text = dial.text.rstrip("#").strip("*")
    return tuple(text.split("*")[:LONGEST_PATH]) if text else ()


def _call(unit: Unit, dial: Dial, country: Country, chosen: int | None = None) -> Call:
    person, sharers = callers(unit, dial.phone, chosen)
    agent = agent_of(unit, person.id) if person and dial.service_code == country.pack.agents_code else None
    shop = agent if agent and agent.state == "active" else None
    return Call(unit, country.pack, dial.phone, person, shop, sharers)


def _is_no_agent(call: Call, dial: Dial, country: Country) -> bool:
    return dial.service_code == country.pack.agents_code and call.agent is None


def _is_from_elsewhere(unit: Unit, dial: Dial, country: Country) -> Refusal | None:
    """Say no where the number is not of the country whose money the code talks of: each has books of its own."""
    region = region_of(dial.phone)
    if region == country.pack.region:
        return None
    own = next((pack for pack in unit.house.packs.values() if pack.region == region), None)
    if own is None:
        return NumberElsewhere()
    return OtherCountry(
        service_code=own.agents_code if dial.service_code == country.pack.agents_code else own.people_code
    )


def _has_newer(unit: Unit, row: Conversation) -> bool:
    """Say whether this phone is in a newer talk: a late hop of an ended one must not break into it."""
    if row.state == "live":
        return False
    newest = unit.rows.find(Conversation, phone=row.phone, newest=True, limit=1)
    return newest[0].id != row.id and newest[0].state == "live"


def _start(
    unit: Unit, dial: Dial, country: Country, heard: Heard, row: Conversation, *, path: tuple[str, ...], new: bool
) -> Reply:
    """Begin a conversation in place of any other of this phone, and say what became of the last money action."""
    call = _call(unit, dial, country)
    if call.person and not call.agent:
        unit.rows.ahead(waiting_payments(call.person))
    previous = _replace_older(unit, dial, row)
    # The talk that begins is the newest, though the clock may have been put back or stand still.
    if previous:
        row = replace(row, started_at=max(unit.now, previous.started_at + timedelta(microseconds=1)))
    language = language_of(call, country.talk)
    if no := _is_from_elsewhere(unit, dial, country):
        return _refused(no, language, country)
    if _is_no_agent(call, dial, country):
        return _refused(NotAnAgent(service_code=country.pack.people_code), language, country)
    if call.person and is_asleep(unit, call.person):
        return _refused(NumberIdle(help_line=country.pack.help_line), language, country)
    role = "agent" if call.agent else "person" if call.person else "sharers" if call.sharers else "newcomer"
    if role == "newcomer":
        path = ()  # a dialled payment is no answer to the questions of registration
    session, reply = greet(country.talk, call, role, _own(call, previous), path=path)
    for person in (call.person, *call.sharers):
        if person:
            note_use(unit, person)
    row = replace(row, person=call.person.id if call.person else None)
    _keep(unit, row, session, reply, heard, new=new)
    return reply


def _replace_older(unit: Unit, dial: Dial, row: Conversation) -> Conversation | None:
    """Lock this phone's newest talk, mark it replaced if it is another that was live, and return it.

    Its hop in flight, if any, is waited for: what is then said about its outcome can never become false.
    """
    newest = unit.rows.find(Conversation, phone=dial.phone, newest=True, limit=1)
    if not newest or newest[0].id == row.id:
        return newest[0] if newest else None
    older = unit.rows.lock(Conversation, newest[0].id)
    if older is not None and older.state == "live":
        unit.rows.put(replace(older, state="replaced"))
    return older


def _keep(unit: Unit, row: Conversation, session: Session, reply: Reply, heard: Heard, *, new: bool = False) -> None:
    stored = {"text": reply.text, "ends": reply.ends, "screen": reply.screen}
    kept = replace(
        row,
        state="ended" if reply.ends else "live",
        shown=False,
        session=session_to_json(session),
        heard_length=heard.length,
        heard_digest=heard.digest,
        replies={**row.replies, heard.key: stored},
        heard_at=unit.now,
    )
    (unit.rows.append if new else unit.rows.put)(kept)


def _refused(no: Refusal, language: str, country: Country) -> Reply:
    return Reply(render_no(country.talk, no, language), True, no.code, no.code)
