"""From a journal to what it stands for, and back. Rooms say where their things are shown:

    causes.link(app, "contribution", lambda ref: url_for("contributions.show_gift", ref=ref))

and their pages lead back with `journals_of("contribution:G-17")`.
"""

from collections.abc import Callable
from typing import cast

from flask import Flask, current_app, url_for

Where = Callable[[str], str | None]


def link(app: Flask, prefix: str, where: Where) -> None:
    """Let `where(ref)` say at which address the thing `prefix:ref` is shown; None when it is not shown."""
    _links(app)[prefix] = where


def href(cause: str) -> str:
    """The address of what a journal stands for; empty when no page shows it."""
    prefix, _, ref = cause.partition(":")
    where = _links(current_app).get(prefix)
    return (where(ref) if where else None) or ""


def journals_of(cause: str) -> str:
    """The address of the journals that stand for something."""
    return url_for("ledger.list_journals", cause=cause)


def _links(app: Flask) -> dict[str, Where]:
    return cast(dict[str, Where], app.extensions.setdefault("hardship_causes", {}))
