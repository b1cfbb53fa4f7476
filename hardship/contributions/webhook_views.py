"""The address that the card processor's events come to, and the page of those that could not be handled."""

from flask import Blueprint, Flask, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session, col, select

from hardship.contributions.card_models import WebhookDelivery
from hardship.contributions.checkout import PROVIDER, Forged, verified
from hardship.contributions.refunding import stuck
from hardship.contributions.transitions import DeliveryState
from hardship.contributions.webhooks import in_trouble, retry, take_in, troubled
from hardship.core.actor import SYSTEM, Actor
from hardship.core.runtime import current
from hardship.staff.home import Waiting, add_waiting
from hardship.staff.permissions import Permission, holds
from hardship.staff.session import current_actor
from hardship.web.access import public, requires
from hardship.web.forms import FilterForm, Form, SelectField, SubmitField, csrf
from hardship.web.paging import Key, page

blueprint = Blueprint("webhooks", __name__)

MAX_BYTES = 256 * 1024
STATES = {
    "trouble": "Those a person should look at",
    DeliveryState.WAITING.value: "Waiting",
    DeliveryState.HANDLED.value: "Handled",
    DeliveryState.IGNORED.value: "Not ours",
    DeliveryState.FAILED.value: "Given up",
}


class DeliveryFilterForm(FilterForm):
    """Which deliveries are shown."""

    state = SelectField("Show", choices=STATES.items(), blank="All")


class RetryForm(Form):
    """Try again."""

    submit = SubmitField("Try again now")


def init_app(app: Flask) -> None:
    """Register the address and the page."""
    csrf.exempt(take)
    app.register_blueprint(blueprint)
    add_waiting(app, Permission.RECONCILE, _waiting)


def _waiting(session: Session, _actor: Actor) -> list[Waiting]:
    return [
        Waiting(
            "messages of the card processor could not be handled",
            troubled(session),
            "/staff/webhooks?state=trouble",
            one="message of the card processor could not be handled",
        ),
        Waiting(
            "refunds to cards need a look",
            len(stuck(session, current().clock.now())),
            "/staff/webhooks?state=trouble",
            one="refund to a card needs a look",
        ),
    ]


@blueprint.post("/webhooks/stripe")
@public
def take() -> ResponseReturnValue:
    """Take an event in: signed with our secret over its raw bytes, stored, and answered at once."""
    runtime = current()
    request.max_content_length = MAX_BYTES
    raw = request.get_data(cache=False)
    secrets = runtime.settings.stripe_webhook_secrets
    if not secrets:
        return _plain("not set up", 503)
    try:
        event = verified(raw, request.headers.get("Stripe-Signature", ""), secrets)
    except Forged:
        return _plain("not signed", 400)
    number, type_ = event.get("id"), event.get("type")
    if not isinstance(number, str) or not isinstance(type_, str) or not _short(number) or not _short(type_):
        return _plain("no event", 400)
    runtime.transact(SYSTEM, take_in, provider=PROVIDER, event_id=number, type_=type_, raw=raw)
    return _plain("taken", 200)


def _short(text: str) -> bool:
    return 0 < len(text) <= 120 and text.isprintable()


def _plain(text: str, status: int) -> Response:
    return Response(text + "\n", status, content_type="text/plain; charset=utf-8")


@blueprint.get("/staff/webhooks")
@requires(Permission.SEE_MONEY)
def show_deliveries() -> str:
    """The events that were delivered, the latest first, as the filter in the address chooses them."""
    form = DeliveryFilterForm()
    chosen = form.state.data if form.state.data in STATES else ""
    statement = select(WebhookDelivery)
    if chosen == "trouble":
        statement = statement.where(in_trouble())
    elif chosen:
        statement = statement.where(WebhookDelivery.state == DeliveryState(chosen))
    with current().read() as session:
        found = page(
            session,
            statement,
            [Key(col(WebhookDelivery.id), descending=True)],
            lambda row: [row.id],
            after=request.args.get("after", ""),
            before=request.args.get("before", ""),
        )
        refunds = stuck(session, current().clock.now())
    return render_template(
        "contributions/webhooks.html",
        page=found,
        refunds=refunds,
        filters=form,
        args={"state": chosen} if chosen else {},
        retry=RetryForm(formdata=None),
        words=STATES,
        may_retry=holds(current_actor(), Permission.RECONCILE),
    )


@blueprint.post("/staff/webhooks/<event_id>/retry")
@requires(Permission.RECONCILE)
def try_again(event_id: str) -> ResponseReturnValue:
    """Have one tried again by the worker."""
    if RetryForm().validate_on_submit():
        current().transact(current_actor(), retry, event_id=event_id)
        flash("It is tried again within a minute.")
    return redirect(url_for("webhooks.show_deliveries", state="trouble"), code=303)
