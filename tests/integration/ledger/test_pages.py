"""The books' pages: from every figure to its journals, their cause, and back; what changes the books is proposed here."""

import io
import re
from zipfile import ZipFile

import pytest
from flask.testing import FlaskClient
from sqlmodel import select

from hardship.app import create_app
from hardship.core.actor import Role
from hardship.core.runtime import Runtime
from hardship.payouts.models import Payment
from hardship.staff.proposals import waiting
from tests.integration.applications.helpers import bodies, everything_in
from tests.integration.ledger.books import Books
from tests.integration.ledger.test_reports import a_year
from tests.integration.ledger.test_transfers import propose
from tests.integration.review.helpers import PASSWORD
from tests.integration.staff.signing import form_token, sign_in
from tests.integration.statements.home import a_home

LEDGER = "/staff/ledger"
DAY = {"on": ["1", "1", "2020"]}


@pytest.fixture
def kept(sqlite_runtime: Runtime) -> Books:
    """A year's books whose keepers can sign in."""
    return a_year(Books(sqlite_runtime, PASSWORD))


def browser(books: Books, who: str = "finance") -> FlaskClient:
    """A browser, signed in as somebody."""
    client = create_app(books.runtime, testing=True).test_client()
    sign_in(client, books.runtime, f"{who}@example.org")
    return client


def page(client: FlaskClient, path: str, status: int = 200) -> str:
    """A page's text."""
    answer = client.get(path)
    assert answer.status_code == status, (path, answer.status_code)
    return answer.get_data(as_text=True)


def send(client: FlaskClient, path: str, fields: dict[str, object], to: str = "") -> tuple[int, str]:
    """Send the form of a page; the status and the text."""
    token = form_token(page(client, path))
    answer = client.post(to or path, data={"csrf_token": token, **fields})
    return answer.status_code, answer.get_data(as_text=True)


def proposals(books: Books) -> list[str]:
    """The kinds of what waits for a second person."""
    with books.runtime.read() as session:
        return [one.kind for one in waiting(session)]


def test_every_figure_leads_to_its_journals_and_back(kept: Books) -> None:
    """Trial balance → account with its running balance → journal → its accounts, its cause, its event, its reversal."""
    client = browser(kept)
    trial = page(client, f"{LEDGER}/trial-balance?fund=small")
    account = re.search(r'href="(/staff/ledger/accounts/\d+)">Cash at bank', trial)
    assert account
    shown = page(client, account[1])
    assert "Brought forward: nil" in shown
    assert "£468.30 Dr" in shown
    number = re.findall(r'href="/staff/ledger/journals/(\d+)"', shown)[-1]
    journal = page(client, f"{LEDGER}/journals/{number}")
    assert account[1] in journal
    cause = re.search(r'href="(/staff/ledger/transfers/[^"]+)"', journal)
    assert cause, "a transfer leads to its page"
    assert "transfer.made" in journal
    back = re.search(r'href="([^"]+)">Its journals', page(client, cause[1]))
    assert back
    listed = page(client, back[1])
    assert re.findall(r'href="/staff/ledger/journals/(\d+)"', listed)[0] == number


def test_what_a_journal_stands_for_is_shown_and_leads_back(sqlite_runtime: Runtime) -> None:
    """A gift, an agreement, an award and a payment: each has a page, and each page leads to its journals."""
    home = a_home(sqlite_runtime, password=PASSWORD)
    home.give(100_000)
    home.submit(home.ready("01"))
    home.work()
    client = create_app(sqlite_runtime, testing=True).test_client()
    sign_in(client, sqlite_runtime, "finance@example.org")
    listed = page(client, f"{LEDGER}/journals")
    for prefix in ("contribution", "award", "payment"):
        cause = re.search(rf'href="([^"]+)">({prefix}:[^<]+)<', listed)
        assert cause, prefix
        shown = page(client, cause[1].replace("&amp;", "&"))
        assert "/staff/ledger/journals" in shown, prefix
    with home.runtime.read() as session:
        payment = session.exec(select(Payment.reference)).one()
    assert f"cause=payment:{payment}" in page(client, f"/staff/payouts/payments/{payment}")
    page(client, "/staff/payouts/payments/NONE", 404)
    assert "cause=agreement:LC" in page(client, "/staff/agreements/LC")


