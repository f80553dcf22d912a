"""The page in a real browser: keys are clicked, screens are read, and nothing may go wrong in the console."""

import re

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from service import gsm7
from service.demo import NEWCOMER, PEOPLE
from tests.simulator.table import Phone, Table

pytestmark = pytest.mark.browser

PIN = {actor.name.split()[0]: actor.pin for actor in PEOPLE}
AMINA, BARAKA, CHEBET, NJERI, ACHIENG = (actor.phone for actor in PEOPLE)
CODE, SHOP = "*384*96#", "*384*97#"
NO_ANSWER = "Connection problem or invalid MMI code."


def start_sending(phone: Phone, amount: str) -> None:
    phone.send(CODE)
    phone.reads("1 Send money")
    phone.send("1")
    phone.reads("which number?")
    phone.send("0722000002")
    phone.reads("How much")
    phone.send(amount)
    phone.reads("PIN:")


def test_money_is_sent_by_pressing_keys(table: Table) -> None:
    amina, baraka, _ = table.open().phones
    table.shoot("idle")
    start_sending(amina, "500")
    amina.reads("Send KES 500 to BARAKA M", "Total KES 507")
    assert amina.root.locator(".room").inner_text().endswith("of 160 septets")
    table.shoot("pin")
    amina.send(PIN["Amina"])
    amina.reads("Sent KES 500 to BARAKA M.", "Ref ")
    said = amina.said.inner_text()
    reference = re.findall(r"Ref (\w+)\.", said)[0]
    assert amina.root.locator(".room").inner_text() == f"{gsm7.septets(said)} of 160 septets"

    expect(table.last.locator(".reference")).to_have_text(reference)
    assert table.moves() == [
        ("Amina Odhiambo", "Baraka Mwangi", "KES 500.00", "Money sent"),
        ("Amina Odhiambo", "Fees of Senti", "KES 6.09", "Fee"),
        ("Amina Odhiambo", "Tax owed", "KES 0.91", "Excise duty"),
    ]
    amina.unread(1)
    baraka.unread(1)
    baraka.reads("1 new message")
    table.shoot("done")
    amina.home()
    assert f"{reference} Sent KES 500.00 to BARAKA M 0722***002" in amina.open_newest()
    assert f"{reference} Received KES 500.00 from AMINA O 0711***001" in baraka.open_newest()
    amina.unread(0)
    baraka.unread(0)
    table.fits()
    table.shoot("read", whole=True)


def test_money_is_sent_by_keyboard_alone(table: Table) -> None:
    amina = table.open().phones[0]
    keys = table.page.keyboard
    for _ in range(20):
        keys.press("Tab")
        if amina.root.locator(".number").evaluate("field => field === document.activeElement"):
            break
    outline = amina.root.locator(".number").evaluate("field => getComputedStyle(field).outlineStyle")
    assert outline == "solid", "who walks by keyboard sees where they are"
    for typed, shown in ((CODE, "1 Send money"), ("1", "which number?"), ("0722000002", "How much"), ("210", "PIN:")):
        keys.type(typed)
        keys.press("Enter")
        amina.reads(shown)
    keys.type(PIN["Amina"])
    keys.press("Enter")
    amina.reads("Sent KES 210 to BARAKA M.")
    expect(amina.key("left")).to_be_focused()
    keys.press("Enter")
    expect(amina.root).to_have_attribute("data-view", "idle")
    keys.type(CODE)
    keys.press("Enter")
    amina.reads("1 Send money")
    with table.page.expect_request("**/ussd-end") as ended:
        keys.press("Escape")
    expect(amina.root).to_have_attribute("data-view", "idle")
    assert "shown" not in (ended.value.post_data or "")


def test_digits_go_to_the_phone_that_has_the_focus_and_arrows_walk_its_keys(table: Table) -> None:
    amina, baraka, _ = table.open().phones
    keys = table.page.keyboard
    baraka.root.locator('[data-digit="1"]').focus()
    keys.press("ArrowDown")
    keys.press("ArrowRight")
    expect(baraka.root.locator('[data-digit="5"]')).to_be_focused()
    keys.press("Enter")
    expect(baraka.root.locator(".number")).to_have_value("5")
    keys.press("7")
    expect(baraka.root.locator(".number")).to_have_value("57")
    baraka.key("clear").click()
    expect(baraka.root.locator(".number")).to_have_value("5")
    expect(amina.root.locator(".number")).to_have_value("")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1400])
def test_everything_fits_the_window(browser: Browser, table: Table, width: int, scheme: str) -> None:
    table.page.set_viewport_size({"width": width, "height": 800})
    table.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    amina, baraka, njeri = table.open().phones
    table.page.locator(".who summary").click()
    table.page.locator(".before summary").first.click()
    table.fits()
    amina.send(CODE)
    baraka.key("left").click()
    njeri.key("right").click()
    amina.reads("1 Send money")
    table.fits()
    table.shoot(f"{width}-{scheme}", whole=True)
    table.page.locator(".who summary").click()
    expect(table.page.locator(".jump")).to_be_visible(visible=width == 360)
    faint = table.page.evaluate(CONTRAST)
    assert faint == [], "letters stand out from their ground by 4.5 to 1"


