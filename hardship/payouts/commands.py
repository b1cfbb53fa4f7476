"""`hardship payouts …`."""

from pathlib import Path
from typing import Any

import click

from hardship.core.command import Report, group, reports, the_runtime
from hardship.core.errors import BadInput
from hardship.core.money import display
from hardship.funds.bankfiles import FileForm
from hardship.payouts import (
    bank_commands,
    files,
    guard_commands,
    held,
    hold_commands,
    queries,
    service,
    trouble_commands,
)
from hardship.payouts.bank_commands import form_named
from hardship.payouts.models import RailName
from hardship.payouts.sanctions import commands as sanctions
from hardship.staff.acting import acting_as, as_option
from hardship.web.filters import plural


def register(root: click.Group) -> None:
    """Add the room's commands."""
    payouts = group(root, "payouts", "Batches of payments: make, approve, submit, reconcile.")
    for command in (batch, approve, submit, cancel, resolve, status):
        payouts.add_command(command)
    trouble_commands.add_to(payouts)
    hold_commands.add_to(payouts)
    guard_commands.register(root)
    sanctions.register(root)
    bank_commands.add_to(payouts)


@click.command(help="Put everything that is ready to be paid into a new batch.")
@click.option("--fund", required=True, metavar="SLUG", help="The fund that pays.")
@click.option("--rail", required=True, metavar="|".join(RailName), help="The way the money leaves.")
@click.option("--limit", type=click.IntRange(1), help="At most so many payments.")
@click.option("--form", metavar="|".join(FileForm), help="Of a bank file, where not the fund's own.")
@as_option(required=True)
@reports
def batch(fund: str, rail: str, limit: int | None, form: str | None, acting: str) -> Report:
    """Make a batch."""
    runtime, actor, way, chosen = the_runtime(), acting_as(acting), rail_named(rail), form_named(form)
    if chosen and way is not RailName.BANK_FILE:
        raise BadInput("only a bank file has a form", where="--form", fix="Leave it out for this rail.")
    made = service.make(runtime, actor, fund=fund, rail=way, limit=limit)
    if chosen:
        runtime.transact(actor, files.choose_form, batch_ref=made.ref, form=chosen)
    line = f"Batch {made.ref}: {plural(made.count, 'payment')}, {display(made.amount_minor)}. Another person approves it."
    return Report({"batch": made.ref, "count": made.count, "amount": made.amount_minor}, [line])


def rail_named(text: str) -> RailName:
    """The rail with this name; raises `BadInput`."""
    try:
        return RailName(text)
    except ValueError:
        known = ", ".join(RailName)
        raise BadInput("there is no such rail", where="--rail", fix=f"The rails are: {known}.") from None


@click.command(help="Approve a batch that somebody else made.")
@click.argument("batch_ref", metavar="BATCH")
@as_option(required=True)
@reports
def approve(batch_ref: str, acting: str) -> Report:
    """Approve a batch."""
    done = service.approve(the_runtime(), acting_as(acting), batch_ref=batch_ref)
    data = {"batch": done.ref, "state": done.state.value, "count": done.count, "amount": done.amount_minor}
    return Report(
        data,
        [f"Batch {done.ref} is approved: {plural(done.count, 'payment')}, {display(done.amount_minor)}."],
    )


@click.command(help="Hand an approved batch over to its rail; again is harmless.")
@click.argument("batch_ref", metavar="BATCH")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Where bank files are written, readable by you alone; else the instance folder.",
)
@as_option(required=True)
@reports
def submit(batch_ref: str, out: Path | None, acting: str) -> Report:
    """Submit a batch."""
    runtime, actor = the_runtime(), acting_as(acting)
    done = service.submit_batch(runtime, actor, batch_ref)
    paths = [str(path) for path in files.export(runtime, actor, done.ref, out)]
    data: dict[str, Any] = {
        "batch": done.ref,
        "state": done.state.value,
        "submitted": done.submitted,
        "failed": done.failed,
        "unknown": done.unknown,
        "files": paths,
    }
    line = f"Batch {done.ref}: {done.submitted} submitted, {done.failed} failed, {done.unknown} unknown."
    return Report(data, [line, *paths])


@click.command(help="Undo a batch that was not submitted.")
@click.argument("batch_ref", metavar="BATCH")
@as_option(required=True)
@reports
def cancel(batch_ref: str, acting: str) -> Report:
    """Cancel a batch."""
    done = the_runtime().transact(acting_as(acting), service.cancel_batch, batch_ref=batch_ref)
    return Report({"batch": done.ref, "state": done.state.value}, [f"Batch {done.ref} is cancelled."])


@click.command(help="Ask the rail about a payment of which nobody knows whether it was taken.")
@click.argument("payment_ref", metavar="PAYMENT")
@as_option(required=True)
@reports
def resolve(payment_ref: str, acting: str) -> Report:
    """Look an unknown payment up."""
    state = service.resolve_unknown(the_runtime(), acting_as(acting), payment_ref)
    return Report({"payment": payment_ref, "state": state.value}, [f"The payment is {state.value}."])


@click.command(help="Where the batches and payments stand.")
@click.argument("batch_ref", metavar="[BATCH]", required=False)
@reports
def status(batch_ref: str | None) -> Report:
    """Show batches and sums by state."""
    with the_runtime().read() as session:
        one = queries.batch_named(session, batch_ref) if batch_ref else None
        rows = queries.batch_rows(session, one)
        sums = queries.by_state(session, one)
        waits = held.is_held(session)
    data = {
        "batches": [
            {
                "ref": row.ref,
                "state": row.state.value,
                "rail": row.rail.value,
                "count": row.count,
                "amount": row.amount_minor,
                "made_by": row.made_by,
                "approved_by": row.approved_by,
            }
            for row in rows
        ],
        "by_state": {
            state.value: {"count": found.count, "amount": found.minor} for state, found in sums.items()
        },
    }
    lines = [f"{row.ref}  {row.state.value:<11} {row.count:>6}  {display(row.amount_minor)}" for row in rows]
    lines += [f"{state.value}: {found.count}, {display(found.minor)}" for state, found in sums.items()]
    lines = lines or ["No batch was made yet."]
    return Report(data, [*lines, f"Attention: {held.WHY}. See: hardship payouts hold"] if waits else lines)
