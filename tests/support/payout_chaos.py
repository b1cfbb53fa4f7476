"""Anything that may happen to a fund that pays by Stripe, one thing after the other, drawn by dice.

After each thing the invariants hold; and when everything has come to rest, the stand-in's own list of payments is the
awards paid, each once.
"""

import contextlib
import datetime as dt
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import col, select

from hardship.applications.service import give_bank_details, withdraw
from hardship.awards.models import Award
from hardship.awards.transitions import AwardState
from hardship.contributions.webhooks import Delivered, NotOurs
from hardship.core.actor import SYSTEM, Actor
from hardship.core.clock import SetClock
from hardship.core.errors import HardshipError
from hardship.core.runtime import Runtime
from hardship.payouts import doctor, queries, service
from hardship.payouts.models import Attempt, Batch, Payment, RailName
from hardship.payouts.service import Finding
from hardship.payouts.service.progress import WATCH_PAID
from hardship.payouts.transitions import AT_THE_RAIL, BatchState, PaymentState
from hardship.payouts.trouble import troubles
from hardship.staff import proposals
from tests.integration.payouts.helpers import House, a_house
from tests.support.stripe_v2 import PAYMENTS, Fault, StripeV2

ENDINGS = ("01", "02", "03", "04", "05", "06", "91", "93", "94", "95")
FAULTS = (
    Fault.ERROR_BEFORE,
    Fault.ERROR_AFTER,
    Fault.DROP_BEFORE,
    Fault.DROP_AFTER,
    Fault.CONFLICT,
    Fault.TOO_MANY,
    Fault.UNAUTHORISED,
    Fault.NO_FUNDS,
)
THINGS = {
    "award": 2, "batch": 4, "submit": 6, "work": 4, "wait": 3, "bank": 4, "event": 4, "leave": 1, "change": 1,
    "cancel": 1, "ask": 2, "stop": 1, "find": 2,
}  # fmt: skip
"""What may happen, and how often as compared with the rest."""


class Died(Exception):
    """The process is gone: what was committed stands, nothing else happens."""


@dataclass
class Fused(Runtime):
    """A runtime that dies after so many commits; None: never."""

    fuse: int | None = field(default=None)

    def transact(self, actor: Actor, use_case: Any, /, *args: Any, **kwargs: Any) -> Any:
        """As ever, until the fuse has burnt down."""
        if self.fuse is not None:
            if self.fuse == 0:
                raise Died
            self.fuse -= 1
        return super().transact(actor, use_case, *args, **kwargs)


