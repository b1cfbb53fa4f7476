"""Batches: who makes and approves them, what is in them, what voids an approval, and the way to paid."""

import datetime as dt

import pytest
from sqlmodel import select

from hardship.applications.service import give_bank_details, withdraw
from hardship.awards.transitions import AwardState
from hardship.core.actor import SYSTEM, Actor, ActorKind
from hardship.core.clock import SetClock
from hardship.core.errors import BadInput, Conflict, Forbidden, NotFound, Refused
from hardship.core.runtime import Runtime, Transaction
from hardship.ledger.models import AccountKind
from hardship.payouts import service
from hardship.payouts.models import Attempt, Payment, RailName
from hardship.payouts.transitions import BatchState, PaymentState
from hardship.review.casework import declare_conflict
from tests.integration.applications.helpers import bodies
from tests.integration.payouts.helpers import GRANT, a_house, awards_paid, bank_paid

S = PaymentState


def test_from_accepted_to_paid_each_pot_pays_its_pennies_and_clearing_reaches_zero(runtime: Runtime) -> None:
    house = a_house(runtime)
    house.award("01", "02", "03")
    ref = house.make()
    assert (house.batch(ref).count, house.batch(ref).amount_minor) == (3, 3 * GRANT)
    assert house.awards() == {AwardState.IN_PAYMENT: 3}
    assert house.approve(ref).state is BatchState.APPROVED
    done = house.submit(ref)
    assert (done.state, done.submitted, done.failed, done.unknown) == (BatchState.SUBMITTED, 3, 0, 0)
    assert house.books().clearing == 3 * GRANT
    house.work()
    assert house.states() == {S.PAID: 3}
    assert house.awards() == {AwardState.PAID: 3}
    assert house.batch(ref).state is BatchState.SETTLED
    books = house.books()
    assert (books.clearing, books.funds[0].paid, books.funds[0].payable) == (0, 3 * GRANT, 0)
    with runtime.read() as session:
        assert bank_paid(session) == awards_paid(session)
        assert len(bank_paid(session)) == 3


def test_every_change_of_state_is_one_event(runtime: Runtime) -> None:
    house = a_house(runtime)
    ref = house.ready("01")
    house.submit(ref)
    house.work()
    payment = house.payments()[0]
    with runtime.read() as session:
        told = [one["facts"]["state"] for one in bodies(session, f"payment:{payment.reference}")]
        batch = [one["facts"]["state"] for one in bodies(session, f"batch:{ref}")]
    assert told == ["draft", "approved", "submitting", "submitted", "paid"]
    assert batch == ["draft", "approved", "submitting", "submitted", "settled"]


def test_an_empty_batch_is_refused_and_what_a_batch_holds_is_in_no_other(runtime: Runtime) -> None:
    house = a_house(runtime)
    with pytest.raises(Refused, match="nothing is ready"):
        house.make()
    house.award("01", "02")
    assert house.batch(house.make(limit=1)).count == 1
    assert house.batch(house.make()).count == 1
    with pytest.raises(Refused, match="nothing is ready"):
        house.make()


def test_nobody_approves_what_they_made_and_roles_hold(runtime: Runtime) -> None:
    house = a_house(runtime)
    house.award("01")
    for who in ("approver", "auditor", "reviewer"):
        with pytest.raises(Forbidden):
            house.make(who)
    ref = house.make("both")
    with pytest.raises(Refused, match="you made this batch"):
        house.approve(ref, "both")
    with pytest.raises(Forbidden):
        house.approve(ref, "finance")
    for nameless in (SYSTEM, Actor(ActorKind.OPERATOR)):
        with pytest.raises(Forbidden, match="named"):
            runtime.transact(nameless, service.approve_batch, batch_ref=ref)
    with pytest.raises(Refused, match="draft"):
        house.submit(ref)
    assert house.states() == {S.DRAFT: 1}


def test_whoever_has_a_conflict_with_a_case_neither_makes_approves_nor_submits_its_payment(
    runtime: Runtime,
) -> None:
    house = a_house(runtime)
    mine, other = house.award("01", "02")

    def declare(who: str, application_id: int) -> None:
        runtime.transact(house[who], declare_conflict, application_id=application_id)

    declare("finance", mine.application_id)
    ref = house.make("finance")
    assert house.batch(ref).count == 1
    declare("approver", other.application_id)
    with pytest.raises(Refused, match="You declared a conflict with a case"):
        house.approve(ref)
    assert house.batch(ref).state is BatchState.DRAFT
    house.approve(ref, "both")
    with pytest.raises(Refused, match="You declared a conflict"):
        house.submit(ref, "approver")
    assert house.submit(ref).submitted == 1
    mine_only = house.make("both")
    with pytest.raises(Refused, match="conflict"):
        house.submit(mine_only) if house.approve(mine_only) else None


