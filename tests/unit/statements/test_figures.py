"""A statement's figures: opening + movements = closing, and small counts are not shown."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from hardship.matching.position import position
from hardship.statements.figures import (
    FEW,
    Books,
    Line,
    Movements,
    balances,
    by_day,
    by_month,
    figures,
    untied,
)

DAY = dt.date(2020, 4, 1)
pence = st.integers(0, 10_000_000)
moved = st.builds(Movements, pence, pence, pence, pence, st.integers(-10_000_000, 10_000_000))
dated = st.lists(st.tuples(st.integers(0, 60).map(lambda n: DAY + dt.timedelta(n)), moved), max_size=12)


@given(dated, st.integers(0, 60), st.integers(0, 60))
def test_closing_is_opening_and_what_moved(
    days: list[tuple[dt.date, Movements]], start: int, length: int
) -> None:
    """For every history and period; what comes later is on neither side."""
    first = DAY + dt.timedelta(start)
    last = first + dt.timedelta(length)
    found = figures(days, first, last, 5_000)
    m = found.movements
    assert (
        found.closing.sponsor_account == found.opening.sponsor_account + m.received - m.net_earned - m.repaid
    )
    assert found.closing.unspent_match == found.opening.unspent_match + m.net_earned - m.drawn
    assert found.headroom == 5_000 - found.allocated


@given(dated, st.integers(1, 60))
def test_one_period_opens_where_the_one_before_closed(
    days: list[tuple[dt.date, Movements]], cut: int
) -> None:
    """Cut a span in two: nothing is lost between them, and together they are the whole."""
    middle = DAY + dt.timedelta(cut)
    end = DAY + dt.timedelta(60)
    first = figures(days, DAY, middle - dt.timedelta(1), None)
    second = figures(days, middle, end, None)
    whole = figures(days, DAY, end, None)
    assert second.opening == first.closing
    assert second.closing == whole.closing
    assert first.movements + second.movements == whole.movements
    assert whole.headroom is None


@given(pence, pence, pence, pence, st.booleans())
def test_what_the_ledger_should_say_ties(
    earned: int, received: int, repaid: int, drawn: int, reclaimable: bool
) -> None:
    """Books in the sponsor's position tie; a penny more anywhere does not."""
    repaid = min(repaid, received)
    stands = position(earned, received, repaid, reclaimable)
    right = (stands.cash_minor, stands.receivable_minor, stands.unearned_minor, stands.income_minor, drawn)
    total = Movements(received, earned + 7, 7, repaid, drawn)
    assert untied(total, Books(*right), reclaimable=reclaimable) == []
    for at in range(len(right)):
        wrong = [value + (place == at) for place, value in enumerate(right)]
        assert len(untied(total, Books(*wrong), reclaimable=reclaimable)) == 1


def test_totals_that_cannot_be_do_not_tie() -> None:
    """More repaid than received, more reversed than earned."""
    nothing = Books(0, 0, 0, 0, 0)
    assert untied(Movements(repaid=1), nothing, reclaimable=True)
    assert untied(Movements(reversed=1), nothing, reclaimable=True)


counts = st.dictionaries(
    st.integers(1, 12).map(lambda month: f"2020-{month:02}"),
    st.integers(1, 40).map(lambda count: (count, count * 20_000)),
)


@given(counts)
def test_a_small_count_cannot_be_worked_out(draws: dict[str, tuple[int, int]]) -> None:
    """No small count is shown, nor is a single one left that the total would give away."""
    shown = by_month(draws)
    hidden = [one for one in shown if one.grants is None]
    assert [one.month for one in shown] == sorted(draws)
    assert all(draws[one.month][0] >= FEW for one in shown if one.grants is not None)
    assert all(one.amount is None for one in hidden)
    if any(count < FEW for count, _ in draws.values()) and len(draws) > 1:
        assert len(hidden) >= 2


def test_lines_are_grouped_by_their_day() -> None:
    """Sums of gifts and match, and where the running total stood at the day's end."""
    lines = [Line("a", DAY, DAY, 100, 50, 50), Line("b", DAY, DAY, 300, 150, 200)]
    lines.append(Line("c", DAY + dt.timedelta(1), DAY, 100, -50, 150))
    days = by_day(lines)
    assert [(one.lines, one.gift, one.match, one.running) for one in days] == [
        (2, 400, 200, 200),
        (1, 100, -50, 150),
    ]


def test_the_balances_have_the_sponsor_s_sign() -> None:
    """Below nil the sponsor owes, above nil it is not earned yet."""
    assert balances(Movements(received=0, earned=100)).sponsor_account == -100
    assert balances(Movements(received=100)).sponsor_account == 100
