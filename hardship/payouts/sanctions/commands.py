"""`hardship sanctions`: the list, and what may be on it."""

import datetime as dt
from pathlib import Path

import click

from hardship.core.clock import iso
from hardship.core.command import Report, file_bytes, group, reports, the_runtime
from hardship.core.errors import BadInput
from hardship.payouts.sanctions import queries, service
from hardship.payouts.sanctions.lists import MAX_BYTES
from hardship.payouts.service import load
from hardship.payouts.transitions import HitEvent, HitState
from hardship.staff.acting import acting_as, as_option
from hardship.web.filters import plural


def register(root: click.Group) -> None:
    """Add `sanctions import`, `status`, `hits`, `clear` and `confirm`."""
    sanctions = group(
        root, "sanctions", "The UK Sanctions List: payees are compared with it here, before they are paid."
    )
    for command in (import_file, status, list_hits, clear, confirm):
        sanctions.add_command(command)


def day_option(text: str | None, option: str) -> dt.date | None:
    """A day from an option; raises `BadInput`."""
    if text is None:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise BadInput("not a day", where=option, fix="Write it like 2020-04-14.") from None


@click.command(
    "import", help="Import the list as published (CSV or XML) and compare everybody about to be paid."
)
@click.argument("file", metavar="FILE")
@click.option("--published", metavar="DATE", help="The day of the list, if the file does not say it.")
@as_option()
@reports
def import_file(file: str, published: str | None, acting: str | None) -> Report:
    """Import a list."""
    day = day_option(published, "--published")
    data = file_bytes(file, MAX_BYTES)
    done = load(the_runtime(), acting_as(acting), data=data, name=Path(file).name, published_on=day)
    figures = {
        "published": done.list.published_on.isoformat(),
        "entries": done.list.entries,
        "names": done.list.names,
        "changed": not done.list.again,
        "held": done.held,
    }
    entries = plural(done.list.entries, "entry", "entries")
    line = f"The list of {figures['published']}: {entries}, {plural(done.list.names, 'name')}."
    held = f"{plural(done.held, 'payee')} may be on it and will not be paid until the officer has looked."
    return Report(figures, [line, *([held] if done.held else [])])


@click.command(help="Which list is loaded. Exit 1 when there is none, or it is older than thirty days.")
@reports
def status() -> Report:
    """Say which list counts."""
    runtime = the_runtime()
    with runtime.read() as session:
        listing = queries.current_list(session)
        waiting = len(queries.hits(session, [HitState.OPEN], limit=100_000))
    if listing is None:
        return Report(
            {"list": None, "open": waiting}, ["No list is loaded: nobody is screened."], exit_code=1
        )
    stale = service.is_stale(listing, runtime.clock.now())
    shown = {
        "published": listing.published_on.isoformat(),
        "imported_at": iso(listing.imported_at),
        "entries": listing.entries,
        "names": listing.names,
        "stale": stale,
    }
    lines = [f"The list of {shown['published']}: {listing.names} names, {plural(waiting, 'hit')} to look at."]
    if stale:
        lines.append("It is older than thirty days: import a newer one.")
    return Report({"list": shown, "open": waiting}, lines, exit_code=int(stale))


@click.command("hits", help="Payees who may be on the list, without a name.")
@click.option(
    "--state", type=click.Choice([state.value for state in HitState]), help="Only those in a state."
)
@reports
def list_hits(state: str | None) -> Report:
    """List the hits."""
    with the_runtime().read() as session:
        rows = queries.hits(session, [HitState(state)] if state else (), limit=100_000)
    data = {
        "hits": [
            {
                "ref": row.hit.ref,
                "application": row.case,
                "fund": row.fund,
                "state": row.hit.state.value,
                "found_at": iso(row.hit.found_at),
            }
            for row in rows
        ]
    }
    lines = [
        f"{row.hit.ref}  {row.hit.state.value:<10} case {row.case}  {iso(row.hit.found_at)}" for row in rows
    ]
    return Report(data, lines or ["There are none."])


def _decide(ref: str, event: HitEvent, why: str, acting: str) -> Report:
    hit = the_runtime().transact(acting_as(acting), service.decide, ref=ref, event=event, why=why)
    return Report({"hit": hit.ref, "state": hit.state.value}, [f"{hit.ref} is {hit.state.value}."])


@click.command(help="It is somebody else, or a licence allows the payment.")
@click.argument("ref", metavar="HIT")
@click.option("--why", required=True, help="What you compared, or which licence.")
@as_option(required=True)
@reports
def clear(ref: str, why: str, acting: str) -> Report:
    """Clear a hit."""
    return _decide(ref, HitEvent.CLEAR, why, acting)


@click.command(help="It is the person on the list: the award is frozen.")
@click.argument("ref", metavar="HIT")
@click.option("--why", required=True, help="What you compared.")
@as_option(required=True)
@reports
def confirm(ref: str, why: str, acting: str) -> Report:
    """Confirm a hit."""
    return _decide(ref, HitEvent.CONFIRM, why, acting)
