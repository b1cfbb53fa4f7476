"""What this room holds of people: see `hardship.core.held`."""

from hardship.core.held import Basis, Key, held_in

HELD = (
    *held_in(
        "attempt",
        Key.APPLICANT,
        Basis.LAW,
        "until the case has been settled for the period `details`, or the person is erased",
        payload="what was sent to the bank, so that what is sent again is the same",
    ),
    *held_in(
        "paid_record",
        Key.HOUSE,
        Basis.LAW,
        "until the accounts are signed off",
        record="payee's name, last four digits, who approved it",
    ),
    *held_in(
        "bank_file",
        Key.HOUSE,
        Basis.LAW,
        "the period `details` after its payments, and until the accounts are signed off",
        content="the file for the bank",
    ),
    *held_in(
        "bank_line",
        Key.HOUSE,
        Basis.LAW,
        "with the books: six years and the year",
        reference="what a line of the bank statement says",
        counterparty="who it went to or came from",
        set_aside_note="why a line was set aside",
    ),
    *held_in(
        "external_payment",
        Key.HOUSE,
        Basis.LAW,
        "with the books: six years and the year",
        evidence="the receipt of a payment by hand",
    ),
    *held_in(
        "payment_recall",
        Key.HOUSE,
        Basis.LAW,
        "with the books: six years and the year",
        why="why a payment is asked back",
        answer="what the bank answered",
    ),
    *held_in(
        "award_recovery",
        Key.HOUSE,
        Basis.LAW,
        "with the books: six years and the year",
        why="why money was wrongly paid",
    ),
    *held_in(
        "recovery_receipt",
        Key.HOUSE,
        Basis.LAW,
        "with the books: six years and the year",
        bank_ref="the line on the bank statement",
    ),
    *held_in(
        "sanctions_list",
        Key.HOUSE,
        Basis.LAW,
        "while it is the newest",
        content="the published list",
    ),
    *held_in(
        "sanctions_hit",
        Key.HOUSE,
        Basis.LAW,
        "with the books: six years and the year",
        entry="which entry a name may be",
        why="why it was cleared or not",
    ),
    *held_in(
        "trial_payment",
        Key.HOUSE,
        Basis.LAW,
        "with the books: six years and the year",
        content="a test payment to an account of the charity's own",
        said="what its statement said",
    ),
)
