"""What each line of a statement is about: by what its words name, then by the payee, then by a file's sum."""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import col, select

from hardship.applications.identity import name_key
from hardship.applications.models import Application
from hardship.awards.models import Award
from hardship.core.clock import LONDON, day_of
from hardship.core.runtime import Transaction
from hardship.payouts.models import (
    Attempt,
    AttemptOutcome,
    BankFile,
    BankFileState,
    Batch,
    Direction,
    LineReason,
    MatchedBy,
    Payment,
    TrialPayment,
)
from hardship.payouts.rails.bank_file.charset import bank_name
from hardship.payouts.references import batch_refs_in, codes_in, file_refs_in
from hardship.payouts.service.progress import parts
from hardship.payouts.service.reconciling.book import Found
from hardship.payouts.transitions import BatchState, PaymentState

LOOK_BACK = dt.timedelta(days=90)
"""How long after it was sent a payment is taken to be what a line without a reference is about."""
FILE_DEBIT_WITHIN = dt.timedelta(days=31)

_S = PaymentState
_OPEN_TO = {
    Direction.OUT: (_S.SUBMITTED, _S.UNKNOWN, _S.SUBMITTING),
    Direction.IN: (_S.PAID, _S.SUBMITTED, _S.RECALL_PENDING),
}


def name(tx: Transaction, new: Sequence[Found]) -> None:
    """Find the payment, the test payment, the file or the batch that each line's words name, in this order."""
    codes = {one.fingerprint: codes_in(one.line.reference) for one in new}
    attempts = _numbered(tx, Attempt.reference, Attempt.id, codes.values())
    trials = _numbered(tx, TrialPayment.ref, TrialPayment.id, codes.values())
    files_named = {one.fingerprint: file_refs_in(one.line.reference) for one in new}
    files = _numbered(tx, BankFile.ref, BankFile.id, files_named.values())
    batches_named = {one.fingerprint: batch_refs_in(one.line.reference) for one in new}
    batches = _numbered(tx, Batch.ref, Batch.id, batches_named.values())
    for one in new:
        mine = codes[one.fingerprint]
        named = tuple(dict.fromkeys(attempts[code] for code in mine if code in attempts))
        trial_id = None if named else _first(trials, mine)
        # A debit that lists several payments is that of the file or the batch which it names beside them; a credit gives
        # back those that it lists, and only one that lists none the whole file.
        if trial_id is None and len(named) != 1 and (one.is_out or not named):
            one.file_id = _first(files, files_named[one.fingerprint])
            if one.file_id is None:
                one.batch_id = _first(batches, batches_named[one.fingerprint])
        if one.file_id is one.batch_id is None:
            one.trial_id = trial_id
            one.attempt_id, one.several = (named[0], ()) if len(named) == 1 else (None, named)


def _numbered(tx: Transaction, ref: Any, number: Any, wanted: Any) -> dict[str, int]:
    found: dict[str, int] = {}
    for part in parts(sorted({one for some in wanted for one in some})):
        rows = tx.session.exec(select(ref, number).where(col(ref).in_(part)))
        found |= {text: key or 0 for text, key in rows}
    return found


def _first(known: dict[str, int], names: Sequence[str]) -> int | None:
    return next((known[one] for one in names if one in known), None)


# --- By the payee -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Candidate:
    """A payment that a line without a reference could be about, and whom it went to."""

    attempt_id: int
    code: str
    amount_minor: int
    state: PaymentState
    sent_on: dt.date
    payee: str = field(repr=False)

    def goes_to(self, counterparty: str) -> bool:
        """Whether the bank's word for the other side is this payee, however it writes names."""
        wanted = name_key(counterparty)
        return bool(wanted) and wanted in {name_key(self.payee), name_key(bank_name(self.payee))}


def name_by_payee(tx: Transaction, new: Sequence[Found], funds: Sequence[int]) -> None:
    """A line that names nothing, but has the amount and the payee of one payment of these funds and of no other, is about
    that one."""
    unnamed = [one for one in new if one.is_unnamed and name_key(one.line.counterparty)]
    if not unnamed:
        return
    since = min(one.line.on for one in unnamed) - LOOK_BACK
    known = candidates(tx, {one.line.amount_minor for one in unnamed}, since, funds)
    for one in unnamed:
        fitting = [
            each
            for each in known.get(one.line.amount_minor, [])
            if each.state in _OPEN_TO[one.line.direction]
            and one.line.on - LOOK_BACK <= each.sent_on <= one.line.on
            and each.goes_to(one.line.counterparty)
        ]
        if len(fitting) == 1:
            one.attempt_id, one.matched_by = fitting[0].attempt_id, MatchedBy.PAYEE


