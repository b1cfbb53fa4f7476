"""The applicant's pages, as a browser without JavaScript sees them."""

import datetime as dt
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import html5lib
import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache
from markupsafe import escape
from sqlmodel import select, update
from werkzeug.test import TestResponse

from hardship.app import create_app
from hardship.applications import drafts
from hardship.applications.models import Application, Draft
from hardship.applications.queries import by_ref
from hardship.applications.service import payees
from hardship.applications.service import send as send_draft
from hardship.core.actor import PUBLIC
from hardship.core.clock import SetClock
from hardship.core.models import DataKey
from hardship.core.runtime import Runtime
from hardship.funds.models import Round
from hardship.web import proof
from hardship.web.fields import showable
from tests.integration.applications.helpers import bodies, everything_in, hidden, load, token

STEPS: Mapping[str, Mapping[str, str]] = {
    "1": {"working_name": "Mae"},
    "2": {"safe_contact": "email", "email": "m.ae+x@googlemail.com"},
    "3": {"outward_postcode": "e8 1aa"},
    "4": {"birth_year": "1990"},
    "5": {"income_before": "£1,200", "income_now": "300"},
    "6": {"reason": "livelihood"},
    "7": {"statement": "It stopped overnight."},
    "8": {"voucher": ""},
    "9": {"connected": "no"},
    "10": {
        "when": "now",
        "legal_name": "Maya Example",
        "sort_code": "20-29-59",
        "account_number": "12345678",
    },
}


COMPILED = FileSystemBytecodeCache()  # templates are compiled once for all tests


def app_over(runtime: Runtime) -> Flask:
    app = create_app(runtime, testing=True)
    app.jinja_env.bytecode_cache = COMPILED
    return app


@pytest.fixture
def app(sqlite_runtime: Runtime) -> Flask:
    load(sqlite_runtime)
    return app_over(sqlite_runtime)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def page(response: TestResponse) -> str:
    """The page's text, held to strict HTML."""
    text = response.get_data(as_text=True)
    html5lib.HTMLParser(strict=True).parse(text)
    return text


def post(client: FlaskClient, path: str, fields: Mapping[str, str]) -> TestResponse:
    return client.post(path, data=dict(fields) | hidden(client, path))


def begin(client: FlaskClient) -> None:
    """Begin without a solution, as without JavaScript: by the time somebody has read the page, enough time is past."""
    unseen = hidden(client, "/apply")
    clock = current_of(client).clock
    assert isinstance(clock, SetClock)
    clock.advance(dt.timedelta(seconds=proof.LONGEST))
    assert client.post("/apply", data=unseen | {"for_me": "y"}).location == "/apply/1"


def current_of(client: FlaskClient) -> Runtime:
    """The runtime behind a client."""
    found = client.application.extensions["hardship"]
    assert isinstance(found, Runtime)
    return found


def write(client: FlaskClient, steps: Mapping[str, Mapping[str, str]] = STEPS) -> None:
    """Begin, and answer every question in turn."""
    begin(client)
    for number, fields in steps.items():
        page(client.get(f"/apply/{number}"))
        answer = post(client, f"/apply/{number}", fields)
        assert answer.status_code == 302, page(answer)


def send(client: FlaskClient) -> tuple[str, str]:
    """Press the button; the reference and claim code."""
    assert post(client, "/apply/check", {}).location == "/apply/sent"
    text = page(client.get("/apply/sent"))
    ref = re.search(r'app-panel-code">([^<]+)<', text)
    code = re.search(r'id="claim-code">([^<]+)<', text)
    assert ref
    assert code
    return ref[1], code[1]


def test_the_whole_journey_ends_with_a_reference_and_a_code_that_open_the_status_page(
    client: FlaskClient,
) -> None:
    page(client.get("/apply"))
    write(client)
    text = page(client.get("/apply/check"))
    assert "Maya Example" in text
    assert "m.ae+x@googlemail.com" in text
    ref, code = send(client)
    answer = post(client, "/status", {"reference": ref.lower().replace("-", " "), "claim_code": code.lower()})
    assert answer.location == "/status/case"
    assert "We check it came in right" in page(client.get("/status/case"))


