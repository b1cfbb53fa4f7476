"""`hardship person erase`, `hardship retention run`, `hardship keys status|rotate`."""

from typing import Any

import click
from sqlmodel import Session, col, select

from hardship.applications.owndata import erasing
from hardship.applications.owndata.models import Erasure
from hardship.applications.owndata.transitions import ErasureState
from hardship.applications.queries import by_ref
from hardship.audit.models import AuditEvent
from hardship.core.actor import operator
from hardship.core.clock import iso
from hardship.core.command import Report, group, reports, the_runtime
from hardship.core.models import TokenEpoch
from hardship.core.retention import described
from hardship.jobs import keys, retention
from hardship.jobs.backups import destroyed
from hardship.staff.acting import acting_as, as_option


def register(root: click.Group) -> None:
    """Add the commands."""
    group(root, "person", "What is held of one person.").add_command(erase)
    group(root, "retention", "What is held no longer than needed.").add_command(run_retention)
    turning = group(root, "keys", "The keyring's versions.")
    turning.add_command(status)
    turning.add_command(rotate)


@click.command("erase", help="Erase a person, as soon as no payment of theirs is open.")
@click.argument("application_ref", metavar="APPLICATION_REF")
@as_option()
@reports
def erase(application_ref: str, acting: str | None) -> Report:
    """Erase somebody; exit 1 while it waits for a payment."""
    runtime, actor = the_runtime(), acting_as(acting)
    erasure = runtime.transact(actor, erasing.erase, ref=application_ref)
    destroyed.note(runtime)
    with runtime.read() as session:
        ref = by_ref(session, application_ref).ref
        proof = certificate(session, erasure)
    done = erasure.state is ErasureState.DONE
    line = (
        f"{ref}: erased; event {proof['seq']} is the certificate" if proof else f"{ref}: waits for a payment"
    )
    data = {"ref": ref, "state": "done" if done else "waiting", "certificate": proof}
    return Report(data, [line], exit_code=0 if done else 1)


def certificate(session: Session, erasure: Erasure) -> dict[str, Any] | None:
    """The event that proves an erasure: its number and hash; None while it waits."""
    if erasure.state is not ErasureState.DONE or erasure.done_at is None:
        return None
    wanted = select(AuditEvent).where(AuditEvent.subject == erasing.erasure_subject(erasure))
    event = session.exec(wanted.order_by(col(AuditEvent.seq).desc())).first()
    return {"seq": event.seq, "hash": event.hash, "at": iso(erasure.done_at)} if event else None


@click.command("run", help="Delete what has been held for its period.")
@click.option("--dry-run", is_flag=True, help="Say what would go, and change nothing.")
@reports
def run_retention(dry_run: bool) -> Report:
    """Run retention, or say what it would do."""
    runtime = the_runtime()
    found = retention.due(runtime) if dry_run else retention.run(runtime)
    said = {step.name: step.says for step in retention.STEPS}
    lines = [f"{count:>6}  {said[name]}" for name, count in found.items() if count]
    data = {"dry_run": dry_run, "done": found, "days": described(runtime.settings.retention)}
    return Report(data, lines or ["Nothing is over its time."])


@click.command("status", help="The keyring's versions and what is wrapped by each; the epochs of tokens.")
@reports
def status() -> Report:
    """Show the versions; exit 1 where a rotation was not finished."""
    runtime = the_runtime()
    with runtime.read() as session:
        found = keys.versions(session, runtime)
        epochs = session.exec(select(TokenEpoch).order_by(col(TokenEpoch.id))).all()
    data = {
        "current": runtime.vault.keyring.current,
        "versions": [
            {"version": one.number, "keys": one.keys, "epochs": one.epochs, "in_keyring": one.in_file}
            for one in found
        ],
        "epochs": [
            {"epoch": one.id, "begun": iso(one.created_at), "alive": one.wrapped is not None}
            for one in epochs
        ],
    }
    lines = [
        f"version {one.number}{' (in use)' if one.current else ''}: {one.keys} keys, {one.epochs} epochs"
        for one in found
    ]
    lines += [
        f"epoch {one.id}: begun {iso(one.created_at)}{'' if one.wrapped is not None else ', destroyed'}"
        for one in epochs
    ]
    unfinished = any(one.keys + one.epochs for one in found if not one.current)
    if unfinished:
        lines.append("A rotation was not finished: run hardship keys rotate")
    return Report(data | {"unfinished": unfinished}, lines, exit_code=1 if unfinished else 0)


@click.command(
    "rotate", help="Wrap every key by a new version; with --forget, destroy an old version for good."
)
@click.option("--forget", type=int, metavar="VERSION", help="Destroy this version, and those before it.")
@reports
def rotate(forget: int | None) -> Report:
    """Rotate, or forget."""
    runtime = the_runtime()
    if forget is not None:
        changed = keys.forget(runtime, operator(), forget)
        line = (
            f"version {forget} is destroyed: copies made before the last rotation can't be read any more"
            if changed
            else f"version {forget} was destroyed already"
        )
        return Report({"forgotten": forget, "changed": changed}, [line])
    version, done = keys.rotate(runtime, operator())
    line = f"{done} keys are wrapped by version {version}; copy the new keyring to where it is kept apart"
    return Report({"version": version, "rewrapped": done}, [line])
