"""Erasing a person: their data key is destroyed, their rows go, and tokens, decision and amount stay.

What is left can't name them: blind tokens (so that a second application in the round is still referred, until their epoch
dies), states, dates, codes and amounts. It waits while a payment is open. The proof is an event of the log.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Table, delete, update
from sqlmodel import Session, SQLModel, col, select

from hardship.applications.events import Withdrawn
from hardship.applications.models import Application, ApplicationAnswers, ApplicationToken, Draft
from hardship.applications.owndata.events import WAIT, WITHDRAW, Erased, ErasureDue
from hardship.applications.owndata.models import ErasedFor, Erasure
from hardship.applications.owndata.transitions import ERASURES, ErasureEvent, ErasureState
from hardship.applications.service.states import lock_application, require_owner, subject_of, transition
from hardship.applications.transitions import MACHINE, ApplicationEvent
from hardship.core.actor import SYSTEM
from hardship.core.db import lock
from hardship.core.errors import Conflict
from hardship.core.held import Key, register
from hardship.core.models import DataKey, OutboxMail
from hardship.core.runtime import Runtime, Transaction
from hardship.staff.permissions import Permission, require

_AT_ONCE = 50


def erasure_of(session: Session, application_id: int) -> Erasure | None:
    """The newest erasure of an application, or None."""
    wanted = select(Erasure).where(Erasure.application_id == application_id)
    return session.exec(wanted.order_by(col(Erasure.id).desc())).first()


def ask(tx: Transaction, *, application_id: int) -> Erasure:
    """The applicant asks for erasure: done at once, or as soon as no payment is open. Asking again is no change."""
    application = lock_application(tx, application_id)
    require_owner(tx.actor, application)
    return _open(tx, application, ErasedFor.ASKED)


def erase(tx: Transaction, *, ref: str) -> Erasure:
    """Erase somebody at their word given to staff, or as soon as no payment is open. Again is no change."""
    require(tx.actor, Permission.ERASE)
    return _open(tx, lock_application(tx, ref), ErasedFor.DESK)


def retire(tx: Transaction, *, application_id: int) -> Erasure:
    """Erase a case whose time is over. Raises `Conflict` while a payment is open."""
    application = lock_application(tx, application_id)
    if WAIT in tx.publish(ErasureDue(application_id)):
        raise Conflict("a payment of this case is open")
    return _open(tx, application, ErasedFor.RETENTION)


def take_back(tx: Transaction, *, application_id: int) -> None:
    """The applicant does not want to be erased after all, while it still waits."""
    application = lock_application(tx, application_id)
    require_owner(tx.actor, application)
    erasure = erasure_of(tx.session, application_id)
    if erasure is None or erasure.state is not ErasureState.REQUESTED:
        raise Conflict("there is nothing to take back", fix="It is done, or was never asked for.")
    _step(tx, erasure, application, ErasureEvent.WITHDRAW, "erasure.withdrawn")


def _open(tx: Transaction, application: Application, why: ErasedFor) -> Erasure:
    found = erasure_of(tx.session, application.id or 0)
    if found is None or found.state is ErasureState.WITHDRAWN:
        found = Erasure(
            application_id=application.id or 0,
            state=ERASURES.initial,
            erased_for=why,
            asked_at=tx.at,
            asked_by=tx.actor.staff_id,
        )
        tx.session.add(found)
        tx.session.flush()
        tx.record(
            "erasure.requested",
            erasure_subject(found),
            state=found.state.value,
            case=application.ref,
            why=why.value,
        )
    if found.state is ErasureState.REQUESTED:
        _try(tx, application, found)
    return found


def erasure_subject(erasure: Erasure) -> str:
    """How the event log names an erasure."""
    return f"erasure:{erasure.id}"


def _try(tx: Transaction, application: Application, erasure: Erasure) -> bool:
    """Erase now unless a payment is open; says whether it was done."""
    answers = tx.publish(ErasureDue(application.id or 0))
    if WAIT in answers:
        return False
    if MACHINE.can(application.state, ApplicationEvent.WITHDRAW):
        transition(tx, application, ApplicationEvent.WITHDRAW, "application.withdrawn")
        tx.publish(Withdrawn(application.id or 0))
    elif WITHDRAW in answers:
        tx.publish(Withdrawn(application.id or 0))
    gone = destroy(tx, application)
    erasure.done_at = tx.at
    _step(tx, erasure, application, ErasureEvent.FINISH, "person.erased", **gone)
    return True


def _step(
    tx: Transaction, erasure: Erasure, application: Application, event: ErasureEvent, kind: str, **facts: Any
) -> None:
    erasure.state = ERASURES.apply(erasure.state, event)
    tx.session.add(erasure)
    tx.session.flush()
    facts |= {"case": application.ref, "why": erasure.erased_for.value}
    tx.record(kind, erasure_subject(erasure), state=erasure.state.value, **facts)


def destroy(tx: Transaction, application: Application) -> dict[str, int]:
    """Destroy a case's data key and everything that it sealed; returns what was destroyed and what stays, as counts.

    Doing it again, for instance on a restored copy, destroys what came back.
    """
    number, key_id = application.id or 0, application.data_key_id
    (key,) = lock(tx.session, select(DataKey).where(col(DataKey.id) == key_id))
    key.wrapped, key.destroyed_at = None, key.destroyed_at or tx.at
    tx.session.add(key)
    application.salt, application.version = None, application.version + 1
    tx.session.add(application)
    tx.session.flush()
    connection = tx.session.connection()
    tx.forget(ApplicationAnswers)
    connection.execute(delete(ApplicationAnswers).where(col(ApplicationAnswers.application_id) == number))
    connection.execute(delete(Draft).where(col(Draft.application_id) == number))
    mails = delete(OutboxMail).where(col(OutboxMail.data_key_id) == key_id)
    connection.execute(mails)
    cleared = _clear(tx, number)
    tx.publish(Erased(number))
    tokens = len(
        tx.session.exec(select(ApplicationToken.kind).where(ApplicationToken.application_id == number)).all()
    )
    return {"keys": 1, "fields_cleared": cleared, "tokens_kept": tokens}


def _clear(tx: Transaction, application_id: int) -> int:
    """Empty every column that the person's key sealed, in whichever room: their rows lead to the case by their keys."""
    cleared = 0
    for held in register():
        if held.key is not Key.APPLICANT or held.table in {"application_answers", "draft", "outbox_mail"}:
            continue
        table = SQLModel.metadata.tables[held.table]
        column = table.c[held.column]
        mine = _of_case(table, application_id)
        if mine is not None:
            done = tx.session.connection().execute(
                update(table).where(mine, column.is_not(None)).values({held.column: None})
            )
            cleared += int(done.rowcount)
    tx.session.expire_all()
    return cleared


