"""Making, approving and cancelling batches, and what voids an approval."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlmodel import col, select

from hardship.applications.events import BankDetailsGiven
from hardship.applications.queries import by_id
from hardship.applications.service import Payee
from hardship.awards.events import AwardStopped
from hardship.awards.models import Award
from hardship.awards.parts import tell
from hardship.awards.queries import live_award_of
from hardship.awards.service import start_payment
from hardship.awards.transitions import AwardState
from hardship.core.actor import ActorKind
from hardship.core.canonical import digest
from hardship.core.db import lock
from hardship.core.errors import Conflict, Refused
from hardship.core.models import OutboxMail
from hardship.core.refs import new_payment_reference, new_reference
from hardship.core.runtime import Transaction
from hardship.funds.models import Fund
from hardship.funds.service import lock_fund
from hardship.payouts.files import account_of
from hardship.payouts.held import refuse_while_held
from hardship.payouts.limits import Tried
from hardship.payouts.models import Batch, Payment, RailName
from hardship.payouts.queries import batch_named
from hardship.payouts.rails import rail_for
from hardship.payouts.records import keep_records
from hardship.payouts.sanctions.queries import held_cases
from hardship.payouts.service.approving import check_limits
from hardship.payouts.service.choosing import choose, payable
from hardship.payouts.service.progress import (
    Move,
    Step,
    hold,
    move,
    move_batch,
    recount,
    today,
)
from hardship.payouts.transitions import BatchEvent, BatchState, PaymentEvent, PaymentState
from hardship.review.queries import conflicts_of
from hardship.staff.models import Staff
from hardship.staff.permissions import Permission, require_staff

_S = PaymentState
_UNSENT = (BatchState.DRAFT, BatchState.APPROVED)
_NOT_SENT = (_S.DRAFT, _S.APPROVED, _S.FAILED, _S.RETURNED)
"""States in which nothing of a payment is at the rail, so that it can be taken out of its batch."""


def make_batch(
    tx: Transaction, *, fund: str, rail: RailName, limit: int | None = None, request_key: str | None = None
) -> Batch:
    """A new batch of everything that is ready to be paid: accepted awards with bank details, and payments that failed
    or came back, oldest first; at most `limit` of them.

    Left out are cases the maker has a conflict with (I9), payees whom a possible sanctions hit stops, payments a bank
    line casts doubt on, and what goes beyond the fund's limit for a batch. Raises `Refused` when nothing is left,
    `BadInput` for a rail that is not there. With the `request_key` of an earlier request of the
    same person it gives the batch that was made then: a form sent twice makes one batch.
    """
    staff_id = require_staff(tx.actor, Permission.MAKE_BATCH)
    rail_for(tx.runtime, rail)
    owner = lock_fund(tx, fund)
    assert owner.id is not None
    if request_key and (made := _asked_before(tx, request_key, staff_id)):
        return made
    if rail is RailName.BANK_FILE:
        account_of(tx.session, tx.vault, owner)
    chosen = choose(tx, owner, staff_id, limit)
    batch = Batch(
        ref=new_reference(),
        fund_id=owner.id,
        rail=rail,
        state=BatchState.DRAFT,
        made_by=staff_id,
        made_at=tx.at,
        request_key=request_key,
        state_since=tx.at,
        screened_at=tx.at,
        sanctions_list_id=chosen.list_id,
    )
    tx.session.add(batch)
    tx.session.flush()
    held = _put_in(tx, batch, chosen.awards)
    start_payment(tx, [award for _, award in held])
    _note_payees(tx, held, chosen.known)
    recount(tx, batch)
    batch.digest = digest_of(batch, [payment for payment, _ in held])
    facts = {"rail": rail.value, "count": batch.count, "amount": batch.amount_minor, "digest": batch.digest}
    tx.record("batch.draft", f"batch:{batch.ref}", state=BatchState.DRAFT.value, **facts)
    return batch


def _asked_before(tx: Transaction, request_key: str, staff_id: int) -> Batch | None:
    wanted = select(Batch).where(Batch.request_key == request_key, Batch.made_by == staff_id)
    return tx.session.exec(wanted).first()


def _put_in(
    tx: Transaction, batch: Batch, chosen: Sequence[tuple[Award, Payment | None]]
) -> list[tuple[Payment, Award]]:
    """The chosen payments, made where there was none, as parts of the batch."""
    held = hold(tx, [payment.id or 0 for _, payment in chosen if payment is not None])
    for again, _ in held:
        again.batch_id = batch.id
    made: list[tuple[Payment, Award]] = []
    for award, payment in chosen:
        if payment is None:
            new = Payment(
                reference=new_payment_reference(),
                award_id=award.id or 0,
                batch_id=batch.id,
                amount_minor=award.amount_minor,
                state=_S.DRAFT,
                state_since=tx.at,
            )
            made.append((new, award))
            _record_draft(tx, new, award, batch)
    tx.session.add_all(payment for payment, _ in made)
    tx.session.flush()
    return [*held, *made]


def _record_draft(tx: Transaction, payment: Payment, award: Award, batch: Batch) -> None:
    tx.record(
        "payment.draft",
        f"payment:{payment.reference}",
        state=_S.DRAFT.value,
        award=award.ref,
        amount=payment.amount_minor,
        batch=batch.ref,
    )


# --- What is approved ---------------------------------------------------------------------------------------------


def payee_digest(tx: Transaction, payment: Payment, payee: Payee) -> str:
    """A keyed digest of whom a payment goes to; changed details never have the same."""
    text = f"payee|{payment.reference}|{payee.name}|{payee.sort_code}|{payee.account_number}"
    return tx.vault.mac(text.encode())


def _note_payees(tx: Transaction, held: Iterable[tuple[Payment, Award]], known: Mapping[int, Payee]) -> None:
    for payment, award in held:
        payment.payee_digest = payee_digest(tx, payment, known[award.application_id])


def digest_of(batch: Batch, payments: Iterable[Payment]) -> str:
    """What an approval is for: the rail, and each payment's reference, amount and payee."""
    rows = sorted([payment.reference, payment.amount_minor, payment.payee_digest] for payment in payments)
    return digest({"batch": batch.ref, "rail": batch.rail.value, "payments": rows})


