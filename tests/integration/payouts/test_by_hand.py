"""Paid by hand: evidence and two people, once and never by the bank as well, and without bank details where asked."""

import datetime as dt

import pytest
from sqlalchemy import text

from hardship.applications import tracker
from hardship.applications.models import Application
from hardship.applications.service import ask_other_way
from hardship.awards.models import Award
from hardship.awards.service import lapse_due
from hardship.awards.transitions import AwardState
from hardship.core.actor import SYSTEM
from hardship.core.clock import SetClock
from hardship.core.errors import BadInput, Conflict, Forbidden, NotFound, Refused
from hardship.core.runtime import Runtime
from hardship.jobs.doctor import examine
from hardship.ledger.models import AccountKind, LossCause
from hardship.payouts.records import read_record
from hardship.payouts.service.approving import LimitReached
from hardship.payouts.service.external import propose_external
from hardship.payouts.service.recoveries import open_recovery, receive
from hardship.payouts.tables import PaidFrom, Way
from hardship.payouts.transitions import BatchState, PaymentState
from hardship.review.casework import Conflicted, declare_conflict
from hardship.staff.proposals import refuse
from tests.integration.applications.helpers import bodies, everything_in
from tests.integration.payouts.guarding import (
    award_to,
    guarded_house,
    handed,
    import_list,
    limited,
    payment_of,
    propose_hand,
    second,
    the_operator,
)
from tests.integration.payouts.helpers import GRANT, House, bank_paid

S = PaymentState


@pytest.fixture
def house(runtime: Runtime) -> House:
    """The house with two approvers."""
    return guarded_house(runtime)


def healthy(house: House) -> None:
    """Every invariant holds."""
    assert [one for one in examine(house.runtime, ["I"]) if not one.ok] == []


def test_an_accepted_award_is_paid_by_hand_when_a_second_person_says_so(house: House) -> None:
    award = award_to(house, "Person One")
    made = propose_hand(house, award, way=Way.VOUCHER)
    assert house.awards() == {AwardState.ACCEPTED: 1}, "a proposal changes nothing"
    second(house, made)
    assert house.awards() == {AwardState.PAID: 1}
    payment = payment_of(house, award)
    assert (payment.state, payment.paid_on, payment.look_at) == (S.PAID_EXTERNALLY, dt.date(2020, 4, 1), None)
    books = house.books().funds[0]
    assert (books.paid, books.payable, books.in_flight) == (GRANT, 0, 0)
    with house.runtime.read() as session:
        states = [one["facts"].get("state") for one in bodies(session, f"payment:{payment.reference}")]
    assert states == ["draft", "paid_externally"]
    with pytest.raises(Refused, match="nothing is ready"):
        house.make()
    assert house.journal_days("payout.external") == ["2020-04-01"]
    healthy(house)


def test_cash_in_hand_pays_from_cash_in_hand(house: House) -> None:
    award = award_to(house, "Person One")
    bank = house.balance(AccountKind.BANK)
    second(house, propose_hand(house, award, paid_from=PaidFrom.CASH_IN_HAND))
    assert house.balance(AccountKind.BANK) == bank
    assert house.books().funds[0].paid == GRANT
    healthy(house)


def test_whoever_asked_for_another_way_is_paid_without_bank_details(house: House) -> None:
    award = award_to(house, "Person One", account_number="")
    assert house.awards() == {AwardState.OFFERED: 1}
    house.runtime.transact(SYSTEM, ask_other_way, application_id=award.application_id)
    clock = house.runtime.clock
    assert isinstance(clock, SetClock)

    def now() -> str:
        with house.runtime.read() as session:
            application = session.get(Application, award.application_id)
            assert application is not None
            return [step.name for step in tracker.steps(session, application) if step.state == "now"][-1]

    assert now() == "We look for another way to send it"
    clock.set(clock.now() + dt.timedelta(days=60))
    assert lapse_due(house.runtime) == 0, "they have answered: the offer waits for us"
    second(house, propose_hand(house, award, handed_on=dt.date(2020, 5, 30)))
    assert house.awards() == {AwardState.PAID: 1}
    told = house.runtime.transact(
        house["finance"], read_record, payment_ref=payment_of(house, award).reference
    )
    assert (told.evidence["handed_by"], told.evidence["reference"]) == ("Rita", "Receipt 17")
    with house.runtime.read() as session:
        application = session.get(Application, award.application_id)
        assert application is not None
        assert tracker.steps(session, application)[-1].name == "Sent another way"
    healthy(house)


