"""Use cases of those who issue codes: a group, a batch of codes for it, taking back what is left of one."""

import datetime as dt
import re
from dataclasses import dataclass, field

from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from hardship.applications.answers import one_line
from hardship.applications.vouching.models import GroupKind, VoucherBatch, VoucherCode, VoucherGroup
from hardship.applications.vouching.queries import group_by_ref
from hardship.applications.vouching.redeeming import code_token
from hardship.applications.vouching.transitions import BATCHES, BatchEvent
from hardship.core.clock import day_of
from hardship.core.db import lock, violated
from hardship.core.errors import BadInput, Conflict, NotFound
from hardship.core.refs import new_reference, new_voucher_code, tidy_reference
from hardship.core.runtime import Transaction
from hardship.funds.models import Fund, Round
from hardship.staff.permissions import Permission, require

MAX_NAME = 100
MAX_SIZE = 1_000  # codes at once: a sheet that somebody still looks after
MAX_WHY = 300
LONGEST = dt.timedelta(days=731)
_CODE = VoucherCode.__table__  # type: ignore[attr-defined]
_REF = re.compile(r"[0-9A-Z]{4}-[0-9A-Z]{4}")


@dataclass(frozen=True)
class Issued:
    """A batch that was just issued. The codes are nowhere else: who shows them shows them once."""

    ref: str
    group: str
    expires_on: dt.date
    codes: tuple[str, ...] = field(repr=False)


def add_group(
    tx: Transaction, *, name: str, kind: GroupKind, fund: Fund, round_: Round | None = None
) -> VoucherGroup:
    """Add a group that may hand on codes for `round_`, or for every round of the fund. Raises `BadInput` for a name
    that is empty or taken, or a round of another fund."""
    require(tx.actor, Permission.ISSUE_VOUCHERS)
    named = one_line(name)
    if not 1 <= len(named) <= MAX_NAME:
        raise BadInput(f"a name is needed, of at most {MAX_NAME} characters", where="name", fix="Write one.")
    if round_ is not None and round_.fund_id != fund.id:
        raise BadInput("this round is another fund's", where="round", fix="Choose one of the fund's own.")
    same = select(VoucherGroup).where(VoucherGroup.fund_id == fund.id, VoucherGroup.name == named)
    if tx.session.exec(same).first() is not None:
        raise BadInput("the fund has a group of this name", where="name", fix="Use it, or write another.")
    group = VoucherGroup(
        ref=new_reference(),
        name=named,
        kind=kind,
        fund_id=fund.id or 0,
        round_id=round_.id if round_ else None,
        added_at=tx.at,
    )
    tx.session.add(group)
    tx.session.flush()
    tx.record("voucher_group.added", f"voucher_group:{group.ref}", group_kind=kind.value, fund=fund.slug)
    return group


def issue(tx: Transaction, *, group_ref: str, size: int, expires_on: dt.date, ref: str = "") -> Issued:
    """Issue a batch of `size` codes that count through the day `expires_on` (London). They are returned and kept only
    as keyed hashes. A `ref` given beforehand makes that a form sent twice issues once.

    Raises `BadInput` with the field as `where`, `NotFound` for an unknown group, `Conflict` for the second time.
    """
    require(tx.actor, Permission.ISSUE_VOUCHERS)
    group = group_by_ref(tx.session, group_ref)
    _check(tx, size, expires_on, ref)
    batch = VoucherBatch(
        ref=ref or new_reference(),
        group_id=group.id or 0,
        size=size,
        expires_on=expires_on,
        state=BATCHES.initial,
        issued_at=tx.at,
        issued_by=tx.actor.staff_id,
    )
    tx.session.add(batch)
    try:
        tx.session.flush()
    except IntegrityError as error:
        if violated(error, "uq_voucher_batch_ref", "voucher_batch.ref"):
            raise Conflict(
                "these codes were issued and shown already",
                fix="If they are lost, cancel the batch and issue another.",
            ) from None
        raise
    codes = tuple(new_voucher_code() for _ in range(size))
    rows = [{"token": code_token(tx.vault, code), "batch_id": batch.id} for code in codes]
    tx.session.connection().execute(insert(_CODE), rows)
    tx.record(
        "voucher_batch.issued",
        batch_subject(batch),
        state=batch.state.value,
        group=group.ref,
        size=size,
        expires_on=expires_on.isoformat(),
    )
    return Issued(batch.ref, group.name, expires_on, codes)


def cancel(tx: Transaction, *, ref: str, why: str) -> VoucherBatch:
    """Take back what is left of a batch: what was used stays used, the rest opens nothing. `why` is kept sealed.

    Raises `BadInput` without a reason, `Conflict` (`IllegalTransition`) when it was cancelled before.
    """
    require(tx.actor, Permission.ISSUE_VOUCHERS)
    reason = one_line(why)
    if not 1 <= len(reason) <= MAX_WHY:
        raise BadInput(
            f"a reason is needed, of at most {MAX_WHY} characters", where="why", fix="Say why in a sentence."
        )
    wanted = select(VoucherBatch).where(col(VoucherBatch.ref) == tidy_reference(ref[:20]))
    batch = next(iter(lock(tx.session, wanted)), None)
    if batch is None:
        raise NotFound("no batch has this reference", fix="See: hardship vouchers list")
    batch.state = BATCHES.apply(batch.state, BatchEvent.CANCEL)
    batch.cancelled_at, batch.cancelled_by = tx.at, tx.actor.staff_id
    sealer = tx.vault.house(tx.session)
    batch.cancel_why = sealer.seal("voucher_batch", "cancel_why", batch.ref, reason)
    tx.session.add(batch)
    tx.record("voucher_batch.cancelled", batch_subject(batch), state=batch.state.value)
    return batch


def batch_subject(batch: VoucherBatch) -> str:
    """How the event log names a batch."""
    return f"voucher_batch:{batch.ref}"


def _check(tx: Transaction, size: int, expires_on: dt.date, ref: str) -> None:
    if not 1 <= size <= MAX_SIZE:
        raise BadInput(f"not between 1 and {MAX_SIZE:,}", where="size", fix="Issue several batches.")
    today = day_of(tx.at)
    if not today <= expires_on <= today + LONGEST:
        raise BadInput("not a day within two years from today", where="expires_on", fix="Choose another day.")
    if ref and not _REF.fullmatch(ref):
        raise BadInput("not a reference", where="ref", fix="Open the page anew.")
