"""Pages of awards: the list, cancelling, overriding a duplicate, and the award's part of the case page."""

from collections.abc import Iterable
from typing import Any, cast

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from markupsafe import Markup
from sqlalchemy import Select
from sqlalchemy import select as sa_select
from sqlmodel import Session, col
from werkzeug.wrappers import Response

from hardship.applications.models import Application
from hardship.applications.queries import by_ref as application_by_ref
from hardship.applications.transitions import ApplicationState
from hardship.awards import queries, service
from hardship.awards.forms import CancelForm, OverrideForm
from hardship.awards.models import Award
from hardship.awards.transitions import MACHINE, AwardEvent, AwardState
from hardship.core.actor import Actor
from hardship.core.errors import NotFound
from hardship.core.refs import tidy_reference
from hardship.core.runtime import current
from hardship.ledger import causes
from hardship.review.casepage import add_panel
from hardship.review.queries import has_conflict
from hardship.staff import home
from hardship.staff.permissions import Permission, holds
from hardship.staff.session import current_actor, deny
from hardship.web import paging
from hardship.web.access import requires

blueprint = Blueprint("awards", __name__)

Answer = str | Response | tuple[str, int]
_STOPPABLE = frozenset({AwardState.OFFERED, AwardState.ACCEPTED, AwardState.IN_PAYMENT})


def init_app(app: Flask) -> None:
    """Register the pages, their place in the navigation, and the award's part of the case page."""
    app.register_blueprint(blueprint)
    home.add_place(app, "Awards", "/staff/awards", Permission.CANCEL_AWARD, Permission.SEE_MONEY)
    home.add_waiting(app, Permission.OVERRIDE_DUPLICATE, _held_back)
    add_panel(app, award_panel)
    causes.link(app, "award", lambda ref: url_for("awards.show_awards", ref=ref))


def _held_back(session: Session, _actor: Actor) -> Iterable[home.Waiting]:
    yield home.Waiting(
        "awards are held back: the bank account has one already",
        queries.held_back(session, service.TAKEN),
        "/staff/queue?state=approved&referred=y",
        one="award is held back: the bank account has one already",
    )


def award_panel(session: Session, actor: Actor, application: Application) -> str:
    """The award of a case, and what a lead may do about a duplicate."""
    number = application.id or 0
    award = queries.last_award_of(session, number)
    override = queries.override_of(session, number)
    open_case = application.state is ApplicationState.IN_REVIEW
    waiting = award is not None and award.state in {AwardState.OFFERED, AwardState.ACCEPTED}
    may_override = (
        override is None
        and application.referred
        and (open_case or waiting)
        and holds(actor, Permission.OVERRIDE_DUPLICATE)
    )
    if award is None and override is None and not may_override:
        return ""
    return Markup(  # noqa: S704 — a template of ours, which escapes what it shows
        render_template(
            "awards/panel.html",
            application=application,
            award=award,
            override=override,
            may_override=may_override,
            may_cancel=award is not None
            and award.state in _STOPPABLE
            and holds(actor, Permission.CANCEL_AWARD),
        )
    )


@blueprint.get("/staff/awards")
@requires(Permission.CANCEL_AWARD, Permission.SEE_MONEY)
def show_awards() -> str:
    """Every award, newest first, fifty a page; by state in the address."""
    state = request.args.get("state", "")
    chosen = AwardState(state) if state in set(AwardState) else None
    statement, ref = _columns(), tidy_reference(request.args.get("ref", "")[:20])
    if ref:
        statement = statement.where(col(Award.ref) == ref)
    if chosen is not None:
        statement = statement.where(col(Award.state) == chosen)
    with current().read() as session:
        page = paging.page(
            session,
            statement,
            [paging.Key(col(Award.id), descending=True)],
            lambda row: (row.id,),
            after=request.args.get("after", ""),
            before=request.args.get("before", ""),
        )
        by_state = queries.by_state(session)
    may_cancel = holds(current_actor(), Permission.CANCEL_AWARD)
    return render_template(
        "awards/list.html",
        page=page,
        by_state=by_state,
        chosen=chosen,
        args={"state": chosen.value} if chosen else {},
        sees_books=holds(current_actor(), Permission.SEE_MONEY),
        may_cancel=may_cancel,
        stoppable=_STOPPABLE,
    )


def _columns() -> "Select[Any]":
    """What the list shows of an award."""
    shown = (Award.id, Award.ref, Award.state, Award.amount_minor, Award.state_since)
    return cast("Select[Any]", sa_select(*(col(column) for column in shown)))


@blueprint.route("/staff/awards/<ref>/cancel", methods=["GET", "POST"])
@requires(Permission.CANCEL_AWARD)
def cancel_award(ref: str) -> Answer:
    """Take an award back before it is paid, with a written reason."""
    form = CancelForm()
    with current().read() as session:
        award = queries.by_ref(session, ref)
        _hide_from_conflicted(session, award.application_id)
    if form.validate_on_submit():
        current().transact(current_actor(), service.cancel, award_ref=award.ref, why=str(form.why.data))
        flash(f"Award {award.ref} was cancelled; its money is back in its pots.")
        return redirect(url_for("awards.show_awards"), code=303)
    possible = award.state is AwardState.IN_PAYMENT or MACHINE.can(award.state, AwardEvent.CANCEL)
    html = render_template("awards/cancel.html", form=form, award=award, possible=possible)
    return (html, 422) if form.errors else html


@blueprint.route("/staff/cases/<ref>/override", methods=["GET", "POST"])
@requires(Permission.OVERRIDE_DUPLICATE)
def override_duplicate(ref: str) -> Answer:
    """Allow a second award to one bank account, in writing."""
    form = OverrideForm()
    with current().read() as session:
        application = application_by_ref(session, ref)
        _hide_from_conflicted(session, application.id or 0)
    if form.validate_on_submit():
        current().transact(
            current_actor(),
            service.override_duplicate,
            application_id=application.id or 0,
            reason=str(form.reason.data),
        )
        flash(f"{application.ref}: the duplicate was overridden.")
        return redirect(url_for("review.show_case", ref=application.ref), code=303)
    html = render_template("awards/override.html", form=form, ref=application.ref)
    return (html, 422) if form.errors else html


def _hide_from_conflicted(session: Session, application_id: int) -> None:
    """To somebody with a conflict neither the case nor its award exists."""
    actor = current_actor()
    if has_conflict(session, application_id, actor.staff_id or 0):
        deny(actor, f"application number {application_id}")
        raise NotFound("there is no such thing", fix="Check the reference.")
