"""The desk: new claim codes for people who lost theirs, and complaints."""

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Any, TypeVar, cast

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session, SQLModel, col, select
from sqlmodel.sql.expression import SelectOfScalar

from hardship.applications.owndata import complaining, recovering
from hardship.applications.owndata.forms import ABOUT, THEMES, AnswerForm, DeskForm
from hardship.applications.owndata.models import Complaint, Recovery, Theme
from hardship.applications.owndata.transitions import ComplaintState, RecoveryState
from hardship.core.actor import Actor
from hardship.core.errors import BadInput, HardshipError, Refused
from hardship.core.runtime import current
from hardship.staff import home
from hardship.staff.permissions import Permission
from hardship.staff.session import current_actor
from hardship.web import paging
from hardship.web.access import requires

S = TypeVar("S", bound=StrEnum)
R = TypeVar("R", bound=SQLModel)

blueprint = Blueprint("desk_own", __name__)


def init_app(app: Flask) -> None:
    """Register the pages, their places in the navigation, and what waits."""
    app.register_blueprint(blueprint)
    home.add_place(app, "Lost codes", "/staff/recoveries", Permission.RESTORE_ACCESS)
    home.add_place(app, "Complaints", "/staff/complaints", Permission.HANDLE_COMPLAINTS)
    home.add_waiting(app, Permission.RESTORE_ACCESS, _asked)
    home.add_waiting(app, Permission.HANDLE_COMPLAINTS, _unread)


def _asked(session: Session, _actor: Actor) -> Iterable[home.Waiting]:
    fits = select(Recovery.id).where(
        Recovery.state == RecoveryState.ASKED, col(Recovery.application_id).is_not(None)
    )
    count = len(session.exec(fits.limit(100)).all())
    one = "person lost their claim code"
    yield home.Waiting(
        "people lost their claim code", count, "/staff/recoveries", capped=count == 100, one=one
    )


def _unread(session: Session, _actor: Actor) -> Iterable[home.Waiting]:
    count = len(
        session.exec(select(Complaint.id).where(Complaint.state == ComplaintState.RECEIVED).limit(100)).all()
    )
    one = "complaint is to be acknowledged"
    yield home.Waiting(
        "complaints are to be acknowledged", count, "/staff/complaints", capped=count == 100, one=one
    )


# --- Lost codes -----------------------------------------------------------------------------------------------------


@blueprint.get("/staff/recoveries")
@requires(Permission.RESTORE_ACCESS)
def show_recoveries() -> str:
    """Requests for a new claim code in one state, newest first."""
    chosen = _choice(RecoveryState.ASKED)
    wanted = select(Recovery).where(Recovery.state == chosen)
    return render_template(
        "applications/desk/recoveries.html",
        page=_page(wanted, Recovery.id),
        chosen=chosen,
        states=list(RecoveryState),
        me=current_actor().staff_id,
        args={"state": chosen.value},
    )


@blueprint.route("/staff/recoveries/start", methods=["GET", "POST"])
@requires(Permission.RESTORE_ACCESS)
def start() -> ResponseReturnValue:
    """Begin one for somebody at the desk. What is typed is compared, and kept nowhere."""
    form = DeskForm()
    if form.validate_on_submit():
        try:
            current().transact(
                current_actor(),
                recovering.start_at_desk,
                reference=form.reference.data or "",
                told=form.told(),
            )
        except (BadInput, Refused) as error:
            form.refuse(error.where if error.where in form else "reference", f"{error.what}. {error.fix}")
        else:
            flash("It fits. A second person has to approve it, then you hand the new code over.")
            return redirect(url_for("desk_own.show_recoveries", state="proposed"), code=303)
    return render_template("applications/desk/start.html", form=form), 422 if form.errors else 200


@blueprint.post("/staff/recoveries/<ref>/propose")
@requires(Permission.RESTORE_ACCESS)
def propose(ref: str) -> ResponseReturnValue:
    """Propose a request that came over the web to a second person."""
    _try(
        lambda: current().transact(current_actor(), recovering.propose_it, ref=ref),
        "A second person decides now.",
    )
    return redirect(url_for("desk_own.show_recoveries"), code=303)


