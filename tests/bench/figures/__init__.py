"""One module a figure: its first line says what it measures, `AIMS` (by part) what it should be, and
`measure(place, size) -> Measured` does it."""

from tests.bench.places import DATABASES

FIGURES = (
    "intake_vs_bare",
    "queue_page_vs_bare",
    "queue_growth_1k_to_100k",
    "screen_ms_at",
    "match_live_vs_commit",
    "match_import_vs_commit",
    "match_growth_1k_to_100k",
    "payout_vs_commit",
    "statement_pdf_s",
    "audit_verify_vs_sha256",
    "demo_s",
    "peak_rss_mb",
)
"""Every figure, in the order in which it is measured and printed."""

MODULE = {name: name for name in FIGURES} | {"peak_rss_mb": "demo_s"}
"""The module that measures each figure."""

_SQLITE_ONLY = frozenset({"demo_s", "peak_rss_mb"})


def kinds_of(name: str) -> tuple[str, ...]:
    """The databases that a figure is measured on."""
    return ("sqlite",) if name in _SQLITE_ONLY else DATABASES
