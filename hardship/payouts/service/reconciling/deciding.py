"""What a line means for the payments it is about: it settles, gives back, or wants a person and says why."""

from hardship.payouts.models import (
    Attempt,
    AttemptOutcome,
    BankFile,
    BankFileState,
    Direction,
    LineReason,
    MatchedBy,
)
from hardship.payouts.rails.base import Status
from hardship.payouts.service.reconciling.book import SENT, Book, Found, files_in
from hardship.payouts.transitions import AT_THE_RAIL, PaymentState

_SURE = {AttemptOutcome.ACCEPTED, AttemptOutcome.RETURNED}


def decide(book: Book, found: Found) -> LineReason | None:
    """Let a line that names something come true; returns why it wants a person, or None when it is matched."""
    if found.attempt_id is not None:
        found.matched_by = found.matched_by or MatchedBy.REFERENCE
        return about_payment(book, found, book.attempts[found.attempt_id])
    found.matched_by = found.matched_by or MatchedBy.FILE
    if found.file_id is not None:
        return about_file(book, found, book.files[found.file_id])
    assert found.batch_id is not None
    return _about_batch(book, found, found.batch_id)


def about_payment(book: Book, found: Found, attempt: Attempt) -> LineReason | None:
    """A line about one payment."""
    line = found.line
    if line.amount_minor != book.amount_of(attempt):
        return LineReason.AMOUNT_DIFFERS
    if (attempt.id or 0, line.direction) in book.seen or (found.is_out and book.is_debited(attempt)):
        return LineReason.SEEN_BEFORE
    if not found.is_out and book.is_live(attempt) and book.is_wrong(attempt):
        return LineReason.RECEIPT  # a recovery, which a person books
    if not _fits(book, attempt, found):
        return LineReason.NOT_SENT
    book.seen.add((attempt.id or 0, line.direction))
    if not found.is_out:
        by_payee = found.matched_by is MatchedBy.PAYEE
        book.moves[attempt.payment_id].problem = "returned_without_code" if by_payee else "returned_by_bank"
    return None


def _fits(book: Book, attempt: Attempt, found: Found) -> bool:
    """Let a line about one payment come true. One that is known already fits without a second journal; one about a
    try that never left, or was refused, does not fit."""
    if attempt.outcome is AttemptOutcome.RETURNED:
        return True
    if not book.is_live(attempt):
        return False
    status = Status.POSTED if found.line.direction is Direction.OUT else Status.RETURNED
    if book.tell(attempt, status, found.line.on):
        return True
    paid = [PaymentState.PAID, PaymentState.RECALL_PENDING] if found.is_out else []
    known = {PaymentState.RETURNED, *paid}
    return attempt.outcome in SENT and book.state_of(attempt.payment_id) in known


def about_file(book: Book, found: Found, file: BankFile) -> LineReason | None:
    """One debit for a whole file settles every payment in it that is at the rail."""
    if file.state is BankFileState.VOIDED:
        return LineReason.NOT_SENT
    sent = book.sent_with(file_id=file.id)
    if any(book.is_debited(one) for one in sent):
        return LineReason.SEEN_BEFORE
    if not sent or found.line.amount_minor != book.sum_of(sent):
        return LineReason.AMOUNT_DIFFERS
    _settle(book, sent, found)
    found.file_id, found.batch_id = file.id, file.batch_id
    file.debited_on = found.line.on
    return None


def _about_batch(book: Book, found: Found, batch_id: int) -> LineReason | None:
    """One debit that names a batch: for all of it, or for one of its files; of files with one sum the next in order."""
    files = [one for one in files_in(book, batch_id) if one.state is BankFileState.MADE]
    sent = [one for one in book.sent_with(batch_id=batch_id) if _in_one_of(one, files)]
    if batch_id in book.batches_seen:
        return LineReason.SEEN_BEFORE
    if not any(book.is_debited(one) for one in sent):
        sure = [one for one in sent if one.outcome in _SURE]
        for some in (sent, sure):
            if some and found.line.amount_minor == book.sum_of(some):
                _settle(book, some, found)
                book.batches_seen.add(batch_id)
                return None
    same = [one for one in files if book.sum_of(book.sent_with(file_id=one.id)) == found.line.amount_minor]
    open_files = [one for one in same if one.debited_on is None]
    if open_files:
        return about_file(book, found, open_files[0])
    return LineReason.SEEN_BEFORE if same else LineReason.AMOUNT_DIFFERS


def _in_one_of(attempt: Attempt, files: list[BankFile]) -> bool:
    """Whether a try stands in one of the files that stand; every try does where a rail makes no files."""
    return not files or attempt.bank_file_id in {one.id for one in files}


def _settle(book: Book, attempts: list[Attempt], found: Found) -> None:
    for attempt in attempts:
        if book.is_live(attempt) and book.state_of(attempt.payment_id) in AT_THE_RAIL:
            book.tell(attempt, Status.POSTED, found.line.on)
