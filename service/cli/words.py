"""Refusals in English, as the menus say them."""

from typing import TYPE_CHECKING

from service.refusal import Refusal

if TYPE_CHECKING:
    from service.countries import Pack


def in_words(no: Refusal, pack: "Pack | None" = None) -> str:
    """Return a refusal's sentence, its amounts in the money of `pack`, else of the first country that is served.

    A country without English says it in its first language.
    """
    from menus import product
    from service.console.words import speak
    from service.countries import load_pack
    from service.settings import read_settings
    from service.ussd.text import render_no
    from service.wallet.staff import StaffRefusal

    if isinstance(no, StaffRefusal):
        return speak("en", f"no.{no.code}", **no.said)
    pack = pack or load_pack(read_settings().countries[0])
    # No one-time code stands in a refusal.
    talk = product(pack, b"")
    return render_no(talk, no, "en" if "en" in pack.languages else talk.default_language)
