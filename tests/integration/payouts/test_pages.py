"""The pages of payouts, as a browser without JavaScript uses them."""

import io
import re

import pytest
from flask.testing import FlaskClient

from hardship.app import create_app
from hardship.core.actor import Role
from hardship.core.clock import SetClock
from hardship.core.runtime import Runtime
from hardship.payouts import queries
from hardship.payouts.transitions import BatchState, PaymentState
from tests.integration.applications.helpers import everything_in
from tests.integration.payouts.helpers import GRANT, House, a_house, bank_paid, line
from tests.integration.review.helpers import PASSWORD
from tests.integration.staff.signing import form_token, post, sign_in

HOME = "/staff/payouts"
HEADER = "date,amount,reference,counterparty,direction\n"


@pytest.fixture
def house(sqlite_runtime: Runtime) -> House:
    """A fund whose maker and approver can sign in."""
    made = a_house(sqlite_runtime)
    made.join("mia", Role.FINANCE, password=PASSWORD)
    made.join("abe", Role.APPROVER, password=PASSWORD)
    made.join("duo", Role.FINANCE, Role.APPROVER, password=PASSWORD)
    made.join("una", Role.AUDITOR, password=PASSWORD)
    return made


class Browsers(dict[str, FlaskClient]):
    """A browser for each of them, signed in when it is first asked for."""

    def __init__(self, house: House) -> None:
        super().__init__()
        self.house = house
        self.app = create_app(house.runtime, testing=True)

    def __missing__(self, name: str) -> FlaskClient:
        self[name] = self.app.test_client()
        sign_in(self[name], self.house.runtime, f"{name}@example.org")
        return self[name]


@pytest.fixture
def browsers(house: House) -> Browsers:
    """Browsers over the house."""
    return Browsers(house)


def make(client: FlaskClient) -> str:
    """Press the button; returns the batch's reference."""
    answer = client.post(HOME, data=fields(client.get(HOME).text))
    assert answer.status_code == 303, answer.text
    return answer.location.rpartition("/")[2]


def fields(page: str) -> dict[str, str]:
    """The hidden fields of the form that makes a batch, or approves one."""
    found = {"csrf_token": form_token(page)}
    for name in ("fund", "rail", "request_key", "seen"):
        if value := re.search(rf'name="{name}" value="([^"]*)"', page):
            found[name] = value[1]
    if "rail" in found:
        found["rail"] = "sandbox"  # the bank file is the first that the page offers
    return found


def test_from_ready_to_paid_by_two_people(house: House, browsers: Browsers) -> None:
    assert "Nothing is ready" in browsers["mia"].get(HOME).text
    house.award("01", "02")
    page = browsers["mia"].get(HOME).text
    assert "2 awards, £400.00" in page
    ref = make(browsers["mia"])
    at = f"{HOME}/{ref}"
    assert "It takes somebody who is an approver" in browsers["mia"].get(at).text
    page = browsers["abe"].get(at).text
    assert "An approval is for 2 payments, £400.00 in all" in page
    assert browsers["abe"].post(f"{at}/approve", data=fields(page)).status_code == 303
    assert browsers["abe"].post(f"{at}/approve", data=fields(page)).status_code == 303  # a second press
    assert post(browsers["mia"], f"{at}/submit", page=at).status_code == 303
    assert "2 payments submitted" in browsers["mia"].get(at).text
    house.work()
    assert "Settled" in browsers["una"].get(at).text
    assert "Reconciled" in browsers["una"].get(HOME).text
    with house.runtime.read() as session:
        assert len(bank_paid(session)) == 2


def test_a_double_press_makes_one_batch_and_submits_once(house: House, browsers: Browsers) -> None:
    house.award("01", "02")
    given = fields(browsers["mia"].get(HOME).text)
    first = browsers["mia"].post(HOME, data=given)
    second = browsers["mia"].post(HOME, data=given)
    assert first.location == second.location
    ref = first.location.rpartition("/")[2]
    house.approve(ref)
    token = {"csrf_token": form_token(browsers["mia"].get(f"{HOME}/{ref}").text)}
    for _ in range(2):
        assert browsers["mia"].post(f"{HOME}/{ref}/submit", data=token).status_code == 303
    with house.runtime.read() as session:
        assert len(queries.batch_rows(session)) == 1
        assert len(queries.sandbox_book(session)) == 2


def test_the_maker_cannot_approve_and_is_told_why(house: House, browsers: Browsers) -> None:
    house.award("01")
    ref = make(browsers["duo"])
    page = browsers["duo"].get(f"{HOME}/{ref}").text
    assert "You made this batch" in page
    assert "/approve" not in page
    seen = house.batch(ref).digest
    token = form_token(page)
    refused = browsers["duo"].post(f"{HOME}/{ref}/approve", data={"csrf_token": token, "seen": seen})
    assert (refused.status_code, "You made this batch" in refused.text) == (409, True)
    assert house.batch(ref).state is BatchState.DRAFT


