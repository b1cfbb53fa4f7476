"""Sign-in under attack: guessing, enumeration, fixation, replay, redirection, a disabled account, self-elevation."""

import datetime as dt
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from sqlmodel import select

from hardship.app import create_app
from hardship.core.actor import Role, operator
from hardship.core.clock import SetClock
from hardship.core.runtime import Runtime
from hardship.staff import service
from hardship.staff.session import safe_next
from hardship.staff.views import WRONG
from hardship.web.models import WebSession
from tests.integration.applications.helpers import bodies
from tests.integration.review.helpers import PASSWORD, SECRET, Panel
from tests.integration.staff.signing import SIGN_IN, code_now, give_password, post, sign_in

DEE = "dee@example.org"


@pytest.fixture
def client(sqlite_runtime: Runtime) -> Iterator[FlaskClient]:
    """A browser of somebody who is not signed in; dee has an account."""
    Panel(sqlite_runtime).join("dee", Role.REVIEWER, password=PASSWORD)
    with create_app(sqlite_runtime, testing=True).test_client() as browser:
        yield browser


@pytest.fixture
def runtime(sqlite_runtime: Runtime) -> Runtime:
    """The runtime behind the browser; the database makes no difference here."""
    return sqlite_runtime


def session_id(client: FlaskClient) -> str:
    """The id in the browser's cookie."""
    cookie = client.get_cookie("id")
    return cookie.value if cookie else ""


def test_password_then_code_leads_to_the_first_page(client: FlaskClient, runtime: Runtime) -> None:
    answer = sign_in(client, runtime, f"  {DEE.upper()} ")
    assert answer.status_code == 303
    assert answer.location == "/staff/"
    page = client.get("/staff/")
    assert page.status_code == 200
    assert "What waits for you" in page.text
    with runtime.read() as session:
        assert [one["kind"] for one in bodies(session)][-1] == "staff.signed_in"


def test_a_stranger_is_led_to_the_sign_in_and_back_to_the_page_asked_for(
    client: FlaskClient, runtime: Runtime
) -> None:
    answer = client.get("/staff/queue?state=approved")
    assert answer.status_code == 303
    assert answer.location.startswith(f"{SIGN_IN}?next=")
    assert sign_in(client, runtime, DEE, path=answer.location).location == "/staff/queue?state=approved"


@pytest.mark.parametrize(
    "email", [DEE, "nobody@example.org", "off@example.org", "silent@example.org", "not an address"]
)
def test_whatever_is_wrong_the_answer_is_the_same(client: FlaskClient, runtime: Runtime, email: str) -> None:
    panel = Panel(runtime)
    panel.join("off", Role.REVIEWER, password=PASSWORD)
    panel.join("silent", Role.REVIEWER)
    runtime.transact(operator(), service.disable, email="off@example.org")
    given = "wrong password" if email == DEE else PASSWORD
    answer = give_password(client, email, given)
    assert answer.status_code == 422
    assert WRONG in answer.text
    assert given not in answer.text


