"""Hostile cases of messages: forged senders, PINs in the open, codes used twice, echoes, look-alike letters."""

from datetime import timedelta

import pytest

from service.wallet.unit import Challenge, Notice, Tally
from tests.hostile.test_pins import sms_code
from tests.phone import NUMBERS, PINS, Phone, Town

PIN_SAID = "Never put your PIN in an SMS"


def said(phone: Phone, text: str, **kept: str) -> list[str]:
    """Send a message and return what comes back."""
    phone.new()
    phone.sms(text, **kept)  # type: ignore[arg-type]
    return phone.new()


def asked_for(town: Town) -> list[Challenge]:
    """Return the payments that Amina has asked for by message."""
    amina = town.person("Amina").id
    return list(town.app.read(lambda unit: unit.rows.find(Challenge, person=amina)))


def test_M_01_a_message_alone_moves_nothing(town: Town) -> None:
    """Whoever forges Amina's number gets nothing paid: the code goes to her phone, not to the forger."""
    amina = town.phone("Amina")
    answers = said(amina, "SEND 400 0722000002")
    assert answers[0].startswith("Send KES 400.00 to BARAKA M?")
    assert town.balance("Amina") == 200_000
    assert not any("Received KES 400" in text for text in town.phone("Baraka").inbox())


@pytest.mark.parametrize(
    "text",
    [
        "SEND 400 0722000002 {pin}",
        "SEND 400 0722000002 PIN {pin}",
        "send 400 to 0722 000 002 {pin}.",
        "Tuma 400 kwa 0722000002, {pin}",
        "ENVOYER 400 à 0722000002 {pin}",
        "SEND 400 0722000002\t{pin}",
        "{pin}",
        "pin {pin}",
        "BAL {pin}",
        "MINI {pin}",
    ],
)
def test_M_01_a_pin_in_a_message_is_refused_and_forgotten(text: str, town: Town) -> None:
    """The person is told why; the PIN is neither tried nor kept, and nothing is asked for."""
    amina = town.phone("Amina")
    answers = said(amina, text.format(pin=PINS["Amina"]))
    assert [answer.startswith(PIN_SAID) for answer in answers] == [True]
    assert town.balance("Amina") == 200_000
    assert town.person("Amina").pin_tries == 0
    assert asked_for(town) == []


def test_M_01_above_the_small_limit_only_the_pin_pays(town: Town) -> None:
    """Above the small limit of a payment or of a day no code is given out: the answer is a string to dial."""
    amina = town.phone("Amina")
    assert "Dial *384*96*1*0722000002*501#" in said(amina, "SEND 501 0722000002")[0]
    for _ in range(2):
        said(amina, sms_code(town, "450"))
    assert "Dial *384*96*1*0722000002*101#" in said(amina, "SEND 101 0722000002")[0]
    assert "Answer" in said(amina, "SEND 100 0722000002")[0]
    assert town.balance("Baraka") == 15_000 + 90_000


def test_M_01_the_small_limit_of_a_day_counts_what_was_paid(town: Town) -> None:
    """Two payments of 500 by message use the day's small limit up, to the cent; the next one needs the PIN."""
    amina = town.phone("Amina")
    for _ in range(2):
        assert "Dial" not in said(amina, "SEND 500 0722000002")[0]
        said(amina, sms_code(town, "500"))
    key = f"sms:{town.person('Amina').id}:{town.now:%Y-%m-%d}"
    assert town.app.read(lambda unit: unit.books.counter(key)) == town.app.home.pack.sms_day_limit
    assert "Dial" in said(amina, "SEND 1 0722000002")[0]


@pytest.mark.parametrize("new_id", [True, False])
def test_M_02_the_same_text_next_day_pays_nothing_again(new_id: bool, anywhere: Town) -> None:
    """The code of yesterday, delivered again with its old id or a new one, pays nothing a second time."""
    amina, code = anywhere.phone("Amina"), sms_code(anywhere)
    amina.sms(code, message_id="first")
    assert anywhere.balance("Baraka") == 15_000 + 5_000
    anywhere.wait(hours=23)
    amina.sms(code, message_id="second" if new_id else "first")
    assert anywhere.balance("Baraka") == 15_000 + 5_000


def test_M_02_asking_twice_pays_once(town: Town) -> None:
    """The same SEND twice asks twice, and one code pays one payment."""
    amina = town.phone("Amina")
    codes = [sms_code(town), sms_code(town)]
    for code in [*codes, *codes]:
        amina.sms(code)
    assert town.balance("Baraka") == 15_000 + 5_000


@pytest.mark.parametrize(
    "text",
    [
        "SEND 100 0722000002\n--\nSent from my phone \U0001f600",
        "SEND 100 0722000002 \U0001f600",
        "\ufeffSEND\u00a0100\u20090722000002",
        "\n\n  SEND   100   0722000002  ",
        "“SEND 100 0722000002”",
    ],
)
def test_M_03_a_message_reads_the_same_or_is_refused(text: str, town: Town) -> None:
    """Signature lines, emoji, odd blanks: understood as it was meant, or refused, and never something else."""
    answer = said(town.phone("Amina"), text)[0]
    meant = answer.startswith("Send KES 100.00 to BARAKA M?")
    refused = answer.startswith(("Not understood", "Write it like this", "Not a mobile number"))
    assert meant or refused, answer


@pytest.mark.parametrize(
    "text", ["SEND 100", "0722000002", "100 0722000002", "SEND 0722000002 100", "ND 100 0722000002"]
)
def test_M_03_part_of_a_message_pays_nothing(text: str, town: Town) -> None:
    """Where a part is missing or in the wrong order, nothing is asked for."""
    answer = said(town.phone("Amina"), text)[0]
    assert answer.startswith(("Not understood", "Write it like this", "Not a"))
    assert asked_for(town) == []


