"""The states of an application: the lock, the machine, withdrawal."""

from typing import Any

from sqlmodel import col, select

from hardship.applications.events import Withdrawn
from hardship.applications.models import Application
from hardship.applications.queries import references
from hardship.applications.transitions import MACHINE, ApplicationEvent, ApplicationState
from hardship.core.actor import Actor, ActorKind
from hardship.core.db import lock
from hardship.core.errors import Conflict, NotFound
from hardship.core.runtime import Transaction
from hardship.staff.permissions import Permission, require

_DECISIONS = frozenset({ApplicationEvent.APPROVE, ApplicationEvent.DECLINE})


def subject_of(application: Application) -> str:
    """How the event log names an application."""
    return f"application:{application.ref}"


def lock_application(tx: Transaction, ref_or_id: str | int) -> Application:
    """The application, locked until the transaction ends and read anew; raises `NotFound`."""
    if isinstance(ref_or_id, int):
        found = lock(tx.session, select(Application).where(col(Application.id) == ref_or_id))
    else:
        candidates = references(ref_or_id)
        found = sorted(
            lock(tx.session, select(Application).where(col(Application.ref).in_(candidates))),
            key=lambda application: candidates.index(application.ref),
        )
    if not found:
        raise NotFound("no application has this reference", fix="Check the reference.")
    return found[0]


def transition(
    tx: Transaction, application: Application, event: ApplicationEvent, kind: str, **facts: Any
) -> None:
    """Apply one event to a locked application and record it, with the new state, as the one audit event `kind`.

    `facts` are ids, codes and figures, never personal data. Raises `IllegalTransition`; then nothing has changed.
    """
    application.state = MACHINE.apply(application.state, event)
    application.state_since = tx.at
    application.version += 1
    if event in _DECISIONS:
        application.decided_at = tx.at
    tx.session.add(application)
    tx.record(kind, subject_of(application), state=application.state.value, **facts)


def withdraw(tx: Transaction, *, application_id: int) -> None:
    """The applicant takes the application back. After an approval the room of awards withdraws the award, or raises
    when it is too late; the application itself stays approved. Raises `Conflict` when there is nothing to take back."""
    application = lock_application(tx, application_id)
    require_owner(tx.actor, application)
    if MACHINE.can(application.state, ApplicationEvent.WITHDRAW):
        transition(tx, application, ApplicationEvent.WITHDRAW, "application.withdrawn")
        tx.publish(Withdrawn(application_id))
        return
    if application.state is not ApplicationState.APPROVED:
        raise Conflict("this cannot be taken back any more", fix="It is closed already.")
    if not tx.publish(Withdrawn(application_id)):
        raise Conflict("this cannot be taken back any more", fix="Ask the fund's people.")


def require_owner(actor: Actor, application: Application) -> None:
    """Raise unless the actor is this case's applicant, or may enter applications for people.

    Another applicant is told that there is no such application, not that it is somebody else's.
    """
    if actor.kind is ActorKind.APPLICANT:
        if actor.id != application.ref:
            raise NotFound("no application has this reference", fix="Check the reference.")
        return
    require(actor, Permission.ENTER_APPLICATIONS)
