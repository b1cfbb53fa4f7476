"""A close beside gifts that come in at the same time: every journal is in the frozen figures, or after them."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

from sqlmodel import select

from hardship.core.actor import SYSTEM
from hardship.core.runtime import Transaction
from hardship.funds.service import lock_fund
from hardship.ledger.closing import propose_close
from hardship.ledger.journal import JournalDraft, transfer
from hardship.ledger.models import Journal
from hardship.ledger.rebuilding import rebuild
from hardship.ledger.service import post
from tests.integration.ledger.books import Books, K
from tests.integration.ledger.test_closing import MARCH, healthy

GIVERS, EACH = 4, 12


def give(tx: Transaction, pot: int, key: str) -> None:
    """A gift of the last day of March."""
    lock_fund(tx, "small")
    lines = transfer(pot, K.BANK, K.DONATIONS, 100)
    post(tx, [JournalDraft(key, "gift.received", "small", f"test:{key}", MARCH, lines)])
    tx.record("test.posted", f"test:{key}")


def test_gifts_that_race_a_close_are_in_it_or_refer_back(books: Books) -> None:
    """Four givers, one close, one rebuild of the cached balances; nothing is lost, nothing stands in a closed period."""
    runtime, pot = books.runtime, books.pots()["small"]
    asked = runtime.transact(books.finance, propose_close, fund_slug="small", through=MARCH)

    def giver(who: int) -> None:
        for number in range(EACH):
            runtime.transact(SYSTEM, give, pot, f"{who}:{number}")

    with ThreadPoolExecutor(GIVERS + 2) as pool:
        work = [pool.submit(giver, who) for who in range(GIVERS)]
        work += [
            pool.submit(books.approve, asked.proposal),
            pool.submit(runtime.transact, books.finance, rebuild),
        ]
        for one in work:
            one.result()
    assert books.stands()["small", "bank"] == GIVERS * EACH * 100
    with runtime.read() as session:
        days = session.exec(select(Journal.effective_on, Journal.refers_on)).all()
    assert len(days) == GIVERS * EACH
    assert {on for on, _ in days} <= {MARCH, dt.date(2020, 4, 1)}
    assert all((on > MARCH) == (refers == MARCH) for on, refers in days)
    healthy(books)
