"""The pages of the conversation, as browsers without JavaScript use them: the applicant's, and the panel's."""

import datetime as dt
import re

import html5lib
import pytest
from flask import Flask
from flask.testing import FlaskClient

from hardship.applications.messages.models import Wants
from hardship.applications.models import SafeContact
from hardship.applications.owndata import erasing
from hardship.applications.service.reaching import speak, still_safe
from hardship.applications.transitions import ApplicationState
from hardship.core.actor import Role
from hardship.core.runtime import Runtime
from hardship.review import service as review
from hardship.review.models import Outcome
from tests.integration.applications.helpers import everything_in, mark_of, token
from tests.integration.applications.test_journey import app_over
from tests.integration.messages.helpers import Talk, a_talk
from tests.integration.messages.test_again import declined
from tests.integration.review.helpers import PASSWORD
from tests.integration.staff.signing import sign_in

S = ApplicationState


@pytest.fixture
def talk(sqlite_runtime: Runtime) -> Talk:
    made = a_talk(sqlite_runtime)
    made.panel.join("dee", Role.REVIEWER, password=PASSWORD)
    return made


@pytest.fixture
def app(talk: Talk) -> Flask:
    return app_over(talk.runtime)


@pytest.fixture
def client(app: Flask, talk: Talk) -> FlaskClient:
    """The applicant's browser."""
    return as_applicant(app, talk.ref)


@pytest.fixture
def staff(app: Flask, talk: Talk) -> FlaskClient:
    """A browser in which dee is signed in."""
    browser = app.test_client()
    sign_in(browser, talk.runtime, "dee@example.org")
    return browser


def as_applicant(app: Flask, ref: str) -> FlaskClient:
    browser = app.test_client()
    with browser.session_transaction() as state:
        state["case"], state["code"] = ref, mark_of(app, ref)
    browser.get("/status/case")
    return browser


def page(client: FlaskClient, path: str, status: int = 200) -> str:
    """A page's text, held to strict HTML."""
    answer = client.get(path, follow_redirects=True)
    assert answer.status_code == status
    return parsed(answer.get_data(as_text=True))


def parsed(text: str) -> str:
    html5lib.HTMLParser(strict=True).parse(text)
    ids = re.findall(r' id="([^"]+)"', text)
    assert {one for one in ids if ids.count(one) > 1} <= {"csrf_token"}
    return text


def send(client: FlaskClient, path: str, **fields: str) -> tuple[int, str]:
    """Fill in the form of a page; returns the page that follows."""
    text = page(client, path)
    once = re.search(r'name="once"[^>]*value="([^"]+)"', text)
    mark = {"once": once[1]} if once else {}
    answer = client.post(
        path, data={"csrf_token": token(client, path)} | mark | fields, follow_redirects=True
    )
    return answer.status_code, parsed(answer.get_data(as_text=True))


def test_every_page_parses_has_its_own_title_and_says_nothing_of_the_fund(
    client: FlaskClient, talk: Talk
) -> None:
    talk.ask("Which month?", Wants.DETAILS)
    titles = set()
    for path in (
        "/status/case",
        "/status/messages",
        "/status/details",
        "/status/details/5",
        "/status/details/7",
    ):
        answer = client.get(path)
        assert answer.headers["Cache-Control"] == "no-store"
        title = re.search(r"<title>([^<]*)", parsed(answer.get_data(as_text=True)))
        assert title
        assert "hardship" not in title[1].lower()
        titles.add(title[1])
    assert len(titles) == 5


def test_a_stranger_sees_none_of_it(app: Flask, talk: Talk) -> None:
    stranger = app.test_client()
    for path in ("/status/messages", "/status/details", "/status/details/5"):
        assert stranger.get(path).headers["Location"] == "/status"
    for path in ("/staff/messages", f"/staff/cases/{talk.ref}/ask", f"/staff/cases/{talk.ref}/message"):
        assert stranger.get(path).status_code in {302, 303, 403}


