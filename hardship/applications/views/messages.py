"""The applicant's pages for messages, for correcting what they told, and for asking again."""

import datetime as dt
from dataclasses import dataclass, field

from flask import Blueprint, abort, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from hardship.applications import drafts
from hardship.applications.drafts import Written
from hardship.applications.forms import QuestionForm, form_for, shown_answers
from hardship.applications.messages import again, correcting, queries, writing
from hardship.applications.messages.forms import MessageForm
from hardship.applications.messages.models import Direction, Ending, InfoRequest, Message, Wants
from hardship.applications.messages.writing import Said
from hardship.applications.models import Application, Draft
from hardship.applications.queries import answers_of, by_ref
from hardship.applications.questions import QUESTIONS, Question
from hardship.applications.service import open_answers
from hardship.applications.views.common import hold_forms_small, page_defaults, told
from hardship.core.actor import Actor, ActorKind
from hardship.core.errors import BadInput, Conflict, NotFound
from hardship.core.runtime import current
from hardship.funds.models import BankDetails
from hardship.web import sessions
from hardship.web.access import applicant
from hardship.web.language import _, _n, current_language

ROOM = 7_000  # bytes of messages on one page: with the rest of it fifteen thousand at the most, but for a long one
FRAME = 350  # bytes around the words of each

blueprint = Blueprint("messages", __name__)
blueprint.context_processor(page_defaults)
hold_forms_small(blueprint)


@dataclass(frozen=True)
class Talk:
    """What the applicant's page says of the conversation. `words` is the open question; `unread` counts what the fund
    wrote besides. `erased`: nothing of them is left to change, and there is nobody to write to."""

    question: InfoRequest | None = None
    words: str = field(default="", repr=False)
    unread: int = 0
    no_answer_on: dt.datetime | None = None
    may_correct: bool = False
    may_ask_again: bool = False
    erased: bool = False

    @property
    def news(self) -> str:
        """How many messages are new, in words; "" for none."""
        if not self.unread:
            return ""
        return _n("You have %(num)d new message", "You have %(num)d new messages", self.unread)


def on_status(application: Application) -> Talk:
    """What the applicant's page says of the conversation. An open question is read by being shown there."""
    runtime = current()
    with runtime.read() as database:
        if answers_of(database, application.id or 0) is None:
            return Talk(erased=True)  # they were erased: nothing is left to read, to correct or to send again
        question = queries.open_question(database, application)
        words = (
            writing.question_words(database, runtime.vault, application, question)
            if question is not None
            else ""
        )
        message = database.get(Message, question.message_id) if question is not None else None
        fresh = message is not None and message.read_at is None
        talk = Talk(
            question,
            words,
            queries.unread(database, application.id or 0, Direction.FUND) - fresh,
            _unanswered(database, application),
            correcting.may_correct(application),
            application.state in again.OVER
            and again.round_for(database, application, runtime.clock.now()) is not None,
        )
    if fresh and question is not None:
        runtime.transact(
            _applicant(),
            writing.read_by_applicant,
            application_id=application.id or 0,
            only=question.message_id,
        )
    return talk


def _unanswered(database: Session, application: Application) -> dt.datetime | None:
    """When the time for the last question was over without an answer, while it matters."""
    last = (
        queries.last_question(database, application.id or 0) if correcting.may_correct(application) else None
    )
    return last.closed_at if last is not None and last.ending is Ending.NO_ANSWER else None


# --- Messages -------------------------------------------------------------------------------------------------------


@blueprint.route("/status/messages", methods=["GET", "POST"])
@applicant
def talk() -> ResponseReturnValue:
    """What was said to and fro, with a question on top, and a form to write. Opening it is reading it."""
    application, form = _case(), MessageForm()
    if form.validate_on_submit():
        try:
            current().transact(
                _applicant(),
                writing.write,
                application_id=application.id or 0,
                words=form.words.data or "",
                once=form.once.data or "",
            )
        except BadInput as error:
            form.refuse("words", told(error))
        except (Conflict, NotFound) as error:
            form.form_errors.append(told(error))
        else:
            flash(_("Thank you. We have it. A person reads it."))
            return redirect(url_for("messages.talk"))
    return _thread_page(application, form)


def _thread_page(application: Application, form: MessageForm) -> ResponseReturnValue:
    runtime, before = current(), request.args.get("before", type=int)
    with runtime.read() as database:
        said = writing.opened(database, runtime.vault, application, reader=Direction.APPLICANT)
        question = queries.open_question(database, application)
    if any(one.new for one in said):
        runtime.transact(_applicant(), writing.read_by_applicant, application_id=application.id or 0)
    asked = next((one for one in said if question is not None and one.number == question.message_id), None)
    shown, older = _that_fit(said, before)
    page = render_template(
        "applications/messages/thread.html",
        form=form,
        said=shown,
        older=older,
        question=question,
        asked=asked,
        wants=question.wants if question is not None else None,
        Wants=Wants,
        step=_("Messages"),
    )
    return page, 422 if form.errors or form.form_errors else 200


