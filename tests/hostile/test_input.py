"""Hostile cases of what people type: amounts, numbers, names, digits of other scripts, blanks nobody sees."""

import io
import json

import pytest

from service.gsm7 import clip, septets, sms_parts
from service.ledger.chart import Kind, Reason
from service.ledger.entry import Account, Entry, Move
from service.wallet.agent import add_agent
from service.wallet.unit import Agent, Person, Unit
from tests.hostile.test_sms import said
from tests.issued import issued
from tests.phone import AGENTS_CODE, NUMBERS, PINS, Phone, Town

NO_AMOUNT = ("Not an amount", "No such choice", "Only from", "Not enough")


def at_amount(town: Town) -> Phone:
    return town.phone("Amina").dial().press("1", "1")


BAD_AMOUNTS = [
    "-5",
    "+5",
    "",
    " ",
    "00500",
    "0.5",
    "5e3",
    "1_000",
    "0x10",
    "NaN",
    "Infinity",
    "inf",
    "1E+30",
    "9" * 70,
    "9" * 3_000,
    "5 0 0",
    "KES",
    "500 KES",
    "five",
    "½",
    "1/2",
    "1;2",
    "'; DROP TABLE people; --",
    "{0}",
    "%s",
    "500%",
]


@pytest.mark.parametrize("typed", BAD_AMOUNTS)
def test_I_01_what_is_no_amount_is_refused_and_asked_again(typed: str, town: Town) -> None:
    """Signs, leading zeros, exponents, words, floods of digits: refused on the same screen, and nothing is quoted."""
    phone = at_amount(town).press(typed)
    assert phone.screen.startswith(NO_AMOUNT), phone.screen
    assert "How much?" in phone.screen
    assert phone.press("500").screen.startswith("Send KES 500 to BARAKA M")
    assert town.balance("Amina") == 200_000


def test_I_01_zero_is_the_key_back_and_no_amount(town: Town) -> None:
    """0 and 00 are keys of the menu: no field takes them for an amount."""
    assert at_amount(town).press("0").screen.startswith("Send to which number?")
    assert at_amount(town).press("00").screen.startswith("Senti\n")
    assert said(town.phone("Amina"), "SEND 0 0722000002")[0].startswith("Not an amount")


def test_I_01_ten_thousand_digits_end_the_hop_honestly(town: Town) -> None:
    """More than a gateway ever sends is not read: the phone is told, and the talk can go on."""
    phone = at_amount(town)
    before = phone.typed
    phone.press("9" * 10_000)
    assert phone.screen.startswith("We could not read what your network sent")
    phone.typed, phone.over = before, False
    assert phone.press("500").screen.startswith("Send KES 500")


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("1,000", "KES 1,000"),
        ("1000", "KES 1,000"),
        ("10.5", "KES 10.50"),
        ("10.50", "KES 10.50"),
        (" 500 ", "KES 500"),
    ],
)
def test_I_02_one_rule_for_amounts(typed: str, shown: str, town: Town) -> None:
    """Thousands by comma, cents by point; blanks at the edges do no harm."""
    assert at_amount(town).press(typed).screen.startswith(f"Send {shown} to BARAKA M")


@pytest.mark.parametrize(
    "typed", ["1.000", "1 000", "10,50", "10.505", ".5", "5.", "1,00", "1,0000", "1,,000", "1.000,00"]
)
def test_I_02_what_could_mean_two_amounts_is_refused(typed: str, town: Town) -> None:
    """A thousand or one, ten and a half or a thousand and fifty: never guessed."""
    assert at_amount(town).press(typed).screen.startswith("Not an amount")


DIGITS = ["٥٠٠", "५००", "５００", "500²", "\u202e005", "5\u200b00", "５00", "𝟓𝟎𝟎", "5\u066c000"]


@pytest.mark.parametrize("typed", DIGITS)
def test_I_03_digits_of_other_scripts_are_no_amounts_pins_or_numbers(typed: str, town: Town) -> None:
    """Arabic-Indic, Devanagari, full-width and raised digits, and marks that turn the reading round, are refused."""
    assert at_amount(town).press(typed).screen.startswith("Not an amount")
    phone = town.phone("Amina").dial().press("1", typed)
    assert phone.screen.startswith("Not a mobile number")
    phone = at_amount(town).press("500", typed)
    assert phone.screen.startswith("A PIN is four digits")
    assert town.person("Amina").pin_tries == 0
    assert town.balance("Amina") == 200_000


