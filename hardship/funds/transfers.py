"""Authorised transfers between funds and pots: proposed with a reason, approved by a second person.

Unrestricted money (designated included, which the trustees can free) may go to any fund: it is what covers a deficit
(design.md, I4). Restricted money stays within its restriction: from a fund's community pot to another pot of the same
fund. A sponsor's match goes nowhere else, and money held as agent is not the charity's to move.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from hardship.core.clock import day_of, parse_day
from hardship.core.db import lock
from hardship.core.errors import BadInput, NotFound, Refused
from hardship.core.money import display
from hardship.core.refs import new_reference, tidy_reference
from hardship.core.runtime import Transaction
from hardship.funds.models import Fund, FundTransfer, TransferState
from hardship.ledger.events import BooksMoving, Reversing
from hardship.ledger.journal import JournalDraft, Line, transfer
from hardship.ledger.models import AccountKind, FundClass, Pot
from hardship.ledger.moving import Asked, lock_books
from hardship.ledger.periods import closed_through
from hardship.ledger.queries import spendable_by_pot
from hardship.ledger.reports.sums import known_pot
from hardship.ledger.service import post
from hardship.staff.permissions import Permission, require
from hardship.staff.proposals import propose

KIND = "ledger.transfer"
FREE = frozenset({FundClass.UNRESTRICTED, FundClass.DESIGNATED})


def propose_transfer(
    tx: Transaction, *, source: str, target: str, amount_minor: int, reason: str, on: dt.date | None = None
) -> Asked:
    """Propose to move `amount_minor` pence from the pot `source` to the pot `target` (by ref), on a day (today).

    Raises `NotFound`, `BadInput`, and `Refused` when the money is not there or its restriction does not allow it.
    """
    require(tx.actor, Permission.KEEP_BOOKS)
    day = on or day_of(tx.at)
    if not reason.strip():
        raise BadInput(
            "a transfer needs a reason", where="reason", fix="Say what the trustees decided, and why."
        )
    _check(tx, source, target, amount_minor, day)
    payload = {
        "source": source,
        "target": target,
        "amount": amount_minor,
        "on": day.isoformat(),
        "reason": reason.strip(),
    }
    asked = propose(tx, kind=KIND, subject=f"pot:{source}", payload=payload)
    return Asked(asked.ref, asked.done, ref=str(asked.result or ""))


def make_transfer(tx: Transaction, payload: Mapping[str, Any]) -> str:
    """Move the money, as the second person; returns the transfer's reference. Checks everything anew, under the locks."""
    source, target = (
        known_pot(tx.session, str(payload["source"])),
        known_pot(tx.session, str(payload["target"])),
    )
    lock_books(tx, source.fund_slug, target.fund_slug)
    on, minor = parse_day(str(payload["on"])), int(payload["amount"])
    _check(tx, source.ref, target.ref, minor, on)
    ref = new_reference()
    row = FundTransfer(
        ref=ref,
        source_pot_id=source.id or 0,
        target_pot_id=target.id or 0,
        amount_minor=minor,
        currency=source.currency,
        state=TransferState.MADE,
        made_on=on,
        made_at=tx.at,
        approved_by_id=tx.actor.staff_id,
        reason=tx.vault.house(tx.session).seal("fund_transfer", "reason", ref, str(payload["reason"])),
    )
    tx.session.add(row)
    tx.session.flush()
    post(tx, _journals(tx.session, row, source, target))
    tx.record(
        "transfer.made",
        f"transfer:{ref}",
        state=row.state,
        source=source.ref,
        target=target.ref,
        amount_minor=minor,
        on=on.isoformat(),
    )
    return ref


