"""Pages of agreements: the list, one agreement with its papers, and what finance proposes, asks for and records."""

import datetime as dt
from collections.abc import Callable, Iterable

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from sqlmodel import Session
from werkzeug.wrappers import Response

from hardship.core.actor import Actor
from hardship.core.clock import LONDON, day_of
from hardship.core.errors import BadInput, HardshipError
from hardship.core.runtime import current
from hardship.funds.models import Fund
from hardship.funds.queries import funds, rounds_of
from hardship.matching import closing, drafting, requesting
from hardship.matching.agreeing import tranches_of
from hardship.matching.listing import holds_of, matched_by, months
from hardship.matching.models import MatchAgreement
from hardship.matching.paper_forms import (
    BLANK,
    CloseForm,
    DraftForm,
    PaymentForm,
    RequestForm,
    TermsForm,
    VaryForm,
    field_of,
    fields_typed,
    filled_in,
)
from hardship.matching.payments import receive_payment
from hardship.matching.queries import agreement_by_ref, all_agreements, position_of, status
from hardship.matching.requesting import Asked
from hardship.matching.standing import payable, payments_of, terms_in_words, to_do, versions_of
from hardship.matching.tranches import AGE_WORDS
from hardship.staff import proposals
from hardship.staff.home import Waiting
from hardship.staff.permissions import Permission, holds
from hardship.staff.proposals import Proposed
from hardship.staff.session import current_actor
from hardship.web.access import requires
from hardship.web.fields import as_choices
from hardship.web.filters import day, money
from hardship.web.forms import Form

blueprint = Blueprint("matching", __name__)

Answer = str | Response | tuple[str, int]
NOON = dt.time(12, 0)


def to_be_done(session: Session, _actor: Actor) -> Iterable[Waiting]:
    """What waits for finance: agreements whose time is over, and requests that nobody has paid."""
    over, late = to_do(session, current().clock.now())
    yield Waiting(
        "agreements are over and to be closed",
        over,
        "/staff/agreements",
        one="agreement is over and to be closed",
    )
    yield Waiting(
        "requests for payment are overdue", late, "/staff/agreements", one="request for payment is overdue"
    )


@blueprint.get("/staff/agreements")
@requires(Permission.SEE_MONEY)
def show_agreements() -> str:
    """Every agreement with its figures, by fund and priority."""
    with current().read() as session:
        rows = status(session, all_agreements(session))
        by_id = {fund.id: fund for fund in funds(session)}
    may_draft = holds(current_actor(), Permission.MANAGE_AGREEMENTS)
    return render_template("matching/agreements.html", rows=rows, funds=by_id, may_draft=may_draft)


@blueprint.get("/staff/agreements/<ref>")
@requires(Permission.SEE_MONEY)
def show_agreement(ref: str) -> str:
    """One agreement: its balances, running cap, tranches, versions, and the gifts that it matched."""
    runtime = current()
    now = runtime.clock.now()
    with runtime.read() as session:
        row = agreement_by_ref(session, ref)
        shown = {
            "agreement": row,
            "found": status(session, [row])[0],
            "fund": session.get_one(Fund, row.fund_id),
            "months": months(session, row.id or 0),
            "payable": payable(session, row, day_of(now)),
            "payments": payments_of(session, row),
            "terms": terms_in_words(session, row),
            "versions": versions_of(session, row),
            "holds": holds_of(session, row.id or 0),
            "gifts": matched_by(session, row, **_place()),
            "rolled_to": session.get(MatchAgreement, row.rolled_to_id) if row.rolled_to_id else None,
            "waiting": _waiting(session, row),
        }
    return render_template(
        "matching/agreement.html", **shown, over=row.closes_at < now, ages=AGE_WORDS, may=_may()
    )


def _place() -> dict[str, str]:
    return {"after": request.args.get("after", ""), "before": request.args.get("before", "")}


def _waiting(session: Session, row: MatchAgreement) -> list[str]:
    """The proposals about an agreement that wait for a second person."""
    names = (drafting.DRAFT, drafting.VARIATION, closing.CLOSING)
    return [one.ref for one in proposals.waiting(session, *names) if one.subject == f"agreement:{row.ref}"]


