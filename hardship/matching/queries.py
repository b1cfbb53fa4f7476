"""Reading match agreements: their terms, totals, movements, and why a gift was matched as it was."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import bindparam, func
from sqlalchemy import select as core_select
from sqlmodel import Session, col, select

from hardship.contributions.models import Contribution, Donor
from hardship.core.errors import NotFound
from hardship.core.runtime import Transaction
from hardship.funds.models import Fund
from hardship.ledger.models import Account, AccountKind
from hardship.matching import allocation as rule
from hardship.matching import position as books
from hardship.matching.models import Allocation, MatchAgreement, SponsorPayment, StatedThrough

_ALLOCATION = Allocation.__table__  # type: ignore[attr-defined]
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
    found = session.exec(select(MatchAgreement).where(MatchAgreement.ref == ref)).first()
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
        cap_minor=row.cap_minor,
        per_contribution_cap_minor=row.per_contribution_cap_minor,
        minimum_minor=row.minimum_minor,
        opens_at=row.opens_at,
        closes_at=row.closes_at,
        channels=frozenset(row.channels.split(",")),
        excluded_donors=frozenset(token for token in row.excluded_tokens.split(",") if token),
    )


def stated_on(where: Session | Transaction, agreement_id: int, day: dt.date) -> dt.date:
    """The day under which a statement shows what happened on `day`: that day, or the first not yet stated."""
    session = where.session if isinstance(where, Transaction) else where
    return stated_days(session, [agreement_id]).of(agreement_id, day)


@dataclass(frozen=True)
class StatedDays:
    """How far each agreement has been stated."""

    through: Mapping[int, dt.date]

    def of(self, agreement_id: int, day: dt.date) -> dt.date:
        """The later of `day` and the first day not yet stated."""
        through = self.through.get(agreement_id)
        return day if through is None else max(day, through + dt.timedelta(days=1))


_STATED = select(StatedThrough.agreement_id, col(StatedThrough.through_on)).where(
    col(StatedThrough.agreement_id).in_(bindparam("agreements", expanding=True))
)


def stated_days(session: Session, agreement_ids: Sequence[int]) -> StatedDays:
    """How far these agreements have been stated."""
    rows = session.exec(_STATED, params={"agreements": agreement_ids}).all()
    return StatedDays({number: through for number, through in rows})


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
    """Everything that moved an agreement's sponsor account, by (stated, occurred, kind, ref)."""
    table = _ALLOCATION.c
    given = session.execute(
        core_select(table.contribution_id, table.amount_minor, table.occurred_on, table.stated_on)
        .where(table.agreement_id == agreement_id)
        .order_by(table.id)
    )
    found = [
        SponsorMovement(
            MovementKind.EARNED if row.amount_minor > 0 else MovementKind.REVERSED,
            row.occurred_on,
            row.stated_on,
            abs(row.amount_minor),
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
        return books.sponsor_account(row.received_minor, row.allocated_minor, row.repaid_minor)

    @property
    def unspent_match_minor(self) -> int:
        """earned − drawn."""
        return books.unspent_match(self.agreement.allocated_minor, self.drawn_minor)


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
        outstanding_minor=books.outstanding(row.paid, row.cap_minor, row.allocated_minor, at.cash_minor),
        unearned_minor=at.unearned_minor,
        drawn_minor=drawn,
        due_back_minor=books.due_to_sponsor(at, row.unused),
    )


def position_of(row: MatchAgreement) -> books.Position:
    """The sponsor's accounting position that an agreement's totals amount to."""
    return books.position(row.allocated_minor, row.received_minor, row.repaid_minor, row.reclaimable)


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


# --- One gift -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LiveRow:
    """An allocation that gave, with what is left of it."""

    allocation_id: int
    contribution_id: int
    agreement_id: int
    live_minor: int
    num: int
    den: int


def live_rows(session: Session, contribution_ids: Sequence[int]) -> dict[int, list[LiveRow]]:
    """What is live on gifts, by gift, oldest allocation first."""
    found: dict[int, list[LiveRow]] = {}
    for start in range(0, len(contribution_ids), _CHUNK):
        for row in _live(session, contribution_ids[start : start + _CHUNK]):
            found.setdefault(row.contribution_id, []).append(row)
    return found


def _live(session: Session, contribution_ids: Sequence[int]) -> list[LiveRow]:
    table = _ALLOCATION.c
    rows = session.execute(
        core_select(
            table.id,
            table.contribution_id,
            table.agreement_id,
            table.amount_minor,
            table.num,
            table.den,
            table.reverses_id,
        )
        .where(table.contribution_id.in_(contribution_ids))
        .order_by(table.id)
    ).all()
    taken: dict[int, int] = {}
    for row in rows:
        if row.reverses_id is not None:
            taken[row.reverses_id] = taken.get(row.reverses_id, 0) - row.amount_minor
    return [
        LiveRow(row.id, row.contribution_id, row.agreement_id, left, row.num, row.den)
        for row in rows
        if row.reverses_id is None and (left := row.amount_minor - taken.get(row.id, 0)) > 0
    ]


def as_lives(rows: Iterable[LiveRow], agreements: Mapping[int, MatchAgreement]) -> list[rule.Live]:
    """Live rows as the match rule takes them."""
    return [
        rule.Live(
            agreements[row.agreement_id].ref,
            agreements[row.agreement_id].priority,
            row.live_minor,
            row.num,
            row.den,
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class Given:
    """One line of a gift's match: given, or taken back (below zero). `reverses` counts the lines from 1."""

    agreement: str
    sponsor: str
    amount_minor: int
    at: dt.datetime
    reverses: int | None


@dataclass(frozen=True)
class Explained:
    """Why a gift was matched as it was."""

    contribution: Contribution
    allocations: list[Given]
    unmatched_minor: int
    reasons: list[tuple[str, rule.Reason]]


def explain(session: Session, contribution: Contribution) -> Explained:
    """A gift's match, line by line, with a reason for each agreement that might have given more."""
    assert contribution.id is not None
    rows = agreements_of(session, contribution.fund_id)
    by_id = {row.id or 0: row for row in rows}
    agreements = [rule.Agreement(terms_of(row), row.allocated_minor, row.held_minor) for row in rows]
    lives = as_lives(live_rows(session, [contribution.id]).get(contribution.id, []), by_id)
    said = rule.explain(gift_of(session, contribution), agreements, lives)
    return Explained(
        contribution, _given(session, contribution.id, by_id), said.unmatched_minor, said.reasons
    )


def _given(session: Session, contribution_id: int, by_id: Mapping[int, MatchAgreement]) -> list[Given]:
    rows = session.exec(
        select(Allocation).where(Allocation.contribution_id == contribution_id).order_by(col(Allocation.id))
    ).all()
    counted = {row.id: number for number, row in enumerate(rows, 1)}
    return [
        Given(
            by_id[row.agreement_id].ref,
            by_id[row.agreement_id].sponsor,
            row.amount_minor,
            row.at,
            counted.get(row.reverses_id) if row.reverses_id else None,
        )
        for row in rows
    ]


def gift_of(session: Session, contribution: Contribution) -> rule.Gift:
    """A stored gift as the match rule sees it."""
    donor = session.get(Donor, contribution.donor_id) if contribution.donor_id is not None else None
    return rule.Gift(
        amount_minor=contribution.amount_minor,
        net_minor=contribution.net_minor,
        received_at=contribution.received_at,
        channel=contribution.channel.value,
        donor_name=donor.token.hex() if donor else None,
    )
