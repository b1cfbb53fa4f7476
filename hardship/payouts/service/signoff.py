"""The accounts of a fund, or of one of its rounds, are signed off up to a day, by two people.

Until then the record of each payment (name, last four digits, who approved it) stays, sealed; from then on retention may
delete it.
"""

import datetime as dt
from dataclasses import dataclass

from sqlmodel import Session, col, select

from hardship.core.clock import day_of
from hardship.core.errors import BadInput, Conflict, Refused
from hardship.core.runtime import Transaction
from hardship.funds.models import Fund, Round
from hardship.funds.queries import fund_by_slug, round_by_slug
from hardship.funds.service import lock_fund
from hardship.payouts.tables import SignOff
from hardship.staff.permissions import Permission, require
from hardship.staff.proposals import Kind, Payload, Proposed, propose

KIND = "accounts_sign_off"


@dataclass(frozen=True)
class SignOffRow:
    """A sign-off as the list shows it."""

    sign_off: SignOff
    fund: str
    round: str


def sign_off_kind() -> Kind:
    """The kind of proposal, for `service.wire`."""
    return Kind(KIND, "Accounts signed off", Permission.SECOND_MONEY, _carry_out, _describe)


def propose_sign_off(tx: Transaction, *, fund: str, through: dt.date, round_slug: str = "") -> Proposed:
    """Propose that a fund's accounts (or a round's) up to and including a day are signed off; a second person approves.

    Raises `BadInput` for a day that has not passed or a round of another fund, `Conflict` when that day is signed off.
    """
    require(tx.actor, Permission.CLOSE_PERIOD)
    owner, round_ = _scope(tx.session, lock_fund(tx, fund).slug, round_slug)
    _check(tx, owner, round_, through)
    payload = {
        "fund": owner.slug,
        "round": round_.slug if round_ else "",
        "through": through.isoformat(),
        "by": tx.actor.staff_id or 0,
    }
    return propose(tx, kind=KIND, subject=_subject(owner, round_), payload=payload)


def _scope(session: Session, fund: str, round_slug: str) -> tuple[Fund, Round | None]:
    owner = fund_by_slug(session, fund)
    if not round_slug:
        return owner, None
    round_ = round_by_slug(session, round_slug)
    if round_.fund_id != owner.id:
        raise BadInput("the round is of another fund", where="round", fix="Name a round of this fund.")
    return owner, round_


def _subject(fund: Fund, round_: Round | None) -> str:
    return f"round:{round_.slug}" if round_ else f"fund:{fund.slug}"


def _check(tx: Transaction, fund: Fund, round_: Round | None, through: dt.date) -> None:
    if through >= day_of(tx.at):
        raise BadInput(
            "the day has not passed yet", where="through", fix="Name the last day of the accounts."
        )
    last = last_day(tx.session, fund, round_)
    if last is not None and through <= last:
        raise Conflict(
            f"the accounts are signed off through {last.isoformat()} already",
            where=_subject(fund, round_),
            fix="Nothing more is needed.",
        )


def last_day(session: Session, fund: Fund, round_: Round | None = None) -> dt.date | None:
    """The day up to which the accounts are signed off, or None."""
    wanted = select(col(SignOff.through)).where(
        SignOff.fund_id == fund.id, SignOff.round_id == (round_.id if round_ else None)
    )
    return session.exec(wanted.order_by(col(SignOff.through).desc())).first()


def _describe(_session: Session, payload: Payload) -> list[tuple[str, str]]:
    return [
        ("Fund", str(payload["fund"])),
        ("Round", str(payload["round"]) or "All"),
        ("Through", str(payload["through"])),
        ("What follows", "The records of payments up to this day need not be kept any longer."),
    ]


def _carry_out(tx: Transaction, payload: Payload) -> SignOff:
    fund, round_ = _scope(tx.session, str(payload["fund"]), str(payload["round"]))
    through = dt.date.fromisoformat(str(payload["through"]))
    fund = lock_fund(tx, fund.slug)
    _check(tx, fund, round_, through)
    proposer = int(payload["by"]) or None
    if proposer is not None and proposer == tx.actor.staff_id:
        raise Refused("you proposed this yourself", fix="Another person approves it.")
    made = SignOff(
        fund_id=fund.id or 0,
        round_id=round_.id if round_ else None,
        through=through,
        proposed_by=proposer,
        approved_by=tx.actor.staff_id,
        at=tx.at,
    )
    tx.session.add(made)
    tx.session.flush()
    tx.record("accounts.signed_off", _subject(fund, round_), through=through.isoformat())
    return made


def sign_offs(session: Session) -> list[SignOffRow]:
    """Every sign-off, the newest day first."""
    rows = session.exec(
        select(SignOff, Fund.slug, Round.slug)
        .join(Fund, col(Fund.id) == SignOff.fund_id)
        .outerjoin(Round, col(Round.id) == SignOff.round_id)
        .order_by(col(SignOff.through).desc(), col(SignOff.id).desc())
    ).all()
    return [SignOffRow(one, fund, round_ or "") for one, fund, round_ in rows]
