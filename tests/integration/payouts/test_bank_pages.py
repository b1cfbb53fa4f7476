"""Finance's pages for the bank: files to download and to void, statements, lines that fit nothing, test payments."""

import io
import re

import pytest
from flask.testing import FlaskClient
from sqlmodel import select

from hardship.core.actor import Role
from hardship.core.runtime import Runtime
from hardship.payouts.models import BankFileState, RailName, TrialPayment
from hardship.payouts.transitions import PaymentState
from hardship.staff import proposals
from tests.integration.applications.helpers import bodies
from tests.integration.payouts.camt import Entry, camt
from tests.integration.payouts.helpers import GRANT, House, a_house, line
from tests.integration.payouts.test_bank_files import schema, sent, states_of_files
from tests.integration.payouts.test_pages import Browsers, form_token, upload
from tests.integration.review.helpers import PASSWORD
from tests.integration.staff.signing import post

HOME = "/staff/payouts"


@pytest.fixture
def house(sqlite_runtime: Runtime) -> House:
    """A fund whose finance, approver and auditor can sign in."""
    made = a_house(sqlite_runtime, money=2_000_000)
    made.rail = RailName.BANK_FILE
    for name, role in (("mia", Role.FINANCE), ("abe", Role.APPROVER), ("una", Role.AUDITOR)):
        made.join(name, role, password=PASSWORD)
    return made


@pytest.fixture
def browsers(house: House) -> Browsers:
    """Browsers over the house."""
    return Browsers(house)


def test_the_bank_file_is_what_the_page_offers_first(house: House, browsers: Browsers) -> None:
    house.award("01")
    page = browsers["mia"].get(HOME).text
    rails = re.findall(r"Make a batch for the ([\w-]+)", page)
    assert rails[0] == "bank-file"
    first = page[: page.index("Make a batch for the bank-file")].rpartition("<button")[2]
    assert "govuk-button--secondary" not in first


def test_a_batch_shows_its_files_and_hands_them_out(house: House, browsers: Browsers) -> None:
    house.award("01", "01")
    ref = house.make()
    at = f"{HOME}/{ref}"
    assert post(browsers["mia"], f"{at}/form", {"form": "csv"}, page=at).status_code == 303
    assert post(browsers["mia"], f"{at}/form", {"form": "pain.001"}, page=at).status_code == 303
    house.approve(ref)
    assert post(browsers["mia"], f"{at}/submit", page=at).status_code == 303
    page = browsers["mia"].get(at).text
    assert f"Download {ref}-001" in page
    got = post(browsers["mia"], f"{HOME}/files/{ref}-001", page=at)
    assert got.status_code == 200
    assert got.headers["Content-Disposition"] == f'attachment; filename="{ref}-001.xml"'
    assert "no-store" in got.headers["Cache-Control"]
    schema().validate(got.text)
    assert post(browsers["mia"], f"{HOME}/files/{ref}-001", page=at).data == got.data
    assert f"Download {ref}" not in browsers["una"].get(at).text
    with house.runtime.read() as session:
        assert [one["kind"] for one in bodies(session, f"bank_file:{ref}-001")].count("bank_file.read") == 2


def test_who_may_not_gets_no_file_and_no_form(house: House, browsers: Browsers) -> None:
    ref = sent(house, 1)
    token = {"csrf_token": form_token(browsers["una"].get("/staff/").text)}
    for path in (
        f"{HOME}/files/{ref}-001",
        f"{HOME}/{ref}/form",
        f"{HOME}/{ref}/void",
        f"{HOME}/test-payment",
    ):
        assert browsers["una"].post(path, data=token).status_code == 403, path
    assert browsers["mia"].post(f"{HOME}/files/{ref}-001").status_code == 400  # without its token
    assert browsers["mia"].get(f"{HOME}/files/{ref}-001").status_code == 405
    assert browsers["una"].get(f"{HOME}/bank-file").status_code == 200


