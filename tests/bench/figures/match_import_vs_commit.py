"""Gifts a second from an imported file (read, gift, match, journal, audit), over plain insert-and-commit."""

from tests.bench.baselines.rows import PlainRows
from tests.bench.harness import WHOLE, Aim, Measured, Size, compare
from tests.bench.places import Place
from tests.bench.seeds import fund
from tests.bench.seeds.gifts import Receiving

AIMS = {WHOLE: Aim.at_least(2)}


def measure(place: Place, size: Size) -> Measured:
    """A new file in each round."""
    gifts, plain = size.pick(5_000, 1_000), size.pick(2_000, 500)
    runtime = place.instance("match_import")
    fund.load(runtime)
    rows, receiving = PlainRows(place), Receiving(runtime)
    path = place.folder / "gifts.csv"
    receiving.file(50, path)
    rows.insert(20)
    found = compare(lambda: receiving.file(gifts, path), lambda: rows.insert(plain))
    rows.close()
    path.unlink()
    details = found.details(f"a gift of a file of {gifts}", "one row inserted and committed")
    return Measured({WHOLE: found.speed}, details)
