"""Closed periods: proposed, approved, frozen, and refused to everything that comes late."""

import datetime as dt
import json

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import select

from hardship.audit.verify import verify
from hardship.core.actor import SYSTEM
from hardship.core.errors import BadInput, Conflict, Forbidden, Refused
from hardship.core.runtime import Runtime
from hardship.funds.document import read_document
from hardship.funds.service import load_fund
from hardship.ledger.closing import bent, checklist, frozen, propose_close
from hardship.ledger.doctor import balanced, closed
from hardship.ledger.models import PeriodClose
from hardship.ledger.periods import closed_through
from hardship.ledger.postclose import post_close
from hardship.staff.proposals import approve
from tests.integration.applications.helpers import everything_in
from tests.integration.ledger.books import Books, K, fund_file

MARCH = dt.date(2020, 3, 31)


def healthy(books: Books) -> None:
    """The books balance, the closed periods are as they were, and the event log says the same as the rows."""
    with books.runtime.read() as session:
        assert balanced(session, books.runtime) == []
        assert closed(session, books.runtime) == []
        assert verify(session, books.runtime.vault).problems == []


def test_scenario_5_returned_across_a_period_end(books: Books) -> None:
    """£200.00 (community £120.32, match £79.68) is debited on 30 March; the year is closed; on 2 April it comes back:
    Dr bank / Cr payable in April, expense and pots unchanged, and it stands on the post-close report."""
    shares = {"small": 12_032, "small/LC": 7_968}
    books.gift("small", 12_032)
    books.book("small/LC", K.MATCH_RECEIVABLE, K.MATCH_INCOME, 7_968, "2020-03-10", kind="match.earned")
    books.book("small/LC", K.BANK, K.MATCH_RECEIVABLE, 7_968, "2020-03-12", kind="match.received")
    books.award(shares, "2020-03-28")
    books.pay(shares, "2020-03-30")
    books.close("small", "2020-03-31", year=True)
    with books.runtime.read() as session:
        year = frozen(session, "small", MARCH)
    books.at("2020-04-02")
    number = books.come_back(shares, "2020-04-02", of="2020-03-30")
    journal = books.journal(number)
    assert (journal.effective_on, journal.refers_on) == (dt.date(2020, 4, 2), dt.date(2020, 3, 30))
    stands = books.stands()
    assert {pot: stands[pot, "bank"] for pot in shares} == shares
    assert {pot: -stands[pot, "grants_payable"] for pot in shares} == shares
    assert {pot: stands[pot, "grants"] for pot in shares} == shares
    with books.runtime.read() as session:
        assert frozen(session, "small", MARCH) == year
        report = post_close(session, "small")
    assert [(one.journal, one.kind, one.cause, one.amount) for one in report] == [
        (number, "payout.returned", "payment:P", 20_000)
    ]
    assert (report[0].refers_on, report[0].closed_through) == (dt.date(2020, 3, 30), MARCH)
    healthy(books)


def test_what_comes_late_is_booked_on_the_first_open_day_and_refers_back(books: Books) -> None:
    """A gift of March that is entered in April, after March was closed."""
    books.gift("small", 10_000, "2020-03-10")
    books.close("small", "2020-03-31")
    number = books.gift("small", 500, "2020-03-20")
    journal = books.journal(number)
    assert (journal.effective_on, journal.refers_on) == (dt.date(2020, 4, 1), dt.date(2020, 3, 20))
    with books.runtime.read() as session:
        assert closed_through(session, "small") == MARCH
        assert closed_through(session, "free") is None
        report = post_close(session)
    assert [(one.journal, one.refers_on, one.came_late) for one in report] == [
        (number, dt.date(2020, 3, 20), True)
    ]
    on_the_last_day = books.gift("small", 1, "2020-03-31")
    assert books.journal(on_the_last_day).effective_on == dt.date(2020, 4, 1)
    other_fund = books.gift("free", 500, "2020-03-20")
    assert books.journal(other_fund).effective_on == dt.date(2020, 3, 20)
    healthy(books)


