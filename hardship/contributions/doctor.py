"""Gifts by card: what the processor took in or sent back stands in the books once, and as much as it was."""

from sqlmodel import Session, col, func, select

from hardship.contributions.card_models import CardRefund, Checkout, Dispute
from hardship.contributions.desk import doctor as desk_doctor
from hardship.contributions.models import Contribution, Refund
from hardship.contributions.transitions import CardRefundState, CheckoutState, DisputeState
from hardship.contributions.webhooks import troubled
from hardship.core.runtime import Runtime
from hardship.funds.models import Fund
from hardship.ledger.models import Account, AccountKind


def paid_once(session: Session, _runtime: Runtime) -> list[str]:
    """Every checkout that was paid is a gift of its ref and amount."""
    rows = session.exec(
        select(Checkout.ref, Checkout.amount_minor, Contribution.ref, Contribution.amount_minor)
        .join(Contribution, col(Contribution.id) == Checkout.contribution_id, isouter=True)
        .where(Checkout.state == CheckoutState.PAID)
        .order_by(Checkout.ref)
    )
    return [
        f"checkout {ref} of {minor} is paid, and its gift is {gift} of {amount}"
        for ref, minor, gift, amount in rows
        if (ref, minor) != (gift, amount)
    ]


def refunded_once(session: Session, _runtime: Runtime) -> list[str]:
    """Every refund that the processor has made is one refund of the gift, of the same amount."""
    same = (col(Refund.contribution_id) == CardRefund.contribution_id) & (
        col(Refund.refunded_at) == CardRefund.refunded_at
    )
    rows = session.exec(
        select(CardRefund.ref, CardRefund.amount_minor, Refund.amount_minor)
        .join(Refund, same, isouter=True)
        .where(col(CardRefund.state).in_([CardRefundState.DONE, CardRefundState.RETURNED]))
        .order_by(CardRefund.ref)
    )
    return [
        f"card refund {ref} of {minor} is done, and the gift's refund is {recorded}"
        for ref, minor, recorded in rows
        if minor != recorded
    ]


def held_back(session: Session, _runtime: Runtime) -> list[str]:
    """What stands in disputed receipts is what is disputed now."""
    disputed = {
        fund: int(minor)
        for fund, minor in session.exec(
            select(Contribution.fund_id, func.sum(Dispute.amount_minor))
            .join(Dispute, col(Dispute.contribution_id) == Contribution.id)
            .where(Dispute.state == DisputeState.OPEN)
            .group_by(col(Contribution.fund_id))
        )
    }
    rows = session.exec(
        select(Fund.id, Fund.slug, Account.balance_minor)
        .join(Account, col(Account.pot_id) == Fund.community_pot_id)
        .where(Account.kind == AccountKind.DISPUTED_RECEIPTS)
        .order_by(Fund.slug)
    )
    return [
        f"{slug} holds {minor} back, and {disputed.get(number or 0, 0)} is disputed"
        for number, slug, minor in rows
        if minor != disputed.get(number or 0, 0)
    ]


def all_heard(session: Session, _runtime: Runtime) -> list[str]:
    """No event of the processor waits for a person."""
    count = troubled(session)
    return [f"{count} events could not be handled: see hardship webhooks list --trouble"] if count else []


CHECKS = (
    ("I7 once: card gifts", paid_once),
    ("I7 once: card refunds", refunded_once),
    ("I1 balanced: disputes", held_back),
    ("I7 once: card events", all_heard),
    *desk_doctor.CHECKS,
)
