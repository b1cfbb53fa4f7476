"""Closing an agreement once its time is over: what was not earned goes back, is carried on, or lapses.

One person of finance proposes, a second one approves. A closed agreement gives nothing more; refunds still take match
back, and what comes free that way follows the same rule.
"""

from dataclasses import dataclass

from sqlmodel import Session, col, select

from hardship.core.clock import day_of
from hardship.core.db import lock
from hardship.core.errors import BadInput, Conflict
from hardship.core.money import display
from hardship.core.runtime import Runtime, Transaction
from hardship.funds.models import Fund
from hardship.funds.service import lock_fund
from hardship.ledger.journal import JournalDraft
from hardship.ledger.service import post
from hardship.matching.allocation import donor_key
from hardship.matching.booking import lines_between, lock_agreements, open_book
from hardship.matching.models import AgreementState, MatchAgreement
from hardship.matching.payments import NewPayment, book_payments
from hardship.matching.position import Unused
from hardship.matching.queries import agreement_by_ref, position_of
from hardship.matching.settling import cancel_request, requests_of
from hardship.staff.permissions import Permission, require
from hardship.staff.proposals import Kind, Payload, Proposed, kinds, propose

CLOSING = "match closing"


@dataclass(frozen=True)
class Closed:
    """What became of what was not earned, in pence: due back to the sponsor, carried to `rolled_to`, or lapsed (it is the
    fund's income). `given_up_minor` is headroom that nobody will use any more; None where there was no cap."""

    agreement: str
    due_minor: int
    rolled_minor: int
    rolled_to: str
    lapsed_minor: int
    given_up_minor: int | None


def register_kinds(runtime: Runtime) -> None:
    """Let a second person approve the closing of an agreement."""
    kinds(runtime)[CLOSING] = Kind(
        CLOSING, "Closing of a match agreement", Permission.SECOND_MONEY, _carry_out, _describe
    )


def close(tx: Transaction, *, agreement: str, successor: str = "") -> Proposed:
    """Propose to close an agreement; `successor` names the one to which an advance that was not earned is carried.

    Raises `Conflict` while gifts may still come, or match is held, conditional or frozen, `BadInput` for a successor
    that is missing or does not fit.
    """
    require(tx.actor, Permission.MANAGE_AGREEMENTS)
    row = agreement_by_ref(tx.session, agreement)
    lock_fund(tx, row.fund_id)
    _checked(tx, row, successor.strip())
    payload = {"agreement": row.ref, "successor": successor.strip()}
    return propose(tx, kind=CLOSING, subject=f"agreement:{row.ref}", payload=payload)


def _describe(session: Session, payload: Payload) -> list[tuple[str, str]]:
    row = agreement_by_ref(session, str(payload["agreement"]))
    stands = position_of(row)
    ahead = stands.unearned_minor + stands.due_minor
    said = {
        Unused.RETURN: f"{display(ahead)} goes back to the sponsor",
        Unused.ROLL: f"{display(ahead)} is carried to {payload['successor'] or 'no other agreement'}",
        Unused.LAPSE: f"{display(ahead)} lapses: it is the fund’s income",
    }[row.unused]
    lines = [("Agreement", f"{row.ref}, {row.sponsor}"), ("Earned", display(row.earned_minor))]
    lines.append(("Received, less repaid", display(row.received_minor - row.repaid_minor)))
    if row.cap_minor is not None:
        lines.append(("Headroom given up", display(row.cap_minor - row.allocated_minor)))
    return [*lines, ("Not earned", said)]


def _carry_out(tx: Transaction, payload: Payload) -> Closed:
    """Close, checked anew under the locks of the fund, and of the successor's fund."""
    row = agreement_by_ref(tx.session, str(payload["agreement"]))
    successor = str(payload["successor"])
    into = agreement_by_ref(tx.session, successor) if successor else None
    funds = {
        number: lock_fund(tx, number)
        for number in sorted({row.fund_id, into.fund_id if into else row.fund_id})
    }
    (row,) = lock(tx.session, select(MatchAgreement).where(MatchAgreement.id == row.id))
    into = _checked(tx, row, successor)
    stands = position_of(row)
    ahead = stands.unearned_minor
    if into is not None and ahead:
        _carry_over(tx, funds, row, into, ahead)
    fund = funds[row.fund_id]
    row = _settle(tx, fund, row.id or 0, into)
    for request in requests_of(tx.session, row.id or 0, under_way=True):
        cancel_request(tx, request, row.ref)
    done = Closed(
        agreement=row.ref,
        due_minor=position_of(row).due_minor,
        rolled_minor=ahead if into is not None else 0,
        rolled_to=into.ref if into is not None else "",
        lapsed_minor=ahead if row.unused is Unused.LAPSE else 0,
        given_up_minor=None if row.cap_minor is None else row.cap_minor - row.allocated_minor,
    )
    tx.record(
        "match.closed",
        f"agreement:{row.ref}",
        state=row.state,
        fund=fund.slug,
        due_minor=done.due_minor,
        rolled_minor=done.rolled_minor,
        rolled_to=done.rolled_to,
        lapsed_minor=done.lapsed_minor,
    )
    return done


