"""`hardship payouts …` for the bank: files out, statements in, test payments."""

from pathlib import Path
from typing import Any

import click

from hardship.core.canonical import sha256_hex
from hardship.core.clock import day_of
from hardship.core.command import Report, reports, the_runtime
from hardship.core.csvfile import finish, refused
from hardship.core.errors import BadInput
from hardship.core.money import display, parse_minor
from hardship.core.runtime import Runtime
from hardship.funds.bankfiles import FileForm
from hardship.funds.queries import fund_by_slug
from hardship.payouts import files, queries, service, shapes
from hardship.payouts.previewing import preview_file
from hardship.payouts.service.trials import MOST_MINOR
from hardship.payouts.statement import About, StatementLine
from hardship.payouts.statement_camt import parse_camt
from hardship.payouts.statement_csv import DATE_FORMATS, Shape
from hardship.payouts.statement_files import is_xml, read_csv, read_file
from hardship.payouts.statements_in import balance_of
from hardship.staff.acting import acting_as, as_option
from hardship.staff.permissions import Permission, require


def add_to(payouts: click.Group) -> None:
    """Add the commands to `hardship payouts`."""
    for command in (list_files, void, preview, reconcile, map_statement, test_payment, confirm_test):
        payouts.add_command(command)


def form_named(text: str | None) -> FileForm | None:
    """The form of that name, None for none; raises `BadInput`."""
    if not text:
        return None
    try:
        return FileForm(text)
    except ValueError:
        known = ", ".join(FileForm)
        raise BadInput("there is no such form", where="--form", fix=f"The forms are: {known}.") from None


# --- Files --------------------------------------------------------------------------------------------------------


@click.command("files", help="Write a batch's bank files again, the same to the byte, readable by you alone.")
@click.argument("batch_ref", metavar="BATCH")
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="DIR", help="Where; else the instance folder."
)
@as_option(required=True)
@reports
def list_files(batch_ref: str, out: Path | None, acting: str) -> Report:
    """Write the files of a batch."""
    runtime = the_runtime()
    paths = files.write_files(runtime, acting_as(acting), batch_ref, out)
    with runtime.read() as session:
        rows = files.files_of(session, queries.batch_named(session, batch_ref))
    shown = [
        {
            "ref": one.ref,
            "form": one.form.value,
            "state": one.state.value,
            "count": one.count,
            "amount": one.amount_minor,
            "sha256": one.sha256,
        }
        for one in rows
    ]
    lines = [f"{one.ref}  {one.state.value:<7} {one.count:>5}  {display(one.amount_minor)}" for one in rows]
    lines += [str(path) for path in paths]
    data = {"batch": batch_ref, "contents": shown, "files": [str(path) for path in paths]}
    return Report(data, lines or ["The batch has no files."])


@click.command(help="Propose to void a batch's bank files, or one: the bank has not taken them.")
@click.argument("batch_ref", metavar="BATCH")
@click.option("--file", "file_ref", default="", metavar="FILE", help="Only this file.")
@click.option("--why", required=True, help="How you know that the bank has not taken it.")
@as_option(required=True)
@reports
def void(batch_ref: str, file_ref: str, why: str, acting: str) -> Report:
    """Propose to void files; a second person attests it."""
    made = the_runtime().transact(
        acting_as(acting), service.propose_void, batch_ref=batch_ref, file_ref=file_ref, why=why
    )
    line = f"Proposal {made.ref}: another person attests it. See: hardship proposals approve {made.ref}"
    return Report({"proposal": made.ref, "done": made.done}, [line])


@click.command("preview-file", help="Show what a file for the bank looks like, with made-up payees.")
@click.option("--fund", "slug", required=True, metavar="SLUG")
@click.option("--form", metavar="|".join(FileForm), help="Another form than the fund's own.")
@as_option()
@reports
def preview(slug: str, form: str | None, acting: str | None) -> Report:
    """Preview a fund's bank files."""
    runtime = the_runtime()
    require(acting_as(acting), Permission.SEE_MONEY)
    with runtime.read() as session:
        shown = preview_file(session, runtime.vault, fund_by_slug(session, slug), form_named(form))
    text = shown.data.decode()
    return Report({"fund": slug, "form": shown.form.value, "file": text}, text.splitlines())


# --- Statements ---------------------------------------------------------------------------------------------------


@click.command(
    help="Read a bank statement (camt.053 or CSV): settle what was debited, take back what returned."
)
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@click.option(
    "--fund", default="", metavar="SLUG", help="Whose receipts they are, where several funds exist."
)
@click.option(
    "--skip-bad",
    is_flag=True,
    help="Take the good rows and write the others to NAME.rejected.csv (CSV only).",
)
@as_option()
@reports
def reconcile(path: Path, fund: str, skip_bad: bool, acting: str | None) -> Report:
    """Reconcile a bank statement."""
    runtime, actor = the_runtime(), acting_as(acting)
    require(actor, Permission.RECONCILE)
    data = read_file(path)
    today = day_of(runtime.clock.now())

    def use(lines: list[StatementLine], about: About) -> service.Reconciled:
        return runtime.transact(
            actor, service.reconcile, lines=lines, sha256=sha256_hex(data), about=about, fund=fund
        )

    if is_xml(data):
        read = parse_camt(data, path.name, today)
        done = use(list(read.lines), read.about)
        report = Report(
            {
                "read": len(read.lines),
                "imported": done.imported,
                "unchanged": done.unchanged,
                "rejected": 0,
                "problems": [],
            },
            [f"{len(read.lines)} lines read: {done.imported} imported, {done.unchanged} unchanged."],
        )
    else:
        with runtime.read() as session:
            known = shapes.shapes(session)
        rows, good = read_csv(data, path, today=today, shapes=known)
        if rows.problems and not skip_bad:
            return _with(refused(rows), service.Reconciled(0, 0))
        if skip_bad and rows.problems:
            rows.check_rejected()
        done = use([one.value for one in good], About()) if good else service.Reconciled(0, 0)
        report = finish(rows, imported=done.imported, unchanged=done.unchanged, skip_bad=skip_bad)
    return _with(report, done, runtime, sha256_hex(data))


