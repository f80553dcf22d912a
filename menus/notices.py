"""The text of a message when it leaves: in the reader's language, refusals in their own words."""

from service.gsm7 import downgrade
from service.ussd.text import Talk, fill, render_sms
from service.wallet.unit import Notice

REFUSAL = "no."


def render_notice(talk: Talk, notice: Notice) -> str:
    """Return the text of a notice; its key is one of MESSAGES, or `no.` and the code of a refusal."""
    if not notice.key.startswith(REFUSAL):
        return render_sms(talk, notice.key, notice.values, notice.language)
    sentence = talk.said(notice.language).no[notice.key.removeprefix(REFUSAL)]
    return fill(sentence, lambda name: downgrade(talk.sms_field(name).show(notice.values[name])))
