"""Requests for payment: what a sponsor is asked to pay, numbered, set as PDF, and frozen.

The PDF is set outside the transaction and stored inside it if nothing that it says has moved meanwhile.
"""

import base64
import datetime as dt
from dataclasses import dataclass

from sqlmodel import Session, select

from hardship.core.actor import Actor
from hardship.core.canonical import digest, sha256_hex
from hardship.core.clock import day_of
from hardship.core.db import lock
from hardship.core.errors import BadInput, Conflict, NotFound
from hardship.core.money import display
from hardship.core.runtime import Runtime, Transaction
from hardship.core.vault import Vault
from hardship.funds.matches import ContactDocument
from hardship.funds.models import Fund
from hardship.funds.queries import bank_account_of
from hardship.funds.service import lock_fund
from hardship.matching.models import MatchAgreement, MatchTranche, PaymentRequest, RequestState
from hardship.matching.position import Paid
from hardship.matching.queries import agreement_by_ref, outstanding_of, position_of
from hardship.matching.sealed import contact_of
from hardship.matching.settling import UNDER_WAY, cancel_request, requests_of
from hardship.staff.permissions import Permission, require
from hardship.web.pdf import page_of, pdf_of

TRIES = 3


@dataclass(frozen=True)
class Asked:
    """Which request is wanted: for the tranche due on a day (None: the next one, where there are tranches), or for an
    amount in pence (None: all that is open)."""

    agreement: str
    tranche_due_on: dt.date | None = None
    amount_minor: int | None = None


@dataclass(frozen=True)
class Draft:
    """A request drawn up and not yet issued; everything that its PDF says."""

    ref: str
    number: int
    agreement: str
    version: int
    sponsor: str
    purchase_order: str
    contact: ContactDocument
    fund: str
    publisher: str
    registration: str
    bank: tuple[str, str, str] | None
    currency: str
    ratio: str
    opens_on: dt.date
    closes_on: dt.date
    paid: Paid
    earned_minor: int
    received_minor: int
    tranche_due_on: dt.date | None
    amount_minor: int
    issued_on: dt.date
    due_on: dt.date

    @property
    def fingerprint(self) -> str:
        """Changes when anything does that the request says."""
        return digest([str(value) for value in vars(self).values()])


@dataclass(frozen=True)
class Issued:
    """A request as issued, with its PDF."""

    ref: str
    agreement: str
    amount_minor: int
    due_on: dt.date
    state: RequestState
    name: str
    body: bytes


class _Moved(Exception):
    """Something that the request says changed while it was set."""


def issue_request(runtime: Runtime, actor: Actor, *, asked: Asked) -> Issued:
    """Ask a sponsor for payment.

    Raises `Forbidden`, `NotFound`, `BadInput` for an amount or a tranche that cannot be asked for, `Conflict` where
    nothing is open or the tranche was asked for already; nothing is issued then.
    """
    require(actor, Permission.MANAGE_AGREEMENTS)
    for _ in range(TRIES):
        with runtime.read() as session:
            drawn = draw(session, runtime.vault, asked, day_of(runtime.clock.now()))
        body = pdf_of(page_of("matching/request.html", request=drawn), drawn.fingerprint)
        try:
            runtime.transact(actor, store, asked=asked, drawn=drawn, body=body)
        except _Moved:
            continue
        name = f"request-{drawn.ref}.pdf"
        return Issued(
            drawn.ref,
            drawn.agreement,
            drawn.amount_minor,
            drawn.due_on,
            RequestState.REQUESTED,
            name,
            body,
        )
    raise Conflict("the figures kept changing", where=asked.agreement, fix="Try again in a moment.")


