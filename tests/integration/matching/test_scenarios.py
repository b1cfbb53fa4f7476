"""The scenarios a finance officer accepts the system by, as far as gifts and match go."""

import datetime as dt

import pytest
from sqlmodel import col, select

from hardship.contributions.models import Held
from hardship.core.actor import SYSTEM, operator
from hardship.core.errors import BadInput, Conflict
from hardship.core.runtime import Runtime, Transaction
from hardship.ledger.closing import propose_close
from hardship.ledger.models import Journal
from hardship.matching.allocation import Reason
from hardship.matching.models import StatedThrough
from hardship.matching.queries import agreement_by_ref, movements
from tests.integration.matching.helpers import (
    assert_sound,
    books,
    events,
    give,
    give_back,
    load,
    new_gift,
    pounds,
    sponsor_pays,
    status_of,
    why,
)


def test_scenario_1_cap_reached_mid_gift(runtime: Runtime) -> None:
    """£99,930.00 is allocated; a gift of £200.00 arrives: match £70.00, unmatched £130.00, `cap_exhausted`."""
    load(runtime)
    give(runtime, new_gift("G-1", "99,930"))
    assert status_of(runtime).remaining_minor == pounds("70")
    received = give(runtime, new_gift("G-2", "200", at="2020-04-02T10:00:00Z"))
    assert received[0].matched == (("M", pounds("70")),)
    found = why(runtime, "G-2")
    assert found.unmatched_minor == pounds("130")
    assert found.reasons == [("M", Reason.CAP_EXHAUSTED)]
    assert status_of(runtime).remaining_minor == 0
    assert books(runtime).matched == pounds("100,000")
    assert_sound(runtime)


def test_scenario_2_a_refund_takes_its_match_back(runtime: Runtime) -> None:
    """£300.00 is matched; £100.00 of the gifts is refunded: income and match fall by £100.00 each."""
    load(runtime)
    give(runtime, new_gift("G-1", "200"), new_gift("G-2", "100"))
    give_back(runtime, "G-2", "100")
    found = status_of(runtime)
    assert found.agreement.allocated_minor == pounds("200")
    assert found.agreement.reversed_minor == pounds("100")
    assert found.contributions == 1
    figures = books(runtime)
    assert (figures.income, figures.matched) == (pounds("200"), pounds("200"))
    explained = why(runtime, "G-2")
    assert [(one.amount_minor, one.reverses) for one in explained.allocations] == [
        (10_000, None),
        (-10_000, 1),
    ]
    assert events(runtime, "contribution:G-2")[-1]["facts"]["released"] == {"M": 10_000}
    assert_sound(runtime)


def test_scenario_3_paid_in_advance(runtime: Runtime) -> None:
    """£100,000.00 before any gift is not spendable; with £30,000.00 of gifts £60,000.00 is, and £70,000.00 is due."""
    load(runtime, {"paid": "in_advance", "reclaimable": True, "unused": "return"})
    sponsor_pays(runtime, "100,000")
    figures = books(runtime)
    assert (figures.spendable, figures.unearned, figures.cash) == (0, pounds("100,000"), pounds("100,000"))
    give(runtime, new_gift("G-1", "30,000"))
    figures = books(runtime)
    assert (figures.spendable, figures.unearned) == (pounds("60,000"), pounds("70,000"))
    found = status_of(runtime)
    assert (found.due_back_minor, found.outstanding_minor) == (pounds("70,000"), 0)
    assert found.sponsor_account_minor == pounds("70,000")
    sponsor_pays(runtime, -pounds("70,000"), ref="BACK", at="2021-01-04T10:00:00Z")
    figures = books(runtime)
    assert (figures.spendable, figures.unearned, figures.cash) == (pounds("60,000"), 0, pounds("60,000"))
    assert_sound(runtime)


def test_scenario_4_late_sponsor(runtime: Runtime) -> None:
    """£40,000.00 matched in arrears, none received; cash £12,000.00: just that is spendable, until £25,000.00 arrives."""
    load(runtime)
    give(runtime, new_gift("G-1", "12,000"), new_gift("G-2", "28,000", held=Held.ELSEWHERE))
    figures = books(runtime)
    assert (figures.matched, figures.cash, figures.spendable) == (
        pounds("40,000"),
        pounds("12,000"),
        pounds("12,000"),
    )
    assert status_of(runtime).outstanding_minor == pounds("40,000")
    sponsor_pays(runtime, "25,000")
    assert status_of(runtime).outstanding_minor == pounds("15,000")
    assert books(runtime).spendable == pounds("37,000")
    assert_sound(runtime)


def test_scenario_8_a_fee_is_a_cost(runtime: Runtime) -> None:
    """A card gift of £500.00 with a fee of £7.70 is income of £500.00; refunded, the fee stays a cost."""
    load(runtime)
    give(runtime, new_gift("G-1", "500", fee_minor=770))
    figures = books(runtime)
    assert (figures.income, figures.cash) == (pounds("500"), pounds("492.30"))
    give_back(runtime, "G-1", "500")
    figures = books(runtime)
    assert (figures.income, figures.matched, figures.cash) == (0, 0, -770)
    assert_sound(runtime)


def test_an_advance_that_cannot_be_reclaimed_is_income_at_once(runtime: Runtime) -> None:
    """It is spendable when it arrives, and gifts earn nothing more until it is used up."""
    load(runtime, {"paid": "in_advance", "reclaimable": False})
    sponsor_pays(runtime, "1,000")
    assert (books(runtime).spendable, books(runtime).matched) == (pounds("1,000"), pounds("1,000"))
    give(runtime, new_gift("G-1", "400"))
    assert books(runtime).matched == pounds("1,000")
    give(runtime, new_gift("G-2", "700"))
    assert books(runtime).matched == pounds("1,100")
    assert_sound(runtime)


