"""What is held no longer than it is needed: run by the worker, and by `hardship retention run`.

Every period counts from the instant at which the system recorded a thing. A step says how much is due, and does it, some
at a time; what cannot go yet (a payment is open, the accounts are not signed off) waits.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, delete, exists, or_, update
from sqlmodel import Session, col, select

from hardship.applications import drafts
from hardship.applications.evidence import queries as documents
from hardship.applications.evidence import service as evidence
from hardship.applications.models import Application, Draft
from hardship.applications.owndata import complaining, erasing
from hardship.applications.owndata.models import Erasure
from hardship.applications.owndata.transitions import ErasureState
from hardship.applications.transitions import ApplicationState
from hardship.awards.models import Award
from hardship.awards.transitions import AwardState
from hardship.core.actor import SYSTEM
from hardship.core.models import DataKey, OutboxMail
from hardship.core.retention import Period
from hardship.core.runtime import Runtime, Transaction
from hardship.jobs.keys import epochs_due, turn_epochs
from hardship.jobs.owndata import OPEN_PAYMENTS
from hardship.payouts.models import Attempt, BankFile, BankLine, Payment
from hardship.payouts.records import records_free, words_free
from hardship.payouts.tables import PaidRecord

_AT_A_TIME = 100
_ALL = 1_000_000
_ENDED = (
    AwardState.PAID,
    AwardState.LAPSED,
    AwardState.WITHDRAWN,
    AwardState.CANCELLED,
    AwardState.RECOVERED,
)
_RESTS = "retention rests until"
EVERY = dt.timedelta(hours=1)
Ids = Sequence[Any]


@dataclass(frozen=True)
class Step:
    """One thing that retention does: `due` finds the numbers of rows whose time is over (at most so many),
    `carry_out` deals with some of them and says with how many."""

    name: str
    says: str
    due: Callable[[Session, Runtime, int], Ids]
    carry_out: Callable[[Runtime, Ids], int]


def settled_before(session: Session, before: dt.datetime, most: int = _AT_A_TIME) -> list[int]:
    """Cases that are over, and have been since `before`, whose person is still held: declined, withdrawn, or approved with
    an award that has ended and no payment that may still move."""
    live_key = exists().where(col(DataKey.id) == Application.data_key_id, col(DataKey.wrapped).is_not(None))
    moving = (
        exists()
        .where(col(Award.application_id) == Application.id)
        .where(
            col(Award.state).not_in(_ENDED)
            | (col(Award.state_since) > before)
            | exists().where(
                col(Payment.award_id) == Award.id,
                col(Payment.state).in_(OPEN_PAYMENTS) | (col(Payment.state_since) > before),
            )
        )
    )
    over = (ApplicationState.APPROVED, ApplicationState.DECLINED, ApplicationState.WITHDRAWN)
    wanted = (
        select(Application.id)
        .where(col(Application.state).in_(over), col(Application.state_since) <= before)
        .where(live_key, ~moving)
        .order_by(col(Application.id))
        .limit(most)
    )
    return [number for number in session.exec(wanted) if number is not None]


def _settled(session: Session, runtime: Runtime, most: int) -> Ids:
    return settled_before(session, runtime.clock.now() - runtime.settings.retention[Period.DETAILS], most)


def _retire(runtime: Runtime, numbers: Ids) -> int:
    return sum(
        runtime.transact(SYSTEM, erasing.retire, application_id=number).state is ErasureState.DONE
        for number in numbers
    )


def _drafts(session: Session, runtime: Runtime, _most: int) -> Ids:
    over = select(Draft.id).where(col(Draft.expires_at) <= runtime.clock.now())
    return session.exec(over.order_by(col(Draft.id))).all()


def _records(session: Session, _runtime: Runtime, _most: int) -> Ids:
    return records_free(session)


def _drop_records(runtime: Runtime, numbers: Ids) -> int:
    return runtime.transact(SYSTEM, _records_gone, numbers[:_AT_A_TIME])


def _records_gone(tx: Transaction, numbers: Ids) -> int:
    refs = tx.session.exec(
        select(Payment.reference).where(col(Payment.id).in_(numbers)).order_by(col(Payment.id))
    ).all()
    tx.session.connection().execute(delete(PaidRecord).where(col(PaidRecord.payment_id).in_(numbers)))
    for ref in refs:
        tx.record("payment.record_deleted", f"payment:{ref}")
    return len(refs)


def _files(session: Session, runtime: Runtime, most: int) -> Ids:
    """Files for the bank none of whose payments can still move, once their time is over or one of their people was
    erased: they hold whole account numbers, and the accounts have the record of each payment."""
    before = runtime.clock.now() - runtime.settings.retention[Period.DETAILS]
    can_move = _paid_by_file(col(Payment.state).in_(OPEN_PAYMENTS))
    young = _paid_by_file(col(Payment.state_since) > before)
    erased = _paid_by_file(col(DataKey.wrapped).is_(None))
    over = and_(col(BankFile.made_at) <= before, ~young)
    wanted = select(BankFile.id).where(col(BankFile.content).is_not(None), ~can_move, or_(over, erased))
    return session.exec(wanted.order_by(col(BankFile.id)).limit(most)).all()


def _paid_by_file(such: Any) -> Any:
    """Whether a file for the bank has such a payment."""
    paid = (
        select(Attempt.id)
        .join(Payment, col(Payment.id) == Attempt.payment_id)
        .join(Award, col(Award.id) == Payment.award_id)
        .join(Application, col(Application.id) == Award.application_id)
        .join(DataKey, col(DataKey.id) == Application.data_key_id)
    )
    return paid.where(col(Attempt.bank_file_id) == BankFile.id, such).correlate(BankFile).exists()


def _empty_files(runtime: Runtime, numbers: Ids) -> int:
    return runtime.transact(SYSTEM, _files_gone, numbers)


def _files_gone(tx: Transaction, numbers: Ids) -> int:
    for ref in tx.session.exec(
        select(BankFile.ref).where(col(BankFile.id).in_(numbers)).order_by(col(BankFile.id))
    ).all():
        tx.record("bank_file.content_deleted", f"bank_file:{ref}")
    tx.session.connection().execute(
        update(BankFile).where(col(BankFile.id).in_(numbers)).values(content=None)
    )
    return len(numbers)


def _words(session: Session, _runtime: Runtime, most: int) -> Ids:
    return words_free(session, most)


def _drop_words(runtime: Runtime, numbers: Ids) -> int:
    def gone(tx: Transaction) -> int:
        lines = update(BankLine).where(col(BankLine.id).in_(numbers))
        tx.session.connection().execute(lines.values(reference=None, counterparty=None))
        tx.record("bank_lines.words_deleted", "bank_lines", count=len(numbers))
        return len(numbers)

    return runtime.transact(SYSTEM, gone)


def _mails(session: Session, runtime: Runtime, most: int) -> Ids:
    before = runtime.clock.now() - runtime.settings.retention[Period.DEVICES]
    wanted = select(OutboxMail.id).where(
        col(OutboxMail.address).is_not(None), col(OutboxMail.created_at) <= before
    )
    return session.exec(wanted.order_by(col(OutboxMail.id)).limit(most)).all()


def _drop_mails(runtime: Runtime, numbers: Ids) -> int:
    def gone(tx: Transaction) -> int:
        mails = update(OutboxMail).where(col(OutboxMail.id).in_(numbers))
        tx.session.connection().execute(mails.values(address=None, letter=None))
        tx.record("mails.addresses_deleted", "outbox", count=len(numbers))
        return len(numbers)

    return runtime.transact(SYSTEM, gone)


def _complaints(session: Session, runtime: Runtime, _most: int) -> Ids:
    before = runtime.clock.now() - runtime.settings.retention[Period.COMPLAINTS]
    return [one.ref for one in complaining.over(session, before)]


def _forget_complaints(runtime: Runtime, _refs: Ids) -> int:
    before = runtime.clock.now() - runtime.settings.retention[Period.COMPLAINTS]
    return runtime.transact(SYSTEM, lambda tx: complaining.forget(tx, complaining.over(tx.session, before)))


def _documents(session: Session, runtime: Runtime, most: int) -> Ids:
    before = runtime.clock.now() - runtime.settings.retention[Period.EVIDENCE]
    return documents.overdue(session, before, most)


def _asked(session: Session, _runtime: Runtime, _most: int) -> Ids:
    asked = select(Erasure.id).where(Erasure.state == ErasureState.REQUESTED)
    return session.exec(asked.order_by(col(Erasure.id))).all()


def _epochs(session: Session, runtime: Runtime, _most: int) -> Ids:
    return epochs_due(session, runtime)


STEPS: tuple[Step, ...] = (
    Step("drafts", "forms that were not sent", _drafts, lambda runtime, _: drafts.purge(runtime)),
    Step(
        "erasures",
        "erasures asked for (some wait for a payment)",
        _asked,
        lambda r, _: erasing.finish_waiting(r),
    ),
    Step(
        "evidence",
        "documents that nobody looked at",
        _documents,
        lambda runtime, numbers: runtime.transact(SYSTEM, evidence.expire, list(numbers)),
    ),
    Step("details", "people whose case is settled", _settled, _retire),
    Step("complaints", "complaints that are answered", _complaints, _forget_complaints),
    Step("records", "payees' names and digits, signed off", _records, _drop_records),
    Step("bank_lines", "words of the bank's statement on payments, signed off", _words, _drop_words),
    Step("bank_files", "contents of files for the bank", _files, _empty_files),
    Step("addresses", "addresses of mails that never left", _mails, _drop_mails),
    Step("tokens", "epochs of blind tokens", _epochs, lambda runtime, _: turn_epochs(runtime)),
)


def due(runtime: Runtime) -> dict[str, int]:
    """How much each step would do now. Changes nothing; what one step frees for a later one is not counted."""
    with runtime.read() as session:
        return {step.name: len(step.due(session, runtime, _ALL)) for step in STEPS}


def run(runtime: Runtime) -> dict[str, int]:
    """Do all that is due; returns how much each step did."""
    done: dict[str, int] = {}
    for step in STEPS:
        done[step.name] = 0
        while did := _one(runtime, step):
            done[step.name] += did
    return done


def work(runtime: Runtime) -> int:
    """Do some of what is due, and go on until nothing is left; then look again in an hour. Work for the worker.

    A rehearsal's replayed years are long over: on a demo keyring only the command does it, when it is told to.
    """
    now, rests_until = runtime.clock.now(), runtime.extensions.get(_RESTS)
    if runtime.vault.keyring.purpose == "demo":
        return erasing.finish_waiting(runtime)
    if rests_until is not None and now < rests_until:
        return 0
    done = sum(_one(runtime, step) for step in STEPS)
    if not done:
        runtime.extensions[_RESTS] = now + EVERY
    return done


def _one(runtime: Runtime, step: Step) -> int:
    with runtime.read() as session:
        found = step.due(session, runtime, _AT_A_TIME)
    return step.carry_out(runtime, found) if found else 0
