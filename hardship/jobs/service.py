"""What this room adds to the worker's work: the outbox, retention, the note of destroyed keys."""

from hardship.core.runtime import Due, Runtime
from hardship.jobs import mails, owndata, retention, texts
from hardship.jobs.backups import destroyed


def wire(runtime: Runtime) -> None:
    """Have mails and texts sent, and what is over its time deleted; answer when a case is copied or erased."""
    owndata.wire(runtime)
    runtime.due.append(Due("mails", mails.send_due))
    runtime.due.append(Due("texts", texts.send_due))
    runtime.due.append(Due("retention", retention.work))
    runtime.due.append(Due("destroyed-keys", destroyed.note))
