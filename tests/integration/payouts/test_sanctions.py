"""Screening: whom a possible hit stops and whom it does not, the officer's word, newer lists, and what nobody is told."""

import datetime as dt

import pytest
from sqlmodel import select

from hardship.applications import tracker
from hardship.applications.models import Application
from hardship.applications.service import give_bank_details
from hardship.awards.models import Award
from hardship.awards.transitions import AwardState
from hardship.core.actor import SYSTEM, Role
from hardship.core.clock import SetClock
from hardship.core.errors import BadInput, Conflict, Forbidden, Refused
from hardship.core.models import OutboxMail
from hardship.core.runtime import Runtime
from hardship.jobs.setup_checks import sanctions_list
from hardship.payouts import service
from hardship.payouts.models import RailName
from hardship.payouts.sanctions import queries
from hardship.payouts.sanctions.service import decide, open_hit
from hardship.payouts.sanctions.service import import_list as only_import
from hardship.payouts.service import load
from hardship.payouts.tables import SanctionsHit, SanctionsList
from hardship.payouts.transitions import BatchState, HitEvent, HitState, PaymentState
from hardship.review.casework import Conflicted, declare_conflict
from tests.integration.applications.helpers import bodies, everything_in
from tests.integration.payouts.guarding import (
    a_list,
    award_to,
    awards_in,
    guarded_house,
    import_list,
    payment_of,
    with_officer,
)
from tests.integration.payouts.helpers import House

ENTRY = ("RUS0001", "Viktor", "Sanktionov", "07/10/1952")
S = PaymentState


@pytest.fixture
def house(runtime: Runtime) -> House:
    """The house with an officer."""
    return guarded_house(runtime)


def hits(house: House) -> list[SanctionsHit]:
    """Every hit, the oldest first."""
    with house.runtime.read() as session:
        return [row.hit for row in queries.hits(session)]


def make(house: House) -> str:
    """A batch, as the page and the command make one."""
    return service.make(house.runtime, house["finance"], fund="small", rail=RailName.SANDBOX).ref


def clear(house: House, who: str = "lead", event: HitEvent = HitEvent.CLEAR) -> SanctionsHit:
    """The officer decides the newest hit."""
    return house.runtime.transact(
        house[who], decide, ref=hits(house)[-1].ref, event=event, why="Another person."
    )


def test_a_possible_hit_stops_that_payment_and_no_other(house: House) -> None:
    listed = award_to(house, "Viktor Sanktionov", birth_year="1952")
    others = [award_to(house, f"Person Number{number}") for number in range(3)]
    assert import_list(house, ENTRY) == 1
    ref = make(house)
    assert awards_in(house, ref) == {one.id for one in others}
    assert hits(house)[0].application_id == listed.application_id
    service.approve(house.runtime, house["approver"], batch_ref=ref)
    house.submit(ref)
    house.work()
    assert house.awards() == {AwardState.PAID: 3, AwardState.ACCEPTED: 1}
    with pytest.raises(Refused, match="nothing is ready"):
        make(house)
    clear(house)
    again = make(house)
    assert awards_in(house, again) == {listed.id}
    assert len(hits(house)) == 1, "what was cleared is not found again"


def test_the_lists_day_is_on_the_batch_and_without_a_list_it_says_so(house: House) -> None:
    award_to(house, "Person One")
    ref = make(house)
    with house.runtime.read() as session:
        assert queries.list_of(session, house.batch(ref)) is None
    import_list(house, day="01-Apr-2020")
    service.approve(house.runtime, house["approver"], batch_ref=ref)
    with house.runtime.read() as session:
        listing = queries.list_of(session, house.batch(ref))
    assert listing is not None
    assert listing.published_on == dt.date(2020, 4, 1)


def test_a_hit_that_is_found_at_approval_leaves_the_batch_to_be_looked_at_again(house: House) -> None:
    """The list is newer than the batch: the payment comes out, the rest is approved only as it is then."""
    listed = award_to(house, "Viktor Sanktionov")
    other = award_to(house, "Person Two")
    ref = make(house)
    seen = house.batch(ref).digest
    sneak = a_list(ENTRY)
    with house.runtime.read() as session:
        assert queries.current_list(session) is None
    house.runtime.transact(
        house["finance"], only_import, data=sneak, name="list.csv"
    )  # nobody is screened yet
    with pytest.raises(Conflict, match="changed since you opened it"):
        service.approve(house.runtime, house["approver"], batch_ref=ref, seen=seen)
    assert awards_in(house, ref) == {other.id}
    assert [hit.application_id for hit in hits(house)] == [listed.application_id], "the hit stands"
    assert service.approve(house.runtime, house["approver"], batch_ref=ref).amount_minor == other.amount_minor


