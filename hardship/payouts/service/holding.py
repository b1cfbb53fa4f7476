"""After a restore: money waits, until two people say what they compared with the bank and the rails (I7).

What was approved in the backup is not sent on when they have: it may be what was paid after it, so it needs a new approval.
"""

import datetime as dt
from typing import Any

from sqlmodel import Session, col, select

from hardship.contributions.events import RefundsAboutToLeave
from hardship.core.clock import day_of
from hardship.core.db import lock
from hardship.core.errors import BadInput, Conflict, Forbidden, Refused
from hardship.core.refs import new_reference
from hardship.core.runtime import Transaction
from hardship.funds.models import Fund
from hardship.funds.service import lock_funds
from hardship.payouts.held import WHY, holds, is_held, newest_line, open_debits, unsure
from hardship.payouts.models import Batch
from hardship.payouts.service.batches import contents, void_approval
from hardship.payouts.service.progress import Move, Step, close_batches, move, recount, today
from hardship.payouts.tables import PaymentHold
from hardship.payouts.transitions import (
    HOLD_MACHINE,
    BatchState,
    HoldEvent,
    PaymentEvent,
    PaymentState,
)
from hardship.staff.permissions import Permission, require
from hardship.staff.proposals import Kind, Payload, Proposed, propose
from hardship.web.filters import plural

KIND = "payment_hold_lift"
MAX_WORDS = 1_000


def hold_money(tx: Transaction, *, backup_made_at: dt.datetime) -> PaymentHold:
    """Let no money leave from here on: what was paid after the backup is not known in it. Part of every restore."""
    made = PaymentHold(
        ref=new_reference(), backup_made_at=backup_made_at, restored_at=tx.at, state=HOLD_MACHINE.initial
    )
    tx.session.add(made)
    tx.session.flush()
    facts = {"state": made.state.value, "backup_on": day_of(backup_made_at).isoformat()}
    tx.record("payment_hold.held", f"payment_hold:{made.ref}", **facts)
    return made


def on_refunds(tx: Transaction, _asked: RefundsAboutToLeave) -> str:
    """Why no card refund is sent now, or ""."""
    return WHY if is_held(tx.session) else ""


# --- Ending it ----------------------------------------------------------------------------------------------------


def lift_kind() -> Kind:
    """The kind of proposal, for `service.wire`."""
    return Kind(
        KIND,
        "Pay again after a restore",
        Permission.SECOND_MONEY,
        lambda tx, payload: _carry_out(tx, payload),
        _describe,
    )


def propose_lift(tx: Transaction, *, through: dt.date, words: str) -> Proposed:
    """Propose that money may leave again: `through` is the last day of the bank's statements that were read in, `words`
    says what else was compared (the lists of each rail). A second person confirms it, and only then it may.

    Raises `Refused` while debits since the backup fit nothing, or payments are unknown, `BadInput` for a day before the restore or
    words that are missing, `Conflict` when nothing is held, `Forbidden` for the machine's operator: it takes two people who
    can see the bank.
    """
    require(tx.actor, Permission.RECONCILE)
    _named(tx)
    said = " ".join(words.split())
    if not said or len(said) > MAX_WORDS:
        raise BadInput(
            f"say what you compared, in {MAX_WORDS:,} characters or fewer",
            where="words",
            fix="Name the statements and the rails' own lists.",
        )
    _check(tx, through)
    payload = {"through": through.isoformat(), "words": said, "by": tx.actor.staff_id or 0}
    return propose(tx, kind=KIND, subject="payouts", payload=payload)


def _named(tx: Transaction) -> None:
    if tx.actor.staff_id is None:
        raise Forbidden("this takes two members of staff", fix="Name one with --as EMAIL.")


def _check(tx: Transaction, through: dt.date) -> None:
    """Raise unless all that can be found out was."""
    held = holds(tx.session)
    if not held:
        raise Conflict("money does not wait", fix="Nothing needs to be lifted.")
    if through < max(day_of(one.restored_at) for one in held):
        raise BadInput(
            "the day is before the restore",
            where="through",
            fix="Read the bank's statement in up to the day of the restore, or later.",
        )
    if through > day_of(tx.at):
        raise BadInput("the day has not come yet", where="through", fix="Check the date.")
    if count := len(open_debits(tx.session, day_of(held[0].backup_made_at))):
        raise Refused(
            f"{plural(count, 'debit')} since the backup fit nothing that is known here",
            fix="Say of each what it paid, or set it aside with a reason: see Bank lines that fit nothing.",
        )
    if count := unsure(tx.session):
        raise Refused(
            f"of {plural(count, 'payment')} nobody knows whether the rail took them",
            fix="Ask the rail, or say what you found out: see Unknown, late or not seen.",
        )


def _describe(session: Session, payload: Payload) -> list[tuple[str, str]]:
    held = holds(session)
    newest = newest_line(session)
    lines = [("Backup of", one.backup_made_at.strftime("%Y-%m-%d %H:%M UTC")) for one in held]
    return [
        *lines,
        ("Statements read in through", str(payload["through"])),
        ("Newest line that is here", newest.isoformat() if newest else "None was read in"),
        ("What was compared", str(payload["words"])),
        ("What you attest", "Everything that was paid since the backup is recorded here as paid."),
        ("What follows", "Money may leave again. What was approved before needs a new approval."),
    ]


def _carry_out(tx: Transaction, payload: Payload) -> int:
    """Lift every hold; returns how many."""
    _named(tx)
    proposer = int(payload["by"])
    if proposer == tx.actor.staff_id:
        raise Refused("you proposed this yourself", fix="Another person confirms it.")
    funds = lock_funds(tx)
    through = dt.date.fromisoformat(str(payload["through"]))
    _check(tx, through)
    for fund in funds:
        _take_back(tx, fund)
    wanted = select(PaymentHold).where(col(PaymentHold.id).in_([one.id for one in holds(tx.session)]))
    rows = lock(tx.session, wanted.order_by(col(PaymentHold.id)))
    for row in rows:
        _lift(tx, row, through, str(payload["words"]), proposer)
    return len(rows)


def _lift(tx: Transaction, row: PaymentHold, through: dt.date, words: str, proposer: int) -> None:
    row.state = HOLD_MACHINE.apply(row.state, HoldEvent.LIFT)
    row.through, row.proposed_by = through, proposer
    row.words = tx.vault.house(tx.session).seal("payment_hold", "words", row.ref, words)
    row.lifted_by, row.lifted_at = tx.actor.staff_id, tx.at
    tx.session.add(row)
    facts: dict[str, Any] = {
        "state": row.state.value,
        "through": through.isoformat(),
        "proposed_by": proposer,
    }
    tx.record("payment_hold.lifted", f"payment_hold:{row.ref}", **facts)


def _take_back(tx: Transaction, fund: Fund) -> None:
    """Approvals that came with the backup are void; what was about to be handed over is ready to be paid anew."""
    wanted = select(Batch).where(
        Batch.fund_id == fund.id, col(Batch.state).in_((BatchState.APPROVED, BatchState.SUBMITTING))
    )
    for batch in lock(tx.session, wanted.order_by(col(Batch.id))):
        if batch.state is BatchState.APPROVED:
            void_approval(tx, fund, batch)
            continue
        waiting = [one for one in contents(tx, batch) if one[0].state is PaymentState.APPROVED]
        step = Step(PaymentEvent.CANCEL, today(tx))
        move(tx, fund, [Move(payment, award, steps=[step]) for payment, award in waiting])
        recount(tx, batch)
        close_batches(tx, [batch.id or 0])
