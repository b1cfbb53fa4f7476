"""Whatever happens in whatever order, awards never spend what is not there, their shares add up, one account has one
award unless somebody overrode it, and every change of state is one event (I4, I5, I6, I8)."""

import contextlib
import datetime as dt
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import select

from hardship.applications.service import give_bank_details, withdraw
from hardship.awards import queries, service
from hardship.awards.models import Award
from hardship.awards.transitions import MACHINE, NOT_LIVE, AwardState
from hardship.core.actor import SYSTEM
from hardship.core.clock import SetClock
from hardship.core.errors import HardshipError
from hardship.core.runtime import Runtime
from hardship.ledger.queries import check, spendable_by_pot
from hardship.matching.service import receive_payment
from tests.integration.applications.helpers import bodies
from tests.integration.awards.test_awards import LATE_SPONSOR
from tests.integration.review.helpers import Panel, a_panel

CASES = 4
ACCOUNTS = ("11111111", "22222222")

case = st.integers(0, CASES - 1)
step = st.one_of(
    st.tuples(st.just("approve"), case),
    st.tuples(st.just("approve"), case),
    st.tuples(st.just("bank"), case, st.sampled_from(ACCOUNTS)),
    st.tuples(st.just("override"), case),
    st.tuples(st.just("withdraw"), case),
    st.tuples(st.just("cancel"), case),
    st.tuples(st.just("pay"), case),
    st.tuples(st.just("stop"), case),
    st.tuples(st.just("give"), st.sampled_from((1, 9_999, 20_000))),
    st.tuples(st.just("sponsor"), st.sampled_from((1, 15_000, 30_000))),
    st.tuples(st.just("lapse"), st.sampled_from((3, 30))),
)
account = st.sampled_from((None, *ACCOUNTS))


class World:
    """A fund, a few cases, and what may happen to them."""

    def __init__(self, runtime: Runtime, accounts: list[str | None]) -> None:
        self.panel: Panel = a_panel(runtime, gifts=25_000, more=LATE_SPONSOR)
        self.runtime = runtime
        self.refs = [
            self.panel.case(account_number=number or "", sort_code="20-29-59" if number else "")
            for number in accounts
        ]
        self.payments = 0

    def do(self, what: str, which: int, number: str = "") -> None:
        """One thing; a refusal is as good as any answer, as long as nothing is untrue afterwards."""
        with contextlib.suppress(HardshipError):
            getattr(self, what)(which, *([number] if number else []))

    def approve(self, which: int) -> None:
        self.panel.approve(self.refs[which])

    def bank(self, which: int, number: str) -> None:
        self.runtime.transact(
            SYSTEM,
            give_bank_details,
            application_id=self.panel.number(self.refs[which]),
            sort_code="20-29-59",
            account_number=number,
            legal_name="Somebody",
        )

    def override(self, which: int) -> None:
        self.runtime.transact(
            self.panel["lead"],
            service.override_duplicate,
            application_id=self.panel.number(self.refs[which]),
            reason="Seen and right.",
        )

    def withdraw(self, which: int) -> None:
        self.runtime.transact(SYSTEM, withdraw, application_id=self.panel.number(self.refs[which]))

    def cancel(self, which: int) -> None:
        if award := self.panel.award(self.refs[which]):
            self.runtime.transact(self.panel["approver"], service.cancel, award_ref=award.ref, why="No.")

    def pay(self, which: int) -> None:
        self._bulk(which, service.start_payment)

    def stop(self, which: int) -> None:
        self._bulk(which, service.stop_payment)

    def _bulk(self, which: int, act: Callable[..., None]) -> None:
        if award := self.panel.award(self.refs[which]):
            self.runtime.transact(SYSTEM, lambda tx: act(tx, [tx.session.get(Award, award.id)]))

    def give(self, minor: int) -> None:
        self.panel.give(minor)

    def sponsor(self, minor: int) -> None:
        self.payments += 1
        self.runtime.transact(
            SYSTEM,
            receive_payment,
            agreement="LATE",
            ref=f"SP-{self.payments}",
            received_at=self.runtime.clock.now(),
            amount_minor=minor,
        )

    def lapse(self, days: int) -> None:
        assert isinstance(self.runtime.clock, SetClock)
        self.runtime.clock.advance(dt.timedelta(days=days))
        self.runtime.run_due("offers", "reminders")

    def holds(self) -> None:
        """What must never be untrue."""
        with self.runtime.read() as session:
            books = check(session)
            awards = session.exec(select(Award)).all()
            shares = queries.shares_of(session, [award.id or 0 for award in awards])
            by_pot = spendable_by_pot(session, "small")
            events = bodies(session)
        live = [award for award in awards if award.state not in NOT_LIVE]
        assert books.problems == []
        assert all(minor >= 0 for minor in by_pot.values()), by_pot
        assert books.funds[0].payable == sum(award.amount_minor for award in live)
        for award in awards:
            owed = award.amount_minor if award in live else 0
            assert sum(shares.get(award.id or 0, {}).values()) == owed
        tokens = Counter(award.bank_token for award in live if award.bank_token and award.override_id is None)
        assert all(count == 1 for count in tokens.values())
        told = Counter(one["subject"] for one in events if one["kind"] == "award.offered")
        assert told == Counter(f"award:{award.ref}" for award in awards)
        for award in awards:
            self._replays(award, events)

    @staticmethod
    def _replays(award: Award, events: list[dict[str, object]]) -> None:
        """The states told by the events are a way through the table to where the award stands."""
        told = [
            one["facts"]["state"]
            for one in events
            if one["subject"] == f"award:{award.ref}" and "state" in one["facts"]
        ]  # type: ignore[index,operator]
        way = [AwardState(state) for state in told]
        assert way[0] is MACHINE.initial
        assert way[-1] is award.state
        for before, after in zip(way, way[1:], strict=False):
            assert before is after or after in {
                MACHINE.apply(before, event) for event in MACHINE.allowed(before)
            }


@pytest.mark.parametrize(("kind", "examples"), [("sqlite", 12), ("postgresql", 5)])
def test_whatever_happens_to_awards_the_invariants_hold(
    make_runtime: Callable[[str], Runtime], kind: str, examples: int
) -> None:
    @settings(max_examples=examples)
    @given(st.lists(account, min_size=CASES, max_size=CASES), st.lists(step, min_size=3, max_size=14))
    def run(accounts: list[str | None], steps: list[tuple[object, ...]]) -> None:
        world = World(make_runtime(kind), accounts)
        for each in steps:
            world.do(*each)  # type: ignore[arg-type]
            world.holds()
        world.runtime.database.dispose()

    run()
