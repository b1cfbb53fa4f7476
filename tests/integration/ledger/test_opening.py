"""Opening balances: ahead of everything else, balanced, by two people."""

import datetime as dt
import json
from pathlib import Path

import pytest

from hardship.core.errors import Conflict, Forbidden
from hardship.ledger.opening import propose_opening
from hardship.ledger.queries import spendable_by_pot
from hardship.ledger.reports.activities import activities
from hardship.ledger.reports.sums import Span
from hardship.staff.proposals import approve
from tests.integration.applications.helpers import Command, everything_in
from tests.integration.ledger.books import Books, opening_rows
from tests.integration.ledger.test_closing import healthy

DAY = dt.date(2020, 1, 1)
HEAD = "pot,account,debit,credit\n"


def test_what_stood_before_is_brought_forward(books: Books) -> None:
    """Pot by pot; the difference is the funds brought forward, and the money can be spent."""
    rows = opening_rows(
        ("small", "bank", 50_000), ("small", "refunds_due", -2_000), ("small/LC", "bank", 700)
    )
    asked = books.runtime.transact(books.finance, propose_opening, fund_slug="small", on=DAY, rows=rows)
    with pytest.raises(Forbidden):
        books.runtime.transact(books.finance, approve, ref=asked.proposal)
    books.approve(asked.proposal)
    assert books.stands() == {
        ("small", "bank"): 50_000,
        ("small", "refunds_due"): -2_000,
        ("small", "opening"): -48_000,
        ("small/LC", "bank"): 700,
        ("small/LC", "opening"): -700,
    }
    books.gift("small", 1_000)
    pots = books.pots()
    with books.runtime.read() as session:
        assert spendable_by_pot(session, "small")[pots["small"]] == 49_000
        year = activities(session, Span(DAY, dt.date(2020, 12, 31)), "small")
    assert (year.brought_forward.total, year.total_income.total, year.carried_forward.total) == (
        48_700,
        1_000,
        49_700,
    )
    healthy(books)


def test_opening_balances_come_ahead_of_every_other_journal(books: Books) -> None:
    """Or on the day after a close; not twice, unless the first was reversed."""
    books.gift("small", 1_000, "2020-03-10")
    rows = opening_rows(("small", "bank", 50_000))

    def propose(day: str) -> str:
        on = dt.date.fromisoformat(day)
        return books.runtime.transact(
            books.finance, propose_opening, fund_slug="small", on=on, rows=rows
        ).proposal

    for late in ("2020-03-10", "2020-03-11", "2020-04-01"):
        with pytest.raises(Conflict, match="begin on 2020-03-10"):
            propose(late)
    books.approve(propose("2020-03-09"))
    with pytest.raises(Conflict, match="begin on 2020-03-09"):
        propose("2020-03-09")
    books.close("small", "2020-03-31")
    with pytest.raises(Conflict, match="closed through"):
        propose("2020-03-01")
    books.approve(propose("2020-04-01"))
    healthy(books)


def test_what_was_approved_too_late_is_refused_then_too(books: Books) -> None:
    """A gift came in between the proposal and its approval."""
    rows = opening_rows(("small", "bank", 50_000))
    asked = books.runtime.transact(
        books.finance, propose_opening, fund_slug="small", on=dt.date(2020, 3, 10), rows=rows
    )
    books.gift("small", 1_000, "2020-03-10")
    before = everything_in(books.runtime)
    with pytest.raises(Conflict):
        books.approve(asked.proposal)
    assert everything_in(books.runtime) == before


def test_the_command_says_the_sum(own_books: Books, shell: Command, tmp_path: Path) -> None:
    """The machine's operator does it alone; finance proposes."""
    file = tmp_path / "opening.csv"
    file.write_text(HEAD + "small,bank,500.00,\nsmall,gift_aid_due,,20.00\nsmall,opening,,480.00\n")
    status, out, _ = shell(
        "ledger",
        "open",
        file,
        "--fund",
        "small",
        "--on",
        "2020-01-01",
        "--as",
        "finance@example.org",
        "--json",
    )
    said = json.loads(out)
    assert (status, said["done"], said["debits"], said["credits"], said["brought_forward"]) == (
        0,
        False,
        50_000,
        2_000,
        48_000,
    )
    assert shell("proposals", "withdraw", said["proposal"], "--as", "finance@example.org")[0] == 0
    status, out, _ = shell("ledger", "open", file, "--fund", "small", "--on", "2020-01-01", "--json")
    assert (status, json.loads(out)["done"]) == (0, True)
    assert own_books.stands()["small", "opening"] == -48_000
    healthy(own_books)


WRONG = (
    ("small,bank,500.00,\nsmall,opening,,499.99\n", "£0.01 out"),
    ("small,bank,500.00,\nsmall,bank,1.00,\n", "there twice"),
    ("other,bank,500.00,\n", "no such pot"),
    ("free,bank,500.00,\n", "no such pot"),
    ("small,grants_payable,,5.00\n", "not opened by a sum"),
    ("small,donations,,5.00\n", "not opened by a sum"),
    ("small,bank,5.00,5.00\n", "either a debit or a credit"),
    ("small,bank,,\n", "either a debit or a credit"),
    ("small,bank,-5.00,\n", "negative"),
    ("small,bank,5.001,\n", "not an amount"),
    ("small,safe,5.00,\n", "not one of the choices"),
    ("", "no rows"),
)


def test_a_file_that_cannot_be_meant_changes_nothing(
    own_books: Books, shell: Command, tmp_path: Path
) -> None:
    """One line on stderr, exit 2."""
    file = tmp_path / "opening.csv"
    before = everything_in(own_books.runtime)
    for rows, said in WRONG:
        file.write_text(HEAD + rows)
        status, out, err = shell("ledger", "open", file, "--fund", "small", "--on", "2020-01-01")
        assert (status, out, err.count("\n")) == (2, "", 1), rows
        assert said in err
        assert everything_in(own_books.runtime) == before, rows
