"""What the room of contributions does in the background: deliveries, checkouts, refunds to cards, what is to be deleted."""

from hardship.contributions import by_hand, card_events, refund_orders, webhooks
from hardship.contributions.donating.forgetting import forget_due
from hardship.contributions.donating.paying import look_due
from hardship.contributions.refunding import send_due
from hardship.core.runtime import Due, Runtime


def wire(runtime: Runtime) -> None:
    """Give the worker its work, and say who answers to which events."""
    webhooks.wire(runtime)
    card_events.wire(runtime)
    by_hand.register(runtime)
    refund_orders.register(runtime)
    runtime.due.append(Due("checkouts", look_due))
    runtime.due.append(Due("card refunds", send_due))
    runtime.due.append(Due("donor-details", forget_due))