def test_a_newer_list_takes_an_approved_payment_out_and_voids_the_approval(house: House) -> None:
    listed = award_to(house, "Viktor Sanktionov")
    award_to(house, "Person Two")
    import_list(house)
    ref = make(house)
    service.approve(house.runtime, house["approver"], batch_ref=ref)
    assert import_list(house, ENTRY, day="02-Apr-2020") == 1
    batch = house.batch(ref)
    assert (batch.state, batch.count, batch.approved_by) == (BatchState.DRAFT, 1, None)
    assert payment_of(house, listed).state is S.CANCELLED
    assert house.books().funds[0].payable == 2 * listed.amount_minor, (
        "the award stands; only its payment waits"
    )


def test_names_are_compared_once_more_when_a_batch_is_submitted(house: House) -> None:
    award_to(house, "Viktor Sanktionov")
    ref = make(house)
    service.approve(house.runtime, house["approver"], batch_ref=ref)
    house.runtime.transact(house["finance"], only_import, data=a_list(ENTRY), name="list.csv")
    with pytest.raises(Refused, match="wait for somebody to look"):
        house.submit(ref)
    assert house.batch(ref).state is BatchState.CANCELLED
    assert house.states() == {S.CANCELLED: 1}
    assert len(hits(house)) == 1


def test_a_year_of_birth_that_does_not_fit_stops_nobody(house: House) -> None:
    award_to(house, "Viktor Sanktionov", birth_year="1990")
    assert import_list(house, ENTRY) == 0
    assert house.batch(make(house)).count == 1


def test_only_the_named_officer_decides_with_a_reason_and_without_a_conflict(house: House) -> None:
    award = award_to(house, "Viktor Sanktionov")
    house.join("officer", Role.LEAD)
    with_officer(house.runtime, "officer@example.org")
    import_list(house, ENTRY)
    with pytest.raises(Forbidden, match="the officer that the fund names"):
        clear(house, "lead")
    for who in ("finance", "approver", "auditor", "reviewer"):
        with pytest.raises(Forbidden):
            clear(house, who)
    with pytest.raises(BadInput, match="say why"):
        house.runtime.transact(
            house["officer"], decide, ref=hits(house)[0].ref, event=HitEvent.CLEAR, why="  "
        )
    house.runtime.transact(house["officer"], declare_conflict, application_id=award.application_id)
    with pytest.raises(Conflicted):
        clear(house, "officer")
    assert hits(house)[0].state is HitState.OPEN


def test_the_officer_is_told_that_something_waits_and_no_more(house: House) -> None:
    with_officer(house.runtime, "lead@example.org")
    award_to(house, "Viktor Sanktionov")
    import_list(house, ENTRY)
    with house.runtime.read() as session:
        mails = session.exec(select(OutboxMail).where(OutboxMail.template == "staff")).all()
        sealer = house.runtime.vault.house(session)
        assert len(mails) == 1
        letter = sealer.open("outbox_mail", "letter", mails[0].ref, mails[0].letter) or ""
        assert queries.open_count(session, "lead@example.org") == 1
        assert queries.open_count(session, "other@example.org") == 0
    assert "anction" not in letter
    assert "Viktor" not in letter


def test_a_confirmed_hit_freezes_the_award_and_tells_the_applicant_nothing(house: House) -> None:
    award = award_to(house, "Viktor Sanktionov", safe_contact="email")
    with house.runtime.read() as session:
        application = session.get(Application, award.application_id)
        assert application is not None
        before = [step.name for step in tracker.steps(session, application)]
    import_list(house, ENTRY)
    clear(house, event=HitEvent.CONFIRM)
    with house.runtime.read() as session:
        application = session.get(Application, award.application_id)
        assert application is not None
        steps = tracker.steps(session, application)
        assert [step.name for step in steps] == before
        assert not any("anction" in f"{step.name} {step.note}" for step in steps)
        mails = session.exec(
            select(OutboxMail).where(OutboxMail.data_key_id == application.data_key_id)
        ).all()
        assert len(mails) == 1, "of the award itself"
    with pytest.raises(Refused, match="nothing is ready"):
        make(house)
    with pytest.raises(Conflict):
        clear(house, event=HitEvent.CONFIRM)
    clear(house)  # a licence allows it
    assert house.batch(make(house)).count == 1