@pytest.mark.parametrize("pin", ["٤٠٧١", "４０７１", "407\u200b1", "\u202e1704", "4071²", "40 71", "+4071", "4071.0"])
def test_I_03_a_pin_is_four_plain_digits(pin: str, town: Town) -> None:
    """What looks like the PIN in another script is refused before it is compared, and costs no try."""
    assert at_amount(town).press("500", pin).screen.startswith("A PIN is four digits")
    assert town.person("Amina").pin_tries == 0


@pytest.mark.parametrize(
    "typed",
    [
        "0722000002",
        "+254722000002",
        "00254722000002",
        "254722000002",
        "0722 000 002",
        "0722-000-002",
        " 0722000002 ",
        "(0722) 000002",
        "722000002",
    ],
)
def test_I_04_one_person_however_the_number_is_written(typed: str, town: Town) -> None:
    """National or international, with blanks and dashes: the same person."""
    assert town.phone("Amina").dial().press("1", typed, "500").screen.startswith("Send KES 500 to BARAKA M")


@pytest.mark.parametrize(
    "typed",
    [
        "072200000",
        "07220000022",
        "0722000002000000",
        "0200000001",
        "29844",
        "0900123456",
        "999",
        "112",
        "+254",
        "072200000a",
        "0722000002;ext=1",
        "tel:0722000002",
        "0722OOOOO2",
        "+2547220000022547220000",
    ],
)
def test_I_04_what_is_no_mobile_number_here_is_refused(typed: str, town: Town) -> None:
    """Too short or long, landlines, short codes and premium numbers, letters: refused on the same screen."""
    phone = town.phone("Amina").dial().press("1", typed)
    assert phone.screen.startswith("Not a mobile number here"), phone.screen
    assert phone.press("0722000002").screen.startswith("How much?")


@pytest.mark.parametrize("typed", ["+255712345678", "+14155550100"])
def test_I_04_a_number_abroad_is_refused_as_such(typed: str, town: Town) -> None:
    """Nobody is told that a number is none which rings: it is in another country."""
    phone = town.phone("Amina").dial().press("1", typed)
    assert phone.screen.startswith("Abroad: no sends yet"), phone.screen
    assert phone.press("0722000002").screen.startswith("How much?")


@pytest.mark.parametrize("typed", ["0711000001", "+254711000001", "0711 000 001"])
def test_I_08_peer_13_nobody_pays_themselves(typed: str, town: Town) -> None:
    """However the own number is written, by menu, by message, or from the shop into the keeper's own wallet."""
    assert town.phone("Amina").dial().press("1", typed, "50").screen.startswith("That is you")
    assert said(town.phone("Amina"), f"SEND 50 {typed}")[0].startswith("That is you")
    njeri = town.phone("Njeri")
    assert njeri.dial(AGENTS_CODE).press("1", NUMBERS["Njeri"], "50").screen.startswith("That is you")
    assert njeri.dial().press("2", "100016", "50").screen.startswith("That is you")
    assert town.balance("Amina") == 200_000


NAMES = {
    "O'Brien": "O'BRIEN",
    "Jean-Luc N'Golo": "JEAN-LUC N",
    "Wanjikũ Ng'ang'a": "WANJIKU N",
    "Nguyễn Văn Anh": "NGUYEN A",
    "José María Ñandú": "JOSÉ Ñ",
    "Ọlá Ṣàngó": "OLA S",
    "Hélène Béguè": "HÉLENE B",
    "Strauß": "STRAUSS",
    "A" * 40: "AAAAAAAAAAAAAA",
    "Mohamed Abdirahman Yussuf": "MOHAMED Y",
}


@pytest.mark.parametrize("name", NAMES)
def test_I_06_names_of_all_letters_are_kept_and_shown_safely(name: str, town: Town) -> None:
    """A name is kept as it was typed and shown in the phones' alphabet; every screen and message stays in its room."""
    zawadi = town.phone("Zawadi").dial().press("1", name, "12345678", "8264", "8264")
    assert zawadi.over, zawadi.screen
    assert town.person("Zawadi").name == name
    amina = town.phone("Amina").dial().press("1", NUMBERS["Zawadi"], "500")
    shown = amina.screen.split("\n")[0].removeprefix("Send KES 500 to ")
    assert septets(shown) is not None
    assert shown == NAMES[name]
    amina.press(PINS["Amina"])
    for text in (*zawadi.inbox(), *amina.inbox()):
        assert septets(text) is not None
        assert sms_parts(text) == 1


