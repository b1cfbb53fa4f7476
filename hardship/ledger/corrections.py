"""Correcting the books: a posted journal never changes, its correction is a reversal that takes two people.

Only what the books' own keepers entered is reversed here: opening balances, transfers, losses. What stands for a gift, an
award or a payment is corrected where that is kept (a refund, a cancellation, a return), and the journal follows.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from sqlmodel import Session, col, select

from hardship.core.clock import day_of
from hardship.core.errors import BadInput, Conflict, NotFound, Refused
from hardship.core.money import display
from hardship.core.runtime import Transaction
from hardship.ledger.events import Reversing
from hardship.ledger.journal import JournalDraft, Line
from hardship.ledger.models import Account, AccountKind, Entry, Journal, Loss, LossState
from hardship.ledger.moving import Asked, lock_books
from hardship.ledger.queries import spendable_by_pot
from hardship.ledger.service import post
from hardship.staff.permissions import Permission, require
from hardship.staff.proposals import propose

KIND = "ledger.reversal"
REVERSIBLE = ("opening", "transfer", "loss.booked")
"""The kinds of journal that are reversed here."""


def propose_reversal(tx: Transaction, *, journal_id: int, why: str) -> Asked:
    """Propose to reverse a journal, with those of the same event in other funds. Raises `NotFound`, `Conflict`, `BadInput`."""
    require(tx.actor, Permission.KEEP_BOOKS)
    if not why.strip():
        raise BadInput("a reversal needs a reason", where="why", fix="Say in a few words what was wrong.")
    journals = _together(tx.session, journal_id)
    payload = {"journal": min(one.id or 0 for one in journals), "why": why.strip()}
    asked = propose(tx, kind=KIND, subject=f"journal:{payload['journal']}", payload=payload)
    return Asked(asked.ref, asked.done, asked.result if isinstance(asked.result, list) else [])


def reverse(tx: Transaction, payload: Mapping[str, Any]) -> list[int]:
    """Reverse the journals, as the second person; returns the numbers of the reversals. Checks everything anew.

    Raises `Refused` when the money that would go back is not there any more.
    """
    journals = _together(tx.session, int(payload["journal"]))
    lock_books(tx, *(one.fund_slug for one in journals))
    journals = _together(tx.session, int(payload["journal"]))
    first = journals[0]
    tx.publish(Reversing(first.kind, first.cause, journals))
    numbers = post(tx, [_draft(tx, one) for one in journals])
    _refuse_deficits(tx, journals, first.kind)
    for one, number in zip(journals, numbers, strict=True):
        tx.record("journal.reversed", f"journal:{one.id}", state="reversed", by=number, cause=one.cause)
    return numbers


def describe(session: Session, payload: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What the second person reads: the journals with their lines, and why."""
    lines: list[tuple[str, str]] = []
    for one in _all_of(session, int(payload["journal"])):
        lines.append(
            (f"Journal {one.id}", f"{one.kind} of {one.effective_on.isoformat()} in {one.fund_slug}")
        )
        for account, entry in _entries(session, one):
            side = "debit" if entry.amount_minor > 0 else "credit"
            amount = display(abs(entry.amount_minor), entry.currency)
            lines.append((account.kind.value.replace("_", " ").capitalize(), f"{amount} {side}"))
    return [*lines, ("Why", str(payload["why"]))]


def on_reversing(tx: Transaction, event: Reversing) -> None:
    """Take back the line of the loss log that a journal stands for; one of which something came back stays."""
    if event.kind != "loss.booked":
        return
    loss = tx.session.exec(select(Loss).where(Loss.ref == event.cause.partition(":")[2])).one()
    if loss.recovered_minor:
        raise Conflict(
            f"{display(loss.recovered_minor, loss.currency)} of this loss came back",
            fix="What came back is booked; the loss stands.",
        )
    loss.state = LossState.REVERSED
    tx.session.add(loss)
    tx.session.flush()
    tx.record("loss.reversed", f"loss:{loss.ref}", state=loss.state)


def may_be_reversed(session: Session, journal: Journal) -> bool:
    """Whether the journal is of a kind that is reversed here, is no reversal and was not reversed."""
    if journal.kind not in REVERSIBLE or journal.reverses_id is not None:
        return False
    return session.exec(select(Journal.id).where(Journal.reverses_id == journal.id)).first() is None


# --- What has to hold ---------------------------------------------------------------------------------------------


def _all_of(session: Session, journal_id: int) -> Sequence[Journal]:
    """The journal with the others of its event: a transfer between two funds has one in each."""
    one = session.get(Journal, journal_id) if 0 < journal_id < 2**31 else None
    if one is None:
        raise NotFound(
            "there is no such journal", where=str(journal_id)[:20], fix="See: the list of journals"
        )
    if one.kind != "transfer":
        return [one]
    same = select(Journal).where(
        Journal.cause == one.cause, Journal.kind == one.kind, col(Journal.reverses_id).is_(None)
    )
    return session.exec(same.order_by(col(Journal.id))).all()


def _together(session: Session, journal_id: int) -> Sequence[Journal]:
    journals = _all_of(session, journal_id)
    first = journals[0]
    if first.kind not in REVERSIBLE or first.reverses_id is not None:
        raise Conflict(
            f"a journal of the kind {first.kind} is not reversed by hand",
            where=f"journal {journal_id}",
            fix="Correct what it stands for (a refund, a cancellation, a return), and the books follow.",
        )
    for one in journals:
        done = session.exec(select(Journal.id).where(Journal.reverses_id == one.id)).first()
        if done is not None:
            raise Conflict(f"journal {one.id} was reversed by journal {done} already")
    return journals


def _entries(session: Session, journal: Journal) -> Sequence[tuple[Account, Entry]]:
    return session.exec(
        select(Account, Entry)
        .join(Entry, col(Entry.account_id) == Account.id)
        .where(Entry.journal_id == journal.id)
        .order_by(col(Entry.id))
    ).all()


def _draft(tx: Transaction, journal: Journal) -> JournalDraft:
    entries = _entries(tx.session, journal)
    today = day_of(tx.at)
    return JournalDraft(
        idem_key=f"reversal:{journal.id}",
        kind=f"{journal.kind}.reversed",
        fund_slug=journal.fund_slug,
        cause=journal.cause,
        effective_on=_day(journal, today),
        lines=[
            Line(account.pot_id, AccountKind(account.kind), -entry.amount_minor) for account, entry in entries
        ],
        reverses_id=journal.id,
        currency=entries[0][1].currency,
        refers_on=None if journal.kind == "opening" else journal.effective_on,
    )


def _day(journal: Journal, today: dt.date) -> dt.date:
    """An opening balance is undone as at its own day (or the first open one), everything else today."""
    return journal.effective_on if journal.kind == "opening" else today


def _refuse_deficits(tx: Transaction, journals: Sequence[Journal], kind: str) -> None:
    """A transfer goes back only while the money is there: what was covered and spent stays covered."""
    if kind != "transfer":
        return
    touched = {
        pot
        for one in journals
        for pot in tx.session.exec(select(Entry.pot_id).where(Entry.journal_id == one.id))
    }
    for slug in sorted({one.fund_slug for one in journals}):
        for pot, minor in spendable_by_pot(tx.session, slug).items():
            if pot in touched and minor < 0:
                raise Refused(
                    "the money that would go back has been spent or promised",
                    fix="Transfer what is left instead.",
                )