def test_another_name_is_compared_anew_and_a_confirmed_hit_stays_with_the_case(house: House) -> None:
    award = award_to(house, "Viktor Sanktionov")
    import_list(house, ENTRY)

    def renamed(name: str) -> None:
        house.runtime.transact(
            SYSTEM,
            give_bank_details,
            application_id=award.application_id,
            sort_code="20-29-59",
            account_number="30000101",
            legal_name=name,
        )

    clear(house)
    renamed("Victor Sanctionov")  # written otherwise, and as near: a new question
    with pytest.raises(Refused, match="nothing is ready"):
        make(house)
    assert [hit.state for hit in hits(house)] == [HitState.CLEARED, HitState.OPEN]
    clear(house, event=HitEvent.CONFIRM)
    renamed("Somebody Else")
    with pytest.raises(Refused, match="nothing is ready"):
        make(house)


def test_what_the_officer_reads_is_one_event_and_nothing_of_it_is_plain(house: House) -> None:
    award = award_to(house, "Viktor Sanktionov", birth_year="1952")
    import_list(house, ENTRY)
    told = house.runtime.transact(house["lead"], open_hit, ref=hits(house)[0].ref)
    assert (told.name, told.birth_year, told.entry["uid"]) == ("Viktor Sanktionov", 1952, "RUS0001")
    assert "Sanktionov" not in repr(told)
    clear(house)
    with house.runtime.read() as session:
        application = session.get(Application, award.application_id)
        assert application is not None
        kinds = [one["kind"] for one in bodies(session, f"application:{application.ref}")]
        states = [one["facts"]["state"] for one in bodies(session, f"sanctions-hit:{hits(house)[0].ref}")]
    assert kinds.count("application.fields_read") == 1
    assert states == ["open", "cleared"]
    stored = repr(everything_in(house.runtime))
    for canary in ("Sanktionov", "SANKTIONOV", "Another person", "RUS0001"):
        assert canary not in stored, canary


def test_the_same_list_again_is_no_change_and_an_older_one_is_refused(house: House) -> None:
    data = a_list(ENTRY)
    first = load(house.runtime, house["finance"], data=data, name="list.csv")
    before = everything_in(house.runtime)
    assert load(house.runtime, house["finance"], data=data, name="list.csv").list.again
    assert everything_in(house.runtime) == before
    with pytest.raises(Conflict, match="Import the newest"):
        load(house.runtime, house["finance"], data=a_list(ENTRY, day="31-Mar-2020"), name="list.csv")
    with pytest.raises(BadInput, match="cannot be the list's day"):
        load(house.runtime, house["finance"], data=a_list(ENTRY, day="05-Apr-2020"), name="list.csv")
    with pytest.raises(Forbidden):
        load(house.runtime, house["reviewer"], data=a_list(day="01-Apr-2020"), name="list.csv")
    assert everything_in(house.runtime) == before
    load(house.runtime, house["finance"], data=a_list(ENTRY, ("Q1", "Jo", "Doe", "")), name="list.csv")
    with house.runtime.read() as session:
        kept = {one.id: one.content is not None for one in session.exec(select(SanctionsList)).all()}
    assert kept == {first.list.id: False, (first.list.id or 0) + 1: True}


def test_the_doctor_warns_of_a_list_that_is_older_than_thirty_days(house: House) -> None:
    clock = house.runtime.clock
    assert isinstance(clock, SetClock)
    assert sanctions_list(house.runtime) == (True, "no list is loaded: nobody is screened")
    import_list(house)
    assert sanctions_list(house.runtime)[0]
    clock.set(clock.now() + dt.timedelta(days=31))
    ok, said = sanctions_list(house.runtime)
    assert (ok, "older than thirty days" in said) == (False, True)


def test_a_list_of_thousands_holds_nobody_who_is_not_on_it(sqlite_runtime: Runtime) -> None:
    house = guarded_house(sqlite_runtime)
    awards: list[Award] = [award_to(house, f"Person Number{number}") for number in range(5)]
    listed = tuple(
        (f"P{number:05}", f"Given{number % 97}", f"Family{number}", "01/01/1970") for number in range(2_000)
    )
    assert import_list(house, *listed) == 0
    assert house.batch(make(house)).count == len(awards)
