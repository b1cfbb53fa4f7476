"""Messages to and fro: sealed, once, told of by the safe channel only, and read by whoever may."""

import datetime as dt
import logging

import pytest

from hardship.applications.messages import queries, writing
from hardship.applications.messages.models import Direction
from hardship.applications.owndata import erasing
from hardship.applications.service.reaching import set_safe_contact
from hardship.core.actor import SYSTEM, Actor, ActorKind
from hardship.core.clock import SetClock
from hardship.core.errors import BadInput, Conflict, Forbidden, NotFound
from hardship.core.refs import new_key
from hardship.core.runtime import Runtime
from hardship.review import service as review
from hardship.review.service import Conflicted
from hardship.review.talking import service as talking
from hardship.review.talking import waiting
from tests.integration.applications.helpers import everything_in
from tests.integration.applications.test_secrets import everywhere
from tests.integration.messages.helpers import Talk, a_talk

CANARY = "Zanzibar canary: my landlord called Quillfeather wrote."


@pytest.fixture
def talk(runtime: Runtime) -> Talk:
    return a_talk(runtime)


def test_both_sides_read_what_was_written_and_it_lies_sealed(
    talk: Talk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    talk.write(CANARY)
    talk.reply("Thank you, Quillfeather is noted.")
    assert talk.thread() == talk.thread(Direction.FUND) == [CANARY, "Thank you, Quillfeather is noted."]
    found = everywhere(talk.runtime) + caplog.text.encode()
    assert b"Quillfeather" not in found
    assert b"Zanzibar" not in found


def test_one_form_is_one_message_however_often_it_is_sent(talk: Talk) -> None:
    for _ in range(3):
        talk.write("Once", once="a" * 32)
        talk.reply("And once", once="b" * 32)
    assert talk.thread() == ["Once", "And once"]
    assert len(talk.events("message.from_applicant")) == len(talk.events("message.from_fund")) == 1
    assert len(talk.mails()) == 1


def test_something_else_from_the_same_form_is_another_message(talk: Talk) -> None:
    """Somebody went back, and changed what they had sent."""
    for words in ("I moved", "I moved to Leeds", "I moved"):
        talk.write(words, once="a" * 32)
        talk.reply(words, once="b" * 32)
    assert talk.thread() == ["I moved", "I moved", "I moved to Leeds", "I moved to Leeds"]


def test_one_mail_is_sent_while_there_is_unread_news(talk: Talk) -> None:
    talk.reply("First")
    talk.reply("Second", "bryn")
    assert len(talk.mails()) == 1
    assert talk.look() == 2
    assert talk.look() == 0
    talk.reply("Third")
    assert len(talk.mails()) == 2
    assert [one.template for one in talk.mails()] == ["news", "news"]
    assert len(talk.events("messages.read_by_applicant")) == 1


def test_who_asked_not_to_be_contacted_is_not(runtime: Runtime) -> None:
    talk = a_talk(runtime, safe_contact="none")
    talk.reply("You will see this when you look")
    assert talk.mails() == []
    assert talk.thread() == ["You will see this when you look"]


def test_a_message_marks_the_case_until_somebody_reads_it(talk: Talk) -> None:
    before = talk.case
    assert before.message_at is None
    talk.write("I moved")
    marked = talk.case
    assert marked.message_at == marked.changed_at == talk.runtime.clock.now()
    assert marked.version > before.version
    assert talk.read() == 1
    assert talk.case.message_at is None
    with talk.runtime.read() as session:
        assert queries.unread(session, talk.number, Direction.APPLICANT) == 0


def test_a_case_given_to_somebody_stays_marked_until_they_have_read_or_a_colleague_answered(
    talk: Talk,
) -> None:
    bryn = int(talk.panel["bryn"].id)
    talk.runtime.transact(talk.panel["lead"], review.assign, application_id=talk.number, staff_id=bryn)
    talk.write("I moved")
    with talk.runtime.read() as session:
        assert waiting.count_messages(session, bryn, mine=True) == 1
        assert waiting.count_messages(session, int(talk.panel["ash"].id), mine=False) == 0
        assert [one.mine for one in waiting.with_messages(session, bryn)] == [True]
    talk.read("ash")
    assert talk.case.message_at is not None
    talk.read("bryn")
    assert talk.case.message_at is None
    talk.write("And again")
    talk.reply("Blind", "ash")  # has not read the second one
    assert talk.case.message_at is not None
    talk.read("ash")
    talk.reply("Seen", "ash")
    assert talk.case.message_at is None


def test_each_reading_by_staff_is_one_event_and_looking_again_is_none(talk: Talk) -> None:
    talk.write("One")
    talk.write("Two")
    assert [talk.read(), talk.read(), talk.read("bryn")] == [2, 0, 2]
    talk.reply("Three")
    assert talk.read() == 0  # one's own words are not news
    assert talk.read("bryn") == 1
    talk.write("Four")
    assert talk.read() == 1
    found = [(one["actor"]["id"], one["facts"]["messages"]) for one in talk.events("messages.read")]
    ash, bryn = talk.panel["ash"].id, talk.panel["bryn"].id
    assert found == [(ash, 2), (bryn, 2), (bryn, 1), (ash, 1)]


@pytest.mark.parametrize("who", ["auditor", "finance", "approver", "admin"])
def test_who_is_not_of_the_panel_neither_reads_nor_writes(talk: Talk, who: str) -> None:
    talk.write("Private")
    before = everything_in(talk.runtime)
    for use_case in (lambda: talk.read(who), lambda: talk.reply("Hello", who)):
        with pytest.raises(Forbidden):
            use_case()
    assert everything_in(talk.runtime) == before


def test_somebody_with_a_conflict_sees_nothing(talk: Talk) -> None:
    talk.write("Private")
    talk.runtime.transact(talk.panel["ash"], review.declare_conflict, application_id=talk.number)
    before = everything_in(talk.runtime)
    for use_case in (talk.read, lambda: talk.reply("Hello")):
        with pytest.raises(Conflicted):
            use_case()
    assert everything_in(talk.runtime) == before
    with talk.runtime.read() as session:
        ash = int(talk.panel["ash"].id)
        assert waiting.with_messages(session, ash) == []
        assert waiting.count_messages(session, ash, mine=False) == 0


def test_nobody_writes_as_the_applicant_but_they(talk: Talk) -> None:
    other = talk.panel.case()
    for actor, refusal in (
        (Actor(ActorKind.APPLICANT, other), NotFound),
        (talk.panel["lead"], Forbidden),
        (SYSTEM, Forbidden),
    ):
        with pytest.raises(refusal):
            talk.runtime.transact(
                actor, writing.write, application_id=talk.number, words="Not mine", once=new_key()
            )
        with pytest.raises((NotFound, Forbidden)):
            talk.runtime.transact(
                Actor(ActorKind.APPLICANT, other), writing.read_by_applicant, application_id=talk.number
            )
    assert talk.thread() == []


@pytest.mark.parametrize("words", ["", " \n\u202e\x00 ", "x" * (writing.MAX_WORDS + 1)])
def test_nothing_and_too_much_are_refused_and_change_nothing(talk: Talk, words: str) -> None:
    before = everything_in(talk.runtime)
    with pytest.raises(BadInput) as refused:
        talk.write(words)
    assert refused.value.where == "words"
    assert everything_in(talk.runtime) == before


def test_many_unread_messages_wait_for_a_reader(sqlite_runtime: Runtime) -> None:
    talk = a_talk(sqlite_runtime)
    for number in range(writing.MOST_UNREAD):
        talk.write(f"Message {number}")
    with pytest.raises(Conflict, match="not read your last messages"):
        talk.write("One too many")
    talk.read()
    talk.write("Now it goes")
    assert len(talk.thread()) == writing.MOST_UNREAD + 1


def test_a_forged_mark_is_replaced_and_never_trusted(sqlite_runtime: Runtime) -> None:
    talk = a_talk(sqlite_runtime)
    for once in ("", "'; DROP TABLE message; --", "x" * 500):
        assert talk.write("Hello", once=once).once != once
    assert len(talk.thread()) == 3


def test_after_erasure_words_are_gone_and_nobody_writes(talk: Talk) -> None:
    talk.write(CANARY)
    talk.reply("We have it")
    talk.runtime.transact(talk.applicant, erasing.ask, application_id=talk.number)
    assert talk.thread() == talk.thread(Direction.FUND) == []
    with talk.runtime.read() as session:
        assert [one.words for one in queries.thread(session, talk.number)] == [None, None]
    with pytest.raises(NotFound):
        talk.write("Still there?")
    with pytest.raises(NotFound):
        talk.reply("Still there?")


def test_news_goes_where_it_is_safe_now(talk: Talk) -> None:
    talk.runtime.transact(
        talk.applicant,
        set_safe_contact,
        application_id=talk.number,
        safe_contact="sms",
        phone="07700 900456",
    )
    talk.reply("Hello")
    assert [one.kind.value for one in talk.mails()] == ["text"]
    assert isinstance(talk.runtime.clock, SetClock)
    talk.look()
    talk.runtime.transact(talk.applicant, set_safe_contact, application_id=talk.number, safe_contact="none")
    talk.runtime.clock.advance(dt.timedelta(days=1))
    talk.reply("Hello again")
    assert talk.mails() == []  # and what waited is deleted


def test_a_form_that_sent_a_message_does_not_ask(talk: Talk) -> None:
    message = talk.reply("Hello", once="c" * 32)
    talk.open()
    with pytest.raises(Conflict):
        talk.runtime.transact(
            talk.panel["ash"],
            talking.ask,
            application_id=talk.number,
            words="Hello",
            wants=talking.Wants.ANSWER,
            once=message.once,
        )
