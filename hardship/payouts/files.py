"""Files of payments for the bank: made once a batch is complete, kept sealed, handed out whenever asked, the same to
the byte.

A file holds at most as many payments as the bank takes at once. It is made in a transaction of its own, so that any
number of workers make each file once and somebody can see how far they are.
"""

import json
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import func
from sqlmodel import Session, col, select

from hardship.applications.models import Application
from hardship.awards.models import Award
from hardship.core.actor import SYSTEM, Actor
from hardship.core.canonical import sha256_hex
from hardship.core.db import lock
from hardship.core.errors import BadInput, Broken, HardshipError, NotFound, Refused
from hardship.core.runtime import Runtime, Transaction
from hardship.core.vault import Vault
from hardship.funds.bankfiles import BankFiles, FileForm, stored_settings
from hardship.funds.models import Fund
from hardship.funds.queries import bank_account_of
from hardship.funds.service import lock_fund
from hardship.payouts.held import is_held, refuse_while_held
from hardship.payouts.models import Attempt, AttemptOutcome, BankFile, BankFileState, Batch, Payment, RailName
from hardship.payouts.queries import batch_named
from hardship.payouts.rails.bank_file.content import Account, Content, written
from hardship.payouts.rails.base import Instruction
from hardship.payouts.transitions import BatchState, PaymentState
from hardship.staff.permissions import Permission, require

log = logging.getLogger("hardship.payouts")

ENDINGS = {FileForm.PAIN_001: "xml", FileForm.CSV: "csv"}
FOLDER = "bank-files"
"""Where files are written, within the instance folder, when nobody names another place."""


@dataclass(frozen=True)
class Handed:
    """A file as it is handed out."""

    ref: str
    form: FileForm
    data: bytes = field(repr=False)

    @property
    def name(self) -> str:
        """What it is called on a disk: says nothing of the fund."""
        return file_name(self.ref, self.form)


def file_name(ref: str, form: FileForm) -> str:
    """What a file is called on a disk."""
    return f"{ref}.{ENDINGS[form]}"


def settings_of(fund: Fund) -> BankFiles:
    """How a fund's payments are written for its bank."""
    return stored_settings(fund.bank_files)


def account_of(session: Session, vault: Vault, fund: Fund) -> Account:
    """The account a fund pays from; raises `Refused` when none is declared. Recipients are shown `public_name`."""
    found = bank_account_of(session, vault, fund)
    if found is None:
        raise Refused(
            "the fund has no bank account to pay from",
            where=fund.slug,
            fix="Declare [fund.bank] and load it.",
        )
    return Account(fund.public_name, *found)


# --- Which form ---------------------------------------------------------------------------------------------------


def choose_form(tx: Transaction, *, batch_ref: str, form: FileForm) -> Batch:
    """Say in which form a batch's files are written, where it is not to be the fund's own; until it is submitted."""
    require(tx.actor, Permission.MAKE_BATCH)
    found = batch_named(tx.session, batch_ref)
    lock_fund(tx, found.fund_id)
    batch = lock(tx.session, select(Batch).where(Batch.id == found.id))[0]
    if batch.rail is not RailName.BANK_FILE:
        raise BadInput("only a bank file has a form", where="form", fix="Leave it out for this rail.")
    if batch.state not in {BatchState.DRAFT, BatchState.APPROVED}:
        raise Refused("the batch was submitted", where=batch.ref, fix="Its files are made.")
    if batch.file_form is not form:
        batch.file_form = form
        tx.session.add(batch)
        tx.record("batch.file_form_chosen", f"batch:{batch.ref}", form=form.value)
    return batch


# --- Making -------------------------------------------------------------------------------------------------------


def make_files(runtime: Runtime, actor: Actor, batch_id: int) -> int:
    """Make the files of a batch that are not there yet, one after the other; returns how many. Again makes none."""
    made = 0
    while runtime.transact(actor, make_next, batch_id=batch_id):
        made += 1
    return made


