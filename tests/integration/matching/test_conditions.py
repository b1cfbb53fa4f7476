"""Match that is income later: challenges, gifts that have to clear; and caps on what one donor brings in."""

import datetime as dt
from typing import Any

import pytest

from hardship.contributions.models import Channel, DonorType
from hardship.core.actor import SYSTEM
from hardship.core.runtime import Runtime, Transaction
from hardship.matching.allocation import Reason
from hardship.matching.queries import agreement_by_ref
from hardship.matching.sentences import explained
from tests.integration.matching.checkouts import dispute, open_checkout, pay, settle
from tests.integration.matching.helpers import (
    assert_sound,
    books,
    events,
    give,
    give_back,
    load,
    new_gift,
    pounds,
    redistributed,
    set_clock,
    sponsor_pays,
    status_of,
    why,
)

CHALLENGE: dict[str, Any] = {"kind": "challenge", "threshold": "100.00", "cap": "1000.00"}
SHORT = {"closes": dt.datetime(2020, 4, 20, tzinfo=dt.UTC)}


def states(runtime: Runtime, ref: str = "M") -> list[str]:
    """The states that a challenge has been in, by the event log."""
    return [event["facts"]["state"] for event in events(runtime, f"challenge:{ref}")]


def totals(runtime: Runtime, ref: str = "M") -> tuple[int, int, int]:
    """What is allocated, conditional, and match income in the books."""
    found = status_of(runtime, ref)
    return found.agreement.allocated_minor, found.conditional_minor, books(runtime).matched


# --- Challenges ---------------------------------------------------------------------------------------------------


def test_a_challenge_is_no_income_below_its_threshold(runtime: Runtime) -> None:
    """Given by the rule, so that the cap counts it; conditional, so that no journal says it is ours."""
    load(runtime, CHALLENGE)
    received = give(runtime, new_gift("G-1", "60"))
    assert received[0].matched == (("M", pounds("60")),)
    assert totals(runtime) == (pounds("60"), pounds("60"), 0)
    found = why(runtime, "G-1")
    assert found.conditional == {"M": pounds("60")}
    assert "£60.00 by M is conditional and not yet income" in explained(found)
    assert states(runtime) == []
    assert_sound(runtime)


def test_a_challenge_that_is_met_makes_all_of_it_income(runtime: Runtime) -> None:
    """On the day of the gift that reaches the threshold, which earns its own at once; refunds take back theirs."""
    load(runtime, CHALLENGE)
    give(runtime, new_gift("G-1", "60"))
    give(runtime, new_gift("G-2", "40", at="2020-04-03T10:00:00Z"))
    assert totals(runtime) == (pounds("100"), 0, pounds("100"))
    assert states(runtime) == ["met"]
    give(runtime, new_gift("G-3", "5", at="2020-04-04T10:00:00Z"))
    assert totals(runtime) == (pounds("105"), 0, pounds("105"))
    entitled = [event for event in events(runtime) if event["kind"] == "match.entitled"]
    assert [event["facts"]["entitled"] for event in entitled] == [{"M": 6_000}]
    give_back(runtime, "G-1", "60", at="2020-04-05T10:00:00Z")
    assert totals(runtime) == (pounds("45"), 0, pounds("45"))
    assert states(runtime) == ["met"], "a challenge that was met stays met"
    assert_sound(runtime)


def test_a_refund_below_the_threshold_takes_conditional_match_and_the_count(runtime: Runtime) -> None:
    """No journal of match moves; what was refunded does not count towards the threshold any more."""
    load(runtime, CHALLENGE)
    give(runtime, new_gift("G-1", "60"))
    give_back(runtime, "G-1", "20")
    assert totals(runtime) == (pounds("40"), pounds("40"), 0)
    give(runtime, new_gift("G-2", "50", at="2020-04-05T10:00:00Z"))
    assert states(runtime) == []
    give(runtime, new_gift("G-3", "9.99", at="2020-04-06T10:00:00Z"))
    assert states(runtime) == []
    give(runtime, new_gift("G-4", "0.01", at="2020-04-06T10:00:00Z"))
    assert states(runtime) == ["met"]
    assert totals(runtime) == (pounds("100"), 0, pounds("100"))
    assert_sound(runtime)


