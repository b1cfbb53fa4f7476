"""What this room adds to the worker's work: the outbox, and retention."""

from hardship.core.runtime import Due, Runtime
from hardship.jobs import owndata, retention
from hardship.jobs.mails import send_due


def wire(runtime: Runtime) -> None:
    """Have mails sent, and what is over its time deleted; answer when a case is copied or erased."""
    owndata.wire(runtime)
    runtime.due.append(Due("mails", send_due))
    runtime.due.append(Due("retention", retention.work))
