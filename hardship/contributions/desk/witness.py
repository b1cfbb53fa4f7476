"""What the event log has to say the same about, of what finance does by hand: bank lines, refunds, cash paid in, Gift Aid."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlmodel import Session, col, select

from hardship.contributions.giftaid.models import Claim, ClaimState, Declaration, GiftAid, TaxPayment
from hardship.contributions.hand_models import BankReceipt, PayingIn, RefundOrder
from hardship.contributions.models import Contribution
from hardship.contributions.steps import OrderState, ReceiptState

SUBJECTS = ("receipt", "refund_order", "declaration", "gift_aid_claim")
KINDS = (
    "receipt.unidentified",
    "receipt.claimed",
    "refund_order.due",
    "refund_order.at_card",
    "refund_order.paid",
    "cash.paid_in",
    "gift_aid.changed",
    "gift_aid.claimed",
    "gift_aid.received",
    "gift_aid.repaid",
)


def states(session: Session) -> Iterator[tuple[str, str]]:
    """Subject and state of each."""
    for ref, state in session.exec(select(BankReceipt.ref, BankReceipt.state).order_by(col(BankReceipt.id))):
        yield f"receipt:{ref}", ReceiptState(state).value
    for ref, order in session.exec(select(RefundOrder.ref, RefundOrder.state).order_by(col(RefundOrder.id))):
        yield f"refund_order:{ref}", OrderState(order).value
    for ref, claim in session.exec(select(Claim.ref, Claim.state).order_by(col(Claim.id))):
        yield f"gift_aid_claim:{ref}", ClaimState(claim).value
    made = select(Declaration.ref, col(Declaration.withdrawn_at)).order_by(col(Declaration.id))
    for ref, withdrawn_at in session.exec(made):
        yield f"declaration:{ref}", "withdrawn" if withdrawn_at else "live"


def heard(subject: str, facts: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """The tax that a gift brings or loses, and that a claim asks for."""
    if "gift_aid_minor" in facts:
        yield f"{subject} gift aid", facts["gift_aid_minor"]
    if "tax_minor" in facts:
        yield f"{subject} tax", facts["tax_minor"]


def amounts(session: Session) -> Iterator[tuple[str, int]]:
    """The same of the rows."""
    for name, table in (("receipt", BankReceipt), ("refund_order", RefundOrder), ("paying_in", PayingIn)):
        rows = session.exec(select(table.ref, table.amount_minor).order_by(col(table.id)))
        yield from ((f"{name}:{ref} amount", minor) for ref, minor in rows)
    taxed = (
        select(Contribution.ref, GiftAid.entitled_minor)
        .join(GiftAid, col(GiftAid.contribution_id) == Contribution.id)
        .order_by(col(Contribution.id))
    )
    for ref, minor in session.exec(taxed):
        yield f"contribution:{ref} gift aid", minor
    for claim in session.exec(select(Claim).order_by(col(Claim.id))):
        yield f"gift_aid_claim:{claim.ref} tax", claim.tax_minor
        yield f"gift_aid_claim:{claim.ref} amount", claim.received_minor
    repaid = select(TaxPayment.ref, TaxPayment.amount_minor).where(TaxPayment.amount_minor < 0)
    for ref, minor in session.exec(repaid.order_by(col(TaxPayment.id))):
        yield f"gift_aid_payment:{ref} amount", -minor
