"""Lists that finance works through and hands out: gifts as a file, money that goes back, bank lines."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import case, func
from sqlmodel import Session, col, select

from hardship.contributions.card_models import CardRefund
from hardship.contributions.hand_models import BankReceipt, RefundOrder
from hardship.contributions.listing import GiftFilter, sheet
from hardship.contributions.models import Contribution
from hardship.contributions.steps import OrderState, ReceiptState
from hardship.contributions.transitions import CardRefundState
from hardship.core.runtime import Transaction
from hardship.core.sheets import Sheet
from hardship.funds.queries import fund_by_slug
from hardship.staff.permissions import Permission, require
from hardship.web.paging import Key, Page, page


def export_gifts(tx: Transaction, *, fund_slug: str, chosen: GiftFilter) -> Sheet:
    """The filtered gifts as a table to hand out, without anybody's name; one event says what was handed out."""
    require(tx.actor, Permission.EXPORT)
    fund = fund_by_slug(tx.session, fund_slug)
    made = sheet(tx.runtime, tx.session, fund, chosen)
    asked = {name: str(value) for name, value in asdict(chosen).items() if value and name != "fund_id"}
    tx.record("gifts.exported", f"fund:{fund.slug}", rows=len(made.rows), filter=asked)
    return made


@dataclass(frozen=True, slots=True)
class OrderRow:
    """Money that goes back, with the ref of the gift or receipt that it belongs to; `card` is how a refund to a card stands
    at the processor."""

    order: RefundOrder
    gift_ref: str
    receipt_ref: str
    card: CardRefundState | None = None


def orders(session: Session, *, after: str = "", before: str = "") -> Page[OrderRow]:
    """Money that goes or went back: what is due first, then the latest."""
    is_due = case((col(RefundOrder.state) == OrderState.DUE, 1), else_=0)
    statement: Any = (
        select(RefundOrder, Contribution.ref, BankReceipt.ref, CardRefund.state)
        .outerjoin(Contribution, col(Contribution.id) == RefundOrder.contribution_id)
        .outerjoin(BankReceipt, col(BankReceipt.id) == RefundOrder.receipt_id)
        .outerjoin(CardRefund, col(CardRefund.reason_ref) == RefundOrder.ref)
    )
    keys = [Key(is_due, descending=True), Key(col(RefundOrder.id), descending=True)]
    found = page(
        session,
        statement,
        keys,
        lambda row: (int(row[0].state is OrderState.DUE), row[0].id),
        after=after,
        before=before,
    )
    rows = [OrderRow(order, gift or "", receipt or "", card) for order, gift, receipt, card in found.items]
    return Page(rows, found.after, found.before)


@dataclass(frozen=True, slots=True)
class Sum:
    """How many, and how many pence."""

    count: int
    minor: int


def due(session: Session) -> Sum:
    """What waits to be paid back."""
    return _sum(session, RefundOrder, RefundOrder.state == OrderState.DUE)


def unidentified(session: Session) -> Sum:
    """What stands in unidentified receipts."""
    return _sum(session, BankReceipt, BankReceipt.state == ReceiptState.UNIDENTIFIED)


def _sum(session: Session, table: Any, mine: Any) -> Sum:
    count, minor = session.exec(
        select(func.count(), func.coalesce(func.sum(table.amount_minor), 0)).where(mine)
    ).one()
    return Sum(count, int(minor))


def receipts(
    session: Session,
    fund_id: int,
    states: Sequence[ReceiptState],
    *,
    after: str = "",
    before: str = "",
) -> Page[BankReceipt]:
    """A fund's incoming bank lines in these states, the oldest first."""
    statement = select(BankReceipt).where(BankReceipt.fund_id == fund_id, col(BankReceipt.state).in_(states))
    keys = [Key(col(BankReceipt.received_on)), Key(col(BankReceipt.ref))]
    return page(session, statement, keys, lambda row: (row.received_on, row.ref), after=after, before=before)