def test_a_close_takes_a_second_person(books: Books) -> None:
    """Not the same, and nobody without the right."""
    asked = books.runtime.transact(books.finance, propose_close, fund_slug="small", through=MARCH)
    assert not asked.done
    with pytest.raises(Forbidden):
        books.runtime.transact(books.finance, approve, ref=asked.proposal)
    with pytest.raises(Forbidden):
        books.runtime.transact(books.approver, propose_close, fund_slug="small", through=MARCH)
    with pytest.raises(Conflict, match="waits already"):
        books.runtime.transact(books.finance, propose_close, fund_slug="small", through=MARCH)
    with books.runtime.read() as session:
        assert closed_through(session, "small") is None
    books.approve(asked.proposal)
    with books.runtime.read() as session:
        assert closed_through(session, "small") == MARCH
    healthy(books)


def test_only_what_is_over_and_not_closed_can_be_closed(own_books: Books) -> None:
    """Not today, tomorrow, the day of the last close, or one before it."""
    own_books.close("small", "2020-02-29")
    before = everything_in(own_books.runtime)
    for through in ("2020-04-01", "2020-04-02", "2020-02-29", "2020-01-01"):
        with pytest.raises(BadInput):
            own_books.close("small", through)
        assert everything_in(own_books.runtime) == before, through


def test_books_that_do_not_balance_are_not_closed(books: Books) -> None:
    """The checklist blocks."""
    books.gift("small", 10_000)
    with books.runtime.database.writer.begin() as connection:
        connection.execute(text("UPDATE account SET balance_minor = balance_minor + 1 WHERE kind = 'bank'"))
    with pytest.raises(Refused, match="books balance"):
        books.runtime.transact(books.finance, propose_close, fund_slug="small", through=MARCH)


def test_the_checklist_explains_what_is_under_way(books: Books) -> None:
    """Payments on their way and unidentified receipts by what they are, card clearing, proposals that wait."""
    books.gift("small", 10_000)
    books.award({"small": 300}, "2020-03-28")
    books.book("small", K.GRANTS_PAYABLE, K.PAYOUT_CLEARING, 300, "2020-03-29", cause="payment:Q")
    books.book("small", K.BANK, K.UNIDENTIFIED_RECEIPTS, 7_500, "2020-03-29", cause="bank-line:L")
    books.book("small", K.CARD_CLEARING, K.DONATIONS, 1_000, "2020-03-29")
    with books.runtime.read() as session:
        items = {item.name: item for item in checklist(session, "small", MARCH, dt.date(2020, 4, 1))}
    assert items["Payments on their way"].details == ["payment:Q £3.00"]
    assert items["Unidentified receipts"].details == ["bank-line:L £75.00"]
    assert items["At the card processor"].text == "£10.00"
    assert items["The books balance"].ok
    assert items["Proposals"].ok
    books.close("small", "2020-03-31")  # to be known, not in the way
    with books.runtime.read() as session:
        kept = json.loads(session.exec(select(PeriodClose.checklist)).one())
    assert [item["name"] for item in kept if not item["ok"]] == [
        "Payments on their way",
        "At the card processor",
        "Unidentified receipts",
    ]


def test_a_fund_s_class_stands_once_a_period_is_closed(own_books: Books) -> None:
    """Its statements would change with it."""
    own_books.close("free", "2020-03-31")
    document = read_document(fund_file("free", "designated").encode(), "fund.toml")
    with pytest.raises(Conflict, match="closed"):
        own_books.runtime.transact(SYSTEM, load_fund, document=document)


# --- Past all of our code -----------------------------------------------------------------------------------------

INTO_MARCH = (
    "INSERT INTO journal (idem_key, kind, fund_slug, cause, effective_on, recorded_at, posted)"
    " VALUES ('x', 'gift', :fund, 'c', '2020-03-31', '2020-04-01 00:00:00', (1 = 0))"
)
ENTRY = (
    "INSERT INTO entry (journal_id, account_id, pot_id, currency, amount_minor)"
    " SELECT (SELECT max(id) FROM journal), a.id, a.pot_id, a.currency, :minor FROM account a"
    " JOIN pot p ON p.id = a.pot_id WHERE p.ref = 'small' AND a.kind = :kind"
)


def closed_books(books: Books) -> None:
    """A fund with a gift in March, closed."""
    books.gift("small", 10_000)
    books.gift("small", 500, "2020-04-01")
    books.close("small", "2020-03-31")


