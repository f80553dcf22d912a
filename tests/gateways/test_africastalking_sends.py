"""Sending through the official library, against a stand-in that misbehaves: what each answer means."""

import socket
import threading
from collections.abc import Iterator

import pytest

from service.gateways.africastalking import AfricasTalking, check_base_url, read_sent
from service.gateways.base import Outcome, Sent
from tests.fakes.africastalking import FakeAfricasTalking, fake_africastalking

TO = "+254722000002"
TEXT = "QK7M2X9TRD Received KES 500.00 from AMINA O"


@pytest.fixture(scope="module")
def shared() -> Iterator[FakeAfricasTalking]:
    with fake_africastalking() as fake:
        yield fake


@pytest.fixture
def fake(shared: FakeAfricasTalking) -> FakeAfricasTalking:
    shared.mood, shared.status_code = "well", 102
    shared.requests.clear()
    shared.paths.clear()
    shared.keys.clear()
    return shared


def account(fake: FakeAfricasTalking, sender_id: str = "") -> AfricasTalking:
    return AfricasTalking(
        username="senti", api_key="invented", base_url=fake.url, sender_id=sender_id, connect_seconds=1, read_seconds=1
    )


def test_a_message_goes_to_one_number_with_the_key_and_the_sender(fake: FakeAfricasTalking) -> None:
    sent = account(fake, "SENTI").send(to=TO, text="Imepokelewa é 500")
    assert sent.outcome is Outcome.ACCEPTED
    assert sent.provider_id is not None
    assert sent.provider_id.startswith("ATXid_")
    assert fake.requests == [
        {"username": "senti", "to": TO, "message": "Imepokelewa é 500", "bulkSMSMode": "1", "from": "SENTI"}
    ]
    assert fake.paths == ["/version1/messaging"]
    assert fake.keys == ["invented"]


def test_an_answer_to_a_premium_message_carries_its_link(fake: FakeAfricasTalking) -> None:
    assert account(fake, "29844").send(to=TO, text=TEXT, link_id="L1").outcome is Outcome.ACCEPTED
    assert fake.requests[0]["linkId"] == "L1"
    assert fake.requests[0]["bulkSMSMode"] == "0"


def test_the_key_does_not_follow_a_redirect(fake: FakeAfricasTalking) -> None:
    fake.mood = "redirect"
    assert account(fake).send(to=TO, text=TEXT).outcome is Outcome.UNKNOWN
    assert fake.paths == ["/version1/messaging"]


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        (100, Outcome.ACCEPTED),
        (101, Outcome.ACCEPTED),
        ("102", Outcome.ACCEPTED),
        (401, Outcome.LANE_STOPPED),
        (402, Outcome.LANE_STOPPED),
        (403, Outcome.UNSENDABLE),
        (404, Outcome.UNSENDABLE),
        (405, Outcome.LANE_STOPPED),
        (406, Outcome.REFUSED),
        (407, Outcome.NOT_SENT),
        (408, Outcome.REFUSED),
        (409, Outcome.REFUSED),
        (500, Outcome.NOT_SENT),
        (501, Outcome.NOT_SENT),
        (502, Outcome.NOT_SENT),
        (599, Outcome.UNKNOWN),
        (103, Outcome.UNKNOWN),
        (True, Outcome.UNKNOWN),
        (None, Outcome.UNKNOWN),
        ("١٠١", Outcome.UNKNOWN),
    ],
)
def test_the_recipients_own_status_decides_and_not_the_2xx(
    fake: FakeAfricasTalking, code: object, outcome: Outcome
) -> None:
    fake.status_code = code
    sent = account(fake).send(to=TO, text=TEXT)
    assert sent.outcome is outcome
    assert (sent.provider_id is not None) == (outcome is Outcome.ACCEPTED)


@pytest.mark.parametrize(
    ("mood", "outcome"),
    [
        ("charset", Outcome.ACCEPTED),
        ("empty", Outcome.REFUSED),
        ("bad_sender", Outcome.LANE_STOPPED),
        ("nobody", Outcome.UNKNOWN),
        ("html", Outcome.UNKNOWN),
        ("not_json", Outcome.UNKNOWN),
        ("not_object", Outcome.UNKNOWN),
        ("error", Outcome.UNKNOWN),
        ("refuse_key", Outcome.LANE_STOPPED),
        ("drop_reply", Outcome.UNKNOWN),
        ("cut_body", Outcome.UNKNOWN),
    ],
)
def test_G_03_an_odd_answer_is_never_taken_for_success_nor_for_not_sent(
    fake: FakeAfricasTalking, mood: str, outcome: Outcome
) -> None:
    """What may have gone is never called unsent, and what surely did not go is never called unknown."""
    fake.mood = mood
    assert account(fake).send(to=TO, text=TEXT).outcome is outcome
    assert len(fake.requests) == 1, "the adapter itself tries once"


