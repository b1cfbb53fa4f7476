"""What the room of eligibility asks of later rooms."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class PastAward:
    """An award that counts (not lapsed, withdrawn or cancelled): to which application, in which round, on which day."""

    application_id: int
    round_id: int
    awarded_on: dt.date


@dataclass(frozen=True)
class PastAwardsAsked:
    """Which of these applications have an award that counts? The room that keeps awards answers with a list of
    `PastAward`. While nobody listens, an approved application counts as awarded on the day of its decision."""

    application_ids: Sequence[int]
