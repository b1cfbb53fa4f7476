"""Text messages: a real gateway gets each of them once, they say nothing but that there is news, and numbers stay sealed."""

import datetime as dt
import json
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import text

from hardship.applications.models import SafeContact
from hardship.applications.owndata import recovering
from hardship.applications.service.reaching import set_safe_contact, tell
from hardship.applications.service.states import lock_application
from hardship.config import from_environment
from hardship.core.actor import PUBLIC, SYSTEM, Actor, ActorKind, Role, operator
from hardship.core.clock import SetClock
from hardship.core.errors import BadInput
from hardship.core.models import Channel, OutboxMail
from hardship.core.runtime import Runtime, Transaction
from hardship.jobs.mails import DELAYS, MOST_TRIES, outbox, standing
from hardship.jobs.setup_checks import texts as checked
from hardship.jobs.texts import NOT_REACHED, gateway_of
from hardship.staff import proposals
from hardship.staff.service import add
from tests.integration.applications.helpers import Command, apply, load, person
from tests.support.sms_gateway import Gateway, running

NUMBER = "+447700900123"


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    """A running gateway."""
    with running(Gateway()) as one:
        yield one


@pytest.fixture
def sending(runtime: Runtime, gateway: Gateway) -> Runtime:
    """A runtime with a fund that sends through the gateway."""
    load(runtime)
    runtime.settings = replace(runtime.settings, sms_url=gateway.url)
    return runtime


def asks(runtime: Runtime, number: int = 1, phone: str = NUMBER, language: str = "en") -> str:
    """Somebody for whom a text message is safe; returns the reference."""
    answers = person(number, phone=phone)
    ref = apply(runtime, answers, safe_contact=SafeContact.SMS).ref
    with runtime.database.writer.begin() as connection:
        wanted = {"language": language, "ref": ref}
        connection.execute(text("UPDATE application SET language = :language WHERE ref = :ref"), wanted)
    return ref


def told(runtime: Runtime, ref: str) -> None:
    """There is news for them."""
    runtime.transact(SYSTEM, lambda tx: tell(tx, lock_application(tx, ref)))


def stored(runtime: Runtime) -> list[OutboxMail]:
    """The outbox."""
    with runtime.read() as session:
        return outbox(session)


def later(runtime: Runtime, by: dt.timedelta) -> None:
    """Let time pass."""
    assert isinstance(runtime.clock, SetClock)
    runtime.clock.advance(by)


def test_whoever_chose_texts_gets_one_to_their_number_and_no_mail(sending: Runtime, gateway: Gateway) -> None:
    told(sending, asks(sending))
    assert [mail.kind for mail in stored(sending)] == [Channel.TEXT]
    assert b"7700" not in (stored(sending)[0].address or b"")
    assert sending.run_due("texts") == 1
    assert sending.run_due("texts") == 0
    headers, body = gateway.asked[0]
    assert body["to"] == NUMBER
    assert body["key"] == headers["idempotency-key"] == stored(sending)[0].ref
    assert [standing(mail) for mail in stored(sending)] == ["sent"]
    assert stored(sending)[0].address is None
    assert len(gateway.asked) == 1


@pytest.mark.parametrize(("language", "said"), [("en", "There is news for you"), ("ro", "Ai vesti")])
def test_a_text_says_only_that_there_is_news(
    sending: Runtime, gateway: Gateway, language: str, said: str
) -> None:
    told(sending, asks(sending, language=language))
    sending.run_due("texts")
    body = gateway.asked[0][1]
    assert set(body) == {"to", "text", "key", "from"}
    assert body["text"] == f"Lane Support. {said}: http://localhost:8000/status"
    assert body["from"] == "Lane"
    telling = r"grant|award|hardship|approv|declin|appl|money|fund|maya|person|ajutor|bani|cerere"
    assert not re.search(telling, f"{body['text']} {body['from']}", re.IGNORECASE)


def test_without_a_number_or_a_channel_nothing_is_queued(sending: Runtime) -> None:
    told(sending, apply(sending, person(1)).ref)  # "do not contact me"
    ref = asks(sending, 2)
    me = Actor(ActorKind.APPLICANT, ref)
    with sending.read() as session:
        number = session.connection().execute(text("SELECT id FROM application WHERE ref = :r"), {"r": ref})
        case = int(number.scalar_one())
    sending.transact(me, set_safe_contact, application_id=case, safe_contact="none")
    told(sending, ref)
    assert stored(sending) == []


def test_a_number_that_is_not_safe_any_more_is_forgotten_with_what_waits(sending: Runtime) -> None:
    ref = asks(sending)
    told(sending, ref)

    def change(tx: Transaction) -> None:
        case = lock_application(tx, ref).id or 0
        set_safe_contact(tx, application_id=case, safe_contact="email", email="own@example.org")

    sending.transact(Actor(ActorKind.APPLICANT, ref), change)
    assert stored(sending) == []
    told(sending, ref)
    assert [mail.kind for mail in stored(sending)] == [Channel.MAIL]


