"""One service for several countries: a message is read and answered as in the country of its number."""

import pytest

from tests.phone import Town, demo_settings


@pytest.fixture(scope="module")
def town() -> Town:
    return Town(settings=demo_settings(countries=("ke", "ug")))


def test_a_message_is_answered_with_the_codes_and_examples_of_its_country(town: Town) -> None:
    phones = {
        code: town.phone(number) for code, number in (("*284*96#", "+256772000009"), ("*384*96#", "+254722000009"))
    }
    for code, phone in phones.items():
        phone.sms("HELP")
        phone.sms("BAL")
        assert all(code in text for text in phone.new())


def test_a_payment_by_message_is_read_and_told_in_the_money_and_numbers_of_its_country(town: Town) -> None:
    """Before, all was of the first country: 100,000 shillings of Uganda read as KES 1,000.00."""
    payer, payee = town.phone("+256772000001"), town.phone("+256772000002")
    for phone, name in ((payer, "Nakato Grace"), (payee, "Okello Moses")):
        phone.dial("*284*96#").press("1", name, "CM900123", "8264", "8264")
        assert phone.over
        assert "*284*96#" in phone.new()[0]
    payer.sms("BAL")
    assert payer.new()[0].startswith("You have UGX 0. ")
    payer.sms("SEND UGX 5,000 to 0772000002")
    assert payer.new() == ["Not enough: there is UGX 0, needed UGX 5,100."]
    payer.sms("SEND KES 5,000 to 0772000002")
    assert "Nothing was sent" in payer.new()[0]
