"""Giving gifts back: the gift's net falls, its journal is undone by as much, its match follows the refund rule."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import bindparam, insert, update
from sqlmodel import col, select

from hardship.contributions.events import GiftsRefunded, MatchAnswer, NewlyRefunded, RefundsComing
from hardship.contributions.giftaid import entitlement
from hardship.contributions.gifts import NewRefund, refund_lines
from hardship.contributions.models import Contribution, Refund
from hardship.core.clock import day_of
from hardship.core.csvfile import Numbered, Outcome, Problem, refuse_all
from hardship.core.db import lock
from hardship.core.errors import BadInput
from hardship.core.money import display
from hardship.core.runtime import Transaction
from hardship.funds.models import Fund
from hardship.funds.service import lock_fund
from hardship.ledger.journal import JournalDraft, Line
from hardship.ledger.service import post
from hardship.staff.permissions import Permission, require

_CONTRIBUTION = Contribution.__table__  # type: ignore[attr-defined]
_REFUND = Refund.__table__  # type: ignore[attr-defined]
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Refunded:
    """What became of a refund: the match taken back in pence by agreement (below zero)."""

    ref: str
    refund_id: int
    released: tuple[tuple[str, int], ...] = ()


@dataclass
class _Planned:
    """Refunds in order with their gifts, what was there already, and what cannot be."""

    fresh: list[tuple[NewRefund, Contribution, int]] = field(default_factory=list)  # with the net after it
    unchanged: int = 0
    problems: list[tuple[NewRefund, BadInput]] = field(default_factory=list)


def refund(tx: Transaction, *, fund: Fund, refunds: Sequence[NewRefund]) -> list[Refunded]:
    """Record refunds in order of (refunded_at, ref); the same refund again is no change and is left out of the result.

    Raises `BadInput` for an unknown gift, more than its net amount, or the same instant with another amount.
    """
    require(tx.actor, Permission.RECORD_REFUNDS)
    return give_back(tx, fund=fund, refunds=refunds)


def give_back(tx: Transaction, *, fund: Fund, refunds: Sequence[NewRefund]) -> list[Refunded]:
    """The same, for a use case that has asked for a permission of its own: a second person approves a refund."""
    assert fund.id is not None
    fund = lock_fund(tx, fund.id)
    planned = _plan(tx, fund, refunds)
    if planned.problems:
        raise planned.problems[0][1]
    return _book(tx, fund, planned)


def import_refunds(
    tx: Transaction, *, fund_slug: str, rows: Sequence[Numbered[NewRefund]], skip_bad: bool = False
) -> Outcome:
    """Record a file's refunds in one transaction; raises `RowsRefused` when one is refused and may not be skipped."""
    require(tx.actor, Permission.RECORD_REFUNDS)
    fund = lock_fund(tx, fund_slug)
    lines = {id(row.value): row.line for row in rows}
    planned = _plan(tx, fund, [row.value for row in rows])
    problems = [
        Problem(lines[id(one)], error.where, f"{error.what}. {error.fix}".strip())
        for one, error in planned.problems
    ]
    refuse_all(problems, skip_bad=skip_bad)
    _book(tx, fund, planned)
    return Outcome(len(planned.fresh), planned.unchanged, problems)


def _plan(tx: Transaction, fund: Fund, refunds: Sequence[NewRefund]) -> _Planned:
    """Work through the refunds in order against the locked gifts, changing nothing."""
    tx.publish(RefundsComing(fund))
    gifts = _locked_gifts(tx, {one.ref for one in refunds})
    known = _known(tx, [gift.id or 0 for gift in gifts.values()])
    net = {ref: gift.net_minor for ref, gift in gifts.items()}
    planned = _Planned()
    for one in sorted(refunds, key=lambda each: (each.refunded_at, each.ref)):
        gift = gifts.get(one.ref)
        try:
            if gift is None or gift.fund_id != fund.id:
                raise BadInput(
                    "the fund has no gift with this ref", where="ref", fix="Import the gift first."
                )
            there = known.get((gift.id or 0, one.refunded_at))
            if there is None:
                _check(one, gift, net[one.ref])
            elif there != one.amount_minor:
                raise BadInput(
                    "this gift was refunded another amount at this instant",
                    where="amount",
                    fix="Check the amount.",
                )
        except BadInput as error:
            planned.problems.append((one, error))
            continue
        if there is not None:
            planned.unchanged += 1
            continue
        known[gift.id or 0, one.refunded_at] = one.amount_minor
        net[one.ref] -= one.amount_minor
        planned.fresh.append((one, gift, net[one.ref]))
    return planned