def test_a_question_is_seen_on_top_and_answered(client: FlaskClient, talk: Talk) -> None:
    talk.ask("Which month was <b>your</b> last pay?")
    shown = page(client, "/status/case")
    assert shown.index("We have a question for you") < shown.index("Step by step")
    assert "&lt;b&gt;your&lt;/b&gt;" in shown
    assert "15 April" in shown
    assert talk.events("messages.read_by_applicant")
    status, after = send(client, "/status/messages", words="March\nand a bit of April")
    assert status == 200
    assert "We have it" in after
    assert "March<br>and a bit of April" in after
    assert "ash@" not in after
    assert talk.case.state is S.IN_REVIEW
    assert "We have a question" not in page(client, "/status/case")


def test_new_messages_are_counted_and_opening_them_reads_them(client: FlaskClient, talk: Talk) -> None:
    talk.reply("One")
    talk.reply("Two")
    assert "You have 2 new messages" in page(client, "/status/case")
    assert page(client, "/status/messages").count("New</strong>") == 2
    assert "New</strong>" not in page(client, "/status/messages")
    assert "new message" not in page(client, "/status/case")


def test_once_erased_the_page_offers_nothing_of_it(client: FlaskClient, talk: Talk) -> None:
    talk.reply("Unread")
    talk.runtime.transact(talk.applicant, erasing.ask, application_id=talk.number)
    shown = page(client, "/status/case")
    for offer in ("new message", "Ask again", "Change what you told us"):
        assert offer not in shown
    assert "Unread" not in page(client, "/status/messages")
    status, after = send(client, "/status/messages", words="Still there?")
    assert status == 422
    assert "were erased" in after
    assert "Still there?" in after


def test_what_cannot_be_sent_stays_in_the_form(client: FlaskClient, talk: Talk) -> None:
    status, after = send(client, "/status/messages", words="")
    assert status == 422
    assert "There is a problem" in after
    long = "A long story. " * 400
    before = everything_in(talk.runtime)["message"]
    status, after = send(client, "/status/messages", words=long)
    assert status == 422
    assert long.strip() in after
    assert everything_in(talk.runtime)["message"] == before == []


def test_going_back_and_sending_again_is_one_message(client: FlaskClient, talk: Talk) -> None:
    for _ in range(2):
        assert send(client, "/status/messages", words="Hello", once="a" * 32)[0] == 200
    assert talk.thread() == ["Hello"]


def test_details_are_listed_and_corrected_and_the_way_back_is_the_list(
    client: FlaskClient, talk: Talk
) -> None:
    shown = page(client, "/status/details")
    for known in ("Mae", "E8", "1990", "£1,200.00", "The bookings stopped overnight."):
        assert known in shown
    for hidden in ("Person Number1", "person1@example.org", "20000001", "202959"):
        assert hidden not in shown
    assert 'value="300' in page(client, "/status/details/5")
    status, after = send(client, "/status/details/5", income_before="1,500", income_now="250.50")
    assert status == 200
    assert "£250.50" in after
    assert "what you changed" in after
    status, after = send(client, "/status/details/5", income_before="1,500", income_now="250.50")
    assert "Nothing was changed" in after
    status, after = send(client, "/status/details/6", reason="rather_not_say")
    assert "I would rather not say" in after
    assert len(talk.events("application.answers_corrected")) == 2


def test_a_wrong_correction_says_so_and_keeps_what_was_typed(client: FlaskClient, talk: Talk) -> None:
    before = everything_in(talk.runtime)["application_answers"]
    for number, fields in (
        ("4", {"birth_year": "19900"}),
        ("3", {"outward_postcode": "Nowhere at all"}),
        ("5", {"income_before": "-5", "income_now": "1"}),
    ):
        status, after = send(client, f"/status/details/{number}", **fields)
        assert status == 422
        assert "There is a problem" in after
        assert next(iter(fields.values())) in after
    for number in ("2", "8", "9", "10", "x"):
        assert client.get(f"/status/details/{number}").status_code == 404
    assert everything_in(talk.runtime)["application_answers"] == before


def test_once_it_is_decided_nothing_is_corrected_any_more(client: FlaskClient, talk: Talk) -> None:
    assert "Change what you told us" in page(client, "/status/case")
    talk.panel.approve(talk.ref)
    assert "Change what you told us" not in page(client, "/status/case")
    for path in ("/status/details", "/status/details/5"):
        assert client.get(path).headers["Location"] == "/status/case"


