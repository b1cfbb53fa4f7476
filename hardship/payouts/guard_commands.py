"""Commands of payment by hand, recall, name checks, recoveries and sign-off."""

import datetime as dt
from typing import Any

import click

from hardship.core.clock import iso
from hardship.core.command import Report, group, reports, the_runtime
from hardship.core.errors import BadInput
from hardship.core.money import display, parse_minor
from hardship.ledger.models import AccountKind, LossCause
from hardship.payouts.sanctions.commands import day_option
from hardship.payouts.service import external, namechecks, recalls, recoveries, signoff
from hardship.payouts.service.external import Handed
from hardship.payouts.tables import NameResult, PaidFrom, Way
from hardship.payouts.transitions import RecallState, RecoveryState
from hardship.staff.acting import acting_as, as_option
from hardship.staff.proposals import Proposed


def register(root: click.Group) -> None:
    """Add the commands."""
    payouts = group(root, "payouts", "Batches of payments: make, approve, submit, reconcile.")
    for command in (by_hand, name_check, recall, recall_refused, list_recalls):
        payouts.add_command(command)
    back = group(root, "recoveries", "Awards that went to the wrong person, and what came back of them.")
    for command in (open_one, receive, write_off, list_recoveries):
        back.add_command(command)
    accounts = group(root, "accounts", "Accounts that are signed off.")
    for command in (sign_off, list_sign_offs):
        accounts.add_command(command)


def _proposed(made: Proposed, subject: str) -> Report:
    data: dict[str, Any] = {"about": subject, "proposal": made.ref or None, "done": made.done}
    waits = f"{subject}: proposed as {made.ref}. Another person approves it: hardship proposals approve {made.ref}"
    return Report(data, [f"{subject}: done." if made.done else waits])


def _day(text: str, option: str) -> dt.date:
    found = day_option(text, option)
    assert found is not None
    return found


# --- By hand ------------------------------------------------------------------------------------------------------


@click.command("by-hand", help="Propose that an award counts as paid by hand; a second person approves it.")
@click.argument("award_ref", metavar="AWARD")
@click.option(
    "--way", required=True, type=click.Choice([one.value for one in Way]), help="How it was handed over."
)
@click.option(
    "--from",
    "paid_from",
    type=click.Choice([one.value for one in PaidFrom]),
    default=PaidFrom.BANK.value,
    show_default=True,
)
@click.option("--on", "handed_on", required=True, metavar="DATE", help="The day it was handed over.")
@click.option("--by", "handed_by", required=True, metavar="NAME", help="Who handed it over.")
@click.option("--reference", required=True, help="The number of the receipt, voucher or transfer.")
@click.option("--note", default="", help="Anything else that a second person should know; it is sealed.")
@click.option("--bank-word", default="", help="How you know that the bank will not pay it, if it may.")
@as_option()
@reports
def by_hand(
    award_ref: str,
    way: str,
    paid_from: str,
    handed_on: str,
    handed_by: str,
    reference: str,
    note: str,
    bank_word: str,
    acting: str | None,
) -> Report:
    """Propose a payment by hand."""
    handed = Handed(
        Way(way), PaidFrom(paid_from), _day(handed_on, "--on"), handed_by, reference, note, bank_word
    )
    made = the_runtime().transact(
        acting_as(acting), external.propose_external, award_ref=award_ref, handed=handed
    )
    return _proposed(made, f"award {award_ref}")


@click.command("name-check", help="Note what the bank's own page said of a payee's name.")
@click.argument("payment_ref", metavar="PAYMENT")
@click.option(
    "--result", required=True, metavar="|".join(NameResult), help="The code of Confirmation of Payee."
)
@as_option(required=True)
@reports
def name_check(payment_ref: str, result: str, acting: str) -> Report:
    """Record a name check."""
    made = the_runtime().transact(
        acting_as(acting), namechecks.record, payment_ref=payment_ref, result=result
    )
    words = namechecks.WORDS[made.result]
    return Report({"payment": payment_ref, "result": made.result.value}, [f"{payment_ref}: {words}."])


# --- Recall -------------------------------------------------------------------------------------------------------


@click.command(help="Note that the bank was asked to call a payment back.")
@click.argument("payment_ref", metavar="PAYMENT")
@click.option("--why", required=True, help="What went wrong; it is sealed.")
@as_option(required=True)
@reports
def recall(payment_ref: str, why: str, acting: str) -> Report:
    """Request a recall."""
    made = the_runtime().transact(acting_as(acting), recalls.request_recall, payment_ref=payment_ref, why=why)
    data = {"recall": made.ref, "payment": payment_ref, "state": made.state.value}
    return Report(data, [f"Recall {made.ref} of {payment_ref} waits for the bank's answer."])


@click.command("recall-refused", help="The bank, or the recipient, will not give it back.")
@click.argument("recall_ref", metavar="RECALL")
@click.option("--answer", required=True, help="What they said; it is sealed.")
@as_option(required=True)
@reports
def recall_refused(recall_ref: str, answer: str, acting: str) -> Report:
    """Record a refused recall."""
    done = the_runtime().transact(
        acting_as(acting), recalls.refuse_recall, recall_ref=recall_ref, answer=answer
    )
    return Report(
        {"recall": done.ref, "state": done.state.value}, [f"Recall {done.ref} was refused: it stays paid."]
    )


@click.command("recalls", help="Payments that were asked back.")
@click.option("--state", type=click.Choice([one.value for one in RecallState]), help="Only those in a state.")
@reports
def list_recalls(state: str | None) -> Report:
    """List recalls."""
    with the_runtime().read() as session:
        rows = recalls.recalls(session, RecallState(state) if state else None, limit=100_000)
    data = {
        "recalls": [
            {
                "ref": row.recall.ref,
                "payment": row.payment,
                "award": row.award,
                "amount": row.amount_minor,
                "state": row.recall.state.value,
                "requested_at": iso(row.recall.requested_at),
            }
            for row in rows
        ]
    }
    lines = [
        f"{row.recall.ref}  {row.recall.state.value:<10} {row.payment}  {display(row.amount_minor)}"
        for row in rows
    ]
    return Report(data, lines or ["No payment was asked back."])


