"""Whatever happens at the desk, in whatever order: gross = fee + net, the bank is what its lines say, and the tax to come less
the tax owed is a quarter of what is left of the declared gifts."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import col, select

from hardship.contributions.giftaid.aid import tax_on
from hardship.contributions.giftaid.claims import make_claim, received
from hardship.contributions.giftaid.declaring import Covers, leave_out
from hardship.contributions.giftaid.models import Claim, ClaimState, GiftAid
from hardship.contributions.hand_models import BankReceipt, RefundOrder
from hardship.contributions.models import Contribution
from hardship.contributions.refund_orders import ask_refund, ask_return, paid_out
from hardship.contributions.steps import OrderState, ReceiptState
from hardship.contributions.unidentified import Giver, identify, identify_as_booked
from hardship.core.actor import operator
from hardship.core.errors import HardshipError
from hardship.core.runtime import Runtime
from hardship.ledger.models import AccountKind
from tests.conftest import DATABASES
from tests.integration.contributions.desk import arrives, balance, balances, declares, sound
from tests.integration.matching.helpers import books, give, load, new_gift

K = AccountKind
DAY = dt.date(2020, 4, 1)
AMOUNTS = st.integers(1, 60_000)
PICK = st.integers(0, 5)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("give"), AMOUNTS, st.integers(0, 40), PICK),
        st.tuples(st.just("line"), AMOUNTS, PICK),
        st.tuples(st.just("line_of_gift"), PICK),
        st.tuples(st.just("identify"), PICK, st.integers(0, 40)),
        st.tuples(st.just("booked"), PICK, PICK),
        st.tuples(st.just("return"), PICK),
        st.tuples(st.just("declare"), PICK),
        st.tuples(st.just("leave_out"), PICK),
        st.tuples(st.just("refund"), PICK, AMOUNTS),
        st.tuples(st.just("pay_refund"), PICK),
        st.tuples(st.just("claim")),
        st.tuples(st.just("hmrc_pays"), PICK),
    ),
    min_size=4,
    max_size=14,
)


class Desk:
    """Does one step after another; what the services refuse is left out."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.count = 0
        self.lines = 0  # pence of every bank line taken in that did not claim something booked
        self.booked = 0  # pence that gifts booked straight to the bank brought, after fees
        self.out = 0  # pence that left the bank
        self.tax_in = 0  # pence that HMRC paid
        self.twice = 0  # pence of lines found to have been booked already

    def step(self, name: str, *more: int) -> None:
        """One step."""
        self.count += 1
        try:
            getattr(self, name)(*more)
        except HardshipError:
            return

    def run(self, use_case: Callable[..., Any], **more: Any) -> Any:
        """As the machine's operator, who needs no second person."""
        return self.runtime.transact(operator(), use_case, **more)

    def give(self, minor: int, fee: int, donor: int) -> None:
        fee = min(fee, minor)
        give(
            self.runtime,
            new_gift(f"G-{1000 + self.count}", minor, fee_minor=fee, donor_name=f"Ann Nr{donor}"),
        )
        self.booked += minor - fee

    def line(self, minor: int, _who: int) -> None:
        if arrives(self.runtime, f"L-{self.count}", minor, reference="hello").about == "":
            self.lines += minor

    def line_of_gift(self, at: int) -> None:
        gift = self._at(Contribution, at)
        minor = gift.amount_minor - gift.fee_minor
        if arrives(self.runtime, f"L-{self.count}", minor, reference=gift.ref).about == "":
            self.lines += minor

    def identify(self, at: int, fee: int) -> None:
        self.run(identify, receipt_ref=self._at(BankReceipt, at).ref, giver=Giver(), fee_minor=fee)

    def booked_(self, at: int, of: int) -> None:
        receipt, gift = self._at(BankReceipt, at), self._at(Contribution, of)
        self.run(identify_as_booked, receipt_ref=receipt.ref, about=f"contribution:{gift.ref}")
        self.twice += receipt.amount_minor

    def return_(self, at: int) -> None:
        self.run(ask_return, receipt_ref=self._at(BankReceipt, at).ref, reason="not ours")

    def declare(self, at: int) -> None:
        declares(self.runtime, self._at(Contribution, at).ref, covers=Covers.ALL)

    def leave_out(self, at: int) -> None:
        self.run(leave_out, gift_ref=self._at(Contribution, at).ref)

    def refund(self, at: int, minor: int) -> None:
        self.run(ask_refund, gift_ref=self._at(Contribution, at).ref, amount_minor=minor, reason="asked for")

    def pay_refund(self, at: int) -> None:
        order = self._at(RefundOrder, at)
        self.run(paid_out, order_ref=order.ref, paid_on=DAY, bank_ref="FP")
        self.out += order.amount_minor

    def claim(self) -> None:
        self.run(make_claim, fund_slug="f", through=DAY)

    def hmrc_pays(self, at: int) -> None:
        claim = self._at(Claim, at)
        left = claim.asked_minor - claim.received_minor
        self.run(received, claim_ref=claim.ref, amount_minor=left, paid_on=DAY, bank_ref="HMRC")
        self.tax_in += left

    def _at(self, table: Any, at: int) -> Any:
        with self.runtime.read() as session:
            rows = session.exec(select(table).order_by(col(table.id))).all()
        if not rows:
            raise HardshipError("nothing there yet")
        return rows[at % len(rows)]

    def holds(self) -> None:
        """What must never be untrue."""
        with self.runtime.read() as session:
            gifts = session.exec(select(Contribution)).all()
            lines = session.exec(select(BankReceipt)).all()
            orders = session.exec(select(RefundOrder).where(RefundOrder.state == OrderState.DUE)).all()
            tax = {row.contribution_id: row for row in session.exec(select(GiftAid))}
            claims = session.exec(select(Claim)).all()
        found = balances(self.runtime)
        assert found.get("donations", 0) == -sum(gift.net_minor for gift in gifts)
        assert found.get("fees", 0) == sum(gift.fee_minor for gift in gifts)
        assert books(self.runtime).income == sum(gift.net_minor for gift in gifts)
        assert found.get("bank", 0) == self.booked + self.lines - self.twice - self.out + self.tax_in
        unknown = [one for one in lines if one.state is ReceiptState.UNIDENTIFIED]
        assert found.get("unidentified_receipts", 0) == -sum(one.amount_minor for one in unknown)
        assert found.get("refunds_due", 0) == -sum(one.amount_minor for one in orders)
        entitled = sum(
            tax_on(gift.net_minor)
            for gift in gifts
            if gift.id in tax and tax[gift.id].left_out_at is None and tax[gift.id].entitled_minor
        )
        came = sum(one.received_minor for one in claims if one.state is ClaimState.RECEIVED)
        to_come = found.get("gift_aid_receivable", 0) + found.get("gift_aid_due", 0)
        assert to_come == entitled - came
        assert balance(self.runtime, K.GIFT_AID) == -entitled


@pytest.mark.parametrize("kind", DATABASES)
def test_the_desk_keeps_the_books_whatever_happens(kind: str, make_runtime: Callable[[str], Runtime]) -> None:
    """After every step of any run."""
    examples = 10 if kind == "sqlite" else 5

    @settings(max_examples=examples)
    @given(STEPS)
    def run(steps: list[tuple[Any, ...]]) -> None:
        runtime = make_runtime(kind)
        load(runtime)
        desk = Desk(runtime)
        for name, *more in steps:
            desk.step({"booked": "booked_", "return": "return_"}.get(name, name), *more)
            desk.holds()
        sound(runtime)
        runtime.database.dispose()

    run()
