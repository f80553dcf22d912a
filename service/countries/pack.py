"""One country as Senti knows it: its money, its codes, its prices, and what a person may do there."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from service.clock import day
from service.countries.biller import Biller
from service.countries.rule import Rule
from service.countries.tariff import IN_CHARGE, Band, Charge, Tariff, Tax, in_force
from service.money import Currency


class Tier(NamedTuple):
    """What a person may do whom we know this well, in minor units: one payment, a day's payments, the balance, and a
    month's payments (None: no limit); and how many tills they may open.
    """

    single: int
    day: int
    balance: int
    month: int | None = None
    tills: int = 1


class TierLimits(NamedTuple):
    """What a tier allows from a day on, by the calendar of the country, until another row of it does."""

    tier: int
    valid_from: date
    allows: Tier
    source: str


class ResetNeed(NamedTuple):
    """What a new PIN needs besides the wait, for a wallet that holds up to so much (None: any sum)."""

    up_to: int | None
    needs: str  # time, staff


class AgentRules(NamedTuple):
    """What agents are bound to, in minor units, and when they are paid what they have earned.

    `head_office` is the share of a super-agent, or of the operator where there is none, in hundredths of a percent.
    """

    commission_paid: str  # one of PERIODS
    commission_hour: int
    head_office: int
    float_day_limit: int
    low_float: int
    deposit_code_above: int


class StandingRules(NamedTuple):
    """When standing orders are paid: at `hour` of the country, and what failed once more at `again_hour` of that day.

    After so many days in a row that `fails` an order is over; `most` is how many one person may have.
    """

    hour: int
    again_hour: int
    reminds: bool
    """Whether the payer is told the day before, of a weekly or monthly one."""
    fails: int
    most: int


SALE = "sale"
"""The service of the tables that say what merchants pay."""

PERIODS = ("daily", "monthly")


@dataclass(frozen=True, kw_only=True)
class Pack:
    """One country. Amounts are minor units; `sms_*_limit` bound what may be paid by SMS alone, `tip_within` how far
    below an amount a cheaper one is looked for.
    """

    country: str
    name: str
    region: str
    zone: ZoneInfo
    languages: tuple[str, ...]
    currency: Currency
    people_code: str
    agents_code: str
    help_line: str
    funds_page: str
    """The address of the public page `/funds`, as a person types it: 24 letters at most."""
    example_phone: str
    tiers: Mapping[int, Tier]
    """What each tier allows where no row of `tier_limits` says otherwise yet."""
    tier_limits: tuple[TierLimits, ...] = ()
    sms_payment_limit: int
    sms_day_limit: int
    withdrawal_seconds: int
    challenge_seconds: int
    cash_request_seconds: int
    report_seconds: int
    voucher_seconds: int
    payment_request_seconds: int
    repeat_window_seconds: int
    undo_seconds: int
    request_seconds: int
    consent_seconds: int
    open_requests: int
    session_seconds: int
    pin_tries: int
    code_tries: int
    sms_commands_per_hour: int
    sms_help_per_hour: int
    lookups_per_day: int
    report_from: int
    pin_reset_seconds: int
    pin_reset_open_seconds: int
    new_pin_seconds: int
    new_pin_single: int
    new_pin_day: int
    tip_within: int
    swap_seconds: int
    sim_fresh_seconds: int
    sim_check_above: int
    idle_days: int
    reserve_seconds: int
    drawer_seconds: int
    open_reservations: int
    reserves_per_day: int
    cash_asks_per_day: int
    order_seconds: int
    order_unsure_seconds: int
    content_price_most: int
    content_fee_most: int
    content_day_seconds: int
    content_complaints: int
    complaint_seconds: int
    subscriptions_day_limit: int
    reminder_seconds: int
    renewal_tries: int
    most_pots: int
    longest_lock_days: int
    meter_silence_seconds: int
    groups_per_person: int
    members_per_group: int
    group_balance: int
    group_invite_seconds: int
    group_payout_seconds: int
    sanctions_score: int
    charges: tuple[Tariff, ...]
    sales: tuple[Tariff, ...]
    commissions: tuple[Tariff, ...]
    taxes: tuple[Tax, ...]
    pin_resets: tuple[ResetNeed, ...]
    rules: tuple[Rule, ...]
    agents: AgentRules
    billers: tuple[Biller, ...]
    standing: StandingRules

    def hurried(self, speed: int) -> "Pack":
        """Return this pack with all that expires expiring so many times sooner; nothing lasts less than a second.

        What is off, with no seconds at all, stays off.
        """
        names = [name for name in self.__dataclass_fields__ if name.endswith("_seconds")]
        return replace(self, **{name: max(1, getattr(self, name) // speed) for name in names if getattr(self, name)})

    def charge(self, service: str, amount: int, at: datetime) -> Charge:
        """Price a service ("send", "pay", "bill", "airtime", "withdraw", ...) for an amount; raises NotOffered."""
        published = self._tariff(self.charges, service, at).pays(amount)
        return self._taxed(published, at)._replace(levy=self.levy(service, amount, at))

    def cost_of_sale(self, amount: int, at: datetime) -> Charge:
        """Return what a merchant pays of an amount that is paid at a till; raises NotOffered."""
        return self._taxed(self._tariff(self.sales, SALE, at).pays(amount), at)

    def biller(self, code: str) -> Biller | None:
        """Return the biller of a code, if bills of theirs are taken."""
        return next((one for one in self.billers if one.code == code), None)

    def cost_of_content(self, amount: int, at: datetime) -> Charge:
        """Return what a seller pays of an amount for content: as at a till, and never more than the pack's share of it.

        The share (`content_fee_most`, hundredths of a percent) is rounded down; below the first band it is free.
        """
        table = self._tariff(self.sales, SALE, at)
        published = table.pays(amount) if amount >= table.offered[0].least else 0
        return self._taxed(min(published, amount * self.content_fee_most // 100_00), at)

    def _taxed(self, published: int, at: datetime) -> Charge:
        today = day(at, self.zone)
        taxes = [tax for tax in self.taxes if tax.base == IN_CHARGE and in_force(tax, today)]
        excise = sum(tax.inside(published) for tax in taxes)
        return Charge(published - excise, excise)

    def levy(self, service: str, amount: int, at: datetime) -> int:
        """Return the tax on an amount that was lawful at a moment, whether or not the service is offered for it."""
        today = day(at, self.zone)
        return sum(tax.on(amount) for tax in self.taxes if tax.base == service and in_force(tax, today))

    def commission(self, service: str, amount: int, at: datetime) -> int:
        """Return what an agent earns for "cash_in" or "withdraw" of an amount, or of a day's sum with one customer.

        Below the first band that is nothing, above the last band what the last band pays.
        """
        table = self._tariff(self.commissions, service, at)
        return 0 if amount < table.offered[0].least else table.pays(min(amount, table.offered[-1].most))

    def tier(self, number: int, at: datetime) -> Tier:
        """Return what a tier allows at a moment."""
        return self.tiers_on(day(at, self.zone))[number]

    def tiers_on(self, today: date) -> Mapping[int, Tier]:
        """Return what each tier allows on a day of the country."""
        rows = sorted((row for row in self.tier_limits if row.valid_from <= today), key=lambda row: row.valid_from)
        return {**self.tiers, **{row.tier: row.allows for row in rows if row.tier in self.tiers}}

    @property
    def every_tier(self) -> tuple[Tier, ...]:
        """All that tiers ever allow, in no order: menus have room for it, and price tables reach as far."""
        return (*self.tiers.values(), *(row.allows for row in self.tier_limits))

    @property
    def counts_months(self) -> bool:
        """Whether what people pay is counted by the month: in every tier, where one of them is, or will be, bound."""
        return any(tier.month is not None for tier in self.every_tier)

    def reset_needs(self, worth: int) -> str:
        """Return what a new PIN needs where so much is at stake: "time" or "staff"."""
        return next(row.needs for row in self.pin_resets if row.up_to is None or worth <= row.up_to)

    def smallest(self, service: str, at: datetime) -> int:
        """Return the least amount that a service is offered for."""
        return self.reach(service, at)[0]

    def reach(self, service: str, at: datetime) -> tuple[int, int]:
        """Return the least and the most that a service is offered for."""
        offered = self._tariff(self.charges, service, at).offered
        return offered[0].least, offered[-1].most

    def bands(self, service: str, at: datetime) -> tuple[Band, ...]:
        """Return the bands in which a service is priced at a moment."""
        return self._tariff(self.charges, service, at).bands

    def _tariff(self, tariffs: tuple[Tariff, ...], service: str, at: datetime) -> Tariff:
        today = day(at, self.zone)
        found = next((table for table in tariffs if table.service == service and in_force(table, today)), None)
        assert found, f"{self.country} has no table for {service} on {today}"
        return found
