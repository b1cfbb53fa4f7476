"""The match at work: gifts matched as they arrive, taken back as they are refunded, sponsors' payments, redistribution."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from sqlmodel import col, select

from hardship.contributions.events import (
    BankLineArrived,
    CheckoutClosed,
    CheckoutOpened,
    DisputeClosed,
    GiftDisputed,
    GiftsReceived,
    GiftsRefunded,
    MatchAnswer,
    NewlyReceived,
    NewlyRefunded,
    RefundsComing,
    SponsorPaymentIdentified,
)
from hardship.contributions.listing import MATCH_ROWS
from hardship.contributions.models import Contribution, Donor, Refund
from hardship.core.db import lock
from hardship.core.runtime import Due, Runtime, Transaction
from hardship.funds.changes import Change
from hardship.funds.events import FundLoaded
from hardship.funds.models import Fund
from hardship.funds.service import lock_fund
from hardship.ledger.journal import JournalDraft, Line
from hardship.ledger.service import post
from hardship.matching import allocation as rule
from hardship.matching import closing, drafting, entitlement, freezing, holds, payments
from hardship.matching.agreeing import agree
from hardship.matching.booking import Book, lock_agreements, open_book_of
from hardship.matching.models import MatchHold
from hardship.matching.onegift import LiveRow, frozen_among, gift_of, live_rows, match_rows
from hardship.matching.payments import NewPayment, import_payments, receive_payment
from hardship.matching.queries import stated_on
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
    """Listen to funds and contributions; hand the worker what becomes due."""
    drafting.register_kinds(runtime)
    closing.register_kinds(runtime)
    runtime.extensions[MATCH_ROWS] = match_rows
    runtime.listen(FundLoaded, on_fund_loaded)
    runtime.listen(GiftsReceived, on_gifts_received)
    runtime.listen(RefundsComing, on_refunds_coming)
    runtime.listen(GiftsRefunded, on_gifts_refunded)
    runtime.listen(BankLineArrived, payments.on_bank_line)
    runtime.listen(SponsorPaymentIdentified, payments.on_identified)
    runtime.listen(CheckoutOpened, holds.on_checkout_opened)
    runtime.listen(CheckoutClosed, holds.on_checkout_closed)
    runtime.listen(GiftDisputed, freezing.on_gift_disputed)
    runtime.listen(DisputeClosed, freezing.on_dispute_closed)
    runtime.due.append(Due("match holds", holds.expire_due))
    runtime.due.append(Due("match conditions", entitlement.work))


def on_fund_loaded(tx: Transaction, loaded: FundLoaded) -> list[Change]:
    """Make or vary the agreements that a fund's file declares; those it does not mention stay as they are."""
    fund = lock_fund(tx, loaded.fund_id)
    return [change for declared in loaded.matches for change in agree(tx, fund, declared)]


def on_gifts_received(tx: Transaction, received: GiftsReceived) -> MatchAnswer:
    """Match gifts in the order given, by the match rule; answers by ref."""
    assert received.fund.id is not None
    book = open_book_of(tx, received.fund.id)
    if not book.running:
        return MatchAnswer()
    matching = _Matching(tx, book, received.gifts)
    for gift in received.gifts:
        matching.match(gift)
    book.write()
    if any(one.conditional_minor for one in book.running):
        entitlement.entitle_due(tx, received.fund, book)
    return MatchAnswer(matching.shares, matching.lines, matching.lapsed)


class _Matching:
    """Gifts as they are matched one after the other."""

    def __init__(self, tx: Transaction, book: Book, gifts: Sequence[NewlyReceived]) -> None:
        self.tx, self.book = tx, book
        self.shares: dict[str | int, list[tuple[str, int]]] = {}
        self.lines: dict[str | int, list[Line]] = {}
        self.lapsed: dict[str, int] = {}
        self.promised = holds.promised(tx, book, gifts)
        self.donated = book.donated({gift.donor for gift in gifts})
        self.counts = any(one.is_challenge for one in book.running)

    def match(self, gift: NewlyReceived) -> None:
        """Give what was held for the gift, and by the match rule what more there is for it."""
        seen = rule.Gift(
            gift.amount_minor, gift.amount_minor, gift.received_at, gift.channel, gift.donor or None
        )
        if self.counts:
            entitlement.count(self.tx, self.book, seen, gift.amount_minor, gift.received_on)
        standing = self.promised.standing.get(gift.checkout_id or 0)
        donated = self.donated.get(gift.donor)
        lives = self._commit(gift, standing) if standing else []
        for take in rule.allocate_over(seen, self.book.agreements(), lives, donated):
            self._give(gift, take.ref, take.amount_minor, None)
            if donated is not None:
                donated[take.ref] = donated.get(take.ref, 0) + take.amount_minor
        given = sum(minor for _, minor in self.shares.get(gift.ref, ()))
        if lapsed := self.promised.lapsed(gift.checkout_id, given):
            self.lapsed[gift.ref] = lapsed

    def _commit(self, gift: NewlyReceived, standing: Sequence[MatchHold]) -> list[rule.Live]:
        """Give what stands; what was held counted towards its donor's caps already."""
        lives = []
        for hold, minor in holds.commit(self.tx, self.book, standing, gift.amount_minor):
            terms = self.book.by_id[hold.agreement_id].terms
            self._give(gift, terms.ref, minor, (hold.num, hold.den))
            lives.append(rule.Live(terms.ref, terms.priority, minor, hold.num, hold.den))
        return lives

    def _give(self, gift: NewlyReceived, agreement: str, minor: int, ratio: rule.Ratio | None) -> None:
        one = self.book.by_ref[agreement]
        lines = self.book.give(one, gift.id, minor, gift.received_on, ratio)
        shares = self.shares.setdefault(gift.ref, [])
        had = next((at for at, (ref, _) in enumerate(shares) if ref == agreement), None)
        if had is None:
            shares.append((agreement, minor))
        else:
            shares[had] = (agreement, shares[had][1] + minor)
        self.lines.setdefault(gift.ref, []).extend(lines)