def open_batch(tx: Transaction, batch_ref: str) -> tuple[Fund, Batch]:
    """A batch and its fund, locked and read anew; raises `NotFound`."""
    found = batch_named(tx.session, batch_ref)
    fund = lock_fund(tx, found.fund_id)
    return fund, lock(tx.session, select(Batch).where(Batch.id == found.id))[0]


def contents(tx: Transaction, batch: Batch) -> list[tuple[Payment, Award]]:
    """What is in a batch, locked."""
    numbers = tx.session.exec(
        select(Payment.id)
        .where(Payment.batch_id == batch.id, Payment.state != _S.CANCELLED)
        .order_by(col(Payment.id))
    ).all()
    return hold(tx, [number or 0 for number in numbers])


def approve_batch(tx: Transaction, *, batch_ref: str, seen: str | None = None) -> Batch:
    """A second person's word for a batch (I9): not its maker's, and nobody's with a conflict in it.

    `seen` is the digest of the batch as the approver saw it; another one raises `Conflict`. Raises `LimitReached` when
    it is more than the fund lets one batch hold, or one person approve in a day. `screening.approve` screens first.
    """
    staff_id = require_staff(tx.actor, Permission.APPROVE_BATCH)
    fund, batch = open_batch(tx, batch_ref)
    if batch.state not in {BatchState.DRAFT, BatchState.CANCELLED} and batch.approved_by == staff_id:
        return batch
    if batch.state is not BatchState.DRAFT:
        raise Refused(_not_draft(tx, batch), where=batch.ref, fix="There is nothing to approve.")
    refuse_while_held(tx.session, batch.ref)
    rail_for(tx.runtime, batch.rail)
    if batch.made_by == staff_id:
        raise Refused("you made this batch", where=batch.ref, fix="Another person has to approve it.")
    if seen is not None and batch.state is BatchState.DRAFT and seen != batch.digest:
        raise Conflict(
            "the batch changed since you opened it", where=batch.ref, fix="Look at it again, then approve."
        )
    held = contents(tx, batch)
    refuse_conflicts(tx, batch, {staff_id: "You", batch.made_by: "Its maker"}, held)
    if held_cases(tx.session, [award.application_id for _, award in held]):
        raise Refused(
            "a payee of it may be on the sanctions list",
            where=batch.ref,
            fix="Approve it again: they are taken out.",
        )
    known = payable(tx, [award for _, award in held])
    if missing := sum(1 for _, award in held if award.application_id not in known):
        raise Refused(
            f"{missing} of the payments cannot be paid as they are", where=batch.ref, fix="Cancel the batch."
        )
    check_limits(tx, fund, staff_id, Tried(f"batch:{batch.ref}", batch.amount_minor))
    _note_payees(tx, held, known)
    keep_records(
        tx, [(payment, known[award.application_id]) for payment, award in held], batch.made_by, staff_id
    )
    batch.digest = digest_of(batch, [payment for payment, _ in held])
    batch.approved_by, batch.approved_at = staff_id, tx.at
    move_batch(tx, batch, BatchEvent.APPROVE)
    move(tx, fund, [_step(tx, payment, award, _approval(payment)) for payment, award in held])
    return batch