def make_next(tx: Transaction, *, batch_id: int) -> str:
    """Make the next file of a batch whose payments were all taken; "" when there is nothing left to write, or money
    waits."""
    batch = tx.session.get(Batch, batch_id)
    assert batch is not None
    fund = lock_fund(tx, batch.fund_id)
    batch = lock(tx.session, select(Batch).where(Batch.id == batch_id))[0]
    if batch.rail is not RailName.BANK_FILE or batch.state is not BatchState.SUBMITTED or is_held(tx.session):
        return ""
    settings = settings_of(fund)
    attempts = _unwritten(tx, batch_id, settings.size)
    if not attempts:
        return ""
    number = 1 + int(tx.session.exec(select(func.count()).where(col(BankFile.batch_id) == batch_id)).one())
    content = Content(
        ref=f"{batch.ref}-{number:03d}",
        made_at=tx.session.exec(
            select(func.min(Attempt.created_at)).where(Attempt.batch_id == batch_id)
        ).one(),
        account=account_of(tx.session, tx.vault, fund),
        payments=_instructions(tx, attempts),
    )
    form = batch.file_form or settings.form
    _store(tx, batch, number, form, content, written(content, form, settings), attempts)
    return content.ref


def _unwritten(tx: Transaction, batch_id: int, size: int) -> Sequence[Attempt]:
    """The next payments that were taken and are in no file, locked. One that is not on its way any more (it was paid
    another way meanwhile) is never written."""
    wanted = (
        select(Attempt)
        .join(Payment, col(Payment.id) == Attempt.payment_id)
        .where(
            Attempt.batch_id == batch_id,
            Attempt.outcome == AttemptOutcome.ACCEPTED,
            col(Attempt.bank_file_id).is_(None),
            Payment.state == PaymentState.SUBMITTED,
        )
        .order_by(col(Attempt.id))
        .limit(size)
    )
    return lock(tx.session, wanted)


def _instructions(tx: Transaction, attempts: Sequence[Attempt]) -> list[tuple[str, Instruction]]:
    """What was committed for each try, opened, with its code."""
    owners: dict[int, str] = {}
    for start in range(0, len(attempts), 500):
        rows = tx.session.exec(
            select(Payment.id, Application.data_key_id)
            .join(Award, col(Award.id) == Payment.award_id)
            .join(Application, col(Application.id) == Award.application_id)
            .where(col(Payment.id).in_([one.payment_id for one in attempts[start : start + 500]]))
        )
        owners |= {number or 0: key_id for number, key_id in rows}
    sealers = tx.vault.people(tx.session, set(owners.values()))
    opened: list[tuple[str, Instruction]] = []
    for one in attempts:
        sealer = sealers.get(owners.get(one.payment_id, ""))
        text = sealer.open("attempt", "payload", one.idem_key, one.payload) if sealer else None
        if text is None or tx.vault.mac(b"payload|" + text.encode()) != one.payload_digest:
            raise Broken("a stored payload is not the one that was sent", where=f"attempt {one.id}")
        opened.append((one.reference, Instruction(**json.loads(text))))
    return opened


def _store(
    tx: Transaction,
    batch: Batch,
    number: int,
    form: FileForm,
    content: Content,
    data: bytes,
    attempts: Sequence[Attempt],
) -> None:
    row = BankFile(
        ref=content.ref,
        batch_id=batch.id or 0,
        number=number,
        form=form,
        count=len(attempts),
        amount_minor=content.total_minor,
        content=tx.vault.house(tx.session).seal("bank_file", "content", content.ref, data.decode()),
        sha256=sha256_hex(data),
        state=BankFileState.MADE,
        made_at=tx.at,
    )
    tx.session.add(row)
    tx.session.flush()
    for one in attempts:
        one.bank_file_id = row.id
    tx.session.add_all(attempts)
    tx.record(
        "bank_file.made",
        f"bank_file:{row.ref}",
        state=row.state.value,
        batch=batch.ref,
        form=form.value,
        count=row.count,
        amount=row.amount_minor,
        sha256=row.sha256,
    )


def work(runtime: Runtime) -> int:
    """What the worker does: make the files that a batch still lacks; returns how many were made."""
    with runtime.read() as session:
        lacking = session.exec(
            select(Attempt.batch_id)
            .join(Batch, col(Batch.id) == Attempt.batch_id)
            .join(Payment, col(Payment.id) == Attempt.payment_id)
            .where(
                Batch.rail == RailName.BANK_FILE,
                Batch.state == BatchState.SUBMITTED,
                Attempt.outcome == AttemptOutcome.ACCEPTED,
                col(Attempt.bank_file_id).is_(None),
                Payment.state == PaymentState.SUBMITTED,
            )
            .distinct()
            .order_by(col(Attempt.batch_id))
        ).all()
    made = 0
    for number in lacking:
        try:
            made += make_files(runtime, SYSTEM, number)
        except HardshipError as error:  # the others go on; the page of the batch shows what it lacks
            log.warning("the files of batch %s cannot be made: %s", number, error.what)
    return made


