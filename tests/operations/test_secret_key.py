"""The secret key changes while phones ring: old and new are both good, all is sealed anew, and the old one goes."""

import importlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from sqlalchemy import text

from service.app import Unfit, make_app
from service.ledger.seal import seal_batch
from service.settings import derive
from service.storage import engines
from service.storage.migrate import migrate
from service.storage.open import open_store
from service.storage.tables import METADATA
from service.wallet.audit import audit_all
from service.wallet.keys import retire
from service.wallet.names import NameKey, find_by_name
from service.wallet.unit import Challenge, KnownKey, Notice, Person, Stop
from tests.cli.conftest import Senti, _own_log
from tests.conftest import DATABASES
from tests.hostile.test_sessions import withdrawal_code
from tests.ledger.tamper import tamper
from tests.phone import AGENTS_CODE, BEGINNING, NUMBERS, PINS, Phone, Town, demo_settings

__all__ = ["_own_log"]

command: Any = importlib.import_module("service.cli.keys")  # the package has the command under this name

OLD, NEW = "the-key-of-last-year-long-enough", "the-key-of-this-year-long-enough"
OPENED = {"Njeri": "+254711000010"}

pytestmark = pytest.mark.parametrize("engine", DATABASES)


class Releases:
    """The service with one setting after another, on one database."""

    def __init__(self, url: str, path: Path) -> None:
        self.url, self._path = url, path
        self._towns: list[Town] = []

    def __call__(self, keys: str) -> Town:
        """Start processes with these keys; those of before go on."""
        settings = demo_settings(database_url=self.url, secret_key=keys)
        self._towns.append(Town(store=make_app(settings).store, settings=settings))
        return self._towns[-1]

    def senti(self, keys: str) -> Senti:
        return Senti(self._path / "unused.db", SENTI_DATABASE_URL=self.url, SENTI_SECRET_KEY=keys)

    def end(self) -> None:
        for town in self._towns:
            town.store.close()


@pytest.fixture
def release(engine: str, tmp_path: Path, new_database: Callable[..., str]) -> Iterator[Releases]:
    url = new_database() if engine == "postgres" else f"sqlite:///{tmp_path}/senti.db"
    migrate(url)
    releases = Releases(url, tmp_path)
    yield releases
    releases.end()


def sends(town: Town, amount: int) -> str:
    """Let Amina send money, and return the last screen."""
    phone = town.phone("Amina").dial().press("1", "1", str(amount), PINS["Amina"])
    phone.end()
    return phone.screen


def seal(town: Town) -> None:
    town.app.transact(lambda unit: seal_batch(unit.books, town.app.seal_key, town.now))


def problems(town: Town) -> object:
    app = town.app
    older = app.older_seal_keys
    return app.read(lambda unit: audit_all(unit, seal_key=app.seal_key, older_keys=older)).problems


def test_S_14_a_seat_that_was_taken_under_the_old_key_is_taken_under_the_new(release: Releases) -> None:
    """While the keys change no index refuses it: both people are found, and the seat is given to nobody else."""
    phone = release(OLD).phone("Amina").dial()
    assert phone.press("7", "8", "5", PINS["Amina"], "John Kamau", "22334455", "9034", "9034").over
    both = release(f"{NEW},{OLD}")
    assert both.phone("Amina").dial().screen == "Whose wallet?\n1 AMINA O\n2 JOHN K"
    (_, john) = both.app.read(lambda unit: unit.rows.find(Person, phone=NUMBERS["Amina"]))
    added = [replace(john, id=10**6 + seat, seat=seat) for seat in (1, 2)]
    assert both.app.transact(lambda unit: [unit.rows.add(one) for one in added]) == [False, True]


def test_O_04_the_secret_key_is_changed_in_steps_and_nobody_notices(release: Releases) -> None:
    """Processes of two neighbouring steps serve side by side; a talk, a code and a stop of before hold good."""
    steps, amount = (OLD, f"{OLD},{NEW}", f"{NEW},{OLD}"), 100
    code = withdrawal_code(release(OLD), "300")
    release(OLD).phone("Chebet").sms("STOP")
    for before, after in pairwise(map(release, steps)):
        for town in (before, after, before, after):
            amount += 1
            assert f"Sent KES {amount}" in sends(town, amount)
            seal(town)
        talk = before.phone("Baraka").dial().press("1")
        on = Phone(after, talk.number, code=talk.code, typed=talk.typed, session=talk.session, over=False)
        assert "much" in on.press(NUMBERS["Amina"]).screen
        on.end()
    both = release(f"{NEW},{OLD}")
    keeper = Phone(both, OPENED["Njeri"]).dial(AGENTS_CODE).press("2", code)
    assert "Amina" in keeper.screen.title()
    both.phone("Chebet").sms("STOP")
    said = release.senti(f"{NEW},{OLD}").says("keys", "renew")
    assert "take it out of SENTI_SECRET_KEY" in said
    assert "0 rows" not in said
    alone = release(NEW)
    assert "Sent KES 500" in sends(alone, 500)
    seal(alone)
    assert len(alone.app.read(lambda unit: unit.rows.find(Stop))) == 1
    assert alone.phone("Amina").inbox() == both.phone("Amina").inbox()
    assert problems(alone) == ()
    states = {row["state"] for row in release.senti(NEW).json("keys", "show") if row["purpose"] == "secret"}
    assert states == {"live", "retired"}