def _not_draft(tx: Transaction, batch: Batch) -> str:
    """Why there is nothing to approve, in words that say who was there before."""
    if batch.state is BatchState.CANCELLED:
        return "the batch was cancelled"
    who = tx.session.get(Staff, batch.approved_by) if batch.approved_by else None
    return f"the batch was approved already, by {who.email}" if who else "the batch was approved already"


def _approval(payment: Payment) -> PaymentEvent:
    return PaymentEvent.APPROVE if payment.state is _S.DRAFT else PaymentEvent.REAPPROVE


def _step(tx: Transaction, payment: Payment, award: Award, event: PaymentEvent) -> Move:
    return Move(payment, award, steps=[Step(event, today(tx))])


def refuse_conflicts(
    tx: Transaction, batch: Batch, people: Mapping[int, str], held: Sequence[tuple[Payment, Award]]
) -> None:
    """Raise `Refused` if any of these people declared a conflict with a case in the batch."""
    cases = [award.application_id for _, award in held]
    for staff_id, who in people.items():
        if count := len(conflicts_of(tx.session, staff_id, cases)):
            noun = "a case" if count == 1 else f"{count} cases"
            raise Refused(
                f"{who} declared a conflict with {noun} in this batch, or entered it",
                where=batch.ref,
                fix="Somebody without one has to make and approve it; cancel this batch if it was made with one.",
            )


def cancel_batch(tx: Transaction, *, batch_ref: str) -> Batch:
    """Undo a batch that was not submitted; what was in it is ready to be paid again."""
    require_staff(tx.actor, Permission.SUBMIT_BATCH)
    fund, batch = open_batch(tx, batch_ref)
    if batch.state is BatchState.CANCELLED:
        return batch
    if batch.state not in _UNSENT:
        raise Refused(
            "the batch was submitted", where=batch.ref, fix="What was sent cannot be called back here."
        )
    move(tx, fund, [_step(tx, payment, award, PaymentEvent.CANCEL) for payment, award in contents(tx, batch)])
    move_batch(tx, batch, BatchEvent.CANCEL)
    return batch


# --- What voids an approval ---------------------------------------------------------------------------------------


def void_approval(tx: Transaction, fund: Fund, batch: Batch) -> None:
    """Take an approval back: the batch and every payment that is approved in it need a second person again."""
    move_batch(tx, batch, BatchEvent.VOID_APPROVAL)
    batch.approved_by = batch.approved_at = None
    held = [one for one in contents(tx, batch) if one[0].state is _S.APPROVED]
    move(tx, fund, [_step(tx, payment, award, PaymentEvent.VOID_APPROVAL) for payment, award in held])


def after_change(tx: Transaction, fund: Fund, batch: Batch) -> None:
    """A batch lost or changed a payment: count it anew, void its approval, and cancel it when nothing is left."""
    recount(tx, batch)
    if batch.state is BatchState.APPROVED:
        void_approval(tx, fund, batch)
    if batch.state is BatchState.DRAFT:
        batch.digest = digest_of(batch, [payment for payment, _ in contents(tx, batch)])
        if batch.count == 0:
            move_batch(tx, batch, BatchEvent.CANCEL)


