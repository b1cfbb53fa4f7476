"""Time of the reviewers' queue page over one SELECT of the same fifty rows, rendered bare."""

from hardship.core.actor import Role
from hardship.funds.queries import round_by_slug
from tests.bench.baselines.pages import bare_list
from tests.bench.harness import WHOLE, Aim, Measured, Size, compare, seconds_each
from tests.bench.pages import signed_in
from tests.bench.places import Place
from tests.bench.seeds import fund
from tests.bench.seeds.applications import stored

AIMS = {WHOLE: Aim.at_most(3)}
PATH = "/staff/queue"


def measure(place: Place, size: Size) -> Measured:
    """Both read the same database; both are asked in this process."""
    count = size.pick(200, 50)
    runtime = place.copy("applications_10000", stored(10_000))
    with runtime.read() as session:
        round_id = round_by_slug(session, fund.ROUND).id or 0
    ours, bare = signed_in(runtime, Role.REVIEWER), bare_list(runtime, round_id)
    pages = (ours.get(PATH).text, bare.get("/list").text)
    assert [page.count("SEED-") for page in pages] in ([50, 50], [100, 50]), "both show fifty cases"
    found = compare(
        lambda: seconds_each(lambda _: ours.get(PATH), count),
        lambda: seconds_each(lambda _: bare.get("/list"), count),
    )
    details = found.details("the queue page", "fifty rows of one SELECT, rendered bare")
    return Measured({WHOLE: found.times}, details | {"page_kb": len(pages[0]) // 1024})
