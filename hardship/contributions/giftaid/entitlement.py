"""What HMRC owes on which gift: kept beside the gift in the transaction that receives or refunds it."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam
from sqlalchemy import select as any_select
from sqlmodel import col, select

from hardship.contributions.events import NewlyRefunded
from hardship.contributions.giftaid import aid
from hardship.contributions.giftaid.models import Declaration, GiftAid
from hardship.contributions.models import Channel, Contribution, DonorType, Held
from hardship.core.db import lock
from hardship.core.prepared import Prepared
from hardship.core.runtime import Transaction
from hardship.funds.models import Fund, FundRole
from hardship.ledger.journal import JournalDraft, Line
from hardship.ledger.service import post

CHANNELS = frozenset({Channel.CARD, Channel.BANK, Channel.CASH})
"""How a gift may come that brings tax back: money given by the donor. `other` is vouchers, payroll giving and the like,
where the tax has been dealt with."""
_CHUNK = 500
_DECLARATION = Declaration.__table__  # type: ignore[attr-defined]
_ANY = Prepared(any_select(_DECLARATION.c.id).where(_DECLARATION.c.donor_id == bindparam("donor")).limit(1))
"""Whether a donor has made any declaration: of most gifts, the donor has not."""


@dataclass(frozen=True, slots=True)
class Fresh:
    """A gift that has just been stored, as far as Gift Aid asks. `declaration_id` is the declaration made with it."""

    id: int
    ref: str
    donor_id: int | None
    received_on: dt.date
    amount_minor: int
    channel: Channel
    donor_type: DonorType
    held: Held
    declaration_id: int | None = None


def may_bring_tax(fund: Fund, gift: Fresh | Contribution) -> bool:
    """Whether a gift is of a kind on which tax can be claimed: money given here, by a person who is known, to the charity
    itself and not to one whose agent it is."""
    return (
        fund.role is FundRole.PRINCIPAL
        and gift.donor_type is DonorType.PERSON
        and gift.held is Held.HERE
        and gift.channel in CHANNELS
    )


def on_received(tx: Transaction, fund: Fund, gifts: Sequence[Fresh]) -> dict[str, int]:
    """The tax that comes with gifts just stored, by ref, in pence; those without a declaration are left out."""
    wanted = [one for one in gifts if may_bring_tax(fund, one) and (one.donor_id or one.declaration_id)]
    if not wanted:
        return {}
    declared = _declarations(tx, {one.donor_id for one in wanted if one.donor_id})
    found: dict[str, int] = {}
    for one in wanted:
        declaration_id = one.declaration_id or covering(declared.get(one.donor_id or 0, ()), one.received_on)
        if declaration_id is None:
            continue
        found[one.ref] = aid.tax_on(one.amount_minor)
        tx.session.add(
            GiftAid(
                contribution_id=one.id,
                fund_id=fund.id or 0,
                declaration_id=declaration_id,
                entitled_minor=found[one.ref],
            )
        )
    return found


def lines_of(fund: Fund, minor: int) -> list[Line]:
    """The lines of the tax on a gift just received."""
    return aid.change(fund.community_pot_id, aid.Tax(), minor)


def on_refunded(
    tx: Transaction, fund: Fund, refunds: Sequence[NewlyRefunded]
) -> dict[int, tuple[int, list[Line]]]:
    """What refunds take back of the tax on their gifts: by the refund's number the pence (not above zero) and the lines."""
    rows = _locked(tx, {one.contribution_id for one in refunds})
    found: dict[int, tuple[int, list[Line]]] = {}
    for one in refunds:
        row = rows.get(one.contribution_id)
        if row is None or row.entitled_minor == 0:
            continue
        after = min(row.entitled_minor, aid.tax_on(one.net_minor))
        found[one.id] = (after - row.entitled_minor, _set(tx, fund, row, after))
    return found


