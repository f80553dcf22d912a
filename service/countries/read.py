"""Reads a country's file strictly: an unknown word, a missing one or a wrong kind of value is refused with its place.

Text is never taken for a number nor a number for text: a price that was read half right is a wrong price.
"""

import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, available_timezones

import iso4217
import phonenumbers

from service.countries.biller import AMOUNTS, Biller
from service.countries.pack import PERIODS, AgentRules, Pack, ResetNeed, StandingRules, Tier, TierLimits
from service.countries.rule import Does, Rule
from service.countries.tables import KINDS, Tables
from service.countries.tariff import ROUNDINGS, Band, Tariff, Tax
from service.money import Currency

T = TypeVar("T")

_HERE = Path(__file__).parent
_LIMITS = (
    "sms_payment_limit", "sms_day_limit", "withdrawal_seconds", "challenge_seconds", "repeat_window_seconds",
    "request_seconds", "consent_seconds", "open_requests",
    "session_seconds", "pin_tries", "code_tries", "sms_commands_per_hour", "sms_help_per_hour", "lookups_per_day",
    "cash_request_seconds", "report_seconds", "voucher_seconds", "payment_request_seconds", "report_from",
    "pin_reset_seconds", "pin_reset_open_seconds", "new_pin_seconds", "new_pin_single", "new_pin_day", "tip_within",
    "swap_seconds", "sim_fresh_seconds", "sim_check_above", "idle_days",
    "reserve_seconds", "drawer_seconds", "open_reservations", "reserves_per_day", "cash_asks_per_day",
    "order_seconds", "order_unsure_seconds",
    "content_price_most", "content_fee_most", "content_day_seconds",
    "content_complaints", "complaint_seconds",
    "subscriptions_day_limit", "reminder_seconds", "renewal_tries", "meter_silence_seconds",
    "most_pots", "longest_lock_days", "groups_per_person", "members_per_group", "group_balance", "group_invite_seconds",
    "group_payout_seconds", "sanctions_score",
)  # fmt: skip


RESET_NEEDS = ("time", "staff")


class BadPack(Exception):
    """A country pack cannot be read; says the file, the place in it and what is wrong."""


class _Words:
    """The words of one table of the file; each must be asked for exactly once, and none may be left over."""

    def __init__(self, where: str, words: object) -> None:
        self.where = where
        if not isinstance(words, dict):
            raise BadPack(f"{where}: a table of words is needed here")
        self._left: dict[str, Any] = dict(words)

    def __enter__(self) -> "_Words":
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None and self._left:
            raise BadPack(f"{self.where}: unknown {', '.join(sorted(self._left))}")

    def take(self, name: str, kind: type[T]) -> T:
        if name not in self._left:
            raise BadPack(f"{self.where}: {name} is missing")
        value = self._left.pop(name)
        if type(value) is not kind:
            raise BadPack(f"{self.where}: {name} must be {kind.__name__}, not {value!r}")
        return value

    def take_or(self, name: str, kind: type[T], otherwise: T) -> T:
        return self.take(name, kind) if self.has(name) else otherwise

    def has(self, name: str) -> bool:
        return name in self._left

    def texts(self, name: str) -> tuple[str, ...]:
        found = self.take(name, list)
        if not all(isinstance(text, str) for text in found):
            raise BadPack(f"{self.where}: {name} must be a list of texts")
        return tuple(found)

    def positive(self, name: str) -> int:
        found = self.take(name, int)
        if found <= 0:
            raise BadPack(f"{self.where}: {name} must be above zero, not {found}")
        return found

    def not_negative(self, name: str) -> int:
        found = self.take(name, int)
        if found < 0:
            raise BadPack(f"{self.where}: {name} must be zero or above, not {found}")
        return found

    def numbers(self, name: str) -> Mapping[str, int]:
        found = self.take_or(name, dict, {})
        if not all(type(number) is int for number in found.values()):
            raise BadPack(f"{self.where}: {name} must be a table of whole numbers")
        return MappingProxyType(found)

    def rows(self, name: str) -> Iterator["_Words"]:
        for place, row in enumerate(self.take(name, list), start=1):
            yield _Words(f"{self.where}, {name} {place}", row)

    def days(self) -> tuple[date, date | None]:
        last = self.take("valid_to", date) if self.has("valid_to") else None
        return self.take("valid_from", date), last


def every_country() -> tuple[str, ...]:
    """Return the countries that have a pack."""
    return tuple(sorted(path.stem for path in _HERE.glob("*.toml")))


def load_pack(country: str) -> Pack:
    """Return a country's pack by its two letters; raises BadPack."""
    if country not in every_country():
        raise BadPack(f"there is no country pack {country!r}; there are: {', '.join(every_country())}")
    return read_pack(_HERE / f"{country}.toml")


