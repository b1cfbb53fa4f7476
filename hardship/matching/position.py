"""A sponsor's accounting position: what they owe, what is not earned yet, what is income. Values in, values out.

A pure function of four totals, so that no order of events (advance, gift, refund, repayment) can lead to
different books. The rule is `design.md`, "Money": match is income once earned; what a sponsor pays first
clears their receivable, and the rest is a liability (unearned match), unless the advance can't be reclaimed:
then it is income at once. All amounts are integer minor units (pence) of one currency.
"""

from enum import StrEnum
from typing import NamedTuple


class Paid(StrEnum):
    """When a sponsor pays: before the gifts they match, or for what was matched."""

    IN_ADVANCE = "in_advance"
    IN_ARREARS = "in_arrears"


class Unused(StrEnum):
    """What becomes of an advance that was not earned when the agreement closes."""

    RETURN = "return"
    ROLL = "roll"
    LAPSE = "lapse"


class Position(NamedTuple):
    """Balances as people read them, none negative but cash: cash + receivable = unearned + due + withheld + income,
    always.

    `cash_minor` is what the sponsor's payments, less repayments, have put in the bank; draws are not in it.
    `due_minor` is what was not earned when the agreement closed and goes back to the sponsor, `withheld_minor` what pays
    for match that is frozen by a dispute: it may not be spent, and is receivable again as long.
    """

    receivable_minor: int
    unearned_minor: int
    income_minor: int
    cash_minor: int
    due_minor: int = 0
    withheld_minor: int = 0


NOTHING = Position(0, 0, 0, 0)
"""The position before the first event."""


class Movement(NamedTuple):
    """The entries of one journal, by account; debits positive, credits negative; they sum to zero."""

    bank: int
    match_receivable: int
    unearned_match: int
    match_income: int
    sponsor_refunds_due: int = 0
    frozen_match: int = 0


def position(
    earned_minor: int,
    received_minor: int,
    repaid_minor: int,
    reclaimable: bool,
    is_due: bool = False,
    frozen_minor: int = 0,
) -> Position:
    """The position of a sponsor who earned (net of reversals), paid and was repaid these totals.

    `reclaimable` says whether the sponsor may have back what was not earned; `is_due`, once the agreement has
    closed, that it goes back to them now; `frozen_minor` is what is earned on gifts under dispute. Raises `ValueError`
    for a negative total, or if more was repaid than received.
    """
    if min(earned_minor, received_minor, repaid_minor, frozen_minor) < 0:
        raise ValueError("earned, received and repaid are totals; none can be negative")
    net = received_minor - repaid_minor
    if net < 0:
        raise ValueError(f"{repaid_minor} repaid is more than the {received_minor} received")
    ahead = max(0, net - earned_minor) if reclaimable else 0
    held_back = withheld(earned_minor, net, frozen_minor, reclaimable)
    return Position(
        receivable_minor=max(0, earned_minor - net) + held_back,
        unearned_minor=0 if is_due else ahead,
        income_minor=earned_minor if reclaimable else max(earned_minor, net),
        cash_minor=net,
        due_minor=ahead if is_due else 0,
        withheld_minor=held_back,
    )


def withheld(earned_minor: int, net_received_minor: int, frozen_minor: int, reclaimable: bool) -> int:
    """How many pence of a sponsor's money may not be spent because the match that they pay for is frozen.

    As much as would be unearned were the frozen match not earned. Nothing of what the sponsor has not paid yet, and
    nothing of an advance that can't be reclaimed: it is the fund's whatever becomes of the gift.
    """
    if not reclaimable or not frozen_minor:
        return 0
    ahead = max(0, net_received_minor - earned_minor)
    return max(0, net_received_minor - (earned_minor - frozen_minor)) - ahead


def movement(before: Position, after: Position) -> Movement:
    """The journal that takes the books from one position to the next; all zeros if there is nothing to post."""
    return Movement(
        bank=after.cash_minor - before.cash_minor,
        match_receivable=after.receivable_minor - before.receivable_minor,
        unearned_match=before.unearned_minor - after.unearned_minor,
        match_income=before.income_minor - after.income_minor,
        sponsor_refunds_due=before.due_minor - after.due_minor,
        frozen_match=before.withheld_minor - after.withheld_minor,
    )


def headroom(cap_minor: int | None, allocated_minor: int) -> int | None:
    """What the agreement has not allocated yet: cap − allocated; `None` without a cap."""
    return None if cap_minor is None else cap_minor - allocated_minor


def remaining(cap_minor: int | None, allocated_minor: int, held_minor: int) -> int | None:
    """What the agreement may still allocate: cap − allocated − held; `None` without a cap."""
    return None if cap_minor is None else cap_minor - allocated_minor - held_minor


def outstanding(paid: Paid, cap_minor: int | None, allocated_minor: int, received_minor: int) -> int:
    """What the sponsor has still to pay: allocated − received in arrears, cap − received in advance, never below 0.

    An advance without a cap has no sum agreed beforehand; what is due is then what is allocated, as in
    arrears.
    """
    due = cap_minor if paid is Paid.IN_ADVANCE and cap_minor is not None else allocated_minor
    return max(0, due - received_minor)


def sponsor_account(received_minor: int, earned_minor: int, repaid_minor: int) -> int:
    """received − earned − repaid, as on the statement. Negative: the sponsor owes; positive: unearned."""
    return received_minor - earned_minor - repaid_minor


def unspent_match(earned_minor: int, drawn_minor: int) -> int:
    """earned (net of reversals) − drawn by awards. Below zero after a refund of gifts whose match is spent."""
    return earned_minor - drawn_minor


def due_to_sponsor(at_close: Position, unused: Unused) -> int:
    """What goes back to the sponsor, or would if it closed now: the unearned advance, if the agreement says `return`."""
    return at_close.due_minor + at_close.unearned_minor if unused is Unused.RETURN else 0
