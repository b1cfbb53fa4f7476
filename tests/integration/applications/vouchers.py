"""Groups and codes, for the tests of what vouches for somebody."""

import datetime as dt
from collections.abc import Sequence

from hardship.applications.vouching import issuing, queries
from hardship.applications.vouching.issuing import Issued
from hardship.applications.vouching.models import ApplicationVouching, GroupKind, VoucherGroup
from hardship.core.actor import SYSTEM, Actor
from hardship.core.runtime import Runtime
from hardship.funds.queries import fund_by_slug, round_by_slug

LAST_DAY = dt.date(2020, 6, 30)


def a_group(
    runtime: Runtime, name: str = "Night shelter", actor: Actor = SYSTEM, *, for_round: bool = False
) -> VoucherGroup:
    """A trusted group of the small fund."""
    with runtime.read() as session:
        fund = fund_by_slug(session, "small")
        round_ = round_by_slug(session, "spring") if for_round else None
    return runtime.transact(
        actor, issuing.add_group, name=name, kind=GroupKind.GROUP, fund=fund, round_=round_
    )


def codes(
    runtime: Runtime, size: int = 3, *, group: str = "", until: dt.date = LAST_DAY, actor: Actor = SYSTEM
) -> Issued:
    """A batch of codes, of a new group unless one is named."""
    named = group or a_group(runtime, f"Group {runtime.clock.now().timestamp()} {size}").ref
    return runtime.transact(actor, issuing.issue, group_ref=named, size=size, expires_on=until)


def vouching(runtime: Runtime, application_id: int) -> ApplicationVouching | None:
    """What became of what somebody gave."""
    with runtime.read() as session:
        return queries.vouching_of(session, application_id)


def states(runtime: Runtime, application_ids: Sequence[int]) -> list[str]:
    """The same for several, as words; "" where nothing was given."""
    found = [vouching(runtime, number) for number in application_ids]
    return [one.state.value if one else "" for one in found]
