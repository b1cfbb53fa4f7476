"""What stands in the accounts of the desk is what its lists say: bank lines, refunds that are due, tax."""

from collections.abc import Mapping

from sqlalchemy import or_
from sqlmodel import Session, col, func, select

from hardship.contributions.giftaid.aid import tax_on
from hardship.contributions.giftaid.models import GiftAid
from hardship.contributions.giftaid.queries import standing
from hardship.contributions.hand_models import BankReceipt, RefundOrder
from hardship.contributions.models import Contribution
from hardship.contributions.steps import OrderState, ReceiptState
from hardship.core.runtime import Runtime
from hardship.funds.models import Fund
from hardship.ledger.models import Account, AccountKind, Entry, Journal

_K = AccountKind
OURS = ("contribution:", "receipt:", "gift_aid_claim:", "gift_aid_payment:")
"""What journals of this room are about; opening balances are not."""


def receipts_stand(session: Session, _runtime: Runtime) -> list[str]:
    """Unidentified receipts hold the bank lines that nobody has identified."""
    listed = _sums(session, BankReceipt, BankReceipt.state == ReceiptState.UNIDENTIFIED)
    return _compared(session, _K.UNIDENTIFIED_RECEIPTS, listed, "bank lines are unidentified")


def refunds_stand(session: Session, _runtime: Runtime) -> list[str]:
    """Refunds due hold what was approved and is not paid yet."""
    listed = _sums(session, RefundOrder, RefundOrder.state == OrderState.DUE)
    return _compared(session, _K.REFUNDS_DUE, listed, "refunds are due")


def tax_stands(session: Session, _runtime: Runtime) -> list[str]:
    """The tax to be received and to be given back is that of the gifts and claims."""
    receivable, owed = {}, {}
    for fund in session.exec(select(Fund).order_by(Fund.slug)):
        found = standing(session, fund)
        receivable[fund.id or 0] = -(found.unclaimed_minor + found.outstanding_minor)
        owed[fund.id or 0] = found.owed_minor
    return [
        *_compared(session, _K.GIFT_AID_RECEIVABLE, receivable, "of tax is to come"),
        *_compared(session, _K.GIFT_AID_DUE, owed, "of tax is owed"),
    ]


def tax_fits(session: Session, _runtime: Runtime) -> list[str]:
    """No gift brings more tax than is on its net amount."""
    rows = session.exec(
        select(
            Contribution.ref, GiftAid.entitled_minor, Contribution.amount_minor, Contribution.refunded_minor
        )
        .join(GiftAid, col(GiftAid.contribution_id) == Contribution.id)
        .order_by(Contribution.ref)
    )
    return [
        f"gift {ref} brings {tax} of tax on {amount - refunded}"
        for ref, tax, amount, refunded in rows
        if tax not in {0, tax_on(amount - refunded)}
    ]


def _sums(session: Session, table: type[BankReceipt | RefundOrder], mine: bool) -> dict[int, int]:
    rows = session.exec(
        select(table.fund_id, func.sum(table.amount_minor)).where(mine).group_by(col(table.fund_id))
    )
    return {fund: int(minor) for fund, minor in rows}


def _compared(session: Session, kind: AccountKind, listed: Mapping[int, int], words: str) -> list[str]:
    """The funds in which the account (a credit balance as a positive number) is not what is listed."""
    rows = session.exec(
        select(Fund.id, func.sum(Entry.amount_minor))
        .join(Account, col(Account.pot_id) == Fund.community_pot_id)
        .join(Entry, col(Entry.account_id) == Account.id)
        .join(Journal, col(Journal.id) == Entry.journal_id)
        .where(
            Account.kind == kind,
            or_(*(col(Journal.cause).startswith(prefix) for prefix in OURS)),
        )
        .group_by(col(Fund.id))
    )
    booked = {fund or 0: -int(minor) for fund, minor in rows}
    return [
        f"{kind.value} of fund {fund} holds {booked.get(fund, 0)}, and {listed.get(fund, 0)} {words}"
        for fund in sorted({*booked, *listed})
        if booked.get(fund, 0) != listed.get(fund, 0)
    ]


CHECKS = (
    ("I1 balanced: bank lines", receipts_stand),
    ("I1 balanced: refunds due", refunds_stand),
    ("I1 balanced: Gift Aid", tax_stands),
    ("I1 balanced: tax on gifts", tax_fits),
)
