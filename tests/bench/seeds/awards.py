"""Awards that are ready to be paid, made by the services: people who apply with their bank details, and a grant each."""

from collections.abc import Sequence

from hardship.applications.models import Source
from hardship.applications.service import submit
from hardship.awards.service import grant
from hardship.contributions.gifts import NewGift
from hardship.contributions.models import Channel
from hardship.contributions.service import receive
from hardship.core.actor import SYSTEM
from hardship.core.runtime import Runtime, Transaction
from hardship.funds.queries import fund_by_slug, round_by_slug
from tests.bench.seeds import fund
from tests.bench.seeds.answers import person

_AT_ONCE = 100


def give_money(runtime: Runtime, minor: int) -> None:
    """One large gift, half of what there is to spend; the match is the other half, up to its cap for one gift."""
    with runtime.read() as session:
        to = fund_by_slug(session, fund.FUND)
    gift = NewGift("LARGE", fund.OPENS, minor, Channel.BANK)
    runtime.transact(SYSTEM, receive, fund=to, gifts=[gift])


def ready(runtime: Runtime, numbers: Sequence[int]) -> None:
    """An accepted award for each of these people."""
    for start in range(0, len(numbers), _AT_ONCE):
        runtime.transact(SYSTEM, _award, numbers[start : start + _AT_ONCE])


def _award(tx: Transaction, numbers: Sequence[int]) -> None:
    round_ = round_by_slug(tx.session, fund.ROUND)
    for number in numbers:
        receipt = submit(tx, round_=round_, answers=person(number), source=Source.WEB)
        grant(tx, application_id=receipt.application_id, decided_at=tx.at)