def _may() -> dict[str, bool]:
    actor = current_actor()
    return {
        "manage": holds(actor, Permission.MANAGE_AGREEMENTS),
        "record": holds(actor, Permission.RECORD_SPONSOR_PAYMENTS),
        "state": holds(actor, Permission.ISSUE_STATEMENT),
    }


# --- Terms --------------------------------------------------------------------------------------------------------


@blueprint.route("/staff/new-agreement", methods=["GET", "POST"])
@requires(Permission.MANAGE_AGREEMENTS)
def draft_agreement() -> Answer:
    """Draft an agreement, for a second person to approve."""
    form = DraftForm(data=dict(BLANK))
    with current().read() as session:
        every = funds(session)
        form.fund.choices = as_choices([("", ""), *((one.slug, one.name) for one in every)])
        rounds = [one.slug for fund in every for one in rounds_of(session, fund.id or 0)]
    form.restricted_to.choices = as_choices([("", "Any round of the fund"), *rounds])
    if not form.validate_on_submit():
        return _page("matching/draft.html", form, any_fund=bool(every))

    def propose() -> Proposed:
        fields = fields_typed(form, keeps_names=False) | {"ref": form.ref.data}
        return current().transact(
            current_actor(), drafting.draft, fund_slug=form.fund.data, fields=fields, why=form.why.data or ""
        )

    return _tried(form, propose, "matching/draft.html", any_fund=True)


@blueprint.route("/staff/agreements/<ref>/vary", methods=["GET", "POST"])
@requires(Permission.MANAGE_AGREEMENTS)
def vary_agreement(ref: str) -> Answer:
    """Propose a new version of an agreement's terms."""
    with current().read() as session:
        row = agreement_by_ref(session, ref)
        form = VaryForm(data=dict(filled_in(drafting.present_terms(session, None, row))))
        rounds = [one.slug for one in rounds_of(session, row.fund_id)]
    form.restricted_to.choices = as_choices([("", "Any round of the fund"), *rounds])
    names = len([one for one in row.excluded_tokens.split(",") if one])
    shown = {"agreement": row, "names": names}
    if not form.validate_on_submit():
        return _page("matching/vary.html", form, **shown)

    def propose() -> Proposed:
        fields = fields_typed(form, keeps_names=True)
        return current().transact(
            current_actor(), drafting.vary, agreement=row.ref, fields=fields, why=form.why.data or ""
        )

    return _tried(form, propose, "matching/vary.html", **shown)


def _tried(form: TermsForm, propose: Callable[[], Proposed], template: str, **shown: object) -> Answer:
    """Propose what was typed; what is refused stands at its field."""
    try:
        done = propose()
    except HardshipError as error:
        form.refuse(field_of(error, form), _sentence(error))
        return _page(template, form, **shown)
    flash(f"Proposal {done.ref} waits for a second person.")
    return redirect(url_for("proposals.show_proposal", ref=done.ref), code=303)


def _sentence(error: HardshipError) -> str:
    what = f"{error.what[:1].upper()}{error.what[1:]}"
    return f"{what}. {error.fix}".rstrip() if not what.endswith(".") else f"{what} {error.fix}".rstrip()


def _page(template: str, form: Form, **shown: object) -> str | tuple[str, int]:
    page = render_template(template, form=form, **shown)
    return (page, 422) if request.method == "POST" else page


# --- Closing ------------------------------------------------------------------------------------------------------


@blueprint.route("/staff/agreements/<ref>/close", methods=["GET", "POST"])
@requires(Permission.MANAGE_AGREEMENTS)
def close_agreement(ref: str) -> Answer:
    """Propose to close an agreement whose time is over."""
    form = CloseForm()
    with current().read() as session:
        row = agreement_by_ref(session, ref)
        others = closing.successors_of(session, row)
    form.successor.choices = as_choices(
        [("", ""), *((one.ref, f"{one.ref} · {one.sponsor}") for one in others)]
    )
    shown = {"agreement": row, "stands": position_of(row)}
    if not form.validate_on_submit():
        return _page("matching/close.html", form, **shown)
    try:
        done = current().transact(
            current_actor(), closing.close, agreement=row.ref, successor=form.successor.data or ""
        )
    except HardshipError as error:
        form.refuse("successor" if error.where == "successor" else "sure", _sentence(error))
        return _page("matching/close.html", form, **shown)
    flash(f"Proposal {done.ref} waits for a second person.")
    return redirect(url_for("proposals.show_proposal", ref=done.ref), code=303)


