"""The books' page."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from flask import Blueprint, Flask, render_template

from hardship.core.runtime import current
from hardship.ledger.models import NATURE, AccountKind, Pot
from hardship.ledger.queries import balances, check
from hardship.staff.home import add_place
from hardship.staff.permissions import Permission
from hardship.web.access import requires

blueprint = Blueprint("ledger", __name__)


def init_app(app: Flask) -> None:
    """Register the page and its place in the navigation."""
    app.register_blueprint(blueprint)
    add_place(app, "Ledger", "/staff/ledger", Permission.SEE_MONEY)


@blueprint.get("/staff/ledger")
@requires(Permission.SEE_MONEY)
def show_ledger() -> str:
    """Each fund's figures and what stands on each account of its pots."""
    with current().read() as session:
        found = check(session)
        pots = by_pot(balances(session))
    return render_template("ledger/books.html", check=found, pots=pots)


def by_pot(found: Sequence[tuple[Pot, AccountKind, int]]) -> list[dict[str, Any]]:
    """Balances by pot: account, nature, debit or credit."""
    return [
        {
            "pot": pot,
            "accounts": [
                {
                    "name": kind.value.replace("_", " ").capitalize(),
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
