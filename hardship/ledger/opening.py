"""Opening balances: what stood on each account of each pot before the books began, or at the start of a period.

The file says one balance a row; what the rows of a pot lack to balance is the fund's balance brought forward (Cr or Dr
opening). Who writes that row as well says so himself, and then the rows have to balance. It takes two people.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from hardship.core.clock import day_of, parse_day
from hardship.core.csvfile import Numbered, Problem, Row, RowsRefused, choice_cell, ref_cell
from hardship.core.errors import BadInput, Conflict
from hardship.core.money import display, parse_minor
from hardship.core.runtime import Transaction
from hardship.ledger.journal import JournalDraft, Line
from hardship.ledger.models import AccountKind, Journal, Pot
from hardship.ledger.moving import Asked, lock_books
from hardship.ledger.periods import closed_through
from hardship.ledger.reports.sums import known_fund
from hardship.ledger.reports.words import name_of
from hardship.ledger.service import post
from hardship.staff.permissions import Permission, require
from hardship.staff.proposals import propose

_K = AccountKind
KIND = "ledger.opening"
COLUMNS = ("pot", "account", "debit", "credit")
JOURNAL = "opening"

MAY_OPEN = (
    _K.BANK,
    _K.CARD_CLEARING,
    _K.CASH_IN_HAND,
    _K.DISPUTED_RECEIPTS,
    _K.GIFT_AID_RECEIVABLE,
    _K.REFUNDS_DUE,
    _K.GIFT_AID_DUE,
    _K.OPENING,
)
"""The accounts that can be opened. Match, grants and unidentified receipts are kept one by one in their own rooms, which
would say something else than an opening sum: they are brought in as sponsors' payments, awards and bank lines."""


@dataclass(frozen=True)
class OpeningLine:
    """The balance of one account of one pot, debit positive, in pence."""

    pot: str
    account: AccountKind
    minor: int


def opening_in(row: Row) -> OpeningLine:
    """One row of the file; raises `BadInput` with the column as its place."""
    pot, account = ref_cell(row, "pot", max_length=120), choice_cell(row, "account", AccountKind)
    if account not in MAY_OPEN:
        allowed = ", ".join(one.value for one in MAY_OPEN)
        raise BadInput(
            f"{account.value} is not opened by a sum", where="account", fix=f"These can be: {allowed}."
        )
    debit, credit = (_amount(row, column) for column in ("debit", "credit"))
    if (debit == 0) == (credit == 0):
        raise BadInput("a row has either a debit or a credit", where="debit", fix="Fill in one of the two.")
    return OpeningLine(pot, account, debit - credit)


def _amount(row: Row, column: str) -> int:
    return parse_minor(row[column], where=column) if row[column] else 0


def propose_opening(
    tx: Transaction, *, fund_slug: str, on: dt.date, rows: Sequence[Numbered[OpeningLine]]
) -> Asked:
    """Propose a fund's opening balances as at the beginning of day `on`; raises `RowsRefused`, `BadInput`, `Conflict`."""
    require(tx.actor, Permission.KEEP_BOOKS)
    known_fund(tx.session, fund_slug)
    problems = _problems(tx.session, fund_slug, rows)
    if problems:
        raise RowsRefused(problems)
    _check_day(tx, fund_slug, on)
    lines = [one.value for one in rows]
    _drawn_up(tx.session, fund_slug, lines)
    payload = {
        "fund": fund_slug,
        "on": on.isoformat(),
        "lines": [[one.pot, one.account.value, one.minor] for one in lines],
    }
    asked = propose(tx, kind=KIND, subject=f"fund:{fund_slug}", payload=payload)
    return Asked(asked.ref, asked.done, [asked.result] if isinstance(asked.result, int) else [])


def open_books(tx: Transaction, payload: Mapping[str, Any]) -> int:
    """Post the opening balances, as the second person; returns the journal's number. Checks everything anew."""
    fund_slug, on = str(payload["fund"]), parse_day(str(payload["on"]))
    lock_books(tx, fund_slug)
    _check_day(tx, fund_slug, on)
    posted = _drawn_up(tx.session, fund_slug, _lines(payload))
    draft = JournalDraft(
        idem_key=f"{JOURNAL}:{fund_slug}:{on.isoformat()}:{_count(tx.session, fund_slug)}",
        kind=JOURNAL,
        fund_slug=fund_slug,
        cause=f"fund:{fund_slug}",
        effective_on=on,
        lines=posted,
        currency=_currency(tx.session, fund_slug),
    )
    number = post(tx, [draft])[0]
    brought = -sum(line.minor for line in posted if line.account is _K.OPENING)
    tx.record(
        "ledger.opened", f"fund:{fund_slug}", on=on.isoformat(), journal=number, brought_forward_minor=brought
    )
    return number


