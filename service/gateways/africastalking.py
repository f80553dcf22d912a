"""Africa's Talking: how this gateway writes dials, messages and reports, and how messages are sent through it.

Nothing it posts is signed, and `text` repeats all that was typed, PINs included: it goes into the Dial and nowhere
else. Its library says "success" where a message failed, hides status codes and would follow redirects with our key;
what each of its answers means is decided here. It is imported at the first message, for it takes a while.
"""

import json
import re
import ssl
from collections.abc import Iterator, Mapping
from functools import cached_property
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from service.gateways.base import (
    Answer,
    Dial,
    Ended,
    Fate,
    OptedOut,
    Outcome,
    Report,
    Sent,
    SimNews,
    Sms,
    screen_digest,
)
from service.gateways.fields import (
    Form,
    code_of,
    count_of,
    id_of,
    moment_of,
    network_of,
    phone_of,
    text_of,
    word_of,
)
from service.phone import is_e164
from service.ussd.limit import Limit
from service.wallet.errand import AirtimeNews, Vouching

NAME = "africastalking"

# What the recipient's statusCode means; words of the provider beside it.
_SAID = {
    100: Outcome.ACCEPTED,      # Processed
    101: Outcome.ACCEPTED,      # Sent
    102: Outcome.ACCEPTED,      # Queued
    401: Outcome.LANE_STOPPED,  # RiskHold: the account is under review
    402: Outcome.LANE_STOPPED,  # InvalidSenderId
    403: Outcome.UNSENDABLE,    # InvalidPhoneNumber
    404: Outcome.UNSENDABLE,    # UnsupportedNumberType
    405: Outcome.LANE_STOPPED,  # InsufficientBalance
    406: Outcome.REFUSED,       # UserInBlacklist
    407: Outcome.NOT_SENT,      # CouldNotRoute
    409: Outcome.REFUSED,       # DoNotDisturbRejection
    500: Outcome.NOT_SENT,      # InternalServerError
    501: Outcome.NOT_SENT,      # GatewayError
    502: Outcome.NOT_SENT,      # RejectedByGateway
}  # fmt: skip

_FATES = {
    "success": Fate.DELIVERED,
    "rejected": Fate.FAILED,
    "failed": Fate.FAILED,
    "expired": Fate.FAILED,
}
"""Any other word (Sent, Submitted, Buffered, and those not invented yet) says that it is on its way."""

_PASSING = frozenset({"userisinactive", "deliveryfailure"})
"""Reasons of a failure that may be over when it is tried again."""

_ID = re.compile(r"[!-~]{1,128}")
"""What a report can name. Anything else is not kept: a database that refuses it would leave the message unsettled."""

BAD_KEY = "supplied authentication is invalid"


