"""`hardship gift-aid …`: declarations, claims, the schedule for HMRC, money from and to it. A donor's name and address come on
standard input, never as arguments, which other users of the machine can read."""

import json
import sys
from pathlib import Path
from typing import Any

import click

from hardship.contributions.desk.files import private_file
from hardship.contributions.giftaid import claims, declaring
from hardship.contributions.giftaid.models import Claim, How
from hardship.contributions.giftaid.queries import standing
from hardship.contributions.giftaid.schedule import Who, sheets
from hardship.core.clock import day_of, parse_day
from hardship.core.command import Report, group, reports, the_runtime
from hardship.core.errors import BadInput
from hardship.core.money import display, parse_minor
from hardship.core.sheets import as_csv, as_xlsx
from hardship.funds.queries import fund_by_slug
from hardship.staff.acting import acting_as, as_option

ON = click.option("--on", "on", metavar="DATE", help="The day, like 2020-03-31; today when left out.")
FUND = click.option("--fund", "fund_slug", required=True, metavar="SLUG", help="The fund.")
BANK_REF = click.option("--bank-ref", required=True, help="What the bank calls it.")


def register(root: click.Group) -> None:
    """Add the commands."""
    tax = group(root, "gift-aid", "Tax on gifts, claimed from HMRC.")
    for one in (status, declare, withdraw, leave_out, claim, schedule, received, repaid):
        tax.add_command(one)


def _day(text: str | None) -> Any:
    return parse_day(text, where="--on") if text else day_of(the_runtime().clock.now())


@click.command("status", help="What is to be claimed, what is to come, what is owed to HMRC.")
@FUND
@reports
def status(fund_slug: str) -> Report:
    """Show where Gift Aid stands."""
    with the_runtime().read() as session:
        found = standing(session, fund_by_slug(session, fund_slug))
    lines = [
        f"To be claimed: {display(found.unclaimed_minor)} on {found.unclaimed_gifts} gifts",
        f"Claimed, not received: {display(found.outstanding_minor)}",
        f"Owed to HMRC: {display(found.owed_minor)}",
    ]
    return Report(found.described(), lines)


@click.command(
    "declare",
    help="Record the declaration of a gift's donor. Standard input: a JSON object with title, first_name, last_name, house "
    "and postcode.",
)
@click.argument("gift_ref")
@click.option(
    "--how", type=click.Choice([How.PAPER.value, How.SPOKEN.value, How.ONLINE.value]), required=True
)
@click.option("--covers", type=click.Choice([one.value for one in declaring.Covers]), required=True)
@click.option("--abroad", is_flag=True, help="The home is outside the United Kingdom.")
@ON
@as_option()
@reports
def declare(gift_ref: str, how: str, covers: str, abroad: bool, on: str | None, acting: str | None) -> Report:
    """Record a declaration."""
    done = the_runtime().transact(
        acting_as(acting),
        declaring.declare,
        gift_ref=gift_ref,
        who=_who(),
        how=How(how),
        covers=declaring.Covers(covers),
        declared_on=_day(on),
        abroad=abroad,
    )
    words = (
        f"Declaration {done.ref}: tax on {len(done.changed)} gifts, {display(sum(done.changed.values()))}."
    )
    return Report({"ref": done.ref, "gifts": done.changed}, [words])


def _who() -> Who:
    """The donor's details on standard input; raises `BadInput` for anything but an object of texts."""
    try:
        given = json.loads(sys.stdin.buffer.read(10_000))
    except ValueError:
        raise BadInput("standard input is no JSON", fix='Write it like {"first_name": "…"}.') from None
    if not isinstance(given, dict) or not all(isinstance(value, str) for value in given.values()):
        raise BadInput("standard input is no JSON object of texts", fix='Write it like {"first_name": "…"}.')
    for name in given:
        if name not in declaring.FIELDS:
            known = ", ".join(declaring.FIELDS)
            raise BadInput("standard input has a field that is not asked for", fix=f"Use {known}.")
    return Who(**{name: given.get(name, "") for name in declaring.FIELDS})


@click.command("withdraw", help="A donor withdraws a declaration from a day on.")
@click.argument("declaration")
@ON
@as_option()
@reports
def withdraw(declaration: str, on: str | None, acting: str | None) -> Report:
    """Withdraw a declaration."""
    changed = the_runtime().transact(acting_as(acting), declaring.withdraw, ref=declaration, from_on=_day(on))
    return Report({"gifts": changed}, [f"{len(changed)} gifts bring no tax any more."])


