"""Reading journals one by one: the list with its filters, a journal with its lines, an account with its running balance."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import func, or_
from sqlmodel import Session, col, select

from hardship.audit.models import AuditEvent
from hardship.core.clock import iso
from hardship.core.errors import BadInput, NotFound
from hardship.core.money import Money
from hardship.core.sheets import Sheet
from hardship.ledger.models import Account, AccountKind, Entry, Journal, Pot
from hardship.web.paging import Key, Page, page, read_cursor

LARGEST = 2**31 - 1


@dataclass(frozen=True)
class JournalFilter:
    """Which journals to list; what is empty filters nothing. Days are those that journals belong to, both included."""

    fund: str = ""
    pot: str = ""
    account: AccountKind | None = None
    kind: str = ""
    cause: str = ""
    since: dt.date | None = None
    through: dt.date | None = None


@dataclass(frozen=True)
class Listed:
    """A journal with the sum of its debits, in pence."""

    journal: Journal
    currency: str
    amount: int


def journals(session: Session, chosen: JournalFilter, *, after: str = "", before: str = "") -> Page[Listed]:
    """A page of journals, the latest day first."""
    found = page(
        session,
        _wanted(chosen),
        [Key(col(Journal.effective_on), True), Key(col(Journal.id), True)],
        lambda row: (row.effective_on, row.id),
        after=_cursor(after, 2),
        before=_cursor(before, 2),
    )
    return Page(_with_amounts(session, found.items), found.after, found.before)


def all_journals(session: Session, chosen: JournalFilter, limit: int) -> list[Listed]:
    """The journals of a filter in the order of their days, at most `limit`, for a file."""
    wanted = _wanted(chosen).order_by(col(Journal.effective_on), col(Journal.id)).limit(limit)
    return _with_amounts(session, session.exec(wanted).all())


def _cursor(cursor: str, length: int) -> str:
    """The cursor, if it is a day and numbers as these lists have them; raises `BadInput`."""
    if cursor:
        day, *numbers = read_cursor(cursor, length)
        whole = all(type(one) is int and 0 <= one <= LARGEST for one in numbers)
        if type(day) is not dt.date or not whole:
            raise BadInput("not a place in this list", fix="Start again from the first page.")
    return cursor


def _wanted(chosen: JournalFilter) -> Any:
    wanted = select(Journal).where(col(Journal.posted))
    if chosen.fund:
        wanted = wanted.where(Journal.fund_slug == chosen.fund)
    if chosen.kind:
        wanted = wanted.where(Journal.kind == chosen.kind)
    if chosen.cause:
        wanted = wanted.where(Journal.cause == chosen.cause)
    if chosen.since:
        wanted = wanted.where(col(Journal.effective_on) >= chosen.since)
    if chosen.through:
        wanted = wanted.where(col(Journal.effective_on) <= chosen.through)
    if chosen.pot or chosen.account:
        lines = select(Entry.journal_id).join(Account, col(Account.id) == Entry.account_id)
        if chosen.pot:
            lines = lines.join(Pot, col(Pot.id) == Account.pot_id).where(Pot.ref == chosen.pot)
        if chosen.account:
            lines = lines.where(Account.kind == chosen.account)
        wanted = wanted.where(col(Journal.id).in_(lines))
    return wanted


def _with_amounts(session: Session, found: Sequence[Journal]) -> list[Listed]:
    sums: dict[int, tuple[str, int]] = {}
    numbers = [one.id or 0 for one in found]
    for start in range(0, len(numbers), 500):
        rows = session.exec(
            select(Entry.journal_id, func.min(Entry.currency), func.sum(Entry.amount_minor))
            .where(col(Entry.journal_id).in_(numbers[start : start + 500]), Entry.amount_minor > 0)
            .group_by(col(Entry.journal_id))
        )
        sums |= {number: (currency, int(minor)) for number, currency, minor in rows}
    return [Listed(one, *sums.get(one.id or 0, ("GBP", 0))) for one in found]


def kinds_of(session: Session) -> list[str]:
    """The kinds of journal there are, in order."""
    return list(session.exec(select(Journal.kind).distinct().order_by(Journal.kind)))


def pots_of_ledger(session: Session) -> Sequence[Pot]:
    """Every pot, by fund and ref."""
    return session.exec(select(Pot).order_by(Pot.fund_slug, Pot.ref)).all()


# --- One journal --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Happened:
    """The event in the log that stands beside a journal."""

    seq: int
    kind: str


@dataclass(frozen=True)
class Opened:
    """A journal with its lines, what it reverses or was reversed by, and the events of its cause at that instant."""

    journal: Journal
    lines: Sequence[tuple[Pot, Account, Entry]]
    reversed_by: int | None
    events: Sequence[Happened]


def opened(session: Session, number: int) -> Opened:
    """One journal; raises `NotFound`."""
    journal = session.get(Journal, number) if 0 < number <= LARGEST else None
    if journal is None:
        raise NotFound("there is no such journal", where=str(number)[:20], fix="See: the list of journals")
    lines = session.exec(
        select(Pot, Account, Entry)
        .join(Account, col(Account.pot_id) == Pot.id)
        .join(Entry, col(Entry.account_id) == Account.id)
        .where(Entry.journal_id == number)
        .order_by(Pot.ref, col(Entry.id))
    ).all()
    reversed_by = session.exec(select(Journal.id).where(Journal.reverses_id == number)).first()
    return Opened(journal, lines, reversed_by, _events(session, journal))


def _events(session: Session, journal: Journal) -> list[Happened]:
    """The cause's events of the same transaction: both carry its instant."""
    at = iso(journal.recorded_at)
    rows = session.exec(
        select(AuditEvent.seq, AuditEvent.body)
        .where(AuditEvent.subject == journal.cause, col(AuditEvent.body).contains(f'"at":"{at}"'))
        .order_by(col(AuditEvent.seq))
        .limit(5)
    )
    return [Happened(seq, str(json.loads(body)["kind"])) for seq, body in rows]


