"""Secrets change while phones ring: for some time old and new are both good, and nobody notices."""

from dataclasses import replace
from itertools import pairwise

import pytest

from service.app import Unfit, make_app, make_web
from service.storage.memory import MemoryStore
from service.storage.store import Store
from service.wallet.pin import is_pin
from tests.phone import PINS, Town, demo_settings

OLD, NEW = "the pepper of last year", "the pepper of this year"


@pytest.fixture
def store() -> Store:
    return MemoryStore()


def release(store: Store, pepper: str) -> Town:
    """Return the service with this setting, on the same database; people are there from the first one on."""
    return Town(store=store, settings=demo_settings(pin_pepper=pepper))


def sends(town: Town, amount: int) -> str:
    """Let Amina send money with her PIN, and return the last screen."""
    phone = town.phone("Amina").dial().press("1", "1", str(amount), PINS["Amina"])
    screen = phone.screen
    phone.end()
    return screen


def test_O_04_a_pepper_is_changed_in_three_steps_and_nobody_forgets_a_pin(store: Store) -> None:
    """Both known, the new one first, the old one gone: processes of two neighbouring steps serve side by side."""
    steps = (OLD, f"{OLD},{NEW}", f"{NEW},{OLD}", NEW)
    amount = 100
    for before, after in pairwise(steps):
        for setting in (before, after, before, after):
            amount += 1
            assert f"Sent KES {amount}" in sends(release(store, setting), amount), setting


def test_O_04_a_pin_is_sealed_anew_when_it_is_used_and_only_when_it_is_right(store: Store) -> None:
    """A wrong PIN is counted as ever under two peppers; a right one leaves the old pepper behind."""
    before = release(store, OLD).person("Amina")
    both = release(store, f"{NEW},{OLD}")
    wrong = both.phone("Amina").dial().press("1", "1", "100", "9999")
    assert "Tries left: 2" in wrong.screen
    assert both.person("Amina") == replace(before, pin_tries=1)
    sends(both, 100)
    after = both.person("Amina")
    assert after.pin_tries == 0
    new_alone = replace(both.app.house, other_peppers=())
    assert is_pin(new_alone, after.id, PINS["Amina"], after.pin)
    assert not is_pin(new_alone, before.id, PINS["Amina"], before.pin)


def test_O_04_who_did_not_ring_meanwhile_needs_the_help_line(store: Store) -> None:
    """What the last step costs: an old verifier opens no more, and the person reads that the PIN is wrong."""
    for setting in (OLD, f"{NEW},{OLD}"):
        release(store, setting).app.house  # noqa: B018  (it is started)
    assert "Wrong PIN" in release(store, NEW).phone("Amina").dial().press("1", "1", "100", PINS["Amina"]).screen


def test_O_04_a_pepper_that_is_not_that_of_the_pins_stops_the_start(store: Store) -> None:
    """With a wrong pepper everybody's PIN would be wrong, and after three tries everybody locked."""
    release(store, OLD).phone("Amina").dial()
    with pytest.raises(Unfit, match="SENTI_PIN_PEPPER is not what the PINs here are sealed under"):
        release(store, NEW).phone("Amina").dial()


def test_O_04_two_webhook_secrets_open_and_then_one(store: Store) -> None:
    """The provider's addresses are changed one after another, while both are served."""
    form = {"sessionId": "ATUid_1", "phoneNumber": "+254711000001", "serviceCode": "*384*96#", "text": ""}

    def answers(setting: str) -> list[int]:
        client = make_web(make_app(demo_settings(africastalking_webhook_secret=setting), store=store)).test_client()
        return [
            client.post(f"/gateways/africastalking/{secret}/ussd", data=form).status_code
            for secret in ("old-1", "new-2")
        ]

    assert answers("old-1") == [200, 404]
    assert answers("old-1,new-2") == [200, 200]
    assert answers("new-2") == [404, 200]
