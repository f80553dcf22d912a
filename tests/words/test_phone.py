"""Which phone numbers are taken, and how much of them is shown."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.phone import BadPhone, PhoneAbroad, is_e164, log_mask, mask_phone, national, read_phone


def refused(text: str, region: str = "KE") -> bool:
    try:
        read_phone(text, region)
    except BadPhone:
        return True
    return False


@pytest.mark.parametrize(
    "text",
    [
        "0722000002", "+254722000002", "254722000002", "00254722000002", "722000002", "0722 000 002", "0722-000-002",
        "+254 722 000 002", "+254-722-000002", "(0722) 000 002", "+254 (0) 722 000002", " 0722000002 ",
        "00 254 722 000 002", "\u202a+254\u00a0722\u00a0000\u00a0002\u202c", "0722\u2011000\u2011002",
    ],
)  # fmt: skip
def test_I_04_one_number_however_it_is_written(text: str) -> None:
    """National, international, with blanks, dashes or the marks that address books add: one canonical form."""
    assert read_phone(text, "KE") == "+254722000002"


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "+", "0", "00", "100", "22456", "*144#", "0800720000", "0202222222", "020 222 2222", "0900123456",
        "+256772000000", "+255754000000", "+12025550123", "0722000", "072200000", "07220000022", "0722000002123456",
        "+2547220000021", "254722000002254", "722", "00000000000", "+0722000002", "++254722000002", "0722+000002",
        "0722000002a", "0722000002;ext=5", "0722000002x5", "tel:0722000002", "0722.000.002", "0722/000002",
        "0722000002,0722000003", "0722000002#", "1" * 10_000, "NaN", "Amina", "07220000O2", "\0" + "0722000002",
    ],
)  # fmt: skip
def test_I_04_everything_else_is_refused(text: str) -> None:
    """Short codes, landlines, free and premium numbers, foreign ones, wrong lengths, letters and extensions."""
    assert refused(text)


@pytest.mark.parametrize(
    "text",
    [
        "+256772000000",
        "00256 772 000 000",
        "256772000000",
        "+255754000000",
        "+233241234567",
        "+12025550123",
        "250788123456",
    ],
)  # fmt: skip
def test_I_04_a_mobile_number_of_elsewhere_is_called_so(text: str) -> None:
    """Written in full, plus or no plus, it is refused as what it is: nobody is told to look for a typing mistake."""
    with pytest.raises(PhoneAbroad):
        read_phone(text, "KE")


@pytest.mark.parametrize(
    "text", ["+256312000000", "0772000000123", "07220000022", "22456", "+2547220000021", "256", "+"]
)
def test_I_04_what_is_nobodys_mobile_number_is_not_abroad(text: str) -> None:
    """A landline of elsewhere, a digit too many, a short code: mistyped, as far as anybody can tell."""
    with pytest.raises(BadPhone) as refused:
        read_phone(text, "KE")
    assert refused.type is BadPhone


def test_I_04_the_region_decides() -> None:
    """The same number is at home in one country and foreign in another."""
    assert read_phone("+256772000000", "UG") == "+256772000000"
    assert read_phone("0772000000", "UG") == "+256772000000"
    assert refused("+254722000002", "UG")


@pytest.mark.parametrize(
    "text",
    [
        "٠٧٢٢٠٠٠٠٠٢",
        "०७२२०००००२",
        "０７２２０００００２",
        "0722\u200b000002",
        "0722\u202e000002",
        "072200000²",
        "\u202e0722000002",
    ],
)
def test_I_03_other_digits_and_hidden_marks_are_refused(text: str) -> None:
    """The number library would take foreign digits; they do not get that far."""
    assert refused(text)


@pytest.mark.parametrize("blank", ["\t", "\u00a0", "\u200b", "\ufeff", "\r\n", " \u2003"])
def test_I_11_blanks_around_a_number_are_dropped(blank: str) -> None:
    """A pasted number often has an invisible neighbour."""
    assert read_phone(f"{blank}0722000002{blank}", "KE") == "+254722000002"


@given(st.text(alphabet="0123456789+ ()-\u00a0٠", max_size=16))
def test_what_is_read_is_canonical_and_reads_again(text: str) -> None:
    try:
        phone = read_phone(text, "KE")
    except BadPhone:
        return
    assert is_e164(phone)
    assert phone.startswith("+254")
    assert read_phone(phone, "KE") == read_phone(national(phone), "KE") == phone


@given(st.integers(700_000_000, 729_999_999))
def test_every_number_of_a_mobile_range_is_read(rest: int) -> None:
    assert read_phone(f"0{rest}", "KE") == f"+254{rest}"


def test_canonical_form() -> None:
    assert is_e164("+254722000002")
    for text in (
        "254722000002",
        "0722000002",
        "+0722000002",
        "+254 722",
        "+",
        "",
        "+254722000002\n",
        "+٢٥٤٧٢٢٠٠٠٠٠٢",
        "+" + "1" * 16,
    ):
        assert not is_e164(text)


def test_national_form() -> None:
    assert national("+254722000002") == "0722000002"
    assert national("+254110000000") == "0110000000"
    assert national("+256772000000") == "0772000000"


def test_V_05_a_receipt_shows_only_the_ends_of_a_number() -> None:
    """Four digits in front and three behind; nobody can call the other party from a receipt."""
    assert mask_phone("+254722000002") == "0722***002"
    assert mask_phone("+254711000001") == "0711***001"


@given(st.integers(700_000_000, 729_999_999))
def test_V_05_masks_hide_the_middle(rest: int) -> None:
    """Both masks drop digits: numbers that differ in the middle look alike, and none can be read back."""
    phone = f"+254{rest}"
    assert str(rest) not in mask_phone(phone) + log_mask(phone)
    other = f"{phone[:7]}{(int(phone[7:10]) + 1) % 1000:03}{phone[10:]}"
    assert other != phone
    assert mask_phone(other) == mask_phone(phone)
    assert log_mask(f"{phone[:5]}{(int(phone[5:10]) + 1) % 100_000:05}{phone[10:]}") == log_mask(phone)


def test_V_05_a_log_never_shows_what_is_not_a_number() -> None:
    """Whatever else stands where a number should be, such as a PIN, is hidden whole."""
    assert log_mask("+254722000002") == "2547****002"
    for text in ("4071", "", "0722000002", "Amina", "+254722000002\n4071"):
        assert log_mask(text) == "****"


def test_no_carrier_or_place_data_is_loaded() -> None:
    """Carrier names cost half a second and 43 MB, and tell nothing where numbers are ported."""
    code = "import sys, service.phone; print([name for name in sys.modules if 'carrier' in name or 'geo' in name])"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "[]"