def test_asking_again_leads_to_the_filled_form_and_twice_to_the_same(client: FlaskClient, talk: Talk) -> None:
    assert "Ask again" not in page(client, "/status/case")
    for who in ("ash", "bryn"):
        talk.panel.vote(who, talk.ref, Outcome.DECLINE)
    assert "Ask again" in page(client, "/status/case")

    def press() -> str:
        answer = client.post(
            "/status/again", data={"csrf_token": token(client, "/status/case")}, follow_redirects=True
        )
        return parsed(answer.get_data(as_text=True))

    first, second = press(), press()
    for shown in (first, second):
        assert "Check what you wrote" in shown
        assert "person1@example.org" in shown
    assert len(everything_in(talk.runtime)["draft"]) == 1
    sent = client.post(
        "/apply/check", data={"csrf_token": token(client, "/apply/check")}, follow_redirects=True
    )
    assert sent.status_code == 200
    assert "asked again already" in press()


# --- The panel ------------------------------------------------------------------------------------------------------


def test_the_queue_the_case_and_the_list_show_a_new_message_until_it_is_read(
    staff: FlaskClient, talk: Talk
) -> None:
    assert "New message" not in page(staff, "/staff/queue")
    talk.write("I moved <script>alert(1)</script>")
    assert "New message" in page(staff, "/staff/queue")
    assert "case has a new message" in page(staff, "/staff/")
    assert talk.ref in page(staff, "/staff/messages")
    assert talk.events("messages.read") == []
    shown = page(staff, f"/staff/cases/{talk.ref}")
    assert "I moved &lt;script&gt;" in shown
    assert "The applicant wrote" in shown
    page(staff, f"/staff/cases/{talk.ref}")
    assert len(talk.events("messages.read")) == 1
    assert "New message" not in page(staff, "/staff/queue")
    assert "No new message" in page(staff, "/staff/messages")


def test_the_panel_answers_and_asks(staff: FlaskClient, client: FlaskClient, talk: Talk) -> None:
    page(staff, f"/staff/cases/{talk.ref}")
    status, after = send(staff, f"/staff/cases/{talk.ref}/message", words="How are you?")
    assert status == 200
    assert "How are you?" in after
    assert "not read yet" in after
    assert "How are you?" in page(client, "/status/messages")
    assert "not read yet" not in page(staff, f"/staff/cases/{talk.ref}")
    status, after = send(staff, f"/staff/cases/{talk.ref}/ask", words="Which month?", wants="details")
    assert "is on the applicant" in after
    assert "waits for an answer until" in after
    assert "Put a question" not in after
    assert talk.case.state is S.INFO_REQUESTED
    assert "/status/details" in page(client, "/status/messages")


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("message", {"words": ""}),
        ("ask", {"words": "Which?"}),
        ("ask", {"words": "x" * 6000, "wants": "answer"}),
    ],
)
def test_what_the_panel_cannot_send_stays_in_the_form(
    staff: FlaskClient, talk: Talk, path: str, fields: dict[str, str]
) -> None:
    page(staff, f"/staff/cases/{talk.ref}")
    before = everything_in(talk.runtime)["message"]
    status, after = send(staff, f"/staff/cases/{talk.ref}/{path}", **fields)
    assert status == 422
    assert "There is a problem" in after
    assert fields["words"] in after
    assert everything_in(talk.runtime)["message"] == before


def test_a_question_that_comes_too_late_keeps_its_words(staff: FlaskClient, talk: Talk) -> None:
    page(staff, f"/staff/cases/{talk.ref}")
    talk.ask("First")
    status, after = send(staff, f"/staff/cases/{talk.ref}/ask", words="Second", wants="answer")
    assert status == 422
    assert "not in review" in after
    assert "Second" in after


def test_to_an_auditor_and_to_somebody_with_a_conflict_there_is_no_conversation(
    app: Flask, talk: Talk, staff: FlaskClient
) -> None:
    talk.write("Private words")
    talk.panel.join("watcher", Role.AUDITOR, password=PASSWORD)
    browser = app.test_client()
    sign_in(browser, talk.runtime, "watcher@example.org")
    shown = page(browser, f"/staff/cases/{talk.ref}")
    assert "Private words" not in shown
    assert "Conversation" not in shown
    for path in ("/staff/messages", f"/staff/cases/{talk.ref}/message", f"/staff/cases/{talk.ref}/ask"):
        assert browser.get(path).status_code == 403
    page(staff, f"/staff/cases/{talk.ref}")
    dee = talk.panel["dee"]
    talk.runtime.transact(dee, review.declare_conflict, application_id=talk.number)
    for path in ("", "/message", "/ask"):
        assert staff.get(f"/staff/cases/{talk.ref}{path}").status_code == 404
    assert talk.ref not in page(staff, "/staff/messages")


