"""Hostile cases of conversations: starts at once, stolen and late sessions, orders that no network should produce."""

import io
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import permutations

import pytest

from service.countries import Pack
from service.gateways.base import Dial
from service.ussd.session import Conversation
from service.wallet.operator import approve, propose
from service.wallet.unit import Agent, Person, Unit
from service.web.behind import Owners
from service.web.hop import Country
from tests.hostile.crowd import at_once, served
from tests.phone import AGENTS_CODE, NUMBERS, PEOPLE_CODE, PINS, Phone, Town

HOME = "Senti\n1 Send money"


def live(town: Town, who: str) -> list[Conversation]:
    phone = NUMBERS[who]
    return list(town.app.read(lambda unit: unit.rows.find(Conversation, phone=phone, state="live")))


def test_S_01_peer_41_two_starts_of_one_phone_leave_one_talk(anywhere: Town) -> None:
    """The second dial shows the menu, the first is over, and nothing typed is taken for an answer."""
    first, second = anywhere.phone("Amina").dial(), anywhere.phone("Amina").dial()
    assert first.screen.startswith(HOME)
    assert second.screen.startswith(HOME)
    assert len(live(anywhere, "Amina")) == 1
    first.press("1")
    assert first.over
    assert first.screen.startswith("You dialled again")
    assert second.press("5").screen.startswith("You have")


def test_S_01_the_same_start_twice_is_one_start(anywhere: Town) -> None:
    """A repeated first hop gets the same menu and feeds nothing to it."""
    phone = anywhere.phone("Amina").dial()
    menu = phone.screen
    for _ in range(3):
        assert phone.hop().screen == menu
    assert phone.press("5").screen.startswith("You have")


def test_S_01_starts_at_one_instant_leave_one_talk(on_disk: Town) -> None:
    """Of eight dials at one instant each is answered, and one talk is live."""
    with served(on_disk) as wired:
        phones = at_once([lambda: wired.phone("Amina").dial() for _ in range(8)])
    shown = [phone for phone in phones if phone.screen.startswith(HOME)]
    busy = [phone for phone in phones if phone.screen.startswith("Still being checked")]
    assert len(live(on_disk, "Amina")) == 1
    assert len(shown) + len(busy) == 8
    assert len(shown) >= 5  # one wins each round, and nobody tries more than a few rounds
    assert on_disk.phone("Amina").dial().press("5").screen.startswith("You have")


def test_S_02_a_known_session_id_is_worth_nothing(anywhere: Town) -> None:
    """Another phone with a stolen session id begins at its own menu, and the owner's talk goes on untouched."""
    amina = anywhere.phone("Amina").dial().press("1", "1", "500")
    thief = anywhere.phone("Baraka").dial(session=amina.session, typed=f"{amina.typed}*{PINS['Amina']}")
    assert "PIN:" not in thief.screen
    assert anywhere.balance("Amina") == 200_000
    thief.dial(session=amina.session)
    assert thief.screen.startswith(HOME)
    assert amina.press(PINS["Amina"]).screen.startswith("Sent KES 500")


def test_S_02_a_session_that_changes_hands_is_an_alarm(town: Town, diary: io.StringIO) -> None:
    """Whose sessions come from another phone is written down, masked; a phone's own hops and repeats are not."""
    amina = town.phone("Amina").dial().press("1", "1")
    amina.hop()
    assert "a session came from another" not in diary.getvalue()
    town.phone("Baraka").dial(session=amina.session)
    alarms = [line for line in diary.getvalue().splitlines() if "a session came from another phone" in line]
    assert len(alarms) == 1
    assert "2547****002" in alarms[0]
    assert "error" in alarms[0]


def test_S_02_no_more_sessions_are_remembered_than_there_is_room_for() -> None:
    """A million invented ids take no more room than ten thousand; the newest are known."""
    owners = Owners(most=3)
    dials = [Dial("simulator", f"s{number}", "+254711000001", "*384*96#", None, "") for number in range(5)]
    assert not any(owners.is_another(dial) for dial in dials)
    assert len(owners._owners) == 3
    assert owners.is_another(replace(dials[4], phone="+254722000002"))
    assert not owners.is_another(replace(dials[0], phone="+254722000002"))


def test_S_02_a_session_is_bound_to_its_code(town: Town) -> None:
    """The same session id on the agents' code is another talk, at the agents' menu."""
    njeri = town.phone("Njeri").dial().press("1")
    njeri.dial(AGENTS_CODE, session=njeri.session, typed="1")
    assert "Customer's phone number?" in njeri.screen


