"""Reads of applications. Every list ends in a deterministic order."""

from collections.abc import Iterable

from sqlalchemy import Row, and_, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col
from sqlmodel import select as select_rows

from hardship.applications.models import Application, ApplicationAnswers, ApplicationToken
from hardship.core.errors import NotFound
from hardship.core.refs import tidy_reference


def references(typed: str) -> list[str]:
    """The references that somebody may have meant: as typed, and as a generated one is written."""
    return list(dict.fromkeys([typed.strip()[:80], tidy_reference(typed[:80])]))


def by_ref(session: Session, typed: str) -> Application:
    """The application with this reference, however it is spaced; raises `NotFound`."""
    candidates = references(typed)
    found = session.exec(select_rows(Application).where(col(Application.ref).in_(candidates))).all()
    if not found:
        raise NotFound("no application has this reference", fix="Check the reference.")
    return min(found, key=lambda application: candidates.index(application.ref))


def by_id(session: Session, application_id: int) -> Application:
    """The application with this number; raises `NotFound`."""
    found = session.get(Application, application_id)
    if found is None:
        raise NotFound("there is no such application")
    return found


def answers_of(session: Session, application_id: int) -> ApplicationAnswers | None:
    """The sealed answers, or None when they were erased."""
    return session.get(ApplicationAnswers, application_id)


def sharing(session: Session, application_id: int, kinds: Iterable[str] | None = None) -> list[Row[tuple[int, str]]]:
    """(number, kind) of every other application that has a blind token in common, in that order."""
    own, other = aliased(ApplicationToken), aliased(ApplicationToken)
    same = and_(
        col(other.token) == col(own.token),
        col(other.kind) == col(own.kind),
        col(other.application_id) != col(own.application_id),
    )
    question = (
        select(other.application_id, other.kind)  # type: ignore[call-overload]
        .join_from(own, other, same)
        .where(col(own.application_id) == application_id)
        .distinct()
        .order_by(other.application_id, other.kind)
    )
    if kinds is not None:
        question = question.where(col(own.kind).in_(list(kinds)))
    return list(session.connection().execute(question).all())