def test_a_case_that_changed_says_so_to_whoever_voted_before(staff: FlaskClient, talk: Talk) -> None:
    talk.panel.vote("dee", talk.ref)
    talk.runtime.clock.advance(dt.timedelta(minutes=1))  # type: ignore[attr-defined]
    talk.write("It was April")
    assert "voted, then it changed" in page(staff, "/staff/queue")
    assert "case changed since you voted" in page(staff, "/staff/")
    assert "You voted before that" in page(staff, f"/staff/cases/{talk.ref}")
    talk.runtime.clock.advance(dt.timedelta(minutes=1))  # type: ignore[attr-defined]
    talk.panel.vote("dee", talk.ref)
    assert "You voted before that" not in page(staff, f"/staff/cases/{talk.ref}")


def test_an_earlier_case_of_the_same_person_is_shown_as_such(
    staff: FlaskClient, client: FlaskClient, talk: Talk
) -> None:
    for who in ("ash", "bryn"):
        talk.panel.vote(who, talk.ref, Outcome.DECLINE)
    client.post("/status/again", data={"csrf_token": token(client, "/status/case")})
    client.post("/apply/check", data={"csrf_token": token(client, "/apply/check")})
    talk.runtime.run_due("checks")
    queue = page(staff, "/staff/queue")
    found = re.search(r"/staff/cases/([0-9A-Z-]+)", queue)
    assert found
    assert "Referred</strong>" not in queue
    shown = page(staff, f"/staff/cases/{found[1]}")
    assert "Asked before" in shown
    assert talk.ref in shown
    assert "Nothing that another case shares" in shown


def test_whoever_writes_to_somebody_is_told_which_language_they_read(
    talk: Talk, client: FlaskClient, staff: FlaskClient
) -> None:
    case = f"/staff/cases/{talk.ref}"
    for path in (case, f"{case}/ask", f"{case}/message"):
        assert "They read their pages in" not in page(staff, path)
    talk.runtime.transact(talk.applicant, speak, application_id=talk.number, language="ro")
    for path in (case, f"{case}/ask", f"{case}/message"):
        assert "They read their pages in <strong>Română</strong>" in page(staff, path)


def test_after_a_no_the_safe_channel_can_still_be_changed(talk: Talk, client: FlaskClient) -> None:
    declined(talk)
    talk.runtime.transact(talk.applicant, still_safe, application_id=talk.number)  # it was asked again, once
    shown = page(client, "/status/case")
    assert 'href="/status/contact"' in shown
    assert 'href="/status/bank"' not in shown
    answer = client.post(
        "/status/contact", data={"csrf_token": token(client, "/status/contact"), "safe_contact": "none"}
    )
    assert answer.status_code == 302
    assert talk.case.safe_contact is SafeContact.NONE


def test_a_long_conversation_stays_a_light_page_and_nothing_of_it_is_out_of_reach(
    talk: Talk, client: FlaskClient
) -> None:
    for number in range(12):
        talk.write(f"Message {number}. " + "a" * 1_500)
    path, seen = "/status/messages", ""
    for _ in range(12):
        text = page(client, path)
        assert len(text.encode()) < 15_000
        seen += text
        earlier = re.search(r'href="(/status/messages\?before=\d+)"', text)
        if earlier is None:
            break
        path = earlier[1]
    assert [seen.count(f"Message {number}. ") for number in range(12)] == [1] * 12


def test_what_is_new_is_on_the_page_however_much_it_is(talk: Talk, client: FlaskClient) -> None:
    for number in range(6):
        talk.reply(f"Message {number}. " + "a" * 3_000)
    shown = page(client, "/status/messages")
    assert all(f"Message {number}. " in shown for number in range(6))
    assert "before=" in page(client, "/status/messages")  # now that they are read
