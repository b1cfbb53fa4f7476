"""`hardship match terms`, `vary`, `tranches`, `request`, `cancel-request`, `close`: agreements as papers."""

import tempfile
from pathlib import Path
from typing import Any

import click

from hardship.core.clock import day_of, iso, parse_day, parse_instant
from hardship.core.command import Report, reports, the_runtime
from hardship.core.errors import BadInput
from hardship.core.money import display, parse_minor
from hardship.matching import closing, drafting, requesting
from hardship.matching.models import MatchAgreement, PaymentRequest
from hardship.matching.queries import agreement_by_ref, all_agreements
from hardship.matching.requesting import Asked
from hardship.matching.standing import Payable, TrancheLine, payable, terms_in_words, versions_of
from hardship.matching.tranches import AGE_WORDS
from hardship.staff.acting import acting_as, as_option
from hardship.staff.permissions import Permission, require
from hardship.staff.proposals import Proposed

LISTS = ("channels", "exclude_donors")
NUMBERS = ("priority", "clear_days", "payment_days")


# --- Terms --------------------------------------------------------------------------------------------------------


@click.command("terms", help="Show an agreement's terms and how each version differs from the one before.")
@click.argument("agreement")
@as_option()
@reports
def terms(agreement: str, acting: str | None) -> Report:
    """Show the terms."""
    require(acting_as(acting), Permission.SEE_MONEY)
    with the_runtime().read() as session:
        row = agreement_by_ref(session, agreement)
        present, versions = terms_in_words(session, row), versions_of(session, row)
    data = {
        "agreement": row.ref,
        "state": row.state.value,
        "version": row.version,
        "terms": [{"term": what, "value": value} for what, value in present],
        "versions": [
            {
                "version": one.number,
                "agreed_at": iso(one.agreed_at),
                "sha256": one.sha256,
                "changes": [
                    {"term": what, "before": before, "after": after} for what, before, after in one.changes
                ],
            }
            for one in versions
        ],
    }
    lines = [f"{row.ref}, version {row.version}, {row.state.value}", *(f"  {a}: {b}" for a, b in present)]
    for one in versions:
        lines.append(f"version {one.number}, {iso(one.agreed_at)}, {one.sha256}")
        lines += [f"  {what}: {before} → {after}" for what, before, after in one.changes]
    return Report(data, lines)


@click.command("vary", help="Propose a new version of an agreement; the machine's operator may do it alone.")
@click.argument("agreement")
@click.option(
    "--set",
    "settings",
    multiple=True,
    required=True,
    metavar="FIELD=VALUE",
    help="As in fund.toml; empty: none.",
)
@click.option("--why", default="", help="A note for the second person.")
@as_option()
@reports
def vary(agreement: str, settings: tuple[str, ...], why: str, acting: str | None) -> Report:
    """Propose a variation."""
    fields = dict(_field(one) for one in settings)
    done = the_runtime().transact(
        acting_as(acting), drafting.vary, agreement=agreement, fields=fields, why=why
    )
    with the_runtime().read() as session:
        version = agreement_by_ref(session, agreement).version
    changes = [str(one) for one in done.result] if isinstance(done.result, list) else []
    return _proposed(done, {"agreement": agreement, "version": version, "changes": changes}, changes)


def _field(setting: str) -> tuple[str, Any]:
    """A field of `[[match]]` and its value, from `cap=120000.00`; nothing after the sign leaves the field out."""
    name, sign, typed = (part.strip() for part in setting.partition("="))
    if not sign:
        raise BadInput("not a field and its value", where="--set", fix="Write it like cap=120000.00.")
    return name, _value(name, typed) if typed else None


def _value(name: str, typed: str) -> Any:
    """What TOML would have given for the field."""
    if name in LISTS:
        return [one.strip() for one in typed.split(",") if one.strip()]
    if name in NUMBERS:
        if not (typed.isascii() and typed.isdigit() and len(typed) < 10):
            raise BadInput(f"{name} is a whole number", where="--set", fix=f"Write it like {name}=1.")
        return int(typed)
    if name == "reclaimable":
        if typed not in ("true", "false"):
            raise BadInput("reclaimable is true or false", where="--set", fix="Write reclaimable=true.")
        return typed == "true"
    if name in ("opens", "closes"):
        return parse_instant(typed, where=f"--set {name}")
    return _tranches(typed) if name == "tranche" else typed


def _tranches(typed: str) -> list[dict[str, Any]]:
    """`2020-05-01 50000.00, 2020-06-01 50000.00`."""
    found = []
    for one in typed.split(","):
        due, _, amount = one.strip().partition(" ")
        found.append({"due": parse_day(due, where="--set tranche"), "amount": amount.strip()})
    return found


def _proposed(done: Proposed, data: dict[str, Any], lines: list[str]) -> Report:
    """What became of a proposal."""
    said = lines or ["Done."] if done.done else [f"Proposal {done.ref} waits for a second person."]
    return Report(data | {"proposal": done.ref or None, "done": done.done}, said)


# --- Tranches and requests ----------------------------------------------------------------------------------------


