"""Transfers between funds and pots: authorised, within what restrictions allow, covering a deficit (I4)."""

import datetime as dt
import json
from typing import Any

import pytest
from sqlmodel import select

from hardship.core.errors import Forbidden, HardshipError, NotFound, Refused
from hardship.funds.models import FundTransfer
from hardship.funds.transfers import propose_transfer
from hardship.ledger.postclose import post_close
from hardship.ledger.queries import spendable_by_pot
from hardship.ledger.reports.activities import activities
from hardship.ledger.reports.sums import Span
from hardship.staff.proposals import approve
from tests.integration.applications.helpers import Command, bodies, everything_in
from tests.integration.ledger.books import Books, K, fund_file
from tests.integration.ledger.test_closing import healthy
from tests.integration.statements.home import SPONSOR


def propose(books: Books, source: str, target: str, minor: int, **options: Any) -> str:
    """Finance proposes; returns the proposal's reference."""
    asked = books.runtime.transact(
        books.finance,
        propose_transfer,
        source=source,
        target=target,
        amount_minor=minor,
        reason="agreed on 1 April",
        **options,
    )
    return asked.proposal


def spendable(books: Books, pot: str) -> int:
    """What a pot may spend."""
    with books.runtime.read() as session:
        return spendable_by_pot(session, books.slug(pot))[books.pots()[pot]]


def test_a_deficit_is_covered_from_unrestricted_money(books: Books) -> None:
    """Two journals, one in the books of each fund; both stay balanced, and the deficit is gone."""
    books.gift("free", 50_000)
    books.gift("small", 20_000)
    books.award({"small": 20_000}, "2020-03-28")
    books.book(
        "small", K.DONATIONS, K.BANK, 5_000, "2020-03-30"
    )  # a gift is refunded after it was promised on
    assert spendable(books, "small") == -5_000
    books.approve(propose(books, "free", "small", 5_000))
    assert (spendable(books, "small"), spendable(books, "free")) == (0, 45_000)
    stands = books.stands()
    assert (stands["free", "transfers"], stands["small", "transfers"]) == (5_000, -5_000)
    with books.runtime.read() as session:
        ref = session.exec(select(FundTransfer.ref)).one()
        made = [one for one in bodies(session, f"transfer:{ref}") if one["kind"] == "transfer.made"]
    assert len(made) == 1
    assert "agreed on" not in json.dumps(made)
    healthy(books)


def test_a_transfer_takes_a_second_person(books: Books) -> None:
    """And is refused when the money has gone since."""
    books.gift("free", 10_000)
    ref = propose(books, "free", "small", 10_000)
    with pytest.raises(Forbidden):
        books.runtime.transact(books.finance, approve, ref=ref)
    with pytest.raises(Forbidden):
        books.runtime.transact(
            books.approver, propose_transfer, source="free", target="small", amount_minor=1, reason="x"
        )
    books.award({"free": 1}, "2020-03-28")
    with pytest.raises(Refused, match=r"£99\.99 to spend"):
        books.approve(ref)
    assert ("small", "bank") not in books.stands()


ALLOWED = {
    ("free", "small"): True,
    ("free", "small/LC"): True,
    ("small", "small/LC"): True,
    ("small", "free"): False,
    ("small/LC", "small"): False,
    ("small/LC", "free"): False,
    ("held", "small"): False,
    ("free", "held"): False,
}


def test_restricted_money_stays_within_its_restriction(own_books: Books) -> None:
    """Unrestricted goes anywhere of the charity's, restricted within its fund, a sponsor's and an agent's nowhere."""
    for pot in ("free", "small", "small/LC", "held"):
        own_books.gift(pot, 10_000)
    for (source, target), allowed in ALLOWED.items():
        if allowed:
            had = spendable(own_books, target)
            own_books.approve(propose(own_books, source, target, 1_000))
            assert spendable(own_books, target) == had + 1_000
            continue
        before = everything_in(own_books.runtime)
        with pytest.raises(Refused):
            propose(own_books, source, target, 1_000)
        assert everything_in(own_books.runtime) == before
    healthy(own_books)


