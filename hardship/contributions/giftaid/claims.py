"""Claims to HMRC: made of the gifts that bring tax and are not claimed yet, paid by HMRC, and corrected after refunds."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import col, select

from hardship.contributions.events import RefundsComing
from hardship.contributions.giftaid import aid
from hardship.contributions.giftaid.models import Claim, ClaimState, Declaration, GiftAid, TaxPayment
from hardship.contributions.giftaid.schedule import Given, ScheduleLine, Who, schedule
from hardship.contributions.models import Contribution, Dispute
from hardship.contributions.transitions import DisputeState
from hardship.core.clock import day_of
from hardship.core.db import lock
from hardship.core.errors import BadInput, NotFound, Refused
from hardship.core.money import display
from hardship.core.refs import new_reference, tidy_reference
from hardship.core.runtime import Transaction
from hardship.core.vault import Sealer
from hardship.funds.models import Fund
from hardship.funds.service import lock_fund
from hardship.ledger.journal import JournalDraft, Line, transfer
from hardship.ledger.models import AccountKind
from hardship.ledger.service import post
from hardship.staff.permissions import Permission, require

_K = AccountKind
_CHUNK = 500


def make_claim(tx: Transaction, *, fund_slug: str, through: dt.date, adjust: bool = True) -> Claim:
    """Claim the tax on every gift received up to `through` that brings some and is in no claim yet, but for disputed ones.

    With `adjust`, what is owed to HMRC from earlier claims is taken off, as far as it goes (Dr Gift Aid due / Cr Gift Aid
    receivable). Raises `Refused` when there is nothing to claim.
    """
    require(tx.actor, Permission.CLAIM_GIFT_AID)
    fund = lock_fund(tx, fund_slug)
    tx.publish(RefundsComing(fund))
    pairs = _unclaimed(tx, fund, through)
    if not pairs:
        raise Refused("there is nothing to claim", fix="See: hardship gift-aid status")
    claim = Claim(
        ref=new_reference(),
        fund_id=fund.id or 0,
        state=ClaimState.MADE,
        gifts=len(pairs),
        donations_minor=sum(gift.net_minor for _, gift in pairs),
        tax_minor=sum(row.entitled_minor for row, _ in pairs),
        first_gift_on=min(gift.received_on for _, gift in pairs),
        last_gift_on=max(gift.received_on for _, gift in pairs),
        made_on=day_of(tx.at),
        recorded_at=tx.at,
    )
    tx.session.add(claim)
    tx.session.flush()
    for row, gift in pairs:
        row.claim_id, row.claimed_minor, row.net_claimed_minor = claim.id, row.entitled_minor, gift.net_minor
        tx.session.add(row)
    if adjust:
        claim.adjusted_minor = _give_back(tx, fund, claim.tax_minor)
        lines = transfer(fund.community_pot_id, _K.GIFT_AID_DUE, _K.GIFT_AID_RECEIVABLE, claim.adjusted_minor)
        post(tx, [_draft(fund, claim, "gift_aid.adjusted", "adjusted", claim.made_on, lines)])
        if not claim.asked_minor:  # what was owed from earlier claims takes all of it: nothing is to come
            claim.state = ClaimState.RECEIVED
            tx.session.add(claim)
    tx.session.flush()
    tx.record(
        "gift_aid.claimed",
        _subject(claim),
        state=claim.state,
        fund=fund.slug,
        gifts=claim.gifts,
        tax_minor=claim.tax_minor,
        adjusted_minor=claim.adjusted_minor,
    )
    return claim


def _unclaimed(tx: Transaction, fund: Fund, through: dt.date) -> list[tuple[GiftAid, Contribution]]:
    disputed = select(Dispute.id).where(
        Dispute.contribution_id == Contribution.id,
        col(Dispute.state).in_((DisputeState.INQUIRY, DisputeState.OPEN)),
    )
    ids = tx.session.exec(
        select(Contribution.id)
        .join(GiftAid, col(GiftAid.contribution_id) == Contribution.id)
        .where(
            Contribution.fund_id == fund.id,
            col(Contribution.received_on) <= through,
            col(GiftAid.claim_id).is_(None),
            GiftAid.entitled_minor > 0,
            ~disputed.exists(),
        )
        .order_by(col(Contribution.id))
    ).all()
    gifts: dict[int, Contribution] = {}
    rows: list[GiftAid] = []
    for start in range(0, len(ids), _CHUNK):
        part = ids[start : start + _CHUNK]
        of_part = select(Contribution).where(col(Contribution.id).in_(part)).order_by(col(Contribution.id))
        gifts |= {gift.id or 0: gift for gift in lock(tx.session, of_part)}
        tax = select(GiftAid).where(col(GiftAid.contribution_id).in_(part))
        rows += lock(tx.session, tax.order_by(col(GiftAid.contribution_id)))
    return [(row, gifts[row.contribution_id]) for row in rows]


def _give_back(tx: Transaction, fund: Fund, at_most: int) -> int:
    """Mark what is owed to HMRC as gone back, the oldest gift first, up to `at_most`; the pence that were."""
    rows = lock(
        tx.session,
        select(GiftAid)
        .where(
            GiftAid.fund_id == fund.id,
            col(GiftAid.claimed_minor) - col(GiftAid.entitled_minor) - col(GiftAid.settled_minor) > 0,
        )
        .order_by(col(GiftAid.contribution_id)),
    )
    left = at_most
    for row in rows:
        owed = aid.Tax(row.entitled_minor, row.claimed_minor, row.settled_minor).owed_minor
        part = min(owed, left)
        row.settled_minor += part
        left -= part
        tx.session.add(row)
    return at_most - left


def received(
    tx: Transaction,
    *,
    claim_ref: str,
    amount_minor: int,
    paid_on: dt.date,
    bank_ref: str,
    final: bool = False,
) -> TaxPayment:
    """HMRC has paid for a claim: Dr bank / Cr Gift Aid receivable. What it pays above the sum of the gifts' tax, reckoning over
    the whole, is income; with `final` nothing more is to come, and what is missing is taken back out of income.

    Raises `BadInput` for more than the claim can have come to.
    """
    require(tx.actor, Permission.CLAIM_GIFT_AID)
    fund, claim = _locked_claim(tx, claim_ref)
    if claim.state is ClaimState.RECEIVED:
        raise Refused("this claim has been paid already", fix="Check which claim it is for.")
    outstanding = claim.asked_minor - claim.received_minor
    rounding = claim.donations_minor * 25 // 100 - claim.tax_minor
    if not 0 < amount_minor <= outstanding + rounding:
        raise BadInput(
            f"the claim has {display(outstanding)} to come",
            where="amount",
            fix="Check the amount and the claim.",
        )
    _check_day(tx, paid_on, claim.made_on)
    paid = _payment(tx, fund, claim.id, amount_minor, paid_on, bank_ref)
    claim.received_minor += amount_minor
    whole = final or claim.received_minor >= claim.asked_minor
    claim.state = ClaimState.RECEIVED if whole else ClaimState.PART_RECEIVED
    tx.session.add(claim)
    lines = aid.receipt(fund.community_pot_id, amount_minor, outstanding, final=whole)
    post(tx, [_draft(fund, claim, "gift_aid.received", paid.ref, paid_on, lines)])
    tx.record(
        "gift_aid.received",
        _subject(claim),
        state=claim.state,
        payment=paid.ref,
        amount_minor=amount_minor,
        paid_on=paid_on.isoformat(),
    )
    return paid


def repay(
    tx: Transaction, *, fund_slug: str, amount_minor: int, paid_on: dt.date, bank_ref: str
) -> TaxPayment:
    """Tax that was claimed on gifts since refunded has been paid back to HMRC: Dr Gift Aid due / Cr bank."""
    require(tx.actor, Permission.CLAIM_GIFT_AID)
    fund = lock_fund(tx, fund_slug)
    _check_day(tx, paid_on, None)
    gone = _give_back(tx, fund, amount_minor)
    if amount_minor <= 0 or gone < amount_minor:
        raise BadInput(
            f"HMRC is owed {display(gone)}" if amount_minor > 0 else "an amount of nothing",
            where="amount",
            fix="Pay back that much or less.",
        )
    paid = _payment(tx, fund, None, -amount_minor, paid_on, bank_ref)
    lines = transfer(fund.community_pot_id, _K.GIFT_AID_DUE, _K.BANK, amount_minor)
    post(
        tx,
        [
            JournalDraft(
                idem_key=f"giftaid:repaid:{paid.ref}",
                kind="gift_aid.repaid",
                fund_slug=fund.slug,
                cause=f"gift_aid_payment:{paid.ref}",
                effective_on=paid_on,
                lines=lines,
                currency=fund.currency,
            )
        ],
    )
    tx.record(
        "gift_aid.repaid",
        f"gift_aid_payment:{paid.ref}",
        fund=fund.slug,
        amount_minor=amount_minor,
        paid_on=paid_on.isoformat(),
    )
    return paid


def _payment(
    tx: Transaction, fund: Fund, claim_id: int | None, amount_minor: int, paid_on: dt.date, bank_ref: str
) -> TaxPayment:
    if not bank_ref.strip() or len(bank_ref) > 200:
        raise BadInput("what the bank calls it is missing or too long", where="bank_ref", fix="Copy it.")
    ref = new_reference()
    paid = TaxPayment(
        ref=ref,
        fund_id=fund.id or 0,
        claim_id=claim_id,
        amount_minor=amount_minor,
        paid_on=paid_on,
        bank_ref=tx.vault.house(tx.session).seal("gift_aid_payment", "bank_ref", ref, bank_ref.strip()),
        recorded_at=tx.at,
    )
    tx.session.add(paid)
    tx.session.flush()
    return paid


def _check_day(tx: Transaction, on: dt.date, earliest: dt.date | None) -> None:
    if on > day_of(tx.at):
        raise BadInput("the day is still to come", where="on", fix="Check it.")
    if earliest is not None and on < earliest:
        raise BadInput("the claim was made after this day", where="on", fix="Check it.")


def _draft(
    fund: Fund, claim: Claim, kind: str, step: str, on: dt.date, lines: Sequence[Line]
) -> JournalDraft:
    return JournalDraft(
        idem_key=f"giftaid:{claim.ref}:{step}",
        kind=kind,
        fund_slug=fund.slug,
        cause=_subject(claim),
        effective_on=on,
        lines=lines,
        currency=fund.currency,
    )


def _subject(claim: Claim) -> str:
    return f"gift_aid_claim:{claim.ref}"


def _locked_claim(tx: Transaction, ref: str) -> tuple[Fund, Claim]:
    found = tx.session.exec(select(Claim).where(Claim.ref == tidy_reference(ref))).first()
    if found is None:
        raise NotFound("there is no such claim", fix="See: hardship gift-aid status")
    fund = lock_fund(tx, found.fund_id)
    (claim,) = lock(tx.session, select(Claim).where(col(Claim.id) == found.id))
    return fund, claim


# --- The schedule -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, repr=False)
class Schedule:
    """A claim with the lines of its schedule."""

    claim: Claim
    fund: Fund
    lines: list[ScheduleLine]


def read_schedule(tx: Transaction, *, claim_ref: str) -> Schedule:
    """A claim's schedule, with the declarers' names and addresses opened; each reading is one event (I8)."""
    require(tx.actor, Permission.CLAIM_GIFT_AID)
    fund, claim = _locked_claim(tx, claim_ref)
    rows = tx.session.exec(
        select(Contribution, GiftAid.net_claimed_minor, Declaration)
        .join(GiftAid, col(GiftAid.contribution_id) == Contribution.id)
        .join(Declaration, col(Declaration.id) == GiftAid.declaration_id)
        .where(GiftAid.claim_id == claim.id)
        .order_by(col(Contribution.id))
    ).all()
    sealers = tx.vault.people(tx.session, {declaration.data_key_id for _, _, declaration in rows})
    gifts = [
        Given(gift.received_on, net, gift.ref, opened(sealers, declaration))
        for gift, net, declaration in rows
    ]
    tx.record("gift_aid.schedule_read", _subject(claim), gifts=len(gifts))
    return Schedule(claim, fund, schedule(gifts))


def opened(sealers: Mapping[str, Sealer], declaration: Declaration) -> Who:
    """A declarer's name and address; empty where they were erased."""
    sealer = sealers.get(declaration.data_key_id)

    def field(name: str) -> str:
        if sealer is None:
            return ""
        blob = getattr(declaration, name)
        return sealer.open("gift_aid_declaration", name, declaration.ref, blob) or ""

    return Who(*(field(name) for name in ("title", "first_name", "last_name", "house", "postcode")))
