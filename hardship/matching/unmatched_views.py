"""The page of gifts that are not wholly matched, and its file."""

from typing import Any

from flask import flash, make_response, redirect, render_template, request, url_for
from sqlmodel import Session
from werkzeug.wrappers import Response

from hardship.core.runtime import Transaction, current
from hardship.funds.models import Fund
from hardship.funds.queries import fund_by_slug, funds
from hardship.funds.service import lock_fund
from hardship.matching.agreement_views import blueprint
from hardship.matching.allocation import Reason
from hardship.matching.forms import UnmatchedFilterForm
from hardship.matching.listing import fund_chosen
from hardship.matching.queries import agreements_of
from hardship.matching.sentences import WHY
from hardship.matching.service import Redistributed, redistribute
from hardship.matching.unmatched import MEDIA, Chosen, export, remainders
from hardship.staff.permissions import Permission, holds
from hardship.staff.session import current_actor
from hardship.web.access import requires
from hardship.web.filters import money
from hardship.web.forms import as_choices

FILTERS = ("fund", "reason", "agreement")


@blueprint.get("/staff/unmatched")
@requires(Permission.SEE_MONEY)
def show_unmatched() -> str:
    """Gifts of a fund that are not wholly matched, the latest first, as the filter in the address chooses them."""
    form = UnmatchedFilterForm()
    with current().read() as session:
        fund = _fund(session, form)
        if fund is None:
            return render_template("matching/unmatched.html", page=None, filters=form, args={}, fund=None)
        found = remainders(session, _chosen(session, fund), after=request.args.get("after", ""))
    args = {name: value for name in FILTERS if (value := request.args.get(name, ""))}
    may = {
        "export": holds(current_actor(), Permission.EXPORT),
        "redistribute": holds(current_actor(), Permission.REDISTRIBUTE),
    }
    return render_template(
        "matching/unmatched.html", page=found, filters=form, args=args, fund=fund, why=WHY, may=may
    )


def _fund(session: Session, form: UnmatchedFilterForm) -> Fund | None:
    """The fund that the address names, else the first; sets what the filters offer."""
    every = funds(session)
    fund = fund_chosen(every, request.args.get("fund"))
    form.fund.choices = as_choices((one.slug, one.name) for one in every)
    if fund is not None:
        refs = [row.ref for row in agreements_of(session, fund.id or 0)]
        form.agreement.choices = as_choices([("", "Any agreement"), *refs])
    return fund


def _chosen(session: Session, fund: Fund) -> Chosen:
    """What the address asks for; a value that is not on offer filters nothing."""
    reasons = {reason.value: reason for reason in Reason}
    refs = {row.ref for row in agreements_of(session, fund.id or 0)}
    agreement = request.values.get("agreement", "")
    return Chosen(
        fund.id or 0, reasons.get(request.values.get("reason", "")), agreement if agreement in refs else None
    )


@blueprint.post("/staff/unmatched/file")
@requires(Permission.EXPORT)
def export_unmatched() -> Response:
    """The filtered list as a file. Not a GET: that somebody took it is an event."""
    form = "xlsx" if request.form.get("format") == "xlsx" else "csv"
    with current().read() as session:
        fund = fund_by_slug(session, request.form.get("fund", ""))
        chosen = _chosen(session, fund)
    name, body = current().transact(current_actor(), export, fund=fund, chosen=chosen, form=form)
    response = make_response(body)
    response.headers["Content-Type"] = MEDIA[form]
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@blueprint.post("/staff/unmatched/redistribute")
@requires(Permission.REDISTRIBUTE)
def redistribute_match() -> Response:
    """Give freed match to earlier gifts."""
    slug = request.form.get("fund", "")

    def use_case(tx: Transaction) -> Redistributed:
        return redistribute(tx, fund=lock_fund(tx, slug))

    done: Any = current().transact(current_actor(), use_case)
    said = (
        f"{money(done.total_minor)} was given to earlier gifts."
        if done.given
        else "There was nothing to give."
    )
    flash(said)
    return redirect(url_for(".show_unmatched", fund=slug), code=303)
