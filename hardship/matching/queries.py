"""Reading match agreements: their terms, totals, movements, and why a gift was matched as it was."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import bindparam, func
from sqlalchemy import select as core_select
from sqlmodel import Session, col, select

from hardship.core.errors import NotFound
from hardship.core.runtime import Transaction
from hardship.funds.models import Fund
from hardship.ledger.models import Account, AccountKind, PeriodClose
from hardship.matching import allocation as rule
from hardship.matching import position as books
from hardship.matching.conditions import ChallengeState
from hardship.matching.models import Allocation, MatchAgreement, SponsorPayment, StatedThrough
from hardship.matching.transitions import AgreementKind

_ALLOCATION = Allocation.__table__  # type: ignore[attr-defined]
_AGREEMENT = MatchAgreement.__table__  # type: ignore[attr-defined]
_THROUGH = StatedThrough.__table__  # type: ignore[attr-defined]
_CLOSE = PeriodClose.__table__  # type: ignore[attr-defined]
_FUND = Fund.__table__  # type: ignore[attr-defined]
_CHUNK = 500


def agreements_of(session: Session, fund_id: int) -> Sequence[MatchAgreement]:
    """A fund's agreements in the order in which they are asked: (priority, ref by code point)."""
    rows = session.exec(select(MatchAgreement).where(MatchAgreement.fund_id == fund_id)).all()
    return sorted(rows, key=lambda row: (row.priority, row.ref))


def all_agreements(session: Session) -> Sequence[MatchAgreement]:
    """Every agreement, by fund, priority and ref."""
    rows = session.exec(select(MatchAgreement)).all()
    return sorted(rows, key=lambda row: (row.fund_id, row.priority, row.ref))


def agreement_by_ref(session: Session, ref: str) -> MatchAgreement:
    """The agreement; raises `NotFound`."""
    wanted = ref if ref.isprintable() else ""  # PostgreSQL refuses a zero byte
    found = session.exec(select(MatchAgreement).where(MatchAgreement.ref == wanted)).first()
    if found is None:
        shown = "".join(c if c.isprintable() else "?" for c in ref)[:60]
        raise NotFound(f"there is no match agreement {shown!r}", fix="See: hardship match status")
    return found


def terms_of(row: MatchAgreement) -> rule.Terms:
    """An agreement's present terms, for the match rule. Donors are compared by blind token."""
    return rule.Terms(
        ref=row.ref,
        priority=row.priority,
        num=row.num,
        den=row.den,
        cap_minor=0 if row.is_closed else row.cap_minor,  # a closed agreement gives nothing more
        per_contribution_cap_minor=row.per_contribution_cap_minor,
        minimum_minor=row.minimum_minor,
        opens_at=row.opens_at,
        closes_at=row.closes_at,
        channels=frozenset(row.channels.split(",")),
        excluded_donors=frozenset(token for token in row.excluded_tokens.split(",") if token),
        per_donor_cap_minor=row.per_donor_cap_minor,
    )


def as_ruled(row: MatchAgreement) -> rule.Agreement:
    """An agreement as the match rule takes it, as it stands now."""
    failed = row.kind is AgreementKind.CHALLENGE and row.challenge is ChallengeState.FAILED
    return rule.Agreement(terms_of(row), row.allocated_minor, row.held_minor, failed)


def stated_on(where: Session | Transaction, agreement_id: int, day: dt.date) -> dt.date:
    """The day under which a statement shows what happened on `day`: that day, or the first not yet stated."""
    session = where.session if isinstance(where, Transaction) else where
    return stated_days(session, [agreement_id]).of(agreement_id, day)


@dataclass(frozen=True)
class StatedDays:
    """How far each agreement has been stated, or its fund's books been closed."""

    through: Mapping[int, dt.date]

    def of(self, agreement_id: int, day: dt.date) -> dt.date:
        """The later of `day` and the first day not yet stated."""
        through = self.through.get(agreement_id)
        return day if through is None else max(day, through + dt.timedelta(days=1))


