"""Limits and approvals, name checks, records for the accounts, and what the applicant is told."""

import datetime as dt

import pytest
from sqlmodel import select

from hardship.applications import tracker
from hardship.applications.models import Application, Source
from hardship.applications.service import give_bank_details, submit
from hardship.awards.models import Award
from hardship.awards.service import AccountTaken, grant, override_duplicate
from hardship.core.actor import PUBLIC, SYSTEM, Actor, ActorKind, Role
from hardship.core.clock import SetClock
from hardship.core.errors import BadInput, Conflict, Forbidden, NotFound, Refused
from hardship.core.models import OutboxMail
from hardship.core.runtime import Runtime
from hardship.funds.queries import round_by_slug
from hardship.payouts import service
from hardship.payouts.models import Payment
from hardship.payouts.records import read_record, record_of, records_free
from hardship.payouts.service import namechecks, signoff
from hardship.payouts.service.approving import LimitReached
from hardship.payouts.service.batches import approve_batch
from hardship.payouts.tables import ApprovalAttempt, NameResult
from hardship.payouts.transitions import BatchState, PaymentState
from hardship.staff.proposals import Proposed
from tests.integration.applications.helpers import bodies, everything_in, person
from tests.integration.payouts.guarding import (
    award_to,
    guarded_house,
    limited,
    payment_of,
    second,
    the_operator,
)
from tests.integration.payouts.helpers import GRANT, House, bank_paid


@pytest.fixture
def house(runtime: Runtime) -> House:
    """The house with two approvers."""
    return guarded_house(runtime)


def approve(house: House, ref: str, who: str = "approver") -> BatchState:
    """As the page and the command do."""
    return service.approve(house.runtime, house[who], batch_ref=ref).state


def tries(house: House) -> list[tuple[int, bool]]:
    """What was tried: pence, and whether it was allowed."""
    with house.runtime.read() as session:
        rows = session.exec(select(ApprovalAttempt).order_by(ApprovalAttempt.id)).all()  # type: ignore[arg-type]
    return [(row.amount_minor, row.allowed) for row in rows]


# --- Limits -------------------------------------------------------------------------------------------------------


def test_a_batch_takes_what_fits_its_limit_and_leaves_the_rest_ready(house: House) -> None:
    limited(house.runtime, batch="500.00")
    house.award("01", "02", "03")
    first = house.make()
    assert house.batch(first).amount_minor == 2 * GRANT
    assert house.batch(house.make()).amount_minor == GRANT


def test_an_award_larger_than_a_batch_may_be_is_refused_in_plain_words(house: House) -> None:
    limited(house.runtime, batch="199.99")
    house.award("01")
    with pytest.raises(Refused, match=r"£200.00 is more than one batch may hold, which is £199.99"):
        house.make()
    limited(house.runtime)
    assert house.batch(house.make()).count == 1


def test_a_persons_day_is_used_up_by_refused_tries_too_and_the_next_day_is_new(house: House) -> None:
    limited(house.runtime, per_person_daily="500.00")
    house.award("01", "02")
    small = house.make(limit=1)
    large_ref = house.make()
    house.award("03", "04", "05")
    too_large = house.make()
    with pytest.raises(LimitReached, match=r"of the £500.00 that you may approve in a day £500.00 is left"):
        approve(house, too_large)
    with pytest.raises(LimitReached, match="a day £0.00 is left"):
        approve(house, small)
    assert tries(house) == [(3 * GRANT, False), (GRANT, False)]
    assert approve(house, small, "second") is BatchState.APPROVED
    clock = house.runtime.clock
    assert isinstance(clock, SetClock)
    clock.set(clock.now() + dt.timedelta(days=1))
    assert approve(house, large_ref) is BatchState.APPROVED
    with house.runtime.read() as session:
        over = [one for one in bodies(session, f"batch:{too_large}") if one["kind"] == "approval.over_limit"]
    assert len(over) == 1


def test_the_same_batch_approved_twice_counts_once(house: House) -> None:
    limited(house.runtime, per_person_daily="400.00")
    awards = house.award("01", "02")
    ref = house.make()
    approve(house, ref)
    house.runtime.transact(
        SYSTEM,
        give_bank_details,
        application_id=awards[0].application_id,
        sort_code="20-29-59",
        account_number="20000101",
        legal_name="Another Name",
    )
    assert house.batch(ref).state is BatchState.DRAFT
    assert approve(house, ref) is BatchState.APPROVED
    assert approve(house, ref) is BatchState.APPROVED, "a second press changes nothing"
    assert tries(house) == [(2 * GRANT, True)] * 2


