"""The books in other people's tools: `hledger check --strict` passes, and its balances are ours."""

import csv
import datetime as dt
import shutil
import subprocess
from decimal import Decimal
from pathlib import Path

import pytest

from hardship.ledger.books import account_name
from hardship.ledger.corrections import propose_reversal
from hardship.ledger.journal import transfer
from hardship.ledger.queries import balances
from tests.integration.applications.helpers import Command
from tests.integration.ledger.books import Books, K
from tests.integration.ledger.test_reports import a_year
from tests.integration.ledger.test_transfers import propose


@pytest.fixture
def journal(own_books: Books, shell: Command, tmp_path: Path) -> Path:
    """A year with opening balances, transfers, an agent's money, closed periods with what came late, a reversal, and a
    pot in another currency."""
    books = a_year(own_books)
    books.open_pot("free/abroad", "free", "EUR")
    books.post(
        "free", transfer(books.pots()["free/abroad"], K.BANK, K.DONATIONS, 700), "2020-03-01", currency="EUR"
    )
    books.close("small", "2020-02-29")
    books.close("small", "2020-03-31", year=True)
    books.close("free", "2020-03-31")
    books.gift("small", 777, "2020-03-15")
    books.approve(propose(books, "free", "small", 1_000, on=dt.date(2020, 3, 20)))
    newest = max(books.journal_numbers())
    asked = books.runtime.transact(books.finance, propose_reversal, journal_id=newest, why="twice")
    books.approve(asked.proposal)
    out = tmp_path / "books.journal"
    assert shell("export", "ledger", "--format", "hledger", "--out", out)[0] == 0
    return out


def hledger(*args: str | Path) -> str:
    """What hledger says; fails when it finds anything wrong."""
    if not shutil.which("hledger"):
        pytest.skip("hledger is not installed")
    done = subprocess.run(["hledger", *map(str, args)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_hledger_check_passes(journal: Path) -> None:
    """Every transaction balances, every account and commodity is declared, every closed period stands as it was closed,
    and the days are in order."""
    hledger("-f", journal, "check", "--strict")
    hledger("-f", journal, "check", "ordereddates")
    text = journal.read_text()
    assert text.count("* closed | small") == 2
    assert "refers_to:2020-03-15" in text
    assert "reverses:" in text


def test_hledger_finds_a_closed_figure_that_was_bent(journal: Path) -> None:
    """The assertions are not for show."""
    if not shutil.which("hledger"):
        pytest.skip("hledger is not installed")
    text = journal.read_text()
    assert "300.00 GBP\n" in text
    bent = journal.with_name("bent.journal")
    bent.write_text(text.replace("298.30 GBP", "297.30 GBP", 1).replace("1.70 GBP", "2.70 GBP", 1))
    done = subprocess.run(["hledger", "-f", bent, "check"], capture_output=True, text=True)
    assert done.returncode != 0
    assert "assertion" in done.stderr


def test_hledger_has_our_balances(own_books: Books, journal: Path) -> None:
    """Each account, in each currency."""
    out = hledger(
        "-f", journal, "balance", "--flat", "--no-total", "--output-format", "csv", "--layout", "bare"
    )
    found = {
        (row["account"], row["commodity"]): Decimal(row["balance"])
        for row in csv.DictReader(out.splitlines())
        if Decimal(row["balance"])
    }
    with own_books.runtime.read() as session:
        ours = {
            (account_name(kind, pot.ref, held_as_agent=pot.held_as_agent), pot.currency): Decimal(
                minor
            ).scaleb(-2)
            for pot, kind, minor in balances(session)
        }
    assert found == ours
    assert {name.partition(":")[0] for name, _ in ours} == {
        "Assets",
        "Liabilities",
        "Income",
        "Expenses",
        "Equity",
    }
    assert {currency for _, currency in ours} == {"EUR", "GBP"}
    assert found["Liabilities:Held as agent:Donations:held", "GBP"] == Decimal("-90.00")
    income = hledger("-f", journal, "balance", "type:rx", "--flat", "--no-total", "--output-format", "csv")
    assert "held" not in income


def test_the_csv_has_the_same_lines(own_books: Books, journal: Path, shell: Command, tmp_path: Path) -> None:
    """Every posting of the journal, with what refers back and what reverses."""
    out = tmp_path / "books.csv"
    assert shell("export", "ledger", "--format", "csv", "--out", out)[0] == 0
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["refers_to"] for row in rows} >= {"2020-03-15", "2020-03-20", "2020-03-30"}
    assert sum(bool(row["reverses"]) for row in rows) == 4
    assert {row["account"] for row in rows} == {
        line.removeprefix("account ")
        for line in journal.read_text().splitlines()
        if line.startswith("account ")
    }