def test_without_a_gateway_texts_are_kept_and_listed(
    runtime: Runtime, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    load(runtime)
    told(runtime, asks(runtime))
    assert runtime.run_due("texts", "mails") == 0
    command = Command(runtime, capsys, monkeypatch)
    _, said, _ = command("outbox", "list", "--json")
    listed = json.loads(said)
    assert [(one["kind"], one["state"], one["attempts"]) for one in listed["mails"]] == [
        ("text", "waiting", 0)
    ]
    assert listed["texting"] is False
    assert "SMS_URL is not set" in command("outbox", "list")[1]
    assert checked(runtime) == (True, "SMS_URL is not set: 1 text messages are kept in the outbox")


def test_an_answer_that_is_lost_is_asked_for_again_with_the_same_key(
    sending: Runtime, gateway: Gateway
) -> None:
    """The gateway took the message, and nobody knows: the next try is the same one, so it is sent once."""
    gateway.deaf_once = True
    told(sending, asks(sending))
    assert sending.run_due("texts") == 1
    assert (stored(sending)[0].attempts, stored(sending)[0].failed) == (1, NOT_REACHED)
    assert sending.run_due("texts") == 0  # not before its time
    later(sending, DELAYS[0])
    assert sending.run_due("texts") == 1
    assert standing(stored(sending)[0]) == "sent"
    assert len(gateway.asked) == 2
    assert len(gateway.sent) == 1


def test_a_no_for_good_ends_the_tries_and_names_nobody(sending: Runtime, gateway: Gateway) -> None:
    """The others are sent; a refused token, too many at once or a fault of the gateway is tried again."""
    gateway.answers = {"901": 422, "902": 429, "903": 500, "904": 401}
    for end in range(901, 906):
        told(sending, asks(sending, end, f"07700 900{end}"))
    sending.run_due("texts")
    found = stored(sending)
    assert [standing(mail) for mail in found] == ["given_up", "waiting", "waiting", "waiting", "sent"]
    assert [mail.failed for mail in found] == [
        "refused for good (422)",
        "the gateway answered 429",
        "the gateway answered 500",
        "the gateway answered 401",
        "",
    ]
    gateway.answers = {}
    later(sending, DELAYS[0])
    assert sending.run_due("texts") == 3
    assert [standing(mail) for mail in stored(sending)] == ["given_up", *["sent"] * 4]
    assert checked(sending) == (False, "127.0.0.1, 1 waiting, 1 given up")


def test_a_gateway_that_is_away_is_not_asked_for_ever(sending: Runtime) -> None:
    """And the rest of those that are due is not tried into the void."""
    with running(Gateway()) as gone:
        pass
    sending.settings = replace(sending.settings, sms_url=gone.url)
    told(sending, asks(sending))
    for _ in range(MOST_TRIES + 2):
        sending.run_due("texts")
        later(sending, DELAYS[-1])
    assert (standing(stored(sending)[0]), stored(sending)[0].attempts) == ("given_up", MOST_TRIES)


def test_the_token_goes_along_and_is_shown_nowhere(sending: Runtime, gateway: Gateway) -> None:
    gateway.token = "tell-nobody"  # noqa: S105 — a test's
    sending.settings = replace(sending.settings, sms_token=gateway.token)
    told(sending, asks(sending))
    sending.run_due("texts")
    assert [standing(mail) for mail in stored(sending)] == ["sent"]
    assert "tell-nobody" not in repr(sending.settings) + repr(gateway_of(sending.settings))


def test_an_erased_person_gets_no_text(sending: Runtime, gateway: Gateway) -> None:
    told(sending, asks(sending))
    with sending.database.writer.begin() as connection:
        connection.execute(text("UPDATE data_key SET wrapped = NULL"))
    assert sending.run_due("texts") == 0
    assert gateway.asked == []
    assert [standing(mail) for mail in stored(sending)] == ["given_up"]


@pytest.mark.parametrize(
    "url",
    [
        "gateway.example.org",
        "ftp://gateway.example.org",
        "https://",
        "https://me:key@host/",
        "https://[",
        "https://host/ä",
        "https://host/a b",
    ],
)
def test_a_gateway_that_cannot_be_meant_is_told(sqlite_runtime: Runtime, url: str) -> None:
    with pytest.raises(BadInput, match="not a gateway's address") as refused:
        gateway_of(replace(sqlite_runtime.settings, sms_url=url))
    assert refused.value.where == "SMS_URL"
    assert "key@" not in str(refused.value)


def test_numbers_never_leave_the_machine_unencrypted(sqlite_runtime: Runtime) -> None:
    with pytest.raises(BadInput, match="unencrypted"):
        gateway_of(replace(sqlite_runtime.settings, sms_url="http://gateway.example.org/"))
    assert gateway_of(replace(sqlite_runtime.settings, sms_url="https://g.example.org")).port == 443


def test_a_token_of_two_lines_is_refused_without_being_quoted() -> None:
    with pytest.raises(BadInput, match="not a key") as refused:
        from_environment({"SMS_TOKEN": "one\r\nX-Other: two"})
    assert "one" not in f"{refused.value.what} {refused.value.fix.partition(',')[0]}"


def test_the_word_of_a_lost_claim_code_comes_by_text_where_that_is_safe(
    sending: Runtime, gateway: Gateway
) -> None:
    """In the person's language, one message, and with the pickup code it opens the case again."""
    ref = asks(sending, language="ro")
    worker, lead = (
        Actor(
            ActorKind.STAFF,
            str(sending.transact(operator(), add, f"{role.value}@example.org", (role,)).id),
            frozenset({role}),
        )
        for role in (Role.REVIEWER, Role.LEAD)
    )
    asked = sending.transact(PUBLIC, recovering.ask, reference=ref, told={"phone": NUMBER})
    sending.transact(worker, recovering.propose_it, ref=asked.ref)
    with sending.read() as session:
        (waiting,) = proposals.waiting(session, recovering.KIND)
    sending.transact(lead, proposals.approve, ref=waiting.ref)
    sending.run_due("texts")
    ((_, body),) = gateway.asked
    found = re.search(r"Cuvantul tau: (\S+)", body["text"])
    assert found
    assert len(body["text"]) <= 160
    typed = {"ref": asked.ref, "pickup": asked.pickup, "word": found[1]}
    assert (sending.transact(PUBLIC, recovering.collect, **typed) or ("",))[0] == ref
