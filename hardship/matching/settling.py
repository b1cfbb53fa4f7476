"""Sponsors' money on tranches and requests for payment: those due first are settled first. The agreements are locked."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from hardship.core.db import lock
from hardship.core.runtime import Transaction
from hardship.matching.models import MatchTranche, PaymentRequest, RequestState
from hardship.matching.tranches import Claim, settle
from hardship.matching.transitions import MACHINE, RequestEvent

UNDER_WAY = (RequestState.REQUESTED, RequestState.PART_RECEIVED)


def requests_of(session: Session, agreement_id: int, *, under_way: bool = False) -> Sequence[PaymentRequest]:
    """An agreement's requests for payment by number; all, or those that still wait for money."""
    statement = select(PaymentRequest).where(PaymentRequest.agreement_id == agreement_id)
    if under_way:
        statement = statement.where(col(PaymentRequest.state).in_(UNDER_WAY))
    return session.exec(statement.order_by(col(PaymentRequest.number))).all()


def settle_claims(tx: Transaction, agreement_id: int, agreement_ref: str, minor: int) -> int:
    """Let `minor` pence that came from the sponsor settle what is open; returns what was left over.

    One event for each request whose state or amount received changes.
    """
    tranches = list(
        lock(
            tx.session,
            select(MatchTranche)
            .where(MatchTranche.agreement_id == agreement_id)
            .order_by(col(MatchTranche.due_on)),
        )
    )
    lone = [one for one in _waiting(tx, agreement_id) if one.tranche_due_on is None]
    rows: list[MatchTranche | PaymentRequest] = [*tranches, *lone]
    shares = settle([Claim(one.due_on, one.amount_minor, one.received_minor) for one in rows], minor)
    for row, share in zip(rows, shares, strict=True):
        if not share:
            continue
        if isinstance(row, MatchTranche):
            row.received_minor += share
            _pay_request_for(tx, row, agreement_ref, share)
        else:
            _pay(tx, row, agreement_ref, share)
    tx.session.flush()
    return minor - sum(shares)


def _waiting(tx: Transaction, agreement_id: int) -> Sequence[PaymentRequest]:
    return lock(
        tx.session,
        select(PaymentRequest)
        .where(PaymentRequest.agreement_id == agreement_id, col(PaymentRequest.state).in_(UNDER_WAY))
        .order_by(col(PaymentRequest.number)),
    )


def _pay_request_for(tx: Transaction, tranche: MatchTranche, agreement_ref: str, minor: int) -> None:
    for one in _waiting(tx, tranche.agreement_id):
        if one.tranche_due_on == tranche.due_on:
            _pay(tx, one, agreement_ref, min(minor, one.amount_minor - one.received_minor))


def _pay(tx: Transaction, request: PaymentRequest, agreement_ref: str, minor: int) -> None:
    request.received_minor += minor
    whole = request.received_minor == request.amount_minor
    request.state = MACHINE.apply(request.state, RequestEvent.WHOLE if whole else RequestEvent.PART)
    tx.session.add(request)
    tx.record(
        "match.request_paid",
        f"request:{request.ref}",
        state=request.state,
        agreement=agreement_ref,
        amount_minor=minor,
    )


def cancel_request(tx: Transaction, request: PaymentRequest, agreement_ref: str) -> None:
    """Take a locked request back; what came for it stays with its tranche. Raises `IllegalTransition`."""
    request.state = MACHINE.apply(request.state, RequestEvent.CANCEL)
    tx.session.add(request)
    tx.session.flush()
    tx.record(
        "match.request_cancelled",
        f"request:{request.ref}",
        state=request.state,
        agreement=agreement_ref,
        open_minor=request.amount_minor - request.received_minor,
    )
