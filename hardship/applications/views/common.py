"""What both journeys share: the name that pages bear, and reading the session."""

from typing import Any

from flask import Blueprint, g, request, session
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from hardship.applications.drafts import lifetime
from hardship.core.errors import HardshipError
from hardship.core.runtime import current
from hardship.funds.models import Fund, Round
from hardship.funds.queries import funds, open_round
from hardship.web.errors import Visitor
from hardship.web.language import ENGLISH, _, _n, current_language, lazy
from hardship.web.proof import Wait

NAMELESS = "Support"  # what pages are called while there is no fund
MAX_FORM = 256 * 1024  # bytes of a form; ours are a few thousand


def hold_forms_small(blueprint: Blueprint) -> None:
    """Refuse (413) what is far too large for these pages, before any of it is read."""

    @blueprint.url_value_preprocessor
    def limit(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
        request.max_content_length = MAX_FORM


def waiting(page: str, wait: Wait | None) -> ResponseReturnValue | None:
    """The page as the answer to a form that has to wait, with what was typed in it; None when nothing has to."""
    return None if wait is None else (page, wait.status, wait.headers)


REFUSALS = (
    lazy("this application is closed"),
    lazy("Bank details are not needed any more."),
    lazy("Nothing more is needed."),
    lazy("this cannot be taken back any more"),
    lazy("It is closed already."),
    lazy("Ask the fund's people."),
    lazy("this person's details were erased"),
    lazy("They cannot be changed."),
    lazy("it is needed with the bank details"),
    lazy("this was sent already"),
    lazy("Look at its page with your reference and claim code."),
    lazy("what you wrote is not kept any more"),
    lazy("Please start again."),
    lazy("the money is on its way already"),
    lazy("Wait until the payment has ended."),
    lazy("Wait a few minutes, then try again."),
    lazy("there is nothing in it"),
    lazy("Write your message."),
    lazy("we have not read your last messages yet"),
    lazy("Please wait until we have."),
    lazy("They cannot be read again."),
    lazy("What you told us cannot be changed any more."),
    lazy("this application is not closed"),
    lazy("You can ask again after it is."),
    lazy("you have asked again already"),
    lazy("Look at its page with its reference and claim code."),
    lazy("we are not taking applications now"),
    lazy("What you wrote is kept for a while."),
    lazy("there are enough documents already"),
    lazy("Wait until a person has looked at them, or take one away."),
    lazy("there is no such document"),
    lazy("Go back to the case."),
)
"""What services say to applicants when they refuse; named here so that every language says it."""


def in_words_of(said: str) -> tuple[str, str]:
    """A fund's own words in the current language, as far as we know them, and the language that they are now in."""
    translated = _(said)
    code = current_language()
    return translated, "" if code == ENGLISH or translated != said else "en-GB"


def told(error: HardshipError) -> str:
    """What an applicant is told of a refusal, in their language."""
    what = _(error.what)
    said = what[:1].upper() + what[1:]
    return f"{said}. {_(error.fix)}" if error.fix else f"{said}."


def fund_of(session: Session, round_: Round | None) -> Fund | None:
    """The round's fund; without a round the instance's first, so that a closed fund's pages bear its name."""
    if round_ is not None:
        return session.get(Fund, round_.fund_id)
    return next(iter(funds(session)), None)


def page_defaults() -> dict[str, Any]:
    """The public name for the layout: all that the browser's tab says."""
    if "public_name" not in g:
        runtime = current()
        with runtime.read() as database:
            fund = fund_of(database, open_round(database, runtime.clock.now()))
        g.public_name = fund.public_name if fund else NAMELESS
    return {"public_name": g.public_name, "kept_for": kept_for()}


def visitor() -> Visitor:
    """Who sees an error page: it bears the fund's name, and has the way out for whoever is an applicant here."""
    try:
        name = page_defaults()["public_name"]
    except SQLAlchemyError:
        name = NAMELESS  # the database is away, and the page that says so is still drawn
    return Visitor(name, bool(session.get("draft") or session.get("case")))


def kept_for() -> str:
    """For how long a form is kept that is not sent, in words."""
    return _n("%(num)d day", "%(num)d days", lifetime(current()).days)
