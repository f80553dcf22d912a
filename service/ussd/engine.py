"""The engine of conversations: what a person typed leads from one screen to the next.

It is pure: it knows no clock and no database, and everything it remembers is in the Session. A secret lives in the
Turn, which ends with the hop.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any, NamedTuple, Protocol

from service.gsm7 import trim
from service.refusal import Refusal
from service.ussd.graph import RESUME, refused_to, steps
from service.ussd.render import MOST_SUGGESTIONS, list_lines, render
from service.ussd.screens import Ask, Choice, Do, DroppedRest, DroppedSecret, End, Menu, NoSuchChoice, Pick
from service.ussd.session import Session, session_from_json, session_to_json
from service.ussd.text import Talk, render_no, render_told, too_long

BACK, HOME, MORE = "0", "00", "98"
_LONGEST_INPUT = 80
_MOST_STEPS = 30


class Call(Protocol):
    """What the engine itself asks of a call; the rest is between the acts and whoever makes the call."""

    def savepoint(self) -> AbstractContextManager[None]: ...


class Reply(NamedTuple):
    """What the phone shows, whether the talk is over, the screen's id, and the code of a refusal that was just told."""

    text: str
    ends: bool
    screen: str
    no: str = ""


def begin(
    talk: Talk,
    *,
    role: str,
    language: str,
    call: Call,
    path: Sequence[str] = (),
    told: str | None = None,
    resume: Session | None = None,
    offers: Sequence[str] = (),
) -> tuple[Session, Reply]:
    """Start a talk at the home of a role and walk the inputs of a dialled string.

    The walk stops before a secret, a list that nobody has seen, a step with an effect, and at the first refusal.
    `told` stands above the first screen. That there is room is proven for what was told of the same role; otherwise,
    and where the walk led elsewhere, it stands there only if there is room: look for it in the reply.
    `resume` is the person's last session; where it broke off on the way, the choice `resume` is offered. `offers` are
    names of other choices that are there this time.
    """
    home = talk.homes[role]
    kept = resume is not None and resume.home == home and broken(talk, resume)
    earlier = session_to_json(replace(resume, items=(), broken=None)) if resume is not None and kept else None
    session = Session(home=home, screen=home, language=language, broken=earlier, offers=tuple(offers))
    turn = _Turn(talk, call, session, told)
    turn.enter(home)
    turn.walk(path)
    return turn.answer()


def advance(talk: Talk, session: Session, typed: str, call: Call) -> tuple[Session, Reply]:
    """Take what was typed on the session's screen; a session that is over is a bug of the caller."""
    assert not session.over, "the talk is over"
    turn = _Turn(talk, call, session)
    if session.screen in talk.screens:
        turn.press(typed)
    else:  # the menu changed between two hops
        turn.enter(session.home)
    return turn.answer()


def broken(talk: Talk, session: Session) -> bool:
    """Say whether a talk broke off on the way, at a screen that can be shown again."""
    screen = talk.screens.get(session.screen)
    return not session.over and bool(session.trail) and screen is not None and not isinstance(screen, End)


def unfinished(talk: Talk, session: Session) -> str | None:
    """Return the words that money was not moved, if the talk waits for the secret that would have moved it."""
    screen = talk.screens.get(session.screen)
    if session.over or not (isinstance(screen, Ask) and screen.secret):
        return None
    for do in steps(talk, screen.then):
        if do.posts and do.not_told:
            return render_told(talk, do.not_told, session.values, session.language)
    return None


class _Stop(Exception):
    """A dialled string may not go this way."""


