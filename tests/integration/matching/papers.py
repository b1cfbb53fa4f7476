"""What the tests of agreements as papers share: the people, and the fields of an agreement drafted on a page."""

import datetime as dt
from typing import Any

from hardship.core.actor import Actor, ActorKind, Role, operator
from hardship.core.runtime import Runtime
from hardship.staff import proposals
from hardship.staff.service import add
from tests.integration.review.helpers import PASSWORD, SECRET

FIELDS: dict[str, Any] = {
    "ref": "N",
    "sponsor": "New sponsor",
    "ratio": "1:1",
    "cap": "100000.00",
    "opens": dt.datetime(2020, 3, 1, tzinfo=dt.UTC),
    "closes": dt.datetime(2020, 12, 31, tzinfo=dt.UTC),
    "paid": "in_advance",
}

TRANCHES = [
    {"due": "2020-05-01", "amount": "60000.00"},
    {"due": "2020-07-01", "amount": "40000.00"},
]


def tranches_toml(*tranches: dict[str, str]) -> str:
    """The tranches of the last agreement of a fund.toml."""
    return "\n".join(f'[[match.tranche]]\ndue = {one["due"]}\namount = "{one["amount"]}"' for one in tranches)


class Office:
    """Staff by name, each with one role; `ann` and `bob` are both of finance."""

    def __init__(self, runtime: Runtime, *signing_in: str) -> None:
        """The staff; those named in `signing_in` have a password (hashing one takes its time)."""
        self.runtime = runtime
        self.staff: dict[str, Actor] = {}
        for name, role in (
            ("ann", Role.FINANCE),
            ("eve", Role.APPROVER),
            ("roy", Role.REVIEWER),
            ("ida", Role.ADMIN),
            ("kim", Role.AUDITOR),
        ):
            self.join(name, role, password=PASSWORD if name in signing_in else "")

    def join(self, name: str, *roles: Role, password: str = "") -> Actor:
        """Another member of staff."""
        added = self.runtime.transact(operator(), add, f"{name}@example.org", roles, password, SECRET)
        self.staff[name] = Actor(ActorKind.STAFF, str(added.id), frozenset(roles))
        return self.staff[name]

    def approve(self, ref: str, by: str = "eve") -> object:
        """The second person says yes."""
        return self.runtime.transact(self.staff[by], proposals.approve, ref=ref)


__all__ = ["FIELDS", "PASSWORD", "TRANCHES", "Office", "tranches_toml"]
