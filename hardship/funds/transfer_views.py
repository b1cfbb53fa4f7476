"""Pages of transfers between funds and pots."""

from flask import Blueprint, Flask, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from hardship.core.clock import day_of
from hardship.core.errors import HardshipError
from hardship.core.runtime import current
from hardship.funds import transfers
from hardship.ledger import causes
from hardship.staff.permissions import Permission, holds
from hardship.staff.queries import addresses
from hardship.staff.session import current_actor
from hardship.web.access import requires
from hardship.web.forms import DateField, Form, LongTextField, MoneyField, SelectField, SubmitField

blueprint = Blueprint("transfers", __name__)


class TransferForm(Form):
    """Money from one pot to another."""

    source = SelectField("From", required="Choose where the money comes from")
    target = SelectField("To", required="Choose where it goes")
    amount = MoneyField("Amount", required="Enter the amount", minimum=1)
    on = DateField("Day", required="Enter the day")
    reason = LongTextField("Why", required="Say why", max_length=500)
    send = SubmitField("Propose the transfer")


def init_app(app: Flask) -> None:
    """Register the pages, and where a transfer is shown."""
    app.register_blueprint(blueprint)
    causes.link(app, "transfer", lambda ref: url_for("transfers.show_transfer", ref=ref))


@blueprint.get("/staff/ledger/transfers")
@requires(Permission.SEE_MONEY)
def list_transfers() -> str:
    """Every transfer, the newest first."""
    with current().read() as session:
        found = transfers.listed(session)
    return render_template(
        "funds/transfers.html", found=found, may=holds(current_actor(), Permission.KEEP_BOOKS)
    )


@blueprint.get("/staff/ledger/transfers/<ref>")
@requires(Permission.SEE_MONEY)
def show_transfer(ref: str) -> str:
    """One transfer with its reason, whose reading is in the event log."""
    runtime = current()
    found, why = runtime.transact(current_actor(), transfers.read, ref=ref)
    with runtime.read() as session:
        people = addresses(session)
    return render_template("funds/transfer.html", found=found, row=found.row, why=why, people=people)


@blueprint.route("/staff/ledger/transfers/new", methods=["GET", "POST"])
@requires(Permission.KEEP_BOOKS)
def make_transfer() -> str | Response | tuple[str, int]:
    """Propose a transfer."""
    runtime, form = current(), TransferForm()
    with runtime.read() as session:
        refs = [pot.ref for pot in transfers.pots(session)]
    form.source.choices = form.target.choices = [("", ""), *((ref, ref) for ref in refs)]
    if form.validate_on_submit():
        try:
            done = runtime.transact(
                current_actor(),
                transfers.propose_transfer,
                source=str(form.source.data),
                target=str(form.target.data),
                amount_minor=int(form.amount.data),
                reason=str(form.reason.data),
                on=form.on.data,
            )
        except HardshipError as error:
            what = error.what[:1].upper() + error.what[1:]
            form.refuse(error.where if error.where in form else "amount", f"{what}. {error.fix}".strip())
        else:
            flash(f"The transfer waits for a second person, as proposal {done.proposal}.")
            return redirect(url_for("transfers.list_transfers"), code=303)
    elif not form.is_submitted():
        form.on.data = day_of(runtime.clock.now())
    return render_template("funds/new_transfer.html", form=form), 422 if form.errors else 200
