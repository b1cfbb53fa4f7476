"""The statements' pages: list, issue, figures and files for staff; a check for anybody."""

import io
import re

import pytest
from flask.testing import FlaskClient

from hardship.app import create_app
from hardship.core.canonical import sha256_hex
from hardship.core.runtime import Runtime
from tests.integration.staff.signing import form_token, post, sign_in
from tests.integration.statements.home import PASSWORD, Home, a_home
from tests.integration.statements.test_issue import state, statements, today

NEW = "/staff/statements/new"
FIELDS = {"agreement": "LC", "first": ["1", "4", "2020"], "last": ["1", "4", "2020"], "supersedes": ""}


@pytest.fixture
def home(sqlite_runtime: Runtime) -> Home:
    """The fund, whose staff can sign in."""
    made = a_home(sqlite_runtime, password=PASSWORD)
    made.give(25_000)
    return made


def browser(home: Home, who: str = "") -> FlaskClient:
    """A browser, signed in as somebody."""
    client = create_app(home.runtime, testing=True).test_client()
    if who:
        sign_in(client, home.runtime, f"{who}@example.org")
    return client


def send(client: FlaskClient, fields: dict[str, object]) -> object:
    """Send the form of a new statement."""
    token = form_token(client.get(NEW).get_data(as_text=True))
    return client.post(NEW, data={"csrf_token": token, **fields})


def test_finance_issues_a_statement_on_a_page(home: Home) -> None:
    """From the empty list to the files, each as it was frozen."""
    client = browser(home, "finance")
    assert "No statement was issued yet" in client.get("/staff/statements").get_data(as_text=True)
    answer = send(client, FIELDS)
    assert answer.status_code == 303  # type: ignore[attr-defined]
    page = client.get(answer.headers["Location"]).get_data(as_text=True)  # type: ignore[attr-defined]
    assert "was issued" in page
    assert "£250.00" in page
    links = re.findall(r'href="(/staff/statements/ST-[^"]+/statement-[^"]+)"', page)
    assert len(links) == 3
    for link in links:
        file = client.get(link)
        assert file.status_code == 200
        assert sha256_hex(file.data) in page
        assert file.headers["Content-Disposition"].startswith('attachment; filename="statement-ST-')
    assert "LC" in client.get("/staff/statements").get_data(as_text=True)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"agreement": ""}, "Choose an agreement"),
        ({"agreement": "nobody"}, "Not a valid choice"),
        ({"first": ["", "", ""]}, "Enter the first day"),
        ({"first": ["31", "2", "2020"]}, "real date"),
        ({"last": ["2", "4", "2020"]}, "still to come"),
        ({"first": ["2", "4", "2020"]}, "before the first"),
        ({"supersedes": "ST-NONE"}, "no such statement"),
        ({"supersedes": "x" * 10_000}, "60 characters"),
    ],
)
def test_the_form_tells_what_is_wrong_and_keeps_what_was_typed(
    home: Home, changed: dict[str, object], told: str
) -> None:
    """An error summary, 422, nothing issued."""
    client = browser(home, "finance")
    answer = send(client, FIELDS | changed)
    page = answer.get_data(as_text=True)  # type: ignore[attr-defined]
    assert answer.status_code == 422  # type: ignore[attr-defined]
    assert "There is a problem" in page
    assert told in page
    assert 'value="2020"' in page
    assert statements(home) == 0


def test_who_may_see_what(home: Home) -> None:
    """An auditor reads and does not issue; a reviewer sees none of it; nobody else sees a staff page."""
    issued = state(home, today(home))
    page = f"/staff/statements/{issued.ref}"
    auditor, reviewer, nobody = browser(home, "auditor"), browser(home, "reviewer"), browser(home)
    assert auditor.get(page).status_code == 200
    assert "Issue a statement" not in auditor.get("/staff/statements").get_data(as_text=True)
    assert auditor.get(NEW).status_code == 403
    for path in ("/staff/statements", page, f"{page}/{issued.files[0][0]}", NEW, "/staff/ledger"):
        assert reviewer.get(path).status_code == 403, path
        assert nobody.get(path).status_code == 303, path


def test_what_is_not_there_is_a_page_that_says_so(home: Home) -> None:
    """Statements and files of no such name."""
    issued = state(home, today(home))
    client = browser(home, "finance")
    for path in ("ST-NONE", "%00", f"{issued.ref}/other.pdf", f"{issued.ref}/..%2f..%2fetc%2fpasswd"):
        assert client.get(f"/staff/statements/{path}").status_code == 404, path


def test_the_ledger_s_page_shows_the_figures(home: Home) -> None:
    """Figures by fund; every account on the trial balance."""
    client = browser(home, "auditor")
    page = client.get("/staff/ledger").get_data(as_text=True)
    assert "In order" in page
    assert "£250.00" in page
    balances = client.get("/staff/ledger/trial-balance").get_data(as_text=True)
    assert "Match funding to be received" in balances
    assert "£500.00" in balances


def check(client: FlaskClient, **fields: object) -> str:
    """Send the public form and follow it."""
    token = form_token(client.get("/verify").get_data(as_text=True))
    answer = client.post("/verify", data={"csrf_token": token, **fields}, content_type="multipart/form-data")
    if answer.status_code == 303:
        answer = client.get(answer.headers["Location"])
    return answer.get_data(as_text=True)


def test_anybody_can_check_a_file(home: Home) -> None:
    """By the file or by its fingerprint; a changed file was not issued; a corrected one says what took its place."""
    issued = state(home, today(home))
    client = browser(home)
    for name, _, body in issued.files:
        assert "This file was issued here" in check(client, file=(io.BytesIO(body), name))
        assert "This file was not issued here" in check(client, file=(io.BytesIO(body + b" "), name))
    fingerprint = sha256_hex(issued.files[0][2])
    assert issued.ref in check(client, sha256=f" {fingerprint.upper()} ")
    second = state(home, today(home), supersedes=issued.ref)
    assert f"{second.ref} took its place" in check(client, sha256=fingerprint)


@pytest.mark.parametrize("fields", [{}, {"sha256": "abc"}, {"sha256": "g" * 64}, {"sha256": "a" * 5_000}])
def test_the_check_says_what_it_needs(home: Home, fields: dict[str, object]) -> None:
    """An error summary, not a crash."""
    page = check(browser(home), **fields)
    assert "There is a problem" in page


def test_an_empty_file_and_odd_addresses_are_no_crash(home: Home) -> None:
    """Whatever stands in the address."""
    client = browser(home)
    assert "The file is empty" in check(client, file=(io.BytesIO(b""), "x.pdf"))
    for asked in ("x", "'; DROP TABLE statement; --", "%00", "a" * 3_000):
        assert client.get("/verify", query_string={"sha256": asked}).status_code == 200


def test_checking_is_limited(home: Home) -> None:
    """Nobody tries fingerprints by the thousand."""
    client = browser(home)
    answers = {client.get("/verify", query_string={"sha256": f"{n:064x}"}).status_code for n in range(70)}
    assert answers == {200, 429}


def test_a_form_without_its_token_is_refused(home: Home) -> None:
    """Another site cannot issue a statement."""
    client = browser(home, "finance")
    assert client.post(NEW, data=FIELDS).status_code == 400
    assert post(client, "/staff/sign-out", page="/staff/").status_code == 303
    assert statements(home) == 0
