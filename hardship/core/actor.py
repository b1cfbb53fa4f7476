"""Who acts. Every use case knows by whom it was asked for, and the event log keeps it."""

import getpass
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache


class Role(StrEnum):
    """What a member of staff may be. One person may hold several and is still one person."""

    REVIEWER = "reviewer"
    LEAD = "lead"
    FINANCE = "finance"
    APPROVER = "approver"
    AUDITOR = "auditor"
    ADMIN = "admin"


class ActorKind(StrEnum):
    """The kinds of actor that the event log tells apart."""

    STAFF = "staff"
    OPERATOR = "operator"
    APPLICANT = "applicant"
    PUBLIC = "public"
    SYSTEM = "system"


@dataclass(frozen=True)
class Actor:
    """Somebody, or the system itself.

    `id` is the staff member's number for staff, the application's reference for an applicant, else empty.
    `os_user` is the operating system's user when a command was run from the shell, which is trusted: `--as` names,
    it does not authenticate.
    """

    kind: ActorKind
    id: str = ""
    roles: frozenset[Role] = field(default_factory=frozenset)
    os_user: str = ""

    @property
    def staff_id(self) -> int | None:
        """The staff member's number, or None for anybody else."""
        return int(self.id) if self.kind is ActorKind.STAFF else None

    def described(self) -> dict[str, str]:
        """The actor as the event log holds it."""
        parts = {"kind": self.kind.value, "id": self.id, "os_user": self.os_user}
        return {name: value for name, value in parts.items() if value}


SYSTEM = Actor(ActorKind.SYSTEM)
PUBLIC = Actor(ActorKind.PUBLIC)


def operator() -> Actor:
    """Whoever has the shell: the machine's operator."""
    return Actor(ActorKind.OPERATOR, os_user=os_user())


@cache
def os_user() -> str:
    """The operating system's name for whoever runs this process."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container whose user has no name
        return "unknown"
