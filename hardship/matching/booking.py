"""Agreements as they run through one transaction: locked, worked on in memory, written back in bulk."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import bindparam, insert, update
from sqlmodel import col, select

from hardship.core import bulk
from hardship.core.db import locking
from hardship.core.runtime import Transaction
from hardship.ledger.journal import Line
from hardship.ledger.models import AccountKind
from hardship.matching import allocation as rule
from hardship.matching.models import Allocation, MatchAgreement
from hardship.matching.position import Position, movement, position
from hardship.matching.queries import StatedDays, stated_days, terms_of

_AGREEMENT = MatchAgreement.__table__  # type: ignore[attr-defined]
_ALLOCATION = Allocation.__table__  # type: ignore[attr-defined]


def lines_between(pot_id: int, before: Position, after: Position) -> list[Line]:
    """The lines that take an agreement's pot from one position to the next."""
    moved = movement(before, after)
    lines = [
        Line(pot_id, AccountKind.BANK, moved.bank),
        Line(pot_id, AccountKind.MATCH_RECEIVABLE, moved.match_receivable),
        Line(pot_id, AccountKind.UNEARNED_MATCH, moved.unearned_match),
        Line(pot_id, AccountKind.MATCH_INCOME, moved.match_income),
    ]
    return [line for line in lines if line.minor]


@dataclass
class Running:
    """One locked agreement with its totals as they run, in pence."""

    id: int
    pot_id: int
    terms: rule.Terms
    held_minor: int
    allocated_minor: int
    reversed_minor: int
    received_minor: int
    repaid_minor: int
    reclaimable: bool
    began: tuple[int, int, int, int] = (0, 0, 0, 0)

    @classmethod
    def of(cls, row: MatchAgreement) -> "Running":
        """A locked row, as it starts."""
        assert row.id is not None
        totals = (row.allocated_minor, row.reversed_minor, row.received_minor, row.repaid_minor)
        return cls(row.id, row.pot_id, terms_of(row), row.held_minor, *totals, row.reclaimable, totals)

    def agreement(self) -> rule.Agreement:
        """As the match rule takes it."""
        return rule.Agreement(self.terms, self.allocated_minor, self.held_minor)

    def allocate(self, minor: int) -> list[Line]:
        """Give `minor` pence, or take them back (below zero); returns the lines for the journal."""
        before = self._position()
        self.allocated_minor += minor
        self.reversed_minor -= min(0, minor)
        return lines_between(self.pot_id, before, self._position())

    def pay(self, minor: int) -> list[Line]:
        """Take in `minor` pence from the sponsor, or pay them back (below zero); returns the lines for the journal."""
        before = self._position()
        self.received_minor += max(0, minor)
        self.repaid_minor -= min(0, minor)
        return lines_between(self.pot_id, before, self._position())

    def _position(self) -> Position:
        return position(self.allocated_minor, self.received_minor, self.repaid_minor, self.reclaimable)

    def moved(self) -> dict[str, int]:
        """By how much its totals have moved."""
        now = (self.allocated_minor, self.reversed_minor, self.received_minor, self.repaid_minor)
        by = [after - before for before, after in zip(self.began, now, strict=True)]
        return {
            "agreement": self.id,
            "allocated": by[0],
            "reversed": by[1],
            "received": by[2],
            "repaid": by[3],
        }


@dataclass
class Book:
    """The locked agreements of one fund, in the order in which they are asked, and the allocations to write."""

    tx: Transaction
    running: list[Running]
    stated: StatedDays
    rows: list[dict[str, Any]] = field(default_factory=list)

    @property
    def by_ref(self) -> dict[str, Running]:
        """The agreements by ref."""
        return {one.terms.ref: one for one in self.running}

    def agreements(self) -> list[rule.Agreement]:
        """As the match rule takes them, as they stand now."""
        return [one.agreement() for one in self.running]

    def give(self, one: Running, contribution_id: int, minor: int, on: dt.date) -> list[Line]:
        """Allocate `minor` pence to a gift; returns the lines for the journal."""
        self._add(one, contribution_id, minor, on, (one.terms.num, one.terms.den))
        return one.allocate(minor)

    def take_back(
        self,
        one: Running,
        contribution_id: int,
        minor: int,
        on: dt.date,
        ratio: rule.Ratio,
        reverses: int,
        refund: int,
    ) -> list[Line]:
        """Reverse `minor` pence of an allocation; returns the lines for the journal."""
        self._add(one, contribution_id, -minor, on, ratio, reverses, refund)
        return one.allocate(-minor)

    def _add(
        self,
        one: Running,
        contribution_id: int,
        minor: int,
        on: dt.date,
        ratio: rule.Ratio,
        reverses: int | None = None,
        refund: int | None = None,
    ) -> None:
        self.rows.append(
            {
                "contribution_id": contribution_id,
                "agreement_id": one.id,
                "amount_minor": minor,
                "num": ratio[0],
                "den": ratio[1],
                "at": self.tx.at,
                "occurred_on": on,
                "stated_on": self.stated.of(one.id, on),
                "reverses_id": reverses,
                "refund_id": refund,
            }
        )

    def write(self, *, numbered: bool = False) -> list[int]:
        """Store the allocations and move the agreements' totals, relatively; if `numbered`, returns the allocations'
        numbers (which costs a statement a row on SQLite)."""
        self.tx.session.flush()
        connection = self.tx.session.connection()
        numbers: list[int] = []
        if not numbered:
            bulk.add(connection, _ALLOCATION, self.rows)
        elif self.rows:
            statement = insert(_ALLOCATION).returning(_ALLOCATION.c.id, sort_by_parameter_order=True)
            numbers = list(connection.execute(statement, self.rows).scalars())
        totals = [(one.id, one.moved()) for one in self.running]
        moves = [{"agreement": number, **by} for number, by in totals if any(by.values())]
        if moves:
            connection.execute(_MOVE, moves)
        return numbers


_MOVE = (
    update(_AGREEMENT)
    .where(_AGREEMENT.c.id == bindparam("agreement"))
    .values(
        allocated_minor=_AGREEMENT.c.allocated_minor + bindparam("allocated"),
        reversed_minor=_AGREEMENT.c.reversed_minor + bindparam("reversed"),
        received_minor=_AGREEMENT.c.received_minor + bindparam("received"),
        repaid_minor=_AGREEMENT.c.repaid_minor + bindparam("repaid"),
    )
)


_OF_FUND = locking(
    select(MatchAgreement).where(MatchAgreement.fund_id == bindparam("fund")).order_by(col(MatchAgreement.id))
)


def lock_agreements(tx: Transaction, fund_id: int) -> Sequence[MatchAgreement]:
    """A fund's agreements, locked in the order of their numbers and read anew."""
    return tx.session.exec(_OF_FUND, params={"fund": fund_id}).all()


def open_book(tx: Transaction, rows: Iterable[MatchAgreement]) -> Book:
    """A book over locked agreements. They change beside the session, which therefore forgets them."""
    found = list(rows)
    running = sorted((Running.of(row) for row in found), key=lambda one: (one.terms.priority, one.terms.ref))
    for row in found:
        tx.session.expunge(row)
    return Book(
        tx, running, stated_days(tx.session, [one.id for one in running]) if running else StatedDays({})
    )
