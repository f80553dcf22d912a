"""One message from a person: what it asks, done once, and the reply put into the outbox in the same commit."""

import hmac
from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256
from typing import Any

from menus.call import Call
from menus.sms import LATE, STRANGE, understand
from menus.sms_answer import Answer, TooLate, TooManyMessages
from service.gateways.base import Sms
from service.refusal import Refusal
from service.wallet.idle import is_asleep, note_use
from service.wallet.notice import tell, tell_number
from service.wallet.seats import callers
from service.wallet.tally import count
from service.wallet.unit import Seen, Unit
from service.web.hop import Country


def answer_sms(unit: Unit, sms: Sms, country: Country, key: bytes) -> str:
    """Do what a message asks, once however often it is delivered, queue the reply, and return the code of a refusal.

    The text is read and forgotten; it is in no row and no log. The same id with another text is another message.
    """
    seen = _digest(key, "\x00".join((sms.gateway, sms.id, sms.phone, sms.text)))
    if not unit.rows.add(Seen(key=f"sms:{seen}", at=unit.now)):
        return ""
    hour = f"{_digest(key, sms.phone)}:{unit.now:%Y%m%d%H}"
    if count(unit, f"sms-heard:{hour}", 1) >= 2 * country.pack.sms_commands_per_hour:
        return ""  # nobody writes so much: what is not answered is not done either
    person, sharers = callers(unit, sms.phone)
    call = Call(unit, country.pack, sms.phone, person, sharers=sharers)
    for one in (person, *sharers):
        if one and not is_asleep(unit, one):
            note_use(unit, one)
    answer = _budgeted(call, _understood(call, sms), key)
    if isinstance(answer, Refusal):
        _tell(call, f"no.{answer.code}", answer.said, sms)
        return answer.code
    if answer and answer.key:
        _tell(call, answer.key, answer.values, sms, seconds=answer.seconds)
    return ""


def _understood(call: Call, sms: Sms) -> Answer | Refusal:
    if sms.sent_at is not None and call.unit.now - sms.sent_at > LATE:
        return TooLate()
    try:
        with call.savepoint():
            return understand(call, sms.text)
    except Refusal as no:
        return no


def _budgeted(call: Call, answer: Answer | Refusal, key: bytes) -> Answer | Refusal | None:
    """Return the answer if this hour's budget allows one; the last command that is answered says so (M-05)."""
    if isinstance(answer, Answer) and not answer.key:
        return answer  # a code has paid: its receipts are the answer, and are never counted
    strange = isinstance(answer, STRANGE)
    most = call.pack.sms_help_per_hour if strange else call.pack.sms_commands_per_hour
    kind = "strange" if strange else "command"
    before = count(call.unit, f"sms-{kind}:{_digest(key, call.phone)}:{call.unit.now:%Y%m%d%H}", 1)
    if before + 1 == most and not strange:
        return TooManyMessages(service_code=call.pack.people_code)
    return answer if before < most else None


def _tell(call: Call, key: str, values: Mapping[str, Any], sms: Sms, *, seconds: int | None = None) -> None:
    until = call.unit.now + timedelta(seconds=seconds) if seconds else None
    if call.person:
        tell(call.unit, call.person, key, values, expires_at=until, link_id=sms.link_id)
    else:
        language = next((one.language for one in call.sharers), call.pack.languages[0])
        tell_number(call.unit, call.phone, language, key, values, link_id=sms.link_id)


def _digest(key: bytes, text: str) -> str:
    return hmac.new(key, text.encode(), sha256).hexdigest()[:32]
