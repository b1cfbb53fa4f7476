"""The pages of sanctions, payment by hand, recalls, recoveries and sign-off, without JavaScript."""

import io
import re

import pytest
from flask.testing import FlaskClient

from hardship.app import create_app
from hardship.applications.service import submit
from hardship.awards.models import Award
from hardship.core.actor import PUBLIC, Role
from hardship.core.runtime import Runtime
from hardship.payouts.sanctions import queries
from hardship.payouts.service import recalls, recoveries, signoff
from hardship.payouts.transitions import PaymentState
from tests.integration.applications.helpers import everything_in, token
from tests.integration.payouts.guarding import a_list, award_to, guarded_house, payment_of
from tests.integration.payouts.helpers import House
from tests.integration.review.helpers import PASSWORD
from tests.integration.staff.signing import form_token, sign_in

HOME = "/staff/payouts"
ENTRY = ("RUS0001", "Viktor", "Sanktionov", "07/10/1952")
DAY = {"day": "1", "month": "4", "year": "2020"}


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
def house(sqlite_runtime: Runtime) -> House:
    """A fund whose people can sign in."""
    made = guarded_house(sqlite_runtime)
    made.join("mia", Role.FINANCE, password=PASSWORD)
    made.join("abe", Role.APPROVER, password=PASSWORD)
    made.join("lea", Role.LEAD, password=PASSWORD)
    made.join("una", Role.AUDITOR, password=PASSWORD)
    made.join("rex", Role.REVIEWER, password=PASSWORD)
    return made


@pytest.fixture
def browsers(house: House) -> Browsers:
    """Browsers over the house."""
    return Browsers(house)


def send(client: FlaskClient, at: str, **given: object) -> tuple[int, str, str]:
    """Fill in a page's form and send it: status, where it leads, the page."""
    page = client.get(at)
    assert page.status_code == 200, page.text
    names = re.findall(r'name="([^"]+)"', page.text)
    data: dict[str, object] = {"csrf_token": form_token(page.text)}
    for name, value in given.items():
        assert name in names, f"{at} has no field {name}"
        data[name] = list(value.values()) if isinstance(value, dict) else value
    answer = client.post(at, data=data, content_type="multipart/form-data")
    return answer.status_code, answer.location or "", answer.text


def paid(house: House, name: str = "Person One") -> Award:
    """An award that was paid."""
    award = award_to(house, name)
    ref = house.make()
    house.approve(ref)
    house.submit(ref)
    house.work()
    assert payment_of(house, award).state is PaymentState.PAID
    return award


def proposal(browsers: Browsers, page: str) -> None:
    """The second person opens the proposal that a page names, and approves it."""
    ref = re.search(r"proposed as ([0-9A-Z]{4}-[0-9A-Z]{4})", page)
    assert ref, page
    at = f"/staff/proposals/{ref[1]}"
    shown = browsers["abe"].get(at)
    assert shown.status_code == 200
    answer = browsers["abe"].post(at, data={"csrf_token": form_token(shown.text), "approve": "y"})
    assert answer.status_code in (302, 303), answer.text


def test_a_list_is_imported_and_the_officer_compares_and_clears(house: House, browsers: Browsers) -> None:
    award_to(house, "Viktor Sanktionov", birth_year="1952")
    assert "No list is loaded" in browsers["mia"].get("/staff/sanctions").text
    file = (io.BytesIO(a_list(ENTRY)), "list.csv")
    status, where, _ = send(browsers["mia"], "/staff/sanctions", file=file)
    assert (status, where) == (303, "/staff/sanctions")
    assert "1 payee may be on it" in browsers["mia"].get(where).text
    assert "1 April 2020" in browsers["mia"].get(where).text
    assert "payee may be on the sanctions list" in browsers["lea"].get("/staff/").text
    page = browsers["lea"].get("/staff/sanctions?state=open").text
    with house.runtime.read() as session:
        ref = queries.hits(session)[0].hit.ref
    assert f"/staff/sanctions/{ref}" in page
    assert "Sanktionov" not in page
    shown = browsers["lea"].get(f"/staff/sanctions/{ref}").text
    assert "Viktor Sanktionov" in shown
    assert "RUS0001" in shown
    status, _, page = send(browsers["lea"], f"/staff/sanctions/{ref}", event="clear")
    assert (status, "Say why" in page) == (422, True)
    status, where, _ = send(browsers["lea"], f"/staff/sanctions/{ref}", event="clear", why="Another person.")
    assert status == 303
    assert "Nobody here" in browsers["lea"].get(where).text
    assert "Another person." in browsers["lea"].get(f"/staff/sanctions/{ref}").text
    assert browsers["mia"].get(f"/staff/sanctions/{ref}").status_code == 403
    assert browsers["rex"].get("/staff/sanctions").status_code == 403
    assert browsers["una"].get("/staff/sanctions").status_code == 200


