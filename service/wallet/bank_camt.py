"""A bank statement as ISO 20022 camt.053: read from XML that may hold nothing but elements, attributes and text.

A document type, an entity, a processing instruction or very deep nesting refuses the file before anything of it is
looked at: nothing is ever fetched, and nothing can grow. Only lines that are booked count.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NoReturn
from xml.parsers import expat

from service.money import Currency
from service.wallet.bank_file import (
    MOST_LINES,
    MOST_OCTETS,
    BadStatement,
    BankFile,
    FileLine,
    plain,
    read_csv,
    read_day,
    read_money,
    statement,
)

KIND = re.compile(r"urn:iso:std:iso:20022:tech:xsd:camt\.053\.001\.[0-9]{2}")
DEEPEST = 40
MOST_ELEMENTS = 300_000


@dataclass
class Element:
    """An element: its name without the namespace, what stands in it, and its children."""

    name: str
    attributes: dict[str, str]
    words: list[str] = field(default_factory=list)
    """Pieces of text: to add each to the ones before would take a time that grows with their square."""
    children: list["Element"] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(self.words).strip()

    def all(self, path: str) -> Iterator["Element"]:
        """Yield what stands under a path: `NtryDtls/TxDtls`."""
        head, _, rest = path.partition("/")
        for child in self.children:
            if child.name == head:
                yield from child.all(rest) if rest else (child,)

    def said(self, path: str) -> str:
        """Return the first text under a path, or nothing."""
        return next((one.text for one in self.all(path) if one.text), "")


def read_camt(data: bytes, currency: Currency) -> BankFile:
    """Read a camt.053 document with the statement of one account; raises BadStatement."""
    root = _tree(data)
    found = list(root.all("BkToCstmrStmt/Stmt"))
    if root.name != "Document" or len(found) != 1:
        raise BadStatement(f"it is a camt.053 with {len(found)} statements, not with one")
    one = found[0]
    opening, first_day = _balance(one, ("OPBD", "PRCD"), currency)
    closing, last_day = _balance(one, ("CLBD",), currency)
    lines = [_line(entry, currency) for entry in one.all("Ntry") if _state(entry) == "BOOK"]
    if len(lines) > MOST_LINES:
        raise BadStatement(f"it has {len(lines)} lines, more than {MOST_LINES:,}")
    lines.sort(key=lambda line: line.booked_on)
    first_day = min([first_day, *(line.booked_on for line in lines)])
    return statement(lines, opening=opening, closing=closing, first_day=first_day, last_day=last_day)


def read_statement(data: bytes, currency: Currency) -> BankFile:
    """Read a file of either kind; raises BadStatement."""
    return read_camt(data, currency) if is_xml(data) else read_csv(data, currency)


def is_xml(data: bytes) -> bool:
    """Say whether a file is XML, and so no table."""
    return data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


def _line(entry: Element, currency: Currency) -> FileLine:
    amount = _signed(entry, currency)
    booked_on = read_day((entry.said("BookgDt/Dt") or entry.said("BookgDt/DtTm"))[:10])
    bank_id, of_one = entry.said("AcctSvcrRef"), "NtryDtls/TxDtls"
    given = entry.said(f"{of_one}/Refs/EndToEndId")
    reference = bank_id or entry.said("NtryRef") or ("" if given == "NOTPROVIDED" else given)
    payer = entry.said(f"{of_one}/RltdPties/Dbtr/Nm") or entry.said(f"{of_one}/RltdPties/Dbtr/Pty/Nm")
    text = f"{payer} {entry.said(f'{of_one}/RmtInf/Ustrd')} {entry.said('AddtlNtryInf')}"
    return FileLine(booked_on, amount, plain(bank_id), plain(reference), plain(text))


def _state(entry: Element) -> str:
    return entry.said("Sts/Cd") or entry.said("Sts")


def _signed(entry: Element, currency: Currency) -> int:
    """Return an amount from the account's side, in minor units; one that is taken back has its sign turned already."""
    amount = next(entry.all("Amt"), None)
    minor = read_money(amount.text, currency) if amount else None
    side = entry.said("CdtDbtInd")
    if amount is None or minor is None or minor < 0 or side not in ("CRDT", "DBIT"):
        raise BadStatement("an amount is missing, or is none")
    if amount.attributes.get("Ccy") != currency.code:
        raise BadStatement(f"it is not in {currency.code}")
    return minor if side == "CRDT" else -minor


def _balance(one: Element, kinds: Sequence[str], currency: Currency) -> tuple[int, str]:
    for balance in one.all("Bal"):
        if balance.said("Tp/CdOrPrtry/Cd") in kinds:
            return _signed(balance, currency), read_day((balance.said("Dt/Dt") or balance.said("Dt/DtTm"))[:10])
    raise BadStatement(f"it has no balance {kinds[0]}")


def _tree(data: bytes) -> Element:
    if len(data) > MOST_OCTETS:
        raise BadStatement(f"it has more than {MOST_OCTETS:,} bytes")
    above, count = [Element("", {})], 0

    def refuse(*_: object) -> NoReturn:
        raise BadStatement("it declares something beside elements and text")

    def begin(name: str, attributes: dict[str, str]) -> None:
        nonlocal count
        count += 1
        if len(above) > DEEPEST or count > MOST_ELEMENTS:
            raise BadStatement("it is too deep or too large")
        space, _, short = name.rpartition(" ")
        if not KIND.fullmatch(space):
            raise BadStatement("it is no camt.053")
        made = Element(short, attributes)
        above[-1].children.append(made)
        above.append(made)

    def say(text: str) -> None:
        above[-1].words.append(text)

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = parser.UnparsedEntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = parser.ProcessingInstructionHandler = parser.NotationDeclHandler = refuse
    parser.StartElementHandler, parser.CharacterDataHandler = begin, say
    parser.EndElementHandler = lambda _: above.pop()
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise BadStatement(f"it is no XML: {expat.ErrorString(error.code)}") from None
    except BadStatement:
        raise
    except (LookupError, ValueError):  # what Python says of the encoding that the first line names
        raise BadStatement("it is in an encoding that is not read: UTF-8 is") from None
    return above[0].children[0]