def test_O_04_people_are_found_by_their_names_all_the_while(release: Releases) -> None:
    """Under the old key, under both, and under the new one alone; the old key's digests find nobody any more."""

    def called(town: Town, name: str) -> list[str]:
        return [one.name for one in town.app.read(lambda unit: find_by_name(unit, name))[0]]

    steps = [OLD, f"{OLD},{NEW}", f"{NEW},{OLD}"]
    assert [called(release(keys), "Odhiambo Amina") for keys in steps] == [["Amina Odhiambo"]] * 3
    newcomer = release(f"{NEW},{OLD}").phone("+254799000009").dial()
    assert newcomer.press("1", "Amina Zawadi", "29874411", "5182", "5182").over
    assert called(release(f"{NEW},{OLD}"), "Amina") == ["Amina Zawadi", "Amina Odhiambo"]
    release.senti(f"{NEW},{OLD}").says("keys", "renew")
    assert called(release(NEW), "Amina") == ["Amina Zawadi", "Amina Odhiambo"]


def test_O_04_nothing_is_left_that_the_old_key_opens(release: Releases) -> None:
    """Every sealed field of every row is under the new key, and is found by the new key's index."""
    town = release(OLD)
    town.phone("Amina").sms("SEND 50 0722000002")
    town.phone("Chebet").sms("STOP")
    release(f"{NEW},{OLD}")
    release.senti(f"{NEW},{OLD}").says("keys", "renew")
    keys = {"field_keys": [derive(OLD, "personal fields")], "index_keys": [derive(OLD, "blind index")]}
    old = open_store(release.url, **keys)
    for kind in (Person, NameKey, Notice, Challenge, Stop, KnownKey):
        with pytest.raises(InvalidTag):
            old.read(lambda tx, kind=kind: tx.rows.find(kind, limit=1000))  # type: ignore[misc]
    assert old.read(lambda tx: tx.rows.get(Stop, NUMBERS["Chebet"])) is None
    old.close()
    with pytest.raises(Unfit, match="SENTI_SECRET_KEY opens nothing"):
        make_app(demo_settings(database_url=release.url, secret_key=OLD))


def test_O_04_a_start_without_the_old_key_names_the_setting_and_the_cure(release: Releases) -> None:
    """Too early: names could not be read. The command says which key is missing, in one line, and no key."""
    release(OLD)
    with pytest.raises(Unfit, match="SENTI_SECRET_KEY lacks the key"):
        make_app(demo_settings(database_url=release.url, secret_key=NEW))
    said = release.senti(NEW).no("person", "show", NUMBERS["Amina"], status=2)
    assert "put that key behind the new one, with a comma between, and run: senti keys renew" in said
    assert [key for key in (OLD, NEW) if key in said] == []


def test_O_04_a_wrong_key_is_noticed_where_no_marks_are_yet(release: Releases, engine: str) -> None:
    """A database of the release before knows no marks: a person tells."""
    release(OLD)
    tamper(engine, release.url, "DELETE FROM known_keys")
    with pytest.raises(Unfit, match="SENTI_SECRET_KEY opens nothing"):
        make_app(demo_settings(database_url=release.url, secret_key=NEW))
    make_app(demo_settings(database_url=release.url, secret_key=OLD)).store.close()


def test_O_04_renewing_that_was_cut_short_goes_on(release: Releases, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed between two rows: both keys serve as before, and running it again ends it."""
    release(OLD)
    both = release(f"{NEW},{OLD}")
    monkeypatch.setattr(command, "ROWS_AT_ONCE", 1)
    taken = iter(range(3))

    def some(*arguments: Any, **named: Any) -> Any:
        next(taken)
        return one(*arguments, **named)

    one = command._renew_some
    monkeypatch.setattr(command, "_renew_some", some)
    with pytest.raises(StopIteration):
        release.senti(f"{NEW},{OLD}")("keys", "renew")
    monkeypatch.setattr(command, "_renew_some", one)
    assert "Sent KES 100" in sends(both, 100)
    release.senti(f"{NEW},{OLD}").says("keys", "renew")
    assert "Sent KES 101" in sends(release(NEW), 101)


@pytest.mark.tampers
def test_O_04_seals_of_the_old_key_hold_when_everybody_knows_it(release: Releases, engine: str) -> None:
    """An entry of its time is changed and found; a seal made with it after its time is found."""
    seal(release(OLD))
    both = release(f"{NEW},{OLD}")
    both.app.transact(lambda unit: retire(unit, seal_key=both.app.seal_key, older=both.app.older_seal_keys))
    assert problems(both) == ()
    sends(both, 100)
    thief = derive(OLD, "seals")
    both.app.transact(lambda unit: seal_batch(unit.books, thief, BEGINNING))
    assert "seal 3" in str(problems(both))
    assert "seal 1" not in str(problems(both))
    tamper(engine, release.url, "UPDATE entries SET at = at + 1 WHERE id = (SELECT min(id) FROM entries)")
    assert "was changed after it was sealed" in str(problems(both))


def test_O_04_no_secret_is_printed_logged_or_kept(
    release: Releases, engine: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Neither a key nor what is derived from it: not in output, not in the log, not in any table."""
    release(OLD)
    senti = release.senti(f"{NEW},{OLD}")
    said = senti.says("keys", "renew") + senti.says("keys", "show") + senti.says("keys", "show", "--json")
    uses = ("personal fields", "blind index", "seals", "one-time codes")
    secrets = [OLD, NEW, *(derive(key, use).hex() for key in (OLD, NEW) for use in uses)]
    said += caplog.text + "".join(capfd.readouterr())
    database = engines.for_migrations(release.url)
    with database.connect() as connection:
        for table in METADATA.tables:
            said += "".join(str(row) for row in connection.execute(text(f"SELECT * FROM {table}")))
    database.dispose()
    assert "mark" in said
    assert [secret for secret in secrets if secret in said] == []