def test_a_file_is_voided_by_two_people_on_pages(house: House, browsers: Browsers) -> None:
    ref = sent(house, 2)
    at = f"{HOME}/{ref}/void?file={ref}-001"
    page = browsers["mia"].get(at).text
    assert "people are paid twice" in page
    empty = post(browsers["mia"], at, {"why": ""})
    assert (empty.status_code, "Say how you know" in empty.text) == (422, True)
    assert post(browsers["mia"], at, {"why": "Refused at upload."}).status_code == 303
    assert states_of_files(house) == [BankFileState.MADE]
    with house.runtime.read() as session:
        (waiting,) = proposals.waiting(session)
    house.runtime.transact(house["abe"], proposals.approve, ref=waiting.ref)
    assert states_of_files(house) == [BankFileState.VOIDED]
    assert "Voided" in browsers["mia"].get(f"{HOME}/{ref}").text
    assert post(browsers["mia"], f"{HOME}/files/{ref}-001", page=f"{HOME}/statement").status_code == 409


def test_a_camt_file_sent_in_is_listed_with_its_balance(house: House, browsers: Browsers) -> None:
    sent(house, 1)
    code = house.line(0).reference[-10:]
    assert "No statement was read yet" in browsers["mia"].get(f"{HOME}/statement").text
    data = camt(Entry(-GRANT, end_to_end=code), opening=1_000)
    assert upload(browsers["mia"], data, "april.xml")[0] == 303
    page = browsers["mia"].get(f"{HOME}/statement").text
    assert "−£190.00" in page  # what the bank says
    assert "£19,800.00" in page  # what the books say
    status, page = upload(browsers["mia"], data.replace(b"GBP", b"EUR"), "may.xml")
    assert (status, "Only sterling" in page) == (422, True)


def choices(page: str) -> list[str]:
    """What the buttons of the suggestions say."""
    return [" ".join(text.split()) for text in re.findall(r"<button[^>]*>(It is [^<]*)</button>", page)]


def test_a_line_comes_with_what_it_could_be_and_is_settled_by_a_press(
    house: House, browsers: Browsers
) -> None:
    ref = sent(house, 2)
    house.reconcile(line("PERSON NUMBER2 GRANT", GRANT), line("BANK FEE", 650), line("CHAPS", 2 * GRANT + 1))
    listed = browsers["mia"].get(f"{HOME}/exceptions").text
    assert "2 payments of this amount are on the way" in listed
    assert "PERSON" not in listed
    numbers = re.findall(r"/staff/payouts/exceptions/(\d+)\"", listed)
    first, fee, _ = (f"{HOME}/exceptions/{number}" for number in numbers)
    codes = [house.line(at).reference[-10:] for at in (0, 1)]
    page = browsers["mia"].get(first).text
    assert choices(page)[:2] == [f"It is payment {codes[1]}", f"It is payment {codes[0]}"]
    assert "words of the payee&#39;s name are on the line" in page
    for _ in range(2):  # a second press is harmless
        assert post(browsers["mia"], f"{first}/match", {"value": codes[1]}, page=first).status_code == 303
    assert house.states() == {PaymentState.SUBMITTED: 1, PaymentState.PAID: 1}
    assert choices(browsers["mia"].get(fee).text)[-1] == "It is a charge, borne by Small fund"
    assert post(browsers["mia"], f"{fee}/charge", {"value": "small"}, page=fee).status_code == 303
    wrong = post(browsers["mia"], f"{HOME}/exceptions/{numbers[2]}/match", {"value": "NOPE"}, page=fee)
    assert wrong.status_code in {409, 422}
    house.books()
    assert ref