def test_scenario_7_a_withdrawal_after_approval_voids_it_and_the_pots_have_the_money_back(
    runtime: Runtime,
) -> None:
    house = a_house(runtime, money=1_000_000)
    awards = house.award(*["01"] * 50)
    ref = house.make()
    house.approve(ref)
    before = house.books().funds[0].spendable
    runtime.transact(SYSTEM, withdraw, application_id=awards[7].application_id)
    batch = house.batch(ref)
    assert (batch.state, batch.count, batch.amount_minor) == (BatchState.DRAFT, 49, 980_000)
    assert batch.approved_by is None
    assert house.books().funds[0].spendable == before + GRANT
    assert house.states() == {S.DRAFT: 49, S.CANCELLED: 1}
    with pytest.raises(Refused, match="draft"):
        house.submit(ref)
    house.approve(ref)
    house.submit(ref)
    house.work()
    assert house.states() == {S.PAID: 49, S.CANCELLED: 1}
    assert house.books().funds[0].paid == 980_000


def test_a_withdrawal_is_too_late_once_the_money_may_be_on_its_way(runtime: Runtime) -> None:
    house = a_house(runtime)
    award = house.award("01")[0]
    ref = house.make()
    house.approve(ref)
    house.submit(ref)
    with pytest.raises(Refused):
        runtime.transact(SYSTEM, withdraw, application_id=award.application_id)
    assert house.states() == {S.SUBMITTED: 1}


def test_the_last_withdrawal_cancels_the_batch(runtime: Runtime) -> None:
    house = a_house(runtime)
    award = house.award("01")[0]
    ref = house.make()
    house.approve(ref)
    runtime.transact(SYSTEM, withdraw, application_id=award.application_id)
    assert house.batch(ref).state is BatchState.CANCELLED
    with pytest.raises(Refused):
        house.submit(ref)


def test_changed_bank_details_void_the_approval_and_the_new_account_is_paid(runtime: Runtime) -> None:
    house = a_house(runtime)
    awards = house.award("01", "02")
    ref = house.make()
    house.approve(ref)

    def change(account: str, name: str) -> None:
        runtime.transact(
            SYSTEM,
            give_bank_details,
            application_id=awards[0].application_id,
            sort_code="20-29-59",
            account_number=account,
            legal_name=name,
        )

    change("20000101", "Person Renamed")  # the same account under another name
    batch = house.batch(ref)
    assert (batch.state, batch.count) == (BatchState.DRAFT, 2)
    house.approve(ref)
    change("66600001", "Person Renamed")  # another account
    batch = house.batch(ref)
    assert (batch.state, batch.count) == (BatchState.DRAFT, 1)
    assert house.awards() == {AwardState.ACCEPTED: 1, AwardState.IN_PAYMENT: 1}
    house.approve(ref)
    house.submit(ref)
    again = house.make()
    house.approve(again)
    house.submit(again)
    house.work()
    assert house.awards() == {AwardState.PAID: 2}
    with runtime.read() as session:
        assert bank_paid(session) == awards_paid(session)


def test_details_of_an_account_that_has_its_grant_take_the_payment_out(runtime: Runtime) -> None:
    house = a_house(runtime)
    first, second = house.award("01", "02")
    ref = house.make()
    house.approve(ref)
    runtime.transact(
        SYSTEM,
        give_bank_details,
        application_id=second.application_id,
        sort_code="20-29-59",
        account_number="20000101",
        legal_name="Person Twice",
    )
    assert house.batch(ref).count == 1
    house.approve(ref)
    house.submit(ref)
    with pytest.raises(Refused):
        house.make()
    house.work()
    with runtime.read() as session:
        assert len(bank_paid(session)) == 1


def test_cancelling_a_batch_makes_its_payments_ready_again_and_a_sent_one_stays(runtime: Runtime) -> None:
    house = a_house(runtime)
    ref = house.ready("01", "02")
    runtime.transact(house["finance"], service.cancel_batch, batch_ref=ref)
    assert house.awards() == {AwardState.ACCEPTED: 2}
    second = house.make()
    assert house.batch(second).count == 2
    house.approve(second)
    house.submit(second)
    with pytest.raises(Refused, match="submitted"):
        runtime.transact(house["finance"], service.cancel_batch, batch_ref=second)