def read_pack(path: Path) -> Pack:
    """Read a pack from any file; raises BadPack. What its tables say is not judged here (check_tariffs)."""
    try:
        file = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as trouble:
        raise BadPack(f"{path.name}: {trouble}") from None
    with _Words(path.name, file) as words:
        pack = _pack(words)
    if pack.country != path.stem:
        raise BadPack(f"{path.name}: country is {pack.country!r}, the file is named {path.stem!r}")
    return pack


def read_tables(text: str) -> Tables:
    """Read a price list: some or all tables of prices of a country, or a whole pack; raises BadPack.

    Of a whole pack the prices are taken; everything else must be as in the country's own file, which alone says it.
    """
    try:
        file = tomllib.loads(text)
    except ValueError as trouble:
        raise BadPack(str(trouble)) from None
    if "limits" in file:
        return _tables_of(file)
    with _Words("the price list", file) as words:
        country = words.take("country", str)
        tariffs = {kind: tuple(map(_tariff, words.rows(kind))) for kind in KINDS[:3] if words.has(kind)}
        taxes = tuple(map(_tax, words.rows("taxes"))) if words.has("taxes") else ()
        limits = _limits_from(words)
    if not taxes and not limits and not any(tariffs.values()):
        raise BadPack(f"the price list: there is none of {', '.join(KINDS)}")
    return Tables(country, **tariffs, taxes=taxes, tier_limits=limits)


def _limits_from(words: _Words) -> tuple[TierLimits, ...]:
    return tuple(map(_tier_limits, words.rows("tier_limits"))) if words.has("tier_limits") else ()


def _tables_of(file: dict[str, Any]) -> Tables:
    with _Words("the pack", file) as words:
        pack = _pack(words)
    own = load_pack(pack.country)
    odd = [
        name for name in pack.__dataclass_fields__ if name not in KINDS and getattr(pack, name) != getattr(own, name)
    ]
    if odd:
        raise BadPack(f"the pack: {', '.join(odd)}: not a price; it is said by the file {pack.country}.toml alone")
    return Tables(pack.country, **{kind: getattr(pack, kind) for kind in KINDS})


def _pack(words: _Words) -> Pack:
    with _Words(f"{words.where}, limits", words.take("limits", dict)) as limits:
        numbers = {name: limits.positive(name) for name in _LIMITS}
        undo_seconds = limits.not_negative("undo_seconds")
    return Pack(
        country=words.take("country", str),
        name=words.take("name", str),
        region=_region(words),
        zone=_zone(words),
        languages=words.texts("languages"),
        currency=_currency(words),
        people_code=words.take("people_code", str),
        agents_code=words.take("agents_code", str),
        help_line=words.take("help_line", str),
        funds_page=words.take("funds_page", str),
        example_phone=words.take("example_phone", str),
        tiers=_tiers(words),
        tier_limits=_limits_from(words),
        charges=tuple(map(_tariff, words.rows("charges"))),
        sales=tuple(map(_tariff, words.rows("sales"))),
        commissions=tuple(map(_tariff, words.rows("commissions"))),
        taxes=tuple(map(_tax, words.rows("taxes"))),
        rules=tuple(map(_rule, words.rows("rules"))),
        agents=_agents(words),
        billers=tuple(map(_biller, words.rows("billers"))),
        standing=_standing(words),
        undo_seconds=undo_seconds,
        pin_resets=_resets(words),
        **numbers,
    )


def _region(words: _Words) -> str:
    region = words.take("region", str)
    if region not in phonenumbers.SUPPORTED_REGIONS:
        raise BadPack(f"{words.where}: region {region!r} has no phone numbers")
    return region


def _zone(words: _Words) -> ZoneInfo:
    zone = words.take("zone", str)
    if zone not in available_timezones():
        raise BadPack(f"{words.where}: zone {zone!r} is not a time zone")
    return ZoneInfo(zone)


def _currency(words: _Words) -> Currency:
    with _Words(f"{words.where}, currency", words.take("currency", dict)) as row:
        currency = Currency(row.take("code", str), row.take("exponent", int), row.texts("aliases"))
        try:
            official = iso4217.Currency(currency.code).exponent
        except ValueError:
            raise BadPack(f"{row.where}: {currency.code!r} is not in ISO 4217") from None
        if currency.exponent != official:
            raise BadPack(f"{row.where}: {currency.code} has exponent {official} in ISO 4217, not {currency.exponent}")
    return currency


def _tiers(words: _Words) -> Mapping[int, Tier]:
    tiers: dict[int, Tier] = {}
    for number, row in words.take("tiers", dict).items():
        with _Words(f"{words.where}, tier {number}", row) as tier:
            if not number.isdecimal():
                raise BadPack(f"{tier.where}: a tier is a number")
            tiers[int(number)] = _tier(tier)
    return MappingProxyType(tiers)