def test_sending_twice_is_one_application_and_one_receipt(
    client: FlaskClient, sqlite_runtime: Runtime
) -> None:
    write(client)
    form_token = token(client, "/apply/check")
    for _ in range(2):
        assert client.post("/apply/check", data={"csrf_token": form_token}).location == "/apply/sent"
    first = page(client.get("/apply/sent"))
    assert page(client.get("/apply/sent")) == first
    assert client.get("/apply/check").location == client.get("/apply/5").location == "/apply/sent"
    with sqlite_runtime.read() as session:
        assert len(session.exec(select(Application)).all()) == 1
        assert len([one for one in bodies(session) if one["kind"] == "application.submitted"]) == 1


def test_sending_twice_at_the_same_moment_is_one_application(runtime: Runtime) -> None:
    load(runtime)
    client = app_over(runtime).test_client()
    write(client)
    with client.session_transaction() as state:
        identity = drafts.draft_id(runtime.vault, state["draft"])
    with ThreadPoolExecutor(4) as pool:
        tries = [pool.submit(runtime.transact, PUBLIC, send_draft, identity=identity) for _ in range(4)]
        receipts = {(one.result().ref, one.result().claim_code) for one in tries}
    assert len(receipts) == 1
    with runtime.read() as session:
        assert len(session.exec(select(Application)).all()) == 1


def test_a_change_leads_back_to_the_check_page_with_everything_kept(client: FlaskClient) -> None:
    write(client)
    shown = page(client.get("/apply/5?from=check"))
    assert 'value="1200"' in shown
    assert 'value="300"' in shown
    assert (
        post(client, "/apply/5?from=check", {"income_before": "900", "income_now": "0"}).location
        == "/apply/check"
    )
    text = page(client.get("/apply/check"))
    assert "£900.00" in text
    assert "£0.00" in text
    assert "Maya Example" in text


def test_a_question_left_out_is_asked_before_the_check(client: FlaskClient) -> None:
    write(client, {number: fields for number, fields in STEPS.items() if number != "6"})
    assert client.get("/apply/check").location == "/apply/6"
    assert post(client, "/apply/6", {"reason": "rather_not_say"}).location == "/apply/7"
    assert "I would rather not say" in page(client.get("/apply/check"))


def test_going_back_shows_what_was_answered(client: FlaskClient) -> None:
    write(client)
    assert 'value="m.ae+x@googlemail.com"' in page(client.get("/apply/2"))
    assert "It stopped overnight." in page(client.get("/apply/7"))
    assert 'value="12345678"' in page(client.get("/apply/10"))


def test_a_lost_session_loses_nothing_that_is_stored(app: Flask, client: FlaskClient) -> None:
    write(client, {"1": STEPS["1"], "2": STEPS["2"]})
    code = re.search('id="return-code">([^<]+)<', page(client.get("/apply/save")))
    assert code
    elsewhere = app.test_client()
    assert elsewhere.get("/apply/3").location == "/apply"
    assert (
        post(elsewhere, "/apply/return", {"code": code[1].lower().replace("-", " ")}).location
        == "/apply/check"
    )
    assert elsewhere.get("/apply/check").location == "/apply/3"
    assert 'value="Mae"' in page(elsewhere.get("/apply/1"))


def test_a_code_that_opens_nothing_is_said_so(client: FlaskClient) -> None:
    answer = post(client, "/apply/return", {"code": "0000-0000"})
    assert answer.status_code == 422
    assert "We do not know this code" in page(answer)


