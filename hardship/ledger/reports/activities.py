"""The statement of financial activities, in the layout of the Charities SORP (FRS 102), with the balance sheet beneath.

Columns are the classes of funds. Money that is held as agent (SORP module 19) is no income and no asset of the charity:
it stands apart. Pure functions over `Sum`s; amounts in pence, income and liabilities shown positive.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from hardship.core.money import Money
from hardship.core.sheets import Sheet
from hardship.ledger.models import NATURE, AccountKind, FundClass, Nature
from hardship.ledger.reports.sums import CASH, Span, Sum, known_fund, one_currency, sums
from hardship.ledger.reports.words import CLASSES, name_of

_K = AccountKind
Columns = Mapping[FundClass, int]

SECTIONS: tuple[tuple[str, str, tuple[AccountKind, ...]], ...] = (
    ("income", "Donations and legacies", (_K.DONATIONS, _K.GIFT_AID, _K.MATCH_INCOME)),
    ("income", "Other", (_K.RECOVERIES,)),
    ("expenditure", "Raising funds", (_K.FEES,)),
    ("expenditure", "Charitable activities", (_K.GRANTS,)),
    ("expenditure", "Other", (_K.LOSSES,)),
)
"""Where an account stands in the statement; one that is not named here stands under "Other"."""


@dataclass(frozen=True)
class Line:
    """One line: its heading in the SORP's layout, its name, and its amount in each column."""

    heading: str
    name: str
    amounts: Columns
    account: AccountKind | None = None

    @property
    def total(self) -> int:
        """Over all columns."""
        return sum(self.amounts.values())


@dataclass(frozen=True)
class Held:
    """Money held as agent for others: what stood before, came in, went out, and stands now; and how much of it is cash."""

    brought_forward: int
    received: int
    paid: int
    carried_forward: int
    cash: int

    def __bool__(self) -> bool:
        return any((self.brought_forward, self.received, self.paid, self.carried_forward, self.cash))


@dataclass(frozen=True)
class Activities:
    """The statement of a fund (or of all funds) over a period."""

    fund: str
    span: Span
    currency: str
    income: Sequence[Line]
    expenditure: Sequence[Line]
    transfers: Line
    brought_forward: Line
    assets: Sequence[Line]
    liabilities: Sequence[Line]
    held: Held

    @property
    def total_income(self) -> Line:
        """All income."""
        return _added("Total income", self.income)

    @property
    def total_expenditure(self) -> Line:
        """All expenditure."""
        return _added("Total expenditure", self.expenditure)

    @property
    def net_income(self) -> Line:
        """Income less expenditure."""
        return _less("Net income or expenditure", self.total_income, self.total_expenditure)

    @property
    def net_movement(self) -> Line:
        """Net income and transfers."""
        return _added("Net movement in funds", [self.net_income, self.transfers])

    @property
    def carried_forward(self) -> Line:
        """Total funds at the end."""
        return _added("Total funds carried forward", [self.brought_forward, self.net_movement])

    @property
    def net_assets(self) -> Line:
        """Assets less liabilities: what the balance sheet says the funds are."""
        return _less("Net assets", _added("", self.assets), _added("", self.liabilities))

    @property
    def ties(self) -> bool:
        """Whether the funds carried forward are the net assets, in every column."""
        return dict(self.carried_forward.amounts) == dict(self.net_assets.amounts)


def activities(session: Session, span: Span, fund_slug: str = "") -> Activities:
    """The statement of a fund, or of all funds together; raises `NotFound`, and `BadInput` for several currencies."""
    if fund_slug:
        known_fund(session, fund_slug)
    return build(sums(session, span, fund_slug), span, fund_slug)


def build(found: Iterable[Sum], span: Span, fund_slug: str = "") -> Activities:
    """The statement over sums."""
    rows = list(found)
    own = [row for row in rows if not row.held_as_agent]
    at_end = {nature: _by_account(own, nature, _closing) for nature in (Nature.ASSET, Nature.LIABILITY)}
    return Activities(
        fund=fund_slug,
        span=span,
        currency=one_currency(rows),
        income=_section("income", _by_account(own, Nature.INCOME, _moved), sign=-1),
        expenditure=_section("expenditure", _by_account(own, Nature.EXPENSE, _moved), sign=1),
        transfers=_line("Transfers between funds", own, _K.TRANSFERS, _moved),
        brought_forward=_brought_forward(own),
        assets=[_named(account, columns, 1) for account, columns in at_end[Nature.ASSET].items()],
        liabilities=[_named(account, columns, -1) for account, columns in at_end[Nature.LIABILITY].items()],
        held=_held([row for row in rows if row.held_as_agent]),
    )


# --- Putting the lines together -----------------------------------------------------------------------------------


def _moved(row: Sum) -> int:
    return row.moved


def _closing(row: Sum) -> int:
    return row.closing


def _empty() -> dict[FundClass, int]:
    return dict.fromkeys(CLASSES, 0)


