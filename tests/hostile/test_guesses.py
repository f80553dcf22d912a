"""Guesses that no single wallet sees, and answers that tell by the work behind them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import service.wallet.pin as pins
from service.storage.memory_rows import MemoryRows
from service.wallet.guesses import Guesses, ManyGuesses
from tests.bench.crowd import gather
from tests.bench.phones import PIN, phone_of
from tests.phone import PINS, Town

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
WRONG = "9175"


def tries(town: Town, number: int, pin: str) -> str:
    """Let one of the crowd pay the next one, and return the last screen."""
    return town.phone(phone_of(number)).dial().press("1", phone_of(number + 1), "10", pin).screen


def test_P_05_one_guess_on_each_of_many_wallets_ends_for_the_hour(town: Town) -> None:
    """After so many wrong ones no PIN is looked at, not even the right one; nobody is locked, and it is counted."""
    town.app.house.guesses.enough = 20
    gather(town.app, 26)
    heard = [tries(town, number, WRONG) for number in range(24)]
    assert all("2" in screen and "PIN" in screen for screen in heard[:20])
    assert all("hour" in screen or "saa" in screen for screen in heard[20:]), heard[20:]
    lucky = tries(town, 24, PIN)
    assert "Nothing was taken" in lucky
    assert town.balance(phone_of(24)) == town.balance(phone_of(25))
    assert town.person(phone_of(22)).pin_tries == 0
    assert 'senti_refusals_total{code="many_guesses"} 5.0' in town.app.metrics.text().decode()
    town.wait(hours=1)
    assert "Ref" in tries(town, 24, PIN)


def test_P_05_processes_count_together(town: Town) -> None:
    """Three processes serve the same guesser: what one has seen the next one knows, a twentieth of it aside."""
    gather(town.app, 30)
    heard: list[str] = []
    processes = [Guesses(enough=20) for _ in range(3)]
    for number in range(26):
        object.__setattr__(town.app.house, "guesses", processes[number % 3])
        heard.append(tries(town, number, WRONG))
    refused = ["hour" in screen or "saa" in screen for screen in heard]
    assert not any(refused[:20])
    assert all(refused[22:]), heard[22:]
    town.wait(hours=1)
    assert "Ref" in tries(town, 26, PIN)


def test_P_05_a_few_mistakes_among_many_are_nothing() -> None:
    """A fifth and less may be wrong, however many; few are nothing even if all are; the next hour begins anew."""
    guesses = Guesses(enough=20)
    for right in [True] * 80 + [False] * 20:
        guesses.count(NOON, right=right)
    guesses.refuse_many(NOON)
    guesses.count(NOON, right=False)
    with pytest.raises(ManyGuesses):
        guesses.refuse_many(NOON)
    guesses.refuse_many(NOON + timedelta(hours=1))
    for _ in range(19):
        guesses.count(NOON + timedelta(hours=1), right=False)
    guesses.refuse_many(NOON + timedelta(hours=1))


def test_P_09_a_right_and_a_wrong_pin_cost_one_check_each(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """One run of the slow hash for each, whatever comes of it."""
    checks: list[str] = []
    check = pins._is_under

    def counted(*given: Any) -> bool:
        checks.append("check")
        return check(*given)

    monkeypatch.setattr(pins, "_is_under", counted)
    wrong = town.phone("Amina").dial().press("1", "1", "100", "9999")
    assert (wrong.over, len(checks)) == (False, 1)
    wrong.press(PINS["Amina"])
    assert len(checks) == 2


@pytest.mark.parametrize("hidden", [{"state": "closed"}, {"unlisted": True}], ids=["closed", "unlisted"])
def test_P_09_V_04_a_number_that_nobody_has_costs_what_a_hidden_one_does(
    hidden: dict[str, Any], town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wallet that is closed, or whose owner is not to be found: the same questions to the rows, the same words."""
    asked: list[tuple[str, str]] = []

    def noted(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def ask(self: MemoryRows, kind: type[Any], *given: Any, **named: Any) -> Any:
            asked.append((name, kind.__name__))
            return work(self, kind, *given, **named)

        return ask

    chebet = town.person("Chebet")  # a stranger to Amina, as nobody is
    town.app.transact(lambda unit: unit.rows.put(replace(chebet, **hidden)))
    for name in ("get", "lock", "find"):
        monkeypatch.setattr(MemoryRows, name, noted(name, getattr(MemoryRows, name)))
    told = []
    for number in ("0733000003", "0799000777"):
        phone = town.phone("Amina").dial().press("1")
        asked.clear()
        screens = [phone.press(number).screen]
        if not phone.over:
            screens.append(phone.press("10").screen)
        told.append((screens, list(asked)))
    assert told[0][1] == told[1][1]
    assert told[0][0] == told[1][0]
