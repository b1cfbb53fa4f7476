"""What the applicant's own page says of the payment."""

import datetime as dt

from sqlmodel import Session, col, select

from hardship.applications.models import Application
from hardship.applications.tracker import Step
from hardship.awards.models import Award
from hardship.awards.transitions import NOT_LIVE, AwardState
from hardship.payouts.models import Attempt, Payment
from hardship.payouts.rails.base import NAME_DIFFERS
from hardship.payouts.tables import LostPayment
from hardship.payouts.transitions import AT_THE_RAIL, PaymentState
from hardship.web.filters import day_of_month
from hardship.web.language import _, lazy

_OTHER_DETAILS = lazy("Give us other details, or the same ones if they are right.")
_ANOTHER_NAME = lazy(
    "The bank has another name for this account. Give us the name that is on it, or the same details if they are right."
)


def payout_steps(session: Session, application: Application) -> list[Step]:
    """The steps from the batch to the money, for an award that is live."""
    found = session.exec(
        select(Award, Payment)
        .join(Payment, col(Payment.award_id) == Award.id)
        .where(Award.application_id == application.id, col(Award.state).not_in(NOT_LIVE))
        .where(Payment.state != PaymentState.CANCELLED)
        .order_by(col(Payment.id).desc())
    ).first()
    if found is None:
        return [Step(_("We send the money"), "now")] if _in_payment(session, application) else []
    award, payment = found
    if session.get(LostPayment, payment.id) is not None:  # it was the bank that paid, before a restore
        return [Step(_sent_on(payment.paid_on), "done")]
    return steps_of(award, payment, _last_problem(session, payment))


def _last_problem(session: Session, payment: Payment) -> str:
    """What went wrong in the newest try of a payment that failed."""
    if payment.state is not PaymentState.FAILED:
        return ""
    tried = select(Attempt.problem).where(Attempt.payment_id == payment.id)
    return session.exec(tried.order_by(col(Attempt.id).desc())).first() or ""


def _in_payment(session: Session, application: Application) -> bool:
    wanted = select(Award.id).where(
        Award.application_id == application.id, Award.state == AwardState.IN_PAYMENT
    )
    return session.exec(wanted).first() is not None


def steps_of(award: Award, payment: Payment, problem: str = "") -> list[Step]:
    """What one payment's state is to whom it goes to; `problem` is the code of what went wrong in its newest try."""
    state = payment.state
    if state in AT_THE_RAIL:
        return [
            Step(_("On its way"), "now", _("It can take until the next working day."), payment.submitted_at)
        ]
    if state in {PaymentState.PAID, PaymentState.RECALL_PENDING}:
        note = _("It can take a few hours more to show in your account.")
        return [Step(_sent_on(payment.paid_on), "done", note)]
    if state is PaymentState.PAID_EXTERNALLY:
        return [Step(_("Sent another way"), "done", at=payment.state_since)]
    if award.state is AwardState.ACCEPTED and state is PaymentState.RETURNED:
        note = str(_OTHER_DETAILS)
        return [Step(_("The bank sent it back"), "now", note, payment.state_since, asks_for_bank=True)]
    if award.state is AwardState.ACCEPTED and state is PaymentState.FAILED:
        note = str(_ANOTHER_NAME if problem == NAME_DIFFERS else _OTHER_DETAILS)
        return [Step(_("The bank could not take it"), "now", note, payment.state_since, asks_for_bank=True)]
    return [Step(_("We send the money"), "now")]


def _sent_on(on: dt.date | None) -> str:
    """Sent on 14 April."""
    return _("Sent on %(day)s", day=day_of_month(on)) if on else _("Sent")
