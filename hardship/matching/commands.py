"""`hardship match` and `hardship import sponsor-payments`."""

import datetime as dt
from functools import partial
from pathlib import Path
from typing import Any

import click

from hardship.contributions.commands import import_options
from hardship.contributions.queries import gift_by_ref
from hardship.core.clock import happened, iso, parse_instant
from hardship.core.command import Report, group, reports, the_runtime
from hardship.core.csvfile import (
    Numbered,
    Outcome,
    Row,
    amount_cell,
    instant_cell,
    ref_cell,
    run_import,
    transact,
)
from hardship.core.errors import BadInput
from hardship.core.money import display, parse_minor
from hardship.core.runtime import Transaction
from hardship.funds.service import lock_fund
from hardship.matching import paper_commands
from hardship.matching.onegift import Explained, explain
from hardship.matching.queries import Status, agreement_by_ref, all_agreements, status
from hardship.matching.sentences import explained
from hardship.matching.service import (
    NewPayment,
    Redistributed,
    import_payments,
    receive_payment,
    redistribute,
)
from hardship.staff.acting import acting_as, as_option

PAYMENTS = ("ref", "received_at", "amount", "agreement")


def register(root: click.Group) -> None:
    """Add the room's commands."""
    match = group(root, "match", "Match agreements.")
    for command in (receive, repay, show_status, explain_gift, spread):
        match.add_command(command)
    for command in paper_commands.COMMANDS:
        match.add_command(command)
    group(root, "import", "Take in files.").add_command(sponsor_payments)


@click.command("sponsor-payments")
@import_options
@reports
def sponsor_payments(file: Path, fund_slug: str, dry_run: bool, skip_bad: bool, acting: str | None) -> Report:
    """Import what sponsors paid from FILE.csv."""
    runtime, actor = the_runtime(), acting_as(acting)

    def use(rows: list[Numbered[NewPayment]]) -> Outcome:
        return transact(
            runtime, actor, import_payments, dry_run, fund_slug=fund_slug, rows=rows, skip_bad=skip_bad
        )

    parse = partial(payment_in, now=runtime.clock.now())
    return run_import(file, PAYMENTS, (), parse, use, skip_bad=skip_bad, dry_run=dry_run)


def payment_in(row: Row, now: dt.datetime) -> NewPayment:
    """The payment in a row; raises `BadInput` with the column, also for one that is still to come."""
    return NewPayment(
        ref=ref_cell(row, "ref"),
        agreement=ref_cell(row, "agreement"),
        received_at=instant_cell(row, "received_at", now=now),
        amount_minor=amount_cell(row, "amount"),
    )


@click.command("receive")
@click.argument("agreement")
@click.option("--amount", required=True, help="Like 40000.00.")
@click.option("--received-at", required=True, help="Like 2020-04-01T10:00:00+01:00.")
@click.option("--bank-ref", required=True, help="The bank's reference, unique among sponsors' payments.")
@as_option()
@reports
def receive(agreement: str, amount: str, received_at: str, bank_ref: str, acting: str | None) -> Report:
    """Record a payment from a sponsor; the same payment again is no change."""
    minor = parse_minor(amount, where="--amount")
    return _payment(agreement, minor, parse_instant(received_at, where="--received-at"), bank_ref, acting)


@click.command("repay")
@click.argument("agreement")
@click.option("--amount", required=True, help="Like 40000.00.")
@click.option("--paid-at", required=True, help="Like 2020-07-01T10:00:00+01:00.")
@click.option("--bank-ref", required=True, help="The bank's reference, unique among sponsors' payments.")
@as_option()
@reports
def repay(agreement: str, amount: str, paid_at: str, bank_ref: str, acting: str | None) -> Report:
    """Record what was paid back to a sponsor; the same payment again is no change."""
    minor = parse_minor(amount, where="--amount")
    return _payment(agreement, -minor, parse_instant(paid_at, where="--paid-at"), bank_ref, acting)


