"""Postings that arrive together share one commit: alone a posting goes at once, in a crowd the waiting go together.

A commit costs the same for one posting as for ten. Nobody waits for company: those who find the lanes busy wait for a
lane anyway, and the first of them takes the others along. Each posting is still decided for itself, and each caller
returns only when the commit with its posting is done.
"""

from collections import deque
from collections.abc import Callable, Sequence
from threading import Lock

from service.ledger.entry import Entry, Posted
from service.refusal import Refusal
from service.storage.store import Busy, Unsure

MOST = 64
"""How many go together at most."""


class _Place:
    """One caller in the queue: asleep until its result is there, or until it is told to take others along."""

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        self.result: Posted | Refusal | None = None
        self.unsure = False
        self.leads: list[_Place] = []
        self.asleep = Lock()
        self.asleep.acquire()


class Crowd:
    """Lets a few callers post at a time, each with all who wait."""

    def __init__(
        self,
        alone: Callable[[Entry], Posted],
        together: Callable[[Sequence[Entry]], Sequence[Posted | Refusal]],
        *,
        lanes: int,
    ) -> None:
        self._alone = alone
        self._together = together
        self._guard = Lock()
        self._free = lanes
        self._waiting: deque[_Place] = deque()

    def post(self, entry: Entry) -> Posted:
        """Post an entry; raises what refuses it."""
        place = _Place(entry)
        with self._guard:
            if self._free:
                self._free -= 1
                place.leads = [place]
            else:
                self._waiting.append(place)
        if not place.leads:
            place.asleep.acquire()
        if place.leads:
            try:
                self._lead(place.leads)
            finally:
                self._pass_on()
        if isinstance(place.result, Refusal):
            raise place.result
        # Without a result the common commit failed: whose fault it was is found out alone.
        try:
            return place.result or self._alone(entry)
        except (Busy, Refusal) as error:
            if place.unsure:
                raise Unsure from error
            raise

    def _lead(self, places: Sequence[_Place]) -> None:
        if len(places) == 1:
            places[0].result = self._alone(places[0].entry)
            return
        try:
            results = self._together([place.entry for place in places])
            for place, result in zip(places, results, strict=True):
                place.result = result
        except Exception as error:  # noqa: BLE001 (each place goes alone, and raises what is its own)
            for place in places:
                place.unsure = isinstance(error, Unsure)
        finally:
            for place in places[1:]:
                place.asleep.release()

    def _pass_on(self) -> None:
        with self._guard:
            if not self._waiting:
                self._free += 1
                return
            places = [self._waiting.popleft() for _ in range(min(MOST, len(self._waiting)))]
            places[0].leads = places
            places[0].asleep.release()
