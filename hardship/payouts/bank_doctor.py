"""Files for the bank: each payment stands in one file at most, and each file is still what was made."""

from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from hardship.core.canonical import sha256_hex
from hardship.core.errors import HardshipError
from hardship.core.runtime import Runtime
from hardship.payouts.models import Attempt, BankFile, BankFileState, Payment
from hardship.payouts.transitions import PaymentState


def files(session: Session, runtime: Runtime) -> list[str]:
    """Counts, sums and digests of the files; and no payment of a voided file is on its way."""
    return [*_sums(session), *_contents(session, runtime), *_voided(session)]


def _sums(session: Session) -> list[str]:
    columns: tuple[Any, ...] = (
        BankFile.ref,
        BankFile.count,
        BankFile.amount_minor,
        func.count(col(Attempt.id)),
        func.coalesce(func.sum(Payment.amount_minor), 0),
    )
    rows = session.exec(
        select(*columns)
        .outerjoin(Attempt, col(Attempt.bank_file_id) == BankFile.id)
        .outerjoin(Payment, col(Payment.id) == Attempt.payment_id)
        .group_by(col(BankFile.id), BankFile.ref, col(BankFile.count), col(BankFile.amount_minor))
        .order_by(BankFile.ref)
    ).all()
    return [
        f"file {ref} is {count} payments of {minor}, its payments are {found} of {int(sums)}"
        for ref, count, minor, found, sums in rows
        if (count, minor) != (found, int(sums))
    ]


def _contents(session: Session, runtime: Runtime) -> list[str]:
    house = runtime.vault.house(session)
    problems: list[str] = []
    rows = session.exec(select(BankFile.ref, BankFile.content, BankFile.sha256).order_by(BankFile.ref)).all()
    for ref, content, sha256 in rows:
        if content is None:
            continue
        try:
            text = house.open("bank_file", "content", ref, content) or ""
        except HardshipError as error:
            problems.append(f"file {ref}: {error.what}")
            continue
        if sha256_hex(text.encode()) != sha256:
            problems.append(f"file {ref} is not the one that was made")
    return problems


def _voided(session: Session) -> list[str]:
    rows = session.exec(
        select(BankFile.ref, func.count())
        .join(Attempt, col(Attempt.bank_file_id) == BankFile.id)
        .join(Payment, col(Payment.id) == Attempt.payment_id)
        .where(BankFile.state == BankFileState.VOIDED, Payment.state == PaymentState.SUBMITTED)
        .group_by(BankFile.ref)
        .order_by(BankFile.ref)
    ).all()
    return [f"file {ref} was voided and {count} of its payments are on their way" for ref, count in rows]


CHECKS = (("I7 once: bank files", files),)
