"""`hardship payouts unknown`, `found` and `stop`: what the rail cannot tell."""

from typing import Any

import click

from hardship.core.clock import iso
from hardship.core.command import Report, reports, the_runtime
from hardship.core.errors import BadInput
from hardship.core.money import display
from hardship.payouts import service, words
from hardship.payouts.service.deciding import Finding
from hardship.payouts.trouble import Trouble, troubles
from hardship.staff.acting import acting_as, as_option


def add_to(payouts: click.Group) -> None:
    """Add the commands to `hardship payouts`."""
    for command in (unknown, found, stop):
        payouts.add_command(command)


@click.command(help="What is unknown, since when, and what comes next. Exit 1 when a person is needed.")
@reports
def unknown() -> Report:
    """List what wants a look."""
    runtime = the_runtime()
    with runtime.read() as session:
        listed = troubles(session, runtime.clock.now())
    data: dict[str, Any] = {"payments": [_shown(one) for one in listed]}
    lines = [
        f"{one.code}  {one.what.value:<12} {display(one.amount_minor)}  since {iso(one.since)}  {words.TROUBLE_STEPS[one.step]}"
        for one in listed
    ]
    return Report(
        data, lines or ["Nothing is unknown."], exit_code=1 if any(one.told for one in listed) else 0
    )


def _shown(one: Trouble) -> dict[str, Any]:
    return {
        "ref": one.code,
        "what": one.what.value,
        "batch": one.batch,
        "rail": one.rail.value,
        "amount": one.amount_minor,
        "since": iso(one.since),
        "asked_again_at": iso(one.at) if one.at else None,
        "problem": one.problem,
        "next_step": one.step.value,
    }


@click.command(help="Say what you found out about a payment; a second person confirms it.")
@click.argument("payment_ref", metavar="PAYMENT")
@click.option("--finding", required=True, metavar="|".join(Finding), help="What you found out.")
@click.option("--why", required=True, help="How you know.")
@as_option(required=True)
@reports
def found(payment_ref: str, finding: str, why: str, acting: str) -> Report:
    """Propose a finding."""
    try:
        what = Finding(finding)
    except ValueError:
        raise BadInput(
            "there is no such finding", where="--finding", fix=f"Choose one of: {', '.join(Finding)}."
        ) from None
    done = the_runtime().transact(
        acting_as(acting), service.propose_finding, payment_ref=payment_ref, finding=what, why=why
    )
    return Report(
        {"payment": payment_ref, "proposal": done.ref},
        [f"It waits for a second person: hardship proposals approve {done.ref}"],
    )


@click.command(help="Ask the rail to stop a payment before the debit; it may be too late.")
@click.argument("payment_ref", metavar="PAYMENT")
@as_option(required=True)
@reports
def stop(payment_ref: str, acting: str) -> Report:
    """Stop a payment."""
    state = service.stop_payment(the_runtime(), acting_as(acting), payment_ref)
    return Report({"payment": payment_ref, "state": state.value}, [f"The payment is {state.value}."])
