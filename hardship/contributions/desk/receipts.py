"""Bank lines that fit nothing: the list, one line with what it may be, what it turned out to be."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from hardship.contributions import exporting, refund_orders, unidentified
from hardship.contributions.desk.common import Page, fund_choices, tried
from hardship.contributions.desk.forms import IdentifyForm, ReceiptFilterForm, ReturnForm
from hardship.contributions.models import DonorType
from hardship.contributions.steps import ReceiptState
from hardship.core.runtime import Transaction, current
from hardship.staff.permissions import Permission, holds
from hardship.staff.session import current_actor
from hardship.web.access import requires

blueprint = Blueprint("receipts", __name__)
P = Permission


@blueprint.get("/staff/receipts")
@requires(P.SEE_MONEY)
def show_receipts() -> str:
    """A fund's incoming bank lines, by state, the oldest first."""
    form = ReceiptFilterForm()
    with current().read() as session:
        every = fund_choices(session, form)
        fund = next((one for one in every if one.slug == request.args.get("fund")), next(iter(every), None))
        state = next(
            (one for one in ReceiptState if one.value == request.args.get("state")), ReceiptState.UNIDENTIFIED
        )
        form.state.data = state.value
        page = None
        if fund is not None:
            cursors = {name: request.args.get(name, "") for name in ("after", "before")}
            page = exporting.receipts(session, fund.id or 0, [state], **cursors)
        waiting = exporting.unidentified(session)
    args = {name: value for name in ("fund", "state") if (value := request.args.get(name, ""))}
    return render_template(
        "contributions/receipts.html", page=page, filters=form, args=args, waiting=waiting, state=state
    )


@blueprint.route("/staff/receipts/<ref>", methods=["GET", "POST"])
@requires(P.RECONCILE)
def show_receipt(ref: str) -> Page:
    """One line: the bank's words, what it may be, and what it is."""
    form = IdentifyForm()
    done, found = tried(
        form, lambda: current().transact(current_actor(), _identify, ref=ref, form=form), _FIELDS
    )
    if done:
        flash(f"The bank line is {found.about}.")
        return redirect(url_for("receipts.show_receipts"), code=303)
    return _show(ref, form, ReturnForm())


_FIELDS: Mapping[str, str] = {"where": "what", "ref": "about", "amount": "fee"}


def _show(ref: str, form: Any, returning: Any) -> Page:
    told = current().transact(current_actor(), unidentified.read_receipt, receipt_ref=ref)
    answer = render_template(
        "contributions/receipt.html",
        told=told,
        receipt=told.receipt,
        form=form,
        returning=returning,
        may_return=holds(current_actor(), P.RECORD_REFUNDS),
    )
    return (answer, 422) if form.errors or returning.errors else answer


def _identify(tx: Transaction, *, ref: str, form: Any) -> unidentified.Identified:
    giver = unidentified.Giver(
        form.donor_name.data or "",
        DonorType(form.donor_type.data) if form.donor_type.data else DonorType.ANONYMOUS,
        form.note.data or "",
    )
    ways: dict[str, Callable[[], unidentified.Identified]] = {
        "gift": lambda: unidentified.identify(tx, receipt_ref=ref, giver=giver, fee_minor=form.fee.data or 0),
        "booked": lambda: unidentified.identify_as_booked(
            tx, receipt_ref=ref, about=(form.about.data or "").strip()
        ),
        "sponsor": lambda: unidentified.identify_as_sponsor_payment(
            tx, receipt_ref=ref, agreement=(form.agreement.data or "").strip()
        ),
        "card": lambda: unidentified.identify_as_card_payout(tx, receipt_ref=ref),
    }
    return ways[form.what.data]()


@blueprint.post("/staff/receipts/<ref>/return")
@requires(P.RECORD_REFUNDS)
def ask_return(ref: str) -> Page:
    """Ask for a line that is nobody's to go back; another person approves it."""
    returning = ReturnForm()
    done, _ = tried(
        returning,
        lambda: current().transact(
            current_actor(), refund_orders.ask_return, receipt_ref=ref, reason=returning.reason.data or ""
        ),
    )
    if not done:
        return _show(ref, IdentifyForm(formdata=None), returning)
    flash("It is asked for. Another person has to approve it.")
    return redirect(url_for("receipts.show_receipts"), code=303)
