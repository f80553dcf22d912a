"""What people and staff wrote comes out as text: on every page, and in every file for a spreadsheet."""

import csv
import io
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from service.console.page import PAGES, visible
from service.console.words import LANGUAGES, WORDS, speak
from service.ledger.chart import Kind, Reason
from service.refusal import every_refusal
from service.wallet.bulk_file import FAULTS
from service.wallet.operator import ACTS
from service.wallet.roles import ROLES
from service.wallet.staff import StaffRefusal
from service.wallet.unit import Agent
from tests.console.conftest import Browser
from tests.phone import Town

NASTY = (
    '=HYPERLINK("https://evil.example","pay")',
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }} {% raw %}",
    "\u202egnp.exe\u2066 \u200fAmina",
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "＝1+1",
)


class Tags(HTMLParser):
    """Collects what a browser would make of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.said: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        assert not any(name.startswith("on") for name, _ in attrs), attrs

    def handle_data(self, data: str) -> None:
        self.said.append(data)


@pytest.mark.parametrize("name", NASTY)
def test_I_15_a_name_is_text_on_every_page(name: str, town: Town) -> None:
    """Whoever is called by markup, a formula or marks that turn the line is shown by letters, everywhere."""
    amina = town.person("Amina")
    shop = town.app.read(lambda unit: unit.rows.get(Agent, "100016"))
    assert shop is not None
    town.app.transact(lambda unit: unit.rows.put(replace(amina, name=name)))
    town.app.transact(lambda unit: unit.rows.put(replace(shop, name=name, place=name)))
    sara, aisha, ada = (Browser(town).log_in(who) for who in ("sara", "aisha", "ada"))
    here = f"/people/{amina.id}"
    reference = re.search(r"/entries/(\w{10})", sara.get(here).text)[1]  # type: ignore[index]
    made = sara.post("/propose/reverse", reference=reference).headers["Location"].removeprefix("/console")
    bank = {"agent": "100016", "amount": "5", "bank_ref": name[:40]}
    issued = aisha.post("/propose/issue", **bank).headers["Location"].removeprefix("/console")
    pages = [
        sara.get(path) for path in (here, f"{here}/talks", f"/entries/{reference}", "/agents/100016", made, issued)
    ]
    pages += [sara.post(f"{here}/reveal", why=f"{name} asks"), aisha.post("/propose/issue", **bank, x=name)]
    pages += [ada.get("/log"), sara.post("/find", sought=name[:40])]
    shown = 0
    for page in pages:
        if page.status_code == 303:
            continue
        found = Tags(page.text)
        assert not {"script", "img", "iframe", "object"} & set(found.tags)
        assert "49" not in re.findall(r"\b49\b", " ".join(found.said))
        assert not re.search("[\u202a-\u202e\u2066-\u2069\u200e\u200f]", page.text)
        shown += str(visible(name)) in " ".join(found.said)
    assert shown >= 3


@pytest.mark.parametrize("name", NASTY)
def test_I_12_a_file_holds_no_formula(name: str, town: Town) -> None:
    """No cell of the logbook's file begins a formula, in any width of letters."""
    sara, ada = Browser(town).log_in("sara"), Browser(town).log_in("ada")
    sara.post(f"/people/{town.person('Amina').id}/reveal", why=name + " asks")
    ada.open("GET", "/console/log.csv", query_string={"staff": "sara"})
    assert ada.last is not None
    assert ada.last.headers["Content-Disposition"].startswith("attachment")
    rows = list(csv.reader(io.StringIO(ada.last.text)))
    assert len(rows) > 2
    for row in rows[1:]:
        assert not any(re.match(r"\s*[=+\-@\t\r＝＋－＠]", value) for value in row), row


def test_I_14_filters_are_values_and_nothing_else(town: Town) -> None:
    """Statements in a filter find nothing and break nothing."""
    ada = Browser(town).log_in("ada")
    for wrong in ("' OR 1=1 --", "sara' UNION SELECT secret FROM staff --", "%", "\x00", "1; DROP TABLE logbook"):
        ada.open("GET", "/console/log", query_string={"staff": wrong, "act": wrong, "page": wrong})
        assert ada.last is not None
        assert ada.last.status_code == 200
        assert "There is nothing here" in ada.reads()
    assert "log in" in ada.get("/log").text


def test_every_language_has_the_same_words_and_places() -> None:
    def places(text: str) -> list[str]:
        return sorted(re.findall(r"{(\w+)}", text))

    for language in LANGUAGES:
        assert set(WORDS[language]) == set(WORDS["en"]), language
        for key, said in WORDS[language].items():
            assert said.strip(), (language, key)
            assert places(said) == places(WORDS["en"][key]), (language, key)


def test_every_word_is_said_somewhere_and_every_key_has_words() -> None:
    """No orphan and no gap: keys that are put together are those of acts, roles, reasons, kinds, faults and refusals;
    why a line was refused is said in files, too.
    """
    sources = [PAGES.loader.get_source(PAGES, name)[0] for name in PAGES.list_templates()]  # type: ignore[union-attr]
    whole = {key for source in sources for key in re.findall(r"""t\(["']([a-z_.]+)["'][,)]""", source)}
    stems = {key for source in sources for key in re.findall(r"""t\(["']([a-z_]+\.)["'] ~""", source)}
    known = set(WORDS["en"])
    assert whole <= known
    assert {stem for stem in stems if not any(key.startswith(stem) for key in known)} == set()
    spoken = whole | {key for key in known if key.split(".")[0] + "." in stems}
    assert known - spoken - {key for key in known if key.startswith(("no.", "unpaid."))} == set()
    for stem, names in (("act", ACTS), ("role", ROLES), ("reason", Reason), ("kind", Kind), ("fault", FAULTS)):
        assert {f"{stem}.{name}" for name in names} <= known
    assert {f"no.{no.code}" for no in every_refusal(StaffRefusal)} <= known


def test_values_are_put_in_once_and_literally() -> None:
    assert speak("en", "approvals.made", maker="{maker} {x}") == "Proposed by {maker} {x},"