def _set(tx: Transaction, fund: Fund, row: GiftAid, after_minor: int) -> list[Line]:
    before = aid.Tax(row.entitled_minor, row.claimed_minor, row.settled_minor)
    row.entitled_minor = after_minor
    tx.session.add(row)
    return aid.change(fund.community_pot_id, before, after_minor)


def _locked(tx: Transaction, contribution_ids: Iterable[int]) -> dict[int, GiftAid]:
    wanted = sorted(contribution_ids)
    found: dict[int, GiftAid] = {}
    for start in range(0, len(wanted), _CHUNK):
        part = wanted[start : start + _CHUNK]
        statement = (
            select(GiftAid)
            .where(col(GiftAid.contribution_id).in_(part))
            .order_by(col(GiftAid.contribution_id))
        )
        found |= {row.contribution_id: row for row in lock(tx.session, statement)}
    return found


def _declarations(tx: Transaction, donor_ids: Iterable[int]) -> Mapping[int, list[Declaration]]:
    """The declarations that cover more than one gift, by donor, the newest first."""
    wanted = sorted(donor_ids)
    if len(wanted) == 1 and not _ANY.rows(tx.connection, donor=wanted[0]):
        return {}
    found: dict[int, list[Declaration]] = {}
    for start in range(0, len(wanted), _CHUNK):
        rows = tx.session.exec(
            select(Declaration)
            .where(
                col(Declaration.donor_id).in_(wanted[start : start + _CHUNK]),
                col(Declaration.single).is_(False),
            )
            .order_by(col(Declaration.id).desc())
        )
        for row in rows:
            found.setdefault(row.donor_id or 0, []).append(row)
    return found


def covering(declarations: Iterable[Declaration], on: dt.date) -> int | None:
    """The first declaration that covers a day, by number."""
    return next((one.id for one in declarations if covers(one, on)), None)


def covers(declaration: Declaration, on: dt.date) -> bool:
    """Whether a declaration covers gifts of a day."""
    until = declaration.covers_until
    return declaration.covers_from <= on and (until is None or on < until)


def settle(
    tx: Transaction,
    fund: Fund,
    gift: Contribution,
    declaration: Declaration | None,
    *,
    on: dt.date,
    why: str,
) -> int:
    """Bring the tax on one gift into line with `declaration` (None: no tax); the change in pence. The fund and the gift are
    locked. One journal, of the day `on`, and one event when something changes; `why` names the cause, once for a gift."""
    rows = _locked(tx, [gift.id or 0])
    row = rows.get(gift.id or 0)
    after = aid.tax_on(gift.net_minor) if declaration and may_bring_tax(fund, gift) else 0
    if row is None:
        if declaration is None or not after:
            return 0
        row = GiftAid(
            contribution_id=gift.id or 0,
            fund_id=gift.fund_id,
            declaration_id=declaration.id or 0,
            entitled_minor=0,
        )
    elif declaration is not None and not row.claimed_minor:
        row.declaration_id, row.left_out_at = declaration.id or 0, None
    if row.claimed_minor:
        after = min(after, row.entitled_minor)  # a claim is not made larger afterwards
    changed = after - row.entitled_minor
    lines = _set(tx, fund, row, after)
    tx.session.flush()
    if changed:
        _book(tx, fund, gift, changed, lines, max(on, gift.received_on), why)
    return changed


def _book(
    tx: Transaction,
    fund: Fund,
    gift: Contribution,
    changed: int,
    lines: Sequence[Line],
    on: dt.date,
    why: str,
) -> None:
    post(
        tx,
        [
            JournalDraft(
                idem_key=f"giftaid:{gift.ref}:{why}",
                kind="gift_aid.changed",
                fund_slug=fund.slug,
                cause=f"contribution:{gift.ref}",
                effective_on=on,
                lines=lines,
                currency=fund.currency,
            )
        ],
    )
    tx.record("gift_aid.changed", f"contribution:{gift.ref}", gift_aid_minor=changed, why=why)
