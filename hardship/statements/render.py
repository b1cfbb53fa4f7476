"""Setting a statement as files: JSON, CSV and PDF. The one place that knows WeasyPrint.

The same statement gives the same bytes: the PDF's metadata come from the statement, its identifier from the hash of
its content. Nothing is fetched, from nowhere: a statement that could load an address could be made to read a file.
"""

import csv
import datetime as dt
import io
from collections.abc import Sequence
from functools import cache
from typing import Any, cast

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from hardship.config import TEMPLATES
from hardship.core.money import display, plain
from hardship.statements.drawing import Drawn
from hardship.statements.figures import Line, by_day
from hardship.web.filters import FILTERS

MOST_LINES = 1000
"""Past this many lines the PDF shows a line a day, and refers to the CSV."""

COLUMNS = ("line", "id", "stated_on", "received_on", "gift", "match", "running_total")


def files_of(drawn: Drawn, base_url: str) -> list[tuple[str, str, bytes]]:
    """The statement's files as (name, media type, bytes). The names say nothing but the statement's own ref."""
    stem = f"statement-{drawn.ref}"
    return [
        (f"{stem}.pdf", "application/pdf", pdf(drawn, base_url)),
        (f"{stem}.csv", "text/csv; charset=utf-8", lines_csv(drawn.lines)),
        (f"{stem}.json", "application/json", drawn.content),
    ]


def lines_csv(lines: Sequence[Line]) -> bytes:
    """Every line as CSV: ISO dates, plain decimals; no cell can be read as a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for number, line in enumerate(lines, start=1):
        days = (line.stated_on.isoformat(), line.received_on.isoformat())
        writer.writerow([number, line.id, *days, plain(line.gift), plain(line.match), plain(line.running)])
    return out.getvalue().encode()


def html(drawn: Drawn, base_url: str) -> str:
    """The statement as a page, from which the PDF is set."""
    grouped = len(drawn.lines) > MOST_LINES
    values = {
        "statement": drawn,
        "head": drawn.head,
        "figures": drawn.figures,
        "issued_at": dt.datetime.fromisoformat(drawn.head["issued_at"]),
        "lines": [] if grouped else drawn.lines,
        "days": by_day(drawn.lines) if grouped else [],
        "verify_at": f"{base_url}/verify",
        "money": lambda minor: "–" if minor is None else display(minor, drawn.head["currency"]),
    }
    return _templates().get_template("statements/statement.html").render(**values)


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update({function.__name__: function for function in FILTERS})
    return environment


def pdf(drawn: Drawn, base_url: str) -> bytes:
    """The statement as a tagged PDF (PDF/UA)."""
    import weasyprint  # here: it takes half a second and most commands never need it

    style = (TEMPLATES / "statements" / "statement.css").read_text(encoding="utf-8")
    page = weasyprint.HTML(string=html(drawn, base_url), url_fetcher=refuse_address)
    written = page.write_pdf(
        stylesheets=[weasyprint.CSS(string=style, url_fetcher=refuse_address)],
        pdf_identifier=drawn.content_sha256[:32].encode(),
        pdf_variant="pdf/ua-1",
    )
    return cast(bytes, written)


def refuse_address(url: str, *_: Any, **__: Any) -> dict[str, Any]:
    """The fetcher: a statement needs nothing from anywhere."""
    raise ValueError("a statement loads nothing")
