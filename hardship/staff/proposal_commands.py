"""`hardship proposals …`: what waits for a second person."""

from typing import Any

import click

from hardship.core.clock import iso
from hardship.core.command import Report, group, reports, the_runtime
from hardship.staff import proposals
from hardship.staff.acting import acting_as, as_option
from hardship.staff.models import Proposal
from hardship.staff.queries import addresses


def register(root: click.Group) -> None:
    """Add `proposals …`."""
    waiting = group(root, "proposals", "What one person proposed and a second one has to approve.")
    for command in (show_list, approve, refuse, withdraw):
        waiting.add_command(command)


@click.command("list", help="What waits for a second person, oldest first.")
@reports
def show_list() -> Report:
    """List what waits."""
    with the_runtime().read() as session:
        people = addresses(session)
        found = [_shown(proposal, people) for proposal in proposals.waiting(session)]
    lines = [
        f"{one['ref']}  {one['kind']}  {one['about']}  by {one['made_by']}  {one['made_at']}" for one in found
    ]
    return Report({"proposals": found}, lines or ["Nothing waits for a second person."])


def _shown(proposal: Proposal, people: dict[int, str]) -> dict[str, Any]:
    return {
        "ref": proposal.ref,
        "kind": proposal.kind,
        "about": proposal.subject,
        "made_by": people[proposal.made_by_id],
        "made_at": iso(proposal.made_at),
    }


@click.command("approve", help="Do what was proposed, as the second person.")
@click.argument("ref")
@as_option(required=True)
@reports
def approve(ref: str, acting: str) -> Report:
    """Approve one."""
    the_runtime().transact(acting_as(acting), proposals.approve, ref=ref)
    return Report({"ref": ref, "state": "approved"}, [f"{ref}: approved, and done"])


@click.command("refuse", help="Say no, as the second person.")
@click.argument("ref")
@click.option("--why", required=True, help="The reason, for whoever proposed it.")
@as_option(required=True)
@reports
def refuse(ref: str, why: str, acting: str) -> Report:
    """Refuse one."""
    the_runtime().transact(acting_as(acting), proposals.refuse, ref=ref, why=why)
    return Report({"ref": ref, "state": "refused"}, [f"{ref}: refused, nothing was changed"])


@click.command("withdraw", help="Take back what you proposed.")
@click.argument("ref")
@as_option(required=True)
@reports
def withdraw(ref: str, acting: str) -> Report:
    """Withdraw one."""
    the_runtime().transact(acting_as(acting), proposals.withdraw, ref=ref)
    return Report({"ref": ref, "state": "withdrawn"}, [f"{ref}: withdrawn"])
