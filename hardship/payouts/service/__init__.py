"""Use cases of payouts: batches, handing over, finding out, and the bank's own word."""

from hardship.applications import tracker
from hardship.applications.events import BankDetailsGiven
from hardship.awards.events import AwardStopped
from hardship.contributions.events import RefundsAboutToLeave
from hardship.contributions.webhooks import on
from hardship.core.runtime import Due, Runtime
from hardship.payouts import files
from hardship.payouts.events import PaymentReturned
from hardship.payouts.service.alarm import tell
from hardship.payouts.service.batches import (
    approve_batch,
    cancel_batch,
    make_batch,
    on_award_stopped,
    on_bank_details,
)
from hardship.payouts.service.deciding import Finding, finding_kind, propose_finding
from hardship.payouts.service.external import external_kind
from hardship.payouts.service.hearing import on_outbound_payment
from hardship.payouts.service.holding import lift_kind, on_refunds
from hardship.payouts.service.lost import lost_kind
from hardship.payouts.service.namechecks import name_steps
from hardship.payouts.service.recalls import on_returned
from hardship.payouts.service.reconciling import (
    Reconciled,
    book_charge,
    book_receipt,
    match_to_file,
    match_to_payment,
    read_words,
    reconcile,
    set_aside,
)
from hardship.payouts.service.recoveries import write_off_kind
from hardship.payouts.service.screening import approve, load, make
from hardship.payouts.service.signoff import sign_off_kind
from hardship.payouts.service.trials import confirm_trial, hand_out_trial, make_trial
from hardship.payouts.service.trials import preview as trial_preview
from hardship.payouts.service.voiding import KIND, propose_void, void_kind
from hardship.payouts.service.watching import (
    poll,
    resolve_unknown,
    start_submitting,
    stop_payment,
    submit_batch,
    work,
)
from hardship.payouts.steps import payout_steps
from hardship.staff.proposals import kinds

__all__ = [
    "Finding",
    "Reconciled",
    "approve",
    "approve_batch",
    "book_charge",
    "book_receipt",
    "cancel_batch",
    "confirm_trial",
    "hand_out_trial",
    "load",
    "make",
    "make_batch",
    "make_trial",
    "match_to_file",
    "match_to_payment",
    "on_outbound_payment",
    "poll",
    "propose_finding",
    "propose_void",
    "read_words",
    "reconcile",
    "resolve_unknown",
    "set_aside",
    "start_submitting",
    "stop_payment",
    "submit_batch",
    "trial_preview",
    "wire",
    "work",
]


def wire(runtime: Runtime) -> None:
    """Listen to what stops or changes an award, let the worker go on with what is under way, and tell the applicant."""
    runtime.listen(AwardStopped, on_award_stopped)
    runtime.listen(BankDetailsGiven, on_bank_details)
    runtime.listen(PaymentReturned, on_returned)
    runtime.listen(RefundsAboutToLeave, on_refunds)
    for kind in (external_kind(), write_off_kind(), sign_off_kind(), lift_kind(), lost_kind()):
        kinds(runtime)[kind.name] = kind
    runtime.due.append(Due("payouts", work))
    runtime.due.append(Due("bank files", files.work))
    runtime.due.append(Due("payouts-alarm", tell))
    kinds(runtime)[KIND] = void_kind()
    finding = finding_kind()
    kinds(runtime)[finding.name] = finding
    on(runtime, "v2.money_management.outbound_payment", on_outbound_payment)
    tracker.add(payout_steps)
    tracker.add(name_steps)