def test_a_second_approver_of_an_approved_batch_is_told_who_was_first(house: House) -> None:
    ref = house.ready("01")
    before = everything_in(house.runtime)
    with pytest.raises(
        Refused, match=r"approved already, by approver@example.org\. There is nothing to approve"
    ):
        house.runtime.transact(house["second"], approve_batch, batch_ref=ref)
    assert everything_in(house.runtime) == before
    house.submit(ref)
    with pytest.raises(Refused, match="approved already"):
        house.runtime.transact(house["second"], approve_batch, batch_ref=ref)
    cancelled = house.make() if house.award("02") else ""
    house.runtime.transact(house["finance"], service.cancel_batch, batch_ref=cancelled)
    with pytest.raises(Refused, match="was cancelled"):
        house.approve(cancelled)


def test_changed_details_and_a_withdrawal_are_told_by_the_safe_channel_once(house: House) -> None:
    award = award_to(house, "Person One", safe_contact="email")
    silent = award_to(house, "Person Two", safe_contact="none")
    house.approve(house.make())

    def mails() -> int:
        with house.runtime.read() as session:
            return len(session.exec(select(OutboxMail)).all())

    def change(which: Award, account: str) -> None:
        house.runtime.transact(
            SYSTEM,
            give_bank_details,
            application_id=which.application_id,
            sort_code="20-29-59",
            account_number=account,
            legal_name="Person Renamed",
        )

    before = mails()
    change(award, "66600001")
    assert mails() == before + 1
    change(silent, "66600002")
    assert mails() == before + 1


# --- One account, two people --------------------------------------------------------------------------------------


def test_scenario_6_a_joint_account_is_paid_twice_only_after_a_named_person_overrode_it(house: House) -> None:
    """A was paid £200.00; B has the same account: not payable until a lead says so; then with a reference of its own."""
    house.join("leader", Role.LEAD)
    award_to(house, "Person A", account_number="30009901")
    ref = house.make()
    house.approve(ref)
    house.submit(ref)
    house.work()
    with house.runtime.read() as session:
        round_ = round_by_slug(session, "spring")
    answers = person(99, legal_name="Person B", account_number="30009901")
    receipt = house.runtime.transact(PUBLIC, submit, round_=round_, answers=answers, source=Source.WEB)
    with pytest.raises(AccountTaken):
        house.runtime.transact(
            SYSTEM, grant, application_id=receipt.application_id, decided_at=house.runtime.clock.now()
        )
    with pytest.raises(Refused, match="nothing is ready"):
        house.make()
    house.runtime.transact(
        house["leader"],
        override_duplicate,
        application_id=receipt.application_id,
        reason="They share a flat and an account.",
    )
    house.runtime.transact(
        SYSTEM, grant, application_id=receipt.application_id, decided_at=house.runtime.clock.now()
    )
    again = house.make()
    house.approve(again)
    house.submit(again)
    house.work()
    with house.runtime.read() as session:
        sent = bank_paid(session)
    assert [minor for _, minor in sent] == [GRANT, GRANT]
    assert len({reference for reference, _ in sent}) == 2
    assert house.books().funds[0].paid == 2 * GRANT


# --- Name checks --------------------------------------------------------------------------------------------------


def test_the_answer_about_a_name_is_kept_as_a_code_until_the_details_change(house: House) -> None:
    award = award_to(house, "Person One", safe_contact="email")
    ref = house.make()
    payment = payment_of(house, award)
    with house.runtime.read() as session:
        assert [row.words for row in namechecks.checks_of(session, house.batch(ref))] == ["Not asked"]
    house.runtime.transact(
        house["finance"], namechecks.record, payment_ref=payment.reference.lower(), result="annm"
    )

    def steps() -> list[str]:
        with house.runtime.read() as session:
            application = session.get(Application, award.application_id)
            assert application is not None
            return [step.name for step in tracker.steps(session, application) if step.asks_for_bank]

    with house.runtime.read() as session:
        row = namechecks.checks_of(session, house.batch(ref))[0]
        assert (row.name, row.words) == ("ANNM", "The name is not that of the account")
        event = bodies(session, f"payment:{payment.reference}")[-1]
    assert event["facts"] == {"result": "ANNM", "source": "staff"}
    assert steps() == ["Check your bank details"]
    house.runtime.transact(
        SYSTEM,
        give_bank_details,
        application_id=award.application_id,
        sort_code="20-29-59",
        account_number="30000101",
        legal_name="Person Right",
    )
    assert steps() == []
    with house.runtime.read() as session:
        assert namechecks.checks_of(session, house.batch(ref))[0].name == ""
    house.runtime.transact(
        house["finance"], namechecks.record, payment_ref=payment.reference, result=NameResult.MATCH
    )
    assert steps() == []


