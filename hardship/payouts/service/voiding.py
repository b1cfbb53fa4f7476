"""Voiding files that were handed out: nothing changes until a second person attests that the bank has not taken them.

Then their payments are cancelled, the awards are ready to be paid by another batch, and the pots are as they were.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from hardship.awards.models import Award
from hardship.core.db import lock
from hardship.core.errors import BadInput, Refused
from hardship.core.money import display
from hardship.core.runtime import Transaction
from hardship.funds.models import Fund
from hardship.payouts.files import file_named, files_of
from hardship.payouts.models import Attempt, AttemptOutcome, BankFile, BankFileState, Batch, Payment
from hardship.payouts.queries import batch_named
from hardship.payouts.service.batches import open_batch
from hardship.payouts.service.progress import Move, Step, hold, move, move_batch, parts, today
from hardship.payouts.transitions import AT_THE_RAIL, BatchEvent, BatchState, PaymentEvent, PaymentState, said
from hardship.staff.permissions import Permission, require
from hardship.staff.proposals import Kind, Payload, Proposed, propose

KIND = "void_bank_file"
MAX_WHY = 500


def void_kind() -> Kind:
    """The kind of proposal, for `service.wire`."""
    return Kind(
        KIND,
        "Void a bank file: the bank has not taken it",
        Permission.APPROVE_BATCH,
        _carry_out,
        _describe,
    )


def propose_void(tx: Transaction, *, batch_ref: str, file_ref: str = "", why: str) -> Proposed:
    """Propose to void one file of a batch, or without `file_ref` all that stand; a second person attests it.

    Raises `Refused` when the bank has taken any of it, `BadInput` without a reason.
    """
    require(tx.actor, Permission.SUBMIT_BATCH)
    words = why.strip()
    if not words or len(words) > MAX_WHY:
        raise BadInput(f"say why, in {MAX_WHY} characters or fewer", where="why", fix="Say how you know.")
    batch = batch_named(tx.session, batch_ref)
    if file_ref:
        one = file_named(tx.session, file_ref)
        if one.batch_id != batch.id:
            raise BadInput("the file is of another batch", where=one.ref, fix=f"Name a file of {batch.ref}.")
        refs, subject = [one.ref], f"bank_file:{one.ref}"
    else:
        refs = [one.ref for one in files_of(tx.session, batch) if one.state is BankFileState.MADE]
        subject = f"batch:{batch.ref}"
    _check(tx, batch.ref, refs)
    payload = {"batch": batch.ref, "files": refs, "why": words}
    return propose(tx, kind=KIND, subject=subject, payload=payload)


def _describe(session: Session, payload: Payload) -> list[tuple[str, str]]:
    batch = batch_named(session, str(payload["batch"]))
    files = [one for one in files_of(session, batch) if one.ref in payload["files"]]
    return [
        ("Batch", batch.ref),
        ("Files", ", ".join(one.ref for one in files)),
        ("Payments", str(sum(one.count for one in files))),
        ("Amount", display(sum(one.amount_minor for one in files))),
        ("What you attest", "The bank has not taken these files and never will."),
        ("Reason", str(payload["why"])),
    ]


def _carry_out(tx: Transaction, payload: Payload) -> Batch:
    return void(tx, batch_ref=str(payload["batch"]), refs=[str(ref) for ref in payload["files"]])


def void(tx: Transaction, *, batch_ref: str, refs: Sequence[str]) -> Batch:
    """Void files, on a second person's word: their payments are cancelled. Raises `Refused` when the bank has taken any
    of them meanwhile; then nothing changes."""
    found = _check(tx, batch_ref, refs)
    batch = found.batch
    if not _others_at_the_rail(tx, batch, [payment.id or 0 for payment, _ in found.held]):
        move_batch(tx, batch, BatchEvent.CONFIRM_NOT_TAKEN)
    step = Step(PaymentEvent.CONFIRM_CANCEL, today(tx))
    moves = [Move(payment, award, found.attempts[payment.id or 0], [step]) for payment, award in found.held]
    move(tx, found.fund, moves)
    for one in found.files:
        one.state = BankFileState.VOIDED
        tx.session.add(one)
        tx.record(
            "bank_file.voided",
            f"bank_file:{one.ref}",
            state=one.state.value,
            batch=batch.ref,
            count=one.count,
        )
    return batch


@dataclass(frozen=True)
class _Open:
    """What is to be voided, locked: the fund, the batch, the files, and their payments with awards and tries."""

    fund: Fund
    batch: Batch
    files: Sequence[BankFile]
    held: Sequence[tuple[Payment, Award]]
    attempts: dict[int, Attempt]  # by payment


def _check(tx: Transaction, batch_ref: str, refs: Sequence[str]) -> _Open:
    """Lock what is to be voided; raises `Refused` unless all of it is still as it was handed out."""
    fund, batch = open_batch(tx, batch_ref)
    files = lock(
        tx.session,
        select(BankFile)
        .where(BankFile.batch_id == batch.id, col(BankFile.ref).in_(refs))
        .order_by(col(BankFile.number)),
    )
    if not files or any(one.state is BankFileState.VOIDED for one in files):
        raise Refused(
            "there is no file that stands", where=batch.ref, fix="See: hardship payouts files BATCH"
        )
    attempts = _attempts(tx, [one.id or 0 for one in files])
    held = hold(tx, sorted(attempts))
    taken = sum(1 for payment, _ in held if payment.state is not PaymentState.SUBMITTED)
    if taken or batch.state is not BatchState.SUBMITTED or any(one.debited_on for one in files):
        raise Refused(
            "the bank has taken some of it" if taken else f"the batch is {said(batch.state)}",
            where=batch.ref,
            fix="What the bank has taken comes back only as a return.",
        )
    return _Open(fund, batch, files, held, attempts)


def _attempts(tx: Transaction, file_ids: Sequence[int]) -> dict[int, Attempt]:
    """The tries that stand in the files, by payment; without those whose payment was made another way meanwhile."""
    found: dict[int, Attempt] = {}
    for part in parts(file_ids):
        wanted = select(Attempt).where(
            col(Attempt.bank_file_id).in_(part), Attempt.outcome != AttemptOutcome.CANCELLED
        )
        found |= {one.payment_id: one for one in lock(tx.session, wanted.order_by(col(Attempt.id)))}
    return found


def _others_at_the_rail(tx: Transaction, batch: Batch, mine: Sequence[int]) -> bool:
    """Whether anything else of the batch was, or may be, taken by the bank."""
    rows = tx.session.exec(
        select(Payment.id)
        .join(Attempt, col(Attempt.payment_id) == Payment.id)
        .where(
            Attempt.batch_id == batch.id,
            col(Payment.state).in_((*AT_THE_RAIL, PaymentState.PAID, PaymentState.RETURNED)),
        )
    ).all()
    return bool({number for number in rows} - set(mine))
