"""Trial balance, statement of financial activities, receipts and payments: each right by itself, and tied to the others."""

import csv
import datetime as dt
import io
import json
from pathlib import Path
from zipfile import ZipFile

import pytest
from sqlmodel import Session

from hardship.core.errors import BadInput, NotFound
from hardship.ledger.journal import transfer
from hardship.ledger.models import FundClass
from hardship.ledger.opening import propose_opening
from hardship.ledger.queries import check
from hardship.ledger.reports.activities import Activities, activities
from hardship.ledger.reports.receipts import ReceiptsAndPayments, receipts_and_payments
from hardship.ledger.reports.sums import Span
from hardship.ledger.reports.trial_balance import trial_balance
from tests.integration.applications.helpers import Command
from tests.integration.ledger.books import Books, K, opening_rows
from tests.integration.ledger.test_closing import healthy
from tests.integration.ledger.test_transfers import propose

YEAR = Span(dt.date(2020, 1, 1), dt.date(2020, 12, 31))
MARCH = Span(dt.date(2020, 3, 1), dt.date(2020, 3, 31))
APRIL = Span(dt.date(2020, 4, 1), dt.date(2020, 4, 30))


def a_year(books: Books) -> Books:
    """Opening balances, gifts with fees, match in arrears and received, awards paid, returned and lapsed, a refund, an
    unidentified receipt that is identified in April, a transfer, and money held as agent."""
    rows = opening_rows(("small", "bank", 10_000), ("small", "gift_aid_receivable", 250))
    asked = books.runtime.transact(
        books.finance, propose_opening, fund_slug="small", on=dt.date(2020, 1, 1), rows=rows
    )
    books.approve(asked.proposal)
    books.gift("small", 30_000, "2020-03-02", fee=170)
    books.book("small/LC", K.MATCH_RECEIVABLE, K.MATCH_INCOME, 30_000, "2020-03-02", kind="match.earned")
    books.book("small/LC", K.BANK, K.MATCH_RECEIVABLE, 20_000, "2020-03-20", kind="match.received")
    books.book("small", K.BANK, K.UNIDENTIFIED_RECEIPTS, 7_500, "2020-03-25", kind="bank.unidentified")
    books.book("small", K.UNIDENTIFIED_RECEIPTS, K.DONATIONS, 7_500, "2020-04-01", kind="gift.identified")
    shares = {"small": 12_000, "small/LC": 8_000}
    books.award(shares, "2020-03-10")
    books.pay(shares, "2020-03-30")
    books.come_back(shares, "2020-04-01", of="2020-03-30")
    books.award({"small": 2_000}, "2020-03-15", "award:B")
    books.spread({"small": 2_000}, K.GRANTS_PAYABLE, K.GRANTS, "2020-04-01", "award.lapsed", "award:B")
    books.book("small", K.DONATIONS, K.BANK, 1_000, "2020-04-01", kind="gift.refunded")
    books.gift("free", 40_000, "2020-02-02")
    books.approve(propose(books, "free", "small", 500))
    books.gift("held", 9_000, "2020-03-03")
    books.award({"held": 4_000}, "2020-03-04", "award:C")
    books.pay({"held": 4_000}, "2020-03-05", "payment:C")
    return books


def amounts(report: Activities | ReceiptsAndPayments, part: str) -> dict[str, int]:
    """The totals of the lines of a part, by name."""
    return {line.name: line.total for line in getattr(report, part)}


def test_the_statement_of_financial_activities_of_a_year(books: Books) -> None:
    """Gross income, charges apart, the class of each fund in its column, funds brought and carried forward."""
    a_year(books)
    with books.runtime.read() as session:
        year = activities(session, YEAR)
    assert amounts(year, "income") == {"Gifts": 76_500, "Match funding": 30_000}
    assert amounts(year, "expenditure") == {"Card and bank charges": 170, "Grants": 20_000}
    assert [line.heading for line in year.expenditure] == ["Raising funds", "Charitable activities"]
    assert (year.brought_forward.total, year.net_income.total) == (10_250, 86_330)
    assert year.transfers.amounts == {
        FundClass.UNRESTRICTED: -500,
        FundClass.DESIGNATED: 0,
        FundClass.RESTRICTED: 500,
    }
    assert year.carried_forward.amounts == {
        FundClass.UNRESTRICTED: 39_500,
        FundClass.DESIGNATED: 0,
        FundClass.RESTRICTED: 57_080,
    }
    assert amounts(year, "assets") == {
        "Cash at bank": 106_330,
        "Gift Aid to be received": 250,
        "Match funding to be received": 10_000,
    }
    assert amounts(year, "liabilities") == {"Grants to be paid": 20_000}
    assert year.ties