def test_an_unknown_address_costs_as_much_hashing_as_a_known_one(
    client: FlaskClient, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hardship.staff import passwords

    checked: list[str] = []
    real = passwords._HASHER.verify

    class Counting:
        @staticmethod
        def verify(stored: str, given: str) -> bool:
            checked.append(stored.split("$")[3])
            return real(stored, given)

        hash = passwords._HASHER.hash

    monkeypatch.setattr(passwords, "_HASHER", Counting)
    for email in (DEE, "nobody@example.org"):
        assert service.identify(runtime, email=email, password="wrong password") is None
    assert checked == ["m=19456,t=2,p=1"] * 2


def test_guessing_is_stopped_by_account_and_tells_nothing(client: FlaskClient, runtime: Runtime) -> None:
    for email in (DEE, "nobody@example.org"):
        statuses = [give_password(client, email, f"guess {n} guess").status_code for n in range(11)]
        assert statuses == [422] * 10 + [429]
    assert give_password(client, DEE).status_code == 429
    assert isinstance(runtime.clock, SetClock)
    runtime.clock.advance(dt.timedelta(minutes=15))
    assert give_password(client, DEE).status_code == 303


def test_guessing_the_code_is_stopped(client: FlaskClient, runtime: Runtime) -> None:
    give_password(client, DEE)
    statuses = [post(client, SIGN_IN, {"code": f"{n:06}"}).status_code for n in range(7)]
    assert statuses == [422] * 6 + [429]
    assert post(client, SIGN_IN, {"code": code_now(runtime)}).status_code == 429


def test_the_password_alone_opens_nothing(client: FlaskClient) -> None:
    give_password(client, DEE)
    assert client.get("/staff/").status_code == 303


def test_a_code_is_taken_once(client: FlaskClient, runtime: Runtime) -> None:
    sign_in(client, runtime, DEE)
    post(client, "/staff/sign-out", page="/staff/")
    give_password(client, DEE)
    assert post(client, SIGN_IN, {"code": code_now(runtime)}).status_code == 422
    assert post(client, SIGN_IN, {"code": code_now(runtime, -1)}).status_code == 422
    assert post(client, SIGN_IN, {"code": code_now(runtime, 5)}).status_code == 422
    assert post(client, SIGN_IN, {"code": code_now(runtime, 1)}).status_code == 303


def test_of_two_browsers_with_one_code_only_the_first_gets_in(client: FlaskClient, runtime: Runtime) -> None:
    other = create_app(runtime, testing=True).test_client()
    give_password(client, DEE)
    give_password(other, DEE)
    code = {"code": code_now(runtime)}
    assert [post(one, SIGN_IN, code).status_code for one in (client, other)] == [303, 422]


def test_the_session_is_a_new_one_after_sign_in_and_the_old_id_opens_nothing(
    client: FlaskClient, runtime: Runtime
) -> None:
    give_password(client, DEE)
    planted = session_id(client)
    post(client, SIGN_IN, {"code": code_now(runtime)})
    assert planted
    assert session_id(client) != planted
    thief = create_app(runtime, testing=True).test_client()
    thief.set_cookie("id", planted)
    assert thief.get("/staff/").status_code == 303


def test_the_step_between_is_over_after_ten_minutes(client: FlaskClient, runtime: Runtime) -> None:
    give_password(client, DEE)
    assert isinstance(runtime.clock, SetClock)
    runtime.clock.advance(dt.timedelta(minutes=11))
    assert "Password" in client.get(SIGN_IN).text


def test_signing_out_ends_the_session_in_the_database(client: FlaskClient, runtime: Runtime) -> None:
    sign_in(client, runtime, DEE)
    kept = session_id(client)
    assert client.get("/staff/sign-out").status_code == 405
    assert post(client, "/staff/sign-out", page="/staff/").status_code == 303
    client.set_cookie("id", kept)
    assert client.get("/staff/").status_code == 303


def test_a_disabled_account_is_out_at_once(client: FlaskClient, runtime: Runtime) -> None:
    sign_in(client, runtime, DEE)
    runtime.transact(operator(), service.disable, email=DEE)
    assert client.get("/staff/").status_code == 303
    with runtime.read() as session:
        assert session.exec(select(WebSession).where(WebSession.staff_id.is_not(None))).all() == []  # type: ignore[union-attr]


def test_a_role_taken_away_counts_at_once(client: FlaskClient, runtime: Runtime) -> None:
    sign_in(client, runtime, DEE)
    runtime.transact(operator(), service.change_roles, email=DEE, roles=[Role.FINANCE])
    sign_in(client, runtime, DEE)
    assert client.get("/staff/queue").status_code == 403
    with runtime.read() as session:
        denied = [one for one in bodies(session) if one["kind"] == "staff.denied"]
    assert [one["facts"]["what"] for one in denied] == ["review.show_queue"]


@pytest.mark.parametrize(
    "asked",
    [
        "https://evil.example/",
        "//evil.example/staff/",
        "/\\evil.example",
        "/staff/\\..\\evil",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/staff/sign-out",
        "/apply",
        "/staff/\r\nSet-Cookie: a=b",
        "/stafff/",
        "",
        None,
    ],
)
def test_sign_in_leads_nowhere_but_to_our_staff_pages(asked: str | None) -> None:
    assert safe_next(asked) == "/staff/"


def test_a_form_without_its_token_changes_nothing(client: FlaskClient, runtime: Runtime) -> None:
    client.application.config["WTF_CSRF_ENABLED"] = True
    assert client.post(SIGN_IN, data={"email": DEE, "password": PASSWORD}).status_code == 400
    assert not session_id(client)


def test_ten_megabytes_of_password_are_refused(client: FlaskClient) -> None:
    assert give_password(client, DEE, "x" * 10_000_000).status_code in {413, 422}


def test_the_secret_is_sealed_and_the_password_hashed(client: FlaskClient, runtime: Runtime) -> None:
    from hardship.staff.queries import named

    with runtime.read() as session:
        staff = named(session, DEE)
        assert staff.password_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
        assert SECRET.encode() not in (staff.totp_secret or b"")
        assert SECRET not in str(bodies(session))
