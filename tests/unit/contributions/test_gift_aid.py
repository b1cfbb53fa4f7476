"""How much tax a gift brings, what the books say of it, and HMRC's schedule."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from hardship.contributions.giftaid.aid import Tax, change, receipt, tax_on
from hardship.contributions.giftaid.schedule import COLUMNS, LINE_MINOR, ROWS, Given, Who, schedule, sheets
from hardship.ledger.models import AccountKind

K = AccountKind
ANN = Who("Ms", "Ann", "Example-Other", "1 Lane", "S1 9BD")
DAY = dt.date(2020, 4, 1)

pence = st.integers(0, 10_000_000)


def test_tax_is_a_quarter_rounded_down() -> None:
    """£100.00 brings £25.00; three pence bring nothing, four bring one."""
    assert [tax_on(minor) for minor in (10_000, 3, 4, 9_999)] == [2_500, 0, 1, 2_499]


@given(pence, pence, pence)
def test_the_books_follow_the_entitlement_whatever_was_claimed(before: int, after: int, claimed: int) -> None:
    """Receivable less due moves by as much as the income; every journal sums to nothing."""
    was = Tax(before, min(claimed, before))
    lines = {line.account: line.minor for line in change(1, was, after)}
    assert sum(lines.values()) == 0
    assert lines[K.GIFT_AID] == before - after
    now = Tax(after, was.claimed_minor)
    assert lines[K.GIFT_AID_RECEIVABLE] == now.receivable_minor - was.receivable_minor
    assert -lines[K.GIFT_AID_DUE] == now.owed_minor - was.owed_minor


@given(st.integers(1, 10_000), st.integers(1, 10_000), st.booleans())
def test_a_receipt_clears_what_it_can(amount: int, outstanding: int, final: bool) -> None:
    """What comes above is income; what is missing stays, or is taken back when nothing more is to come."""
    lines = {line.account: line.minor for line in receipt(1, amount, outstanding, final=final)}
    assert sum(lines.values()) == 0
    assert lines[K.BANK] == amount
    assert -lines[K.GIFT_AID_RECEIVABLE] == (outstanding if final else min(amount, outstanding))


def test_a_larger_gift_has_a_line_of_its_own() -> None:
    """In HMRC's columns: a blank for a hyphen in the last name, DD/MM/YY, plain pounds."""
    (line,) = schedule([Given(DAY, 3_001, "G-1", ANN)])
    assert dict(zip(COLUMNS, line.cells, strict=True)) == {
        "Title": "Ms",
        "First name": "Ann",
        "Last name": "Example Other",
        "House name or number": "1 Lane",
        "Postcode": "S1 9BD",
        "Aggregated donations": "",
        "Sponsored event": "",
        "Donation date": "01/04/20",
        "Amount": "30.01",
    }


def test_a_home_abroad_has_an_x_and_a_long_title_is_left_out() -> None:
    """As HMRC asks."""
    (line,) = schedule([Given(DAY, 5_000, "G-1", Who("Professor", "Zoë", "Müller", "2", ""))])
    assert line.cells[:5] == ("", "Zoë", "Müller", "2", "X")


def test_small_gifts_are_added_together_without_names() -> None:
    """Up to £30.00 each; the last day; and the month is not crossed."""
    gifts = [Given(DAY + dt.timedelta(days=day), 3_000, f"G-{day}", ANN) for day in (0, 4, 40)]
    together, alone = schedule(gifts)
    assert together.cells == ("", "", "", "", "", "2 small gifts", "", "05/04/20", "60.00")
    assert together.gifts == 2
    assert alone.cells[1] == "Ann"


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(1, 200_000)), max_size=80))
def test_the_schedule_adds_up_and_keeps_to_its_bounds(gifts: list[tuple[int, int]]) -> None:
    """Nothing is lost; no line of small gifts is above £1,000.00 or names anybody."""
    given_ = [
        Given(DAY + dt.timedelta(days=day), minor, f"G-{at}", ANN) for at, (day, minor) in enumerate(gifts)
    ]
    lines = schedule(given_)
    assert sum(line.minor for line in lines) == sum(minor for _, minor in gifts)
    assert sum(line.gifts for line in lines) == len(gifts)
    for line in lines:
        assert len(line.cells) == len(COLUMNS)
        if line.gifts > 1:
            assert line.minor <= LINE_MINOR
            assert not any(line.cells[:5])


def test_more_than_a_thousand_lines_are_several_files() -> None:
    """HMRC takes a thousand rows at once."""
    parts = sheets(schedule([Given(DAY, 5_000, f"G-{at:05d}", ANN) for at in range(ROWS + 1)]))
    assert [len(part.rows) for part in parts] == [ROWS, 1]