CLOSED_THROUGH = (
    core_select(func.max(_CLOSE.c.through))
    .join(_FUND, _FUND.c.slug == _CLOSE.c.fund_slug)
    .where(_FUND.c.id == _AGREEMENT.c.fund_id)
    .correlate(_AGREEMENT)
    .scalar_subquery()
)
"""How far the books of an agreement's fund are closed: what is recorded later is stated later."""
_STATED = (
    core_select(_AGREEMENT.c.id, _THROUGH.c.through_on, CLOSED_THROUGH)
    .outerjoin(_THROUGH, _THROUGH.c.agreement_id == _AGREEMENT.c.id)
    .where(_AGREEMENT.c.id.in_(bindparam("agreements", expanding=True)))
)


def stated_days(session: Session, agreement_ids: Sequence[int]) -> StatedDays:
    """How far these agreements have been stated, or the books of their fund been closed."""
    if not agreement_ids:
        return StatedDays({})
    rows = session.connection().execute(_STATED, {"agreements": list(agreement_ids)})
    return StatedDays(
        {number: last for number, *days in rows if (last := max(filter(None, days), default=None))}
    )


@dataclass(frozen=True, slots=True)
class PotInfo:
    """A pot of a fund as awards need it; the community's has priority 0 and no restriction."""

    pot_id: int
    ref: str
    priority: int
    is_community: bool
    restricted_to_round: str | None
    agreement_id: int | None = None


def pots_of(session: Session, fund_id: int) -> list[PotInfo]:
    """The pots of a fund: each agreement's, by (priority, ref), then the community's."""
    fund = session.get(Fund, fund_id)
    if fund is None:
        raise NotFound("there is no such fund", where=str(fund_id))
    pots = [
        PotInfo(row.pot_id, row.ref, row.priority, False, row.restricted_to_round, row.id)
        for row in agreements_of(session, fund_id)
    ]
    return [*pots, PotInfo(fund.community_pot_id, fund.slug, 0, True, None)]


# --- Movements ----------------------------------------------------------------------------------------------------


class MovementKind(StrEnum):
    """What moves a sponsor's account, besides draws."""

    RECEIVED = "received"
    EARNED = "earned"
    REVERSED = "reversed"
    REPAID = "repaid"


@dataclass(frozen=True, slots=True)
class SponsorMovement:
    """One movement, in pence, always above zero. `ref` names it without naming anybody: the sponsor's own payment
    reference, or a number of the gift that only the fund can resolve."""

    kind: MovementKind
    occurred_on: dt.date
    stated_on: dt.date
    amount_minor: int
    ref: str


def opaque_ref(contribution_id: int) -> str:
    """How a statement names a gift."""
    return f"C{contribution_id:07d}"


def movements(session: Session, agreement_id: int) -> list[SponsorMovement]:
    """Everything that moved an agreement's sponsor account, by (stated, occurred, kind, ref); conditional match has not
    yet."""
    table = _ALLOCATION.c
    given = session.execute(
        core_select(table.contribution_id, table.earned_minor, table.entitled_on, table.stated_on)
        .where(table.agreement_id == agreement_id, table.earned_minor != 0)
        .order_by(table.id)
    )
    found = [
        SponsorMovement(
            MovementKind.EARNED if row.earned_minor > 0 else MovementKind.REVERSED,
            row.entitled_on,
            row.stated_on,
            abs(row.earned_minor),
            opaque_ref(row.contribution_id),
        )
        for row in given
    ]
    paid = session.exec(select(SponsorPayment).where(SponsorPayment.agreement_id == agreement_id)).all()
    found += [
        SponsorMovement(
            MovementKind.RECEIVED if row.amount_minor > 0 else MovementKind.REPAID,
            row.occurred_on,
            row.stated_on,
            abs(row.amount_minor),
            row.ref,
        )
        for row in paid
    ]
    return sorted(found, key=lambda one: (one.stated_on, one.occurred_on, one.kind.value, one.ref))