def test_S_02_guessed_ids_begin_at_the_menu(town: Town) -> None:
    """Ids that nobody was given lead to the caller's own menu, whatever history they claim."""
    for guess in range(200):
        phone = town.phone("Baraka").dial(session=f"ATUid_{guess}", typed="1*1*100*" + PINS["Baraka"])
        assert not phone.screen.startswith("Sent")
    assert town.balance("Baraka") == 15_000


def test_S_03_of_fifty_talks_at_the_pin_one_pays(on_disk: Town) -> None:
    """Fifty talks of one phone, all at the PIN, get it at one instant: the newest pays, the others are over."""
    phones = [on_disk.phone("Amina").dial().press("1", "1", "1,900") for _ in range(50)]
    with served(on_disk) as wired:
        after = at_once([partial(wired.carried_on(phone).press, PINS["Amina"]) for phone in phones])
    paid = [phone for phone in after if phone.screen.startswith("Sent KES 1,900")]
    assert [phone.session for phone in paid] == [phones[-1].session]
    assert all(phone.over for phone in after)
    assert on_disk.balance("Amina") == 200_000 - 190_000 - 3_300
    assert on_disk.balance("Baraka") == 15_000 + 190_000


def test_S_03_of_fifty_phones_in_a_hurry_one_pays(on_disk: Town) -> None:
    """Sixteen hands dial and pay as one phone at one instant: the balance is for one, and one has it."""

    def hurry(phone: Phone) -> str:
        phone.dial()
        for key in ("1", "1", "1,900", PINS["Amina"]):
            if not phone.over:
                phone.press(key)
        return phone.screen

    with served(on_disk) as wired:
        screens = at_once([lambda: hurry(wired.phone("Amina")) for _ in range(16)])
    paid = sum(screen.startswith("Sent") for screen in screens)
    assert paid <= 1
    assert on_disk.balance("Amina") == 200_000 - paid * 193_300


SCRIPT = ("", "1", "1*1", "1*1*20", f"1*1*20*{PINS['Amina']}")


@pytest.mark.parametrize("times", [1, 2])
def test_S_04_no_order_of_hops_pays_but_behind_the_pin_screen(town: Town, times: int) -> None:
    """Every order of the hops of a payment, each once or twice, pays at most once, and only what was shown before."""
    paid = 0
    for number, order in enumerate(permutations(SCRIPT)):
        phone = town.phone("Amina")
        phone.session = f"S-04-{times}-{number}"
        shown, before = "", town.balance("Amina")
        for text in [text for text in order for _ in range(times)]:
            balance = town.balance("Amina")
            phone.typed = text
            phone.hop()
            if town.balance("Amina") != balance:
                assert shown.startswith("Send KES 20 to BARAKA M"), order
                assert balance - town.balance("Amina") == 2_000
            shown = phone.screen
        assert before - town.balance("Amina") in (0, 2_000)
        paid += before != town.balance("Amina")
        town.wait(minutes=3)
    assert paid >= 1
    assert town.balance("Amina") == 200_000 - paid * 2_000


def test_S_04_in_order_with_gaps_and_late_repeats(town: Town) -> None:
    """A hop that never arrived is not made up for; late repeats of old hops get their old answers."""
    phone = town.phone("Amina").dial()
    phone.typed = "1*1*20"
    assert "PIN" not in phone.hop().screen
    assert town.balance("Amina") == 200_000
    phone = town.phone("Amina").dial().press("1", "1", "20")
    at_pin, typed = phone.screen, phone.typed
    for late in ("", "1", "1*1"):
        phone.typed = late
        phone.hop()
    phone.typed = typed
    assert phone.hop().screen == at_pin
    assert phone.press(PINS["Amina"]).screen.startswith("Sent KES 20")


Flow = tuple[str, str, Sequence[str], int, str]
FLOWS: dict[str, Flow] = {
    "send": ("Amina", PEOPLE_CODE, ("1", "1", "500", PINS["Amina"]), 3, "Sent KES 500"),
    "withdraw": ("Amina", PEOPLE_CODE, ("2", "100016", "500", PINS["Amina"]), 3, "Show code"),
    "change PIN": ("Amina", PEOPLE_CODE, ("7", "4", PINS["Amina"], "8264", "8264"), 2, "Your PIN is changed"),
    "register": ("Zawadi", PEOPLE_CODE, ("1", "Zawadi Wekesa", "12345678", "8264", "8264"), 3, "Welcome, Zawadi"),
    "cash in": ("Njeri", AGENTS_CODE, ("1", "0722000002", "500", PINS["Njeri"]), 3, "Paid KES 500"),
}


