"""Closing a period of a fund's books: proposed by finance, approved by a second person, never undone.

From then on the database refuses whatever belongs to it; `ledger.service.post` books what comes late in the open
period, referring back. The figures of the close are frozen as bytes, so that they can be recomputed and compared.
"""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from hardship.core.canonical import canonical, sha256_hex
from hardship.core.clock import day_of, parse_day
from hardship.core.errors import BadInput, Refused
from hardship.core.money import display
from hardship.core.runtime import Transaction
from hardship.ledger.models import Account, AccountKind, Entry, Journal, PeriodClose, Pot
from hardship.ledger.moving import Asked, lock_books
from hardship.ledger.periods import closed_through
from hardship.ledger.queries import check
from hardship.ledger.reports.sums import Span, known_fund, sums
from hardship.staff.models import Proposal
from hardship.staff.permissions import Permission, require
from hardship.staff.proposals import propose, waiting

KIND = "ledger.close"
SHOWN = 20
"""So many things are named on the checklist; of more, the count."""


@dataclass(frozen=True)
class Item:
    """One line of the checklist. What is `blocking` and not `ok` has to be put right before; the rest is to be known."""

    name: str
    ok: bool
    text: str
    blocking: bool = False
    details: Sequence[str] = ()


def checklist(session: Session, fund_slug: str, through: dt.date, today: dt.date) -> list[Item]:
    """What is looked at before a period is closed."""
    return [
        _order(session, fund_slug, through, today),
        _books(session),
        _open_causes(
            session,
            fund_slug,
            through,
            AccountKind.PAYOUT_CLEARING,
            "Payments on their way",
            "sent, not yet seen",
        ),
        _standing(session, fund_slug, through, AccountKind.CARD_CLEARING, "At the card processor"),
        _open_causes(
            session,
            fund_slug,
            through,
            AccountKind.UNIDENTIFIED_RECEIPTS,
            "Unidentified receipts",
            "not identified",
        ),
        _proposals(session),
    ]


def propose_close(tx: Transaction, *, fund_slug: str, through: dt.date, is_year: bool = False) -> Asked:
    """Propose to close a fund's books through a day. Raises `Refused` when the checklist has something that blocks."""
    require(tx.actor, Permission.CLOSE_PERIOD)
    known_fund(tx.session, fund_slug)
    _refuse_blocked(tx, fund_slug, through)
    payload = {"fund": fund_slug, "through": through.isoformat(), "year": int(is_year)}
    asked = propose(tx, kind=KIND, subject=f"fund:{fund_slug}", payload=payload)
    return Asked(asked.ref, asked.done, ref=through.isoformat())


def close(tx: Transaction, payload: Mapping[str, Any]) -> str:
    """Close the period, as the second person; returns the SHA-256 of its frozen figures. Checks everything anew."""
    fund_slug, through = str(payload["fund"]), parse_day(str(payload["through"]))
    lock_books(tx, fund_slug)
    items = _refuse_blocked(tx, fund_slug, through)
    before = closed_through(tx.session, fund_slug)
    figures = frozen(tx.session, fund_slug, through)
    row = PeriodClose(
        fund_slug=fund_slug,
        opens_on=None if before is None else before + dt.timedelta(days=1),
        through=through,
        is_year=bool(payload["year"]),
        closed_at=tx.at,
        journals=_journals(tx.session, fund_slug, through),
        last_journal=_last_journal(tx.session, fund_slug),
        trial_balance=figures.decode(),
        sha256=sha256_hex(figures),
        checklist=canonical([_kept(item) for item in items]).decode(),
    )
    tx.session.add(row)
    tx.session.flush()
    tx.record(
        "period.closed",
        subject_of(row),
        state="closed",
        through=through.isoformat(),
        year=row.is_year,
        journals=row.journals,
        sha256=row.sha256,
    )
    return row.sha256


