"""Use cases of payouts: batches, handing over, finding out, and the bank's own word."""

from hardship.applications import tracker
from hardship.applications.events import BankDetailsGiven
from hardship.awards.events import AwardStopped
from hardship.core.runtime import Due, Runtime
from hardship.payouts.service.batches import (
    approve_batch,
    cancel_batch,
    make_batch,
    on_award_stopped,
    on_bank_details,
)
from hardship.payouts.service.reconciling import Reconciled, read_words, reconcile, set_aside
from hardship.payouts.service.watching import poll, resolve_unknown, start_submitting, submit_batch, work
from hardship.payouts.steps import payout_steps

__all__ = [
    "Reconciled",
    "approve_batch",
    "cancel_batch",
    "make_batch",
    "poll",
    "read_words",
    "reconcile",
    "resolve_unknown",
    "set_aside",
    "start_submitting",
    "submit_batch",
    "wire",
    "work",
]


def wire(runtime: Runtime) -> None:
    """Listen to what stops or changes an award, let the worker go on with what is under way, and tell the applicant."""
    runtime.listen(AwardStopped, on_award_stopped)
    runtime.listen(BankDetailsGiven, on_bank_details)
    runtime.due.append(Due("payouts", work))
    tracker.add(payout_steps)
