"""When something counts as sent that came on paper or was said: on the day that was written down."""

import datetime as dt

from hardship.core.clock import LONDON
from hardship.core.errors import BadInput


def instant_of(day: dt.date, opens_at: dt.datetime, closes_at: dt.datetime, now: dt.datetime) -> dt.datetime:
    """The instant at which an application of `day` counts as sent: noon in London, moved into the hours in which the
    round was open, and never in the future. Raises `BadInput` for a day that has not come, or outside of the round."""
    if day > now.astimezone(LONDON).date():
        raise BadInput("The day has not come yet", where="on", fix="Check the date.")
    if not opens_at.astimezone(LONDON).date() <= day <= closes_at.astimezone(LONDON).date():
        raise BadInput("The round was not open on this day", where="on", fix="Check the date and the round.")
    noon = dt.datetime.combine(day, dt.time(12), LONDON)
    at = min(max(noon, opens_at), closes_at, now)
    if at < opens_at:
        raise BadInput("The round is not open yet", where="on", fix="Come back once it is.")
    return at.astimezone(dt.UTC)
