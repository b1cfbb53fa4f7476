"""I4, I5 and I6: no overspending, one grant for each account, and every penny from the right pot."""

from sqlalchemy import func
from sqlmodel import Session, col, select

from hardship.awards.models import Award, AwardShare
from hardship.awards.transitions import NOT_LIVE
from hardship.core.runtime import Runtime
from hardship.funds.models import Fund, Round
from hardship.ledger.models import Account, Entry, Journal, Pot
from hardship.ledger.queries import SPENDABLE
from hardship.matching.models import MatchAgreement

OUTSIDE = ("gift.refunded", "gift.disputed", "sponsor.repaid")
"""Journals of what happens from outside, which may leave a deficit."""


def no_overspend(session: Session, _runtime: Runtime) -> list[str]:
    """No pot is below nil by more than refunds and repayments took from it."""
    deficits = {pot: -minor for pot, minor in _spendable(session).items() if minor < 0}
    taken = _spendable(session, OUTSIDE) if deficits else {}
    refs = dict(session.exec(select(Pot.id, Pot.ref)).all())
    return [
        f"pot {refs[pot]} is {minor} below nil, and only {max(0, -taken.get(pot, 0))} of it left from outside"
        for pot, minor in sorted(deficits.items())
        if minor > max(0, -taken.get(pot, 0))
    ]


def _spendable(session: Session, kinds: tuple[str, ...] = ()) -> dict[int, int]:
    """By pot, what may be spent by the entries; of journals of `kinds` alone, if any are named."""
    chosen = (
        select(Entry.pot_id, func.sum(Entry.amount_minor))
        .join(Account, col(Account.id) == Entry.account_id)
        .join(Journal, col(Journal.id) == Entry.journal_id)
        .where(col(Account.kind).in_(SPENDABLE))
        .group_by(col(Entry.pot_id))
    )
    if kinds:
        chosen = chosen.where(col(Journal.kind).in_(kinds))
    return {pot: int(minor) for pot, minor in session.exec(chosen)}


def one_grant(session: Session, _runtime: Runtime) -> list[str]:
    """At most one live award for an application, and for a bank account in a round, unless somebody overrode it."""
    live = col(Award.state).not_in(NOT_LIVE)
    twice = session.exec(
        select(func.min(Award.ref), func.count())
        .where(live, col(Award.bank_token).is_not(None), col(Award.override_id).is_(None))
        .group_by(col(Award.round_id), col(Award.bank_token))
        .having(func.count() > 1)
    ).all()
    again = session.exec(
        select(func.min(Award.ref), func.count())
        .where(live)
        .group_by(col(Award.application_id))
        .having(func.count() > 1)
    ).all()
    found = [f"award {ref}: {count} live awards share its bank account in one round" for ref, count in twice]
    return found + [f"award {ref}: its application has {count} live awards" for ref, count in again]


def right_pots(session: Session, _runtime: Runtime) -> list[str]:
    """The shares of an award add up to it (to nothing once it is given up), from pots of its fund that may pay for its
    round."""
    sums = select(AwardShare.award_id, func.sum(AwardShare.amount_minor)).group_by(col(AwardShare.award_id))
    paid_for = {award: int(minor) for award, minor in session.exec(sums)}
    found: list[str] = []
    for number, ref, state, amount in session.exec(
        select(Award.id, Award.ref, Award.state, Award.amount_minor).order_by(col(Award.id))
    ):
        expected = 0 if state in NOT_LIVE else amount
        if paid_for.get(number or 0, 0) != expected:
            found.append(f"award {ref}: its shares make {paid_for.get(number or 0, 0)}, not {expected}")
    return found + _wrong_pots(session)


def _wrong_pots(session: Session) -> list[str]:
    rows = session.exec(
        select(Award.ref, Pot.ref)
        .join(AwardShare, col(AwardShare.award_id) == Award.id)
        .join(Pot, col(Pot.id) == AwardShare.pot_id)
        .join(Fund, col(Fund.id) == Award.fund_id)
        .join(Round, col(Round.id) == Award.round_id)
        .outerjoin(MatchAgreement, col(MatchAgreement.pot_id) == Pot.id)
        .where(
            (col(Pot.fund_slug) != Fund.slug)
            | (
                col(MatchAgreement.restricted_to_round).is_not(None)
                & (col(MatchAgreement.restricted_to_round) != Round.slug)
            )
        )
        .distinct()
        .order_by(Award.ref, Pot.ref)
    )
    return [f"award {ref} is paid from pot {pot}, which may not pay for it" for ref, pot in rows]


CHECKS = (("I4 no overspend", no_overspend), ("I5 one grant", one_grant), ("I6 pots", right_pots))
