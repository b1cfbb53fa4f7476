"""What the event log and the doctor have to say about agreements as papers: versions and requests for payment."""

import base64
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from hardship.core.canonical import sha256_hex
from hardship.core.runtime import Runtime
from hardship.matching.models import (
    MatchAgreement,
    MatchTerms,
    MatchTranche,
    PaymentRequest,
)

KINDS = ("match.requested", "match.request_paid")


def heard(subject: str, facts: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """What was asked for, or what came for it."""
    yield f"{subject} {'asked' if 'sha256' in facts else 'received'}", facts["amount_minor"]


def amounts(session: Session) -> Iterator[tuple[str, int]]:
    """The same of the rows."""
    for row in session.exec(select(PaymentRequest).order_by(PaymentRequest.ref)):
        yield f"request:{row.ref} asked", row.amount_minor
        yield f"request:{row.ref} received", row.received_minor


def frozen(session: Session, runtime: Runtime) -> list[str]:
    """Terms and requests have the bytes they were agreed and issued with, and no more came for tranches and requests than
    the sponsor paid."""
    found = [
        f"terms {one.version} of agreement {one.agreement_id} are not what was agreed"
        for one in session.exec(select(MatchTerms).order_by(col(MatchTerms.id)))
        if sha256_hex(one.document.encode()) != one.sha256
    ]
    house = runtime.vault.house(session)
    for row in session.exec(select(PaymentRequest).order_by(col(PaymentRequest.id))):
        body = base64.b64decode(house.open("payment_request", "body", row.ref, row.body) or "")
        if sha256_hex(body) != row.sha256:
            found.append(f"request {row.ref} is not what was issued")
    return found + _oversettled(session)


def _oversettled(session: Session) -> list[str]:
    settled: dict[int, int] = {}
    lone = PaymentRequest.tranche_due_on
    for statement in (
        select(MatchTranche.agreement_id, func.sum(MatchTranche.received_minor)).group_by(
            col(MatchTranche.agreement_id)
        ),
        select(PaymentRequest.agreement_id, func.sum(PaymentRequest.received_minor))
        .where(col(lone).is_(None))
        .group_by(col(PaymentRequest.agreement_id)),
    ):
        for agreement, minor in session.exec(statement):
            settled[agreement] = settled.get(agreement, 0) + int(minor)
    rows = session.exec(select(MatchAgreement).order_by(MatchAgreement.ref))
    return [
        f"{row.ref}: more came for tranches and requests than the sponsor paid"
        for row in rows
        if settled.get(row.id or 0, 0) > row.received_minor
    ]


CHECKS = (("I11 frozen: requests and terms", frozen),)
