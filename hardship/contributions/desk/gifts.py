"""Gifts: the list and its exports, one gift, gifts entered by hand, paying in, refunds."""

import datetime as dt
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for

from hardship.contributions import exporting, receipts, refund_orders
from hardship.contributions.by_hand import (
    KINDS,
    HandGift,
    cash_in_hand,
    enter_gift,
    new_gift_ref,
    pay_in,
)
from hardship.contributions.desk.common import Page, fund_choices, handed_out, tried, with_funds
from hardship.contributions.desk.forms import (
    GiftFilterForm,
    PaidForm,
    PayInForm,
    RecordForm,
    RefundForm,
    SendReceiptForm,
)
from hardship.contributions.giftpage import gift_page
from hardship.contributions.hand_models import ProofKind
from hardship.contributions.listing import (
    CHANNELS,
    DONORS,
    SECTIONS,
    GiftFilter,
    Matched,
    TaxState,
    gifts,
    totals,
)
from hardship.contributions.models import Channel, DonorType, Held
from hardship.contributions.queries import gift_by_ref
from hardship.core.errors import NotFound
from hardship.core.runtime import current
from hardship.funds.models import Fund
from hardship.staff.permissions import Permission, holds
from hardship.staff.session import current_actor
from hardship.web.access import requires

blueprint = Blueprint("gifts", __name__)
P = Permission
FILTERS = (
    "fund",
    "channel",
    "held",
    "matched",
    "tax",
    "from_on",
    "to_on",
    "ref",
    "refunded",
    "disputed",
)


@blueprint.get("/staff/gifts")
@requires(P.SEE_MONEY)
def show_gifts() -> str:
    """A fund's gifts, the latest first, as the filter in the address chooses them, with what they come to."""
    runtime, form = current(), GiftFilterForm()
    with runtime.read() as session:
        every = fund_choices(session, form)
        fund = next((one for one in every if one.slug == request.args.get("fund")), next(iter(every), None))
        if fund is None:
            return render_template("contributions/gifts.html", page=None, filters=form, args={}, fund=None)
        chosen = chosen_by(form, fund)
        cursors = {name: request.args.get(name, "") for name in ("after", "before")}
        found = gifts(runtime, session, chosen, **cursors)
        sums = totals(runtime, session, chosen)
        in_hand = cash_in_hand(session, fund)
    return render_template(
        "contributions/gifts.html",
        page=found,
        totals=sums,
        in_hand=in_hand,
        filters=form,
        args=_kept(),
        export_args=_kept() | {"fund": fund.slug},
        fund=fund,
        channels=CHANNELS,
        may_record=holds(current_actor(), P.RECORD_GIFTS),
        may_export=holds(current_actor(), P.EXPORT),
    )


def chosen_by(form: Any, fund: Fund) -> GiftFilter:
    """The filter; a value that is not on offer filters nothing."""
    assert fund.id is not None

    def one_of(kind: Any, value: str | None) -> Any:
        return next((member for member in kind if member.value == value), None)

    return GiftFilter(
        fund.id,
        channel=one_of(Channel, form.channel.data),
        held=one_of(Held, form.held.data),
        from_on=_day(form.from_on.data),
        to_on=_day(form.to_on.data),
        matched=one_of(Matched, form.matched.data),
        tax=one_of(TaxState, form.tax.data),
        refunded=bool(form.refunded.data),
        disputed=bool(form.disputed.data),
        ref=(form.ref.data or "")[:80],
    )


def _day(text: str | None) -> dt.date | None:
    """A day as an address or a person writes it: 2020-04-01 or 1/4/2020; None for anything else."""
    for form in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return dt.datetime.strptime((text or "").strip(), form).replace(tzinfo=dt.UTC).date()
        except ValueError:
            continue
    return None


def _kept() -> dict[str, str]:
    """The filters in the address, without those that are empty."""
    return {name: value for name in FILTERS if (value := request.args.get(name, ""))}


@blueprint.get("/staff/gifts.<kind>")
@requires(P.EXPORT)
def export(kind: str) -> Response:
    """The filtered gifts as CSV or XLSX; that they were handed out is an event."""
    if kind not in {"csv", "xlsx"}:
        abort(404)
    runtime, form = current(), GiftFilterForm()
    with runtime.read() as session:
        fund = next(
            (one for one in fund_choices(session, form) if one.slug == request.args.get("fund")), None
        )
        if fund is None:
            raise NotFound("there is no such fund", fix="Choose one on the page of gifts.")
        chosen = chosen_by(form, fund)
    sheet = runtime.transact(current_actor(), exporting.export_gifts, fund_slug=fund.slug, chosen=chosen)
    return handed_out(f"gifts-{fund.slug}", kind, [sheet])


# --- One gift -----------------------------------------------------------------------------------------------------


@blueprint.get("/staff/gifts/<path:ref>")
@requires(P.SEE_MONEY)
def show_gift(ref: str) -> str:
    """One gift: what it was, its match and why, refunds, dispute, Gift Aid, and every journal."""
    return _show(ref, RefundForm())


def _show(ref: str, form: RefundForm, receipt: SendReceiptForm | None = None) -> str:
    runtime, actor = current(), current_actor()
    with runtime.read() as session:
        gift = gift_by_ref(session, ref)
        found = gift_page(session, gift)
        sections = [make(session, gift) for make in runtime.extensions.get(SECTIONS, ())]
        is_open = refund_orders.is_open(session, gift.id or 0)
    may_refund = holds(actor, P.RECORD_REFUNDS) and gift.net_minor > 0 and not is_open
    return render_template(
        "contributions/gift.html",
        found=found,
        gift=gift,
        sections=sections,
        channels=CHANNELS,
        donors=DONORS,
        kinds=KINDS,
        ways=refund_orders.WAYS,
        way=refund_orders.way_of(gift),
        form=form if may_refund else None,
        receipt=(receipt or SendReceiptForm(formdata=None)) if receipts.possible(gift) else None,
        may_record=holds(actor, P.RECORD_GIFTS),
    )