@pytest.mark.parametrize("seconds", [5, 190])
@pytest.mark.parametrize("name", FLOWS)
def test_S_05_peer_39_a_broken_talk_goes_on_before_its_first_secret(name: str, seconds: int) -> None:
    """Wherever the line drops, nothing has moved, the menu comes first, and 9 asks for every secret again."""
    who, code, keys, first_secret, done = FLOWS[name]
    for dropped in range(1, len(keys)):
        town = Town()
        before = books_of(town)
        phone = town.phone(who).dial(code).press(*keys[:dropped])
        assert not phone.over
        town.wait(seconds=seconds)
        phone.dial(code)
        assert books_of(town) == before
        assert "\n9 Continue" in phone.screen
        phone.press("9", *keys[min(dropped, first_secret) :])
        assert phone.over
        assert phone.screen.startswith(done)
        town.assert_sound()


def test_S_05_a_broken_payout_asks_for_code_and_pin_again(town: Town) -> None:
    """The agent's line drops behind the code: going on asks for it again, and cash is paid out once."""
    code = withdrawal_code(town)
    njeri = town.phone("Njeri").dial(AGENTS_CODE).press("2", code)
    njeri.dial(AGENTS_CODE).press("9")
    assert "7-digit code?" in njeri.screen
    assert njeri.press(code, PINS["Njeri"]).screen.startswith("Give AMINA O KES 500")
    assert town.balance("Amina") == 200_000 - 52_900


def test_S_05_what_a_broken_withdrawal_held_comes_back(town: Town) -> None:
    """A hold whose code nobody has seen runs out, and the money is back."""
    withdrawal_code(town)
    assert town.balance("Amina") == 200_000 - 52_900
    town.wait(minutes=16)
    assert town.balance("Amina") == 200_000


def test_S_05_what_had_no_room_is_said_on_the_next_dial(town: Town) -> None:
    """What became of the last payment does not fit above a dialled string's screen: it is not lost, but said next."""
    zawadi = town.phone("Zawadi").dial().press("1", "Abdirahmanmohamed Yussuf", "12345678", "8264", "8264")
    town.phone("Njeri").dial(AGENTS_CODE).press("1", NUMBERS["Amina"], "49,000", PINS["Njeri"])
    amina = town.phone("Amina").dial().press("1", zawadi.number, "24,999.99", PINS["Amina"])
    amina.dial(typed=f"1*0{zawadi.number[4:]}*24999")
    assert amina.screen.startswith("Send KES 24,999 to ABDIRAHMANMO Y")
    amina.press("00")
    amina.dial()
    assert amina.screen.startswith("DONE: KES 24,999.99 to ABDIRAHMANMO Y, Ref ")
    amina.press("8").dial()
    assert amina.screen.startswith(HOME)


def test_S_05_what_was_told_on_a_line_that_dropped_again_is_told_again(anywhere: Town) -> None:
    """Only the phone's next key, or the end event, proves that the words were read; after a day nobody asks."""
    amina = anywhere.phone("Amina").dial().press("1", "1", "500", PINS["Amina"])
    for minutes in (0, 5, 60):
        anywhere.wait(minutes=minutes)
        assert amina.dial().screen.startswith("DONE: KES 500 to BARAKA M")
    amina.end("Incomplete")
    assert amina.dial().screen.startswith("DONE: KES 500 to BARAKA M")
    amina.end()
    assert amina.dial().screen.startswith(HOME)
    amina.press("1", "1", "20", PINS["Amina"])
    assert amina.dial().screen.startswith("DONE: KES 20 to BARAKA M")
    assert amina.press("5").screen.startswith("You have")
    assert amina.dial().screen.startswith(HOME)
    amina.press("1", "1", "30", PINS["Amina"])
    for hours in (13, 10):
        anywhere.wait(hours=hours)
        assert amina.dial().screen.startswith("DONE: KES 30 to BARAKA M")
    anywhere.wait(hours=2)
    assert amina.dial().screen.startswith(HOME)


