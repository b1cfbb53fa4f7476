"""Asking again after a no: the form is filled in, and one's own earlier case is no duplicate."""

import datetime as dt

import pytest
from sqlmodel import col, select

from hardship.applications import drafts
from hardship.applications.messages import again, queries
from hardship.applications.models import Application, Draft, Source
from hardship.applications.owndata import copying, erasing
from hardship.applications.questions import first_missing
from hardship.applications.service import Receipt, RoundClosed, send, withdraw
from hardship.applications.service.reaching import set_safe_contact
from hardship.applications.transitions import ApplicationState
from hardship.core.actor import PUBLIC, Actor, ActorKind
from hardship.core.clock import SetClock
from hardship.core.errors import Conflict, NotFound
from hardship.core.models import DataKey
from hardship.core.runtime import Runtime
from hardship.funds.models import BankDetails
from hardship.review.models import Outcome
from hardship.screening.queries import signals_of
from tests.integration.applications.helpers import apply, bodies, person, stored
from tests.integration.messages.helpers import Talk, a_talk


@pytest.fixture
def talk(runtime: Runtime) -> Talk:
    """A case that two people declined."""
    return declined(a_talk(runtime))


def declined(talk: Talk) -> Talk:
    for who in ("ash", "bryn"):
        talk.panel.vote(who, talk.ref, Outcome.DECLINE)
    return talk


def start(talk: Talk) -> str:
    return talk.runtime.transact(talk.applicant, again.start, application_id=talk.number, language="ro")


def draft(talk: Talk, secret: str) -> drafts.Written:
    identity = drafts.draft_id(talk.runtime.vault, secret)
    with talk.runtime.read() as session:
        found = drafts.read(session, talk.runtime.vault, identity, talk.runtime.clock.now())
    assert found is not None
    return found


def ask_again(talk: Talk) -> Receipt:
    written = draft(talk, start(talk))
    receipt = talk.runtime.transact(PUBLIC, send, identity=written.id)
    talk.runtime.run_due("checks")
    return receipt


def test_everything_told_before_stands_in_the_form_and_it_can_be_sent(talk: Talk) -> None:
    written = draft(talk, start(talk))
    kept = person(1, safe_contact="email")
    assert written.answers["statement"] == kept["statement"]
    assert written.answers["account_number"] == "20000001"
    assert (written.answers["safe_contact"], written.answers["email"]) == ("email", "person1@example.org")
    assert first_missing(written.done, BankDetails.CHOICE) is None
    assert written.language == "ro"


def test_ones_own_declined_case_is_no_duplicate_and_is_shown(talk: Talk) -> None:
    receipt = ask_again(talk)
    case = stored(talk.runtime, receipt.ref)
    assert (case.state, case.referred, case.again_of_id) == (ApplicationState.IN_REVIEW, False, talk.number)
    with talk.runtime.read() as session:
        assert signals_of(session, receipt.application_id) == []
        assert [one.ref for one in queries.earlier_cases(session, case)] == [talk.ref]
        submitted = bodies(session, f"application:{receipt.ref}")[0]
    assert submitted["facts"]["again_of"] == talk.number
    third = ask_again(declined(Talk(talk.panel, receipt.ref)))
    case = stored(talk.runtime, third.ref)
    assert not case.referred
    with talk.runtime.read() as session:
        assert [one.ref for one in queries.earlier_cases(session, case)] == [receipt.ref, talk.ref]


def test_anybody_elses_case_is_still_a_duplicate(talk: Talk) -> None:
    apply(talk.runtime, person(1))
    talk.runtime.run_due("checks")
    receipt = ask_again(talk)
    assert stored(talk.runtime, receipt.ref).referred
    with talk.runtime.read() as session:
        others = {one.other_id for one in signals_of(session, receipt.application_id)}
    assert len(others) == 1
    assert talk.number not in others


def test_two_forms_from_one_case_are_duplicates_of_each_other(talk: Talk) -> None:
    first, second = draft(talk, start(talk)), draft(talk, start(talk))
    for written in (first, second):
        talk.runtime.transact(PUBLIC, send, identity=written.id)
    talk.runtime.run_due("checks")
    with talk.runtime.read() as session:
        both = session.exec(select(Application).where(Application.again_of_id == talk.number)).all()
    assert [one.referred for one in both] == [True, True]


