"""Time of the reviewers' queue page with 100,000 applications over the same with 1,000."""

from hardship.core.actor import Role
from tests.bench.figures.queue_page_vs_bare import PATH
from tests.bench.harness import WHOLE, Aim, Measured, Size, compare, seconds_each
from tests.bench.pages import signed_in
from tests.bench.places import Place
from tests.bench.seeds.applications import stored

AIMS = {WHOLE: Aim.at_most(1.2)}


def measure(place: Place, size: Size) -> Measured:
    """Two in five of the applications are in review; both pages show the first fifty of them."""
    few, many, count = 1_000, size.pick(100_000, 10_000), size.pick(200, 50)
    large = signed_in(place.copy(f"applications_{many}", stored(many)), Role.REVIEWER)
    small = signed_in(place.copy(f"applications_{few}", stored(few)), Role.REVIEWER)
    for client in (large, small):
        client.get(PATH)
    found = compare(
        lambda: seconds_each(lambda _: large.get(PATH), count),
        lambda: seconds_each(lambda _: small.get(PATH), count),
    )
    return Measured({WHOLE: found.times}, found.details(f"the page of {many:,}", f"the page of {few:,}"))
