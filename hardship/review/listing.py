"""The queue as a list for the command line: every open case of a round with what the checks said of it."""

from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from hardship.applications.models import Application
from hardship.core.clock import Clock, day_of
from hardship.eligibility.queries import outcomes_by_application
from hardship.review.models import Vote
from hardship.review.queries import OPEN_STATES
from hardship.screening.queries import signals_by_application

_CHUNK = 500


def open_cases(session: Session, round_id: int, clock: Clock) -> list[dict[str, Any]]:
    """The open cases of a round, oldest first, as `contract.md` writes them. No sealed field is opened."""
    cases = session.exec(
        select(Application)
        .where(Application.round_id == round_id, col(Application.state).in_(OPEN_STATES))
        .order_by(col(Application.submitted_at), Application.ref)
    ).all()
    ids = [case.id for case in cases if case.id is not None]
    signals, outcomes, votes = (
        signals_by_application(session, ids),
        outcomes_by_application(session, ids),
        _votes(session, ids),
    )
    today = day_of(clock.now())
    return [
        {
            "ref": case.ref,
            "state": case.state.value,
            "votes": votes.get(case.id or 0, 0),
            "referred": [
                {"signal": signal.kind, "strength": signal.strength.value, "sentence": signal.sentence}
                for signal in signals.get(case.id or 0, [])
            ],
            "eligibility": [
                {"rule": one.rule, "result": one.result.value, "reason": one.reason}
                for one in outcomes.get(case.id or 0, [])
            ],
            "waiting_days": max(0, (today - day_of(case.submitted_at)).days),
        }
        for case in cases
    ]


def _votes(session: Session, application_ids: list[int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for start in range(0, len(application_ids), _CHUNK):
        rows = session.exec(
            select(Vote.application_id, func.count())
            .where(col(Vote.application_id).in_(application_ids[start : start + _CHUNK]))
            .group_by(col(Vote.application_id))
        ).all()
        found |= {application_id: int(count) for application_id, count in rows}
    return found
