"""Everything that the books and the desk know of one gift, but for who gave it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from hardship.contributions.card_models import CardRefund, Dispute
from hardship.contributions.giftaid.models import Claim, Declaration, GiftAid
from hardship.contributions.hand_models import BankReceipt, GiftProof, RefundOrder
from hardship.contributions.models import Contribution, Refund
from hardship.ledger.models import Account, AccountKind, Entry, Journal, Pot


@dataclass(frozen=True, slots=True)
class Posting:
    """One line of a journal, in pence, debit positive."""

    pot: str
    account: AccountKind
    minor: int


@dataclass(frozen=True)
class Posted:
    """One journal with its lines."""

    journal: Journal
    lines: Sequence[Posting]


@dataclass(frozen=True)
class Tax:
    """How a gift stands with Gift Aid."""

    row: GiftAid
    declaration: Declaration
    claim: Claim | None


@dataclass(frozen=True)
class GiftPage:
    """One gift with all that belongs to it; `offered` is a declaration under the donor's name that covers it and is not
    used."""

    gift: Contribution
    proof: GiftProof | None
    receipt: BankReceipt | None
    refunds: Sequence[Refund]
    orders: Sequence[RefundOrder]
    card_refunds: Sequence[CardRefund]
    disputes: Sequence[Dispute]
    tax: Tax | None
    offered: Declaration | None
    journals: Sequence[Posted]


def gift_page(session: Session, gift: Contribution) -> GiftPage:
    """A gift's page."""
    tax = _tax(session, gift)
    return GiftPage(
        gift=gift,
        proof=session.exec(select(GiftProof).where(GiftProof.contribution_id == gift.id)).first(),
        receipt=session.exec(
            select(BankReceipt).where(BankReceipt.about == f"contribution:{gift.ref}")
        ).first(),
        refunds=session.exec(
            select(Refund).where(Refund.contribution_id == gift.id).order_by(col(Refund.refunded_at))
        ).all(),
        orders=session.exec(
            select(RefundOrder).where(RefundOrder.contribution_id == gift.id).order_by(col(RefundOrder.id))
        ).all(),
        card_refunds=session.exec(
            select(CardRefund).where(CardRefund.contribution_id == gift.id).order_by(col(CardRefund.id))
        ).all(),
        disputes=session.exec(
            select(Dispute).where(Dispute.contribution_id == gift.id).order_by(col(Dispute.id))
        ).all(),
        tax=tax,
        offered=None if tax else offered(session, gift),
        journals=journals_of(session, f"contribution:{gift.ref}"),
    )


def _tax(session: Session, gift: Contribution) -> Tax | None:
    found = session.exec(
        select(GiftAid, Declaration)
        .join(Declaration, col(Declaration.id) == GiftAid.declaration_id)
        .where(GiftAid.contribution_id == gift.id)
    ).first()
    if found is None:
        return None
    row, declaration = found
    return Tax(row, declaration, session.get(Claim, row.claim_id) if row.claim_id else None)


def offered(session: Session, gift: Contribution) -> Declaration | None:
    """The newest declaration under the donor's name that covers the gift's day."""
    if gift.donor_id is None:
        return None
    return session.exec(
        select(Declaration)
        .where(
            Declaration.donor_id == gift.donor_id,
            col(Declaration.single).is_(False),
            col(Declaration.covers_from) <= gift.received_on,
            col(Declaration.covers_until).is_(None) | (col(Declaration.covers_until) > gift.received_on),
        )
        .order_by(col(Declaration.id).desc())
    ).first()


def journals_of(session: Session, cause: str) -> list[Posted]:
    """The journals of one cause with their lines, oldest first."""
    rows = session.exec(
        select(Journal, Pot.ref, Account.kind, Entry.amount_minor)
        .join(Entry, col(Entry.journal_id) == Journal.id)
        .join(Account, col(Account.id) == Entry.account_id)
        .join(Pot, col(Pot.id) == Entry.pot_id)
        .where(Journal.cause == cause)
        .order_by(col(Journal.id), col(Entry.id))
    ).all()
    found: dict[int, tuple[Journal, list[Posting]]] = {}
    for journal, pot, kind, minor in rows:
        found.setdefault(journal.id or 0, (journal, []))[1].append(Posting(pot, AccountKind(kind), minor))
    return [Posted(journal, lines) for journal, lines in found.values()]