def candidates(
    tx: Transaction, amounts: set[int], since: dt.date, funds: Sequence[int] | None = None
) -> dict[int, list[Candidate]]:
    """The payments of these amounts (of these funds, or of all) that were sent on that day or later, by amount, with the
    payee's name opened; newest last."""
    of_funds = [] if funds is None else [col(Award.fund_id).in_(funds)]
    found: dict[int, list[Candidate]] = {}
    rows: list[Any] = []
    for part in parts(sorted(amounts)):
        wanted = (
            select(Attempt, Payment, Application.data_key_id)
            .join(Payment, col(Payment.id) == Attempt.payment_id)
            .join(Award, col(Award.id) == Payment.award_id)
            .join(Application, col(Application.id) == Award.application_id)
            .where(
                col(Payment.amount_minor).in_(part),
                *of_funds,
                col(Payment.state).in_((*_OPEN_TO[Direction.OUT], *_OPEN_TO[Direction.IN])),
                col(Attempt.outcome).in_(
                    (AttemptOutcome.PENDING, AttemptOutcome.UNKNOWN, AttemptOutcome.ACCEPTED)
                ),
                Attempt.created_at >= dt.datetime.combine(since, dt.time(), LONDON),
            )
            .order_by(col(Attempt.id))
        )
        rows += tx.session.exec(wanted).all()
    sealers = tx.vault.people(tx.session, {key_id for _, _, key_id in rows})
    for attempt, payment, key_id in rows:
        sealer = sealers.get(key_id)
        text = sealer.open("attempt", "payload", attempt.idem_key, attempt.payload) if sealer else None
        one = Candidate(
            attempt_id=attempt.id,
            code=attempt.reference,
            amount_minor=payment.amount_minor,
            state=payment.state,
            sent_on=day_of(attempt.created_at),
            payee=json.loads(text)["name"] if text else "",
        )
        found.setdefault(one.amount_minor, []).append(one)
    return found


# --- By a file's sum ----------------------------------------------------------------------------------------------


def open_files(tx: Transaction, new: Sequence[Found], funds: Sequence[int]) -> list[BankFile]:
    """The files of several payments of these funds that no debit was seen of, and whose sum some line without a name
    has."""
    amounts = sorted({one.line.amount_minor for one in new if one.is_unnamed and one.is_out})
    found: list[BankFile] = []
    for part in parts(amounts):
        wanted = (
            select(BankFile)
            .join(Batch, col(Batch.id) == BankFile.batch_id)
            .where(
                col(BankFile.amount_minor).in_(part),
                BankFile.count > 1,
                BankFile.state == BankFileState.MADE,
                col(BankFile.debited_on).is_(None),
                Batch.state == BatchState.SUBMITTED,
                col(Batch.fund_id).in_(funds),
            )
            .order_by(col(BankFile.id))
        )
        found += tx.session.exec(wanted).all()
    return found


def name_by_total(new: Sequence[Found], files: Sequence[BankFile]) -> None:
    """Debits that name nothing are files' totals when there are exactly as many of a sum as files that lack theirs:
    then each file has its debit, whichever it is. With fewer or more, or when one is older than the file it would be of,
    nothing tells which; a person does."""
    for amount in {one.amount_minor for one in files}:
        same = [one for one in files if one.amount_minor == amount]
        made = [day_of(one.made_at) for one in same]
        lines = [
            one
            for one in new
            if one.is_unnamed
            and one.is_out
            and one.line.amount_minor == amount
            and min(made) <= one.line.on <= max(made) + FILE_DEBIT_WITHIN
        ]
        lines.sort(key=lambda one: (one.line.on, one.occurrence))
        all_fit = len(lines) == len(same) and all(
            day <= one.line.on <= day + FILE_DEBIT_WITHIN for day, one in zip(made, lines, strict=True)
        )
        for at, one in enumerate(lines):
            if all_fit:
                one.file_id, one.matched_by = same[at].id, MatchedBy.TOTAL
            else:
                one.reason = LineReason.SEVERAL
