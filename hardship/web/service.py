"""What the web layer asks of the worker: to clear away what is over."""

from hardship.core.runtime import Due, Runtime
from hardship.web.limits import purge_old
from hardship.web.proof import purge_spent
from hardship.web.sessions import purge_expired


def wire(runtime: Runtime) -> None:
    """Have ended sessions and old counts deleted."""
    runtime.due.append(Due("web-sessions", purge_expired))
    runtime.due.append(Due("web-limits", purge_old))
    runtime.due.append(Due("web-proofs", purge_spent))
