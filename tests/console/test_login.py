"""Coming in: two factors, counted tries, codes that are good once, logins that end and cannot be carried elsewhere."""

import re
from datetime import timedelta

import pytest

from service.console.door import COOKIE, digest
from service.demo import PASSWORD, demo_secret
from service.wallet.staff import IDLE, LOCKED, STEP, TRIES, WHOLE, Login, Staff, code_at
from tests.console.conftest import HERE, Browser
from tests.phone import Town


def staff(town: Town, name: str = "sara") -> Staff:
    found = town.app.read(lambda unit: unit.rows.get(Staff, name))
    assert found is not None
    return found


def test_C_09_password_and_code_open_and_nothing_less_does(town: Town) -> None:
    """Each of the two alone, wrong, empty, or of nobody: the page stays shut."""
    browser = Browser(town)
    assert not browser.log_in("sara", password="wrong password 1").is_in
    assert not browser.log_in("sara", code="000000").is_in
    assert not browser.log_in("sara", code="").is_in
    assert not browser.log_in("sara", password="").is_in
    assert not browser.log_in("nobody").is_in
    assert browser.log_in("sara").is_in
    assert staff(town).tries == 0


def test_C_09_a_stranger_reads_one_answer_for_every_reason(town: Town) -> None:
    """Unknown name, wrong password, wrong code, an injection: one sentence."""
    said = set()
    for name, password, code in (
        ("nobody", PASSWORD, None),
        ("sara", "wrong password 1", None),
        ("sara", PASSWORD, "000000"),
        ("Sara'; DROP TABLE staff --", PASSWORD, None),
    ):
        browser = Browser(town).log_in(name, password=password, code=code)
        assert browser.last is not None
        assert browser.last.status_code == 401
        said.add(re.search(r'role="alert"[^>]*>([^<]+)', browser.last.text)[1])  # type: ignore[index]
    assert len(said) == 1


def test_C_09_a_code_is_good_once(town: Town) -> None:
    """Whoever looked over a shoulder, or replays the form, comes too late; so does an older code."""
    first = Browser(town).log_in("sara")
    assert first.is_in
    code = code_at(demo_secret("sara"), town.now)
    again = Browser(town)
    assert not again.log_in("sara", code=code).is_in
    older = code_at(demo_secret("sara"), town.now - timedelta(seconds=STEP))
    assert not again.log_in("sara", code=older).is_in
    town.now += timedelta(seconds=STEP)
    assert again.log_in("sara", code=code_at(demo_secret("sara"), town.now)).is_in


def test_C_09_clocks_may_differ_by_a_step_and_no_more(town: Town) -> None:
    """Half a minute early or late is taken, a minute is not."""
    for steps, opens in ((1, True), (2, False), (-3, False)):
        town.now += timedelta(minutes=10)
        code = code_at(demo_secret("sara"), town.now + timedelta(seconds=STEP * steps))
        assert Browser(town).log_in("sara", code=code).is_in == opens, steps


def test_C_09_guesses_are_counted_before_they_are_looked_at(town: Town) -> None:
    """After five wrong tries the right password and code open nothing, for a quarter of an hour, in any browser."""
    for _ in range(TRIES - 1):
        Browser(town).log_in("sara", password="wrong password 1")
    assert Browser(town).log_in("sara").is_in, "four are forgiven, and forgotten"
    for number in range(TRIES):
        assert staff(town).tries == number
        Browser(town).log_in("sara", password="wrong password 1")
    assert not Browser(town).log_in("sara").is_in
    assert not Browser(town, address="10.0.0.9").log_in("sara").is_in
    town.now += LOCKED
    assert Browser(town).log_in("sara").is_in
    assert staff(town).tries == 0


def test_C_09_right_passwords_with_wrong_codes_are_counted_too(town: Town) -> None:
    """Who has the password gets five codes in a quarter of an hour."""
    for _ in range(TRIES):
        Browser(town).log_in("sara", code="123456")
    assert not Browser(town).log_in("sara").is_in


def test_C_09_names_are_not_tried_by_the_hundred_from_one_address(town: Town) -> None:
    """A spray over names ends for its address, and closes nobody's account."""
    for number in range(60):
        Browser(town, address="10.6.6.6").log_in(f"name{number}", password="counting house 2026")
    assert not Browser(town, address="10.6.6.6").log_in("sara").is_in
    assert staff(town).tries == 0, "the account itself is not closed by it"
    assert Browser(town).log_in("sara").is_in


def test_C_09_a_stolen_cookie_opens_nothing_elsewhere(town: Town) -> None:
    """Another browser or another address: the login page."""
    sara = Browser(town).log_in("sara")
    token = sara.client.get_cookie(COOKIE, domain="console.example")
    assert token is not None
    for thief in (Browser(town, agent="curl"), Browser(town, address="10.6.6.6")):
        thief.client.set_cookie(COOKIE, token.value, domain="console.example", secure=True)
        assert not thief.is_in
    same = Browser(town)
    same.client.set_cookie(COOKIE, token.value, domain="console.example", secure=True)
    assert same.is_in, "what was refused was the place, and not the cookie"


def test_C_09_a_login_that_rests_ends_and_so_does_a_long_one(town: Town) -> None:
    """A quarter of an hour without a page, or eight hours with pages."""
    sara = Browser(town).log_in("sara")
    town.now += IDLE
    assert sara.is_in
    town.now += IDLE + timedelta(seconds=1)
    assert not sara.is_in
    sara.log_in("sara")
    began = town.now
    while town.now - began < WHOLE:
        assert sara.is_in
        town.now += IDLE - timedelta(minutes=1)
    assert not sara.is_in