class _Turn:
    """One hop at work: the session so far, and what must not outlive the hop."""

    def __init__(self, talk: Talk, call: Call, session: Session, told: str | None = None) -> None:
        self.talk = talk
        self.call = call
        self.session = session
        self.told = told
        self.notice: str | None = None
        self.no = ""
        self.refused_at: str | None = None
        self.secrets: dict[str, Any] = {}
        self.unlocked = False
        self.walking = False

    def walk(self, path: Sequence[str]) -> None:
        """Take the inputs of a dialled string as far as they may go by themselves."""
        self.walking = True
        for typed in path:
            if self.session.over:
                return
            screen, before = self.talk.screens[self.session.screen], self.session
            if isinstance(screen, Ask) and screen.secret:
                return self.stay(DroppedSecret())
            try:
                self.press(typed)
            except _Stop:
                self.session = before
                return self.stay(DroppedRest())
            if self.notice:
                return

    def press(self, typed: str) -> None:
        """Take one input on the present screen."""
        screen, session, key = self.talk.screens[self.session.screen], self.session, trim(typed)
        if len(typed) > _LONGEST_INPUT or any(ord(letter) < 32 or 127 <= ord(letter) < 160 for letter in typed):
            return self.stay(NoSuchChoice())
        if session.rest is not None and (key == MORE or isinstance(screen, End)):
            self.session = replace(session, since=session.rest)
            return
        if key == HOME or (key == BACK and not session.trail):
            return self.enter(session.home)
        if key == BACK:
            self.session = replace(session, trail=session.trail[:-1])
            return self.enter(session.trail[-1])
        if isinstance(screen, Menu | Ask) and (choice := self.chosen(screen, key)):
            return self.resume() if choice.then == RESUME else self.leave(choice.then)
        if isinstance(screen, Menu):
            return self.wrong(key, NoSuchChoice())
        if isinstance(screen, Pick):
            return self.pick(screen, key)
        assert isinstance(screen, Ask), f"{screen.id} waits for nothing"
        return self.take(screen, typed)

    def chosen(self, screen: Menu | Ask, key: str) -> Choice | None:
        """Return what a key chooses, if it is to be had at the moment."""
        when = self.conditions()
        return next((each for each in screen.choices if each.key == key and each.is_live(when)), None)

    def pick(self, screen: Pick, key: str) -> None:
        if self.walking:
            raise _Stop
        items, shown = self.session.items, self.session.shown
        if key == MORE and shown < len(items):
            self.session = replace(self.session, items=items[shown:])
            return
        item = self.seen(key)
        if item is None:
            return self.wrong(key, NoSuchChoice())
        self.learn({screen.into: item["value"]})
        self.leave(screen.then)

    def take(self, ask: Ask, typed: str) -> None:
        item = None if self.walking else self.seen(trim(typed))
        assert ask.field.read is not None, f"{ask.id} asks for what cannot be typed"
        if ask.secret and self.session.rest is not None:  # what it is for has not been read to its end
            return self.stay(DroppedSecret())
        try:
            value = item["value"] if item is not None else ask.field.read(typed, self.call)
        except Refusal as no:
            return self.wrong(trim(typed), no)
        if ask.secret:
            self.secrets[ask.into] = value
        else:
            self.learn({ask.into: value})
        self.leave(ask.then)

    def wrong(self, key: str, no: Refusal) -> None:
        """Refuse what a screen does not take, unless it is a word that leads elsewhere from any screen."""
        ways = self.talk.anywhere.get(self.session.home, {})
        target = ways.get(" ".join(key.casefold().split()))
        return self.stay(no) if target is None or self.walking else self.leave(target)

    def seen(self, key: str) -> Mapping[str, Any] | None:
        """Return the item of a number on the screen."""
        keys = [str(number) for number in range(1, self.session.shown + 1)]
        return self.session.items[keys.index(key)] if key in keys else None

    def resume(self) -> None:
        assert self.session.broken is not None, "nothing broke off"
        earlier = session_from_json(self.session.broken)
        now = self.session
        kept = {name: getattr(now, name) for name in ("language", "told", "told_of", "offers", "entered")}
        self.session = replace(earlier, **kept)
        self.enter(earlier.screen)

    def leave(self, target: str) -> None:
        """Go forward, so that 0 leads back here."""
        self.session = replace(self.session, trail=(*self.session.trail, self.session.screen))
        self.enter(target)

    def enter(self, target: str) -> None:
        """Run steps until there is a screen to show, or the talk ends."""
        for _ in range(_MOST_STEPS):
            screen = self.talk.screens[target]
            if target == self.session.home:
                self.session = replace(self.session, values={}, trail=())
            if isinstance(screen, Do):
                following = self.run(screen)
                if following is None:
                    return
                target = following
                continue
            listed: Sequence[Mapping[str, Any]] = ()
            if isinstance(screen, Pick):
                listed = screen.items(self.call, self.session.values)
            elif isinstance(screen, Ask) and screen.suggests:
                listed = screen.suggests(self.call, self.session.values)[:MOST_SUGGESTIONS]
            if isinstance(screen, Pick) and screen.empty is not None and not listed:
                target = screen.empty
                continue
            trail = self.session.trail
            trail = trail[: trail.index(target)] if target in trail else trail
            over = isinstance(screen, End)
            self.session = replace(self.session, screen=target, trail=trail, items=tuple(listed), shown=0, over=over)
            self.session = replace(self.session, since=0, rest=None)
            return
        raise AssertionError(f"steps go round in a circle at {target}")

    def run(self, do: Do) -> str | None:
        """Run one step; return what follows, or None if a refusal ended the talk."""
        if self.walking and (do.posts or do.unlocks or do.writes):
            raise _Stop
        assert self.unlocked or not do.posts, f"{do.id} would move money without a secret"
        if do.posts:
            self.unlocked = False
        effect = do.posts or do.unlocks or do.writes
        try:
            with self.call.savepoint() if effect else nullcontext():
                given = do.act(self.call, {**self.session.values, **self.secrets})
        except Refusal as no:
            return self.refused(do, no)
        if isinstance(given, Refusal):
            return self.refused(do, given)
        assert set(given or ()) == set(do.gives), f"{do.id} gives {set(given or ())}, not {set(do.gives)}"
        self.learn(given or {})
        self.unlocked = self.unlocked or do.unlocks
        if do.told:
            told = render_told(self.talk, do.told, self.session.values, self.session.language)
            self.session = replace(self.session, told=told, told_of={})
        if do.hands_over:
            self.session = replace(self.session, home=do.then, trail=(), broken=None)
        return next((screen for name, screen in do.instead.items() if (given or {})[name]), do.then)

    def refused(self, do: Do, no: Refusal) -> str | None:
        self.stay(no)
        target = refused_to(do, type(no))
        if target is None:
            self.refused_at = do.id
            self.session = replace(self.session, over=True)
        return target

    def stay(self, no: Refusal) -> None:
        self.notice, self.no = render_no(self.talk, no, self.session.language), no.code

    def learn(self, values: Mapping[str, Any]) -> None:
        assert not self.secrets.keys() & values.keys(), f"a secret would be kept: {self.secrets.keys() & values.keys()}"
        language = values.get("language", self.session.language)
        self.session = replace(self.session, values={**self.session.values, **values}, language=language)

    def conditions(self) -> Mapping[str, Any]:
        offered = dict.fromkeys(self.session.offers, True)
        return {**self.session.values, **offered, "broken": self.session.broken is not None}

    def answer(self) -> tuple[Session, Reply]:
        """Lay out what the phone shows."""
        session, talk = self.session, self.talk
        if self.refused_at is not None:
            assert self.notice is not None
            return session, self.reply(self.notice, self.refused_at, over=True)
        screen, words = talk.screens[session.screen], talk.said(session.language)
        lines = list_lines(screen, words, [talk.show(item) for item in session.items])
        told_too = "\n".join(part for part in (self.told, self.notice) if part)
        for notice in (told_too, self.notice):
            page = render(
                screen,
                words,
                talk.show(session.values),
                limit=talk.limit,
                lines=lines,
                notice=notice,
                nav=bool(session.trail) and not isinstance(screen, End),
                when=self.conditions(),
                since=session.since,
            )
            listed = page.shown > 0 or not (lines and isinstance(screen, Pick))
            # What was told before can be told again; what a screen says where there is room is said here or nowhere.
            if listed and too_long(page.text, talk.limit) <= 0 and (page.in_full or notice == self.notice):
                break
        assert listed, f"no line of {screen.id} fits"
        over = isinstance(screen, End) and page.rest is None  # a goodbye of several pages ends with its last
        shown = replace(session, shown=page.shown, rest=page.rest, over=over)
        return shown, self.reply(page.text, screen.id, over)

    def reply(self, text: str, screen: str, over: bool) -> Reply:
        too_much = too_long(text, self.talk.limit)
        assert too_much <= 0, f"{screen} is {too_much} too long"
        return Reply(text, over, screen, self.no)
