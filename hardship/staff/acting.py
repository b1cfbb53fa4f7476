"""Who acts in a command: the machine's operator, or the member of staff that `--as` names."""

from collections.abc import Callable
from typing import TypeVar

import click
from sqlmodel import Session, select

from hardship.core.actor import Actor, ActorKind, operator, os_user
from hardship.core.command import the_runtime
from hardship.core.errors import NotFound
from hardship.staff.models import Staff

F = TypeVar("F", bound=Callable[..., object])


def as_option(*, required: bool = False) -> Callable[[F], F]:
    """The option `--as EMAIL`, passed on as `acting`."""
    return click.option(
        "--as", "acting", metavar="EMAIL", required=required, help="The member of staff who acts."
    )


def actor_named(session: Session, email: str) -> Actor:
    """The member of staff with this address as an actor; raises `NotFound`."""
    staff = session.exec(select(Staff).where(Staff.email == email.strip().lower())).first()
    if staff is None or staff.disabled_at is not None:
        raise NotFound("nobody on the staff has this address", where="--as", fix="See: hardship staff list")
    return Actor(ActorKind.STAFF, str(staff.id), staff.roles, os_user())


def acting_as(email: str | None) -> Actor:
    """The actor for a command: the named member of staff, or the machine's operator."""
    if not email:
        return operator()
    with the_runtime().read() as session:
        return actor_named(session, email)