def test_a_change_of_what_may_be_reclaimed_moves_the_books(runtime: Runtime) -> None:
    """An unearned advance becomes income when the sponsor gives up the right to have it back."""
    load(runtime, {"paid": "in_advance", "reclaimable": True})
    sponsor_pays(runtime, "1,000")
    assert books(runtime).unearned == pounds("1,000")
    load(runtime, {"paid": "in_advance", "reclaimable": False})
    figures = books(runtime)
    assert (figures.unearned, figures.matched, figures.spendable) == (0, pounds("1,000"), pounds("1,000"))
    assert_sound(runtime)


def test_a_gift_held_elsewhere_is_matched_and_is_not_our_cash(runtime: Runtime) -> None:
    """Raised and kept by another body: it triggers match, and stands in no journal of gifts."""
    load(runtime)
    received = give(runtime, new_gift("G-1", "300", held=Held.ELSEWHERE))
    assert received[0].matched == (("M", pounds("300")),)
    figures = books(runtime)
    assert (figures.income, figures.matched, figures.cash) == (0, pounds("300"), 0)
    give_back(runtime, "G-1", "100")
    figures = books(runtime)
    assert (figures.income, figures.matched, figures.cash) == (0, pounds("200"), 0)
    assert_sound(runtime)


def test_the_sponsors_own_gift_is_not_matched_however_it_is_written(runtime: Runtime) -> None:
    """Names are compared trimmed and without regard to case."""
    load(runtime, {"exclude_donors": ["Listings Company"]})
    received = give(runtime, new_gift("G-1", "300", donor_name="  LISTINGS company "))
    assert received[0].matched == ()
    assert why(runtime, "G-1").reasons == [("M", Reason.EXCLUDED_DONOR)]


def test_a_cap_below_what_is_allocated_is_refused(runtime: Runtime) -> None:
    """The agreement stays as it was; the cap may come down to what is allocated."""
    load(runtime)
    give(runtime, new_gift("G-1", "300"))
    with pytest.raises(Conflict, match="below"):
        load(runtime, {"cap": "299.99"})
    assert status_of(runtime).agreement.cap_minor == pounds("100,000")
    load(runtime, {"cap": "300.00"})
    assert status_of(runtime).remaining_minor == 0


def test_more_cannot_go_back_to_a_sponsor_than_came(runtime: Runtime) -> None:
    """A repayment is held to what was received."""
    load(runtime)
    sponsor_pays(runtime, "100")
    with pytest.raises(BadInput):
        sponsor_pays(runtime, -pounds("100.01"), ref="P-2")
    sponsor_pays(runtime, -pounds("100"), ref="P-2")
    assert status_of(runtime).received_minor == 0
    assert_sound(runtime)


def test_what_is_recorded_after_a_statement_is_stated_on_the_next_day(runtime: Runtime) -> None:
    """It keeps the day to which it belongs, and shows on the first day that no statement has covered."""
    load(runtime)
    give(runtime, new_gift("G-1", "300", at="2020-03-10T10:00:00Z"))

    def state_march(tx: Transaction) -> None:
        number = agreement_by_ref(tx.session, "M").id or 0
        tx.session.add(StatedThrough(agreement_id=number, through_on=dt.date(2020, 3, 31)))

    runtime.transact(SYSTEM, state_march)
    give(runtime, new_gift("G-2", "50", at="2020-03-20T10:00:00Z"))
    sponsor_pays(runtime, "20", at="2020-03-21T10:00:00Z")
    give_back(runtime, "G-1", "100", at="2020-04-04T10:00:00+01:00")
    with runtime.read() as session:
        found = movements(session, agreement_by_ref(session, "M").id or 0)
    march, april = dt.date(2020, 3, 10), dt.date(2020, 4, 1)
    assert [(one.kind.value, one.occurred_on, one.stated_on, one.amount_minor) for one in found] == [
        ("earned", march, march, 30_000),
        ("earned", dt.date(2020, 3, 20), april, 5_000),
        ("received", dt.date(2020, 3, 21), april, 2_000),
        ("reversed", dt.date(2020, 4, 4), dt.date(2020, 4, 4), 10_000),
    ]
    assert all("G-" not in one.ref for one in found)
    assert_sound(runtime)


def test_what_is_recorded_after_a_close_is_stated_in_the_open_period(runtime: Runtime) -> None:
    """Books that are closed are stated: a gift of March that is entered in April shows in April, on both sides."""
    load(runtime)
    give(runtime, new_gift("G-1", "300", at="2020-03-10T10:00:00Z"))
    march = dt.date(2020, 3, 31)
    runtime.transact(operator(), propose_close, fund_slug="f", through=march)
    give(runtime, new_gift("G-2", "50", at="2020-03-20T10:00:00Z"))
    sponsor_pays(runtime, "20", at="2020-03-21T10:00:00Z")
    with runtime.read() as session:
        found = movements(session, agreement_by_ref(session, "M").id or 0)
        late = session.exec(select(Journal).where(col(Journal.effective_on) > march)).all()
    april = dt.date(2020, 4, 1)
    assert [(one.stated_on, one.amount_minor) for one in found] == [
        (dt.date(2020, 3, 10), 30_000),
        (april, 5_000),
        (april, 2_000),
    ]
    assert [(one.effective_on, one.refers_on) for one in late] == [
        (april, dt.date(2020, 3, 20)),
        (april, dt.date(2020, 3, 21)),
    ]
    assert_sound(runtime)
