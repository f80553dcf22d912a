"""References of receipts, agent numbers and one-time codes."""

import os
from concurrent.futures import ProcessPoolExecutor
from itertools import combinations, pairwise
from multiprocessing import get_context

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.reference import ALPHABET, LAST_ENTRY, References, luhn_digit, luhn_ok, one_time_code

KEY = b"a key that only this test knows."
OTHER_KEY = b"another key, one letter changed."
IDS = st.integers(0, LAST_ENTRY)


def _write_all(first: int, count: int) -> str:
    references = References(KEY)
    written = []
    for entry_id in range(first, first + count):
        reference = references.write(entry_id)
        assert references.read(reference) == entry_id
        written.append(reference)
    return "".join(written)


def test_K_04_a_million_references_are_unique_and_read_back() -> None:
    """Sixteen processes each take a range of entry numbers, at the edges and in the middle of what is possible."""
    each = 1_000_000 // 16
    firsts = [place * ((LAST_ENTRY - each) // 15) for place in range(16)]
    with ProcessPoolExecutor(max(2, os.cpu_count() or 2), mp_context=get_context("spawn")) as processes:
        written = list(processes.map(_write_all, firsts, [each] * 16))
    seen = {text[at : at + 10] for text in written for at in range(0, len(text), 10)}
    assert len(seen) == 16 * each


@given(IDS)
def test_K_04_a_restart_changes_nothing(entry_id: int) -> None:
    """References follow from the key and the number alone, so neither a restart nor the clock has a say."""
    reference = References(KEY).write(entry_id)
    assert len(reference) == 10
    assert set(reference) <= set(ALPHABET)
    assert References(KEY).read(reference) == entry_id


def test_K_04_neighbours_tell_nothing_of_each_other() -> None:
    """Of two following entries nearly every letter differs, every letter is as frequent, another key gives others."""
    ours, others = References(KEY), References(OTHER_KEY)
    count = 4_000
    written = [ours.write(entry_id)[:8] for entry_id in range(count)]
    for place in range(8):
        alike = sum(a[place] == b[place] for a, b in pairwise(written))
        assert alike < 2.0 * count / 32
        for letter in ALPHABET:
            assert 0.5 * count / 32 < sum(text[place] == letter for text in written) < 1.7 * count / 32
    assert not set(written) & {others.write(entry_id)[:8] for entry_id in range(count)}


def test_K_04_each_bit_of_a_number_decides_every_letter() -> None:
    """Numbers that differ in a single bit, wherever it stands, look as different as any two."""
    references = References(KEY)
    for bit in range(40):
        alike = [0] * 8
        for entry_id in range(1_000_003, 200_000_000_000, 1_999_999_973):
            pair = zip(references.write(entry_id)[:8], references.write(entry_id ^ 1 << bit)[:8], strict=True)
            alike = [times + (one == other) for times, (one, other) in zip(alike, pair, strict=True)]
        assert max(alike) < 20, bit  # of 100; by chance about 3


def test_only_ascii_letters_count() -> None:
    """A long s becomes an S in capitals: it is another letter all the same."""
    references = References(KEY)
    reference = next(text for text in map(references.write, range(1000)) if "S" in text)
    assert references.read(reference.lower()) is not None
    assert references.read(reference.replace("S", "ſ")) is None


def test_K_04_a_guess_is_hardly_ever_a_reference() -> None:
    """One guess in 1,024 has right check letters, and its entry is spread over all that is possible."""
    references = References(KEY)
    stem = references.write(0)[:8]
    right = [a + b for a in ALPHABET for b in ALPHABET if references.read(stem + a + b) is not None]
    assert len(right) == 1


def test_any_two_wrong_letters_are_noticed() -> None:
    """Exhaustive: the code is linear, so what one reference notices all do; a swap is two wrong letters."""
    references = References(KEY)
    reference = references.write(123_456_789)
    for place in range(10):
        for letter in set(ALPHABET) - {reference[place]}:
            assert references.read(reference[:place] + letter + reference[place + 1 :]) is None
    for one, two in combinations(range(10), 2):
        letters = list(reference)
        for first in set(ALPHABET) - {reference[one]}:
            letters[one] = first
            for second in set(ALPHABET) - {reference[two]}:
                letters[two] = second
                assert references.read("".join(letters)) is None


@given(IDS, st.integers(0, 8))
def test_a_swap_of_neighbours_is_noticed(entry_id: int, place: int) -> None:
    references = References(KEY)
    reference = references.write(entry_id)
    swapped = reference[:place] + reference[place + 1] + reference[place] + reference[place + 2 :]
    assert swapped == reference or references.read(swapped) is None


@given(IDS)
def test_case_blanks_and_dashes_are_free(entry_id: int) -> None:
    references = References(KEY)
    reference = references.write(entry_id)
    for typed in (reference.lower(), f" {reference[:5]} {reference[5:]} ", "-".join(reference)):
        assert references.read(typed) == entry_id


@pytest.mark.parametrize(
    "text",
    [
        "",
        "QK7M2X9TR",
        "QK7M2X9TRDD",
        "0000000000",
        "OIOIOIOIOI",
        "ſſſſſſſſſſ",
        "２２２２２２２２２２",
        "\0" * 10,
        "x" * 10**6,
    ],
)
def test_what_is_no_reference_is_none(text: str) -> None:
    assert References(KEY).read(text) is None


@given(st.text(max_size=14))
def test_any_text_can_be_asked(text: str) -> None:
    found = References(KEY).read(text)
    assert found is None or 0 <= found <= LAST_ENTRY


def test_numbers_beyond_the_references_are_a_bug() -> None:
    for entry_id in (-1, LAST_ENTRY + 1):
        with pytest.raises(AssertionError):
            References(KEY).write(entry_id)


@pytest.mark.parametrize("number", ["100016", "100024", "4111111111111111", "79927398713"])
def test_agent_numbers_with_their_digit(number: str) -> None:
    assert luhn_ok(number)
    assert luhn_digit(number[:-1]) == number[-1]


def test_every_wrong_digit_and_all_swaps_but_one_are_noticed() -> None:
    for stem in range(10_000, 100_000, 7):
        number = f"{stem}{luhn_digit(str(stem))}"
        assert luhn_ok(number)
        for place, digit in enumerate(number):
            for wrong in set("0123456789") - {digit}:
                assert not luhn_ok(number[:place] + wrong + number[place + 1 :])
        for place in range(5):
            pair = number[place : place + 2]
            swapped = number[:place] + pair[::-1] + number[place + 2 :]
            assert luhn_ok(swapped) == (pair[0] == pair[1] or set(pair) == {"0", "9"})


@pytest.mark.parametrize("text", ["", "0", "1", "10001a", "１０００１６", "10 0016", "-100016", "²²"])
def test_what_is_no_agent_number(text: str) -> None:
    assert not luhn_ok(text)


def test_codes_are_seven_digits_and_differ_by_everything() -> None:
    codes = {
        one_time_code(key, purpose, entry_id, attempt)
        for key in (KEY, OTHER_KEY)
        for purpose in ("withdraw", "challenge")
        for entry_id in (1, 11, 2**40 - 1)
        for attempt in (0, 1, 11)
    }
    assert len(codes) == 36
    assert all(len(code) == 7 and code.isdigit() and code[0] != "0" for code in codes)
    assert one_time_code(KEY, "withdraw", 7, 0) == one_time_code(KEY, "withdraw", 7, 0)


def test_codes_are_spread_evenly() -> None:
    codes = [one_time_code(KEY, "withdraw", entry_id, 0) for entry_id in range(9_000)]
    assert len(set(codes)) > 8_985  # of 9,000 out of 9,000,000 about 4.5 meet by chance
    for digit in "123456789":
        assert 850 < sum(code[0] == digit for code in codes) < 1_150
