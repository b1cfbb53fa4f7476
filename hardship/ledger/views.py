"""The books' pages: what stands where, and the way to everything else."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from flask import Flask, render_template, url_for

from hardship.core.runtime import current
from hardship.ledger import causes, journal_views, keeping_views, report_views
from hardship.ledger.journals import accounts_by_kind
from hardship.ledger.models import NATURE, AccountKind, Pot
from hardship.ledger.pages import blueprint
from hardship.ledger.queries import balances, check
from hardship.ledger.reports.words import name_of
from hardship.staff.home import add_place
from hardship.staff.permissions import Permission, holds
from hardship.staff.session import current_actor
from hardship.web.access import requires

__all__ = ["init_app", "journal_views", "keeping_views", "report_views"]


def init_app(app: Flask) -> None:
    """Register the pages, their place in the navigation, and where the books' own things are shown."""
    app.register_blueprint(blueprint)
    add_place(app, "Ledger", "/staff/ledger", Permission.SEE_MONEY)
    causes.link(app, "loss", lambda ref: url_for("ledger.show_loss", ref=ref))
    causes.link(app, "loss_recovery", lambda _ref: url_for("ledger.show_losses"))
    causes.link(app, "fund", lambda ref: url_for("ledger.list_journals", fund=ref))
    app.add_template_filter(name_of, "account_name")
    app.add_template_global(causes.href, "cause_href")
    app.add_template_global(causes.journals_of, "journals_of")


@blueprint.get("/staff/ledger")
@requires(Permission.SEE_MONEY)
def show_ledger() -> str:
    """Each fund's figures and what stands on each account of its pots."""
    with current().read() as session:
        found = check(session)
        pots = by_pot(balances(session))
        numbers = accounts_by_kind(session)
    may = holds(current_actor(), Permission.KEEP_BOOKS)
    return render_template("ledger/books.html", check=found, pots=pots, numbers=numbers, may=may)


def by_pot(found: Sequence[tuple[Pot, AccountKind, int]]) -> list[dict[str, Any]]:
    """Balances by pot: account, nature, debit or credit."""
    return [
        {
            "pot": pot,
            "accounts": [
                {
                    "kind": kind.value,
                    "name": name_of(kind),
                    "nature": NATURE[kind].value.capitalize(),
                    "debit": minor if minor > 0 else None,
                    "credit": -minor if minor < 0 else None,
                }
                for _, kind, minor in rows
            ],
        }
        for pot, rows in ((rows[0][0], rows) for rows in _groups(found))
    ]


def _groups(
    found: Sequence[tuple[Pot, AccountKind, int]],
) -> list[list[tuple[Pot, AccountKind, int]]]:
    return [list(rows) for _, rows in groupby(found, key=lambda row: row[0].ref)]
