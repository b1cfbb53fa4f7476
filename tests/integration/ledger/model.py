"""The books against a plain model: any sequence of drafts, closes, transfers, openings, losses and reversals.

Every example runs in one transaction of the real services, which is rolled back at its end.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st
from sqlmodel import select

from hardship.core.actor import SYSTEM
from hardship.core.errors import HardshipError
from hardship.core.runtime import Runtime, Transaction
from hardship.funds.service import lock_fund
from hardship.funds.transfers import make_transfer
from hardship.ledger import closing, corrections, losslog, opening
from hardship.ledger.journal import JournalDraft, transfer
from hardship.ledger.models import Account, AccountKind, Entry, Journal
from hardship.ledger.postclose import post_close
from hardship.ledger.queries import balances, check, spendable_by_pot, strayed
from hardship.ledger.rebuilding import compare
from hardship.ledger.reports.activities import activities
from hardship.ledger.reports.receipts import receipts_and_payments
from hardship.ledger.reports.sums import Span
from hardship.ledger.reports.trial_balance import trial_balance
from hardship.ledger.service import post

K = AccountKind
FIRST = dt.date(2020, 1, 1)
LAST = dt.date(2020, 6, 30)
FUND_OF = {"small": "small", "small/LC": "small", "free": "free", "held": "held"}
FREE = {"free"}
EVENTS = (
    ("gift.received", K.BANK, K.DONATIONS),
    ("gift.card", K.CARD_CLEARING, K.DONATIONS),
    ("gift.refunded", K.DONATIONS, K.BANK),
    ("match.earned", K.MATCH_RECEIVABLE, K.MATCH_INCOME),
    ("match.received", K.BANK, K.MATCH_RECEIVABLE),
    ("match.advance", K.BANK, K.UNEARNED_MATCH),
    ("award.offered", K.GRANTS, K.GRANTS_PAYABLE),
    ("payout.sent", K.GRANTS_PAYABLE, K.PAYOUT_CLEARING),
    ("payout.paid", K.PAYOUT_CLEARING, K.BANK),
    ("payout.returned", K.BANK, K.GRANTS_PAYABLE),
    ("bank.unidentified", K.BANK, K.UNIDENTIFIED_RECEIPTS),
    ("gift.identified", K.UNIDENTIFIED_RECEIPTS, K.DONATIONS),
    ("card.paid_out", K.BANK, K.CARD_CLEARING),
    ("card.fee", K.FEES, K.CARD_CLEARING),
    ("gift_aid.claimed", K.GIFT_AID_RECEIVABLE, K.GIFT_AID),
)

days = st.dates(FIRST, LAST)
pots = st.sampled_from(sorted(FUND_OF))
pence = st.integers(1, 50_000)
steps = st.one_of(
    st.tuples(st.just("post"), pots, st.sampled_from(EVENTS), pence, days),
    st.tuples(st.just("post"), pots, st.sampled_from(EVENTS), pence, days),
    st.tuples(st.just("close"), st.sampled_from(["small", "free", "held"]), days),
    st.tuples(st.just("transfer"), pots, pots, pence, days),
    st.tuples(st.just("open"), pots, pence, days),
    st.tuples(st.just("lose"), st.sampled_from(["small", "free"]), pence, days),
    st.tuples(st.just("reverse"), st.integers(0, 30)),
)
Step = tuple[Any, ...]


@dataclass
class Model:
    """What should stand: lines by pot and account with their days, and closes by fund."""

    lines: list[tuple[str, AccountKind, dt.date, int]] = field(default_factory=list)
    closes: dict[str, dt.date] = field(default_factory=dict)
    frozen: list[tuple[str, dt.date, dict[tuple[str, str], int]]] = field(default_factory=list)

    def day(self, pot: str, on: dt.date) -> dt.date:
        """The day on which it is booked."""
        through = self.closes.get(FUND_OF[pot])
        return on if through is None or on > through else through + dt.timedelta(days=1)

    def add(self, pot: str, debit: AccountKind, credit: AccountKind, minor: int, on: dt.date) -> None:
        """One journal of two lines."""
        booked = self.day(pot, on)
        self.lines += [(pot, debit, booked, minor), (pot, credit, booked, -minor)]

    def standing(self, fund: str = "", through: dt.date = dt.date.max) -> dict[tuple[str, str], int]:
        """What stands on each account, without those at nil."""
        found: dict[tuple[str, str], int] = defaultdict(int)
        for pot, account, on, minor in self.lines:
            if on <= through and fund in ("", FUND_OF[pot]):
                found[pot, account.value] += minor
        return {key: minor for key, minor in found.items() if minor}


@dataclass
class Run:
    """One example: the transaction, the model beside it, and the journals that may be reversed."""

    tx: Transaction
    pots: dict[str, int]
    model: Model = field(default_factory=Model)
    number: int = 0

    def step(self, step: Step) -> None:
        """Do one thing; what is refused leaves everything as it was."""
        name, *args = step
        before = len(self.model.lines)
        try:
            with self.tx.session.begin_nested():
                getattr(self, f"do_{name}")(*args)
        except HardshipError:
            assert len(self.model.lines) == before, "the model knows only what was done"
            self.tx.session.expire_all()

    def do_post(self, pot: str, event: tuple[str, AccountKind, AccountKind], minor: int, on: dt.date) -> None:
        """A journal of another room."""
        kind, debit, credit = event
        self.number += 1
        fund = FUND_OF[pot]
        lock_fund(self.tx, fund)
        draft = JournalDraft(
            f"m:{self.number}",
            kind,
            fund,
            f"test:{self.number}",
            on,
            transfer(self.pots[pot], debit, credit, minor),
        )
        post(self.tx, [draft])
        self.model.add(pot, debit, credit, minor, on)

    def do_close(self, fund: str, through: dt.date) -> None:
        """A period is closed."""
        closing.close(self.tx, {"fund": fund, "through": through.isoformat(), "year": 0})
        assert through > self.model.closes.get(fund, dt.date.min)
        self.model.closes[fund] = through
        self.model.frozen.append((fund, through, self.model.standing(fund, through)))

    def do_transfer(self, source: str, target: str, minor: int, on: dt.date) -> None:
        """Money moves between pots; it was there, and its restriction allowed it."""
        have = spendable_by_pot(self.tx.session, FUND_OF[source])[self.pots[source]]
        make_transfer(
            self.tx,
            {"source": source, "target": target, "amount": minor, "on": on.isoformat(), "reason": "x"},
        )
        assert minor <= have
        assert source in FREE or (source == "small" and FUND_OF[target] == "small")
        assert "held" not in (source, target)
        self.model.add(source, K.TRANSFERS, K.BANK, minor, on)
        self.model.add(target, K.BANK, K.TRANSFERS, minor, on)

    def do_open(self, pot: str, minor: int, on: dt.date) -> None:
        """Opening balances."""
        opening.open_books(
            self.tx, {"fund": FUND_OF[pot], "on": on.isoformat(), "lines": [[pot, "bank", minor]]}
        )
        self.model.add(pot, K.BANK, K.OPENING, minor, on)

    def do_lose(self, fund: str, minor: int, on: dt.date) -> None:
        """Money is gone."""
        losslog.enter(
            self.tx,
            {
                "fund": fund, "cause": "theft", "amount": minor, "found_on": on.isoformat(), "why": "x",
                "about": "", "account": "bank", "pot": "",
            },
        )  # fmt: skip
        self.model.add(fund, K.LOSSES, K.BANK, minor, on)

    def do_reverse(self, which: int) -> None:
        """One of the journals is reversed, if it may be."""
        rows = self.tx.session.exec(
            select(Journal).where(Journal.kind.in_(corrections.REVERSIBLE)).order_by(Journal.id)  # type: ignore[attr-defined,arg-type]
        ).all()
        if not rows:
            return
        chosen = rows[which % len(rows)]
        numbers = corrections.reverse(self.tx, {"journal": chosen.id, "why": "x"})
        for number in numbers:
            self._mirror(number)

    def _mirror(self, number: int) -> None:
        """The reversal holds the opposite of what it reverses, on the day the books gave it."""
        refs = {number: ref for ref, number in self.pots.items()}
        reversal = self.tx.session.get(Journal, number)
        assert reversal is not None
        assert reversal.reverses_id is not None
        mine = sorted(_lines(self.tx, number))
        assert mine == sorted(
            (pot, kind, -minor) for pot, kind, minor in _lines(self.tx, reversal.reverses_id)
        )
        for pot, kind, minor in mine:
            self.model.lines.append((refs[pot], AccountKind(kind), reversal.effective_on, minor))

    def holds(self) -> None:
        """I1 and everything that is told from it."""
        session, model = self.tx.session, self.model
        session.flush()
        assert check(session).problems == []
        assert strayed(session) == []
        assert compare(session).differences == []
        stands = {(pot.ref, kind.value): minor for pot, kind, minor in balances(session)}
        assert stands == model.standing()
        assert closing.bent(session) == []
        for fund, through, figures in model.frozen:
            assert model.standing(fund, through) == figures
            trial = trial_balance(session, Span(None, through), fund)
            assert {(row.pot, row.account.value): row.closing for row in trial.rows if row.closing} == figures
        for fund in ("small", "free", "held"):
            for span in (Span(None, LAST), Span(dt.date(2020, 3, 1), dt.date(2020, 4, 15))):
                assert trial_balance(session, span, fund).balanced
                assert activities(session, span, fund).ties
                assert receipts_and_payments(session, span, fund).ties
        for one in post_close(session):
            assert one.refers_on <= one.closed_through < one.effective_on


def _lines(tx: Transaction, journal: int) -> list[tuple[int, str, int]]:
    rows = tx.session.exec(
        select(Entry.pot_id, Account.kind, Entry.amount_minor)
        .join(Account)
        .where(Entry.journal_id == journal)
    )
    return [(pot, AccountKind(kind).value, minor) for pot, kind, minor in rows]


class _Over(Exception):
    """Rolls an example back."""


def run(runtime: Runtime, pot_numbers: dict[str, int], chosen: Sequence[Step]) -> None:
    """Run one example and look at the books after its end and half-way."""

    def example(tx: Transaction) -> None:
        one = Run(
            Transaction(tx.runtime, tx.session, SYSTEM, dt.datetime(2020, 7, 1, 12, tzinfo=dt.UTC)),
            pot_numbers,
        )
        for place, step in enumerate(chosen):
            one.step(step)
            if place == len(chosen) // 2:
                one.holds()
        one.holds()
        raise _Over

    with suppress(_Over):
        runtime.transact(SYSTEM, example)
