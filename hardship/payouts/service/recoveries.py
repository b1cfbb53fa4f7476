"""Money that went to the wrong person: it is noted in the loss log, what comes back is booked, the rest is written off.

The grant stays an expense; what comes back is Dr bank / Cr recoveries, in the pots that paid it. When all of it has come
back the award is recovered.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from hardship.awards.models import Award
from hardship.awards.parts import locked as locked_award
from hardship.awards.queries import by_ref, shares_of
from hardship.awards.service import recover
from hardship.awards.transitions import AwardState
from hardship.core.clock import day_of
from hardship.core.db import lock
from hardship.core.errors import BadInput, Conflict, NotFound, Refused
from hardship.core.money import display
from hardship.core.refs import new_reference, tidy_reference
from hardship.core.runtime import Transaction
from hardship.funds.models import Fund
from hardship.funds.service import lock_fund
from hardship.ledger import losses
from hardship.ledger.models import AccountKind, Loss, LossCause
from hardship.payouts.models import Payment
from hardship.payouts.shares import split
from hardship.payouts.tables import AwardRecovery, RecoveryReceipt
from hardship.payouts.transitions import RECOVERY_MACHINE, PaymentState, RecoveryEvent, RecoveryState, said
from hardship.review.casework import Conflicted
from hardship.review.queries import has_conflict
from hardship.staff.permissions import Permission, require, require_staff
from hardship.staff.proposals import Kind, Payload, Proposed, propose

KIND = "recovery_write_off"
MAX_WHY = 2_000
CAUSES = {
    LossCause.WRONG_PAYMENT: "Paid to the wrong person, or too much",
    LossCause.FRAUD: "Fraud",
    LossCause.BANK_ERROR: "The bank's mistake",
    LossCause.OTHER: "Something else",
}


@dataclass(frozen=True)
class RecoveryRow:
    """A recovery as the list shows it."""

    recovery: AwardRecovery
    award: str
    fund: str

    @property
    def open_minor(self) -> int:
        """What is still to come back, in pence."""
        return self.recovery.amount_minor - self.recovery.recovered_minor - self.recovery.written_off_minor


def open_recovery(
    tx: Transaction, *, award_ref: str, cause: LossCause, found_on: dt.date, why: str
) -> AwardRecovery:
    """Note that an award was paid wrongly and is to come back; a line of the loss log.

    Raises `Refused` for an award that is not paid, or whose payment is being called back, `Conflict` when that was noted
    already, `BadInput` for no reason or a day that cannot be.
    """
    staff_id = require_staff(tx.actor, Permission.RESOLVE_PAYMENT)
    words = why.strip()
    if not words or len(words) > MAX_WHY:
        raise BadInput(f"say why, in {MAX_WHY} characters or fewer", where="why", fix="Say what happened.")
    found = by_ref(tx.session, award_ref)
    fund = lock_fund(tx, found.fund_id)
    award = locked_award(tx, found.id or 0)
    if has_conflict(tx.session, award.application_id, staff_id):
        raise Conflicted
    _check_may_come_back(tx.session, award, found_on)
    loss = losses.record_loss(
        tx,
        fund_slug=fund.slug,
        cause=cause,
        amount_minor=award.amount_minor,
        found_on=found_on,
        why=words,
        about=f"award:{award.ref}",
    )
    return _note(tx, award, loss, words, staff_id)


def _check_may_come_back(session: Session, award: Award, found_on: dt.date) -> None:
    """Raise unless an award was paid, is not noted already, and comes back in no other way."""
    noted = select(AwardRecovery.id).where(AwardRecovery.award_id == award.id)
    if session.exec(noted).first() is not None:
        raise Conflict("this is noted already", where=award.ref, fix="See: hardship recoveries list")
    if award.state is not AwardState.PAID:
        raise Refused(
            f"the award is {said(award.state)}", where=award.ref, fix="Only what was paid comes back."
        )
    _check_not_called_back(session, award)
    _check_not_before(award, found_on, "found_on")


def _note(tx: Transaction, award: Award, loss: Loss, words: str, staff_id: int) -> AwardRecovery:
    ref = new_reference()
    recovery = AwardRecovery(
        ref=ref,
        award_id=award.id or 0,
        state=RECOVERY_MACHINE.initial,
        amount_minor=award.amount_minor,
        found_on=loss.found_on,
        why=tx.vault.house(tx.session).seal("award_recovery", "why", ref, words),
        loss_ref=loss.ref,
        opened_by=staff_id,
        opened_at=tx.at,
        state_since=tx.at,
    )
    tx.session.add(recovery)
    tx.session.flush()
    tx.record(
        "award_recovery.open",
        _subject(recovery),
        state=recovery.state.value,
        award=award.ref,
        amount=recovery.amount_minor,
    )
    return recovery


def receive(
    tx: Transaction,
    *,
    recovery_ref: str,
    amount_minor: int,
    received_on: dt.date,
    bank_ref: str,
    account: AccountKind = AccountKind.BANK,
) -> AwardRecovery:
    """Book what came back of a wrongly paid award; the same bank reference, day and amount again is no change.

    Raises `BadInput` for an amount, day or reference that cannot be, `Refused` for more than is still out.
    """
    require(tx.actor, Permission.RECONCILE)
    reference = " ".join(bank_ref.split())
    _check_receipt(tx, amount_minor, received_on, reference)
    fund, award, recovery = _locked(tx, recovery_ref)
    _check_not_before(award, received_on, "received_on")
    told = f"{recovery.ref}|{received_on.isoformat()}|{amount_minor}|{reference.casefold()}"
    fingerprint = tx.vault.mac(b"recovery|" + told.encode())
    receipts = receipts_of(tx.session, recovery)
    if any(one.fingerprint == fingerprint for one in receipts):
        return recovery
    _check_still_out(recovery, amount_minor)
    if recovery.state is RecoveryState.WRITTEN_OFF:
        recovery.written_off_minor = 0
        _move(tx, recovery, RecoveryEvent.COME_IN_LATE)
    number = len(receipts) + 1
    before = [one.amount_minor for one in receipts]
    losses.recovered(
        tx,
        fund_slug=fund.slug,
        amount_minor=amount_minor,
        received_on=received_on,
        key=f"{recovery.ref}:{number}",
        loss_ref=recovery.loss_ref,
        about=f"award:{award.ref}",
        shares=_shares(tx, award, before, amount_minor),
        account=account,
    )
    _keep(tx, recovery, number, fingerprint, amount_minor, received_on, reference)
    if recovery.recovered_minor == recovery.amount_minor:
        _move(tx, recovery, RecoveryEvent.RECOVER_WHOLE)
        recover(tx, [award])
    return recovery


def _check_still_out(recovery: AwardRecovery, amount_minor: int) -> None:
    left = recovery.amount_minor - recovery.recovered_minor
    if amount_minor > left:
        raise Refused(
            f"{display(left)} is still out, {display(amount_minor)} is more",
            where=recovery.ref,
            fix="Record what is above it as what it is, for instance as a gift.",
        )


def _check_not_called_back(session: Session, award: Award) -> None:
    """One way at a time: a payment that comes back by a recall is booked as a return."""
    called = select(Payment.reference).where(
        Payment.award_id == award.id, Payment.state == PaymentState.RECALL_PENDING
    )
    if reference := session.exec(called).first():
        raise Refused(
            "the payment is being called back",
            where=reference,
            fix="Wait for the bank's answer; if it says no, note that first.",
        )


def _check_not_before(award: Award, on: dt.date, where: str) -> None:
    """Nothing went wrong, and nothing came back, before the award was there."""
    if on < day_of(award.offered_at):
        raise BadInput("the day is before the award", where=where, fix="Check the date.")


def _check_receipt(tx: Transaction, amount_minor: int, received_on: dt.date, reference: str) -> None:
    if amount_minor <= 0:
        raise BadInput("what came back is above 0.00", where="amount", fix="Write an amount like 200.00.")
    if received_on > day_of(tx.at):
        raise BadInput("the day has not come yet", where="received_on", fix="Check the date.")
    if not 1 <= len(reference) <= 140:
        raise BadInput(
            "it is missing, or longer than 140 characters",
            where="bank_ref",
            fix="Copy it from the statement.",
        )


def _shares(tx: Transaction, award: Award, before: Sequence[int], amount_minor: int) -> list[tuple[int, int]]:
    """Which pots get which pennies of this receipt back, after those before it."""
    paid = shares_of(tx.session, [award.id or 0]).get(award.id or 0, {})
    return [(pot, minor) for pot, minor in split(paid, [*before, amount_minor])[-1].items() if minor]


def _keep(
    tx: Transaction,
    recovery: AwardRecovery,
    number: int,
    fingerprint: str,
    amount_minor: int,
    received_on: dt.date,
    reference: str,
) -> None:
    sealed = tx.vault.house(tx.session).seal(
        "recovery_receipt", "bank_ref", f"{recovery.ref}|{number}", reference
    )
    tx.session.add(
        RecoveryReceipt(
            recovery_id=recovery.id or 0,
            fingerprint=fingerprint,
            number=number,
            amount_minor=amount_minor,
            received_on=received_on,
            bank_ref=sealed,
            staff_id=tx.actor.staff_id,
            at=tx.at,
        )
    )
    recovery.recovered_minor += amount_minor
    tx.session.add(recovery)
    tx.session.flush()
    facts = {"amount": amount_minor, "recovered": recovery.recovered_minor}
    tx.record("award_recovery.received", _subject(recovery), **facts)


def write_off_kind() -> Kind:
    """The kind of proposal, for `service.wire`."""
    return Kind(KIND, "Write off what does not come back", Permission.SECOND_MONEY, _carry_out, _describe)


def propose_write_off(tx: Transaction, *, recovery_ref: str, why: str) -> Proposed:
    """Propose to write off what has not come back; a second person decides. The books do not change: the grant is an
    expense already."""
    require(tx.actor, Permission.RECONCILE)
    words = why.strip()
    if not words or len(words) > MAX_WHY:
        raise BadInput(f"say why, in {MAX_WHY} characters or fewer", where="why", fix="Say what was tried.")
    recovery = _locked(tx, recovery_ref)[2]
    if recovery.state is not RecoveryState.OPEN:
        raise Refused(f"the recovery is {said(recovery.state)}", where=recovery.ref)
    payload = {"recovery": recovery.ref, "why": words}
    return propose(tx, kind=KIND, subject=_subject(recovery), payload=payload)


def _describe(session: Session, payload: Payload) -> list[tuple[str, str]]:
    row = named(session, str(payload["recovery"]))
    return [
        ("Award", row.award),
        ("Paid wrongly", display(row.recovery.amount_minor)),
        ("Came back", display(row.recovery.recovered_minor)),
        ("To write off", display(row.open_minor)),
        ("Reason", str(payload["why"])),
    ]


def _carry_out(tx: Transaction, payload: Payload) -> AwardRecovery:
    _, award, recovery = _locked(tx, str(payload["recovery"]))
    if tx.actor.staff_id is not None and has_conflict(tx.session, award.application_id, tx.actor.staff_id):
        raise Conflicted
    recovery.written_off_minor = recovery.amount_minor - recovery.recovered_minor
    _move(tx, recovery, RecoveryEvent.WRITE_OFF)
    return recovery


def _move(tx: Transaction, recovery: AwardRecovery, event: RecoveryEvent) -> None:
    recovery.state = RECOVERY_MACHINE.apply(recovery.state, event)
    recovery.state_since = tx.at
    tx.session.add(recovery)
    tx.session.flush()
    tx.record(
        f"award_recovery.{recovery.state.value}",
        _subject(recovery),
        state=recovery.state.value,
        recovered=recovery.recovered_minor,
        written_off=recovery.written_off_minor,
    )


def _subject(recovery: AwardRecovery) -> str:
    return f"award-recovery:{recovery.ref}"


def _locked(tx: Transaction, ref: str) -> tuple[Fund, Award, AwardRecovery]:
    """A recovery with its fund and award, locked in that order."""
    found = named(tx.session, ref).recovery
    award = tx.session.get(Award, found.award_id)
    assert award is not None
    fund = lock_fund(tx, award.fund_id)
    award = locked_award(tx, found.award_id)
    return fund, award, lock(tx.session, select(AwardRecovery).where(AwardRecovery.id == found.id))[0]


def receipts_of(session: Session, recovery: AwardRecovery) -> list[RecoveryReceipt]:
    """What came back, in order."""
    wanted = select(RecoveryReceipt).where(RecoveryReceipt.recovery_id == recovery.id)
    return list(session.exec(wanted.order_by(col(RecoveryReceipt.number))).all())


def named(session: Session, ref: str) -> RecoveryRow:
    """One recovery; raises `NotFound`."""
    row = next(iter(_rows(session, AwardRecovery.ref == tidy_reference(ref[:40]))), None)
    if row is None:
        raise NotFound("there is no such recovery", where=ref[:40], fix="See: hardship recoveries list")
    return row


def recoveries(session: Session, state: RecoveryState | None = None, limit: int = 200) -> list[RecoveryRow]:
    """Recoveries (in one state, or all), the oldest first."""
    return _rows(session, *([AwardRecovery.state == state] if state else []), limit=limit)


def _rows(session: Session, *which: object, limit: int = 1) -> list[RecoveryRow]:
    wanted = (
        select(AwardRecovery, Award.ref, Fund.slug)
        .join(Award, col(Award.id) == AwardRecovery.award_id)
        .join(Fund, col(Fund.id) == Award.fund_id)
        .where(*which)  # type: ignore[arg-type]
        .order_by(col(AwardRecovery.id))
        .limit(limit)
    )
    return [RecoveryRow(*row) for row in session.exec(wanted).all()]
