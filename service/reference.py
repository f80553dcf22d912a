"""Codes that people read aloud: receipt references, agent numbers and one-time codes, each hard to get wrong.

A reference is the entry's number put through a keyed permutation, so it is unique for ever and cannot be guessed from
the one before; two check letters catch every slip in one or two places. Nothing is stored: all of it is arithmetic.
"""

import hashlib
import hmac
import re

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""The 32 letters of a reference: without 0, 1, I and O, which look alike."""

_VALUE = {letter: value for value, letter in enumerate(ALPHABET)}
_BODY = 8
_HALF_BITS = 20
_HALF = (1 << _HALF_BITS) - 1
_ROUNDS = 8
_BETWEEN = re.compile(r"[ \-]")

LAST_ENTRY = (1 << 2 * _HALF_BITS) - 1
"""The greatest entry number that has a reference: 2**40 - 1."""


def _times_two(value: int) -> int:
    """Multiply by x in GF(32), the field of 32 elements made by x^5 + x^2 + 1."""
    value <<= 1
    return value ^ 0b100101 if value & 32 else value


def _times(left: int, right: int) -> int:
    product = 0
    while right:
        if right & 1:
            product ^= left
        left, right = _times_two(left), right >> 1
    return product


def _power_of_two(exponent: int) -> int:
    value = 1
    for _ in range(exponent):
        value = _times_two(value)
    return value


_WEIGHT = tuple(tuple(_times(_power_of_two(place), value) for value in range(32)) for place in range(_BODY + 2))
"""_WEIGHT[place][value] = x^place * value: a shortened Reed-Solomon code of distance three, so any one or two wrong
letters (hence any swap) break one of its two sums."""

# Both check values c8, c9 follow from c8 + c9 = plain sum and x^8 c8 + x^9 c9 = weighted sum, solved for c9.
_SOLVE = next(value for value in range(32) if _times(value, _power_of_two(8) ^ _power_of_two(9)) == 1)


def _checks(body: list[int]) -> tuple[int, int]:
    plain = weighted = 0
    for place, value in enumerate(body):
        plain ^= value
        weighted ^= _WEIGHT[place][value]
    last = _times(_SOLVE, weighted ^ _WEIGHT[_BODY][plain])
    return plain ^ last, last


class References:
    """Writes and reads receipt references under one key; another key gives another, unrelated set."""

    def __init__(self, key: bytes) -> None:
        assert len(key) >= 16, "the key of the references is too short"
        seed = hashlib.sha256(key).digest()
        self._rounds = tuple(
            hashlib.blake2b(key=seed, digest_size=4, person=b"reference", salt=bytes([turn])) for turn in range(_ROUNDS)
        )

    def write(self, entry_id: int) -> str:
        """Return the 10 letters that stand for an entry; its number must be below 2**40."""
        assert 0 <= entry_id <= LAST_ENTRY, f"entry {entry_id} has no reference"
        left, right = entry_id >> _HALF_BITS, entry_id & _HALF
        for turn in range(_ROUNDS):
            left, right = right, left ^ self._mix(turn, right)
        number = left << _HALF_BITS | right
        body = [number >> 5 * place & 31 for place in reversed(range(_BODY))]
        return "".join([ALPHABET[value] for value in (*body, *_checks(body))])

    def read(self, text: str) -> int | None:
        """Return the entry that a reference stands for, or None if it is mistyped; case, blanks and dashes are free."""
        if len(text) > 40 or not text.isascii():
            return None
        letters = _BETWEEN.sub("", text.upper())
        if len(letters) != _BODY + 2 or not all(letter in _VALUE for letter in letters):
            return None
        values = [_VALUE[letter] for letter in letters]
        body = values[:_BODY]
        if _checks(body) != tuple(values[_BODY:]):
            return None
        number = 0
        for value in body:
            number = number << 5 | value
        left, right = number >> _HALF_BITS, number & _HALF
        for turn in reversed(range(_ROUNDS)):
            left, right = right ^ self._mix(turn, left), left
        return left << _HALF_BITS | right

    def _mix(self, turn: int, half: int) -> int:
        digest = self._rounds[turn].copy()
        digest.update(half.to_bytes(3, "big"))
        return int.from_bytes(digest.digest(), "big") & _HALF


def luhn_digit(digits: str) -> str:
    """Return the digit that makes an agent number of these digits pass luhn_ok."""
    assert re.fullmatch("[0-9]+", digits), "only digits have a check digit"
    return str(-_luhn_sum(digits + "0") % 10)


def luhn_ok(number: str) -> bool:
    """Say whether a number ends with its Luhn digit: any single wrong digit and nearly any swap is noticed."""
    return number.isascii() and number.isdigit() and len(number) > 1 and _luhn_sum(number) % 10 == 0


def _luhn_sum(number: str) -> int:
    total = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit) << (place & 1)
        total += value - 9 if value > 9 else value
    return total


def one_time_code(key: bytes, purpose: str, entry_id: int, attempt: int) -> str:
    """Return the 7-digit code of one attempt at one thing; it is derived anew whenever it is needed, never stored."""
    said = b"\0".join((purpose.encode(), str(entry_id).encode(), str(attempt).encode()))
    number = int.from_bytes(hmac.digest(key, said, "sha256")[:16], "big")
    return str(1_000_000 + number % 9_000_000)