WRONG = (
    ("free", "free", 100, "x"),
    ("free", "small", 0, "x"),
    ("free", "small", -5, "x"),
    ("free", "small", 100, "  "),
    ("free", "small", 1_001, "x"),
    ("free", "nowhere", 100, "x"),
    ("nowhere", "small", 100, "x"),
    ("free", "abroad", 100, "x"),
)


def test_what_cannot_be_meant_is_refused_and_changes_nothing(own_books: Books) -> None:
    """The same pot, nothing, no reason, more than there is, unknown pots, another currency."""
    own_books.open_pot("abroad", "free", "EUR")
    own_books.gift("free", 1_000)
    before = everything_in(own_books.runtime)
    for source, target, minor, reason in WRONG:
        with pytest.raises(HardshipError):
            own_books.runtime.transact(
                own_books.finance,
                propose_transfer,
                source=source,
                target=target,
                amount_minor=minor,
                reason=reason,
            )
        assert everything_in(own_books.runtime) == before


def test_a_pot_s_money_cannot_leave_a_fund_that_needs_it(own_books: Books) -> None:
    """What another pot of the fund lacks is lacking in the fund."""
    own_books.load(_free_with_sponsor())
    own_books.gift("free", 10_000)
    own_books.award({"free/FC": 4_000}, "2020-03-28")
    with pytest.raises(Refused, match=r"£60\.00 to spend"):
        propose(own_books, "free", "small", 10_000)
    own_books.approve(propose(own_books, "free", "free/FC", 4_000))
    healthy(own_books)


def _free_with_sponsor() -> str:
    return fund_file("free", "unrestricted") + SPONSOR.replace('ref = "LC"', 'ref = "FC"')


def test_a_late_transfer_is_booked_in_the_open_period_of_both_funds(books: Books) -> None:
    """On one day, the first that is open in both: what leaves a fund is in the other, at the end of every day. It is late
    in the books that were closed, and in no others."""
    books.gift("free", 10_000)
    books.close("small", "2020-03-31")
    books.approve(propose(books, "free", "small", 10_000, on=dt.date(2020, 3, 20)))
    april = dt.date(2020, 4, 1)
    days = {books.journal(number).fund_slug: books.journal(number).effective_on for number in (2, 3)}
    assert days == {"free": april, "small": april}
    with books.runtime.read() as session:
        march = activities(session, Span(None, dt.date(2020, 3, 31)))
        late = post_close(session)
    assert (march.transfers.total, march.ties) == (0, True)
    assert [(one.fund, one.refers_on, one.came_late) for one in late] == [
        ("small", dt.date(2020, 3, 20), True)
    ]
    healthy(books)


def test_the_commands(own_books: Books, shell: Command) -> None:
    """Propose, list, and refuse what cannot be."""
    own_books.gift("free", 10_000)
    status, out, _ = shell(
        "ledger",
        "transfer",
        "free",
        "small",
        "--amount",
        "40.00",
        "--reason",
        "x",
        "--as",
        "finance@example.org",
        "--json",
    )
    said = json.loads(out)
    assert (status, said["done"], said["amount"]) == (0, False, 4_000)
    assert shell("proposals", "approve", said["proposal"], "--as", "approver@example.org")[0] == 0
    listed = json.loads(shell("ledger", "transfers", "--json")[1])["transfers"]
    assert [(one["source"], one["target"], one["amount"], one["state"]) for one in listed] == [
        ("free", "small", 4_000, "made")
    ]
    assert shell("ledger", "transfer", "free", "small", "--amount", "60.01", "--reason", "x")[0] == 1
    assert shell("ledger", "transfer", "free", "small", "--amount", "many", "--reason", "x")[0] == 2
    with pytest.raises(NotFound):
        propose(own_books, "free", "nowhere", 1)