def test_a_draft_dies_after_seven_days_with_its_key(client: FlaskClient, sqlite_runtime: Runtime) -> None:
    write(client, {"1": STEPS["1"]})
    with sqlite_runtime.read() as session:
        keys_before = {key.id for key in session.exec(select(DataKey)).all()}
    assert isinstance(sqlite_runtime.clock, SetClock)
    sqlite_runtime.clock.advance(dt.timedelta(days=7))
    assert sqlite_runtime.run_due("drafts") == 1
    with sqlite_runtime.read() as session:
        assert not session.exec(select(Draft)).all()
        assert len(keys_before - {key.id for key in session.exec(select(DataKey)).all()}) == 1


def test_a_sent_drafts_key_stays_since_it_is_the_persons(
    client: FlaskClient, sqlite_runtime: Runtime
) -> None:
    write(client)
    ref, _ = send(client)
    assert isinstance(sqlite_runtime.clock, SetClock)
    sqlite_runtime.clock.advance(dt.timedelta(days=8))
    assert sqlite_runtime.run_due("drafts") == 1
    with sqlite_runtime.read() as session:
        application = by_ref(session, ref)
        assert payees(session, sqlite_runtime.vault, [application.id or 0])
    assert client.get("/apply/sent").location in ("/apply", None)


def test_a_closed_round_has_a_kind_page(client: FlaskClient, sqlite_runtime: Runtime) -> None:
    write(client)
    form_token = token(client, "/apply/check")
    assert isinstance(sqlite_runtime.clock, SetClock)
    now = sqlite_runtime.clock.now()
    with sqlite_runtime.database.writer.begin() as connection:
        connection.execute(update(Round).values(closes_at=now))
    sqlite_runtime.clock.advance(dt.timedelta(minutes=5))
    answer = client.post("/apply/check", data={"csrf_token": form_token})
    assert answer.status_code == 409
    assert "What you wrote is still here" in page(answer)
    assert "You cannot ask just now" in page(client.get("/apply"))


# --- Bank details by the fund's rule ---


def journey_pages(runtime: Runtime, bank_details: str) -> FlaskClient:
    load(runtime, bank_details)
    return app_over(runtime).test_client()


def test_bank_details_are_not_asked_when_they_come_after_approval(sqlite_runtime: Runtime) -> None:
    client = journey_pages(sqlite_runtime, "after_approval")
    write(client, {number: fields for number, fields in STEPS.items() if number != "10"})
    assert client.get("/apply/10").status_code == 404
    send(client)


def test_bank_details_are_needed_when_they_come_with_the_application(sqlite_runtime: Runtime) -> None:
    client = journey_pages(sqlite_runtime, "with_application")
    write(client, {number: fields for number, fields in STEPS.items() if number != "10"})
    answer = post(client, "/apply/10", {})
    assert answer.status_code == 422
    assert "Enter the sort code" in page(answer)
    assert client.get("/apply/check").location == "/apply/10"


def test_bank_details_may_come_later_and_are_given_on_the_status_page(
    client: FlaskClient, sqlite_runtime: Runtime
) -> None:
    write(client, dict(STEPS) | {"10": {"when": "later", "sort_code": "20-29-59"}})
    ref, code = send(client)
    post(client, "/status", {"reference": ref, "claim_code": code})
    details = {"legal_name": "Maya Example", "sort_code": "２０-29-59", "account_number": "1234567"}
    assert post(client, "/status/bank", details).location == "/status/case"
    with sqlite_runtime.read() as session:
        application = by_ref(session, ref)
        assert application.has_bank
        payee = payees(session, sqlite_runtime.vault, [application.id or 0])[application.id or 0]
    assert (payee.sort_code, payee.account_number) == ("202959", "01234567")
    assert 'value="0' not in page(client.get("/status/bank"))