def _check(one: NewRefund, gift: Contribution, net: int) -> None:
    if one.amount_minor <= 0:
        raise BadInput("a refund is above 0.00", where="amount", fix="Write an amount like 200.00.")
    if one.refunded_at < gift.received_at:
        raise BadInput("refunded before it was received", where="refunded_at", fix="Check the time.")
    if one.amount_minor > net:
        raise BadInput(
            f"more than is left of the gift, {display(net)}", where="amount", fix="Refund that much or less."
        )


def _locked_gifts(tx: Transaction, refs: set[str]) -> dict[str, Contribution]:
    """The gifts by ref, locked in the order of their numbers."""
    wanted = sorted(refs)
    ids: list[int] = []
    for start in range(0, len(wanted), _CHUNK):
        part = wanted[start : start + _CHUNK]
        ids += [
            number
            for number in tx.session.exec(select(Contribution.id).where(col(Contribution.ref).in_(part)))
            if number
        ]
    ids.sort()
    found: dict[str, Contribution] = {}
    for start in range(0, len(ids), _CHUNK):
        statement = (
            select(Contribution)
            .where(col(Contribution.id).in_(ids[start : start + _CHUNK]))
            .order_by(col(Contribution.id))
        )
        found |= {gift.ref: gift for gift in lock(tx.session, statement)}
    return found


def _known(tx: Transaction, gifts: Sequence[int]) -> dict[tuple[int, object], int]:
    """The refunds there are of these gifts: (gift, instant) → amount."""
    found: dict[tuple[int, object], int] = {}
    for start in range(0, len(gifts), _CHUNK):
        part = gifts[start : start + _CHUNK]
        rows = tx.session.exec(select(Refund).where(col(Refund.contribution_id).in_(part)))
        found |= {(row.contribution_id, row.refunded_at): row.amount_minor for row in rows}
    return found


def _book(tx: Transaction, fund: Fund, planned: _Planned) -> list[Refunded]:
    if not planned.fresh:
        return []
    connection = tx.session.connection()
    rows = [
        {
            "contribution_id": gift.id,
            "refunded_at": one.refunded_at,
            "refunded_on": day_of(one.refunded_at),
            "amount_minor": one.amount_minor,
            "recorded_at": tx.at,
        }
        for one, gift, _ in planned.fresh
    ]
    statement = insert(_REFUND).returning(_REFUND.c.id, sort_by_parameter_order=True)
    numbers = list(connection.execute(statement, rows).scalars())
    connection.execute(
        update(_CONTRIBUTION)
        .where(_CONTRIBUTION.c.id == bindparam("gift"))
        .values(refunded_minor=_CONTRIBUTION.c.refunded_minor + bindparam("by")),
        [{"gift": gift.id, "by": one.amount_minor} for one, gift, _ in planned.fresh],
    )
    newly = [
        NewlyRefunded(number, gift.id or 0, gift.ref, net, day_of(one.refunded_at))
        for number, (one, gift, net) in zip(numbers, planned.fresh, strict=True)
    ]
    answer = MatchAnswer.merged(tx.publish(GiftsRefunded(fund, newly)))
    tax = entitlement.on_refunded(tx, fund, newly)
    pairs = list(zip(planned.fresh, newly, strict=True))
    post(tx, [_journal(fund, one, gift, new, answer, tax) for (one, gift, _), new in pairs])
    for (one, _, _), new in pairs:
        _record(tx, fund, one, new, answer, tax.get(new.id, _NO_TAX)[0])
    for _, gift, _ in planned.fresh:
        tx.session.expire(gift)  # changed beside the session
    return [Refunded(new.ref, new.id, tuple(answer.shares.get(new.id, ()))) for new in newly]


_NO_TAX: tuple[int, list[Line]] = (0, [])


def _journal(
    fund: Fund,
    one: NewRefund,
    gift: Contribution,
    new: NewlyRefunded,
    answer: MatchAnswer,
    tax: Mapping[int, tuple[int, list[Line]]],
) -> JournalDraft:
    return JournalDraft(
        idem_key=f"refund:{new.id}",
        kind="gift.refunded",
        fund_slug=fund.slug,
        cause=f"contribution:{one.ref}",
        effective_on=new.refunded_on,
        lines=[
            *refund_lines(fund.community_pot_id, one.amount_minor, gift.held, one.out_of or gift.paid_into),
            *tax.get(new.id, _NO_TAX)[1],
            *answer.lines.get(new.id, ()),
        ],
        currency=fund.currency,
    )


def _record(
    tx: Transaction, fund: Fund, one: NewRefund, new: NewlyRefunded, answer: MatchAnswer, tax_minor: int
) -> None:
    tax = {"gift_aid_minor": tax_minor} if tax_minor else {}
    tx.record(
        "contribution.refunded",
        f"contribution:{one.ref}",
        fund=fund.slug,
        amount_minor=one.amount_minor,
        refunded_on=new.refunded_on.isoformat(),
        net_minor=new.net_minor,
        released={ref: -minor for ref, minor in answer.shares.get(new.id, ())},
        **tax,
    )
