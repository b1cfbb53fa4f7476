"""What this room adds to the worker's work: the outbox."""

from hardship.core.runtime import Due, Runtime
from hardship.jobs.mails import send_due


def wire(runtime: Runtime) -> None:
    """Have mails sent."""
    runtime.due.append(Due("mails", send_due))
