"""The panel's pages, as a browser without JavaScript uses them."""

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from hardship.app import create_app
from hardship.applications.transitions import ApplicationState
from hardship.core.actor import Role
from hardship.core.runtime import Runtime
from hardship.review import queries
from hardship.review.models import Outcome
from tests.integration.applications.helpers import bodies, everything_in, stored
from tests.integration.review.helpers import PASSWORD, Panel, a_panel
from tests.integration.staff.signing import form_token, post, sign_in


@pytest.fixture
def panel(sqlite_runtime: Runtime) -> Panel:
    """A panel whose members can sign in."""
    made = a_panel(sqlite_runtime, gifts=100_000)
    made.join("dee", Role.REVIEWER, password=PASSWORD)
    made.join("chief", Role.LEAD, password=PASSWORD)
    return made


@pytest.fixture
def client(panel: Panel) -> Iterator[FlaskClient]:
    """A browser in which dee is signed in."""
    with create_app(panel.runtime, testing=True).test_client() as browser:
        sign_in(browser, panel.runtime, "dee@example.org")
        yield browser


def vote(client: FlaskClient, ref: str, **fields: str) -> str:
    """Fill in the vote form; returns the page that follows."""
    page = client.get(f"/staff/cases/{ref}").get_data(as_text=True)
    seen = page.partition('name="seen"')[2].partition('value="')[2].partition('"')[0]
    given = {"outcome": "approve", "reason": "meets_policy", "seen": seen, **fields}
    answer = client.post(f"/staff/cases/{ref}/vote", data={"csrf_token": form_token(page), **given})
    return (
        answer.get_data(as_text=True) if answer.status_code == 200 else f"{answer.status_code} {answer.text}"
    )


def test_the_queue_shows_cases_by_age_and_says_when_there_are_none(client: FlaskClient, panel: Panel) -> None:
    assert "No case here" in client.get("/staff/queue").text
    refs = [panel.case(), panel.case()]
    page = client.get("/staff/queue").text
    assert all(ref in page for ref in refs)
    assert "Person Number" not in page
    assert "No case here" in client.get("/staff/queue?state=approved").text
    assert refs[0] in client.get("/staff/queue?state=nonsense&round=none&sort=newest").text


def test_a_case_names_nobody(client: FlaskClient, panel: Panel) -> None:
    ref = panel.case(
        legal_name="Canaryname Xyz",
        working_name="Canarywork",
        email="canary@example.org",
        phone="07700900999",
        outward_postcode="ZE2",
        birth_year="1971",
        account_number="87654321",
        statement="The bookings stopped <script>alert(1)</script>.",
    )
    page = client.get(f"/staff/cases/{ref}").text
    for secret in ("Canary", "canary", "900999", "ZE2", "1971", "87654321", "202959", "20-29-59"):
        assert secret not in page
    assert "The bookings stopped &lt;script&gt;" in page
    assert "75%" in page
    assert "Met" in page


def test_a_vote_is_shown_once_more_before_it_is_given(client: FlaskClient, panel: Panel) -> None:
    ref = panel.case()
    confirm = vote(client, ref)
    assert "Check your vote" in confirm
    with panel.runtime.read() as session:
        assert queries.votes_on(session, panel.number(ref)) == []
    done = vote(client, ref, confirmed="yes")
    assert done.startswith("303")
    assert "your vote is kept" in client.get("/staff/queue").text
    panel.vote("ash", ref)
    assert stored(panel.runtime, ref).state is ApplicationState.APPROVED
    assert "£200.00" in client.get(f"/staff/cases/{ref}").text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"outcome": ""}, "Choose approve or decline"),
        ({"outcome": "maybe"}, "Choose one of the answers"),
        ({"reason": "not_eligible"}, "no reason to approve"),
        ({"reason": "other", "note": " "}, "has to be given in words"),
        ({"reason": "other", "note": "x" * 5000}, "2,000 characters or fewer"),
    ],
)
def test_a_vote_that_does_not_fit_leads_back_with_what_was_typed(
    client: FlaskClient, panel: Panel, fields: dict[str, str], said: str
) -> None:
    ref = panel.case()
    client.get(f"/staff/cases/{ref}")
    before = everything_in(panel.runtime)
    answer = vote(client, ref, confirmed="yes", **fields)
    assert answer.startswith("422")
    assert said in answer
    assert "There is a problem" in answer
    assert everything_in(panel.runtime) == before


def test_ten_megabytes_in_a_note_are_refused(client: FlaskClient, panel: Panel) -> None:
    ref = panel.case()
    assert vote(client, ref, note="x" * 10_000_000)[:3] in {"413", "422"}


def test_a_case_that_changed_is_409_and_what_was_typed_is_kept(client: FlaskClient, panel: Panel) -> None:
    ref = panel.case()
    answer = vote(
        client, ref, seen="999", confirmed="yes", outcome="decline", reason="other", note="Typed words."
    )
    assert answer.startswith("409")
    assert "changed since you opened it" in answer
    assert "Typed words." in answer


def test_who_voted_how_is_hidden_from_those_who_have_not(client: FlaskClient, panel: Panel) -> None:
    ref = panel.case()
    panel.vote("ash", ref, Outcome.DECLINE)
    page = client.get(f"/staff/cases/{ref}").text
    assert "1 person has voted" in page
    assert "ash@example.org" not in page
    vote(client, ref, confirmed="yes")
    assert "ash@example.org: decline" in client.get(f"/staff/cases/{ref}").text


