"""Discretion: the way out, safe contact asked again, and the language that stays. What holds on every page: `test_every_page.py`."""

import datetime as dt
import re

import pytest
from flask.testing import FlaskClient
from sqlmodel import select

from hardship.applications import drafts
from hardship.applications.answers import FIELDS
from hardship.applications.models import Application, ApplicationToken
from hardship.applications.queries import answers_of, by_ref
from hardship.applications.service import open_answers, transition
from hardship.applications.service.reaching import is_asked_again, set_safe_contact
from hardship.applications.service.states import lock_application
from hardship.applications.transitions import ApplicationEvent
from hardship.core.actor import PUBLIC, SYSTEM, Actor, ActorKind
from hardship.core.clock import SetClock
from hardship.core.errors import BadInput, NotFound
from hardship.core.models import OutboxMail
from hardship.core.outbox import enqueue_news
from hardship.core.runtime import Runtime, Transaction
from hardship.funds.document import read_document
from hardship.funds.service import load_fund
from hardship.jobs.mails import Letter, message, server_of
from tests.integration.applications.helpers import FUND, apply, bodies, hidden, load, person, stored
from tests.integration.applications.test_journey import STEPS, app_over, begin, page, post, send, write

NEUTRAL = "https://www.example.org/news"
TELLING = re.compile(
    r"hardship|grant|money|\bhelp\b|fund|emergency|\bbani|ajutor|fond\b|sex|loss|poverty|benefit",
    re.IGNORECASE,
)


@pytest.fixture
def client(sqlite_runtime: Runtime) -> FlaskClient:
    load(sqlite_runtime)
    return app_over(sqlite_runtime).test_client()


def speak(client: FlaskClient, code: str) -> None:
    client.get("/status", query_string={"lang": code})


def signed_in(client: FlaskClient, ref: str, code: str) -> None:
    assert post(client, "/status", {"reference": ref, "claim_code": code}).location == "/status/case"


# --- The way out ---


def with_exit(runtime: Runtime, address: str) -> None:
    text = FUND.format(bank_details="choice").replace(
        'currency = "GBP"', f'currency = "GBP"\nexit_to = "{address}"'
    )
    runtime.transact(SYSTEM, load_fund, document=read_document(text.encode(), "fund.toml"))


def test_the_way_out_leads_where_the_fund_says(sqlite_runtime: Runtime) -> None:
    with_exit(sqlite_runtime, NEUTRAL)
    client = app_over(sqlite_runtime).test_client()
    answer = client.get("/exit")
    assert (answer.status_code, answer.location) == (303, NEUTRAL)
    assert answer.headers["Clear-Site-Data"] == '"cache", "cookies", "storage"'
    assert answer.headers["Cache-Control"] == "no-store"


def test_without_a_word_from_the_fund_it_is_the_instances_own(
    client: FlaskClient, sqlite_runtime: Runtime
) -> None:
    assert client.get("/exit").location == sqlite_runtime.settings.leave_to


@pytest.mark.parametrize(
    "address", ["http://example.org", "javascript:alert(1)", "/apply", "https://", "https://[", "https://a b"]
)
def test_a_way_out_that_leads_nowhere_harmless_is_refused(address: str) -> None:
    text = FUND.format(bank_details="choice").replace(
        'currency = "GBP"', f'currency = "GBP"\nexit_to = "{address}"'
    )
    with pytest.raises(BadInput) as refused:
        read_document(text.encode(), "fund.toml")
    assert "exit_to" in refused.value.where


def test_attack_29_after_the_exit_every_page_of_the_person_is_shut(client: FlaskClient) -> None:
    write(client)
    ref, code = send(client)
    signed_in(client, ref, code)
    cookie = client.get_cookie("id")
    assert cookie is not None
    client.get("/exit")
    assert client.get_cookie("id") is None
    client.set_cookie("id", cookie.value)  # a copy of it opens nothing either
    for path in ("/apply/1", "/apply/check", "/apply/sent", "/apply/slip", "/apply/save"):
        assert client.get(path).location == "/apply", path
    for path in ("/status/case", "/status/contact", "/status/bank"):
        assert client.get(path).location == "/status", path


