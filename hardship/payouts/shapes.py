"""The saved mappings of banks' own CSV columns."""

from sqlmodel import Session, select

from hardship.core.errors import BadInput
from hardship.core.runtime import Transaction
from hardship.funds.service import lock_funds
from hardship.payouts.models import StatementShape
from hardship.payouts.statement_csv import MAX_NAME, Shape, check_shape, stored_shape
from hardship.staff.permissions import Permission, require


def shapes(session: Session) -> dict[str, Shape]:
    """The mappings by name, in order of their names."""
    rows = session.exec(select(StatementShape).order_by(StatementShape.name)).all()
    return {row.name: stored_shape(row.columns) for row in rows}


def save_shape(tx: Transaction, *, name: str, shape: Shape) -> bool:
    """Save a mapping under its name, in place of an earlier one; whether anything changed. Raises `BadInput` with the
    field as `where`."""
    require(tx.actor, Permission.RECONCILE)
    wanted = " ".join(name.split())
    if not wanted or len(wanted) > MAX_NAME or not wanted.isprintable():
        raise BadInput(f"a name of 1 to {MAX_NAME} characters", where="name", fix="Like the bank's.")
    check_shape(shape)
    lock_funds(tx)  # two who save one mapping at once do so one after the other
    row = tx.session.exec(select(StatementShape).where(StatementShape.name == wanted)).first()
    if row is not None and row.columns == shape.stored():
        return False
    row = row or StatementShape(name=wanted, columns="", saved_at=tx.at)
    who = tx.actor
    row.columns, row.saved_at = shape.stored(), tx.at
    row.saved_by = ":".join(part for part in (who.kind.value, who.id or who.os_user) if part)[:80]
    tx.session.add(row)
    tx.session.flush()
    tx.record("statement_shape.saved", f"statement_shape:{row.id}", columns=len(shape.columns))
    return True
