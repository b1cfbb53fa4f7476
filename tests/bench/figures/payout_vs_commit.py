"""Payments a second from batch to paid on the sandbox rail, over plain insert-and-commit of one row."""

from hardship.core.runtime import Runtime
from hardship.payouts.models import RailName
from hardship.payouts.queries import by_state
from hardship.payouts.service import approve_batch, make_batch, submit_batch
from hardship.payouts.transitions import PaymentState
from tests.bench.baselines.rows import PlainRows
from tests.bench.harness import WHOLE, Aim, Measured, Size, compare, seconds
from tests.bench.places import Place
from tests.bench.seeds import awards, fund

AIMS = {WHOLE: Aim.at_least(0.25, 0.15)}
_MONEY = 100_000_000  # pence; more than all rounds pay


def measure(place: Place, size: Size) -> Measured:
    """A batch in each round: made, approved by another, handed over, looked up. The awards are made outside."""
    payments, plain = size.pick(500, 100), size.pick(2_000, 500)
    runtime = place.instance("payouts")
    fund.load(runtime)
    awards.give_money(runtime, _MONEY)
    rows, paying = PlainRows(place), _Paying(runtime)
    paying.batch(10)
    rows.insert(20)
    found = compare(lambda: paying.batch(payments), lambda: rows.insert(plain))
    rows.close()
    details = found.details(f"a payment of a batch of {payments}", "one row inserted and committed")
    return Measured({WHOLE: found.speed}, details)


class _Paying:
    """Those who pay, and how many were paid."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.people = fund.people(runtime)
        self.paid = 0

    def batch(self, count: int) -> float:
        """Pay `count` new awards; seconds a payment."""
        awards.ready(self.runtime, range(self.paid, self.paid + count))
        self.paid += count
        took = seconds(self._pay)
        with self.runtime.read() as session:
            assert by_state(session)[PaymentState.PAID].count == self.paid
        return took / count

    def _pay(self) -> None:
        made = self.runtime.transact(
            self.people.finance, make_batch, fund=fund.FUND, rail=RailName.SANDBOX, limit=None
        )
        self.runtime.transact(self.people.approver, approve_batch, batch_ref=made.ref)
        submit_batch(self.runtime, self.people.finance, made.ref)
        self.runtime.run_due("payouts")