def test_the_journals_are_filtered_in_the_address(kept: Books) -> None:
    """By fund, pot, account, kind, day and cause; pages keep the filter; nothing found says so."""
    client = browser(kept, "approver")
    path = f"{LEDGER}/journals"

    def count(query: str) -> int:
        return len(set(re.findall(r"/journals/(\d+)\"", page(client, f"{path}?{query}"))))

    assert count("fund=free") == 2
    assert count("pot=small/LC&kind=match.earned") == 1
    assert count("account=unidentified_receipts") == 2
    assert count("cause=payment:P") == 3
    assert count("from=2020-03-30&to=2020-03-30") == 2
    assert "Nothing matches this filter" in page(client, f"{path}?kind=nothing")
    for number in range(60):
        kept.gift("free", 100 + number, "2020-03-31")
    first = page(client, f"{path}?fund=free&kind=gift.received")
    following = re.search(r'rel="next" href="([^"]+)"', first)
    assert following
    assert "fund=free" in following[1]
    second = page(client, following[1].replace("&amp;", "&"))
    assert not set(re.findall(r"/journals/(\d+)\"", first)) & set(re.findall(r"/journals/(\d+)\"", second))


WRONG = {
    "journals?fund=nowhere": 404, "journals?pot=nowhere": 404, "journals?account=safe": 422,
    "journals?from=yesterday": 422, "journals?after=WzEsMl0": 422, "journals?after=x": 422,
    "journals?format=pdf": 422, "journals/99999": 404, "journals/99999999999999999999": 404,
    "accounts/99999": 404, "accounts/99999999999999999999": 404, "accounts/1?from=x": 422,
    "accounts/1?after=WzEsMiwzXQ": 422, "trial-balance?fund=nowhere": 404, "trial-balance?to=x": 422,
    "activities?fund=nowhere": 404, "activities?from=2020-05-01&to=2020-04-01": 422,
    "receipts-and-payments?format=doc": 422, "post-close?fund=nowhere": 404, "losses?fund=nowhere": 404,
    "losses/none": 404, "transfers/none": 404, "periods/nowhere/close": 404, "periods/small/2020-03-31": 422,
}  # fmt: skip


def test_an_address_that_cannot_be_meant_is_told(kept: Books) -> None:
    """An error page each."""
    client = browser(kept)
    for query, status in WRONG.items():
        page(client, f"{LEDGER}/{query}", status)


def test_the_reports_are_pages_and_files(kept: Books) -> None:
    """Each ties, says so, and is taken away as CSV and XLSX by whoever may export."""
    client = browser(kept, "approver")
    for path, words in (
        ("trial-balance?fund=small&from=2020-03-01&to=2020-03-31", "Balanced"),
        ("activities?from=2020-01-01&to=2020-12-31", "Total funds carried forward"),
        ("activities?fund=held", "Held as agent"),
        ("receipts-and-payments?fund=small", "Cash at the end"),
        ("post-close", "Nothing refers back"),
        ("losses", "Nothing is in the loss log"),
        ("journals", "gift.received"),
    ):
        text = page(client, f"{LEDGER}/{path}")
        assert words in text
        assert "Does not tie" not in text
        joint = "&" if "?" in path else "?"
        sheet = client.get(f"{LEDGER}/{path}{joint}format=csv")
        assert sheet.headers["Content-Type"].startswith("text/csv")
        assert "attachment" in sheet.headers["Content-Disposition"]
        book = client.get(f"{LEDGER}/{path}{joint}format=xlsx")
        assert "xl/workbook.xml" in ZipFile(io.BytesIO(book.data)).namelist()
    kept.close("small", "2020-03-31")
    assert "payout.returned" in page(client, f"{LEDGER}/post-close?fund=small&through=2020-03-31")


def test_a_period_is_closed_on_pages(kept: Books) -> None:
    """Finance sees the checklist and proposes, the approver approves, and both see the frozen period."""
    client = browser(kept)
    path = f"{LEDGER}/periods/small/close"
    assert "Unidentified receipts" in page(client, path)
    status, text = send(client, path, {"through": ["1", "4", "2020"]})
    assert (status, "has not passed yet" in text) == (422, True)
    status, text = send(client, path, {"through": ["31", "", "2020"]})
    assert (status, "must include a month" in text, 'value="2020"' in text) == (422, True, True)
    assert send(client, path, {"through": ["31", "3", "2020"], "year": "y"})[0] == 303
    assert proposals(kept) == ["ledger.close"]
    assert "waits for a second person" in page(client, f"{LEDGER}/periods")
    second = browser(kept, "approver")
    with kept.runtime.read() as session:
        ref = waiting(session)[0].ref
    shown = page(second, f"/staff/proposals/{ref}")
    assert "£75.00" in shown
    assert send(second, f"/staff/proposals/{ref}", {"approve": "y"})[0] == 303
    period = page(second, f"{LEDGER}/periods/small/2020-03-31")
    assert "As it was closed" in period
    assert "cannot be reopened" in page(second, f"{LEDGER}/periods")


