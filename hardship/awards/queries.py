"""Reads of awards and of the pots that pay them."""

from collections.abc import Sequence

from sqlalchemy import func
from sqlmodel import Session, col, select

from hardship.awards.models import Award, AwardShare, DuplicateOverride
from hardship.awards.transitions import NOT_LIVE, AwardState
from hardship.core.errors import NotFound
from hardship.core.refs import tidy_reference
from hardship.screening.models import Signal

_CHUNK = 500


def by_ref(session: Session, ref: str) -> Award:
    """The award with this reference as typed; raises `NotFound`."""
    found = session.exec(select(Award).where(Award.ref == tidy_reference(ref))).first()
    if found is None:
        raise NotFound("there is no such award", fix="Check the reference.")
    return found


def live_award_of(session: Session, application_id: int) -> Award | None:
    """The award of an application that has not lapsed, been withdrawn or cancelled."""
    return session.exec(
        select(Award).where(Award.application_id == application_id, col(Award.state).not_in(NOT_LIVE))
    ).first()


def live_awards_of(session: Session, application_ids: Sequence[int]) -> list[Award]:
    """The live awards of several applications, by number."""
    found: list[Award] = []
    for start in range(0, len(application_ids), _CHUNK):
        part = application_ids[start : start + _CHUNK]
        wanted = select(Award).where(col(Award.application_id).in_(part), col(Award.state).not_in(NOT_LIVE))
        found += session.exec(wanted.order_by(col(Award.id))).all()
    return found


def last_award_of(session: Session, application_id: int) -> Award | None:
    """The newest award of an application, live or not."""
    return session.exec(
        select(Award).where(Award.application_id == application_id).order_by(col(Award.id).desc())
    ).first()


def override_of(session: Session, application_id: int) -> DuplicateOverride | None:
    """The written reason why this application may share a bank account with another, if one was given."""
    return session.exec(
        select(DuplicateOverride).where(DuplicateOverride.application_id == application_id)
    ).first()


def awarded_in_round(session: Session, round_id: int) -> int:
    """The sum of a round's live awards, in pence."""
    counted = select(func.coalesce(func.sum(Award.amount_minor), 0)).where(
        Award.round_id == round_id, col(Award.state).not_in(NOT_LIVE)
    )
    return int(session.exec(counted).one())


def shares_of(session: Session, award_ids: Sequence[int]) -> dict[int, dict[int, int]]:
    """What each pot pays of each award, in pence, by award and pot number; released shares are at zero and left out."""
    found: dict[int, dict[int, int]] = {}
    for start in range(0, len(award_ids), _CHUNK):
        rows = session.exec(
            select(AwardShare.award_id, AwardShare.pot_id, func.sum(AwardShare.amount_minor))
            .where(col(AwardShare.award_id).in_(award_ids[start : start + _CHUNK]))
            .group_by(col(AwardShare.award_id), col(AwardShare.pot_id))
            .order_by(col(AwardShare.award_id), col(AwardShare.pot_id))
        ).all()
        for award_id, pot_id, minor in rows:
            if minor:
                found.setdefault(award_id, {})[pot_id] = int(minor)
    return found


def by_state(session: Session) -> dict[AwardState, tuple[int, int]]:
    """Count and sum (pence) of the awards in each state."""
    rows = session.exec(
        select(Award.state, func.count(), func.sum(Award.amount_minor)).group_by(col(Award.state))
    ).all()
    return {AwardState(state): (int(count), int(minor)) for state, count, minor in rows}


def held_back(session: Session, signal_kind: str) -> int:
    """How many live awards wait because their application has a signal of this kind and no override."""
    counted = (
        select(func.count(func.distinct(Award.id)))
        .join(Signal, col(Signal.application_id) == Award.application_id)
        .where(
            Signal.kind == signal_kind,
            col(Award.state).in_((AwardState.OFFERED, AwardState.ACCEPTED)),
            col(Award.override_id).is_(None),
        )
    )
    return int(session.exec(counted).one())
