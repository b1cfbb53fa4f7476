"""`hardship import contributions` and `hardship import refunds`."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

import click

from hardship.contributions import card_commands
from hardship.contributions.desk import commands as desk_commands
from hardship.contributions.files import CONTRIBUTIONS, CONTRIBUTIONS_OPTIONAL, REFUNDS, gift_in, refund_in
from hardship.contributions.giftaid import commands as tax_commands
from hardship.contributions.service import NewGift, NewRefund, import_gifts, import_refunds
from hardship.core.command import Report, group, reports, the_runtime
from hardship.core.csvfile import Numbered, Outcome, run_import, transact
from hardship.staff.acting import acting_as, as_option

F = TypeVar("F", bound=Callable[..., object])


def register(root: click.Group) -> None:
    """Add the room's commands."""
    card_commands.register(root)
    desk_commands.register(root)
    tax_commands.register(root)
    imports = group(root, "import", "Take in files.")
    imports.add_command(contributions)
    imports.add_command(refunds)


def import_options(command: F) -> F:
    """The options that imports into a fund share."""
    for option in (
        as_option(),
        click.option(
            "--skip-bad", is_flag=True, help="Take the good rows, write the others to NAME.rejected.csv."
        ),
        click.option("--dry-run", is_flag=True, help="Say what would happen and change nothing."),
        click.option("--fund", "fund_slug", required=True, metavar="SLUG", help="The fund."),
        click.argument("file", type=click.Path(path_type=Path)),
    ):
        command = option(command)
    return command


@click.command("contributions")
@import_options
@reports
def contributions(file: Path, fund_slug: str, dry_run: bool, skip_bad: bool, acting: str | None) -> Report:
    """Import gifts from FILE.csv."""
    runtime, actor = the_runtime(), acting_as(acting)

    def use(rows: list[Numbered[NewGift]]) -> Outcome:
        return transact(
            runtime, actor, import_gifts, dry_run, fund_slug=fund_slug, rows=rows, skip_bad=skip_bad
        )

    parse = partial(gift_in, now=runtime.clock.now())
    return run_import(
        file, CONTRIBUTIONS, CONTRIBUTIONS_OPTIONAL, parse, use, skip_bad=skip_bad, dry_run=dry_run
    )


@click.command("refunds")
@import_options
@reports
def refunds(file: Path, fund_slug: str, dry_run: bool, skip_bad: bool, acting: str | None) -> Report:
    """Import refunds of gifts from FILE.csv."""
    runtime, actor = the_runtime(), acting_as(acting)

    def use(rows: list[Numbered[NewRefund]]) -> Outcome:
        return transact(
            runtime, actor, import_refunds, dry_run, fund_slug=fund_slug, rows=rows, skip_bad=skip_bad
        )

    parse = partial(refund_in, now=runtime.clock.now())
    return run_import(file, REFUNDS, (), parse, use, skip_bad=skip_bad, dry_run=dry_run)
