"""Seconds to issue a sponsor's statement (figures, PDF, CSV, JSON, stored) over 50 / 1,000 / 10,000 contributions."""

import time

from hardship.core.actor import operator
from hardship.core.clock import day_of
from hardship.core.runtime import Runtime
from hardship.statements.service import issue
from tests.bench.harness import Aim, Measured, Size, rounded
from tests.bench.places import Place
from tests.bench.seeds import fund
from tests.bench.seeds.gifts import stored

SIZES = (50, 1_000, 10_000)
AIMS = {str(gifts): Aim.at_most(10) for gifts in SIZES}


def measure(place: Place, size: Size) -> Measured:
    """Every gift of a fund on one statement; the first one issued, a small one, loads what sets the PDF."""
    values: dict[str, float] = {}
    sizes: dict[str, float] = {}
    _issue(place.copy("gifts_50", stored(50)))
    for gifts in SIZES:
        runtime = place.copy(f"gifts_{gifts}", stored(gifts))
        started = time.perf_counter()
        length = _issue(runtime)
        values[str(gifts)] = time.perf_counter() - started
        sizes[str(gifts)] = rounded(length / 1024)
    return Measured(values, {"unit": "s", "pdf_kb": sizes, "quick": size.quick})


def _issue(runtime: Runtime) -> int:
    """Issue a statement of everything; the bytes of its PDF."""
    today = day_of(runtime.clock.now())
    issued = issue(runtime, operator(), agreement=fund.AGREEMENT, from_on=day_of(fund.OPENS), to_on=today)
    return next(len(body) for name, _, body in issued.files if name.endswith(".pdf"))
