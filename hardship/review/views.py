"""Pages of the panel: the queue, a case, and what people do with it."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from sqlalchemy import select as sa_select
from sqlmodel import Session, col
from werkzeug.wrappers import Response
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs

from hardship.applications.models import Application
from hardship.applications.queries import by_ref
from hardship.applications.transitions import ApplicationState
from hardship.core.actor import Actor
from hardship.core.errors import BadInput, NotFound
from hardship.core.runtime import current
from hardship.funds.models import Round
from hardship.review import evidence_pages, helped, queries, service, vouching_pages
from hardship.review.casepage import add_panel, case_page
from hardship.review.forms import (
    OUTCOMES,
    QUEUE_STATES,
    REASON_WORDS,
    AssignForm,
    ConflictForm,
    RevealForm,
    VoteForm,
)
from hardship.review.queries import QueueFilter
from hardship.review.service import Changed, Conflicted, VoteResult
from hardship.review.talking import views as talking
from hardship.review.votes import Outcome, ReasonCode
from hardship.staff import home
from hardship.staff.permissions import Permission, holds
from hardship.staff.queries import all_staff
from hardship.staff.session import current_actor, deny
from hardship.web.access import requires

__all__ = ["add_panel", "init_app"]

blueprint = Blueprint("review", __name__)

Answer = str | Response | tuple[str, int]


def init_app(app: Flask) -> None:
    """Register the pages, their place in the navigation, and what waits for voters."""
    app.register_blueprint(blueprint)
    home.add_place(app, "Queue", "/staff/queue", Permission.SEE_QUEUE)
    home.add_waiting(app, Permission.VOTE, _waiting)
    talking.init_app(app)
    evidence_pages.init_app(app)
    helped.init_app(app)
    vouching_pages.init_app(app)


def _waiting(session: Session, actor: Actor) -> Iterable[home.Waiting]:
    count = queries.waiting_for_vote(session, actor.staff_id or 0)
    shown = min(count, queries.COUNT_UP_TO)
    yield home.Waiting(
        "cases wait for your vote",
        shown,
        "/staff/queue",
        capped=count > shown,
        one="case waits for your vote",
    )


# --- The queue ----------------------------------------------------------------------------------------------------


_ROUNDS = sa_select(col(Round.id), col(Round.slug)).order_by(col(Round.opens_at).desc(), col(Round.slug))


@blueprint.get("/staff/queue")
@requires(Permission.SEE_QUEUE)
def show_queue() -> str:
    """The cases of a round, fifty a page, filtered by the address."""
    actor, runtime, wanted = current_actor(), current(), _wanted()
    with runtime.glance() as session:
        rounds = session.connection().execute(_ROUNDS).all()
        asked = request.args.get("round", "")
        chosen = next((one for one in rounds if one.slug == asked), rounds[0] if rounds else None)
        if chosen is None or chosen.id is None:
            return render_template("review/no_round.html")
        page = queries.queue(
            session,
            chosen.id,
            actor.staff_id or 0,
            wanted,
            after=request.args.get("after", ""),
            before=request.args.get("before", ""),
        )
        counts = queries.counts(session, chosen.id)
    return render_template(
        "review/queue.html",
        wanted=wanted,
        states=QUEUE_STATES,
        rounds=rounds,
        page=page,
        lines=[_line(row, runtime.clock.now()) for row in page.items],
        counts=counts,
        most=queries.COUNT_UP_TO,
        args={name: value for name, value in request.args.items() if name not in {"after", "before"}},
        chosen=chosen.slug,
    )


def _line(row: queries.QueueRow, now: dt.datetime) -> tuple[str, dt.datetime, int, int, str, bool, bool]:
    """What a line of the queue shows: reference, when it was sent, its days, votes, the reader's own mark, referred, and
    whether a message waits to be read."""
    mark = "voted" if row.voted else "opened" if row.opened else "–"
    if row.changed:
        mark = "voted, then it changed"
    days = (now - row.submitted_at).days
    return row.ref, row.submitted_at, days, row.votes, mark, row.referred, row.has_message


def _wanted() -> QueueFilter:
    """The filter in the address; what makes no sense there is taken for the usual."""
    given = request.args
    state = given.get("state", "")
    return QueueFilter(
        ApplicationState(state) if state in QUEUE_STATES else ApplicationState.IN_REVIEW,
        referred=bool(given.get("referred")),
        mine=bool(given.get("mine")),
        newest_first=given.get("sort") == "newest",
    )


# --- A case -------------------------------------------------------------------------------------------------------


def _case(session: Session, ref: str, actor: Actor) -> Application:
    """The case for somebody who may see it; to somebody with a conflict it does not exist."""
    application = by_ref(session, ref)
    if queries.has_conflict(session, application.id or 0, actor.staff_id or 0):
        deny(actor, f"application:{application.ref}")
        raise NotFound("no application has this reference", fix="Check the reference.")
    return application


def _number(ref: str) -> int:
    with current().read() as session:
        return _case(session, ref, current_actor()).id or 0


@blueprint.get("/staff/cases/<ref>")
@requires(Permission.OPEN_CASE)
def show_case(ref: str) -> Answer:
    """A case, named by its reference alone. Looking at it is noted, once."""
    current().transact(current_actor(), service.open_case, application_id=_number(ref))
    return _render(ref)


def _render(ref: str, form: VoteForm | None = None, status: int = 200, **more: Any) -> Answer:
    actor, runtime = current_actor(), current()
    with runtime.read() as session:
        page = case_page(runtime, session, actor, _case(session, ref, actor))
        staff = _voters(session) if holds(actor, Permission.ASSIGN) else []
    vote_form = form or VoteForm(formdata=None)
    if form is None and page.own_vote is not None:
        vote_form.outcome.data, vote_form.reason.data = (
            page.own_vote.outcome.value,
            page.own_vote.reason.value,
        )
    more.setdefault("reveal_form", RevealForm(formdata=None) if holds(actor, Permission.REVEAL) else None)
    more.setdefault("assign_form", _assign_form(staff, formdata=None) if staff else None)
    html = render_template(
        "review/case.html",
        case=page,
        form=vote_form.show_for(page.application.version),
        may_declare=holds(actor, Permission.DECLARE_CONFLICT),
        reasons=REASON_WORDS,
        **more,
    )
    return html, status


@blueprint.post("/staff/cases/<ref>/vote")
@requires(Permission.VOTE)
def post_vote(ref: str) -> Answer:
    """A vote: checked, shown once more, then given."""
    return _vote(ref, service.vote, "review.post_vote")


@blueprint.post("/staff/cases/<ref>/settle")
@requires(Permission.SETTLE_SPLIT)
def post_settle(ref: str) -> Answer:
    """A lead's settling of a split: checked, shown once more, then done."""
    return _vote(ref, service.settle, "review.post_settle")


