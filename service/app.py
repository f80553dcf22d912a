"""Where the parts meet: settings, storage, country packs, menus, gateways and the web become one service.

It refuses to start on an unproven menu, and in production on anything that is not fit for other people's money.
"""

from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import TypeVar

from cryptography.exceptions import InvalidTag
from flask import Flask, request

from menus import product, proof
from menus.notices import render_notice
from service import clock
from service.console import DemoStaff, Office, add_console
from service.countries import Pack, check_tariffs, load_pack
from service.demo import PASSWORD, demo_secret, is_demo
from service.gateways.africastalking import AfricasTalking
from service.gateways.base import Gateway
from service.gateways.billers import Billers, billers_of, with_billers
from service.gateways.simulator import Simulator
from service.ledger.entry import Entry
from service.outbox import waiting_since
from service.reference import References
from service.refusal import Refusal
from service.settings import Settings, derive, mark_of, unsafe
from service.storage.open import open_store
from service.storage.store import Store, Tx
from service.ussd.text import Talk, render_no
from service.wallet.halt import look_again, refuse_stopped
from service.wallet.house import House
from service.wallet.keys import learn, missing, unknown
from service.wallet.minute import Minutes
from service.wallet.prices import lists_after, with_lists
from service.wallet.rules import check_rules
from service.wallet.staff import Staff, code_at
from service.wallet.unit import KnownKey, Notice, Person, Timer, Unit
from service.web.behind import Senti
from service.web.build import bare_web, build_web
from service.web.counted import counted
from service.web.door import Door, source_of
from service.web.funds import add_funds
from service.web.health import Health
from service.web.hop import Country, NothingTaken, NotRead, StillChecked, country_of
from service.web.metrics import Metrics
from service.web.sellers import add_sellers

T = TypeVar("T")

DEMO_SECRET = DEMO_KEY = "demo"

CANARY = "canary"
"""The timer that says when the canary last sang (`senti canary`)."""