# --- One account --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Moved:
    """A line of an account with the balance after it, in pence, debit positive."""

    journal: Journal
    entry: Entry
    balance: int


@dataclass(frozen=True)
class Statement:
    """A page of an account: what was brought forward to it, and its lines."""

    pot: Pot
    account: Account
    brought_forward: int
    page: Page[Moved]


def account_statement(
    session: Session,
    account_id: int,
    since: dt.date | None = None,
    through: dt.date | None = None,
    *,
    after: str = "",
    before: str = "",
) -> Statement:
    """An account's lines in order of day, journal and line, with the running balance; raises `NotFound`."""
    account = session.get(Account, account_id) if 0 < account_id <= LARGEST else None
    pot = session.get(Pot, account.pot_id) if account else None
    if account is None or pot is None:
        raise NotFound("there is no such account", where=str(account_id)[:20], fix="See: the trial balance")
    wanted = select(Journal, Entry).join(Entry, col(Entry.journal_id) == Journal.id)
    wanted = wanted.where(Entry.account_id == account_id)
    if since:
        wanted = wanted.where(col(Journal.effective_on) >= since)
    if through:
        wanted = wanted.where(col(Journal.effective_on) <= through)
    keys = [Key(col(Journal.effective_on)), Key(col(Journal.id)), Key(col(Entry.id))]
    found = page(session, cast(Any, wanted), keys, _place, after=_cursor(after, 3), before=_cursor(before, 3))
    brought = _before(session, account_id, found.items[0] if found.items else None, since)
    return Statement(pot, account, brought, Page(_running(found.items, brought), found.after, found.before))


def _place(row: tuple[Journal, Entry]) -> tuple[Any, ...]:
    journal, entry = row
    return journal.effective_on, journal.id, entry.id


def _before(
    session: Session, account_id: int, first: tuple[Journal, Entry] | None, since: dt.date | None
) -> int:
    """The balance ahead of a line; of none, what stood before the first day (or stands)."""
    wanted = (
        select(func.coalesce(func.sum(Entry.amount_minor), 0))
        .join(Journal, col(Journal.id) == Entry.journal_id)
        .where(Entry.account_id == account_id)
    )
    day = col(Journal.effective_on)
    if first is not None:
        on, number, line = _place(first)
        wanted = wanted.where(
            or_(
                day < on,
                (day == on) & (col(Journal.id) < number),
                (day == on) & (col(Journal.id) == number) & (col(Entry.id) < line),
            )
        )
    elif since is not None:
        wanted = wanted.where(day < since)
    return int(session.exec(wanted).one())


def _running(rows: Sequence[tuple[Journal, Entry]], brought: int) -> list[Moved]:
    found: list[Moved] = []
    for journal, entry in rows:
        brought += entry.amount_minor
        found.append(Moved(journal, entry, brought))
    return found


def accounts_by_kind(session: Session) -> Mapping[tuple[str, str], int]:
    """The numbers of the accounts, by pot and kind, for links."""
    rows = session.exec(
        select(Pot.ref, Account.kind, Account.id).join(Account, col(Account.pot_id) == Pot.id)
    )
    return {(pot, AccountKind(kind).value): number or 0 for pot, kind, number in rows}


def sheet(found: Sequence[Listed]) -> Sheet:
    """A list of journals as a table."""
    columns = (
        "journal", "date", "refers_to", "recorded_at", "kind", "fund", "cause", "currency", "amount", "reverses",
    )  # fmt: skip
    rows = [
        (
            one.journal.id,
            one.journal.effective_on,
            one.journal.refers_on,
            iso(one.journal.recorded_at),
            one.journal.kind,
            one.journal.fund_slug,
            one.journal.cause,
            one.currency,
            Money(one.amount, one.currency),
            one.journal.reverses_id,
        )
        for one in found
    ]
    return Sheet("Journals", columns, rows)
