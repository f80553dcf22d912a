"""The answer to a commit is lost on its way: what is then said is never more than what is known."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest

from service.ledger.entry import Entry, NotEnough
from service.refusal import Refusal
from service.storage import ghosts
from service.storage.crowd import Crowd
from service.storage.store import Busy, Store, Unsure
from tests.conftest import opened
from tests.lab.proxy import Proxy, proxied
from tests.ledger.shop import A, B, balance, fund, send


@pytest.fixture
def faults() -> list[str]:
    """What the next commits of money meet."""
    return []


@pytest.fixture
def line(postgres_url: str, faults: list[str]) -> Iterator[Proxy]:
    with proxied(postgres_url, lambda: faults.pop(0) if faults else None) as proxy:
        yield proxy


@pytest.fixture
def far(store: Store, line: Proxy) -> Iterator[Store]:
    """The same books over a bad line."""
    fund(store, {A: 1000, B: 0})
    far = opened(line.url)
    try:
        yield far
    finally:
        far.close()


@pytest.mark.parametrize("engine", ["postgres"])
@pytest.mark.parametrize(
    "fault", ["answer lost", "request lost", "request late", "raced cut", "silence", "answer late"]
)
def test_D_04_a_posting_whose_answer_is_lost_is_asked_for_again_and_made_once(
    store: Store, far: Store, faults: list[str], fault: str
) -> None:
    """A bare posting finds out by its id, whether it was written the first time or not."""
    faults.append(fault)
    assert far.post_one(send(500, A, B, 10)).id == 500
    assert balance(store, B) == 10


@pytest.mark.parametrize("engine", ["postgres"])
@pytest.mark.parametrize("many", [False, True])
def test_a_posting_whose_answer_is_lost_and_that_cannot_ask_again_is_unsure(
    store: Store, far: Store, faults: list[str], many: bool
) -> None:
    """Busy would say that nothing was written; it was."""
    faults.append("away")
    with pytest.raises(Unsure):
        far.post_many([send(500, A, B, 10), send(501, A, B, 1)]) if many else far.post_one(send(500, A, B, 10))
    assert balance(store, B) == (11 if many else 10)


def refused(far: Store, entry: Entry, *, many: bool) -> None:
    """Ask until it is said that there is not enough money."""
    for _ in range(3):
        with suppress(Unsure):
            if not many:
                with pytest.raises(NotEnough):
                    far.post_one(entry)
            else:
                result, other = far.post_many([entry, send(501, B, A, 1)])
                assert isinstance(result, NotEnough)
                assert isinstance(other, NotEnough)
            return
    raise AssertionError("nobody knows")


@pytest.mark.parametrize("engine", ["postgres"])
@pytest.mark.parametrize("many", [False, True])
def test_K_09_what_was_refused_does_not_arrive_later(
    store: Store, far: Store, line: Proxy, faults: list[str], many: bool
) -> None:
    """The line is cut, the call is refused when it is asked again, and the first call is still on its way."""
    faults.append("request late")
    line.late_seconds = 1
    refused(far, send(500, A, B, 10_000), many=many)
    fund(store, {A: 50_000})
    line.end()  # when everything that is on its way has arrived
    assert store.read(lambda tx: tx.books.entry(500)) is None


@pytest.mark.parametrize("engine", ["postgres"])
def test_nobody_is_told_no_while_the_call_before_stands_still(
    far: Store, line: Proxy, faults: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process of the server that does not end may still write: until it has ended, nobody knows."""
    monkeypatch.setattr(ghosts, "_END", ghosts._END.replace("pg_terminate_backend(pid, 1000)", "false"))
    faults.append("request late")
    line.late_seconds = 3
    entry = send(500, A, B, 10_000)
    for _ in range(2):
        with pytest.raises(Unsure):
            far.post_one(entry)
    monkeypatch.undo()
    refused(far, entry, many=False)


@pytest.mark.parametrize("engine", ["postgres"])
def test_a_batch_in_two_commits_is_unsure_where_the_second_is_not_had(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is asked twice goes in a commit of its own: Busy would say that nothing was written, and the first was."""
    fund(store, {A: 1000, B: 0})
    here: Any = store
    post, asked = here._post, []

    def first_only(entries: object) -> object:
        asked.append(entries)
        if len(asked) > 1:
            raise Busy
        return post(entries)

    monkeypatch.setattr(here, "_post", first_only)
    with pytest.raises(Unsure):
        store.post_many([send(500, A, B, 10)] * 2)
    assert balance(store, B) == 10


def test_who_shared_a_lost_commit_and_finds_nobody_to_ask_is_unsure() -> None:
    """A crowd of three: one blocks the only lane, two go together, and then there is no database any more."""

    def alone(entry: object) -> object:
        if asked:
            raise Busy("no connection")
        asked.append(entry)
        while len(crowd._waiting) < 2:
            pass
        raise Refusal

    def together(entries: object) -> object:
        raise Unsure

    asked: list[object] = []
    crowd = Crowd(alone, together, lanes=1)  # type: ignore[arg-type]
    with ThreadPoolExecutor(3) as pool:
        waiting = [pool.submit(crowd.post, send(number, A, B, 1)) for number in (1, 2, 3)]
        outcomes = [one.exception(timeout=10) for one in waiting]
    assert sorted(type(one).__name__ for one in outcomes) == ["Refusal", "Unsure", "Unsure"]
