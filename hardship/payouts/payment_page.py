"""One payment: where it stands, its award and its batch, and its journals. Where a journal of a payment leads to."""

from flask import Blueprint, Flask, render_template, url_for
from sqlmodel import Session, col, select

from hardship.awards.models import Award
from hardship.core.errors import NotFound
from hardship.core.runtime import current
from hardship.ledger import causes
from hardship.payouts import words
from hardship.payouts.models import Batch, Payment
from hardship.staff.permissions import Permission
from hardship.web.access import requires

blueprint = Blueprint("one_payment", __name__)


def init_app(app: Flask) -> None:
    """Register the page, and that journals of payments lead to it."""
    app.register_blueprint(blueprint)
    causes.link(app, "payment", lambda ref: url_for("one_payment.show_payment", reference=ref))


@blueprint.get("/staff/payouts/payments/<reference>")
@requires(Permission.SEE_MONEY)
def show_payment(reference: str) -> str:
    """One payment."""
    with current().read() as session:
        payment, award, batch = _payment(session, reference)
    return render_template(
        "payouts/payment.html", payment=payment, award=award, batch=batch, next_step=words.NEXT_STEPS
    )


def _payment(session: Session, reference: str) -> tuple[Payment, str, str | None]:
    found = session.exec(
        select(Payment, Award.ref, Batch.ref)
        .join(Award, col(Award.id) == Payment.award_id)
        .outerjoin(Batch, col(Batch.id) == Payment.batch_id)
        .where(Payment.reference == reference)
    ).first()
    if found is None:
        raise NotFound("there is no such payment", where=reference[:20], fix="See the list of payments.")
    return found
