"""How pages are made: text escaped, hidden signs made visible, amounts and times as the country writes them.

No script and no style stands inside a page; nothing is loaded from elsewhere.
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

from flask import Response, request
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from service.console.office import Office, Visit
from service.console.words import LANGUAGES, preferred, speak
from service.countries import Pack
from service.money import Currency, show_amount_full, show_number
from service.sheet import write_sheet

POLICY = (
    "default-src 'none'; script-src 'none'; style-src 'self'; img-src 'self' data:; connect-src 'none'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
)
"""The style sheet holds its small pictures in itself (`data:`); nothing else comes from anywhere but here."""

WITH_SCRIPTS = POLICY.replace("script-src 'none'", "script-src 'self'").replace(
    "connect-src 'none'", "connect-src 'self'"
)
"""The policy of pages that ask for their tables anew: our own scripts alone, none of them inside a page."""

ROOT = "/console"
LONGEST = 200


def visible(value: object) -> object:
    """Return text with every sign that is not seen, or that turns what follows around, shown as U+FFFD."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return "".join("\ufffd" if _is_hidden(sign) else sign for sign in value)


def _is_hidden(sign: str) -> bool:
    return unicodedata.category(sign) in ("Cc", "Cf", "Co", "Cs", "Zl", "Zp") and sign != "\n"


PAGES = Environment(
    loader=PackageLoader("service.console", "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    finalize=visible,
    trim_blocks=True,
    lstrip_blocks=True,
)


def money(pack: Pack, minor: int) -> str:
    """Return an amount with its currency."""
    return show_amount_full(minor, pack.currency)


def moment(pack: Pack, at: datetime) -> Markup:
    """Return a time of the country as a page shows it."""
    local = at.astimezone(pack.zone)
    return Markup('<time datetime="{}">{}</time>').format(
        local.isoformat(timespec="seconds"), local.strftime("%Y-%m-%d %H:%M")
    )


def page(office: Office, visit: Visit | None, template: str, *, status: int = 200, **values: Any) -> Response:
    """Return a page in the language of who asks."""
    language = visit.language if visit else guest_language()
    text = PAGES.get_template(template).render(
        t=partial(speak, language),
        visit=visit,
        language=language,
        languages=LANGUAGES,
        root=ROOT,
        pack=office.home,
        money=money,
        moment=moment,
        **values,
    )
    return Response(text, status=status, content_type="text/html; charset=utf-8")


def guest_language() -> str:
    """Return the language of somebody who is not logged in yet: what their browser asks for."""
    return preferred(list(request.accept_languages.values()))


def go_to(path: str) -> Response:
    """Send the browser on to a page of ours."""
    assert not path or path.startswith("/"), "only within the console"
    return Response("", status=303, headers={"Location": ROOT + path})


def leave(path: str) -> Response:
    """Tell a page that asked for a part of itself to go elsewhere as a whole."""
    return Response("", status=401, headers={"HX-Redirect": ROOT + path})


def field(name: str, longest: int = LONGEST) -> str:
    """Return what was typed into a field, in one line; a field that came twice, or is too long, is empty."""
    given = request.form.getlist(name)
    if len(given) != 1 or len(given[0]) > longest:
        return ""
    text = unicodedata.normalize("NFC", given[0])
    return " ".join("".join(" " if _is_hidden(sign) else sign for sign in text).split())


def asked(name: str) -> str:
    """Return what stands in the address: a filter or a place in a list."""
    given = request.args.getlist(name)
    return given[0] if len(given) == 1 and len(given[0]) <= LONGEST else ""


def number_asked(name: str) -> int | None:
    """Return a number that stands in the address, or None."""
    text = asked(name)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def table_file(name: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """Return rows as a CSV file that no spreadsheet takes for formulas (I-12)."""
    text = write_sheet(head, [[_shown(cell) for cell in row] for row in rows])
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Response(text, content_type="text/csv; charset=utf-8", headers=headers)


def _shown(cell: object) -> object:
    return cell if isinstance(cell, int | Decimal) else str(visible(str(cell)))


def amount_cell(minor: int, currency: Currency) -> Decimal:
    """Return an amount as a file for a spreadsheet has it: a number, also below nothing, and no text to leave out."""
    return Decimal(show_number(minor, currency).replace(",", ""))


def words_of(values: Mapping[str, Any]) -> str:
    """Return a small mapping in one line."""
    return ", ".join(f"{name} {value}" for name, value in values.items())