CONTRAST = """() => {
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const [r, g, b, a = 1] = rgb(getComputedStyle(one).backgroundColor);
      if (a > 0) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const faint = [];
  for (const element of document.querySelectorAll("body *")) {
    const words = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!words || !element.checkVisibility() || element.closest("svg, noscript")) continue;
    const [a, b] = [light(rgb(getComputedStyle(element).color)), light(ground(element))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) faint.push(`${element.tagName}.${element.className}: ${ratio.toFixed(2)}`);
  }
  return faint;
}"""


def test_V_01_what_was_typed_stays_nowhere(table: Table) -> None:
    """A PIN leaves the page in the body of its own hop, and nothing of it remains in the browser."""
    amina = table.open().phones[0]
    start_sending(amina, "220")
    amina.send(PIN["Amina"])
    amina.reads("Sent KES 220")
    page = table.page
    bodies = [request.post_data or "" for request in table.requests]
    assert len([body for body in bodies if PIN["Amina"] in body]) == 1
    assert not [request.url for request in table.requests if PIN["Amina"] in request.url]
    assert not [request.url for request in table.requests if not request.url.startswith(table.address)]
    kept = page.evaluate("[localStorage.length, sessionStorage.length, document.cookie, location.href, history.length]")
    assert kept[:3] == [0, 0, ""]
    assert kept[3] == f"{table.address}/simulator"
    fields = page.locator("input, textarea")
    assert {fields.nth(place).input_value() for place in range(fields.count())} == {""}


def test_a_message_asks_for_a_payment_and_its_code_pays_it(table: Table) -> None:
    amina, baraka, _ = table.open().phones
    amina.key("right").click()
    amina.root.locator("textarea").fill("SEND 60 0722000002")
    expect(amina.root.locator(".left")).to_have_text("142 left")
    amina.key("left").click()
    amina.reads("Message sent.")
    amina.unread(1)
    amina.home()
    asked = amina.open_newest()
    code = re.findall(r"Answer (\d{7}) within", " ".join(asked.split()))[0]
    amina.key("left").click()
    amina.root.locator(".mode").click()
    amina.press(code)
    expect(amina.root.locator("textarea")).to_have_value(code)
    amina.key("call").click()
    amina.reads("Message sent.")
    baraka.unread(1)
    assert "Received KES 60.00 from AMINA O" in baraka.open_newest()
    assert table.moves()[0] == ("Amina Odhiambo", "Baraka Mwangi", "KES 60.00", "Money sent")


def test_a_newcomer_registers_with_letters_from_the_keypad(table: Table) -> None:
    phone = table.open().phones[1]
    phone.hold(NEWCOMER)
    phone.send(CODE)
    phone.reads("Welcome to Senti.")
    phone.send("1")
    phone.reads("First and last name?")
    phone.root.locator(".mode").click()
    phone.press("9999233")  # z (the fourth on 9), a, and d is on the next key: 3
    expect(phone.root.locator(".answer")).to_have_value("Zae")
    phone.root.locator(".answer").fill("Zawadi Achieng")
    phone.key("call").click()
    phone.reads("ID document?")
    for answer, shown in (("99887766", "Choose a PIN"), ("4817", "The same PIN again?"), ("4817", "Welcome, Zawadi")):
        phone.send(answer)
        phone.reads(shown)
    expect(phone.root.locator("select option:checked")).to_contain_text("Zawadi Achieng")


def test_cash_goes_in_at_the_agent_and_the_other_phone_rings(table: Table) -> None:
    _, baraka, njeri = table.open().phones
    for typed, shown in (
        (SHOP, "Cash-in"),
        ("1", "phone number?"),
        ("0722000002", ""),
        ("1000", "PIN"),
        (PIN["Njeri"], "Ref "),
    ):
        njeri.send(typed)
        njeri.reads(shown)
        expect(njeri.root).not_to_have_attribute("data-view", "wait")
    baraka.unread(1)
    assert table.moves()[0] == ("Float of Duka la Njeri", "Baraka Mwangi", "KES 1,000.00", "Cash paid in")


def test_nobody_holds_two_phones(table: Table) -> None:
    amina, baraka, njeri = table.open().phones
    amina.hold(NJERI)
    expect(njeri.root.locator("select")).to_have_value(AMINA)
    expect(baraka.root.locator("select")).to_have_value(BARAKA)
    expect(amina.root.locator(".codes button")).to_have_text([SHOP, CODE])
    expect(njeri.root.locator(".codes button")).to_have_text([CODE])
    amina.hold(CHEBET)
    amina.send(CODE)
    amina.reads("1 Send money")
    baraka.hold(ACHIENG)
    baraka.root.locator(".codes button").first.click()
    baraka.key("call").click()
    baraka.reads("Cash-in")