def test_S_05_a_payment_that_was_reversed_is_not_told_as_done(anywhere: Town) -> None:
    """Between the lost answer and the next dial two people of the operator took the cash-in back."""
    njeri = anywhere.phone("Njeri").dial(AGENTS_CODE).press("1", NUMBERS["Baraka"], "300", PINS["Njeri"])
    assert njeri.dial(AGENTS_CODE).screen.startswith("DONE: KES 300 to BARAKA M, ")

    def reverse(unit: Unit) -> None:
        entry = unit.house.references.read(njeri.screen.split("BARAKA M, ")[1][:10])
        made = propose(unit, act="reverse", values={"entry": entry}, maker="one")
        approve(unit, approval_id=made.id, checker="two")

    anywhere.app.transact(reverse)
    assert njeri.dial(AGENTS_CODE).screen.startswith("Senti agent")


def test_S_05_what_was_not_sent_last_is_told_before_what_was_sent_earlier(town: Town) -> None:
    """The older payment had no room above the PIN screen of the newer: the newest is what the next dial is about."""
    zawadi = town.phone("Zawadi").dial().press("1", "Abdirahmanmohamed Yussuf", "12345678", "8264", "8264")
    town.phone("Njeri").dial(AGENTS_CODE).press("1", NUMBERS["Amina"], "49,000", PINS["Njeri"])
    amina = town.phone("Amina").dial().press("1", zawadi.number, "24,999.99", PINS["Amina"])
    amina.dial(typed=f"1*0{zawadi.number[4:]}*24999")
    assert amina.screen.startswith("Send KES 24,999 to ABDIRAHMANMO Y")
    assert amina.dial().screen.startswith("NOT sent: KES 24,999 to ABDIRAHMANMO Y")


def test_S_06_peer_42_after_its_end_a_talk_begins_anew(anywhere: Town) -> None:
    """A hop behind the last screen, behind the end event, or a day later starts at the menu and moves nothing."""
    phone = anywhere.phone("Amina").dial().press("1", "1", "500", PINS["Amina"])
    left = anywhere.balance("Amina")
    for spell in ("over", "ended", "a day later"):
        if spell == "ended":
            phone.end()
        if spell == "a day later":
            anywhere.wait(hours=25)
        phone.typed += f"*{PINS['Amina']}"
        phone.hop()
        assert HOME in phone.screen, spell
        assert anywhere.balance("Amina") == left


def test_S_06_a_late_hop_of_an_old_talk_does_not_lock_the_phone_out(anywhere: Town) -> None:
    """After a late hop of a talk that is over the phone can dial again, however often."""
    old = anywhere.phone("Amina").dial().press("5")
    anywhere.wait(seconds=20)
    anywhere.phone("Amina").dial().press("5")
    old.typed += "*1"
    assert old.hop().screen.startswith(HOME)
    for _ in range(3):
        assert anywhere.phone("Amina").dial().screen.startswith(HOME)


def test_S_06_a_clock_put_back_does_not_lock_the_phone_out(anywhere: Town) -> None:
    """With the clock put back an hour the phone is served, and what is said of the last payment is true."""
    anywhere.phone("Amina").dial().press("1", "1", "500", PINS["Amina"])
    anywhere.wait(hours=-1)
    phone = anywhere.phone("Amina").dial()
    assert phone.screen.startswith("DONE: KES 500 to BARAKA M")
    phone.press("8")
    assert anywhere.phone("Amina").dial().screen.startswith(HOME)


@pytest.mark.parametrize(
    ("who", "code", "path", "screen"),
    [
        ("Amina", PEOPLE_CODE, "1*0722000002*500*{pin}", "Send KES 500 to BARAKA M"),
        ("Amina", PEOPLE_CODE, "2*100016*500*{pin}", "Cash KES 500 at Duka la Njeri"),
        ("Amina", PEOPLE_CODE, "7*4*{pin}*8264*8264", "Your PIN now?"),
        ("Njeri", AGENTS_CODE, "1*0722000002*500*{pin}", "Pay KES 500 to BARAKA M"),
        ("Njeri", AGENTS_CODE, "2*1234567*{pin}", "Customer's 7-digit code?"),
    ],
)
def test_S_07_a_dialled_string_never_gives_a_pin(who: str, code: str, path: str, screen: str, town: Town) -> None:
    """All answers in the dialled string: it stops at the screen that asks for the secret, and says so."""
    before = books_of(town)
    phone = town.phone(who).dial(code, typed=path.format(pin=PINS[who]))
    assert not phone.over
    assert phone.screen.startswith(f"PIN not read: type it.\n{screen}")
    assert books_of(town) == before
    assert town.person(who).pin_tries == 0