class Unfit(Exception):
    """Senti does not start: each line says what is wrong, in which setting, and the cure."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class App:
    """The service, composed."""

    settings: Settings
    store: Store
    house: House
    countries: MutableMapping[str, Country]
    """Replaced one by one when prices are: whoever has the mapping serves at the new ones."""
    gateways: Mapping[str, Gateway]
    billers: Billers
    seal_key: bytes
    older_seal_keys: Mapping[str, bytes]
    """What seals were made under while the secret key is being changed, by the mark of that key."""
    heard_key: bytes
    metrics: Metrics
    minutes: Minutes
    now: Callable[[], datetime] = clock.now
    lists: dict[str, int] = field(default_factory=dict)
    """How many price lists of each country are known here."""

    def transact(self, work: Callable[[Unit], T]) -> T:
        """Do one piece of work in one commit."""
        look_again(self.house.brake, self.now(), self.read)
        posted: list[Entry] = []

        def once(tx: Tx) -> T:
            posted.clear()  # it may be run again whole
            return work(self._unit(counted(tx, posted, partial(refuse_stopped, self.house.brake))))

        result = self.store.transact(once)
        self.metrics.count_postings(posted)
        return result

    def read(self, work: Callable[[Unit], T]) -> T:
        """Look at one moment of the database and change nothing."""
        return self.store.read(lambda tx: work(self._unit(tx)))

    def _unit(self, tx: Tx) -> Unit:
        return Unit(tx.books, tx.rows, tx.mint, tx.savepoint, self.house, self.now())

    @property
    def home(self) -> Country:
        """The first country: it answers where nothing says which."""
        return next(iter(self.countries.values()))

    @property
    def behind(self) -> Senti:
        """What gateways talk to."""
        metrics = self.metrics
        return Senti(
            self.transact,
            self.countries,
            self.heard_key,
            metrics.count_refusal,
            self.billers.look_up,
            metrics.count_ended,
        )

    def render(self, notice: Notice) -> str:
        """Return the text of a message, as it is said in the country of its number."""
        return render_notice(country_of(self.countries, notice.phone).talk, notice)

    def ages(self) -> Mapping[str, int]:
        """Return how many seconds old the oldest waiting message, the oldest unsealed entry and the last canary are."""

        def look(unit: Unit) -> Mapping[str, int]:
            since = {"outbox": waiting_since(unit), "seal": unit.books.oldest_unsealed()}
            sung = unit.rows.get(Timer, CANARY)  # where there is one; other ages are 0 when nothing waits
            return {
                kind: _seconds(unit.now, at) for kind, at in (since | ({CANARY: sung.next_at} if sung else {})).items()
            }

        return self.read(look)

    def renew_prices(self) -> None:
        """Take over the price lists that were approved since this was last asked; raises Unfit if one does not fit.

        From which day on they count is said by their dates, so that it does not matter when exactly this is.
        """
        known = {country: self.lists.get(country, 0) for country in self.house.packs}
        new = self.read(lambda unit: {country: lists_after(unit, country, known[country]) for country in known})
        for country, lists in new.items():
            if not lists:
                continue
            pack = with_lists(self.house.packs[country], lists)
            talk, problems = self.spoken(pack)
            if problems := [*problems, *(f"tariff: {problem}" for problem in check_tariffs(pack, self.now()))]:
                raise Unfit([f"price list {lists[-1].id}: {problem}" for problem in problems])
            self.house.packs[country] = pack
            self.countries[country] = Country(pack, talk)
            self.lists[country] = lists[-1].number

    def spoken(self, pack: Pack) -> tuple[Talk, list[str]]:
        """Return what is said at the prices of a pack, and what is wrong with it: a price may have no room."""
        talk = product(pack, self.house.code_key, reviewed_only=self.settings.mode == "production")
        limits = [gateway.limit for gateway in self.gateways.values()]
        return talk, [f"menu: {problem}" for problem in proof(talk, pack, limits)]

    def health(self) -> Health:
        """Say whether hops can be answered; the menu was proven before this could be asked."""
        ages = self.ages()
        current = self.store.schema_is_current(running=True)
        return Health(database=True, schema=current, menu=True, outbox_age=ages["outbox"], seal_age=ages["seal"])


def _seconds(now: datetime, at: datetime | None) -> int:
    return max(0, int((now - at).total_seconds())) if at else 0


def make_app(
    settings: Settings,
    *,
    store: Store | None = None,
    now: Callable[[], datetime] = clock.now,
    shared_metrics: str | None = None,
) -> App:
    """Compose the service, or raise Unfit with every reason why it may not start.

    `store` is opened from the settings where none is given; `shared_metrics` is where several processes count together.
    """
    production = settings.mode == "production"
    problems = unsafe(settings) if production else []
    secrets = [secret.get_secret_value() for secret in settings.secret_key]
    speed = 1 if production else settings.demo_clock_speed
    packs = {country: load_pack(country).hurried(speed) for country in settings.countries}
    if not settings.demo_undo:
        packs = {country: replace(pack, undo_seconds=0) for country, pack in packs.items()}
    keys = _biller_keys(settings, packs)
    packs = {country: with_billers(pack, keys) for country, pack in packs.items()}
    codes = [code for pack in packs.values() for code in (pack.people_code, pack.agents_code)]
    gateways: dict[str, Gateway] = {"africastalking": _africastalking(settings)}
    if not production:
        gateways["simulator"] = Simulator(codes=codes, region=packs[settings.countries[0]].region)
    code_keys = [derive(secret, "one-time codes") for secret in secrets]
    countries = {
        name: Country(pack, product(pack, code_keys[0], reviewed_only=production)) for name, pack in packs.items()
    }
    every = [one.code for pack in packs.values() for one in pack.billers]
    problems += [f"billers: two countries have one of the code {code}" for code in set(every) if every.count(code) > 1]
    for country in countries.values():
        limits = [gateway.limit for gateway in gateways.values()]
        problems += [f"menu: {problem}" for problem in proof(country.talk, country.pack, limits)]
        problems += [f"tariff: {problem}" for problem in check_tariffs(country.pack, now())]
        problems += [f"rules: {problem}" for problem in check_rules(country.pack)]
    if problems:
        raise Unfit(problems)
    store = store or open_store(
        settings.database_url.get_secret_value(),
        field_keys=[derive(secret, "personal fields") for secret in secrets],
        index_keys=[derive(secret, "blind index") for secret in secrets],
    )
    if not store.schema_is_current():
        raise Unfit(["SENTI_DATABASE_URL: the database is not in the shape of this release; run: senti migrate"])
    if production and (found := store.check_safety()):
        raise Unfit([f"SENTI_DATABASE_URL: {problem}" for problem in found])
    if production and store.read(lambda tx: is_demo(tx.books)):
        raise Unfit(["SENTI_DATABASE_URL holds the demo, whose PINs everybody knows: start with an empty database"])
    peppers = [pepper.get_secret_value() for pepper in settings.pin_pepper]
    seal_key, *_ = seal_keys = [derive(secret, "seals") for secret in secrets]
    house = House(
        packs=packs,
        filed=dict(packs),
        references=References(store.installation_key()),
        pepper=derive(peppers[0], "pins"),
        other_peppers=tuple(derive(pepper, "pins") for pepper in peppers[1:]),
        code_key=code_keys[0],
        log_key=seal_key,
        statement_secret=secrets[0].encode(),
        other_code_keys=tuple(code_keys[1:]),
        sim_feed=settings.africastalking_insights_url is not None,
        pin_memory_kib=settings.pin_memory_kib,
    )
    minutes = Minutes(now)
    metrics = Metrics(ages=lambda: app.ages(), shared=shared_metrics, minutes=minutes)
    older = dict(zip(map(mark_of, secrets[1:]), seal_keys[1:], strict=True))
    heard_key = derive(peppers[0], "heard")
    billers = billers_of(packs, keys, None if production else providers_url(settings))
    app = App(settings, store, house, countries, gateways, billers, seal_key, older, heard_key, metrics, minutes, now)
    try:
        _know_keys(app, secrets=list(map(mark_of, secrets)), peppers=list(map(mark_of, peppers)))
        app.renew_prices()
    except BaseException:
        store.close()
        raise
    return app


def _know_keys(app: App, *, secrets: list[str], peppers: list[str]) -> None:
    """Write down new secrets by their marks; raises Unfit if what is stored was sealed under others."""

    def look(unit: Unit) -> tuple[list[str], list[KnownKey]]:
        problems, new = missing(unit, secrets=secrets, peppers=peppers), unknown(unit, secrets=secrets, peppers=peppers)
        if new and not problems:
            unit.rows.find(Person, limit=1)  # in a database that knows no keys yet
        return problems, new

    try:
        problems, new = app.read(look)
    except InvalidTag:
        problems, new = ["SENTI_SECRET_KEY opens nothing that is stored here: set it to the key of this database"], []
    if problems:
        raise Unfit(problems)
    if new:
        app.transact(lambda unit: learn(unit, new))


def _africastalking(settings: Settings) -> AfricasTalking:
    key = settings.africastalking_api_key
    return AfricasTalking(
        username=settings.africastalking_username,
        api_key=key.get_secret_value() if key else "",
        base_url=settings.africastalking_base_url,
        sender_id=settings.africastalking_sender_id or "",
    )


def _biller_keys(settings: Settings, packs: Mapping[str, Pack]) -> Mapping[str, str]:
    """Return the key of each biller whose bills are taken; in the demo those are all."""
    if settings.mode == "production":
        return settings.keys_of_billers
    return {one.code: DEMO_KEY for pack in packs.values() for one in pack.billers}


def providers_url(settings: Settings) -> str:
    """Return where the demo's billers and its seller of airtime are asked."""
    return settings.demo_providers_url or f"http://127.0.0.1:{settings.port}/simulator/providers"


