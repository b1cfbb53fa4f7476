"""A panel, people who apply, and money in the fund, for the tests of the panel, the awards and the staff's pages."""

from dataclasses import dataclass, field

from sqlmodel import select

from hardship.applications.models import Application
from hardship.awards.models import Award
from hardship.contributions.gifts import NewGift
from hardship.contributions.models import Channel
from hardship.contributions.service import receive
from hardship.core.actor import SYSTEM, Actor, ActorKind, Role, operator
from hardship.core.runtime import Runtime
from hardship.funds.service import lock_fund
from hardship.ledger.queries import check
from hardship.review.models import Outcome, ReasonCode
from hardship.review.service import VoteResult, vote_from_shell
from hardship.staff.service import add
from tests.integration.applications.helpers import apply, load, person

PASSWORD = "walk-home-safe-2020"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@dataclass
class Panel:
    """A runtime with a fund, a panel of three, and everybody else a fund needs."""

    runtime: Runtime
    actors: dict[str, Actor] = field(default_factory=dict)
    gifts: int = 0
    people: int = 0

    def __getitem__(self, name: str) -> Actor:
        return self.actors[name]

    def join(self, name: str, *roles: Role, password: str = "") -> Actor:
        """Another member of staff."""
        added = self.runtime.transact(operator(), add, f"{name}@example.org", roles, password, SECRET)
        self.actors[name] = Actor(ActorKind.STAFF, str(added.id), frozenset(roles))
        return self.actors[name]

    def give(self, minor: int) -> None:
        """A community gift."""
        self.gifts += 1
        gift = NewGift(f"G-{self.gifts}", self.runtime.clock.now(), minor, Channel.CASH)
        self.runtime.transact(SYSTEM, lambda tx: receive(tx, fund=lock_fund(tx, "small"), gifts=[gift]))

    def case(self, **changed: str) -> str:
        """A new case in review; returns its reference."""
        self.people += 1
        receipt = apply(self.runtime, person(self.people, **changed))
        self.runtime.run_due("checks")
        return receipt.ref

    def vote(
        self,
        name: str,
        ref: str,
        outcome: Outcome = Outcome.APPROVE,
        reason: ReasonCode | None = None,
        note: str | None = None,
    ) -> VoteResult:
        """Open the case and vote on it."""
        fits = ReasonCode.MEETS_POLICY if outcome is Outcome.APPROVE else ReasonCode.NOT_ELIGIBLE
        return self.runtime.transact(
            self[name], vote_from_shell, ref=ref, outcome=outcome, reason=reason or fits, note=note
        )

    def approve(self, ref: str) -> VoteResult:
        """Two people approve."""
        self.vote("ash", ref)
        return self.vote("bryn", ref)

    def number(self, ref: str) -> int:
        """The number of an application."""
        with self.runtime.read() as session:
            return session.exec(select(Application.id).where(Application.ref == ref)).one() or 0

    def award(self, ref: str) -> Award:
        """The newest award of an application."""
        with self.runtime.read() as session:
            return session.exec(
                select(Award).where(Award.application_id == self.number(ref)).order_by(Award.id.desc())  # type: ignore[union-attr]
            ).first()  # type: ignore[return-value]

    def spendable(self) -> int:
        """What the fund may spend, recomputed from the entries; the books are in order."""
        with self.runtime.read() as session:
            books = check(session)
        assert books.problems == []
        return sum(fund.spendable for fund in books.funds)


def a_panel(runtime: Runtime, *, gifts: int = 0, bank_details: str = "choice", more: str = "") -> Panel:
    """A fund with a panel of three reviewers, a lead, an approver and an auditor, and `gifts` pence."""
    load(runtime, bank_details, more)
    panel = Panel(runtime)
    for name in ("ash", "bryn", "cam"):
        panel.join(name, Role.REVIEWER)
    panel.join("lead", Role.LEAD)
    panel.join("approver", Role.APPROVER)
    panel.join("auditor", Role.AUDITOR)
    panel.join("finance", Role.FINANCE)
    panel.join("admin", Role.ADMIN)
    if gifts:
        panel.give(gifts)
    return panel