def _with(
    report: Report, done: service.Reconciled, runtime: Runtime | None = None, sha256: str = ""
) -> Report:
    """The report with what reconciliation adds: matches, exceptions, and the balance where the bank tells it."""
    report.data.update(
        {
            "matched": done.matched,
            "returned": done.returned,
            "booked": done.booked,
            "exceptions": done.exceptions,
        }
    )
    lines = list(report.lines)
    if report.exit_code == 0:
        lines.append(
            f"{done.matched} matched, {done.returned} returned, {done.booked} booked,"
            f" {done.exceptions} for a person to look at."
        )
    if runtime is not None:
        with runtime.read() as session:
            clearing = queries.clearing(session)
            balance = balance_of(session, sha256)
        report.data["clearing"] = clearing
        if balance is not None:
            report.data["balance"] = balance.described()
            lines.append(str(balance))
    report.lines = lines
    return report


@click.command("map-statement", help="Say once which columns of a bank's own CSV hold what.")
@click.argument("name", metavar="NAME")
@click.option("--date", required=True, metavar="COLUMN")
@click.option("--date-format", default="DD/MM/YYYY", show_default=True, metavar="|".join(DATE_FORMATS))
@click.option(
    "--amount", default="", metavar="COLUMN", help="Signed amounts, or with --direction unsigned ones."
)
@click.option("--out-sign", type=click.Choice(["minus", "plus"]), default="minus", show_default=True)
@click.option("--direction", default="", metavar="COLUMN")
@click.option(
    "--out-word", "out_words", multiple=True, metavar="WORD", help="A word for money out; repeatable."
)
@click.option("--paid-in", default="", metavar="COLUMN")
@click.option("--paid-out", default="", metavar="COLUMN")
@click.option("--reference", multiple=True, metavar="COLUMN", help="Repeatable.")
@click.option("--counterparty", multiple=True, metavar="COLUMN", help="Repeatable.")
@as_option()
@reports
def map_statement(name: str, acting: str | None, **given: Any) -> Report:
    """Save the mapping of a bank's columns."""
    shape = Shape(**given)
    changed = the_runtime().transact(acting_as(acting), shapes.save_shape, name=name, shape=shape)
    line = f"Statements with the columns {', '.join(shape.columns)} are read as {name}."
    return Report({"name": name, "columns": list(shape.columns), "changed": changed}, [line])


# --- Test payments ------------------------------------------------------------------------------------------------


@click.command("test-payment", help="A file with one payment of pennies to an account of the charity's own.")
@click.option("--fund", required=True, metavar="SLUG")
@click.option("--name", required=True, help="The account's name.")
@click.option("--sort-code", required=True)
@click.option("--account-number", required=True)
@click.option("--amount", default="0.01", show_default=True, help=f"At most {display(MOST_MINOR)}.")
@click.option("--form", metavar="|".join(FileForm), help="Another form than the fund's own.")
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="DIR", help="Where; else the instance folder."
)
@as_option(required=True)
@reports
def test_payment(amount: str, form: str | None, out: Path | None, acting: str, **given: str) -> Report:
    """Make the file of a test payment."""
    runtime = the_runtime()
    made = runtime.transact(
        acting_as(acting),
        service.make_trial,
        amount_minor=parse_minor(amount, where="--amount"),
        form=form_named(form),
        **given,
    )
    path = files.write_one(runtime, made, out)
    code = made.ref.removeprefix("T-")
    with runtime.read() as session:
        told = service.trial_preview(fund_by_slug(session, given["fund"]), code)
    data = {"test_payment": code, "payer": told.payer, "reference": told.reference, "files": [str(path)]}
    return Report(data, [str(path), f"The statement should say: {told.payer} · {told.reference}"])


@click.command("confirm-test", help="Record what the statement says of a test payment.")
@click.argument("code", metavar="CODE")
@click.option("--said", required=True, help="What the statement says, word by word.")
@click.option("--differs", is_flag=True, help="It is not what it should say.")
@as_option(required=True)
@reports
def confirm_test(code: str, said: str, differs: bool, acting: str) -> Report:
    """Confirm a test payment."""
    row = the_runtime().transact(
        acting_as(acting), service.confirm_trial, code=code, said=said, as_expected=not differs
    )
    return Report({"test_payment": row.ref, "state": row.state.value}, [f"Recorded: {row.state.value}."])