@click.command("leave-out", help="A gift is not the declarer's: it brings no tax.")
@click.argument("gift_ref")
@as_option()
@reports
def leave_out(gift_ref: str, acting: str | None) -> Report:
    """Leave a gift out."""
    changed = the_runtime().transact(acting_as(acting), declaring.leave_out, gift_ref=gift_ref)
    return Report({"gift": gift_ref, "changed": changed}, [f"Changed by {display(changed)}."])


@click.command("claim", help="Claim the tax on every declared gift that is in no claim yet.")
@FUND
@click.option("--through", metavar="DATE", help="Gifts received up to this day; today when left out.")
@click.option("--no-adjust", is_flag=True, help="Do not take off what is owed to HMRC.")
@as_option()
@reports
def claim(fund_slug: str, through: str | None, no_adjust: bool, acting: str | None) -> Report:
    """Make a claim."""
    made = the_runtime().transact(
        acting_as(acting),
        claims.make_claim,
        fund_slug=fund_slug,
        through=parse_day(through, where="--through") if through else _day(None),
        adjust=not no_adjust,
    )
    words = f"Claim {made.ref}: {display(made.asked_minor)} on {made.gifts} gifts."
    return Report(_told(made), [words, f"Its schedule: hardship gift-aid schedule {made.ref} --out FILE"])


def _told(made: Claim) -> dict[str, Any]:
    return {
        "ref": made.ref,
        "state": made.state.value,
        "gifts": made.gifts,
        "donations": made.donations_minor,
        "tax": made.tax_minor,
        "adjusted": made.adjusted_minor,
        "asked": made.asked_minor,
        "received": made.received_minor,
    }


@click.command(
    "schedule", help="Write a claim's schedule for HMRC to new files with mode 0600. It names donors."
)
@click.argument("claim_ref")
@click.option("--format", "kind", type=click.Choice(["csv", "xlsx"]), default="csv")
@click.option("--out", required=True, type=click.Path(path_type=Path))
@as_option()
@reports
def schedule(claim_ref: str, kind: str, out: Path, acting: str | None) -> Report:
    """Write the schedule."""
    actor = acting_as(acting)
    with private_file(out) as file:
        found = the_runtime().transact(actor, claims.read_schedule, claim_ref=claim_ref)
        parts = sheets(found.lines)
        file.write(as_xlsx(*parts) if kind == "xlsx" else as_csv(parts[0]))
    files = [out]
    for number, part in enumerate([] if kind == "xlsx" else parts[1:], 2):
        files.append(_part(out, number))
        with private_file(files[-1]) as file:
            file.write(as_csv(part))
    names = [str(path) for path in files]
    return Report({"claim": found.claim.ref, "lines": len(found.lines), "files": names}, names)


def _part(out: Path, number: int) -> Path:
    return out.with_name(f"{out.stem}-{number}{out.suffix}")


@click.command("received", help="HMRC has paid for a claim.")
@click.argument("claim_ref")
@click.option("--amount", required=True)
@ON
@BANK_REF
@click.option("--final", is_flag=True, help="Nothing more is to come for it.")
@as_option()
@reports
def received(
    claim_ref: str, amount: str, on: str | None, bank_ref: str, final: bool, acting: str | None
) -> Report:
    """Record a payment from HMRC."""
    paid = the_runtime().transact(
        acting_as(acting),
        claims.received,
        claim_ref=claim_ref,
        amount_minor=parse_minor(amount, where="--amount"),
        paid_on=_day(on),
        bank_ref=bank_ref,
        final=final,
    )
    return Report(
        {"ref": paid.ref, "amount": paid.amount_minor}, [f"{display(paid.amount_minor)} is in the books."]
    )


@click.command("repaid", help="Tax claimed on gifts since refunded was paid back to HMRC.")
@FUND
@click.option("--amount", required=True)
@ON
@BANK_REF
@as_option()
@reports
def repaid(fund_slug: str, amount: str, on: str | None, bank_ref: str, acting: str | None) -> Report:
    """Record a payment to HMRC."""
    paid = the_runtime().transact(
        acting_as(acting),
        claims.repay,
        fund_slug=fund_slug,
        amount_minor=parse_minor(amount, where="--amount"),
        paid_on=_day(on),
        bank_ref=bank_ref,
    )
    return Report(
        {"ref": paid.ref, "amount": -paid.amount_minor}, [f"{display(-paid.amount_minor)} is in the books."]
    )
