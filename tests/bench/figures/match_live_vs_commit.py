"""Gifts a second, each in a transaction of its own (gift, match, journal, audit), over plain insert-and-commit."""

from tests.bench.baselines.rows import PlainRows
from tests.bench.harness import WHOLE, Aim, Measured, Size, compare
from tests.bench.places import Place
from tests.bench.seeds import fund
from tests.bench.seeds.gifts import Receiving

AIMS = {WHOLE: Aim.at_least(0.35, 0.2)}


def measure(place: Place, size: Size) -> Measured:
    """Both sides write as many rows, or gifts, in each round."""
    count = size.pick(600, 150)
    runtime = place.instance("match_live")
    fund.load(runtime)
    rows, receiving = PlainRows(place), Receiving(runtime)
    receiving.live(20)
    rows.insert(20)
    found = compare(lambda: receiving.live(count), lambda: rows.insert(count))
    rows.close()
    return Measured({WHOLE: found.speed}, found.details("a gift received", "one row inserted and committed"))
