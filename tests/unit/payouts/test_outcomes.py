"""What the rail says never leads where the table of states does not."""

from itertools import product

from hardship.payouts.outcomes import meaning
from hardship.payouts.rails.base import Status
from hardship.payouts.transitions import AT_THE_RAIL, MACHINE, PaymentState

S, A = PaymentState, Status


def after(state: PaymentState, status: Status) -> PaymentState:
    """The state after the rail said so."""
    for event in meaning(state, status):
        state = MACHINE.apply(state, event)
    return state


def test_every_answer_in_every_state_is_possible_and_saying_it_again_changes_nothing() -> None:
    for state, status in product(PaymentState, Status):
        then = after(state, status)
        assert after(then, status) is then


def test_only_what_is_at_the_rail_or_paid_is_moved_by_the_rail() -> None:
    for state, status in product(PaymentState, Status):
        if state not in {*AT_THE_RAIL, S.PAID, S.RECALL_PENDING}:
            assert meaning(state, status) == ()


def test_not_known_never_fails_a_payment() -> None:
    for state in PaymentState:
        assert meaning(state, A.NOT_KNOWN) == ()
    assert after(S.UNKNOWN, A.NO_ANSWER) is S.UNKNOWN


def test_late_news_comes_all_at_once() -> None:
    assert after(S.UNKNOWN, A.RETURNED) is S.RETURNED
    assert after(S.SUBMITTING, A.POSTED) is S.PAID
    assert after(S.SUBMITTED, A.RETURNED) is S.RETURNED
    assert after(S.PAID, A.POSTED) is S.PAID
    assert after(S.RETURNED, A.POSTED) is S.RETURNED
    assert after(S.PAID, A.FAILED) is S.PAID
