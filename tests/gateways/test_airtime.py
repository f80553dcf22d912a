"""Buying airtime through the official library, against a stand-in, and its two callbacks."""

import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest

from service.gateways.airtime import Airtime, read_airtime, read_bought, read_vouching
from service.gateways.base import Unreadable
from service.money import Currency
from service.wallet.errand import AirtimeNews, Answer, Errand, Fate, Vouching
from service.wallet.ordered import Order
from tests.fakes.africastalking import FakeAfricasTalking, fake_africastalking

KES, UGX = Currency("KES", 2, ()), Currency("UGX", 0, ())
TO = "+254722000002"
NOON = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
def fake() -> Iterator[FakeAfricasTalking]:
    with fake_africastalking() as fake:
        yield fake


def errand(reference: str = "QK7M2X9TRD", *, amount: int = 100_00, currency: Currency = KES, **changed: Any) -> Errand:
    fields = {"account": TO, "next_at": NOON, "at": NOON, **changed}
    row = Order(id=1, person=1, kind="airtime", provider="airtime", amount=amount, fee=0, excise=0, levy=0, **fields)
    return Errand(row, reference, currency, again=False)


def account(fake: FakeAfricasTalking) -> Airtime:
    return Airtime(username="senti", api_key="invented", base_url=fake.url)


def test_airtime_is_bought_under_our_reference(fake: FakeAfricasTalking) -> None:
    assert account(fake).pay(errand()) == Answer(Fate.TAKEN, "ATQid_QK7M2X9TRD")
    assert fake.paths == ["/version1/airtime/send"]
    assert fake.requests == [
        {"username": "senti", "recipients": json.dumps([{"phoneNumber": TO, "amount": "KES 100.00"}])}
    ]
    assert fake.idempotency == ["QK7M2X9TRD"]


def test_each_purchase_has_its_own_key_also_side_by_side(fake: FakeAfricasTalking) -> None:
    """The library keeps the key in headers that are shared: of 200 at once 23 left with another's."""
    mine, names = account(fake), [f"REF{number:03}" for number in range(60)]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda name: mine.pay(errand(name)), names))
    assert [answer.provider_id for answer in answers] == [f"ATQid_{name}" for name in names]
    assert sorted(key or "" for key in fake.idempotency) == names


@pytest.mark.parametrize(
    ("amount", "currency", "written"),
    [(5_00, KES, "KES 5.00"), (1, KES, "KES 0.01"), (10_05, KES, "KES 10.05"), (500, UGX, "UGX 500")],
)
def test_amounts_are_written_as_decimals(
    fake: FakeAfricasTalking, amount: int, currency: Currency, written: str
) -> None:
    account(fake).pay(errand(amount=amount, currency=currency))
    assert json.loads(fake.requests[0]["recipients"])[0]["amount"] == written


@pytest.mark.parametrize(
    ("mood", "paid", "asked"),
    [
        ("well", Fate.TAKEN, Fate.TAKEN),
        ("charset", Fate.TAKEN, Fate.TAKEN),
        ("refuse_key", Fate.NOT_SENT, Fate.NOT_SENT),
        ("error", Fate.UNSURE, Fate.UNSURE),
        ("redirect", Fate.UNSURE, Fate.UNSURE),
        ("drop_reply", Fate.UNSURE, Fate.UNSURE),
        ("cut_body", Fate.UNSURE, Fate.UNSURE),
        ("html", Fate.UNSURE, Fate.UNSURE),
        ("not_json", Fate.UNSURE, Fate.UNSURE),
        ("failed", Fate.REFUSED, Fate.UNSURE),  # the first time it may have been done
        ("nobody", Fate.NOT_SENT, Fate.NOT_SENT),
    ],
)
def test_what_an_answer_means_at_first_and_when_it_is_repeated(
    fake: FakeAfricasTalking, mood: str, paid: Fate, asked: Fate
) -> None:
    fake.mood = mood
    assert account(fake).pay(errand()).fate is paid
    assert account(fake).ask(errand()).fate is asked
    assert set(fake.paths) == {"/version1/airtime/send"}
    assert set(fake.idempotency) == {"QK7M2X9TRD"}


def test_what_is_known_to_be_taken_or_waits_for_staff_is_not_bought_again(fake: FakeAfricasTalking) -> None:
    assert account(fake).ask(errand(provider_id="ATQid_1")) == Answer(Fate.TAKEN, "ATQid_1")
    assert account(fake).ask(errand(stuck=True)).fate is Fate.UNSURE
    assert account(fake).ask(errand()._replace(late=True)).fate is Fate.UNSURE
    assert account(fake).pay(errand(account="+1234\n")).fate is Fate.REFUSED
    assert fake.requests == []


