"""Setting a statement as files: JSON, CSV and PDF.

The same statement gives the same bytes: the PDF's metadata come from the statement, its identifier from the hash of
its content.
"""

import csv
import datetime as dt
import io
from collections.abc import Sequence

from hardship.core.money import display, plain
from hardship.statements.drawing import Drawn
from hardship.statements.figures import Line, by_day
from hardship.web.pdf import page_of, pdf_of

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
    return page_of("statements/statement.html", **values)


def pdf(drawn: Drawn, base_url: str) -> bytes:
    """The statement as a tagged PDF (PDF/UA)."""
    return pdf_of(html(drawn, base_url), drawn.content_sha256)
