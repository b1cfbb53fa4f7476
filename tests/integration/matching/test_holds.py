"""Held match: held while somebody pays, given when they have, free again when they do not; once, in any order."""

import datetime as dt

import pytest

from hardship.contributions.events import HoldAnswer
from hardship.core.errors import BadInput
from hardship.core.runtime import Runtime
from tests.integration.matching.checkouts import MINUTES, close_checkout, open_checkout, pay, wait
from tests.integration.matching.helpers import (
    assert_sound,
    books,
    events,
    everything_in,
    give,
    load,
    new_gift,
    pounds,
    status_of,
    why,
)


def hold_states(runtime: Runtime, ref: str) -> list[str]:
    """The states that a checkout's hold on the agreement "M" has been in, by the event log."""
    return [event["facts"]["state"] for event in events(runtime, f"hold:{ref}/M")]


def assert_no_change(runtime: Runtime, act: object) -> None:
    """Nothing in the database changes."""
    before = everything_in(runtime)
    act()  # type: ignore[operator]
    assert everything_in(runtime) == before


def test_what_a_donor_is_promised_is_held_and_given(runtime: Runtime) -> None:
    """Held by the match rule until it expires; nobody else gets it; the gift gets just that, and no journal before."""
    load(runtime, {"cap": "100.00"})
    answer = open_checkout(runtime, "C-1", "80")
    assert answer.shares == [("M", pounds("80"))]
    assert answer.expires_at == runtime.clock.now() + dt.timedelta(minutes=MINUTES)
    found = status_of(runtime)
    assert (found.agreement.held_minor, found.remaining_minor) == (pounds("80"), pounds("20"))
    with runtime.read() as session:
        from hardship.ledger.queries import check

        assert check(session).journals == 0
    give(runtime, new_gift("G-1", "50"))
    assert status_of(runtime).remaining_minor == 0
    assert pay(runtime, "C-1", "80").matched == (("M", pounds("80")),)
    found = status_of(runtime)
    assert (found.agreement.held_minor, found.agreement.allocated_minor) == (0, pounds("100"))
    assert hold_states(runtime, "C-1") == ["held", "committed"]
    assert_sound(runtime)


def test_the_same_checkout_again_is_answered_the_same(runtime: Runtime) -> None:
    """A double click holds nothing more."""
    load(runtime, {"cap": "100.00"})
    first = open_checkout(runtime, "C-1", "80")
    wait(runtime, 5)
    assert open_checkout(runtime, "C-1", "80") == first
    assert status_of(runtime).agreement.held_minor == pounds("80")


def test_a_held_cap_is_not_promised_twice(runtime: Runtime) -> None:
    """The second donor is told what is left, the third that nothing is."""
    load(runtime, {"cap": "100.00"})
    promised = [open_checkout(runtime, f"C-{number}", "60").shares for number in (1, 2, 3)]
    assert promised == [[("M", pounds("60"))], [("M", pounds("40"))], []]
    assert pay(runtime, "C-3", "60").matched == ()
    assert_sound(runtime)


@pytest.mark.parametrize("outcome", ["cancelled", "failed", "expired"])
def test_a_checkout_that_ends_without_a_gift_frees_what_it_held(runtime: Runtime, outcome: str) -> None:
    """Once: said again it changes nothing, and a gift that comes all the same gets what is left."""
    load(runtime, {"cap": "100.00"})
    open_checkout(runtime, "C-1", "80")
    close_checkout(runtime, "C-1", outcome)
    assert status_of(runtime).agreement.held_minor == 0
    assert hold_states(runtime, "C-1") == ["held", "void"]
    assert_no_change(runtime, lambda: close_checkout(runtime, "C-1", outcome))
    give(runtime, new_gift("G-1", "50"))
    late = pay(runtime, "C-1", "80")
    assert (late.matched, late.lapsed_minor) == ((("M", pounds("50")),), pounds("30"))
    assert hold_states(runtime, "C-1") == ["held", "void"]
    assert_sound(runtime)


def test_a_checkout_that_is_closed_after_its_gift_changes_nothing(runtime: Runtime) -> None:
    """The news of an expiry may be late."""
    load(runtime)
    open_checkout(runtime, "C-1", "80")
    pay(runtime, "C-1", "80")
    assert_no_change(runtime, lambda: close_checkout(runtime, "C-1", "expired"))
    assert_no_change(runtime, lambda: pay(runtime, "C-1", "80", at=dt.datetime(2020, 4, 1, 9, tzinfo=dt.UTC)))


def test_the_worker_frees_what_has_lapsed_and_only_that(runtime: Runtime) -> None:
    """When its time has come, not before; the second run finds nothing."""
    load(runtime)
    open_checkout(runtime, "C-1", "80")
    wait(runtime, 10)
    open_checkout(runtime, "C-2", "30")
    assert runtime.run_due("match holds") == 0
    wait(runtime, MINUTES - 10)
    assert runtime.run_due("match holds") == 1
    assert status_of(runtime).agreement.held_minor == pounds("30")
    assert hold_states(runtime, "C-1") == ["held", "void"]
    assert runtime.run_due("match holds") == 0


