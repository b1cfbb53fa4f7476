"""Finance's pages for gifts: what they say, what they do, what they refuse, who sees them."""

import csv
import datetime as dt
import io
import re
import zipfile
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlmodel import select

from hardship.contributions.by_hand import pay_in
from hardship.contributions.clearing import record_payout
from hardship.contributions.giftaid.models import Claim, Declaration
from hardship.contributions.hand_models import BankReceipt, RefundOrder
from hardship.contributions.models import Channel, DonorType
from hardship.core.actor import Role, operator
from hardship.core.runtime import Runtime
from hardship.ledger.models import AccountKind
from hardship.staff.models import Proposal
from hardship.staff.proposals import approve
from tests.integration.contributions.desk import arrives, balance, balances, declares, somebody, sound
from tests.integration.matching.helpers import (
    events,
    everything_in,
    give,
    give_back,
    load,
    new_gift,
    pounds,
)
from tests.integration.matching.test_pages import client_of, words
from tests.integration.staff.signing import post

K = AccountKind
TODAY = {"day": "1", "month": "4", "year": "2020"}


def day(name: str) -> dict[str, Any]:
    """A day in three boxes."""
    return {name: ["1", "4", "2020"]}


def sends(client: FlaskClient, path: str, fields: dict[str, Any], page: str = "") -> Any:
    """Send a form."""
    return post(client, path, fields, page=page)


def the(runtime: Runtime, table: Any) -> Any:
    """The only row of a table."""
    with runtime.read() as session:
        return session.exec(select(table)).one()


def refs_on(client: FlaskClient, path: str) -> list[str]:
    """The gifts that a list shows."""
    page = BeautifulSoup(client.get(path).get_data(as_text=True), "html.parser")
    return [cell.get_text(strip=True) for cell in page.select("table tbody th a")]


def many(runtime: Runtime) -> None:
    """Gifts of every sort."""
    load(runtime, {"closes": dt.datetime(2020, 4, 2, tzinfo=dt.UTC)})
    give(
        runtime,
        new_gift("A-1", "100"),
        new_gift("A-2", "200", channel=Channel.CARD, fee_minor=320, into=K.CARD_CLEARING),
        new_gift("B-1", "50", at="2020-04-10T10:00:00Z", donor_type=DonorType.ANONYMOUS),
    )
    declares(runtime, "A-1")
    give_back(runtime, "A-2", "20")


def test_the_list_is_filtered_by_its_address_and_says_what_it_comes_to(runtime: Runtime) -> None:
    """Channel, days, match, Gift Aid, refunds, part of the ref; a value that is not on offer filters nothing."""
    many(runtime)
    client = client_of(runtime, Role.FINANCE)
    for query, expected in {
        "": ["B-1", "A-2", "A-1"],
        "?channel=card": ["A-2"],
        "?from_on=2020-04-02": ["B-1"],
        "?to_on=1/4/2020": ["A-2", "A-1"],
        "?matched=no": ["B-1"],
        "?matched=yes": ["A-2", "A-1"],
        "?tax=unclaimed": ["A-1"],
        "?tax=none": ["B-1", "A-2"],
        "?tax=claimed": [],
        "?tax=owed": [],
        "?refunded=y": ["A-2"],
        "?disputed=y": [],
        "?held=elsewhere": [],
        "?ref=a-": ["A-2", "A-1"],
        "?ref=100%25": [],
        "?channel=gold&from_on=soon&fund=none": ["B-1", "A-2", "A-1"],
    }.items():
        assert refs_on(client, f"/staff/gifts{query}") == expected, query
    said = words(client, "/staff/gifts?ref=A-")
    assert "Gross £300.00 2 gifts, fees £3.20" in said
    assert "Left after refunds £280.00 refunded £20.00" in said
    assert "Matched £280.00 Gift Aid £25.00" in said
    assert "Nothing matches this filter" in words(client, "/staff/gifts?disputed=y")


def test_the_list_goes_on_for_pages(sqlite_runtime: Runtime) -> None:
    """Fifty at a time, each gift once, and the filter stays."""
    load(sqlite_runtime)
    give(sqlite_runtime, *[new_gift(f"G-{at:03d}", "1") for at in range(120)])
    client = client_of(sqlite_runtime, Role.AUDITOR)
    seen: list[str] = []
    path = "/staff/gifts?channel=bank"
    while path:
        page = client.get(path).get_data(as_text=True)
        seen += refs_on(client, path)
        found = BeautifulSoup(page, "html.parser").select_one("a[rel=next]")
        path = str(found["href"]) if found else ""
        assert not path or "channel=bank" in path
    assert seen == [f"G-{at:03d}" for at in reversed(range(120))]
    assert client.get("/staff/gifts?after=nonsense").status_code == 422


