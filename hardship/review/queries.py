"""Reads of the panel's cases. A page of the queue is two statements and opens no sealed field."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, cast

from sqlalchemy import and_, bindparam, func, literal, null, union_all
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select

from hardship.applications.models import Application
from hardship.applications.transitions import ApplicationState
from hardship.funds.models import Round
from hardship.review.models import Assignment, CaseOpening, ConflictOfInterest, Decision, Vote
from hardship.review.votes import Ballot
from hardship.web import paging

OPEN_STATES = (
    ApplicationState.SUBMITTED,
    ApplicationState.CHECKING,
    ApplicationState.IN_REVIEW,
    ApplicationState.INFO_REQUESTED,
)
COUNT_UP_TO = 999  # a count past this is shown as "999+", so that it costs the same however long the queue is


@dataclass(frozen=True)
class QueueFilter:
    """What the queue shows: one state, maybe only referred cases or those given to somebody; oldest first or last."""

    state: ApplicationState = ApplicationState.IN_REVIEW
    referred: bool = False
    mine: bool = False
    newest_first: bool = False


@dataclass(frozen=True)
class QueueRow:
    """One line of the queue."""

    ref: str
    state: ApplicationState
    referred: bool
    submitted_at: dt.datetime
    votes: int
    voted: bool
    opened: bool
    changed: bool = False  # since the reader voted
    has_message: bool = False


def queue(
    session: Session, round_id: int, staff_id: int, wanted: QueueFilter, *, after: str = "", before: str = ""
) -> paging.Page[QueueRow]:
    """A page of fifty cases of a round, by age, without those the reader has a conflict with.

    Two statements: the page along its index, then the votes and openings of its fifty cases. In one, a planner that
    knows the table badly counts the votes of every case before it cuts the page.
    """
    found = _pager(wanted).page(
        session,
        lambda row: (row.submitted_at, row.ref),
        after=after,
        before=before,
        round=round_id,
        staff=staff_id,
    )
    votes, opened = _marks(session, [row.id for row in found.items], staff_id)
    items = [
        QueueRow(
            row.ref,
            row.state,
            row.referred,
            row.submitted_at,
            len(votes.get(row.id, ())),
            staff_id in votes.get(row.id, ()),
            row.id in opened,
            row.changed_at is not None
            and row.changed_at > votes.get(row.id, {}).get(staff_id, row.changed_at),
            row.message_at is not None,
        )
        for row in found.items
    ]
    return paging.Page(items, found.after, found.before)


@cache
def _pager(wanted: QueueFilter) -> paging.Pager:
    """The statements of one filter; there are a few dozen filters."""
    statement = sa_select(
        col(Application.id),
        col(Application.ref),
        col(Application.state),
        col(Application.referred),
        col(Application.submitted_at),
        col(Application.changed_at),
        col(Application.message_at),
    ).where(
        col(Application.round_id) == bindparam("round"),
        col(Application.state) == wanted.state,
        col(Application.id).not_in(_of_person(ConflictOfInterest)),
    )
    if wanted.referred:
        statement = statement.where(col(Application.referred))
    if wanted.mine:
        statement = statement.where(col(Application.id).in_(_of_person(Assignment)))
    age, ref = (
        paging.Key(column, wanted.newest_first) for column in (Application.submitted_at, Application.ref)
    )
    return paging.Pager(cast(Any, statement), [age, ref])


def _of_person(kind: Any) -> Any:
    return sa_select(kind.application_id).where(kind.staff_id == bindparam("staff"))


# Made once, as is `_COUNTS`: putting a statement together takes longer than its answer.
_MARKS = union_all(
    sa_select(col(Vote.application_id), col(Vote.staff_id), col(Vote.at), literal(1).label("is_vote")).where(
        col(Vote.application_id).in_(bindparam("ids", expanding=True))
    ),
    sa_select(
        col(CaseOpening.application_id), col(CaseOpening.staff_id), col(CaseOpening.at), literal(0)
    ).where(
        col(CaseOpening.application_id).in_(bindparam("ids", expanding=True)),
        col(CaseOpening.staff_id) == bindparam("staff"),
    ),
)


def _marks(
    session: Session, ids: Sequence[int], staff_id: int
) -> tuple[dict[int, dict[int, dt.datetime]], set[int]]:
    """Who voted on each case and when, and which of them this person has opened."""
    votes: dict[int, dict[int, dt.datetime]] = {}
    opened: set[int] = set()
    if not ids:
        return votes, opened
    for application_id, who, at, is_vote in session.connection().execute(
        _MARKS, {"ids": ids, "staff": staff_id}
    ):
        if is_vote:
            votes.setdefault(application_id, {})[who] = at
        else:
            opened.add(application_id)
    return votes, opened


def _mine(kind: Any, staff_id: int) -> Any:
    """Whether this person has a row of this kind for the case."""
    return (
        sa_select(literal(1))
        .select_from(kind)
        .where(and_(kind.application_id == col(Application.id), kind.staff_id == staff_id))
        .exists()
    )


def _count_of(state: ApplicationState) -> Any:
    some = (
        sa_select(literal(1))
        .select_from(Application)
        .where(col(Application.round_id) == bindparam("round"), col(Application.state) == state)
        .limit(COUNT_UP_TO + 1)
        .subquery()
    )
    return sa_select(func.count()).select_from(some).scalar_subquery().label(state.value)


_COUNTS = sa_select(*(_count_of(state) for state in OPEN_STATES))


def counts(session: Session, round_id: int) -> dict[ApplicationState, int]:
    """How many cases of a round are in each open state, up to `COUNT_UP_TO` + 1 each; one statement."""
    row = session.connection().execute(_COUNTS, {"round": round_id}).one()
    return dict(zip(OPEN_STATES, (int(value) for value in row), strict=True))


def waiting_for_vote(session: Session, staff_id: int) -> int:
    """How many cases in review somebody may vote on and has not, up to `COUNT_UP_TO` + 1."""
    some = (
        sa_select(literal(1))
        .select_from(Application)
        .where(
            # By round, so that the queue's index serves.
            col(Application.round_id).in_(sa_select(col(Round.id))),
            col(Application.state) == ApplicationState.IN_REVIEW,
            ~_mine(ConflictOfInterest, staff_id),
            ~_mine(Vote, staff_id),
        )
        .limit(COUNT_UP_TO + 1)
        .subquery()
    )
    return int(session.connection().execute(sa_select(func.count()).select_from(some)).scalar_one())


def has_conflict(session: Session, application_id: int, staff_id: int) -> bool:
    """Whether this person declared a conflict with the case."""
    return _one_of(session, ConflictOfInterest, application_id, staff_id) is not None


def has_opened(session: Session, application_id: int, staff_id: int) -> bool:
    """Whether this person opened the case."""
    return _one_of(session, CaseOpening, application_id, staff_id) is not None


def vote_of(session: Session, application_id: int, staff_id: int) -> Vote | None:
    """This person's vote on the case."""
    return cast(Vote | None, _one_of(session, Vote, application_id, staff_id))