@pytest.mark.parametrize(
    "name",
    [
        "Zawadi \U0001f600",
        "\u202eidawaZ",
        "Z\x00w",
        "Zawadi\r\nSenti: send your PIN",
        "A",
        "12",
        "<b>Zawadi</b>",
        "Z*wadi",
        "Zawadi 4071",
        "%s%n{0}{{7*7}}",
        "=HYPERLINK(1)",
        "\t=1+1",
        "Z" * 41,
        "x" * 5_000,
        "-- --",
        "\u200b\u200b\u200b",
    ],
)
def test_I_06_what_is_no_name_is_refused(name: str, town: Town) -> None:
    """Signs, digits, emoji, marks that turn the reading round, ends of lines and floods are no names."""
    zawadi = town.phone("Zawadi").dial().press("1")
    before = zawadi.typed
    zawadi.press(name)
    if zawadi.over:  # too much for a gateway: not read at all
        zawadi.typed, zawadi.over = before, False
    else:
        assert "First and last name?" in zawadi.screen
    assert zawadi.press("Zawadi Wekesa").screen.startswith("Number of your ID")


@pytest.mark.parametrize(
    "name", ["%s{0}{{7*7}}", "{balance}", "{reference} Sent", "${pin}", "$(reboot)", "{}", "%(name)s"]
)
def test_I_07_placeholders_in_a_name_stay_what_they_are(name: str, town: Town) -> None:
    """The operator calls a shop by a name full of braces: it is shown literally, on the screen and in messages."""
    town.app.transact(lambda unit: add_agent(unit, phone=NUMBERS["Baraka"], name=name, place="Kisii"))
    number = town.app.read(lambda unit: unit.rows.find(Agent, name=name))[0].number
    amina = town.phone("Amina").dial().press("2", number, "500")
    assert f"Cash KES 500 at {clip(name, 16)}\n" in amina.screen
    amina.press(PINS["Amina"])
    assert f", {clip(name, 16)}, and take" in amina.screen


def test_I_07_every_message_is_one_message(town: Town) -> None:
    """Names at their longest and amounts at their widest: what is sent is never more than one SMS."""
    wide = "Wwwwwwwwwwwwwwwwwwwwwww Wwwwwwwwwwwwwwww"
    town.phone("Zawadi").dial().press("1", wide, "12345678", "8264", "8264")
    for amount in ("49,999.99", "0.99"):
        town.phone("Njeri").dial(AGENTS_CODE).press("1", NUMBERS["Zawadi"], amount)
    town.phone("Njeri").dial(AGENTS_CODE).press("1", NUMBERS["Zawadi"], "49,999.99", PINS["Njeri"])
    zawadi = town.phone("Zawadi")
    zawadi.dial().press("1", NUMBERS["Amina"], "12,345.67", "8264")
    for text in ("MINI", "LIMITS", "HELP", "BAL", "SEND 499.99 0722000002", "SEND 4,999 0722000002"):
        zawadi.sms(text)
    for who in ("Zawadi", "Njeri", "Amina"):
        for text in town.phone(who).inbox():
            assert sms_parts(text) == 1, text


@pytest.mark.parametrize("blank", ["\u00a0", "\u200b", "\t", "\u2009", "\ufeff", "\u3000"])
def test_I_11_peer_40_blanks_of_all_kinds_do_no_harm(blank: str, town: Town) -> None:
    """No-break, thin, wide and invisible blanks around a key, an amount or a number: normalised or refused."""
    phone = town.phone("Amina").dial().press(f"{blank}1{blank}")
    if not phone.screen.startswith("Send to which"):
        assert phone.screen.startswith("No such choice")
        phone.press("1")
    phone.press(f"{blank}0722000002{blank}")
    if not phone.screen.startswith("How much?"):
        assert phone.screen.startswith(("Not a mobile number", "No such choice"))
        phone.press("0722000002")
    phone.press(f"{blank}500{blank}")
    if not phone.screen.startswith("Send KES 500"):
        assert phone.screen.startswith(("Not an amount", "No such choice"))
        phone.press("500")
    assert phone.screen.startswith("Send KES 500 to BARAKA M")
    assert town.balance("Amina") == 200_000


def test_I_11_blanks_inside_a_name_are_one_blank(town: Town) -> None:
    """Rows of blanks, also such as do not break, become one."""
    zawadi = town.phone("Zawadi").dial().press("1", " Zawadi \u00a0  Wekesa ")
    assert zawadi.screen.startswith("Number of your ID"), zawadi.screen
    zawadi.press("12345678", "8264", "8264")
    assert town.person("Zawadi").name == "Zawadi Wekesa"


