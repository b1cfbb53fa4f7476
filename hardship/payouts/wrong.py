"""Which awards are noted as paid to the wrong person. What comes back of them is a recovery, never a bank's return: a
return would make the award ready to be paid once more, to the same wrong person."""

from collections.abc import Iterable

from sqlmodel import Session, col, select

from hardship.payouts.tables import AwardRecovery
from hardship.payouts.transitions import RecoveryState

NOTED_PROBLEM = "returned_though_noted"
"""The code of a try that its rail gave back although the award is noted as wrongly paid."""
TWICE_PROBLEM = "returned_though_recovered"
"""The same, when all of it had come back already: what the rail gave back is somebody else's, and a person finds out whose."""

_AT_A_TIME = 500


def noted_as_wrong(session: Session, award_ids: Iterable[int]) -> set[int]:
    """Of these awards, those with a recovery, whatever became of it."""
    wanted = sorted(set(award_ids))
    found: set[int] = set()
    for start in range(0, len(wanted), _AT_A_TIME):
        part = wanted[start : start + _AT_A_TIME]
        found |= set(
            session.exec(select(AwardRecovery.award_id).where(col(AwardRecovery.award_id).in_(part))).all()
        )
    return found


def recovered_whole(session: Session, award_id: int) -> bool:
    """Whether all of a wrongly paid award has come back."""
    wanted = select(AwardRecovery.id).where(
        AwardRecovery.award_id == award_id, AwardRecovery.state == RecoveryState.RECOVERED
    )
    return session.exec(wanted).first() is not None
