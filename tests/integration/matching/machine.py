"""What finance, donors, sponsors and the clock do in any order, step by step against the plain model."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlmodel import Session, select

from hardship.audit.verify import verify
from hardship.awards.money import choose_pots
from hardship.contributions.models import Channel, Contribution, DonorType
from hardship.core.actor import SYSTEM, operator
from hardship.core.clock import day_of, iso
from hardship.core.errors import BadInput, Conflict, Refused
from hardship.core.runtime import Runtime, Transaction
from hardship.funds.models import Fund
from hardship.funds.queries import round_by_slug
from hardship.funds.service import lock_fund
from hardship.funds.transfers import propose_transfer
from hardship.ledger.closing import propose_close
from hardship.ledger.journal import JournalDraft, transfer
from hardship.ledger.models import AccountKind
from hardship.ledger.queries import spendable_by_pot
from hardship.ledger.service import post
from hardship.matching.models import MatchAgreement
from tests.integration.matching.checkouts import (
    MINUTES,
    close_checkout,
    dispute,
    open_checkout,
    pay,
    settle,
    wait,
)
from tests.integration.matching.helpers import (
    assert_sound,
    books,
    give,
    give_back,
    load,
    new_gift,
    redistributed,
    sponsor_pays,
    status_of,
    why,
)
from tests.integration.matching.model import Checkout, Given, Model, Terms, covers

DAY_0 = dt.datetime(2020, 4, 1, tzinfo=dt.UTC)
LAST_DAY = 6
DONORS = ("", "Ann", "Bob")

AGREEMENTS: dict[str, dict[str, Any]] = {
    "A": {
        "ref": "A",
        "ratio": "1:1",
        "cap": "30.00",
        "per_contribution_cap": "9.00",
        "priority": 1,
        "channels": ["card"],
    },
    "B": {
        "ref": "B",
        "ratio": "1:2",
        "cap": "20.00",
        "minimum": "2.00",
        "per_donor_cap": "8.00",
        "priority": 2,
        "clear_days": 3,
    },
    "C": {"ref": "C", "ratio": "3:1", "cap": "40.00", "priority": 2, "paid": "in_advance"},
    "D": {
        "ref": "D",
        "ratio": "1:1",
        "cap": "25.00",
        "priority": 3,
        "kind": "challenge",
        "threshold": "60.00",
        "closes": DAY_0 + dt.timedelta(days=LAST_DAY, hours=20),
    },
}

amounts = st.one_of(st.integers(1, 2500), st.sampled_from([1, 2, 3, 199, 200, 899, 900, 901]))
donors = st.sampled_from(DONORS)


def the_model() -> Model:
    """The same agreements, in the model's words."""
    return Model(
        Terms("A", 1, 1, 1, 3000, per_gift=900, channels=frozenset({"card"})),
        Terms("B", 1, 2, 2, 2000, minimum=200, per_donor=800, clear_days=3),
        Terms("C", 3, 1, 2, 4000),
        Terms("D", 1, 1, 3, 2500, threshold=6000, last_day=LAST_DAY),
    )


def pounds_of(minor: int | None) -> str | None:
    """An amount as a file has it."""
    return None if minor is None else f"{minor // 100}.{minor % 100:02d}"


def ready(machine: "Money") -> bool:
    """Whether it has started."""
    return hasattr(machine, "model")