# --- What is taken away ---


def test_the_slip_is_plain_words_under_a_neutral_name(client: FlaskClient) -> None:
    write(client)
    ref, code = send(client)
    answer = client.get("/apply/slip")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="note.txt"'
    assert answer.headers["Cache-Control"] == "no-store"
    text = answer.get_data(as_text=True)
    assert ref in text
    assert code in text
    assert text.isprintable() or set(re.sub(r"[ -~]", "", text)) <= {"\n"}
    assert not TELLING.search(text)


def test_there_is_no_slip_before_it_was_sent(client: FlaskClient) -> None:
    assert client.get("/apply/slip").location == "/apply"
    begin(client)
    assert client.get("/apply/slip").status_code == 302


# --- The language stays ---


def test_a_draft_brings_its_language_to_another_phone(client: FlaskClient) -> None:
    speak(client, "ro")
    write(client, {"1": STEPS["1"]})
    code = re.search('id="return-code">([^<]+)<', page(client.get("/apply/save")))
    assert code
    elsewhere = client.application.test_client()
    post(elsewhere, "/apply/return", {"code": code[1]})
    assert '<html lang="ro"' in page(elsewhere.get("/apply/2"))


def test_a_language_chosen_on_the_other_phone_is_stronger(client: FlaskClient) -> None:
    speak(client, "ro")
    write(client, {"1": STEPS["1"]})
    code = re.search('id="return-code">([^<]+)<', page(client.get("/apply/save")))
    assert code
    elsewhere = client.application.test_client()
    speak(elsewhere, "en")
    post(elsewhere, "/apply/return", {"code": code[1]})
    assert '<html lang="en-GB"' in page(elsewhere.get("/apply/2"))


def test_an_application_keeps_the_language_and_news_is_in_it(
    client: FlaskClient, sqlite_runtime: Runtime
) -> None:
    speak(client, "ro")
    write(client)
    ref, code = send(client)
    assert stored(sqlite_runtime, ref).language == "ro"
    elsewhere = client.application.test_client()
    signed_in(elsewhere, ref, code)
    assert "Verificăm dacă a ajuns corect" in page(elsewhere.get("/status/case"))
    speak(elsewhere, "en")
    signed_in(elsewhere, ref, code)
    assert stored(sqlite_runtime, ref).language == "en"
    with sqlite_runtime.read() as session:
        kinds = [one["kind"] for one in bodies(session, f"application:{ref}")]
    assert kinds.count("application.language_chosen") == 1


@pytest.mark.parametrize(
    ("code", "said"), [("en", "There is news for you"), ("ro", "Există noutăți pentru tine")]
)
def test_a_mail_says_no_more_than_that_there_is_news(sqlite_runtime: Runtime, code: str, said: str) -> None:
    load(sqlite_runtime)
    server = server_of("smtp://localhost", "localhost")
    mail = message(sqlite_runtime, server, Letter("maya@example.org", language=code))
    text = mail.get_content()
    assert said in text
    assert mail["Subject"] == "Lane Support"
    assert not TELLING.search(re.sub(r"http\S+", "", text))


# --- Safe contact, asked again ---


def decided(runtime: Runtime, event: ApplicationEvent, **changed: str) -> tuple[Application, str]:
    """Somebody's application after a decision, and its claim code."""
    receipt = apply(runtime, person(1, safe_contact="email", **changed))
    runtime.run_due("checks")
    assert isinstance(runtime.clock, SetClock)
    runtime.clock.advance(dt.timedelta(hours=1))

    def decide(tx: Transaction) -> None:
        transition(tx, lock_application(tx, receipt.ref), event, "application.decided")

    runtime.transact(SYSTEM, decide)
    return stored(runtime, receipt.ref), receipt.claim_code