class AfricasTalking:
    """One account with Africa's Talking. Values may be shared between threads."""

    name = NAME
    limit = Limit(NAME, septets=156, units=76)
    """160 and 80 are safe on all its networks; whether the four characters of `CON ` count is nowhere said."""

    def __init__(
        self,
        *,
        username: str,
        api_key: str,
        base_url: str = "",
        sender_id: str = "",
        connect_seconds: int = 3,
        read_seconds: int = 10,
    ) -> None:
        """Take an account; an empty `base_url` is the provider's own, live or sandbox by `username`.

        Raises ValueError for an address that is neither https nor this machine: the key would travel in clear.
        """
        if base_url:
            check_base_url(base_url)
        self._username = username
        self._api_key = api_key
        self._base_url = base_url.rstrip("/")
        self._sender_id = sender_id or None
        self._timeout = (connect_seconds, read_seconds)

    def read_dial(self, form: Form) -> Dial:
        """Read a hop; `text` holds everything typed so far."""
        return Dial(
            gateway=NAME,
            session_id=id_of(form, "sessionId"),
            phone=phone_of(form, "phoneNumber"),
            service_code=code_of(form, "serviceCode"),
            network=network_of(form, "networkCode"),
            text=text_of(form, "text", absent=""),
        )

    def read_end(self, form: Form) -> Ended:
        """Read the end of a session; what was typed is left behind here, and of what was shown a digest goes on."""
        last = text_of(form, "lastAppResponse", longest=4000, absent="").removeprefix("END ").removeprefix("CON ")
        cost = text_of(form, "cost", absent="")
        status = word_of(form, "status")
        return Ended(
            gateway=NAME,
            session_id=id_of(form, "sessionId"),
            phone=phone_of(form, "phoneNumber"),
            service_code=code_of(form, "serviceCode"),
            shown=status == "Success",
            status=status,
            hops=count_of(form, "hopsCount"),
            cost=cost if re.fullmatch(r"([A-Z]{3} )?[0-9]{1,9}(\.[0-9]{1,6})?", cost) else "",
            last=screen_digest(last) if last else None,
        )

    def read_sms(self, form: Form) -> Sms:
        """Read a message that a person sent."""
        link_id = text_of(form, "linkId", longest=128, absent="")
        return Sms(
            gateway=NAME,
            id=id_of(form, "id"),
            phone=phone_of(form, "from"),
            to=text_of(form, "to", longest=25, absent=""),
            text=text_of(form, "text"),
            sent_at=moment_of(form, "date"),
            link_id=link_id or None,
        )

    def read_report(self, form: Form) -> Report | OptedOut | None:
        """Read a delivery report, an opt-out or a change of a subscription: they differ by their fields."""
        phone = phone_of(form, "phoneNumber")
        if "updateType" in form:
            ends = word_of(form, "updateType") == "Deletion"
            return OptedOut(NAME, phone, id_of(form, "shortCode")) if ends else None
        if "senderId" in form:
            return OptedOut(NAME, phone, text_of(form, "senderId", longest=25))
        fate = _FATES.get(word_of(form, "status").lower(), Fate.PENDING)
        reason = word_of(form, "failureReason")
        return Report(
            gateway=NAME,
            provider_id=id_of(form, "id"),
            phone=phone,
            fate=fate,
            reason=reason,
            final=fate is Fate.DELIVERED or (fate is Fate.FAILED and reason.lower() not in _PASSING),
        )

    def read_sim(self, form: Form) -> SimNews:
        """Read what the network says of a SIM."""
        from service.gateways.sim_swaps import read_sim

        return read_sim(form)

    def read_airtime(self, form: Form) -> AirtimeNews | None:
        """Read what became of airtime."""
        from service.gateways.airtime import read_airtime

        return read_airtime(form)

    def read_vouching(self, form: Form) -> Vouching:
        """Read the question whether airtime was bought here."""
        from service.gateways.airtime import read_vouching

        return read_vouching(form)

    def write(self, text: str, *, ends: bool) -> Answer:
        """Return a screen: it goes on after `CON `, and `END ` says goodbye."""
        return Answer(f"{'END' if ends else 'CON'} {text}")

    def send(self, *, to: str, text: str, link_id: str | None = None) -> Sent:
        """Send one message to one number; takes up to a connect and many reads, so the caller holds a long lease."""
        if not is_e164(to):
            return Sent(Outcome.UNSENDABLE, detail="not a phone number")
        from africastalking.Service import AfricasTalkingException
        from requests.exceptions import RequestException

        try:
            if link_id is not None and self._sender_id is not None and self._sender_id.isdigit():
                heard = self._sms.send_premium(text, self._sender_id, [to], link_id=link_id, timeout=self._timeout)
            else:
                heard = self._sms.send(text, [to], self._sender_id, timeout=self._timeout)
        except AfricasTalkingException as refused:
            if BAD_KEY in str(refused):
                return Sent(Outcome.LANE_STOPPED, detail="the key is not accepted")
            return Sent(Outcome.UNKNOWN, detail="an answer that is no success")
        except RequestException as broken:
            outcome = Outcome.UNREACHABLE if never_left(broken) else Outcome.UNKNOWN
            return Sent(outcome, detail=type(broken).__name__)
        return read_sent(heard, to)

    @cached_property
    def _sms(self) -> Any:
        from africastalking.SMS import SMSService

        base_url = self._base_url

        class Aimed(SMSService):  # type: ignore[misc]  # the library has no types
            def _init_service(self) -> None:
                super()._init_service()
                if base_url:
                    self._baseUrl = self._contentUrl = base_url + "/version1"

            _make_request = staticmethod(post_plainly)

        return Aimed(self._username, self._api_key)


