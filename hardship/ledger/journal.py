"""Journals before they are posted: pure values, checked for balance."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from hardship.ledger.models import AccountKind


@dataclass(frozen=True, slots=True)
class Line:
    """One line: debit positive, credit negative, in pence, on one account of one pot."""

    pot_id: int
    account: AccountKind
    minor: int


@dataclass(frozen=True, slots=True)
class JournalDraft:
    """A journal to post. `idem_key` lets a cause post once; `cause` names it (`contribution:G-17`).

    `refers_on` is the day of an earlier event that this one refers back to (a returned payment: the day of its debit).
    """

    idem_key: str
    kind: str
    fund_slug: str
    cause: str
    effective_on: dt.date
    lines: Sequence[Line]
    reverses_id: int | None = None
    currency: str = "GBP"
    refers_on: dt.date | None = None

    def in_open_period(self, closed_through: dt.date | None) -> "JournalDraft":
        """The draft as it can be posted: one for a closed period goes to the first open day, and refers back to its own."""
        if closed_through is None or self.effective_on > closed_through:
            return self
        open_on = closed_through + dt.timedelta(days=1)
        return replace(self, effective_on=open_on, refers_on=self.effective_on)

    def merged(self) -> list[Line]:
        """The lines with equal accounts added up and zeros dropped."""
        sums: dict[tuple[int, AccountKind], int] = {}
        for line in self.lines:
            key = (line.pot_id, line.account)
            sums[key] = sums.get(key, 0) + line.minor
        return [Line(pot, account, minor) for (pot, account), minor in sums.items() if minor]


def transfer(pot_id: int, debit: AccountKind, credit: AccountKind, minor: int) -> list[Line]:
    """Two lines that move `minor` pence: Dr `debit` / Cr `credit` in one pot."""
    return [Line(pot_id, debit, minor), Line(pot_id, credit, -minor)]


def unbalanced_pots(lines: Iterable[Line]) -> dict[int, int]:
    """The pots in which the lines do not sum to zero, with the difference in pence."""
    sums: dict[int, int] = {}
    for line in lines:
        sums[line.pot_id] = sums.get(line.pot_id, 0) + line.minor
    return {pot: minor for pot, minor in sums.items() if minor}
