"""The conversation with an applicant on the case page, and the pages for writing and asking."""

from collections.abc import Iterable
from typing import Any

from flask import Blueprint, Flask, flash, redirect, render_template, url_for
from markupsafe import Markup
from sqlmodel import Session
from werkzeug.wrappers import Response

from hardship.applications.messages import queries, writing
from hardship.applications.messages.models import Direction, Wants
from hardship.applications.models import Application, SafeContact
from hardship.applications.queries import by_ref
from hardship.applications.transitions import MACHINE, ApplicationEvent
from hardship.core.actor import Actor
from hardship.core.errors import BadInput, Conflict, NotFound
from hardship.core.runtime import current
from hardship.review.casepage import add_panel
from hardship.review.queries import has_conflict, has_opened, vote_of, votes_on
from hardship.review.talking import service, waiting
from hardship.review.talking.forms import AskForm, ReplyForm
from hardship.staff import home
from hardship.staff.permissions import Permission, holds
from hardship.staff.session import current_actor, deny
from hardship.web.access import requires
from hardship.web.language import ENGLISH, LANGUAGES

blueprint = Blueprint("talking", __name__)

Answer = str | Response | tuple[str, int]


def init_app(app: Flask) -> None:
    """Register the pages, the conversation's part of the case page, and what waits for somebody."""
    app.register_blueprint(blueprint)
    home.add_waiting(app, Permission.CONVERSE, _waiting)
    add_panel(app, change_panel)
    add_panel(app, talk_panel)


def _waiting(session: Session, actor: Actor) -> Iterable[home.Waiting]:
    staff_id = actor.staff_id or 0
    yield home.Waiting(
        "cases given to you have a new message",
        waiting.count_messages(session, staff_id, mine=True),
        url_for("talking.show_messages"),
        one="case given to you has a new message",
    )
    yield home.Waiting(
        "cases have a new message",
        waiting.count_messages(session, staff_id, mine=False),
        url_for("talking.show_messages"),
        one="case has a new message",
    )
    yield home.Waiting(
        "cases changed since you voted",
        waiting.count_changed(session, staff_id),
        url_for("talking.show_messages"),
        one="case changed since you voted",
    )


@blueprint.get("/staff/messages")
@requires(Permission.CONVERSE)
def show_messages() -> str:
    """The cases with a message that nobody has read, oldest first, and those that changed since the reader voted."""
    staff_id = current_actor().staff_id or 0
    with current().read() as session:
        cases = waiting.with_messages(session, staff_id)
        changed = waiting.changed(session, staff_id)
    return render_template("review/messages.html", cases=cases, changed=changed)


# --- On the case page -----------------------------------------------------------------------------------------------


def change_panel(session: Session, actor: Actor, application: Application) -> str:
    """That the case changed since the reader voted, or since others did; and the applicant's own earlier cases."""
    number, changed_at = application.id or 0, application.changed_at
    own = vote_of(session, number, actor.staff_id or 0)
    votes = votes_on(session, number) if changed_at else []
    before = [vote for vote in votes if changed_at and vote.at < changed_at]
    earlier = queries.earlier_cases(session, application)
    if not before and not earlier:
        return ""
    return Markup(  # noqa: S704 — a template of ours, which escapes what it shows
        render_template(
            "review/changed.html",
            changed_at=changed_at,
            own=own is not None and own in before,
            others=len([vote for vote in before if vote.staff_id != actor.staff_id]),
            earlier=earlier,
        )
    )


def talk_panel(session: Session, actor: Actor, application: Application) -> str:
    """The conversation, with a form to write; what is new to the reader is noted as read."""
    if not holds(actor, Permission.CONVERSE) or has_conflict(
        session, application.id or 0, actor.staff_id or 0
    ):
        return ""
    runtime, number = current(), application.id or 0
    after = queries.read_up_to(session, number, actor.staff_id or 0)
    said = writing.opened(
        session, runtime.vault, application, reader=Direction.FUND, after=after, staff_id=actor.staff_id
    )
    if any(one.new for one in said) or (said and application.message_at is not None):
        runtime.transact(actor, service.read, application_id=number, up_to=said[-1].number)
    return Markup(  # noqa: S704 — a template of ours, which escapes what it shows
        render_template(
            "review/talk.html",
            application=application,
            said=said,
            question=queries.last_question(session, number),
            is_open=queries.open_question(session, application) is not None,
            reply=ReplyForm(formdata=None),
            reached=application.safe_contact is not SafeContact.NONE,
            reads=_reads(application),
            may_ask=MACHINE.can(application.state, ApplicationEvent.REQUEST_INFO),
        )
    )


@blueprint.route("/staff/cases/<ref>/message", methods=["GET", "POST"])
@requires(Permission.CONVERSE)
def write(ref: str) -> Answer:
    """Write to the applicant. What cannot be sent stays on the page."""
    application, form = _case(ref), ReplyForm()
    if form.validate_on_submit():
        try:
            current().transact(
                current_actor(),
                service.write,
                application_id=application.id or 0,
                words=str(form.words.data),
                once=str(form.once.data),
            )
        except (BadInput, Conflict, NotFound) as error:
            form.form_errors.append(str(error))
        else:
            flash("The message is on the applicant's page.")
            return redirect(_back(ref), code=303)
    return _page("review/write.html", application, form)


@blueprint.route("/staff/cases/<ref>/ask", methods=["GET", "POST"])
@requires(Permission.CONVERSE)
def ask(ref: str) -> Answer:
    """Put a question to the applicant. The case waits for the answer."""
    application, form = _case(ref), AskForm()
    if form.validate_on_submit():
        try:
            asked = current().transact(
                current_actor(),
                service.ask,
                application_id=application.id or 0,
                words=str(form.words.data),
                wants=Wants(form.wants.data),
                once=str(form.once.data),
            )
        except (BadInput, Conflict, NotFound) as error:
            form.form_errors.append(str(error))
        else:
            told = "They are told that there is news." if asked.told else "They see it when they look."
            flash(f"{application.ref}: your question is on the applicant's page. {told}")
            return redirect(_back(ref), code=303)
    return _page("review/ask.html", application, form, days=current().settings.answer_days)


def _page(template: str, application: Application, form: Any, **more: Any) -> Answer:
    html = render_template(
        template,
        form=form,
        ref=application.ref,
        reached=application.safe_contact is not SafeContact.NONE,
        reads=_reads(application),
        **more,
    )
    return html, 422 if form.errors or form.form_errors else 200


def _reads(application: Application) -> str:
    """The language in which they chose to read, for whoever writes to them; "" for English."""
    return "" if application.language == ENGLISH else LANGUAGES.get(application.language, "")


def _back(ref: str) -> str:
    return url_for("review.show_case", ref=ref, _anchor="conversation")


def _case(ref: str) -> Application:
    """The case for somebody who may see it and has opened it; to somebody with a conflict it does not exist."""
    actor = current_actor()
    with current().read() as session:
        application = by_ref(session, ref)
        if has_conflict(session, application.id or 0, actor.staff_id or 0):
            deny(actor, f"application:{application.ref}")
            raise NotFound("no application has this reference", fix="Check the reference.")
        if not has_opened(session, application.id or 0, actor.staff_id or 0):
            raise Conflict("you have not opened this case", where=application.ref, fix="Open it first.")
        return application