def test_an_approval_of_what_has_changed_is_refused(house: House, browsers: Browsers) -> None:
    house.award("01")
    ref = make(browsers["mia"])
    page = browsers["abe"].get(f"{HOME}/{ref}").text
    stale = fields(page) | {"seen": "0" * 64}
    assert browsers["abe"].post(f"{HOME}/{ref}/approve", data=stale).status_code == 409
    assert browsers["abe"].post(f"{HOME}/{ref}/approve", data=stale | {"seen": ""}).status_code == 422
    assert house.batch(ref).state is BatchState.DRAFT


def test_who_may_not_is_refused_and_nothing_changes(house: House, browsers: Browsers) -> None:
    house.award("01")
    ref = make(browsers["mia"])
    token = {"csrf_token": form_token(browsers["una"].get("/staff/").text)}
    house_before = house.states()
    for path in (
        HOME,
        f"{HOME}/{ref}/approve",
        f"{HOME}/{ref}/submit",
        f"{HOME}/{ref}/cancel",
        f"{HOME}/statement",
    ):
        assert browsers["una"].post(path, data=token).status_code == 403
    assert browsers["mia"].post(f"{HOME}/{ref}/approve", data=token).status_code in {400, 403}
    assert (
        browsers["abe"].post(f"{HOME}/{ref}/approve", data={"seen": house.batch(ref).digest}).status_code
        == 400
    )
    assert house.states() == house_before


def test_bad_input_is_told_and_changes_nothing(house: House, browsers: Browsers) -> None:
    house.award("01")
    good = fields(browsers["mia"].get(HOME).text)
    before = everything_in(house.runtime)
    for bad, status in (
        ({"fund": "none"}, 404),
        ({"rail": "carrier-pigeon"}, 422),
        ({"rail": "stripe"}, 409),
        ({"fund": ""}, 422),
        ({"fund": "x" * 10_000}, 422),
        ({"request_key": ""}, 422),
    ):
        assert browsers["mia"].post(HOME, data=good | bad).status_code == status, bad
    for path, status in (
        ("/0000-0000", 404),
        ("/%00", 404),
        ("/payments?state=nonsense", 422),
        ("/exceptions/999999", 404),
        ("/payments?state=", 422),
    ):
        assert browsers["mia"].get(HOME + path).status_code == status, path
    after = everything_in(house.runtime)
    changed = {name for name in before if before[name] != after[name]}
    assert changed <= {"web_session"}


