"""The simulator's gateway: phones on a page and in a terminal speak this dialect, which sends the last input only.

A dialled string may go on behind the service code (`*384*96*1*0722000002*500#`): what follows is the text of the first
hop. Messages "sent" here go nowhere; the phones read them from the outbox.
"""

import re
import secrets
from collections.abc import Sequence

from service.gateways.base import Answer, Dial, Ended, Fate, OptedOut, Outcome, Report, Sent, SimNews, Sms, Unreadable
from service.gateways.fields import Form, id_of, text_of, word_of
from service.phone import BadPhone, is_e164, read_phone
from service.ussd.limit import Limit
from service.wallet.errand import AirtimeNews, Vouching

NAME = "simulator"

_DIALLED = re.compile(r"\*[^#\0]*#")
_FATES = {"delivered": Fate.DELIVERED, "failed": Fate.FAILED}


class Simulator:
    """A gateway without a network. `codes` are the service codes it serves, `region` that of its phones."""

    name = NAME
    limit = Limit(NAME, septets=160, units=80)

    def __init__(self, *, codes: Sequence[str], region: str) -> None:
        # The longest first, so that *384*96# is not taken for *384# with something behind it.
        self._codes = sorted(codes, key=len, reverse=True)
        self._region = region

    def read_dial(self, form: Form) -> Dial:
        """Read a hop: without `input` it is the first, and the dialled code may carry a path."""
        service_code, path = self._split(form)
        first = "input" not in form
        return Dial(
            gateway=NAME,
            session_id=id_of(form, "session"),
            phone=self._phone(form),
            service_code=service_code,
            network=None,
            text=path if first else text_of(form, "input"),
            whole=first,
        )

    def read_end(self, form: Form) -> Ended:
        """Read that a phone hung up; `shown` is 1 where its owner has seen the last screen."""
        shown = text_of(form, "shown", absent="") == "1"
        return Ended(
            gateway=NAME,
            session_id=id_of(form, "session"),
            phone=self._phone(form),
            service_code=self._split(form)[0],
            shown=shown,
            status="Success" if shown else "Incomplete",
            hops=0,
            cost="",
        )

    def read_sms(self, form: Form) -> Sms:
        """Read a message from a phone."""
        return Sms(
            gateway=NAME,
            id=id_of(form, "id"),
            phone=self._phone(form),
            to=text_of(form, "to", longest=25, absent=""),
            text=text_of(form, "text"),
            sent_at=None,
        )

    def read_report(self, form: Form) -> Report | OptedOut | None:
        """Read what became of a message; without an `id` the phone wants no more of them."""
        phone = self._phone(form)
        if "id" not in form:
            return OptedOut(NAME, phone, NAME)
        fate = _FATES.get(word_of(form, "status").lower(), Fate.PENDING)
        return Report(NAME, id_of(form, "id"), phone, fate, reason="", final=fate is not Fate.PENDING)

    def read_sim(self, form: Form) -> SimNews:  # noqa: ARG002
        """Its phones have no SIMs."""
        raise Unreadable("status")

    def read_airtime(self, form: Form) -> AirtimeNews | None:  # noqa: ARG002
        """It sells none."""
        raise Unreadable("status")

    def read_vouching(self, form: Form) -> Vouching:  # noqa: ARG002
        """It sells none."""
        raise Unreadable("status")

    def write(self, text: str, *, ends: bool) -> Answer:
        """Return a screen, marked as the other gateway does."""
        return Answer(f"{'END' if ends else 'CON'} {text}")

    def send(self, *, to: str, text: str, link_id: str | None = None) -> Sent:  # noqa: ARG002
        """Accept a message: whose number it is and what it says stands in the outbox already."""
        return Sent(Outcome.ACCEPTED, provider_id=f"sim-{secrets.token_hex(8)}")

    def _phone(self, form: Form) -> str:
        phone = text_of(form, "phone", longest=25)
        if is_e164(phone):
            return phone
        try:
            return read_phone(phone, self._region)
        except BadPhone:
            raise Unreadable("phone") from None

    def _split(self, form: Form) -> tuple[str, str]:
        dialled = text_of(form, "code")
        if _DIALLED.fullmatch(dialled):
            for code in self._codes:
                if dialled == code:
                    return code, ""
                if dialled.startswith(code[:-1] + "*"):
                    return code, dialled[len(code) : -1]
        raise Unreadable("code")
