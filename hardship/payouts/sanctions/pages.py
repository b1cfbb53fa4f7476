"""Pages of the sanctions list: which is loaded, what may be on it, and the officer's word."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import select as sa_select
from sqlmodel import Session, col
from werkzeug.wrappers import Response

from hardship.applications.models import Application
from hardship.core.actor import Actor
from hardship.core.errors import BadInput, HardshipError
from hardship.core.runtime import current
from hardship.payouts.sanctions import service
from hardship.payouts.sanctions.lists import MAX_BYTES
from hardship.payouts.sanctions.queries import current_list, hit_named, open_count
from hardship.payouts.service import load
from hardship.payouts.tables import SanctionsHit
from hardship.payouts.transitions import HIT_MACHINE, HitEvent, HitState
from hardship.staff.home import Waiting
from hardship.staff.models import Staff
from hardship.staff.permissions import Permission, holds
from hardship.staff.queries import addresses
from hardship.staff.session import current_actor
from hardship.web import paging
from hardship.web.access import requires
from hardship.web.filters import plural
from hardship.web.forms import DateField, FileField, Form, LongTextField, RadioField, SubmitField, as_choices

blueprint = Blueprint("sanctions", __name__)

P = Permission
PAGE = "/staff/sanctions"
SAID = {
    HitEvent.CLEAR: "It is somebody else, or a licence allows the payment: clear it",
    HitEvent.CONFIRM: "It is the person on the list: freeze the award",
}
Answer = str | Response | tuple[str, int]


class ListForm(Form):
    """A list to import."""

    file = FileField("Sanctions list")
    published_on = DateField("Day of the list")
    send = SubmitField("Import the list")


class DecideForm(Form):
    """The officer's word."""

    event = RadioField("What is it?", choices=as_choices([]), required="Say what it is")
    why = LongTextField("Why?", required="Say why", max_length=service.MAX_WHY)
    send = SubmitField("Decide")


def waiting(session: Session, actor: Actor) -> Iterable[Waiting]:
    """What waits for the officer, for the first page."""
    staff = session.get(Staff, actor.staff_id) if actor.staff_id is not None else None
    count = open_count(session, staff.email) if staff else 0
    yield Waiting(
        "payees may be on the sanctions list",
        count,
        f"{PAGE}?state=open",
        one="payee may be on the sanctions list",
    )


@blueprint.url_value_preprocessor
def _take_large_files(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    if endpoint == "sanctions.post_list":
        request.max_content_length = MAX_BYTES


@blueprint.get(PAGE)
@requires(P.CLEAR_SANCTIONS, P.KEEP_LISTS, P.SEE_MONEY)
def show() -> str:
    """Which list is loaded, and the hits, the oldest first."""
    return _page(ListForm())


def _page(form: ListForm) -> str:
    try:
        chosen = HitState(request.args["state"]) if request.args.get("state") else None
    except ValueError:
        raise BadInput("there is no such state", fix="Choose one on the page.") from None
    columns = (SanctionsHit.id, SanctionsHit.ref, SanctionsHit.state, SanctionsHit.found_at)
    wanted: Any = sa_select(*(col(one) for one in columns), col(Application.ref).label("case")).join(
        Application, col(Application.id) == col(SanctionsHit.application_id)
    )
    if chosen is not None:
        wanted = wanted.where(SanctionsHit.state == chosen)
    runtime, actor = current(), current_actor()
    with runtime.read() as session:
        listing = current_list(session)
        page = paging.page(
            session,
            wanted,
            [paging.Key(col(SanctionsHit.id))],
            lambda row: (row.id,),
            after=request.args.get("after", ""),
            before=request.args.get("before", ""),
        )
    return render_template(
        "payouts/sanctions.html",
        form=form,
        page=page,
        chosen=chosen,
        states=HitState,
        args={"state": chosen.value} if chosen else {},
        listing=listing,
        stale=listing is not None and service.is_stale(listing, runtime.clock.now()),
        may_load=holds(actor, P.KEEP_LISTS),
        may_clear=holds(actor, P.CLEAR_SANCTIONS),
    )


@blueprint.post(PAGE)
@requires(P.KEEP_LISTS)
def post_list() -> Answer:
    """Import a list, and compare everybody with it who is about to be paid."""
    form = ListForm()
    if form.validate_on_submit() and form.file.data is None:
        form.refuse("file", "Choose a file")
    if form.errors:
        return _page(form), 422
    name = Path(form.file.data.filename).name[:80] or "list"
    try:
        done = load(
            current(),
            current_actor(),
            data=form.file.data.stream.read(),
            name=name,
            published_on=form.published_on.data,
        )
    except HardshipError as error:
        form.refuse("file", str(error))
        return _page(form), error.status
    said = "is loaded already" if done.list.again else "is loaded"
    flash(
        f"The list of {done.list.published_on.isoformat()} {said}: {plural(done.list.names, 'name')}."
        f" {plural(done.held, 'payee')} may be on it."
    )
    return redirect(url_for("sanctions.show"), code=303)


@blueprint.route(f"{PAGE}/<ref>", methods=["GET", "POST"])
@requires(P.CLEAR_SANCTIONS)
def show_hit(ref: str) -> Answer:
    """The payee beside the entry of the list, whose reading is in the event log; clear it or confirm it."""
    form = DecideForm()
    with current().read() as session:
        hit = hit_named(session, ref).hit
    possible = sorted(HIT_MACHINE.allowed(hit.state))
    if request.method == "POST" and not possible:
        flash(f"{hit.ref} was decided already: it is {hit.state.value}.")
        return redirect(url_for("sanctions.show", state="open"), code=303)
    form.event.choices = as_choices([(event.value, SAID[event]) for event in possible])
    if form.validate_on_submit():
        done = current().transact(
            current_actor(),
            service.decide,
            ref=hit.ref,
            event=HitEvent(form.event.data),
            why=str(form.why.data),
        )
        flash(f"{done.ref} is {done.state.value}.")
        return redirect(url_for("sanctions.show", state="open"), code=303)
    told = current().transact(current_actor(), service.open_hit, ref=hit.ref)
    with current().read() as session:
        row, people = hit_named(session, ref), addresses(session)
    page = render_template(
        "payouts/sanctions_hit.html", form=form, row=row, told=told, possible=possible, people=people
    )
    return page, 422 if form.errors else 200
