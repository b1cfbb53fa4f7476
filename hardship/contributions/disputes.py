"""Disputes: the payer's bank calls a card gift back. The money is held back until it is decided, the match is frozen.

Opened: Dr disputed receipts / Cr card clearing. Won: back. Lost: Dr donations / Cr disputed receipts, and the match goes
by the refund rule. What the processor takes for it is a cost: Dr fees / Cr card clearing. A bank that only asks (an
inquiry) has moved no money, and nothing is booked.
"""

from sqlmodel import col, select

from hardship.contributions.card_models import Dispute
from hardship.contributions.checkout import SeenDispute
from hardship.contributions.donating.opening import locked
from hardship.contributions.donating.settling import check_currency
from hardship.contributions.events import DisputeClosed, GiftDisputed, RefundsComing
from hardship.contributions.gifts import NewRefund
from hardship.contributions.models import Contribution
from hardship.contributions.refunding import free_instant
from hardship.contributions.refunds import refund
from hardship.contributions.transitions import DISPUTES, DisputeEvent, DisputeState
from hardship.contributions.webhooks import NotYet
from hardship.core.clock import day_of
from hardship.core.db import lock
from hardship.core.errors import Conflict
from hardship.core.refs import new_reference
from hardship.core.runtime import Transaction
from hardship.funds.models import Fund
from hardship.ledger.journal import JournalDraft, Line, transfer
from hardship.ledger.models import AccountKind
from hardship.ledger.service import post

_K = AccountKind


def record_dispute(tx: Transaction, *, checkout_id: int, seen: SeenDispute) -> DisputeState:
    """Bring a dispute to where the processor has it; again changes nothing. Returns the state that it is in.

    Raises `NotYet` while the processor has not moved the money that its word for the dispute speaks of.
    """
    fund, checkout = locked(tx, checkout_id)
    if checkout.contribution_id is None:
        raise NotYet("the disputed gift has not come yet", fix="It is tried again later.")
    check_currency(fund, seen.settled_in)
    tx.publish(RefundsComing(fund))
    (gift,) = lock(tx.session, select(Contribution).where(col(Contribution.id) == checkout.contribution_id))
    dispute = _known(tx, gift, seen)
    if not seen.status.startswith("warning_") and DISPUTES.can(dispute.state, DisputeEvent.WITHDRAW):
        _withdraw(tx, fund, gift, dispute, seen)
    _book_fee(tx, fund, gift, dispute, seen.fee_minor - seen.fee_back_minor)
    if seen.status == "won" and DISPUTES.can(dispute.state, DisputeEvent.WIN):
        _win(tx, fund, gift, dispute, seen)
    elif seen.status == "lost" and DISPUTES.can(dispute.state, DisputeEvent.LOSE):
        _lose(tx, fund, gift, dispute)
    elif seen.status == "warning_closed" and DISPUTES.can(dispute.state, DisputeEvent.CLOSE):
        _move(tx, dispute, DisputeEvent.CLOSE)
    return dispute.state


def _known(tx: Transaction, gift: Contribution, seen: SeenDispute) -> Dispute:
    found = lock(tx.session, select(Dispute).where(Dispute.provider_ref == seen.id))
    if found:
        return found[0]
    assert gift.id is not None
    dispute = Dispute(
        ref=new_reference(),
        provider_ref=seen.id,
        contribution_id=gift.id,
        state=DisputeState.INQUIRY,
        amount_minor=seen.amount_minor,
        opened_at=min(seen.created, tx.at),
    )
    tx.session.add(dispute)
    tx.session.flush()
    tx.record(
        "dispute.noticed",
        f"dispute:{dispute.ref}",
        state=dispute.state,
        contribution=gift.ref,
        amount_minor=seen.amount_minor,
    )
    return dispute