def test_an_applicant_takes_it_back(client: FlaskClient, sqlite_runtime: Runtime) -> None:
    write(client)
    ref, code = send(client)
    post(client, "/status", {"reference": ref, "claim_code": code})
    assert post(client, "/status/withdraw", {}).status_code == 422
    form_token = token(client, "/status/withdraw")
    for _ in range(2):  # twice: the second press finds it done
        client.post("/status/withdraw", data={"sure": "y", "csrf_token": form_token})
    with sqlite_runtime.read() as session:
        assert by_ref(session, ref).state.value == "withdrawn"
        withdrawn = [one for one in bodies(session) if one["kind"] == "application.withdrawn"]
    assert len(withdrawn) == 1
    assert "You took it back" in page(client.get("/status/case"))
    assert client.get("/status/bank").location == "/status/case"


# --- Who may look ---


def test_a_wrong_code_and_an_unknown_reference_get_one_answer(client: FlaskClient) -> None:
    write(client)
    ref, code = send(client)
    other = "0" if code[0] != "0" else "1"
    wrong = post(client, "/status", {"reference": ref, "claim_code": other + code[1:]})
    unknown = post(client, "/status", {"reference": "AAAA-AAAA", "claim_code": other + code[1:]})
    assert wrong.status_code == unknown.status_code == 422
    pages = [
        re.sub(f'{typed}|name="(csrf_token|ticket|altcha)"[^>]*>', "", page(one))
        for typed, one in ((ref, wrong), ("AAAA-AAAA", unknown))
    ]
    assert pages[0] == pages[1]


def test_a_code_opens_its_own_case_only(app: Flask) -> None:
    receipts = []
    for number in range(2):
        client = app.test_client()
        write(client, dict(STEPS) | {"1": {"working_name": f"N{number}"}})
        receipts.append(send(client))
    client = app.test_client()
    answer = post(client, "/status", {"reference": receipts[0][0], "claim_code": receipts[1][1]})
    assert answer.status_code == 422
    assert client.get("/status/case").location == "/status"


def test_after_several_wrong_tries_each_takes_some_patience_and_nothing_typed_is_lost(
    client: FlaskClient, sqlite_runtime: Runtime
) -> None:
    tried = [
        post(client, "/status", {"reference": "A", "claim_code": str(number)}).status_code
        for number in range(6)
    ]
    assert tried == [422] * 5 + [429]
    unseen = hidden(client, "/status")
    typed = {"reference": "MYREF", "claim_code": "MYCODE"}
    answer = client.post("/status", data=typed | unseen)
    assert answer.status_code == 429
    seconds = int(answer.headers["Retry-After"])
    assert "MYREF" in page(answer)
    assert "MYCODE" in page(answer)
    assert unseen["ticket"] in page(answer)  # the seconds that were waited count
    assert isinstance(sqlite_runtime.clock, SetClock)
    sqlite_runtime.clock.advance(dt.timedelta(seconds=seconds))
    assert client.post("/status", data=typed | unseen).status_code == 422


def test_after_the_exit_nothing_is_left(client: FlaskClient) -> None:
    write(client)
    answer = client.get("/exit")
    assert answer.status_code == 303
    assert "cookies" in answer.headers["Clear-Site-Data"]
    assert client.get("/apply/1").location == "/apply"
    assert client.get("/apply").headers["Cache-Control"] == "no-store"


# --- What is wrong is said, and kept ---

