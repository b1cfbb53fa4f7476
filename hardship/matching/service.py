"""The match at work: gifts matched as they arrive, taken back as they are refunded, sponsors' payments, redistribution."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from sqlmodel import col, select

from hardship.contributions.events import GiftsReceived, GiftsRefunded, MatchAnswer, RefundsComing
from hardship.contributions.models import Contribution, Donor
from hardship.core.db import lock
from hardship.core.runtime import Runtime, Transaction
from hardship.funds.changes import Change
from hardship.funds.events import FundLoaded
from hardship.funds.models import Fund
from hardship.funds.service import lock_fund
from hardship.ledger.journal import JournalDraft, Line
from hardship.ledger.service import post
from hardship.matching import allocation as rule
from hardship.matching.agreeing import agree
from hardship.matching.booking import Book, lock_agreements, open_book
from hardship.matching.payments import NewPayment, import_payments, receive_payment
from hardship.matching.queries import LiveRow, live_rows, stated_on
from hardship.staff.permissions import Permission, require

__all__ = [
    "NewPayment",
    "Redistributed",
    "agree",
    "import_payments",
    "lock_agreements",
    "receive_payment",
    "redistribute",
    "stated_on",
    "wire",
]


def wire(runtime: Runtime) -> None:
    """Listen to funds and contributions."""
    runtime.listen(FundLoaded, on_fund_loaded)
    runtime.listen(GiftsReceived, on_gifts_received)
    runtime.listen(RefundsComing, on_refunds_coming)
    runtime.listen(GiftsRefunded, on_gifts_refunded)


def on_fund_loaded(tx: Transaction, loaded: FundLoaded) -> list[Change]:
    """Make or vary the agreements that a fund's file declares; those it does not mention stay as they are."""
    fund = lock_fund(tx, loaded.fund_id)
    return [change for declared in loaded.matches for change in agree(tx, fund, declared)]


def on_gifts_received(tx: Transaction, received: GiftsReceived) -> MatchAnswer:
    """Match gifts in the order given, by the match rule; answers by ref."""
    assert received.fund.id is not None
    book = open_book(tx, lock_agreements(tx, received.fund.id))
    if not book.running:
        return MatchAnswer()
    by_ref = book.by_ref
    shares: dict[str | int, list[tuple[str, int]]] = {}
    lines: dict[str | int, list[Line]] = {}
    for gift in received.gifts:
        seen = rule.Gift(
            gift.amount_minor, gift.amount_minor, gift.received_at, gift.channel, gift.donor or None
        )
        for take in rule.allocate(seen, book.agreements()):
            booked = book.give(by_ref[take.ref], gift.id, take.amount_minor, gift.received_on)
            shares.setdefault(gift.ref, []).append((take.ref, take.amount_minor))
            lines.setdefault(gift.ref, []).extend(booked)
    book.write()
    return MatchAnswer(shares, lines)


def on_refunds_coming(tx: Transaction, coming: RefundsComing) -> None:
    """Lock the agreements before the gifts: the one lock order."""
    assert coming.fund.id is not None
    lock_agreements(tx, coming.fund.id)


def on_gifts_refunded(tx: Transaction, refunded: GiftsRefunded) -> MatchAnswer:
    """Take match back by the refund rule, refund by refund; answers by the refund's number."""
    assert refunded.fund.id is not None
    book = open_book(tx, lock_agreements(tx, refunded.fund.id))
    live = live_rows(tx.session, sorted({one.contribution_id for one in refunded.refunds}))
    shares: dict[str | int, list[tuple[str, int]]] = {}
    lines: dict[str | int, list[Line]] = {}
    names = {one.id: one.terms for one in book.running}
    for one in refunded.refunds:
        rows = live.get(one.contribution_id, [])
        lives = [
            rule.Live(
                names[row.agreement_id].ref,
                names[row.agreement_id].priority,
                row.live_minor,
                row.num,
                row.den,
            )
            for row in rows
        ]
        for back in rule.release(one.net_minor, lives):
            rows, booked = _take_back(book, back, rows, one.contribution_id, one.id, one.refunded_on)
            shares.setdefault(one.id, []).append((back.ref, -back.amount_minor))
            lines.setdefault(one.id, []).extend(booked)
        live[one.contribution_id] = rows
    book.write()
    return MatchAnswer(shares, lines)


