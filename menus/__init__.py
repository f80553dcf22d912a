"""The product: every screen and every word, joined into one talk.

The flows stand in files of their own names; `senti menus check` proves them.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from menus import (
    about,
    account,
    agent,
    airtime,
    approvals,
    ask_back,
    bills,
    buy,
    cash_out,
    drawer,
    fields,
    float_,
    forgotten,
    funds,
    group_removal,
    groups,
    guardians,
    home,
    meter,
    near,
    nickname,
    pay,
    receipt,
    register,
    savings,
    send,
    standing,
    statement,
    subscriptions,
    swap,
    till,
    undo,
    voucher,
    whose,
    withdraw,
)
from menus.messages import FIRST_LINE, MESSAGES, SHARED
from menus.stop import ALL, STOP
from service.countries import Pack
from service.ussd.check import check
from service.ussd.limit import Limit
from service.ussd.problem import Problem
from service.ussd.screens import Menu, Screen
from service.ussd.text import SMALLEST, Talk, Words, load_words, make_talk
from service.wallet.notice import READER_SHOWN

FLOWS = (
    home,
    send,
    undo,
    withdraw,
    pay,
    bills,
    airtime,
    buy,
    near,
    approvals,
    ask_back,
    account,
    forgotten,
    guardians,
    about,
    nickname,
    statement,
    register,
    agent,
    float_,
    drawer,
    swap,
    cash_out,
    receipt,
    voucher,
    whose,
    till,
    subscriptions,
    standing,
    savings,
    meter,
    groups,
    funds,
    group_removal,
)
HOMES = {"person": "home", "newcomer": "welcome", "agent": "agent.home", "sharers": "whose"}
ANYWHERE = {
    "home": dict.fromkeys(STOP, "subs")
    | dict.fromkeys([f"{word} {every}" for word in STOP for every in ALL], "subs.end")
}
"""STOP, typed on any screen that does not take it, shows what can be stopped; STOP ALL ends it."""
TEXT = Path(__file__).parent / "text"


def product(pack: Pack, code_key: bytes, limit: Limit = SMALLEST, *, reviewed_only: bool = False) -> Talk:
    """Return the talk of one country in its languages, or in those that a speaker has read.

    One-time codes are derived from `code_key` when shown.
    """
    words = {
        language: load_words(TEXT / f"{language}.toml", example_phone=pack.example_phone) for language in pack.languages
    }
    if reviewed_only:
        words = {language: said for language, said in words.items() if said.reviewed}
    names = {key: words[language].name for key, language in account.LANGUAGES if language in words}
    words = {language: _naming(said, names) for language, said in words.items()}
    return make_talk(
        _spoken([screen for flow in FLOWS for screen in flow.SCREENS], set(words)),
        homes=HOMES,
        fields=fields.fields(pack, code_key),
        words=words,
        default_language=next(iter(words)),
        sms=MESSAGES,
        sms_fields=fields.sms_fields(pack, code_key),
        limit=limit,
        anywhere=ANYWHERE,
        first=FIRST_LINE,
        reader="W" * READER_SHOWN,
        shared=SHARED,
    )


def off(pack: Pack) -> list[str]:
    """Return the languages of a country that no speaker has read: where money is real they are not spoken."""
    return [language for language in pack.languages if not load_words(TEXT / f"{language}.toml").reviewed]


def _naming(said: Words, names: Mapping[str, str]) -> Words:
    """Put the name of each language where one is chosen."""
    lists = {screen: {**said.screens.get(screen, {}), **names} for screen in ("language", "welcome")}
    return replace(said, screens={**said.screens, **lists})


def _spoken(screens: Iterable[Screen], languages: set[str]) -> Iterator[Screen]:
    """Leave out what leads to a language that is not spoken here."""
    silent = {each for _, each in account.LANGUAGES if each not in languages}
    gone = {f"{at}.{language}" for at in ("language", "register") for language in silent}
    for screen in screens:
        if isinstance(screen, Menu):
            yield replace(screen, choices=tuple(choice for choice in screen.choices if choice.then not in gone))
        elif screen.id not in gone:
            yield screen


def proof(talk: Talk, pack: Pack, limits: Iterable[Limit]) -> list[Problem]:
    """Return what is wrong with the product on gateways with these limits; nothing wrong is the proof."""
    return check(talk, limits, Sample(pack))


@dataclass(frozen=True)
class Sample:
    """A call that only reads what is typed."""

    pack: Pack