WRONG: dict[str, tuple[str, dict[str, str], str]] = {
    "no channel": ("2", {}, "Choose how"),
    "a channel nobody offers": ("2", {"safe_contact": "pigeon"}, "Choose one"),
    "e-mail without an address": ("2", {"safe_contact": "email"}, "Enter an e-mail address"),
    "an address that is none": ("2", {"safe_contact": "email", "email": "maya"}, "Enter an e-mail address"),
    "a number that is none": ("2", {"safe_contact": "sms", "phone": "123"}, "Enter a mobile number"),
    "a line at home": ("2", {"safe_contact": "sms", "phone": "020 7946 0000"}, "Enter a mobile number"),
    "a postcode that is none": ("3", {"outward_postcode": "ZZZZZ"}, "Enter the first half"),
    "no year": ("4", {"birth_year": ""}, "Enter the year"),
    "a year to come": ("4", {"birth_year": "2031"}, "Enter the year"),
    "a year in words": ("4", {"birth_year": "nineteen"}, "Enter the year"),
    "a negative amount": ("5", {"income_before": "-5", "income_now": "0"}, "not negative"),
    "not a number": ("5", {"income_before": "NaN", "income_now": "0"}, "Enter an amount"),
    "beyond any float": ("5", {"income_before": "1e308", "income_now": "0"}, "Enter an amount"),
    "a third decimal": ("5", {"income_before": "12.345", "income_now": "0"}, "Enter an amount"),
    "thirteen digits": ("5", {"income_before": "1" * 13, "income_now": "0"}, "Enter an amount"),
    "a million and a penny": ("5", {"income_before": "1000000.01", "income_now": "0"}, "or less"),
    "a reason nobody offers": ("6", {"reason": "greed"}, "Choose"),
    "a novel": ("7", {"statement": "x" * 5_001}, "5,000 characters or fewer"),
    "a bell in the text": ("7", {"statement": "ding\x07"}, "cannot be shown"),
    "no answer": ("9", {}, "Choose yes or no"),
    "a short sort code": ("10", STEPS["10"] | {"sort_code": "20-29"}, "A sort code has 6 digits"),
    "a letter in the account": ("10", STEPS["10"] | {"account_number": "1234567O"}, "other than digits"),
    "a long account": ("10", STEPS["10"] | {"account_number": "1" * 11}, "8 digits"),
    "no name": ("10", STEPS["10"] | {"legal_name": ""}, "Enter the name on the account"),
    "neither now nor later": ("10", {}, "Choose now or later"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_answer_is_explained_and_kept(
    client: FlaskClient, sqlite_runtime: Runtime, case: str
) -> None:
    number, fields, said = WRONG[case]
    begin(client)
    form_token = token(client, f"/apply/{number}")
    with sqlite_runtime.read() as session:
        before = session.exec(select(Draft)).one().answers
    answer = client.post(f"/apply/{number}", data=fields | {"csrf_token": form_token})
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert said in text
    assert "There is a problem" in text
    assert "<title>Error: " in text
    for value in fields.values():
        assert value in ("", "pigeon", "greed") or escape(showable(value)) in text
    with sqlite_runtime.read() as session:
        assert session.exec(select(Draft)).one().answers == before


def test_the_tick_at_the_start_is_needed(client: FlaskClient) -> None:
    answer = post(client, "/apply", {})
    assert answer.status_code == 422
    assert "Tick the box if this is for you" in page(answer)


def test_ten_megabytes_are_refused(client: FlaskClient) -> None:
    begin(client)
    answer = client.post(
        "/apply/7", data={"statement": "x" * 10_000_000, "csrf_token": token(client, "/apply/7")}
    )
    assert answer.status_code == 413


def test_a_form_without_its_token_is_refused(client: FlaskClient) -> None:
    begin(client)
    assert client.post("/apply/1", data={"working_name": "Mae"}).status_code == 400


def test_markup_in_an_answer_is_text(client: FlaskClient) -> None:
    write(client, dict(STEPS) | {"7": {"statement": "<script>alert(1)</script>"}})
    assert "<script>alert(1)" not in client.get("/apply/check").get_data(as_text=True)


def test_no_code_that_opens_anything_is_in_the_database(client: FlaskClient) -> None:
    """Whoever steals the database, or a backup, could otherwise go on with somebody's form at our own pages."""
    write(client)
    saved = re.search(r"[0-9A-Z]{4}(?:-[0-9A-Z]{4}){6}", page(client.get("/apply/save")))
    assert saved
    _, claim_code = send(client)
    cookie = client.get_cookie("id")
    assert cookie
    stored = repr(everything_in(current_of(client)))
    for secret in (saved[0], claim_code, cookie.value):
        assert secret not in stored
        assert secret.replace("-", "") not in stored