def _take_back(
    book: Book, back: rule.Release, rows: list[LiveRow], contribution_id: int, refund_id: int, on: dt.date
) -> tuple[list[LiveRow], list[Line]]:
    """Reverse a release over the allocations that it comes from, newest first; returns what stays live, and lines."""
    one = book.by_ref[back.ref]
    left = back.amount_minor
    kept: list[LiveRow] = []
    lines: list[Line] = []
    for row in reversed(rows):
        part = (
            min(left, row.live_minor)
            if (row.agreement_id, row.num, row.den) == (one.id, back.num, back.den)
            else 0
        )
        if part:
            ratio = (row.num, row.den)
            lines += book.take_back(one, contribution_id, part, on, ratio, row.allocation_id, refund_id)
            left -= part
        if part < row.live_minor:
            kept.append(replace(row, live_minor=row.live_minor - part))
    return kept[::-1], lines


# --- Redistribution -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Redistributed:
    """What a redistribution added: (gift's ref, agreement, pence), in the order in which it was given."""

    given: list[tuple[str, str, int]] = field(default_factory=list)

    @property
    def total_minor(self) -> int:
        """All of it, in pence."""
        return sum(minor for _, _, minor in self.given)


def redistribute(tx: Transaction, *, fund: Fund) -> Redistributed:
    """Give freed cap to earlier unmatched parts: the rule over all gifts of the fund; again changes nothing.

    Adds to what gifts have and takes nothing away. What is added belongs to the gift's own day, or to the first day
    not yet stated.
    """
    require(tx.actor, Permission.REDISTRIBUTE)
    assert fund.id is not None
    fund = lock_fund(tx, fund.id)
    assert fund.id is not None
    book = open_book(tx, lock_agreements(tx, fund.id))
    if not book.running:
        return Redistributed()
    gifts = _gifts(tx, fund.id)
    given = rule.redistribute(_contributions(tx, gifts, book), book.agreements())
    done: list[tuple[str, str, int]] = []
    lines: list[list[Line]] = []
    for one in given:
        gift = gifts[one.ref]
        for take in one.takes:
            lines.append(book.give(book.by_ref[take.ref], gift.id or 0, take.amount_minor, gift.received_on))
            done.append((one.ref, take.ref, take.amount_minor))
    numbers = book.write(numbered=True)
    drafts = [
        _journal(fund, gifts[ref], number, own)
        for (ref, _, _), number, own in zip(done, numbers, lines, strict=True)
    ]
    post(tx, drafts)
    for one in given:
        matched = {take.ref: take.amount_minor for take in one.takes}
        tx.record("match.redistributed", f"contribution:{one.ref}", fund=fund.slug, matched=matched)
    return Redistributed(done)


def _gifts(tx: Transaction, fund_id: int) -> dict[str, Contribution]:
    """The fund's gifts that are not wholly refunded, locked in the order of their numbers."""
    statement = (
        select(Contribution)
        .where(
            Contribution.fund_id == fund_id, col(Contribution.amount_minor) > col(Contribution.refunded_minor)
        )
        .order_by(col(Contribution.id))
    )
    return {gift.ref: gift for gift in lock(tx.session, statement)}


def _contributions(tx: Transaction, gifts: dict[str, Contribution], book: Book) -> list[rule.Contribution]:
    """The gifts as the rule takes them, with what is live on each."""
    tokens = {number: token.hex() for number, token in tx.session.exec(select(Donor.id, Donor.token))}
    live = live_rows(tx.session, [gift.id or 0 for gift in gifts.values()])
    terms = {one.id: one.terms for one in book.running}

    def lives(rows: Sequence[LiveRow]) -> list[rule.Live]:
        return [
            rule.Live(
                terms[row.agreement_id].ref,
                terms[row.agreement_id].priority,
                row.live_minor,
                row.num,
                row.den,
            )
            for row in rows
        ]

    return [
        rule.Contribution(
            ref,
            rule.Gift(
                gift.amount_minor,
                gift.net_minor,
                gift.received_at,
                gift.channel.value,
                tokens.get(gift.donor_id) if gift.donor_id else None,
            ),
            lives(live.get(gift.id or 0, [])),
        )
        for ref, gift in gifts.items()
    ]


def _journal(fund: Fund, gift: Contribution, allocation_id: int, lines: list[Line]) -> JournalDraft:
    return JournalDraft(
        idem_key=f"allocation:{allocation_id}",
        kind="match.redistributed",
        fund_slug=fund.slug,
        cause=f"contribution:{gift.ref}",
        effective_on=gift.received_on,
        lines=lines,
        currency=fund.currency,
    )
