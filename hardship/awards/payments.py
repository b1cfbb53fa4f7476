"""What the payment of awards does to them; called by the room of payouts with awards that it has locked.

The money's journals are the payouts' own. Each award that changes is one event.
"""

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import CursorResult, update
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import col

from hardship.awards.models import Award
from hardship.awards.transitions import MACHINE, AwardEvent, AwardState
from hardship.core.errors import Conflict
from hardship.core.runtime import Transaction

_CHUNK = 500


def take_up_by_hand(tx: Transaction, award: Award) -> None:
    """An offer is taken up without bank details, by somebody who is paid another way: offered → accepted."""
    award.accepted_at = tx.at
    tx.session.add(award)
    _move_all(tx, [award], AwardEvent.ACCEPT, "award.accepted")


def start_payment(tx: Transaction, awards: Sequence[Award]) -> None:
    """The awards are in a batch now: accepted → in payment."""
    _move_all(tx, awards, AwardEvent.START_PAYMENT, "award.in_payment")


def stop_payment(tx: Transaction, awards: Sequence[Award]) -> None:
    """The awards came out of their batch unpaid: in payment → accepted; they may be put into another."""
    _move_all(tx, awards, AwardEvent.PAYMENT_ENDED, "award.payment_stopped")


def mark_paid(tx: Transaction, awards: Sequence[Award]) -> None:
    """The bank has debited the awards: in payment → paid."""
    _move_all(tx, awards, AwardEvent.PAY, "award.paid")


def bank_return(tx: Transaction, awards: Sequence[Award]) -> None:
    """The money of paid awards came back: paid → accepted. The expense stands; a new approval pays again."""
    _move_all(tx, awards, AwardEvent.PAYMENT_ENDED, "award.returned")


def recover(tx: Transaction, awards: Sequence[Award]) -> None:
    """The money of wrongly paid awards was got back: paid → recovered."""
    _move_all(tx, awards, AwardEvent.RECOVER, "award.recovered")


def _move_all(tx: Transaction, awards: Sequence[Award], event: AwardEvent, kind: str) -> None:
    """Move many awards at once; raises `IllegalTransition` for the first that cannot, `Conflict` for one that somebody
    else moved meanwhile."""
    by_move: dict[tuple[AwardState, AwardState], list[Award]] = {}
    for award in awards:
        by_move.setdefault((award.state, MACHINE.apply(award.state, event)), []).append(award)
    tx.session.flush()
    for (origin, target), moved in by_move.items():
        for start in range(0, len(moved), _CHUNK):
            _update(tx, [award.id for award in moved[start : start + _CHUNK]], origin, target)
    for award in awards:
        set_committed_value(award, "state", MACHINE.apply(award.state, event))
        set_committed_value(award, "state_since", tx.at)
        tx.record(kind, f"award:{award.ref}", state=award.state.value, amount_minor=award.amount_minor)


def _update(tx: Transaction, ids: Sequence[int | None], origin: AwardState, target: AwardState) -> None:
    statement = (
        update(Award)
        .where(col(Award.id).in_(ids), col(Award.state) == origin)
        .values(state=target, state_since=tx.at)
        .execution_options(synchronize_session=False)
    )
    done = cast("CursorResult[Any]", tx.session.connection().execute(statement))
    if done.rowcount != len(ids):
        raise Conflict("an award was changed by somebody else meanwhile", fix="Look again, then try again.")
