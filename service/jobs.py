"""What a worker does: timed work, messages, and going to the providers."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from service.app import App, providers_url
from service.budget import Budget
from service.gateways.airtime import Airtime
from service.gateways.sim_swaps import SimSwaps
from service.ledger.seal import seal_batch
from service.outbox import mind_the_clock, send_due
from service.schedule import Job, run_due
from service.settings import Settings
from service.ussd.session import Conversation
from service.wallet.advice import advise
from service.wallet.board import mind_gateways, mind_shops
from service.wallet.bulk import pay_some, paying
from service.wallet.close import erase_some
from service.wallet.commission import pay_commission
from service.wallet.errand import Provider, mind_orders, run_errands
from service.wallet.forgotten import mind_resets
from service.wallet.funds import PROOFS_KEPT, FundsPage, Press, mind_funds
from service.wallet.group_money import expire_payouts
from service.wallet.group_removal import expire_removals
from service.wallet.inbox import expire_requests
from service.wallet.meter import stop_silent
from service.wallet.minute import KEPT, Minute
from service.wallet.order import AIRTIME
from service.wallet.refund import give_some, refunding
from service.wallet.reserve import expire_reservations
from service.wallet.reversal import free_due
from service.wallet.savings import tell_unlocked
from service.wallet.seller_payday import pay_sellers
from service.wallet.sim import ask_sims
from service.wallet.staff import Login
from service.wallet.standing_run import run_standing
from service.wallet.subscription import mind_subscriptions
from service.wallet.turns import Turns
from service.wallet.undo import settle_due
from service.wallet.unit import Tally, Unit
from service.wallet.vetting import Vetter
from service.wallet.watch import watch
from service.wallet.withdraw import return_expired
from service.web.hop import erase_talks

TALKS_KEPT = timedelta(days=30)
FORGOTTEN_AT_ONCE = 500
"""Some twenty milliseconds of SQLite's one writer."""

TALLIES_KEPT = timedelta(days=2)


def seal_some(unit: Unit, key: bytes) -> bool:
    """Seal what is new in the books, as much as goes at once, and say whether there may be more."""
    sealed = seal_batch(unit.books, key, unit.now)
    return sealed is not None and sealed.entries >= unit.books.seals_at_once()


def forget_some(unit: Unit) -> bool:
    """Delete talks that nobody can come back to and tallies of hours that are over; say whether there may be more."""
    old = (
        *((Conversation, TALKS_KEPT), (Tally, TALLIES_KEPT), (Login, TALKS_KEPT)),
        *((FundsPage, PROOFS_KEPT), (Minute, KEPT)),
    )
    gone = [unit.rows.forget(kind, before=unit.now - kept, limit=FORGOTTEN_AT_ONCE) for kind, kept in old]
    return max(gone) == FORGOTTEN_AT_ONCE


def errands(app: App) -> list[Callable[[], int]]:
    """Return what a worker does beside its jobs: a provider who is slow, or a long list, keeps no message waiting."""
    providers: Mapping[str, Provider] = {**app.billers.providers, AIRTIME: _airtime(app.settings)}
    airtime = Budget(per_number=20, per_prefix=1_000, in_all=20_000)
    return [lambda: run_errands(app.transact, providers, airtime), Vetter(app.read, app.transact)]


def nightly(app: App) -> list[Callable[[], int]]:
    """Return what takes a minute in a large town, beside all else."""
    return [lambda: mind_funds(press_of(app)), lambda: mind_shops(app.read, app.transact)]


def press_of(app: App) -> Press:
    """Return what the proof of funds is made with."""
    return Press(app.read, app.transact, app.settings.secret_key[0].get_secret_value().encode())


def jobs(app: App) -> list[Callable[[], int]]:
    """Return what the worker does in turn: timed work, then sending messages."""
    watched = tuple(app.gateways) if app.settings.mode == "demo" else ("africastalking",)
    timed = {
        "seal": Job(timedelta(seconds=30), lambda unit: seal_some(unit, app.seal_key)),
        "mind the gateways": Job(timedelta(seconds=30), lambda unit: mind_gateways(unit, watched)),
        "mind the clock": Job(timedelta(seconds=30), mind_the_clock),
        "mind the orders": Job(timedelta(minutes=10), mind_orders),
        "forget old talks": Job(timedelta(hours=1), forget_some),
    }
    # No number asks for more codes in an hour than it may write commands, and withdraw now and then.
    budget = Budget(per_number=200, per_prefix=20_000, in_all=100_000)
    codes = Budget(per_number=60, per_prefix=20_000, in_all=100_000)
    lane = app.gateways["simulator" if app.settings.africastalking_api_key is None else "africastalking"]
    count = app.metrics.count_sms
    batches, refunds = Turns("a batch of wages"), Turns("a tax that is given back")
    signals = _sim_signals(app.settings)
    asking = [lambda: ask_sims(app.transact, signals)] if signals else []
    return [
        *asking,
        lambda: app.transact(return_expired),
        lambda: app.transact(expire_requests),
        lambda: app.transact(expire_reservations),
        lambda: app.transact(advise),
        lambda: app.transact(mind_resets),
        lambda: app.transact(lambda unit: erase_some(unit, erase_talks)),
        lambda: app.transact(pay_commission),
        lambda: app.transact(settle_due),
        lambda: app.transact(free_due),
        lambda: app.transact(mind_subscriptions),
        lambda: app.transact(run_standing),
        lambda: app.transact(stop_silent),
        lambda: app.transact(pay_sellers),
        lambda: app.transact(expire_payouts),
        lambda: app.transact(expire_removals),
        lambda: app.transact(tell_unlocked),
        lambda: batches(app.read(paying), lambda one: app.transact(lambda unit: pay_some(unit, one))),
        lambda: refunds(app.read(refunding), lambda one: app.transact(lambda unit: give_some(unit, one))),
        lambda: app.minutes.write(app.transact),
        lambda: run_due(app.transact, timed),
        lambda: watch(app.read, app.transact),
        lambda: send_due(app.transact, lane.send, app.render, app.now, budget=budget, codes=codes, count=count),
    ]


def _airtime(settings: Settings) -> Airtime:
    key = settings.africastalking_api_key
    return Airtime(
        username=settings.africastalking_username,
        api_key=key.get_secret_value() if key else "",
        base_url=settings.africastalking_base_url if key else providers_url(settings),
    )


def _sim_signals(settings: Settings) -> SimSwaps | None:
    key, url = settings.africastalking_api_key, settings.africastalking_insights_url
    if url is None:
        return None
    return SimSwaps(username=settings.africastalking_username, api_key=key.get_secret_value() if key else "", url=url)
