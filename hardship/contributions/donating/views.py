"""Giving by card: /donate, what is held and until when, and where the donor comes back to."""

from flask import Blueprint, Flask, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from hardship.contributions import receipts
from hardship.contributions.checkout import Declined, Processor, Unreachable
from hardship.contributions.donating import opening, paying
from hardship.contributions.donating.forms import CancelForm, DonateForm, PayForm, ReceiptForm
from hardship.contributions.transitions import CheckoutState
from hardship.core.actor import PUBLIC
from hardship.core.errors import BadInput, Conflict
from hardship.core.refs import new_key
from hardship.core.runtime import current
from hardship.funds.models import Fund
from hardship.funds.queries import fund_by_slug, funds
from hardship.web import limits
from hardship.web.access import public
from hardship.web.headers import allow_form_to

blueprint = Blueprint("donating", __name__)

GIVING = limits.Limit("donate", 30, 600)
LOOKING = limits.Limit("donate-look", 120, 600)
CARD_PAGES = "https://checkout.stripe.com"


def init_app(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(blueprint)


@blueprint.get("/donate")
@public
def choose() -> ResponseReturnValue:
    """Straight to the only fund; of several, choose."""
    with current().read() as session:
        every = funds(session)
    if len(every) == 1:
        return _form_page(every[0], DonateForm(formdata=None))
    return render_template("contributions/donate_choose.html", funds=every)


@blueprint.post("/donate")
@public
def give_to_the_only_fund() -> ResponseReturnValue:
    """The form of the only fund, sent."""
    with current().read() as session:
        every = funds(session)
    return give(every[0].slug) if len(every) == 1 else redirect(url_for("donating.choose"), code=303)


@blueprint.get("/donate/to/<slug>")
@public
def ask(slug: str) -> ResponseReturnValue:
    """How much, and what a donor may say of themselves."""
    with current().read() as session:
        return _form_page(fund_by_slug(session, slug), DonateForm(formdata=None))


@blueprint.post("/donate/to/<slug>")
@public
def give(slug: str) -> ResponseReturnValue:
    """Have match held, and show it."""
    runtime = current()
    limits.check(GIVING, limits.visitor())
    with runtime.read() as session:
        fund = fund_by_slug(session, slug)
    form = DonateForm()
    if not Processor(runtime.settings).on or not form.validate_on_submit():
        return _form_page(fund, form)
    wish = form.wish()
    token = opening.token_for(runtime.vault, fund.slug, form.key.data or new_key(), wish)
    runtime.transact(PUBLIC, opening.open_checkout, fund_slug=fund.slug, wish=wish, token=token)
    return redirect(url_for("donating.show", token=token), code=303)


def _form_page(fund: Fund, form: DonateForm) -> ResponseReturnValue:
    return render_template(
        "contributions/donate.html",
        fund=fund,
        public_name=fund.public_name,
        form=form.with_key(),
        on=Processor(current().settings).on,
        charity=receipts.registration(fund),
        action=url_for("donating.give", slug=fund.slug),
    ), 422 if form.errors else 200


@blueprint.get("/donate/paying/<token>")
@public
def show(token: str) -> ResponseReturnValue:
    """What is held, until when, and the way on; or what became of it."""
    limits.check(LOOKING, limits.visitor())
    return _place_page(token)


@blueprint.get("/donate/paying/<token>/done")
@public
def come_back(token: str) -> ResponseReturnValue:
    """Back from the card page: say what is true now."""
    limits.check(LOOKING, limits.visitor())
    paying.come_back(current(), token)
    return _place_page(token, back=True)


def _place_page(token: str, *, back: bool = False, form: ReceiptForm | None = None) -> ResponseReturnValue:
    runtime = current()
    here = paying.place(runtime, token)
    if here.checkout.state is CheckoutState.OPEN:
        allow_form_to(runtime.settings.stripe_api_base or CARD_PAGES)
    return render_template(
        "contributions/donate_paying.html",
        token=token,
        fund=here.fund,
        public_name=here.fund.public_name,
        checkout=here.checkout,
        over=here.checkout.expires_at <= runtime.clock.now(),
        back=back,
        pay=PayForm(formdata=None),
        cancel=CancelForm(formdata=None),
        form=form or ReceiptForm(formdata=None),
    ), 422 if form and form.errors else 200


@blueprint.post("/donate/paying/<token>")
@public
def pay(token: str) -> ResponseReturnValue:
    """On to the card page."""
    limits.check(GIVING, limits.visitor())
    runtime = current()
    if not PayForm().validate_on_submit():
        return _place_page(token)
    try:
        address = paying.begin(runtime, token)
    except paying.TooLate:
        paying.cancel(runtime, token)
        flash(
            "That took longer than match can be held for. Nothing was taken: please begin again.", "warning"
        )
        return redirect(url_for("donating.choose"), code=303)
    except (Unreachable, Declined):
        flash("The card page cannot be reached at the moment. Nothing was taken: please try again.", "error")
        return redirect(url_for("donating.show", token=token), code=303)
    except Conflict:
        return redirect(url_for("donating.show", token=token), code=303)
    allow_form_to(address)
    return redirect(address, code=303)


@blueprint.get("/donate/paying/<token>/cancel")
@public
def come_back_without(token: str) -> ResponseReturnValue:
    """Back from the card page without having paid: going there is the giving up, so that nothing stays held."""
    limits.check(LOOKING, limits.visitor())
    paying.cancel(current(), token)
    return redirect(url_for("donating.show", token=token), code=303)


@blueprint.post("/donate/paying/<token>/cancel")
@public
def give_up(token: str) -> ResponseReturnValue:
    """Give up before paying."""
    limits.check(LOOKING, limits.visitor())
    if CancelForm().validate_on_submit():
        paying.cancel(current(), token)
    return redirect(url_for("donating.show", token=token), code=303)


@blueprint.post("/donate/paying/<token>/receipt")
@public
def ask_for_receipt(token: str) -> ResponseReturnValue:
    """A receipt, asked for on the way back."""
    limits.check(GIVING, limits.visitor())
    runtime, form = current(), ReceiptForm()
    number = paying.place(runtime, token).checkout.id or 0
    if not form.validate_on_submit():
        return _place_page(token, back=True, form=form)
    try:
        runtime.transact(PUBLIC, receipts.ask, checkout_id=number, address=form.email.data or "")
    except BadInput:
        form.refuse("email", "Enter an e-mail address, like name@example.org")
        return _place_page(token, back=True, form=form)
    flash("A receipt is on its way to the address that you gave.")
    return redirect(url_for("donating.come_back", token=token), code=303)
