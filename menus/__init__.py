"""The product: every screen and every word, joined into one talk.

The flows stand in files of their own names; `senti menus check` proves them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from menus import (
    about,
    account,
    agent,
    approvals,
    ask_back,
    cash_out,
    fields,
    float_,
    forgotten,
    home,
    receipt,
    register,
    send,
    statement,
    undo,
    voucher,
    withdraw,
)
from menus.messages import MESSAGES
from service.countries import Pack
from service.ussd.check import check
from service.ussd.limit import Limit
from service.ussd.problem import Problem
from service.ussd.text import SMALLEST, Talk, load_words, make_talk

FLOWS = (
    home,
    send,
    undo,
    withdraw,
    approvals,
    ask_back,
    account,
    forgotten,
    about,
    statement,
    register,
    agent,
    float_,
    cash_out,
    receipt,
    voucher,
)
HOMES = {"person": "home", "newcomer": "welcome", "agent": "agent.home"}
TEXT = Path(__file__).parent / "text"


def product(pack: Pack, code_key: bytes, limit: Limit = SMALLEST) -> Talk:
    """Return the talk of one country in its languages; one-time codes are derived from `code_key` when shown."""
    return make_talk(
        [screen for flow in FLOWS for screen in flow.SCREENS],
        homes=HOMES,
        fields=fields.fields(pack, code_key),
        words={
            language: load_words(TEXT / f"{language}.toml", example_phone=pack.example_phone)
            for language in pack.languages
        },
        default_language=pack.languages[0],
        sms=MESSAGES,
        sms_fields=fields.sms_fields(pack, code_key),
        limit=limit,
    )


def proof(talk: Talk, pack: Pack, limits: Iterable[Limit]) -> list[Problem]:
    """Return what is wrong with the product on gateways with these limits; nothing wrong is the proof."""
    return check(talk, limits, Sample(pack))


@dataclass(frozen=True)
class Sample:
    """A call that only reads what is typed."""

    pack: Pack
