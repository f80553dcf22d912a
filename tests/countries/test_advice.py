"""What cash will cost, which amount nearby is cheaper, and how much can be paid: against trying everything.

The prices are taken from the bands by walking down them, not by the computation that is tested.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from service.countries import (
    IN_CHARGE,
    Band,
    NotOffered,
    Pack,
    Tax,
    Tip,
    cash_cost,
    cheaper_nearby,
    every_country,
    load_pack,
    most_payable,
)

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WITH_LEVY = datetime(2025, 3, 2, 9, 0, tzinfo=UTC)  # Ghana took one percent of what was sent
CASES = [("ke", AT), ("ug", AT), ("gh", AT), ("gh", WITH_LEVY)]
KE = load_pack("ke")


class Prices:
    """What an amount costs payer and payee, looked up in plain lists; None where it is not offered."""

    def __init__(self, pack: Pack, at: datetime) -> None:
        self.pack, self.today = pack, at.date()
        self.known: dict[int, tuple[int | None, int | None]] = {}
        self.tables = {table.service: table.bands for table in pack.charges if self._counts(table)}
        self.taxes = [tax for tax in pack.taxes if tax.base != IN_CHARGE and self._counts(tax)]

    def _counts(self, row: object) -> bool:
        first, last = row.valid_from, row.valid_to  # type: ignore[attr-defined]
        return bool(first <= self.today and (last is None or last >= self.today))

    def of(self, amount: int) -> tuple[int | None, int | None]:
        if amount not in self.known:
            self.known[amount] = (self._one("send", amount), self._one("withdraw", amount))
        return self.known[amount]

    def _one(self, service: str, amount: int) -> int | None:
        for band in self.tables[service]:
            if band.least <= amount <= band.most:
                if band.pays is None:
                    return None
                # Every tax of these packs on an amount is rounded up.
                taxes = [tax.basis_points for tax in self.taxes if tax.base == service]
                return band.pays + sum(-((-amount * points) // 10_000) for points in taxes)
        return None

    def gain(self, amount: int, other: int) -> int | None:
        """Return what both save if another amount is sent, or None if one of them would pay more, or get no cash."""
        (pays, takes), (pays_then, takes_then) = self.of(amount), self.of(other)
        if pays is None or pays_then is None or (takes is None) != (takes_then is None):
            return None
        cash, cash_then = takes or 0, takes_then or 0
        return None if pays_then > pays or cash_then > cash else pays - pays_then + cash - cash_then

    def best(self, amount: int, step: int) -> Tip | None:
        """Try every amount nearby, larger ones too, in steps and at each minor unit that a band ends or begins with."""
        near = self.pack.tip_within
        others = {*range(amount - near + (near % step), amount + near + 1, step)}
        others |= {edge for edge in self.edges if abs(edge - amount) <= near}
        found = []
        for other in others:
            gain = self.gain(amount, other)
            if gain is not None and gain > abs(amount - other) and other > 0:
                found.append((gain - abs(amount - other), other, gain))
        if not found:
            return None
        _, other, gain = max(found)
        return Tip(other, gain)

    @property
    def edges(self) -> set[int]:
        bands = [band for service in ("send", "withdraw") for band in self.tables[service]]
        return {edge for band in bands for edge in (band.least, band.most)}


def offered(pack: Pack, at: datetime) -> tuple[int, int]:
    return pack.reach("send", at)


def amounts(pack: Pack, at: datetime, prices: Prices) -> Iterator[int]:
    """Yield every whole unit that can be sent, and the minor units around each end of a band."""
    least, most = offered(pack, at)
    whole = 10**pack.currency.exponent
    yield from range(least, most + 1, whole)
    if whole > 1:
        for edge in sorted(prices.edges):
            yield from (amount for amount in range(edge - 12, edge + 13) if least <= amount <= most)
            yield from (edge + pack.tip_within + minor for minor in (-1, 0, 1) if edge + pack.tip_within < most)


@pytest.mark.parametrize(("country", "at"), CASES)
def test_the_tip_is_right_for_every_amount(country: str, at: datetime) -> None:
    """Where something nearby is cheaper for both, the best of it is advised; where nothing is, nothing."""
    pack = load_pack(country)
    prices = Prices(pack, at)
    whole = 10**pack.currency.exponent
    # Trying ten whole units at once is enough between the ends of bands: what is saved there grows with the tax only.
    step = whole * max(1, pack.tip_within // whole // 10)
    given = 0
    for amount in amounts(pack, at, prices):
        tip = cheaper_nearby(pack, amount, at)
        assert tip == prices.best(amount, step), amount
        if tip:
            given += 1
            assert 0 < amount - tip.amount <= pack.tip_within
            assert tip.saves == prices.gain(amount, tip.amount)
    assert given > 20, "there is something to advise in every country"


@pytest.mark.parametrize(("country", "at"), CASES)
def test_near_the_ends_of_bands_every_single_minor_unit_was_tried(country: str, at: datetime) -> None:
    pack = load_pack(country)
    prices = Prices(pack, at)
    least, most = offered(pack, at)
    for edge in prices.edges:
        for amount in (edge - 1, edge, edge + 1, edge + 7, edge + pack.tip_within):
            if least <= amount <= most:
                assert cheaper_nearby(pack, amount, at) == prices.best(amount, 1), amount


def test_the_example_that_everybody_knows() -> None:
    assert cheaper_nearby(KE, 1_001_00, AT) == Tip(1_000_00, 10_00)
    assert cheaper_nearby(KE, 1_000_01, AT) == Tip(1_000_00, 10_00)
    assert cheaper_nearby(KE, 1_009_99, AT) == Tip(1_000_00, 10_00)
    assert cheaper_nearby(KE, 1_010_00, AT) is None, "ten are saved, and ten less arrive"
    assert cheaper_nearby(KE, 1_000_00, AT) is None
    # Sending costs 20 less, and taking it out 23 less.
    assert cheaper_nearby(KE, 2_501_00, AT) == Tip(2_500_00, 43_00)


def test_a_tip_that_is_dearer_for_one_of_the_two_is_not_given() -> None:
    """Tables may be such that less is dearer to take out: no rule forbids that between two services."""
    send, _, withdraw, *others = KE.charges
    bands = (Band(1, 100, 5), Band(101, 500, 50))
    dearer = replace(withdraw, bands=(Band(1, 100, 60), Band(101, 500, 30)))
    odd = replace(KE, tip_within=20, taxes=(), charges=(replace(send, bands=bands), dearer, *others))
    assert cheaper_nearby(odd, 101, AT) is None
    fair = replace(odd, charges=(replace(send, bands=bands), replace(dearer, bands=bands), *others))
    assert cheaper_nearby(fair, 101, AT) == Tip(100, 90)
    assert cheaper_nearby(replace(fair, tip_within=1), 102, AT) is None


def test_an_amount_of_which_no_cash_can_be_had_is_not_advised() -> None:
    """Below 50 shillings nothing can be taken out at an agent."""
    send, _, withdraw, *others = KE.charges
    odd = replace(
        KE, charges=(replace(send, bands=(Band(1_00, 49_99, 0), Band(50_00, 100_00, 20_00))), withdraw, *others)
    )
    assert cheaper_nearby(odd, 50_00, AT) is None
    none_of_either = replace(odd, charges=(odd.charges[0], replace(withdraw, bands=(Band(90_00, 100_00, 1),)), *others))
    assert cheaper_nearby(none_of_either, 50_00, AT) == Tip(49_99, 20_00)


@pytest.mark.parametrize(("country", "at"), CASES)
def test_taking_cash_out_costs_what_the_tables_say(country: str, at: datetime) -> None:
    pack = load_pack(country)
    prices = Prices(pack, at)
    for amount in amounts(pack, at, prices):
        assert cash_cost(pack, amount, at) == (prices.of(amount)[1] or 0), amount


def test_with_what_the_cash_costs_the_whole_amount_can_be_taken_out() -> None:
    for country, at in CASES:
        pack = load_pack(country)
        for amount in range(*pack.reach("send", at), 997):
            if cost := cash_cost(pack, amount, at):
                assert amount + pack.charge("withdraw", amount, at).total == amount + cost


@pytest.mark.parametrize("country", every_country())
@pytest.mark.parametrize("service", ["send", "withdraw"])
def test_the_most_that_can_be_paid_is_offered_and_one_minor_unit_more_is_too_much(country: str, service: str) -> None:
    pack = load_pack(country)
    least, largest = pack.reach(service, AT)

    def costs(amount: int) -> int:
        return amount + pack.charge(service, amount, AT).total

    for balance in (0, 1, least - 1, least, least + 500, 1_999, 50_000, 200_000, 99_999, 123_456, 10**7, 10**9):
        for most in (least, least + 1, largest // 3, largest, largest * 2):
            found = most_payable(pack, service, balance, AT, most=most)
            if found == 0:
                assert costs(least) > balance
                continue
            assert found <= min(most, largest)
            assert costs(found) <= balance
            if found < min(most, largest):
                assert costs(found + 1) > balance
    assert most_payable(pack, service, 10**9, AT, most=least - 1) == 0


def test_a_levy_is_left_room_for() -> None:
    levied = replace(KE, taxes=(Tax("e-levy", "send", 1_00, "up", date(2022, 5, 1), None, "test"),))
    assert most_payable(levied, "send", 101_00, AT, most=10**9) == 100_00
    assert most_payable(levied, "send", 100_99, AT, most=10**9) == 99_99
    with pytest.raises(NotOffered):
        levied.charge("send", 0, AT)
