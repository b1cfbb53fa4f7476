"""Reads of signals."""

from collections.abc import Iterable, Sequence

from sqlmodel import Session, col, select

from hardship.screening.models import Signal


def signals_of(session: Session, application_id: int) -> Sequence[Signal]:
    """The signals of one application, in the order in which they were found."""
    return signals_by_application(session, [application_id]).get(application_id, [])


def signals_by_application(session: Session, application_ids: Iterable[int]) -> dict[int, list[Signal]]:
    """The signals of several applications, by application, in the order in which they were found."""
    wanted = sorted(set(application_ids))
    found: dict[int, list[Signal]] = {}
    for start in range(0, len(wanted), 500):
        question = (
            select(Signal)
            .where(col(Signal.application_id).in_(wanted[start : start + 500]))
            .order_by(col(Signal.application_id), col(Signal.id))
        )
        for signal in session.exec(question):
            found.setdefault(signal.application_id, []).append(signal)
    return found
