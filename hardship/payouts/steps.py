"""What the applicant's own page says of the payment."""

from sqlmodel import Session, col, select

from hardship.applications.models import Application
from hardship.applications.tracker import Step
from hardship.awards.models import Award
from hardship.awards.transitions import NOT_LIVE, AwardState
from hardship.payouts.models import Payment
from hardship.payouts.transitions import AT_THE_RAIL, PaymentState
from hardship.web.filters import weekday


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
        return [Step("We send the money", "now")] if _in_payment(session, application) else []
    award, payment = found
    return _steps(award, payment)


def _in_payment(session: Session, application: Application) -> bool:
    wanted = select(Award.id).where(
        Award.application_id == application.id, Award.state == AwardState.IN_PAYMENT
    )
    return session.exec(wanted).first() is not None


def _steps(award: Award, payment: Payment) -> list[Step]:
    state = payment.state
    if state in AT_THE_RAIL:
        return [Step("On its way", "now", "It can take until the next working day.", payment.submitted_at)]
    if state in {PaymentState.PAID, PaymentState.RECALL_PENDING}:
        note = "It can take a few hours more to show in your account."
        return [Step(f"Sent on {weekday(payment.paid_on)}", "done", note)]
    if state is PaymentState.PAID_EXTERNALLY:
        return [Step("Sent another way", "done", at=payment.state_since)]
    if award.state is AwardState.ACCEPTED and state is PaymentState.RETURNED:
        note = "Give us other details, or the same ones if they are right."
        return [Step("The bank sent it back", "now", note, payment.state_since, asks_for_bank=True)]
    if award.state is AwardState.ACCEPTED and state is PaymentState.FAILED:
        note = "Give us other details, or the same ones if they are right."
        return [Step("The bank could not take it", "now", note, payment.state_since, asks_for_bank=True)]
    return [Step("We send the money", "now")]