def on_award_stopped(tx: Transaction, stopped: AwardStopped) -> None:
    """An award in payment is about to end, or its payee to change: its payment is cancelled and the award taken out of
    the batch, whose approval is void. Raises `Refused` when the money may be on its way."""
    found = _payment_of(tx, Payment.award_id == stopped.award_id)
    if found is None:
        return
    take_out(tx, *found)
    if tx.actor.kind is ActorKind.APPLICANT:  # what staff stops, staff tells of
        tell_once(tx, found[2].application_id)


def on_bank_details(tx: Transaction, given: BankDetailsGiven) -> None:
    """Bank details changed: an approval of the old ones is void, and what cannot be paid to the new ones comes out.

    Whoever has an award is told by the safe channel that there is news: it may not have been they who changed them.
    """
    if live_award_of(tx.session, given.application_id) is not None:
        tell_once(tx, given.application_id)
    found = _payment_of(tx, Award.application_id == given.application_id)
    if found is None:
        return
    fund, payment, award = found
    batch = _batch_of(tx, payment)
    if payment.state not in _NOT_SENT or award.state is not AwardState.IN_PAYMENT or batch is None:
        return
    payee = payable(tx, [award]).get(award.application_id)
    if payee is None or batch.state is BatchState.SUBMITTING:
        take_out(tx, fund, payment, award)
        return
    if payee_digest(tx, payment, payee) == payment.payee_digest:
        return
    payment.payee_digest = payee_digest(tx, payment, payee)
    if payment.state is _S.APPROVED:
        move(tx, fund, [_step(tx, payment, award, PaymentEvent.CHANGE_DETAILS)])
    after_change(tx, fund, batch)


def tell_once(tx: Transaction, application_id: int) -> None:
    """Tell an applicant by the safe channel that there is news, at most once in a transaction."""
    application = by_id(tx.session, application_id)
    waiting = (one for one in tx.session.new if isinstance(one, OutboxMail))
    if not any(mail.data_key_id == application.data_key_id for mail in waiting):
        tell(tx, application)


def hold_back(tx: Transaction, payment_id: int) -> None:
    """A bank line casts doubt on a payment: if its award waits to be paid (again, maybe by a payment of its own, since
    one that was voided has another after it), take that out of its batch."""
    of_award = select(Payment.award_id).where(Payment.id == payment_id)
    found = _payment_of(tx, col(Payment.award_id).in_(of_award))
    if found is None or found[1].state not in _NOT_SENT or found[2].state is not AwardState.IN_PAYMENT:
        return
    take_out(tx, *found)


def _payment_of(tx: Transaction, which: Any) -> tuple[Fund, Payment, Award] | None:
    """The live payment of an award, locked with its fund."""
    found = tx.session.exec(
        select(Payment.id, Award.fund_id)
        .join(Award, col(Award.id) == Payment.award_id)
        .where(which, Payment.state != _S.CANCELLED)
        .order_by(col(Payment.id).desc())
    ).first()
    if found is None:
        return None
    fund = lock_fund(tx, found[1])
    return fund, *hold(tx, [found[0] or 0])[0]


def take_out(tx: Transaction, fund: Fund, payment: Payment, award: Award) -> None:
    """Cancel a payment that was not sent and take its award out of the batch, whose approval is void.

    Raises `Refused` when the money may be on its way. The fund is locked, payment and award come from `hold`.
    """
    if payment.state not in _NOT_SENT:
        raise Refused(
            "the payment is under way", where=payment.reference, fix="It cannot be stopped any more."
        )
    batch = _batch_of(tx, payment)
    move(tx, fund, [_step(tx, payment, award, PaymentEvent.CANCEL)])
    if batch is not None:
        after_change(tx, fund, batch)


def _batch_of(tx: Transaction, payment: Payment) -> Batch | None:
    if payment.batch_id is None:
        return None
    return lock(tx.session, select(Batch).where(Batch.id == payment.batch_id))[0]
