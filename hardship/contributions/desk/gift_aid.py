"""Gift Aid: where it stands, declarations, claims and their schedules, money from and to HMRC."""

from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for

from hardship.contributions.desk.common import Page, fund_choices, handed_out, tried, with_funds
from hardship.contributions.desk.forms import (
    ClaimForm,
    DeclareForm,
    FundForm,
    PressForm,
    TaxReceivedForm,
    TaxRepaidForm,
    WithdrawForm,
)
from hardship.contributions.giftaid import claims, declaring
from hardship.contributions.giftaid.models import How
from hardship.contributions.giftaid.queries import claim_by_ref, declaration_named, standing
from hardship.contributions.giftaid.queries import claims as claims_of
from hardship.contributions.giftaid.schedule import Who, sheets
from hardship.contributions.queries import gift_by_ref
from hardship.core.clock import day_of
from hardship.core.errors import BadInput
from hardship.core.runtime import current
from hardship.staff.permissions import Permission, holds
from hardship.staff.session import current_actor
from hardship.web.access import requires

blueprint = Blueprint("gift_aid", __name__)
P = Permission


@blueprint.get("/staff/gift-aid")
@requires(P.SEE_MONEY)
def show() -> str:
    """Where a fund's Gift Aid stands, and its claims."""
    form = FundForm()
    with current().read() as session:
        every = fund_choices(session, form)
        fund = next((one for one in every if one.slug == request.args.get("fund")), next(iter(every), None))
        found = standing(session, fund) if fund else None
        cursors = {name: request.args.get(name, "") for name in ("after", "before")}
        page = claims_of(session, fund.id or 0, **cursors) if fund else None
    args = {"fund": fund.slug} if fund and request.args.get("fund") else {}
    return render_template(
        "contributions/gift_aid.html",
        found=found,
        page=page,
        filters=form,
        args=args,
        may_claim=holds(current_actor(), P.CLAIM_GIFT_AID),
    )


@blueprint.route("/staff/gift-aid/claim", methods=["GET", "POST"])
@requires(P.CLAIM_GIFT_AID)
def make_claim() -> Page:
    """Make a claim of what can be claimed."""
    form = with_funds(ClaimForm())
    if not form.is_submitted():
        form.through.data = day_of(current().clock.now())
    done, claim = tried(
        form,
        lambda: current().transact(
            current_actor(),
            claims.make_claim,
            fund_slug=form.fund.data,
            through=form.through.data,
            adjust=bool(form.adjust.data),
        ),
    )
    if not done:
        answer = render_template("contributions/claim_new.html", form=form)
        return (answer, 422) if form.is_submitted() else answer
    flash(f"Claim {claim.ref} is made. Hand its schedule in to HMRC.")
    return redirect(url_for("gift_aid.show_claim", ref=claim.ref), code=303)


@blueprint.get("/staff/gift-aid/claims/<ref>")
@requires(P.SEE_MONEY)
def show_claim(ref: str) -> str:
    """One claim: what it asks for, what has come."""
    return _show_claim(ref, TaxReceivedForm())


def _show_claim(ref: str, form: TaxReceivedForm) -> str:
    with current().read() as session:
        claim = claim_by_ref(session, ref)
    may = holds(current_actor(), P.CLAIM_GIFT_AID)
    return render_template("contributions/claim.html", claim=claim, form=form if may else None, may_claim=may)


@blueprint.post("/staff/gift-aid/claims/<ref>/received")
@requires(P.CLAIM_GIFT_AID)
def post_received(ref: str) -> Page:
    """Record that HMRC has paid."""
    form = TaxReceivedForm()
    done, _ = tried(
        form,
        lambda: current().transact(
            current_actor(),
            claims.received,
            claim_ref=ref,
            amount_minor=form.amount.data,
            paid_on=form.on.data,
            bank_ref=form.bank_ref.data or "",
            final=bool(form.final.data),
        ),
    )
    if not done:
        return _show_claim(ref, form), 422
    flash("The payment is in the books.")
    return redirect(url_for("gift_aid.show_claim", ref=ref), code=303)