def test_nothing_has_left_where_nobody_listens() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        closed = Airtime(username="s", api_key="k", base_url=f"http://127.0.0.1:{taken.getsockname()[1]}")
    assert closed.pay(errand()).fate is closed.ask(errand()).fate is Fate.NOT_SENT


ONE = {"phoneNumber": TO, "errorMessage": "None", "amount": "KES 100.0000", "status": "Sent", "requestId": "ATQid_1"}
SAID = {"errorMessage": "None", "numSent": 1, "totalAmount": "USD 0.7", "totalDiscount": "USD 0.03", "responses": [ONE]}


@pytest.mark.parametrize(
    ("said", "fate"),
    [
        (SAID, Fate.TAKEN),
        (SAID | {"numSent": 0}, Fate.UNSURE),
        (SAID | {"numSent": "1"}, Fate.UNSURE),
        (SAID | {"responses": [ONE | {"errorMessage": None}]}, Fate.UNSURE),  # None is the word, not null
        (SAID | {"responses": [ONE | {"status": "Success"}]}, Fate.UNSURE),
        (SAID | {"responses": [ONE | {"requestId": "None of them"}]}, Fate.UNSURE),
        (SAID | {"responses": [ONE | {"phoneNumber": "+254722000003"}]}, Fate.UNSURE),
        (SAID | {"responses": [ONE, ONE]}, Fate.UNSURE),
        (SAID | {"responses": []}, Fate.UNSURE),
        (SAID | {"responses": [], "numSent": 0, "errorMessage": "Insufficient Balance"}, Fate.NOT_SENT),
        (SAID | {"responses": [], "numSent": 0, "errorMessage": "A duplicate request was received"}, Fate.UNSURE),
        (SAID | {"responses": [ONE | {"status": "Failed", "errorMessage": "Value outside the limits"}]}, Fate.REFUSED),
        (SAID | {"responses": [ONE | {"status": "Failed", "errorMessage": "Duplicate request"}]}, Fate.UNSURE),
        ({}, Fate.UNSURE),
        ([], Fate.UNSURE),
        (None, Fate.UNSURE),
        ("", Fate.UNSURE),
        ("[" * 10_000, Fate.UNSURE),
    ],
)
def test_the_recipients_own_status_counts(said: object, fate: Fate) -> None:
    assert read_bought(said, TO).fate is fate
    assert isinstance(said, str) or read_bought(json.dumps(said), TO).fate is fate


NEWS = {
    "requestId": "ATQid_1",
    "phoneNumber": TO,
    "description": "Airtime Delivered Successfully",
    "status": "Success",
    "value": "KES 100.0000",
    "discount": "KES 4.0000",
}


def form(fields: dict[str, str], **changed: str) -> dict[str, list[str]]:
    return {name: [value] for name, value in {**fields, **changed}.items()}


def test_the_status_callback() -> None:
    assert read_airtime(form(NEWS)) == AirtimeNews("ATQid_1", TO, "KES", 100_00, True)
    assert read_airtime(form(NEWS, status="Failed")) == AirtimeNews("ATQid_1", TO, "KES", 100_00, False)
    assert read_airtime(form(NEWS, value="UGX 500.0000")) == AirtimeNews("ATQid_1", TO, "UGX", 500, True)
    assert read_airtime(form(NEWS, status="Submitted")) is None


@pytest.mark.parametrize(
    "value",
    [
        "100.0000",
        "KES nan",
        "KES -5",
        "KES 1e3",
        "KES ٣",
        "KES 100.001",
        "KES 0",
        "XYZ 5",
        "kes 5",
        "",
        "KES 9999999999999",
    ],
)
def test_an_amount_that_is_none_is_unreadable(value: str) -> None:
    with pytest.raises(Unreadable):
        read_airtime(form(NEWS, value=value))


def test_the_validation_callback() -> None:
    asked = {"transactionId": "ATQid_1", "phoneNumber": TO, "currencyCode": "KES", "amount": "100.00"}
    assert read_vouching(form(asked)) == Vouching("ATQid_1", TO, "KES", 100_00)
    with pytest.raises(Unreadable):
        read_vouching(form(asked, amount="KES 100"))
    with pytest.raises(Unreadable):
        read_vouching({**form(asked), "amount": ["1", "100"]})
