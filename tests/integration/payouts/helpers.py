"""A fund with money in two pots, people with accepted awards, and those who make and approve batches."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import func
from sqlmodel import Session, col, select

from hardship.applications.models import Application, Source
from hardship.applications.service import submit
from hardship.awards.models import Award, AwardShare
from hardship.awards.service import grant
from hardship.awards.transitions import AwardState
from hardship.contributions.gifts import NewGift
from hardship.contributions.models import Channel
from hardship.contributions.service import receive
from hardship.core.actor import PUBLIC, SYSTEM, Actor, ActorKind, Role, operator
from hardship.core.runtime import Runtime, Transaction
from hardship.funds.document import read_document
from hardship.funds.queries import round_by_slug
from hardship.funds.service import load_fund, lock_fund
from hardship.ledger.models import AccountKind, Journal
from hardship.ledger.queries import LedgerCheck, balances, check
from hardship.matching.service import receive_payment
from hardship.payouts import queries, service
from hardship.payouts.models import Attempt, Batch, Direction, Payment, RailName, SandboxPayment
from hardship.payouts.queries import Handed
from hardship.payouts.references import bank_text
from hardship.payouts.statement import StatementLine
from hardship.payouts.transitions import PaymentState
from hardship.staff.service import add
from tests.integration.applications.helpers import FUND, person
from tests.integration.review.helpers import SECRET

GRANT = 20_000

SPONSOR = """
[[match]]
ref = "LC"
sponsor = "Listings company"
ratio = "1:1"
cap = "398.40"
opens = 2020-03-20T00:00:00+00:00
closes = 2020-06-30T23:59:59+01:00
channels = ["cash"]
priority = 1
paid = "in_arrears"
reclaimable = true
unused = "return"
"""


@dataclass
class House:
    """One instance with a fund, its money and its people."""

    runtime: Runtime
    staff: dict[str, Actor] = field(default_factory=dict)
    people: int = 0
    gifts: int = 0
    rail: RailName = RailName.SANDBOX

    def __getitem__(self, name: str) -> Actor:
        return self.staff[name]

    def join(self, name: str, *roles: Role, password: str = "") -> Actor:
        """Another member of staff."""
        added = self.runtime.transact(operator(), add, f"{name}@example.org", roles, password, SECRET)
        self.staff[name] = Actor(ActorKind.STAFF, str(added.id), frozenset(roles))
        return self.staff[name]

    def give(self, minor: int) -> None:
        """A gift of the community."""
        self.gifts += 1
        gift = NewGift(f"G-{self.gifts}", self.runtime.clock.now(), minor, Channel.CASH)
        self.runtime.transact(SYSTEM, lambda tx: receive(tx, fund=lock_fund(tx, "small"), gifts=[gift]))

    def award(self, *endings: str) -> list[Award]:
        """Accepted awards, one for each ending of an account number, in one go."""
        return self.runtime.transact(PUBLIC, self._award, endings)

    def _award(self, tx: Transaction, endings: Sequence[str]) -> list[Award]:
        round_ = round_by_slug(tx.session, "spring")
        made: list[Award] = []
        for ending in endings:
            self.people += 1
            account = f"{20_000_000 + self.people * 100 + int(ending)}"
            answers = person(self.people, account_number=account)
            receipt = submit(tx, round_=round_, answers=answers, source=Source.WEB)
            number = tx.session.exec(select(Application.id).where(Application.ref == receipt.ref)).one()
            made.append(grant(tx, application_id=number or 0, decided_at=tx.at))
        return made

    def make(self, who: str = "finance", limit: int | None = None) -> str:
        """A batch; its reference."""
        made = self.runtime.transact(self[who], service.make_batch, fund="small", rail=self.rail, limit=limit)
        return made.ref

    def approve(self, ref: str, who: str = "approver") -> Batch:
        """Approve a batch."""
        return self.runtime.transact(self[who], service.approve_batch, batch_ref=ref)

    def ready(self, *endings: str) -> str:
        """An approved batch of new awards."""
        self.award(*endings)
        ref = self.make()
        self.approve(ref)
        return ref

    def submit(self, ref: str, who: str = "finance") -> Handed:
        """Submit a batch."""
        return service.submit_batch(self.runtime, self[who], ref)

    def work(self) -> int:
        """Let the worker do what is due."""
        return self.runtime.run_due("payouts")

    def states(self) -> dict[PaymentState, int]:
        """How many payments are in each state."""
        with self.runtime.read() as session:
            return {state: found.count for state, found in queries.by_state(session).items()}

    def awards(self) -> dict[AwardState, int]:
        """How many awards are in each state."""
        with self.runtime.read() as session:
            rows = session.exec(select(Award.state, func.count()).group_by(col(Award.state))).all()
        return {AwardState(state): count for state, count in rows}

    def payments(self) -> list[Payment]:
        """Every payment, in the order they were made."""
        with self.runtime.read() as session:
            return list(session.exec(select(Payment).order_by(col(Payment.id))).all())

    def batch(self, ref: str) -> Batch:
        """A batch as it stands."""
        with self.runtime.read() as session:
            return queries.batch_named(session, ref)

    def books(self) -> LedgerCheck:
        """The books, recomputed; they are in order."""
        with self.runtime.read() as session:
            found = check(session)
        assert found.problems == []
        return found

    def balance(self, kind: AccountKind) -> int:
        """An account over all pots, debit positive."""
        with self.runtime.read() as session:
            return sum(minor for _, account, minor in balances(session) if account is kind)

    def line(self, index: int, on: str = "2020-04-02", direction: Direction = Direction.OUT) -> StatementLine:
        """What the bank says of the newest try of a payment."""
        payment = self.payments()[index]
        with self.runtime.read() as session:
            code = session.exec(
                select(Attempt.reference)
                .where(Attempt.payment_id == payment.id)
                .order_by(col(Attempt.id).desc())
            ).first()
        return line(bank_text("Lane Support", code or ""), payment.amount_minor, on, direction)

    def sponsor_pays(self, minor: int) -> None:
        """The sponsor pays what was matched."""
        given = {
            "agreement": "LC",
            "ref": "SP-1",
            "received_at": self.runtime.clock.now(),
            "amount_minor": minor,
        }
        self.runtime.transact(self["finance"], receive_payment, **given)

    def shares(self) -> list[int]:
        """What the pots pay of every award, the least first."""
        with self.runtime.read() as session:
            return sorted(session.exec(select(AwardShare.amount_minor)).all())

    def by_pot(self, kind: AccountKind) -> dict[str, int]:
        """An account by pot, debit positive."""
        with self.runtime.read() as session:
            return {pot.ref: minor for pot, account, minor in balances(session) if account is kind}

    def journal_days(self, kind: str) -> list[str]:
        """The days in the books of the journals of a kind."""
        with self.runtime.read() as session:
            wanted = select(Journal.effective_on).where(Journal.kind == kind).order_by(col(Journal.id))
            return [str(day) for day in session.exec(wanted).all()]

    def reconcile(self, *lines: StatementLine) -> service.Reconciled:
        """Read a bank statement."""
        return self.runtime.transact(self["finance"], service.reconcile, lines=list(lines))


def line(
    reference: str, minor: int, on: str = "2020-04-02", direction: Direction = Direction.OUT
) -> StatementLine:
    """A line of the bank's statement."""
    return StatementLine(dt.date.fromisoformat(on), minor, reference, "Somebody", direction)


