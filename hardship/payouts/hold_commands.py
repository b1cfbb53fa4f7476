"""`hardship payouts hold`, `lift` and `paid-by`: after a restore."""

import click

from hardship.core.clock import day_of, iso, parse_day
from hardship.core.command import Report, reports, the_runtime
from hardship.core.money import display
from hardship.payouts import held
from hardship.payouts.service import holding, lost
from hardship.staff.acting import acting_as, as_option
from hardship.web.filters import plural


def add_to(payouts: click.Group) -> None:
    """Add the commands to `hardship payouts`."""
    for command in (hold, lift, paid_by):
        payouts.add_command(command)


@click.command(
    help="Whether money waits since a restore, and what is left to find out. Exit 1 while it waits."
)
@reports
def hold() -> Report:
    """Show what holds money."""
    with the_runtime().read() as session:
        found = held.holds(session)
        debits = held.open_debits(session, day_of(found[0].backup_made_at)) if found else []
        unsure = held.unsure(session)
    data = {
        "held": bool(found),
        "holds": [
            {"ref": one.ref, "backup_made_at": iso(one.backup_made_at), "restored_at": iso(one.restored_at)}
            for one in found
        ],
        "debits": [{"line": one.id, "on": one.on.isoformat(), "amount": one.amount_minor} for one in debits],
        "unknown": unsure,
    }
    if not found:
        return Report(data, ["Money may leave."])
    lines = [
        f"Nothing is paid: the backup of {iso(one.backup_made_at)} was restored at {iso(one.restored_at)}."
        for one in found
    ]
    lines += [
        "1. Read the bank's statements in since then: hardship payouts reconcile FILE",
        f"2. Say what each debit that fits nothing paid, {plural(len(debits), 'debit')} left: hardship payouts paid-by LINE",
        *(f"   line {one.id}  {one.on.isoformat()}  {display(one.amount_minor)}" for one in debits),
        f"3. Ask about what is unknown, {plural(unsure, 'payment')} left: hardship payouts unknown",
        "4. Compare each rail's own list; then: hardship payouts lift --through DATE --compared TEXT --as EMAIL",
    ]
    return Report(data, lines, exit_code=1)


@click.command(help="After a restore: propose that money may leave again; a second person confirms it.")
@click.option("--through", required=True, metavar="DATE", help="The last day of the statements read in.")
@click.option(
    "--compared", "words", required=True, help="What you compared with the bank and the rails; it is sealed."
)
@as_option(required=True)
@reports
def lift(through: str, words: str, acting: str) -> Report:
    """Propose to lift the hold."""
    made = the_runtime().transact(
        acting_as(acting),
        holding.propose_lift,
        through=parse_day(through, where="--through"),
        words=words,
    )
    return Report(
        {"proposal": made.ref}, [f"It waits for a second person: hardship proposals approve {made.ref}"]
    )


@click.command("paid-by", help="After a restore: propose which awards a debit on the statement paid.")
@click.argument("line_id", metavar="LINE", type=int)
@click.option(
    "--award", "awards", multiple=True, metavar="AWARD", help="An award that it paid; several times."
)
@click.option("--why", default="", help="How you know; it is sealed.")
@as_option(required=True)
@reports
def paid_by(line_id: int, awards: tuple[str, ...], why: str, acting: str) -> Report:
    """Propose what a debit paid; without an award, say which it may be."""
    runtime, actor = the_runtime(), acting_as(acting)
    if not awards:
        _, likely = runtime.transact(actor, lost.likely, line_id=line_id)
        data = {"line": line_id, "awards": [{"award": one.award, "why": one.why} for one in likely]}
        return Report(
            data, [f"{one.award}  {one.why}" for one in likely] or ["No unpaid award has this amount."]
        )
    made = runtime.transact(actor, lost.propose_lost, line_id=line_id, awards=awards, why=why)
    return Report(
        {"line": line_id, "proposal": made.ref or None},
        [f"It waits for a second person: hardship proposals approve {made.ref}"],
    )
