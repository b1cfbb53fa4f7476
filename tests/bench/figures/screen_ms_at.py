"""Screening one new application against 1,000 / 100,000 / 1,000,000 stored: the 95th percentile, in ms."""

import statistics

from hardship.applications.models import Source
from hardship.applications.service import submit
from hardship.core.actor import SYSTEM
from hardship.core.runtime import Runtime
from hardship.funds.queries import round_by_slug
from hardship.screening.service import check
from tests.bench.harness import Aim, Measured, Size, percentile, rounded, seconds
from tests.bench.places import Place
from tests.bench.seeds import fund
from tests.bench.seeds.answers import person
from tests.bench.seeds.applications import stored

AIMS = {"1000000": Aim.at_most(25)}
_EVERY = 10  # every tenth comes with the details of the one before


def measure(place: Place, size: Size) -> Measured:
    """Each check is a transaction of its own, as the worker's; submitting is outside the timing."""
    values: dict[str, float] = {}
    medians: dict[str, float] = {}
    for number in (1_000, 10_000) if size.quick else (1_000, 100_000, 1_000_000):
        took = _checks(place.copy(f"applications_{number}", stored(number)), size.pick(300, 100))
        values[str(number)] = percentile(took, 0.95) * 1000
        medians[str(number)] = rounded(statistics.median(took) * 1000)
        place.close()
    return Measured(values, {"unit": "ms", "median": medians})


def _checks(runtime: Runtime, count: int) -> list[float]:
    with runtime.read() as session:
        round_ = round_by_slug(session, fund.ROUND)

    def one(number: int) -> float:
        answers = person(number - 1 if number % _EVERY == 0 else number)
        receipt = runtime.transact(SYSTEM, submit, round_=round_, answers=answers, source=Source.WEB)
        return seconds(lambda: runtime.transact(SYSTEM, check, application_id=receipt.application_id))

    return [one(number) for number in range(1, count + 1)]
