"""Talks that lead astray, ask for money without a PIN, or show what is not known."""

from dataclasses import replace
from itertools import pairwise

from service.ussd.screens import Ask, Choice, Do, End, Menu
from service.ussd.text import Talk
from tests.ussd.bikes import BIKE, FIELDS, HOME, SCREENS, Tired, bikes, card, near
from tests.ussd.plant import Planted, beside, changed, hushed, plants, say, saying, with_choice

FAULTS: list[Planted] = []
fault = plants(FAULTS)


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


@fault("pin_first", "pin_first: gift moves money without an unlock of its own in the same turn")
def _a_role_begins_with_money() -> Talk:
    gift = Do("gift", lambda call, values: None, then="ride.heard", posts=True)
    return bikes((*SCREENS, gift), homes={"rider": "home", "ghost": "gift"})


@fault("pin_first", "pin_first: open unlocks without a secret in the same turn")
def _a_role_begins_with_an_unlock() -> Talk:
    unlock = Do("open", lambda call, values: None, then="ride.heard", unlocks=True)
    return bikes((*SCREENS, unlock), homes={"rider": "home", "ghost": "open"})


@fault("pin_first", "pin_first: gift moves money without an unlock of its own in the same turn")
def _an_empty_list_leads_to_the_money() -> Talk:
    gift = Do("gift", lambda call, values: None, then="ride.heard", posts=True)
    screens = tuple(screen for screen in changed("rides", empty="gift") if screen.id != "rides.none")
    return hushed(bikes((*screens, gift)), ("rides.none", "text"))


@fault("pin_first", "pin_first: hire.unlock unlocks without a secret in the same turn")
def _a_key_beside_the_pin_unlocks() -> Talk:
    return saying("hire.pin", "1", "Pay", screens=beside("hire.pin", "1", "hire.unlock"))


@fault("secrets", "secrets: hire.pay keeps the secret ['pin']")
def _a_step_gives_a_secret_back() -> Talk:
    return bikes(changed("hire.pay", gives=("code", "pin")))


@fault("secrets", "secrets: hire.code asks for a secret that no step uses in the same turn")
def _a_secret_is_asked_for_and_forgotten() -> Talk:
    asks = Ask("hire.code", "word", BIKE, then="card.read", secret=True)
    talk = saying("hire.code", "text", "Word?", screens=with_choice("hire.code", replace(asks, then="rides")))
    return say(talk, "home", "6", "Word")


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


@fault("values_set", "values_set: card in en shows ['left'], not set on every way there")
def _the_last_of_two_ways_sets_nothing() -> Talk:
    return saying("home", "6", "Card", screens=with_choice("card"))


@fault("values_set", "values_set: card in en shows ['left'], not set on every way there")
def _the_first_of_two_ways_sets_nothing() -> Talk:
    home = replace(HOME, choices=(Choice("6", "card"), *HOME.choices))
    return saying("home", "6", "Card", screens=(home, *SCREENS[1:]))


@fault("values_set", "values_set: hire.pin in en shows ['minutes'], not set on every way there")
def _a_key_beside_a_field_leads_on_without_its_value() -> Talk:
    screens = changed("hire.minutes", field=BIKE, choices=(Choice("1", "hire.quote"),))
    talk = saying("hire.minutes", "1", "Skip", screens=screens)
    return say(talk, "hire.pin", "text", "{price} for {minutes}. PIN?")


@fault("values_set", "values_set: rides.none in en shows ['ride'], not set on every way there")
def _nothing_was_picked_from_an_empty_list() -> Talk:
    return saying("rides.none", "text", "No {ride}")


@fault("values_set", "values_set: hire.pin in en tells ['code'], not set on every way there")
def _what_was_not_done_has_no_code_yet() -> Talk:
    return saying("told", "not_hired", "NOT done: {code}.")


@fault("values_set", "values_set: hire.pay in en tells ['left'], not set on every way there")
def _what_was_done_tells_a_value_of_another_flow() -> Talk:
    return saying("told", "hired", "DONE: {left} left.")


def sure(times: int) -> Talk:
    """Ask so many times whether one is sure, before the first question."""
    asks = [f"sure.{number}" for number in range(times)]
    extra = [Menu(ask, (Choice("1", then),)) for ask, then in pairwise([*asks, "hire.bike"])]
    home = replace(HOME, choices=(Choice("1", asks[0]), *HOME.choices[1:]))
    talk = bikes((home, *SCREENS[1:], *extra))
    for said in talk.words.values():
        said.screens.update({ask: {"text": "Sure?", "1": "Yes"} for ask in asks})  # type: ignore[attr-defined]
    return talk


@fault("short_ways", "short_ways: hire.pay moves money after 7 screens, not 6")
def _too_many_questions_before_the_money() -> Talk:
    return sure(3)
