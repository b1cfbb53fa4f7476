"""What finance's pages for gifts share: funds to choose from, refusals at their fields, files handed out."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from flask import Response, make_response
from sqlmodel import Session

from hardship.core.errors import HardshipError
from hardship.core.runtime import current
from hardship.core.sheets import Sheet, as_csv, as_xlsx
from hardship.funds.models import Fund
from hardship.funds.queries import funds
from hardship.web.forms import Form, as_choices

Page = str | Response | tuple[str, int] | Any
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def fund_choices(session: Session, form: Any) -> Sequence[Fund]:
    """Every fund, put into the form's field."""
    every = funds(session)
    form.fund.choices = as_choices((one.slug, one.name) for one in every)
    return every


def with_funds(form: Any) -> Any:
    """A form whose field `fund` offers every fund."""
    with current().read() as session:
        fund_choices(session, form)
    return form


def refused(form: Form, error: HardshipError, fields: Mapping[str, str] | None = None) -> None:
    """Show what a service refused at the field that it names, or at the first one; only what can be typed is shown so."""
    name = (fields or {}).get(error.where, error.where.replace("-", "_"))
    if name not in form:
        name = next(field.name for field in form if field.type not in {"CSRFTokenField", "HiddenField"})
    form.refuse(name, f"{error.what}. {error.fix}".strip())


def tried(form: Form, do: Callable[[], Any], fields: Mapping[str, str] | None = None) -> tuple[bool, Any]:
    """Whether a form that was sent is right and its use case went through, with the result; what was refused stands at its
    field, and what was typed stays."""
    if not form.validate_on_submit():
        return False, None
    try:
        return True, do()
    except HardshipError as error:
        if error.status in {403, 404, 500}:
            raise
        refused(form, error, fields)
        return False, None


def handed_out(name: str, kind: str, sheets: Iterable[Sheet]) -> Response:
    """Tables as a download that no browser or proxy keeps: `xlsx` holds all of them, `csv` the first."""
    every = list(sheets)
    body = as_xlsx(*every) if kind == "xlsx" else as_csv(every[0])
    answer = make_response(body)
    answer.headers["Content-Type"] = XLSX if kind == "xlsx" else "text/csv; charset=utf-8"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer
