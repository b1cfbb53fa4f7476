"""The statement's files: the same bytes for the same statement, nothing fetched, a line a day past a thousand."""

import datetime as dt
import io

import pypdf
import pytest

from hardship.statements.drawing import Asked, Drawn
from hardship.statements.figures import Line, Movements, by_month, figures
from hardship.statements.render import MOST_LINES, html, lines_csv, pdf
from hardship.web.pdf import refuse_address

FIRST = dt.date(2020, 3, 20)
LAST = dt.date(2020, 6, 30)


def drawn(lines: int, sponsor: str = "Listings company") -> Drawn:
    """A statement of so many lines."""
    days = [(FIRST, Movements(received=100_000, earned=1_000 * lines, drawn=20_000))]
    head = {
        "agreement": "LC", "agreement_version": 1, "terms_sha256": "", "ratio": "1:1", "sponsor": sponsor,
        "fund": "Fund", "publisher": "", "currency": "GBP", "issued_at": "2020-07-01T09:00:00+00:00",
        "supersedes": None, "journals": {"first": 1, "last": 9}, "audit": {"events": 5, "head": ""},
        "previous_sha256": "",
    }  # fmt: skip
    rows = [
        Line(f"ID{n:06}", FIRST + dt.timedelta(n % 60), FIRST, 2_000, 1_000, 1_000 * (n + 1))
        for n in range(lines)
    ]
    return Drawn(
        "ST-7K3M-9Q2X", "LC", Asked("LC", FIRST, LAST), figures(days, FIRST, LAST, None), 7,
        by_month({"2020-04": (7, 140_000)}), rows, head, "",
    )  # fmt: skip


def test_the_same_statement_gives_the_same_bytes() -> None:
    """So that a reprint has the same fingerprint."""
    one = drawn(3)
    assert pdf(one, "http://localhost") == pdf(one, "http://localhost")


def test_past_a_thousand_lines_the_page_shows_a_line_a_day() -> None:
    """And says where the single ones are; the CSV has them all."""
    few, many = drawn(MOST_LINES), drawn(MOST_LINES + 1)
    assert html(few, "http://localhost").count('<td class="mono">ID') == MOST_LINES
    page = html(many, "http://localhost")
    assert "ID0" not in page
    assert "1,001 single lines are in the CSV" in page
    assert len(lines_csv(many.lines).splitlines()) == MOST_LINES + 2
    assert len(pypdf.PdfReader(io.BytesIO(pdf(many, "http://localhost"))).pages) < 6


def test_what_a_sponsor_is_called_cannot_bend_the_page() -> None:
    """Markup in a name is text, and loads nothing."""
    name = '<img src="file:///etc/passwd"><script>x</script>'
    page = html(drawn(1, name), "http://localhost")
    assert "<img" not in page
    assert "&lt;img" in page
    assert pdf(drawn(1, name), "http://localhost").startswith(b"%PDF")


@pytest.mark.parametrize("address", ["file:///etc/passwd", "http://169.254.169.254/", "data:text/plain,x"])
def test_nothing_is_fetched(address: str) -> None:
    """From nowhere."""
    with pytest.raises(ValueError, match="loads nothing"):
        refuse_address(address)