def test_an_agent_s_money_is_no_income(books: Books) -> None:
    """It stands apart, with what came and went."""
    a_year(books)
    with books.runtime.read() as session:
        held = activities(session, YEAR, "held")
        cash = receipts_and_payments(session, YEAR, "held")
    assert (held.total_income.total, held.net_assets.total) == (0, 0)
    assert vars(held.held) == {
        "brought_forward": 0, "received": 9_000, "paid": 4_000, "carried_forward": 5_000, "cash": 5_000,
    }  # fmt: skip
    assert (cash.total_receipts.total, cash.agent_received, cash.agent_paid, cash.agent_cash) == (
        0, 9_000, 4_000, 5_000,
    )  # fmt: skip


def test_receipts_and_payments_of_march_and_of_april(books: Books) -> None:
    """What moved cash, by what it was for; identified later, it is told again by what it was."""
    a_year(books)
    with books.runtime.read() as session:
        march = receipts_and_payments(session, MARCH, "small")
        april = receipts_and_payments(session, APRIL, "small")
        year = receipts_and_payments(session, YEAR, "small")
    assert amounts(march, "receipts") == {
        "Gifts": 30_000, "Match funding from sponsors": 20_000, "Receipts not identified yet": 7_500,
    }  # fmt: skip
    assert amounts(march, "payments") == {"Grants paid": 20_000, "Card and bank charges": 170}
    assert (march.opening.total, march.closing.total, april.opening.total) == (10_000, 47_330, 47_330)
    assert amounts(april, "receipts") == {
        "Gifts": 7_500, "Payments that came back": 20_000, "Transfers from other funds": 500,
    }  # fmt: skip
    assert amounts(april, "payments") == {
        "Gifts given back": 1_000,
        "Receipts identified or given back": 7_500,
    }
    assert amounts(year, "receipts")["Gifts"] == 37_500
    assert "Receipts not identified yet" not in amounts(year, "receipts")
    assert (year.opening.total, year.closing.total) == (10_000, 66_830)
    assert amounts(year, "assets") == {"Gift Aid to be received": 250, "Match funding to be received": 10_000}
    assert march.ties
    assert april.ties
    assert year.ties


def tied(session: Session, span: Span, slug: str) -> None:
    """The three reports say the same of a fund, and what `ledger check` says."""
    sofa = activities(session, span, slug)
    cash = receipts_and_payments(session, span, slug)
    trial = trial_balance(session, span, slug)
    assert sofa.ties
    assert cash.ties
    assert trial.balanced
    funds = sum(-row.closing for row in trial.rows if row.account.value in FUND_ACCOUNTS)
    assert sofa.carried_forward.total + sofa.held.carried_forward == funds
    standing = {(row.pot, row.account.value): row.closing for row in trial.rows}
    cash_now = sum(minor for (_, kind), minor in standing.items() if kind in CASH)
    assert cash.closing.total + cash.agent_cash == cash_now


FUND_ACCOUNTS = {
    "donations", "match_income", "gift_aid", "recoveries", "grants", "fees", "losses", "opening", "transfers",
}  # fmt: skip
CASH = {"bank", "card_clearing", "cash_in_hand"}


def test_the_reports_tie_to_each_other_to_the_cache_and_to_the_check(books: Books) -> None:
    """For each fund, over each period; what one carries forward the next brings forward."""
    a_year(books)
    with books.runtime.read() as session:
        for slug in ("small", "free", "held"):
            for span in (YEAR, MARCH, APRIL, Span(None, dt.date(2020, 3, 15))):
                tied(session, span, slug)
            before = activities(session, MARCH, slug).carried_forward
            assert activities(session, APRIL, slug).brought_forward.amounts == before.amounts
            trial = trial_balance(session, Span(None, dt.date(2020, 12, 31)), slug)
            figures = next(one for one in check(session).funds if one.fund == slug)
            assert figures.cash == sum(row.closing for row in trial.rows if row.account.value in CASH)
        whole = trial_balance(session, Span(None, dt.date(2020, 12, 31)))
    assert {(row.pot, row.account.value): row.closing for row in whole.rows if row.closing} == books.stands()


