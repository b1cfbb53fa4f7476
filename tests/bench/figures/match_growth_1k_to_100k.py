"""Time a gift, received live, with 100,000 gifts stored over the same with 1,000."""

from tests.bench.harness import WHOLE, Aim, Measured, Size, compare
from tests.bench.places import Place
from tests.bench.seeds.gifts import Receiving, stored

AIMS = {WHOLE: Aim.at_most(1.2)}


def measure(place: Place, size: Size) -> Measured:
    """Both are copies of seeds, so that each round adds to the same."""
    few, many, count = 1_000, size.pick(100_000, 10_000), size.pick(300, 100)
    large = Receiving(place.copy(f"gifts_{many}", stored(many)))
    small = Receiving(place.copy(f"gifts_{few}", stored(few)))
    for receiving in (large, small):
        receiving.live(20)
    found = compare(lambda: large.live(count), lambda: small.live(count))
    return Measured(
        {WHOLE: found.times}, found.details(f"a gift, {many:,} stored", f"a gift, {few:,} stored")
    )
