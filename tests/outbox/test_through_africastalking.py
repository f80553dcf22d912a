"""The outbox, the adapter and the provider's own library against a stand-in that misbehaves: the whole way out."""

from collections.abc import Iterator
from typing import Any

import pytest

from service.budget import Budget
from service.gateways.africastalking import AfricasTalking
from service.outbox import LANE_PAUSE, note_report, send_due
from tests.fakes.africastalking import FakeAfricasTalking, fake_africastalking
from tests.outbox.conftest import Post


@pytest.fixture
def fake() -> Iterator[FakeAfricasTalking]:
    with fake_africastalking() as found:
        yield found


def send(post: Post, fake: FakeAfricasTalking) -> int:
    account = AfricasTalking(username="senti", api_key="invented", base_url=fake.url, connect_seconds=1, read_seconds=1)
    budget = Budget(per_number=1000, per_prefix=1000, in_all=1000)
    asked: dict[str, Any] = {"budget": budget, "codes": budget, "count": post.counted.append}
    return send_due(post.transact, account.send, post.render, lambda: post.at, **asked)


def send_for_a_day(post: Post, fake: FakeAfricasTalking) -> None:
    for _ in range(24):
        send(post, fake)
        post.wait(hours=1)


def test_W_11_a_message_goes_out_and_its_report_comes_home(post: Post, fake: FakeAfricasTalking) -> None:
    """A message goes out and its report comes home."""
    number = post.queue()
    assert send(post, fake) == 1
    assert fake.taken() == [(post.notice(number).phone, str(number))]
    form = {"id": [post.notice(number).provider_id or ""], "phoneNumber": ["+254722000002"], "status": ["Success"]}
    news = AfricasTalking(username="senti", api_key="invented").read_report(form)
    assert post.transact(lambda unit: note_report(unit, news))  # type: ignore[arg-type]
    assert post.notice(number).state == "delivered"


@pytest.mark.parametrize("mood", ["error", "drop_reply", "cut_body", "html", "not_json"])
def test_G_02_G_03_a_provider_of_whom_nobody_knows_gets_it_twice_at_most(
    post: Post, fake: FakeAfricasTalking, mood: str
) -> None:
    """And the message is then shown as of unknown fate, not as sent."""
    number = post.queue()
    fake.mood = mood
    send_for_a_day(post, fake)
    assert len(fake.requests) == 2
    assert len({str(sent) for sent in fake.requests}) == 1, "the same text with the same reference"
    assert post.notice(number).state == "unknown"


@pytest.mark.parametrize("mood", ["refuse_key", "bad_sender"])
def test_an_account_that_is_not_accepted_stops_the_lane_until_it_is(
    post: Post, fake: FakeAfricasTalking, mood: str
) -> None:
    for _ in range(3):
        post.queue()
    fake.mood = mood
    send(post, fake)
    send(post, fake)
    assert len(fake.requests) == 1
    fake.mood = "charset"
    post.wait(seconds=LANE_PAUSE.seconds)
    send(post, fake)
    assert set(post.states()) == {"sent"}


@pytest.mark.parametrize(("code", "state"), [(406, "failed"), (409, "failed"), (403, "parked"), (500, "parked")])
def test_what_the_provider_refuses_ends_where_somebody_sees_it(
    post: Post, fake: FakeAfricasTalking, code: int, state: str
) -> None:
    number = post.queue()
    fake.status_code = code
    send_for_a_day(post, fake)
    assert post.notice(number).state == state
    assert post.notice(number).detail.startswith(str(code))
    assert len(fake.requests) == (5 if code == 500 else 1)
