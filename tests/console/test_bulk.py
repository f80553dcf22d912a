"""Wages in the console: what is checked, who says yes to what, and that a batch is paid once whatever happens to it."""

import csv
import io
import re
from base64 import b64encode
from dataclasses import replace
from zlib import compress

import pytest

from service.app import make_app
from service.console.bulk import TURNS
from service.console.upload import MOST, ROOM
from service.demo import STAFF, load_demo_staff
from service.wallet.audit import audit_all
from service.wallet.batch import Bulk, BulkLine
from service.wallet.bulk import pay_some, paying
from service.wallet.logbook import every_note
from service.wallet.turns import Turns
from service.wallet.unit import Approval, Unit
from tests.conftest import DATABASES
from tests.console.conftest import Browser
from tests.console.test_approvals import row, seen
from tests.phone import Town, demo_settings

FILE = "phone,amount,name,secret\n0722000002,1500,Baraka,\n0711000001,20.50,,\n0799000009,700,,4821\n"
ASKED = {"country": "ke", "name": "ACME wages Nov", "bank_ref": "NCBA 1"}


def checked(browser: Browser, text: str | bytes, **fields: str) -> str:
    """Hand a file in to be checked and return the page."""
    octets = text.encode() if isinstance(text, str) else text
    return browser.hand_in("/bulk/check", octets, country="ke", **fields).text


def packed(page: str) -> str:
    found = re.search(r'name="packed" value="([^"]+)"', page)
    return found[1] if found else ""


def proposed(browser: Browser, text: str = FILE, **fields: str) -> str:
    """Check a file, propose to pay it, and return the reference of the act."""
    answer = browser.post("/propose/bulk", packed=packed(checked(browser, text)), **{**ASKED, **fields})
    assert answer.status_code == 303, browser.reads()
    return str(answer.headers["Location"]).rsplit("/", 1)[-1]


def batches(town: Town) -> list[Bulk]:
    return list(town.app.read(lambda unit: unit.rows.find(Bulk, newest=True)))


def test_C_01_wages_are_checked_proposed_approved_and_paid_by_the_worker(town: Town) -> None:
    """One hands in, another approves, neither waits: the worker pays, and each page says how far it is."""
    tariq, teresa = Browser(town).log_in("tariq"), Browser(town).log_in("teresa")
    before = town.balance("Baraka"), town.balance("Amina")
    page = checked(tariq, FILE)
    assert batches(town) == [], "nothing is written down by a check"
    (look,) = [one for one in town.app.read(lambda unit: list(every_note(unit))) if one.act == "check bulk"]
    assert look.values == {"payments": 3, "faults": 0}, "but that somebody looked who has a wallet"
    assert "KES 2,254.50" in page
    assert "Baraka Mwangi" not in page
    assert "0799000009" not in page
    reference = proposed(tariq)
    assert tariq.post(f"/approve/bulk/{reference}", seen=seen(teresa, reference)).status_code == 409, "the maker"
    town.work()
    assert (town.balance("Baraka"), town.balance("Amina")) == before, "nobody has approved it"
    assert teresa.post(f"/approve/bulk/{reference}", seen=seen(teresa, reference)).status_code == 303
    assert (town.balance("Baraka"), town.balance("Amina")) == before, "no page pays"
    assert "0 of 3 payments done" in teresa.get(f"/bulk/{reference}").text
    assert teresa.last is not None
    assert teresa.last.headers["Refresh"] == "5; url=?turn=1"
    assert "Refresh" not in teresa.get(f"/bulk/{reference}?turn={TURNS}").headers
    town.work()
    assert (town.balance("Baraka"), town.balance("Amina")) == (before[0] + 1_500_00, before[1] + 20_50)
    assert "3 of 3 payments done" in teresa.get(f"/bulk/{reference}").text
    assert "Refresh" not in teresa.last.headers
    assert "paid out" in teresa.reads()
    assert "ACME wages Nov" in teresa.get("/bulk").text
    assert teresa.post("/find", sought=town.app.house.references.write(batches(town)[0].id)).status_code == 303


