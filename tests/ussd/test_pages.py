"""A language outside GSM-7 has half the room: its screens go on on a next page, and nothing on them is lost."""

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from service.gsm7 import units
from service.ussd.check import check
from service.ussd.engine import broken, unfinished
from service.ussd.limit import Limit
from service.ussd.render import first_page
from service.ussd.screens import Choice, Do, Menu
from service.ussd.text import UCS2, Talk, too_long
from tests.ussd.bikes import bikes
from tests.ussd.phone import Phone

WORDS: dict[str, dict[str, str]] = {
    "nav": {"back": "0 ተመለስ", "home": "00 ዋና", "more": "98 ተጨማሪ"},
    "home": {"text": "ብስክሌት", "1": "ብስክሌት መከራየት የሚፈልጉ", "2": "የነዱት ሁሉ", "3": "በስዋሂሊ መነጋገር", "4": "በእንግሊዝኛ መነጋገር",
             "5": "በካርዴ ላይ የቀረ ገንዘብ", "9": "መቀጠል"},
    "hire.pin": {"text": "ብስክሌት ቁጥር {bike} ከባለቤቱ ከ{owner}\nዋጋው በሙሉ {price} ቶከን ነው ብለን እናምናለን\nየምስጢር ቁጥር?"},
    "hire.done": {
        "text": "{owner} መልካም መንገድ ይመኙልዎታል፣ በሰላም ገብተው በሰላም ይመለሱ\nየብስክሌትዎ መክፈቻ ኮድ {code} ነው፣ ይጻፉት፣ ለማንም አይንገሩ"
    },
}  # fmt: skip


def amharic() -> Talk:
    """Speak Amharic where the sound talk speaks Swahili."""
    talk = bikes()
    said: Any = talk.words["sw"]
    screens = {
        **said.screens,
        **{screen: {**said.screens[screen], **WORDS[screen]} for screen in WORDS if screen != "nav"},
    }
    words = replace(said, screens=screens, nav=WORDS["nav"], alphabet=UCS2)
    return replace(talk, words={"en": talk.words["en"], "sw": words})


def phone() -> Phone:
    found = Phone(amharic(), language="sw")
    found.dial()
    return found


def test_a_menu_goes_on_on_the_next_page_and_each_key_works_on_both() -> None:
    mine = phone()
    first = mine.reply.text
    assert first.endswith("\n98 ተጨማሪ")
    assert units(first) <= 76
    second = mine.press("98")
    assert second.startswith("5 ")
    assert "98" not in second
    assert mine.press("98").startswith(mine.talk.words["sw"].no["no_such_choice"]), "there is no third page"
    assert mine.press("1")
    assert mine.screen == "hire.bike"
    assert phone().press("5") == amharic().words["sw"].screens["card"]["text"].replace("{left}", "100")


def test_a_wrong_key_keeps_the_page() -> None:
    mine = phone()
    second = mine.press("98")
    assert mine.press("7").split("\n")[1:] == second.split("\n")
    assert mine.press("00").endswith("98 ተጨማሪ")


def test_a_pin_is_asked_for_behind_all_that_it_pays_for() -> None:
    """On the page before, what looks like a PIN is neither read nor kept, nor does it count as wrong."""
    mine = phone()
    first = mine.press("1", "12", "25")
    assert mine.screen == "hire.pin"
    assert "የምስጢር ቁጥር?" not in first
    again = mine.press("4071")
    assert again.split("\n")[0] == mine.talk.words["sw"].no["dropped_secret"]
    assert mine.kiosk.rows["tries"] == 3
    while "98" in mine.reply.text:
        assert mine.kiosk.rows["rides"] == 0
        mine.press("98")
    assert "የምስጢር ቁጥር?" in mine.reply.text
    assert not any("4071" in seen for seen in mine.seen)
    mine.press("4071")
    assert mine.kiosk.rows["rides"] == 1


def test_a_goodbye_of_two_pages_ends_with_the_second_whatever_is_typed() -> None:
    for typed in ("98", "0", "00", "x", "4071"):
        mine = phone()
        mine.press("1", "12", "25", "98", "4071")
        assert (mine.screen, mine.reply.ends, mine.session.over) == ("hire.done", False, False)
        assert not broken(mine.talk, mine.session), "what is paid is not gone on with"
        assert unfinished(mine.talk, mine.session) is None
        last = mine.press(typed)
        assert "QK7M2X" in last
        assert (mine.reply.ends, mine.session.over, mine.kiosk.rows["rides"]) == (True, True, 1)


