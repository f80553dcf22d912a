"""The public pages of the proof of funds: open to everybody, and nobody is named on them."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from service.ledger.chart import Kind
from service.wallet.funds import COUNTED
from service.web.funds import WORDS
from tests.phone import Town

SCRIPT = Path(__file__).parents[2] / "docs" / "verify_funds.py"
CODE = re.compile(r"\b(?:[2-9A-HJ-NP-Z]{4}-){3}[2-9A-HJ-NP-Z]{4}\b")


@pytest.fixture
def town() -> Town:
    return Town()


def asked(town: Town) -> tuple[str, str]:
    """Have Amina ask, and return the name of the day's count and her code."""
    amina = town.phone("Amina")
    amina.new()
    amina.sms("PROOF")
    found = CODE.search(amina.new()[-1])
    assert found
    page = town.client.get("/funds").text
    names = re.findall(r'<option value="([^"]+)"', page)
    return names[0], found[0]


def test_a_person_asks_and_a_stranger_checks(town: Town, tmp_path: Path) -> None:
    name, code = asked(town)
    web = town.client
    shown = web.get(f"/funds/proof?of={name}&code={code}")
    assert shown.status_code == 200
    assert "KES 2,000.00" in shown.text
    files: list[Path] = []
    for path in (f"/funds/{name}.json", f"/funds/proof.json?of={name}&code={code}"):
        answer = web.get(path)
        assert answer.headers["Content-Disposition"].startswith("attachment")
        files.append(tmp_path / f"{len(files)}.json")
        files[-1].write_text(answer.text)
    done = subprocess.run([sys.executable, SCRIPT, *files], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Your 200000 is in it." in done.stdout


def test_nobody_is_named_and_no_code_finds_anything(town: Town) -> None:
    name, code = asked(town)
    web = town.client
    paths = ("/funds", f"/funds/{name}.json", f"/funds/proof?of={name}&code={code}")
    pages = [web.get(path).text for path in paths]
    assert not any(word in page for page in pages for word in ("Amina", "AMINA", "711000001", "ke:wallet"))
    other = code[:-1] + ("2" if code[-1] != "2" else "3")
    for path in ("proof", "proof.json"):
        for of, typed in ((name, other), (name, ""), ("ke-1999-01-01", code), ("", code), ("x" * 500, "y" * 500)):
            assert web.get(f"/funds/{path}?of={of}&code={typed}").status_code == 404
    assert web.get("/funds/ke-1999-01-01.json").status_code == 404
    assert web.post("/funds").status_code == 405


def test_what_a_stranger_types_is_text(town: Town) -> None:
    nasty = "<script>alert(1)</script>"
    answer = town.client.get("/funds/proof", query_string={"of": nasty, "code": nasty})
    assert "<script" not in answer.text
    assert "script-src" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_the_sums_may_be_kept_for_a_while_and_a_proof_may_not(town: Town) -> None:
    name, code = asked(town)
    kept = {path: town.client.get(path).headers["Cache-Control"] for path in ("/funds", f"/funds/{name}.json")}
    assert kept == {"/funds": "public, max-age=300", f"/funds/{name}.json": "public, max-age=31536000, immutable"}
    for path in ("proof", "proof.json"):
        assert town.client.get(f"/funds/{path}?of={name}&code={code}").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(("accepted", "title"), [("sw,en", "Uthibitisho"), ("fr-FR", "Preuve"), ("lg", "Proof")])
def test_the_page_is_read_in_three_languages(town: Town, accepted: str, title: str) -> None:
    web: FlaskClient = town.client
    page = web.get("/funds", headers={"Accept-Language": accepted}).text
    assert f"<h1>{title}" in page


def test_every_language_has_the_same_words() -> None:
    houses = {f"house_{kind}" for kind in Kind if kind not in COUNTED and kind is not Kind.TRUST}
    for said in WORDS.values():
        assert said.keys() == WORDS["en"].keys() >= houses
        assert all(text.strip() for text in said.values())
