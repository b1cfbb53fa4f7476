"""/apply: one question a page, check, send. Every page works without JavaScript, and going back loses nothing."""

from typing import cast

from flask import (
    Blueprint,
    abort,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue

from hardship.applications import drafts
from hardship.applications.drafts import Written
from hardship.applications.forms import QuestionForm, ReturnForm, SendForm, StartForm, form_for, shown_answers
from hardship.applications.helping.forms import HelpedContactForm
from hardship.applications.models import Application, Draft, Source
from hardship.applications.questions import Question, first_missing, journey
from hardship.applications.service import Incomplete, RoundClosed, send
from hardship.applications.views.common import (
    fund_of,
    hold_forms_small,
    in_words_of,
    kept_for,
    page_defaults,
    waiting,
)
from hardship.core.actor import PUBLIC
from hardship.core.errors import NotFound
from hardship.core.runtime import current
from hardship.funds.models import BankDetails, Round
from hardship.funds.queries import current_policy, grant_rule_of, open_round, rules_of
from hardship.web import sessions
from hardship.web.access import applicant, public
from hardship.web.language import _, choose, current_language, lazy, was_chosen
from hardship.web.proof import Gate

blueprint = Blueprint("apply", __name__)
blueprint.context_processor(page_defaults)
hold_forms_small(blueprint)

GATE = Gate("apply-start")
# Codes that open a form have 130 random bits: the limit spares the machine, it does not guard them.
RETURNS = Gate("apply-return", free=20)
FORGOTTEN = lazy(
    "What you wrote is not kept any more, or this device was not used for a while. "
    "You can start again, or go on with your code."
)


@blueprint.route("/apply", methods=["GET", "POST"])
@public
def start() -> ResponseReturnValue:
    """Who it is for, how long it takes, what happens to what people tell us."""
    runtime = current()
    with runtime.read() as database:
        round_ = open_round(database, runtime.clock.now())
        if round_ is None:
            return render_template("applications/closed.html", step=_("Closed now"))
        policy = current_policy(database, round_.id or 0)
    form = StartForm()
    wait = None
    if form.validate_on_submit() and (wait := GATE.passes()) is None:
        sessions.rotate()
        begun = runtime.transact(PUBLIC, drafts.begin, round_id=round_.id or 0, language=current_language())
        session["draft"] = begun
        return redirect(url_for("apply.ask", number="1"))
    rules = [in_words_of(rule["reason"]) for rule in rules_of(policy)]
    page = render_template(
        "applications/start.html",
        form=form,
        wait=wait,
        step=_("Start"),
        rules=rules,
        grant=grant_rule_of(policy),
        closes_at=round_.closes_at,
        under_way=bool(session.get("draft")),
    )
    return waiting(page, wait) or (page, 422 if form.errors else 200)


@blueprint.route("/apply/<number>", methods=["GET", "POST"])
@applicant
def ask(number: str) -> ResponseReturnValue:
    """One question. What was answered before is shown; `?from=check` leads back to the check page."""
    found = _written()
    if found is None:
        return _start_again()
    written, bank_details = found
    if written.application_id is not None:
        return redirect(url_for("apply.sent"))
    pages = journey(bank_details)
    place = next((at for at, one in enumerate(pages) if one.number == number), None)
    if place is None:
        abort(404)
    form = _form(number, bank_details, written)
    form.know(written)
    if form.validate_on_submit():
        current().transact(
            PUBLIC,
            drafts.keep,
            identity=written.id,
            question=number,
            answers=form.answers(),
            language=current_language(),
        )
        return redirect(_next_page(pages, place))
    if request.method == "GET":
        form.show(written, number)
    return _question_page(form, pages, place, helped=written.helped is not None)


def _form(number: str, bank_details: BankDetails, written: Written) -> QuestionForm:
    """The form of a question; a helper's safe contact is looked at more closely."""
    if number == "2" and written.helped is not None:
        return HelpedContactForm(written.helped.group)
    return form_for(number, bank_details)


def _question_page(
    form: QuestionForm, pages: tuple[Question, ...], place: int, *, helped: bool
) -> ResponseReturnValue:
    from_check = request.args.get("from") == "check"
    before = url_for("apply.ask", number=pages[place - 1].number) if place else url_for("apply.start")
    page = render_template(
        "applications/question.html",
        form=form,
        question=pages[place],
        helped=helped,
        step=_("%(number)d of %(all)d", number=place + 1, all=len(pages)),
        back=url_for("apply.check") if from_check else before,
    )
    return page, 422 if form.errors else 200


def _next_page(pages: tuple[Question, ...], place: int) -> str:
    if request.args.get("from") == "check" or place + 1 == len(pages):
        return url_for("apply.check")
    return url_for("apply.ask", number=pages[place + 1].number)


@blueprint.get("/apply/check")
@applicant
def check() -> ResponseReturnValue:
    """Everything that was answered, with a way to change each."""
    found = _written()
    if found is None:
        return _start_again()
    written, bank_details = found
    if written.application_id is not None:
        return redirect(url_for("apply.sent"))
    missing = first_missing(written.done, bank_details)
    if missing is not None:
        return redirect(url_for("apply.ask", number=missing.number))
    rows = [
        (question, shown_answers(question.number, written.answers).splitlines())
        for question in journey(bank_details)
    ]
    helped = written.helped is not None
    return render_template(
        "applications/check.html", form=SendForm(), rows=rows, helped=helped, step=_("Check")
    )


@blueprint.post("/apply/check")
@applicant
def send_it() -> ResponseReturnValue:
    """Send, once, however often the button is pressed."""
    runtime = current()
    try:
        runtime.transact(PUBLIC, send, identity=drafts.draft_id(runtime.vault, session["draft"]))
    except Incomplete as open_question:
        return redirect(url_for("apply.ask", number=open_question.number))
    except RoundClosed:
        return _closed_before_it_was_sent()
    except NotFound:
        return _start_again()
    return redirect(url_for("apply.sent"))


def _closed_before_it_was_sent() -> ResponseReturnValue:
    """The round closed meanwhile: what was written is kept until its own last day."""
    found = _written()
    if found is None:
        return _start_again()
    page = render_template(
        "applications/closed.html",
        step=_("Closed now"),
        code=session["draft"],
        kept_until=found[0].expires_at,
    )
    return page, 409


@blueprint.get("/apply/sent")
@applicant
def sent() -> ResponseReturnValue:
    """Reference, claim code, and what happens next. The page can be looked at again while the draft is kept."""
    runtime = current()
    with runtime.read() as database:
        draft = database.get(Draft, drafts.draft_id(runtime.vault, session["draft"]))
        if draft is None or draft.expires_at <= runtime.clock.now():
            return _start_again()
        if draft.application_id is None:
            return redirect(url_for("apply.check"))
        ref, claim_code = drafts.kept_receipt(database, runtime.vault, draft)
        case = database.get(Application, draft.application_id)
    helped = case is not None and case.source is Source.ASSISTED
    return render_template(
        "applications/sent.html", ref=ref, claim_code=claim_code, helped=helped, step=_("Sent")
    )


@blueprint.get("/apply/slip")
@applicant
def slip() -> ResponseReturnValue:
    """Reference and claim code as a plain text, to keep: its name and words say nothing of what it is for."""
    runtime = current()
    with runtime.read() as database:
        draft = database.get(Draft, drafts.draft_id(runtime.vault, session["draft"]))
        if draft is None or draft.expires_at <= runtime.clock.now():
            return _start_again()
        if draft.application_id is None:
            return redirect(url_for("apply.check"))
        ref, claim_code = drafts.kept_receipt(database, runtime.vault, draft)
    text = render_template("applications/slip.txt", ref=ref, claim_code=claim_code)
    answer = make_response(text)
    answer.headers["Content-Type"] = "text/plain; charset=utf-8"
    answer.headers["Content-Disposition"] = 'attachment; filename="note.txt"'
    return answer


@blueprint.get("/apply/save")
@applicant
def save() -> ResponseReturnValue:
    """The code to come back with."""
    found = _written()
    if found is None:
        return _start_again()
    missing = first_missing(found[0].done, found[1])
    onward = url_for("apply.ask", number=missing.number) if missing else url_for("apply.check")
    return render_template(
        "applications/save.html",
        code=session["draft"],
        kept_until=found[0].expires_at,
        onward=onward,
        step=_("Your code"),
    )


@blueprint.route("/apply/return", methods=["GET", "POST"])
@public
def come_back() -> ResponseReturnValue:
    """Go on with a form that was begun before, on any device."""
    form, wait = ReturnForm(), None
    if form.validate_on_submit() and (wait := RETURNS.passes()) is None:
        found = _read(form.code.data or "")
        if found is not None:
            sessions.rotate()
            session["draft"] = form.code.data
            if not was_chosen():
                choose(found[0].language)
            return redirect(url_for("apply.check"))
        form.refuse(
            "code",
            _(
                "We do not know this code. Check it, or start again. We keep a form for %(time)s",
                time=kept_for(),
            ),
        )
    page = render_template("applications/return.html", form=form, wait=wait, step=_("Go on"))
    return waiting(page, wait) or (page, 422 if form.errors else 200)


@blueprint.get("/leaving")
@public
def leaving() -> str:
    """What leaving these pages does not erase, said honestly."""
    return render_template("applications/leaving.html", step=_("Leaving"))


def _written() -> tuple[Written, BankDetails] | None:
    """This session's draft with its fund's rule about bank details, or None when it is not kept any more."""
    return _read(session["draft"])


def _read(secret: str) -> tuple[Written, BankDetails] | None:
    runtime = current()
    with runtime.read() as database:
        identity = drafts.draft_id(runtime.vault, secret)
        written = drafts.read(database, runtime.vault, identity, runtime.clock.now())
        if written is None:
            return None
        fund = fund_of(database, database.get(Round, written.round_id))
    return (written, fund.bank_details) if fund else None


def _start_again() -> ResponseReturnValue:
    cast(dict[str, object], session).pop("draft", None)
    flash(str(FORGOTTEN), "warning")
    return redirect(url_for("apply.start"))
