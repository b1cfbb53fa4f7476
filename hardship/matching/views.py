"""Pages for finance and auditors: gifts and why they were matched, agreements and where they stand."""

from typing import Any

from flask import Blueprint, Flask, render_template, request

from hardship.contributions.models import Channel
from hardship.contributions.queries import gift_by_ref
from hardship.core.runtime import current
from hardship.funds.models import Fund
from hardship.funds.queries import funds
from hardship.matching.forms import CHANNELS, GiftFilterForm
from hardship.matching.listing import GiftFilter, fund_chosen, gifts, months
from hardship.matching.queries import agreement_by_ref, all_agreements, explain, status
from hardship.matching.sentences import WHY, explained
from hardship.staff.home import add_place
from hardship.staff.permissions import Permission
from hardship.web.access import requires
from hardship.web.forms import as_choices

blueprint = Blueprint("matching", __name__)


def init_app(app: Flask) -> None:
    """Register the pages and their places in the navigation."""
    app.register_blueprint(blueprint)
    add_place(app, "Gifts", "/staff/gifts", Permission.SEE_MONEY)
    add_place(app, "Match", "/staff/agreements", Permission.SEE_MONEY)


@blueprint.get("/staff/gifts")
@requires(Permission.SEE_MONEY)
def show_gifts() -> str:
    """A fund's gifts, the latest first, as the filter in the address chooses them."""
    with current().read() as session:
        every = funds(session)
        fund = fund_chosen(every, request.args.get("fund"))
        form = GiftFilterForm()
        form.fund.choices = as_choices((one.slug, one.name) for one in every)
        if fund is None:
            return render_template("matching/gifts.html", page=None, filters=form, args={}, fund=None)
        chosen = _chosen(form, fund)
        found = gifts(
            session, chosen, after=request.args.get("after", ""), before=request.args.get("before", "")
        )
    kept = _kept(form)
    return render_template(
        "matching/gifts.html", page=found, filters=form, args=kept, fund=fund, channels=CHANNELS
    )


def _chosen(form: GiftFilterForm, fund: Fund) -> GiftFilter:
    """The filter; a value that is not on offer filters nothing."""
    named = {channel.value: channel for channel in Channel}
    assert fund.id is not None
    ref = form.ref.data or ""
    return GiftFilter(fund.id, named.get(form.channel.data or ""), ref[:80], bool(form.refunded.data))


def _kept(form: GiftFilterForm) -> dict[str, Any]:
    """The filters in the address, without those that are empty."""
    names = ("fund", "channel", "ref", "refunded")
    return {name: value for name in names if (value := request.args.get(name, ""))}


@blueprint.get("/staff/gifts/<path:ref>")
@requires(Permission.SEE_MONEY)
def show_gift(ref: str) -> str:
    """One gift, and why it was matched as it was."""
    with current().read() as session:
        found = explain(session, gift_by_ref(session, ref))
    return render_template(
        "matching/gift.html",
        found=found,
        gift=found.contribution,
        said=explained(found),
        why=WHY,
        channels=CHANNELS,
    )


@blueprint.get("/staff/agreements")
@requires(Permission.SEE_MONEY)
def show_agreements() -> str:
    """Every agreement with its figures."""
    with current().read() as session:
        rows = status(session, all_agreements(session))
    return render_template("matching/agreements.html", rows=rows)


@blueprint.get("/staff/agreements/<ref>")
@requires(Permission.SEE_MONEY)
def show_agreement(ref: str) -> str:
    """One agreement: its three balances, its terms, and how it went month by month."""
    runtime = current()
    with runtime.read() as session:
        row = agreement_by_ref(session, ref)
        found = status(session, [row])[0]
        by_month = months(session, row.id or 0)
    closed = row.closes_at < runtime.clock.now()
    return render_template(
        "matching/agreement.html", found=found, agreement=row, months=by_month, closed=closed
    )
