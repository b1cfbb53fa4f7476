"""The page of what is unknown: since when, what comes next, and what a person can do about it."""

from collections.abc import Iterable

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlmodel import Session
from werkzeug.wrappers import Response

from hardship.core.actor import Actor
from hardship.core.errors import BadInput
from hardship.core.runtime import current
from hardship.payouts import service, words
from hardship.payouts.forms import PressForm
from hardship.payouts.service.deciding import MAX_WHY, WORDS, Finding, payment_named
from hardship.payouts.trouble import NextStep, Trouble, What, troubles
from hardship.staff.home import Waiting
from hardship.staff.permissions import Permission, holds
from hardship.staff.session import current_actor
from hardship.web.access import requires
from hardship.web.forms import Form, LongTextField, RadioField, SubmitField, choices_of

blueprint = Blueprint("payouts_trouble", __name__)

P = Permission
PAGE = "/staff/payouts/unknown"


class FindingForm(Form):
    """What somebody found out about a payment."""

    finding = RadioField(
        "What did you find out?", choices=choices_of(Finding, WORDS), required="Say what you found out"
    )
    why = LongTextField("How do you know?", required="Say how you know", max_length=MAX_WHY)
    send = SubmitField("Ask a second person to confirm it")


def waiting(session: Session, _actor: Actor) -> Iterable[Waiting]:
    """What waits for whoever looks after payments, for the first page."""
    found = troubles(session, current().clock.now())
    for what, (many, one) in words.TROUBLE_WAITING.items():
        count = sum(trouble.what is what for trouble in found)
        yield Waiting(many, count, PAGE, one=one)


@blueprint.get(PAGE)
@requires(P.SEE_MONEY)
def show() -> str:
    """All that wants a look, or one kind of it (`what` in the address), the longest waiting first."""
    with current().read() as session:
        found = troubles(session, current().clock.now())
    wanted = request.args.get("what", "")
    counts = {kind: sum(one.what is kind for one in found) for kind in What}
    return render_template(
        "payouts/unknown.html",
        found=[one for one in found if wanted not in set(What) or one.what == wanted],
        wanted=wanted,
        counts=counts,
        what=words.TROUBLE,
        N=NextStep,
        steps=words.TROUBLE_STEPS,
        problems=words.PROBLEMS,
        may=holds(current_actor(), P.RESOLVE_PAYMENT),
        W=What,
    )


@blueprint.post(f"{PAGE}/<reference>/ask")
@requires(P.RESOLVE_PAYMENT)
def post_ask(reference: str) -> Response:
    """Ask the rail about one payment now, with its own key."""
    _pressed()
    state = service.resolve_unknown(current(), current_actor(), reference)
    flash(f"Payment {reference} is {words.STATES[state]}.", "warning" if state.value == "unknown" else "")
    return redirect(url_for("payouts_trouble.show"), code=303)


@blueprint.post(f"{PAGE}/<reference>/stop")
@requires(P.RESOLVE_PAYMENT)
def post_stop(reference: str) -> Response:
    """Ask the rail to stop a payment before the debit."""
    _pressed()
    state = service.stop_payment(current(), current_actor(), reference)
    flash(f"Payment {reference} is {words.STATES[state]}.")
    return redirect(url_for("payouts_trouble.show"), code=303)


@blueprint.route(f"{PAGE}/<reference>", methods=["GET", "POST"])
@requires(P.RESOLVE_PAYMENT)
def found_out(reference: str) -> str | Response | tuple[str, int]:
    """Say what one found out about a payment; a second person confirms it."""
    with current().read() as session:
        payment = payment_named(session, reference)
        mine = [one for one in troubles(session, current().clock.now()) if one.code == payment.reference]
    trouble = _first(mine)
    form = FindingForm()
    form.finding.choices = choices_of(Finding, {one: WORDS[one] for one in _possible(trouble)})
    if trouble and form.validate_on_submit():
        return _propose(payment.reference, form)
    html = render_template(
        "payouts/found_out.html",
        form=form,
        payment=payment,
        trouble=trouble,
        problems=words.PROBLEMS,
        steps=words.TROUBLE_STEPS,
        W=What,
    )
    return html, 422 if form.errors else 200


def _propose(reference: str, form: FindingForm) -> Response:
    done = current().transact(
        current_actor(),
        service.propose_finding,
        payment_ref=reference,
        finding=Finding(form.finding.data),
        why=str(form.why.data),
    )
    flash(f"It waits for a second person as proposal {done.ref}.")
    return redirect(url_for("payouts_trouble.show"), code=303)


def _possible(trouble: Trouble | None) -> tuple[Finding, ...]:
    """What can be found out about it."""
    if trouble and trouble.step in {NextStep.RECORD, NextStep.WHOSE}:
        return (Finding.SETTLED,)
    return (Finding.TAKEN, Finding.NOT_TAKEN)


def _first(found: list[Trouble]) -> Trouble | None:
    """The first of them about which something can be said."""
    steps = {NextStep.RECORD, NextStep.WHOSE}
    return next((one for one in found if one.what is What.UNKNOWN or one.step in steps), None)


def _pressed() -> None:
    if not PressForm().validate_on_submit():
        raise BadInput("the form is not as the page made it", fix="Go back and load the page again.")
