"""A question to the applicant: the case waits, is reminded of, answered or not, and never sticks."""

import datetime as dt

import pytest

from hardship.applications.evidence import service as evidence
from hardship.applications.messages import asking
from hardship.applications.messages.doctor import questions_end
from hardship.applications.messages.models import Ending, Wants
from hardship.applications.owndata import erasing
from hardship.applications.service import lock_application, transition, withdraw
from hardship.applications.transitions import ApplicationEvent, ApplicationState
from hardship.audit.verify import verify
from hardship.core.actor import SYSTEM
from hardship.core.clock import SetClock
from hardship.core.errors import BadInput, Conflict, Forbidden
from hardship.core.runtime import Runtime
from hardship.review import service as review
from hardship.review.models import Outcome
from hardship.review.service import Conflicted
from hardship.review.talking import service as talking
from hardship.review.talking import waiting
from tests.integration.applications.helpers import Command, everything_in
from tests.integration.messages.helpers import Talk, a_talk

S = ApplicationState


@pytest.fixture
def talk(runtime: Runtime) -> Talk:
    return a_talk(runtime)


def states(talk: Talk) -> list[str]:
    """The states that the log saw, from the review on."""
    kinds = (
        "application.info_requested",
        "application.answered",
        "application.unanswered",
        "application.withdrawn",
    )
    return [one["facts"]["state"] for one in talk.events(*kinds)]


def pass_days(talk: Talk, days: float) -> None:
    assert isinstance(talk.runtime.clock, SetClock)
    talk.runtime.clock.advance(dt.timedelta(days=days))
    talk.runtime.run_due("question reminders", "questions")


def test_a_question_waits_for_its_answer_and_the_answer_brings_the_case_back(talk: Talk) -> None:
    asked = talk.ask("Which month was your last pay?")
    assert talk.case.state is S.INFO_REQUESTED
    assert asked.due_at - talk.runtime.clock.now() == dt.timedelta(days=14)
    assert asked.told
    assert len(talk.mails()) == 1
    with pytest.raises(Conflict):
        talk.panel.vote("bryn", talk.ref)
    talk.write("March")
    assert talk.case.state is S.IN_REVIEW
    question = talk.question()
    assert question
    assert (question.ending, question.closed_at) == (Ending.ANSWERED, talk.runtime.clock.now())
    assert talk.thread() == ["Which month was your last pay?", "March"]
    assert states(talk) == ["info_requested", "in_review"]
    assert talk.panel.approve(talk.ref).state is S.APPROVED
    with talk.runtime.read() as session:
        assert verify(session, talk.runtime.vault).ok


def test_a_second_answer_is_a_message_and_no_second_change(talk: Talk) -> None:
    talk.ask("Which month?")
    talk.write("March")
    talk.write("No, April")
    assert states(talk) == ["info_requested", "in_review"]
    assert talk.thread()[-1] == "No, April"


def test_half_way_they_are_reminded_once_and_in_the_end_it_goes_on_without(talk: Talk) -> None:
    talk.ask("Which month?")
    talk.look()
    pass_days(talk, 6.9)
    assert len(talk.mails()) == 1
    pass_days(talk, 0.2)
    pass_days(talk, 1)
    assert len(talk.mails()) == 2
    assert len(talk.events("application.question_reminded")) == 1
    pass_days(talk, 5.9 - 0.1)
    assert talk.case.state is S.INFO_REQUESTED
    pass_days(talk, 0.2)
    assert talk.case.state is S.IN_REVIEW
    question = talk.question()
    assert question
    assert question.ending is Ending.NO_ANSWER
    assert states(talk) == ["info_requested", "in_review"]
    assert talk.events("application.unanswered")[0]["actor"] == {"kind": "system"}
    talk.write("Sorry, it was March")  # late words are read all the same
    assert talk.case.message_at is not None
    assert states(talk) == ["info_requested", "in_review"]


def test_who_has_no_safe_channel_is_not_reminded_and_the_case_still_comes_back(runtime: Runtime) -> None:
    talk = a_talk(runtime, safe_contact="none")
    assert not talk.ask("Which month?").told
    pass_days(talk, 8)
    assert talk.mails() == []
    assert talk.events("application.question_reminded") == []
    pass_days(talk, 7)
    assert talk.case.state is S.IN_REVIEW


def test_the_time_to_answer_is_a_setting(sqlite_runtime: Runtime) -> None:
    import dataclasses

    sqlite_runtime.settings = dataclasses.replace(sqlite_runtime.settings, answer_days=4)
    talk = a_talk(sqlite_runtime)
    talk.ask("Which month?")
    pass_days(talk, 2)
    assert len(talk.mails()) == 2
    pass_days(talk, 2)
    assert talk.case.state is S.IN_REVIEW


def test_the_doctor_finds_a_case_that_waits_for_nothing_or_for_too_long(sqlite_runtime: Runtime) -> None:
    talk = a_talk(sqlite_runtime)
    stuck = talk.panel.case()

    def problems() -> list[str]:
        with sqlite_runtime.read() as session:
            return questions_end(session, sqlite_runtime)

    talk.ask("Which month?")
    assert problems() == []
    assert isinstance(sqlite_runtime.clock, SetClock)
    sqlite_runtime.clock.advance(dt.timedelta(days=15, hours=1))
    assert [talk.ref in one for one in problems()] == [True]
    sqlite_runtime.run_due("questions")
    assert problems() == []
    sqlite_runtime.transact(
        SYSTEM,
        lambda tx: transition(
            tx, lock_application(tx, stuck), ApplicationEvent.REQUEST_INFO, "application.info_requested"
        ),
    )
    assert problems() == [f"application {stuck} waits for an answer to no question"]