def test_a_conflicted_reader_gets_404_without_content_and_the_try_is_noted(
    client: FlaskClient, panel: Panel
) -> None:
    ref = panel.case(statement="Nobody else should read this.")
    path = f"/staff/cases/{ref}/conflict"
    assert post(client, path).status_code == 422
    assert post(client, path, {"sure": "y"}).status_code == 303
    assert "You stepped back" in client.get("/staff/").text
    assert ref not in client.get("/staff/queue").text
    for method, where in (
        ("get", ""),
        ("post", "/vote"),
        ("post", "/retry"),
    ):
        token = form_token(client.get(path).text)
        answer = getattr(client, method)(f"/staff/cases/{ref}{where}", data={"csrf_token": token})
        assert answer.status_code == 404
        assert "Nobody else" not in answer.text
    with panel.runtime.read() as session:
        denied = [one for one in bodies(session) if one["kind"] == "staff.denied"]
    assert len(denied) == 3


def test_a_reviewer_reveals_gives_and_overrides_nothing(client: FlaskClient, panel: Panel) -> None:
    ref = panel.case()
    token = form_token(client.get(f"/staff/cases/{ref}").text)
    for where in ("/reveal", "/assign", "/settle", "/override"):
        assert client.post(f"/staff/cases/{ref}{where}", data={"csrf_token": token}).status_code == 403


def test_a_lead_reveals_a_field_with_a_reason_and_gives_the_case(panel: Panel) -> None:
    ref = panel.case(legal_name="Canary Person")
    with create_app(panel.runtime, testing=True).test_client() as browser:
        sign_in(browser, panel.runtime, "chief@example.org")
        case = f"/staff/cases/{ref}"
        assert "Canary" not in browser.get(case).text
        refused = post(browser, f"{case}/reveal", {"column": "legal_name", "why": ""}, page=case)
        assert refused.status_code == 422
        assert "Canary" not in refused.text
        shown = post(browser, f"{case}/reveal", {"column": "legal_name", "why": "To ring back."}, page=case)
        assert "Canary Person" in shown.text
        cam = panel["cam"].id
        assert post(browser, f"{case}/assign", {"staff": cam}, page=case).status_code == 303
        assert post(browser, f"{case}/assign", {"staff": "999"}, page=case).status_code == 422
        assert "given to cam@example.org" in browser.get(case).text


def test_a_lead_overrides_a_duplicate_on_the_page_and_the_kept_votes_decide(panel: Panel) -> None:
    account = {"sort_code": "20-29-59", "account_number": "12345678"}
    first, second = panel.case(**account), panel.case(**account)
    panel.approve(first)
    panel.approve(second)
    with create_app(panel.runtime, testing=True).test_client() as browser:
        sign_in(browser, panel.runtime, "chief@example.org")
        page = browser.get(f"/staff/cases/{second}").text
        assert "The panel approved, and the award was refused" in page
        path = f"/staff/cases/{second}/override"
        assert post(browser, path, {"reason": " "}).status_code == 422
        assert post(browser, path, {"reason": "A couple with one account."}).status_code == 303
    assert stored(panel.runtime, second).state is ApplicationState.APPROVED


def test_a_split_is_settled_on_the_page(panel: Panel) -> None:
    ref = panel.case()
    panel.vote("ash", ref)
    panel.vote("bryn", ref, Outcome.DECLINE)
    with create_app(panel.runtime, testing=True).test_client() as browser:
        sign_in(browser, panel.runtime, "chief@example.org")
        case = f"/staff/cases/{ref}"
        assert "The votes are split" in browser.get(case).text
        seen = str(stored(panel.runtime, ref).version)
        fields = {"outcome": "decline", "reason": "no_evidence", "seen": seen, "confirmed": "yes"}
        assert post(browser, f"{case}/settle", fields, page=case).status_code == 303
    assert stored(panel.runtime, ref).state is ApplicationState.DECLINED


def test_awards_are_listed_and_cancelled_with_a_reason(panel: Panel) -> None:
    panel.approve(panel.case())
    with create_app(panel.runtime, testing=True).test_client() as browser:
        sign_in(browser, panel.runtime, "chief@example.org")
        page = browser.get("/staff/awards").text
        assert "Accepted (1, £200.00)" in page
        ref = page.partition("/staff/awards/")[2].partition("/cancel")[0]
        path = f"/staff/awards/{ref}/cancel"
        assert post(browser, path, {"why": ""}).status_code == 422
        assert post(browser, path, {"why": "They asked us."}).status_code == 303
        assert "cannot be cancelled any more" in browser.get(path).text
    assert panel.spendable() == 100_000


def test_every_case_is_not_found_in_one_way(client: FlaskClient) -> None:
    for ref in ("NONE-0000", "' OR 1=1 --", "%00", "../../etc/passwd", "x" * 3000):
        assert client.get(f"/staff/cases/{ref}").status_code in {404, 414}


def test_the_queue_asks_the_same_few_questions_however_long_it_is(client: FlaskClient, panel: Panel) -> None:
    from sqlalchemy import event

    asked: list[str] = []
    event.listen(
        panel.runtime.database.reader, "before_cursor_execute", lambda *given: asked.append(str(given[2]))
    )
    panel.case()
    asked.clear()
    client.get("/staff/queue")
    few = len(asked)
    for _ in range(7):
        panel.case()
    asked.clear()
    client.get("/staff/queue")
    assert len(asked) == few
    assert len([one for one in asked if one.startswith("SELECT")]) <= 6, asked
    assert not any("application_answers" in one or "FROM data_key" in one for one in asked)
