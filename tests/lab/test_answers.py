"""Lost answers, as many as there is time for, and whether the laboratory would see what it looks for."""

import gc
from collections.abc import Callable
from dataclasses import replace

import pytest

from service.app import App
from service.wallet.people import person_by_phone
from service.wallet.send import quote_send, send_money
from service.wallet.unit import Unit
from tests.bench.crowd import gather
from tests.bench.phones import phone_of
from tests.bench.servers import Postgres
from tests.lab.answers import through_the_api, through_the_gateway, through_the_service
from tests.lab.finding import Finding
from tests.lab.phones import Payment, problems, verify
from tests.serving.conftest import app_at

SHORT: dict[str, Callable[[Postgres], Finding]] = {
    "api": lambda server: through_the_api(server, 60, print, away_one_in=10**6),
    "service": lambda server: through_the_service(server, 12, 16, print, away_one_in=10**6),
    "gateway": lambda server: through_the_gateway(server, 6, 16, print),
}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("line", SHORT)
def test_D_04_D_05_W_05_lost_answers(postgres_server: str, line: str) -> None:
    """Commits and screens are lost on their way: each payment is made once, and everybody is told the truth."""
    finding = SHORT[line](Postgres(postgres_server))
    gc.collect()  # connections of a pool that was given up warn when they are forgotten
    assert finding.holds, finding


def pay(app: App, payment: Payment) -> str:
    def work(unit: Unit) -> str:
        payer = person_by_phone(unit, phone_of(payment.payer))
        assert payer is not None
        quote = quote_send(unit, payer=payer, phone=phone_of(payment.payee), amount=payment.amount * 100)
        return send_money(unit, payer=payer, quote=quote).reference

    return app.transact(work)


def test_the_laboratory_sees_what_is_lost_doubled_or_not_intended(sqlite_url: str) -> None:
    with app_at(sqlite_url) as app:
        gather(app, 3)
        before = problems(app)
        asked = Payment(0, 1, 101)
        told = replace(asked, reference=pay(app, asked))
        assert verify(app, [told], before) == (0, 0, frozenset())
        assert verify(app, [replace(told, reference="2222222222")], before).lost == 1
        assert verify(app, [told, Payment(1, 2, 101, reference=told.reference)], before).lost == 1
        assert verify(app, [], before).doubled == 1
        pay(app, asked)
        assert verify(app, [told], before).doubled == 1