@pytest.mark.parametrize(
    "text", ["SEND 12 00 254722000002", "SEND 1 000 0722000002", "SEND 1 254 722 000 002", "TUMA 2 50 722000002"]
)
def test_I_02_a_number_between_amount_and_phone_is_not_guessed_at(text: str, town: Town) -> None:
    """`12 00 254...` is KES 12 for one reader and KES 1,200 for another: the person is told how to write it."""
    answer = said(town.phone("Amina"), text)[0]
    assert answer.startswith("Write it like this")
    assert asked_for(town) == []


@pytest.mark.parametrize("text", ["SEND 100 0722000002", "BAL", "STOP"])
def test_M_04_a_message_that_was_under_way_for_two_days_does_nothing(text: str, town: Town) -> None:
    """A message of the day before yesterday is not carried out, and its sender is told so."""
    amina = town.phone("Amina")
    amina.new()
    amina.sms(text, sent_at=town.now - timedelta(hours=48))
    assert [answer[:24] for answer in amina.new()] == ["Your message came a day "]
    assert asked_for(town) == []


def test_M_04_a_code_is_good_for_ten_minutes(town: Town) -> None:
    """A code that comes after ten minutes or after two days pays nothing, whatever date the message bears."""
    amina, code = town.phone("Amina"), sms_code(town)
    town.wait(minutes=10, seconds=1)
    assert said(amina, code)[0].startswith("That code is wrong, used or too old")
    town.wait(hours=48)
    amina.sms(code, sent_at=town.now - timedelta(hours=48))
    assert town.balance("Baraka") == 15_000


def test_M_05_a_robot_gets_three_answers_an_hour(town: Town) -> None:
    """Forty messages that nobody understands get three answers; an hour later three more."""
    stranger = Phone(town, "+254700000077")
    for number in range(40):
        stranger.sms(f"I am out of office until {number}")
    assert len(stranger.inbox()) == 3
    town.wait(hours=1)
    stranger.sms("I am out of office")
    assert len(stranger.inbox()) == 4


def test_M_05_our_own_words_coming_back_end_soon(town: Town) -> None:
    """Somebody's phone answers every message with the message itself: the talk dies down by itself."""
    amina = town.phone("Amina")
    amina.new()
    waiting = ["BAL", "HELP", "SEND 100 0722000002", "SEND 800 0722000002", "CHECK 22222 22222", "LIMITS", "MINI"]
    hops = 0
    while waiting:
        hops += 1
        assert hops < 60, "a loop"
        amina.sms(waiting.pop(0))
        waiting += amina.new()
    assert town.balance("Amina") == 200_000


def test_M_05_commands_have_a_budget_whose_last_answer_says_so(town: Town) -> None:
    """Of a hundred commands in an hour thirty are answered, the last of them with what to do instead."""
    amina = town.phone("Amina")
    amina.new()
    for _ in range(100):
        amina.sms("BAL")
    answers = amina.new()
    assert len(answers) == 30
    assert answers[-1].startswith("That was your last answer by SMS for this hour. Dial *384*96#")
    assert all(answer.startswith("You have") for answer in answers[:-1])
    town.wait(hours=1)
    assert said(amina, "BAL")[0].startswith("You have")


def test_M_05_receipts_and_codes_are_not_counted(town: Town) -> None:
    """With the budget used up a code still pays and both sides get their receipts."""
    amina, baraka = town.phone("Amina"), town.phone("Baraka")
    code = sms_code(town)
    for _ in range(40):
        amina.sms("BAL")
    baraka.new()
    assert "Sent KES 50.00" in said(amina, code)[0]
    assert "Received KES 50.00" in baraka.new()[0]
    tallies = town.app.read(lambda unit: unit.rows.find(Tally, limit=1000))
    assert all("2547" not in tally.key for tally in tallies)


@pytest.mark.parametrize(
    "text", ["BAL", "bal ", "Bal.", "ＢＡＬ", "bal\u200b", " BAL\n", "Bál", "salio", "SOLDE", "qeri", "ቀሪ"]
)
def test_M_06_letters_of_all_widths_are_one_word(text: str, town: Town) -> None:
    """Case, width, accents, blanks and full stops make no difference."""
    assert said(town.phone("Amina"), text)[0].startswith("You have KES 2,000.00")


@pytest.mark.parametrize(
    "text", ["ВAL", "BАL", "ΒAL", "ѕend 100 0722000002", "SEND ١٠٠ 0722000002", "SEND 1OO 0722000002"]
)
def test_M_06_look_alikes_of_other_alphabets_are_not_guessed_at(text: str, town: Town) -> None:
    """Cyrillic, Greek and Arabic-Indic signs are not taken for the letters and digits they resemble."""
    answer = said(town.phone("Amina"), text)[0]
    assert answer.startswith(("Not understood", "Write it like this"))
    assert asked_for(town) == []


def test_M_06_full_width_digits_read_as_digits(town: Town) -> None:
    """Full-width digits are digits by the normal form: what is shown before paying is what was meant."""
    assert said(town.phone("Amina"), "SEND １００ 0722000002")[0].startswith("Send KES 100.00 to BARAKA M?")


def test_M_05_who_said_stop_gets_receipts_and_codes(town: Town) -> None:
    """After STOP money still comes with its receipt, and codes are still sent."""
    baraka = town.phone("Baraka")
    said(baraka, "STOP")
    said(town.phone("Amina"), sms_code(town))
    assert "Received KES 50.00" in baraka.new()[0]
    baraka.dial().press("2", "100016", "100", PINS["Baraka"])
    assert "Code " in baraka.new()[0]
    assert town.app.read(lambda unit: unit.rows.find(Notice, phone=NUMBERS["Baraka"], state="parked")) == []