def through_simulator(town: Town, number: str, path: str, keys: Sequence[str]) -> list[str]:
    form = {"session": f"sim-{path}", "phone": number, "code": f"*384*96*{path}#" if path else PEOPLE_CODE}
    bodies = []
    for step in [{}, *({"input": key} for key in keys)]:
        bodies.append(town.client.post("/gateways/simulator/demo/ussd", data=form | step).text)
    return bodies


def nameless(body: str) -> str:
    """Each town writes references of its own."""
    return re.sub(r"Ref [0-9A-Z]{10}", "Ref", body)


@pytest.mark.parametrize(
    ("path", "keys"),
    [
        ("", ("1", "1", "500", PINS["Amina"])),
        ("1*0722000002*500", (PINS["Amina"],)),
        ("1*0722000002*500*4071", (PINS["Amina"],)),
        ("", ("1*", "1", "0722000002", "5*00", "500#", "20", "00", "5")),
        ("", ("7", "", "**", "#", "1", "98", "0")),
        ("*5", ()),
        ("5*", ()),
    ],
)
def test_S_08_peer_42_the_same_journey_shows_the_same_screens(path: str, keys: Sequence[str]) -> None:
    """A gateway that repeats everything and one that sends the last input lead through the same screens."""
    here, there = Town(), Town()
    phone = here.phone("Amina").dial(typed=path)
    bodies = [f"{'END' if phone.over else 'CON'} {phone.screen}"]
    for key in keys:
        phone.typed = f"{phone.typed}*{key}" if phone.typed or len(bodies) > 1 else key
        phone.hop()
        bodies.append(f"{'END' if phone.over else 'CON'} {phone.screen}")
    other = through_simulator(there, NUMBERS["Amina"], path, keys)
    assert [nameless(body) for body in bodies] == [nameless(body) for body in other]
    here.assert_sound()
    there.assert_sound()


def test_S_09_stars_inside_an_answer_are_no_answers(town: Town) -> None:
    """A name with stars in it is one answer, and refused; what stands behind the stars is typed nowhere."""
    phone = town.phone("Zawadi").dial().press("1")
    phone.press("Jo*1*9999")
    assert phone.screen.startswith("Type your name in letters")
    assert phone.press("Zawadi Wekesa").screen.startswith("Number of your ID")
    amina = town.phone("Amina").dial().press("1", "1")
    amina.press(f"500*{PINS['Amina']}")
    assert amina.screen.startswith("Not an amount")
    assert town.balance("Amina") == 200_000


@pytest.mark.parametrize(("seconds", "pays"), [(31, True), (61, True), (180, True), (181, False), (3_600, False)])
def test_S_12_a_silent_talk_is_over_after_three_minutes(town: Town, seconds: int, pays: bool) -> None:
    """A minute to look for the PIN is no trouble; after three the talk is over, and the PIN is not taken."""
    phone = town.phone("Amina").dial().press("1", "1", "500")
    town.wait(seconds=seconds)
    phone.press(PINS["Amina"])
    assert phone.over is pays
    assert phone.screen.startswith("Sent KES 500" if pays else "NOT sent: KES 500")
    assert (town.balance("Amina") == 200_000) is not pays


def test_S_12_an_unlocked_pin_change_does_not_outlive_its_talk(town: Town) -> None:
    """The old PIN was given and the phone put down: whoever takes it up has to give the old PIN again."""
    phone = town.phone("Amina").dial().press("7", "4", PINS["Amina"])
    assert "New PIN" in phone.screen
    town.wait(seconds=200)
    phone.press("8264")
    assert "New PIN" not in phone.screen
    phone.press("9")
    assert phone.screen.startswith("Your PIN now?")


def change_payee(unit: Unit, **changed: object) -> None:
    baraka = unit.rows.find(Person, phone=NUMBERS["Baraka"])[0]
    unit.rows.put(replace(baraka, **changed))  # type: ignore[arg-type]


def change_shop(unit: Unit, **changed: object) -> None:
    shop = unit.rows.get(Agent, "100016")
    assert shop is not None
    unit.rows.put(replace(shop, **changed))  # type: ignore[arg-type]


def dearer(town: Town, service: str) -> None:
    """Put a dearer tariff into force."""
    pack = town.app.home.pack
    tariffs = tuple(
        replace(tariff, bands=tuple(band._replace(pays=(band.pays or 0) + 100) for band in tariff.bands))
        if tariff.service == service
        else tariff
        for tariff in pack.charges
    )
    use_pack(town, replace(pack, charges=tariffs))