def test_paying_by_hand_takes_the_payment_out_of_its_batch_and_voids_the_approval(house: House) -> None:
    award, other = award_to(house, "Person One"), award_to(house, "Person Two")
    ref = house.make()
    house.approve(ref)
    second(house, propose_hand(house, award))
    batch = house.batch(ref)
    assert (batch.state, batch.count, batch.amount_minor) == (BatchState.DRAFT, 1, GRANT)
    house.approve(ref)
    house.submit(ref)
    house.work()
    assert payment_of(house, other).state is S.PAID
    with house.runtime.read() as session:
        assert len(bank_paid(session)) == 1
    assert house.books().funds[0].paid == 2 * GRANT
    healthy(house)


def test_the_last_payment_of_a_batch_paid_by_hand_cancels_the_batch(house: House) -> None:
    award = award_to(house, "Person One")
    ref = house.make()
    second(house, propose_hand(house, award))
    assert house.batch(ref).state is BatchState.CANCELLED
    healthy(house)


def test_what_may_be_on_its_way_needs_a_word_that_the_bank_will_not_pay_it(house: House) -> None:
    award = award_to(house, "Person One", account_number="30000101")
    ref = house.make()
    house.approve(ref)
    house.submit(ref)
    assert payment_of(house, award).state is S.SUBMITTED
    with pytest.raises(Refused, match="the bank may pay it as well"):
        propose_hand(house, award)
    made = propose_hand(house, award, bank_word="The bank stopped it, call 123 of 1 April.")
    second(house, made)
    payment = payment_of(house, award)
    assert (payment.state, payment.look_at) == (S.PAID_EXTERNALLY, None), "it is not asked about any more"
    assert house.books().clearing == 0
    assert house.work() == 0
    assert house.states() == {S.PAID_EXTERNALLY: 1}
    assert house.batch(ref).state is BatchState.SETTLED
    with pytest.raises(Refused, match="It is not paid again"):
        propose_hand(house, award)


def test_what_failed_is_paid_by_hand_once(house: House) -> None:
    award = award_to(house, "Person One", account_number="30000091")
    ref = house.make()
    house.approve(ref)
    house.submit(ref)
    house.work()
    assert payment_of(house, award).state is S.FAILED
    second(house, propose_hand(house, award))
    assert house.states() == {S.PAID_EXTERNALLY: 1}
    with pytest.raises(Refused, match="nothing is ready"):
        house.make()
    healthy(house)


def test_nobody_is_both_people_and_nobody_with_a_conflict_is_one(house: House) -> None:
    award = award_to(house, "Person One")
    for who in ("reviewer", "auditor", "approver"):
        with pytest.raises(Forbidden):
            propose_hand(house, award, who)
    made = propose_hand(house, award, "both")
    with pytest.raises(Forbidden, match="yourself"):
        second(house, made, "both")
    with pytest.raises(Forbidden):
        second(house, made, "finance")
    house.runtime.transact(house["approver"], declare_conflict, application_id=award.application_id)
    with pytest.raises(Conflicted):
        second(house, made, "approver")
    house.runtime.transact(house["both"], declare_conflict, application_id=award.application_id)
    with pytest.raises(Refused, match="whoever proposed it declared a conflict"):
        second(house, made, "second")
    house.runtime.transact(house["second"], refuse, ref=made.ref, why="No receipt.")
    assert house.awards() == {AwardState.ACCEPTED: 1}
    with pytest.raises(Conflicted):
        propose_hand(house, award, "both")


