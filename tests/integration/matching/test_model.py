"""Gifts, refunds, sponsors' payments and redistributions in any order, against a plain model, on both databases.

The model is the match rule of the design, written down as it reads: a list of gifts, a dictionary of live pence.
After each step the rows, the totals and the books have to say what the model says (I1, I2, I3).
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlmodel import select

from hardship.contributions.models import Channel, Contribution
from hardship.core.actor import SYSTEM
from hardship.core.errors import BadInput
from hardship.core.runtime import Runtime
from hardship.funds.service import lock_fund
from hardship.matching.service import redistribute
from tests.conftest import DATABASES
from tests.integration.matching.helpers import (
    assert_sound,
    books,
    give,
    give_back,
    load,
    new_gift,
    sponsor_pays,
    status_of,
    why,
)

AGREEMENTS = (
    {
        "ref": "A",
        "ratio": "1:1",
        "cap": "30.00",
        "per_contribution_cap": "9.00",
        "priority": 1,
        "channels": ["card"],
    },
    {"ref": "B", "ratio": "1:2", "cap": "20.00", "minimum": "2.00", "priority": 2},
    {"ref": "C", "ratio": "3:1", "cap": "40.00", "priority": 2, "paid": "in_advance"},
)


@dataclass
class Terms:
    """What the model knows of an agreement, in pence."""

    ref: str
    n: int
    d: int
    cap: int
    per_gift: int | None = None
    minimum: int = 0
    channels: frozenset[str] = frozenset({"card", "bank"})
    allocated: int = 0
    reversed: int = 0
    paid: int = 0


@dataclass
class Given:
    """What the model knows of a gift, in pence."""

    ref: str
    minute: int
    amount: int
    channel: str
    refunded: int = 0
    live: dict[str, int] = field(default_factory=dict)

    @property
    def net(self) -> int:
        return self.amount - self.refunded


@dataclass
class Model:
    """The match rule, plainly."""

    agreements: list[Terms] = field(
        default_factory=lambda: [
            Terms("A", 1, 1, 3000, per_gift=900, channels=frozenset({"card"})),
            Terms("B", 1, 2, 2000, minimum=200),
            Terms("C", 3, 1, 4000),
        ]
    )
    gifts: dict[str, Given] = field(default_factory=dict)

    def match(self, gift: Given) -> None:
        for one in self.agreements:
            if gift.channel not in one.channels or gift.amount < one.minimum:
                continue
            live = gift.live.get(one.ref, 0)
            room = gift.net - sum(self.covered(gift, other) for other in self.agreements if other is not one)
            target = room * one.n // one.d
            if one.per_gift is not None:
                target = min(target, one.per_gift)
            take = max(0, min(target - live, one.cap - one.allocated))
            gift.live[one.ref] = live + take
            one.allocated += take

    def covered(self, gift: Given, one: Terms) -> int:
        return -(-gift.live.get(one.ref, 0) * one.d // one.n)

    def refund(self, gift: Given, minor: int) -> None:
        gift.refunded += minor
        left = gift.net
        for one in self.agreements:
            live = gift.live.get(one.ref, 0)
            keep = min(left * one.n // one.d, live)
            one.allocated -= live - keep
            one.reversed += live - keep
            gift.live[one.ref] = keep
            left -= -(-keep * one.d // one.n)

    def redistribute(self) -> None:
        for gift in sorted(self.gifts.values(), key=lambda each: (each.minute, each.ref)):
            self.match(gift)


amounts = st.one_of(st.integers(1, 2500), st.sampled_from([1, 2, 3, 199, 200, 899, 900, 901]))
minutes = st.integers(0, 59)


class Money(RuleBasedStateMachine):
    """What finance does in a day, in any order."""

    make: Callable[[], Runtime]

    @initialize()
    def start(self) -> None:
        """A fund with three agreements."""
        self.runtime = type(self).make()
        load(self.runtime, *AGREEMENTS)
        self.model = Model()
        self.number = 0
        self.payments = 0

    @rule(
        parts=st.lists(st.tuples(amounts, minutes, st.sampled_from(["card", "bank"])), min_size=1, max_size=4)
    )
    def gifts_arrive(self, parts: list[tuple[int, int, str]]) -> None:
        """One gift or a file of them, worked through by time and ref."""
        arriving = []
        for amount, minute, channel in parts:
            self.number += 1
            arriving.append(Given(f"G-{self.number}", minute, amount, channel))
        give(
            self.runtime,
            *[
                new_gift(
                    one.ref,
                    one.amount,
                    at=f"2020-04-01T10:{one.minute:02d}:00Z",
                    channel=Channel(one.channel),
                )
                for one in arriving
            ],
        )
        for one in sorted(arriving, key=lambda each: (each.minute, each.ref)):
            self.model.gifts[one.ref] = one
            self.model.match(one)

    @precondition(lambda self: getattr(self, "model", None) and self.model.gifts)
    @rule(data=st.data(), share=st.sampled_from([1, 2, 3, 7]))
    def gift_is_refunded(self, data: st.DataObject, share: int) -> None:
        """A part or all of one; more than is left is refused and changes nothing."""
        gift = self.model.gifts[data.draw(st.sampled_from(sorted(self.model.gifts)))]
        self.payments += 1
        at = (
            f"2020-05-01T{self.payments // 3600:02d}:{self.payments // 60 % 60:02d}:{self.payments % 60:02d}Z"
        )
        with pytest.raises(BadInput):
            give_back(self.runtime, gift.ref, gift.net + 1, at=at)
        minor = -(-gift.net // share)
        if minor:
            give_back(self.runtime, gift.ref, minor, at=at)
            self.model.refund(gift, minor)

    @rule(data=st.data(), minor=st.integers(1, 6000), back=st.booleans())
    def sponsor_moves_money(self, data: st.DataObject, minor: int, back: bool) -> None:
        """A sponsor pays, or gets back no more than they have paid."""
        one = data.draw(st.sampled_from(self.model.agreements))
        minor = -min(minor, one.paid) if back else minor
        if minor:
            self.payments += 1
            sponsor_pays(self.runtime, minor, ref=f"P-{self.payments}", agreement=one.ref)
            one.paid += minor

    @rule()
    def cap_is_redistributed(self) -> None:
        """Doing it twice changes nothing the second time."""
        for again in (False, True):
            done = self.runtime.transact(SYSTEM, lambda tx: redistribute(tx, fund=lock_fund(tx, "f")))
            assert not (again and done.given)
        self.model.redistribute()

    @invariant()
    def everything_agrees(self) -> None:
        """Rows, totals and books say what the model says."""
        if not hasattr(self, "model"):
            return
        assert_sound(self.runtime)
        for one in self.model.agreements:
            found = status_of(self.runtime, one.ref)
            assert found.agreement.allocated_minor == one.allocated <= one.cap
            assert found.agreement.reversed_minor == one.reversed
            assert found.received_minor == one.paid
        with self.runtime.read() as session:
            nets = {gift.ref: gift.net_minor for gift in session.exec(select(Contribution))}
        assert nets == {ref: gift.net for ref, gift in self.model.gifts.items()}
        if nets:
            figures = books(self.runtime)
            assert figures.income == sum(nets.values())
            assert figures.matched == sum(one.allocated for one in self.model.agreements)
            assert figures.cash == figures.income + sum(one.paid for one in self.model.agreements)

    def teardown(self) -> None:
        """At the end each gift is explained as the model has it."""
        if not hasattr(self, "model"):
            return
        for ref, gift in list(self.model.gifts.items())[:5]:
            said = why(self.runtime, ref)
            given: dict[str, int] = {}
            for line in said.allocations:
                given[line.agreement] = given.get(line.agreement, 0) + line.amount_minor
            assert {name: minor for name, minor in given.items() if minor} == {
                name: minor for name, minor in gift.live.items() if minor
            }
            assert said.unmatched_minor == gift.net - sum(
                self.model.covered(gift, one) for one in self.model.agreements
            )
        self.runtime.database.dispose()


@pytest.mark.parametrize("kind", DATABASES)
def test_any_order_of_events_gives_what_the_plain_model_gives(
    kind: str, make_runtime: Callable[[str], Runtime]
) -> None:
    """I1, I2 and I3 hold after every step, whatever happens in whatever order."""

    class OnThis(Money):
        """The machine on one kind of database."""

    OnThis.make = staticmethod(lambda: make_runtime(kind))  # type: ignore[method-assign]
    # Fewer on PostgreSQL, where making the database takes most of the time.
    examples = 10 if kind == "sqlite" else 4
    run_state_machine_as_test(OnThis, settings=settings(max_examples=examples, stateful_step_count=14))