def test_what_has_lapsed_does_not_wait_for_the_worker(runtime: Runtime) -> None:
    """The next gift, and the next checkout, find it free."""
    load(runtime, {"cap": "100.00"})
    open_checkout(runtime, "C-1", "80")
    wait(runtime, MINUTES)
    assert give(runtime, new_gift("G-1", "50"))[0].matched == (("M", pounds("50")),)
    assert status_of(runtime).agreement.held_minor == 0
    open_checkout(runtime, "C-2", "50")
    wait(runtime, MINUTES)
    assert open_checkout(runtime, "C-3", "50").shares == [("M", pounds("50"))]
    assert_sound(runtime)


def test_a_late_gift_gets_what_is_left_and_says_so(runtime: Runtime) -> None:
    """Paid after the expiry: matched with what there is; the shortfall against the promise is told."""
    load(runtime, {"cap": "100.00"})
    open_checkout(runtime, "C-1", "80")
    wait(runtime, MINUTES + 1)
    give(runtime, new_gift("G-1", "70"))
    late = pay(runtime, "C-1", "80")
    assert late.matched == (("M", pounds("30")),)
    assert late.lapsed_minor == pounds("50")
    assert why(runtime, "C-1").unmatched_minor == pounds("50")
    assert_sound(runtime)


def test_a_late_gift_for_which_there_is_enough_lost_nothing(runtime: Runtime) -> None:
    """Nothing to say then."""
    load(runtime)
    open_checkout(runtime, "C-1", "80")
    wait(runtime, MINUTES + 1)
    late = pay(runtime, "C-1", "80")
    assert (late.matched, late.lapsed_minor) == ((("M", pounds("80")),), 0)


def test_who_paid_in_time_gets_it_however_late_the_news_is(runtime: Runtime) -> None:
    """The webhook may come after the expiry; as long as nobody has found it lapsed, the promise is kept."""
    load(runtime, {"cap": "100.00"})
    open_checkout(runtime, "C-1", "80")
    paid_at = runtime.clock.now() + dt.timedelta(minutes=MINUTES - 1)
    wait(runtime, MINUTES + 60)
    received = pay(runtime, "C-1", "80", at=paid_at)
    assert (received.matched, received.lapsed_minor) == ((("M", pounds("80")),), 0)
    assert hold_states(runtime, "C-1") == ["held", "committed"]


def test_a_promise_outlives_the_window_and_a_change_of_terms(runtime: Runtime) -> None:
    """What was held is given at the ratio at which it was held, though the agreement is over or another by then."""
    load(runtime, {"ratio": "1:2", "closes": dt.datetime(2020, 4, 1, 9, 10, tzinfo=dt.UTC)})
    open_checkout(runtime, "C-1", "80")
    load(runtime, {"ratio": "1:4", "closes": dt.datetime(2020, 4, 1, 9, 10, tzinfo=dt.UTC)})
    wait(runtime, 20)
    assert pay(runtime, "C-1", "80").matched == (("M", pounds("40")),)
    assert_sound(runtime)


def test_freed_cap_tops_up_a_gift_beyond_what_was_held(runtime: Runtime) -> None:
    """When somebody else gave up meanwhile, the rule gives the rest."""
    load(runtime, {"cap": "100.00"})
    open_checkout(runtime, "C-1", "60")
    open_checkout(runtime, "C-2", "60")
    close_checkout(runtime, "C-1")
    assert pay(runtime, "C-2", "60").matched == (("M", pounds("60")),)
    assert status_of(runtime).agreement.allocated_minor == pounds("60")
    assert events(runtime, "contribution:C-2")[0]["facts"]["matched"] == {"M": pounds("60")}
    assert_sound(runtime)


def test_a_gift_of_less_than_its_checkout_takes_less(runtime: Runtime) -> None:
    """By the refund rule; the rest is free at once."""
    load(runtime, {"cap": "100.00"})
    open_checkout(runtime, "C-1", "80")
    received = pay(runtime, "C-1", "50")
    assert (received.matched, received.lapsed_minor) == ((("M", pounds("50")),), pounds("30"))
    assert status_of(runtime).remaining_minor == pounds("50")
    assert_sound(runtime)


def test_several_sponsors_hold_in_their_order(runtime: Runtime) -> None:
    """Each its part, given or void together."""
    load(runtime, {"ref": "A", "cap": "30.00", "priority": 1}, {"ref": "B", "cap": "40.00", "priority": 2})
    shares = [("A", pounds("30")), ("B", pounds("40"))]
    assert open_checkout(runtime, "C-1", "80").shares == shares
    assert pay(runtime, "C-1", "80").matched == tuple(shares)
    open_checkout(runtime, "C-2", "80")
    assert books(runtime).matched == pounds("70")
    assert_sound(runtime)


def test_an_amount_of_nothing_is_refused(runtime: Runtime) -> None:
    """And nothing is stored."""
    load(runtime)
    before = everything_in(runtime)
    with pytest.raises(Exception, match="above|amount_positive|CHECK") as refused:
        open_checkout(runtime, "C-1", 0)
    assert refused.type is not AssertionError
    assert everything_in(runtime) == before


def test_a_checkout_that_is_over_before_it_began_holds_nothing(runtime: Runtime) -> None:
    """Nobody is promised what has lapsed already."""
    load(runtime)
    answer = open_checkout(runtime, "C-1", "80", minutes=0)
    assert isinstance(answer, HoldAnswer)
    assert status_of(runtime).agreement.held_minor == 0


__all__ = ["BadInput"]
