"""Each rule of the checker is given a talk that is sound but for one planted fault, and must be the one to find it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from service.ussd.check import RULES, check
from service.ussd.limit import Limit
from service.ussd.screens import Ask, Choice, Do, End, Field, Menu, Screen
from service.ussd.text import Talk
from tests.ussd.bikes import BIKE, FIELDS, HOME, SCREENS, Kiosk, Tired, bikes, card, near

Fault = Callable[[], Talk]
FAULTS: list[tuple[str, str, Fault]] = []


def fault(rule: str, found: str) -> Callable[[Fault], Fault]:
    """Plant a fault that one rule finds, and that it reports in these words."""

    def keep(planted: Fault) -> Fault:
        FAULTS.append((rule, found, planted))
        return planted

    return keep


def changed(screen_id: str, **changes: Any) -> tuple[Screen, ...]:
    return tuple(replace(screen, **changes) if screen.id == screen_id else screen for screen in SCREENS)


def with_choice(then: str, *more: Screen, key: str = "6") -> tuple[Screen, ...]:
    return (replace(HOME, choices=(*HOME.choices, Choice(key, then))), *SCREENS[1:], *more)


def saying(table: str, part: str, sentence: str, *languages: str, **other: Any) -> Talk:
    """Say something else in a language, or in both."""
    talk = bikes(**other)
    for language in languages or ("en", "sw"):
        tables: Mapping[str, Any] = {**vars(talk.words[language]), **talk.words[language].screens}
        if table in tables:
            tables[table][part] = sentence
        else:
            talk.words[language].screens[table] = {part: sentence}  # type: ignore[index]
    return talk


def hushed(talk: Talk, *sentences: tuple[str, str]) -> Talk:
    """Take words away that a changed talk has no use for."""
    for said in talk.words.values():
        for table, part in sentences:
            tables: Mapping[str, Any] = {**vars(said), **said.screens}
            del tables[table][part]
            if not tables[table]:
                del said.screens[table]  # type: ignore[attr-defined]
    return talk


def _reads(typed_alone: str) -> Field:
    def read(typed: str, call: Any) -> str:
        if typed != typed_alone:
            raise next(iter(BIKE.refuses))(bike=typed)
        return typed

    return replace(BIKE, read=read)


# targets, reachable, finishes, circles


@fault("targets", "targets: hire.find leads to hire.nowhere, which does not exist")
def _a_step_leads_nowhere() -> Talk:
    return bikes(changed("hire.find", on={next(iter(BIKE.refuses)): "hire.nowhere"}))


@fault("targets", "targets: nowhere is the home of owner and does not exist")
def _a_role_has_no_home() -> Talk:
    return bikes(homes={"rider": "home", "owner": "nowhere"})


@fault("reachable", "reachable: island cannot be reached")
def _an_island() -> Talk:
    return saying("island", "text", "Nobody comes here.", screens=(*SCREENS, End("island")))


@fault("finishes", "finishes: loop.b never comes to an end")
def _two_menus_lead_to_each_other_only() -> Talk:
    there, back = Menu("loop.a", (Choice("1", "loop.b"),)), Menu("loop.b", (Choice("1", "loop.a"),))
    talk = saying("home", "6", "Loop", screens=with_choice("loop.a", there, back))
    for said in talk.words.values():
        for name in ("loop.a", "loop.b"):
            said.screens[name] = {"text": "Loop", "1": "On"}  # type: ignore[index]
    return talk


@fault("circles", "circles: loop.a comes back to itself without asking anything")
def _a_refused_step_tries_again_for_ever() -> Talk:
    again = Do("loop.a", card, then="card", gives=("left",), on={Tired: "loop.a"})
    return saying("home", "6", "Loop", screens=with_choice("loop.a", again))


# money and secrets


@fault("posting_ends", "posting_ends: hire.pay has moved money, and leads on to rides.none")
def _a_posting_is_followed_by_a_menu() -> Talk:
    talk = bikes(tuple(screen for screen in changed("hire.pay", then="rides.none") if screen.id != "hire.done"))
    return hushed(talk, ("hire.done", "text"))


@fault("posting_ends", "posting_ends: hire.pay has moved money, and leads on to hire.minutes")
def _a_refusal_after_a_posting_leads_back() -> Talk:
    late = Do("hire.late", lambda call, values: None, then="hire.done", on={Tired: "hire.minutes"})
    return bikes((*changed("hire.pay", then="hire.late"), late))


@fault("pin_first", "pin_first: hire.pay moves money without an unlock of its own in the same turn")
def _no_unlock() -> Talk:
    return bikes(changed("hire.unlock", unlocks=False))


@fault("pin_first", "pin_first: hire.pay moves money without an unlock of its own in the same turn")
def _a_refused_unlock_leads_to_the_money() -> Talk:
    return bikes(changed("hire.unlock", refuses=(), on={Tired: "hire.pay"}))


@fault("pin_first", "pin_first: hire.pay moves money without an unlock of its own in the same turn")
def _a_screen_stands_between_the_unlock_and_the_money() -> Talk:
    between = Menu("hire.sure", (Choice("1", "hire.pay"),))
    talk = saying("hire.sure", "text", "Sure?", screens=(*changed("hire.unlock", then="hire.sure"), between))
    for said in talk.words.values():
        said.screens["hire.sure"]["1"] = "Yes"  # type: ignore[index]
    return talk


@fault("pin_first", "pin_first: hire.more moves money without an unlock of its own in the same turn")
def _one_unlock_for_two_postings() -> Talk:
    more = Do("hire.more", lambda call, values: None, then="hire.done", posts=True)
    return bikes((*changed("hire.pay", then="hire.more"), more))


@fault("pin_first", "pin_first: card.read unlocks without a secret in the same turn")
def _an_unlock_without_a_secret() -> Talk:
    return bikes(changed("card.read", unlocks=True))


@fault("secrets", "secrets: hire.pay keeps the secret ['pin']")
def _a_step_gives_a_secret_back() -> Talk:
    return bikes(changed("hire.pay", gives=("code", "pin")))


@fault("secrets", "secrets: hire.code asks for a secret that no step uses in the same turn")
def _a_secret_is_asked_for_and_forgotten() -> Talk:
    asks = Ask("hire.code", "word", BIKE, then="card.read", secret=True)
    talk = saying("hire.code", "text", "Word?", screens=with_choice("hire.code", replace(asks, then="rides")))
    return _say(talk, "home", "6", "Word")


@fault("secrets", "secrets: hire.done in en shows the secret ['pin'] in 'text'")
def _a_secret_is_shown() -> Talk:
    return saying("hire.done", "text", "Your PIN is {pin}.", fields={**FIELDS, "pin": BIKE})


@fault("secrets", "secrets: hire.pin suggests a secret")
def _a_secret_is_suggested() -> Talk:
    return saying("hire.pin", "line", "{bike}", screens=changed("hire.pin", suggests=near, lines=("bike",)))


@fault("values_set", "values_set: card in sw shows ['price'], not set on every way there")
def _a_value_is_shown_where_it_is_not_set() -> Talk:
    return saying("card", "text", "{left} {price}")


@fault("values_set", "values_set: hire.minutes in en shows ['owner'], not set on every way there")
def _a_value_is_set_on_one_of_two_ways() -> Talk:
    screens = changed("hire.find", on={next(iter(BIKE.refuses)): "hire.minutes"})
    return saying("hire.minutes", "text", "Minutes with {owner}?", screens=screens)


@fault("values_set", "values_set: hire.pin in en tells ['code'], not set on every way there")
def _what_was_not_done_has_no_code_yet() -> Talk:
    return saying("told", "not_hired", "NOT done: {code}.")


@fault("values_set", "values_set: hire.pay in en tells ['left'], not set on every way there")
def _what_was_done_tells_a_value_of_another_flow() -> Talk:
    return saying("told", "hired", "DONE: {left} left.")


@fault("short_ways", "short_ways: hire.pay moves money after 7 screens, not 6")
def _too_many_questions_before_the_money() -> Talk:
    extra = tuple(Menu(f"sure.{n}", (Choice("1", f"sure.{n + 1}" if n < 3 else "hire.bike"),)) for n in (1, 2, 3))
    home = replace(HOME, choices=(Choice("1", "sure.1"), *HOME.choices[1:]))
    talk = bikes((home, *SCREENS[1:], *extra))
    for said in talk.words.values():
        for screen in extra:
            said.screens[screen.id] = {"text": "Sure?", "1": "Yes"}  # type: ignore[index]
    return talk


# words and keys


def _say(talk: Talk, table: str, part: str, sentence: str) -> Talk:
    for said in talk.words.values():
        said.screens[table][part] = sentence  # type: ignore[index]
    return talk


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


for _table, _part, _sentence, _found in [
    ("card", "text", "{left} {riches}", "shows ['riches'] in 'text': not to be had there"),
    ("no", "wrong_pin", "{left} tries", "shows ['left'] in 'wrong_pin': not to be had there"),
    ("rides", "line", "{day} {left}", "shows ['left'] in 'line': not to be had there"),
    ("sms", "hired", "{code} {left}", "shows ['left'] in 'hired': not to be had there"),
    ("nav", "back", "0 {left}", "shows ['left'] in 'back': not to be had there"),
    ("card", "text", "{left} {Left}", "has a stray brace in 'text'"),
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
    fault("fields", f"fields: hire.minutes {_found}")(partial(bikes, changed("hire.minutes", field=_reads(_typed))))


@fault("fields", "fields: hire.bike takes '9', which is a key")
def _a_field_takes_the_number_of_a_suggestion() -> Talk:
    return bikes(changed("hire.bike", field=_reads("9")))


@fault("fields", "fields: hire.minutes asks for what cannot be typed")
def _a_field_cannot_be_read() -> Talk:
    return bikes(changed("hire.minutes", field=FIELDS["price"]))


@fault("fields", "fields: hire.minutes answers '0' with ValueError, which it does not name")
def _a_field_fails_instead_of_refusing() -> Talk:
    def read(typed: str, call: Any) -> int:
        raise ValueError(typed)

    return bikes(changed("hire.minutes", field=replace(BIKE, read=read)))


# room


@fault("fits", "fits: card in sw is 7 septets too long")
def _a_translation_is_too_long() -> Talk:
    return saying("card", "text", "x" * 158 + "{left}", "sw")


@fault("fits", "fits: home in en is 1 septets too long under told.not_hired")
def _a_home_is_too_long_under_what_is_told() -> Talk:
    free = 156 - len(
        "NOT done: bike WWWWWWWWWWWW was not hired.\nBikes\n1 Hire a bike\n2 My rides\n3 Kiswahili\n4 English\n"
        "5 My card\n9 Continue"
    )
    return saying("home", "text", "Bikes" + "x" * (free + 1), "en")


@fault("fits", "fits: hire.minutes in en is 1 septets too long under no.too_dear")
def _a_screen_is_too_long_under_a_refusal() -> Talk:
    rest = len("That is 99999 tokens; you have 99999.\nWWWWWWWWWWWW\n0 Back 00 Home")
    return saying("hire.minutes", "text", "x" * (157 - rest) + "{bike}", "en")


@fault("fits", "fits: card in en is 26 units too long")
def _one_letter_forces_units() -> Talk:
    return saying("card", "text", "ŋ" + "x" * 96 + "{left}", "en")


@fault("fits", "fits: hire.pin in en is 13 septets too long under no.dropped_secret")
def _a_value_is_wider_than_there_is_room_for() -> Talk:
    wide = replace(FIELDS["owner"], show=str, widest="W" * 68)
    return bikes(fields={**FIELDS, "owner": wide})


@fault("lists", "lists: rides in en is 1 septets too long with one line under no.dropped_rest")
def _no_line_fits_beside_the_text() -> Talk:
    rest = len("The rest was not read.\n\n1 00/00 bike WWWWWWWWWWWW 99999\n98 More\n0 Back 00 Home")
    return saying("rides", "text", "x" * (157 - rest), "en")


@fault("farewells", "farewells: no in en out_of_order is 1 septets too long")
def _a_last_refusal_is_too_long() -> Talk:
    return saying("no", "out_of_order", "x" * 157, "en")


@fault("sms", "sms: hired in sw is 1 septets too long")
def _a_receipt_needs_two_messages() -> Talk:
    return saying("sms", "hired", "{code}{bike}{owner}{price}" + "x" * (161 - 6 - 12 - 20 - 5), "sw")


@fault("sms", "sms: hired in en is 1 units too long")
def _a_receipt_is_wider_by_its_decimals() -> Talk:
    decimals = Field(show=lambda price: f"{price}.00", widest=99_999)
    talk = saying("sms", "hired", "ŋ" + "x" * 62 + "{price}", sms_fields={"price": decimals})
    return _say_sms(talk, "sw", "{price}")


def _say_sms(talk: Talk, language: str, sentence: str) -> Talk:
    talk.words[language].sms["hired"] = sentence  # type: ignore[index]
    return talk


def test_a_sound_talk_has_no_problems() -> None:
    assert check(bikes(), [Limit("wide", septets=178, units=78)], Kiosk()) == []


@pytest.mark.parametrize(
    ("rule", "found", "planted"), FAULTS, ids=[f"{rule}-{n}" for n, (rule, _, _) in enumerate(FAULTS)]
)
def test_a_planted_fault_is_found_by_its_rule_and_no_other(rule: str, found: str, planted: Fault) -> None:
    problems = check(planted(), [], Kiosk())
    assert found in [str(problem) for problem in problems]
    assert {problem.rule for problem in problems} == {rule}


def test_each_rule_has_a_planted_fault() -> None:
    assert {rule.__name__ for rule in RULES} | {"fields"} == {rule for rule, _, _ in FAULTS}


def test_a_gateway_with_less_room_is_a_problem_and_is_measured() -> None:
    problems = [str(problem) for problem in check(bikes(), [Limit("tiny", septets=120, units=76)], Kiosk())]
    assert "limit: tiny has less room than the talk is laid out for" in problems
    assert "fits: hire.pin in en is 1 septets too long under no.dropped_secret" in problems


def test_a_home_that_another_role_reaches_is_measured_with_its_way_back() -> None:
    text = "x" * (156 - len("The rest was not read.\n"))
    alone = [screen for screen in SCREENS if screen.id == "rides.none"]
    unreached = check(saying("rides.none", "text", text, screens=alone, homes={"mechanic": "rides.none"}))
    assert "fits" not in {problem.rule for problem in unreached}
    reached = check(saying("rides.none", "text", text, homes={"rider": "home", "mechanic": "rides.none"}), [], Kiosk())
    assert "fits: rides.none in en is 15 septets too long under no.dropped_rest" in map(str, reached)