def describe(session: Session, payload: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What the second person reads: from where to where, how much, what is left there, and why."""
    source, target = known_pot(session, str(payload["source"])), known_pot(session, str(payload["target"]))
    have = spendable_by_pot(session, source.fund_slug).get(source.id or 0, 0)
    lack = spendable_by_pot(session, target.fund_slug).get(target.id or 0, 0)
    return [
        (
            "From",
            f"{source.ref} ({source.fund_class.value}), which may spend {display(have, source.currency)}",
        ),
        ("To", f"{target.ref} ({target.fund_class.value}), which may spend {display(lack, target.currency)}"),
        ("Amount", display(int(payload["amount"]), source.currency)),
        ("Day", str(payload["on"])),
        ("Why", str(payload["reason"])),
    ]


def on_books_moving(tx: Transaction, event: BooksMoving) -> list[str]:
    """Lock the funds whose books are about to move, in the order of their numbers; answers those there are."""
    statement = select(Fund).where(col(Fund.slug).in_(event.fund_slugs)).order_by(col(Fund.id))
    return [fund.slug for fund in lock(tx.session, statement)]


def on_reversing(tx: Transaction, event: Reversing) -> None:
    """A transfer whose journals are reversed is no transfer any more."""
    if event.kind != "transfer":
        return
    row = tx.session.exec(select(FundTransfer).where(FundTransfer.ref == event.cause.partition(":")[2])).one()
    row.state = TransferState.REVERSED
    tx.session.add(row)
    tx.session.flush()
    tx.record("transfer.reversed", f"transfer:{row.ref}", state=row.state)


# --- What has to hold ---------------------------------------------------------------------------------------------


def _check(tx: Transaction, source_ref: str, target_ref: str, minor: int, on: dt.date) -> None:
    source, target = known_pot(tx.session, source_ref), known_pot(tx.session, target_ref)
    if minor <= 0:
        raise BadInput("a transfer is above 0.00", where="amount", fix="Write an amount like 200.00.")
    if source.ref == target.ref:
        raise BadInput("a transfer goes to another pot", where="target", fix="Choose another pot.")
    if source.currency != target.currency:
        raise BadInput(
            f"{source.currency} cannot go to a pot in {target.currency}",
            where="target",
            fix="Choose another pot.",
        )
    if on > day_of(tx.at):
        raise BadInput("the day has not come yet", where="on", fix="Check the date.")
    if why := forbidden(source, target):
        raise Refused(why, where="source", fix="Cover it from unrestricted money.")
    _check_money(tx, source, target, minor)


def forbidden(source: Pot, target: Pot) -> str:
    """Why the restriction of the source does not allow the transfer; empty when it does."""
    if source.held_as_agent or target.held_as_agent:
        return "money held as agent is not the charity's to move"
    if source.fund_class in FREE:
        return ""
    if not source.is_community:
        return f"{source.ref} is a sponsor's match, which is spent as agreed with them"
    if source.fund_slug != target.fund_slug:
        return f"{source.ref} is restricted to its own fund"
    return ""


def _check_money(tx: Transaction, source: Pot, target: Pot, minor: int) -> None:
    """The pot has it, and so has the fund when the money leaves it: a pot's deficit is borne by the others."""
    by_pot = spendable_by_pot(tx.session, source.fund_slug)
    have = by_pot.get(source.id or 0, 0)
    if source.fund_slug != target.fund_slug:
        have = min(have, sum(by_pot.values()))
    if minor > have:
        raise Refused(
            f"{source.ref} has {display(max(have, 0), source.currency)} to spend, the transfer is"
            f" {display(minor, source.currency)}",
            where="amount",
            fix="Transfer that much or less.",
        )


def _journals(session: Session, row: FundTransfer, source: Pot, target: Pot) -> list[JournalDraft]:
    """One journal within a fund; between two, one in the books of each, on the same day: the first that is open in both.
    Otherwise what left one fund on a day would be in no other, and the funds' statements together would not add up."""
    out = transfer(row.source_pot_id, AccountKind.TRANSFERS, AccountKind.BANK, row.amount_minor)
    into = transfer(row.target_pot_id, AccountKind.BANK, AccountKind.TRANSFERS, row.amount_minor)
    if source.fund_slug == target.fund_slug:
        return [_draft(row, source.fund_slug, "both", [*out, *into])]
    drafts = [_draft(row, source.fund_slug, "out", out), _draft(row, target.fund_slug, "in", into)]
    closed = [closed_through(session, draft.fund_slug) for draft in drafts]
    last = max((day for day in closed if day is not None), default=None)
    return [draft.in_open_period(last) for draft in drafts]


def _draft(row: FundTransfer, fund_slug: str, part: str, lines: Sequence[Line]) -> JournalDraft:
    return JournalDraft(
        idem_key=f"transfer:{row.ref}:{part}",
        kind="transfer",
        fund_slug=fund_slug,
        cause=f"transfer:{row.ref}",
        effective_on=row.made_on,
        lines=lines,
        currency=row.currency,
    )


# --- Reading ------------------------------------------------------------------------------------------------------


def pots(session: Session) -> Sequence[Pot]:
    """Every pot, by fund and ref."""
    return session.exec(select(Pot).order_by(Pot.fund_slug, Pot.ref)).all()


@dataclass(frozen=True)
class Listed:
    """A transfer with the refs of its pots."""

    row: FundTransfer
    source: str
    target: str


def listed(session: Session) -> list[Listed]:
    """Every transfer, newest first."""
    refs = {pot.id: pot.ref for pot in pots(session)}
    rows = session.exec(
        select(FundTransfer).order_by(col(FundTransfer.made_on).desc(), col(FundTransfer.id).desc())
    )
    return [Listed(row, refs[row.source_pot_id], refs[row.target_pot_id]) for row in rows]


def read(tx: Transaction, *, ref: str) -> tuple[Listed, str]:
    """One transfer with its reason; the reading is recorded. Raises `NotFound`."""
    require(tx.actor, Permission.SEE_MONEY)
    found = next((one for one in listed(tx.session) if one.row.ref == tidy_reference(ref)), None)
    if found is None:
        raise NotFound("there is no such transfer", where=ref[:20], fix="See the list of transfers.")
    tx.record("transfer.read", f"transfer:{found.row.ref}", field="reason")
    house = tx.vault.house(tx.session)
    return found, house.open("fund_transfer", "reason", found.row.ref, found.row.reason) or ""
