"""`hardship webhooks list|retry`, `hardship contributions card-refunds`, and `hardship contributions payout`."""

from typing import Any

import click
from sqlmodel import col, select

from hardship.contributions.card_models import CardRefund, WebhookDelivery
from hardship.contributions.clearing import in_clearing, record_payout
from hardship.contributions.models import Contribution
from hardship.contributions.transitions import DeliveryState
from hardship.contributions.webhooks import in_trouble, retry
from hardship.core.clock import iso, parse_day
from hardship.core.command import Report, group, reports, the_runtime
from hardship.core.money import display, parse_minor
from hardship.core.runtime import Transaction
from hardship.funds.models import Fund
from hardship.staff.acting import acting_as, as_option

LISTED = 200


def register(root: click.Group) -> None:
    """Add the commands of gifts by card."""
    inbox = group(root, "webhooks", "Events that the card processor has sent.")
    inbox.add_command(list_deliveries)
    inbox.add_command(retry_delivery)
    gifts = group(root, "contributions", "Gifts.")
    gifts.add_command(payout)
    gifts.add_command(card_refunds)


@click.command("list", help="Delivered events, the latest first, at most 200.")
@click.option("--state", type=click.Choice([one.value for one in DeliveryState]), help="Only those.")
@click.option("--trouble", is_flag=True, help="Only those a person should look at.")
@reports
def list_deliveries(state: str | None, trouble: bool) -> Report:
    """List the inbox."""
    statement = select(WebhookDelivery).order_by(col(WebhookDelivery.id).desc()).limit(LISTED)
    if state:
        statement = statement.where(WebhookDelivery.state == DeliveryState(state))
    if trouble:
        statement = statement.where(in_trouble())
    with the_runtime().read() as session:
        data = [_told(row) for row in session.exec(statement)]
    lines = [
        f"{one['received_at']}  {one['state']:8}  {one['event']}  {one['type']}  {one['problem']}".rstrip()
        for one in data
    ]
    return Report({"events": data}, lines or ["No event."])


def _told(row: WebhookDelivery) -> dict[str, Any]:
    return {
        "event": row.event_id,
        "type": row.type,
        "state": row.state.value,
        "received_at": iso(row.received_at),
        "handled_at": iso(row.handled_at) if row.handled_at else None,
        "attempts": row.attempts,
        "problem": row.problem,
    }


@click.command("retry", help="Have the worker try EVENT again now.")
@click.argument("event")
@as_option()
@reports
def retry_delivery(event: str, acting: str | None) -> Report:
    """Try an event again."""
    row = the_runtime().transact(acting_as(acting), retry, event_id=event)
    return Report(_told(row), [f"{row.event_id} is tried again by the worker"])


@click.command(
    "payout", help="Record what the card processor has paid into the bank: card clearing becomes bank."
)
@click.option("--fund", "fund_slug", required=True, metavar="SLUG", help="The fund.")
@click.option("--amount", required=True, help="What arrived, like 200.00.")
@click.option("--received-on", required=True, metavar="DATE", help="The day it arrived.")
@click.option("--ref", required=True, help="The processor's number of the payout.")
@as_option()
@reports
def payout(fund_slug: str, amount: str, received_on: str, ref: str, acting: str | None) -> Report:
    """Record a payout."""
    minor = parse_minor(amount, where="--amount")
    day = parse_day(received_on, where="--received-on")

    def use(tx: Transaction) -> tuple[str, int]:
        made = record_payout(tx, fund_slug=fund_slug, ref=ref, received_on=day, amount_minor=minor)
        return made.ref, left_of(tx, made.fund_id)

    known, left = the_runtime().transact(acting_as(acting), use)
    data = {"ref": known, "amount": minor, "received_on": day.isoformat(), "clearing": left}
    return Report(data, [f"{known}: {display(minor)} received, card clearing is {display(left)}"])


def left_of(tx: Transaction, fund_id: int) -> int:
    """What is left in a fund's card clearing, in pence."""
    fund = tx.session.get(Fund, fund_id)
    assert fund is not None
    return in_clearing(tx, fund)


@click.command("card-refunds", help="Refunds to cards, the latest first, at most 200.")
@reports
def card_refunds() -> Report:
    """List refunds to cards."""
    statement = (
        select(CardRefund, Contribution.ref)
        .join(Contribution, col(Contribution.id) == CardRefund.contribution_id)
        .order_by(col(CardRefund.id).desc())
        .limit(LISTED)
    )
    with the_runtime().read() as session:
        data: list[dict[str, Any]] = [
            {
                "ref": row.ref,
                "contribution": gift,
                "amount": row.amount_minor,
                "state": row.state.value,
                "requested_at": iso(row.requested_at),
                "attempts": row.attempts,
                "problem": row.problem,
            }
            for row, gift in session.exec(statement)
        ]
    lines = [
        f"{one['ref']}  {one['contribution']}  {display(one['amount'])}  {one['state']}  {one['problem']}".rstrip()
        for one in data
    ]
    return Report({"refunds": data}, lines or ["No refund to a card."])