@pytest.mark.parametrize(
    "answer",
    [
        lambda route: route.abort(),
        lambda route: route.fulfill(status=500, body="CON 1 Send money"),
        lambda route: route.fulfill(status=200, body="Senti\n1 Send money"),
        lambda route: route.fulfill(status=200, body=""),
    ],
    ids=["unreachable", "broken", "not a screen", "empty"],
)
def test_what_is_not_a_screen_reads_as_on_any_phone(table: Table, answer: object) -> None:
    amina = table.open().phones[0]
    table.page.route("**/ussd", answer)  # type: ignore[arg-type]
    amina.send(CODE)
    amina.reads(NO_ANSWER)
    table.complaints.clear()  # a browser notes requests that fail
    table.page.unroute("**/ussd")
    amina.home()
    amina.send(CODE)
    amina.reads("1 Send money")


@pytest.fixture
def clock(table: Table) -> Page:
    table.page.clock.install()
    return table.page


def test_W_05_the_answer_to_a_payment_is_lost_and_dialling_again_tells_its_outcome(table: Table) -> None:
    """The money moves although the phone sees no last screen; the next dial says that it did."""
    amina = table.open().phones[0]
    start_sending(amina, "230")

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    table.page.route("**/ussd", lose)
    amina.send(PIN["Amina"])
    amina.reads(NO_ANSWER)
    table.complaints.clear()  # a browser notes requests that fail
    table.page.unroute("**/ussd")
    expect(table.last).to_contain_text("KES 230.00")
    reference = table.last.locator(".reference").inner_text()
    amina.home()
    amina.send(CODE)
    amina.reads(f"DONE: KES 230 to BARAKA M, Ref {reference}.", "1 Send money")


def test_ten_seconds_without_an_answer_are_too_long(table: Table, clock: Page) -> None:
    held: list[Route] = []
    amina = table.open().phones[0]
    clock.route("**/ussd", lambda route: held.append(route))
    amina.send(CODE)
    amina.reads("Running ...")
    clock.clock.run_for(9_000)
    amina.reads("Running ...")
    clock.clock.run_for(1_500)
    amina.reads(NO_ANSWER)
    table.complaints.clear()
    for route in held:
        route.abort()


def test_S_12_silence_ends_the_talk(table: Table, clock: Page) -> None:
    """After 180 seconds without an answer the phone says that it is over."""
    amina = table.open().phones[0]
    amina.send(CODE)
    amina.reads("1 Send money")
    clock.clock.fast_forward(170_000)
    expect(amina.root.locator(".silence")).to_have_text(re.compile(r"0:(10|0\d) to answer"))
    with clock.expect_request("**/ussd-end"):
        clock.clock.fast_forward(15_000)
    amina.reads("Session timed out.")


def test_the_page_says_when_the_service_is_gone(table: Table) -> None:
    page = table.open().page
    page.route("**/state", lambda route: route.abort())
    expect(page.locator(".pulse")).to_contain_text("No answer from Senti")
    page.unroute("**/state")
    expect(page.locator(".pulse")).to_contain_text("Live")
    table.complaints.clear()


def test_the_page_counts_room_as_the_service_does(table: Table) -> None:
    texts = [
        "",
        "Senti\n1 Send",
        "{[~]}^|\\€",
        "œuvre",
        "Ü-Ä Ñ ß @£$¥ \n",
        "日本",
        "a" * 161,
        "\U0001f600",
        "\x1b",
        "\f",
    ]
    texts += map(chr, range(32, 0x400))
    count = """async (texts) => {
      const { room } = await import("/simulator/static/gsm7.js");
      return texts.map((text) => room(text));
    }"""
    counted = table.open().page.evaluate(count, texts)
    for text, found in zip(texts, counted, strict=True):
        septets = gsm7.septets(text)
        expected = (gsm7.units(text), "units") if septets is None else (septets, "septets")
        assert (found["used"], found["name"]) == expected, repr(text)


def test_amharic_is_shown_in_its_letters_and_counted_in_units(table: Table) -> None:
    amina = table.open().phones[0]
    for typed, shown in ((CODE, "1 Send money"), ("7", "Language"), ("3", "4 Amarinya"), ("4", "አማርኛ")):
        amina.send(typed)
        amina.reads(shown)
    amina.home()
    amina.send(CODE)
    amina.reads("1 መላክ")
    said = amina.said.inner_text()
    assert amina.root.locator(".room").inner_text() == f"{gsm7.units(said)} of 80 units"
    amina.send("7")
    amina.reads("98 ተጨማሪ")
    amina.send("98")
    amina.reads("9 ቫውቸር", "0 ኋላ 00 ዋና")
    amina.send("3")
    amina.reads("1 English")
    amina.send("1")
    amina.reads("English")
    amina.home()


def test_a_reply_that_is_too_long_is_not_sent(table: Table) -> None:
    amina = table.open().phones[0]
    amina.send(CODE)
    amina.reads("1 Send money")
    amina.root.locator(".answer").fill("1" * 161)
    expect(amina.root.locator(".left")).to_have_text("1 too many")
    amina.key("call").click()
    expect(amina.root).to_have_attribute("data-view", "talk")
