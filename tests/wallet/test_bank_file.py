"""Statements of the bank as files: what is read, and what is refused before anything of it counts."""

import pytest

from service.money import Currency
from service.wallet.bank_camt import read_statement
from service.wallet.bank_file import BadStatement, BankFile, FileLine

KES, UGX = Currency("KES", 2, ()), Currency("UGX", 0, ())

TABLE = """date,amount,balance,reference,id,text
2026-11-21,5000.00,"15,000.00",FT 900,B1,Njeri Kamau
2026-11-21,-200,14800,FT 901,,
2026-11-22,0.50,14800.50,FT 902,B3,
"""
LINES = [
    FileLine("2026-11-21", 5_000_00, "B1", "FT 900", "Njeri Kamau"),
    FileLine("2026-11-21", -200_00, "", "FT 901", ""),
    FileLine("2026-11-22", 50, "B3", "FT 902", ""),
]
READ = BankFile(
    "2026-11-21", "2026-11-22", 10_000_00, 14_800_50, {"2026-11-21": 14_800_00, "2026-11-22": 14_800_50}, LINES
)


def balance(kind: str, amount: str, day: str, side: str = "CRDT") -> str:
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Amt Ccy='KES'>{amount}</Amt>"
        f"<CdtDbtInd>{side}</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"
    )


def entry(amount: str, side: str, day: str, ref: str, state: str = "BOOK", more: str = "") -> str:
    return (
        f"<Ntry><Amt Ccy='KES'>{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd><Sts><Cd>{state}</Cd></Sts>"
        f"<BookgDt><Dt>{day}</Dt></BookgDt><AcctSvcrRef>{ref}</AcctSvcrRef>{more}</Ntry>"
    )


PAYER = "<NtryDtls><TxDtls><RltdPties><Dbtr><Nm>Njeri Kamau</Nm></Dbtr></RltdPties></TxDtls></NtryDtls>"
SPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"


def camt(*entries: str, closing: str = "14800.50", head: str = "", space: str = SPACE) -> bytes:
    opened, closed = balance("OPBD", "10000.00", "2026-11-21"), balance("CLBD", closing, "2026-11-22")
    inside = f"<BkToCstmrStmt><GrpHdr/><Stmt><Id>1</Id>{opened}{closed}{''.join(entries)}</Stmt></BkToCstmrStmt>"
    return f"<?xml version='1.0'?>{head}<Document xmlns='{space}'>{inside}</Document>".encode()


ENTRIES = (
    entry("5000.00", "CRDT", "2026-11-21", "FT 900", more=PAYER),
    entry("200.00", "DBIT", "2026-11-21", "FT 901"),
    entry("0.50", "CRDT", "2026-11-22", "FT 902"),
)


def test_a_table_is_read() -> None:
    assert read_statement(TABLE.encode(), KES) == READ


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + TABLE,
        TABLE.replace("\n", "\r\n"),
        TABLE.replace('"15,000.00"', "15000").replace(",", ";"),
        TABLE.replace("date,", " Date ,").replace("\n2026-11-22", "\n\n2026-11-22"),
    ],
    ids=["mark", "lines", "semicolons", "blanks"],
)
def test_what_spreadsheets_change_is_read_all_the_same(text: str) -> None:
    assert read_statement(text.encode(), KES) == READ


def test_the_newest_line_may_stand_first() -> None:
    head, *lines = TABLE.splitlines()
    assert read_statement("\n".join([head, *reversed(lines)]).encode(), KES) == READ


NO = {
    "a line is missing": TABLE.replace("2026-11-21,-200,14800,FT 901,,\n", ""),
    "an amount was changed": TABLE.replace("-200,", "-300,"),
    "no balance": "date,amount,reference\n2026-11-21,5,x\n",
    "an unknown column": TABLE.replace("text", "payer"),
    "a column twice": TABLE.replace("text", "id"),
    "no date": TABLE.replace("2026-11-22", "22.11.2026"),
    "no such day": TABLE.replace("2026-11-22", "2026-11-31"),
    "the last day of all": TABLE.replace("2026-11-22", "9999-12-31"),
    "a third decimal": TABLE.replace("0.50,14800.50", "0.501,14800.501"),
    "an exponent": TABLE.replace("5000.00", "5e3"),
    "other digits": TABLE.replace("5000.00", "٥٠٠٠"),
    "ambiguous thousands": TABLE.replace("5000.00", "5.000,00"),
    "nothing moved": TABLE.replace("-200,14800", "0,15000").replace("14800.50", "15000.50"),
    "nothing at all": "",
    "a head alone": TABLE.splitlines()[0],
    "a quote that never ends": TABLE + '2026-11-22,"1',
    "a short line": TABLE + "2026-11-22,1\n",
}


