"""What the match shows: its pages have modules of their own, and a gift's page has a part that says why it was matched."""

from typing import Any

from flask import Flask, url_for
from sqlmodel import Session

from hardship.contributions.listing import SECTIONS
from hardship.contributions.models import Contribution
from hardship.ledger import causes
from hardship.matching import unmatched_views
from hardship.matching.agreement_views import blueprint, to_be_done
from hardship.matching.onegift import explain
from hardship.matching.sentences import WHY, explained
from hardship.staff.home import add_place, add_waiting
from hardship.staff.permissions import Permission

__all__ = ["blueprint", "init_app", "unmatched_views"]


def init_app(app: Flask) -> None:
    """Register the pages and their places in the navigation."""
    app.register_blueprint(blueprint)
    app.extensions["hardship"].extensions.setdefault(SECTIONS, []).append(_why_matched)
    causes.link(app, "agreement", lambda ref: url_for("matching.show_agreement", ref=ref))
    add_place(app, "Match", "/staff/agreements", Permission.SEE_MONEY)
    add_waiting(app, Permission.MANAGE_AGREEMENTS, to_be_done)
    add_place(app, "Unmatched", "/staff/unmatched", Permission.SEE_MONEY)


def _why_matched(session: Session, gift: Contribution) -> tuple[str, dict[str, Any]]:
    """The part of a gift's page that says how it was matched, and why not more."""
    found = explain(session, gift)
    return "matching/gift_section.html", {"found": found, "said": explained(found), "why": WHY}