@blueprint.post("/staff/gifts/<path:ref>/receipt")
@requires(P.RECORD_GIFTS)
def send_receipt(ref: str) -> Page:
    """Send a receipt to a donor who asked for one."""
    form = SendReceiptForm()
    done, _ = tried(
        form,
        lambda: current().transact(
            current_actor(), receipts.send_for_gift, gift_ref=ref, address=form.email.data or ""
        ),
    )
    if not done:
        return _show(ref, RefundForm(formdata=None), form), 422
    flash("The receipt is on its way. The address is kept nowhere else.")
    return redirect(url_for("gifts.show_gift", ref=ref), code=303)


@blueprint.post("/staff/gifts/<path:ref>/refund")
@requires(P.RECORD_REFUNDS)
def ask_refund(ref: str) -> Page:
    """Ask for a refund; another person approves it."""
    form = RefundForm()
    done, _ = tried(
        form,
        lambda: current().transact(
            current_actor(),
            refund_orders.ask_refund,
            gift_ref=ref,
            amount_minor=form.amount.data,
            reason=form.reason.data or "",
        ),
    )
    if not done:
        return _show(ref, form), 422
    flash("The refund is asked for. Another person has to approve it.")
    return redirect(url_for("gifts.show_gift", ref=ref), code=303)


# --- By hand ------------------------------------------------------------------------------------------------------


@blueprint.route("/staff/record-gift", methods=["GET", "POST"])
@requires(P.RECORD_GIFTS)
def record() -> Page:
    """Enter a gift by hand; above the fund's limit, or held elsewhere, another person approves it."""
    form = with_funds(RecordForm())
    if not form.is_submitted():
        form.ref.data = new_gift_ref()
    done, entered = tried(
        form,
        lambda: current().transact(
            current_actor(), enter_gift, fund_slug=form.fund.data, gift=_hand_gift(form)
        ),
    )
    if not done:
        answer = render_template("contributions/record.html", form=form)
        return (answer, 422) if form.is_submitted() else answer
    if entered.proposal:
        flash(f"Gift {entered.ref} waits for another person to approve it.")
        return redirect(url_for("gifts.show_gifts", fund=form.fund.data), code=303)
    flash(f"Gift {entered.ref} is in the books.")
    return redirect(url_for("gifts.show_gift", ref=entered.ref), code=303)


def _hand_gift(form: Any) -> HandGift:
    return HandGift(
        ref=form.ref.data,
        kind=ProofKind(form.kind.data),
        amount_minor=form.amount.data,
        received_on=form.received_on.data,
        donor_type=DonorType(form.donor_type.data),
        donor_name=form.donor_name.data or "",
        document=form.document.data or "",
        body=form.body.data or "",
        note=form.note.data or "",
        fee_minor=form.fee.data or 0,
        channel=Channel(form.channel.data) if form.channel.data else None,
    )


@blueprint.route("/staff/pay-in", methods=["GET", "POST"])
@requires(P.RECORD_GIFTS)
def paying_in() -> Page:
    """Record that cash and cheques were taken to the bank."""
    form = with_funds(PayInForm())
    done, paid = tried(
        form,
        lambda: current().transact(
            current_actor(),
            pay_in,
            fund_slug=form.fund.data,
            amount_minor=form.amount.data,
            paid_in_on=form.on.data,
            slip=form.slip.data,
        ),
    )
    if not done:
        with current().read() as session:
            in_hand = {one.name: cash_in_hand(session, one) for one in fund_choices(session, form)}
        answer = render_template("contributions/pay_in.html", form=form, in_hand=in_hand)
        return (answer, 422) if form.is_submitted() else answer
    flash(f"Paying-in {paid.ref} is in the books.")
    return redirect(url_for("gifts.show_gifts", fund=form.fund.data), code=303)


# --- Money that goes back -----------------------------------------------------------------------------------------


@blueprint.get("/staff/refunds")
@requires(P.SEE_MONEY)
def show_refunds() -> str:
    """Money that waits to be paid back, the oldest first, and what has been."""
    with current().read() as session:
        rows = exporting.orders(
            session, after=request.args.get("after", ""), before=request.args.get("before", "")
        )
        waiting = exporting.due(session)
    return render_template(
        "contributions/refunds.html",
        page=rows,
        waiting=waiting,
        ways=refund_orders.WAYS,
        may_pay=holds(current_actor(), P.RECORD_REFUNDS),
    )


@blueprint.route("/staff/refunds/<ref>", methods=["GET", "POST"])
@requires(P.RECORD_REFUNDS)
def pay_refund(ref: str) -> Page:
    """One refund that is due, why, and the record that it was paid."""
    form = PaidForm()
    done, _ = tried(
        form,
        lambda: current().transact(
            current_actor(),
            refund_orders.paid_out,
            order_ref=ref,
            paid_on=form.on.data,
            bank_ref=form.bank_ref.data or "",
        ),
    )
    if done:
        flash("The payment is in the books.")
        return redirect(url_for("gifts.show_refunds"), code=303)
    found = current().transact(current_actor(), refund_orders.read_order, order_ref=ref)
    answer = render_template("contributions/refund.html", form=form, found=found, ways=refund_orders.WAYS)
    return (answer, 422) if form.is_submitted() else answer