def test_a_new_address_of_the_declined_case_marks_nothing(talk: Talk) -> None:
    receipt = ask_again(talk)
    talk.runtime.transact(
        talk.applicant,
        set_safe_contact,
        application_id=talk.number,
        safe_contact="email",
        email="another@example.org",
    )
    assert not stored(talk.runtime, receipt.ref).referred


def test_after_taking_it_back_one_may_ask_again_once(runtime: Runtime) -> None:
    talk = a_talk(runtime)
    with pytest.raises(Conflict, match="not closed"):
        start(talk)
    runtime.transact(talk.applicant, withdraw, application_id=talk.number)
    receipt = ask_again(talk)
    assert not stored(runtime, receipt.ref).referred
    with pytest.raises(Conflict, match="asked again already"):
        start(talk)
    applicant = Actor(ActorKind.APPLICANT, receipt.ref)
    runtime.transact(applicant, withdraw, application_id=receipt.application_id)
    assert start(talk)


def test_it_takes_an_open_round_and_ones_own_case(talk: Talk) -> None:
    stranger = Actor(ActorKind.APPLICANT, talk.panel.case())
    with pytest.raises(NotFound):
        talk.runtime.transact(stranger, again.start, application_id=talk.number)
    assert isinstance(talk.runtime.clock, SetClock)
    talk.runtime.clock.advance(dt.timedelta(days=120))
    with pytest.raises(RoundClosed):
        start(talk)


def test_an_application_from_elsewhere_is_asked_what_it_never_was(sqlite_runtime: Runtime) -> None:
    talk = a_talk(sqlite_runtime)
    answers = person(9, connected="", birth_year="", sort_code="", account_number="", legal_name="")
    receipt = apply(sqlite_runtime, answers, source=Source.WEB)
    with sqlite_runtime.database.writer.begin() as connection:
        table = Application.__table__  # type: ignore[attr-defined]
        connection.execute(
            table.update().where(table.c.id == receipt.application_id).values(source=Source.IMPORT)
        )
    sqlite_runtime.run_due("checks")
    other = declined(Talk(talk.panel, receipt.ref))
    written = draft(other, start(other))
    assert {"2", "4", "9", "10"}.isdisjoint(written.done)
    assert {"1", "5", "6"} <= written.done


def test_erasing_takes_a_form_that_was_begun_from_it_along(talk: Talk) -> None:
    start(talk)
    with talk.runtime.read() as session:
        (begun,) = session.exec(select(Draft)).all()
    talk.runtime.transact(talk.applicant, erasing.ask, application_id=talk.number)
    with talk.runtime.read() as session:
        assert session.exec(select(Draft)).all() == []
        assert session.get(DataKey, begun.data_key_id) is None
    with pytest.raises(NotFound):
        start(talk)


def test_a_sent_application_outlives_the_erasure_of_the_one_before(talk: Talk) -> None:
    receipt = ask_again(talk)
    talk.runtime.transact(talk.applicant, erasing.ask, application_id=talk.number)
    applicant = Actor(ActorKind.APPLICANT, receipt.ref)
    later = Talk(talk.panel, receipt.ref)
    later.write("I am still here")
    talk.runtime.transact(applicant, copying.copy, application_id=receipt.application_id)
    assert later.thread() == ["I am still here"]


def test_a_copy_of_ones_data_holds_the_conversation_and_names_nobody(talk: Talk) -> None:
    receipt = ask_again(talk)
    later = Talk(talk.panel, receipt.ref)
    later.ask("Which month?")
    later.write("March, my friend")
    later.reply("Thank you")
    data = later.runtime.transact(
        later.applicant, lambda tx: copying.gather(tx, tx.session.get(Application, later.number))
    )
    assert [(one["from"], one["words"]) for one in data["messages"]] == [
        ("the fund", "Which month?"),
        ("you", "March, my friend"),
        ("the fund", "Thank you"),
    ]
    assert data["questions_to_you"][0]["ended"] == "answered"
    assert data["asked_again_after"] == talk.ref
    assert "ash@" not in str(data)


def test_drafts_that_ask_again_end_like_others(talk: Talk) -> None:
    start(talk)
    assert isinstance(talk.runtime.clock, SetClock)
    talk.runtime.clock.advance(dt.timedelta(days=8))
    talk.runtime.run_due("drafts")
    with talk.runtime.read() as session:
        assert session.exec(select(Draft).order_by(col(Draft.id))).all() == []