def test_a_wrong_list_keeps_the_page_and_changes_nothing(house: House, browsers: Browsers) -> None:
    before = everything_in(house.runtime)["sanctions_list"]
    status, _, page = send(browsers["mia"], "/staff/sanctions", file=(io.BytesIO(b"a,b\n"), "x.csv"))
    assert (status, "There is a problem" in page) == (422, True)
    status, _, page = send(browsers["mia"], "/staff/sanctions")
    assert (status, "Choose a file" in page) == (422, True)
    assert browsers["mia"].get("/staff/sanctions?state=x").status_code == 422
    assert everything_in(house.runtime)["sanctions_list"] == before


def test_the_batchs_page_says_with_which_list_it_was_compared(house: House, browsers: Browsers) -> None:
    award_to(house, "Person One")
    ref = house.make()
    assert "no list is loaded" in browsers["mia"].get(f"{HOME}/{ref}").text
    send(browsers["mia"], "/staff/sanctions", file=(io.BytesIO(a_list(ENTRY)), "list.csv"))
    assert "a list was loaded since" in browsers["mia"].get(f"{HOME}/{ref}").text
    page = browsers["abe"].get(f"{HOME}/{ref}").text
    seen = re.search(r'name="seen" value="([^"]*)"', page)
    assert seen
    answer = browsers["abe"].post(
        f"{HOME}/{ref}/approve", data={"csrf_token": form_token(page), "seen": seen[1]}
    )
    assert answer.status_code == 303
    assert "sanctions list of 1 April 2020" in browsers["mia"].get(f"{HOME}/{ref}").text
    checks = browsers["mia"].get(f"{HOME}/{ref}/checks").text
    assert "Not checked" in checks
    assert "Not asked" in checks
    assert "Person One" not in checks


def test_a_second_approver_reads_a_plain_message(house: House, browsers: Browsers) -> None:
    ref = house.ready("01")
    page = browsers["abe"].get(f"{HOME}/{ref}").text
    data = {"csrf_token": form_token(page), "seen": "0" * 64}
    answer = browsers["abe"].post(f"{HOME}/{ref}/approve", data=data)
    assert answer.status_code == 409
    assert "was approved already, by approver@example.org" in answer.text
    assert "not possible now" not in answer.text


