"""Recalls, and awards that went to the wrong person: what comes back, to which pots, and what is written off."""

import datetime as dt

import pytest
from sqlmodel import select

from hardship.awards.models import Award
from hardship.awards.transitions import AwardState
from hardship.core.actor import SYSTEM
from hardship.core.clock import SetClock
from hardship.core.errors import BadInput, Conflict, Forbidden, NotFound, Refused
from hardship.core.runtime import Runtime
from hardship.jobs.doctor import examine
from hardship.ledger.models import AccountKind, LossCause
from hardship.payouts.models import Attempt, Direction
from hardship.payouts.rails.base import Answer, Status
from hardship.payouts.service import recalls, recoveries
from hardship.payouts.service.deciding import Finding, propose_finding
from hardship.payouts.service.hearing import record_all
from hardship.payouts.service.recoveries import named
from hardship.payouts.tables import AwardRecovery, Recall
from hardship.payouts.transitions import PaymentState, RecallState, RecoveryState
from hardship.payouts.trouble import NextStep, What, troubles
from hardship.review.casework import Conflicted, declare_conflict
from tests.integration.applications.helpers import bodies, everything_in
from tests.integration.payouts.guarding import award_to, guarded_house, payment_of, second
from tests.integration.payouts.helpers import GRANT, House

S = PaymentState


@pytest.fixture
def house(runtime: Runtime) -> House:
    """The house with two approvers."""
    return guarded_house(runtime)


def paid(house: House, name: str = "Person One") -> Award:
    """An award that was paid."""
    award = award_to(house, name)
    ref = house.make()
    house.approve(ref)
    house.submit(ref)
    house.work()
    assert payment_of(house, award).state is S.PAID
    return award


def healthy(house: House) -> None:
    """Every invariant holds."""
    assert [one for one in examine(house.runtime, ["I"]) if not one.ok] == []


def recall(house: House, award: Award, who: str = "finance", why: str = "Sent twice by mistake.") -> Recall:
    """Note that the bank was asked to call the award's payment back."""
    reference = payment_of(house, award).reference
    return house.runtime.transact(house[who], recalls.request_recall, payment_ref=reference, why=why)


# --- Recalls ------------------------------------------------------------------------------------------------------


def test_a_recall_that_succeeds_comes_back_on_the_statement_and_can_be_paid_again(house: House) -> None:
    award = paid(house)
    made = recall(house, award)
    assert payment_of(house, award).state is S.RECALL_PENDING
    assert house.awards() == {AwardState.PAID: 1}
    assert house.books().funds[0].paid == GRANT
    house.reconcile(house.line(0), house.line(0, "2020-04-03", Direction.IN))
    assert payment_of(house, award).state is S.RETURNED
    assert house.awards() == {AwardState.ACCEPTED: 1}
    with house.runtime.read() as session:
        row = recalls.recalls(session)[0]
        states = [one["facts"]["state"] for one in bodies(session, f"recall:{made.ref}")]
    assert (row.recall.state, states) == (RecallState.RETURNED, ["requested", "returned"])
    assert house.books().funds[0].payable == GRANT
    healthy(house)


def test_a_recall_that_is_refused_leaves_the_payment_paid(house: House) -> None:
    award = paid(house)
    made = recall(house, award)
    done = house.runtime.transact(
        house["finance"], recalls.refuse_recall, recall_ref=made.ref, answer="The recipient did not agree."
    )
    assert (done.state, payment_of(house, award).state) == (RecallState.REFUSED, S.PAID)
    with pytest.raises(Refused, match="was refused already"):
        house.runtime.transact(house["finance"], recalls.refuse_recall, recall_ref=made.ref, answer="Again.")
    again = recall(house, award)
    assert again.ref != made.ref
    healthy(house)


def test_a_recall_that_cannot_be_is_refused(house: House) -> None:
    award = paid(house)
    waiting = award_to(house, "Person Two")
    house.make()
    before = everything_in(house.runtime)
    with pytest.raises(Refused, match="Only what was paid"):
        recall(house, waiting)
    with pytest.raises(BadInput, match="say it in"):
        recall(house, award, why=" ")
    with pytest.raises(NotFound):
        house.runtime.transact(house["finance"], recalls.request_recall, payment_ref="NONE", why="x")
    with pytest.raises(NotFound):
        house.runtime.transact(house["finance"], recalls.refuse_recall, recall_ref="NONE", answer="x")
    for who in ("reviewer", "auditor"):
        with pytest.raises(Forbidden):
            recall(house, award, who)
    assert everything_in(house.runtime) == before
    recall(house, award)
    with pytest.raises(Refused, match="recall pending"):
        recall(house, award)
    house.runtime.transact(house["other"], declare_conflict, application_id=award.application_id)
    with pytest.raises(Conflicted):
        recall(house, award, "other")
    assert "Sent twice" not in repr(everything_in(house.runtime))


# --- Recoveries ---------------------------------------------------------------------------------------------------


