"""What both journeys share: the name that pages bear, and reading the session."""

from typing import Any

from flask import Blueprint, g, request
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from hardship.core.errors import HardshipError
from hardship.core.runtime import current
from hardship.funds.models import Fund, Round
from hardship.funds.queries import funds, open_round
from hardship.web.language import ENGLISH, _, current_language, lazy
from hardship.web.proof import Wait

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
        with runtime.read() as session:
            fund = fund_of(session, open_round(session, runtime.clock.now()))
        g.public_name = fund.public_name if fund else "Support"
    return {"public_name": g.public_name}
