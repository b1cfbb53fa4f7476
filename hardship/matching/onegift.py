"""One gift's match: what is live on it, and why it was matched as it was."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Select
from sqlalchemy import select as core_select
from sqlmodel import Session, col, select

from hardship.contributions.models import Contribution, Donor
from hardship.matching import allocation as rule
from hardship.matching.conditions import Condition
from hardship.matching.donated import donated_by_one
from hardship.matching.models import Allocation, MatchAgreement, MatchFreeze
from hardship.matching.queries import agreements_of, as_ruled

_ALLOCATION = Allocation.__table__  # type: ignore[attr-defined]
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class LiveRow:
    """An allocation that gave, with what is left of it."""

    allocation_id: int
    contribution_id: int
    agreement_id: int
    live_minor: int
    num: int
    den: int
    is_pending: bool = False  # not earned yet

    @property
    def earned_minor(self) -> int:
        """What of it is income."""
        return 0 if self.is_pending else self.live_minor


def match_rows() -> Select[Any]:
    """Everything that agreements gave and took back, as (contribution_id, amount_minor): live when summed up by gift."""
    return core_select(_ALLOCATION.c.contribution_id, _ALLOCATION.c.amount_minor)


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
            table.condition,
        )
        .where(table.contribution_id.in_(contribution_ids))
        .order_by(table.id)
    ).all()
    taken: dict[int, int] = {}
    for row in rows:
        if row.reverses_id is not None:
            taken[row.reverses_id] = taken.get(row.reverses_id, 0) - row.amount_minor
    return [
        LiveRow(
            row.id,
            row.contribution_id,
            row.agreement_id,
            left,
            row.num,
            row.den,
            row.condition is Condition.PENDING,
        )
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
    """Why a gift was matched as it was. `conditional` is what of its match is not earned yet, by agreement, and `frozen`
    says that the gift is under dispute."""

    contribution: Contribution
    allocations: list[Given]
    unmatched_minor: int
    reasons: list[tuple[str, rule.Reason]]
    conditional: dict[str, int] = field(default_factory=dict)
    frozen: bool = False


def explain(session: Session, contribution: Contribution) -> Explained:
    """A gift's match, line by line, with a reason for each agreement that might have given more."""
    assert contribution.id is not None
    rows = agreements_of(session, contribution.fund_id)
    by_id = {row.id or 0: row for row in rows}
    agreements = [as_ruled(row) for row in rows]
    live = live_rows(session, [contribution.id]).get(contribution.id, [])
    gift = gift_of(session, contribution)
    donated = donated_by_one(session, rows, gift.donor_name) if gift.donor_name else None
    said = rule.explain(gift, agreements, as_lives(live, by_id), donated)
    conditional: dict[str, int] = {}
    for row in live:
        if row.is_pending:
            ref = by_id[row.agreement_id].ref
            conditional[ref] = conditional.get(ref, 0) + row.live_minor
    return Explained(
        contribution,
        _given(session, contribution.id, by_id),
        said.unmatched_minor,
        said.reasons,
        conditional,
        bool(frozen_among(session, [contribution.id])),
    )


def frozen_among(session: Session, contribution_ids: Sequence[int]) -> set[int]:
    """Which of these gifts are under dispute."""
    found: set[int] = set()
    for start in range(0, len(contribution_ids), _CHUNK):
        statement = select(MatchFreeze.contribution_id).where(
            col(MatchFreeze.contribution_id).in_(contribution_ids[start : start + _CHUNK]),
            col(MatchFreeze.ended_on).is_(None),
        )
        found |= set(session.exec(statement))
    return found


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