def test_a_taken_back_or_erased_case_is_left_alone(talk: Talk) -> None:
    talk.ask("Which month?")
    talk.runtime.transact(talk.applicant, withdraw, application_id=talk.number)
    talk.write("I changed my mind")
    erased = Talk(talk.panel, talk.panel.case())
    erased.ask("Which month?")
    erased.runtime.transact(erased.applicant, erasing.ask, application_id=erased.number)
    pass_days(talk, 20)
    for one in (talk, erased):
        assert one.case.state is S.WITHDRAWN
        assert states(one) == ["info_requested", "withdrawn"]
        assert one.events("application.question_reminded") == []
        question = one.question()
        assert question
        assert question.ending is None


def test_only_a_case_in_review_that_one_has_opened_can_be_asked_about(talk: Talk) -> None:
    before = everything_in(talk.runtime)
    arguments = {"application_id": talk.number, "words": "Which?", "wants": Wants.ANSWER, "once": "d" * 32}
    with pytest.raises(Conflict, match="not opened"):
        talk.runtime.transact(talk.panel["ash"], talking.ask, **arguments)
    for who in ("auditor", "finance", "admin"):
        with pytest.raises(Forbidden):
            talk.runtime.transact(talk.panel[who], talking.ask, **arguments)
    assert everything_in(talk.runtime) == before
    with pytest.raises(BadInput):
        talk.ask(" ")
    assert talk.case.state is S.IN_REVIEW
    talk.ask("Which?")
    with pytest.raises(Conflict, match="not in review"):
        talk.ask("And which else?", who="bryn")
    talk.runtime.transact(talk.panel["cam"], review.declare_conflict, application_id=talk.number)
    with pytest.raises(Conflicted):
        talk.ask("Which?", who="cam")
    assert talk.thread() == ["Which?"]


def test_one_form_is_one_question(talk: Talk) -> None:
    first = talk.ask("Which?", once="e" * 32)
    assert talk.ask("Which?", once="e" * 32) == first
    assert talk.thread() == ["Which?"]
    assert states(talk) == ["info_requested"]


def test_a_document_or_a_correction_ends_only_the_question_for_it(talk: Talk) -> None:
    def bring(wants: Wants) -> bool:
        return talk.runtime.transact(
            SYSTEM, lambda tx: asking.supplied(tx, lock_application(tx, talk.ref), wants)
        )

    assert not bring(Wants.EVIDENCE)
    talk.ask("Have you a letter?", Wants.EVIDENCE)
    assert not bring(Wants.DETAILS)
    assert talk.case.state is S.INFO_REQUESTED
    assert bring(Wants.EVIDENCE)
    assert not bring(Wants.EVIDENCE)
    question = talk.question()
    assert question
    assert question.ending is Ending.EVIDENCE
    assert states(talk) == ["info_requested", "in_review"]


def test_a_document_that_comes_in_answers_the_question_for_one(talk: Talk) -> None:
    talk.ask("Have you a letter?", Wants.EVIDENCE)
    talk.runtime.transact(
        talk.applicant, evidence.keep, application_id=talk.number, pages=[b"a page"], once="f" * 32
    )
    assert talk.case.state is S.IN_REVIEW
    assert talk.case.changed_at == talk.runtime.clock.now()


def test_a_vote_given_before_stays_and_its_voter_is_told(talk: Talk) -> None:
    talk.panel.vote("ash", talk.ref)
    assert isinstance(talk.runtime.clock, SetClock)
    talk.runtime.clock.advance(dt.timedelta(hours=1))
    talk.ask("Which month?", who="bryn")
    talk.runtime.clock.advance(dt.timedelta(hours=1))
    talk.write("March")
    ash, bryn = (int(talk.panel[name].id) for name in ("ash", "bryn"))
    with talk.runtime.read() as session:
        assert [one.ref for one in waiting.changed(session, ash)] == [talk.ref]
        assert (waiting.count_changed(session, ash), waiting.count_changed(session, bryn)) == (1, 0)
    talk.runtime.clock.advance(dt.timedelta(hours=1))
    talk.panel.vote("ash", talk.ref)  # looked again
    with talk.runtime.read() as session:
        assert waiting.count_changed(session, ash) == 0
    assert talk.panel.vote("bryn", talk.ref).state is S.APPROVED


def test_a_vote_on_a_page_from_before_the_answer_is_stopped(talk: Talk) -> None:
    talk.ask("Which month?")
    seen = talk.case.version
    talk.write("March")
    with pytest.raises(review.Changed):
        talk.runtime.transact(
            talk.panel["ash"],
            review.vote,
            application_id=talk.number,
            outcome=Outcome.APPROVE,
            reason=review.ReasonCode.MEETS_POLICY,
            seen_version=seen,
        )


def test_the_command_asks_and_says_until_when(
    runtime: Runtime, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    talk, command = a_talk(runtime), Command(runtime, capsys, monkeypatch)
    told = ("review", "ask", talk.ref, "--question", "Which month?", "--as", "ash@example.org")
    status, out, err = command(*told)
    assert (status, err) == (0, "")
    assert out == f"{talk.ref}: asked, answer by 2020-04-15, told that there is news\n"
    assert talk.case.state is S.INFO_REQUESTED
    status, out, err = command(*told, "--json")
    assert status == 2
    assert "not in review" in out
    assert "Traceback" not in err
    status, _, err = command("review", "ask", talk.ref, "--question", "X", "--as", "auditor@example.org")
    assert (status, err.count("\n")) == (2, 1)