def _of_case(table: Table, application_id: int, depth: int = 3) -> Any:
    """The condition under which a row belongs to a case, found along the foreign keys; None where none leads there."""
    if table.name == "application":
        return table.c.id == application_id
    for key in sorted(table.foreign_keys, key=lambda one: one.parent.name):
        parent = key.column.table
        if parent.name == "application":
            return key.parent == application_id
        if depth and parent.name in {"award", "payment", "message"}:
            mine = _of_case(parent, application_id, depth - 1)
            if mine is not None:
                from_parent = select(key.column).where(mine)
                return key.parent.in_(from_parent)
    return None


# --- The worker -----------------------------------------------------------------------------------------------------


def finish_waiting(runtime: Runtime) -> int:
    """Carry out the erasures whose payments are over; returns how many. Work for the worker."""
    with runtime.read() as session:
        asked = select(Erasure.application_id).where(Erasure.state == ErasureState.REQUESTED)
        waiting = list(session.exec(asked.order_by(col(Erasure.id)).limit(_AT_ONCE)).all())
    return sum(runtime.transact(SYSTEM, _finish, number) for number in waiting)


def _finish(tx: Transaction, application_id: int) -> int:
    application = lock_application(tx, application_id)
    erasure = erasure_of(tx.session, application_id)
    if erasure is None or erasure.state is not ErasureState.REQUESTED:
        return 0
    return int(_try(tx, application, erasure))


def replay(tx: Transaction) -> int:
    """Erase again, in a restored copy, everybody who was erased; returns how many had come back."""
    done = tx.session.exec(
        select(Application)
        .join(Erasure, col(Erasure.application_id) == Application.id)
        .join(DataKey, col(DataKey.id) == Application.data_key_id)
        .where(Erasure.state == ErasureState.DONE, col(DataKey.wrapped).is_not(None))
        .order_by(col(Application.id))
    ).all()
    for application in done:
        gone = destroy(tx, application)
        tx.record("person.erased_again", subject_of(application), **gone)
    return len(done)


def erase_again(tx: Transaction, keys: Collection[str]) -> int:
    """Erase, in a restored copy, everybody whose data key is known to have been destroyed since; returns how many.

    A payment that was open in the copy is no reason to wait: the person was told that they are erased.
    """
    again = replay(tx)
    alive = tx.session.exec(
        select(Application)
        .join(DataKey, col(DataKey.id) == Application.data_key_id)
        .where(col(DataKey.wrapped).is_not(None))
        .order_by(col(Application.id))
    ).all()
    gone = [application for application in alive if application.data_key_id in keys]
    for application in gone:
        if _open(tx, application, ErasedFor.RESTORE).state is not ErasureState.DONE:
            tx.record("person.erased_again", subject_of(application), **destroy(tx, application))
    return again + len(gone)


def is_erased(session: Session, application: Application) -> bool:
    """Whether the person's key was destroyed."""
    key = session.get(DataKey, application.data_key_id)
    return key is None or key.wrapped is None
