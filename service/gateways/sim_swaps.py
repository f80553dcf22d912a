"""Africa's Talking on SIMs: asking when a number was last moved to another one, and reading the later answer.

The question is taken or not; `Queued` says nothing about the SIM. The answer is posted as JSON to a callback. Its shape
was seen in public examples only, not on the wire: what does not fit it is unreadable, and changes nothing.
"""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from service.gateways.africastalking import NAME, check_base_url
from service.gateways.base import SimNews, Unreadable
from service.gateways.fields import Form, id_of, text_of, word_of
from service.wallet.sim import SimAsked

_ID = re.compile(r"[!-~]{1,128}")
_MOMENTS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S")
_DAYS = ("%Y-%m-%d", "%d-%m-%Y")


class SimSwaps:
    """One account with the provider's service about SIMs."""

    def __init__(self, *, username: str, api_key: str, url: str) -> None:
        """Take an account; raises ValueError for an address to which the key may not be sent."""
        check_base_url(url)
        self._username, self._api_key, self._url = username, api_key, f"{url.rstrip('/')}/v1/sim-swap"

    def ask_sim(self, phone: str) -> SimAsked:
        """Ask about one number; raises nothing: what was not taken is asked again later."""
        import requests

        try:
            answer = requests.post(
                self._url,
                json={"username": self._username, "phoneNumbers": [phone]},
                headers={"apiKey": self._api_key, "Accept": "application/json"},
                timeout=(3, 10),
                allow_redirects=False,  # the key would go along to any host
            )
            return read_asked(answer.json(), phone) if 200 <= answer.status_code < 300 else SimAsked(None)
        except (requests.RequestException, json.JSONDecodeError):
            return SimAsked(None)


def read_asked(heard: Any, phone: str) -> SimAsked:
    """Say whether a question about a number was taken, and under which name."""
    try:
        (one,) = [one for one in heard["responses"] if one["phoneNumber"]["number"] == phone]
        status, asked_as = str(one.get("status", "")), one.get("requestId")
    except (TypeError, KeyError, ValueError, AttributeError):
        return SimAsked(None)
    taken = status == "Queued" and isinstance(asked_as, str) and _ID.fullmatch(asked_as)
    return SimAsked(asked_as if taken else None, final=status == "UnsupportedPhoneNumber")


def read_sim(form: Form) -> SimNews:
    """Read the answer; a day that cannot be read is none."""
    status, asked_as = word_of(form, "status"), id_of(form, "requestId")
    if status not in ("Swapped", "NotSwapped"):
        raise Unreadable("status")
    last = text_of(form, "lastSimSwapDate", longest=40, absent="")
    return SimNews(NAME, asked_as, status == "Swapped", _moment(last))


def _moment(text: str) -> datetime | None:
    for spelling in _MOMENTS:
        try:
            at = datetime.strptime(text, spelling)  # noqa: DTZ007  # the zone is put on below
            return at if at.tzinfo else at.replace(tzinfo=UTC)
        except ValueError:
            continue
    for spelling in _DAYS:
        try:
            return datetime.strptime(text, spelling).replace(tzinfo=UTC) + timedelta(days=1)
        except ValueError:
            continue
    return None
