from collections import Counter
from collections.abc import Callable

import pytest

from tests.fakes.africastalking import fake_africastalking
from tests.serving.conftest import Machine, load, messages, stop, wait_for


@pytest.mark.parametrize("mood", ["well", "slow"])
def test_a_worker_stops_between_two_messages(
    mood: str, request: pytest.FixtureRequest, machine: Callable[..., Machine]
) -> None:
    """Of what the gateway was given, the outcome is written down; what it was not given waits in the queue."""
    url = load(request.getfixturevalue("sqlite_url" if mood == "well" else "postgres_url"))
    with fake_africastalking() as fake:
        fake.mood, fake.slow_seconds = mood, 1
        here = machine(url, SENTI_AFRICASTALKING_API_KEY="k" * 20, SENTI_AFRICASTALKING_BASE_URL=fake.url)
        process = here.serve() if mood == "well" else here.begin("worker")
        wait_for(lambda: len(fake.requests) >= 2, seconds=30)
        assert stop(process) == 0
    states = Counter(notice.state for notice in messages(url))
    assert states["sending"] == 0
    if mood == "well":
        assert states["sent"] == len(fake.requests)
    else:
        tried = [notice for notice in messages(url) if notice.tries]
        assert len(tried) == len(fake.requests) < states["queued"]
        assert {(notice.state, notice.detail) for notice in tried} == {("queued", "it may have been sent")}
