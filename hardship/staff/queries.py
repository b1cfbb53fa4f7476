"""Reads of staff accounts."""

from sqlalchemy import func
from sqlmodel import Session, col, select

from hardship.core.errors import NotFound
from hardship.staff.models import Staff


def tidy_email(email: str) -> str:
    """An address as accounts are kept by: trimmed, in small letters."""
    return email.strip().lower()


def by_email(session: Session, email: str) -> Staff | None:
    """The account with this address, disabled or not."""
    return session.exec(select(Staff).where(Staff.email == tidy_email(email))).first()


def named(session: Session, email: str) -> Staff:
    """The account with this address; raises `NotFound`."""
    found = by_email(session, email)
    if found is None:
        raise NotFound("nobody on the staff has this address", where="EMAIL", fix="See: hardship staff list")
    return found


def all_staff(session: Session) -> list[Staff]:
    """Every account, by address."""
    return list(session.exec(select(Staff).order_by(Staff.email)).all())


def demo_logins(session: Session) -> int:
    """How many demo accounts can still sign in."""
    counted = (
        select(func.count()).select_from(Staff).where(col(Staff.is_demo), col(Staff.disabled_at).is_(None))
    )
    return session.exec(counted).one()


def addresses(session: Session) -> dict[int, str]:
    """The addresses of all staff by their numbers, for lists that name who did something."""
    return {
        number or 0: email
        for number, email in session.exec(select(Staff.id, Staff.email).order_by(col(Staff.id)))
    }