def _withdraw(tx: Transaction, fund: Fund, gift: Contribution, dispute: Dispute, seen: SeenDispute) -> None:
    if not seen.withdrawn_minor:
        raise NotYet("the processor has not taken the disputed money yet", fix="It is tried again later.")
    if seen.withdrawn_minor != dispute.amount_minor:
        raise Conflict(
            "the processor took another amount than is disputed",
            fix="Look it up in the processor's dashboard.",
        )
    lines = transfer(fund.community_pot_id, _K.DISPUTED_RECEIPTS, _K.CARD_CLEARING, dispute.amount_minor)
    _post(tx, fund, gift, f"dispute_opened:{dispute.ref}", "gift.disputed", lines)
    assert gift.id is not None
    tx.publish(GiftDisputed(fund, gift.id, gift.ref, day_of(dispute.opened_at)))
    _move(tx, dispute, DisputeEvent.WITHDRAW)


def _book_fee(tx: Transaction, fund: Fund, gift: Contribution, dispute: Dispute, fee_minor: int) -> None:
    """Book what the processor's fee for the dispute has grown by, or shrunk: it may be charged and given back in parts."""
    by = fee_minor - dispute.fee_minor
    if not by:
        return
    lines = [
        Line(fund.community_pot_id, _K.FEES, by),
        Line(fund.community_pot_id, _K.CARD_CLEARING, -by),
    ]
    dispute.fee_changes += 1  # it may come, go and come again: each change is a journal of its own
    _post(tx, fund, gift, f"dispute_fee:{dispute.ref}:{dispute.fee_changes}", "gift.dispute_fee", lines)
    dispute.fee_minor = fee_minor
    tx.session.add(dispute)
    tx.session.flush()
    tx.record("dispute.fee_booked", f"dispute:{dispute.ref}", by_minor=by, fee_minor=fee_minor)


def _win(tx: Transaction, fund: Fund, gift: Contribution, dispute: Dispute, seen: SeenDispute) -> None:
    if seen.reinstated_minor != dispute.amount_minor:
        raise NotYet(
            "the processor has not given the disputed money back yet", fix="It is tried again later."
        )
    lines = transfer(fund.community_pot_id, _K.CARD_CLEARING, _K.DISPUTED_RECEIPTS, dispute.amount_minor)
    _post(tx, fund, gift, f"dispute_won:{dispute.ref}", "gift.dispute_won", lines)
    assert gift.id is not None
    tx.publish(DisputeClosed(fund, gift.id, gift.ref, "won"))
    _move(tx, dispute, DisputeEvent.WIN)


def _lose(tx: Transaction, fund: Fund, gift: Contribution, dispute: Dispute) -> None:
    """The gift is given back as far as there is any of it left; what was taken beyond that is a loss."""
    assert gift.id is not None
    tx.publish(DisputeClosed(fund, gift.id, gift.ref, "lost"))
    part = min(dispute.amount_minor, gift.net_minor)
    if part:
        at = free_instant(tx, gift.id, tx.at)
        refund(tx, fund=fund, refunds=[NewRefund(gift.ref, at, part, _K.DISPUTED_RECEIPTS)])
    if beyond := dispute.amount_minor - part:
        lines = transfer(fund.community_pot_id, _K.LOSSES, _K.DISPUTED_RECEIPTS, beyond)
        _post(tx, fund, gift, f"dispute_lost:{dispute.ref}", "gift.dispute_lost", lines)
    _move(tx, dispute, DisputeEvent.LOSE)


def _move(tx: Transaction, dispute: Dispute, event: DisputeEvent) -> None:
    dispute.state = DISPUTES.apply(dispute.state, event)
    if dispute.state is not DisputeState.OPEN:
        dispute.closed_at = tx.at
    tx.session.add(dispute)
    tx.session.flush()
    tx.record(
        f"dispute.{dispute.state.value}",
        f"dispute:{dispute.ref}",
        state=dispute.state,
        amount_minor=dispute.amount_minor,
    )


def _post(tx: Transaction, fund: Fund, gift: Contribution, key: str, kind: str, lines: list[Line]) -> None:
    draft = JournalDraft(
        idem_key=key,
        kind=kind,
        fund_slug=fund.slug,
        cause=f"contribution:{gift.ref}",
        effective_on=day_of(tx.at),
        lines=lines,
        currency=fund.currency,
    )
    post(tx, [draft])
