"""I2 and I3: what agreements gave and hold is within their caps and within the gifts, and the totals say the same."""

from collections import defaultdict
from collections.abc import Mapping
from fractions import Fraction

from sqlalchemy import func
from sqlalchemy import select as core_select
from sqlmodel import Session, col, select

from hardship.contributions.models import Contribution
from hardship.core.runtime import Runtime
from hardship.ledger.models import Account, AccountKind
from hardship.matching import papers
from hardship.matching.conditions import Condition, HoldState
from hardship.matching.entitlement import counted_gifts
from hardship.matching.models import Allocation, MatchAgreement, MatchFreeze, MatchHold
from hardship.matching.queries import position_of, terms_of
from hardship.matching.transitions import AgreementKind

_ALLOCATION = Allocation.__table__  # type: ignore[attr-defined]
_CONTRIBUTION = Contribution.__table__  # type: ignore[attr-defined]


def within_caps(session: Session, _runtime: Runtime) -> list[str]:
    """Live allocations on an agreement are its `allocated` figure, standing holds its `held` one; both within its cap."""
    live, held = _live(session), _held(session)
    found: list[str] = []
    for agreement in session.exec(select(MatchAgreement).order_by(MatchAgreement.ref)):
        given, kept = live.get(agreement.id or 0, 0), held.get(agreement.id or 0, 0)
        if given != agreement.allocated_minor:
            found.append(f"{agreement.ref} shows {agreement.allocated_minor} allocated, its rows say {given}")
        if kept != agreement.held_minor:
            found.append(f"{agreement.ref} shows {agreement.held_minor} held, its holds say {kept}")
        if agreement.cap_minor is not None and given + kept > agreement.cap_minor:
            found.append(
                f"{agreement.ref} gave {given} and holds {kept}, above its cap of {agreement.cap_minor}"
            )
    return found


def _live(session: Session) -> dict[int, int]:
    statement = select(Allocation.agreement_id, func.sum(Allocation.amount_minor))
    return _ints(session.exec(statement.group_by(col(Allocation.agreement_id))))


def _held(session: Session) -> dict[int, int]:
    statement = select(MatchHold.agreement_id, func.sum(MatchHold.amount_minor))
    chosen = statement.where(MatchHold.state == HoldState.HELD)
    return _ints(session.exec(chosen.group_by(col(MatchHold.agreement_id))))


def _ints(rows: object) -> dict[int, int]:
    return {number: int(minor) for number, minor in rows}  # type: ignore[attr-defined]


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
    return found + _released(session)


def _released(session: Session) -> list[str]:
    """Allocations of which more was taken back than they gave."""
    back = _ALLOCATION.alias("back")
    rows = session.connection().execute(
        core_select(_ALLOCATION.c.id)
        .join(back, back.c.reverses_id == _ALLOCATION.c.id)
        .group_by(_ALLOCATION.c.id, _ALLOCATION.c.amount_minor)
        .having(func.sum(back.c.amount_minor) + _ALLOCATION.c.amount_minor < 0)
        .order_by(_ALLOCATION.c.id)
    )
    return [f"allocation {row.id} was released more than once" for row in rows]


def earned_as_entitled(session: Session, _runtime: Runtime) -> list[str]:
    """What is earned, frozen and raised is what the rows say, and match income is what is earned: nothing conditional
    is income."""
    earned, frozen = _earned(session), _frozen(session)
    income = _income(session)
    found: list[str] = []
    for row in session.exec(select(MatchAgreement).order_by(MatchAgreement.ref)):
        number = row.id or 0
        says = {
            "earned": (row.earned_minor, earned.get(number, 0)),
            "frozen": (row.frozen_minor, frozen.get(number, 0)),
            "income": (income.get(row.pot_id, 0), position_of(row).income_minor),
        }
        if row.kind is AgreementKind.CHALLENGE:
            counted = counted_gifts(session.connection(), row.fund_id, terms_of(row))
            says["raised"] = (row.raised_minor, sum(gift.net_minor for gift, _ in counted))
        found += [
            f"{row.ref} shows {shown} {what}, its rows say {true}"
            for what, (shown, true) in says.items()
            if shown != true
        ]
    return found


def _earned(session: Session) -> dict[int, int]:
    statement = select(Allocation.agreement_id, func.sum(Allocation.earned_minor))
    return _ints(session.exec(statement.group_by(col(Allocation.agreement_id))))


def _frozen(session: Session) -> dict[int, int]:
    """What is earned on gifts under dispute."""
    statement = (
        select(Allocation.agreement_id, func.sum(Allocation.earned_minor))
        .join(MatchFreeze, col(MatchFreeze.contribution_id) == Allocation.contribution_id)
        .where(col(MatchFreeze.ended_on).is_(None), Allocation.condition != Condition.PENDING)
        .group_by(col(Allocation.agreement_id))
    )
    return _ints(session.exec(statement))


def _income(session: Session) -> Mapping[int, int]:
    statement = select(Account.pot_id, -col(Account.balance_minor))
    return _ints(session.exec(statement.where(Account.kind == AccountKind.MATCH_INCOME)))


CHECKS = (
    ("I2 cap", within_caps),
    ("I3 share", within_gifts),
    ("I2 entitlement", earned_as_entitled),
    *papers.CHECKS,
)
