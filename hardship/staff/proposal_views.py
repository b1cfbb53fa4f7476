"""Pages of what takes two people: the list, and one proposal to approve, refuse or withdraw."""

from collections.abc import Iterable
from typing import cast

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from sqlmodel import Session, col, select
from werkzeug.wrappers import Response

from hardship.core.actor import Actor
from hardship.core.runtime import current
from hardship.staff import home, proposals
from hardship.staff.forms import DecideForm
from hardship.staff.models import Proposal, ProposalState
from hardship.staff.permissions import Permission
from hardship.staff.queries import addresses
from hardship.staff.session import current_actor
from hardship.web import paging
from hardship.web.access import signed_in

blueprint = Blueprint("proposals", __name__)

PLACE = (
    Permission.SECOND_MONEY,
    Permission.RECORD_GIFTS,
    Permission.MANAGE_AGREEMENTS,
    Permission.MANAGE_FUNDS,
    Permission.SECOND_ACCESS,
    Permission.READ_LOG,
)
DONE = {"approve": "Approved, and done.", "say_no": "Refused. Nothing was changed.", "withdraw": "Withdrawn."}


def init_app(app: Flask) -> None:
    """Register the pages, their place in the navigation, and what waits."""
    app.register_blueprint(blueprint)
    home.add_place(app, "Proposals", "/staff/proposals", *PLACE)
    for permission in PLACE[:-1]:
        home.add_waiting(app, permission, _waiting(permission))


def _waiting(permission: Permission) -> home.Provider:
    def waits(session: Session, actor: Actor) -> Iterable[home.Waiting]:
        runtime = current()
        names = [name for name, kind in proposals.kinds(runtime).items() if kind.permission is permission]
        found = proposals.waiting(session, *names) if names else []
        count = sum(proposals.may_decide(runtime, actor, proposal) for proposal in found)
        yield home.Waiting(
            "proposals wait for a second person",
            count,
            "/staff/proposals",
            one="proposal waits for a second person",
        )

    return waits


@blueprint.get("/staff/proposals")
@signed_in
def show_proposals() -> str:
    """What somebody may know of, newest first; what waits unless another state is asked for."""
    asked = request.args.get("state", ProposalState.PROPOSED.value)
    state = ProposalState(asked) if asked in set(ProposalState) else ProposalState.PROPOSED
    runtime, actor = current(), current_actor()
    statement = select(Proposal).where(Proposal.state == state)
    seen = proposals.seen_kinds(runtime, actor)
    statement = statement.where(col(Proposal.kind).in_(seen) | (col(Proposal.made_by_id) == actor.staff_id))
    with runtime.read() as session:
        page = paging.page(
            session,
            statement,
            [paging.Key(col(Proposal.id), descending=True)],
            lambda row: (row.id,),
            after=request.args.get("after", ""),
            before=request.args.get("before", ""),
        )
        people = addresses(session)
    return render_template(
        "staff/proposals.html",
        page=page,
        people=people,
        chosen=state,
        states=list(ProposalState),
        kinds=proposals.kinds(runtime),
        args={"state": state.value},
    )


@blueprint.route("/staff/proposals/<ref>", methods=["GET", "POST"])
@signed_in
def show_proposal(ref: str) -> str | Response | tuple[str, int]:
    """One proposal, and what may be done about it."""
    runtime, actor, form = current(), current_actor(), DecideForm()
    if form.validate_on_submit() and _decided(actor, ref, form):
        return redirect(url_for("proposals.show_proposals"), code=303)
    read = runtime.transact(actor, proposals.read, ref=ref)
    with runtime.read() as session:
        people = addresses(session)
    html = render_template(
        "staff/proposal.html",
        read=read,
        form=form,
        people=people,
        is_mine=read.proposal.made_by_id == actor.staff_id,
        may_decide=proposals.may_decide(runtime, actor, read.proposal),
    )
    return (html, 422) if form.errors else html


def _decided(actor: Actor, ref: str, form: DecideForm) -> bool:
    """Carry out the button that was pressed; False when a refusal came without its reason."""
    pressed = next((name for name in DONE if cast(bool, form[name].data)), "")
    if pressed == "approve":
        current().transact(actor, proposals.approve, ref=ref)
    elif pressed == "withdraw":
        current().transact(actor, proposals.withdraw, ref=ref)
    elif not str(form.why.data or "").strip():
        form.refuse("why", "Say why it is refused")
        return False
    else:
        current().transact(actor, proposals.refuse, ref=ref, why=str(form.why.data))
    flash(DONE[pressed or "say_no"])
    return True
