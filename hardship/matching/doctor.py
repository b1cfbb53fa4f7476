"""I2 and I3: what agreements gave is within their caps and within the gifts."""

from collections import defaultdict
from fractions import Fraction

from sqlalchemy import func
from sqlalchemy import select as core_select
from sqlmodel import Session, col, select

from hardship.contributions.models import Contribution
from hardship.core.runtime import Runtime
from hardship.matching.models import Allocation, MatchAgreement

_ALLOCATION = Allocation.__table__  # type: ignore[attr-defined]
_CONTRIBUTION = Contribution.__table__  # type: ignore[attr-defined]


def within_caps(session: Session, _runtime: Runtime) -> list[str]:
    """Live allocations on an agreement are its `allocated` figure, and within its cap."""
    live = dict(
        session.exec(
            select(Allocation.agreement_id, func.sum(Allocation.amount_minor)).group_by(
                col(Allocation.agreement_id)
            )
        ).all()
    )
    found: list[str] = []
    for agreement in session.exec(select(MatchAgreement).order_by(MatchAgreement.ref)):
        given = int(live.get(agreement.id or 0, 0))
        if given != agreement.allocated_minor:
            found.append(f"{agreement.ref} shows {agreement.allocated_minor} allocated, its rows say {given}")
        if agreement.cap_minor is not None and given + agreement.held_minor > agreement.cap_minor:
            found.append(f"{agreement.ref} gave {given}, above its cap of {agreement.cap_minor}")
    return found


def within_gifts(session: Session, _runtime: Runtime) -> list[str]:
    """Over all agreements the gift's part of the match is within its net amount; no release takes more than was given."""
    gift, given = _CONTRIBUTION.c, _ALLOCATION.c
    parts = (gift.ref, gift.amount_minor - gift.refunded_minor, given.agreement_id, given.num, given.den)
    rows = session.connection().execute(
        core_select(*parts, func.sum(given.amount_minor))
        .join_from(_CONTRIBUTION, _ALLOCATION, given.contribution_id == gift.id)
        .group_by(*parts)
        .order_by(*parts)
    )
    used: dict[str, Fraction] = defaultdict(Fraction)
    net: dict[str, int] = {}
    found: list[str] = []
    for ref, left, _agreement, num, den, live in rows:
        net[ref] = int(left)
        used[ref] += Fraction(int(live) * den, num)
        if live < 0:
            found.append(f"contribution {ref} had more match taken back than it was given")
    found += [f"contribution {ref} is matched beyond its {net[ref]}" for ref in used if used[ref] > net[ref]]
    return found


CHECKS = (("I2 cap", within_caps), ("I3 share", within_gifts))