def wrong(house: House, award: Award, who: str = "finance") -> AwardRecovery:
    """Note that an award went to the wrong person."""
    return house.runtime.transact(
        house[who],
        recoveries.open_recovery,
        award_ref=award.ref,
        cause=LossCause.WRONG_PAYMENT,
        found_on=dt.date(2020, 4, 1),
        why="Canary: two people of one name.",
    )


def came_back(
    house: House, recovery: AwardRecovery, minor: int, ref: str = "HB 1", on: str = "2020-04-01"
) -> AwardRecovery:
    """Book what came back."""
    return house.runtime.transact(
        house["finance"],
        recoveries.receive,
        recovery_ref=recovery.ref,
        amount_minor=minor,
        received_on=dt.date.fromisoformat(on),
        bank_ref=ref,
    )


def test_what_comes_back_goes_to_the_pots_that_paid_and_the_award_is_recovered_when_whole(
    house: House,
) -> None:
    award = paid(house)
    grants, spendable = house.by_pot(AccountKind.GRANTS), house.books().funds[0].spendable
    recovery = wrong(house, award)
    healthy(house)
    came_back(house, recovery, 7_001)
    assert house.awards() == {AwardState.PAID: 1}
    assert house.by_pot(AccountKind.GRANTS) == grants, "the expense stands"
    assert house.balance(AccountKind.RECOVERIES) == -7_001
    assert house.books().funds[0].spendable == spendable + 7_001
    came_back(house, recovery, GRANT - 7_001, "HB 2")
    assert house.awards() == {AwardState.RECOVERED: 1}
    assert {pot: -minor for pot, minor in house.by_pot(AccountKind.RECOVERIES).items()} == grants
    with house.runtime.read() as session:
        row = named(session, recovery.ref)
        states = [
            one["facts"]["state"]
            for one in bodies(session, f"award-recovery:{recovery.ref}")
            if "state" in one["facts"]
        ]
    assert (row.recovery.state, row.open_minor, states) == (RecoveryState.RECOVERED, 0, ["open", "recovered"])
    healthy(house)
    assert "Canary" not in repr(everything_in(house.runtime))


def test_the_same_line_of_the_statement_is_booked_once(house: House) -> None:
    recovery = wrong(house, paid(house))
    came_back(house, recovery, 5_000)
    before = everything_in(house.runtime)
    came_back(house, recovery, 5_000, "hb  1")
    assert everything_in(house.runtime) == before
    clock = house.runtime.clock
    assert isinstance(clock, SetClock)
    clock.set(clock.now() + dt.timedelta(days=1))
    came_back(house, recovery, 5_000, "HB 1", "2020-04-02")
    assert house.balance(AccountKind.RECOVERIES) == -10_000


def test_what_does_not_come_back_is_written_off_by_two_and_may_still_come_in_late(house: House) -> None:
    award = paid(house)
    recovery = wrong(house, award)
    came_back(house, recovery, 5_000)
    made = house.runtime.transact(
        house["finance"], recoveries.propose_write_off, recovery_ref=recovery.ref, why="Three letters."
    )
    with pytest.raises(Forbidden):
        second(house, made, "finance")
    second(house, made)
    with house.runtime.read() as session:
        row = named(session, recovery.ref).recovery
        assert (row.state, row.recovered_minor, row.written_off_minor) == (
            RecoveryState.WRITTEN_OFF,
            5_000,
            15_000,
        )
    assert house.awards() == {AwardState.PAID: 1}
    with pytest.raises(Refused, match="written off"):
        house.runtime.transact(
            house["finance"], recoveries.propose_write_off, recovery_ref=recovery.ref, why="x"
        )
    done = came_back(house, recovery, 15_000, "late")
    assert (done.state, done.written_off_minor) == (RecoveryState.RECOVERED, 0)
    assert house.awards() == {AwardState.RECOVERED: 1}
    healthy(house)


def test_a_recovery_that_cannot_be_is_refused(house: House) -> None:
    award = paid(house)
    waiting = award_to(house, "Person Two")
    before = everything_in(house.runtime)
    with pytest.raises(Refused, match="Only what was paid comes back"):
        wrong(house, waiting)
    for who in ("reviewer", "auditor"):
        with pytest.raises(Forbidden):
            wrong(house, award, who)
    assert everything_in(house.runtime) == before
    recovery = wrong(house, award)
    with pytest.raises(Conflict, match="noted already"):
        wrong(house, award)
    before = everything_in(house.runtime)
    for minor, ref, on, what in (
        (0, "HB", "2020-04-01", BadInput),
        (-5, "HB", "2020-04-01", BadInput),
        (5, " ", "2020-04-01", BadInput),
        (5, "HB", "2020-04-02", BadInput),
        (5, "HB", "1900-01-01", BadInput),
        (GRANT + 1, "HB", "2020-04-01", Refused),
    ):
        with pytest.raises(what):
            came_back(house, recovery, minor, ref, on)
    with pytest.raises(NotFound):
        came_back(house, AwardRecovery(ref="NONE"), 5)  # type: ignore[call-arg]
    assert everything_in(house.runtime) == before