def post_plainly(url: str, _method: str, /, **given: Any) -> str:
    """Post for the provider's library, whose own way follows a redirect to any host, with the key in its headers."""
    import requests
    from africastalking.Service import AfricasTalkingException

    wanted = {name: given[name] for name in ("headers", "data", "params", "timeout")}
    answer = requests.post(url, allow_redirects=False, **wanted)  # noqa: S113  (among those given)
    if not 200 <= answer.status_code < 300:
        raise AfricasTalkingException(answer.text)
    return answer.text


def check_base_url(url: str) -> None:
    """Raise ValueError unless the key may be sent there: https to a host, or http to this very machine."""
    parts = urlsplit(url)
    if parts.username is not None or parts.query or parts.fragment or not parts.hostname:
        raise ValueError("the gateway's address must be https://host, with no user, query or fragment")
    if parts.scheme != "https" and not (parts.scheme == "http" and _this_machine(parts.hostname)):
        raise ValueError("the gateway's address must begin with https:// (http:// only to this machine)")


def read_sent(heard: object, to: str) -> Sent:
    """Say what an answer of the messaging API means for one number.

    The library hands over text where the content type has a charset. Only the recipient's own status counts: the
    request as a whole is a "success" even when nothing was taken.
    """
    try:
        said: Any = json.loads(heard) if isinstance(heard, str) else heard
        data = said["SMSMessageData"]
        recipients = [one for one in data["Recipients"] if one["number"] == to]
        empty = not data["Recipients"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return Sent(Outcome.UNKNOWN, detail="an answer that cannot be read")
    if empty:
        if data.get("Message") == "InvalidSenderId":
            return Sent(Outcome.LANE_STOPPED, detail="402 InvalidSenderId")
        return Sent(Outcome.REFUSED, detail="nobody was taken")
    if not recipients:
        return Sent(Outcome.UNKNOWN, detail="somebody else's answer")
    return min((_read_recipient(one) for one in recipients), key=lambda sent: sent.outcome is not Outcome.ACCEPTED)


def _read_recipient(one: Mapping[str, Any]) -> Sent:
    code = str(one.get("statusCode", ""))
    outcome = _SAID.get(int(code)) if re.fullmatch(r"[0-9]{3}", code) else None
    if outcome is Outcome.ACCEPTED:
        given = one.get("messageId")
        known = isinstance(given, str) and given != "None" and _ID.fullmatch(given)
        return Sent(outcome, provider_id=given if known else None)
    word = str(one.get("status", ""))
    detail = f"{code} {word}" if re.fullmatch(r"[0-9]{3} [A-Za-z]{1,40}", f"{code} {word}") else "an unknown status"
    if outcome is None:
        outcome = Outcome.REFUSED if re.fullmatch(r"4[0-9]{2}", code) else Outcome.UNKNOWN
    return Sent(outcome, detail=detail)


def _this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def never_left(error: BaseException) -> bool:
    """Say whether the connection itself failed, so that nothing can have been sent."""
    from requests.exceptions import ConnectTimeout
    from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

    never = (ConnectTimeout, ConnectTimeoutError, NewConnectionError, ssl.SSLCertVerificationError)
    return any(isinstance(cause, never) for cause in _causes(error))


def _causes(error: BaseException) -> Iterator[BaseException]:
    waiting: list[object] = [error]
    seen: set[int] = set()
    while waiting:
        cause = waiting.pop()
        if isinstance(cause, BaseException) and id(cause) not in seen:
            seen.add(id(cause))
            yield cause
            waiting += [*cause.args, getattr(cause, "reason", None), cause.__cause__, cause.__context__]