def test_paying_by_hand_from_the_applicants_word_to_the_evidence(house: House, browsers: Browsers) -> None:
    award = award_to(house, "Person One", account_number="")
    assert "Nobody waits" in browsers["mia"].get(f"{HOME}/by-hand").text
    from hardship.applications.service import ask_other_way
    from hardship.core.actor import SYSTEM

    house.runtime.transact(SYSTEM, ask_other_way, application_id=award.application_id)
    assert award.ref in browsers["mia"].get(f"{HOME}/by-hand").text
    found = browsers["mia"].get(f"{HOME}/by-hand?award={award.ref}")
    assert found.location.endswith(award.ref)
    given = {
        "way": "cash",
        "paid_from": "cash_in_hand",
        "handed_on": DAY,
        "handed_by": "Rita",
        "reference": "R-17",
        "note": "At the drop-in",
    }
    status, _, page = send(browsers["mia"], found.location, **given | {"reference": ""})
    assert (status, "At the drop-in" in page) == (422, True)
    status, _, page = send(browsers["mia"], found.location, **given | {"handed_on": DAY | {"day": "2"}})
    assert (status, "has not come yet" in page) == (422, True)
    status, where, _ = send(browsers["mia"], found.location, **given)
    assert status == 303
    assert house.states() == {}
    proposal(browsers, browsers["mia"].get(where).text)
    assert payment_of(house, award).state is PaymentState.PAID_EXTERNALLY
    page = browsers["mia"].get(f"{HOME}/by-hand").text
    assert "Cash" in page
    record = browsers["mia"].get(f"{HOME}/payments/{payment_of(house, award).reference}/record").text
    assert "Rita" in record
    assert "R-17" in record
    for who in ("una", "abe"):
        assert browsers[who].get(f"{HOME}/by-hand").status_code == 200
        assert browsers[who].get(f"{HOME}/by-hand/{award.ref}").status_code == 403


def test_a_recall_and_its_refusal(house: House, browsers: Browsers) -> None:
    award = paid(house)
    assert "No payment was called back" in browsers["mia"].get(f"{HOME}/recalls").text
    listed = browsers["mia"].get(f"{HOME}/payments?state=paid").text
    at = f"{HOME}/payments/{payment_of(house, award).reference}/recall"
    assert at in listed
    status, _, page = send(browsers["mia"], at)
    assert (status, "Say what went wrong" in page) == (422, True)
    assert send(browsers["mia"], at, why="Sent twice")[0] == 303
    assert "is being called back" in browsers["mia"].get("/staff/").text
    status, _, page = send(browsers["mia"], at, why="Sent twice")
    assert (status, "Only what was paid is called back" in page, "Sent twice" in page) == (422, True, True)
    with house.runtime.read() as session:
        ref = recalls.recalls(session)[0].recall.ref
    assert f"{HOME}/recalls/{ref}/refused" in browsers["mia"].get(f"{HOME}/recalls?state=requested").text
    assert send(browsers["mia"], f"{HOME}/recalls/{ref}/refused", answer="No consent")[0] == 303
    assert payment_of(house, award).state is PaymentState.PAID
    assert browsers["una"].get(at).status_code == 403


@pytest.mark.parametrize("at", ["payments/NONE/recall", "payments/NONE/name-check", "recalls/NONE/refused"])
def test_the_form_of_a_payment_or_recall_that_is_not_there_is_not_found(browsers: Browsers, at: str) -> None:
    assert browsers["mia"].get(f"{HOME}/{at}").status_code == 404


def test_a_recovery_from_the_note_to_the_write_off(house: House, browsers: Browsers) -> None:
    award = paid(house)
    assert "Nothing went to the wrong person" in browsers["mia"].get(f"{HOME}/recoveries").text
    at = f"{HOME}/wrong/{award.ref}"
    given = {"cause": "wrong_payment", "found_on": DAY, "why": "Two of one name"}
    status, _, page = send(browsers["mia"], at, **given | {"found_on": DAY | {"year": "2021"}})
    assert (status, "has not come yet" in page) == (422, True)
    status, where, _ = send(browsers["mia"], at, **given)
    assert status == 303
    status, _, page = send(
        browsers["mia"], where, amount="250", received_on=DAY, bank_ref="HB 1", send="Book it"
    )
    assert (status, "£200.00 is still out" in page, "250" in page) == (422, True, True)
    status, _, page = send(
        browsers["mia"], where, amount="50.00", received_on=DAY, bank_ref="HB 1", send="Book it"
    )
    assert status == 303, page
    assert "£150.00" in browsers["mia"].get(where).text
    assert "<li>1 April 2020: £50.00</li>" in browsers["mia"].get(where).text
    page = browsers["mia"].get(where).text
    answer = browsers["mia"].post(f"{where}/write-off", data={"csrf_token": form_token(page), "why": ""})
    assert (answer.status_code, "Say what was tried" in answer.text) == (422, True)
    answer = browsers["mia"].post(
        f"{where}/write-off", data={"csrf_token": form_token(page), "why": "Letters"}
    )
    assert answer.status_code == 303
    proposal(browsers, browsers["mia"].get(where).text)
    with house.runtime.read() as session:
        assert recoveries.recoveries(session)[0].recovery.written_off_minor == 15_000
    assert browsers["una"].get(where).status_code == 200
    assert browsers["una"].post(
        where, data={"csrf_token": form_token(browsers["una"].get("/staff/").text), "send": "x"}
    ).status_code in (403, 422)