def test_C_09_logging_out_ends_it_in_the_database(town: Town) -> None:
    """The cookie that a thief kept opens nothing any more."""
    sara = Browser(town).log_in("sara")
    kept = sara.client.get_cookie(COOKIE, domain="console.example")
    assert kept is not None
    assert sara.post("/logout").status_code == 303
    sara.client.set_cookie(COOKIE, kept.value, domain="console.example", secure=True)
    assert not sara.is_in


def test_C_09_a_new_login_ends_the_one_before(town: Town) -> None:
    """One name is at one browser."""
    first = Browser(town).log_in("sara")
    assert Browser(town).log_in("sara").is_in
    assert not first.is_in


def test_C_09_a_cookie_from_before_the_login_is_worth_nothing_after_it(town: Town) -> None:
    """Fixation: a token that a thief planted is not the token of the login."""
    sara = Browser(town)
    sara.client.set_cookie(COOKIE, "planted", domain="console.example", secure=True)
    sara.log_in("sara")
    token = sara.client.get_cookie(COOKIE, domain="console.example")
    assert token is not None
    assert token.value != "planted"
    assert sara.is_in


def test_C_09_the_database_does_not_know_the_token(town: Town) -> None:
    """Who reads the table cannot make the cookie."""
    sara = Browser(town).log_in("sara")
    token = sara.client.get_cookie(COOKIE, domain="console.example")
    assert token is not None
    (row,) = town.app.read(lambda unit: unit.rows.find(Login, staff="sara", state="live"))
    assert token.value not in repr(row)
    assert row.id == digest(token.value)


def test_the_cookie_is_for_this_host_over_tls_and_for_no_script(town: Town) -> None:
    sara = Browser(town)
    sara.log_in("sara")
    assert sara.last is not None
    (line,) = [line for line in sara.last.headers.getlist("Set-Cookie") if line.startswith(f"{COOKIE}=")]
    assert {part.strip() for part in line.split(";")[1:]} == {"Secure", "HttpOnly", "Path=/", "SameSite=Strict"}
    assert COOKIE.startswith("__Host-")


@pytest.mark.parametrize(
    "wrong",
    [
        {"data": {"why": "caller asks"}},
        {"data": {"why": "caller asks", "token": "0" * 64}},
        {"data": {"why": "caller asks", "token": "é"}},
        {"headers": {"Origin": "https://evil.example"}},
        {"headers": {"Origin": "null"}},
        {"headers": {"Sec-Fetch-Site": "cross-site"}},
        {"headers": {"Sec-Fetch-Site": "same-site"}},
    ],
)
def test_I_15_a_form_of_another_site_does_nothing(wrong: dict[str, dict[str, str]], town: Town) -> None:
    """No token, a wrong one, or a page from elsewhere: refused, and nothing is shown."""
    sara = Browser(town).log_in("sara")
    person = town.person("Amina").id
    sent = {"data": {"why": "caller asks", "token": sara.token()}, **wrong}
    answer = sara.open("POST", f"/console/people/{person}/reveal", **sent)
    assert answer.status_code == 403
    assert "Odhiambo" not in answer.text
    assert sara.post(f"/people/{person}/reveal", why="caller asks").status_code == 200


def test_I_15_a_form_of_another_login_does_nothing(town: Town) -> None:
    """One member's token is worth nothing with another's cookie."""
    sara, samuel = Browser(town).log_in("sara"), Browser(town).log_in("samuel")
    assert sara.open("POST", "/console/logout", data={"token": samuel.token()}).status_code == 403
    assert sara.is_in


def test_I_15_nobody_is_logged_in_from_another_site(town: Town) -> None:
    """A login form needs the token of the page that it came with: nobody works in a stranger's name unaware."""
    browser = Browser(town)
    typed = {"name": "sara", "password": PASSWORD, "code": code_at(demo_secret("sara"), town.now), "token": "0" * 64}
    assert browser.open("POST", "/console/login", data=typed).status_code == 403
    assert not browser.is_in


def test_no_page_has_a_script_a_style_or_anything_from_elsewhere(town: Town) -> None:
    sara = Browser(town).log_in("sara")
    for path in ("/login", "/approvals", "/cases", f"/people/{town.person('Amina').id}", "/propose/reverse"):
        answer = sara.get(path)
        assert not re.search(r"<script|\son\w+=|style=|<style|https?://|javascript:", answer.text), path
        policy = answer.headers["Content-Security-Policy"]
        assert "script-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["Cache-Control"] == "no-store"


def test_an_account_that_is_closed_is_closed_at_once(town: Town) -> None:
    sara, ada = Browser(town).log_in("sara"), Browser(town).log_in("ada")
    assert ada.post("/staff/sara/lock").status_code == 303
    assert not sara.is_in
    assert not sara.log_in("sara").is_in
    assert ada.post("/staff/ada/lock").status_code == 409, "nobody closes their own"


def test_a_language_is_kept_with_the_account(town: Town) -> None:
    sara = Browser(town).log_in("sara")
    for language, word in (("sw", "Idhini"), ("fr", "Approbations"), ("en", "Approvals")):
        sara.post("/language", language=language)
        page = sara.get("/approvals").text
        assert f'<html lang="{language}">' in page
        assert word in page
    sara.post("/language", language="xx")
    assert staff(town).language == "en"
    assert HERE.startswith("https://")
