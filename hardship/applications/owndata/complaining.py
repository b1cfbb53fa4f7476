"""Complaints: about the use of one's data (acknowledged within thirty days), about the service, or, with consent, about a
platform or company, of which a person makes a theme that is passed on. Nothing but themes and how often leaves."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from hardship.applications.answers import visible
from hardship.applications.models import Application
from hardship.applications.owndata.models import About, Complaint, Theme
from hardship.applications.owndata.transitions import COMPLAINTS, ComplaintEvent, ComplaintState
from hardship.applications.service.reaching import tell
from hardship.applications.service.states import lock_application, require_owner
from hardship.core.db import lock
from hardship.core.errors import BadInput, NotFound, Refused
from hardship.core.models import DataKey
from hardship.core.refs import new_reference, tidy_reference
from hardship.core.runtime import Transaction
from hardship.staff.permissions import Permission, require_staff

DUE = dt.timedelta(days=30)  # Data (Use and Access) Act 2025, s 103: acknowledge within thirty days
MOST = 4_000
SMALL = 5  # fewer complaints of a theme than this are not counted out


def complain(
    tx: Transaction, *, application_id: int, about: About, words: str, may_pass_on: bool = False
) -> Complaint:
    """Take a complaint of this case's applicant; pressed twice it is one. Raises `BadInput` with the field as `where`."""
    application = lock_application(tx, application_id)
    require_owner(tx.actor, application)
    text = _text(words, "words")
    agreed = may_pass_on and about is About.PLATFORM
    sent = _sent_before(tx, application_id, about, agreed, text)
    if sent is not None:
        return sent
    sealer = tx.vault.new_person(tx.session, tx.at)
    ref = new_reference()
    made = Complaint(
        ref=ref,
        application_id=application_id,
        data_key_id=sealer.key_id,
        about=about,
        state=COMPLAINTS.initial,
        may_pass_on=agreed,
        words=sealer.seal("complaint", "words", ref, text),
        made_at=tx.at,
        due_at=tx.at + DUE,
    )
    tx.session.add(made)
    tx.session.flush()
    tx.record(
        "complaint.made", f"complaint:{ref}", state=made.state.value, about=about.value, case=application.ref
    )
    return made


def _sent_before(
    tx: Transaction, application_id: int, about: About, agreed: bool, text: str
) -> Complaint | None:
    """The same words about the same, which nobody has looked at yet; or None."""
    for one in of_case(tx.session, application_id):
        same = (one.state, one.about, one.may_pass_on) == (ComplaintState.RECEIVED, about, agreed)
        if same and opened(tx, one).get("words") == text:
            return one
    return None


def acknowledge(tx: Transaction, *, ref: str) -> None:
    """Say that it was received and is looked into."""
    require_staff(tx.actor, Permission.HANDLE_COMPLAINTS)
    found = _locked(tx, ref)
    found.acknowledged_at = tx.at
    _step(tx, found, ComplaintEvent.ACKNOWLEDGE, "complaint.acknowledged")


def answer(tx: Transaction, *, ref: str, text: str) -> None:
    """Answer it; the applicant reads the answer on their page, and is told that there is news where that is safe. It is
    closed by that."""
    require_staff(tx.actor, Permission.HANDLE_COMPLAINTS)
    found = _locked(tx, ref)
    sealer = tx.vault.person(tx.session, found.data_key_id)
    found.answer = sealer.seal("complaint", "answer", found.ref, _text(text, "text"))
    found.acknowledged_at, found.closed_at = found.acknowledged_at or tx.at, tx.at
    _step(tx, found, ComplaintEvent.ANSWER, "complaint.answered")
    if (application := tx.session.get(Application, found.application_id)) is not None:
        tell(tx, application)


def pass_on(tx: Transaction, *, ref: str, redacted: str, theme: Theme) -> None:
    """Pass a complaint about a platform on, as a theme, after redacting it.

    Raises `Refused` without the applicant's consent, or where it is about something else.
    """
    require_staff(tx.actor, Permission.HANDLE_COMPLAINTS)
    found = _locked(tx, ref)
    if found.about is not About.PLATFORM or not found.may_pass_on:
        raise Refused("nobody agreed to pass this on", fix="Answer it; it stays here.")
    sealer = tx.vault.person(tx.session, found.data_key_id)
    found.redacted = sealer.seal("complaint", "redacted", found.ref, _text(redacted, "redacted"))
    found.theme, found.acknowledged_at = theme, found.acknowledged_at or tx.at
    _step(tx, found, ComplaintEvent.PASS_ON, "complaint.passed_on", theme=theme.value)


