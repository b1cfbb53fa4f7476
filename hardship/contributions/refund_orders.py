"""Money that goes back by hand: a reason, the power to refund, a second person, and the way by which it came.

A gift by card goes back to the card. One by bank or in cash leaves the books of gifts when a second person approves (Dr
donations / Cr refunds due, its match by the refund rule) and is settled once finance has paid it (Dr refunds due / Cr bank or
cash in hand). A gift held elsewhere is given back by whoever holds it. A bank line that is nobody's goes back the same way.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session, col, select

from hardship.contributions import unidentified
from hardship.contributions.by_hand import cash_in_hand
from hardship.contributions.events import CardRefundReturned
from hardship.contributions.giftaid.declaring import locked_gift
from hardship.contributions.gifts import NewRefund
from hardship.contributions.hand_models import BankReceipt, RefundOrder, Way
from hardship.contributions.models import CardRefund, Channel, Contribution, Dispute, Held
from hardship.contributions.queries import gift_by_ref
from hardship.contributions.refunding import OPEN as AT_THE_PROCESSOR
from hardship.contributions.refunding import free_instant, request_card_refund
from hardship.contributions.refunds import give_back
from hardship.contributions.steps import ORDERS, RECEIPTS, OrderEvent, OrderState, ReceiptEvent
from hardship.contributions.transitions import DisputeState
from hardship.core.clock import day_of
from hardship.core.db import lock
from hardship.core.errors import BadInput, Conflict, NotFound
from hardship.core.money import display
from hardship.core.refs import new_reference, tidy_reference
from hardship.core.runtime import Runtime, Transaction
from hardship.funds.models import Fund
from hardship.funds.service import lock_fund
from hardship.ledger.journal import JournalDraft, transfer
from hardship.ledger.models import AccountKind
from hardship.ledger.service import post
from hardship.staff.permissions import Permission, require
from hardship.staff.proposals import Kind, Proposed, kinds, propose

_K = AccountKind
MAX_REASON = 500
REFUND = "gift_refund"
RETURN = "receipt_return"


def register(runtime: Runtime) -> None:
    """Say what a second person approves here."""
    kinds(runtime)[REFUND] = Kind(
        REFUND, "Refund of a gift", Permission.SECOND_MONEY, _carry_out_refund, _describe_refund
    )
    kinds(runtime)[RETURN] = Kind(
        RETURN,
        "Money on the bank statement that goes back",
        Permission.SECOND_MONEY,
        _carry_out_return,
        _describe_return,
    )
    runtime.listen(CardRefundReturned, _owed_again)


def _owed_again(tx: Transaction, came: CardRefundReturned) -> RefundOrder:
    """A refund that the card's bank sent back is due again, by another way than the card."""
    reason = "the card's bank sent the refund back"
    order = _store(tx, came.fund, Way.BANK, came.amount_minor, reason, contribution_id=came.contribution_id)
    _record(tx, order, f"contribution:{came.ref}")
    return order


# --- Refund of a gift ---------------------------------------------------------------------------------------------


def ask_refund(tx: Transaction, *, gift_ref: str, amount_minor: int, reason: str) -> Proposed:
    """Ask for a refund of a gift; a second person approves it.

    Raises `BadInput` without a reason or for more than is left of the gift, `Conflict` when the gift is disputed or has a
    refund that is not through yet.
    """
    require(tx.actor, Permission.RECORD_REFUNDS)
    words = _checked_reason(reason)
    _, gift = locked_gift(tx, gift_ref)
    _check(tx, gift, amount_minor)
    return propose(
        tx,
        kind=REFUND,
        subject=f"contribution:{gift.ref}",
        payload={"gift": gift.ref, "amount_minor": amount_minor, "reason": words},
    )


def _checked_reason(reason: str) -> str:
    words = " ".join(reason.split())
    if not words or len(words) > MAX_REASON:
        raise BadInput("a reason is missing, or longer than 500 characters", where="reason", fix="Say why.")
    return words


def _check(tx: Transaction, gift: Contribution, amount_minor: int) -> None:
    if amount_minor <= 0:
        raise BadInput("a refund is above 0.00", where="amount", fix="Write an amount like 20.00.")
    if amount_minor > gift.net_minor:
        raise BadInput(
            f"more than is left of the gift, {display(gift.net_minor)}",
            where="amount",
            fix="Refund that much or less.",
        )
    disputed = select(Dispute.id).where(
        Dispute.contribution_id == gift.id,
        col(Dispute.state).in_((DisputeState.INQUIRY, DisputeState.OPEN)),
    )
    if tx.session.exec(disputed).first() is not None:
        raise Conflict(
            "the gift is disputed", fix="Wait until the dispute is closed: it may go back by itself."
        )
    if is_open(tx.session, gift.id or 0):
        raise Conflict("a refund of this gift is not through yet", fix="Finish that one first.")