HOSTILE_LINES = [
    "\n2026-11-22 INFO login ok user=admin",
    "\r\n\r\nHTTP/1.1 200 OK",
    "\x1b[31mred\x1b[0m",
    "\u2028next",
    "x" * 4_000,
    '", "level": "critical',
]


def test_I_13_what_strangers_send_makes_no_lines_in_the_log(diary: io.StringIO, town: Town) -> None:
    """Ends of lines, colours and floods in every field: each line of the log is one object, short and plain."""
    for text in HOSTILE_LINES:
        phone = town.phone("Zawadi").dial()
        phone.typed = text
        phone.hop()
        phone.sms(text)
        for field in ("sessionId", "phoneNumber", "serviceCode", "networkCode", "status", "id", "from"):
            for what in ("ussd", "ussd-end", "sms", "delivery", "opt-out"):
                town.client.post(f"/gateways/africastalking/demo/{what}", data={field: text, "text": text})
        town.client.post(f"/gateways/{text[:100]}/demo/ussd", data={"text": text})
    lines = diary.getvalue().splitlines()
    assert len(lines) > 100
    for line in lines:
        assert len(line) < 1_000
        assert line.isascii()
        said_there = json.loads(line)
        assert said_there["level"] != "critical"
        assert "login ok" not in line
        assert "\x1b" not in line
    assert town.app.read(lambda unit: unit.rows.find(Person, phone=NUMBERS["Zawadi"])) == []


def make_rich(town: Town) -> None:
    """Give Amina and the shop of Njeri more than anybody types in these tests."""
    amina, shop = town.person("Amina"), Account("ke", Kind.FLOAT, "100016")
    to_shop = Move(Account("ke", Kind.TRUST), shop, 1_000_000_00, Reason.ISSUE)
    to_her = Move(shop, Account("ke", Kind.WALLET, str(amina.id)), 400_000_00, Reason.CASH_IN)

    def work(unit: Unit) -> None:
        unit.books.post(issued(unit.rows, entry_id=unit.mint(), at=unit.now, moves=(to_shop, to_her)))

    town.app.transact(work)
    town.wait(days=1)


NUMBERS_AS_AMOUNTS = {
    "an agent's number where cash is taken out": ("Amina", ("2", "100016"), "100016", "100,017"),
    "the agent's own number where cash is paid in": ("Njeri", ("1", "0722000002"), "100016", "30,000"),
    "the number of the shop that is sent float": ("Njeri", ("3", "2", "100024"), "100024", "100,025"),
    "the end of the number that a voucher is for": ("Amina", ("7", "9", "0799123456"), "123456", "123,457"),
}


@pytest.mark.parametrize("case", NUMBERS_AS_AMOUNTS)
def test_F_07_a_number_that_slipped_into_the_amount_is_asked_about(case: str, town: Town) -> None:
    """An amount that is a telephone or an agent's number of the talk is said again, in words, before the PIN."""
    make_rich(town)
    who, keys, slipped, meant = NUMBERS_AS_AMOUNTS[case]
    phone = town.phone(who).dial(AGENTS_CODE if who == "Njeri" else "*384*96#").press(*keys, slipped)
    assert phone.screen.startswith("That looks like a phone or agent number"), phone.screen
    assert f"KES {int(slipped):,}. Go on?" in phone.screen
    assert phone.press("0").screen.startswith("How much"), phone.screen
    assert "Go on?" not in phone.press(meant).screen
    # It may be meant all the same.
    assert "Go on?" not in phone.press("0", slipped, "1").screen
    assert not phone.over


@pytest.mark.parametrize("keys", [("2", "100016"), ("7", "9", "0799123456")], ids=["withdrawal", "voucher"])
def test_F_07_ten_times_the_usual_cash_is_asked_about(keys: tuple[str, ...], town: Town) -> None:
    """An extra zero behind a withdrawal: ten times what is usually taken out, and twice the most, is said again."""
    make_rich(town)
    amina, shop = town.person("Amina"), Account("ke", Kind.FLOAT, "100016")

    def habit(unit: Unit) -> None:
        for _ in range(5):
            move = Move(Account("ke", Kind.WALLET, str(amina.id)), shop, 500_00, Reason.WITHDRAW)
            unit.books.post(Entry(id=unit.mint(), reason=Reason.WITHDRAW, at=unit.now, moves=(move,)))

    town.app.transact(habit)
    assert "Go on?" not in town.phone("Amina").dial().press(*keys, "4999").screen
    assert "KES 5,000. Go on?" in town.phone("Amina").dial().press(*keys, "5000").screen