def store(tx: Transaction, *, asked: Asked, drawn: Draft, body: bytes) -> None:
    """Freeze a drawn request, if nothing moved since."""
    require(tx.actor, Permission.MANAGE_AGREEMENTS)
    found = agreement_by_ref(tx.session, asked.agreement)
    lock_fund(tx, found.fund_id)
    lock(tx.session, select(MatchAgreement).where(MatchAgreement.id == found.id))
    if draw(tx.session, tx.vault, asked, day_of(tx.at)) != drawn:
        raise _Moved
    sealed = tx.vault.house(tx.session).seal(
        "payment_request", "body", drawn.ref, base64.b64encode(body).decode()
    )
    tx.session.add(
        PaymentRequest(
            ref=drawn.ref,
            agreement_id=found.id or 0,
            number=drawn.number,
            tranche_due_on=drawn.tranche_due_on,
            amount_minor=drawn.amount_minor,
            due_on=drawn.due_on,
            state=RequestState.REQUESTED,
            body=sealed,
            sha256=sha256_hex(body),
            requested_at=tx.at,
            requested_by=f"{tx.actor.kind.value}:{tx.actor.id or tx.actor.os_user}"[:80],
        )
    )
    tx.session.flush()
    tx.record(
        "match.requested",
        f"request:{drawn.ref}",
        state=RequestState.REQUESTED,
        agreement=drawn.agreement,
        amount_minor=drawn.amount_minor,
        due=drawn.due_on.isoformat(),
        tranche=drawn.tranche_due_on.isoformat() if drawn.tranche_due_on else "",
        sha256=sha256_hex(body),
    )


def cancel(tx: Transaction, *, ref: str) -> None:
    """Take a request back; what came for it stays where it is. Raises `NotFound`, or `Conflict` when it was settled or
    cancelled already."""
    require(tx.actor, Permission.MANAGE_AGREEMENTS)
    request, agreement = request_named(tx.session, ref)
    lock_fund(tx, agreement.fund_id)
    lock(tx.session, select(MatchAgreement).where(MatchAgreement.id == agreement.id))
    (request,) = lock(tx.session, select(PaymentRequest).where(PaymentRequest.id == request.id))
    cancel_request(tx, request, agreement.ref)


def read_pdf(tx: Transaction, *, ref: str) -> tuple[str, bytes]:
    """A request's file, byte for byte as it was issued, as (name, bytes); that it was read is an event."""
    require(tx.actor, Permission.SEE_MONEY)
    request, _ = request_named(tx.session, ref)
    sealed = tx.vault.house(tx.session).open("payment_request", "body", request.ref, request.body)
    tx.record("match.request_read", f"request:{request.ref}", sha256=request.sha256)
    return f"request-{request.ref}.pdf", base64.b64decode(sealed or "")


def request_named(session: Session, ref: str) -> tuple[PaymentRequest, MatchAgreement]:
    """A request and its agreement; raises `NotFound`."""
    wanted = ref.strip() if ref.isprintable() else ""
    found = session.exec(
        select(PaymentRequest, MatchAgreement)
        .join(MatchAgreement)
        .where(PaymentRequest.ref == wanted, PaymentRequest.agreement_id == MatchAgreement.id)
    ).first()
    if found is None:
        raise NotFound(
            "there is no such request for payment", where=wanted[:80], fix="See: hardship match tranches"
        )
    return found


# --- What may be asked for ----------------------------------------------------------------------------------------


def draw(session: Session, vault: Vault, asked: Asked, today: dt.date) -> Draft:
    """Draw a request up; raises what `issue_request` raises."""
    row = agreement_by_ref(session, asked.agreement)
    fund = session.get_one(Fund, row.fund_id)
    tranche = _tranche(session, row, asked)
    due_on = today + dt.timedelta(days=row.payment_days)
    if tranche is not None and tranche.due_on >= today:
        due_on = tranche.due_on
    number = max((one.number for one in requests_of(session, row.id or 0)), default=0) + 1
    return Draft(
        ref=f"{row.ref}-R{number}",
        number=number,
        agreement=row.ref,
        version=row.version,
        sponsor=row.sponsor,
        purchase_order=row.purchase_order,
        contact=contact_of(session, vault, row),
        fund=fund.name,
        publisher=fund.publisher_name or fund.name,
        registration=registration(fund.publisher_org_id),
        bank=bank_account_of(session, vault, fund),
        currency=fund.currency,
        ratio=f"{row.num}:{row.den}",
        opens_on=day_of(row.opens_at),
        closes_on=day_of(row.closes_at),
        paid=row.paid,
        earned_minor=row.earned_minor,
        received_minor=row.received_minor - row.repaid_minor,
        tranche_due_on=tranche.due_on if tranche else None,
        amount_minor=_amount(session, row, tranche, asked),
        issued_on=today,
        due_on=due_on,
    )


