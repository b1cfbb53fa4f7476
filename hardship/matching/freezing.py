"""Match on a gift under dispute: it stays allocated, is not spent and not added to, until the dispute is closed."""

from collections.abc import Sequence

from sqlmodel import col, select

from hardship.contributions.events import DisputeClosed, GiftDisputed
from hardship.core.clock import day_of
from hardship.core.db import lock
from hardship.core.runtime import Transaction
from hardship.funds.models import Fund
from hardship.ledger.journal import JournalDraft, Line
from hardship.ledger.service import post
from hardship.matching.booking import Book, open_book_of
from hardship.matching.entitlement import entitle_due
from hardship.matching.models import MatchFreeze
from hardship.matching.onegift import live_rows


def on_gift_disputed(tx: Transaction, disputed: GiftDisputed) -> None:
    """Freeze a gift's match; disputed again while it is, it changes nothing."""
    assert disputed.fund.id is not None
    book = open_book_of(tx, disputed.fund.id)
    if _live(tx, disputed.contribution_id) is not None:
        return
    freeze = MatchFreeze(contribution_id=disputed.contribution_id, began_on=disputed.on)
    tx.session.add(freeze)
    tx.session.flush()
    shares, lines = _turn(tx, book, disputed.contribution_id, 1)
    draft = _journal(disputed.fund, freeze, "frozen", disputed.ref, lines)
    post(tx, [draft])
    tx.record("match.frozen", f"freeze:{disputed.ref}", state="frozen", frozen=shares)


def on_dispute_closed(tx: Transaction, closed: DisputeClosed) -> None:
    """Free a gift's match. Lost, the refund takes it back; won, what was conditional may become income. Again it
    changes nothing."""
    assert closed.fund.id is not None
    book = open_book_of(tx, closed.fund.id)
    freeze = _live(tx, closed.contribution_id)
    if freeze is None:
        return
    freeze.ended_on, freeze.outcome = day_of(tx.at), closed.outcome
    tx.session.add(freeze)
    tx.session.flush()
    shares, lines = _turn(tx, book, closed.contribution_id, -1)
    post(tx, [_journal(closed.fund, freeze, "freed", closed.ref, lines)])
    tx.record("match.freed", f"freeze:{closed.ref}", state=closed.outcome, freed=shares)
    if closed.outcome == "won":
        entitle_due(tx, closed.fund, book)


def _turn(tx: Transaction, book: Book, contribution_id: int, sign: int) -> tuple[dict[str, int], list[Line]]:
    """Freeze what a gift's match has earned, or free it: pence by agreement, and the lines for the journal."""
    shares: dict[str, int] = {}
    lines: list[Line] = []
    for row in live_rows(tx.session, [contribution_id]).get(contribution_id, []):
        one = book.by_id[row.agreement_id]
        shares[one.terms.ref] = shares.get(one.terms.ref, 0) + row.earned_minor
        lines += one.freeze(sign * row.earned_minor)
    book.write()
    return {ref: minor for ref, minor in shares.items() if minor}, lines


def _live(tx: Transaction, contribution_id: int) -> MatchFreeze | None:
    statement = select(MatchFreeze).where(
        MatchFreeze.contribution_id == contribution_id, col(MatchFreeze.ended_on).is_(None)
    )
    return next(iter(lock(tx.session, statement)), None)


def _journal(fund: Fund, freeze: MatchFreeze, what: str, ref: str, lines: Sequence[Line]) -> JournalDraft:
    assert freeze.id is not None  # noqa: S101 — flushed
    return JournalDraft(
        idem_key=f"freeze:{freeze.id}:{what}",
        kind=f"match.{what}",
        fund_slug=fund.slug,
        cause=f"contribution:{ref}",
        effective_on=freeze.began_on if freeze.ended_on is None else freeze.ended_on,
        lines=lines,
        currency=fund.currency,
    )
