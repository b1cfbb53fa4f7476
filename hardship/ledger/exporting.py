"""Handing the books out: who did is an event."""

import json

from sqlmodel import Session, col, select

from hardship.core.canonical import sha256_hex
from hardship.core.runtime import Transaction
from hardship.ledger.books import Frozen, PostedLine, account_name, as_csv, hledger
from hardship.ledger.models import Account, AccountKind, Entry, Journal, PeriodClose, Pot
from hardship.staff.permissions import Permission, require

FORMATS = ("hledger", "csv")


def posted_lines(session: Session) -> list[PostedLine]:
    """Every posted line, by the journal's day and number, then in the order of its lines."""
    rows = session.exec(
        select(Journal, Entry, Account.kind, Pot)
        .join(Entry, col(Entry.journal_id) == Journal.id)
        .join(Account, col(Account.id) == Entry.account_id)
        .join(Pot, col(Pot.id) == Entry.pot_id)
        .where(col(Journal.posted))
        .order_by(col(Journal.effective_on), col(Journal.id), col(Entry.id))
    )
    return [
        PostedLine(
            journal=entry.journal_id,
            on=journal.effective_on,
            recorded_at=journal.recorded_at,
            kind=journal.kind,
            cause=journal.cause,
            fund=journal.fund_slug,
            pot=pot.ref,
            account=AccountKind(account),
            currency=entry.currency,
            minor=entry.amount_minor,
            refers_on=journal.refers_on,
            reverses=journal.reverses_id,
            held_as_agent=pot.held_as_agent,
        )
        for journal, entry, account, pot in rows
    ]


def frozen_figures(session: Session) -> list[Frozen]:
    """The figures of every closed period, as they were frozen."""
    pots = {pot.ref: pot for pot in session.exec(select(Pot))}

    def name(account: str, pot: str) -> str:
        return account_name(AccountKind(account), pot, held_as_agent=pots[pot].held_as_agent)

    return [
        Frozen(
            row.fund_slug,
            row.through,
            [
                (name(account, pot), minor, pots[pot].currency)
                for pot, account, minor in json.loads(row.trial_balance)["rows"]
            ],
        )
        for row in session.exec(select(PeriodClose).order_by(col(PeriodClose.id)))
    ]


def export_books(tx: Transaction, *, form: str) -> tuple[str, int]:
    """The books as text in one of `FORMATS`, and the number of journals in it; the export itself is recorded."""
    require(tx.actor, Permission.EXPORT)
    lines = posted_lines(tx.session)
    text = as_csv(lines) if form == "csv" else _as_hledger(tx.session, lines)
    journals = len({line.journal for line in lines})
    tx.record("ledger.exported", "ledger", format=form, journals=journals, sha256=sha256_hex(text.encode()))
    return text, journals


def _as_hledger(session: Session, lines: list[PostedLine]) -> str:
    return "\n".join(hledger(lines, frozen_figures(session))) + "\n"