def test_a_challenge_that_closes_below_its_threshold_gives_nothing(runtime: Runtime) -> None:
    """All or nothing: the match goes back, the cap is free, gifts say why, the log has an event for each."""
    load(runtime, CHALLENGE | SHORT)
    give(runtime, new_gift("G-1", "60"), new_gift("G-2", "30"))
    open_checkout(runtime, "C-1", "5", minutes=60 * 24 * 40)
    assert status_of(runtime).agreement.held_minor == pounds("5")
    assert runtime.run_due("match conditions") == 0
    set_clock(runtime, "2020-04-20T00:00:01Z")
    assert runtime.run_due("match conditions") == 1
    assert totals(runtime) == (0, 0, 0)
    assert status_of(runtime).agreement.held_minor == 0
    assert states(runtime) == ["failed"]
    assert why(runtime, "G-1").reasons == [("M", Reason.THRESHOLD_NOT_MET)]
    assert events(runtime, "contribution:G-2")[-1]["facts"]["released"] == {"M": 3_000}
    assert runtime.run_due("match conditions") == 0
    assert pay(runtime, "C-1", "5").matched == ()
    assert_sound(runtime)


def test_gifts_that_came_in_time_and_are_entered_late_still_meet_a_challenge(runtime: Runtime) -> None:
    """A bank statement is read days later. What earlier gifts lost comes back by redistribution."""
    load(runtime, CHALLENGE | SHORT)
    give(runtime, new_gift("G-1", "60"))
    set_clock(runtime, "2020-04-21T00:00:00Z")
    runtime.run_due("match conditions")
    give(runtime, new_gift("G-2", "30", at="2020-04-19T10:00:00Z"))
    assert totals(runtime) == (0, 0, 0)
    give(runtime, new_gift("G-3", "10", at="2020-04-19T11:00:00Z"))
    assert states(runtime) == ["failed", "met"]
    assert totals(runtime) == (pounds("10"), 0, pounds("10"))
    redistributed(runtime)
    assert totals(runtime) == (pounds("100"), 0, pounds("100"))
    assert_sound(runtime)


def test_other_terms_are_counted_anew(runtime: Runtime) -> None:
    """An agreement that takes more ways to give counts what came that way, and may be met at once."""
    load(runtime, CHALLENGE | {"channels": ["card"]})
    give(runtime, new_gift("G-1", "60", channel=Channel.CARD), new_gift("G-2", "60"))
    assert totals(runtime) == (pounds("60"), pounds("60"), 0)
    load(runtime, CHALLENGE)
    assert states(runtime) == ["met"]
    assert totals(runtime) == (pounds("60"), 0, pounds("60"))
    redistributed(runtime)
    assert totals(runtime) == (pounds("120"), 0, pounds("120"))
    assert_sound(runtime)


def test_a_challenge_with_more_time_is_open_again(runtime: Runtime) -> None:
    """And can be met then."""
    load(runtime, CHALLENGE | SHORT)
    give(runtime, new_gift("G-1", "60"))
    set_clock(runtime, "2020-04-21T00:00:00Z")
    runtime.run_due("match conditions")
    load(runtime, CHALLENGE | {"closes": dt.datetime(2020, 5, 20, tzinfo=dt.UTC)})
    assert states(runtime) == ["failed", "open"]
    give(runtime, new_gift("G-2", "40", at="2020-04-22T10:00:00Z"))
    assert states(runtime) == ["failed", "open", "met"]
    assert totals(runtime) == (pounds("40"), 0, pounds("40"))
    assert_sound(runtime)


def test_a_challenge_counts_the_gifts_that_came_before_it_was_written_down(runtime: Runtime) -> None:
    """By the time in which they came, and only those that it is open to."""
    load(runtime, {"ref": "A", "cap": "0.00"})
    give(runtime, new_gift("G-1", "70"), new_gift("G-2", "70", at="2020-02-01T10:00:00Z"))
    load(runtime, {"ref": "A", "cap": "0.00"}, CHALLENGE | {"ref": "M", "priority": 2})
    assert status_of(runtime).agreement.raised_minor == pounds("70")
    give(runtime, new_gift("G-3", "30"))
    assert states(runtime) == ["met"]
    assert_sound(runtime)