# --- Handing out --------------------------------------------------------------------------------------------------


def files_of(session: Session, batch: Batch) -> list[BankFile]:
    """The files of a batch, in order."""
    wanted = select(BankFile).where(BankFile.batch_id == batch.id).order_by(col(BankFile.number))
    return list(session.exec(wanted).all())


def file_named(session: Session, ref: str) -> BankFile:
    """The file with this reference; raises `NotFound`."""
    found = session.exec(select(BankFile).where(BankFile.ref == ref[:20].strip().upper())).first()
    if found is None:
        raise NotFound("there is no such file", where=ref[:20], fix="See: hardship payouts files BATCH")
    return found


def hand_out(tx: Transaction, *, ref: str) -> Handed:
    """A file's bytes, the same each time; that they were handed out is one event. Raises `Conflict`-like `Refused` for
    a file that was voided (the bank must not get it any more), and while money waits after a restore."""
    require(tx.actor, Permission.SUBMIT_BATCH)
    row = file_named(tx.session, ref)
    refuse_while_held(tx.session, row.ref)
    if row.state is BankFileState.VOIDED:
        raise Refused("the file was voided", where=row.ref, fix="Its payments are paid by another batch.")
    text = tx.vault.house(tx.session).open("bank_file", "content", row.ref, row.content)
    if text is None:
        raise Refused("the file was deleted when its time was over", where=row.ref)
    data = text.encode()
    if sha256_hex(data) != row.sha256:
        raise Broken("the file is not the one that was made", where=row.ref, fix="See: hardship doctor")
    tx.record("bank_file.read", f"bank_file:{row.ref}", sha256=row.sha256)
    return Handed(row.ref, row.form, data)


def export_made(runtime: Runtime, actor: Actor, batch_ref: str) -> int:
    """Make the files of a batch that was handed over, without writing any; returns how many."""
    with runtime.read() as session:
        batch = batch_named(session, batch_ref)
    if batch.rail is not RailName.BANK_FILE or batch.id is None:
        return 0
    return make_files(runtime, actor, batch.id)


def export(runtime: Runtime, actor: Actor, batch_ref: str, folder: Path | None = None) -> list[Path]:
    """Make the files of a batch that was handed over, and write them; [] for a batch of another rail."""
    export_made(runtime, actor, batch_ref)
    return write_files(runtime, actor, batch_ref, folder)


def write_files(runtime: Runtime, actor: Actor, batch_ref: str, folder: Path | None = None) -> list[Path]:
    """Write a batch's files that stand into `folder` (else the instance's own), readable by the owner alone, and return
    where they are. Raises `BadInput` for a folder that cannot be written to."""
    with runtime.read() as session:
        refs = [
            one.ref
            for one in files_of(session, batch_named(session, batch_ref))
            if one.state is BankFileState.MADE
        ]
    place = (folder or runtime.settings.instance / FOLDER).absolute()
    if refs:
        _make_folder(place)
    return [_write(place, runtime.transact(actor, hand_out, ref=ref)) for ref in refs]


def write_one(runtime: Runtime, file: Handed, folder: Path | None = None) -> Path:
    """Write a file that was handed out, as `write_files` does."""
    place = (folder or runtime.settings.instance / FOLDER).absolute()
    _make_folder(place)
    return _write(place, file)


def _make_folder(place: Path) -> None:
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        raise BadInput(
            "the files cannot be written there", where=str(place), fix="Name a folder of yours."
        ) from None


def _write(place: Path, file: Handed) -> Path:
    """Write beside, then put in place: whoever looks finds the old bytes or the new, never half of them."""
    path, beside = place / file.name, place / f".{file.name}.new"
    try:
        beside.unlink(missing_ok=True)
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(handle, "wb") as out:
            out.write(file.data)
        beside.replace(path)
    except OSError:
        raise BadInput(
            "the file cannot be written there", where=str(path), fix="Name a folder of yours."
        ) from None
    return path