def test_C_04_an_approval_is_of_the_lines_that_were_shown(town: Town) -> None:
    """The page carries the mark of all lines; a batch that is no longer proposed has another."""
    tariq, teresa = Browser(town).log_in("tariq"), Browser(town).log_in("teresa")
    reference = proposed(tariq)
    version = seen(teresa, reference)
    (bulk,) = batches(town)
    assert bulk.digest[:16] in teresa.reads()
    town.app.transact(lambda unit: unit.rows.put(replace(bulk, digest="0" * 64)))
    assert teresa.post(f"/approve/bulk/{reference}", seen=version).status_code == 409
    assert row(town, reference).state == "open"


def test_C_01_nobody_hands_in_or_approves_what_pays_themselves(town: Town) -> None:
    """Tariq's own wallet is a line: neither he nor, once it is hers, Teresa decides about it."""
    tariq, teresa = Browser(town).log_in("tariq"), Browser(town).log_in("teresa")
    amina, page = town.person("Amina"), checked(tariq, FILE)
    town.app.transact(lambda unit: unit.rows.put(replace(amina, phone="+254700000004")))
    mine = packed(checked(tariq, FILE.replace("0711000001", "0700000004")))
    assert tariq.post("/propose/bulk", packed=mine, **ASKED).status_code == 409
    assert "yourself" in tariq.reads()
    assert batches(town) == []
    reference = proposed(teresa, FILE.replace("0711000001", "0700000004"))
    assert tariq.post(f"/approve/bulk/{reference}", seen=seen(tariq, reference)).status_code == 409
    assert page


def test_a_file_with_faults_is_handed_in_only_if_they_are_left_out(town: Town) -> None:
    """Each line's fault is said in words; without the tick nothing is proposed."""
    tariq = Browser(town).log_in("tariq")
    page = checked(tariq, FILE + "12,5,,\n0722000002,7,,\n0733000003,7,Amina,\n")
    words = tariq.reads()
    assert "Lines that cannot be paid: 3." in words
    for said in ("not a mobile number here", "the same number as in line 2", "the wallet is CHEBET R's"):
        assert said in words
    assert tariq.post("/propose/bulk", packed=packed(page), **ASKED).status_code == 409
    assert batches(town) == []
    assert tariq.post("/propose/bulk", packed=packed(page), **ASKED, leave_out="yes").status_code == 303
    assert batches(town)[0].lines == 3
    assert tariq.post("/propose/bulk", packed=packed(page), **ASKED, leave_out="yes").status_code == 409
    assert "handed in under this name before" in tariq.reads()


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (b"phone;amount\n\xff;3", "not UTF-8"),
        (b"a,b\n1,2\n", "names no column amount, phone"),
        (b"phone,amount,pay\n1,2,3\n", "'pay' that is not known"),
        (b"phone,amount\n0722000002\n", "Line 2 has more or fewer columns"),
        (b'phone,amount\n"0722000002,3', "is no table"),
        (b"phone,amount\n", "1 to 20,000 payments"),
        (b"", "empty"),
    ],
)
def test_I_12_what_is_no_list_of_payments_is_refused_in_words(file: bytes, said: str, town: Town) -> None:
    """Octets that are no text, tables with odd lines, and nothing at all."""
    tariq = Browser(town).log_in("tariq")
    checked(tariq, file)
    assert tariq.last is not None
    assert tariq.last.status_code == 409
    assert said in tariq.reads()


def test_a_file_that_is_too_large_or_swells_is_refused(town: Town) -> None:
    """More octets than an address takes, and a field that unpacks to more than a file may hold, or is cut off."""
    tariq = Browser(town).log_in("tariq")
    checked(tariq, b"x" * (ROOM + 1))
    assert tariq.last is not None
    assert tariq.last.status_code == 409
    assert "larger than" in tariq.reads()
    assert tariq.post("/approvals/QQQQQQQQQQ/decline", more="x" * 40_000).status_code == 409
    bomb = b64encode(compress(b"x" * (MOST + 1))).decode()
    for wrong in (bomb, b64encode(compress(FILE.encode())[:-3]).decode(), "no letters!", "é"):
        assert tariq.post("/propose/bulk", packed=wrong, **ASKED).status_code == 403, wrong[:20]
    assert batches(town) == []


