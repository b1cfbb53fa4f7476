"""Agreements as they run through one transaction: locked, worked on in memory, written back in bulk."""

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from sqlalchemy import bindparam, insert, update
from sqlalchemy import select as core_select
from sqlmodel import col, select

from hardship.core import bulk
from hardship.core.db import locking
from hardship.core.prepared import Prepared
from hardship.core.runtime import Transaction
from hardship.ledger.journal import Line
from hardship.ledger.models import AccountKind
from hardship.matching import allocation as rule
from hardship.matching.conditions import ChallengeState, Condition
from hardship.matching.donated import Donations, donations
from hardship.matching.models import Allocation, MatchAgreement, StatedThrough
from hardship.matching.onegift import LiveRow
from hardship.matching.position import Position, movement, position
from hardship.matching.queries import CLOSED_THROUGH, StatedDays, stated_days, terms_of
from hardship.matching.transitions import AgreementKind

_AGREEMENT = MatchAgreement.__table__  # type: ignore[attr-defined]
_ALLOCATION = Allocation.__table__  # type: ignore[attr-defined]
_TOTALS = (
    "allocated_minor",
    "held_minor",
    "earned_minor",
    "frozen_minor",
    "raised_minor",
    "reversed_minor",
    "received_minor",
    "repaid_minor",
)


def lines_between(pot_id: int, before: Position, after: Position) -> list[Line]:
    """The lines that take an agreement's pot from one position to the next."""
    moved = movement(before, after)
    lines = [
        Line(pot_id, AccountKind.BANK, moved.bank),
        Line(pot_id, AccountKind.MATCH_RECEIVABLE, moved.match_receivable),
        Line(pot_id, AccountKind.UNEARNED_MATCH, moved.unearned_match),
        Line(pot_id, AccountKind.SPONSOR_REFUNDS_DUE, moved.sponsor_refunds_due),
        Line(pot_id, AccountKind.FROZEN_MATCH, moved.frozen_match),
        Line(pot_id, AccountKind.MATCH_INCOME, moved.match_income),
    ]
    return [line for line in lines if line.minor]


@dataclass
class Running:
    """One locked agreement with its totals as they run, in pence.

    What `is_conditional` gives is income later: it is a challenge that is not met, or gifts have to clear first.
    """

    id: int
    pot_id: int
    terms: rule.Terms
    reclaimable: bool
    is_due: bool  # closed: what is not earned goes back to the sponsor
    is_challenge: bool
    threshold_minor: int
    clear_days: int
    challenge: ChallengeState
    challenge_on: dt.date | None
    allocated_minor: int = 0
    held_minor: int = 0
    earned_minor: int = 0
    frozen_minor: int = 0
    raised_minor: int = 0
    reversed_minor: int = 0
    received_minor: int = 0
    repaid_minor: int = 0
    began: tuple[int, ...] = ()

    @classmethod
    def of(cls, row: MatchAgreement) -> "Running":
        """A locked row, as it starts."""
        assert row.id is not None
        totals = {name: getattr(row, name) for name in _TOTALS}
        return cls(
            id=row.id,
            pot_id=row.pot_id,
            terms=terms_of(row),
            reclaimable=row.may_reclaim,
            is_due=row.is_due_back,
            is_challenge=row.kind is AgreementKind.CHALLENGE,
            threshold_minor=row.threshold_minor or 0,
            clear_days=row.clear_days,
            challenge=row.challenge,
            challenge_on=row.challenge_on,
            began=tuple(totals.values()),
            **totals,
        )

    @property
    def is_met(self) -> bool:
        """Whether there is no challenge to meet, or it was met."""
        return not self.is_challenge or self.challenge is ChallengeState.MET

    @property
    def is_conditional(self) -> bool:
        """Whether what it gives now is income later."""
        return self.clear_days > 0 or not self.is_met

    @property
    def conditional_minor(self) -> int:
        """What is allocated and not earned."""
        return self.allocated_minor - self.earned_minor

    def agreement(self) -> rule.Agreement:
        """As the match rule takes it."""
        failed = self.is_challenge and self.challenge is ChallengeState.FAILED
        return rule.Agreement(self.terms, self.allocated_minor, self.held_minor, failed)

    def allocate(self, minor: int, earned: int) -> list[Line]:
        """Give `minor` pence, or take them back (below zero), `earned` of them income; returns the journal's lines."""
        before = self._position()
        self.allocated_minor += minor
        self.earned_minor += earned
        self.reversed_minor -= min(0, minor)
        return lines_between(self.pot_id, before, self._position())

    def earn(self, minor: int) -> list[Line]:
        """Make `minor` conditional pence income; returns the lines for the journal."""
        return self.allocate(0, minor)

    def freeze(self, minor: int) -> list[Line]:
        """Freeze `minor` earned pence, or free them again (below zero); returns the lines for the journal."""
        before = self._position()
        self.frozen_minor += minor
        return lines_between(self.pot_id, before, self._position())

    def pay(self, minor: int) -> list[Line]:
        """Take in `minor` pence from the sponsor, or pay them back (below zero); returns the lines for the journal."""
        before = self._position()
        self.received_minor += max(0, minor)
        self.repaid_minor -= min(0, minor)
        return lines_between(self.pot_id, before, self._position())

    def _position(self) -> Position:
        return position(
            self.earned_minor,
            self.received_minor,
            self.repaid_minor,
            self.reclaimable,
            self.is_due,
            self.frozen_minor,
        )

    def moved(self) -> tuple[int, ...]:
        """By how much its totals have moved."""
        return tuple(getattr(self, name) - before for name, before in zip(_TOTALS, self.began, strict=True))