def _tier(words: _Words) -> Tier:
    month = words.positive("month") if words.has("month") else None
    return Tier(
        words.positive("single"), words.positive("day"), words.positive("balance"), month, words.positive("tills")
    )


def _tier_limits(row: _Words) -> TierLimits:
    with row:
        first, last = row.days()
        if last is not None:
            raise BadPack(f"{row.where}: what a tier allows ends when another row of it begins; it has no valid_to")
        return TierLimits(row.positive("tier"), first, _tier(row), row.take("source", str))


def _resets(words: _Words) -> tuple[ResetNeed, ...]:
    found = tuple(map(_reset, words.rows("pin_resets")))
    sums = [row.up_to for row in found if row.up_to is not None]
    if not found or found[-1].up_to is not None or len(sums) != len(found) - 1 or sums != sorted(set(sums)):
        raise BadPack(f"{words.where}, pin_resets: sums must grow, and the last row stands for any")
    return found


def _reset(row: _Words) -> ResetNeed:
    with row:
        up_to, needs = row.take_or("up_to", int, 0) or None, row.take("needs", str)
        if needs not in RESET_NEEDS:
            raise BadPack(f"{row.where}: needs is one of: {', '.join(RESET_NEEDS)}")
        return ResetNeed(up_to, needs)


def _agents(words: _Words) -> AgentRules:
    with _Words(f"{words.where}, agents", words.take("agents", dict)) as row:
        paid, hour, share = (
            row.take("commission_paid", str),
            row.take("commission_hour", int),
            row.take("head_office", int),
        )
        if paid not in PERIODS:
            raise BadPack(f"{row.where}: commission_paid is one of: {', '.join(PERIODS)}")
        if not (0 <= hour < 24 and 0 <= share <= 100_00):
            raise BadPack(f"{row.where}: commission_hour is 0 to 23, head_office 0 to 10000 basis points")
        return AgentRules(
            paid,
            hour,
            share,
            row.positive("float_day_limit"),
            row.positive("low_float"),
            row.positive("deposit_code_above"),
        )


def _biller(row: _Words) -> Biller:
    with row:
        rule = row.take("rule", str)
        if rule not in AMOUNTS:
            raise BadPack(f"{row.where}: rule is one of: {', '.join(AMOUNTS)}")
        return Biller(
            code=row.take("code", str),
            name=row.take("name", str),
            account_name=row.take("account_name", str),
            account=row.take("account", str),
            rule=rule,
            least=row.positive("least"),
            most=row.positive("most"),
            url=row.take("url", str),
        )


def _standing(words: _Words) -> StandingRules:
    with _Words(f"{words.where}, standing_orders", words.take("standing_orders", dict)) as row:
        hour, again = row.take("hour", int), row.take("again_hour", int)
        if not 0 <= hour < again < 24:
            raise BadPack(f"{row.where}: hour and again_hour are 0 to 23, the second later than the first")
        return StandingRules(hour, again, row.take("reminds", bool), row.positive("fails"), row.positive("most"))


def _tariff(row: _Words) -> Tariff:
    with row:
        first, last = row.days()
        bands = tuple(map(_band, row.rows("bands")))
        if all(band.pays is None for band in bands):
            raise BadPack(f"{row.where}: there are no bands")
        return Tariff(row.take("service", str), first, last, row.take("source", str), bands)


def _band(row: _Words) -> Band:
    with row:
        pays = row.take("pays", int) if row.take_or("offered", bool, True) else None
        source, share = row.take_or("source", str, ""), row.take_or("basis_points", int, 0)
        return Band(row.take("from", int), row.take("to", int), pays, source, share)


def _tax(row: _Words) -> Tax:
    with row:
        first, last = row.days()
        rounding = row.take("rounding", str)
        if rounding not in ROUNDINGS:
            raise BadPack(f"{row.where}: rounding is one of: {', '.join(sorted(ROUNDINGS))}")
        return Tax(
            name=row.take("name", str),
            base=row.take("base", str),
            basis_points=row.take("basis_points", int),
            rounding=rounding,
            valid_from=first,
            valid_to=last,
            source=row.take("source", str),
        )


def _rule(row: _Words) -> Rule:
    with row:
        does = row.take("does", str)
        if does not in set(Does):
            raise BadPack(f"{row.where}: does is one of: {', '.join(Does)}")
        return Rule(
            name=row.take("name", str),
            of=row.take("of", str),
            at_least=row.numbers("at_least"),
            at_most=row.numbers("at_most"),
            does=Does(does),
            seconds=row.take_or("seconds", int, 0),
            case=row.take_or("case", bool, False),
        )