def test_the_commands_and_their_files(own_books: Books, shell: Command, tmp_path: Path) -> None:
    """Figures as JSON, and the same as CSV and XLSX."""
    a_year(own_books)
    period = ("--from", "2020-01-01", "--to", "2020-12-31", "--fund", "small")
    for name, last in (
        ("sofa", "net_assets"),
        ("receipts-and-payments", "closing"),
        ("trial-balance", "totals"),
    ):
        status, out, _ = shell("ledger", name, *period, "--out", tmp_path / f"{name}.csv", "--json")
        assert (status, last in json.loads(out)) == (0, True)
        assert (
            shell(
                "ledger", name, *period, "--out", tmp_path / f"{name}.xlsx", "--as", "approver@example.org"
            )[0]
            == 0
        )
        assert "xl/worksheets/sheet1.xml" in ZipFile(tmp_path / f"{name}.xlsx").namelist()
    rows = list(csv.DictReader(io.StringIO((tmp_path / "sofa.csv").read_text())))
    by_line = {(row["part"], row["line"]): row["total"] for row in rows}
    assert by_line["Reconciliation of funds", "Total funds carried forward"] == "570.80"
    assert by_line["Net assets", "Net assets"] == "570.80"
    trial = json.loads(shell("ledger", "trial-balance", *period, "--pot", "small/LC", "--json")[1])
    assert trial["totals"]["GBP"]["debit"] == trial["totals"]["GBP"]["credit"] == 38_000
    assert {row["pot"] for row in trial["accounts"]} == {"small/LC"}


WRONG = (
    ("sofa", "--fund", "nowhere"),
    ("sofa", "--from", "2020-05-01", "--to", "2020-04-01"),
    ("sofa", "--to", "tomorrow"),
    ("sofa", "--out", "x.pdf"),
    ("sofa", "--out", "/nowhere/at/all.csv"),
    ("receipts-and-payments", "--fund", "nowhere"),
    ("trial-balance", "--pot", "nowhere"),
    ("trial-balance", "--as", "nobody@example.org"),
    ("post-close", "--through", "x"),
    ("post-close", "--fund", "nowhere"),
    ("periods", "--fund", "nowhere"),
    ("close", "--fund", "small", "--through", "2020-04-01"),
    ("close", "--fund", "nowhere", "--through", "2020-03-31"),
    ("close", "--fund", "small", "--through", "2020-03-31", "--as", "approver@example.org"),
)


def test_what_cannot_be_meant_is_one_line(own_books: Books, shell: Command) -> None:
    """Exit 2, and nothing on stdout."""
    for args in WRONG:
        status, out, err = shell("ledger", *args)
        assert (status, out, err.count("\n")) == (2, "", 1), args
    assert own_books.stands() == {}


def test_a_close_by_command(own_books: Books, shell: Command) -> None:
    """Proposed with its checklist and digest, approved, listed; a second one of the same day is refused."""
    a_year(own_books)
    status, out, _ = shell(
        "ledger",
        "close",
        "--fund",
        "small",
        "--through",
        "2020-03-31",
        "--as",
        "finance@example.org",
        "--json",
    )
    said = json.loads(out)
    assert (status, said["done"], len(said["checklist"])) == (0, False, 6)
    assert shell("proposals", "approve", said["proposal"], "--as", "finance@example.org")[0] == 2
    assert shell("proposals", "approve", said["proposal"], "--as", "approver@example.org")[0] == 0
    periods = json.loads(shell("ledger", "periods", "--json")[1])["periods"]
    assert [(one["through"], one["sha256"]) for one in periods] == [("2020-03-31", said["sha256"])]
    assert shell("ledger", "close", "--fund", "small", "--through", "2020-03-31")[0] == 2
    later = json.loads(shell("ledger", "post-close", "--json")[1])["journals"]
    assert [(one["kind"], one["came_late"]) for one in later] == [("payout.returned", False)]
    healthy(own_books)


def test_funds_in_two_currencies_do_not_add(own_books: Books) -> None:
    """One statement has one currency; the trial balance shows a total for each."""
    own_books.open_pot("abroad", "free", "EUR")
    number = own_books.pots()["abroad"]
    own_books.post("free", transfer(number, K.BANK, K.DONATIONS, 700), "2020-03-01", currency="EUR")
    own_books.gift("small", 500)
    with own_books.runtime.read() as session:
        with pytest.raises(BadInput, match="do not add"):
            activities(session, YEAR)
        with pytest.raises(NotFound):
            activities(session, YEAR, "nowhere")
        trial = trial_balance(session, YEAR)
    assert {one: (trial.debit(one), trial.credit(one)) for one in trial.currencies} == {
        "EUR": (700, 700),
        "GBP": (500, 500),
    }