@dataclass
class Book:
    """The locked agreements of one fund, in the order in which they are asked, and the allocations to write."""

    tx: Transaction
    running: list[Running]
    stated: StatedDays
    rows: list[dict[str, Any]] = field(default_factory=list)
    released: list[int] = field(default_factory=list)  # conditional allocations of which nothing is left

    def __post_init__(self) -> None:
        self.by_ref = {one.terms.ref: one for one in self.running}
        self.by_id = {one.id: one for one in self.running}

    def agreements(self) -> list[rule.Agreement]:
        """As the match rule takes them, as they stand now."""
        return [one.agreement() for one in self.running]

    def donated(self, donors: Collection[str]) -> Donations:
        """What each of these donors has from the agreements that cap it; {} when none does."""
        capped = {one.id: one.terms.ref for one in self.running if one.terms.per_donor_cap_minor is not None}
        return donations(self.tx.connection, capped, donors)

    def give(
        self, one: Running, contribution_id: int, minor: int, on: dt.date, ratio: rule.Ratio | None = None
    ) -> list[Line]:
        """Allocate `minor` pence to a gift, at the present ratio unless another is given; returns the lines for the
        journal, none while it is conditional."""
        earned = 0 if one.is_conditional else minor
        self._add(one, contribution_id, minor, earned, on, ratio or (one.terms.num, one.terms.den))
        return one.allocate(minor, earned)

    def take_back(
        self, row: LiveRow, minor: int, on: dt.date, refund: int | None, *, frozen: bool = False
    ) -> list[Line]:
        """Reverse `minor` pence of an allocation; returns the lines for the journal. What is conditional was no income
        yet; of a gift under dispute (`frozen`) as much less is frozen."""
        one = self.by_id[row.agreement_id]
        earned = 0 if row.is_pending else minor
        self._add(
            one, row.contribution_id, -minor, -earned, on, (row.num, row.den), row.allocation_id, refund
        )
        if row.is_pending and minor == row.live_minor:
            self.released.append(row.allocation_id)
        lines = one.freeze(-earned) if frozen else []
        return [*lines, *one.allocate(-minor, -earned)]

    def _add(
        self,
        one: Running,
        contribution_id: int,
        minor: int,
        earned: int,
        on: dt.date,
        ratio: rule.Ratio,
        reverses: int | None = None,
        refund: int | None = None,
    ) -> None:
        is_pending = minor > 0 and not earned
        self.rows.append(
            {
                "contribution_id": contribution_id,
                "agreement_id": one.id,
                "amount_minor": minor,
                "num": ratio[0],
                "den": ratio[1],
                "at": self.tx.at,
                "occurred_on": on,
                "condition": Condition.PENDING if is_pending else Condition.NONE,
                "earned_minor": earned,
                "entitled_on": on if earned else None,
                "stated_on": self.stated.of(one.id, on),
                "reverses_id": reverses,
                "refund_id": refund,
            }
        )

    def write(self, *, numbered: bool = False) -> list[int]:
        """Store the allocations and move the agreements' totals, relatively; if `numbered`, returns the allocations'
        numbers (which costs a statement a row on SQLite). What is written is forgotten: the book may go on."""
        self.tx.flush()
        connection = self.tx.connection
        numbers: list[int] = []
        if not numbered:
            bulk.add(connection, _ALLOCATION, self.rows)
        elif self.rows:
            statement = insert(_ALLOCATION).returning(_ALLOCATION.c.id, sort_by_parameter_order=True)
            numbers = list(connection.execute(statement, self.rows).scalars())
        if self.released:
            connection.execute(_RELEASE, [{"allocation": number} for number in self.released])
        self._move_totals()
        self.rows, self.released = [], []
        return numbers

    def _move_totals(self) -> None:
        moves = []
        for one in self.running:
            by = one.moved()
            if any(by):
                moves.append({"agreement": one.id, **dict(zip(_BY, by, strict=True))})
                one.began = tuple(getattr(one, name) for name in _TOTALS)
        _MOVE.run(self.tx.connection, *moves)


