"""An answer and a withdrawal, two answers, an answer and the end of its time: at the same instant, in real processes."""

import datetime as dt

from hardship.applications.messages import asking, writing
from hardship.applications.messages.models import Ending
from hardship.applications.service import withdraw
from hardship.applications.transitions import ApplicationState
from hardship.core.actor import Actor
from hardship.core.clock import SetClock
from hardship.core.runtime import Runtime
from tests.integration.awards.rivals import at_once
from tests.integration.messages.helpers import a_talk
from tests.integration.messages.test_questions import states

S = ApplicationState


def act(runtime: Runtime, what: str, actor: Actor, number: int, once: str) -> str:
    """One of the things that happen at once."""
    if what == "answer":
        runtime.transact(actor, writing.write, application_id=number, words="March", once=once)
    elif what == "withdraw":
        runtime.transact(actor, withdraw, application_id=number)
    else:
        asking.end_due(runtime)
    return what


def test_an_answer_and_a_withdrawal_at_once_both_stand(runtime: Runtime) -> None:
    talk = a_talk(runtime)
    talk.ask("Which month?")
    done = at_once(
        runtime, act, [(what, talk.applicant, talk.number, "a" * 32) for what in ("answer", "withdraw")]
    )
    assert sorted(done) == ["answer", "withdraw"]
    assert talk.case.state is S.WITHDRAWN
    assert talk.thread() == ["Which month?", "March"]
    answered = states(talk) == ["info_requested", "in_review", "withdrawn"]
    question = talk.question()
    assert question
    assert (question.ending is Ending.ANSWERED) == answered
    assert answered or states(talk) == ["info_requested", "withdrawn"]


def test_two_answers_and_a_double_click_at_once_bring_it_back_once(runtime: Runtime) -> None:
    talk = a_talk(runtime)
    talk.ask("Which month?")
    marks = ("a" * 32, "a" * 32, "b" * 32)
    done = at_once(runtime, act, [("answer", talk.applicant, talk.number, once) for once in marks])
    assert done == ["answer"] * 3
    assert talk.thread() == ["Which month?", "March", "March"]
    assert states(talk) == ["info_requested", "in_review"]


def test_an_answer_in_the_last_instant_and_two_workers_end_it_once(runtime: Runtime) -> None:
    talk = a_talk(runtime)
    talk.ask("Which month?")
    assert isinstance(runtime.clock, SetClock)
    runtime.clock.advance(dt.timedelta(days=14))
    done = at_once(
        runtime,
        act,
        [(what, talk.applicant, talk.number, "a" * 32) for what in ("answer", "worker", "worker")],
    )
    assert sorted(done) == ["answer", "worker", "worker"]
    assert states(talk) == ["info_requested", "in_review"]
    assert talk.thread() == ["Which month?", "March"]