def test_the_database_posts_nothing_into_a_closed_period(books: Books) -> None:
    """Not in the fund's name, nor in that of another."""
    closed_books(books)
    for fund in ("small", "free"):
        with (
            pytest.raises(DBAPIError, match="a closed period takes no journal"),
            books.runtime.database.writer.begin() as connection,
        ):
            connection.execute(text(INTO_MARCH), {"fund": fund})
            for kind, minor in (("bank", 5), ("donations", -5)):
                connection.execute(text(ENTRY), {"kind": kind, "minor": minor})
            connection.execute(text("UPDATE journal SET posted = (1 = 1) WHERE idem_key = 'x'"))
    healthy(books)


def test_the_database_posts_no_journal_that_lay_unposted_when_the_period_was_closed(books: Books) -> None:
    """It was there before the close; it is posted after it."""
    books.gift("small", 10_000)
    with books.runtime.database.writer.begin() as connection:
        connection.execute(text(INTO_MARCH), {"fund": "small"})
        for kind, minor in (("bank", 5), ("donations", -5)):
            connection.execute(text(ENTRY), {"kind": kind, "minor": minor})
    with pytest.raises(Refused):
        books.close("small", "2020-03-31")  # nor is anything closed over it
    with books.runtime.database.writer.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO period_close (fund_slug, through, is_year, closed_at, journals, last_journal, trial_balance, sha256,"
                " checklist) VALUES ('small', '2020-03-31', (1 = 0), '2020-04-01 00:00:00', 0, 0, '', '', '')"
            )
        )
    with (
        pytest.raises(DBAPIError, match="closed period"),
        books.runtime.database.writer.begin() as connection,
    ):
        connection.execute(text("UPDATE journal SET posted = (1 = 1) WHERE idem_key = 'x'"))


ATTACKS = {
    "reopen": "DELETE FROM period_close",
    "move the day": "UPDATE period_close SET through = '2020-02-29'",
    "bend the figures": "UPDATE period_close SET trial_balance = '{}'",
    "hand it to another fund": "UPDATE period_close SET fund_slug = 'free'",
    "close again, earlier": (
        "INSERT INTO period_close (fund_slug, through, is_year, closed_at, journals, last_journal, trial_balance, sha256, checklist)"
        " VALUES ('small', '2020-02-29', (1 = 0), '2020-04-01 00:00:00', 0, 0, '', '', '')"
    ),
    "move a posted journal in": "UPDATE journal SET effective_on = '2020-03-31' WHERE effective_on = '2020-04-01'",
    "move a posted journal out": "UPDATE journal SET effective_on = '2020-04-01' WHERE effective_on < '2020-04-01'",
    "take the pot from the fund": "UPDATE pot SET fund_slug = 'free' WHERE ref = 'small'",
    "turn an account into another": "UPDATE account SET kind = 'cash_in_hand' WHERE kind = 'bank'",
    "hand an account to another pot": "UPDATE account SET pot_id = pot_id + 1 WHERE kind = 'bank'",
}


def test_the_database_keeps_a_close_as_it_is(books: Books) -> None:
    """Reopening by hand, or bending what was frozen, fails in the database itself."""
    closed_books(books)
    before = everything_in(books.runtime)
    for name, attack in ATTACKS.items():
        with pytest.raises(DBAPIError), books.runtime.database.writer.begin() as connection:
            connection.execute(text(attack))
        assert everything_in(books.runtime) == before, name
    healthy(books)


def test_the_doctor_finds_figures_that_are_not_those_that_were_frozen(sqlite_runtime: Runtime) -> None:
    """Whoever can drop a trigger is found out."""
    books = Books(sqlite_runtime)
    closed_books(books)
    with sqlite_runtime.database.writer.begin() as connection:
        connection.execute(text("DROP TRIGGER entry_is_final"))
        connection.execute(text("UPDATE entry SET amount_minor = amount_minor * 2 WHERE journal_id = 1"))
        connection.execute(text("UPDATE account SET balance_minor = balance_minor * 2"))
    with sqlite_runtime.read() as session:
        assert bent(session) == [
            "small closed through 2020-03-31: the entries say something else than the frozen figures"
        ]
