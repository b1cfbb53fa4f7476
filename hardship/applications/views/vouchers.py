"""Pages of those who issue codes: groups with their figures, a batch shown once, taking back the rest of one."""

import base64
import datetime as dt

from flask import Blueprint, Flask, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from hardship.applications.vouching import issuing, queries
from hardship.applications.vouching.forms import KINDS, CancelForm, GroupForm, IssueForm
from hardship.applications.vouching.handing import FILE, Handover, address_of
from hardship.applications.vouching.issuing import Issued
from hardship.applications.vouching.models import GroupKind
from hardship.applications.vouching.transitions import BatchState
from hardship.core.clock import day_of
from hardship.core.errors import BadInput, Conflict
from hardship.core.refs import new_reference
from hardship.core.runtime import current
from hardship.funds.models import Fund, Round
from hardship.funds.queries import fund_by_slug, funds, round_by_slug, rounds_of
from hardship.staff import home
from hardship.staff.permissions import Permission
from hardship.staff.session import current_actor
from hardship.web.access import requires

blueprint = Blueprint("vouchers", __name__)


def init_app(app: Flask) -> None:
    """Register the pages and their place in the navigation."""
    app.register_blueprint(blueprint)
    home.add_place(app, "Codes", "/staff/vouchers", Permission.ISSUE_VOUCHERS)


@blueprint.get("/staff/vouchers")
@requires(Permission.ISSUE_VOUCHERS)
def show_groups() -> str:
    """Every group with what may be told of its codes."""
    with current().read() as session:
        groups = queries.shown_groups(session, _today())
    return render_template("applications/vouchers/groups.html", groups=groups, kinds=KINDS)


@blueprint.route("/staff/vouchers/new", methods=["GET", "POST"])
@requires(Permission.ISSUE_VOUCHERS)
def add_group() -> ResponseReturnValue:
    """Add a group."""
    with current().read() as session:
        form = GroupForm().offer(_scopes(session))
        if form.validate_on_submit():
            fund, round_ = _scope(session, form.scope.data or "")
    if form.is_submitted() and not form.errors:
        try:
            group = current().transact(
                current_actor(),
                issuing.add_group,
                name=form.name.data or "",
                kind=GroupKind(form.kind.data),
                fund=fund,
                round_=round_,
            )
        except BadInput as error:
            form.refuse(error.where if error.where in form else "scope", _sentence(error))
        else:
            return redirect(url_for("vouchers.show_group", ref=group.ref), code=303)
    page = render_template("applications/vouchers/new.html", form=form)
    return page, 422 if form.errors else 200


@blueprint.route("/staff/vouchers/<ref>", methods=["GET", "POST"])
@requires(Permission.ISSUE_VOUCHERS)
def show_group(ref: str) -> ResponseReturnValue:
    """A group with its batches, and issuing another. The codes are the answer itself: there is no second look."""
    form = IssueForm()
    if form.validate_on_submit() and form.expires_on.data is not None:
        try:
            issued = current().transact(
                current_actor(),
                issuing.issue,
                group_ref=ref,
                size=form.count,
                expires_on=form.expires_on.data,
                ref=form.ref.data or "",
            )
        except BadInput as error:
            form.refuse(error.where if error.where in form else "size", _sentence(error))
        except Conflict as error:
            flash(_sentence(error), "warning")
            return redirect(url_for("vouchers.show_group", ref=ref), code=303)
        else:
            return _once(ref, issued)
    return _group_page(ref, form)


def _group_page(ref: str, form: IssueForm) -> ResponseReturnValue:
    form.ref.data = form.ref.data or new_reference()
    with current().read() as session:
        group = queries.group_by_ref(session, ref)
        shown = queries.shown_groups(session, _today(), group.id)[0]
        batches = queries.batches_of(session, group.id or 0)
    page = render_template(
        "applications/vouchers/group.html",
        form=form,
        shown=shown,
        batches=[(batch, batch.expires_on < _today()) for batch in batches],
        kinds=KINDS,
        cancelled=BatchState.CANCELLED,
    )
    return page, 422 if form.errors else 200


def _once(ref: str, issued: Issued) -> str:
    """The codes to print or to keep as a file: both are on this one page, which is nowhere kept."""
    runtime = current()
    with runtime.read() as session:
        fund = session.get(Fund, queries.group_by_ref(session, ref).fund_id)
    name, address = fund.public_name if fund else "", address_of(runtime.settings.base_url)
    handed = Handover(name, address, issued.expires_on, issued.codes)
    packed = base64.b64encode(handed.as_list()).decode()
    return render_template(
        "applications/vouchers/once.html", issued=issued, handed=handed, packed=packed, file=FILE, back=ref
    )


@blueprint.route("/staff/vouchers/batches/<ref>/cancel", methods=["GET", "POST"])
@requires(Permission.ISSUE_VOUCHERS)
def cancel(ref: str) -> ResponseReturnValue:
    """Take back what is not used of a batch, after one more question."""
    with current().read() as session:
        batch, group = queries.batch_by_ref(session, ref)
    form, back = CancelForm(), url_for("vouchers.show_group", ref=group.ref)
    if form.validate_on_submit():
        try:
            current().transact(current_actor(), issuing.cancel, ref=batch.ref, why=form.why.data or "")
        except BadInput as error:
            form.refuse("why", _sentence(error))
        except Conflict:
            flash("This batch was cancelled before.", "warning")
            return redirect(back, code=303)
        else:
            flash(f"What was not used of the batch {batch.ref} opens nothing any more.")
            return redirect(back, code=303)
    page = render_template("applications/vouchers/cancel.html", form=form, batch=batch, group=group)
    return page, 422 if form.errors else 200


def _scopes(session: Session) -> list[tuple[Fund, Round | None]]:
    """Each fund, and each of its rounds."""
    return [(fund, one) for fund in funds(session) for one in (None, *rounds_of(session, fund.id or 0))]


def _scope(session: Session, chosen: str) -> tuple[Fund, Round | None]:
    fund, _slash, round_ = chosen.partition("/")
    return fund_by_slug(session, fund), round_by_slug(session, round_) if round_ else None


def _today() -> dt.date:
    return day_of(current().clock.now())


def _sentence(error: BadInput | Conflict) -> str:
    return f"{error.what[:1].upper()}{error.what[1:]}. {error.fix}"