@click.command(
    "tranches", help="What sponsors are to pay: tranches, requests for payment, and how old what is open is."
)
@click.option("--agreement", "ref", help="One agreement; else all.")
@as_option()
@reports
def tranches(ref: str | None, acting: str | None) -> Report:
    """List tranches, requests and their age."""
    require(acting_as(acting), Permission.SEE_MONEY)
    runtime = the_runtime()
    today = day_of(runtime.clock.now())
    with runtime.read() as session:
        rows = [agreement_by_ref(session, ref)] if ref else all_agreements(session)
        found = [(row, payable(session, row, today)) for row in rows]
    lines = [line for row, one in found for line in _lines(row, one)]
    data = {"on": today.isoformat(), "agreements": [_described(row, one) for row, one in found]}
    return Report(data, lines or ["There is no match agreement yet."])


def _described(row: MatchAgreement, found: Payable) -> dict[str, Any]:
    return {
        "ref": row.ref,
        "tranches": [_tranche(one) for one in found.tranches],
        "requests": [_request(one) for one in found.requests],
        "ageing": {age.value: minor for age, minor in found.ages.items()},
        "askable": found.askable_minor,
    }


def _tranche(one: TrancheLine) -> dict[str, Any]:
    return {
        "due": one.due_on.isoformat(),
        "amount": one.amount_minor,
        "received": one.received_minor,
        "open": one.open_minor,
        "age": one.age.value if one.age else None,
        "request": one.request or None,
    }


def _request(one: PaymentRequest) -> dict[str, Any]:
    return {
        "ref": one.ref,
        "tranche": one.tranche_due_on.isoformat() if one.tranche_due_on else None,
        "amount": one.amount_minor,
        "received": one.received_minor,
        "due": one.due_on.isoformat(),
        "state": one.state.value,
        "sha256": one.sha256,
    }


def _lines(row: MatchAgreement, found: Payable) -> list[str]:
    lines = [f"{row.ref} ({row.sponsor}), {display(found.askable_minor)} may be asked for"]
    for one in found.tranches:
        age = AGE_WORDS[one.age].lower() if one.age else "settled" if not one.open_minor else "not asked for"
        lines.append(
            f"  tranche {one.due_on}: {display(one.amount_minor)}, received {display(one.received_minor)}, {age}"
        )
    lines += [
        f"  {one.ref}: {display(one.amount_minor)} by {one.due_on}, received {display(one.received_minor)},"
        f" {one.state.value.replace('_', ' ')}"
        for one in found.requests
    ]
    return lines


@click.command("request", help="Ask a sponsor for payment: a numbered PDF, frozen, written to DIR.")
@click.argument("agreement")
@click.option("--tranche", metavar="DATE", help="The due day of the tranche; else the next one.")
@click.option("--amount", help="Like 25000.00; else all that may be asked for.")
@click.option("--out", metavar="DIR", required=True, help="The folder for the PDF; made if need be.")
@as_option()
@reports
def request(agreement: str, tranche: str | None, amount: str | None, out: str, acting: str | None) -> Report:
    """Issue a request for payment."""
    asked = Asked(
        agreement,
        parse_day(tranche, where="--tranche") if tranche else None,
        parse_minor(amount, where="--amount") if amount else None,
    )
    folder = _folder(out)
    issued = requesting.issue_request(the_runtime(), acting_as(acting), asked=asked)
    path = folder / issued.name
    path.touch(mode=0o600)
    path.write_bytes(issued.body)
    data = {
        "ref": issued.ref,
        "agreement": issued.agreement,
        "amount": issued.amount_minor,
        "due": issued.due_on.isoformat(),
        "state": issued.state.value,
        "file": str(path),
    }
    return Report(data, [f"{issued.ref}: {display(issued.amount_minor)} by {issued.due_on}", str(path)])


def _folder(path: str) -> Path:
    folder = Path(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):  # nothing is issued that cannot be written down
            pass
    except (OSError, ValueError) as error:
        raise BadInput(
            f"the folder cannot be made ({type(error).__name__})", where=path, fix="Name another."
        ) from None
    return folder


@click.command("cancel-request", help="Take a request for payment back.")
@click.argument("ref")
@as_option()
@reports
def cancel_request(ref: str, acting: str | None) -> Report:
    """Cancel a request."""
    the_runtime().transact(acting_as(acting), requesting.cancel, ref=ref)
    return Report({"ref": ref, "state": "cancelled"}, [f"{ref}: cancelled"])


# --- Closing ------------------------------------------------------------------------------------------------------


@click.command(
    "close", help="Propose to close an agreement whose time is over; the machine's operator may do it alone."
)
@click.argument("agreement")
@click.option(
    "--successor", default="", metavar="REF", help="The agreement to which what was not earned is carried."
)
@as_option()
@reports
def close(agreement: str, successor: str, acting: str | None) -> Report:
    """Propose to close an agreement."""
    done = the_runtime().transact(acting_as(acting), closing.close, agreement=agreement, successor=successor)
    data: dict[str, Any] = {"agreement": agreement}
    lines: list[str] = []
    if isinstance(done.result, closing.Closed):
        one = done.result
        data |= {
            "due_back": one.due_minor,
            "rolled": one.rolled_minor,
            "rolled_to": one.rolled_to or None,
            "lapsed": one.lapsed_minor,
            "given_up": one.given_up_minor,
        }
        lines = [
            f"{agreement} is closed; due back to the sponsor {display(one.due_minor)}, carried on"
            f" {display(one.rolled_minor)}, lapsed {display(one.lapsed_minor)}."
        ]
    return _proposed(done, data, lines)


COMMANDS = (terms, vary, tranches, request, cancel_request, close)