def test_a_large_batch_is_left_to_the_worker_and_the_page_says_how_far_it_is(
    house: House, browsers: Browsers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hardship.payouts.views.AT_ONCE", 2)
    house.award("01", "02", "03")
    ref = make(browsers["mia"])
    house.approve(ref)
    at = f"{HOME}/{ref}"
    assert post(browsers["mia"], f"{at}/submit", page=at).status_code == 303
    page = browsers["mia"].get(at).text
    assert "0 of 3" in page
    assert "Load the page again" in page
    assert "http-equiv" not in page
    house.work()
    assert house.states() == {PaymentState.PAID: 3}


def test_unknown_payments_are_listed_with_the_next_step_and_can_be_asked_about(
    house: House, browsers: Browsers
) -> None:
    house.submit(house.ready("92"))
    assert "Unknown, late or not seen</a> (1)" in browsers["mia"].get(HOME).text
    at = f"{HOME}/payments?state=unknown"
    page = browsers["mia"].get(at).text
    assert "Ask the rail" in page
    assert "nothing is paid twice" in page
    reference = house.payments()[0].reference
    assert post(browsers["mia"], f"{HOME}/payments/{reference}/look", page=at).status_code == 303
    assert house.states() == {PaymentState.SUBMITTED: 1}
    assert "No payment is unknown" in browsers["mia"].get(at).text


def upload(client: FlaskClient, data: bytes, name: str = "april.csv") -> tuple[int, str]:
    """Send in a bank statement."""
    at = f"{HOME}/statement"
    token = form_token(client.get(at).text)
    sent = {"csrf_token": token, "file": (io.BytesIO(data), name)}
    answer = client.post(at, data=sent, content_type="multipart/form-data")
    return answer.status_code, answer.text


def test_a_statement_sent_in_settles_and_what_fits_nothing_is_shown_and_set_aside(
    house: House, browsers: Browsers
) -> None:
    house.submit(house.ready("01"))
    debit = house.line(0)
    data = f"{HEADER}2020-04-02,200.00,{debit.reference},X,out\n2020-04-03,5.00,CANARY FEE,Bank,out\n"
    assert upload(browsers["mia"], data.encode())[0] == 303
    assert house.states() == {PaymentState.PAID: 1}
    page = browsers["mia"].get(f"{HOME}/exceptions").text
    assert "A debit that names no payment" in page
    assert "CANARY" not in page
    opened = re.search(r'/staff/payouts/exceptions/(\d+)"', page)
    assert opened
    at = f"{HOME}/exceptions/{opened[1]}"
    assert "CANARY FEE" in browsers["mia"].get(at).text
    assert browsers["una"].get(at).status_code == 403
    empty = post(browsers["mia"], at, {"note": ""})
    assert (empty.status_code, "Say why" in empty.text) == (422, True)
    assert post(browsers["mia"], at, {"note": "The bank's fee."}).status_code == 303
    assert "Every bank line has its place" in browsers["mia"].get(f"{HOME}/exceptions").text
    assert upload(browsers["mia"], data.encode())[0] == 303
    assert house.books().funds[0].paid == GRANT


BAD_FILES = {
    "empty": (b"", "empty"),
    "header only": (HEADER.encode(), "no rows"),
    "another encoding": (HEADER.encode() + "2020-04-02,1.00,caf\xe9,x,out\n".encode("latin-1"), "not UTF-8"),
    "UTF-16": ((HEADER + "2020-04-02,1.00,a,b,out\n").encode("utf-16"), "UTF-16"),
    "a wrong column": (b"date,sum,reference,counterparty,direction\n1,2,3,4,out\n", "unknown column"),
    "a bad date": (HEADER.encode() + b"2020-02-30,1.00,a,b,out\n", "not a date"),
    "a negative amount": (HEADER.encode() + b"2020-04-02,-1.00,a,b,out\n", "negative"),
    "NaN": (HEADER.encode() + b"2020-04-02,NaN,a,b,out\n", "not an amount"),
    "thirteen digits": (HEADER.encode() + b"2020-04-02,1234567890123.00,a,b,out\n", "not an amount"),
    "nothing": (HEADER.encode() + b"2020-04-02,0.00,a,b,out\n", "a line of nothing"),
    "a direction of its own": (HEADER.encode() + b"2020-04-02,1.00,a,b,up\n", "not one of the choices"),
    "a day to come": (HEADER.encode() + b"2030-01-01,1.00,a,b,out\n", "still to come"),
    "no comma": (HEADER.encode() + b"2020-04-02\n", "1 fields"),
    "a long text": (HEADER.encode() + b"2020-04-02,1.00," + b"a" * 5000 + b",b,out\n", "longer than"),
}


@pytest.mark.parametrize("kind", BAD_FILES)
def test_a_bad_statement_is_refused_whole_with_one_clear_sentence(
    house: House, browsers: Browsers, kind: str
) -> None:
    data, said = BAD_FILES[kind]
    if data.startswith(HEADER.encode()) and len(data) > len(HEADER):
        data = data + b"2020-04-02,1.00,good,line,out\n"
    status, page = upload(browsers["mia"], data)
    assert (status, said in page) == (422, True), page
    assert "There is a problem" in page
    with house.runtime.read() as session:
        assert queries.exception_count(session) == 0


def test_a_line_that_cannot_be_there_is_not_found(browsers: Browsers) -> None:
    """Also under a number that no database holds."""
    for number in ("999999", "99999999999999999999999"):
        assert browsers["mia"].get(f"{HOME}/exceptions/{number}").status_code == 404


def test_no_file_is_told(browsers: Browsers) -> None:
    at = f"{HOME}/statement"
    assert "Choose a file" in post(browsers["mia"], at).text


def test_the_sandbox_states_its_rules(house: House, browsers: Browsers) -> None:
    page = browsers["una"].get(f"{HOME}/sandbox").text
    for ending in ("…91", "…92", "…93", "…94"):
        assert ending in page


def test_cancelling_gives_the_awards_back(house: House, browsers: Browsers) -> None:
    house.award("01")
    ref = make(browsers["mia"])
    assert post(browsers["mia"], f"{HOME}/{ref}/cancel", page=f"{HOME}/{ref}").status_code == 303
    assert "1 award, £200.00" in browsers["mia"].get(HOME).text


def test_no_page_names_anybody(house: House, browsers: Browsers) -> None:
    assert isinstance(house.runtime.clock, SetClock)
    ref = house.ready("01", "92", "94")
    house.submit(ref)
    house.work()
    house.reconcile(line("X", 1))
    for path in ("", f"/{ref}", "/payments?state=paid", "/payments?state=unknown", "/sandbox", "/exceptions"):
        page = browsers["una"].get(HOME + path)
        assert page.status_code == 200, path
        for canary in ("Person Number", "20000101", "12345678", "Maya", "20-29-59", "202959"):
            assert canary not in page.text
