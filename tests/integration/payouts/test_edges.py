"""Every edge of the payment's table: the state, its journal, its award and its one event move together, or not at all."""

import pytest
from sqlmodel import col, select

from hardship.audit.models import AuditEvent
from hardship.audit.verify import verify
from hardship.awards import service as awards
from hardship.awards.models import Award
from hardship.awards.transitions import AwardState
from hardship.core.actor import SYSTEM
from hardship.core.refs import new_key
from hardship.core.runtime import Runtime, Transaction
from hardship.core.states import IllegalTransition
from hardship.funds.service import lock_fund
from hardship.ledger.models import Journal
from hardship.payouts.models import Attempt, AttemptOutcome
from hardship.payouts.service.progress import Move, Step, hold, move, today
from hardship.payouts.transitions import AT_THE_RAIL, MACHINE, TABLE, PaymentEvent, PaymentState
from tests.integration.payouts.helpers import GRANT, House, a_house

S, E, A = PaymentState, PaymentEvent, AwardState

JOURNAL = {
    E.SUBMIT: "payout.sent",
    E.REJECT: "payout.failed",
    E.FAIL: "payout.failed",
    E.SETTLE: "payout.paid",
    E.CONFIRM_CANCEL: "payout.stopped",
    E.RETURN: "payout.returned",
    E.PAY_EXTERNALLY: "payout.external",
}
AWARD = {
    **dict.fromkeys((S.DRAFT, S.APPROVED, S.SUBMITTING, S.UNKNOWN, S.SUBMITTED), A.IN_PAYMENT),
    **dict.fromkeys((S.PAID, S.RECALL_PENDING, S.PAID_EXTERNALLY), A.PAID),
    **dict.fromkeys((S.FAILED, S.RETURNED, S.CANCELLED), A.ACCEPTED),
}


def way_to(state: PaymentState) -> list[PaymentEvent]:
    """The shortest run of events from the beginning to a state."""
    ways: dict[PaymentState, list[PaymentEvent]] = {MACHINE.initial: []}
    todo = [MACHINE.initial]
    while state not in ways:
        here = todo.pop(0)
        for event in sorted(MACHINE.allowed(here)):
            there = MACHINE.apply(here, event)
            if there not in ways:
                ways[there] = [*ways[here], event]
                todo.append(there)
    return ways[state]


def step(tx: Transaction, payment_id: int, event: PaymentEvent) -> None:
    """Let one event happen to a payment, as the services do."""
    fund = lock_fund(tx, "small")
    ((payment, award),) = hold(tx, [payment_id])
    if event in {E.REAPPROVE, E.CANCEL} and award.state is A.ACCEPTED:  # put into another batch
        awards.start_payment(tx, [award])
    attempt = tx.session.exec(
        select(Attempt).where(Attempt.payment_id == payment_id).order_by(col(Attempt.id).desc())
    ).first()
    if event is E.SUBMIT and MACHINE.can(payment.state, event):
        attempt = Attempt(
            payment_id=payment_id,
            batch_id=payment.batch_id or 0,
            reference=new_key()[:10],
            idem_key=new_key(),
            payload_digest="",
            outcome=AttemptOutcome.PENDING,
            created_at=tx.at,
        )
        tx.session.add(attempt)
    move(tx, fund, [Move(payment, award, attempt, [Step(event, today(tx))])])


def events_of(house: House, reference: str) -> list[str]:
    """The states that the log tells of a payment."""
    with house.runtime.read() as session:
        rows = session.exec(
            select(AuditEvent.body)
            .where(AuditEvent.subject == f"payment:{reference}")
            .order_by(col(AuditEvent.seq))
        ).all()
    return [body.partition('"state":"')[2].partition('"')[0] for body in rows]


def journals_of(house: House, reference: str) -> list[str]:
    """The kinds of a payment's journals."""
    with house.runtime.read() as session:
        wanted = select(Journal.kind).where(Journal.cause == f"payment:{reference}").order_by(col(Journal.id))
        return list(session.exec(wanted).all())


def test_every_edge_moves_state_journal_award_and_event_together(runtime: Runtime) -> None:
    house = a_house(runtime, money=4_400_000, budget="44000.00")
    house.award(*["01"] * len(TABLE))
    house.make()
    in_clearing = paid = 0
    for payment, (origin, event) in zip(house.payments(), TABLE, strict=True):
        way = [*way_to(origin), event]
        states = [MACHINE.initial]
        for one in way:
            runtime.transact(SYSTEM, step, payment.id or 0, one)
            states.append(MACHINE.apply(states[-1], one))
        after = house.payments()[(payment.id or 1) - 1]
        assert (after.state, after.version) == (TABLE[origin, event], 1 + len(way)), (origin, event)
        assert events_of(house, payment.reference) == [state.value for state in states]
        assert journals_of(house, payment.reference) == [JOURNAL[one] for one in way if one in JOURNAL]
        with runtime.read() as session:
            award = session.exec(select(Award.state).where(Award.id == payment.award_id)).one()
        assert award is AWARD[after.state], (origin, event)
        in_clearing += GRANT * (after.state in AT_THE_RAIL)
        paid += GRANT * (after.state in {S.PAID, S.RECALL_PENDING, S.PAID_EXTERNALLY})
        books = house.books()
        assert (books.clearing, books.funds[0].paid) == (in_clearing, paid), (origin, event)
    with runtime.read() as session:
        assert verify(session, runtime.vault).problems == []


@pytest.mark.parametrize("event", PaymentEvent)
def test_what_the_table_does_not_allow_changes_nothing(sqlite_runtime: Runtime, event: PaymentEvent) -> None:
    house = a_house(sqlite_runtime)
    house.award("01")
    house.make()
    (payment,) = house.payments()
    if MACHINE.can(payment.state, event):
        return
    journals = journals_of(house, payment.reference)
    with pytest.raises(IllegalTransition):
        sqlite_runtime.transact(SYSTEM, step, payment.id or 0, event)
    assert [one.state for one in house.payments()] == [S.DRAFT]
    assert (events_of(house, payment.reference), journals_of(house, payment.reference)) == (
        ["draft"],
        journals,
    )