def _vote(ref: str, use_case: Any, endpoint: str) -> Answer:
    form, number = VoteForm(), _number(ref)
    if not form.validate_on_submit():
        return _render(ref, form, 422)
    outcome, reason = Outcome(form.outcome.data), ReasonCode(form.reason.data)
    try:
        service.check_reason(outcome, reason, form.note.data)
        if not form.confirmed.data:
            words = {"outcome": OUTCOMES[outcome], "reason": REASON_WORDS[reason]}
            return render_template("review/confirm.html", form=form, ref=ref, words=words, action=endpoint)
        result = current().transact(
            current_actor(),
            use_case,
            application_id=number,
            outcome=outcome,
            reason=reason,
            note=form.note.data,
            seen_version=form.seen_version,
        )
    except Changed:
        form.form_errors.append(
            "The case changed since you opened it. Look at it again, then send your vote."
        )
        return _render(ref, form, 409)
    except BadInput as error:
        form.refuse("note" if error.where == "note" else "reason", _sentence(error))
        return _render(ref, form, 422)
    return _after(result)


def _after(result: VoteResult) -> Response:
    """Say what became of the vote, and go on."""
    if result.refusal:
        flash(f"The vote is kept, but the decision could not be honoured: {result.refusal}", "warning")
        return redirect(url_for("review.show_case", ref=result.ref), code=303)
    if result.state is ApplicationState.IN_REVIEW:
        flash(f"{result.ref}: your vote is kept. {result.votes} voted, {result.quorum} have to agree.")
    else:
        flash(f"{result.ref} is {result.state.value}.")
    return redirect(url_for("review.show_queue"), code=303)


def _sentence(error: BadInput) -> str:
    return f"{error.what[:1].upper()}{error.what[1:]}. {error.fix}".strip()


@blueprint.post("/staff/cases/<ref>/retry")
@requires(Permission.VOTE)
def post_retry(ref: str) -> Answer:
    """Try again what the panel decided and what could not be honoured."""
    return _after(current().transact(current_actor(), service.reconsider, application_id=_number(ref)))


@blueprint.route("/staff/cases/<ref>/conflict", methods=["GET", "POST"])
@requires(Permission.DECLARE_CONFLICT)
def declare_conflict(ref: str) -> Answer:
    """Step back from a case. Whoever did before is told so, and nothing of the case."""
    form = ConflictForm()
    with current().read() as session:
        application = by_ref(session, ref)
    if form.validate_on_submit():
        current().transact(current_actor(), service.declare_conflict, application_id=application.id or 0)
        flash(f"You stepped back from {application.ref}. You will not see it again.")
        return redirect(url_for("staff.show_home"), code=303)
    html = render_template("review/conflict.html", form=form, ref=application.ref)
    return (html, 422) if form.errors else html


@blueprint.post("/staff/cases/<ref>/reveal")
@requires(Permission.REVEAL)
def post_reveal(ref: str) -> Answer:
    """Show one sealed answer to a lead who says why. It is on this page only, and in the event log."""
    form, number = RevealForm(), _number(ref)
    if not form.validate_on_submit():
        return _render(ref, status=422, reveal_form=form, has_errors=True)
    column = str(form.column.data)
    value = current().transact(
        current_actor(), service.reveal, application_id=number, column=column, reason=str(form.why.data)
    )
    return _render(ref, revealed={"column": column, "value": value})


@blueprint.post("/staff/cases/<ref>/assign")
@requires(Permission.ASSIGN)
def post_assign(ref: str) -> Answer:
    """Give a case to somebody."""
    number = _number(ref)
    with current().read() as session:
        form = _assign_form(_voters(session))
    if not form.validate_on_submit():
        return _render(ref, status=422, assign_form=form, has_errors=True)
    try:
        current().transact(
            current_actor(), service.assign, application_id=number, staff_id=int(str(form.staff.data))
        )
    except (BadInput, Conflicted) as error:
        form.refuse("staff", error.what[:1].upper() + error.what[1:])
        return _render(ref, status=422, assign_form=form, has_errors=True)
    flash("The case was given.")
    return redirect(url_for("review.show_case", ref=ref), code=303)


def _voters(session: Session) -> list[tuple[str, str]]:
    """Who may be given a case, as (number, address)."""
    able = [staff for staff in all_staff(session) if staff.disabled_at is None and service.may_vote(staff)]
    return [(str(staff.id), staff.email) for staff in able]


def _assign_form(staff: list[tuple[str, str]], **options: Any) -> AssignForm:
    form = AssignForm(**options)
    form.staff.choices = [SelectChoice("", ""), *(SelectChoice(value, text) for value, text in staff)]
    return form
