"""The doors that gateways come in by: each has secrets in its address, and perhaps a list of whom it opens for.

Nothing a gateway sends is signed. Whether an address is wrong, unknown or spelt with an old secret takes the same time
to say, and leaves a count and nothing else.
"""

import hmac
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Protocol

from service.gateways.base import Dial, Ended, Gateway, OptedOut, Report, SimNews, Sms
from service.wallet.errand import AirtimeNews, Vouching

Network = IPv4Network | IPv6Network


class Behind(Protocol):
    """What stands behind the doors and does the work.

    Each call is one commit. It raises `storage.store.Unsure` if nobody knows whether it was committed; after any other
    exception nothing was.
    """

    def dial(self, dial: Dial) -> tuple[str, bool]:
        """Return the screen for a hop, and whether the talk is over."""

    def end(self, ended: Ended) -> None: ...
    def sms(self, sms: Sms) -> None: ...
    def report(self, report: Report | OptedOut) -> None: ...
    def sim(self, news: SimNews) -> None: ...
    def airtime(self, news: AirtimeNews) -> None: ...
    def vouch(self, asked: Vouching) -> bool:
        """Say whether airtime was bought here."""


@dataclass(frozen=True)
class Door:
    """One gateway's way in. Two secrets are valid while one is being changed; no `sources` means any address."""

    gateway: Gateway
    secrets: tuple[str, ...]
    sources: tuple[Network, ...] = ()

    def __repr__(self) -> str:
        return f"Door({self.gateway.name})"


def open_door(doors: Mapping[str, Door], gateway: str, secret: str) -> Door | None:
    """Return the door that a gateway's name and a secret open; every secret of every door is compared each time."""
    given = _digest(gateway, secret)
    opened = None
    for name, door in doors.items():
        for known in door.secrets:
            if hmac.compare_digest(given, _digest(name, known)):
                opened = door
    return opened


def may_enter(door: Door, address: str | None) -> bool:
    """Say whether a request from this address may come in by a door."""
    if not door.sources:
        return True
    source = _address(address)
    return source is not None and _within(source, door.sources)


def source_of(peer: str | None, forwarded: Sequence[str], trusted_proxy: Sequence[Network]) -> str | None:
    """Return whose request it is: the peer's, or if the peer is our own proxy, the one hop that the proxy added.

    What stands further left in X-Forwarded-For was written by the sender, and is not looked at.
    """
    proxy = _address(peer)
    if proxy is None or not _within(proxy, trusted_proxy):
        return peer
    hops = [hop.strip() for line in forwarded for hop in line.split(",")]
    return hops[-1] if hops else peer


class Knocks:
    """Counts who knocked in vain, and raises an alarm once in a minute in which it was too often."""

    def __init__(self, *, alarm: Callable[[int], None], minute: Callable[[], int], many: int = 50) -> None:
        self._alarm, self._minute, self._many = alarm, minute, many
        self._lock = threading.Lock()
        self._now, self._count = 0, 0

    def add(self) -> bool:
        """Count one knock; say whether it is to be written down, which no more than `many` in a minute are."""
        with self._lock:
            minute = self._minute()
            self._count = self._count + 1 if minute == self._now else 1
            self._now = minute
            few, loud = self._count <= self._many, self._count == self._many
        if loud:
            self._alarm(self._many)
        return few


def _digest(gateway: str, secret: str) -> bytes:
    # Digests are of one length, so that comparing them tells nothing about the length of a secret.
    return sha256(f"{gateway}\0{secret}".encode(errors="surrogateescape")).digest()


def _address(text: str | None) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text or "")
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address


def _within(address: IPv4Address | IPv6Address, networks: Sequence[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)
