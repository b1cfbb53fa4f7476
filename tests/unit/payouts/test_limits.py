"""Limits: what one batch may hold, and one person approve in a day, refused tries counted."""

from hypothesis import given
from hypothesis import strategies as st

from hardship.payouts.limits import Limits, Tried, fitting, refusal, used
from hardship.payouts.shares import split

amounts = st.integers(1, 1_000_000)
tries = st.lists(st.builds(Tried, st.sampled_from(["batch:A", "batch:B", "award:C"]), amounts), max_size=8)


def test_without_limits_everything_may_be_approved() -> None:
    assert refusal(Limits(), [Tried("batch:A", 10**9)], Tried("batch:B", 10**9)) == ""


def test_a_batch_above_the_limit_is_refused_in_plain_words() -> None:
    said = refusal(Limits(batch_minor=500_000), [], Tried("batch:A", 500_001))
    assert said == "£5,000.01 is more than one batch may hold, which is £5,000.00"
    assert refusal(Limits(batch_minor=500_000), [], Tried("batch:A", 500_000)) == ""


def test_a_refused_try_uses_the_day_up_as_an_allowed_one_does() -> None:
    rules = Limits(daily_minor=1_000_000)
    refused = Tried("batch:A", 1_200_000)
    assert "in a day £10,000.00 is left" in refusal(rules, [], refused)
    assert "in a day £0.00 is left" in refusal(rules, [refused], Tried("batch:B", 1))


def test_the_same_batch_tried_again_counts_once_at_its_largest() -> None:
    rules = Limits(daily_minor=1_000_000)
    before = [Tried("batch:A", 900_000), Tried("batch:A", 600_000)]
    assert used(before) == 900_000
    assert refusal(rules, before, Tried("batch:A", 900_000)) == ""
    assert refusal(rules, before, Tried("batch:B", 100_001)) != ""
    assert refusal(rules, before, Tried("batch:B", 100_000)) == ""


@given(tries, st.integers(0, 3_000_000), st.builds(Tried, st.sampled_from(["batch:A", "batch:D"]), amounts))
def test_what_is_allowed_never_takes_a_day_beyond_its_limit(
    before: list[Tried], daily: int, now: Tried
) -> None:
    allowed = refusal(Limits(daily_minor=daily), before, now) == ""
    assert allowed == (used([*before, now]) <= daily)


@given(st.lists(amounts, max_size=30), st.integers(0, 5_000_000))
def test_as_many_as_fit_from_the_first_on_go_into_a_batch(minors: list[int], limit: int) -> None:
    count = fitting(minors, limit)
    assert sum(minors[:count]) <= limit
    assert count == len(minors) or sum(minors[: count + 1]) > limit
    assert fitting(minors, None) == len(minors)


@given(st.data(), st.dictionaries(st.integers(1, 9), st.integers(1, 30_000), min_size=1, max_size=5))
def test_each_pot_gets_back_no_more_than_it_paid_and_all_of_it_in_the_end(
    data: st.DataObject, paid: dict[int, int]
) -> None:
    left, receipts = sum(paid.values()), []
    while left:
        receipts.append(data.draw(st.integers(max(1, left // 3), left)))
        left -= receipts[-1]
    found = split(paid, receipts)
    assert [sum(one.values()) for one in found] == receipts
    assert all(minor >= 0 for one in found for minor in one.values())
    assert {pot: sum(one.get(pot, 0) for one in found) for pot in paid} == paid


def test_who_tried_more_for_the_same_batch_reads_that_it_counts() -> None:
    rules = Limits(None, 30_000)
    said = refusal(rules, [Tried("batch:A", 40_000)], Tried("batch:A", 20_000))
    assert said.startswith("this is £200.00, £400.00 of it was tried today, which counts, and of the £300.00")
    assert "tried" not in refusal(rules, [Tried("batch:B", 20_000)], Tried("batch:A", 20_000))