def describe(session: Session, payload: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What the second person reads: the period, and the checklist as it stands now."""
    fund_slug, through = str(payload["fund"]), parse_day(str(payload["through"]))
    lines = [
        ("Fund", fund_slug),
        ("Closed through", through.isoformat()),
        ("Period", "the year" if payload["year"] else "the month"),
        ("Trial balance", sha256_hex(frozen(session, fund_slug, through))),
    ]
    for item in checklist(session, fund_slug, through, dt.date.max):
        lines.append((item.name, item.text + "".join(f"; {detail}" for detail in item.details)))
    return lines


def frozen(session: Session, fund_slug: str, through: dt.date) -> bytes:
    """The trial balance of a fund as at a day, as bytes: canonical JSON, by pot and account, debit positive."""
    rows = [
        [one.pot, one.account.value, one.closing] for one in sums(session, Span(None, through), fund_slug)
    ]
    kept = sorted(row for row in rows if row[2])
    return canonical({"fund": fund_slug, "through": through.isoformat(), "rows": kept})


def frozen_sha256(session: Session, fund_slug: str, through: dt.date) -> str:
    """The SHA-256 of the figures as they are, or would be, frozen."""
    return sha256_hex(frozen(session, fund_slug, through))


def items_of(session: Session, fund_slug: str, through: dt.date) -> list[Item]:
    """The checklist as it was when the period was closed."""
    row = session.exec(
        select(PeriodClose).where(PeriodClose.fund_slug == fund_slug, PeriodClose.through == through)
    ).one()
    return kept_items(row)


def subject_of(row: PeriodClose) -> str:
    """What the event log calls a closed period."""
    return f"period:{row.fund_slug}:{row.through.isoformat()}"


def bent(session: Session) -> list[str]:
    """Closed periods whose figures, recomputed from the entries, are not those that were frozen."""
    found: list[str] = []
    for row in session.exec(select(PeriodClose).order_by(col(PeriodClose.id))):
        name = f"{row.fund_slug} closed through {row.through.isoformat()}"
        if sha256_hex(row.trial_balance.encode()) != row.sha256:
            found.append(f"{name}: the frozen figures are not those of their digest")
        if frozen(session, row.fund_slug, row.through) != row.trial_balance.encode():
            found.append(f"{name}: the entries say something else than the frozen figures")
        if _journals(session, row.fund_slug, row.through) != row.journals:
            found.append(f"{name}: it holds other journals than when it was closed")
    return found


# --- The checklist ------------------------------------------------------------------------------------------------


def _refuse_blocked(tx: Transaction, fund_slug: str, through: dt.date) -> list[Item]:
    items = checklist(tx.session, fund_slug, through, day_of(tx.at))
    order = items[0]
    if not order.ok:
        raise BadInput(order.text, where="through", fix="Choose a later day that has passed.")
    for item in items:
        if item.blocking and not item.ok:
            raise Refused(
                f"{item.name.lower()}: {item.text}", fix="Put it right, then close. See: hardship doctor"
            )
    return items


def _order(session: Session, fund_slug: str, through: dt.date, today: dt.date) -> Item:
    before = closed_through(session, fund_slug)
    if through >= today:
        return Item("The period is over", False, f"{through.isoformat()} has not passed yet", True)
    if before is not None and through <= before:
        return Item("The period is over", False, f"closed through {before.isoformat()} already", True)
    text = "the first close" if before is None else f"follows {before.isoformat()}"
    return Item("The period is over", True, text, True)


def _books(session: Session) -> Item:
    found = check(session)
    text = f"{found.journals} journals with {found.entries} entries" if found.balanced else found.problems[0]
    return Item("The books balance", found.balanced, text, True, found.problems[:SHOWN])


def _open_causes(
    session: Session, fund_slug: str, through: dt.date, account: AccountKind, name: str, word: str
) -> Item:
    """A balance explained by what it is made of: the causes whose entries on the account do not net to nothing."""
    total = func.sum(Entry.amount_minor)
    rows = session.exec(
        select(Journal.cause, Pot.currency, total)
        .join(Entry, col(Entry.journal_id) == Journal.id)
        .join(Account, col(Account.id) == Entry.account_id)
        .join(Pot, col(Pot.id) == Account.pot_id)
        .where(
            Pot.fund_slug == fund_slug,
            Account.kind == account,
            col(Journal.posted),
            col(Journal.effective_on) <= through,
        )
        .group_by(Journal.cause, Pot.currency)
        .having(total != 0)
        .order_by(Journal.cause)
    ).all()
    if not rows:
        return Item(name, True, "nil")
    currency = rows[0][1]
    whole = -sum(int(minor) for _, _, minor in rows)
    details = [f"{cause} {display(-int(minor), currency)}" for cause, _, minor in rows[:SHOWN]]
    more = [f"and {len(rows) - SHOWN} more"] if len(rows) > SHOWN else []
    return Item(name, False, f"{display(whole, currency)} {word}, in {len(rows)}", details=[*details, *more])


def _standing(session: Session, fund_slug: str, through: dt.date, account: AccountKind, name: str) -> Item:
    rows = [one for one in sums(session, Span(None, through), fund_slug) if one.account is account]
    minor = sum(one.closing for one in rows)
    return Item(name, minor == 0, display(minor, rows[0].currency) if minor else "nil")


def _proposals(session: Session) -> Item:
    waits = [one for one in waiting(session) if one.kind != KIND]
    details = [f"{one.kind} {one.ref}" for one in waits[:SHOWN]]
    text = f"{len(waits)} waiting for a second person" if waits else "none waits"
    return Item("Proposals", not waits, text, details=details)


def _kept(item: Item) -> dict[str, Any]:
    return {"name": item.name, "ok": int(item.ok), "text": item.text, "details": list(item.details)}


def kept_items(row: PeriodClose) -> list[Item]:
    """The checklist as it was when the period was closed."""
    return [
        Item(one["name"], bool(one["ok"]), one["text"], details=one["details"])
        for one in json.loads(row.checklist)
    ]


def _journals(session: Session, fund_slug: str, through: dt.date) -> int:
    wanted = select(func.count()).select_from(Journal)
    return int(
        session.exec(wanted.where(Journal.fund_slug == fund_slug, col(Journal.effective_on) <= through)).one()
    )


def _last_journal(session: Session, fund_slug: str) -> int:
    wanted = select(func.max(Journal.id)).where(Journal.fund_slug == fund_slug)
    return session.exec(wanted).one() or 0


def waiting_close(session: Session, fund_slug: str) -> Proposal | None:
    """The close of this fund that waits for a second person, if there is one."""
    return next((one for one in waiting(session, KIND) if one.subject == f"fund:{fund_slug}"), None)
