"""Signing where the log stands, and proving that an event is in it."""

from typing import Any

from sqlmodel import Session, col, select

from hardship.audit import log, notes
from hardship.audit.chain import leaf_hash
from hardship.audit.models import AuditCheckpoint
from hardship.audit.notes import Checkpoint
from hardship.audit.proofs import holds, inclusion_path
from hardship.audit.verify import verify
from hardship.core.actor import Actor
from hardship.core.errors import NotFound, Refused
from hardship.core.runtime import Runtime, Transaction
from hardship.core.vault import Vault
from hardship.staff.permissions import Permission, require


def make_checkpoint(runtime: Runtime, actor: Actor) -> AuditCheckpoint:
    """Verify the log, sign its size and root, and keep the note; the same log again gives the same note.

    Raises `Refused` when the log does not verify: a signature would vouch for it.
    """
    require(actor, Permission.READ_LOG)
    with runtime.read() as session:
        verdict = verify(session, runtime.vault, rows=False)
    if not verdict.ok:
        first = verdict.problems[0]
        raise Refused(
            f"the log does not verify ({first.kind.value} at event {first.seq})",
            where="event log",
            fix="Nothing was signed. Run: hardship audit verify",
        )
    stands = Checkpoint(verdict.events, verdict.root)
    note = notes.write(notes.key_name(runtime.settings.base_url), stands, runtime.vault.signer)
    return runtime.transact(actor, _keep, stands, note)


def _keep(tx: Transaction, stands: Checkpoint, note: str) -> AuditCheckpoint:
    """No event is recorded: it would move the very end that was signed."""
    same = select(AuditCheckpoint).where(AuditCheckpoint.note == note).order_by(col(AuditCheckpoint.id))
    kept = tx.session.exec(same).first()
    if kept is None:
        kept = AuditCheckpoint(size=stands.size, root=stands.root, note=note, made_at=tx.at)
        tx.session.add(kept)
        tx.session.flush()
    return kept


def prove(session: Session, vault: Vault, base_url: str, seq: int) -> dict[str, Any]:
    """An inclusion proof of the event `seq` in the tree of all events, with a signed checkpoint of that tree.

    The proof is checked before it is given. Raises `NotFound` without such an event.
    """
    leaves = [leaf_hash(row[4]) for rows in log.batches(session) for row in rows]
    body = log.body_of(session, seq)
    if body is None or not 0 < seq <= len(leaves):
        raise NotFound(f"there is no event {seq}", where="SEQ", fix=f"The log has events 1 to {len(leaves)}.")
    verdict = verify(session, vault, rows=False)
    path, leaf = inclusion_path(leaves, seq - 1), leaf_hash(body.encode())
    sound = verdict.ok and holds(leaf, seq - 1, verdict.events, path, bytes.fromhex(verdict.root))
    if not sound:
        raise Refused(
            "the log does not verify, so nothing in it can be proved", fix="Run: hardship audit verify"
        )
    name = notes.key_name(base_url)
    return {
        "seq": seq,
        "leaf_index": seq - 1,
        "tree_size": verdict.events,
        "body": body,
        "leaf_hash": leaf.hex(),
        "path": [step.hex() for step in path],
        "root": verdict.root,
        "checkpoint": notes.write(name, Checkpoint(verdict.events, verdict.root), vault.signer),
        "verifier_key": notes.verifier_key(name, vault.signer.public_key()),
    }
