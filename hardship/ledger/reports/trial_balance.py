"""The trial balance: every account of every pot with its balance; debits and credits add up to the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from hardship.core.money import Money
from hardship.core.sheets import Sheet
from hardship.ledger.reports.sums import Span, Sum, known_fund, known_pot, sums


@dataclass(frozen=True)
class TrialBalance:
    """A trial balance as at the last day of `span`; with a first day, also what moved since."""

    fund: str
    span: Span
    rows: Sequence[Sum]

    def debit(self, currency: str) -> int:
        """The sum of the debit balances in one currency, in pence."""
        return sum(row.closing for row in self.rows if row.closing > 0 and row.currency == currency)

    def credit(self, currency: str) -> int:
        """The sum of the credit balances in one currency, in pence."""
        return -sum(row.closing for row in self.rows if row.closing < 0 and row.currency == currency)

    @property
    def currencies(self) -> list[str]:
        """The currencies in it."""
        return sorted({row.currency for row in self.rows}) or ["GBP"]

    @property
    def balanced(self) -> bool:
        """Whether debits are credits, in every currency."""
        return all(self.debit(one) == self.credit(one) for one in self.currencies)


def trial_balance(session: Session, span: Span, fund_slug: str = "", pot_ref: str = "") -> TrialBalance:
    """The trial balance of a fund, one pot or all; raises `NotFound` for an unknown one."""
    if fund_slug:
        known_fund(session, fund_slug)
    if pot_ref:
        known_pot(session, pot_ref)
    found = [
        row for row in sums(session, span, fund_slug, pot_ref) if row.closing or row.debits or row.credits
    ]
    return TrialBalance(fund_slug, span, found)


def figures(balance: TrialBalance) -> dict[str, Any]:
    """As `--json` shows it; amounts in pence."""
    return {
        "fund": balance.fund or None,
        "from": balance.span.since.isoformat() if balance.span.since else None,
        "to": balance.span.through.isoformat(),
        "accounts": [
            {
                "fund": row.fund,
                "pot": row.pot,
                "class": row.fund_class.value,
                "account": row.account.value,
                "currency": row.currency,
                "opening": row.opening,
                "debits": row.debits,
                "credits": row.credits,
                "balance": row.closing,
            }
            for row in balance.rows
        ],
        "totals": {
            one: {"debit": balance.debit(one), "credit": balance.credit(one)} for one in balance.currencies
        },
        "balanced": balance.balanced,
    }


def sheet(balance: TrialBalance) -> Sheet:
    """As a table, with a last row of totals for each currency."""
    rows: list[list[Any]] = []
    for row in balance.rows:
        debit, credit = max(row.closing, 0), max(-row.closing, 0)
        values = (row.opening, row.debits, row.credits, debit, credit)
        money = [Money(minor, row.currency) for minor in values]
        rows.append([row.fund, row.pot, row.fund_class.value, row.account.value, row.currency, *money])
    for one in balance.currencies:
        total = [Money(balance.debit(one), one), Money(balance.credit(one), one)]
        rows.append(["total", "", "", "", one, None, None, None, *total])
    columns = (
        "fund",
        "pot",
        "class",
        "account",
        "currency",
        "opening",
        "debits",
        "credits",
        "debit",
        "credit",
    )
    return Sheet("Trial balance", columns, rows)