def _settle(tx: Transaction, fund: Fund, agreement_id: int, into: MatchAgreement | None) -> MatchAgreement:
    """Mark it closed, and book what that changes: what is not earned is now due back, or income."""
    (row,) = lock(tx.session, select(MatchAgreement).where(MatchAgreement.id == agreement_id))
    before = position_of(row)
    row.state, row.closed_at = AgreementState.CLOSED, tx.at
    row.rolled_to_id = into.id if into is not None else None
    tx.session.add(row)
    tx.session.flush()
    draft = JournalDraft(
        idem_key=f"match:{row.ref}:closed",
        kind="match.closed",
        fund_slug=fund.slug,
        cause=f"agreement:{row.ref}",
        effective_on=day_of(tx.at),
        lines=lines_between(row.pot_id, before, position_of(row)),
        currency=fund.currency,
    )
    post(tx, [draft])
    return row


def _carry_over(
    tx: Transaction, funds: dict[int, Fund], row: MatchAgreement, into: MatchAgreement, minor: int
) -> None:
    """Pay the advance out of one agreement and into the other: in the books only, no money moves at the bank."""
    out = NewPayment(f"{row.ref}-carried-on", row.ref, tx.at, -minor)
    put = NewPayment(f"{row.ref}-carried-over", into.ref, tx.at, minor)
    for payment, one, other in ((out, row, into), (put, into, row)):
        fund = funds[one.fund_id]
        book = open_book(tx, lock_agreements(tx, one.fund_id))
        book_payments(tx, fund, book, [payment], other.id)


def _checked(tx: Transaction, row: MatchAgreement, successor: str) -> MatchAgreement | None:
    """Whether it can be closed now; returns the agreement to which an advance is carried."""
    if row.is_closed:
        raise Conflict(f"{row.ref} is closed already")
    if row.closes_at >= tx.at:
        raise Conflict(
            f"{row.ref} takes gifts until {day_of(row.closes_at).isoformat()}",
            where=row.ref,
            fix="Close it after that, or vary its end first.",
        )
    pending = row.allocated_minor - row.earned_minor
    for minor, what in ((row.held_minor, "held"), (pending, "conditional"), (row.frozen_minor, "in dispute")):
        if minor:
            raise Conflict(
                f"{display(minor)} of its match is {what}",
                where=row.ref,
                fix="Close it once that is decided.",
            )
    return _successor(tx.session, row, successor)


def _successor(session: Session, row: MatchAgreement, ref: str) -> MatchAgreement | None:
    if row.unused is not Unused.ROLL:
        if ref:
            raise BadInput(
                f"what {row.ref} did not earn is not carried on",
                where="successor",
                fix="Leave it out, or vary the agreement first.",
            )
        return None
    if not ref:
        if position_of(row).unearned_minor:
            raise BadInput(
                "what was not earned is carried on, and no agreement is named",
                where="successor",
                fix="Name the sponsor’s next agreement.",
            )
        return None
    into = agreement_by_ref(session, ref)
    if into.id == row.id or into.is_closed or donor_key(into.sponsor) != donor_key(row.sponsor):
        raise BadInput(
            f"{into.ref} is not an open agreement of the same sponsor",
            where="successor",
            fix="Name the sponsor’s next agreement.",
        )
    return into


def successors_of(session: Session, row: MatchAgreement) -> list[MatchAgreement]:
    """The open agreements to which an advance may be carried, by ref."""
    found = session.exec(
        select(MatchAgreement)
        .where(MatchAgreement.state == AgreementState.OPEN, col(MatchAgreement.id) != row.id)
        .order_by(MatchAgreement.ref)
    )
    return [one for one in found if donor_key(one.sponsor) == donor_key(row.sponsor)]
