"""The proof of funds as pages for everybody: the days' sums, their signed files, and the proof that a code fetches.

It is public by its purpose, as /health is: nobody logs in to check a bank. It names nobody, and whoever has no code of
eighty random bits learns nothing but sums. The pages are read in English, French or Swahili, as the browser asks.
"""

import base64
import hashlib
import json
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.resources import files
from typing import Any

from flask import Flask, Response, request
from jinja2 import Environment, PackageLoader, StrictUndefined

from service.countries import Pack
from service.money import show_amount_full
from service.storage.patience import within
from service.storage.store import Busy
from service.wallet.funds import Funds, Proof, proof, shown
from service.wallet.unit import Unit

SECONDS = 2
DAYS = 14
"""So many days stand on the page; every day's file is there for ever under its name."""

WORDS: Mapping[str, Mapping[str, str]] = tomllib.loads(
    (files("service.web") / "text" / "funds.toml").read_text("utf-8")
)
STYLE = (files("service.web") / "text" / "funds.css").read_text("utf-8")
_DIGEST = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_DIGEST}'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; object-src 'none'"
)
PAGES = Environment(
    loader=PackageLoader("service.web", "text"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)

FRESH, FOR_EVER, NEVER = "public, max-age=300", "public, max-age=31536000, immutable", "no-store"


Read = Callable[[Callable[[Unit], Any]], Any]


def add_funds(app: Flask, *, read: Read, packs: Mapping[str, Pack]) -> None:
    """Add /funds, which needs no login."""
    pages = _Pages(read, packs)

    def answered(answer: Callable[..., Response]) -> Callable[..., Response]:
        def view(**values: str) -> Response:
            try:
                with within(SECONDS):
                    return answer(**values)
            except Busy:
                return Response("busy: ask again\n", 503, content_type="text/plain; charset=utf-8")

        return view

    for rule, answer in (
        ("/funds", pages.days),
        ("/funds/<name>.json", pages.day_file),
        ("/funds/proof", pages.proof),
        ("/funds/proof.json", pages.proof_file),
    ):
        name = rule.replace(".", " ")
        app.add_url_rule(rule, endpoint=name, view_func=answered(answer), provide_automatic_options=False)


@dataclass(frozen=True)
class _Pages:
    """The four answers."""

    read: Read
    packs: Mapping[str, Pack]

    def days(self) -> Response:
        def work(unit: Unit) -> list[Funds]:
            found = (unit.rows.find(Funds, country=country, newest=True, limit=DAYS) for country in self.packs)
            return [row for rows in found for row in rows]

        return self._page("funds.html", cache=FRESH, rows=self.read(work))

    def day_file(self, name: str) -> Response:
        row: Funds | None = self.read(lambda unit: unit.rows.get(Funds, name))
        return _json(row.file, f"funds-{name}", FOR_EVER) if row else _none()

    def proof(self) -> Response:
        of, code, found = self._found()
        return self._page("proof.html", status=200 if found else 404, found=found, of=of, code=code)

    def proof_file(self) -> Response:
        _, _, found = self._found()
        return _json(shown(found), f"proof-{found.funds.name}", NEVER) if found else _none()

    def _found(self) -> tuple[str, str, Proof | None]:
        of, code = request.args.get("of", ""), request.args.get("code", "")
        return of, code, self.read(partial(proof, name=of, typed=code))

    def _page(self, template: str, *, status: int = 200, cache: str = NEVER, **values: Any) -> Response:
        tags = (tag[:2].lower() for tag in request.accept_languages.values())
        language = next((tag for tag in tags if tag in WORDS), "en")
        text = PAGES.get_template(template).render(
            t=WORDS[language],
            language=language,
            style=STYLE,
            packs=self.packs,
            money=lambda row, minor: show_amount_full(minor, self.packs[row.country].currency),
            moment=lambda row: f"{row.at.astimezone(self.packs[row.country].zone):%Y-%m-%d %H:%M}",
            **values,
        )
        headers = {"Cache-Control": cache, "Content-Security-Policy": POLICY, "Vary": "Accept-Language"}
        return Response(text, status, content_type="text/html; charset=utf-8", headers=headers)


def _json(said: Mapping[str, Any], name: str, cache: str) -> Response:
    headers = {"Cache-Control": cache, "Content-Disposition": f'attachment; filename="senti-{name}.json"'}
    return Response(json.dumps(said, indent=1) + "\n", content_type="application/json", headers=headers)


def _none() -> Response:
    return Response("not found\n", 404, content_type="text/plain; charset=utf-8")