# --- Recoveries ---------------------------------------------------------------------------------------------------


@click.command("open", help="Note that an award went to the wrong person; it stands in the loss log.")
@click.argument("award_ref", metavar="AWARD")
@click.option(
    "--cause", type=click.Choice([cause.value for cause in recoveries.CAUSES]), default="wrong_payment"
)
@click.option("--found-on", required=True, metavar="DATE", help="The day it was found.")
@click.option("--why", required=True, help="What happened; it is sealed.")
@as_option(required=True)
@reports
def open_one(award_ref: str, cause: str, found_on: str, why: str, acting: str) -> Report:
    """Open a recovery."""
    made = the_runtime().transact(
        acting_as(acting),
        recoveries.open_recovery,
        award_ref=award_ref,
        cause=LossCause(cause),
        found_on=_day(found_on, "--found-on"),
        why=why,
    )
    data = {"recovery": made.ref, "award": award_ref, "amount": made.amount_minor, "loss": made.loss_ref}
    return Report(data, [f"Recovery {made.ref}: {display(made.amount_minor)} is to come back."])


@click.command(help="Book what came back.")
@click.argument("recovery_ref", metavar="RECOVERY")
@click.option("--amount", required=True, help="The amount, like 200.00.")
@click.option("--received-on", required=True, metavar="DATE")
@click.option("--bank-ref", required=True, help="The reference on the statement; it is sealed.")
@click.option("--cash", is_flag=True, help="It came back as cash.")
@as_option()
@reports
def receive(
    recovery_ref: str, amount: str, received_on: str, bank_ref: str, cash: bool, acting: str | None
) -> Report:
    """Book a receipt."""
    done = the_runtime().transact(
        acting_as(acting),
        recoveries.receive,
        recovery_ref=recovery_ref,
        amount_minor=_amount(amount),
        received_on=_day(received_on, "--received-on"),
        bank_ref=bank_ref,
        account=AccountKind.CASH_IN_HAND if cash else AccountKind.BANK,
    )
    data = {
        "recovery": done.ref,
        "state": done.state.value,
        "amount": done.amount_minor,
        "recovered": done.recovered_minor,
    }
    line = f"{done.ref}: {display(done.recovered_minor)} of {display(done.amount_minor)} came back."
    return Report(data, [line])


def _amount(text: str) -> int:
    try:
        return parse_minor(text)
    except BadInput as error:
        raise BadInput(error.what, where="--amount", fix=error.fix) from None


@click.command("write-off", help="Propose to write off what has not come back; a second person decides.")
@click.argument("recovery_ref", metavar="RECOVERY")
@click.option("--why", required=True, help="What was tried.")
@as_option()
@reports
def write_off(recovery_ref: str, why: str, acting: str | None) -> Report:
    """Propose a write-off."""
    made = the_runtime().transact(
        acting_as(acting), recoveries.propose_write_off, recovery_ref=recovery_ref, why=why
    )
    return _proposed(made, f"recovery {recovery_ref}")


@click.command("list", help="Awards that went to the wrong person, and what came back.")
@click.option(
    "--state", type=click.Choice([one.value for one in RecoveryState]), help="Only those in a state."
)
@reports
def list_recoveries(state: str | None) -> Report:
    """List recoveries."""
    with the_runtime().read() as session:
        rows = recoveries.recoveries(session, RecoveryState(state) if state else None, limit=100_000)
    data = {
        "recoveries": [
            {
                "ref": row.recovery.ref,
                "award": row.award,
                "fund": row.fund,
                "state": row.recovery.state.value,
                "amount": row.recovery.amount_minor,
                "recovered": row.recovery.recovered_minor,
                "written_off": row.recovery.written_off_minor,
            }
            for row in rows
        ]
    }
    lines = [
        f"{row.recovery.ref}  {row.recovery.state.value:<11} award {row.award}  {display(row.open_minor)} still out"
        for row in rows
    ]
    return Report(data, lines or ["No award went to the wrong person."])


# --- Sign-off -----------------------------------------------------------------------------------------------------


@click.command(
    "sign-off", help="Propose that the accounts up to a day are signed off; a second person approves."
)
@click.option("--fund", required=True, metavar="SLUG")
@click.option("--round", "round_slug", default="", metavar="SLUG", help="Only this round.")
@click.option("--through", required=True, metavar="DATE", help="The last day of the accounts.")
@as_option()
@reports
def sign_off(fund: str, round_slug: str, through: str, acting: str | None) -> Report:
    """Propose a sign-off."""
    made = the_runtime().transact(
        acting_as(acting),
        signoff.propose_sign_off,
        fund=fund,
        through=_day(through, "--through"),
        round_slug=round_slug,
    )
    return _proposed(made, f"accounts of {round_slug or fund} through {through}")


@click.command("list", help="What is signed off, the newest day first.")
@reports
def list_sign_offs() -> Report:
    """List the sign-offs."""
    with the_runtime().read() as session:
        rows = signoff.sign_offs(session)
    data = {
        "sign_offs": [
            {"fund": row.fund, "round": row.round or None, "through": row.sign_off.through.isoformat()}
            for row in rows
        ]
    }
    lines = [
        f"{row.fund}  {row.round or 'all rounds'}  through {row.sign_off.through.isoformat()}" for row in rows
    ]
    return Report(data, lines or ["Nothing is signed off yet."])