@blueprint.post("/staff/gift-aid/claims/<ref>/schedule")
@requires(P.CLAIM_GIFT_AID)
def schedule(ref: str) -> Response:
    """HMRC's schedule as a file, with names and addresses; the reading is an event. Asked for by POST, so that nothing
    fetches it unasked."""
    if not PressForm().validate_on_submit():
        raise BadInput("the form is not as the page made it", fix="Go back and load the page again.")
    kind, part = request.form.get("kind", ""), request.form.get("part", "1")
    if kind not in {"csv", "xlsx"}:
        abort(404)
    found = current().transact(current_actor(), claims.read_schedule, claim_ref=ref)
    parts = sheets(found.lines)
    if not part.isdigit() or not 1 <= int(part) <= len(parts):
        abort(404)
    name = f"gift-aid-{found.claim.ref}" + (f"-{part}" if len(parts) > 1 and kind == "csv" else "")
    return handed_out(name, kind, parts if kind == "xlsx" else [parts[int(part) - 1]])


@blueprint.route("/staff/gift-aid/repay", methods=["GET", "POST"])
@requires(P.CLAIM_GIFT_AID)
def repay() -> Page:
    """Record that tax was paid back to HMRC."""
    form = with_funds(TaxRepaidForm())
    done, _ = tried(
        form,
        lambda: current().transact(
            current_actor(),
            claims.repay,
            fund_slug=form.fund.data,
            amount_minor=form.amount.data,
            paid_on=form.on.data,
            bank_ref=form.bank_ref.data or "",
        ),
    )
    if not done:
        answer = render_template("contributions/tax_repaid.html", form=form)
        return (answer, 422) if form.is_submitted() else answer
    flash("The payment is in the books.")
    return redirect(url_for("gift_aid.show", fund=form.fund.data), code=303)


# --- Declarations -------------------------------------------------------------------------------------------------


@blueprint.route("/staff/declare/<path:gift_ref>", methods=["GET", "POST"])
@requires(P.RECORD_GIFTS)
def declare(gift_ref: str) -> Page:
    """Record the declaration of a gift's donor."""
    form = DeclareForm()
    with current().read() as session:
        gift = gift_by_ref(session, gift_ref)
    fields = {name: f"who_{name}" for name in declaring.FIELDS}
    done, declared = tried(
        form,
        lambda: current().transact(
            current_actor(),
            declaring.declare,
            gift_ref=gift.ref,
            who=_who(form),
            how=How(form.how.data),
            covers=declaring.Covers(form.covers.data),
            declared_on=form.declared_on.data,
            abroad=bool(form.abroad.data),
        ),
        fields,
    )
    if not done:
        answer = render_template("contributions/declare.html", form=form, gift=gift)
        return (answer, 422) if form.is_submitted() else answer
    flash(f"Declaration {declared.ref} is kept; it brings tax on {len(declared.changed)} gifts.")
    return redirect(url_for("gifts.show_gift", ref=gift.ref), code=303)


def _who(form: Any) -> Who:
    return Who(**{name: form[f"who_{name}"].data or "" for name in declaring.FIELDS})


@blueprint.route("/staff/declarations/<ref>", methods=["GET", "POST"])
@requires(P.SEE_MONEY)
def show_declaration(ref: str) -> Page:
    """One declaration, without the donor's name; and its withdrawal."""
    form, may = WithdrawForm(), holds(current_actor(), P.RECORD_GIFTS)
    done, changed = tried(
        form,
        lambda: current().transact(current_actor(), declaring.withdraw, ref=ref, from_on=form.from_on.data),
    )
    if done:
        flash(f"The declaration is withdrawn; {len(changed)} gifts bring no tax any more.")
        return redirect(url_for("gift_aid.show_declaration", ref=ref), code=303)
    with current().read() as session:
        found = declaration_named(session, ref)
    answer = render_template("contributions/declaration.html", found=found, form=form if may else None)
    return (answer, 422) if form.errors else answer


@blueprint.post("/staff/gifts/<path:ref>/gift-aid/<what>")
@requires(P.RECORD_GIFTS)
def change_gift(ref: str, what: str) -> Response | Any:
    """Take a gift out of Gift Aid, or say that a declaration under its donor's name is for it."""
    if not PressForm().validate_on_submit():
        raise BadInput("the form is not as the page made it", fix="Go back and load the page again.")
    if what == "leave-out":
        current().transact(current_actor(), declaring.leave_out, gift_ref=ref)
        flash("The gift brings no tax any more.")
    elif what == "use":
        declaration = request.form.get("declaration", "")
        current().transact(current_actor(), declaring.use, gift_ref=ref, declaration_ref=declaration)
        flash("The declaration is used for this gift.")
    else:
        abort(404)
    return redirect(url_for("gifts.show_gift", ref=ref), code=303)
