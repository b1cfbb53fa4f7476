"""Where Gift Aid stands: what is to be claimed, what was, what HMRC owes and is owed."""

from dataclasses import dataclass

from sqlalchemy import case, func
from sqlmodel import Session, col, select

from hardship.contributions.giftaid.models import Claim, ClaimState, Declaration, GiftAid
from hardship.core.errors import NotFound
from hardship.core.refs import tidy_reference
from hardship.funds.models import Fund
from hardship.web.paging import Key, Page, page


@dataclass(frozen=True, slots=True)
class Standing:
    """A fund's Gift Aid, in pence: gifts and tax not claimed yet, what claims have still to bring, what is owed to HMRC."""

    fund: Fund
    unclaimed_gifts: int
    unclaimed_minor: int
    outstanding_minor: int
    owed_minor: int
    received_minor: int

    def described(self) -> dict[str, int | str]:
        """The figures as `--json` shows them."""
        return {
            "fund": self.fund.slug,
            "unclaimed_gifts": self.unclaimed_gifts,
            "unclaimed": self.unclaimed_minor,
            "outstanding": self.outstanding_minor,
            "owed": self.owed_minor,
            "received": self.received_minor,
        }


def standing(session: Session, fund: Fund) -> Standing:
    """Where a fund's Gift Aid stands."""
    open_ = (col(GiftAid.claim_id).is_(None)) & (col(GiftAid.entitled_minor) > 0)
    owed = col(GiftAid.claimed_minor) - col(GiftAid.entitled_minor) - col(GiftAid.settled_minor)
    gifts, tax, due = session.exec(
        select(
            func.coalesce(func.sum(case((open_, 1), else_=0)), 0),
            func.coalesce(func.sum(case((open_, col(GiftAid.entitled_minor)), else_=0)), 0),
            func.coalesce(func.sum(case((owed > 0, owed), else_=0)), 0),
        ).where(GiftAid.fund_id == fund.id)
    ).one()
    left = col(Claim.tax_minor) - col(Claim.adjusted_minor) - col(Claim.received_minor)
    outstanding, received = session.exec(
        select(
            func.coalesce(func.sum(case((col(Claim.state) != ClaimState.RECEIVED, left), else_=0)), 0),
            func.coalesce(func.sum(col(Claim.received_minor)), 0),
        ).where(Claim.fund_id == fund.id)
    ).one()
    return Standing(fund, int(gifts), int(tax), int(outstanding), int(due), int(received))


def claims(session: Session, fund_id: int, *, after: str = "", before: str = "") -> Page[Claim]:
    """A fund's claims, the latest first."""
    statement = select(Claim).where(Claim.fund_id == fund_id)
    keys = [Key(col(Claim.id), descending=True)]
    return page(session, statement, keys, lambda row: (row.id,), after=after, before=before)


def claim_by_ref(session: Session, ref: str) -> Claim:
    """The claim; raises `NotFound`."""
    found = session.exec(select(Claim).where(Claim.ref == tidy_reference(ref))).first()
    if found is None:
        raise NotFound("there is no such claim", fix="See: hardship gift-aid status")
    return found


def declaration_named(session: Session, ref: str) -> Declaration:
    """The declaration; raises `NotFound`."""
    found = session.exec(select(Declaration).where(Declaration.ref == tidy_reference(ref))).first()
    if found is None:
        raise NotFound("there is no such declaration", fix="See the gift's page.")
    return found
