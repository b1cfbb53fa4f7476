"""`hardship payouts …`."""

from functools import partial
from pathlib import Path
from typing import Any

import click

from hardship.core.clock import day_of
from hardship.core.command import Report, group, reports, the_runtime
from hardship.core.csvfile import Numbered, Outcome, run_import
from hardship.core.errors import BadInput
from hardship.core.money import display
from hardship.payouts import queries, service
from hardship.payouts.models import RailName
from hardship.payouts.statement import COLUMNS, StatementLine, parse_line
from hardship.staff.acting import acting_as, as_option
from hardship.staff.permissions import Permission, require
from hardship.web.filters import plural


def register(root: click.Group) -> None:
    """Add the room's commands."""
    payouts = group(root, "payouts", "Batches of payments: make, approve, submit, reconcile.")
    for command in (batch, approve, submit, cancel, resolve, status, reconcile):
        payouts.add_command(command)


@click.command(help="Put everything that is ready to be paid into a new batch.")
@click.option("--fund", required=True, metavar="SLUG", help="The fund that pays.")
@click.option("--rail", required=True, metavar="|".join(RailName), help="The way the money leaves.")
@click.option("--limit", type=click.IntRange(1), help="At most so many payments.")
@as_option(required=True)
@reports
def batch(fund: str, rail: str, limit: int | None, acting: str) -> Report:
    """Make a batch."""
    made = the_runtime().transact(
        acting_as(acting), service.make_batch, fund=fund, rail=rail_named(rail), limit=limit
    )
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
    done = the_runtime().transact(acting_as(acting), service.approve_batch, batch_ref=batch_ref)
    data = {"batch": done.ref, "state": done.state.value, "count": done.count, "amount": done.amount_minor}
    return Report(
        data,
        [f"Batch {done.ref} is approved: {plural(done.count, 'payment')}, {display(done.amount_minor)}."],
    )


@click.command(help="Hand an approved batch over to its rail; again is harmless.")
@click.argument("batch_ref", metavar="BATCH")
@as_option(required=True)
@reports
def submit(batch_ref: str, acting: str) -> Report:
    """Submit a batch."""
    done = service.submit_batch(the_runtime(), acting_as(acting), batch_ref)
    data: dict[str, Any] = {
        "batch": done.ref,
        "state": done.state.value,
        "submitted": done.submitted,
        "failed": done.failed,
        "unknown": done.unknown,
        "files": [],
    }
    line = f"Batch {done.ref}: {done.submitted} submitted, {done.failed} failed, {done.unknown} unknown."
    return Report(data, [line])


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
    return Report(data, lines or ["No batch was made yet."])


@click.command(help="Read a bank statement (CSV): settle what was debited, take back what was returned.")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@click.option(
    "--skip-bad", is_flag=True, help="Take the good rows and write the others to NAME.rejected.csv."
)
@as_option()
@reports
def reconcile(path: Path, skip_bad: bool, acting: str | None) -> Report:
    """Reconcile a bank statement."""
    runtime, actor = the_runtime(), acting_as(acting)
    require(actor, Permission.RECONCILE)
    done = service.Reconciled(0, 0)

    def use(good: list[Numbered[StatementLine]]) -> Outcome:
        nonlocal done
        lines = [one.value for one in good]
        done = runtime.transact(actor, service.reconcile, lines=lines)
        return Outcome(done.imported, done.unchanged)

    parse = partial(parse_line, today=day_of(runtime.clock.now()))
    report = run_import(path, COLUMNS, (), parse, use, skip_bad=skip_bad)
    figures = {"matched": done.matched, "returned": done.returned, "exceptions": done.exceptions}
    report.data.update(figures)
    said = f"{done.matched} matched, {done.returned} returned, {done.exceptions} for a person to look at."
    report.lines = [*report.lines, *([said] if report.exit_code == 0 else [])]
    return report