def _that_fit(said: list[Said], before: int | None) -> tuple[list[Said], int | None]:
    """The newest messages before a number, oldest first, as many as keep the page light; and the number before which the
    earlier ones are, if there are any. What is new is always among them."""
    shown: list[Said] = []
    room = ROOM
    for one in reversed(said):
        if before is not None and one.number >= before:
            continue
        room -= len(one.words.encode()) + FRAME
        if shown and room < 0 and not any(other.new for other in said if other.number <= one.number):
            return shown[::-1], shown[-1].number
        shown.append(one)
    return shown[::-1], None


# --- What was told --------------------------------------------------------------------------------------------------


@blueprint.get("/status/details")
@applicant
def details() -> ResponseReturnValue:
    """What was told and may be corrected, with a way to change each."""
    application = _case()
    known = _told(application)
    if known is None or not correcting.may_correct(application):
        return redirect(url_for("status.show"))
    rows = [(one, _shown(one.number, known).splitlines()) for one in _questions()]
    return render_template("applications/messages/details.html", rows=rows, step=_("What you told us"))


@blueprint.route("/status/details/<number>", methods=["GET", "POST"])
@applicant
def correct(number: str) -> ResponseReturnValue:
    """Correct the answer to one question, held to what the form of the application asks."""
    application = _case()
    question = next((one for one in _questions() if one.number == number), None)
    if question is None:
        abort(404)
    known = _told(application)
    if known is None or not correcting.may_correct(application):
        return redirect(url_for("status.show"))
    form = form_for(number, BankDetails.AFTER_APPROVAL)
    if form.validate_on_submit() and (answer := _corrected(application, form)) is not None:
        return answer
    if not form.is_submitted():
        form.show(Written("", 0, known, frozenset({number})), number)
    page = render_template(
        "applications/messages/correct.html",
        form=form,
        question=question,
        step=_("Change, part %(number)s", number=number),
    )
    return page, 422 if form.errors else 200


def _corrected(application: Application, form: QuestionForm) -> ResponseReturnValue | None:
    """Where a good correction leads; None leaves the form, which says what is wrong."""
    try:
        changed = current().transact(
            _applicant(), correcting.correct, application_id=application.id or 0, answers=form.answers()
        )
    except BadInput as error:
        form.refuse(error.where if error.where in form else next(iter(form.answers())), told(error))
        return None
    except (Conflict, NotFound) as error:
        flash(told(error), "error")
        return redirect(url_for("status.show"))
    if changed:
        flash(_("Thank you. We have what you changed. The people who decide are told that it changed."))
    else:
        flash(_("Nothing was changed."), "warning")
    return redirect(url_for("messages.details"))


def _questions() -> list[Question]:
    return [one for one in QUESTIONS if one.number in correcting.QUESTIONS]


def _shown(number: str, known: dict[str, str]) -> str:
    """An answer as the page shows it; an application from elsewhere may lack an income."""
    if number == "5" and not {"income_before", "income_now"} <= set(known):
        return ""
    return shown_answers(number, known)


def _told(application: Application) -> dict[str, str] | None:
    """What may be corrected, opened for its own applicant; None once they were erased."""
    runtime = current()
    with runtime.read() as database:
        row = answers_of(database, application.id or 0)
        if row is None:
            return None
        sealer = runtime.vault.person(database, application.data_key_id)
        return open_answers(sealer, application.ref, row, correcting.FIELDS)


# --- Asking again ---------------------------------------------------------------------------------------------------


@blueprint.post("/status/again")
@applicant
def ask_again() -> ResponseReturnValue:
    """Begin a form with what was told before, and go to the page where it is checked and sent. Pressed twice, or after
    going back, it is the same form."""
    application = _case()
    if not _under_way(application):
        try:
            secret = current().transact(
                _applicant(), again.start, application_id=application.id or 0, language=current_language()
            )
        except (Conflict, NotFound) as error:
            flash(told(error), "error")
            return redirect(url_for("status.show"))
        sessions.rotate()
        session["draft"] = secret
    return redirect(url_for("apply.check"))


def _under_way(application: Application) -> bool:
    """Whether this browser is writing that form already."""
    runtime = current()
    if not session.get("draft"):
        return False
    with runtime.read() as database:
        draft = database.get(Draft, drafts.draft_id(runtime.vault, session["draft"]))
    return (
        draft is not None
        and draft.again_of_id == application.id
        and draft.application_id is None
        and draft.expires_at > runtime.clock.now()
    )


def _case() -> Application:
    with current().read() as database:
        return by_ref(database, session["case"])


def _applicant() -> Actor:
    return Actor(ActorKind.APPLICANT, session["case"])