def lower(town: Town, **limits: int) -> None:
    """Lower the limits of the second tier."""
    pack = town.app.home.pack
    use_pack(town, replace(pack, tiers={**pack.tiers, 2: pack.tiers[2]._replace(**limits)}))


def use_pack(town: Town, pack: Pack) -> None:
    town.app.house.packs["ke"] = pack
    town.app.countries["ke"] = Country(pack, town.app.home.talk)


CHANGES: dict[str, tuple[Callable[[Town], object], str]] = {
    "renamed": (lambda town: town.app.transact(lambda unit: change_payee(unit, name="Mallory Mwangi")), "MALLORY M"),
    "closed": (lambda town: town.app.transact(lambda unit: change_payee(unit, state="closed")), "cannot be paid"),
    "dearer": (lambda town: dearer(town, "send"), "Total KES 508"),
    "limit": (lambda town: lower(town, single=40_000), "At most KES 400 at once"),
    "day": (lambda town: lower(town, day=40_000), "Left today: KES 400"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_S_15_what_is_paid_is_what_was_shown(change: str, town: Town) -> None:
    """Payee, fee or limit have changed since the quote: it is quoted again or refused, never paid."""
    act, seen = CHANGES[change]
    phone = town.phone("Amina").dial().press("1", "1", "500")
    act(town)
    phone.press(PINS["Amina"])
    assert not phone.over
    assert seen in phone.screen
    assert town.balance("Amina") == 200_000


@pytest.mark.parametrize(
    ("change", "seen"),
    [({"name": "Duka la Mallory"}, "Duka la Mallory"), ({"state": "closed"}, "No open agent")],
)
def test_S_15_cash_is_taken_where_it_was_quoted(change: dict[str, str], seen: str, town: Town) -> None:
    """The shop was renamed or closed since the quote: the money is not held for it unseen."""
    phone = town.phone("Amina").dial().press("2", "100016", "500")
    town.app.transact(lambda unit: change_shop(unit, **change))
    phone.press(PINS["Amina"])
    assert not phone.over
    assert seen in phone.screen
    assert town.balance("Amina") == 200_000


def test_S_15_a_closed_shop_moves_no_money(town: Town) -> None:
    """The operator closes a shop: its talks are over, at the menu and at the PIN, and nothing is paid in or out."""
    code = withdrawal_code(town)
    at_pin = town.phone("Njeri").dial(AGENTS_CODE).press("1", "0722000002", "500")
    town.app.transact(lambda unit: change_shop(unit, state="closed"))
    assert at_pin.press(PINS["Njeri"]).screen.startswith("This code is for agents")
    assert town.phone("Njeri").dial(AGENTS_CODE, typed=f"2*{code}").screen.startswith("This code is for agents")
    assert HOME in town.phone("Njeri").dial().screen
    assert town.balance("Baraka") == 15_000
    town.wait(minutes=16)
    assert town.balance("Amina") == 200_000


def withdrawal_code(town: Town, amount: str = "500") -> str:
    """Let Amina ask for cash at Njeri's, and return the code."""
    return town.phone("Amina").dial().press("2", "100016", amount, PINS["Amina"]).screen.split()[2]


def books_of(town: Town) -> dict[str, int]:
    return town.app.read(lambda unit: {str(account): balance for account, balance in unit.books.balances()})


def test_S_06_a_talk_begun_anew_in_its_own_session_stays_the_newest(anywhere: Town) -> None:
    """A garbled hop begins the talk anew while the clock stands still: the phone can dial as ever."""
    for _ in range(3):
        phone = anywhere.phone("Amina").dial().press("1")
    phone.typed = "7*7*7"
    assert phone.hop().screen.startswith(HOME)
    for _ in range(2):
        assert anywhere.phone("Amina").dial().screen.startswith(HOME)


def test_S_01_a_late_hop_of_an_ended_talk_does_not_break_into_the_newer_one(town: Town) -> None:
    """What the network brings late of a talk that is over is told so, and the talk in hand goes on."""
    late = town.phone("Amina").dial().press("5")
    assert late.over
    newer = town.phone("Amina").dial().press("1")
    late.typed = "5*1"
    assert late.hop().over
    assert late.screen == "You dialled again, so this talk is over. Go on in the new one."
    assert newer.press("0722000002", "100", PINS["Amina"]).screen.startswith("Sent KES 100")