@pytest.mark.parametrize(
    "event", [ApplicationEvent.DECLINE, ApplicationEvent.APPROVE, ApplicationEvent.REQUEST_INFO]
)
def test_after_each_turn_it_is_asked_whether_the_channel_is_still_safe(
    client: FlaskClient, sqlite_runtime: Runtime, event: ApplicationEvent
) -> None:
    application, code = decided(sqlite_runtime, event)
    signed_in(client, application.ref, code)
    text = page(client.get("/status/case"))
    assert "Is this still safe?" in text
    assert "By e-mail" in text
    assert "person1@example.org" not in text
    unseen = hidden(client, "/status/contact")
    client.post("/status/still-safe", data=unseen)
    assert "Is this still safe?" not in page(client.get("/status/case"))
    assert not is_asked_again(stored(sqlite_runtime, application.ref))


def test_no_contact_is_a_full_choice_that_forgets_the_address_and_stops_what_waits(runtime: Runtime) -> None:
    load(runtime)
    application, _code = decided(runtime, ApplicationEvent.DECLINE)
    mail = runtime.transact(SYSTEM, enqueue_news, application.data_key_id, "person1@example.org", "news")
    assert mail is not None
    actor = Actor(ActorKind.APPLICANT, application.ref)
    runtime.transact(actor, set_safe_contact, application_id=application.id or 0, safe_contact="none")
    with runtime.read() as session:
        assert not session.exec(select(OutboxMail)).all()
        after, row = by_ref(session, application.ref), answers_of(session, application.id or 0)
        assert row is not None
        told = open_answers(runtime.vault.person(session, after.data_key_id), after.ref, row, FIELDS)
        tokens = {one.kind for one in session.exec(select(ApplicationToken)).all()}
        events = [one for one in bodies(session) if one["kind"] == "application.contact_changed"]
    assert "email" not in told
    assert "phone" not in told
    assert after.safe_contact.value == "none"
    assert {"email", "phone"} <= tokens  # a second application is still found
    assert [one["facts"] for one in events] == [{"channel": "none"}]


def test_a_new_address_is_sealed_and_found_again(runtime: Runtime) -> None:
    load(runtime)
    application, _code = decided(runtime, ApplicationEvent.APPROVE)
    actor = Actor(ActorKind.APPLICANT, application.ref)
    new = {"safe_contact": "sms", "phone": "07700 900999"}
    runtime.transact(actor, set_safe_contact, application_id=application.id or 0, **new)
    other = apply(runtime, person(2, phone="+44 7700 900999"))
    with runtime.read() as session:
        found = {
            (one.application_id, one.token)
            for one in session.exec(select(ApplicationToken).where(ApplicationToken.kind == "phone")).all()
        }
    of = lambda number: {token for one, token in found if one == number}  # noqa: E731 — said twice below
    assert of(application.id) & of(other.application_id)


@pytest.mark.parametrize(
    "typed", [{"safe_contact": "pigeon"}, {"safe_contact": "email"}, {"safe_contact": "sms", "phone": "12"}]
)
def test_a_channel_that_cannot_be_changes_nothing(
    client: FlaskClient, sqlite_runtime: Runtime, typed: dict[str, str]
) -> None:
    application, code = decided(sqlite_runtime, ApplicationEvent.APPROVE)
    signed_in(client, application.ref, code)
    assert post(client, "/status/contact", typed).status_code == 422
    assert stored(sqlite_runtime, application.ref).safe_contact.value == "email"


def test_nobody_changes_anothers_channel(runtime: Runtime) -> None:
    load(runtime)
    application, _code = decided(runtime, ApplicationEvent.APPROVE)
    for actor in (Actor(ActorKind.APPLICANT, "AAAA-AAAA"),):
        with pytest.raises(NotFound):
            runtime.transact(actor, set_safe_contact, application_id=application.id or 0, safe_contact="none")
    assert stored(runtime, application.ref).safe_contact.value == "email"


def test_a_draft_begun_without_a_word_on_language_is_english(runtime: Runtime) -> None:
    load(runtime)
    secret = runtime.transact(PUBLIC, drafts.begin, round_id=1)
    with runtime.read() as session:
        found = drafts.read(
            session, runtime.vault, drafts.draft_id(runtime.vault, secret), runtime.clock.now()
        )
    assert found is not None
    assert found.language == "en"
