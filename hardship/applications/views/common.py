"""What both journeys share: the name that pages bear, and reading the session."""

from typing import Any

from flask import Blueprint, g, request
from sqlmodel import Session

from hardship.core.runtime import current
from hardship.funds.models import Fund, Round
from hardship.funds.queries import funds, open_round

MAX_FORM = 256 * 1024  # bytes of a form; ours are a few thousand


def hold_forms_small(blueprint: Blueprint) -> None:
    """Refuse (413) what is far too large for these pages, before any of it is read."""

    @blueprint.url_value_preprocessor
    def limit(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
        request.max_content_length = MAX_FORM


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
