"""Importing Pay.UK's tables and checking accounts against the newest."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, insert
from sqlmodel import Session, col, func, select

from hardship.applications import identity
from hardship.applications.bankdetails import modulus, tables
from hardship.applications.bankdetails.models import (
    BankCheck,
    BankTable,
    ModulusLine,
    SortCodeSubstitute,
    TableKind,
)
from hardship.applications.bankdetails.modulus import Algorithm, Verdict, Weighting
from hardship.applications.identity import BankAccount
from hardship.core.canonical import sha256_hex
from hardship.core.errors import BadInput
from hardship.core.runtime import Transaction
from hardship.staff.permissions import Permission, require

DOES_NOT_FIT = "This account number does not fit the sort code. Check both against a statement or bank card."

_LINE = ModulusLine.__table__  # type: ignore[attr-defined]
_SUBSTITUTE = SortCodeSubstitute.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Imported:
    """What an import did: the kind of file, its rows, and whether it was there already."""

    kind: TableKind
    rows: int
    again: bool


def import_table(tx: Transaction, *, data: bytes, name: str) -> Imported:
    """Import valacdos.txt or scsubtab.txt, told apart by their form; from now on it counts. The file that counts
    already changes nothing. Raises `BadInput` with the line for anything else."""
    require(tx.actor, Permission.KEEP_LISTS)
    kind = TableKind.SUBSTITUTES if tables.is_substitutes(data) else TableKind.WEIGHTS
    sha256 = sha256_hex(data)
    newest = newest_table(tx.session, kind)
    if newest is not None and newest.sha256 == sha256:
        return Imported(kind, newest.rows, True)
    weights = tables.read_weights(data, name) if kind is TableKind.WEIGHTS else []
    substitutes = tables.read_substitutes(data, name) if kind is TableKind.SUBSTITUTES else {}
    rows = len(weights) or len(substitutes)
    table = BankTable(kind=kind, sha256=sha256, rows=rows, imported_at=tx.at)
    tx.session.add(table)
    tx.session.flush()
    _store(tx, table.id or 0, weights, substitutes)
    tx.record("bank_table.imported", f"bank-table:{table.id}", table=kind.value, rows=rows, sha256=sha256)
    return Imported(kind, rows, False)


def _store(tx: Transaction, table_id: int, weights: list[Weighting], substitutes: Mapping[str, str]) -> None:
    connection = tx.session.connection()
    if weights:
        connection.execute(
            insert(_LINE),
            [
                {
                    "table_id": table_id,
                    "position": position,
                    "first": line.first,
                    "last": line.last,
                    "algorithm": line.algorithm.value,
                    "weights": " ".join(map(str, line.weights)),
                    "exception": line.exception,
                }
                for position, line in enumerate(weights)
            ],
        )
    if substitutes:
        connection.execute(
            insert(_SUBSTITUTE),
            [
                {"table_id": table_id, "sort_code": code, "checked_as": other}
                for code, other in substitutes.items()
            ],
        )


def newest_table(session: Session, kind: TableKind) -> BankTable | None:
    """The table that counts, or None."""
    wanted = select(BankTable).where(BankTable.kind == kind).order_by(col(BankTable.id).desc()).limit(1)
    return session.exec(wanted).first()


def verdict(session: Session, account: BankAccount) -> Verdict:
    """What the newest table says of an account; *not checked* without a table, or for a sort code that it does not
    name."""
    code = account.sort_code
    lines = _lines(session, col(ModulusLine.first) <= code, col(ModulusLine.last) >= code)
    substitutes = _substitutes(session) if any(line.exception == 5 for line in lines) else {}
    return modulus.check(account, lines, substitutes)


def _lines(session: Session, *which: ColumnElement[bool]) -> list[Weighting]:
    """Lines of the newest table, in its order."""
    newest = select(func.max(BankTable.id)).where(BankTable.kind == TableKind.WEIGHTS).scalar_subquery()
    rows = session.exec(
        select(ModulusLine).where(ModulusLine.table_id == newest, *which).order_by(col(ModulusLine.position))
    )
    return [
        Weighting(
            row.first, row.last, Algorithm(row.algorithm), tuple(map(int, row.weights.split())), row.exception
        )
        for row in rows
    ]


def _substitutes(session: Session) -> dict[str, str]:
    newest = select(func.max(BankTable.id)).where(BankTable.kind == TableKind.SUBSTITUTES).scalar_subquery()
    wanted = select(SortCodeSubstitute.sort_code, SortCodeSubstitute.checked_as)
    return dict(session.exec(wanted.where(SortCodeSubstitute.table_id == newest)).all())


Checker = Callable[[Mapping[str, str]], BankCheck]


def checker(session: Session, *, many: bool = False) -> Checker:
    """A function that says what the check makes of tidy answers; `NONE` where they hold no account. It raises `BadInput`
    at `account_number` when the number does not fit the sort code: the person is asked to correct it.

    For `many` the table is read at once, and the session is not needed afterwards.
    """
    if many:
        lines, substitutes = _lines(session), _substitutes(session)
        return lambda answers: _checked(answers, lambda account: modulus.check(account, lines, substitutes))
    return lambda answers: _checked(answers, lambda account: verdict(session, account))


def _checked(answers: Mapping[str, str], look: Callable[[BankAccount], Verdict]) -> BankCheck:
    if not answers.get("account_number"):
        return BankCheck.NONE
    found = look(identity.bank_account(answers["sort_code"], answers["account_number"]))
    if found is Verdict.FAILED:
        raise BadInput(DOES_NOT_FIT, where="account_number")
    return BankCheck(found.value)
