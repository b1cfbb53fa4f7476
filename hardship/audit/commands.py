"""`hardship audit`: verify the event log, sign where it stands, prove that an event is in it."""

from pathlib import Path

import click

from hardship.audit import checkpoints, notes
from hardship.audit.notes import Checkpoint
from hardship.audit.verify import verify
from hardship.core.command import Report, group, reports, the_runtime
from hardship.core.errors import BadInput
from hardship.core.runtime import Runtime
from hardship.staff.acting import acting_as, as_option
from hardship.staff.permissions import Permission, require

_LONGEST = 64 * 1024


def register(root: click.Group) -> None:
    """Add `audit verify`, `audit checkpoint` and `audit prove`."""
    audit = group(root, "audit", "The event log.")
    for command in (verify_log, checkpoint, prove):
        audit.add_command(command)


@click.command("verify", help="Recompute the chain, the tree and the rows; exit 1 when something is wrong.")
@click.option("--anchor", metavar="CHECKPOINT", help="A checkpoint that was kept elsewhere.")
@click.option(
    "--rows/--no-rows", default=True, help="Compare the rows with their events too.  [default: rows]"
)
@as_option()
@reports
def verify_log(anchor: str | None, rows: bool, acting: str | None) -> Report:
    """Verify the log; see `hardship.audit.verify`."""
    runtime = the_runtime()
    require(acting_as(acting), Permission.READ_LOG)
    kept = _anchor(runtime, anchor) if anchor else None
    with runtime.read() as session:
        verdict = verify(session, runtime.vault, anchor=kept, rows=rows)
    lines = [f"{verdict.events} events, head {verdict.head}", f"root {verdict.root}"]
    lines += [f"event {p.seq}: {p.kind.value}: {p.detail}" for p in verdict.problems]
    lines.append("The log verifies." if verdict.ok else "The log does NOT verify.")
    return Report(verdict.described(), lines, exit_code=0 if verdict.ok else 1)


def _anchor(runtime: Runtime, path: str) -> Checkpoint:
    try:
        return notes.read(read_text(path), runtime.vault.signer.public_key())
    except ValueError as error:
        raise BadInput(str(error), where=path, fix="Give a file made by: hardship audit checkpoint") from None


def read_text(path: str) -> str:
    """A small text file; raises `BadInput` when it cannot be read."""
    try:
        with Path(path).open("rb") as file:
            data = file.read(_LONGEST + 1)
        return data.decode()
    except UnicodeDecodeError:
        raise BadInput("the file is not UTF-8", where=path, fix="Give the file as it was written.") from None
    except (OSError, ValueError) as error:
        raise BadInput(
            f"the file cannot be read ({type(error).__name__})", where=path, fix="Check the path."
        ) from None


@click.command("checkpoint", help="Sign where the log stands, to be kept off this machine.")
@click.option("--out", metavar="FILE", help="Write the checkpoint to this file too.")
@as_option()
@reports
def checkpoint(out: str | None, acting: str | None) -> Report:
    """Make a checkpoint."""
    runtime = the_runtime()
    if out and (Path(out).is_dir() or not Path(out).parent.is_dir()):
        raise BadInput(
            "the file cannot be written there", where=out, fix="Name a file in a folder that exists."
        )
    made = checkpoints.make_checkpoint(runtime, acting_as(acting))
    if out:
        write_text(out, made.note)
    data = {"size": made.size, "root": made.root, "checkpoint": made.note, "file": out}
    return Report(data, [made.note.rstrip("\n")] if not out else [f"{made.size} events signed in {out}"])


def write_text(path: str, text: str) -> None:
    """Write a file; raises `BadInput` when that is not possible."""
    try:
        Path(path).write_text(text, encoding="utf-8")
    except (OSError, ValueError) as error:
        raise BadInput(
            f"the file cannot be written ({type(error).__name__})", where=path, fix="Check the path."
        ) from None


@click.command("prove", help="Prove that event SEQ is in the log (RFC 6962), as JSON.")
@click.argument("seq", type=click.IntRange(min=1, max=2**62))
@as_option()
@reports
def prove(seq: int, acting: str | None) -> Report:
    """Print an inclusion proof."""
    runtime = the_runtime()
    require(acting_as(acting), Permission.READ_LOG)
    with runtime.read() as session:
        proof = checkpoints.prove(session, runtime.vault, runtime.settings.base_url, seq)
    lines = [f"event {seq} is leaf {proof['leaf_index']} of {proof['tree_size']}", proof["body"]]
    lines += [f"path {step}" for step in proof["path"]]
    return Report(proof, [*lines, f"root {proof['root']}"])