def _by_account(
    rows: Iterable[Sum], nature: Nature, value: Callable[[Sum], int]
) -> dict[AccountKind, dict[FundClass, int]]:
    found: dict[AccountKind, dict[FundClass, int]] = {}
    for row in rows:
        if NATURE[row.account] is nature and value(row):
            found.setdefault(row.account, _empty())[row.fund_class] += value(row)
    return {account: found[account] for account in AccountKind if account in found}


def _section(which: str, columns: Mapping[AccountKind, Columns], *, sign: int) -> list[Line]:
    headings = {account: heading for of, heading, accounts in SECTIONS for account in accounts if of == which}
    order = list(headings)
    accounts = sorted(columns, key=lambda one: order.index(one) if one in headings else len(order))
    return [
        Line(
            headings.get(account, "Other"),
            name_of(account),
            {one: sign * minor for one, minor in columns[account].items()},
            account,
        )
        for account in accounts
    ]


def _named(account: AccountKind, columns: Columns, sign: int) -> Line:
    return Line("", name_of(account), {one: sign * minor for one, minor in columns.items()}, account)


def _line(name: str, rows: Iterable[Sum], account: AccountKind, value: Callable[[Sum], int]) -> Line:
    amounts = _empty()
    for row in rows:
        if row.account is account:
            amounts[row.fund_class] -= value(row)
    return Line("", name, amounts, account)


def _is_of_funds(row: Sum) -> bool:
    return NATURE[row.account] not in {Nature.ASSET, Nature.LIABILITY}


def _brought_forward(rows: Iterable[Sum]) -> Line:
    """What the funds were before the period. Opening balances are brought forward, whenever they were entered."""
    amounts = _empty()
    for row in rows:
        if _is_of_funds(row):
            amounts[row.fund_class] -= row.closing if row.account is _K.OPENING else row.opening
    return Line("", "Total funds brought forward", amounts)


def _held(rows: Sequence[Sum]) -> Held:
    before = -sum(
        row.closing if row.account is _K.OPENING else row.opening for row in rows if _is_of_funds(row)
    )
    came = -sum(row.moved for row in rows if NATURE[row.account] is Nature.INCOME)
    went = sum(row.moved for row in rows if NATURE[row.account] is Nature.EXPENSE)
    went += sum(row.moved for row in rows if row.account is _K.TRANSFERS)
    cash = sum(row.closing for row in rows if row.account in CASH)
    return Held(before, came, went, before + came - went, cash)


def _added(name: str, lines: Iterable[Line]) -> Line:
    amounts = _empty()
    for line in lines:
        for one, minor in line.amounts.items():
            amounts[one] += minor
    return Line("", name, amounts)


def _less(name: str, one: Line, other: Line) -> Line:
    return Line("", name, {at: one.amounts[at] - other.amounts[at] for at in CLASSES})


# --- As figures and as a table ------------------------------------------------------------------------------------


def figures(found: Activities) -> dict[str, Any]:
    """As `--json` shows it; amounts in pence."""
    return {
        "fund": found.fund or None,
        "from": found.span.since.isoformat() if found.span.since else None,
        "to": found.span.through.isoformat(),
        "currency": found.currency,
        "income": [_figures(line) for line in found.income],
        "total_income": _figures(found.total_income),
        "expenditure": [_figures(line) for line in found.expenditure],
        "total_expenditure": _figures(found.total_expenditure),
        "net_income": _figures(found.net_income),
        "transfers": _figures(found.transfers),
        "net_movement": _figures(found.net_movement),
        "brought_forward": _figures(found.brought_forward),
        "carried_forward": _figures(found.carried_forward),
        "assets": [_figures(line) for line in found.assets],
        "liabilities": [_figures(line) for line in found.liabilities],
        "net_assets": _figures(found.net_assets),
        "held_as_agent": vars(found.held),
        "ties": found.ties,
    }


def _figures(line: Line) -> dict[str, Any]:
    columns = {one.value: line.amounts[one] for one in CLASSES}
    said = {"heading": line.heading} if line.heading else {}
    return {**said, "line": line.name, **columns, "total": line.total}


def sheet(found: Activities) -> Sheet:
    """As a table in the SORP's order, with the balance sheet beneath."""

    def row(part: str, line: Line) -> list[Any]:
        name = f"{line.heading}: {line.name}" if line.heading else line.name
        return [
            part,
            name,
            *(Money(line.amounts[one], found.currency) for one in CLASSES),
            _money(line.total),
        ]

    def _money(minor: int) -> Money:
        return Money(minor, found.currency)

    rows = [row("Income", line) for line in [*found.income, found.total_income]]
    rows += [row("Expenditure", line) for line in [*found.expenditure, found.total_expenditure]]
    rows += [row("Movement", line) for line in (found.net_income, found.transfers, found.net_movement)]
    rows += [row("Reconciliation of funds", line) for line in (found.brought_forward, found.carried_forward)]
    rows += [row("Assets", line) for line in found.assets]
    rows += [row("Liabilities", line) for line in found.liabilities]
    rows += [row("Net assets", found.net_assets)]
    if found.held:
        for name, minor in vars(found.held).items():
            rows.append(
                ["Held as agent", name.replace("_", " ").capitalize(), None, None, None, _money(minor)]
            )
    return Sheet("Financial activities", ("part", "line", *(one.value for one in CLASSES), "total"), rows)
