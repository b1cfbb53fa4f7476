"""Error pages: they bear the fund's name, offer the way out to whoever needs it, and are kept by nobody."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from unittest.mock import patch

import pytest
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from hardship.app import create_app
from hardship.applications import drafts
from hardship.applications.views import common
from hardship.core.actor import PUBLIC
from hardship.core.clock import SetClock
from hardship.core.retention import Period
from hardship.core.runtime import Runtime
from hardship.web import limits
from hardship.web.filters import moment
from tests.integration.applications.helpers import hidden, load
from tests.integration.applications.test_journey import app_over, begin, page, post, send, write

EXIT = 'href="/exit"'


@pytest.fixture
def client(sqlite_runtime: Runtime) -> FlaskClient:
    load(sqlite_runtime)
    return app_over(sqlite_runtime).test_client()


def not_there(client: FlaskClient) -> TestResponse:
    return client.get("/aply")


def forged(client: FlaskClient) -> TestResponse:
    return client.post("/apply/1", data={"working_name": "Mae"})


def too_much(client: FlaskClient) -> TestResponse:
    return client.post("/apply/7", data={"statement": "x" * (common.MAX_FORM + 1)})


def wrong_way(client: FlaskClient) -> TestResponse:
    return client.put("/apply/1")


def too_often(client: FlaskClient) -> TestResponse:
    unseen = hidden(client, "/status")
    with patch("hardship.applications.views.status.MOST", limits.Limit("status-test", 1, 600)):
        for _ in range(2):
            answer = client.post("/status", data=unseen | {"reference": "A", "claim_code": "b"})
    return answer


FAULTS: dict[int, Callable[[FlaskClient], TestResponse]] = {
    404: not_there,
    400: forged,
    413: too_much,
    405: wrong_way,
    429: too_often,
}


@pytest.mark.parametrize("status", FAULTS)
def test_an_applicants_error_bears_the_funds_name_and_has_the_way_out(
    client: FlaskClient, status: int
) -> None:
    begin(client)
    answer = FAULTS[status](client)
    text = page(answer)
    assert answer.status_code == status
    assert "– Lane Support</title>" in text
    assert ">Support<" not in text
    assert EXIT in text
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_anybody_elses_error_bears_the_name_without_the_way_out(client: FlaskClient) -> None:
    text = page(client.get("/donation"))
    assert "Lane Support" in text
    assert EXIT not in text


def test_whoever_looks_at_their_case_has_the_way_out_on_any_page_that_is_not_there(
    client: FlaskClient,
) -> None:
    write(client)
    ref, code = send(client)
    post(client, "/status", {"reference": ref, "claim_code": code})
    assert EXIT in page(client.get("/nowhere"))


def test_a_fault_of_ours_bears_the_name_and_tells_nothing_of_the_inside(sqlite_runtime: Runtime) -> None:
    load(sqlite_runtime)
    client = create_app(sqlite_runtime).test_client()
    begin(client)
    with patch("hardship.applications.views.apply._written", side_effect=RuntimeError("canary")):
        answer = client.get("/apply/1")
    text = page(answer)
    assert answer.status_code == 500
    assert "– Lane Support</title>" in text
    assert EXIT in text
    assert "canary" not in text
    assert answer.headers["Cache-Control"] == "no-store"


def test_without_a_database_the_page_is_still_drawn(sqlite_runtime: Runtime) -> None:
    """Under a name that says nothing."""
    load(sqlite_runtime)
    client = create_app(sqlite_runtime).test_client()
    away = OperationalError("SELECT", {}, Exception("away"))
    with patch.object(common, "open_round", side_effect=away):
        answer = client.get("/nowhere")
    assert answer.status_code == 404
    assert "– Support</title>" in page(answer)


def test_every_answer_to_an_applicant_is_kept_by_nobody(client: FlaskClient) -> None:
    """Pages, redirects, errors, the slip and the copy of one's data."""
    answers = [client.get("/apply"), client.get("/apply/1")]  # the second one leads away
    write(client)
    answers += [client.get("/apply/check"), client.get("/apply/77")]
    ref, code = send(client)
    answers += [client.get("/apply/slip"), client.get("/exit")]
    answers += [post(client, "/status", {"reference": ref, "claim_code": code}), client.get("/status/case")]
    own = hidden(client, "/status/yours")
    answers += [client.get("/status/yours"), client.post("/status/copy", data=own)]
    for answer in answers:
        assert "no-store" in answer.headers["Cache-Control"], answer.request.path
        assert answer.headers["Referrer-Policy"] == "no-referrer", answer.request.path


def test_a_form_is_kept_for_the_period_that_is_set(sqlite_runtime: Runtime) -> None:
    round_ = load(sqlite_runtime)
    kept = dict(sqlite_runtime.settings.retention) | {Period.DRAFTS: dt.timedelta(days=2)}
    sqlite_runtime.settings = replace(sqlite_runtime.settings, retention=kept)
    client = app_over(sqlite_runtime).test_client()
    assert "we delete it after 2 days" in page(client.get("/apply"))
    begin(client)
    until = moment(sqlite_runtime.clock.now() + kept[Period.DRAFTS])
    assert f"until {until}. After that we delete" in page(client.get("/apply/save"))
    secret = sqlite_runtime.transact(PUBLIC, drafts.begin, round_id=round_.id or 0)
    identity, begun = drafts.draft_id(sqlite_runtime.vault, secret), sqlite_runtime.clock.now()
    with sqlite_runtime.read() as session:
        for after, lives in (
            (kept[Period.DRAFTS] - dt.timedelta(seconds=1), True),
            (kept[Period.DRAFTS], False),
        ):
            found = drafts.read(session, sqlite_runtime.vault, identity, begun + after)
            assert (found is not None) is lives
    assert isinstance(sqlite_runtime.clock, SetClock)
    sqlite_runtime.clock.advance(kept[Period.DRAFTS])
    assert sqlite_runtime.run_due("drafts") == 2