def test_an_advance_for_a_challenge_is_unearned_until_it_is_met(runtime: Runtime) -> None:
    """Received is not earned."""
    load(runtime, CHALLENGE | {"paid": "in_advance"})
    sponsor_pays(runtime, "500")
    give(runtime, new_gift("G-1", "60"))
    figures = books(runtime)
    assert (figures.unearned, figures.spendable) == (pounds("500"), pounds("60"))
    give(runtime, new_gift("G-2", "40", at="2020-04-02T10:00:00Z"))
    figures = books(runtime)
    assert (figures.unearned, figures.spendable) == (pounds("400"), pounds("200"))
    assert_sound(runtime)


# --- Gifts that have to clear -------------------------------------------------------------------------------------


def test_match_is_income_once_its_gift_has_cleared(runtime: Runtime) -> None:
    """Ten days after the gift came, dated then, whenever the worker runs."""
    load(runtime, {"clear_days": 10})
    give(runtime, new_gift("G-1", "60", at="2020-04-01T10:00:00Z"))
    assert totals(runtime) == (pounds("60"), pounds("60"), 0)
    set_clock(runtime, "2020-04-10T12:00:00Z")
    assert runtime.run_due("match conditions") == 0
    set_clock(runtime, "2020-04-14T12:00:00Z")
    assert runtime.run_due("match conditions") == 1
    assert totals(runtime) == (pounds("60"), 0, pounds("60"))
    assert entitled_days(runtime) == [dt.date(2020, 4, 11)]
    assert_sound(runtime)


def entitled_days(runtime: Runtime) -> list[dt.date]:
    """The days of the journals by which conditional match became income."""
    from sqlmodel import select

    from hardship.ledger.models import Journal

    with runtime.read() as session:
        return list(
            session.exec(select(Journal.effective_on).where(Journal.kind == "match.entitled").order_by("id"))
        )


def test_a_gift_that_is_entered_after_it_cleared_is_income_at_once(runtime: Runtime) -> None:
    """An old file: two journals, each of its day."""
    load(runtime, {"clear_days": 10})
    give(runtime, new_gift("G-1", "60", at="2020-03-10T10:00:00Z"))
    assert totals(runtime) == (pounds("60"), 0, pounds("60"))
    assert entitled_days(runtime) == [dt.date(2020, 3, 20)]
    assert_sound(runtime)


def test_a_refund_takes_conditional_match_first(runtime: Runtime) -> None:
    """What was given early is earned, what redistribution added later has still to clear: that goes first."""
    load(runtime, {"clear_days": 3, "cap": "50.00"})
    give(runtime, new_gift("G-1", "80", at="2020-03-25T10:00:00Z"))
    assert totals(runtime) == (pounds("50"), 0, pounds("50"))
    clear_after(runtime, 30)
    load(runtime, {"clear_days": 30, "cap": "80.00"})
    redistributed(runtime)
    assert totals(runtime) == (pounds("80"), pounds("30"), pounds("50"))
    give_back(runtime, "G-1", "20")
    assert totals(runtime) == (pounds("60"), pounds("10"), pounds("50"))
    give_back(runtime, "G-1", "20", at="2020-04-05T10:00:00Z")
    assert totals(runtime) == (pounds("40"), 0, pounds("40"))
    assert_sound(runtime)


def test_part_of_it_is_refunded_before_it_clears(runtime: Runtime) -> None:
    """Only what is left becomes income."""
    load(runtime, {"clear_days": 10})
    give(runtime, new_gift("G-1", "60", at="2020-04-01T10:00:00Z"))
    give_back(runtime, "G-1", "20")
    set_clock(runtime, "2020-04-14T12:00:00Z")
    runtime.run_due("match conditions")
    assert totals(runtime) == (pounds("40"), 0, pounds("40"))
    give_back(runtime, "G-1", "15", at="2020-04-15T10:00:00Z")
    assert totals(runtime) == (pounds("25"), 0, pounds("25"))
    assert_sound(runtime)


