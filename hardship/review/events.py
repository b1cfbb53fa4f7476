"""What the panel announces to later rooms, in the transaction of the decision."""

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True)
class Approved:
    """The panel approved an application. A listener that makes an award answers with its reference, or raises
    `Refused`, and then the decision does not stand (the votes do)."""

    application_id: int
    decided_at: dt.datetime
