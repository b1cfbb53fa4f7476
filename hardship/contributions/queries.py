"""Reading gifts. Donors' names are never part of it."""

from sqlmodel import Session, select

from hardship.contributions.models import Contribution
from hardship.core.errors import NotFound


def gift_by_ref(session: Session, ref: str) -> Contribution:
    """The gift; raises `NotFound`."""
    wanted = ref if ref.isprintable() else ""  # PostgreSQL refuses a zero byte
    found = session.exec(select(Contribution).where(Contribution.ref == wanted)).first()
    if found is None:
        shown = "".join(c if c.isprintable() else "?" for c in ref)[:60]
        raise NotFound(f"there is no gift {shown!r}", fix="Check its ref.")
    return found