# --- Requests and payments ----------------------------------------------------------------------------------------


@blueprint.route("/staff/agreements/<ref>/request", methods=["GET", "POST"])
@requires(Permission.MANAGE_AGREEMENTS)
def request_payment(ref: str) -> Answer:
    """Ask a sponsor for payment."""
    form = RequestForm()
    runtime = current()
    with runtime.read() as session:
        row = agreement_by_ref(session, ref)
        stands = payable(session, row, day_of(runtime.clock.now()))
        tranches = [] if row.is_closed else tranches_of(session, row)
    form.tranche.choices = as_choices(
        (one.due_on.isoformat(), f"{day(one.due_on)}: {money(one.amount_minor)}") for one in tranches
    )
    if not form.validate_on_submit():
        return _page("matching/ask.html", form, agreement=row, payable=stands)
    asked = Asked(row.ref, _tranche(form), form.amount.data)
    try:
        issued = requesting.issue_request(runtime, current_actor(), asked=asked)
    except HardshipError as error:
        form.refuse("amount" if error.where == "amount" or not tranches else "tranche", _sentence(error))
        return _page("matching/ask.html", form, agreement=row, payable=stands)
    flash(f"Request {issued.ref} was issued. Download it and send it to the sponsor.")
    return redirect(url_for(".show_agreement", ref=row.ref, _anchor="payments"), code=303)


def _tranche(form: RequestForm) -> dt.date | None:
    return dt.date.fromisoformat(form.tranche.data) if form.tranche.data else None


@blueprint.post("/staff/requests/<ref>/file")
@requires(Permission.SEE_MONEY)
def download_request(ref: str) -> Response:
    """A request's PDF, byte for byte as it was issued. Not a GET: that somebody read it is an event."""
    name, body = current().transact(current_actor(), requesting.read_pdf, ref=ref)
    response = make_response(body)
    response.headers["Content-Type"] = "application/pdf"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@blueprint.post("/staff/requests/<ref>/cancel")
@requires(Permission.MANAGE_AGREEMENTS)
def cancel_request(ref: str) -> Response:
    """Take a request back."""
    with current().read() as session:
        _, agreement = requesting.request_named(session, ref)
    try:
        current().transact(current_actor(), requesting.cancel, ref=ref)
        flash(f"Request {ref} was cancelled.")
    except HardshipError as error:
        flash(_sentence(error), "error")
    return redirect(url_for(".show_agreement", ref=agreement.ref, _anchor="payments"), code=303)


@blueprint.route("/staff/agreements/<ref>/payment", methods=["GET", "POST"])
@requires(Permission.RECORD_SPONSOR_PAYMENTS)
def record_payment(ref: str) -> Answer:
    """Record what a sponsor paid, or what went back to them."""
    form = PaymentForm(data={"direction": "in"})
    with current().read() as session:
        row = agreement_by_ref(session, ref)
        found = status(session, [row])[0]
    if not form.validate_on_submit():
        return _page("matching/payment.html", form, agreement=row, found=found)
    minor = form.amount.data if form.direction.data == "in" else -form.amount.data
    try:
        if form.on.data > day_of(current().clock.now()):
            raise BadInput("the day is still to come", where="on", fix="Enter the day on the bank statement.")
        done = current().transact(
            current_actor(),
            receive_payment,
            agreement=row.ref,
            ref=form.bank_ref.data or "",
            received_at=dt.datetime.combine(form.on.data, NOON, LONDON),
            amount_minor=minor,
        )
    except HardshipError as error:
        form.refuse(error.where if error.where in form else "bank_ref", _sentence(error))
        return _page("matching/payment.html", form, agreement=row, found=found)
    flash("That payment was recorded already." if done.unchanged else "The payment was recorded.")
    return redirect(url_for(".show_agreement", ref=row.ref, _anchor="payments"), code=303)