def bank_paid(session: Session) -> list[tuple[str, int]]:
    """The stand-in bank's own list: reference and pence of each payment that went out and did not come back."""
    rows = session.exec(
        select(SandboxPayment.reference, SandboxPayment.amount_minor)
        .where(SandboxPayment.status == "posted")
        .order_by(SandboxPayment.reference)
    ).all()
    return [(reference, minor) for reference, minor in rows]


def awards_paid(session: Session) -> list[tuple[str, int]]:
    """Reference and pence of the live try of each award that is paid."""
    rows = session.exec(
        select(Attempt.reference, Award.amount_minor)
        .join(Payment, col(Payment.id) == Attempt.payment_id)
        .join(Award, col(Award.id) == Payment.award_id)
        .where(Award.state == AwardState.PAID, col(Attempt.outcome).in_(("accepted",)))
    ).all()
    return sorted((bank_text("Lane Support", code), minor) for code, minor in rows)


def a_house(runtime: Runtime, *, money: int = 400_000, budget: str = "10000.00") -> House:
    """A fund with `money` pence of gifts (and £400 of match), a maker, two approvers and an auditor."""
    text = (FUND.format(bank_details="choice") + SPONSOR).replace(
        'budget = "10000.00"', f'budget = "{budget}"'
    )
    runtime.transact(SYSTEM, load_fund, document=read_document(text.encode(), "fund.toml"))
    house = House(runtime)
    house.join("finance", Role.FINANCE)
    house.join("approver", Role.APPROVER)
    house.join("both", Role.FINANCE, Role.APPROVER)
    house.join("auditor", Role.AUDITOR)
    house.join("reviewer", Role.REVIEWER)
    if money:
        house.give(money)
    return house
