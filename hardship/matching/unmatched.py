"""Gifts that are not wholly matched, with the reason of each agreement: as a page shows them, and as a file.

Reasons are worked out anew from the rows, never stored: they change when a cap does. A page therefore looks through the
gifts that have something unmatched, newest first, until it has enough.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Float, cast, func
from sqlalchemy import select as core_select
from sqlmodel import Session, col, select

from hardship.contributions.models import Contribution, Donor
from hardship.core.canonical import sha256_hex
from hardship.core.clock import iso
from hardship.core.money import Money
from hardship.core.runtime import Transaction
from hardship.core.sheets import Cell, Sheet, as_csv, as_xlsx
from hardship.funds.models import Fund
from hardship.matching import allocation as rule
from hardship.matching.donated import donations
from hardship.matching.models import Allocation, MatchAgreement
from hardship.matching.onegift import as_lives, live_rows
from hardship.matching.queries import agreements_of, as_ruled
from hardship.matching.sentences import WHY
from hardship.staff.permissions import Permission, require
from hardship.web.paging import PAGE, Page, read_cursor, write_cursor

AT_ONCE = 200
MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which unmatched gifts are wanted: of a fund, with a reason, with a reason of one agreement; None is any."""

    fund_id: int
    reason: rule.Reason | None = None
    agreement: str | None = None

    def wants(self, reasons: Sequence[tuple[str, rule.Reason]]) -> bool:
        """Whether a gift with these reasons is one of them."""
        if self.reason is None and self.agreement is None:
            return True
        return any(self.reason in (None, reason) and self.agreement in (None, ref) for ref, reason in reasons)


@dataclass(frozen=True, slots=True)
class Remainder:
    """A gift with what of it nobody matched, in pence, and why: (agreement, reason)."""

    gift: Contribution
    unmatched_minor: int
    reasons: list[tuple[str, rule.Reason]]


def remainders(session: Session, chosen: Chosen, *, after: str = "") -> Page[Remainder]:
    """A page of unmatched gifts, the latest first; `after` is the cursor of the page before."""
    found: list[Remainder] = []
    for one in _walk(session, chosen, after):
        found.append(one)
        if len(found) > PAGE:
            break
    shown = found[:PAGE]
    more = write_cursor(_place(shown[-1].gift)) if len(found) > PAGE else ""
    return Page(shown, after=more)


def _walk(session: Session, chosen: Chosen, after: str = "") -> Iterator[Remainder]:
    """Every one of them, the latest first."""
    rows = agreements_of(session, chosen.fund_id)
    place = read_cursor(after, 2) if after else None
    while gifts := _candidates(session, chosen.fund_id, place):
        for one in _explained(session, rows, gifts):
            if one.unmatched_minor and chosen.wants(one.reasons):
                yield one
        place = list(_place(gifts[-1]))


def _place(gift: Contribution) -> tuple[object, str]:
    return gift.received_at, gift.ref


def _candidates(session: Session, fund_id: int, place: list[object] | None) -> Sequence[Contribution]:
    """Gifts beyond `place` that may have something unmatched: what their match covers, rounded down, is below what is
    left of them. The exact answer is the match rule's."""
    given = Allocation.__table__.c  # type: ignore[attr-defined]
    covers = (
        core_select(func.coalesce(func.sum(cast(given.amount_minor, Float) * given.den / given.num), 0))
        .where(given.contribution_id == Contribution.id)
        .scalar_subquery()
    )
    at, ref = col(Contribution.received_at), col(Contribution.ref)
    left = col(Contribution.amount_minor) - col(Contribution.refunded_minor)
    statement = select(Contribution).where(Contribution.fund_id == fund_id, left - covers > 0.001)
    if place is not None:
        statement = statement.where(at <= place[0], (at < place[0]) | (ref < place[1]))
    return session.exec(statement.order_by(at.desc(), ref.desc()).limit(AT_ONCE)).all()


def _explained(
    session: Session, rows: Sequence[MatchAgreement], gifts: Sequence[Contribution]
) -> Iterator[Remainder]:
    """The gifts with their reasons, read in a few statements."""
    by_id = {row.id or 0: row for row in rows}
    agreements = [as_ruled(row) for row in rows]
    live = live_rows(session, [gift.id or 0 for gift in gifts])
    tokens = _tokens(session, gifts)
    capped = {row.id or 0: row.ref for row in rows if row.per_donor_cap_minor is not None}
    donated = donations(session.connection(), capped, set(tokens.values()))
    for gift in gifts:
        donor = tokens.get(gift.donor_id or 0)
        seen = rule.Gift(gift.amount_minor, gift.net_minor, gift.received_at, gift.channel.value, donor)
        lives = as_lives(live.get(gift.id or 0, []), by_id)
        said = rule.explain(seen, agreements, lives, donated.get(donor or ""))
        yield Remainder(gift, said.unmatched_minor, said.reasons)


def _tokens(session: Session, gifts: Sequence[Contribution]) -> dict[int, str]:
    numbers = sorted({gift.donor_id for gift in gifts if gift.donor_id is not None})
    rows = session.exec(select(Donor.id, Donor.token).where(col(Donor.id).in_(numbers)))
    return {number: token.hex() for number, token in rows if number is not None}


# --- As a file ----------------------------------------------------------------------------------------------------

COLUMNS = ("gift", "received_at", "channel", "amount", "net", "unmatched", "agreement", "reason", "why")


def export(tx: Transaction, *, fund: Fund, chosen: Chosen, form: str) -> tuple[str, bytes]:
    """Every unmatched gift as a file (`csv` or `xlsx`), a row for each reason, without anybody's name: (name, bytes). The
    export itself is an event."""
    require(tx.actor, Permission.EXPORT)
    sheet = Sheet(
        "Unmatched", COLUMNS, [row for one in _walk(tx.session, chosen) for row in _cells(one, fund.currency)]
    )
    body = as_xlsx(sheet) if form == "xlsx" else as_csv(sheet)
    tx.record(
        "match.unmatched_exported",
        f"fund:{fund.slug}",
        format=form,
        rows=len(sheet.rows),
        reason=chosen.reason.value if chosen.reason else "",
        agreement=chosen.agreement or "",
        sha256=sha256_hex(body),
    )
    return f"unmatched-{fund.slug}.{form}", body


def _cells(one: Remainder, currency: str) -> Iterator[list[Cell]]:
    gift = one.gift
    first: list[Cell] = [
        gift.ref,
        iso(gift.received_at),
        gift.channel.value,
        Money(gift.amount_minor, currency),
        Money(gift.net_minor, currency),
        Money(one.unmatched_minor, currency),
    ]
    for ref, reason in one.reasons:
        yield [*first, ref, reason.value, WHY[reason]]
    if not one.reasons:
        yield [*first, "", "", "the fund has no agreement"]
