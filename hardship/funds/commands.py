"""`hardship fund`: load a fund from its file, list, show."""

from pathlib import Path
from typing import Any

import click

from hardship.core.clock import iso
from hardship.core.command import Report, group, reports, the_runtime
from hardship.core.errors import BadInput, Conflict
from hardship.core.money import display, plain
from hardship.funds import transfer_commands
from hardship.funds.document import MAX_BYTES, FundDocument, read_document
from hardship.funds.models import Fund, Round
from hardship.funds.queries import current_policy, fund_by_slug, funds, grant_rule_of, rounds_of, rules_of
from hardship.funds.service import load_fund
from hardship.staff.acting import acting_as, as_option


def register(root: click.Group) -> None:
    """Add the room's commands."""
    fund = group(root, "fund", "Funds, their rounds and policies.")
    fund.add_command(load)
    fund.add_command(list_funds)
    fund.add_command(show)
    transfer_commands.register(root)


@click.command("load")
@click.argument("file", type=click.Path(path_type=Path))
@as_option()
@reports
def load(file: Path, acting: str | None) -> Report:
    """Create or update the fund that FILE.toml describes."""
    document = read_file(file)
    runtime, actor = the_runtime(), acting_as(acting)
    try:
        loaded = runtime.transact(actor, load_fund, document=document)
    except (BadInput, Conflict) as error:  # what only the database or a later room can tell
        where = ", ".join(part for part in (file.name, error.where) if part)
        raise type(error)(error.what, where=where, fix=error.fix) from None
    changes = [str(change) for change in loaded.changes]
    data = {"fund": loaded.slug, "changes": changes, "changed": bool(changes)}
    return Report(data, changes or [f"fund {loaded.slug}: no change"])


def read_file(file: Path) -> FundDocument:
    """The document in a file; raises `BadInput`."""
    try:
        with file.open("rb") as handle:
            data = handle.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        what = "there is no such file" if isinstance(error, FileNotFoundError) else "the file cannot be read"
        raise BadInput(what, where=str(file), fix="Check the path.") from None
    return read_document(data, file.name)


@click.command("list")
@reports
def list_funds() -> Report:
    """List the funds."""
    with the_runtime().read() as session:
        rows = [(fund, rounds_of(session, fund.id or 0)) for fund in funds(session)]
    data = {
        "funds": [
            {"fund": fund.slug, "name": fund.name, "rounds": [one.slug for one in rounds]}
            for fund, rounds in rows
        ]
    }
    lines = [
        f"{fund.slug}  {fund.name}  rounds: {', '.join(one.slug for one in rounds)}" for fund, rounds in rows
    ]
    return Report(data, lines or ["There is no fund yet. Load one with: hardship fund load FILE.toml"])


@click.command("show")
@click.argument("slug")
@reports
def show(slug: str) -> Report:
    """Show a fund with its rounds and policies."""
    with the_runtime().read() as session:
        fund = fund_by_slug(session, slug)
        rounds = rounds_of(session, fund.id or 0)
        policies = {one.slug: current_policy(session, one.id or 0) for one in rounds}
    described = [
        _round(one)
        | {
            "policy_version": policies[one.slug].version,
            "grant": grant_rule_of(policies[one.slug]).document(),
            "rules": rules_of(policies[one.slug]),
        }
        for one in rounds
    ]
    return Report(_fund(fund) | {"rounds": described}, _lines(fund, described))


def _fund(fund: Fund) -> dict[str, Any]:
    return {
        "fund": fund.slug,
        "name": fund.name,
        "public_name": fund.public_name,
        "currency": fund.currency,
        "class": fund.fund_class.value,
        "role": fund.role.value,
        "bank_details": fund.bank_details.value,
    }


def _round(one: Round) -> dict[str, Any]:
    return {
        "round": one.slug,
        "opens": iso(one.opens_at),
        "closes": iso(one.closes_at),
        "budget": one.budget_minor,
        "quorum": one.quorum,
        "two_to_sign_above": one.two_to_sign_above_minor,
        "spend_order": one.spend_order.value,
        "offer_days": one.offer_days,
    }


def _lines(fund: Fund, rounds: list[dict[str, Any]]) -> list[str]:
    lines = [
        f"{fund.name} ({fund.slug}), {fund.fund_class.value}, {fund.role.value}, known as {fund.public_name}"
    ]
    for one in rounds:
        lines.append(
            f"round {one['round']}: {one['opens']} to {one['closes']}, budget {display(one['budget'])}"
        )
        grant = one["grant"]
        amounts = (
            plain(grant["amount_minor"])
            if "amount_minor" in grant
            else ", ".join(f"{plain(band['amount_minor'])} when {band['when']}" for band in grant["bands"])
        )
        lines.append(f"  policy version {one['policy_version']}, grant {amounts}, quorum {one['quorum']}")
        lines += [f"  rule {rule['id']}: {rule['reason']}" for rule in one["rules"]]
    return lines
