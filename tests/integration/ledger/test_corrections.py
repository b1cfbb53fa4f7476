"""Reversals by hand, and rebuilding the cached balances."""

import datetime as dt
import json

import pytest
from sqlalchemy import text
from sqlmodel import select

from hardship.core.errors import BadInput, Conflict, Forbidden, NotFound, Refused
from hardship.funds.models import FundTransfer, TransferState
from hardship.ledger.corrections import propose_reversal
from hardship.ledger.models import Journal
from hardship.ledger.opening import propose_opening
from hardship.ledger.rebuilding import compare, rebuild
from hardship.staff.proposals import approve
from tests.integration.applications.helpers import Command
from tests.integration.ledger.books import Books, K, opening_rows
from tests.integration.ledger.test_closing import healthy
from tests.integration.ledger.test_transfers import propose, spendable


def reverse(books: Books, journal: int) -> None:
    """Finance proposes, the approver approves."""
    asked = books.runtime.transact(books.finance, propose_reversal, journal_id=journal, why="a wrong figure")
    books.approve(asked.proposal)


def test_a_wrong_opening_balance_is_reversed_and_entered_anew(books: Books) -> None:
    """The books say what they said before, and both journals stand."""
    day = dt.date(2020, 1, 1)
    for minor in (50_000, 5_000):
        rows = opening_rows(("small", "bank", minor))
        books.approve(
            books.runtime.transact(
                books.finance, propose_opening, fund_slug="small", on=day, rows=rows
            ).proposal
        )
        if minor == 50_000:
            reverse(books, 1)
            assert books.stands() == {}
    assert books.stands()["small", "bank"] == 5_000
    with books.runtime.read() as session:
        assert session.exec(select(Journal.reverses_id).order_by(Journal.id)).all() == [None, 1, None]  # type: ignore[arg-type]
    healthy(books)


def test_a_transfer_is_reversed_in_both_funds_while_the_money_is_there(books: Books) -> None:
    """One proposal, two journals; not when it was spent."""
    books.gift("free", 10_000)
    books.approve(propose(books, "free", "small", 6_000))
    books.award({"small": 6_000}, "2020-04-01")
    asked = books.runtime.transact(books.finance, propose_reversal, journal_id=3, why="to the wrong fund")
    with pytest.raises(Refused, match="spent or promised"):
        books.approve(asked.proposal)
    books.spread({"small": 6_000}, K.GRANTS_PAYABLE, K.GRANTS, "2020-04-01", "award.withdrawn", "award:A")
    books.approve(asked.proposal)
    assert (spendable(books, "free"), spendable(books, "small")) == (10_000, 0)
    with books.runtime.read() as session:
        assert session.exec(select(FundTransfer.state)).one() is TransferState.REVERSED
    with pytest.raises(Conflict, match="already"):
        books.runtime.transact(books.finance, propose_reversal, journal_id=2, why="x")
    healthy(books)


def test_what_stands_for_something_else_is_not_reversed_by_hand(own_books: Books) -> None:
    """A gift is refunded, an award cancelled; nor is a reversal reversed, nor what is not there."""
    own_books.gift("small", 1_000)
    for journal, error in ((1, Conflict), (99, NotFound), (0, NotFound), (2**40, NotFound)):
        with pytest.raises(error):
            own_books.runtime.transact(own_books.finance, propose_reversal, journal_id=journal, why="x")
    with pytest.raises(BadInput):
        own_books.runtime.transact(own_books.finance, propose_reversal, journal_id=1, why=" ")


def test_a_reversal_takes_a_second_person(own_books: Books) -> None:
    """Not the same."""
    own_books.gift("free", 10_000)
    own_books.approve(propose(own_books, "free", "small", 6_000))
    asked = own_books.runtime.transact(own_books.finance, propose_reversal, journal_id=2, why="x")
    with pytest.raises(Forbidden):
        own_books.runtime.transact(own_books.finance, approve, ref=asked.proposal)


def test_rebuilding_gives_the_same_figures_and_puts_right_what_was_bent(books: Books) -> None:
    """Nothing changes in books that are in order; a bent cache is found, then put right."""
    books.gift("small", 10_000, fee=70)
    books.award({"small": 3_000}, "2020-03-28")
    before = books.stands()
    assert books.runtime.transact(books.finance, rebuild).differences == []
    assert books.stands() == before
    with books.runtime.database.writer.begin() as connection:
        connection.execute(text("UPDATE account SET balance_minor = balance_minor + 1 WHERE kind = 'bank'"))
    with books.runtime.read() as session:
        wrong = compare(session).differences
    assert {(one.pot, one.cached - one.entries) for one in wrong} == {
        (pot, 1) for pot in ("small", "small/LC", "free", "held")
    }
    assert len(books.runtime.transact(books.finance, rebuild).differences) == 4
    assert books.stands() == before
    with pytest.raises(Forbidden):
        books.runtime.transact(books.approver, rebuild)
    healthy(books)


def test_the_commands(own_books: Books, shell: Command) -> None:
    """Rebuild and its check; reverse and what it refuses."""
    own_books.gift("free", 10_000)
    assert shell("ledger", "rebuild", "--check")[0] == 0
    with own_books.runtime.database.writer.begin() as connection:
        connection.execute(text("UPDATE account SET balance_minor = 1 WHERE kind = 'fees' AND pot_id = 1"))
    status, out, _ = shell("ledger", "rebuild", "--check", "--json")
    assert (status, json.loads(out)["rebuilt"], len(json.loads(out)["differences"])) == (1, False, 1)
    assert shell("ledger", "rebuild")[0] == 0
    assert shell("ledger", "rebuild", "--check")[0] == 0
    for journal in ("1", "99", "x", "-1", "1" * 30):
        status, out, err = shell("ledger", "reverse", journal, "--why", "x")
        assert (status, out, err.count("\n")) == (2, "", 1), journal
    assert shell("ledger", "rebuild", "--as", "approver@example.org")[0] == 2
