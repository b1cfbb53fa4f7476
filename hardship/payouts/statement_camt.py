"""Bank statements as ISO 20022 `camt.053`, versions 02 and later, read for what reconciliation needs.

An entry that books several payments, each with its own amount, becomes a line for each; any other entry is one line. What
is not booked yet (pending, for information) is left out. The versions differ in where a status and a party's name stand;
both places are looked at.
"""

import datetime as dt
import re
from collections.abc import Iterator, Sequence

from hardship.core.errors import BadInput
from hardship.core.money import parse_minor
from hardship.payouts.models import Direction
from hardship.payouts.statement import MAX_WORDS, About, Statement, StatementLine, possible_day
from hardship.payouts.statement_xml import Node, parse_xml

_NAMESPACE = re.compile(r"urn:iso:std:iso:20022:tech:xsd:(camt\.05[234]\.001\.[0-9]{2})")
_NOT_PROVIDED = frozenset({"NOTPROVIDED", "NOT PROVIDED", "NONREF", "NONE"})
_RETURNS = frozenset({"RRTN", "RPCR"})  # received: reversal because of a return, of a cancellation request
_SIGNS = {"CRDT": Direction.IN, "DBIT": Direction.OUT}
_OPENING, _CLOSING = ("OPBD", "PRCD"), ("CLBD",)


def parse_camt(data: bytes, name: str, today: dt.date) -> Statement:
    """The statement in a file; raises `BadInput` with the entry and the element that is wrong."""
    root = parse_xml(data, name)
    form = _NAMESPACE.fullmatch(root.namespace)
    if root.name != "Document" or form is None or not form[1].startswith("camt.053"):
        what = "a report of the day or a notice" if form else "another kind of file"
        raise BadInput(
            f"not a camt.053 statement but {what}", where=name, fix="Ask the bank for the booked statement."
        )
    statements = list(root.all("BkToCstmrStmt/Stmt"))
    if not statements:
        raise BadInput("there is no statement in it", where=name, fix="Ask the bank for it again.")
    accounts = {_account(one) for one in statements}
    if len(accounts) > 1:
        raise BadInput("it holds several accounts", where=name, fix="Ask the bank for one account a file.")
    read = [_Reading(one, name, today) for one in statements]
    lines = [line for one in read for line in one.lines]
    account, sort_code = accounts.pop()
    last = max(read, key=lambda one: one.closing_on or dt.date.min)
    about = About(
        form=form[1],
        account=account,
        sort_code=sort_code,
        opening_minor=read[0].opening,
        closing_minor=last.closing,
        closing_on=last.closing_on,
        adds_up=all(one.adds_up() for one in read),
    )
    return Statement(lines, about)


def _account(statement: Node) -> tuple[str, str]:
    """The account's digits, and its bank's sort code where that is told apart."""
    iban = re.sub(r"\s", "", statement.said("Acct/Id/IBAN")).upper()
    if iban:
        return (iban[8:] if iban.startswith("GB") and len(iban) == 22 else iban), ""
    number = re.sub(r"[^0-9]", "", statement.said("Acct/Id/Othr/Id"))
    sort_code = statement.said("Acct/Svcr/FinInstnId/ClrSysMmbId/MmbId", "Acct/Svcr/FinInstnId/Othr/Id")
    digits = re.sub(r"[^0-9]", "", sort_code)
    return number, digits if len(digits) == 6 else ""


class _Reading:
    """One statement, read."""

    def __init__(self, statement: Node, name: str, today: dt.date) -> None:
        self.name, self.today = name, today
        currency = statement.said("Acct/Ccy")
        if currency and currency != "GBP":
            raise BadInput(f"the account is in {currency[:3]}", where=name, fix="Only sterling is kept here.")
        self.booked_minor = 0
        self.lines: list[StatementLine] = []
        for number, entry in enumerate(statement.all("Ntry"), start=1):
            self.lines += self._entry(entry, f"{name}, entry {number}")
        self.opening, _ = self._balance(statement, _OPENING)
        self.closing, self.closing_on = self._balance(statement, _CLOSING)

    def adds_up(self) -> bool:
        """Whether opening balance and entries make the closing balance; so when either is not told."""
        if self.opening is None or self.closing is None:
            return True
        return self.opening + self.booked_minor == self.closing

    def _balance(self, statement: Node, codes: Sequence[str]) -> tuple[int | None, dt.date | None]:
        for code in codes:
            for balance in statement.all("Bal"):
                if balance.said("Tp/CdOrPrtry/Cd") == code:
                    minor = _amount(balance, f"{self.name}, balance {code}", least=0)
                    sign = 1 if balance.said("CdtDbtInd") != "DBIT" else -1
                    return sign * minor, _day(
                        balance.said("Dt/Dt", "Dt/DtTm"), f"{self.name}, balance {code}"
                    )
        return None, None

    def _entry(self, entry: Node, where: str) -> Iterator[StatementLine]:
        if entry.said("Sts/Cd", "Sts") not in {"BOOK", ""}:
            return
        minor = _amount(entry, where)
        direction = _direction(entry, where)
        on = _day(entry.said("BookgDt/Dt", "BookgDt/DtTm", "ValDt/Dt", "ValDt/DtTm"), f"{where}, BookgDt")
        possible_day(on, self.today, where=f"{where}, BookgDt")
        self.booked_minor += minor if direction is Direction.IN else -minor
        details = list(entry.all("NtryDtls/TxDtls"))
        amounts = [_detail_amount(one, f"{where}, detail {at}") for at, one in enumerate(details, start=1)]
        told_apart = len(details) > 1 and None not in amounts and sum(one or 0 for one in amounts) == minor
        if not told_apart:
            yield _line(entry, details, on, minor, direction)
            return
        for one, amount in zip(details, amounts, strict=True):
            yield _line(entry, [one], on, amount or 0, direction)


