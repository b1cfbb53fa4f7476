"""The states of a payment and of a batch, each as one table (facts/money.md, §2, "Payout states").

*Unknown* is a state: the rail may or may not have taken the payment, and until that is found out nothing but
a look-up, or the same key with the same payload, may touch the network again. *Paid* is not the end: money
comes back.
"""

from collections.abc import Mapping
from enum import StrEnum

from hardship.core.states import Machine


class PaymentState(StrEnum):
    """Where a payment stands."""

    DRAFT = "draft"
    APPROVED = "approved"
    SUBMITTING = "submitting"
    UNKNOWN = "unknown"
    SUBMITTED = "submitted"
    PAID = "paid"
    RECALL_PENDING = "recall_pending"
    FAILED = "failed"
    RETURNED = "returned"
    CANCELLED = "cancelled"
    PAID_EXTERNALLY = "paid_externally"


class PaymentEvent(StrEnum):
    """What can happen to a payment."""

    APPROVE = "approve"  # by a second person
    VOID_APPROVAL = "void_approval"  # the batch changed under its approval
    CHANGE_DETAILS = "change_details"  # the bank details changed after approval
    CANCEL = "cancel"  # by us, with nothing at the rail
    SUBMIT = "submit"  # intent, key and journal are committed before the network is touched
    ACCEPT = "accept"  # the rail took it, now or as a look-up tells
    REJECT = "reject"  # the rail definitely did not, now or as a look-up tells
    LOSE_TRACK = "lose_track"  # timeout, 5xx, crash: nobody can tell
    SETTLE = "settle"  # the debit was seen
    FAIL = "fail"  # the rail failed it before the debit
    CONFIRM_CANCEL = (
        "confirm_cancel"  # the rail, or the bank's word attested by a second person, confirms it was stopped
    )
    RETURN = "return"  # the money came back
    RECALL = "recall"
    REFUSE_RECALL = "refuse_recall"
    REAPPROVE = "reapprove"  # a second person approves a new attempt, with a new key
    PAY_EXTERNALLY = "pay_externally"  # paid by another way; polling stops


_S, _E = PaymentState, PaymentEvent

TABLE: Mapping[tuple[PaymentState, PaymentEvent], PaymentState] = {
    (_S.DRAFT, _E.APPROVE): _S.APPROVED,
    (_S.DRAFT, _E.CANCEL): _S.CANCELLED,
    (_S.APPROVED, _E.VOID_APPROVAL): _S.DRAFT,
    (_S.APPROVED, _E.CHANGE_DETAILS): _S.DRAFT,
    (_S.APPROVED, _E.CANCEL): _S.CANCELLED,
    (_S.APPROVED, _E.SUBMIT): _S.SUBMITTING,
    (_S.SUBMITTING, _E.ACCEPT): _S.SUBMITTED,
    (_S.SUBMITTING, _E.REJECT): _S.FAILED,
    (_S.SUBMITTING, _E.LOSE_TRACK): _S.UNKNOWN,
    (_S.UNKNOWN, _E.ACCEPT): _S.SUBMITTED,
    (_S.UNKNOWN, _E.REJECT): _S.FAILED,
    (_S.SUBMITTED, _E.SETTLE): _S.PAID,
    (_S.SUBMITTED, _E.FAIL): _S.FAILED,
    (_S.SUBMITTED, _E.CONFIRM_CANCEL): _S.CANCELLED,
    (_S.PAID, _E.RETURN): _S.RETURNED,
    (_S.PAID, _E.RECALL): _S.RECALL_PENDING,
    (_S.RECALL_PENDING, _E.RETURN): _S.RETURNED,
    (_S.RECALL_PENDING, _E.REFUSE_RECALL): _S.PAID,
    (_S.FAILED, _E.REAPPROVE): _S.APPROVED,
    (_S.RETURNED, _E.REAPPROVE): _S.APPROVED,
    (_S.FAILED, _E.CANCEL): _S.CANCELLED,
    (_S.RETURNED, _E.CANCEL): _S.CANCELLED,
    (_S.DRAFT, _E.PAY_EXTERNALLY): _S.PAID_EXTERNALLY,
    (_S.APPROVED, _E.PAY_EXTERNALLY): _S.PAID_EXTERNALLY,
    (_S.SUBMITTING, _E.PAY_EXTERNALLY): _S.PAID_EXTERNALLY,
    (_S.UNKNOWN, _E.PAY_EXTERNALLY): _S.PAID_EXTERNALLY,
    (_S.SUBMITTED, _E.PAY_EXTERNALLY): _S.PAID_EXTERNALLY,
    (_S.FAILED, _E.PAY_EXTERNALLY): _S.PAID_EXTERNALLY,
    (_S.RETURNED, _E.PAY_EXTERNALLY): _S.PAID_EXTERNALLY,
}
"""What each event does to a payment in each state; whatever is absent is refused."""

MACHINE = Machine(
    name="payment",
    initial=PaymentState.DRAFT,
    table=TABLE,
    final=frozenset({_S.PAID, _S.CANCELLED, _S.PAID_EXTERNALLY}),
)

AT_THE_RAIL = frozenset({_S.SUBMITTING, _S.UNKNOWN, _S.SUBMITTED})
"""States in which the money may be on its way: in flight in the books, and to be polled."""


