"""I7: money leaves at most once for an award, whatever crashes between which commits, and whoever else is at it."""

import contextlib
import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func
from sqlmodel import Session, col, select

from hardship.applications.service import give_bank_details, withdraw
from hardship.awards.models import Award
from hardship.awards.transitions import AwardState
from hardship.core.actor import SYSTEM, Actor
from hardship.core.clock import SetClock
from hardship.core.errors import HardshipError
from hardship.core.runtime import Runtime
from hardship.payouts import doctor, queries, service
from hardship.payouts.models import Attempt, Batch, Direction, Payment, SandboxPayment
from hardship.payouts.service import sending
from hardship.payouts.statement import StatementLine
from hardship.payouts.transitions import AT_THE_RAIL, BatchState, PaymentState
from tests.conftest import DATABASES
from tests.integration.payouts.helpers import House, a_house, awards_paid, bank_paid

ENDINGS = ("01", "02", "91", "92", "93", "94")


class Died(Exception):
    """The process is gone: what was committed stands, nothing else happens."""


@dataclass
class Fused(Runtime):
    """A runtime that dies after so many commits, of ours or of the stand-in bank's; None: never."""

    fuse: int | None = field(default=None)

    def transact(self, actor: Actor, use_case: Any, /, *args: Any, **kwargs: Any) -> Any:
        """As ever, until the fuse has burnt down."""
        if self.fuse is not None:
            if self.fuse == 0:
                raise Died
            self.fuse -= 1
        return super().transact(actor, use_case, *args, **kwargs)


class Schedule:
    """What may happen in a fund, one thing after the other; after each the invariants hold."""

    def __init__(self, runtime: Runtime) -> None:
        self.clock = runtime.clock
        assert isinstance(self.clock, SetClock)
        self.runtime = Fused(
            runtime.settings, runtime.database, runtime.vault, runtime.clock, runtime.recorder,
            runtime.listeners, runtime.due,
        )  # fmt: skip
        self.house: House = a_house(self.runtime)

    @contextlib.contextmanager
    def dying(self, after: int) -> Iterator[None]:
        """A process that dies after so many commits; 9 and more live on."""
        self.runtime.fuse = after if after < 9 else None
        try:
            with contextlib.suppress(Died, HardshipError):
                yield
        finally:
            self.runtime.fuse = None

    def do(self, what: str, number: int) -> None:
        """One thing that may happen; what the rules refuse does not."""
        with contextlib.suppress(HardshipError):
            getattr(self, what)(number)
        self.check()

    def award(self, number: int) -> None:
        """Somebody is awarded a grant."""
        if self.house.people < 12:
            self.house.award(ENDINGS[number % len(ENDINGS)])

    def batch(self, number: int) -> None:
        """A batch is made, and mostly approved."""
        ref = self.house.make(limit=number % 4 + 1)
        if number % 5:
            self.house.approve(ref)

    def submit(self, number: int) -> None:
        """Somebody submits a batch, one that was submitted before perhaps, and may die of it."""
        refs = self.batches(
            BatchState.APPROVED, BatchState.SUBMITTING, BatchState.SUBMITTED, BatchState.SETTLED
        )
        if refs:
            with self.dying(number % 12):
                self.house.submit(refs[number % len(refs)])

    def work(self, number: int) -> None:
        """The worker runs, and may die of it."""
        with self.dying(number % 12):
            self.house.work()

    def wait(self, number: int) -> None:
        """Time passes."""
        self.clock.advance(dt.timedelta(minutes=(1, 3, 20, 1500)[number % 4]))  # type: ignore[attr-defined]

    def reconcile(self, number: int) -> None:
        """The bank's statement arrives, cut off anywhere."""
        lines = statement(self.runtime)
        if lines:
            self.house.reconcile(*lines[: number % len(lines) + 1])

    def leave(self, number: int) -> None:
        """Somebody withdraws, if it is not too late."""
        if cases := self.cases():
            self.runtime.transact(SYSTEM, withdraw, application_id=cases[number % len(cases)])

    def change(self, number: int) -> None:
        """Somebody gives other bank details."""
        if cases := self.cases():
            self.runtime.transact(
                SYSTEM,
                give_bank_details,
                application_id=cases[number % len(cases)],
                sort_code="20-29-59",
                account_number=f"{33_000_000 + number * 100 + int(ENDINGS[number % len(ENDINGS)])}",
                legal_name="Person Changed",
            )

    def cancel(self, number: int) -> None:
        """A batch is undone."""
        if refs := self.batches(BatchState.DRAFT, BatchState.APPROVED):
            self.runtime.transact(
                self.house["finance"], service.cancel_batch, batch_ref=refs[number % len(refs)]
            )

    def batches(self, *states: BatchState) -> list[str]:
        """The batches in these states."""
        with self.runtime.read() as session:
            wanted = select(Batch.ref).where(col(Batch.state).in_(states)).order_by(col(Batch.id))
            return list(session.exec(wanted).all())

    def cases(self) -> list[int]:
        """Everybody who was awarded a grant."""
        with self.runtime.read() as session:
            return list(session.exec(select(Award.application_id).order_by(col(Award.id))).all())

    def check(self) -> None:
        """At every moment: clearing as the payments say, and no award twice at the bank."""
        with self.runtime.read() as session:
            assert queries.clearing(session) == queries.in_flight(session)
            assert at_the_bank_twice(session) == []

    def come_to_rest(self) -> None:
        """Let everything that is under way end: the bank's list of payments is then the awards paid, each once."""
        for _ in range(6):
            self.house.work()
            self.clock.advance(dt.timedelta(hours=2))  # type: ignore[attr-defined]
        self.check()
        with self.runtime.read() as session:
            assert bank_paid(session) == awards_paid(session)
            assert doctor.once(session, self.runtime) == []
            stuck = session.exec(select(Payment.state).where(col(Payment.state).in_(AT_THE_RAIL))).all()
            under_way = session.exec(select(Batch.ref).where(Batch.state == BatchState.SUBMITTING)).all()
        assert (stuck, under_way) == ([], [])
        books = self.house.books()
        paid = self.house.states().get(PaymentState.PAID, 0)
        assert (books.clearing, books.funds[0].paid) == (0, paid * 20_000)
        assert self.house.awards().get(AwardState.PAID, 0) == paid