_BY = tuple(f"by_{name}" for name in _TOTALS)
_MOVE = Prepared(
    update(_AGREEMENT)
    .where(_AGREEMENT.c.id == bindparam("agreement"))
    .values({name: _AGREEMENT.c[name] + bindparam(f"by_{name}") for name in _TOTALS})
)
_RELEASE = (
    update(_ALLOCATION)
    .where(_ALLOCATION.c.id == bindparam("allocation"))
    .values(condition=Condition.RELEASED)
)


_OF_FUND = locking(
    select(MatchAgreement).where(MatchAgreement.fund_id == bindparam("fund")).order_by(col(MatchAgreement.id))
)


def lock_agreements(tx: Transaction, fund_id: int) -> Sequence[MatchAgreement]:
    """A fund's agreements, locked in the order of their numbers and read anew."""
    return tx.session.exec(_OF_FUND, params={"fund": fund_id}).all()


class _Read:
    """An agreement's columns as they were read: all that `Running.of` looks at, for a fraction of what an object of the
    session costs."""

    is_closed = MatchAgreement.is_closed
    may_reclaim = MatchAgreement.may_reclaim
    is_due_back = MatchAgreement.is_due_back

    def __init__(self, values: Sequence[Any]) -> None:
        self.__dict__.update(zip(_COLUMNS, values, strict=False))


_COLUMNS = tuple(_AGREEMENT.c.keys())
_THROUGH = StatedThrough.__table__  # type: ignore[attr-defined]
_OPEN = Prepared(
    core_select(*_AGREEMENT.c, _THROUGH.c.through_on, CLOSED_THROUGH)
    .outerjoin(_THROUGH, _THROUGH.c.agreement_id == _AGREEMENT.c.id)
    .where(_AGREEMENT.c.fund_id == bindparam("fund"))
    .order_by(_AGREEMENT.c.id)
    .with_for_update(of=_AGREEMENT)
)


def open_book_of(tx: Transaction, fund_id: int | None) -> Book:
    """A book over a fund's agreements, locked in the order of their numbers and read anew, with how far each is stated.

    The fund is locked, which whoever states or closes locks as well: the one statement reads nothing stale. Agreements
    change beside the session, which therefore forgets those that it knows.
    """
    tx.flush()
    tx.forget(MatchAgreement)
    rows = _OPEN.rows(tx.connection, fund=fund_id)
    running = [Running.of(cast(MatchAgreement, _Read(row))) for row in rows]
    running.sort(key=lambda one: (one.terms.priority, one.terms.ref))
    stated = {row[0]: last for row in rows if (last := max(filter(None, row[-2:]), default=None))}
    return Book(tx, running, StatedDays(stated))


def open_book(tx: Transaction, rows: Iterable[MatchAgreement]) -> Book:
    """A book over locked agreements. They change beside the session, which therefore forgets them."""
    found = list(rows)
    running = sorted((Running.of(row) for row in found), key=lambda one: (one.terms.priority, one.terms.ref))
    for row in found:
        tx.session.expunge(row)
    return Book(tx, running, stated_days(tx.session, [one.id for one in running]))