@pytest.mark.parametrize("runtime", ["sqlite"], indirect=True)
def test_exports_hold_what_is_filtered_run_nothing_and_name_nobody(runtime: Runtime) -> None:
    """CSV and XLSX; each is an event with the filter."""
    load(runtime)
    give(
        runtime,
        new_gift("=HYPERLINK(1)", "10", donor_name="Secret Donor"),
        new_gift("G-2", "5", channel=Channel.CASH),
    )
    client = client_of(runtime, Role.FINANCE)
    answer = client.get("/staff/gifts.csv?fund=f&channel=bank")
    assert answer.headers["Cache-Control"] == "no-store"
    (row,) = csv.DictReader(io.StringIO(answer.get_data(as_text=True)))
    assert row["ref"] == "'=HYPERLINK(1)"
    assert (row["gross"], row["fee"], row["received_net"], row["matched"]) == (
        "10.00",
        "0.00",
        "10.00",
        "10.00",
    )
    book = zipfile.ZipFile(io.BytesIO(client.get("/staff/gifts.xlsx?fund=f").get_data()))
    inside = "".join(book.read(name).decode("utf-8", "replace") for name in book.namelist())
    assert "<f>" not in inside
    assert "Secret" not in inside + answer.get_data(as_text=True)
    exported = [one for one in events(runtime) if one["kind"] == "gifts.exported"]
    assert [(one["facts"]["rows"], one["facts"]["filter"]) for one in exported] == [
        (1, {"channel": "bank"}),
        (2, {}),
    ]
    assert client.get("/staff/gifts.pdf?fund=f").status_code == 404
    assert client.get("/staff/gifts.csv?fund=none").status_code == 404


@pytest.mark.parametrize("runtime", ["sqlite"], indirect=True)
def test_a_gifts_page_shows_match_tax_refunds_and_every_journal(runtime: Runtime) -> None:
    """What is in the books stands on the page."""
    many(runtime)
    client = client_of(runtime, Role.AUDITOR)
    said = words(client, "/staff/gifts/A-1")
    for part in (
        "Gross £100.00",
        "a gift of £100.00 is matched with £100.00 by M",
        "Tax on it £25.00",
        "to be claimed",
        "Donations",
        "Gift aid receivable",
        "Match receivable",
    ):
        assert part in said, part
    assert "Ask for a refund" not in said, "an auditor changes nothing"
    said = words(client, "/staff/gifts/A-2")
    assert "Received net £196.80 fee £3.20" in said
    assert "1 Apr 2020 Refunded £20.00" in said or "4 Apr 2020 Refunded £20.00" in said


@pytest.mark.parametrize("runtime", ["sqlite"], indirect=True)
def test_a_gift_is_entered_on_the_page(runtime: Runtime) -> None:
    """Errors keep what was typed and lead to their field; then it is in the books, once."""
    load(runtime)
    client = client_of(runtime, Role.FINANCE)
    page = client.get("/staff/record-gift").get_data(as_text=True)
    ref = str(BeautifulSoup(page, "html.parser").select_one("input[name=ref]")["value"])  # type: ignore[index]
    fields: dict[str, Any] = {
        "ref": ref,
        "fund": "f",
        "kind": "cheque",
        "amount": "25.00",
        "donor_type": "anonymous",
    }
    before = everything_in(runtime)["contribution"]
    answer = sends(client, "/staff/record-gift", fields | day("received_on"))
    assert answer.status_code == 422
    shown = answer.get_data(as_text=True)
    assert "what shows it is missing" in shown
    assert 'href="#document"' in shown
    assert 'value="25.00"' in shown
    assert everything_in(runtime)["contribution"] == before
    for _ in range(2):
        answer = sends(client, "/staff/record-gift", fields | day("received_on") | {"document": "000123"})
        assert answer.status_code == 303
    assert balances(runtime) == {"cash_in_hand": 2_500, "donations": -2_500}
    answer = sends(client, "/staff/pay-in", {"fund": "f", "amount": "30", "slip": "S1"} | day("on"))
    assert answer.status_code == 422
    assert "£25.00 in hand" in answer.get_data(as_text=True)
    assert (
        sends(client, "/staff/pay-in", {"fund": "f", "amount": "25", "slip": "S1"} | day("on")).status_code
        == 303
    )
    assert balance(runtime, K.BANK) == 2_500