def read(tx: Transaction, *, ref: str) -> tuple[Complaint, dict[str, str]]:
    """A complaint and its words, opened for whoever handles it; the reading is one event (I8)."""
    require_staff(tx.actor, Permission.HANDLE_COMPLAINTS)
    found = _locked(tx, ref)
    tx.record("complaint.read", f"complaint:{found.ref}")
    return found, opened(tx, found)


def opened(tx: Transaction, complaint: Complaint) -> dict[str, str]:
    """The words of a complaint, opened; {} once they were destroyed. For services: it records nothing."""
    try:
        sealer = tx.vault.person(tx.session, complaint.data_key_id)
    except NotFound:
        return {}
    names = ("words", "redacted", "answer")
    told = {name: sealer.open("complaint", name, complaint.ref, getattr(complaint, name)) for name in names}
    return {name: text for name, text in told.items() if text}


def of_case(session: Session, application_id: int) -> list[Complaint]:
    """The complaints of one case, oldest first."""
    wanted = select(Complaint).where(Complaint.application_id == application_id)
    return list(session.exec(wanted.order_by(col(Complaint.id))).all())


def overdue(session: Session, now: dt.datetime) -> list[Complaint]:
    """Complaints that were not acknowledged in time, oldest first."""
    late = select(Complaint).where(Complaint.state == ComplaintState.RECEIVED, Complaint.due_at <= now)
    return list(session.exec(late.order_by(col(Complaint.id))).all())


def themes(session: Session) -> list[tuple[Theme, int | None]]:
    """What was passed on: each theme with how often, None for less than five times. All that leaves."""
    counted = dict(
        session.exec(
            select(Complaint.theme, func.count())
            .where(col(Complaint.theme).is_not(None))
            .group_by(col(Complaint.theme))
        ).all()
    )
    return [
        (theme, counted[theme] if counted[theme] >= SMALL else None) for theme in Theme if theme in counted
    ]


def forget(tx: Transaction, complaints: list[Complaint]) -> int:
    """Destroy the words of complaints, with the keys they were sealed with; dates, states and themes stay."""
    for one in complaints:
        for key in lock(tx.session, select(DataKey).where(col(DataKey.id) == one.data_key_id)):
            key.wrapped, key.destroyed_at = None, tx.at
            tx.session.add(key)
        one.words = one.redacted = one.answer = None
        tx.session.add(one)
        tx.record("complaint.forgotten", f"complaint:{one.ref}")
    tx.session.flush()
    return len(complaints)


def over(session: Session, before: dt.datetime) -> list[Complaint]:
    """Complaints that were answered by then and whose words are still held, oldest first."""
    wanted = select(Complaint).where(col(Complaint.closed_at) <= before, col(Complaint.words).is_not(None))
    return list(session.exec(wanted.order_by(col(Complaint.id)).limit(200)).all())


def _text(text: str, where: str) -> str:
    kept = visible(text).strip()
    if not kept:
        raise BadInput("it is empty", where=where, fix="Write what it is.")
    if len(kept) > MOST:
        raise BadInput(f"longer than {MOST:,} characters", where=where, fix="Shorten it.")
    return kept


def _locked(tx: Transaction, ref: str) -> Complaint:
    found = lock(tx.session, select(Complaint).where(col(Complaint.ref) == tidy_reference(ref)))
    if not found:
        raise NotFound("there is no such complaint", fix="Check the number.")
    return found[0]


def _step(tx: Transaction, row: Complaint, event: ComplaintEvent, kind: str, **facts: Any) -> None:
    row.state = COMPLAINTS.apply(row.state, event)
    tx.session.add(row)
    tx.session.flush()
    tx.record(kind, f"complaint:{row.ref}", state=row.state.value, **facts)


def states(session: Session) -> Iterator[tuple[str, str]]:
    """Every complaint with its state, for the witness."""
    rows = session.exec(select(Complaint.ref, Complaint.state).order_by(col(Complaint.id)))
    return ((f"complaint:{ref}", ComplaintState(state).value) for ref, state in rows)
