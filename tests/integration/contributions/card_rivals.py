"""What processes do to one gift by card at the same instant. A module of its own: each of them imports it."""

from hardship.contributions.donating import paying
from hardship.contributions.donating.opening import Wish, open_checkout
from hardship.contributions.refunding import send_due
from hardship.contributions.webhooks import handle_due
from hardship.core.actor import PUBLIC
from hardship.core.runtime import Runtime


def do(runtime: Runtime, what: str, about: str) -> str:
    """What one of the rivals does."""
    if what == "webhook":
        handle_due(runtime)
    elif what == "cancel":
        paying.cancel(runtime, about)
    elif what == "come back":
        paying.come_back(runtime, about)
    elif what == "worker":
        paying.look_due(runtime)
    elif what == "begin":
        return paying.begin(runtime, about)
    elif what == "open":
        wish = Wish(2000)
        return runtime.transact(PUBLIC, open_checkout, fund_slug="f", wish=wish, token=about).ref
    elif what == "refund":
        send_due(runtime)
    return "done"