def _amount(node: Node, where: str, *, least: int = 1) -> int:
    found = node.first("Amt")
    if found is None:
        raise BadInput("there is no amount", where=f"{where}, Amt", fix="Ask the bank for the file again.")
    if found.attributes.get("Ccy", "GBP") != "GBP":
        raise BadInput(
            "an amount that is not in pounds", where=f"{where}, Amt", fix="Only sterling is kept here."
        )
    minor = parse_minor(found.text, where=f"{where}, Amt")
    if minor < least:
        raise BadInput("a line of nothing", where=f"{where}, Amt", fix="Ask the bank for the file again.")
    return minor


def _detail_amount(detail: Node, where: str) -> int | None:
    """A detail's own amount, as booked; None where it has none."""
    for node in (detail, detail.first("AmtDtls/TxAmt")):
        if node is not None and node.first("Amt") is not None:
            return _amount(node, where)
    return None


def _direction(entry: Node, where: str) -> Direction:
    try:
        return _SIGNS[entry.said("CdtDbtInd")]
    except KeyError:
        raise BadInput(
            "neither a debit nor a credit",
            where=f"{where}, CdtDbtInd",
            fix="Ask the bank for the file again.",
        ) from None


def _day(text: str, where: str) -> dt.date:
    """A day, or that of a time: the part before the T, as the bank's own clock shows it."""
    try:
        return dt.date.fromisoformat(text[:10])
    except ValueError:
        raise BadInput("not a date", where=where, fix="Ask the bank for the file again.") from None


def _line(
    entry: Node, details: Sequence[Node], on: dt.date, minor: int, direction: Direction
) -> StatementLine:
    is_return = _comes_back(entry, details)
    return StatementLine(
        on=on,
        amount_minor=minor,
        reference=_words(entry, details),
        counterparty=_counterparty(details, direction, is_return),
        direction=direction,
        bank_ref=_bank_ref(entry, details)[:80],
        is_return=is_return and direction is Direction.IN,
    )


def _comes_back(entry: Node, details: Sequence[Node]) -> bool:
    codes = {node.said("BkTxCd/Domn/Fmly/SubFmlyCd") for node in (entry, *details)}
    return (
        entry.said("RvslInd") in {"true", "1"}
        or bool(codes & _RETURNS)
        or any(one.first("RtrInf") is not None for one in details)
    )


def _bank_ref(entry: Node, details: Sequence[Node]) -> str:
    own = details[0].said("Refs/AcctSvcrRef") if len(details) == 1 else ""
    return " ".join(part for part in (entry.said("AcctSvcrRef") or entry.said("NtryRef"), own) if part)


def _words(entry: Node, details: Sequence[Node]) -> str:
    """Everything that may name a payment or a file, names first, each once."""
    ids = ("Refs/EndToEndId", "Refs/InstrId", "Refs/MsgId", "Refs/PmtInfId", "RmtInf/Strd/CdtrRefInf/Ref")
    found = [node.text for one in details[:20] for path in ids for node in one.all(path)]
    whole = [
        node.text for path in ("NtryDtls/Btch/MsgId", "NtryDtls/Btch/PmtInfId") for node in entry.all(path)
    ]
    # What many details are parts of comes first: their own names may fill all the room there is.
    found = [*whole, *found] if len(details) > 1 else [*found, *whole]
    texts = ("RmtInf/Ustrd", "AddtlTxInf", "RtrInf/AddtlInf")
    found += [node.text for one in details[:20] for path in texts for node in one.all(path)]
    found.append(entry.said("AddtlNtryInf"))
    kept = [" ".join(text.split()) for text in found if text and text.upper() not in _NOT_PROVIDED]
    return " ".join(dict.fromkeys(kept))[:MAX_WORDS]


def _counterparty(details: Sequence[Node], direction: Direction, is_return: bool) -> str:
    """Who is on the other side; on a return the parties stand as they did in the payment."""
    if len(details) != 1:
        return ""
    parties = ("Cdtr", "Dbtr") if direction is Direction.OUT or is_return else ("Dbtr", "Cdtr")
    places = [f"RltdPties/{party}{place}" for party in parties for place in ("/Pty/Nm", "/Nm")]
    return " ".join(details[0].said(*places).split())[:MAX_WORDS]