def is_open(session: Session, contribution_id: int) -> bool:
    """Whether money of a gift is on its way back."""
    order = select(RefundOrder.id).where(
        RefundOrder.contribution_id == contribution_id, RefundOrder.state == OrderState.DUE
    )
    card = select(CardRefund.id).where(
        CardRefund.contribution_id == contribution_id, col(CardRefund.state).in_(AT_THE_PROCESSOR)
    )
    return session.exec(order).first() is not None or session.exec(card).first() is not None


def way_of(gift: Contribution) -> Way:
    """The way by which a gift came, by which it goes back."""
    if gift.held is Held.ELSEWHERE:
        return Way.ELSEWHERE
    if gift.paid_into is _K.CARD_CLEARING:
        return Way.CARD
    return Way.CASH if gift.channel is Channel.CASH and gift.paid_into is _K.CASH_IN_HAND else Way.BANK


def _carry_out_refund(tx: Transaction, payload: Mapping[str, Any]) -> RefundOrder:
    fund, gift = locked_gift(tx, payload["gift"])
    amount_minor = int(payload["amount_minor"])
    _check(tx, gift, amount_minor)
    way = way_of(gift)
    order = _store(tx, fund, way, amount_minor, str(payload["reason"]), contribution_id=gift.id)
    if way is Way.CARD:
        request_card_refund(tx, contribution_id=gift.id or 0, amount_minor=amount_minor, reason_ref=order.ref)
    else:
        out_of = None if way is Way.ELSEWHERE else _K.REFUNDS_DUE
        at = free_instant(tx, gift.id or 0, max(tx.at, gift.received_at))
        give_back(tx, fund=fund, refunds=[NewRefund(gift.ref, at, amount_minor, out_of)])
    _record(tx, order, f"contribution:{gift.ref}")
    return order


def _store(
    tx: Transaction,
    fund: Fund,
    way: Way,
    amount_minor: int,
    reason: str,
    *,
    contribution_id: int | None = None,
    receipt_id: int | None = None,
) -> RefundOrder:
    ref = new_reference()
    state = {Way.CARD: OrderState.AT_CARD, Way.ELSEWHERE: OrderState.PAID}.get(way, OrderState.DUE)
    order = RefundOrder(
        ref=ref,
        fund_id=fund.id or 0,
        contribution_id=contribution_id,
        receipt_id=receipt_id,
        amount_minor=amount_minor,
        way=way,
        state=state,
        reason=tx.vault.house(tx.session).seal("refund_order", "reason", ref, reason),
        approved_at=tx.at,
        paid_on=day_of(tx.at) if state is OrderState.PAID else None,
    )
    tx.session.add(order)
    tx.session.flush()
    return order


def _record(tx: Transaction, order: RefundOrder, about: str) -> None:
    tx.record(
        f"refund_order.{order.state.value}",
        f"refund_order:{order.ref}",
        state=order.state,
        way=order.way.value,
        amount_minor=order.amount_minor,
        about=about,
    )


def _describe_refund(session: Session, payload: Mapping[str, Any]) -> list[tuple[str, str]]:
    gift = gift_by_ref(session, payload["gift"])
    return [
        ("Gift", gift.ref),
        ("Left of the gift", display(gift.net_minor)),
        ("Refund", display(int(payload["amount_minor"]))),
        ("Goes back", WAYS[way_of(gift)]),
        ("Reason", str(payload["reason"])),
    ]


WAYS = {
    Way.CARD: "to the card",
    Way.BANK: "by bank transfer",
    Way.CASH: "in cash",
    Way.ELSEWHERE: "by whoever holds it",
}


# --- A bank line that is nobody's ---------------------------------------------------------------------------------


def ask_return(tx: Transaction, *, receipt_ref: str, reason: str) -> Proposed:
    """Ask for an unidentified receipt to go back the way it came; a second person approves it."""
    require(tx.actor, Permission.RECORD_REFUNDS)
    words = _checked_reason(reason)
    _, receipt = unidentified.locked_receipt(tx, receipt_ref)
    RECEIPTS.apply(receipt.state, ReceiptEvent.GIVE_BACK)
    return propose(
        tx,
        kind=RETURN,
        subject=f"receipt:{receipt.ref}",
        payload={"receipt": receipt.ref, "amount_minor": receipt.amount_minor, "reason": words},
    )


def _carry_out_return(tx: Transaction, payload: Mapping[str, Any]) -> RefundOrder:
    fund, receipt = unidentified.locked_receipt(tx, payload["receipt"])
    unidentified.owe_back(tx, fund, receipt)
    order = _store(tx, fund, Way.BANK, receipt.amount_minor, str(payload["reason"]), receipt_id=receipt.id)
    _record(tx, order, f"receipt:{receipt.ref}")
    return order