@pytest.mark.parametrize("runtime", ["sqlite"], indirect=True)
def test_a_large_gift_waits_for_another_person(runtime: Runtime) -> None:
    """The page says so."""
    load(runtime)
    client = client_of(runtime, Role.FINANCE)
    fields = {"ref": "H-12", "fund": "f", "kind": "cash", "amount": "500.01", "donor_type": "anonymous"}
    answer = sends(client, "/staff/record-gift", fields | day("received_on"))
    assert answer.status_code == 303
    assert "waits for another person" in words(client, "/staff/gifts")
    assert balances(runtime) == {}


@pytest.mark.parametrize("runtime", ["sqlite"], indirect=True)
def test_a_refund_is_asked_for_approved_and_paid_on_pages(runtime: Runtime) -> None:
    """Too much stays in the field; then another person, then the payment."""
    load(runtime)
    give(runtime, new_gift("G-1", "100", at="2020-04-01T08:00:00Z"))
    client = client_of(runtime, Role.FINANCE)
    path = "/staff/gifts/G-1/refund"
    answer = sends(client, path, {"amount": "100.01", "reason": "sent twice"}, page="/staff/gifts/G-1")
    assert answer.status_code == 422
    assert "sent twice" in answer.get_data(as_text=True)
    assert (
        sends(client, path, {"amount": "40", "reason": "sent twice"}, page="/staff/gifts/G-1").status_code
        == 303
    )
    approver = somebody(runtime, "approver@example.org", Role.APPROVER)
    runtime.transact(approver, approve, ref=the(runtime, Proposal).ref)
    assert "Waiting to be paid £40.00" in words(client, "/staff/refunds")
    assert "Ask for a refund" not in words(client, "/staff/gifts/G-1")
    order = the(runtime, RefundOrder)
    assert "sent twice" in words(client, f"/staff/refunds/{order.ref}")
    assert sends(client, f"/staff/refunds/{order.ref}", day("on")).status_code == 422
    assert sends(client, f"/staff/refunds/{order.ref}", day("on") | {"bank_ref": "FP1"}).status_code == 303
    assert balance(runtime, K.BANK) == pounds("60")
    assert "1 Apr 2020 Paid back by bank transfer £40.00" in words(client, "/staff/gifts/G-1")
    sound(runtime)


def test_scenario_11_on_the_page(runtime: Runtime) -> None:
    """The line stands in the list; once somebody says whose it is, it is a gift, matched by the day it came."""
    load(runtime)
    arrives(runtime, "L-1", pounds("75"), reference="THANKS", counterparty="MR X", on=dt.date(2020, 3, 31))
    client = client_of(runtime, Role.FINANCE)
    assert "Unidentified £75.00 1 receipt" in words(client, "/staff/receipts")
    assert "bank receipt is unidentified" in words(client, "/staff/")
    receipt = the(runtime, BankReceipt)
    path = f"/staff/receipts/{receipt.ref}"
    assert "THANKS" in words(client, path)
    read = [one for one in events(runtime, f"receipt:{receipt.ref}") if one["kind"] == "receipt.read"]
    assert len(read) == 1
    for fields, said in (
        ({}, "Choose what it is"),
        ({"what": "gift", "donor_type": "person"}, "whose gift it is has to be said"),
        ({"what": "booked", "about": "contribution:none"}, "the books have nothing"),
        ({"what": "card"}, "card clearing holds"),
    ):
        answer = sends(client, path, fields)
        assert answer.status_code == 422, fields
        assert said in answer.get_data(as_text=True), fields
    assert (
        sends(client, path, {"what": "gift", "donor_type": "person", "donor_name": "Ann"}).status_code == 303
    )
    assert "Every bank line that came in is known" in words(client, "/staff/receipts")
    said = words(client, f"/staff/gifts/B-{receipt.ref}")
    assert "a gift of £75.00 is matched with £75.00 by M" in said
    assert "31 March 2020" in said
    assert f"Receipt {receipt.ref} of 31 March 2020" in said
    sound(runtime)


