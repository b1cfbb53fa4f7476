"""What the applicant's page says in each state of a payment: plain words, and nothing about a bank's or rail's affairs."""

import datetime as dt

import pytest

from hardship.applications.tracker import Step
from hardship.awards.models import Award
from hardship.awards.transitions import AwardState
from hardship.payouts.models import Payment
from hardship.payouts.rails.base import NAME_DIFFERS
from hardship.payouts.steps import steps_of
from hardship.payouts.transitions import PaymentState

S, A = PaymentState, AwardState
AT = dt.datetime(2020, 4, 14, 9, 0, tzinfo=dt.UTC)
ON_ITS_WAY = "On its way"
SENT = "Sent on 14 April"
TO_COME = "We send the money"


def said(state: PaymentState, award: AwardState, problem: str = "") -> Step:
    """The step of a payment in `state` whose award is in `award`."""
    payment = Payment(
        reference="7K3M9Q2X1A",
        award_id=1,
        amount_minor=20_000,
        state=state,
        state_since=AT,
        submitted_at=AT,
        paid_on=AT.date(),
    )
    (step,) = steps_of(Award(state=award), payment, problem)
    return step


@pytest.mark.parametrize(
    ("state", "award", "name", "asks"),
    [
        (S.DRAFT, A.IN_PAYMENT, TO_COME, False),
        (S.APPROVED, A.IN_PAYMENT, TO_COME, False),
        (S.SUBMITTING, A.IN_PAYMENT, ON_ITS_WAY, False),
        (S.UNKNOWN, A.IN_PAYMENT, ON_ITS_WAY, False),
        (S.SUBMITTED, A.IN_PAYMENT, ON_ITS_WAY, False),
        (S.PAID, A.PAID, SENT, False),
        (S.RECALL_PENDING, A.PAID, SENT, False),
        (S.RETURNED, A.ACCEPTED, "The bank sent it back", True),
        (S.RETURNED, A.IN_PAYMENT, TO_COME, False),
        (S.FAILED, A.ACCEPTED, "The bank could not take it", True),
        (S.FAILED, A.IN_PAYMENT, TO_COME, False),
        (S.PAID_EXTERNALLY, A.PAID, "Sent another way", False),
    ],
)
def test_each_state_in_plain_words(state: PaymentState, award: AwardState, name: str, asks: bool) -> None:
    step = said(state, award)
    assert (step.name, step.asks_for_bank) == (name, asks)


def test_no_state_is_left_out() -> None:
    """A cancelled payment is none: its award is ready for another, and says so itself."""
    told = [
        said(state, award).name for state in S for award in (A.IN_PAYMENT, A.ACCEPTED, A.PAID, A.RECOVERED)
    ]
    assert all(told)


def test_another_name_at_the_bank_is_said_so_that_it_can_be_put_right() -> None:
    assert "another name" in said(S.FAILED, A.ACCEPTED, NAME_DIFFERS).note
    assert "another name" not in said(S.FAILED, A.ACCEPTED, "account_closed").note
