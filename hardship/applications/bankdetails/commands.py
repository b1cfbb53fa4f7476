"""`hardship bank-table`: Pay.UK's tables for the check of bank details."""

from pathlib import Path

import click

from hardship.applications.bankdetails.models import TableKind
from hardship.applications.bankdetails.service import import_table, newest_table
from hardship.applications.bankdetails.tables import MAX_BYTES
from hardship.core.clock import iso
from hardship.core.command import Report, file_bytes, group, reports, the_runtime
from hardship.staff.acting import acting_as, as_option
from hardship.web.filters import plural

FILES = {TableKind.WEIGHTS: "valacdos.txt", TableKind.SUBSTITUTES: "scsubtab.txt"}


def register(root: click.Group) -> None:
    """Add `bank-table import` and `bank-table status`."""
    table = group(
        root, "bank-table", "Pay.UK's tables, by which account numbers are checked. None is shipped."
    )
    table.add_command(import_file)
    table.add_command(status)


@click.command("import", help="Import valacdos.txt or scsubtab.txt as Pay.UK publishes them.")
@click.argument("file", metavar="FILE")
@as_option()
@reports
def import_file(file: str, acting: str | None) -> Report:
    """Import one of the two tables."""
    data = file_bytes(file, MAX_BYTES)
    done = the_runtime().transact(acting_as(acting), import_table, data=data, name=Path(file).name)
    said = f"{FILES[done.kind]}: {plural(done.rows, 'line')}"
    line = (
        f"{said}, as before."
        if done.again
        else f"{said}. Bank details that come from now on are checked by it."
    )
    return Report({"table": done.kind.value, "rows": done.rows, "changed": not done.again}, [line])


@click.command("status", help="Which tables are loaded.")
@reports
def status() -> Report:
    """Say which tables count."""
    with the_runtime().read() as session:
        newest = {kind: newest_table(session, kind) for kind in TableKind}
    data = {
        kind.value: {"rows": table.rows, "imported_at": iso(table.imported_at)} if table else None
        for kind, table in newest.items()
    }
    lines = [
        f"{FILES[kind]}: {plural(table.rows, 'line')}, imported {iso(table.imported_at)}"
        if table
        else f"{FILES[kind]}: not loaded; account numbers are not checked by it"
        for kind, table in newest.items()
    ]
    return Report(data, lines)