def test_a_name_check_that_cannot_be_is_refused(house: House) -> None:
    award_to(house, "Person One")
    ref = house.make()
    reference = house.payments()[0].reference
    before = everything_in(house.runtime)
    for result in ("", "YES", "Maya Example"):
        with pytest.raises(BadInput, match="not a result code"):
            house.runtime.transact(house["finance"], namechecks.record, payment_ref=reference, result=result)
    with pytest.raises(NotFound):
        house.runtime.transact(house["finance"], namechecks.record, payment_ref="NONE", result="MTCH")
    with pytest.raises(Forbidden):
        house.runtime.transact(house["reviewer"], namechecks.record, payment_ref=reference, result="MTCH")
    assert everything_in(house.runtime) == before
    house.approve(ref)
    house.submit(ref)
    with pytest.raises(Refused, match="It was sent"):
        house.runtime.transact(house["finance"], namechecks.record, payment_ref=reference, result="MTCH")


# --- Records and sign-off -----------------------------------------------------------------------------------------


def test_name_last_four_digits_and_approval_stay_sealed_until_the_accounts_are_signed_off(
    house: House,
) -> None:
    award = award_to(house, "Person Canary", account_number="30004321")
    ref = house.make()
    house.approve(ref)
    house.submit(ref)
    house.work()
    payment = payment_of(house, award)
    told = house.runtime.transact(house["finance"], read_record, payment_ref=payment.reference)
    assert (told.name, told.last_four) == ("Person Canary", "4321")
    assert (told.made_by, told.approved_by) == ("finance@example.org", "approver@example.org")
    assert "Canary" not in repr(told)
    stored = repr(everything_in(house.runtime))
    assert "Canary" not in stored
    with house.runtime.read() as session:
        kinds = [one["kind"] for one in bodies(session, f"payment:{payment.reference}")]
        assert kinds.count("payment.record_read") == 1
        assert records_free(session) == []
    for who in ("reviewer", "auditor", "approver"):
        with pytest.raises(Forbidden):
            house.runtime.transact(house[who], read_record, payment_ref=payment.reference)
    clock = house.runtime.clock
    assert isinstance(clock, SetClock)
    clock.set(dt.datetime(2021, 4, 6, 9, tzinfo=dt.UTC))
    made = house.runtime.transact(
        house["finance"], signoff.propose_sign_off, fund="small", through=dt.date(2021, 4, 5)
    )
    with pytest.raises(Forbidden, match="yourself|may not"):
        second(house, made, "finance")
    second(house, made)
    with house.runtime.read() as session:
        assert records_free(session) == [payment.id]
        assert record_of(session, house.runtime.vault, payment) is not None, (
            "retention deletes it, nobody else"
        )
        assert [(one.fund, one.round, str(one.sign_off.through)) for one in signoff.sign_offs(session)] == [
            ("small", "", "2021-04-05")
        ]


def test_a_round_is_signed_off_by_itself_and_only_days_that_have_passed(house: House) -> None:
    def propose(day: str, round_slug: str = "", who: Actor | None = None) -> Proposed:
        return house.runtime.transact(
            who or house["finance"],
            signoff.propose_sign_off,
            fund="small",
            through=dt.date.fromisoformat(day),
            round_slug=round_slug,
        )

    with pytest.raises(BadInput, match="not passed"):
        propose("2020-04-01")
    with pytest.raises(NotFound):
        propose("2020-03-31", "autumn")
    with pytest.raises(Forbidden):
        propose("2020-03-31", who=house["approver"])
    assert propose("2020-03-30", "spring", the_operator()).done
    with pytest.raises(Conflict, match="signed off through 2020-03-30 already"):
        propose("2020-03-30", "spring")
    first = propose("2020-03-31", "spring")
    with pytest.raises(Conflict, match="waits already"):
        propose("2020-03-31", "spring")
    second(house, first)
    with house.runtime.read() as session:
        assert [str(one.sign_off.through) for one in signoff.sign_offs(session)] == [
            "2020-03-31",
            "2020-03-30",
        ]


def test_a_later_approval_takes_the_place_of_the_record_of_an_earlier_one(house: House) -> None:
    award = award_to(house, "Person One", account_number="30000091")  # the stand-in bank refuses it
    ref = house.make()
    house.approve(ref)
    house.submit(ref)
    house.work()
    house.runtime.transact(
        Actor(ActorKind.SYSTEM),
        give_bank_details,
        application_id=award.application_id,
        sort_code="20-29-59",
        account_number="30000101",
        legal_name="Person New",
    )
    again = house.make()
    house.approve(again, "second")
    payment = payment_of(house, award)
    with house.runtime.read() as session:
        told = record_of(session, house.runtime.vault, payment)
    assert told is not None
    assert (told["name"], told["last_four"]) == ("Person New", "0101")
    assert told["approved_by"] == house["second"].staff_id
    assert payment.state in (PaymentState.APPROVED,)
    assert isinstance(payment, Payment)