def test_accounts_are_signed_off_by_two(house: House, browsers: Browsers) -> None:
    at = f"{HOME}/accounts"
    assert "Nothing is signed off yet" in browsers["una"].get(at).text
    status, _, page = send(browsers["mia"], at, scope="small", through=DAY)
    assert (status, "has not passed" in page) == (422, True)
    status, where, _ = send(
        browsers["mia"], at, scope="small/spring", through={"day": "31", "month": "3", "year": "2020"}
    )
    assert status == 303
    proposal(browsers, browsers["mia"].get(where).text)
    assert "31 March 2020" in browsers["una"].get(at).text
    with house.runtime.read() as session:
        assert [one.round for one in signoff.sign_offs(session)] == ["spring"]


def test_a_name_check_is_noted_on_its_page(house: House, browsers: Browsers) -> None:
    award = award_to(house, "Person One")
    ref = house.make()
    reference = payment_of(house, award).reference
    at = f"{HOME}/payments/{reference}/name-check"
    assert at in browsers["mia"].get(f"{HOME}/{ref}/checks").text
    assert send(browsers["mia"], at)[0] == 422
    assert send(browsers["mia"], at, result="ANNM")[0] == 303
    assert "The name is not that of the account" in browsers["mia"].get(f"{HOME}/{ref}/checks").text


def test_the_applicant_asks_for_another_way_and_gives_other_details_after_a_return(house: House) -> None:
    """From /status: the page asks again after the bank sent it back, and other details are paid, once."""
    from hardship.applications.models import Source
    from hardship.awards.service import grant
    from hardship.core.actor import SYSTEM
    from hardship.funds.queries import round_by_slug
    from hardship.payouts.models import Direction
    from tests.integration.applications.helpers import person

    runtime = house.runtime
    with runtime.read() as session:
        round_ = round_by_slug(session, "spring")
    answers = person(7, account_number="", sort_code="", legal_name="")
    receipt = runtime.transact(PUBLIC, submit, round_=round_, answers=answers, source=Source.WEB)
    runtime.transact(SYSTEM, grant, application_id=receipt.application_id, decided_at=runtime.clock.now())
    client = create_app(runtime, testing=True).test_client()
    signed = {
        "csrf_token": token(client, "/status"),
        "reference": receipt.ref,
        "claim_code": receipt.claim_code,
    }
    assert client.post("/status", data=signed).status_code in (302, 303)
    page = client.get("/status/case").text
    assert "I cannot use a bank account" in page
    client.post("/status/other-way", data={"csrf_token": form_token(page)})
    assert "We look for another way to send it" in client.get("/status/case").text

    def give(account: str, name: str = "Person Seven") -> None:
        data = {
            "csrf_token": token(client, "/status/bank"),
            "legal_name": name,
            "sort_code": "20 29 59",
            "account_number": account,
        }
        assert client.post("/status/bank", data=data).status_code == 302

    give("20000701")
    ref = house.make()
    house.approve(ref)
    house.submit(ref)
    house.work()
    house.reconcile(house.line(0), house.line(0, "2020-04-03", Direction.IN))
    page = client.get("/status/case").text
    assert "The bank sent it back" in page
    assert "Give bank details" in page
    give("20000801")
    again = house.make()
    assert house.batch(again).approved_by is None, "it needs a new approval"
    house.approve(again)
    house.submit(again)
    house.work()
    assert "Sent on" in client.get("/status/case").text
    assert house.states() == {PaymentState.PAID: 1}
    assert house.books().funds[0].paid == 20_000