@pytest.mark.parametrize("name", ["A", "\n", "=HYPERLINK(evil) and more", "x" * 21])
def test_a_name_that_fits_no_message_is_refused(name: str, town: Town) -> None:
    tariq = Browser(town).log_in("tariq")
    fields = {"packed": packed(checked(tariq, FILE)), **ASKED, "name": name}
    assert tariq.post("/propose/bulk", **fields).status_code == 409
    assert batches(town) == []


def test_I_12_the_file_of_results_is_masked_and_holds_no_formula(town: Town) -> None:
    """A payee called by a formula is a cell of text; numbers are masked; that it was taken stands in the logbook."""
    tariq, teresa = Browser(town).log_in("tariq"), Browser(town).log_in("teresa")
    amina = town.person("Amina")
    town.app.transact(lambda unit: unit.rows.put(replace(amina, name="=HYPERLINK evil")))
    reference = proposed(tariq)
    teresa.post(f"/approve/bulk/{reference}", seen=seen(teresa, reference))
    town.work()
    text = teresa.get(f"/bulk/{reference}/lines.csv").text
    lines = list(csv.reader(io.StringIO(text)))
    assert [line[0] for line in lines] == ["line", "2", "3", "4"]
    assert [line[5] for line in lines[1:]] == ["paid out", "paid out", "voucher sent"]
    assert not any(cell.lstrip()[:1] in "=+-@" for line in lines[1:] for cell in line if cell)
    assert not {"254722000002", "0722000002", "0799000009"} & set(re.split(r"\W+", text))
    assert [row.act for row in town.app.read(lambda unit: list(every_note(unit)))][-1] == "export bulk"


def test_what_is_left_goes_back_by_two(town: Town) -> None:
    """A wallet that was closed since is refused and said; the rest leaves the books when another approves it."""
    tariq, teresa = Browser(town).log_in("tariq"), Browser(town).log_in("teresa")
    reference = proposed(tariq, "phone,amount\n0722000002,1500\n0711000001,20\n")
    assert tariq.post(f"/bulk/{reference}/rest", bank_ref="OUT 1").status_code == 409, "nothing is paid yet"
    amina = town.person("Amina")
    town.app.transact(lambda unit: unit.rows.put(replace(amina, state="closed")))
    teresa.post(f"/approve/bulk/{reference}", seen=seen(teresa, reference))
    town.work()
    town.app.transact(lambda unit: unit.rows.put(replace(amina, state="active")))
    page = teresa.get(f"/bulk/{reference}?only=refused")
    assert "the wallet is closed" in page.text
    assert "KES 20.00" in teresa.reads()
    assert "BARAKA M" not in page.text
    made = tariq.post(f"/bulk/{reference}/rest", bank_ref="OUT 1").headers["Location"].rsplit("/", 1)[-1]
    assert teresa.post(f"/approve/bulk_rest/{made}", seen=seen(teresa, made)).status_code == 303
    assert tariq.post(f"/bulk/{reference}/rest", bank_ref="OUT 2").status_code == 409, "nothing is left"


class Killed(BaseException):
    """The power goes."""


@pytest.fixture
def database(engine: str, store_url: str) -> str:
    return store_url


