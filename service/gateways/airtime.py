"""Airtime through Africa's Talking: buying it, and reading what its two callbacks say and ask.

Its library keeps the key that makes a purchase one purchase in headers that the next one reuses, edits what it is
given, and takes any text for an amount: each call has an object of its own, and amounts are written here. A purchase
cannot be asked about. It is repeated
under the same key, for a while, and what then is no success says nothing of the first time.
"""

import json
import re
from typing import Any

import iso4217

from service.gateways.africastalking import BAD_KEY, check_base_url, never_left, post_plainly
from service.gateways.base import Unreadable
from service.gateways.deadline import Calls, Full, TooLate
from service.gateways.fields import Form, id_of, phone_of, text_of, word_of
from service.ledger.entry import LARGEST
from service.money import Currency
from service.phone import is_e164
from service.wallet.errand import AirtimeNews, Answer, Errand, Fate, Vouching

PAY_SECONDS = 25.0
CALLS = 4
"""Purchases at a time."""

_ID = re.compile(r"[!-~]{1,64}")
_VALUE = re.compile(r"(?:([A-Z]{3}) )?([0-9]{1,12})(?:\.([0-9]{1,6}))?")


class Airtime:
    """One account with the provider. Values may be shared between threads."""

    def __init__(self, *, username: str, api_key: str, base_url: str) -> None:
        """Take an account; raises ValueError for an address to which the key may not be sent."""
        check_base_url(base_url)
        self._username, self._api_key, self._base_url = username, api_key, base_url.rstrip("/")
        self._calls = Calls(CALLS)

    def pay(self, errand: Errand) -> Answer:
        """Buy airtime under our reference."""
        return self._buy(errand)

    def ask(self, errand: Errand) -> Answer:
        """Buy it again under the same key; of what was taken the callback tells."""
        if errand.order.provider_id is not None:
            return Answer(Fate.TAKEN, errand.order.provider_id)
        if errand.late or errand.order.stuck:  # the key may be forgotten by now, or staff decide
            return Answer(Fate.UNSURE)
        answer = self._buy(errand)
        return answer if answer.fate in (Fate.TAKEN, Fate.NOT_SENT) else Answer(Fate.UNSURE, detail=answer.detail)

    def _buy(self, errand: Errand) -> Answer:
        order, currency = errand.order, errand.currency
        if not is_e164(order.account):
            return Answer(Fate.REFUSED, detail="not a phone number")
        from africastalking.Service import AfricasTalkingException
        from requests.exceptions import RequestException

        def call() -> object:
            return self._service().send(
                phone_number=order.account,
                amount=_written(order.amount, currency),
                currency_code=currency.code,
                idempotency_key=errand.reference,
                timeout=(3, 10),
            )

        try:
            return read_bought(self._calls.within(PAY_SECONDS, call), order.account)
        except AfricasTalkingException as refused:
            if BAD_KEY in str(refused):
                return Answer(Fate.NOT_SENT, detail="the key is not accepted")
            return Answer(Fate.UNSURE, detail="an answer that is no success")
        except RequestException as broken:
            return Answer(Fate.NOT_SENT if never_left(broken) else Fate.UNSURE, detail=type(broken).__name__)
        except Full:
            return Answer(Fate.NOT_SENT, detail="too many at a time")
        except TooLate:
            return Answer(Fate.UNSURE, detail="no answer in time")

    def _service(self) -> Any:
        from africastalking.Airtime import AirtimeService

        base_url = self._base_url

        class Aimed(AirtimeService):  # type: ignore[misc]  # the library has no types
            def _init_service(self) -> None:
                super()._init_service()
                self._baseUrl = base_url + "/version1/airtime"

            _make_request = staticmethod(post_plainly)

        return Aimed(self._username, self._api_key)


def read_bought(heard: object, phone: str) -> Answer:
    """Say what an answer means for one number: `None` is the word for no error, and a 2xx alone says nothing."""
    try:
        said: Any = json.loads(heard) if isinstance(heard, str) else heard
        (one,) = [each for each in said["responses"] if each["phoneNumber"] == phone] or [None]
        count, error = said["numSent"], str(said["errorMessage"])
        nobody = not said["responses"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return Answer(Fate.UNSURE, detail="an answer that cannot be read")
    if nobody and count == 0 and error != "None" and "duplicate" not in error.lower():
        return Answer(Fate.NOT_SENT, detail="nobody was taken")  # our account is empty, or closed
    if one is None:
        return Answer(Fate.UNSURE, detail="somebody else's answer")
    status, why, known = one.get("status"), one.get("errorMessage"), one.get("requestId")
    if status == "Sent" and why == "None" and count == 1 and isinstance(known, str) and _ID.fullmatch(known):
        return Answer(Fate.TAKEN, known)
    if status == "Failed" and "duplicate" not in str(why).lower():
        return Answer(Fate.REFUSED, detail="Failed")
    return Answer(Fate.UNSURE, detail="an unknown status")


def read_airtime(form: Form) -> AirtimeNews | None:
    """Read the final state of a purchase; None while it is under way."""
    status = word_of(form, "status")
    if status not in ("Success", "Failed"):
        return None
    currency, amount = _minor(text_of(form, "value", longest=40))
    return AirtimeNews(id_of(form, "requestId"), phone_of(form, "phoneNumber"), currency, amount, status == "Success")


def read_vouching(form: Form) -> Vouching:
    """Read the question whether a purchase is ours."""
    written = f"{text_of(form, 'currencyCode', longest=3)} {text_of(form, 'amount', longest=30)}"
    currency, amount = _minor(written)
    return Vouching(id_of(form, "transactionId"), phone_of(form, "phoneNumber"), currency, amount)


def _minor(text: str) -> tuple[str, int]:
    """Read an amount such as `KES 100.0000` as minor units; what is no whole number of them is unreadable."""
    found = _VALUE.fullmatch(text)
    try:
        exponent = iso4217.Currency(found[1] or "").exponent if found else None
    except ValueError:
        exponent = None
    if found is None or exponent is None:
        raise Unreadable("value")
    cents = found[3] or ""
    minor = int(found[2] + cents[:exponent].ljust(exponent, "0"))
    if cents[exponent:].strip("0") or not 0 < minor <= LARGEST:
        raise Unreadable("value")
    return found[1], minor


def _written(minor: int, currency: Currency) -> str:
    whole, cents = divmod(minor, 10**currency.exponent)
    return f"{whole}.{cents:0{currency.exponent}d}" if currency.exponent else str(whole)
