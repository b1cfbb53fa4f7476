"""What a line means for the payments it is about: it settles, gives back, or wants a person and says why."""

from collections.abc import Sequence

from hardship.payouts.models import (
    Attempt,
    AttemptOutcome,
    BankFile,
    BankFileState,
    Direction,
    LineReason,
    MatchedBy,
)
from hardship.payouts.outcomes import meaning
from hardship.payouts.rails.base import Status
from hardship.payouts.service.reconciling.book import SENT, Book, Found, files_in
from hardship.payouts.transitions import AT_THE_RAIL, PaymentState

_SURE = {AttemptOutcome.ACCEPTED, AttemptOutcome.RETURNED}


def decide(book: Book, found: Found) -> LineReason | None:
    """Let a line that names something come true; returns why it wants a person, or None when it is matched."""
    if found.attempts:
        found.matched_by = found.matched_by or MatchedBy.REFERENCE
        named = [book.attempts[number] for number in found.attempts]
        return about_payment(book, found, named[0]) if len(named) == 1 else _about_several(book, found, named)
    found.matched_by = found.matched_by or MatchedBy.FILE
    if found.file_id is not None:
        return about_file(book, found, book.files[found.file_id])
    assert found.batch_id is not None
    return _about_batch(book, found, found.batch_id)


def about_payment(book: Book, found: Found, attempt: Attempt) -> LineReason | None:
    """A line about one payment."""
    if found.line.amount_minor != book.amount_of(attempt):
        return LineReason.AMOUNT_DIFFERS
    reason = _why_not(book, found, attempt)
    if reason is None:
        _come_true(book, found, attempt)
    return reason


def _about_several(book: Book, found: Found, named: Sequence[Attempt]) -> LineReason | None:
    """A line that names several payments: it is about all of them when their sum is its amount, and about one when it
    can be nothing else of what it names. When several have its amount, or some of the others add up to it, nothing tells
    which; a person does."""
    minor = found.line.amount_minor
    same = [one for one in named if book.amount_of(one) == minor]
    others = [book.amount_of(one) for one in named if one not in same]
    if len(same) == 1 and not adds_up_to(others, minor):
        found.attempt_id, found.several = same[0].id, ()
        return about_payment(book, found, same[0])
    if same:
        return LineReason.SEVERAL
    if book.sum_of(named) != minor or len({one.payment_id for one in named}) < len(named):
        return LineReason.AMOUNT_DIFFERS
    reasons = [reason for one in named if (reason := _why_not(book, found, one))]
    for one in named if not reasons else ():
        _come_true(book, found, one)
    return reasons[0] if reasons else None


def adds_up_to(amounts: Sequence[int], minor: int) -> bool:
    """Whether some of these amounts, in pence, make exactly `minor`."""
    sums = {0}
    for amount in amounts:
        sums |= {one + amount for one in sums if one + amount <= minor}
    return minor in sums


def _why_not(book: Book, found: Found, attempt: Attempt) -> LineReason | None:
    """Why a line of the right amount cannot be about this payment, or None when it can."""
    if (attempt.id or 0, found.line.direction) in book.seen or (found.is_out and book.is_debited(attempt)):
        return LineReason.SEEN_BEFORE
    if not found.is_out and book.is_live(attempt) and book.is_wrong(attempt):
        return LineReason.RECEIPT  # a recovery, which a person books
    return None if _fits(book, attempt, found) else LineReason.NOT_SENT


def _fits(book: Book, attempt: Attempt, found: Found) -> bool:
    """Whether a line can be about a try. What is known already fits, without a second journal; what never left, or was
    refused, does not."""
    if attempt.outcome is AttemptOutcome.RETURNED:
        return True
    if not book.is_live(attempt):
        return False
    state = book.state_of(attempt.payment_id)
    if meaning(state, _status(found)):
        return True
    paid = [PaymentState.PAID, PaymentState.RECALL_PENDING] if found.is_out else []
    return attempt.outcome in SENT and state in {PaymentState.RETURNED, *paid}


def _come_true(book: Book, found: Found, attempt: Attempt) -> None:
    """Let a line that fits a payment happen to it."""
    if attempt.outcome is not AttemptOutcome.RETURNED:
        book.tell(attempt, _status(found), found.line.on)
    book.seen.add((attempt.id or 0, found.line.direction))
    if not found.is_out:
        by_payee = found.matched_by is MatchedBy.PAYEE
        book.moves[attempt.payment_id].problem = "returned_without_code" if by_payee else "returned_by_bank"


def _status(found: Found) -> Status:
    return Status.POSTED if found.is_out else Status.RETURNED


def about_file(book: Book, found: Found, file: BankFile) -> LineReason | None:
    """One debit for a whole file settles every payment in it that is at the rail; one credit gives all of them back."""
    if file.state is BankFileState.VOIDED:
        return LineReason.NOT_SENT
    sent = book.sent_with(file_id=file.id)
    if not found.is_out:
        return _all_back(book, found, sent)
    if any(book.is_debited(one) for one in sent):
        return LineReason.SEEN_BEFORE
    if not sent or found.line.amount_minor != book.sum_of(sent):
        return LineReason.AMOUNT_DIFFERS
    _settle(book, sent, found)
    found.file_id, found.batch_id = file.id, file.batch_id
    file.debited_on = found.line.on
    return None


def _all_back(book: Book, found: Found, sent: Sequence[Attempt]) -> LineReason | None:
    """A credit that names a file, or a batch, is all of it coming back, or nothing that can be told: the bank refused it
    after the debit."""
    if any((one.id or 0, Direction.IN) in book.seen for one in sent):
        return LineReason.SEEN_BEFORE
    if not sent or found.line.amount_minor != book.sum_of(sent):
        return LineReason.AMOUNT_DIFFERS
    reasons = [reason for one in sent if (reason := _why_not(book, found, one))]
    if reasons:
        return reasons[0]
    for one in sent:
        _come_true(book, found, one)
    found.several = tuple(one.id or 0 for one in sent)
    return None


def _about_batch(book: Book, found: Found, batch_id: int) -> LineReason | None:
    """One debit that names a batch: for all of it, or for one of its files; of files with one sum the next in order."""
    files = [one for one in files_in(book, batch_id) if one.state is BankFileState.MADE]
    sent = [one for one in book.sent_with(batch_id=batch_id) if _in_one_of(one, files)]
    if not found.is_out:
        return _all_back(book, found, sent)
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
