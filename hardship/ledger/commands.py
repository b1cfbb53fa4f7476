"""`hardship ledger …` and `hardship export ledger`."""

from dataclasses import asdict
from pathlib import Path

import click

from hardship.core.command import Report, group, reports, the_runtime
from hardship.core.errors import BadInput
from hardship.core.money import display
from hardship.ledger import keeping_commands, report_commands
from hardship.ledger.exporting import FORMATS, export_books
from hardship.ledger.queries import LedgerCheck, balances
from hardship.ledger.queries import check as check_books
from hardship.staff.acting import acting_as, as_option
from hardship.staff.permissions import Permission, require


def register(root: click.Group) -> None:
    """Add `ledger …` and `export ledger`."""
    ledger = group(root, "ledger", "The books.")
    ledger.add_command(check)
    ledger.add_command(show_balances)
    report_commands.register(ledger)
    keeping_commands.register(ledger)
    group(root, "export", "Files for others.").add_command(export)


@click.command(help="Recompute the books from the entries; exit 1 when something is wrong.")
@as_option()
@reports
def check(acting: str | None) -> Report:
    """Check the books."""
    require(acting_as(acting), Permission.SEE_MONEY)
    with the_runtime().read() as session:
        found = check_books(session)
    data = {
        "journals": found.journals,
        "entries": found.entries,
        "balanced": found.balanced,
        "funds": [asdict(fund) for fund in found.funds],
        "clearing": found.clearing,
        "problems": found.problems,
    }
    return Report(data, _lines(found), exit_code=0 if found.balanced else 1)


def _lines(found: LedgerCheck) -> list[str]:
    lines = [f"{found.journals} journals, {found.entries} entries"]
    for fund in found.funds:
        lines.append(fund.fund)
        figures = {name: value for name, value in asdict(fund).items() if name != "fund"}
        lines += [f"  {name.replace('_', ' '):<10} {display(value):>16}" for name, value in figures.items()]
    lines += [f"in payout clearing {display(found.clearing)}", *found.problems]
    return [*lines, "The books balance." if found.balanced else "The books are NOT in order."]


@click.command("balances", help="What stands on each account, debit positive.")
@as_option()
@reports
def show_balances(acting: str | None) -> Report:
    """List the balances that are not nil."""
    require(acting_as(acting), Permission.SEE_MONEY)
    with the_runtime().read() as session:
        found = balances(session)
    data = {
        "balances": [
            {
                "fund": pot.fund_slug,
                "pot": pot.ref,
                "account": kind.value,
                "currency": pot.currency,
                "balance": minor,
            }
            for pot, kind, minor in found
        ]
    }
    lines = [
        f"{pot.ref:<30} {kind.value:<24} {display(minor, pot.currency):>16}" for pot, kind, minor in found
    ]
    return Report(data, lines or ["Nothing is booked yet."])


@click.command("ledger", help="Write the books to a file, for hledger or a spreadsheet.")
@click.option("--format", "form", type=click.Choice(FORMATS), required=True)
@click.option("--out", metavar="FILE", required=True, help="Where to write.")
@as_option()
@reports
def export(form: str, out: str, acting: str | None) -> Report:
    """Export the books."""
    target = Path(out)
    if not target.parent.is_dir() or target.is_dir():
        raise BadInput(
            "the file cannot be written there", where=out, fix="Name a file in a folder that exists."
        )
    text, journals = the_runtime().transact(acting_as(acting), export_books, form=form)
    try:
        target.write_text(text, encoding="utf-8")
    except (OSError, ValueError) as error:
        raise BadInput(
            f"the file cannot be written ({type(error).__name__})", where=out, fix="Check the path."
        ) from None
    data = {"format": form, "file": str(target), "journals": journals}
    return Report(data, [f"{journals} journals written to {target}"])