def describe(session: Session, payload: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What the second person reads: every line, and the sum brought forward in each pot."""
    fund_slug = str(payload["fund"])
    currency = _currency(session, fund_slug)
    refs = {pot.id: pot.ref for pot in _pots(session, fund_slug).values()}
    lines = [("Fund", fund_slug), ("As at the beginning of", str(payload["on"]))]
    for line in _drawn_up(session, fund_slug, _lines(payload)):
        side = "debit" if line.minor > 0 else "credit"
        lines.append(
            (f"{refs[line.pot_id]}: {name_of(line.account)}", f"{display(abs(line.minor), currency)} {side}")
        )
    return lines


# --- What has to hold ---------------------------------------------------------------------------------------------


def _lines(payload: Mapping[str, Any]) -> list[OpeningLine]:
    return [OpeningLine(pot, AccountKind(account), minor) for pot, account, minor in payload["lines"]]


def _pots(session: Session, fund_slug: str) -> dict[str, Pot]:
    return {pot.ref: pot for pot in session.exec(select(Pot).where(Pot.fund_slug == fund_slug))}


def _currency(session: Session, fund_slug: str) -> str:
    return session.exec(select(Pot.currency).where(Pot.fund_slug == fund_slug)).first() or "GBP"


def _count(session: Session, fund_slug: str) -> int:
    wanted = select(func.count()).select_from(Journal)
    return int(session.exec(wanted.where(Journal.fund_slug == fund_slug, Journal.kind == JOURNAL)).one())


def _problems(session: Session, fund_slug: str, rows: Sequence[Numbered[OpeningLine]]) -> list[Problem]:
    pots, seen, found = _pots(session, fund_slug), set[tuple[str, AccountKind]](), list[Problem]()
    for one in rows:
        key = (one.value.pot, one.value.account)
        if one.value.pot not in pots:
            found.append(
                Problem(one.line, "pot", f"the fund has no such pot. It has: {', '.join(sorted(pots))}.")
            )
        if key in seen:
            found.append(Problem(one.line, "account", "this account of this pot is there twice"))
        seen.add(key)
    return found


def _drawn_up(session: Session, fund_slug: str, lines: Sequence[OpeningLine]) -> list[Line]:
    """The journal's lines: as given, and in each pot without a line of its own for it, the balance brought forward."""
    pots = _pots(session, fund_slug)
    drawn: list[Line] = []
    for ref in dict.fromkeys(line.pot for line in lines):
        if ref not in pots:
            raise BadInput("the fund has no such pot", where=ref[:60], fix="See: hardship ledger balances")
        own = [Line(pots[ref].id or 0, line.account, line.minor) for line in lines if line.pot == ref]
        off = sum(line.minor for line in own)
        if off and any(line.account is _K.OPENING for line in own):
            raise BadInput(
                f"the rows of {ref} are {display(abs(off), pots[ref].currency)} out",
                where=ref,
                fix="Debits have to be credits; or leave out its opening row, and it is worked out.",
            )
        drawn += own + ([Line(pots[ref].id or 0, _K.OPENING, -off)] if off else [])
    if not drawn:
        raise BadInput("there is nothing to open", where=fund_slug, fix="Write a row for each account.")
    return drawn


def _check_day(tx: Transaction, fund_slug: str, on: dt.date) -> None:
    """Opening balances come ahead of every other journal, or at the start of the period after a close."""
    if on > day_of(tx.at):
        raise BadInput("the day has not come yet", where="on", fix="Check the date.")
    through = closed_through(tx.session, fund_slug)
    if through is not None and on <= through:
        raise Conflict(
            f"the books are closed through {through.isoformat()}", where="on", fix="Choose the day after it."
        )
    first = _first_day(tx.session, fund_slug)
    starts_period = through is not None and on == through + dt.timedelta(days=1)
    if first is not None and on >= first and not starts_period:
        raise Conflict(
            f"the fund's books begin on {first.isoformat()} already",
            where="on",
            fix="Opening balances are dated ahead of every other journal, or on the day after a close.",
        )


def _first_day(session: Session, fund_slug: str) -> dt.date | None:
    """The day of the first journal that is not undone: an opening that was reversed does not stand in the way."""
    undone = select(Journal.reverses_id).where(col(Journal.reverses_id).is_not(None))
    return session.exec(
        select(func.min(Journal.effective_on)).where(
            Journal.fund_slug == fund_slug,
            col(Journal.reverses_id).is_(None),
            col(Journal.id).not_in(undone),
        )
    ).one()