@pytest.mark.parametrize("why", NO)
def test_I_12_a_table_that_cannot_be_relied_on_is_refused_whole(why: str) -> None:
    """A statement leads line by line from one balance to the next, in amounts that mean one thing only."""
    with pytest.raises(BadStatement):
        read_statement(NO[why].encode(), KES)


def test_a_currency_without_cents_has_none() -> None:
    table = "date,amount,balance,reference\n2026-11-21,5000,5000,A\n"
    assert read_statement(table.encode(), UGX).closing == 5000
    assert read_statement(table.replace("5000,A", "5000.00,A").encode(), UGX).closing == 5000
    with pytest.raises(BadStatement):
        read_statement(table.replace("5000,5000", "5000.50,5000.50").encode(), UGX)


def test_a_file_that_is_too_large_or_in_another_alphabet_is_refused() -> None:
    for data in (b"x" * 4_000_001, b"<" * 4_000_001, TABLE.encode("utf-16")):
        with pytest.raises(BadStatement):
            read_statement(data, KES)


def test_camt_053_says_the_same() -> None:
    """Booked lines count, with the payer's name as their text; what is only pending does not."""
    pending = entry("999.00", "CRDT", "2026-11-22", "FT 903", state="PDNG")
    read = read_statement(camt(*ENTRIES, pending), KES)
    lines = [line._replace(bank_id=line.reference) for line in LINES]
    assert read == READ._replace(lines=lines)


def test_camt_053_of_a_quiet_day_has_no_lines() -> None:
    read = read_statement(camt(closing="10000.00"), KES)
    assert (read.lines, read.closing, read.first_day, read.last_day) == ([], 10_000_00, "2026-11-21", "2026-11-22")


BOMB = "<!DOCTYPE x [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;'>]>"
OUTSIDE = "<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>"
BAD_XML = {
    "an entity that grows": camt(*ENTRIES, head=BOMB),
    "an entity from outside": camt(*ENTRIES, head=OUTSIDE),
    "a document type": camt(*ENTRIES, head="<!DOCTYPE Document SYSTEM 'http://evil.example/x.dtd'>"),
    "an instruction": camt(*ENTRIES, head="<?xml-stylesheet href='http://evil.example'?>"),
    "another kind": camt(*ENTRIES, space="urn:iso:std:iso:20022:tech:xsd:pain.001.001.03"),
    "no namespace": camt(*ENTRIES).replace(f" xmlns='{SPACE}'".encode(), b""),
    "very deep": camt("<A>" * 60 + "</A>" * 60),
    "cut off": camt(*ENTRIES)[:-20],
    "not added up": camt(*ENTRIES[:2]),
    "another currency": camt(*ENTRIES).replace(b"Ccy='KES'>0.50", b"Ccy='USD'>0.50"),
    "a minus": camt(*ENTRIES).replace(b">200.00<", b">-200.00<"),
    "no side": camt(*ENTRIES).replace(b"DBIT", b"BOTH"),
    "no balance": camt(*ENTRIES).replace(b"CLBD", b"ITBD"),
    "two statements": camt(*ENTRIES).replace(b"</Stmt>", b"</Stmt><Stmt/>"),
    "no encoding of that name": camt(*ENTRIES, head="<?xml version='1.0' encoding='nope'?>"),
    "an encoding of four octets": camt(*ENTRIES, head="<?xml version='1.0' encoding='utf-32'?>"),
    "a line behind the closing balance": camt(*ENTRIES, entry("1.00", "CRDT", "2026-11-23", "F"), closing="14801.50"),
    "nothing but a root": b"<Document xmlns='" + SPACE.encode() + b"'/>",
}


@pytest.mark.parametrize("why", BAD_XML)
def test_I_14_xml_that_reaches_out_grows_or_does_not_add_up_is_refused(why: str) -> None:
    """Nothing is fetched, nothing expands, and no amount is guessed."""
    declares = b"<!DOCTYPE" in BAD_XML[why] or b"<?xml-" in BAD_XML[why]
    with pytest.raises(BadStatement, match="declares something" if declares else None):
        read_statement(BAD_XML[why], KES)
