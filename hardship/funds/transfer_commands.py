"""`hardship ledger transfer` and `hardship ledger transfers`."""

import click

from hardship.core.clock import parse_day
from hardship.core.command import Report, group, reports, the_runtime
from hardship.core.money import display, parse_minor
from hardship.funds import transfers
from hardship.staff.acting import acting_as, as_option
from hardship.staff.permissions import Permission, require


def register(root: click.Group) -> None:
    """Add the commands to `ledger`."""
    ledger = group(root, "ledger", "The books.")
    ledger.add_command(make)
    ledger.add_command(show_list)


@click.command(
    "transfer", help="Propose to move money from the pot SOURCE to the pot TARGET. It takes two people."
)
@click.argument("source")
@click.argument("target")
@click.option("--amount", required=True, help="How much, like 200.00.")
@click.option("--reason", required=True, help="What the trustees decided, and why; kept sealed.")
@click.option("--on", default="", metavar="DATE", help="The day; today if left out.")
@as_option()
@reports
def make(source: str, target: str, amount: str, reason: str, on: str, acting: str | None) -> Report:
    """Propose a transfer."""
    minor = parse_minor(amount, where="--amount")
    asked = the_runtime().transact(
        acting_as(acting),
        transfers.propose_transfer,
        source=source,
        target=target,
        amount_minor=minor,
        reason=reason,
        on=parse_day(on, where="--on") if on else None,
    )
    data = {
        "proposal": asked.proposal or None,
        "done": asked.done,
        "transfer": asked.ref or None,
        "amount": minor,
    }
    waits = f"waits for a second person: hardship proposals approve {asked.proposal} --as EMAIL"
    return Report(data, [f"The transfer of {display(minor)} {'is made' if asked.done else waits}"])


@click.command("transfers", help="The transfers between funds and pots, newest first.")
@as_option()
@reports
def show_list(acting: str | None) -> Report:
    """List the transfers."""
    require(acting_as(acting), Permission.SEE_MONEY)
    with the_runtime().read() as session:
        found = transfers.listed(session)
    data = [
        {
            "ref": one.row.ref,
            "source": one.source,
            "target": one.target,
            "amount": one.row.amount_minor,
            "on": one.row.made_on.isoformat(),
            "state": one.row.state.value,
        }
        for one in found
    ]
    lines = [
        f"{one.row.ref}  {one.row.made_on}  {one.source} → {one.target}"
        f"  {display(one.row.amount_minor, one.row.currency)}  {one.row.state.value}"
        for one in found
    ]
    return Report({"transfers": data}, lines or ["No money was transferred."])
