"""The books as commands and files say them."""

import csv
import json
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import text

from hardship.core.runtime import Runtime
from hardship.ledger.books import COLUMNS, PostedLine, account_name, as_csv, hledger
from hardship.ledger.models import AccountKind
from hardship.ledger.queries import balances
from tests.integration.applications.helpers import Command, everything_in
from tests.integration.statements.home import Home, a_home


@pytest.fixture
def hardship(
    runtime: Runtime, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Command:
    """`hardship …` on the runtime."""
    return Command(runtime, capsys, monkeypatch)


@pytest.fixture
def home(runtime: Runtime) -> Home:
    """A fund that has received, matched, awarded and paid."""
    made = a_home(runtime)
    made.give(300_000)
    made.submit(made.ready("01", "02", "93", "94"))
    made.work()
    return made


def test_check_has_the_contract_s_form(home: Home, hardship: Command) -> None:
    """Its keys and figures."""
    status, out, _ = hardship("ledger", "check", "--json")
    found = json.loads(out)
    assert status == 0
    assert set(found) == {"journals", "entries", "balanced", "funds", "clearing", "problems"}
    assert found["balanced"] is True
    fund = found["funds"][0]
    assert set(fund) == {
        "fund", "income", "matched", "awarded", "paid", "in_flight", "payable", "unearned", "cash", "spendable",
    }  # fmt: skip
    assert (fund["fund"], fund["income"], fund["matched"], fund["awarded"]) == (
        "small",
        300_000,
        40_000,
        80_000,
    )
    assert home.books().balanced


def test_check_fails_when_a_balance_was_bent(home: Home, hardship: Command) -> None:
    """Exit 1, and what is wrong."""
    with home.runtime.database.writer.begin() as connection:
        connection.execute(text("UPDATE account SET balance_minor = balance_minor + 1 WHERE kind = 'bank'"))
    status, out, _ = hardship("ledger", "check", "--json")
    found = json.loads(out)
    assert (status, found["balanced"]) == (1, False)
    assert "its entries say" in found["problems"][0]


def test_balances_are_listed(home: Home, hardship: Command) -> None:
    """Debit positive; they sum to nil."""
    status, out, _ = hardship("ledger", "balances", "--json")
    rows = json.loads(out)["balances"]
    assert status == 0
    assert sum(row["balance"] for row in rows) == 0
    assert {"fund", "pot", "account", "currency", "balance"} == set(rows[0])


def read_journal(path: Path) -> dict[str, Decimal]:
    """Balances by account of an hledger journal, by a reader of our own; each transaction sums to nil."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    open_sum = Decimal(0)
    for line in path.read_text().splitlines():
        if line.startswith("    "):
            name, _, amount = line.strip().partition("  ")
            value, currency = amount.partition(" = ")[0].split()
            assert currency == "GBP"
            assert "," not in value
            sums[name] += Decimal(value)
            open_sum += Decimal(value)
        else:
            assert open_sum == 0, line
    assert open_sum == 0
    return {name: value for name, value in sums.items() if value}


def expected(runtime: Runtime) -> dict[str, Decimal]:
    """The same of the database."""
    with runtime.read() as session:
        return {
            account_name(kind, pot.ref): Decimal(minor).scaleb(-2) for pot, kind, minor in balances(session)
        }


def test_the_hledger_journal_says_what_the_books_say(home: Home, hardship: Command, tmp_path: Path) -> None:
    """Every account's balance, by a reader of our own; by hledger itself: `test_hledger.py`."""
    out = tmp_path / "books.journal"
    status, said, _ = hardship("export", "ledger", "--format", "hledger", "--out", out, "--json")
    assert (status, json.loads(said)["file"]) == (0, str(out))
    wanted = expected(home.runtime)
    assert read_journal(out) == wanted
    assert {name.split(":")[0] for name in wanted} <= {
        "Assets",
        "Liabilities",
        "Income",
        "Expenses",
        "Equity",
    }


def test_the_csv_says_what_the_books_say(home: Home, hardship: Command, tmp_path: Path) -> None:
    """Stable columns, plain decimals, ISO dates."""
    out = tmp_path / "books.csv"
    assert hardship("export", "ledger", "--format", "csv", "--out", out)[0] == 0
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        sums[row["account"]] += Decimal(row["amount"])
    assert {name: value for name, value in sums.items() if value} == expected(home.runtime)
    assert tuple(rows[0]) == COLUMNS


def test_an_export_is_an_event(home: Home, hardship: Command, tmp_path: Path) -> None:
    """Who took the books out is known afterwards."""
    hardship(
        "export", "ledger", "--format", "csv", "--out", tmp_path / "b.csv", "--as", "auditor@example.org"
    )
    with home.runtime.read() as session:
        body = session.connection().execute(text("SELECT body FROM audit_event ORDER BY seq DESC LIMIT 1"))
        event = json.loads(body.scalar_one())
    assert (event["kind"], event["actor"]["kind"]) == ("ledger.exported", "staff")


@pytest.mark.parametrize(
    "args",
    [
        ["export", "ledger", "--format", "xml", "--out", "x"],
        ["export", "ledger", "--format", "csv", "--out", "/nowhere/at/all.csv"],
        ["export", "ledger", "--format", "csv", "--out", "/tmp"],
        ["export", "ledger", "--format", "csv"],
        ["export", "ledger", "--format", "csv", "--out", "x.csv", "--as", "nobody@example.org"],
        ["export", "ledger", "--format", "csv", "--out", "x.csv", "--as", "reviewer@example.org"],
        ["ledger", "check", "--as", "reviewer@example.org"],
        ["ledger", "balances", "--as", "reviewer@example.org"],
        ["ledger", "check", "--what"],
    ],
)
def test_what_cannot_be_meant_is_one_line_and_changes_nothing(
    sqlite_runtime: Runtime, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch, args: list[str],
) -> None:  # fmt: skip
    """Exit 2."""
    a_home(sqlite_runtime)
    before = everything_in(sqlite_runtime)
    status, out, err = Command(sqlite_runtime, capsys, monkeypatch)(*args)
    assert (status, out) == (2, "")
    assert err.startswith("hardship: ")
    assert err.count("\n") == 1
    assert everything_in(sqlite_runtime) == before


def test_odd_names_cannot_bend_the_files() -> None:
    """A cause that would be a formula in a spreadsheet, or a comment and a line of its own in a journal."""
    import datetime as dt

    at = dt.datetime(2020, 4, 1, tzinfo=dt.UTC)
    fields = (1, at.date(), at, "gift", "=HYPERLINK(1);  x\n2020-01-01 y", "f", "+p:q  r;s")
    lines = [
        PostedLine(*fields, AccountKind.BANK, "GBP", 5),
        PostedLine(*fields, AccountKind.DONATIONS, "GBP", -5),
    ]
    row = next(csv.DictReader(as_csv(lines).splitlines(keepends=True)))
    assert row["cause"].startswith("'=")
    assert row["pot"].startswith("'+")
    journal = list(hledger(lines))
    at_last = journal[journal.index("") + 1 :]
    assert at_last[0] == "2020-04-01 * (1) gift | =HYPERLINK(1), x 2020-01-01 y"
    assert at_last[1].split("  ")[2] == "Assets:Bank:+p-q r,s"