def test_the_operator_may_do_it_alone_and_the_event_says_so(house: House) -> None:
    award = award_to(house, "Person One")
    made = house.runtime.transact(
        the_operator(), propose_external, award_ref=award.ref, handed=handed(reference="V-1")
    )
    assert made.done
    with house.runtime.read() as session:
        event = bodies(session, f"payment:{payment_of(house, award).reference}")[-1]
    assert event["actor"]["kind"] == "operator"
    healthy(house)


def test_it_counts_towards_the_approvers_day_and_a_sanctions_hit_stops_it(house: House) -> None:
    limited(house.runtime, per_person_daily="200.00")
    first, next_one = award_to(house, "Person One"), award_to(house, "Viktor Sanktionov")
    second(house, propose_hand(house, first))
    made = propose_hand(house, next_one)
    with pytest.raises(LimitReached):
        second(house, made)
    import_list(house, ("RUS0001", "Viktor", "Sanktionov", "07/10/1952"))
    with pytest.raises(Refused, match="look at this payment first"):
        second(house, made, "second")
    assert house.awards() == {AwardState.PAID: 1, AwardState.ACCEPTED: 1}


@pytest.mark.parametrize(
    ("changed", "where"),
    [
        ({"reference": "  "}, "reference"),
        ({"reference": "x" * 121}, "reference"),
        ({"handed_by": ""}, "handed_by"),
        ({"note": "x" * 1_001}, "note"),
        ({"handed_on": dt.date(2020, 4, 2)}, "handed_on"),
        ({"handed_on": dt.date(2020, 3, 31)}, "handed_on"),
    ],
)
def test_evidence_that_cannot_be_is_refused_and_nothing_is_proposed(
    sqlite_runtime: Runtime, changed: dict[str, object], where: str
) -> None:
    house = guarded_house(sqlite_runtime)
    award = award_to(house, "Person One")
    before = everything_in(house.runtime)
    with pytest.raises(BadInput) as refused:
        propose_hand(house, award, **changed)
    assert refused.value.where == where
    assert everything_in(house.runtime) == before


def test_an_award_that_has_ended_or_is_not_there_is_refused(house: House) -> None:
    award = award_to(house, "Person One")
    made = propose_hand(house, award)
    with pytest.raises(Conflict, match="waits already"):
        propose_hand(house, award)
    ref = house.make()
    house.approve(ref)
    house.submit(ref)
    house.work()
    with pytest.raises(Refused, match="It is not paid again"):
        second(house, made)
    assert house.states() == {S.PAID: 1}
    with pytest.raises(NotFound):
        propose_hand(house, Award(ref="ZZZZ-ZZZZ"))


def test_evidence_and_proposal_are_sealed(house: House) -> None:
    award = award_to(house, "Person One")
    second(
        house, propose_hand(house, award, note="Canary note", handed_by="Canary Rita", reference="CANARY-9")
    )
    stored = repr(everything_in(house.runtime))
    assert "Canary" not in stored
    assert "CANARY-9" not in stored


@pytest.mark.parametrize(
    ("change", "check"),
    [
        ("UPDATE external_payment SET approved_by = proposed_by", "I9 four eyes: by hand"),
        ("DELETE FROM external_payment", "I7 once: by hand"),
        ("UPDATE award_recovery SET recovered_minor = recovered_minor - 1", "I7 once: recovered"),
    ],
)
def test_the_doctor_finds_what_was_changed_behind_its_back(
    sqlite_runtime: Runtime, change: str, check: str
) -> None:
    house = guarded_house(sqlite_runtime)
    award = award_to(house, "Person One")
    second(house, propose_hand(house, award))
    recovery = house.runtime.transact(
        house["finance"],
        open_recovery,
        award_ref=award.ref,
        cause=LossCause.FRAUD,
        found_on=dt.date(2020, 4, 1),
        why="Somebody else came for it.",
    )
    house.runtime.transact(
        house["finance"],
        receive,
        recovery_ref=recovery.ref,
        amount_minor=500,
        received_on=dt.date(2020, 4, 1),
        bank_ref="HB 1",
    )
    healthy(house)
    with house.runtime.database.writer.begin() as connection:
        connection.execute(text(change))
    assert [one.name for one in examine(house.runtime, ["I"]) if not one.ok] == [check]