def test_scenario_10_on_the_pages(runtime: Runtime) -> None:
    """A declaration, a claim with its schedule, HMRC's payment, a refund, and what is owed."""
    load(runtime)
    give(
        runtime,
        new_gift(
            "G-1", "100", at="2020-04-01T08:00:00Z", channel=Channel.CARD, fee_minor=170, into=K.CARD_CLEARING
        ),
    )
    client = client_of(runtime, Role.FINANCE)
    fields: dict[str, Any] = {
        "how": "paper",
        "covers": "this",
        "who_first_name": "Ann",
        "who_last_name": "Example",
        "who_house": "1",
        "who_postcode": "nowhere",
    } | day("declared_on")
    answer = sends(client, "/staff/declare/G-1", fields)
    assert answer.status_code == 422
    assert 'href="#who_postcode"' in answer.get_data(as_text=True)
    assert 'value="Ann"' in answer.get_data(as_text=True)
    assert sends(client, "/staff/declare/G-1", fields | {"who_postcode": "s1 9bd"}).status_code == 303
    assert "To be claimed £25.00 1 gift" in words(client, "/staff/gift-aid")
    assert sends(client, "/staff/gift-aid/claim", {"fund": "f"} | day("through")).status_code == 303
    claim = the(runtime, Claim)
    page = f"/staff/gift-aid/claims/{claim.ref}"
    answer = sends(client, f"{page}/schedule", {"kind": "csv"}, page=page)
    assert "Ann,Example,1,S1 9BD,,,01/04/20,100.00" in answer.get_data(as_text=True)
    assert answer.headers["Cache-Control"] == "no-store"
    assert sends(client, f"{page}/schedule", {"kind": "xlsx"}, page=page).get_data()[:2] == b"PK"
    assert sends(client, f"{page}/schedule", {"kind": "exe"}, page=page).status_code == 404
    assert client.get(f"{page}/schedule").status_code == 405
    paid = {"amount": "26", "bank_ref": "HMRC"} | day("on")
    assert sends(client, f"{page}/received", paid, page=page).status_code == 422
    assert sends(client, f"{page}/received", paid | {"amount": "25"}, page=page).status_code == 303
    give_back(runtime, "G-1", "100")
    assert "Owed to HMRC £25.00" in words(client, "/staff/gift-aid")
    said = words(client, "/staff/gifts/G-1")
    assert "Owed to HMRC for it £25.00" in said
    assert "Left after refunds £0.00" in said
    repaid = {"fund": "f", "amount": "25", "bank_ref": "back"} | day("on")
    assert sends(client, "/staff/gift-aid/repay", repaid | {"amount": "26"}).status_code == 422
    assert sends(client, "/staff/gift-aid/repay", repaid).status_code == 303
    (back,) = re.findall(
        r'href="(/staff/movements/gift_aid_payment/[^"]+)"',
        client.get("/staff/ledger/journals?kind=gift_aid.repaid").get_data(as_text=True),
    )
    assert "−£25.00" in words(client, back)
    declaration = the(runtime, Declaration)
    path = f"/staff/declarations/{declaration.ref}"
    assert "Example" not in words(client, path)
    assert sends(client, path, day("from_on")).status_code == 303
    assert "Withdrawn From 1 April 2020" in words(client, path)
    sound(runtime)


def test_money_that_is_no_gift_has_a_page_to_which_its_journal_leads(sqlite_runtime: Runtime) -> None:
    """Paid in, paid out by the card processor, paid back to HMRC: from the list of journals there, and back."""
    runtime = sqlite_runtime
    load(runtime)
    card = {"channel": Channel.CARD, "into": K.CARD_CLEARING}
    give(runtime, new_gift("A-1", "200", **card), new_gift("A-2", "50", into=K.CASH_IN_HAND))
    on = dt.date(2020, 4, 1)
    took = {"fund_slug": "f", "ref": "po/17", "received_on": on, "amount_minor": pounds("200")}
    runtime.transact(operator(), record_payout, **took)
    paid = {"fund_slug": "f", "paid_in_on": on, "amount_minor": pounds("50"), "slip": "secret slip"}
    runtime.transact(operator(), pay_in, **paid)
    client = client_of(runtime, Role.AUDITOR)
    listed = BeautifulSoup(client.get("/staff/ledger/journals").get_data(as_text=True), "html.parser")
    causes = {link.get_text(strip=True): link["href"] for link in listed.select("td a")}
    for kind, amount in (("card_payout", "£200.00"), ("paying_in", "£50.00")):
        (cause,) = [one for one in causes if one.startswith(f"{kind}:")]
        answer = client.get(str(causes[cause]))
        shown = answer.get_data(as_text=True)
        assert answer.status_code == 200
        assert amount in shown
        assert f"cause={cause}" in shown
        assert "secret" not in shown
    for path in ("paying_in/none", "safe/x", "card_payout/a%00b"):
        assert client.get(f"/staff/movements/{path}").status_code == 404
    assert create_other(runtime, Role.REVIEWER).get(str(causes[cause])).status_code == 403


