"""Who is let in: W-01 and W-06."""

import hmac
from collections.abc import Sequence
from ipaddress import ip_network
from typing import Any

import pytest

from service.gateways.simulator import Simulator
from service.web.door import Door, Knocks, may_enter, open_door, source_of
from tests.web.conftest import SECRETS, Shop

WHATS = ("ussd", "ussd-end", "sms", "delivery", "opt-out")


@pytest.mark.parametrize("what", WHATS)
@pytest.mark.parametrize(
    "path",
    [
        "/gateways/africastalking/{}/wrong/",
        "/gateways/africastalking/wrong/{}",
        "/gateways/africastalking//{}",
        "/gateways/africastalking/{}",
        "/gateways/nobody/" + SECRETS[0] + "/{}",
        "/gateways/simulator/" + SECRETS[0] + "/{}",
        "/gateways/africastalking/" + SECRETS[0][:-1] + "/{}",
        "/gateways/africastalking/" + SECRETS[0] + "%00/{}",
        "/gateways/africastalking/%FF%FE/{}",
        "/gateways/africastalking/" + SECRETS[0] + "//{}",
        "//gateways/africastalking/" + SECRETS[0] + "/{}",
    ],
)
def test_W_01_without_the_secret_there_is_nothing_here(shop: Shop, path: str, what: str) -> None:
    """A wrong, missing or foreign secret is 404, wherever it fails, and nobody behind hears of it."""
    answer = shop.client.post(path.format(what), data={"text": "1"}, headers={"Referer": SECRETS[0]})
    assert answer.status_code == 404
    assert answer.text == "not found\n"
    assert shop.behind.heard == []


def test_W_01_a_wrong_secret_is_counted_under_no_name_of_the_strangers(shop: Shop) -> None:
    """A million invented gateways make one line in the metrics."""
    for name in ("nobody", "somebody", "africastalking"):
        shop.client.post(f"/gateways/{name}/wrong/ussd")
    assert shop.counted('senti_webhooks_refused_total{why="secret"}') == 3
    assert b"somebody" not in shop.metrics.text()


@pytest.mark.parametrize("secret", SECRETS)
def test_W_01_while_a_secret_is_changed_both_open(shop: Shop, secret: str) -> None:
    """While a secret is changed both open."""
    assert shop.hop(secret=secret) == (200, "CON Senti\n1 Send money")


def test_W_01_every_secret_is_compared_for_every_name(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """How long a refusal takes says neither whether the gateway exists nor how near the secret was."""
    compared: list[tuple[int, int]] = []
    honest = hmac.compare_digest

    def compare(one: bytes, other: bytes) -> bool:
        compared.append((len(one), len(other)))
        return honest(one, other)

    monkeypatch.setattr(hmac, "compare_digest", compare)
    work = []
    for gateway, secret in [("africastalking", SECRETS[0]), ("africastalking", "x"), ("nobody", "x" * 500)]:
        compared.clear()
        shop.hop(gateway, secret)
        work.append(list(compared))
    assert work[0] == work[1] == work[2]
    assert len(work[0]) == 3


def test_W_01_no_door_means_nobody_comes_in() -> None:
    """No door means nobody comes in."""
    assert open_door({}, "africastalking", "") is None


def test_W_01_fifty_knocks_in_a_minute_are_an_alarm_once() -> None:
    """Fifty knocks in a minute are an alarm once."""
    alarms: list[int] = []
    minute = 1
    knocks = Knocks(alarm=alarms.append, minute=lambda: minute, many=50)
    for _ in range(49):
        knocks.add()
    assert alarms == []
    minute = 2
    for _ in range(200):
        knocks.add()
    assert alarms == [50]


PROXY = (ip_network("192.0.2.0/30"), ip_network("2001:db8::1/128"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "source"),
    [
        ("203.0.113.9", [], "203.0.113.9"),
        ("203.0.113.9", ["198.51.100.7"], "203.0.113.9"),
        ("192.0.2.1", [], "192.0.2.1"),
        ("192.0.2.1", ["198.51.100.7"], "198.51.100.7"),
        ("192.0.2.1", ["198.51.100.7, 203.0.113.66"], "203.0.113.66"),
        ("192.0.2.1", ["198.51.100.7", "203.0.113.66"], "203.0.113.66"),
        ("192.0.2.1", ["198.51.100.7,"], ""),
        ("192.0.2.1", ["198.51.100.7, unknown"], "unknown"),
        ("2001:db8::1", ["::ffff:198.51.100.7"], "::ffff:198.51.100.7"),
        ("::ffff:192.0.2.1", ["198.51.100.7"], "198.51.100.7"),
        (None, ["198.51.100.7"], None),
    ],
)
def test_W_06_peer_54_only_the_hop_that_our_own_proxy_added_counts(
    peer: str | None, forwarded: Sequence[str], source: str | None
) -> None:
    """What stands further left was written by the sender, and a stranger's header is not read at all."""
    assert source_of(peer, forwarded, PROXY) == source
    assert source_of(peer, forwarded, ()) == peer


@pytest.mark.parametrize(
    ("headers", "peer", "status"),
    [
        ({}, "127.0.0.1", 200),
        ({}, "203.0.113.9", 404),
        ({"X-Forwarded-For": "127.0.0.1"}, "203.0.113.9", 404),
        ({"X-Forwarded-For": "127.0.0.1"}, "192.0.2.1", 200),
        ({"X-Forwarded-For": "127.0.0.1, 203.0.113.9"}, "192.0.2.1", 404),
        ({"X-Real-IP": "127.0.0.1", "Forwarded": "for=127.0.0.1"}, "192.0.2.1", 404),
        ({"X-Forwarded-For": "rubbish"}, "192.0.2.1", 404),
    ],
)
def test_W_06_an_address_that_is_not_on_the_list_is_not_let_in(
    shop: Shop, headers: dict[str, str], peer: str, status: int
) -> None:
    """The right secret from elsewhere is answered as a wrong one."""
    form = {"session": "s1", "phone": "0711000001", "code": "*384*96#"}
    environ: dict[str, Any] = {"REMOTE_ADDR": peer}
    answer = shop.client.post("/gateways/simulator/simulated/ussd", data=form, headers=headers, environ_base=environ)
    assert answer.status_code == status
    assert len(shop.behind.heard) == (status == 200)
    assert shop.counted('senti_webhooks_refused_total{why="source"}') == (status != 200)


def test_a_door_shows_no_secret_when_it_is_printed() -> None:
    door = Door(Simulator(codes=("*384*96#",), region="KE"), SECRETS)
    assert SECRETS[0] not in repr(door)
    assert may_enter(door, None)
