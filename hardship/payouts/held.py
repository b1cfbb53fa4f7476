"""Whether money waits since a backup was restored (I7).

A backup knows nothing of what was paid after it was made: those awards look unpaid in it, and would be paid again under new keys.
"""

import datetime as dt

from sqlalchemy import func
from sqlmodel import Session, col, select

from hardship.core.clock import day_of, utc
from hardship.core.errors import Refused
from hardship.payouts.models import Attempt, BankLine, Direction, LineState, Payment
from hardship.payouts.tables import LostPayment, PaymentHold
from hardship.payouts.transitions import HoldState, PaymentState

WHY = "nothing is paid since a backup was restored"
NEXT = (
    "Find out first what was paid after the backup: see Payouts, After a restore, or hardship payouts hold."
)


def holds(session: Session) -> list[PaymentHold]:
    """What stops money now, the oldest backup first; mostly nothing."""
    wanted = select(PaymentHold).where(PaymentHold.state == HoldState.HELD)
    return list(session.exec(wanted.order_by(col(PaymentHold.backup_made_at), col(PaymentHold.id))).all())


def is_held(session: Session) -> bool:
    """Whether money waits."""
    return session.exec(select(PaymentHold.id).where(PaymentHold.state == HoldState.HELD)).first() is not None


def refuse_while_held(session: Session, where: str = "") -> None:
    """Raise `Refused` while money waits. A hold comes only with a restore, when nobody else is connected: it needs no lock."""
    if is_held(session):
        raise Refused(WHY, where=where, fix=NEXT)


def lost_from(session: Session) -> dt.date | None:
    """The day of the oldest backup that was ever restored: payments from then on may be missing here. None for none."""
    at: dt.datetime | None = session.exec(select(func.min(PaymentHold.backup_made_at))).one()
    return day_of(utc(at)) if at is not None else None


def open_debits(session: Session, since: dt.date) -> list[BankLine]:
    """The debits on the bank's statements from that day on that fit nothing here and wait for a person, oldest first."""
    wanted = select(BankLine).where(
        BankLine.state == LineState.EXCEPTION, BankLine.direction == Direction.OUT, BankLine.on >= since
    )
    return list(session.exec(wanted.order_by(col(BankLine.on), col(BankLine.id))).all())


def newest_line(session: Session) -> dt.date | None:
    """The day of the newest line that was read from a bank's statement."""
    return session.exec(select(func.max(BankLine.on))).one()


def unsure(session: Session) -> int:
    """How many payments are with a rail, and nobody knows whether it took them."""
    states = (PaymentState.SUBMITTING, PaymentState.UNKNOWN)
    return int(session.exec(select(func.count()).where(col(Payment.state).in_(states))).one())


def shown_by(session: Session, line_id: int) -> int:
    """Pence of a debit that are recorded as payments of awards already."""
    total = (
        select(func.coalesce(func.sum(Payment.amount_minor), 0))
        .join(LostPayment, col(LostPayment.payment_id) == Payment.id)
        .where(LostPayment.line_id == line_id)
    )
    return int(session.exec(total).one())


def kept(session: Session) -> list[str]:
    """For `hardship doctor`: nothing was handed to a rail while money waited, and two people ended the waiting."""
    found: list[str] = []
    for hold in session.exec(select(PaymentHold).order_by(col(PaymentHold.id))):
        sent = select(func.count()).where(Attempt.created_at >= hold.restored_at)
        if hold.lifted_at is not None:
            sent = sent.where(Attempt.created_at < hold.lifted_at)
        if count := int(session.exec(sent).one()):
            found.append(f"{count} payments were sent while hold {hold.ref} stood")
        people = {hold.proposed_by, hold.lifted_by} - {None}
        if hold.state is HoldState.LIFTED and len(people) < 2:
            found.append(f"hold {hold.ref} was not lifted by two people")
    rows = session.exec(
        select(BankLine.id, BankLine.amount_minor)
        .join(LostPayment, col(LostPayment.line_id) == BankLine.id)
        .distinct()
        .order_by(col(BankLine.id))
    ).all()
    too_much = [number for number, minor in rows if shown_by(session, number or 0) > minor]
    return found + [f"bank line {number} is said to have paid more than it is" for number in too_much]
