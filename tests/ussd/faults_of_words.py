"""Talks with words that are missing, left over, or wrong."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from service.ussd.text import Talk
from tests.ussd.bikes import BIKE, FIELDS, Tired, bikes
from tests.ussd.plant import (
    Fault,
    Planted,
    beside,
    changed,
    hushed,
    in_figures,
    in_ucs2,
    plants,
    reads,
    saying,
    with_choice,
)

FAULTS: list[Planted] = []
fault = plants(FAULTS)


def _without(table: str, part: str) -> Fault:
    def planted() -> Talk:
        talk = bikes()
        said = talk.words["sw"]
        tables: Mapping[str, Any] = {**said.screens, "nav": said.nav, "told": said.told, "sms": said.sms, "no": said.no}
        del tables[table][part]
        return talk

    return planted


for _table, _part in [
    ("hire.minutes", "text"), ("hire.bike", "line"), ("rides", "line"), ("home", "9"), ("nav", "more"),
    ("told", "not_hired"), ("sms", "hired"),
]:  # fmt: skip
    fault("words", f"words: {_table} in sw has no {_part!r}")(_without(_table, _part))

for _code in ("no_such_choice", "dropped_secret", "dropped_rest", "no_such_bike", "out_of_order", "pin_locked"):
    fault("refusals_said", f"refusals_said: no in sw has no {_code!r}")(_without("no", _code))


@fault("refusals_said", "refusals_said: no in en has no 'very_tired'")
def _a_narrower_refusal_has_no_words() -> Talk:
    return hushed(bikes(changed("card.read", refuses=(Tired,))), ("no", "very_tired"))


for _table, _part in [("attic", "text"), ("home", "7"), ("card", "line"), ("say.sw", "text"), ("told", "sold"),
                      ("sms", "sold"), ("nav", "up")]:  # fmt: skip
    fault("orphans", f"orphans: {_table} in en says {_part!r}, which nothing shows")(
        partial(saying, _table, _part, "Nothing")
    )


for _table, _part in [("card", "text"), ("no", "out_of_order"), ("sms", "hired")]:
    fault("alphabets", f"alphabets: {_table} in sw has a letter outside GSM-7 in {_part!r}")(
        lambda table=_table, part=_part: _with_a_letter(table, part)  # type: ignore[misc]
    )


for _table, _part, _sentence, _found in [
    ("ride.heard", "text", "Ok", "has a letter in 'text'"),
    ("home", "1", "! x", "has a letter in '1'"),
    ("card", "text", "=", "does not show ['left'] in 'text'"),
    ("no", "too_dear", "! {price}", "does not show ['left'] in 'too_dear'"),
]:
    fault("figures", f"figures: {_table} in sw {_found}")(
        lambda table=_table, part=_part, sentence=_sentence: _in_figures(table, part, sentence)  # type: ignore[misc]
    )


def _in_figures(table: str, part: str, sentence: str) -> Talk:
    """Say one sentence otherwise in a language that has no letters besides."""
    talk = in_figures(bikes(), "sw")
    said = talk.words["sw"]
    tables: Mapping[str, Any] = {**vars(said), **said.screens}
    tables[table][part] = sentence
    return talk


def _with_a_letter(table: str, part: str) -> Talk:
    said = bikes().words["sw"]
    tables = {**said.screens, "no": said.no, "sms": said.sms}
    return saying(table, part, f"{tables[table][part]}ŋ", "sw")


@fault("alphabets", "alphabets: name in sw is outside GSM-7")
def _a_name_that_not_every_phone_shows() -> Talk:
    talk = bikes()
    return replace(talk, words={**talk.words, "sw": replace(talk.words["sw"], name="አማርኛ")})


@fault("fields", "fields: hire.bike takes '98', which is a key")
def _the_key_of_the_next_page_is_a_bike() -> Talk:
    return in_ucs2(bikes(changed("hire.bike", field=reads("98"))), "sw")


for _table, _part, _sentence, _found in [
    ("card", "text", "{left} {riches}", "shows ['riches'] in 'text': not to be had there"),
    ("no", "wrong_pin", "{left} tries", "shows ['left'] in 'wrong_pin': not to be had there"),
    ("rides", "line", "{day} {left}", "shows ['left'] in 'line': not to be had there"),
    ("sms", "hired", "{code} {left}", "shows ['left'] in 'hired': not to be had there"),
    ("nav", "back", "0 {left}", "shows ['left'] in 'back': not to be had there"),
    ("card", "text", "{left} {Left}", "has a stray brace or bracket in 'text'"),
    ("card", "text", "{left}[ of many]", "has a stray brace or bracket in 'text'"),
    ("card", "text", "{left}[ of {left}", "has a stray brace or bracket in 'text'"),
]:
    fault("places", f"places: {_table} in en {_found}")(partial(saying, _table, _part, _sentence))


@fault("places", "places: hire.pin in sw shows other values in 'text' than en")
def _a_translation_forgets_the_price() -> Talk:
    return saying("hire.pin", "text", "Baiskeli {bike} ya {owner}. PIN?", "sw")


for _key in ("0", "00", "98", "*", "123", "5x"):
    fault("keys", f"keys: home uses {_key!r}, which is not to be had as a key")(
        partial(saying, "home", _key, "Card", screens=with_choice("card.read", key=_key))
    )


@fault("keys", "keys: home has the key 5 twice")
def _a_key_is_there_twice() -> Talk:
    return bikes(with_choice("card.read", key="5"))


@fault("keys", "keys: card in en spells a key in 'text'")
def _a_text_spells_its_keys() -> Talk:
    return saying("card", "text", "{left}\n6 Card", "en")


@fault("way_back", "way_back: nav in sw does not begin 'back' with 0")
def _back_is_not_on_0() -> Talk:
    return saying("nav", "back", "# Rudi", "sw")


for _typed, _found in [("0", "takes '0', which is a key"), ("00", "takes '00', which is a key")]:
    fault("fields", f"fields: hire.minutes {_found}")(partial(bikes, changed("hire.minutes", field=reads(_typed))))


@fault("fields", "fields: hire.bike takes '9', which is a key")
def _a_field_takes_the_number_of_a_suggestion() -> Talk:
    return bikes(changed("hire.bike", field=reads("9")))


@fault("fields", "fields: hire.minutes asks for what cannot be typed")
def _a_field_cannot_be_read() -> Talk:
    return bikes(changed("hire.minutes", field=FIELDS["price"]))


@fault("fields", "fields: hire.minutes answers '0' with ValueError, which it does not name")
def _a_field_fails_instead_of_refusing() -> Talk:
    def read(typed: str, call: Any) -> int:
        raise ValueError(typed)

    return bikes(changed("hire.minutes", field=replace(BIKE, read=read)))


@fault("fields", "fields: hire.minutes takes '7', which is a key")
def _a_field_takes_the_key_beside_it() -> Talk:
    return saying("hire.minutes", "7", "My card", screens=beside("hire.minutes", "7", "card.read"))


@fault("keys", "keys: hire.bike has keys beside the numbers of its suggestions")
def _a_key_stands_beside_suggestions() -> Talk:
    return saying("hire.bike", "6", "My card", screens=beside("hire.bike", "6", "card.read"))


@fault("keys", "keys: hire.minutes uses '00', which is not to be had as a key")
def _a_key_beside_a_field_is_one_of_the_engine() -> Talk:
    return saying("hire.minutes", "00", "My card", screens=beside("hire.minutes", "00", "card.read"))


@fault("words", "words: hire.pin in sw has no '1'")
def _a_key_beside_a_field_has_no_words() -> Talk:
    return saying("hire.pin", "1", "My card", "en", screens=beside("hire.pin", "1", "card.read"))


@fault("places", "places: card in en has a stray brace or bracket in 'text'")
def _one_way_of_saying_it_shows_nothing() -> Talk:
    return saying("card", "text", "[{left}|nothing] tokens", "en")