def test_filters_pages_and_strange_addresses_of_the_list(house: House, browsers: Browsers) -> None:
    house.reconcile(*[line(f"FEE {number}", 100 + number) for number in range(60)])
    client: FlaskClient = browsers["mia"]
    page = client.get(f"{HOME}/exceptions").text
    assert page.count("Money out</span>") == 50
    assert "from=50" in page
    assert client.get(f"{HOME}/exceptions?from=50").text.count("Money out</span>") == 10
    assert "None of these" in client.get(f"{HOME}/exceptions?direction=in").text
    assert client.get(f"{HOME}/exceptions?direction=up").status_code == 422
    assert client.get(f"{HOME}/exceptions?from=-5").status_code == 200
    assert client.get(f"{HOME}/exceptions?from=99999999999999999999").status_code == 200


def test_columns_are_mapped_on_a_page_and_what_was_typed_stays(house: House, browsers: Browsers) -> None:
    at = f"{HOME}/statement/columns"
    given = {
        "name": "Own bank",
        "date": "Posted",
        "date_format": "DD/MM/YYYY",
        "reference": "Text, Memo",
        "out_sign": "minus",
    }
    wrong = post(browsers["mia"], at, given)
    assert (wrong.status_code, 'value="Posted"' in wrong.text) == (422, True)
    assert "one for money in and one for money out" in wrong.text
    assert post(browsers["mia"], at, given | {"amount": "Sum"}).status_code == 303
    assert "Own bank" in browsers["mia"].get(f"{HOME}/statement").text
    data = b"Posted,Sum,Text,Memo\n02/04/2020,-6.50,CHARGE,\n"
    assert upload(browsers["mia"], data, "own.csv")[0] == 303


def test_a_test_payment_is_guided_from_file_to_confirmation(house: House, browsers: Browsers) -> None:
    at = f"{HOME}/test-payment"
    page = browsers["mia"].get(at).text
    assert "Lane Support · Lane Su" in page
    own = {"fund": "small", "name": "Own", "sort_code": "20-00-00", "account_number": "12345678"}
    wrong = post(browsers["mia"], at, own | {"amount": "1.01"})
    assert (wrong.status_code, "£1.00 or less" in wrong.text) == (422, True)
    wrong = post(browsers["mia"], at, own | {"amount": "0.01", "sort_code": "2"})
    assert wrong.status_code == 422
    made = post(browsers["mia"], at, own | {"amount": "0.01"})
    assert made.status_code == 303
    page = browsers["mia"].get(made.location).text
    with house.runtime.read() as session:
        code = session.exec(select(TrialPayment.ref)).one()
    assert f"Lane Su {code}" in page
    assert "12345678" not in page
    got = post(browsers["mia"], f"{at}/{code}/file", page=made.location)
    schema().validate(got.text)
    assert post(browsers["mia"], made.location, {"said": "x"}).status_code == 422
    said = {"said": f"LANE SUPPORT LANE SU {code}", "as_expected": "yes"}
    assert post(browsers["mia"], made.location, said).status_code == 303
    assert "Confirmed" in browsers["mia"].get(at).text


def test_no_page_for_the_bank_names_anybody(house: House, browsers: Browsers) -> None:
    ref = sent(house, 2)
    house.reconcile(house.line(0))
    for path in ("", f"/{ref}", f"/{ref}/void", "/bank-file", "/statement", "/exceptions", "/test-payment"):
        page = browsers["mia"].get(HOME + path)
        assert page.status_code == 200, path
        for canary in ("Person Number", "20000101", "Maya Example", "20-29-59", "55779911"):
            if path != "/bank-file" or canary != "55779911":  # finance is shown the fund's own account
                assert canary not in page.text, (path, canary)


def test_an_upload_of_nothing_is_told(browsers: Browsers) -> None:
    at = f"{HOME}/statement"
    token = form_token(browsers["mia"].get(at).text)
    sent_in = {"csrf_token": token, "file": (io.BytesIO(b""), "")}
    answer = browsers["mia"].post(at, data=sent_in, content_type="multipart/form-data")
    assert (answer.status_code, "Choose a file" in answer.text) == (422, True)
