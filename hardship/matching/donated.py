"""What donors' gifts have from each agreement: what a cap on one donor looks at."""

from collections.abc import Collection, Mapping

from sqlalchemy import Connection, func, select
from sqlmodel import Session

from hardship.contributions.models import Contribution, Donor
from hardship.matching.conditions import HoldState
from hardship.matching.models import Allocation, MatchAgreement, MatchHold

_ALLOCATION = Allocation.__table__  # type: ignore[attr-defined]
_CONTRIBUTION = Contribution.__table__  # type: ignore[attr-defined]
_DONOR = Donor.__table__  # type: ignore[attr-defined]
_HOLD = MatchHold.__table__  # type: ignore[attr-defined]
_CHUNK = 500

Donations = dict[str, dict[str, int]]
"""Pence by donor (blind token in hexadecimal) and agreement, given or held."""


def donated_by_one(session: Session, agreements: Collection[MatchAgreement], donor: str) -> dict[str, int]:
    """What one donor has from each of these agreements that cap it."""
    capped = {row.id or 0: row.ref for row in agreements if row.per_donor_cap_minor is not None}
    return donations(session.connection(), capped, {donor}).get(donor, {}) if capped else {}


def donations(connection: Connection, refs: Mapping[int, str], donors: Collection[str]) -> Donations:
    """What these donors have from the agreements `refs` (number → ref), live and held; {} without any agreement.

    A donor without a token ("") is nobody that a cap could know: an anonymous gift is a donor's only one.
    """
    known = sorted({donor for donor in donors if donor}) if refs else []
    found: Donations = {donor: {} for donor in known}
    tokens = [bytes.fromhex(donor) for donor in known]
    for start in range(0, len(tokens), _CHUNK):
        some = tokens[start : start + _CHUNK]
        given = (
            select(_DONOR.c.token, _ALLOCATION.c.agreement_id, func.sum(_ALLOCATION.c.amount_minor))
            .join_from(_ALLOCATION, _CONTRIBUTION, _CONTRIBUTION.c.id == _ALLOCATION.c.contribution_id)
            .join(_DONOR, _DONOR.c.id == _CONTRIBUTION.c.donor_id)
            .where(_DONOR.c.token.in_(some), _ALLOCATION.c.agreement_id.in_(list(refs)))
            .group_by(_DONOR.c.token, _ALLOCATION.c.agreement_id)
        )
        held = (
            select(_HOLD.c.donor, _HOLD.c.agreement_id, func.sum(_HOLD.c.amount_minor))
            .where(
                _HOLD.c.donor.in_(some),
                _HOLD.c.agreement_id.in_(list(refs)),
                _HOLD.c.state == HoldState.HELD,
            )
            .group_by(_HOLD.c.donor, _HOLD.c.agreement_id)
        )
        for statement in (given, held):
            for token, agreement, minor in connection.execute(statement):
                own, ref = found[bytes(token).hex()], refs[agreement]
                own[ref] = own.get(ref, 0) + int(minor)
    return found