def test_a_gift_under_dispute_does_not_clear(runtime: Runtime) -> None:
    """Until the dispute is won."""
    load(runtime, {"clear_days": 1})
    give(runtime, new_gift("G-1", "60", at="2020-04-01T10:00:00Z"))
    dispute(runtime, "G-1")
    set_clock(runtime, "2020-04-14T12:00:00Z")
    assert runtime.run_due("match conditions") == 0
    assert totals(runtime) == (pounds("60"), pounds("60"), 0)
    settle(runtime, "G-1", "won")
    assert totals(runtime) == (pounds("60"), 0, pounds("60"))
    assert_sound(runtime)


def clear_after(runtime: Runtime, days: int) -> None:
    """Let gifts clear after so many days from now on, which cannot be agreed on once anything was matched."""

    def use_case(tx: Transaction) -> None:
        row = agreement_by_ref(tx.session, "M")
        row.clear_days = days
        tx.session.add(row)

    runtime.transact(SYSTEM, use_case)


# --- One donor ----------------------------------------------------------------------------------------------------


def test_what_one_donor_brings_in_is_capped(runtime: Runtime) -> None:
    """Over all their gifts, however the name is written; another donor has a cap of their own."""
    load(runtime, {"per_donor_cap": "100.00"})
    first = give(runtime, new_gift("G-1", "60"), new_gift("G-2", "60", donor_name=" ann EXAMPLE "))
    assert [one.matched for one in first] == [(("M", 6_000),), (("M", 4_000),)]
    assert why(runtime, "G-2").reasons == [("M", Reason.DONOR_CAP)]
    assert "the most that one donor's can get" in explained(why(runtime, "G-2"))
    assert give(runtime, new_gift("G-3", "60"))[0].matched == ()
    assert give(runtime, new_gift("G-4", "60", donor_name="Bob"))[0].matched == (("M", 6_000),)
    assert_sound(runtime)


def test_an_anonymous_gift_is_a_donors_only_one(runtime: Runtime) -> None:
    """Nobody is known, so nothing is added up."""
    load(runtime, {"per_donor_cap": "100.00"})
    gifts = [new_gift(f"G-{n}", "90", donor_type=DonorType.ANONYMOUS) for n in (1, 2)]
    assert [one.matched for one in give(runtime, *gifts)] == [(("M", 9_000),), (("M", 9_000),)]
    assert give(runtime, new_gift("G-3", "190", donor_type=DonorType.ANONYMOUS))[0].matched == (
        ("M", 10_000),
    )
    assert why(runtime, "G-3").reasons == [("M", Reason.DONOR_CAP)]


def test_what_is_held_counts_towards_a_donors_cap(runtime: Runtime) -> None:
    """Two tabs promise no more than one; when one is closed, the rest is free for their next gift."""
    load(runtime, {"per_donor_cap": "100.00"})
    assert open_checkout(runtime, "C-1", "80", donor="Ann Example").shares == [("M", 8_000)]
    assert open_checkout(runtime, "C-2", "80", donor="Ann Example").shares == [("M", 2_000)]
    assert pay(runtime, "C-1", "80", donor="Ann Example").matched == (("M", 8_000),)
    assert pay(runtime, "C-2", "80", donor="Ann Example").matched == (("M", 2_000),)
    assert_sound(runtime)


def test_a_donors_cap_holds_when_freed_cap_is_redistributed(runtime: Runtime) -> None:
    """Their refund makes room under it, for them alone."""
    load(runtime, {"per_donor_cap": "100.00"})
    give(
        runtime,
        new_gift("G-1", "70"),
        new_gift("G-2", "70", at="2020-04-02T10:00:00Z"),
        new_gift("G-3", "120", at="2020-04-02T11:00:00Z", donor_name="Bob"),
    )
    give_back(runtime, "G-1", "50")
    assert redistributed(runtime) == [("G-2", "M", pounds("40"))]
    assert redistributed(runtime) == []
    assert_sound(runtime)


@pytest.mark.parametrize("cap", ["0.00", None])
def test_a_donors_cap_of_nothing_is_not_no_cap(runtime: Runtime, cap: str | None) -> None:
    """0 is a cap of nothing, left out is none."""
    load(runtime, {"per_donor_cap": cap})
    matched = give(runtime, new_gift("G-1", "60"))[0].matched
    assert matched == ((("M", 6_000),) if cap is None else ())
