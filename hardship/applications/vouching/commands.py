"""`hardship vouchers`: groups, batches of codes, and what may be told of them."""

import click

from hardship.applications.vouching import issuing, queries
from hardship.applications.vouching.handing import Handover, address_of
from hardship.applications.vouching.models import GroupKind
from hardship.core.clock import day_of, parse_day
from hardship.core.command import Report, group, private_file, reports, the_runtime
from hardship.funds.models import Fund
from hardship.funds.queries import fund_by_slug, round_by_slug
from hardship.staff.acting import acting_as, as_option
from hardship.web.filters import plural


def register(root: click.Group) -> None:
    """Add `vouchers group`, `issue`, `cancel` and `list`."""
    vouchers = group(root, "vouchers", "Single-use codes of trusted groups and partner companies.")
    for command in (add_group, issue, cancel, show):
        vouchers.add_command(command)


@click.command("group", help="Add a group or company that hands codes on.")
@click.argument("name", metavar="NAME")
@click.option("--kind", type=click.Choice([kind.value for kind in GroupKind]), required=True)
@click.option("--fund", "fund_slug", metavar="SLUG", required=True, help="The fund its codes count for.")
@click.option("--round", "round_slug", metavar="SLUG", help="Only this round of it.")
@as_option()
@reports
def add_group(name: str, kind: str, fund_slug: str, round_slug: str | None, acting: str | None) -> Report:
    """Add a group."""
    runtime = the_runtime()
    with runtime.read() as session:
        fund = fund_by_slug(session, fund_slug)
        round_ = round_by_slug(session, round_slug) if round_slug else None
    added = runtime.transact(
        acting_as(acting), issuing.add_group, name=name, kind=GroupKind(kind), fund=fund, round_=round_
    )
    return Report({"group": added.ref}, [f"Added {added.name}: {added.ref}"])


@click.command("issue", help="Issue a batch of codes to a group, into a new file (CSV, mode 0600).")
@click.argument("group_ref", metavar="GROUP")
@click.option("--count", type=int, required=True, help="How many codes.")
@click.option("--expires", metavar="DATE", required=True, help="The last day on which they count.")
@click.option("--out", metavar="FILE.csv", required=True, help="The codes are here and nowhere else.")
@as_option()
@reports
def issue(group_ref: str, count: int, expires: str, out: str, acting: str | None) -> Report:
    """Issue codes. The file is made first: codes that cannot be written would be lost."""
    runtime, day = the_runtime(), parse_day(expires, where="--expires")
    actor, path = acting_as(acting), private_file(out, "--out")
    try:
        issued = runtime.transact(actor, issuing.issue, group_ref=group_ref, size=count, expires_on=day)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    with runtime.read() as session:
        fund = session.get(Fund, queries.group_by_ref(session, group_ref).fund_id)
    handed = Handover(
        fund.public_name if fund else "", address_of(runtime.settings.base_url), day, issued.codes
    )
    path.write_bytes(handed.as_list())
    data = {"batch": issued.ref, "group": group_ref, "count": count, "expires_on": day.isoformat()}
    said = (
        f"Batch {issued.ref}: {plural(count, 'code')} for {issued.group}, until {day.isoformat()}, in {out}."
    )
    return Report(data | {"files": [out]}, [said, "The codes are in this file and nowhere else."])


@click.command("cancel", help="Take back what is not used of a batch.")
@click.argument("batch", metavar="BATCH")
@click.option("--why", required=True, help="The reason. It is kept sealed.")
@as_option()
@reports
def cancel(batch: str, why: str, acting: str | None) -> Report:
    """Cancel the rest of a batch."""
    done = the_runtime().transact(acting_as(acting), issuing.cancel, ref=batch, why=why)
    said = f"What was not used of batch {done.ref} opens nothing any more."
    return Report({"batch": done.ref, "state": done.state.value}, [said])


@click.command("list", help="Groups with what may be told of their codes, and their batches.")
@reports
def show() -> Report:
    """List the groups. Figures are told in fives, so that no group can tell who came with its code."""
    runtime, found, lines = the_runtime(), [], []
    with runtime.read() as session:
        for one in queries.shown_groups(session, day_of(runtime.clock.now())):
            batches = [
                {
                    "ref": batch.ref,
                    "count": batch.size,
                    "expires_on": batch.expires_on.isoformat(),
                    "state": batch.state.value,
                }
                for batch in queries.batches_of(session, one.group.id or 0)
            ]
            told = vars(one.totals)
            named = {"ref": one.group.ref, "name": one.group.name, "kind": one.group.kind.value}
            found.append(named | {"fund": one.fund, "round": one.round} | told | {"batches": batches})
            lines.append(
                f"{one.group.ref}  {one.group.name}: {told['issued']} issued, at least {told['used_at_least']}"
                f" used, at most {told['left_at_most']} left"
            )
            lines += [
                f"  {each['ref']}  {each['count']} until {each['expires_on']}, {each['state']}"
                for each in batches
            ]
    return Report({"groups": found}, lines or ["There are no groups. Add one with: hardship vouchers group"])