@blueprint.post("/staff/recoveries/<ref>/close")
@requires(Permission.RESTORE_ACCESS)
def close(ref: str) -> ResponseReturnValue:
    """Refuse a request."""
    _try(lambda: current().transact(current_actor(), recovering.close, ref=ref), "Refused.")
    return redirect(url_for("desk_own.show_recoveries"), code=303)


@blueprint.post("/staff/recoveries/<ref>/hand-over")
@requires(Permission.RESTORE_ACCESS)
def hand_over(ref: str) -> ResponseReturnValue:
    """The new code, shown once to the worker who began it: no redirect, since it can't be shown again."""
    case, code = current().transact(current_actor(), recovering.hand_over, ref=ref)
    return render_template("applications/desk/code.html", ref=case, claim_code=code)


# --- Complaints -----------------------------------------------------------------------------------------------------


@blueprint.get("/staff/complaints")
@requires(Permission.HANDLE_COMPLAINTS)
def show_complaints() -> str:
    """Complaints in one state, those due first, and what was passed on."""
    chosen = _choice(ComplaintState.RECEIVED)
    with current().read() as session:
        themes = complaining.themes(session)
    wanted = select(Complaint).where(Complaint.state == chosen)
    return render_template(
        "applications/desk/complaints.html",
        page=_page(wanted, Complaint.id),
        chosen=chosen,
        states=list(ComplaintState),
        about=ABOUT,
        themes=[(THEMES[theme], count) for theme, count in themes],
        now=current().clock.now(),
        args={"state": chosen.value},
    )


@blueprint.route("/staff/complaints/<ref>", methods=["GET", "POST"])
@requires(Permission.HANDLE_COMPLAINTS)
def show_complaint(ref: str) -> ResponseReturnValue:
    """One complaint: read, acknowledge, pass the theme on, answer."""
    form, actor = AnswerForm(), current_actor()
    if form.validate_on_submit() and _dealt_with(actor, ref, form):
        return redirect(url_for("desk_own.show_complaints"), code=303)
    complaint, told = current().transact(actor, complaining.read, ref=ref)
    page = render_template(
        "applications/desk/complaint.html",
        complaint=complaint,
        told=told,
        form=form,
        about=ABOUT[complaint.about],
    )
    return page, 422 if form.errors else 200


def _dealt_with(actor: Actor, ref: str, form: AnswerForm) -> bool:
    """Carry out the button that was pressed; False, with the error at its field, when that can't be."""
    runtime = current()
    try:
        if form.acknowledge.data:
            runtime.transact(actor, complaining.acknowledge, ref=ref)
        elif form.pass_on.data:
            if form.theme.data not in set(Theme):
                raise BadInput("Choose a theme", where="theme")
            theme, redacted = Theme(form.theme.data), form.redacted.data or ""
            runtime.transact(actor, complaining.pass_on, ref=ref, redacted=redacted, theme=theme)
        else:
            runtime.transact(actor, complaining.answer, ref=ref, text=form.text.data or "")
    except (BadInput, Refused) as error:
        form.refuse(error.where if error.where in form else "text", str(error.what))
        return False
    flash("Done.")
    return True


def _choice(default: S) -> S:
    """The state that the address names, else the default."""
    return next((state for state in type(default) if state.value == request.args.get("state")), default)


def _page(wanted: SelectOfScalar[R], key: Any) -> paging.Page[R]:
    with current().read() as session:
        return paging.page(
            session,
            wanted,
            [paging.Key(col(key), descending=True)],
            lambda row: (cast(Any, row).id,),
            after=request.args.get("after", ""),
            before=request.args.get("before", ""),
        )


def _try(action: Callable[[], object], done: str) -> None:
    try:
        action()
        flash(done)
    except HardshipError as error:
        flash(f"{error.what[:1].upper()}{error.what[1:]}. {error.fix}", "error")
