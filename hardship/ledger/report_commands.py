"""`hardship ledger trial-balance`, `sofa`, `receipts-and-payments`, `post-close`, `periods` and `losses`."""

import datetime as dt
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import click

from hardship.core.clock import day_of, iso, parse_day
from hardship.core.command import Report, reports, the_runtime
from hardship.core.errors import BadInput
from hardship.core.money import display
from hardship.core.sheets import Sheet, as_csv, as_xlsx
from hardship.ledger import losslog, postclose
from hardship.ledger.models import PeriodClose
from hardship.ledger.periods import closes_of
from hardship.ledger.reports import activities as sofa_report
from hardship.ledger.reports import receipts as receipts_report
from hardship.ledger.reports import trial_balance as trial_report
from hardship.ledger.reports.sums import Span, fund_slugs, known_fund
from hardship.staff.acting import acting_as, as_option
from hardship.staff.permissions import Permission, require
from hardship.staff.queries import addresses

F = TypeVar("F", bound=Callable[..., object])


def register(ledger: click.Group) -> None:
    """Add the reports to `ledger`."""
    for command in (trial_balance, sofa, receipts_and_payments, post_close, periods, losses):
        ledger.add_command(command)


def report_options(command: F) -> F:
    """The options that reports over a period share."""
    for option in (
        as_option(),
        click.option("--out", metavar="FILE", default="", help="Write it as well: FILE.csv or FILE.xlsx."),
        click.option("--to", "through", metavar="DATE", default="", help="The last day; today if left out."),
        click.option(
            "--from", "since", metavar="DATE", default="", help="The first day; else the beginning."
        ),
        click.option("--fund", "fund_slug", metavar="SLUG", default="", help="One fund; else all."),
    ):
        command = option(command)
    return command


def span_of(since: str, through: str) -> Span:
    """The period that was asked for; raises `BadInput`."""
    today = day_of(the_runtime().clock.now())
    last = parse_day(through, where="--to") if through else today
    return Span(parse_day(since, where="--from") if since else None, last)


def writes(sheet: Sheet, out: str) -> None:
    """Write a report as CSV or XLSX, by the file's name; raises `BadInput` when that cannot be done."""
    if not out:
        return
    target = Path(out)
    makers: dict[str, Callable[[Sheet], bytes]] = {".csv": as_csv, ".xlsx": as_xlsx}
    make = makers.get(target.suffix.lower())
    if make is None:
        raise BadInput("the file is neither .csv nor .xlsx", where=out, fix="Name it FILE.csv or FILE.xlsx.")
    try:
        target.write_bytes(make(sheet))
    except (OSError, ValueError) as error:
        raise BadInput(
            f"the file cannot be written ({type(error).__name__})", where=out, fix="Check the path."
        ) from None


def may_see(acting: str | None) -> None:
    """Raise `Forbidden` unless whoever acts may see the money."""
    require(acting_as(acting), Permission.SEE_MONEY)


def _day(text: str, where: str) -> dt.date | None:
    return parse_day(text, where=where) if text else None


@click.command("trial-balance", help="Every account's balance as at a day; with --from also what moved.")
@click.option("--pot", default="", metavar="REF", help="One pot.")
@report_options
@reports
def trial_balance(pot: str, fund_slug: str, since: str, through: str, out: str, acting: str | None) -> Report:
    """Show the trial balance; exit 1 when debits are not credits."""
    may_see(acting)
    with the_runtime().read() as session:
        found = trial_report.trial_balance(session, span_of(since, through), fund_slug, pot)
    writes(trial_report.sheet(found), out)
    lines = [
        f"{row.pot:<30} {row.account.value:<24} {display(row.closing, row.currency):>16}"
        for row in found.rows
    ]
    for one in found.currencies:
        lines.append(f"debits {display(found.debit(one), one)}, credits {display(found.credit(one), one)}")
    return Report(trial_report.figures(found), lines, 0 if found.balanced else 1)


@click.command(
    "sofa", help="The statement of financial activities, in the layout of the Charities SORP (FRS 102)."
)
@report_options
@reports
def sofa(fund_slug: str, since: str, through: str, out: str, acting: str | None) -> Report:
    """Show the statement; exit 1 when it does not tie to the balance sheet."""
    may_see(acting)
    with the_runtime().read() as session:
        found = sofa_report.activities(session, span_of(since, through), fund_slug)
    sheet = sofa_report.sheet(found)
    writes(sheet, out)
    return Report(sofa_report.figures(found), _table(sheet), 0 if found.ties else 1)