def test_a_gift_is_left_out_and_taken_in_on_its_page(sqlite_runtime: Runtime) -> None:
    """By whoever records gifts."""
    load(sqlite_runtime)
    give(sqlite_runtime, new_gift("G-1", "100"))
    declares(sqlite_runtime, "G-1")
    client = client_of(sqlite_runtime, Role.FINANCE)
    path = "/staff/gifts/G-1/gift-aid"
    assert sends(client, f"{path}/leave-out", {}, page="/staff/gifts/G-1").status_code == 303
    assert "left out by a person" in words(client, "/staff/gifts/G-1")
    assert sends(client, f"{path}/other", {}, page="/staff/record-gift").status_code == 404


PAGES = (
    "/staff/gifts",
    "/staff/gifts/A-1",
    "/staff/refunds",
    "/staff/receipts",
    "/staff/gift-aid",
)
FINANCE_ONLY = (
    "/staff/record-gift",
    "/staff/pay-in",
    "/staff/gift-aid/claim",
    "/staff/gift-aid/repay",
    "/staff/declare/A-1",
)


def test_who_sees_what(sqlite_runtime: Runtime) -> None:
    """Auditors and approvers read, finance works, reviewers see nothing; no page names a donor, each has a title."""
    many(sqlite_runtime)
    auditor = client_of(sqlite_runtime, Role.AUDITOR)
    for page in PAGES:
        shown = auditor.get(page).get_data(as_text=True)
        assert "Ann" not in shown
        assert re.search(r"<title>[^<]{4,}</title>", shown)
    for page in FINANCE_ONLY:
        assert auditor.get(page).status_code == 403
    reviewer = create_other(sqlite_runtime, Role.REVIEWER)
    for page in (*PAGES, *FINANCE_ONLY):
        assert reviewer.get(page).status_code == 403


def create_other(runtime: Runtime, *roles: Role) -> FlaskClient:
    """Somebody else's browser."""
    from hardship.app import create_app
    from hardship.staff.service import add
    from tests.integration.review.helpers import PASSWORD, SECRET
    from tests.integration.staff.signing import sign_in

    client = create_app(runtime, testing=True).test_client()
    runtime.transact(operator(), add, "other@example.org", roles, PASSWORD, SECRET)
    assert sign_in(client, runtime, "other@example.org").status_code == 303
    return client


@pytest.mark.parametrize("page", ["/staff/gifts", "/staff/refunds", "/staff/receipts", "/staff/gift-aid"])
def test_a_new_instance_says_what_to_do(sqlite_runtime: Runtime, page: str) -> None:
    """Without a fund, and with an empty one."""
    client = client_of(sqlite_runtime, Role.FINANCE)
    assert client.get(page).status_code == 200
    load(sqlite_runtime)
    assert "app-empty" in client.get(page).get_data(as_text=True)


def test_forms_without_their_token_and_unknown_things_are_refused(sqlite_runtime: Runtime) -> None:
    """Nothing changes."""
    many(sqlite_runtime)
    client = client_of(sqlite_runtime, Role.FINANCE)
    client.get("/staff/gifts")
    before = everything_in(sqlite_runtime)["journal"]
    for path in (
        "/staff/record-gift",
        "/staff/gifts/A-1/refund",
        "/staff/gifts/A-1/gift-aid/leave-out",
        "/staff/gift-aid/claim",
        "/staff/pay-in",
    ):
        assert client.post(path, data={}).status_code in {400, 422}, path
    for path in (
        "/staff/gifts/none",
        "/staff/receipts/0000-0000",
        "/staff/refunds/0000-0000",
        "/staff/gift-aid/claims/0000-0000",
        "/staff/declarations/0000-0000",
        "/staff/declare/none",
    ):
        assert client.get(path).status_code == 404, path
    assert everything_in(sqlite_runtime)["journal"] == before
