"""What a case page says of help: how it came in, how the person agreed, which group helped. Never who."""

from flask import Flask, render_template
from markupsafe import Markup
from sqlmodel import Session

from hardship.applications.helping.models import Consent, Helped
from hardship.applications.helping.queries import help_with
from hardship.applications.models import Application
from hardship.core.actor import Actor
from hardship.core.runtime import current
from hardship.review.casepage import add_panel

HOW = {
    Helped.WITH: "The person said it, and somebody else wrote it down.",
    Helped.FOR: "Somebody else told us in the person's place.",
    Helped.TYPED: "The person wrote it on paper.",
}
AGREED = {
    Consent.AGREED: "Whoever helped says that the person agreed.",
    Consent.SIGNED: "The person signed the paper.",
    Consent.SPOKEN: "The person said to the colleague that they agree.",
}


def init_app(app: Flask) -> None:
    """Show the panel."""
    add_panel(app, helped_panel)


def helped_panel(session: Session, _actor: Actor, application: Application) -> "Markup | str":
    """How somebody helped with a case, or nothing."""
    helped = help_with(session, current().vault, application)
    if helped is None:
        return ""
    by_colleague = helped.entered_by_id is not None
    return Markup(  # noqa: S704 — a template of ours, which escapes what it shows
        render_template(
            "review/helped.html",
            how=HOW[helped.how],
            agreed=AGREED[helped.consent],
            group=helped.group,
            by_colleague=by_colleague,
        )
    )