class Chaos:
    """A fund, the stand-in, and dice."""

    def __init__(self, runtime: Runtime, bank: StripeV2, faults: tuple[Fault, ...] = FAULTS) -> None:
        clock = runtime.clock
        assert isinstance(clock, SetClock)
        self.clock = clock
        self.runtime = Fused(**{name: getattr(runtime, name) for name in Runtime.__dataclass_fields__})
        self.bank, self.kinds = bank, faults
        self.house: House = a_house(self.runtime, money=90_000_000, budget="900000.00")
        self.house.rail = RailName.STRIPE
        self.dice = random.Random(0)
        self.done: list[str] = []
        self.rounds_left = 0

    # --- One schedule -------------------------------------------------------------------------------------------

    def schedule(self, seed: int, length: int) -> None:
        """So many things, then rest; raises `AssertionError` with the seed and what was done."""
        self.dice, self.done = random.Random(seed), []
        try:
            self.house.award(*self.dice.choices(ENDINGS, k=3))
            self.house.approve(self.house.make())
            for _ in range(length):
                self._one()
            self._come_to_rest()
        except AssertionError as error:
            raise AssertionError(f"seed {seed}: {' '.join(self.done)}: {error}") from error

    def _one(self) -> None:
        what = self.dice.choices(list(THINGS), weights=list(THINGS.values()))[0]
        self.done.append(what)
        self.bank.faults = self._fault
        with contextlib.suppress(HardshipError, Died):
            getattr(self, f"_{what}")()
        self.runtime.fuse = None
        self._check()

    def _fault(self, method: str, path: str) -> Fault:
        """What befalls a request; what moves money meets more of it."""
        chance = 0.4 if (method, path) == ("POST", PAYMENTS) else 0.2
        return self.dice.choice(self.kinds) if self.dice.random() < chance else Fault.NONE

    @contextlib.contextmanager
    def _maybe_dying(self) -> Iterator[None]:
        """A process that may die after some commits."""
        self.runtime.fuse = self.dice.randrange(24) if self.dice.random() < 0.4 else None
        try:
            yield
        finally:
            self.runtime.fuse = None

    # --- What may happen ----------------------------------------------------------------------------------------

    def _award(self) -> None:
        self.house.award(self.dice.choice(ENDINGS))

    def _batch(self) -> None:
        ref = self.house.make(limit=self.dice.randint(1, 6))
        if self.dice.random() < 0.8:
            self.house.approve(ref)

    def _submit(self) -> None:
        """One that waits for it, mostly; else one that was submitted before."""
        waits = self._some(Batch.ref, col(Batch.state).in_((BatchState.APPROVED, BatchState.SUBMITTING)))
        over = self._some(Batch.ref, col(Batch.state).in_((BatchState.SUBMITTED, BatchState.SETTLED)))
        if ref := (over if self.dice.random() < 0.2 else waits) or waits or over:
            with self._maybe_dying():
                self.house.submit(ref)

    def _work(self) -> None:
        with self._maybe_dying():
            self.house.work()

    def _wait(self) -> None:
        self.clock.advance(dt.timedelta(minutes=self.dice.choice((1, 3, 20, 200, 1500))))

    def _bank(self) -> None:
        refs = [one["id"] for one in self.bank.payments()]
        self.bank.advance(*self.dice.sample(refs, len(refs) // 2 + len(refs) % 2)) if refs else None

    def _event(self) -> None:
        """Some of all events there ever were: late, again, in any order."""
        for event in self.dice.choices(self.bank.events, k=3) if self.bank.events else ():
            with self._maybe_dying(), contextlib.suppress(NotOurs):
                self._deliver(event)

    def _deliver(self, event: dict[str, Any]) -> None:
        at = dt.datetime.fromisoformat(event["created"])
        service.on_outbound_payment(self.runtime, Delivered(event["id"], event["type"], event, at))

    def _leave(self) -> None:
        if case := self._some(Award.application_id):
            self.runtime.transact(SYSTEM, withdraw, application_id=case)

    def _change(self) -> None:
        if case := self._some(Award.application_id):
            self.runtime.transact(
                SYSTEM,
                give_bank_details,
                application_id=case,
                sort_code="20-29-59",
                account_number=f"{self.dice.randint(330_000, 999_999)}{self.dice.choice(ENDINGS)}",
                legal_name="Person Changed",
            )

    def _cancel(self) -> None:
        if ref := self._some(Batch.ref, col(Batch.state).in_((BatchState.DRAFT, BatchState.APPROVED))):
            self.runtime.transact(self.house["finance"], service.cancel_batch, batch_ref=ref)

    def _ask(self) -> None:
        if ref := self._some(Payment.reference, col(Payment.state).in_(AT_THE_RAIL)):
            with self._maybe_dying():
                service.resolve_unknown(self.runtime, self.house["finance"], ref)

    def _stop(self) -> None:
        if ref := self._some(Payment.reference, Payment.state == PaymentState.SUBMITTED):
            service.stop_payment(self.runtime, self.house["finance"], ref)

    def _find(self) -> None:
        """Two people look one unknown payment up in the rail's own list, and say what they found."""
        if ref := self._some(Payment.reference, Payment.state == PaymentState.UNKNOWN):
            self._find_out(ref)

    def _find_out(self, ref: str) -> None:
        with self.runtime.read() as session:
            key = session.exec(
                select(Attempt.idem_key)
                .join(Payment, col(Payment.id) == Attempt.payment_id)
                .where(Payment.reference == ref)
                .order_by(col(Attempt.id).desc())
            ).first()
        taken = any(one["metadata"]["attempt"] == key for one in self.bank.payments())
        finding = Finding.TAKEN if taken else Finding.NOT_TAKEN
        done = self.runtime.transact(
            self.house["finance"], service.propose_finding, payment_ref=ref, finding=finding, why="Looked."
        )
        self.runtime.transact(self.house["approver"], proposals.approve, ref=done.ref)

    def _some(self, column: Any, *where: Any) -> Any:
        with self.runtime.read() as session:
            found = session.exec(select(column).where(*where).order_by(column)).all()
        return self.dice.choice(found) if found else None

    # --- What has to hold ---------------------------------------------------------------------------------------

    def _check(self) -> None:
        """At every moment: clearing is as the payments say, and no award is twice at the rail."""
        with self.runtime.read() as session:
            in_clearing, at_rail = queries.clearing(session), queries.in_flight(session)
        assert in_clearing == at_rail, "clearing is not what is at the rail"
        awards = self._award_of_key()
        there = [awards[one["metadata"]["attempt"]] for one in self.bank.payments("processing", "posted")]
        twice = [award for award, count in Counter(there).items() if count > 1]
        assert twice == [], "an award is at the rail twice"

    def _award_of_key(self) -> dict[str, str]:
        with self.runtime.read() as session:
            rows = session.exec(
                select(Attempt.idem_key, Award.ref)
                .join(Payment, col(Payment.id) == Attempt.payment_id)
                .join(Award, col(Award.id) == Payment.award_id)
            ).all()
        return dict(rows)

    def _come_to_rest(self) -> None:
        """Let everything that is under way end; whatever is left is with a person, who settles it."""
        self._pay_the_rest()
        self.bank.faults = lambda method, path: Fault.NONE
        for _ in range(3):
            self.clock.advance(dt.timedelta(hours=8))
            self.house.work()
            self.bank.advance()
        self.house.work()
        self.rounds_left = 20
        self._settle_the_rest()
        self._check()
        self._compare()
        self._go_home()
        self.clock.advance(
            WATCH_PAID
        )  # what was paid is not asked about any more: the next schedule is as fast

    def _pay_the_rest(self) -> None:
        """What was approved is submitted; what was never approved is left."""
        while ref := self._some(Batch.ref, Batch.state == BatchState.APPROVED):
            self.house.submit(ref)

    def _go_home(self) -> None:
        """Whoever was not paid leaves, so that the next schedule is about people of its own."""
        with self.runtime.read() as session:
            unpaid = session.exec(
                select(Award.application_id).where(Award.state == AwardState.ACCEPTED).order_by(col(Award.id))
            ).all()
        for case in unpaid:
            with contextlib.suppress(HardshipError):
                self.runtime.transact(SYSTEM, withdraw, application_id=case)

    def _settle_the_rest(self) -> None:
        with self.runtime.read() as session:
            told = {one.code for one in troubles(session, self.clock.now()) if one.told}
            stuck = session.exec(
                select(Payment.reference, Payment.state).where(col(Payment.state).in_(AT_THE_RAIL))
            ).all()
        untold = [(ref, state) for ref, state in stuck if ref not in told and state != PaymentState.SUBMITTED]
        assert untold == [], "stuck without a person being told"
        for ref, state in stuck:
            if state == PaymentState.UNKNOWN:
                self._find_out(ref)
        while self._some(Payment.id, col(Payment.state).in_(AT_THE_RAIL)):
            assert self.rounds_left > 0, "it does not come to rest"
            self.rounds_left -= 1
            self.clock.advance(dt.timedelta(hours=30))
            self.house.work()
            self.bank.advance()

    def _compare(self) -> None:
        """The rail's own list of what it paid is the awards paid, each once; the books and the log say the same."""
        awards = self._award_of_key()
        theirs = sorted(awards[one["metadata"]["attempt"]] for one in self.bank.payments("posted"))
        with self.runtime.read() as session:
            ours = sorted(session.exec(select(Award.ref).where(Award.state == AwardState.PAID)).all())
            left = session.exec(
                select(Payment.state).where(col(Payment.state).in_(AT_THE_RAIL)).distinct()
            ).all()
            under_way = session.exec(select(Batch.ref).where(Batch.state == BatchState.SUBMITTING)).all()
            problems = doctor.once(session, self.runtime)
        assert theirs == ours, "the rail's list is not the awards paid"
        assert (list(left), list(under_way), problems) == ([], [], [])
        books = self.house.books()
        assert (books.clearing, books.funds[0].paid) == (0, len(ours) * 20_000)
        asked = {
            head["idempotency-key"] for how, path, head in self.bank.seen if (how, path) == ("POST", PAYMENTS)
        }
        assert asked <= set(awards), "a payment was asked for with a key that was not committed before"
        people = {one["to"]["recipient"] for one in self.bank.payments()}
        assert len(people) <= self.bank.recipients() <= len(self.house.staff) + self.house.people


Make = Callable[[str], Runtime]
