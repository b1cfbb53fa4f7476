"""What the pages say of states, problems and bank lines."""

from hardship.funds.bankfiles import FileForm
from hardship.payouts.models import LineReason
from hardship.payouts.transitions import BatchState, PaymentState
from hardship.payouts.trouble import NextStep, What

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
    "name_differs": "The bank has another name for this account",
    "account_not_accepted": "The rail does not take this account",
    "rate_limited": "The rail is busy",
    "no_connection": "The rail could not be reached",
    "rail_error": "The rail had a fault",
    "still_in_progress": "The rail is still working on it",
    "not_found": "The rail does not know it, and it is too late to send it again",
    "insufficient_funds": "There is not enough money at the rail",
    "not_authorised": "The rail does not accept the key",
    "feature_not_enabled": "The rail has not opened this service for you",
    "financial_account_not_open": "The account at the rail is not open",
    "found_not_taken": "Two people found that the rail did not take it",
    "account_not_found": "The bank knows no such account",
    "account_closed": "The account is closed",
    "returned_by_bank": "The recipient's bank sent it back",
    "returned_without_code": "It came back without a reference: the amount and the name are this payment's",
    "bad_sort_code": "The sort code has not six digits",
    "bad_account_number": "The account number has not eight digits",
    "bad_amount": "No bank file carries this amount",
    "returned_though_noted": "The rail gave back what went to the wrong person",
    "returned_though_recovered": "The rail gave back what had come back already",
    "key_of_another_payment": "The rail holds another payment under this key",
}

REASONS = {
    _R.NO_REFERENCE: "A debit that names no payment",
    _R.RECEIPT: "Money in that is no returned payment",
    _R.AMOUNT_DIFFERS: "The amount is not that of the payment or batch it names",
    _R.SEEN_BEFORE: "The bank shows this a second time",
    _R.SEVERAL: "It could be one of several payments or files",
    _R.NOT_SENT: "Debited, though the payment was refused, failed or never sent",
}

ADVICE = {
    _R.NO_REFERENCE: "Choose what it is. If it is no payment of a grant and no charge of the bank (a transfer), set it aside and say what it is.",
    _R.RECEIPT: "Choose the fund that it belongs to: it then stands in unidentified receipts until somebody says what it is. If it is of an award that went to the wrong person, book it under Recoveries and set the line aside.",
    _R.AMOUNT_DIFFERS: "Ask the bank what the difference is. While the line waits here the award is not paid again.",
    _R.SEEN_BEFORE: "Ask the bank whether it moved the money twice. If it did, ask for it back, then set the line aside.",
    _R.SEVERAL: "Several payments or files that it could be have this amount, and nothing tells which it is for. Ask the bank. Of files, wait for the other debits: when there are as many as files, they are matched by themselves. While the line waits here, no award that it names is paid again.",
    _R.NOT_SENT: "Ask the bank whether the money left. While the line waits here the award is not paid again.",
}

TROUBLE = {
    What.UNKNOWN: "Unknown",
    What.LATE: "Being handed over",
    What.CONTRADICTED: "Taken after all",
    What.PAUSED: "Waiting",
    What.NOT_SEEN: "Not seen",
    What.WRONG_AND_BACK: "Given back",
}

TROUBLE_STEPS = {
    NextStep.ASKED_AGAIN: "The rail is asked again by itself.",
    NextStep.PERSON: "Look for it at the rail, and say what you found.",
    NextStep.RECORD: "Ask the rail. If the money left, record it as paid another way; then say that it is dealt with.",
    NextStep.WAIT: "It goes on by itself.",
    NextStep.MEND: "Put it right with the rail; then it goes on by itself.",
    NextStep.RECOVERY: "It went to the wrong person and the rail gave it back: book it under Recoveries.",
    NextStep.WHOSE: "All of it had come back before. Ask the rail whose this is: pay back whoever paid it, or book it as a gift. Then say that it is dealt with.",
    NextStep.ASK_BANK: "Read the newest bank statement; if it is not there, ask the rail.",
}

TROUBLE_WAITING = {
    What.UNKNOWN: ("payments are unknown", "payment is unknown"),
    What.LATE: ("payments take long to be handed over", "payment takes long to be handed over"),
    What.CONTRADICTED: ("payments were taken after all", "payment was taken after all"),
    What.PAUSED: ("batches wait for their rail", "batch waits for its rail"),
    What.NOT_SEEN: ("payments were sent and not seen", "payment was sent and not seen"),
    What.WRONG_AND_BACK: ("wrong payments were given back", "wrong payment was given back"),
}
"""What the first page says, of several and of one."""

FORMS = {
    FileForm.PAIN_001: "ISO 20022 (pain.001)",
    FileForm.CSV: "CSV, in the bank's own columns",
}