# --- Status -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Status:
    """An agreement's figures, in pence. `received_minor` is what the sponsor paid less what went back; `drawn_minor`
    what awards have drawn on its pot; `due_back_minor` what goes back to the sponsor once it has closed."""

    agreement: MatchAgreement
    remaining_minor: int | None
    contributions: int
    received_minor: int
    outstanding_minor: int
    unearned_minor: int
    drawn_minor: int
    due_back_minor: int

    @property
    def headroom_minor(self) -> int | None:
        """cap − allocated; None without a cap."""
        return books.headroom(self.agreement.cap_minor, self.agreement.allocated_minor)

    @property
    def sponsor_account_minor(self) -> int:
        """received − earned − repaid; negative: the sponsor owes."""
        row = self.agreement
        return books.sponsor_account(row.received_minor, row.earned_minor, row.repaid_minor)

    @property
    def unspent_match_minor(self) -> int:
        """earned − drawn."""
        return books.unspent_match(self.agreement.earned_minor, self.drawn_minor)

    @property
    def conditional_minor(self) -> int:
        """What is allocated and not earned yet: a challenge is not met, or gifts have not cleared."""
        return self.agreement.allocated_minor - self.agreement.earned_minor

    @property
    def frozen_minor(self) -> int:
        """What is earned on gifts under dispute."""
        return self.agreement.frozen_minor


def status(session: Session, agreements: Sequence[MatchAgreement]) -> list[Status]:
    """The figures of agreements, in the order given."""
    ids = [row.id for row in agreements]
    gifts = _matched_gifts(session, ids)
    drawn = {
        pot: int(minor)
        for pot, minor in session.exec(
            select(Account.pot_id, Account.balance_minor).where(
                col(Account.pot_id).in_([row.pot_id for row in agreements]),
                Account.kind == AccountKind.GRANTS,
            )
        )
    }
    return [_status(row, gifts.get(row.id or 0, 0), drawn.get(row.pot_id, 0)) for row in agreements]


def _status(row: MatchAgreement, gifts: int, drawn: int) -> Status:
    at = position_of(row)
    return Status(
        agreement=row,
        remaining_minor=books.remaining(row.cap_minor, row.allocated_minor, row.held_minor),
        contributions=gifts,
        received_minor=at.cash_minor,
        outstanding_minor=outstanding_of(row),
        unearned_minor=at.unearned_minor,
        drawn_minor=drawn,
        due_back_minor=books.due_to_sponsor(at, row.unused),
    )


def outstanding_of(row: MatchAgreement) -> int:
    """What the sponsor has still to pay, in pence; of a closed agreement only what is earned."""
    paid = books.Paid.IN_ARREARS if row.is_closed else row.paid
    net = row.received_minor - row.repaid_minor
    return books.outstanding(paid, row.cap_minor, row.allocated_minor, net)


def position_of(row: MatchAgreement) -> books.Position:
    """The sponsor's accounting position that an agreement's totals amount to."""
    return books.position(
        row.earned_minor,
        row.received_minor,
        row.repaid_minor,
        row.may_reclaim,
        row.is_due_back,
        row.frozen_minor,
    )


def _matched_gifts(session: Session, ids: Iterable[int | None]) -> dict[int, int]:
    """How many gifts have live match, by agreement."""
    table = _ALLOCATION.c
    live = (
        core_select(table.agreement_id, table.contribution_id)
        .where(table.agreement_id.in_(list(ids)))
        .group_by(table.agreement_id, table.contribution_id)
        .having(func.sum(table.amount_minor) > 0)
        .subquery()
    )
    rows = session.execute(core_select(live.c.agreement_id, func.count()).group_by(live.c.agreement_id))
    return {agreement: count for agreement, count in rows}