def test_nothing_is_found_to_be_wrong_before_the_award_was_there(house: House) -> None:
    award = paid(house)
    before = everything_in(house.runtime)
    with pytest.raises(BadInput, match="before the award"):
        house.runtime.transact(
            house["finance"],
            recoveries.open_recovery,
            award_ref=award.ref,
            cause=LossCause.FRAUD,
            found_on=dt.date(1900, 1, 1),
            why="Canary.",
        )
    assert everything_in(house.runtime) == before


def test_what_comes_back_is_a_return_or_a_recovery_and_never_both(house: House) -> None:
    called, other = paid(house, "Person One"), paid(house, "Person Two")
    recall(house, called)
    with pytest.raises(Refused, match="being called back"):
        wrong(house, called)
    wrong(house, other)
    with pytest.raises(Refused, match="noted as paid wrongly"):
        recall(house, other)


@pytest.mark.parametrize("first", [5_000, GRANT])
def test_a_credit_of_a_wrong_payment_waits_for_a_person_and_holds_up_no_other_line(
    house: House, first: int
) -> None:
    """It neither makes the award ready to be paid once more nor keeps the rest of the statement out."""
    award, fine = paid(house, "Person One"), paid(house, "Person Two")
    recovery = wrong(house, award)
    came_back(house, recovery, first)
    credits = [house.line(at, "2020-04-01", Direction.IN) for at in (0, 1)]
    done = house.reconcile(house.line(0, "2020-04-01"), house.line(1, "2020-04-01"), *credits)
    assert (done.returned, done.exceptions) == (1, 1)
    assert (payment_of(house, award).state, payment_of(house, fine).state) == (S.PAID, S.RETURNED)
    if first < GRANT:
        came_back(house, recovery, GRANT - first, "HB 2")
    assert house.awards() == {AwardState.RECOVERED: 1, AwardState.ACCEPTED: 1}
    assert house.books().funds[0].paid == GRANT
    healthy(house)


def test_a_rail_that_gives_back_a_wrong_payment_tells_a_person_until_it_is_booked(house: House) -> None:
    award = paid(house)
    recovery = wrong(house, award)
    with house.runtime.read() as session:
        key = session.exec(
            select(Attempt.idem_key).where(Attempt.payment_id == payment_of(house, award).id)
        ).one()
    for _ in range(2):
        assert record_all(house.runtime, SYSTEM, [Answer(key, Status.RETURNED)]) == 0
    assert payment_of(house, award).state is S.PAID

    def told() -> list[What]:
        with house.runtime.read() as session:
            return [one.what for one in troubles(session, house.runtime.clock.now())]

    assert told() == [What.WRONG_AND_BACK]
    came_back(house, recovery, GRANT)
    assert told() == []
    assert house.awards() == {AwardState.RECOVERED: 1}
    healthy(house)


def test_what_a_rail_gives_back_after_all_had_come_back_waits_until_two_people_dealt_with_it(
    house: House,
) -> None:
    award = paid(house)
    recovery = wrong(house, award)
    came_back(house, recovery, GRANT)
    payment = payment_of(house, award)
    with house.runtime.read() as session:
        key = session.exec(select(Attempt.idem_key).where(Attempt.payment_id == payment.id)).one()
    for _ in range(2):
        record_all(house.runtime, SYSTEM, [Answer(key, Status.RETURNED)])

    def told() -> list[NextStep]:
        with house.runtime.read() as session:
            return [one.step for one in troubles(session, house.runtime.clock.now())]

    assert told() == [NextStep.WHOSE]
    given = {"payment_ref": payment.reference, "finding": Finding.SETTLED, "why": "given to whoever paid"}
    second(house, house.runtime.transact(house["finance"], propose_finding, **given))
    assert told() == []
    assert house.awards() == {AwardState.RECOVERED: 1}
    assert house.books().funds[0].paid == GRANT
    healthy(house)


def test_what_was_written_off_and_is_given_back_by_the_rail_is_told(house: House) -> None:
    award = paid(house)
    recovery = wrong(house, award)
    given = {"recovery_ref": recovery.ref, "why": "Three letters."}
    second(house, house.runtime.transact(house["finance"], recoveries.propose_write_off, **given))
    with house.runtime.read() as session:
        key = session.exec(select(Attempt.idem_key)).one()
    record_all(house.runtime, SYSTEM, [Answer(key, Status.RETURNED)])
    with house.runtime.read() as session:
        assert [one.step for one in troubles(session, house.runtime.clock.now())] == [NextStep.RECOVERY]


def test_an_award_paid_by_hand_to_the_wrong_person_comes_back_the_same_way(house: House) -> None:
    from tests.integration.payouts.guarding import propose_hand

    award = award_to(house, "Person One")
    second(house, propose_hand(house, award))
    recovery = wrong(house, award)
    clock = house.runtime.clock
    assert isinstance(clock, SetClock)
    clock.set(clock.now() + dt.timedelta(days=3))
    came_back(house, recovery, GRANT, on="2020-04-03")
    assert house.awards() == {AwardState.RECOVERED: 1}
    assert house.states() == {S.PAID_EXTERNALLY: 1}
    healthy(house)
