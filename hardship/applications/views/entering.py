"""The desk: entering what came on paper or was said, and the paper form to print."""

from flask import Blueprint, Flask, Response, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from hardship.applications.helping.forms import EnterForm
from hardship.applications.helping.paper import paper_form
from hardship.applications.helping.service import EnteredBefore, enter
from hardship.applications.service import Receipt
from hardship.applications.views.common import fund_of
from hardship.core.errors import BadInput
from hardship.core.runtime import current
from hardship.funds.models import BankDetails, Fund
from hardship.funds.queries import funds, open_round, round_by_slug, rounds_of
from hardship.staff import home
from hardship.staff.permissions import Permission
from hardship.staff.session import current_actor
from hardship.web.access import requires
from hardship.web.filters import short_day
from hardship.web.language import LANGUAGES, known, speaking

blueprint = Blueprint("desk_entering", __name__)
ENTER = "/staff/desk/enter"


def init_app(app: Flask) -> None:
    """Register the pages and their place in the navigation."""
    app.register_blueprint(blueprint)
    home.add_place(app, "Enter by hand", ENTER, Permission.ENTER_APPLICATIONS)


@blueprint.route(ENTER, methods=["GET", "POST"])
@requires(Permission.ENTER_APPLICATIONS)
def show() -> ResponseReturnValue:
    """One page for everything. What was entered is answered with the claim code, once, to be handed over."""
    with current().read() as session:
        rounds = _rounds(session)
    form = EnterForm(rounds)
    if form.validate_on_submit():
        entry = form.entry()
        try:
            receipt = current().transact(current_actor(), enter, entry=entry)
        except BadInput as error:
            form.refuse(error.where if error.where in form else "on", f"{error.what}. {error.fix}")
        except EnteredBefore as error:
            form.ask_again(f"{error.what[:1].upper()}{error.what[1:]}. {error.fix}")
        else:
            return _handed_over(receipt, entry.round, entry.language)
    page = render_template("applications/desk/enter.html", form=form, rounds=rounds, languages=LANGUAGES)
    return page, 422 if form.errors else 200


def _rounds(session: Session) -> dict[str, str]:
    """The rounds that have begun, the open one first, then the newest."""
    now = current().clock.now()
    begun = [
        one for fund in funds(session) for one in rounds_of(session, fund.id or 0) if one.opens_at <= now
    ]
    ordered = sorted(begun, key=lambda one: (one.closes_at >= now, one.opens_at, one.slug), reverse=True)
    return {
        one.slug: f"{one.slug}, {short_day(one.opens_at)} to {short_day(one.closes_at)}" for one in ordered
    }


def _handed_over(receipt: Receipt, round_: str, language: str) -> str:
    """The receipt with a slip in the person's language."""
    with current().read() as session:
        fund = fund_of(session, round_by_slug(session, round_))
    with speaking(language):
        slip = render_template(
            "applications/slip.txt",
            public_name=fund.public_name if fund else "",
            ref=receipt.ref,
            claim_code=receipt.claim_code,
        )
    again = url_for("desk_entering.show")
    return render_template("applications/desk/entered.html", ref=receipt.ref, slip=slip, again=again)


@blueprint.get("/staff/desk/paper-form")
@requires(Permission.ENTER_APPLICATIONS)
def show_paper() -> Response:
    """The paper form as a PDF, in the language that the address names; its file name says nothing."""
    language = known(request.args.get("lang"))
    with current().read() as session:
        fund: Fund | None = fund_of(session, open_round(session, current().clock.now()))
    name, bank = (fund.public_name, fund.bank_details) if fund else ("", BankDetails.CHOICE)
    answer = make_response(paper_form(language, name, bank))
    answer.headers["Content-Type"] = "application/pdf"
    answer.headers["Content-Disposition"] = f'inline; filename="form-{language}.pdf"'
    return answer