def at_the_bank_twice(session: Session) -> list[int]:
    """Awards with more than one payment at the bank that went out, or may still go out."""
    rows = session.exec(
        select(Payment.award_id)
        .join(Attempt, col(Attempt.payment_id) == Payment.id)
        .join(SandboxPayment, col(SandboxPayment.key) == Attempt.idem_key)
        .where(
            col(SandboxPayment.status).in_(("unheard", "accepted", "posted")),
            # one that will fail, or come back, as the bank alone knows, is still one payment
        )
        .group_by(col(Payment.award_id))
        .having(func.count() > 1)
    )
    return list(rows.all())


def statement(runtime: Runtime) -> list[StatementLine]:
    """The bank's statement: a debit for whatever went out, a credit for what came back."""
    with runtime.read() as session:
        book = session.exec(
            select(SandboxPayment)
            .where(col(SandboxPayment.status).in_(("posted", "returned")))
            .order_by(SandboxPayment.key)
        ).all()
    day = dt.date(2020, 4, 2)
    lines = [StatementLine(day, one.amount_minor, one.reference, "X", Direction.OUT) for one in book]
    return lines + [
        StatementLine(day, one.amount_minor, one.reference, "X", Direction.IN)
        for one in book
        if one.status == "returned"
    ]


ACTIONS = ("award", "batch", "submit", "work", "wait", "reconcile", "leave", "change", "cancel")
# The usual way, with anything at all in between.
MOVES = st.tuples(
    st.sampled_from((*ACTIONS, "award", "batch", "submit", "submit", "work")), st.integers(0, 59)
)


@pytest.mark.parametrize("kind", DATABASES)
def test_under_any_schedule_the_banks_list_is_the_awards_paid_each_once(
    make_runtime: Callable[[str], Runtime], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "CHUNK", 2)

    @settings(max_examples=18 if kind == "sqlite" else 6)
    @given(st.lists(MOVES, min_size=8, max_size=24))
    def schedules(moves: list[tuple[str, int]]) -> None:
        schedule = Schedule(make_runtime(kind))
        schedule.house.award("01", "92", "94")
        schedule.house.approve(schedule.house.make())
        for what, number in moves:
            schedule.do(what, number)
        schedule.come_to_rest()
        schedule.runtime.database.dispose()

    schedules()


@pytest.mark.parametrize("fuse", range(9))
def test_a_submit_that_dies_after_any_commit_is_finished_by_a_second_one_and_by_the_worker(
    runtime: Runtime, fuse: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "CHUNK", 2)
    schedule = Schedule(runtime)
    ref = schedule.house.ready("01", "02", "91", "92", "03")
    with schedule.dying(fuse):
        schedule.house.submit(ref)
    schedule.check()
    if fuse % 2 and schedule.house.batch(ref).state is not BatchState.APPROVED:
        schedule.clock.advance(dt.timedelta(minutes=3))  # type: ignore[attr-defined]
        schedule.house.work()
    else:
        done = schedule.house.submit(ref)
        assert done.submitted + done.failed + done.unknown == 5
    schedule.come_to_rest()
    assert schedule.house.states() == {PaymentState.PAID: 4, PaymentState.FAILED: 1}