class Money(RuleBasedStateMachine):
    """The system and the model, side by side."""

    make: Callable[[], Runtime]

    @initialize()
    def start(self) -> None:
        """A fund with four agreements."""
        self.runtime = type(self).make()
        self.terms = {ref: dict(one) for ref, one in AGREEMENTS.items()}
        load(self.runtime, *self.terms.values())
        self.model = the_model()
        self.number = 0
        self.moved: dict[str, int] = {}  # by pot ("" is the community's): transferred, and drawn
        with self.runtime.read() as session:
            self.pots = _pots(session)

    # --- Helpers

    @property
    def minute(self) -> int:
        """Minutes from the first day until now."""
        return int((self.runtime.clock.now() - DAY_0).total_seconds()) // 60

    def next(self, prefix: str) -> str:
        """A ref that nothing has yet."""
        self.number += 1
        return f"{prefix}-{self.number:03d}"

    def pick(self, data: st.DataObject, named: dict[str, Any]) -> Any:
        """One of several."""
        return named[data.draw(st.sampled_from(sorted(named)))]

    def stands(self, pot: str) -> int:
        """What a pot may spend, by the model."""
        if pot:
            return self.model.spendable(self.model.agreements[pot]) + self.moved.get(pot, 0)
        return sum(gift.net for gift in self.model.gifts.values()) + self.moved.get("", 0)

    # --- Gifts

    @rule(
        parts=st.lists(
            st.tuples(
                amounts, st.integers(0, 59), st.integers(0, 2), st.sampled_from(["card", "bank"]), donors
            ),
            min_size=1,
            max_size=4,
        )
    )
    def gifts_arrive(self, parts: list[tuple[int, int, int, str, str]]) -> None:
        """One gift or a file of them, some entered days late, worked through by time and ref."""
        arriving = []
        for amount, minute, late, channel, donor in parts:
            day = max(0, self.model.today - late)
            arriving.append(Given(self.next("G"), (day, 600 + minute), amount, channel, donor))
        give(self.runtime, *[_as_gift(one) for one in arriving])
        self.model.lapse(self.minute)
        for one in sorted(arriving, key=lambda each: (each.at, each.ref)):
            self.model.arrive(one)
        self.model.entitle()

    @precondition(lambda self: ready(self) and self.model.gifts)
    @rule(data=st.data(), share=st.sampled_from([1, 2, 3, 7]))
    def gift_is_refunded(self, data: st.DataObject, share: int) -> None:
        """A part or all of one; more than is left is refused and changes nothing."""
        gift = self.pick(data, self.model.gifts)
        self.number += 1
        at = iso(dt.datetime(2020, 6, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=self.number))
        with pytest.raises(BadInput):
            give_back(self.runtime, gift.ref, gift.net + 1, at=at)
        if minor := -(-gift.net // share):
            give_back(self.runtime, gift.ref, minor, at=at)
            self.model.refund(gift, minor)

    @precondition(lambda self: ready(self) and self.model.gifts)
    @rule(data=st.data(), outcome=st.sampled_from(["won", "lost"]))
    def gift_is_disputed(self, data: st.DataObject, outcome: str) -> None:
        """Or, where it is, the dispute ends: lost, all that is left of the gift goes back."""
        gift = self.pick(data, self.model.gifts)
        if not gift.frozen:
            dispute(self.runtime, gift.ref)
            gift.frozen = True
            return
        settle(self.runtime, gift.ref, outcome)
        gift.frozen = False
        if outcome == "won":
            self.model.entitle()
        elif gift.net:
            self.number += 1
            at = iso(dt.datetime(2020, 6, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=self.number))
            give_back(self.runtime, gift.ref, gift.net, at=at)
            self.model.refund(gift, gift.net)

    # --- Checkouts

    @rule(amount=amounts, donor=donors)
    def checkout_opens(self, amount: int, donor: str) -> None:
        """What is promised is what the rule would give; asked again, the answer is the same."""
        now = self.minute
        one = Checkout(self.next("C"), amount, donor, now, now + MINUTES)
        answer = open_checkout(self.runtime, one.ref, amount, donor=donor)
        self.model.open(one)
        promised = {ref: minor for (ref, _, _), minor in one.standing.items()}
        assert dict(answer.shares) == promised
        assert open_checkout(self.runtime, one.ref, amount, donor=donor).shares == answer.shares

    @precondition(lambda self: ready(self) and self.open_checkouts())
    @rule(data=st.data())
    def checkout_is_paid(self, data: st.DataObject) -> None:
        """In time or late; told again it changes nothing."""
        one = self.pick(data, self.open_checkouts())
        at = self.runtime.clock.now()
        received = pay(self.runtime, one.ref, one.amount, donor=one.donor, at=at)
        lapsed = self.model.pay(one, self.minute)
        assert received.lapsed_minor == lapsed
        assert pay(self.runtime, one.ref, one.amount, donor=one.donor, at=at).unchanged

    @precondition(lambda self: ready(self) and self.model.checkouts)
    @rule(data=st.data(), outcome=st.sampled_from(["cancelled", "expired", "failed"]))
    def checkout_is_closed(self, data: st.DataObject, outcome: str) -> None:
        """Of one that was paid it changes nothing; a gift may still come after it."""
        one = self.pick(data, self.model.checkouts)
        close_checkout(self.runtime, one.ref, outcome)
        one.standing = {}

    def open_checkouts(self) -> dict[str, Checkout]:
        """Those that no gift has come of."""
        return {ref: one for ref, one in self.model.checkouts.items() if not one.is_over}

    # --- The clock and the worker

    @rule(minutes=st.sampled_from([10, MINUTES, 1440, 3 * 1440]))
    def time_passes(self, minutes: int) -> None:
        """Half an hour is what a hold lasts."""
        wait(self.runtime, minutes)
        self.model.today = self.minute // 1440

    @rule(what=st.sampled_from(["match holds", "match conditions"]))
    def worker_runs(self, what: str) -> None:
        """What has lapsed is void; challenges end, and what meets its conditions is income."""
        self.runtime.run_due(what)
        if what == "match holds":
            self.model.lapse(self.minute)
        else:
            self.model.close_challenges()
            self.model.entitle()
        assert self.runtime.run_due(what) == 0

    # --- Sponsors and terms

    @rule(data=st.data(), minor=st.integers(1, 6000), back=st.booleans())
    def sponsor_moves_money(self, data: st.DataObject, minor: int, back: bool) -> None:
        """A sponsor pays, or gets back no more than they have paid."""
        one: Terms = self.pick(data, self.model.agreements)
        minor = min(minor, one.received - one.repaid) if back else minor
        if not minor:
            return
        sponsor_pays(self.runtime, -minor if back else minor, ref=self.next("P"), agreement=one.ref)
        if back:
            one.repaid += minor
        else:
            one.received += minor

    @rule(data=st.data(), extra=st.one_of(st.none(), st.integers(0, 3000)))
    def cap_is_varied(self, data: st.DataObject, extra: int | None) -> None:
        """To what is bound and some more, or to none; below what is bound is refused."""
        one: Terms = self.pick(data, self.model.agreements)
        bound = self.model.allocated(one.ref) + self.model.held(one.ref)
        if bound:
            with pytest.raises(Conflict):
                self.vary(one.ref, cap=pounds_of(bound - 1))
        one.cap = None if extra is None else bound + extra
        self.vary(one.ref, cap=pounds_of(one.cap))

    @rule(ref=st.sampled_from(["A", "B", "C"]), ratio=st.sampled_from([(1, 1), (1, 2), (2, 3), (3, 1)]))
    def ratio_is_varied(self, ref: str, ratio: tuple[int, int]) -> None:
        """What was given keeps the ratio at which it was."""
        one = self.model.agreements[ref]
        one.n, one.d = ratio
        self.vary(ref, ratio=f"{one.n}:{one.d}")

    def vary(self, ref: str, **fields: Any) -> None:
        """Load the fund's file with other terms. Conditions are then looked at anew; not when nothing is another."""
        changed = {name: dict(one) | (fields if name == ref else {}) for name, one in self.terms.items()}
        load(self.runtime, *changed.values())
        if changed != self.terms:
            self.model.entitle()
        self.terms = changed

    @rule()
    def cap_is_redistributed(self) -> None:
        """Doing it twice changes nothing the second time."""
        redistributed(self.runtime)
        self.model.lapse(self.minute)
        self.model.redistribute()
        self.model.entitle()
        assert redistributed(self.runtime) == []

    # --- The books

    @rule()
    def period_is_closed(self) -> None:
        """Through yesterday; what comes late belongs to the open period."""
        through = day_of(self.runtime.clock.now()) - dt.timedelta(days=1)
        try:
            self.runtime.transact(operator(), propose_close, fund_slug="f", through=through)
        except (BadInput, Conflict, Refused):
            return  # closed already

    @rule(to=st.sampled_from(["A", "B", "C", "D"]), minor=st.integers(1, 500))
    def money_is_transferred(self, to: str, minor: int) -> None:
        """From the community's pot to a sponsor's, no more than it has."""
        given = {
            "source": self.pots[""][0],
            "target": self.pots[to][0],
            "amount_minor": minor,
            "reason": "why",
        }
        if minor > self.stands(""):
            with pytest.raises(Refused):
                self.runtime.transact(operator(), propose_transfer, **given)
            return
        self.runtime.transact(operator(), propose_transfer, **given)
        self.moved[""] = self.moved.get("", 0) - minor
        self.moved[to] = self.moved.get(to, 0) + minor

    @rule(minor=st.integers(1, 4000))
    def award_is_made(self, minor: int) -> None:
        """I4: whole or not at all, and no pot below what it has."""
        if minor > sum(self.stands(pot) for pot in self.pots):
            with pytest.raises(Refused):
                self.runtime.transact(SYSTEM, _award, minor=minor, key="refused")
            return
        shares = self.runtime.transact(SYSTEM, _award, minor=minor, key=self.next("AW"))
        assert sum(shares.values()) == minor
        for pot, (_, number) in self.pots.items():
            assert shares.get(number, 0) <= max(0, self.stands(pot))
            self.moved[pot] = self.moved.get(pot, 0) - shares.get(number, 0)

    # --- What holds after every step

    @invariant()
    def everything_agrees(self) -> None:
        """I1 to I4: rows, totals and books say what the model says."""
        if not ready(self):
            return
        assert_sound(self.runtime)
        model = self.model
        for ref, one in model.agreements.items():
            row = status_of(self.runtime, ref).agreement
            assert (row.allocated_minor, row.held_minor) == (model.allocated(ref), model.held(ref)), ref
            assert (row.earned_minor, row.frozen_minor) == (
                model.earned(ref),
                model.earned(ref, frozen=True),
            ), ref
            assert (row.reversed_minor, row.received_minor) == (one.reversed, one.received), ref
            assert one.cap is None or model.allocated(ref) + model.held(ref) <= one.cap, "I2"
        with self.runtime.read() as session:
            nets = {gift.ref: gift.net_minor for gift in session.exec(select(Contribution))}
            spendable = spendable_by_pot(session, "f")
        assert nets == {ref: gift.net for ref, gift in model.gifts.items()}
        assert {pot: spendable[number] for pot, (_, number) in self.pots.items()} == {
            pot: self.stands(pot) for pot in self.pots
        }, "I4"
        if nets:
            figures = books(self.runtime)
            assert figures.income == sum(nets.values())
            assert figures.matched == sum(model.earned(ref) for ref in model.agreements)

    def teardown(self) -> None:
        """At the end each gift is explained as the model has it, and the log verifies, live rows and all (I8)."""
        if not ready(self):
            return
        with self.runtime.read() as session:
            verdict = verify(session, self.runtime.vault)
        assert verdict.ok, verdict.problems
        for ref, gift in list(self.model.gifts.items())[:5]:
            said = why(self.runtime, ref)
            given: dict[str, int] = {}
            for line in said.allocations:
                given[line.agreement] = given.get(line.agreement, 0) + line.amount_minor
            assert {name: minor for name, minor in given.items() if minor} == {
                name: gift.of(name) for name in self.model.agreements if gift.of(name)
            }
            assert said.unmatched_minor == gift.net - sum(
                covers(key, minor) for key, minor in gift.live.items()
            )
            assert said.frozen == gift.frozen
        self.runtime.database.dispose()


def _as_gift(one: Given) -> Any:
    at = iso(DAY_0 + dt.timedelta(days=one.at[0], minutes=one.at[1]))
    about = {
        "channel": Channel(one.channel),
        "donor_name": one.donor,
        "donor_type": DonorType.PERSON if one.donor else DonorType.ANONYMOUS,
    }
    return new_gift(one.ref, one.amount, at=at, **about)


def _pots(session: Session) -> dict[str, tuple[str, int]]:
    """Each pot's ref and number, by agreement; the community's under ""."""
    from hardship.ledger.models import Pot

    fund = session.exec(select(Fund).where(Fund.slug == "f")).one()
    refs = {row.id or 0: row.ref for row in session.exec(select(Pot))}
    found = {"": (refs[fund.community_pot_id], fund.community_pot_id)}
    for row in session.exec(select(MatchAgreement).order_by(MatchAgreement.ref)):
        found[row.ref] = (refs[row.pot_id], row.pot_id)
    return found


def _award(tx: Transaction, *, minor: int, key: str) -> dict[int, int]:
    """The money of an award of any amount: the shares by pot, spent."""
    fund = lock_fund(tx, "f")
    shares = choose_pots(tx, fund, round_by_slug(tx.session, "spring"), minor)
    lines = [
        line
        for share in shares
        for line in transfer(share.pot_id, AccountKind.GRANTS, AccountKind.GRANTS_PAYABLE, share.minor)
    ]
    post(tx, [JournalDraft(f"award:{key}", "award.offered", "f", f"award:{key}", day_of(tx.at), lines)])
    return {share.pot_id: share.minor for share in shares}
