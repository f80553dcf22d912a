"""Billers over HTTP: whose an account is, paying into it, and what became of a payment. docs/billers.md is the dialect.

Every request is signed with the biller's own key. An answer counts only if it is JSON of the shape that was asked for
and names what was asked about; a redirect, a page, half an answer or none leaves us unsure.
"""

import hmac
import json
import re
import time
from collections.abc import Container, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from service.countries import Pack
from service.gateways.africastalking import check_base_url, never_left
from service.gateways.deadline import Calls, Full, TooLate
from service.ledger.entry import LARGEST
from service.wallet.errand import Answer, Errand, Fate, Provider
from service.wallet.outside import NOT_FOUND, TOO_SLOW, AccountAnswer, AccountQuestion, Found

LONGEST_ANSWER = 16_384
LOOK_SECONDS = 1.5
"""A phone waits for the answer of a hop, which may take three seconds in all."""

SILENCE_SECONDS = 1.0
"""A biller who is asked whose account it is says something within this."""

PAY_SECONDS = 20.0
LOOKS, PAYS = 3, 4
"""Calls to one biller at a time: of the eight threads that answer hops a slow biller may hold so many."""

_ID = re.compile(r"[!-~]{1,64}")
_FATES = {
    "paid": Fate.DONE,
    "pending": Fate.TAKEN,
    "refused": Fate.REFUSED,
    "unknown": Fate.UNHEARD,
}


class _Unreached(Exception):
    """Nothing has left: no connection was had."""


class _Unreadable(Exception):
    """Something came back, or nothing, that says nothing."""


class HttpBiller:
    """One biller. Values may be shared between threads."""

    def __init__(self, *, url: str, key: str) -> None:
        """Take an address and the key that requests are signed with; raises ValueError for an unfit address."""
        check_base_url(url)
        self._url, self._key = url.rstrip("/"), key.encode()
        self._looks, self._pays = Calls(LOOKS), Calls(PAYS)

    def look_up(self, account: str) -> AccountAnswer:
        """Say whose an account is and what is due on it, as far as the biller says so in time."""
        asked = {"account": account}
        try:
            said = self._looks.within(LOOK_SECONDS, lambda: self._call("POST", "/accounts", asked, SILENCE_SECONDS))
            return _found(said, account)
        except (_Unreached, _Unreadable, TooLate, Full):
            return TOO_SLOW

    def pay(self, errand: Errand) -> Answer:
        """Have a bill paid under our reference: however often it is sent, it is one payment."""
        order = errand.order
        body = {
            "id": errand.reference,
            "account": order.account,
            "amount": order.amount,
            "currency": errand.currency.code,
        }
        return self._fate("POST", "/payments", body, errand)

    def ask(self, errand: Errand) -> Answer:
        """Ask what became of the payment under our reference."""
        return self._fate("GET", f"/payments/{errand.reference}", None, errand)

    def _fate(self, method: str, path: str, body: Mapping[str, Any] | None, errand: Errand) -> Answer:
        try:
            said = self._pays.within(PAY_SECONDS, lambda: self._call(method, path, body, 5))
        except (_Unreached, Full):
            return Answer(Fate.NOT_SENT)
        except (_Unreadable, TooLate) as why:
            return Answer(Fate.UNSURE, detail=type(why).__name__)
        fate = _FATES.get(str(said.get("status")))
        asked = (errand.reference, errand.order.amount, errand.currency.code)
        about = (said.get("id"), said.get("amount"), said.get("currency"))
        if fate is Fate.UNHEARD and method == "GET" and said.get("id") == errand.reference:
            return Answer(fate)
        if fate in (None, Fate.UNHEARD) or about != asked:
            return Answer(Fate.UNSURE, detail="an answer about something else")
        receipt, reason = said.get("receipt"), said.get("reason")
        known = receipt if isinstance(receipt, str) and _ID.fullmatch(receipt) else None
        detail = reason if isinstance(reason, str) and re.fullmatch("[a-z_]{1,40}", reason) else ""
        return Answer(fate, known, detail)

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None, seconds: float) -> dict[str, Any]:
        """Return the object that the biller answers; raises _Unreached or _Unreadable."""
        import requests
        from urllib3.exceptions import HTTPError

        sent = json.dumps(body, sort_keys=True).encode() if body is not None else b""
        url = self._url + path
        headers = {
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            **signed(self._key, method, urlsplit(url).path, sent, int(time.time())),
        }
        if sent:
            headers["Content-Type"] = "application/json"
        try:
            with requests.Session() as session:
                session.trust_env = False  # no proxy and no password file of whoever runs this
                answer = session.request(
                    method,
                    url,
                    data=sent or None,
                    headers=headers,
                    timeout=(min(seconds, 3), seconds),
                    allow_redirects=False,
                    stream=True,
                )
                with answer:
                    kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
                    if answer.status_code not in (200, 201) or kind != "application/json":
                        raise _Unreadable
                    read = answer.raw.read(LONGEST_ANSWER + 1, decode_content=False)
        except requests.RequestException as broken:
            raise (_Unreached if never_left(broken) else _Unreadable) from None
        except (HTTPError, OSError, ValueError):
            raise _Unreadable from None
        return _object(read, answer.headers.get("Content-Length"))


def signed(key: bytes, method: str, path: str, body: bytes, at: int) -> dict[str, str]:
    """Return the headers that say who sends a request, and when."""
    text = b"\n".join((str(at).encode(), method.encode(), path.encode(), body))
    return {"Senti-Time": str(at), "Senti-Signature": hmac.digest(key, text, "sha256").hex()}


def _object(read: bytes, length: str | None) -> dict[str, Any]:
    if len(read) > LONGEST_ANSWER or (length is not None and length != str(len(read))):
        raise _Unreadable
    try:
        said = json.loads(read)
    except (ValueError, RecursionError):
        raise _Unreadable from None
    if not isinstance(said, dict):
        raise _Unreadable
    return said


def _found(said: Mapping[str, Any], account: str) -> AccountAnswer:
    if said.get("account") != account:
        return TOO_SLOW
    if said.get("status") == "unknown":
        return NOT_FOUND
    holder, due = said.get("holder"), said.get("due")
    sound = isinstance(holder, str) and 1 <= len(holder) <= 60 and holder.isprintable()
    if said.get("status") != "known" or not sound or not (due is None or (type(due) is int and 0 <= due <= LARGEST)):
        return TOO_SLOW
    return Found(str(holder), due)


class Billers:
    """All billers of the countries that are served, by their codes."""

    def __init__(self, billers: Mapping[str, HttpBiller]) -> None:
        self._billers = billers

    @property
    def providers(self) -> Mapping[str, Provider]:
        return self._billers

    def look_up(self, question: AccountQuestion) -> AccountAnswer:
        """Ask a biller whose an account is: half of the time that a hop has, at most."""
        biller = self._billers.get(question.biller)
        return biller.look_up(question.account) if biller else TOO_SLOW


def with_billers(pack: Pack, codes: Container[str]) -> Pack:
    """Return a pack that offers the bills of these billers alone."""
    return replace(pack, billers=tuple(one for one in pack.billers if one.code in codes))


def billers_of(packs: Mapping[str, Pack], keys: Mapping[str, str], url: str | None) -> Billers:
    """Return the billers of these countries for which there is a key; `url` stands in for every address (the demo)."""
    every = [one for pack in packs.values() for one in pack.billers if one.code in keys]
    return Billers(
        {one.code: HttpBiller(url=f"{url}/{one.code}" if url else one.url, key=keys[one.code]) for one in every}
    )