@pytest.mark.parametrize("engine", DATABASES)
def test_K_07_a_batch_of_many_bites_is_killed_in_the_middle_and_goes_on(database: str) -> None:
    """The worker dies behind a posting of its second bite; the next one pays what is left, and nobody twice."""
    settings = demo_settings(database_url=database)
    town = Town(store=make_app(settings).store, settings=settings)
    load_demo_staff(town.app.transact)
    tariq, teresa = Browser(town).log_in("tariq"), Browser(town).log_in("teresa")
    text = "phone,amount,name,secret\n0722000002,10,,\n0711000001,20,,\n"
    text += "".join(f"0799000{number:03},700,,4821\n" for number in range(120))
    reference = proposed(tariq, text)
    before = town.balance("Baraka")
    assert teresa.post(f"/approve/bulk/{reference}", seen=seen(teresa, reference)).status_code == 303
    (number,) = town.app.read(paying)
    town.app.transact(lambda unit: pay_some(unit, number, limit=50))

    def dies(unit: Unit) -> None:
        pay_some(unit, number, limit=30)
        raise Killed

    with pytest.raises(Killed):
        town.app.transact(dies)
    assert batches(town)[0].done == 50
    assert "50 of 122 payments done" in teresa.get(f"/bulk/{reference}").text
    while town.app.transact(lambda unit: pay_some(unit, number, limit=50)).lines:
        pass
    bulk = batches(town)[0]
    assert (bulk.state, bulk.done, bulk.refused) == ("paid", 122, 0)
    lines = town.app.read(lambda unit: unit.rows.find(BulkLine, bulk=bulk.id, limit=1000))
    assert {line.state for line in lines} == {"paid", "voucher"}
    assert town.balance("Baraka") == before + 10_00
    assert town.app.read(lambda unit: audit_all(unit, seal_key=town.app.seal_key)).problems == ()
    assert "122" in teresa.get(f"/bulk/{reference}?line=102").text
    town.store.close()


def test_who_proposed_nothing_finds_no_batch(town: Town) -> None:
    """A number of something else, and none at all, are not there."""
    tariq = Browser(town).log_in("tariq")
    waiting = tariq.post("/propose/issue", agent="100024", amount="5", bank_ref="FT 1").headers["Location"]
    for reference in (waiting.rsplit("/", 1)[-1], "QQQQQQQQQQ", "x"):
        assert tariq.get(f"/bulk/{reference}").status_code == 404
        assert tariq.get(f"/bulk/{reference}/lines.csv").status_code == 404
    assert town.app.read(lambda unit: unit.rows.find(Approval, act="bulk")) == []


def test_a_batch_that_breaks_keeps_no_other_waiting(town: Town) -> None:
    """A line of the oldest batch names somebody who is not there: the next is paid, and the first once it is mended."""
    tariq, teresa = Browser(town).log_in("tariq"), Browser(town).log_in("teresa")
    before = town.balance("Baraka")
    for name in ("ACME Oct", "ACME Nov"):
        reference = proposed(tariq, "phone,amount\n0722000002,10\n", name=name, bank_ref=name)
        assert teresa.post(f"/approve/bulk/{reference}", seen=seen(teresa, reference)).status_code == 303
    first, second = sorted(batches(town), key=lambda bulk: bulk.id)
    (line,) = town.app.read(lambda unit: unit.rows.find(BulkLine, bulk=first.id))
    town.app.transact(lambda unit: unit.rows.put(replace(line, person=999)))
    turns = Turns("a batch of wages")

    def turn() -> int:
        return turns(town.app.read(paying), lambda one: town.app.transact(lambda unit: pay_some(unit, one)))

    assert [turn(), turn()] == [1, 1]
    assert town.balance("Baraka") == before + 10_00
    states = {bulk.id: bulk.state for bulk in batches(town)}
    assert states == {first.id: "paying", second.id: "paid"}
    with pytest.raises(KeyError, match="999"):
        turn()
    town.app.transact(lambda unit: unit.rows.put(line))
    assert [turn(), turn(), turn()] == [1, 1, 0]
    assert {bulk.state for bulk in batches(town)} == {"paid"}
    assert town.balance("Baraka") == before + 20_00


def test_C_01_nobody_sends_a_voucher_to_their_own_number(town: Town) -> None:
    """Without a wallet, but with a secret that they know: neither who hands in nor who approves is paid."""
    tariq, teresa = Browser(town).log_in("tariq"), Browser(town).log_in("teresa")
    files = [f"phone,amount,secret\n{phone},700,4821\n" for name, _, phone in STAFF if name in ("tariq", "teresa")]
    answer = tariq.post("/propose/bulk", packed=packed(checked(tariq, files[0])), **ASKED)
    assert (answer.status_code, batches(town)) == (409, [])
    reference = proposed(tariq, files[1])
    assert teresa.post(f"/approve/bulk/{reference}", seen=seen(teresa, reference)).status_code == 409
    assert [bulk.state for bulk in batches(town)] == ["proposed"]
