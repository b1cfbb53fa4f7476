"""The demo's staff: known passwords, refused in production."""

from collections.abc import Mapping
from dataclasses import dataclass

from hardship.core.actor import Actor, ActorKind, Role, operator
from hardship.core.runtime import Runtime, Transaction
from hardship.staff.queries import by_email
from hardship.staff.service import add

PASSWORD = "walk-home-safe-2020"
DOMAIN = "demo.example.org"
ROLES: Mapping[str, tuple[Role, ...]] = {
    "ash": (Role.REVIEWER,),
    "bryn": (Role.REVIEWER,),
    "cam": (Role.REVIEWER,),
    "lead": (Role.LEAD,),
    "finance": (Role.FINANCE,),
    "approver": (Role.APPROVER,),
    "auditor": (Role.AUDITOR,),
    "admin": (Role.ADMIN,),
}


@dataclass(frozen=True)
class Logins:
    """The demo's staff by name, as actors."""

    numbers: Mapping[str, int]

    def actor(self, name: str) -> Actor:
        """The named member of the demo's staff."""
        return Actor(ActorKind.STAFF, str(self.numbers[name]), frozenset(ROLES[name]))


def address(name: str) -> str:
    """The sign-in address of one of the demo's staff."""
    return f"{name}@{DOMAIN}"


def make(runtime: Runtime) -> Logins:
    """Add the demo's staff; those who are there already stay as they are."""
    return Logins({name: runtime.transact(operator(), _one, name) for name in ROLES})


def _one(tx: Transaction, name: str) -> int:
    found = by_email(tx.session, address(name))
    if found is not None and found.id is not None:
        return found.id
    return add(tx, address(name), ROLES[name], PASSWORD, is_demo=True).id


def lines() -> list[str]:
    """The logins as they are shown to a newcomer."""
    shown = [
        f"  {address(name):28} {', '.join(role.value for role in roles)}" for name, roles in ROLES.items()
    ]
    return [
        "Staff sign in at /staff/sign-in:",
        *shown,
        f"  password for each: {PASSWORD}",
        "  second factor: .venv/bin/hardship staff code ADDRESS",
    ]
