"""The bank's own word: its statement is read line by line, and settles, returns, is booked, or asks for a person.

The same file again changes nothing, and neither does a line that another file had already; identical lines in one file
are legitimate, and each counts once.
"""

from hardship.payouts.service.reconciling.importing import Reconciled, reconcile
from hardship.payouts.service.reconciling.resolving import (
    book_charge,
    book_receipt,
    match_to_file,
    match_to_payment,
)
from hardship.payouts.service.reconciling.words import (
    MAX_NOTE,
    Words,
    line_locked,
    read_words,
    set_aside,
    words_of,
)

__all__ = [
    "MAX_NOTE",
    "Reconciled",
    "Words",
    "book_charge",
    "book_receipt",
    "line_locked",
    "match_to_file",
    "match_to_payment",
    "read_words",
    "reconcile",
    "set_aside",
    "words_of",
]