def _describe_return(session: Session, payload: Mapping[str, Any]) -> list[tuple[str, str]]:
    receipt = session.exec(select(BankReceipt).where(BankReceipt.ref == payload["receipt"])).one()
    return [
        ("Receipt", receipt.ref),
        ("Came", receipt.received_on.isoformat()),
        ("Amount", display(receipt.amount_minor)),
        ("Reason", str(payload["reason"])),
    ]


# --- Paid out -----------------------------------------------------------------------------------------------------


def paid_out(tx: Transaction, *, order_ref: str, paid_on: dt.date, bank_ref: str) -> RefundOrder:
    """Finance has paid what was due: Dr refunds due / Cr bank (or cash in hand, as long as there is enough). `bank_ref` is what the bank calls it, or
    what the receipt for the cash says; it is sealed. Raises `IllegalTransition` when it was paid already."""
    require(tx.actor, Permission.RECORD_REFUNDS)
    fund, order = _locked_order(tx, order_ref)
    state = ORDERS.apply(order.state, OrderEvent.PAY)
    if not bank_ref.strip() or len(bank_ref) > 200:
        raise BadInput("a bank reference is missing or too long", where="bank_ref", fix="Copy it.")
    if not day_of(order.approved_at) <= paid_on <= day_of(tx.at):
        raise BadInput(
            "it was paid after it was approved, and not later than today", where="on", fix="Check the day."
        )
    if order.way is Way.CASH and cash_in_hand(tx.session, fund) < order.amount_minor:
        order.way = Way.BANK  # the cash was paid in meanwhile: what is given back comes from the bank
    order.state, order.paid_on = state, paid_on
    order.bank_ref = tx.vault.house(tx.session).seal("refund_order", "bank_ref", order.ref, bank_ref.strip())
    tx.session.add(order)
    tx.session.flush()
    about = _settle(tx, fund, order, paid_on)
    tx.record(
        "refund_order.paid", f"refund_order:{order.ref}", state=order.state, way=order.way.value, about=about
    )
    return order


def _settle(tx: Transaction, fund: Fund, order: RefundOrder, on: dt.date) -> str:
    if order.receipt_id is not None:
        ref = tx.session.exec(select(BankReceipt.ref).where(BankReceipt.id == order.receipt_id)).one()
        _, receipt = unidentified.locked_receipt(tx, ref)
        unidentified.gone_back(tx, fund, receipt, on)
        return f"receipt:{ref}"
    gift_ref = tx.session.exec(select(Contribution.ref).where(Contribution.id == order.contribution_id)).one()
    from_account = _K.CASH_IN_HAND if order.way is Way.CASH else _K.BANK
    lines = transfer(fund.community_pot_id, _K.REFUNDS_DUE, from_account, order.amount_minor)
    post(
        tx,
        [
            JournalDraft(
                idem_key=f"refund_order:{order.ref}:paid",
                kind="gift.refund_paid",
                fund_slug=fund.slug,
                cause=f"contribution:{gift_ref}",
                effective_on=on,
                lines=lines,
                currency=fund.currency,
            )
        ],
    )
    return f"contribution:{gift_ref}"


def _locked_order(tx: Transaction, ref: str) -> tuple[Fund, RefundOrder]:
    found = tx.session.exec(select(RefundOrder).where(RefundOrder.ref == tidy_reference(ref))).first()
    if found is None:
        raise NotFound("there is no such refund", fix="See: hardship gifts refunds")
    fund = lock_fund(tx, found.fund_id)
    (order,) = lock(tx.session, select(RefundOrder).where(col(RefundOrder.id) == found.id))
    return fund, order


@dataclass(frozen=True, slots=True)
class OrderRead:
    """Money that goes back as it is read: of which gift or receipt, and why."""

    order: RefundOrder
    gift_ref: str
    receipt_ref: str
    reason: str = field(repr=False)


def read_order(tx: Transaction, *, order_ref: str) -> OrderRead:
    """Money that goes back, and why; the reading is an event (I8)."""
    require(tx.actor, Permission.RECORD_REFUNDS)
    _, order = _locked_order(tx, order_ref)
    gift = tx.session.get(Contribution, order.contribution_id) if order.contribution_id else None
    receipt = tx.session.get(BankReceipt, order.receipt_id) if order.receipt_id else None
    tx.record("refund_order.read", f"refund_order:{order.ref}")
    reason = tx.vault.house(tx.session).open("refund_order", "reason", order.ref, order.reason) or ""
    return OrderRead(order, gift.ref if gift else "", receipt.ref if receipt else "", reason)