def on_refunds_coming(tx: Transaction, coming: RefundsComing) -> None:
    """Lock the agreements before the gifts: the one lock order."""
    assert coming.fund.id is not None
    lock_agreements(tx, coming.fund.id)


def on_gifts_refunded(tx: Transaction, refunded: GiftsRefunded) -> MatchAnswer:
    """Take match back by the refund rule, refund by refund; answers by the refund's number."""
    assert refunded.fund.id is not None
    book = open_book_of(tx, refunded.fund.id)
    ids = sorted({one.contribution_id for one in refunded.refunds})
    live, frozen = live_rows(tx.session, ids), frozen_among(tx.session, ids)
    shares: dict[str | int, list[tuple[str, int]]] = {}
    lines: dict[str | int, list[Line]] = {}
    for one in refunded.refunds:
        rows = live.get(one.contribution_id, [])
        for back in rule.release(one.net_minor, as_lives(rows, book)):
            rows, booked = _take_back(
                book, back, rows, one.id, one.refunded_on, one.contribution_id in frozen
            )
            shares.setdefault(one.id, []).append((back.ref, -back.amount_minor))
            lines.setdefault(one.id, []).extend(booked)
        live[one.contribution_id] = rows
    if any(one.is_challenge for one in book.running):
        _uncount(tx, book, refunded.refunds)
    book.write()
    return MatchAnswer(_summed(shares), lines)


def _summed(shares: dict[str | int, list[tuple[str, int]]]) -> dict[str | int, list[tuple[str, int]]]:
    """Each agreement once: one that gave at several ratios takes back at several."""
    found: dict[str | int, list[tuple[str, int]]] = {}
    for key, parts in shares.items():
        sums: dict[str, int] = {}
        for ref, minor in parts:
            sums[ref] = sums.get(ref, 0) + minor
        found[key] = list(sums.items())
    return found


def _uncount(tx: Transaction, book: Book, refunds: Sequence[NewlyRefunded]) -> None:
    """What was refunded counts towards no challenge any more."""
    amounts = dict(
        tx.session.exec(
            select(Refund.id, Refund.amount_minor).where(col(Refund.id).in_([one.id for one in refunds]))
        ).all()
    )
    for one in refunds:
        gift = tx.session.get_one(Contribution, one.contribution_id)
        entitlement.count(tx, book, gift_of(tx.session, gift), -amounts[one.id], one.refunded_on)


def as_lives(rows: Sequence[LiveRow], book: Book) -> list[rule.Live]:
    """Live rows as the match rule takes them."""
    return [
        rule.Live(terms.ref, terms.priority, row.live_minor, row.num, row.den)
        for row in rows
        for terms in [book.by_id[row.agreement_id].terms]
    ]


def _take_back(
    book: Book, back: rule.Release, rows: list[LiveRow], refund_id: int, on: dt.date, frozen: bool
) -> tuple[list[LiveRow], list[Line]]:
    """Reverse a release over the allocations that it comes from, what is conditional first, then newest first; returns
    what stays live, and lines."""
    left, lines = back.amount_minor, list[Line]()
    mine = (book.by_ref[back.ref].id, back.num, back.den)
    taken: dict[int, int] = {}
    for row in sorted(rows, key=lambda one: (one.is_pending, one.allocation_id), reverse=True):
        part = min(left, row.live_minor) if (row.agreement_id, row.num, row.den) == mine else 0
        if part:
            lines += book.take_back(row, part, on, refund_id, frozen=frozen)
            taken[row.allocation_id] = part
            left -= part
    kept = [
        replace(row, live_minor=row.live_minor - taken.get(row.allocation_id, 0))
        for row in rows
        if taken.get(row.allocation_id, 0) < row.live_minor
    ]
    return kept, lines


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
    book = open_book_of(tx, fund.id)
    if not book.running:
        return Redistributed()
    holds.expire_lapsed(tx, book)
    gifts = _gifts(tx, fund.id)
    contributions = _contributions(tx, gifts, book)
    donated = book.donated({one.gift.donor_name or "" for one in contributions})
    given = rule.redistribute(contributions, book.agreements(), donated)
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
    entitlement.entitle_due(tx, fund, book)
    return Redistributed(done)


def _gifts(tx: Transaction, fund_id: int) -> dict[str, Contribution]:
    """The fund's gifts that are neither wholly refunded nor under dispute, locked in the order of their numbers."""
    statement = (
        select(Contribution)
        .where(
            Contribution.fund_id == fund_id, col(Contribution.amount_minor) > col(Contribution.refunded_minor)
        )
        .order_by(col(Contribution.id))
    )
    found = lock(tx.session, statement)
    frozen = frozen_among(tx.session, [gift.id or 0 for gift in found])
    return {gift.ref: gift for gift in found if gift.id not in frozen}


def _contributions(tx: Transaction, gifts: dict[str, Contribution], book: Book) -> list[rule.Contribution]:
    """The gifts as the rule takes them, with what is live on each."""
    tokens = {number: token.hex() for number, token in tx.session.exec(select(Donor.id, Donor.token))}
    live = live_rows(tx.session, [gift.id or 0 for gift in gifts.values()])
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
            as_lives(live.get(gift.id or 0, []), book),
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