def _tranche(session: Session, row: MatchAgreement, asked: Asked) -> MatchTranche | None:
    """The tranche to ask for: the one named, else the first that is open and not asked for; None where there are none."""
    if row.is_closed:
        return None
    found = session.exec(
        select(MatchTranche).where(MatchTranche.agreement_id == row.id).order_by(MatchTranche.due_on)  # type: ignore[arg-type]
    ).all()
    if not found and asked.tranche_due_on is None:
        return None
    waiting = {one.tranche_due_on for one in requests_of(session, row.id or 0, under_way=True)}
    for one in found:
        if asked.tranche_due_on in (None, one.due_on) and one.received_minor < one.amount_minor:
            if one.due_on not in waiting:
                return one
            if asked.tranche_due_on is not None:
                raise Conflict(
                    f"the tranche of {one.due_on.isoformat()} was requested already",
                    where=row.ref,
                    fix="Cancel that request first.",
                )
    if asked.tranche_due_on is None:
        raise Conflict(
            "every tranche was received or requested", where=row.ref, fix="Wait for what was requested."
        )
    raise BadInput(
        f"no tranche of {row.ref} is open that is due on {asked.tranche_due_on.isoformat()}",
        where="tranche",
        fix="See: hardship match tranches",
    )


def _amount(session: Session, row: MatchAgreement, tranche: MatchTranche | None, asked: Asked) -> int:
    """What to ask for: what is open of the tranche, and in arrears never more than the sponsor owes by now."""
    limit = askable(session, row)
    if tranche is not None:
        limit = min(limit, tranche.amount_minor - tranche.received_minor)
    if limit <= 0:
        raise Conflict("the sponsor owes nothing that was not requested", where=row.ref)
    minor = limit if asked.amount_minor is None else asked.amount_minor
    if not 0 < minor <= limit:
        raise BadInput(
            f"{display(minor)} cannot be asked for", where="amount", fix=f"Ask for up to {display(limit)}."
        )
    return minor


def askable(session: Session, row: MatchAgreement) -> int:
    """What may be asked for by now, in pence: what is outstanding in advance, what is earned and unpaid in arrears, less
    what was asked for already."""
    due = outstanding_of(row)
    if row.paid is Paid.IN_ARREARS or row.is_closed:
        due = position_of(row).receivable_minor
    waiting = requests_of(session, row.id or 0, under_way=True)
    return due - sum(one.amount_minor - one.received_minor for one in waiting)


def registration(org_id: str) -> str:
    """How a body is registered, from its identifier in the lists of org-id.guide: `GB-CHC-1000000` is a number of the
    Charity Commission for England and Wales."""
    kinds = {
        "GB-CHC-": "Registered charity in England and Wales, number",
        "GB-SC-": "Registered charity in Scotland, number",
        "GB-NIC-": "Registered charity in Northern Ireland, number",
        "GB-COH-": "Registered company, number",
    }
    for prefix, words in kinds.items():
        if org_id.startswith(prefix):
            return f"{words} {org_id.removeprefix(prefix)}"
    return f"Registered as {org_id}" if org_id else ""


__all__ = [
    "UNDER_WAY",
    "Asked",
    "Draft",
    "Issued",
    "askable",
    "cancel",
    "issue_request",
    "read_pdf",
    "registration",
    "request_named",
]
