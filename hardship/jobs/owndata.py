"""What the rooms after the application know when somebody asks for their data, or to be erased."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select

from hardship.applications.models import Application
from hardship.applications.owndata import waiting
from hardship.applications.owndata.events import WAIT, WITHDRAW, CopyAsked, ErasureDue
from hardship.awards.models import Award
from hardship.awards.transitions import AwardState
from hardship.core.clock import LONDON, iso
from hardship.core.runtime import Runtime, Transaction
from hardship.payouts.models import Payment
from hardship.payouts.transitions import PaymentState
from hardship.review.models import Decision
from hardship.screening.models import Signal

OPEN_PAYMENTS = frozenset(
    {
        PaymentState.DRAFT,
        PaymentState.APPROVED,
        PaymentState.SUBMITTING,
        PaymentState.UNKNOWN,
        PaymentState.SUBMITTED,
        PaymentState.RECALL_PENDING,
    }
)
"""While a payment is in one of these, money may move: who it goes to has to stay known. One that failed or came back is
not on its way; its award can be taken back."""

PAID = frozenset({PaymentState.PAID, PaymentState.PAID_EXTERNALLY})


def wire(runtime: Runtime) -> None:
    """Answer when a case is to be erased or copied, and say how long payments take."""
    runtime.listen(ErasureDue, before_erasure)
    runtime.listen(CopyAsked, more_of_case)
    runtime.extensions[waiting.TO_PAYMENT] = to_payment


def before_erasure(tx: Transaction, event: ErasureDue) -> str:
    """Whether an erasure has to wait for a payment, or an award to be taken back first."""
    awards = tx.session.exec(select(Award).where(Award.application_id == event.application_id)).all()
    states = payment_states(tx.session, event.application_id)
    if any(award.state is AwardState.IN_PAYMENT for award in awards) or OPEN_PAYMENTS & set(states):
        return WAIT
    takes_back = {AwardState.OFFERED, AwardState.ACCEPTED}
    return WITHDRAW if any(award.state in takes_back for award in awards) else ""


def payment_states(session: Session, application_id: int) -> list[PaymentState]:
    """The states of a case's payments."""
    wanted = (
        select(Payment.state)
        .join(Award, col(Award.id) == Payment.award_id)
        .where(Award.application_id == application_id)
    )
    return [PaymentState(state) for state in session.exec(wanted.order_by(col(Payment.id))).all()]


def more_of_case(tx: Transaction, event: CopyAsked) -> dict[str, Any]:
    """The decision, the award, the payment and the signals of a case, as its applicant's copy shows them."""
    decision = tx.session.exec(
        select(Decision).where(Decision.application_id == event.application_id)
    ).first()
    awards = tx.session.exec(
        select(Award).where(Award.application_id == event.application_id).order_by(col(Award.id))
    ).all()
    signals = tx.session.exec(
        select(Signal).where(Signal.application_id == event.application_id).order_by(col(Signal.id))
    ).all()
    return {
        "decision": {
            "outcome": decision.outcome.value,
            "reason": decision.reason.value,
            "decided_at": iso(decision.decided_at),
            "by": "people; no machine decides",
        }
        if decision
        else None,
        "grants": [_award(tx.session, award) for award in awards],
        "signals_a_person_looked_at": [{"at": iso(one.at), "what": one.sentence} for one in signals],
    }


def _award(session: Session, award: Award) -> dict[str, Any]:
    payments = session.exec(
        select(Payment).where(Payment.award_id == award.id).order_by(col(Payment.id))
    ).all()
    return {
        "reference": award.ref,
        "amount_pence": award.amount_minor,
        "state": award.state.value,
        "offered_at": iso(award.offered_at),
        "payments": [
            {
                "reference": one.reference,
                "state": one.state.value,
                "amount_pence": one.amount_minor,
                "paid_on": one.paid_on.isoformat() if one.paid_on else None,
            }
            for one in payments
        ],
    }


def to_payment(session: Session, round_id: int) -> Sequence[dt.timedelta]:
    """How long the last payments of a round took, from the decision to the day they were paid."""
    rows = session.execute(
        sa_select(col(Application.decided_at), col(Payment.paid_on))
        .join(Award, col(Award.application_id) == Application.id)
        .join(Payment, col(Payment.award_id) == Award.id)
        .where(
            col(Award.round_id) == round_id, col(Payment.state).in_(PAID), col(Payment.paid_on).is_not(None)
        )
        .order_by(col(Payment.id).desc())
        .limit(waiting.LAST)
    ).all()
    found = [(decided, on) for decided, on in rows if decided is not None and on is not None]
    return [dt.timedelta(days=max(0, (on - decided.astimezone(LONDON).date()).days)) for decided, on in found]