def make_web(app: App) -> Flask:
    """Return the web application that gateways and monitoring talk to, and in the demo the simulator's page."""
    settings = app.settings
    secrets = tuple(secret.get_secret_value() for secret in settings.africastalking_webhook_secret)
    doors = {"africastalking": Door(app.gateways["africastalking"], secrets, settings.africastalking_allowed_addresses)}
    if "simulator" in app.gateways:
        doors["simulator"] = Door(app.gateways["simulator"], (DEMO_SECRET,))
    web = build_web(
        doors=doors,
        behind=app.behind,
        words=last_words(app.home.talk),
        health=app.health,
        metrics=app.metrics,
        trusted_proxy=settings.trusted_proxy,
        show_metrics=settings.metrics_port is None,
    )
    add_sellers(web, app.transact)
    add_funds(web, read=app.read, packs=app.house.packs)
    if settings.mode == "demo":
        from service.simulator import add_simulator
        from service.simulator.provider import Book, post_to, providers

        door = f"http://127.0.0.1:{settings.port}/gateways/africastalking/{secrets[0]}"
        web.register_blueprint(providers(app.house.packs, call_back=post_to(door), book=Book()))
        add_simulator(web, transact=app.read, render_notice=app.render, pack=app.home.pack, secret=DEMO_SECRET)
        add_console(web, office_of(app))
    return web


def make_console(app: App) -> Flask:
    """Return the web application of the staff alone, for a port of its own."""
    web = bare_web()
    add_console(web, office_of(app))
    return web


def office_of(app: App) -> Office:
    """Return what the console works with; in the demo its login page shows who there is."""
    trusted = app.settings.trusted_proxy

    def demo() -> list[DemoStaff]:
        there = app.read(lambda unit: unit.rows.find(Staff))
        known = [one for one in there if one.secret == demo_secret(one.name)]
        return [DemoStaff(one.name, one.role, PASSWORD, code_at(one.secret, app.now())) for one in known]

    return Office(
        transact=app.transact,
        read=app.read,
        packs=app.house.packs,
        references=app.house.references,
        proves=lambda pack: app.spoken(pack)[1],
        render=app.render,
        say_no=lambda no, language: say_no(app.home.talk, no, language),
        source=lambda: source_of(request.remote_addr, request.headers.getlist("X-Forwarded-For"), trusted) or "",
        now=app.now,
        gateways=("africastalking",) if app.settings.mode == "production" else tuple(app.gateways),
        demo=demo if app.settings.mode == "demo" else None,
    )


def say_no(talk: Talk, no: Refusal, language: str) -> str:
    """Return a refusal's sentence in a language of the menus, or in their first."""
    return render_no(talk, no, language if language in talk.words else talk.default_language)


def last_words(talk: Talk) -> Mapping[str, str]:
    """Return what a phone reads when no menu can speak: all languages are served by the first."""
    no = talk.said(talk.default_language).no
    return {"trouble": no[NothingTaken.code], "busy": no[StillChecked.code], "unreadable": no[NotRead.code]}