def test_G_03_peer_43_a_read_time_out_is_unknown(fake: FakeAfricasTalking) -> None:
    """The time-out is handed to the library: its silence ends after what we asked for."""
    fake.mood = "slow"
    assert account(fake).send(to=TO, text=TEXT).outcome is Outcome.UNKNOWN


def test_a_refused_connection_means_that_nothing_was_reached() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    gateway = AfricasTalking(username="senti", api_key="invented", base_url=f"http://127.0.0.1:{port}")
    assert gateway.send(to=TO, text=TEXT).outcome is Outcome.UNREACHABLE


def test_a_name_that_nobody_knows_means_that_nothing_was_reached() -> None:
    gateway = AfricasTalking(username="senti", api_key="invented", base_url="https://nobody.invalid", connect_seconds=1)
    assert gateway.send(to=TO, text=TEXT).outcome is Outcome.UNREACHABLE


@pytest.mark.parametrize(
    "to", ["0722000002", "+1234", TO + "\n", "+٢٥٤٧٢٢٠٠٠٠٠٢", "+25472200000200000000000", TO + "," + TO]
)
def test_a_number_that_the_library_would_let_through_never_leaves(fake: FakeAfricasTalking, to: str) -> None:
    assert account(fake).send(to=to, text=TEXT).outcome is Outcome.UNSENDABLE
    assert fake.requests == []


def test_one_account_may_be_shared_by_threads(fake: FakeAfricasTalking) -> None:
    gateway = account(fake)
    threads = [
        threading.Thread(target=gateway.send, kwargs={"to": f"+2547220000{n:02}", "text": f"to {n}"}) for n in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(fake.taken()) == [(f"+2547220000{n:02}", f"to {n}") for n in range(20)]


@pytest.mark.parametrize(
    "url",
    [
        "http://api.africastalking.com",
        "http://10.0.0.7:8080",
        "ftp://127.0.0.1",
        "//api.africastalking.com",
        "api.africastalking.com",
        "https://",
        "https://user:pass@api.africastalking.com",
        "https://api.africastalking.com/?next=",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
    ],
)
def test_C_10_the_key_is_never_sent_in_clear_to_another_machine(url: str) -> None:
    """An address that is neither https nor this machine stops the start."""
    with pytest.raises(ValueError, match="address"):
        AfricasTalking(username="senti", api_key="invented", base_url=url)


@pytest.mark.parametrize(
    "url", ["https://api.africastalking.com", "http://127.0.0.1:9999", "http://localhost:1", "http://[::1]:80"]
)
def test_https_and_this_machine_are_fine(url: str) -> None:
    check_base_url(url)


def test_without_an_address_the_library_picks_its_own_live_or_sandbox_host() -> None:
    assert AfricasTalking(username="senti", api_key="x")._sms._baseUrl == "https://api.africastalking.com/version1"
    sandbox = AfricasTalking(username="sandbox", api_key="x")._sms
    assert sandbox._baseUrl == "https://api.sandbox.africastalking.com/version1"


def test_a_deeply_nested_answer_is_unreadable_and_no_crash() -> None:
    assert read_sent("[" * 100_000, TO).outcome is Outcome.UNKNOWN


def test_of_two_lines_for_our_number_the_accepted_one_counts() -> None:
    twice = {
        "SMSMessageData": {
            "Recipients": [
                {"statusCode": 500, "number": TO, "status": "InternalServerError"},
                {"statusCode": 101, "number": TO, "messageId": "ATXid_1"},
            ]
        }
    }
    assert read_sent(twice, TO).provider_id == "ATXid_1"


@pytest.mark.parametrize("given", ["", "None", None, 17, "a b", "ATXid\0", "\ud800", "x" * 129, "é", ["ATXid"]])
def test_G_06_an_id_that_no_report_can_name_is_not_kept(given: object) -> None:
    """A database that refuses to write the id would leave the message unsettled, and it would be sent five times."""
    line = {"statusCode": 102, "number": TO, "status": "Success", "messageId": given}
    sent = read_sent({"SMSMessageData": {"Message": "", "Recipients": [line]}}, TO)
    assert sent == Sent(Outcome.ACCEPTED)
