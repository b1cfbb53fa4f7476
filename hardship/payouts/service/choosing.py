"""What is ready to be paid, and to whom."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_
from sqlmodel import col, select

from hardship.applications.identity import TokenKind
from hardship.applications.models import ApplicationToken
from hardship.applications.service import Payee, payees
from hardship.awards.models import Award
from hardship.core.errors import Refused
from hardship.core.money import display
from hardship.core.runtime import Transaction
from hardship.funds.models import Fund, Round
from hardship.payouts.limits import fitting
from hardship.payouts.models import Payment
from hardship.payouts.queries import ready_to_pay
from hardship.payouts.sanctions.service import screen
from hardship.payouts.service.progress import parts
from hardship.payouts.transitions import PaymentState
from hardship.review.queries import conflicts_of


@dataclass(frozen=True)
class Chosen:
    """What goes into a batch, whom it pays, and the sanctions list that they were compared with."""

    awards: Sequence[tuple[Award, Payment | None]]
    known: dict[int, Payee]
    list_id: int | None


def choose(tx: Transaction, fund: Fund, staff_id: int, limit: int | None) -> Chosen:
    """What the maker may put into a batch, and whom it pays; raises `Refused` when that is nothing."""
    assert fund.id is not None
    ready = candidates(tx, fund.id)
    conflicted = conflicts_of(tx.session, staff_id, [award.application_id for award, _ in ready])
    free = [(award, payment) for award, payment in ready if award.application_id not in conflicted]
    screened = screen(tx, fund, [award.application_id for award, _ in free])
    free = [(award, payment) for award, payment in free if award.application_id not in screened.held]
    known = payable(tx, [award for award, _ in free])
    chosen = [(award, payment) for award, payment in free if award.application_id in known][:limit]
    if not chosen:
        raise Refused(
            "nothing is ready to be paid", where=fund.slug, fix=_why_empty(len(ready), len(conflicted))
        )
    fits = fitting((award.amount_minor for award, _ in chosen), fund.batch_limit_minor)
    if not fits:
        raise Refused(
            f"an award of {display(chosen[0][0].amount_minor)} is more than one batch may hold,"
            f" which is {display(fund.batch_limit_minor or 0)}",
            where=fund.slug,
            fix="Raise the limit in fund.toml, [fund.limits], or pay it another way.",
        )
    return Chosen(chosen[:fits], known, screened.list_id)


def _why_empty(candidates: int, conflicted: int) -> str:
    if conflicted and conflicted == candidates:
        return "You declared a conflict with every case that is ready, or entered it: a colleague has to make this batch."
    if candidates:
        return "What is left waits for bank details, or for somebody to look at it first."
    return "An award is ready once it was accepted and its bank details are there."


def candidates(tx: Transaction, fund_id: int) -> list[tuple[Award, Payment | None]]:
    """Accepted awards with bank details that no open batch holds, oldest first, each with its payment if it has one."""
    rows = tx.session.exec(
        select(Award, Payment)
        .outerjoin(
            Payment, and_(col(Payment.award_id) == Award.id, col(Payment.state) != PaymentState.CANCELLED)
        )
        .where(Award.fund_id == fund_id, *ready_to_pay())
        .order_by(col(Award.accepted_at), col(Award.id))
        .execution_options(populate_existing=True)
    ).all()
    return [(award, payment) for award, payment in rows]


def payable(tx: Transaction, awards: Sequence[Award]) -> dict[int, Payee]:
    """Whom to pay, by application: only where the details are there and are those of the account that the award was
    taken up with (I5: other details may be those of an account that has its one award already)."""
    same: list[int] = []
    for part in parts([award.id for award in awards]):
        same += tx.session.exec(
            select(Award.application_id)
            .join(Round, col(Round.id) == Award.round_id)
            .join(
                ApplicationToken,
                and_(
                    col(ApplicationToken.application_id) == Award.application_id,
                    col(ApplicationToken.epoch_id) == Round.token_epoch_id,
                    col(ApplicationToken.kind) == TokenKind.BANK.value,
                    col(ApplicationToken.token) == Award.bank_token,
                ),
            )
            .where(col(Award.id).in_(part))
        ).all()
    return payees(tx, tx.vault, same)