def test_opening_balances_are_entered_on_a_page(sqlite_runtime: Runtime) -> None:
    """A file, taken whole or not at all; what was typed stays."""
    books = Books(sqlite_runtime, PASSWORD)
    client = browser(books)
    path = f"{LEDGER}/opening"

    def upload(text: str) -> tuple[int, str]:
        file = (io.BytesIO(f"pot,account,debit,credit\n{text}".encode()), "opening.csv")
        return send(client, path, {"fund": "small", **DAY, "file": file})

    status, text = upload("small,bank,500.00,\nsmall,donations,,5.00\n")
    assert (status, "not opened by a sum" in text) == (422, True)
    assert send(client, path, {"fund": "small", **DAY})[0] == 422
    assert send(client, path, {"fund": "nowhere", **DAY})[0] == 422
    assert proposals(books) == []
    assert upload("small,bank,500.00,\n")[0] == 303
    assert proposals(books) == ["ledger.opening"]


def test_a_loss_is_recorded_and_read_on_pages(kept: Books) -> None:
    """Proposed, decided, listed; its reason is read with an event."""
    client = browser(kept)
    fields = {
        "fund": "small", "cause": "theft", "amount": "20", "account": "bank", "found_on": ["30", "3", "2020"],
        "why": "the tin was empty",
    }  # fmt: skip
    path = f"{LEDGER}/losses/new"
    for wrong in (
        {"amount": "0"},
        {"why": ""},
        {"cause": "frost"},
        {"found_on": ["30", "3", "2021"]},
        {"fund": "x"},
    ):
        status, text = send(client, path, fields | wrong)
        assert (status, "There is a problem" in text) == (422, True), wrong
    assert send(client, path, fields)[0] == 303
    assert proposals(kept) == ["ledger.loss"]
    with kept.runtime.read() as session:
        proposal = waiting(session)[0].ref
    ref = str(kept.approve(proposal))
    assert ref in page(client, f"{LEDGER}/losses")
    assert "the tin was empty" in page(client, f"{LEDGER}/losses/{ref}")
    with kept.runtime.read() as session:
        assert bodies(session, f"loss:{ref}")[-1]["kind"] == "loss.read"


def test_a_transfer_is_made_and_reversed_on_pages(kept: Books) -> None:
    """Proposed with its reason, approved; its journal is reversed from the journal's page."""
    client = browser(kept)
    path = f"{LEDGER}/transfers/new"
    fields = {
        "source": "free",
        "target": "small",
        "amount": "10",
        "on": ["1", "4", "2020"],
        "reason": "agreed",
    }
    for wrong in (
        {"amount": "5,000"},
        {"source": "small", "target": "free"},
        {"target": "free"},
        {"reason": ""},
    ):
        status, text = send(client, path, fields | wrong)
        assert (status, "There is a problem" in text) == (422, True), wrong
    assert send(client, path, fields)[0] == 303
    with kept.runtime.read() as session:
        kept_ref = waiting(session)[0].ref
    ref = str(kept.approve(kept_ref))
    assert "agreed" in page(client, f"{LEDGER}/transfers/{ref}")
    number = max(kept.journal_numbers())
    journal = f"{LEDGER}/journals/{number}"
    before = everything_in(kept.runtime)
    assert send(client, journal, {"why": ""}, f"{journal}/reverse")[0] == 422
    assert everything_in(kept.runtime)["proposal"] == before["proposal"]
    assert send(client, journal, {"why": "twice"}, f"{journal}/reverse")[0] == 303
    with kept.runtime.read() as session:
        kept_ref = waiting(session)[0].ref
    kept.approve(kept_ref)
    assert "Reversed by" in page(client, journal)
    assert propose(kept, "free", "small", 1_000)


def test_who_may_not_keep_the_books_sees_no_button_and_no_form(kept: Books) -> None:
    """The auditor reads everything; a reviewer nothing."""
    kept.join("auditor", Role.AUDITOR)
    kept.join("reviewer", Role.REVIEWER)
    auditor = browser(kept, "auditor")
    for path in ("", "/journals", "/periods", "/losses", "/transfers"):
        text = page(auditor, LEDGER + path)
        assert "Record a loss" not in text
        assert "Make a transfer" not in text
        assert "Close a period" not in text
    for path in ("/opening", "/losses/new", "/transfers/new", "/periods/small/close"):
        page(auditor, LEDGER + path, 403)
    assert auditor.post(f"{LEDGER}/journals/1/reverse").status_code in {400, 403}
    reviewer = browser(kept, "reviewer")
    for path in (
        "",
        "/journals",
        "/journals/1",
        "/accounts/1",
        "/trial-balance",
        "/activities",
        "/losses",
        "/transfers",
    ):
        page(reviewer, LEDGER + path, 403)
