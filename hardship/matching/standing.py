"""Reading what an agreement's page and commands show of its papers: tranches with their age, requests, versions."""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func
from sqlmodel import Session, col, select

from hardship.core.clock import day_of
from hardship.matching.models import (
    AgreementState,
    MatchAgreement,
    MatchTerms,
    MatchTranche,
    PaymentRequest,
    SponsorPayment,
)
from hardship.matching.position import Paid
from hardship.matching.requesting import askable
from hardship.matching.settling import UNDER_WAY, requests_of
from hardship.matching.tranches import Age, Claim, age_of, ageing
from hardship.matching.wording import differences_in_words, in_words


@dataclass(frozen=True)
class TrancheLine:
    """One tranche as it stands: what came for it, how old it is (None once it is settled or where nothing is due before
    it is asked for), and the request that asks for it."""

    due_on: dt.date
    amount_minor: int
    received_minor: int
    age: Age | None
    request: str

    @property
    def open_minor(self) -> int:
        """What has not come yet."""
        return self.amount_minor - self.received_minor


@dataclass(frozen=True)
class Payable:
    """What a sponsor is to pay: tranches by due day, requests by number, what is open by age, and what may be asked for
    by now, in pence."""

    tranches: list[TrancheLine]
    requests: Sequence[PaymentRequest]
    ages: dict[Age, int]
    askable_minor: int


def payable(session: Session, row: MatchAgreement, today: dt.date) -> Payable:
    """What an agreement's sponsor is to pay, as of a day.

    In advance a tranche is due by the day agreed, however late it is asked for; in arrears, and once the agreement is
    closed, only what was asked for is due.
    """
    requests = requests_of(session, row.id or 0)
    waiting = [one for one in requests if one.state in UNDER_WAY]
    by_tranche = {one.tranche_due_on: one for one in waiting if one.tranche_due_on is not None}
    rows = session.exec(
        select(MatchTranche).where(MatchTranche.agreement_id == row.id).order_by(col(MatchTranche.due_on))
    ).all()
    is_due = row.paid is Paid.IN_ADVANCE and not row.is_closed
    lines: list[TrancheLine] = []
    claims = [
        Claim(one.due_on, one.amount_minor, one.received_minor)
        for one in waiting
        if one.tranche_due_on is None or not is_due
    ]
    for one in rows:
        asked = by_tranche.get(one.due_on)
        unpaid = one.amount_minor > one.received_minor
        due_on = one.due_on if is_due else asked.due_on if asked else None
        if unpaid and is_due:
            claims.append(Claim(one.due_on, one.amount_minor, one.received_minor))
        age = age_of(due_on, today) if unpaid and due_on else None
        lines.append(
            TrancheLine(one.due_on, one.amount_minor, one.received_minor, age, asked.ref if asked else "")
        )
    return Payable(lines, requests, ageing(claims, today), max(0, askable(session, row)))


@dataclass(frozen=True)
class Version:
    """One version of the terms, and how it differs from the one before: (what, before, after)."""

    number: int
    agreed_at: dt.datetime
    sha256: str
    changes: list[tuple[str, str, str]]


def versions_of(session: Session, row: MatchAgreement) -> list[Version]:
    """Every version of an agreement's terms, the newest first."""
    kept = session.exec(
        select(MatchTerms).where(MatchTerms.agreement_id == row.id).order_by(col(MatchTerms.version))
    ).all()
    documents = [json.loads(one.document) for one in kept]
    found = [
        Version(
            one.version,
            one.agreed_at,
            one.sha256,
            differences_in_words(documents[at - 1], documents[at]) if at else [],
        )
        for at, one in enumerate(kept)
    ]
    return found[::-1]


def terms_in_words(session: Session, row: MatchAgreement) -> list[tuple[str, str]]:
    """The present terms as (what, value)."""
    kept = session.exec(
        select(MatchTerms.document).where(
            MatchTerms.agreement_id == row.id, MatchTerms.version == row.version
        )
    ).one()
    return in_words(json.loads(kept))


def payments_of(session: Session, row: MatchAgreement) -> list[tuple[SponsorPayment, str]]:
    """What the sponsor paid and what went back, the latest first, each with the ref of the agreement from or to which it
    was carried."""
    names = {one.id: one.ref for one in session.exec(select(MatchAgreement))}
    rows = session.exec(
        select(SponsorPayment)
        .where(SponsorPayment.agreement_id == row.id)
        .order_by(col(SponsorPayment.received_at).desc(), col(SponsorPayment.id).desc())
    )
    return [(one, names.get(one.other_id, "")) for one in rows]


def to_do(session: Session, at: dt.datetime) -> tuple[int, int]:
    """How many agreements are over and not closed, and how many requests for payment are overdue."""
    over = select(func.count()).where(
        MatchAgreement.state == AgreementState.OPEN, col(MatchAgreement.closes_at) < at
    )
    late = select(func.count()).where(
        col(PaymentRequest.state).in_(UNDER_WAY), col(PaymentRequest.due_on) < day_of(at)
    )
    return session.exec(over).one(), session.exec(late).one()
