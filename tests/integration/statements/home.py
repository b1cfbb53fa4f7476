"""A small fund whose sponsor "LC" matches cash gifts up to £400.00, with its staff."""

from hardship.core.actor import Actor, ActorKind, Role, operator
from hardship.core.runtime import Runtime
from hardship.staff.service import add
from tests.integration.applications.helpers import load
from tests.integration.payouts.helpers import House
from tests.integration.review.helpers import PASSWORD, SECRET

SPONSOR = """
[[match]]
ref = "LC"
sponsor = "Listings company"
ratio = "1:1"
cap = "400.00"
opens = 2020-03-20T00:00:00+00:00
closes = 2020-06-30T23:59:59+01:00
channels = ["cash"]
priority = 1
paid = "in_arrears"
reclaimable = true
unused = "return"
"""


class Home(House):
    """An instance whose staff can sign in."""

    def join(self, name: str, *roles: Role, password: str = "") -> Actor:
        """Another member of staff."""
        added = self.runtime.transact(operator(), add, f"{name}@example.org", roles, password, SECRET)
        self.staff[name] = Actor(ActorKind.STAFF, str(added.id), frozenset(roles))
        return self.staff[name]


def a_home(runtime: Runtime, *, password: str = "") -> Home:
    """The fund with a maker, an approver, an auditor and a reviewer."""
    load(runtime, more=SPONSOR)
    home = Home(runtime)
    home.join("finance", Role.FINANCE, password=password)
    home.join("approver", Role.APPROVER)
    home.join("auditor", Role.AUDITOR, password=password)
    home.join("reviewer", Role.REVIEWER, password=password)
    return home


__all__ = ["PASSWORD", "Home", "a_home"]