def test_an_approval_is_for_what_was_seen(runtime: Runtime) -> None:
    house = a_house(runtime)
    awards = house.award("01", "02")
    ref = house.make()
    seen = house.batch(ref).digest
    runtime.transact(SYSTEM, withdraw, application_id=awards[0].application_id)
    with pytest.raises(Conflict, match="changed since"):
        runtime.transact(house["approver"], service.approve_batch, batch_ref=ref, seen=seen)
    runtime.transact(house["approver"], service.approve_batch, batch_ref=ref, seen=house.batch(ref).digest)


def test_a_batch_that_is_not_what_was_approved_loses_its_approval(runtime: Runtime) -> None:
    house = a_house(runtime)
    ref = house.ready("01", "02")

    def tamper(tx: Transaction) -> None:
        payment = tx.session.exec(select(Payment)).first()
        payment.amount_minor = 99_000

    runtime.transact(SYSTEM, tamper)
    with pytest.raises(Refused, match="not what was approved"):
        house.submit(ref)
    assert house.batch(ref).state is BatchState.DRAFT
    assert house.books().clearing == 0


def test_every_outcome_of_the_sandbox(runtime: Runtime) -> None:
    house = a_house(runtime)
    clock = runtime.clock
    assert isinstance(clock, SetClock)
    ref = house.ready("00", "91", "92", "93", "94")
    done = house.submit(ref)
    assert (done.submitted, done.failed, done.unknown) == (3, 1, 1)
    assert house.states() == {S.SUBMITTED: 3, S.UNKNOWN: 1, S.FAILED: 1}
    house.work()
    assert house.states() == {S.PAID: 3, S.FAILED: 2}  # the silent one was found, and paid at the look after
    clock.advance(dt.timedelta(minutes=5))
    house.work()
    assert house.states() == {S.PAID: 2, S.FAILED: 2, S.RETURNED: 1}
    assert house.awards() == {AwardState.PAID: 2, AwardState.ACCEPTED: 3}
    books = house.books()
    assert (books.clearing, books.funds[0].paid, books.funds[0].payable) == (0, 2 * GRANT, 3 * GRANT)
    assert house.balance(AccountKind.GRANTS) == 5 * GRANT
    assert house.batch(ref).state is BatchState.SETTLED


def test_failed_and_returned_payments_are_paid_again_with_a_new_approval_and_a_new_key(
    runtime: Runtime,
) -> None:
    house = a_house(runtime)
    first, *_ = house.award("94")
    ref = house.make()
    house.approve(ref)
    house.submit(ref)
    house.work()
    assert isinstance(runtime.clock, SetClock)
    runtime.clock.advance(dt.timedelta(minutes=5))
    house.work()
    assert house.states() == {S.RETURNED: 1}
    runtime.transact(
        SYSTEM,
        give_bank_details,
        application_id=first.application_id,
        sort_code="20-29-59",
        account_number="55500001",
        legal_name="Person Number1",
    )
    again = house.make()
    with pytest.raises(Refused):
        house.submit(again)
    house.approve(again)
    house.submit(again)
    house.work()
    assert house.states() == {S.PAID: 1}
    with runtime.read() as session:
        assert bank_paid(session) == awards_paid(session)
        assert len({one.idem_key for one in session.exec(select(Attempt))}) == 2
    assert house.books().clearing == 0
    assert house.books().funds[0].paid == GRANT


def test_a_rail_that_is_not_set_up_is_refused_and_makes_no_batch(runtime: Runtime) -> None:
    house = a_house(runtime)
    house.award("01")
    with pytest.raises((BadInput, Refused), match="Stripe"):
        runtime.transact(house["finance"], service.make_batch, fund="small", rail=RailName.STRIPE)
    with pytest.raises(NotFound):
        runtime.transact(house["finance"], service.make_batch, fund="none", rail=RailName.SANDBOX)


def test_submitting_again_changes_nothing(runtime: Runtime) -> None:
    house = a_house(runtime)
    ref = house.ready("01", "02", "91")
    first = house.submit(ref)
    assert house.submit(ref) == first
    house.work()
    assert house.submit(ref).submitted == 2
    with runtime.read() as session:
        assert len(bank_paid(session)) == 2
