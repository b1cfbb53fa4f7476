"""What the books' pages share: the blueprint, what is chosen in the address, and files to take away."""

import datetime as dt

from flask import Blueprint, Response, request

from hardship.core.clock import day_of, parse_day
from hardship.core.errors import BadInput
from hardship.core.runtime import current
from hardship.core.sheets import Sheet, as_csv, as_xlsx
from hardship.ledger.reports.sums import Span
from hardship.staff.permissions import Permission, require
from hardship.staff.session import current_actor

blueprint = Blueprint("ledger", __name__)

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def asked(name: str, longest: int = 120) -> str:
    """What the address says of `name`, empty when it says nothing."""
    return request.args.get(name, "").strip()[:longest]


def day_asked(name: str) -> dt.date | None:
    """The day in the address; raises `BadInput` for what is no day."""
    text = asked(name, 20)
    return parse_day(text, where=name) if text else None


def span_asked() -> Span:
    """The period in the address, up to today when it names no end; raises `BadInput`."""
    return Span(day_asked("from"), day_asked("to") or day_of(current().clock.now()))


def kept(*names: str) -> dict[str, str]:
    """What the address says, without what is empty, for links that keep it."""
    return {name: value for name in names if (value := asked(name))}


def file_asked(sheet: Sheet, name: str) -> Response | None:
    """The table as the file that the address asks for with `format`, or None when it asks for a page."""
    wanted = asked("format", 10)
    if not wanted:
        return None
    if wanted not in TYPES:
        raise BadInput("there is no such format", where="format", fix="Choose csv or xlsx.")
    require(current_actor(), Permission.EXPORT)
    body = as_csv(sheet) if wanted == "csv" else as_xlsx(sheet)
    answer = Response(body, content_type=TYPES[wanted])
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.{wanted}"'
    return answer
