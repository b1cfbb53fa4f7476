"""The database itself refuses to let the books be bent (I1)."""

import datetime as dt

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from hardship.core.actor import SYSTEM
from hardship.core.runtime import Runtime, Transaction
from hardship.ledger.journal import JournalDraft, Line, transfer
from hardship.ledger.models import AccountKind, FundClass
from hardship.ledger.queries import check, spendable_by_pot
from hardship.ledger.service import open_pot, post

DAY = dt.date(2020, 4, 1)


def two_pots(tx: Transaction) -> tuple[int, int]:
    """Two pots of one fund."""
    pots = [
        open_pot(
            tx,
            ref=ref,
            fund_slug="f",
            fund_class=FundClass.RESTRICTED,
            currency="GBP",
            is_community=ref == "f",
        )
        for ref in ("f", "f/m")
    ]
    return pots[0].id or 0, pots[1].id or 0


def gift(tx: Transaction, pot: int, minor: int, key: str = "k") -> None:
    """A gift into a pot."""
    lines = transfer(pot, AccountKind.BANK, AccountKind.DONATIONS, minor)
    tx.record("test.gift", "test:1")
    post(tx, [JournalDraft(key, "gift", "f", "test:1", DAY, lines)])


def test_posting_moves_the_cached_balances_and_the_check_agrees(runtime: Runtime) -> None:
    """A posted gift is spendable, once."""
    first, _ = runtime.transact(SYSTEM, two_pots)
    runtime.transact(SYSTEM, gift, first, 20_000)
    with runtime.read() as session:
        assert spendable_by_pot(session, "f")[first] == 20_000
        found = check(session)
    assert found.balanced
    assert found.journals == 1
    assert found.entries == 2
    assert found.funds[0].income == 20_000
    assert found.funds[0].cash == 20_000


def test_a_draft_that_does_not_balance_in_each_pot_is_refused(runtime: Runtime) -> None:
    """Balanced over two pots is not balanced."""
    first, second = runtime.transact(SYSTEM, two_pots)
    lines = [Line(first, AccountKind.BANK, 100), Line(second, AccountKind.DONATIONS, -100)]
    with pytest.raises(ValueError, match="does not balance"):
        runtime.transact(SYSTEM, post, [JournalDraft("k", "gift", "f", "test:1", DAY, lines)])


def test_one_cause_posts_once(runtime: Runtime) -> None:
    """The same key again is refused by the database and nothing stands twice."""
    first, _ = runtime.transact(SYSTEM, two_pots)
    runtime.transact(SYSTEM, gift, first, 100)
    with pytest.raises(DBAPIError):
        runtime.transact(SYSTEM, gift, first, 100)
    with runtime.read() as session:
        assert spendable_by_pot(session, "f")[first] == 100


ATTACKS = {
    "edit an entry": "UPDATE entry SET amount_minor = 1 WHERE id = 1",
    "delete an entry": "DELETE FROM entry WHERE id = 1",
    "add to a posted journal": (
        "INSERT INTO entry (journal_id, account_id, pot_id, currency, amount_minor)"
        " SELECT journal_id, account_id, pot_id, currency, 5 FROM entry WHERE id = 1"
    ),
    "delete a journal": "DELETE FROM journal WHERE id = 1",
    "unpost a journal": "UPDATE journal SET posted = (1 = 0) WHERE id = 1",
    "change a posted journal": "UPDATE journal SET kind = 'other' WHERE id = 1",
    "insert a posted journal": (
        "INSERT INTO journal (idem_key, kind, fund_slug, cause, effective_on, recorded_at, posted)"
        " VALUES ('x', 'gift', 'f', 'c', '2020-04-01', '2020-04-01 00:00:00', (1 = 1))"
    ),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_database_refuses(runtime: Runtime, attack: str) -> None:
    """Every way to bend the books by hand fails in the database itself."""
    first, _ = runtime.transact(SYSTEM, two_pots)
    runtime.transact(SYSTEM, gift, first, 100)
    with pytest.raises(DBAPIError), runtime.database.writer.begin() as connection:
        connection.execute(text(ATTACKS[attack]))
    with runtime.read() as session:
        assert check(session).balanced


ADD_ENTRY = (
    "INSERT INTO entry (journal_id, account_id, pot_id, currency, amount_minor)"
    " SELECT (SELECT max(id) FROM journal), id, :booked_in, currency, :minor FROM account"
    " WHERE pot_id = :pot AND kind = 'bank'"
)


def by_hand(runtime: Runtime, pot: int, booked_in: int, amounts: tuple[int, ...]) -> None:
    """An unposted journal with entries on one account, then posted: past all of our code."""
    with runtime.database.writer.begin() as connection:
        connection.execute(text(ATTACKS["insert a posted journal"].replace("(1 = 1)", "(1 = 0)")))
        for minor in amounts:
            connection.execute(text(ADD_ENTRY), {"pot": pot, "booked_in": booked_in, "minor": minor})
        connection.execute(text("UPDATE journal SET posted = (1 = 1)"))


@pytest.mark.parametrize("amounts", [(5, -4), (5,)])
def test_the_database_posts_nothing_unbalanced(runtime: Runtime, amounts: tuple[int, ...]) -> None:
    """Whatever the code did, an unbalanced journal cannot be posted."""
    first, _ = runtime.transact(SYSTEM, two_pots)
    with pytest.raises(DBAPIError, match="balances"):
        by_hand(runtime, first, first, amounts)


def test_the_database_posts_no_empty_journal(runtime: Runtime) -> None:
    """A journal has entries."""
    first, _ = runtime.transact(SYSTEM, two_pots)
    with pytest.raises(DBAPIError, match="has entries"):
        by_hand(runtime, first, first, ())


def test_an_entry_cannot_stand_in_another_pot_than_its_account(runtime: Runtime) -> None:
    """Money of one pot is never booked under another."""
    first, second = runtime.transact(SYSTEM, two_pots)
    with pytest.raises(DBAPIError, match="its account's pot"):
        by_hand(runtime, first, second, (5, -5))
