"""Taking in a statement, whole."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import col, or_, select

from hardship.contributions.unidentified import book_line
from hardship.core.canonical import sha256_hex
from hardship.core.db import lock
from hardship.core.errors import BadInput
from hardship.core.runtime import Transaction
from hardship.funds.models import Fund
from hardship.funds.queries import bank_account_of
from hardship.funds.service import lock_funds
from hardship.payouts.models import (
    BankImport,
    BankLine,
    BankLineAttempt,
    Direction,
    LineReason,
    LineState,
)
from hardship.payouts.service.batches import hold_back
from hardship.payouts.service.progress import parts
from hardship.payouts.service.reconciling.book import Book, Found, close_book, open_book
from hardship.payouts.service.reconciling.deciding import decide
from hardship.payouts.service.reconciling.naming import name, name_by_payee, name_by_total, open_files
from hardship.payouts.service.trials import book_trial
from hardship.payouts.statement import About, StatementLine
from hardship.staff.permissions import Permission, require

Accounts = dict[str, tuple[str, str]]
"""Sort code and account number, by the slug of the fund that pays from them."""

_NAMELESS = (LineReason.NO_REFERENCE, LineReason.SEVERAL)


@dataclass(frozen=True)
class Reconciled:
    """What a statement did, in lines: new ones, those known already, and of the new ones those that were our payments
    going out (`matched`), those that were payments coming back (`returned`), those that were booked as what they are
    (gifts, the card processor's payouts, receipts nobody knows yet), and those that want a person."""

    imported: int
    unchanged: int
    matched: int = 0
    returned: int = 0
    exceptions: int = 0
    booked: int = 0


def reconcile(
    tx: Transaction,
    *,
    lines: Sequence[StatementLine],
    sha256: str = "",
    about: About | None = None,
    fund: str = "",
) -> Reconciled:
    """Take in a bank statement, whole: the lines of one file, in its order.

    `sha256` is what the file is known by; without one, that of its lines, which is the same however they are quoted.
    `fund` names the fund that receipts belong to where the account does not tell it. Raises `BadInput` for the
    statement of an account that is none of ours.
    """
    require(tx.actor, Permission.RECONCILE)
    said = about or About()
    sha256 = sha256 or sha256_hex(b"\n".join(line.content() for line in lines))
    funds = lock_funds(tx)  # two imports of one file work one after the other
    accounts = _accounts(tx, funds)
    payers = _payers(funds, accounts, said, fund)
    home = _home(payers, fund)
    if tx.session.exec(select(BankImport.id).where(BankImport.sha256 == sha256)).first() is not None:
        return Reconciled(0, len(lines))
    new = _new_lines(tx, lines, _mark(payers, accounts))
    again = _earlier(tx, payers) if new else []
    book = _read(tx, new, again, payers, home)
    _store(tx, sha256, lines, new, said, home)
    for one in [*new, *again]:
        if one.reason is not None and one.is_out:
            for payment_id in sorted(book.in_doubt(one)):
                hold_back(tx, payment_id)
    return _result(tx, sha256, lines, [*new, *(one for one in again if one.reason is None)], len(new))


def _result(
    tx: Transaction, sha256: str, lines: Sequence[StatementLine], decided: Sequence[Found], imported: int
) -> Reconciled:
    done = Counter((one.state, one.line.direction) for one in decided)
    result = Reconciled(
        imported=imported,
        unchanged=len(lines) - imported,
        matched=done[LineState.MATCHED, Direction.OUT],
        returned=done[LineState.MATCHED, Direction.IN],
        exceptions=done[LineState.EXCEPTION, Direction.OUT] + done[LineState.EXCEPTION, Direction.IN],
        booked=done[LineState.BOOKED, Direction.OUT] + done[LineState.BOOKED, Direction.IN],
    )
    tx.record(
        "statement.imported",
        f"bank_import:{sha256[:16]}",
        lines=imported,
        matched=result.matched,
        returned=result.returned,
        booked=result.booked,
        exceptions=result.exceptions,
    )
    return result


def _accounts(tx: Transaction, funds: Sequence[Fund]) -> Accounts:
    """The account that each fund pays from, where it declares one."""
    found = {fund.slug: bank_account_of(tx.session, tx.vault, fund) for fund in funds}
    return {slug: (one[1], one[2]) for slug, one in found.items() if one is not None}


def _mark(payers: Sequence[Fund], declared: Accounts) -> bytes:
    """What tells the lines of this account from equal ones of another; nothing for the first account, or an unknown one."""
    mine = {declared[fund.slug] for fund in payers if fund.slug in declared}
    if len(mine) != 1 or mine == set(list(declared.values())[:1]):
        return b""
    return "".join(mine.pop()).encode() + b"|"


def _payers(funds: Sequence[Fund], declared: Accounts, about: About, wanted: str) -> list[Fund]:
    """The funds that pay from the statement's account; all where neither it nor whoever sends it in tells the account."""
    mine = list(funds)
    if not about.account and wanted in declared:
        mine = [fund for fund in funds if declared.get(fund.slug) == declared[wanted]]
    if about.account and declared:
        mine = [fund for fund in funds if fund.slug in declared and _is(about, *declared[fund.slug])]
        if not mine:
            raise BadInput(
                "the statement is of another account",
                where="account",
                fix="Send in that of the account the payments leave from.",
            )
    return mine


def _home(mine: Sequence[Fund], wanted: str) -> Fund | None:
    """The one fund that the statement's receipts belong to; None where it could be several."""
    if wanted:
        named = [fund for fund in mine if fund.slug == wanted]
        if not named:
            raise BadInput("the statement is not of this fund's account", where="fund", fix="Check the fund.")
        return named[0]
    return mine[0] if len(mine) == 1 else None


def _is(about: About, sort_code: str, number: str) -> bool:
    """Whether a statement's account is this one, by sort code and number, or by the number alone where no more is
    told."""
    if about.account.endswith(sort_code + number):
        return True
    return about.account == number and about.sort_code in {"", sort_code}


def _new_lines(tx: Transaction, lines: Sequence[StatementLine], mark: bytes) -> list[Found]:
    """The lines that no earlier file of this account had, each with its number among the identical ones of this file."""
    counted: Counter[str] = Counter()
    found: list[Found] = []
    for line in lines:
        fingerprint = tx.vault.mac(b"bank line|" + mark + line.content())
        counted[fingerprint] += 1
        found.append(Found(line, fingerprint, counted[fingerprint]))
    known: set[tuple[str, int]] = set()
    for part in parts(sorted(counted)):
        rows = tx.session.exec(
            select(BankLine.fingerprint, BankLine.occurrence).where(col(BankLine.fingerprint).in_(part))
        )
        known |= {(fingerprint, occurrence) for fingerprint, occurrence in rows}
    return [one for one in found if (one.fingerprint, one.occurrence) not in known]


def _earlier(tx: Transaction, payers: Sequence[Fund]) -> list[Found]:
    """Debits of earlier statements that named nothing and wait for a person: with the new ones there may be as many as
    there are files. Not those of another fund's account."""
    mine = [fund.id for fund in payers]
    imports = select(BankImport.id).where(
        or_(col(BankImport.fund_id).is_(None), col(BankImport.fund_id).in_(mine))
    )
    wanted = (
        select(BankLine)
        .where(
            col(BankLine.import_id).in_(imports),
            BankLine.state == LineState.EXCEPTION,
            BankLine.direction == Direction.OUT,
            col(BankLine.reason).in_(_NAMELESS),
            col(BankLine.id).not_in(select(BankLineAttempt.line_id)),
        )
        .order_by(col(BankLine.id))
    )
    return [
        Found(
            StatementLine(row.on, row.amount_minor, "", "", row.direction),
            row.fingerprint,
            row.occurrence,
            row=row,
            reason=row.reason,
        )
        for row in lock(tx.session, wanted)
    ]


def _read(
    tx: Transaction, new: Sequence[Found], again: Sequence[Found], payers: Sequence[Fund], home: Fund | None
) -> Book:
    """Find what every line is about, and let it happen. What is guessed is guessed of the funds that pay from this
    account; what is named is what it is, wherever it is seen."""
    mine = [fund.id or 0 for fund in payers]
    name(tx, new)
    name_by_payee(tx, new, mine)
    files = open_files(tx, [*new, *again], mine)
    name_by_total([*new, *again], files)
    told = [one for one in [*new, *again] if not one.is_unnamed]
    book = open_book(
        tx,
        attempts=[number for one in told for number in one.attempts],
        batches=[one.batch_id for one in told if one.batch_id is not None],
        files=[one.file_id for one in told if one.file_id is not None],
    )
    for one in sorted(told, key=lambda one: (one.line.on, one.line.direction is Direction.IN)):
        if one.trial_id is not None:
            one.reason = book_trial(tx, one.trial_id, one.line)
            one.state = LineState.BOOKED if one.reason is None else LineState.EXCEPTION
        else:
            one.reason = decide(book, one)
            one.state = LineState.MATCHED if one.reason is None else LineState.EXCEPTION
    close_book(tx, book)
    for one in new:
        if one.is_unnamed:
            _without_name(tx, one, home)
    for one in again:
        if not one.is_unnamed:
            _found_at_last(tx, one)
    return book


def _without_name(tx: Transaction, one: Found, home: Fund | None) -> None:
    """A debit waits for a person; a receipt is booked as what it is, where its fund is known."""
    if one.is_out:
        one.reason = one.reason or LineReason.NO_REFERENCE
    elif home is None:
        one.reason = LineReason.RECEIPT
    else:
        book_line(
            tx,
            fund=home,
            line_key=f"{one.fingerprint}:{one.occurrence}",
            received_on=one.line.on,
            amount_minor=one.line.amount_minor,
            reference=one.line.reference,
            counterparty=one.line.counterparty,
        )
        one.state = LineState.BOOKED


def _found_at_last(tx: Transaction, one: Found) -> None:
    """A line of an earlier statement has found what it is about."""
    row = one.row
    assert row is not None
    row.state, row.reason = one.state, one.reason
    row.batch_id, row.bank_file_id, row.matched_by = one.batch_id, one.file_id, one.matched_by
    tx.session.add(row)
    tx.record(
        f"bank_line.{row.state.value}", f"bank_line:{row.id}", state=row.state.value, by=str(one.matched_by)
    )


def _store(
    tx: Transaction,
    sha256: str,
    lines: Sequence[StatementLine],
    new: Sequence[Found],
    about: About,
    home: Fund | None,
) -> None:
    days = [line.on for line in lines]
    imported = BankImport(
        sha256=sha256,
        lines=len(lines),
        at=tx.at,
        form=about.form,
        fund_id=home.id if home else None,
        first_on=min(days, default=None),
        last_on=max(days, default=None),
        opening_minor=about.opening_minor,
        closing_minor=about.closing_minor,
        closing_on=about.closing_on,
        adds_up=about.adds_up,
    )
    tx.session.add(imported)
    tx.session.flush()
    _store_lines(tx, imported.id or 0, new)


def _store_lines(tx: Transaction, import_id: int, new: Sequence[Found]) -> None:
    house = tx.vault.house(tx.session)
    rows = [
        BankLine(
            import_id=import_id,
            fingerprint=one.fingerprint,
            occurrence=one.occurrence,
            on=one.line.on,
            amount_minor=one.line.amount_minor,
            direction=one.line.direction,
            reference=house.seal("bank_line", "reference", one.fingerprint, one.line.reference),
            counterparty=house.seal("bank_line", "counterparty", one.fingerprint, one.line.counterparty),
            state=one.state,
            reason=one.reason,
            attempt_id=one.attempt_id,
            batch_id=one.batch_id,
            bank_file_id=one.file_id,
            matched_by=one.matched_by if one.state is LineState.MATCHED else None,
        )
        for one in new
    ]
    tx.session.add_all(rows)
    tx.session.flush()
    tx.session.add_all(
        BankLineAttempt(line_id=row.id or 0, attempt_id=number)
        for row, one in zip(rows, new, strict=True)
        for number in one.several
    )
    tx.session.flush()
