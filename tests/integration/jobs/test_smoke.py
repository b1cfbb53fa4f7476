from hardship.jobs.doctor import examine
from tests.integration.payouts.helpers import *


def test_x(runtime):
    h = a_house(runtime)
    ref = h.ready("01", "02", "91", "92", "93", "94")
    h.submit(ref)
    h.work()
    h.work()
    import datetime as dt

    h.runtime.clock.advance(dt.timedelta(days=1))
    h.work()
    h.give(500)
    for f in examine(runtime):
        print(f)
    assert all(f.ok for f in examine(runtime))
