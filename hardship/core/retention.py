"""How long what is held is held: the periods, which are settings, counted from when the system recorded a thing."""

import datetime as dt
from collections.abc import Mapping
from enum import StrEnum

from hardship.core.errors import BadInput


class Period(StrEnum):
    """What has a period of its own."""

    DRAFTS = "drafts"  # forms that were not sent
    DEVICES = "devices"  # what tells one visitor from another
    EVIDENCE = "evidence"  # after the decision
    DETAILS = "details"  # contacts, narrative, bank details: after the case is settled
    COMPLAINTS = "complaints"  # after the answer
    TOKENS = "tokens"  # blind tokens, by their epoch
    BOOKS = "books"  # the nameless ledger: kept at least so long
    BACKUPS = "backups"  # copies of the database, by whoever makes them


DEFAULTS: Mapping[Period, dt.timedelta] = {
    Period.DRAFTS: dt.timedelta(days=7),
    Period.DEVICES: dt.timedelta(days=30),
    Period.EVIDENCE: dt.timedelta(days=90),
    Period.DETAILS: dt.timedelta(days=183),
    Period.COMPLAINTS: dt.timedelta(days=183),
    Period.TOKENS: dt.timedelta(days=730),
    Period.BOOKS: dt.timedelta(days=2557),
    Period.BACKUPS: dt.timedelta(days=30),
}
"""Seven days; thirty; ninety; six months, twice; twenty-four months; six years and the year; thirty days."""

LONGEST = 36_500


def parse(text: str, *, where: str) -> dict[Period, dt.timedelta]:
    """Periods written as `details=183, evidence=90`, in days; what is left out has its default. Raises `BadInput`."""
    found = dict(DEFAULTS)
    for part in filter(None, (one.strip() for one in text.split(","))):
        name, _, days = (piece.strip() for piece in part.partition("="))
        if name not in set(Period):
            raise BadInput(
                f"{name[:40]!r} is no period", where=where, fix=f"The periods are: {', '.join(Period)}."
            )
        if not days.isascii() or not days.isdigit() or not 1 <= int(days[:9]) <= LONGEST:
            raise BadInput("not a number of days", where=f"{where}: {name}", fix="Write it like details=183.")
        found[Period(name)] = dt.timedelta(days=int(days))
    if found[Period.BOOKS] < DEFAULTS[Period.BOOKS]:
        raise BadInput(
            "books are kept six years and the year",
            where=f"{where}: books",
            fix="Leave it out, or name more days.",
        )
    return found


def described(periods: Mapping[Period, dt.timedelta]) -> dict[str, int]:
    """The periods as days, for `--json`."""
    return {period.value: length.days for period, length in periods.items()}
