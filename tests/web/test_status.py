"""Health, metrics and headers."""

import socket
import urllib.request

import pytest

from service.web.health import Health
from service.web.metrics import Metrics
from tests.web.conftest import Shop


def test_alive_means_that_somebody_answers(shop: Shop) -> None:
    shop.state["now"] = Health(database=False, schema=False, menu=False)
    answer = shop.client.get("/health/live")
    assert (answer.status_code, answer.json) == (200, {"live": True})


@pytest.mark.parametrize("missing", [None, "database", "schema", "menu"])
def test_ready_means_database_schema_and_menu(shop: Shop, missing: str | None) -> None:
    if missing:
        shop.state["now"] = shop.state["now"]._replace(**{missing: False})
    answer = shop.client.get("/health/ready")
    assert answer.status_code == (503 if missing else 200)
    assert answer.json == {
        "ready": missing is None,
        "database": missing != "database",
        "schema": missing != "schema",
        "menu": missing != "menu",
        "degraded": {"outbox_age_seconds": 3, "seal_age_seconds": 40},
    }


def test_a_late_outbox_is_said_and_is_no_reason_to_stop(shop: Shop) -> None:
    shop.state["now"] = shop.state["now"]._replace(outbox_age=90_000, seal_age=90_000)
    assert shop.client.get("/health/ready").status_code == 200
    assert shop.counted("senti_outbox_age_seconds ") == 90_000


def test_a_question_that_fails_is_a_no(shop: Shop) -> None:
    shop.state.clear()
    assert shop.client.get("/health/ready").status_code == 503
    metrics = shop.client.get("/metrics")
    assert metrics.status_code == 200
    assert "senti_outbox_age_seconds" not in metrics.text


def test_metrics_count_by_kind_and_hold_nothing_about_a_person(shop: Shop) -> None:
    shop.hop(text="1*0722000002*500*4071")
    shop.metrics.refusals.labels("not_enough").inc()
    shop.metrics.postings.labels("send").inc()
    shop.metrics.count_sms("accepted")
    text = shop.client.get("/metrics").text
    assert 'senti_hops_total{gateway="africastalking",outcome="continue"} 1.0' in text
    assert 'senti_hop_seconds_bucket{gateway="africastalking",le="0.1"} 1.0' in text
    assert 'senti_refusals_total{code="not_enough"} 1.0' in text
    assert 'senti_postings_total{reason="send"} 1.0' in text
    assert 'senti_sms_out_total{outcome="accepted"} 1.0' in text
    for private in ("254711000001", "0722000002", "4071", "ATUid"):
        assert private not in text


def test_metrics_can_have_a_port_of_their_own() -> None:
    metrics = Metrics(ages=lambda: {"seal": 7})
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with metrics.serving(port=port, host="127.0.0.1"):
        said = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics").read().decode()
    assert "senti_seal_age_seconds 7.0" in said


@pytest.mark.parametrize("path", ["/health/live", "/metrics", "/nothing", "/gateways/africastalking/x/ussd"])
def test_every_answer_carries_the_headers_that_keep_it_where_it_belongs(shop: Shop, path: str) -> None:
    answer = shop.client.get(path)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains"
    policy = answer.headers["Content-Security-Policy"].split("; ")
    assert {"default-src 'none'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"} <= set(policy)
    assert "Server" not in answer.headers
    assert "Set-Cookie" not in answer.headers


def test_a_page_that_breaks_says_nothing_of_what_broke(shop: Shop) -> None:
    def broken() -> str:
        raise ValueError("PIN 4071")

    shop.client.application.add_url_rule("/broken", view_func=broken)
    answer = shop.client.get("/broken")
    assert (answer.status_code, answer.text) == (500, "internal server error\n")
