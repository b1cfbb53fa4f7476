"""What the pages say of states, problems and bank lines."""

from hardship.payouts.models import LineReason
from hardship.payouts.transitions import BatchState, PaymentState

_S, _B, _R = PaymentState, BatchState, LineReason

STATES = {
    _S.DRAFT: "waiting for approval",
    _S.APPROVED: "approved",
    _S.SUBMITTING: "being handed over",
    _S.UNKNOWN: "unknown",
    _S.SUBMITTED: "on its way",
    _S.PAID: "paid",
    _S.RECALL_PENDING: "being called back",
    _S.FAILED: "failed",
    _S.RETURNED: "returned",
    _S.CANCELLED: "cancelled",
    _S.PAID_EXTERNALLY: "paid another way",
}

NEXT_STEPS = {
    _S.DRAFT: "A second person approves the batch.",
    _S.APPROVED: "Somebody submits the batch.",
    _S.SUBMITTING: "Nothing to do: it is being handed over. If it stays here, the worker asks the rail.",
    _S.UNKNOWN: "Ask the rail. It is asked with the same key, so nothing is paid twice. The worker asks by itself too.",
    _S.SUBMITTED: "Nothing to do: it is paid when the rail or the bank statement says so.",
    _S.PAID: "Nothing to do.",
    _S.RECALL_PENDING: "Wait for the bank's answer.",
    _S.FAILED: "The applicant is asked for other details. The next batch takes it in; it needs a new approval.",
    _S.RETURNED: "The applicant is asked for other details. The next batch takes it in; it needs a new approval.",
    _S.CANCELLED: "Nothing to do.",
    _S.PAID_EXTERNALLY: "Nothing to do.",
}

BATCH_STEPS = {
    _B.DRAFT: "It waits for a second person's approval.",
    _B.APPROVED: "It is approved and waits to be submitted.",
    _B.SUBMITTING: "It is being handed over to the rail.",
    _B.SUBMITTED: "It was handed over. Payments are paid when the rail or the bank statement says so.",
    _B.SETTLED: "Nothing of it is at the rail any more.",
    _B.CANCELLED: "It was cancelled. Nothing of it was sent.",
}

PROBLEMS = {
    "account_not_found": "The bank knows no such account",
    "account_closed": "The account is closed",
    "returned_by_bank": "The recipient's bank sent it back",
    "key_of_another_payment": "The rail holds another payment under this key",
}

REASONS = {
    _R.NO_REFERENCE: "A debit that names no payment",
    _R.RECEIPT: "Money in that is no returned payment",
    _R.AMOUNT_DIFFERS: "The amount is not that of the payment or batch it names",
    _R.SEEN_BEFORE: "The bank shows this a second time",
    _R.NOT_SENT: "Debited, though the payment was refused, failed or never sent",
}

ADVICE = {
    _R.NO_REFERENCE: "If it is no payment of a grant (a fee, a transfer), set it aside and say what it is.",
    _R.RECEIPT: "If it is a gift or a sponsor's payment, record it there, then set it aside with its reference.",
    _R.AMOUNT_DIFFERS: "Ask the bank what the difference is. While the line waits here the award is not paid again.",
    _R.SEEN_BEFORE: "Ask the bank whether it moved the money twice. If it did, ask for it back, then set the line aside.",
    _R.NOT_SENT: "Ask the bank whether the money left. While the line waits here the award is not paid again.",
}