@click.command(
    "receipts-and-payments", help="Receipts and payments, with the assets and liabilities at the end."
)
@report_options
@reports
def receipts_and_payments(fund_slug: str, since: str, through: str, out: str, acting: str | None) -> Report:
    """Show the account; exit 1 when closing cash is not what stands on the cash accounts."""
    may_see(acting)
    with the_runtime().read() as session:
        found = receipts_report.receipts_and_payments(session, span_of(since, through), fund_slug)
    sheet = receipts_report.sheet(found)
    writes(sheet, out)
    return Report(receipts_report.figures(found), _table(sheet), 0 if found.ties else 1)


def _table(sheet: Sheet) -> list[str]:
    """A statement's parts, lines and totals."""
    return [f"{row[0]!s:<26} {row[1]!s:<52} {row[-1]!s:>16}" for row in sheet.rows]


@click.command("post-close", help="What was booked after a close and refers back to what was closed.")
@click.option("--fund", "fund_slug", metavar="SLUG", default="", help="One fund; else all.")
@click.option("--through", default="", metavar="DATE", help="One close, by its last day; else all.")
@click.option("--out", metavar="FILE", default="", help="Write it as well: FILE.csv or FILE.xlsx.")
@as_option()
@reports
def post_close(fund_slug: str, through: str, out: str, acting: str | None) -> Report:
    """Show the post-close report."""
    may_see(acting)
    with the_runtime().read() as session:
        if fund_slug:
            known_fund(session, fund_slug)
        found = postclose.post_close(session, fund_slug, _day(through, "--through"))
    sheet = postclose.sheet(found)
    writes(sheet, out)
    data = [
        {
            name: value.isoformat() if isinstance(value, dt.date) else value
            for name, value in asdict(one).items()
        }
        for one in found
    ]
    lines = [
        f"{one.effective_on}  journal {one.journal}  refers to {one.refers_on}  {one.kind}  {one.cause}"
        f"  {display(one.amount, one.currency)}"
        for one in found
    ]
    return Report({"journals": data}, lines or ["Nothing refers back to a closed period."])


@click.command(
    "periods",
    help="The closed periods. None can be reopened: what comes late stands on the post-close report.",
)
@click.option("--fund", "fund_slug", metavar="SLUG", default="", help="One fund; else all.")
@as_option()
@reports
def periods(fund_slug: str, acting: str | None) -> Report:
    """List the closed periods."""
    may_see(acting)
    with the_runtime().read() as session:
        slugs = [known_fund(session, fund_slug)] if fund_slug else fund_slugs(session)
        found = [row for slug in slugs for row in closes_of(session, slug)]
    data = [period_figures(row) for row in found]
    lines = [
        f"{row.fund_slug}  through {row.through}  {row.journals} journals  {row.sha256}" for row in found
    ]
    return Report({"periods": data}, lines or ["No period is closed."])


def period_figures(row: PeriodClose) -> dict[str, Any]:
    """A closed period, as `--json` shows it."""
    return {
        "fund": row.fund_slug,
        "from": row.opens_on.isoformat() if row.opens_on else None,
        "through": row.through.isoformat(),
        "year": row.is_year,
        "closed_at": iso(row.closed_at),
        "journals": row.journals,
        "sha256": row.sha256,
    }


@click.command("losses", help="The loss log: what was lost, when it was found, what came back.")
@click.option("--fund", "fund_slug", metavar="SLUG", default="", help="One fund; else all.")
@click.option("--out", metavar="FILE", default="", help="Write it as well: FILE.csv or FILE.xlsx.")
@as_option()
@reports
def losses(fund_slug: str, out: str, acting: str | None) -> Report:
    """Show the loss log. The reasons, which people wrote, are only in the file."""
    may_see(acting)
    runtime = the_runtime()
    with runtime.read() as session:
        if fund_slug:
            known_fund(session, fund_slug)
        found, people = losslog.log(session, fund_slug), addresses(session)
    if out:
        taken = runtime.transact(acting_as(acting), losslog.take_out, fund_slug=fund_slug)
        writes(losslog.sheet(taken, people), out)
    data = [
        {
            "ref": one.loss.ref,
            "fund": one.loss.fund_slug,
            "cause": one.loss.cause.value,
            "about": one.loss.about,
            "state": one.loss.state.value,
            "found_on": one.loss.found_on.isoformat(),
            "amount": one.loss.amount_minor,
            "recovered": one.loss.recovered_minor,
            "journal": one.loss.journal_id,
        }
        for one in found
    ]
    lines = [
        f"{one['ref']}  {one['fund']}  {one['found_on']}  {one['cause']}  {one['state']}"
        f"  {display(int(str(one['amount'])))}"
        for one in data
    ]
    return Report({"losses": data}, lines or ["Nothing is in the loss log."])
