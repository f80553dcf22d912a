"""Which account of the books belongs to whom."""

from datetime import datetime

from service.clock import day
from service.countries import Pack
from service.ledger.chart import Kind, Reason
from service.ledger.entry import Account
from service.wallet.group import Group
from service.wallet.merchant import Merchant
from service.wallet.pot import Pot
from service.wallet.unit import Agent, Person, Unit


def wallet_of(person: Person) -> Account:
    """Return the account of a person's e-money."""
    return Account(person.country, Kind.WALLET, str(person.id))


def float_of(agent: Agent, country: str) -> Account:
    """Return the account of an agent's e-money."""
    return Account(country, Kind.FLOAT, agent.number)


def commission_of(agent: Agent, country: str) -> Account:
    """Return the account of what is owed to an agent."""
    return Account(country, Kind.COMMISSION, agent.number)


def takings_of(till: Merchant, country: str) -> Account:
    """Return the account of what was paid at a till and has not been settled."""
    return Account(country, Kind.TAKINGS, till.number)


def provider_account(country: str, provider: str) -> Account:
    """Return the account of what is owed to a biller, or to who sells airtime."""
    return Account(country, Kind.PROVIDER, provider)


def provider_name(unit: Unit, country: str, provider: str) -> str:
    """Return how people know a provider; airtime has no name of its own."""
    biller = unit.house.packs[country].biller(provider)
    return biller.name if biller else provider.capitalize()


def pot_of(pot: Pot, country: str) -> Account:
    """Return the account of what is in a pot."""
    return Account(country, Kind.POT, str(pot.id))


def group_of(group: Group) -> Account:
    """Return the account of what a group has."""
    return Account(group.country, Kind.GROUP, str(group.id))


def house_account(country: str, kind: Kind) -> Account:
    """Return the operator's one account of a kind: fees, tax, trust, suspense."""
    return Account(country, kind)


def sent_today(person: Person, at: datetime, pack: Pack) -> str:
    """Name the counter of what a person has sent or withdrawn on that day of the country (T-01)."""
    return f"out:{person.id}:{day(at, pack.zone)}"


def sent_this_month(person: Person, at: datetime, pack: Pack) -> str:
    """Name the counter of what a person has sent or withdrawn in that month of the country."""
    return f"out:{person.id}:{day(at, pack.zone):%Y-%m}"


def counted_out(person: Person, at: datetime, pack: Pack) -> tuple[str, ...]:
    """Name every counter that what goes out at a moment counts on: the day's, then the month's where there are such."""
    today = sent_today(person, at, pack)
    return (today, sent_this_month(person, at, pack)) if pack.counts_months else (today,)


def at_bank(reason: Reason, reference: str) -> str:
    """Name (`once`) what one credit or payment at the bank stands for, however its reference is spelt."""
    return f"{reason}:{''.join(sign for sign in reference.casefold() if sign.isalnum())}"
