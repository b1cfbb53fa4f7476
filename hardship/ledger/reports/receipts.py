"""Receipts and payments, for charities small enough to keep accounts on that basis (Charity Commission CC16).

Cash is what is at the bank, at the card processor and in hand. Every journal that moves cash is told by what it was for;
opening cash + receipts − payments = closing cash. Beneath stand the other assets and the liabilities. Amounts in pence.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func
from sqlalchemy import select as core_select
from sqlmodel import Session, col, select

from hardship.core.money import Money
from hardship.core.sheets import Sheet
from hardship.ledger.models import NATURE, Account, AccountKind, Entry, FundClass, Journal, Nature, Pot
from hardship.ledger.reports.sums import CASH, Span, Sum, known_fund, one_currency, sums
from hardship.ledger.reports.words import CLASSES, name_of

_K = AccountKind
Columns = Mapping[FundClass, int]

SUBJECTS: tuple[tuple[str, str, tuple[AccountKind, ...]], ...] = (
    ("Gifts", "Gifts given back", (_K.DONATIONS, _K.REFUNDS_DUE)),
    (
        "Match funding from sponsors",
        "Match funding returned to sponsors",
        (_K.MATCH_INCOME, _K.MATCH_RECEIVABLE, _K.UNEARNED_MATCH, _K.FROZEN_MATCH, _K.SPONSOR_REFUNDS_DUE),
    ),
    ("Gift Aid", "Gift Aid repaid", (_K.GIFT_AID, _K.GIFT_AID_RECEIVABLE, _K.GIFT_AID_DUE)),
    ("Payments that came back", "Grants paid", (_K.GRANTS, _K.GRANTS_PAYABLE, _K.PAYOUT_CLEARING)),
    ("Recovered losses", "Recovered losses given back", (_K.RECOVERIES,)),
    ("Losses made good", "Losses", (_K.LOSSES,)),
    ("Charges given back", "Card and bank charges", (_K.FEES,)),
    ("Receipts not identified yet", "Receipts identified or given back", (_K.UNIDENTIFIED_RECEIPTS,)),
    (
        "Card receipts released after a dispute",
        "Card receipts held back in a dispute",
        (_K.DISPUTED_RECEIPTS,),
    ),
    ("Transfers from other funds", "Transfers to other funds", (_K.TRANSFERS,)),
)
"""What a receipt and a payment are called, by the accounts beside the cash."""
_OTHER = ("Other receipts", "Other payments")


@dataclass(frozen=True)
class Flow:
    """What one kind of journal moved on one account beside the cash, debit positive."""

    journal_kind: str
    fund_class: FundClass
    held_as_agent: bool
    account: AccountKind
    minor: int


@dataclass(frozen=True)
class Line:
    """One line with its amount in each column."""

    name: str
    amounts: Columns

    @property
    def total(self) -> int:
        """Over all columns."""
        return sum(self.amounts.values())


@dataclass(frozen=True)
class ReceiptsAndPayments:
    """The account of a fund (or of all funds) over a period."""

    fund: str
    span: Span
    currency: str
    opening: Line
    receipts: Sequence[Line]
    payments: Sequence[Line]
    cash: Sequence[Line]
    assets: Sequence[Line]
    liabilities: Sequence[Line]
    agent_opening: int
    agent_received: int
    agent_paid: int
    agent_cash: int

    @property
    def total_receipts(self) -> Line:
        """All receipts."""
        return _added("Total receipts", self.receipts)

    @property
    def total_payments(self) -> Line:
        """All payments."""
        return _added("Total payments", self.payments)

    @property
    def closing(self) -> Line:
        """Opening cash + receipts − payments."""
        came, went = self.total_receipts.amounts, self.total_payments.amounts
        return Line(
            "Cash at the end", {one: self.opening.amounts[one] + came[one] - went[one] for one in CLASSES}
        )

    @property
    def holds_agency(self) -> bool:
        """Whether any money was held as agent."""
        return any((self.agent_opening, self.agent_received, self.agent_paid, self.agent_cash))

    @property
    def ties(self) -> bool:
        """Whether closing cash is what stands on the cash accounts, in every column and for what is held as agent."""
        agent = self.agent_opening + self.agent_received - self.agent_paid
        own = dict(self.closing.amounts) == dict(_added("", self.cash).amounts)
        return own and agent == self.agent_cash


def receipts_and_payments(session: Session, span: Span, fund_slug: str = "") -> ReceiptsAndPayments:
    """The account of a fund, or of all funds together; raises `NotFound`, and `BadInput` for several currencies."""
    if fund_slug:
        known_fund(session, fund_slug)
    moved, entered = flows(session, span, fund_slug), entered_cash(session, span, fund_slug)
    return build(sums(session, span, fund_slug), moved, entered, span, fund_slug)


def flows(session: Session, span: Span, fund_slug: str = "") -> list[Flow]:
    """What the journals that move cash moved beside it. An unidentified receipt that is identified moves no cash, and
    is told again by what it was: its journals count as well. Opening balances are no receipts."""
    return _flows(
        session,
        span,
        fund_slug,
        col(Journal.id).in_(_journals_on([*CASH, _K.UNIDENTIFIED_RECEIPTS])),
        col(Journal.id).not_in(_journals_on([_K.OPENING])),
        col(Account.kind).not_in(CASH),
    )


def entered_cash(session: Session, span: Span, fund_slug: str = "") -> list[Flow]:
    """The cash that opening balances entered within the period: it was there before."""
    of_openings = col(Journal.id).in_(_journals_on([_K.OPENING]))
    return _flows(session, span, fund_slug, of_openings, col(Account.kind).in_(CASH))


def _flows(session: Session, span: Span, fund_slug: str, *conditions: Any) -> list[Flow]:
    parts = (col(Journal.kind), col(Pot.fund_class), col(Pot.held_as_agent), col(Account.kind))
    wanted = (
        core_select(*parts, func.sum(Entry.amount_minor))
        .select_from(Journal)
        .join(Entry, col(Entry.journal_id) == Journal.id)
        .join(Account, col(Account.id) == Entry.account_id)
        .join(Pot, col(Pot.id) == Entry.pot_id)
        .where(
            col(Journal.posted),
            col(Journal.effective_on) >= span.first,
            col(Journal.effective_on) <= span.through,
            *conditions,
        )
        .group_by(*parts)
        .order_by(*parts)
    )
    if fund_slug:
        wanted = wanted.where(col(Pot.fund_slug) == fund_slug)
    rows = session.connection().execute(wanted)
    return [
        Flow(kind, FundClass(of), bool(agent), AccountKind(account), int(minor))
        for kind, of, agent, account, minor in rows
    ]


def _journals_on(accounts: Sequence[AccountKind]) -> Any:
    return (
        select(Entry.journal_id)
        .join(Account, col(Account.id) == Entry.account_id)
        .where(col(Account.kind).in_(accounts))
    )


def build(
    found: Iterable[Sum], moved: Iterable[Flow], entered: Iterable[Flow], span: Span, fund_slug: str = ""
) -> ReceiptsAndPayments:
    """The account over sums, flows, and the cash that opening balances entered."""
    rows, flowing, openings = list(found), list(moved), list(entered)
    own = [row for row in rows if not row.held_as_agent]
    agent = [row for row in rows if row.held_as_agent]
    receipts, payments = _told([flow for flow in flowing if not flow.held_as_agent])
    came, went = _told([flow for flow in flowing if flow.held_as_agent])
    held = _columns(agent, CASH, closing=True)
    agent_cash = sum(held.values())
    agent_in, agent_out = sum(line.total for line in came), sum(line.total for line in went)
    return ReceiptsAndPayments(
        fund=fund_slug,
        span=span,
        currency=one_currency(rows),
        opening=Line(
            "Cash at the beginning", _opening(own, [one for one in openings if not one.held_as_agent])
        ),
        receipts=receipts,
        payments=payments,
        cash=[Line(name_of(one), _columns(own, (one,), closing=True)) for one in CASH],
        assets=_standing(own, Nature.ASSET, 1),
        liabilities=_standing(own, Nature.LIABILITY, -1),
        agent_opening=sum(_opening(agent, [one for one in openings if one.held_as_agent]).values()),
        agent_received=agent_in,
        agent_paid=agent_out,
        agent_cash=agent_cash,
    )


# --- Putting the lines together -----------------------------------------------------------------------------------


def _empty() -> dict[FundClass, int]:
    return dict.fromkeys(CLASSES, 0)


def _columns(rows: Iterable[Sum], accounts: Sequence[AccountKind], *, closing: bool) -> dict[FundClass, int]:
    amounts = _empty()
    for row in rows:
        if row.account in accounts:
            amounts[row.fund_class] += row.closing if closing else row.opening
    return amounts


def _opening(rows: Iterable[Sum], openings: Iterable[Flow]) -> dict[FundClass, int]:
    """Cash before the period, and what opening balances say was there."""
    amounts = _columns(rows, CASH, closing=False)
    for flow in openings:
        amounts[flow.fund_class] += flow.minor
    return amounts


def _told(moved: Iterable[Flow]) -> tuple[list[Line], list[Line]]:
    """Receipts and payments: each subject's sum in each kind of journal is one or the other, by its sign. What is not
    identified yet is what came less what was identified since."""
    places = {account: place for place, (_, _, accounts) in enumerate(SUBJECTS) for account in accounts}
    net: dict[tuple[str, int, FundClass], int] = {}
    for flow in moved:
        kind = "" if flow.account is _K.UNIDENTIFIED_RECEIPTS else flow.journal_kind
        key = (kind, places.get(flow.account, len(SUBJECTS)), flow.fund_class)
        net[key] = net.get(key, 0) - flow.minor
    names = [(came, went) for came, went, _ in SUBJECTS] + [_OTHER]
    receipts: dict[int, dict[FundClass, int]] = {}
    payments: dict[int, dict[FundClass, int]] = {}
    for (_, place, of), minor in net.items():
        if minor:
            into = receipts if minor > 0 else payments
            into.setdefault(place, _empty())[of] += abs(minor)
    return (
        [Line(names[place][0], receipts[place]) for place in sorted(receipts)],
        [Line(names[place][1], payments[place]) for place in sorted(payments)],
    )


def _standing(rows: Sequence[Sum], nature: Nature, sign: int) -> list[Line]:
    found: list[Line] = []
    for account in AccountKind:
        if NATURE[account] is nature and account not in CASH:
            columns = _columns(rows, (account,), closing=True)
            if any(columns.values()):
                found.append(Line(name_of(account), {one: sign * minor for one, minor in columns.items()}))
    return found


def _added(name: str, lines: Iterable[Line]) -> Line:
    amounts = _empty()
    for line in lines:
        for one, minor in line.amounts.items():
            amounts[one] += minor
    return Line(name, amounts)


# --- As figures and as a table ------------------------------------------------------------------------------------


def figures(found: ReceiptsAndPayments) -> dict[str, Any]:
    """As `--json` shows it; amounts in pence."""
    return {
        "fund": found.fund or None,
        "from": found.span.since.isoformat() if found.span.since else None,
        "to": found.span.through.isoformat(),
        "currency": found.currency,
        "opening": _figures(found.opening),
        "receipts": [_figures(line) for line in found.receipts],
        "total_receipts": _figures(found.total_receipts),
        "payments": [_figures(line) for line in found.payments],
        "total_payments": _figures(found.total_payments),
        "closing": _figures(found.closing),
        "cash": [_figures(line) for line in found.cash],
        "assets": [_figures(line) for line in found.assets],
        "liabilities": [_figures(line) for line in found.liabilities],
        "held_as_agent": {
            "opening": found.agent_opening,
            "received": found.agent_received,
            "paid": found.agent_paid,
            "closing": found.agent_cash,
        },
        "ties": found.ties,
    }


def _figures(line: Line) -> dict[str, Any]:
    return {"line": line.name, **{one.value: line.amounts[one] for one in CLASSES}, "total": line.total}


def sheet(found: ReceiptsAndPayments) -> Sheet:
    """As a table, with assets and liabilities beneath."""

    def row(part: str, line: Line) -> list[Any]:
        money = [Money(line.amounts[one], found.currency) for one in CLASSES]
        return [part, line.name, *money, Money(line.total, found.currency)]

    rows = [row("Cash", found.opening)]
    rows += [row("Receipts", line) for line in [*found.receipts, found.total_receipts]]
    rows += [row("Payments", line) for line in [*found.payments, found.total_payments]]
    rows += [row("Cash", line) for line in [found.closing, *found.cash]]
    rows += [row("Assets", line) for line in found.assets]
    rows += [row("Liabilities", line) for line in found.liabilities]
    if found.holds_agency:
        held = (
            ("Cash at the beginning", found.agent_opening),
            ("Received", found.agent_received),
            ("Paid", found.agent_paid),
            ("Cash at the end", found.agent_cash),
        )
        rows += [
            ["Held as agent", name, None, None, None, Money(minor, found.currency)] for name, minor in held
        ]
    return Sheet("Receipts and payments", ("part", "line", *(one.value for one in CLASSES), "total"), rows)