def _one_of(session: Session, kind: Any, application_id: int, staff_id: int) -> Any:
    wanted = select(kind).where(kind.application_id == application_id, kind.staff_id == staff_id)
    return session.exec(wanted).first()


def votes_on(session: Session, application_id: int) -> list[Vote]:
    """Every vote on a case, in the order in which they were first given."""
    return list(
        session.exec(select(Vote).where(Vote.application_id == application_id).order_by(col(Vote.id))).all()
    )


@dataclass(frozen=True)
class CasePanel:
    """Who has to do with one case: who stepped back, who opened it, and the votes of everybody else."""

    conflicted: frozenset[int]
    opened: frozenset[int]
    ballots: tuple[Ballot, ...]

    def with_vote(self, ballot: Ballot) -> "CasePanel":
        """The panel after a vote, which takes the place of an earlier one of the same person."""
        others = tuple(one for one in self.ballots if one.staff_id != ballot.staff_id)
        return replace(self, ballots=(*others, ballot))


def panel_of(session: Session, application_id: int) -> CasePanel:
    """The people and votes of one case, in one statement."""
    votes = sa_select(
        col(Vote.outcome), col(Vote.reason), col(Vote.staff_id), literal(0).label("kind")
    ).where(col(Vote.application_id) == application_id)
    kinds: tuple[Any, ...] = (CaseOpening, ConflictOfInterest)
    others = [
        sa_select(null(), null(), kind.staff_id, literal(number)).where(kind.application_id == application_id)
        for number, kind in enumerate(kinds, 1)
    ]
    rows: Sequence[Any] = session.connection().execute(union_all(votes, *others)).all()
    conflicted = frozenset(row.staff_id for row in rows if row.kind == 2)
    cast_votes = sorted((row for row in rows if row.kind == 0), key=lambda row: row.staff_id)
    return CasePanel(
        conflicted,
        frozenset(row.staff_id for row in rows if row.kind == 1),
        tuple(
            Ballot(row.staff_id, row.outcome, row.reason)
            for row in cast_votes
            if row.staff_id not in conflicted
        ),
    )


def conflicts_of(session: Session, staff_id: int, application_ids: Sequence[int]) -> set[int]:
    """Those of the applications that this person declared a conflict with."""
    found: set[int] = set()
    for start in range(0, len(application_ids), 500):
        part = application_ids[start : start + 500]
        found |= set(
            session.exec(
                select(ConflictOfInterest.application_id).where(
                    ConflictOfInterest.staff_id == staff_id, col(ConflictOfInterest.application_id).in_(part)
                )
            ).all()
        )
    return found


def decision_on(session: Session, application_id: int) -> Decision | None:
    """What was decided, if anything was."""
    return session.exec(select(Decision).where(Decision.application_id == application_id)).first()


def assigned_to(session: Session, application_id: int) -> int | None:
    """Who was given the case."""
    found = session.get(Assignment, application_id)
    return None if found is None else found.staff_id


def voters_on(session: Session, application_ids: Sequence[int]) -> dict[int, set[int]]:
    """Who voted on each of several applications: whoever made or paid a batch is held against them (I9)."""
    found: dict[int, set[int]] = {}
    for start in range(0, len(application_ids), 500):
        part = application_ids[start : start + 500]
        rows = session.exec(
            select(Vote.application_id, Vote.staff_id).where(col(Vote.application_id).in_(part))
        ).all()
        for application_id, staff_id in rows:
            found.setdefault(application_id, set()).add(staff_id)
    return found