def test_under_a_long_notice_no_line_is_lost() -> None:
    mine = Phone(amharic(), language="sw")
    shown = [mine.dial(told="ተ" * 60)]
    while "98" in shown[-1]:
        shown.append(mine.press("98"))
    lines = [line for page in shown for line in page.split("\n") if line != "98 ተጨማሪ"]
    assert shown[0] == "ተ" * 60 + "\nብስክሌት\n98 ተጨማሪ"
    assert [line[0] for line in lines[2:]] == list("12345")


LINES = st.lists(st.text("ሀለመab", min_size=1, max_size=61), min_size=1, max_size=12)


@given(LINES, st.one_of(st.none(), st.text("ሀለመ", min_size=1, max_size=68)), st.booleans())
def test_pages_hold_each_line_once_and_fit(body: list[str], notice: str | None, nav: bool) -> None:
    words, limit, found = amharic().words["sw"], Limit("small", septets=156, units=76), list[str]()
    while len(found) < len(body):
        text, until = first_page(body[len(found) :], words, limit=limit, notice=notice, nav=nav)
        assert too_long(text, limit) <= 0
        assert until or notice
        found += text.split("\n")[bool(notice) :][:until]
        notice = None
    assert found == body


def test_one_page_is_better_than_what_is_said_where_there_is_room() -> None:
    talk = amharic()
    screens: Any = talk.words["sw"].screens
    screens["hire.pin"] = {"text": "{bike} {price}[?\n" + "ለ" * 50 + "{owner}]\nፒን?"}
    mine = Phone(talk, language="sw")
    mine.dial()
    assert mine.press("1", "12", "25") == "12 50\nፒን?\n0 ተመለስ 00 ዋና"
    screens["hire.pin"] = {"text": "{bike} {price}" + "ለ" * 60 + "[?\n" + "ለ" * 50 + "{owner}]\nፒን?"}
    assert mine.press("00", "1", "12", "25").endswith("ለ\n98 ተጨማሪ")
    assert "Asha" in mine.press("98"), "where there are two pages, there is room"


def turning(*, when: str | None = "more", **leaf: bool) -> Talk:
    """Let the card be a menu of GSM-7 letters whose key 98 turns to another card."""
    talk = bikes()
    card = Menu("card", (Choice("98", "card.read", when=when), Choice("1", "rides")), **leaf)

    def look(call: Any, _: Any) -> dict[str, Any]:
        return {"left": call.rows["left"], "more": True}

    read = Do("card.read", look, then="card", gives=("left", "more"))
    screens = {**talk.screens, "card": card, "card.read": read}
    words = {
        name: replace(
            said, screens={**said.screens, "card": {"text": "{left}" + 5 * ("\n" + "x" * 30), "98": "More", "1": "Old"}}
        )
        for name, said in talk.words.items()
    }
    return replace(talk, screens=screens, words=words)


def test_a_menu_that_may_have_pages_has_them_in_every_language() -> None:
    """98 leads through what is written there, and then to where the menu's own 98 leads; the other keys always work."""
    mine = Phone(turning(pages=True))
    mine.dial()
    first = mine.press("5")
    assert first.endswith("\n98 More")
    assert "1 Old" not in first
    last = mine.press("98")
    assert last.endswith("\n98 More\n1 Old\n0 Back 00 Home")
    assert (first.count("x"), last.count("x"), mine.screen) == (120, 30, "card")
    assert mine.press("98") == first
    mine.press("1")
    assert mine.screen == "rides"


def test_a_menu_without_pages_must_fit_and_98_is_a_key_only_where_something_follows() -> None:
    assert [problem.rule for problem in check(turning()) if problem.screen == "card"] == ["fits", "fits"]
    assert "keys" in {problem.rule for problem in check(turning(when=None, pages=True)) if problem.screen == "card"}
    assert not [problem for problem in check(turning(pages=True)) if problem.screen == "card"]