def said(state: StrEnum) -> str:
    """A state in the words of a sentence."""
    return state.value.replace("_", " ")


class BatchState(StrEnum):
    """Where a batch of payments stands."""

    DRAFT = "draft"
    APPROVED = "approved"
    SUBMITTING = "submitting"
    SUBMITTED = "submitted"
    SETTLED = "settled"
    CANCELLED = "cancelled"


class BatchEvent(StrEnum):
    """What can happen to a batch."""

    APPROVE = "approve"  # by someone other than its maker
    VOID_APPROVAL = "void_approval"  # what was approved changed
    CANCEL = "cancel"
    SUBMIT = "submit"
    FINISH_SUBMITTING = "finish_submitting"  # every payment was handed over, refused, or is unknown
    CONFIRM_NOT_TAKEN = (
        "confirm_not_taken"  # a second person attests that the bank has not taken the exported file
    )
    SETTLE = "settle"  # no payment is at the rail any more


_BS, _BE = BatchState, BatchEvent

BATCH_TABLE: Mapping[tuple[BatchState, BatchEvent], BatchState] = {
    (_BS.DRAFT, _BE.APPROVE): _BS.APPROVED,
    (_BS.DRAFT, _BE.CANCEL): _BS.CANCELLED,
    (_BS.APPROVED, _BE.VOID_APPROVAL): _BS.DRAFT,
    (_BS.APPROVED, _BE.CANCEL): _BS.CANCELLED,
    (_BS.APPROVED, _BE.SUBMIT): _BS.SUBMITTING,
    (_BS.SUBMITTING, _BE.FINISH_SUBMITTING): _BS.SUBMITTED,
    (_BS.SUBMITTED, _BE.SETTLE): _BS.SETTLED,
    (_BS.SUBMITTED, _BE.CONFIRM_NOT_TAKEN): _BS.CANCELLED,
}
"""What each event does to a batch in each state; whatever is absent is refused."""

BATCH_MACHINE = Machine(
    name="batch",
    initial=BatchState.DRAFT,
    table=BATCH_TABLE,
    final=frozenset({_BS.SETTLED, _BS.CANCELLED}),
)


class HitState(StrEnum):
    """Where a possible match with the sanctions list stands. All but *cleared* stop the payment."""

    OPEN = "open"
    CLEARED = "cleared"
    CONFIRMED = "confirmed"


class HitEvent(StrEnum):
    """What the officer can do with it."""

    CLEAR = "clear"  # it is somebody else, or a licence allows it; with a reason
    CONFIRM = "confirm"  # it is the person: the award is frozen


HIT_MACHINE = Machine(
    name="sanctions hit",
    initial=HitState.OPEN,
    table={
        (HitState.OPEN, HitEvent.CLEAR): HitState.CLEARED,
        (HitState.OPEN, HitEvent.CONFIRM): HitState.CONFIRMED,
        (HitState.CONFIRMED, HitEvent.CLEAR): HitState.CLEARED,
    },
    final=frozenset({HitState.CLEARED, HitState.CONFIRMED}),
)


class RecallState(StrEnum):
    """Where a recall stands."""

    REQUESTED = "requested"
    RETURNED = "returned"
    REFUSED = "refused"


class RecallEvent(StrEnum):
    """How a recall ends."""

    RETURN = "return"  # the money came back
    REFUSE = "refuse"  # the recipient's bank, or the recipient, said no


RECALL_MACHINE = Machine(
    name="recall",
    initial=RecallState.REQUESTED,
    table={
        (RecallState.REQUESTED, RecallEvent.RETURN): RecallState.RETURNED,
        (RecallState.REQUESTED, RecallEvent.REFUSE): RecallState.REFUSED,
    },
    final=frozenset({RecallState.RETURNED, RecallState.REFUSED}),
)


class RecoveryState(StrEnum):
    """Where the recovery of a wrongly paid award stands."""

    OPEN = "open"
    RECOVERED = "recovered"
    WRITTEN_OFF = "written_off"


class RecoveryEvent(StrEnum):
    """What ends a recovery; a payment in part leaves it open."""

    RECOVER_WHOLE = "recover_whole"
    WRITE_OFF = "write_off"  # by two people
    COME_IN_LATE = "come_in_late"  # money of a recovery that was written off


RECOVERY_MACHINE = Machine(
    name="recovery",
    initial=RecoveryState.OPEN,
    table={
        (RecoveryState.OPEN, RecoveryEvent.RECOVER_WHOLE): RecoveryState.RECOVERED,
        (RecoveryState.OPEN, RecoveryEvent.WRITE_OFF): RecoveryState.WRITTEN_OFF,
        (RecoveryState.WRITTEN_OFF, RecoveryEvent.COME_IN_LATE): RecoveryState.OPEN,
    },
    final=frozenset({RecoveryState.RECOVERED, RecoveryState.WRITTEN_OFF}),
)


class HoldState(StrEnum):
    """Whether money waits, since a backup was restored, for people to find out what was paid after it."""

    HELD = "held"
    LIFTED = "lifted"


class HoldEvent(StrEnum):
    """What ends a hold."""

    LIFT = "lift"  # two people say what they compared


HOLD_MACHINE = Machine(
    name="payment hold",
    initial=HoldState.HELD,
    table={(HoldState.HELD, HoldEvent.LIFT): HoldState.LIFTED},
    final=frozenset({HoldState.LIFTED}),
)
