"""`hardship ledger open`, `close`, `loss`, `reverse` and `rebuild`: what changes the books. All but the last take two
people; the machine's operator may do it alone, which the event log shows."""

from pathlib import Path
from typing import Any

import click

from hardship.core.clock import day_of, parse_day
from hardship.core.command import Report, reports, the_runtime
from hardship.core.csvfile import RowsRefused, read_rows, refused
from hardship.core.errors import BadInput
from hardship.core.money import display, parse_minor
from hardship.ledger import closing, corrections, losslog, opening, rebuilding
from hardship.ledger.models import AccountKind, LossCause
from hardship.ledger.moving import Asked
from hardship.ledger.report_commands import may_see
from hardship.staff.acting import acting_as, as_option


def register(ledger: click.Group) -> None:
    """Add the commands to `ledger`."""
    for command in (open_books, close, loss, reverse, rebuild):
        ledger.add_command(command)


def outcome(asked: Asked, what: str, **facts: Any) -> Report:
    """What became of it: done, or waiting for a second person."""
    data = {"proposal": asked.proposal or None, "done": asked.done, **facts}
    waits = f"{what} waits for a second person: hardship proposals approve {asked.proposal} --as EMAIL"
    return Report(data, [f"{what}: done" if asked.done else waits])


@click.command("open", help="Enter a fund's opening balances from FILE.csv (pot, account, debit, credit).")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--fund", "fund_slug", required=True, metavar="SLUG", help="The fund.")
@click.option("--on", required=True, metavar="DATE", help="The day at whose beginning they stood.")
@as_option()
@reports
def open_books(file: Path, fund_slug: str, on: str, acting: str | None) -> Report:
    """Propose opening balances; the file is taken whole or not at all."""
    rows = read_rows(file, ("pot", "account"), ("debit", "credit"))
    good = rows.parse(opening.opening_in)
    if rows.problems:
        return refused(rows)
    day, actor = parse_day(on, where="--on"), acting_as(acting)
    try:
        asked = the_runtime().transact(actor, opening.propose_opening, fund_slug=fund_slug, on=day, rows=good)
    except RowsRefused as error:
        rows.problems.extend(error.problems)
        return refused(rows)
    lines = [one.value for one in good if one.value.account is not AccountKind.OPENING]
    debits = sum(one.minor for one in lines if one.minor > 0)
    credits = -sum(one.minor for one in lines if one.minor < 0)
    report = outcome(
        asked,
        "Opening balances",
        fund=fund_slug,
        on=day.isoformat(),
        journal=asked.journals[0] if asked.journals else None,
        debits=debits,
        credits=credits,
        brought_forward=debits - credits,
    )
    said = (
        f"debits {display(debits)}, credits {display(credits)}, brought forward {display(debits - credits)}"
    )
    report.lines = [said, *report.lines]
    return report


@click.command("close", help="Close a fund's books through a day. It takes two people and is never undone.")
@click.option("--fund", "fund_slug", required=True, metavar="SLUG", help="The fund.")
@click.option("--through", required=True, metavar="DATE", help="The last day of the period.")
@click.option("--year", is_flag=True, help="It is the end of the year.")
@as_option()
@reports
def close(fund_slug: str, through: str, year: bool, acting: str | None) -> Report:
    """Propose a close, and show what was looked at before."""
    day, runtime = parse_day(through, where="--through"), the_runtime()
    actor = acting_as(acting)
    asked = runtime.transact(actor, closing.propose_close, fund_slug=fund_slug, through=day, is_year=year)
    with runtime.read() as session:
        sha256 = closing.frozen_sha256(session, fund_slug, day)
        if asked.done:
            items = closing.items_of(session, fund_slug, day)
        else:
            items = closing.checklist(session, fund_slug, day, day_of(runtime.clock.now()))
    data = [{"name": one.name, "ok": one.ok, "text": one.text, "details": list(one.details)} for one in items]
    report = outcome(
        asked, f"Close through {day}", fund=fund_slug, through=day.isoformat(), sha256=sha256, checklist=data
    )
    report.lines = [
        *(f"{'ok  ' if one.ok else 'note'} {one.name}: {one.text}" for one in items),
        *report.lines,
    ]
    return report


@click.command("loss", help="Propose a line of the loss log.")
@click.option("--fund", "fund_slug", required=True, metavar="SLUG", help="The fund.")
@click.option("--cause", type=click.Choice([one.value for one in LossCause]), required=True)
@click.option("--amount", required=True, help="How much, like 200.00.")
@click.option("--found-on", required=True, metavar="DATE", help="The day it was found.")
@click.option("--why", required=True, help="What happened, in a few words; kept sealed.")
@click.option("--about", default="", metavar="SUBJECT", help="What it is about, like award:7K3M-9Q2X.")
@click.option(
    "--account", default="bank", help="Where the money is gone from; empty for an expense already booked."
)
@click.option("--pot", default="", metavar="REF", help="The pot that bears it; else the community's.")
@as_option()
@reports
def loss(
    fund_slug: str,
    cause: str,
    amount: str,
    found_on: str,
    why: str,
    about: str,
    account: str,
    pot: str,
    acting: str | None,
) -> Report:
    """Propose a loss."""
    new = losslog.NewLoss(
        fund_slug,
        LossCause(cause),
        parse_minor(amount, where="--amount"),
        parse_day(found_on, where="--found-on"),
        why,
        about,
        account,
        pot,
    )
    asked = the_runtime().transact(acting_as(acting), losslog.propose_loss, new=new)
    return outcome(asked, "Loss", loss=asked.ref or None, amount=new.amount_minor)


@click.command(
    "reverse", help="Propose to reverse an opening balance, a transfer or a loss, by its journal's number."
)
@click.argument("journal")
@click.option("--why", required=True, help="What was wrong; kept sealed.")
@as_option()
@reports
def reverse(journal: str, why: str, acting: str | None) -> Report:
    """Propose a reversal."""
    if not (journal.isascii() and journal.isdigit()) or len(journal) > 9:
        raise BadInput("not the number of a journal", where="JOURNAL", fix="Write it like 17.")
    runtime = the_runtime()
    asked = runtime.transact(
        acting_as(acting), corrections.propose_reversal, journal_id=int(journal), why=why
    )
    return outcome(asked, f"Reversal of journal {journal}", journals=list(asked.journals))


@click.command(
    "rebuild", help="Set every cached balance to the sum of its entries. --check: only compare, exit 1."
)
@click.option("--check", "only_check", is_flag=True, help="Change nothing; exit 1 when a balance is wrong.")
@as_option()
@reports
def rebuild(only_check: bool, acting: str | None) -> Report:
    """Rebuild the cached balances, or compare them."""
    runtime = the_runtime()
    if only_check:
        may_see(acting)
        with runtime.read() as session:
            found = rebuilding.compare(session)
    else:
        found = runtime.transact(acting_as(acting), rebuilding.rebuild)
    wrong = [
        {"pot": one.pot, "account": one.account.value, "cached": one.cached, "entries": one.entries}
        for one in found.differences
    ]
    word = "wrong" if only_check else "put right"
    lines = [f"{one['pot']} {one['account']}: {one['cached']} → {one['entries']}" for one in wrong]
    lines.append(f"{found.accounts} balances compared with their entries, {len(wrong)} {word}.")
    data = {"accounts": found.accounts, "differences": wrong, "rebuilt": not only_check}
    return Report(data, lines, 1 if only_check and wrong else 0)
