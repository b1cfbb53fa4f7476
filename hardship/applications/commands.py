"""`hardship import applications`: applications from a form or a spreadsheet."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import click

from hardship.applications.bankdetails import commands as bankdetails
from hardship.applications.bankdetails.service import checker
from hardship.applications.rows import COLUMNS, REQUIRED, reader
from hardship.applications.service import NewApplication, Receipt, import_applications
from hardship.applications.vouching import commands as vouching
from hardship.core.command import Report, group, private_file, progress, reports, the_runtime
from hardship.core.csvfile import Numbered, Outcome, run_import, transact
from hardship.core.runtime import Runtime
from hardship.funds.queries import round_by_slug
from hardship.staff.acting import acting_as, as_option


def register(root: click.Group) -> None:
    """Add `import applications`."""
    group(root, "import", "Bring in what was recorded elsewhere.").add_command(applications)
    bankdetails.register(root)
    vouching.register(root)


@click.command("applications", help="Applications from a form or a spreadsheet (CSV).")
@click.argument("file", metavar="FILE.csv")
@click.option("--round", "round_slug", metavar="SLUG", required=True, help="The round they are for.")
@click.option("--dry-run", is_flag=True, help="Say what would happen, and change nothing.")
@click.option("--skip-bad", is_flag=True, help="Take the good rows; write the others to FILE.rejected.csv.")
@click.option(
    "--claim-codes", metavar="OUT.csv", help="Write references and claim codes to this new file (mode 0600)."
)
@as_option()
@reports
def applications(
    file: str, round_slug: str, dry_run: bool, skip_bad: bool, claim_codes: str | None, acting: str | None
) -> Report:
    """Import a file, whole or not at all, then do the checks of what is waiting."""
    runtime = the_runtime()
    actor = acting_as(acting)
    with runtime.read() as session:
        round_ = round_by_slug(session, round_slug)
        check = checker(session, many=True)
    codes = _new_file(claim_codes) if not dry_run else None
    taken: list[Receipt] = []

    def use(rows: list[Numbered[NewApplication]]) -> Outcome:
        outcome, receipts = transact(
            runtime, actor, import_applications, dry_run, round_=round_, rows=rows, skip_bad=skip_bad
        )
        taken.extend(receipts)
        return outcome

    read = reader(runtime.vault, round_, runtime.clock.now(), check)
    try:
        report = run_import(file, REQUIRED, COLUMNS, read, use, skip_bad=skip_bad, dry_run=dry_run)
        if codes is not None:
            _write_codes(codes, taken)
    finally:
        if codes is not None and not taken:
            codes.unlink(missing_ok=True)
    if not dry_run and report.exit_code == 0:
        _check(runtime, len(taken))
    return report


def _check(runtime: Runtime, taken: int) -> None:
    """Do the checks, so that the queue is complete when the command ends."""
    if taken > 200:
        progress(f"Checking {taken} applications …")
    runtime.run_due("checks")


def _new_file(name: str | None) -> Path | None:
    """Where the claim codes go, made before anything is imported. Raises `BadInput` when it cannot be."""
    return private_file(name, "--claim-codes") if name else None


def _write_codes(path: Path, taken: Sequence[Receipt]) -> None:
    """References and claim codes, for whoever tells the applicants; readable by the owner only."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["ref", "claim_code"])
    writer.writerows([receipt.ref, receipt.claim_code] for receipt in taken)
    path.write_text(text.getvalue(), encoding="utf-8")
