"""Talks that are too long for a phone."""

from dataclasses import replace

from service.ussd.screens import Field
from service.ussd.text import Talk
from tests.ussd.bikes import FIELDS, bikes
from tests.ussd.plant import Planted, in_ucs2, plants, saying

FAULTS: list[Planted] = []
fault = plants(FAULTS)


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


@fault("fits", "fits: card in en is 34 units too long")
def _one_letter_forces_units() -> Talk:
    return in_ucs2(saying("card", "text", "ŋ" + "x" * 96 + "{left}", "en"), "en")


@fault("fits", "fits: hire.pin in en is 13 septets too long under no.dropped_secret")
def _a_value_is_wider_than_there_is_room_for() -> Talk:
    wide = replace(FIELDS["owner"], show=str, widest="W" * 68)
    return bikes(fields={**FIELDS, "owner": wide})


@fault("extras", "extras: hire.pin in sw is 1 septets too long with what needs room")
def _what_needs_room_never_has_it() -> Talk:
    rest = len("WWWWWWWWWWWW WWWWWWWWWWWWWWWWWWWW 99999\n0 Rudi 00 Mwanzo")
    return saying("hire.pin", "text", "{bike} {owner}[? " + "x" * (157 - rest) + "{price}]", "sw")


@fault("fits", "fits: card in en is 2 septets too long")
def _the_second_way_of_saying_it_is_too_long() -> Talk:
    return saying("card", "text", "[{left}|" + "x" * 153 + "{left}]", "en")


@fault("lists", "lists: rides in en is 1 septets too long with one line under no.dropped_rest")
def _no_line_fits_beside_the_text() -> Talk:
    rest = len("The rest was not read.\n\n1 00/00 bike WWWWWWWWWWWW 99999\n98 More\n0 Back 00 Home")
    return saying("rides", "text", "x" * (157 - rest), "en")


@fault("farewells", "farewells: no in en out_of_order is 1 septets too long")
def _a_last_refusal_is_too_long() -> Talk:
    return saying("no", "out_of_order", "x" * 157, "en")


@fault("pages", "pages: card in en has 4 pages, not 3")
def _more_pages_than_anybody_reads() -> Talk:
    return in_ucs2(saying("card", "text", "\n".join(["ŋ" * 60] * 4) + "{left}", "en"), "en")


@fault("first_parts", "first_parts: hired in en has ['code'] behind its first line")
def _what_counts_comes_with_the_second_part() -> Talk:
    talk = _say_sms(bikes(first=("code",)), "en", "ŋ{bike} {owner}\n{code} {price}" + "x" * 40)
    return in_ucs2(talk, "en")


@fault("first_parts", "first_parts: hired in en is 1 units too long in its first line")
def _the_first_line_goes_on_in_the_second_part() -> Talk:
    line = "ŋ{code}" + "x" * (68 - 1 - 6)
    return in_ucs2(_say_sms(bikes(first=("code",)), "en", line + "\n{bike} {owner} {price}"), "en")


@fault("sms", "sms: hired in sw is 1 septets too long")
def _a_receipt_needs_two_messages() -> Talk:
    return saying("sms", "hired", "{code}{bike}{owner}{price}" + "x" * (161 - 6 - 12 - 20 - 5), "sw")


@fault("sms", "sms: hired in en is 1 units too long")
def _a_receipt_is_wider_by_its_decimals() -> Talk:
    decimals = Field(show=lambda price: f"{price}.00", widest=99_999)
    talk = saying("sms", "hired", "ŋ" + "x" * 126 + "{price}", sms_fields={"price": decimals})
    return in_ucs2(_say_sms(talk, "sw", "{price}"), "en")


def _say_sms(talk: Talk, language: str, sentence: str) -> Talk:
    talk.words[language].sms["hired"] = sentence  # type: ignore[index]
    return talk