def _payment(agreement: str, minor: int, at: dt.datetime, bank_ref: str, acting: str | None) -> Report:
    """Record one payment: from the sponsor above zero, back to them below."""
    ref = bank_ref.strip()
    if not ref or len(ref) > 80 or not ref.isprintable():
        raise BadInput("not a reference", where="--bank-ref", fix="Write 1 to 80 characters on one line.")
    if not 1990 <= at.year <= 2200:
        raise BadInput("not a year that can be meant", where="the time", fix="Check the year.")
    runtime = the_runtime()
    happened(at, runtime.clock.now(), where="--received-at" if minor > 0 else "--paid-at")
    done = runtime.transact(
        acting_as(acting), receive_payment, agreement=agreement, ref=ref, received_at=at, amount_minor=minor
    )
    data = {
        "agreement": agreement,
        "bank_ref": ref,
        "amount": minor,
        "received": done.received_minor,
        "changed": not done.unchanged,
    }
    said = "was there already" if done.unchanged else "recorded"
    return Report(
        data, [f"{display(minor)} for {agreement} {said}; received so far {display(done.received_minor)}."]
    )


@click.command("status")
@click.option("--agreement", "ref", help="One agreement; else all.")
@reports
def show_status(ref: str | None) -> Report:
    """Show what agreements have allocated, received and still have to give."""
    with the_runtime().read() as session:
        rows = [agreement_by_ref(session, ref)] if ref else all_agreements(session)
        found = status(session, rows)
    lines = [_line(one) for one in found]
    return Report(
        {"agreements": [_described(one) for one in found]}, lines or ["There is no match agreement yet."]
    )


def _described(one: Status) -> dict[str, Any]:
    row = one.agreement
    return {
        "ref": row.ref,
        "cap": row.cap_minor,
        "allocated": row.allocated_minor,
        "held": row.held_minor,
        "remaining": one.remaining_minor,
        "reversed": row.reversed_minor,
        "contributions": one.contributions,
        "received": one.received_minor,
        "outstanding": one.outstanding_minor,
        "unearned": one.unearned_minor,
    }


def _line(one: Status) -> str:
    row = one.agreement
    cap = "no cap" if row.cap_minor is None else f"cap {display(row.cap_minor)}"
    rest = "" if one.remaining_minor is None else f", {display(one.remaining_minor)} left"
    return (
        f"{row.ref} ({row.sponsor}): {cap}, allocated {display(row.allocated_minor)} on {one.contributions} gifts{rest}; "
        f"received {display(one.received_minor)}, outstanding {display(one.outstanding_minor)}, "
        f"unearned {display(one.unearned_minor)}, reversed {display(row.reversed_minor)}"
    )


@click.command("explain")
@click.argument("contribution_ref")
@reports
def explain_gift(contribution_ref: str) -> Report:
    """Say why a gift was matched as it was."""
    with the_runtime().read() as session:
        found = explain(session, gift_by_ref(session, contribution_ref))
    return Report(described(found), [explained(found)])


def described(found: Explained) -> dict[str, Any]:
    """An explanation as `--json` shows it; `reverses` counts the lines of `allocations` from 1."""
    return {
        "contribution": found.contribution.ref,
        "amount": found.contribution.amount_minor,
        "net": found.contribution.net_minor,
        "allocations": [
            {
                "agreement": one.agreement,
                "amount": one.amount_minor,
                "at": iso(one.at),
                "reverses": one.reverses,
            }
            for one in found.allocations
        ],
        "unmatched": found.unmatched_minor,
        "reasons": [{"agreement": ref, "code": reason.value} for ref, reason in found.reasons],
    }


@click.command("redistribute")
@click.option("--fund", "fund_slug", required=True, metavar="SLUG", help="The fund.")
@as_option()
@reports
def spread(fund_slug: str, acting: str | None) -> Report:
    """Give freed match to earlier gifts; again is no change."""

    def use_case(tx: Transaction) -> Redistributed:
        return redistribute(tx, fund=lock_fund(tx, fund_slug))

    done = the_runtime().transact(acting_as(acting), use_case)
    data = {
        "fund": fund_slug,
        "given": [{"contribution": ref, "agreement": by, "amount": minor} for ref, by, minor in done.given],
        "total": done.total_minor,
    }
    lines = [f"{ref}: {display(minor)} from {by}" for ref, by, minor in done.given]
    return Report(data, [*lines, f"{display(done.total_minor)} given."] if lines else ["No change."])
