"""Verifying the event log: one pass over the stored bytes, and only when something is off a diagnosis.

The pass recomputes every hash, every link, the Merkle tree, and compares the end with the head and its keyed digest,
with every signed checkpoint, and, when asked, with the rows that the events speak of.
"""

import hmac
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from sqlmodel import Session, col, select

from hardship.audit import log, notes
from hardship.audit.chain import GENESIS, Tree, head_message
from hardship.audit.diagnosis import MOST, Head, Kind, Link, Problem, diagnose
from hardship.audit.live import Told, differences
from hardship.audit.models import AuditCheckpoint
from hardship.audit.notes import Checkpoint
from hardship.core.vault import Vault


@dataclass(frozen=True)
class Verdict:
    """What a verification found. `head` is the last event's hash, `root` that of the tree, both in hexadecimal."""

    events: int
    head: str
    root: str
    problems: list[Problem]

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    def described(self) -> dict[str, Any]:
        """The verdict as `--json` shows it."""
        problems = [problem.described() for problem in self.problems]
        return {
            "events": self.events,
            "head": self.head,
            "root": self.root,
            "ok": self.ok,
            "problems": problems,
        }


@dataclass
class _Pass:
    """One pass over the log: what was counted, and whether everything was as it must be."""

    anchors: Sequence[Checkpoint]
    told: Told | None
    tree: Tree = field(default_factory=Tree)
    last: bytes = GENESIS.encode()
    straight: bool = True
    roots: dict[int, str] = field(default_factory=dict)

    @property
    def end(self) -> str:
        """The last event's hash."""
        return self.last.decode(errors="replace")

    def run(self, batches: Iterable[list[log.Row]]) -> None:
        """Read the log."""
        sizes = sorted({anchor.size for anchor in self.anchors})
        for rows in batches:
            self._check(rows)
            self._grow([sha256(b"\x00" + row[4]).digest() for row in rows], sizes)
            if self.told is not None:
                self.told.hear(rows)
        if 0 in sizes:
            self.roots[0] = Tree().root().hex()

    def _check(self, rows: Sequence[log.Row]) -> None:
        expected, last, straight = self.tree.size, self.last, self.straight
        for seq, prev, digest, subject, body in rows:
            expected += 1
            if seq != expected or prev != last or sha256(prev + body).hexdigest().encode() != digest:
                straight = False
            elif not body.endswith(b'"subject":"%b"}' % subject):
                straight = straight and sound(prev, digest, subject, body)
            last = digest
        self.last, self.straight = last, straight

    def _grow(self, leaves: list[bytes], sizes: Sequence[int]) -> None:
        start = self.tree.size
        for size in sizes:
            if start < size <= start + len(leaves):
                self.tree.extend(leaves[self.tree.size - start : size - start])
                self.roots[size] = self.tree.root().hex()
        self.tree.extend(leaves[self.tree.size - start :])


def sound(prev: bytes, digest: bytes, subject: bytes, body: bytes) -> bool:
    """Whether an event's hash is that of its own bytes, and the column `subject` says what the body says."""
    written = json.dumps(subject.decode(errors="replace"), ensure_ascii=False).encode()
    return sha256(prev + body).hexdigest().encode() == digest and body.endswith(b'"subject":%b}' % written)


def verify(session: Session, vault: Vault, *, anchor: Checkpoint | None = None, rows: bool = True) -> Verdict:
    """Verify the log in one snapshot: chain, tree, head, stored checkpoints, `anchor` (kept elsewhere), and with
    `rows` the rows themselves."""
    anchors = [*stored_checkpoints(session, vault), *([anchor] if anchor else [])]
    went = _Pass(anchors, Told() if rows else None)
    went.run(log.batches(session))
    head = _vouched_head(session, vault)
    problems = _chain_problems(session, went, head)
    problems += _anchor_problems(went, anchors, problems, head.seq if head else went.tree.size)
    if went.told is not None:
        problems += differences(session, went.told)
    return Verdict(went.tree.size, went.end, went.tree.root().hex(), problems[:MOST])


def stored_checkpoints(session: Session, vault: Vault) -> list[Checkpoint]:
    """The checkpoints in the database that bear our signature, smallest first."""
    notes_kept = session.exec(select(AuditCheckpoint.note).order_by(col(AuditCheckpoint.size))).all()
    key, found = vault.signer.public_key(), []
    for note in notes_kept:
        try:
            found.append(notes.read(note, key))
        except ValueError:  # somebody changed it: it proves nothing, for or against
            continue
    return found


def _vouched_head(session: Session, vault: Vault) -> Head | None:
    """The head, if it is there and bears this instance's keyed digest."""
    found = log.head_of(session)
    if found is None:
        return None
    head, mac = found
    written = vault.mac(head_message(head.seq, head.hash))
    return head if hmac.compare_digest(written.encode(), mac.encode()) else None


def _chain_problems(session: Session, went: _Pass, vouched: Head | None) -> list[Problem]:
    found = log.head_of(session)
    if found is None:
        if went.tree.size == 0:
            return []
        text = "the head is missing, so that nobody can tell where the log ended"
        return [*_diagnosed(session, went, None), Problem(went.tree.size, Kind.TRUNCATED, text)]
    head, _ = found
    fits = went.straight and head == Head(went.tree.size, went.end)
    inner = [] if fits else _diagnosed(session, went, head)
    if vouched:
        return inner
    text = "the head does not bear this instance's keyed digest: the log, or its end, was written anew"
    return [*inner, Problem(head.seq, Kind.REWRITTEN, text)]


def _diagnosed(session: Session, went: _Pass, head: Head | None) -> list[Problem]:
    """The second reading. Without a head to go by, the last event stands for it."""
    links = [
        Link(seq, _text(prev), _text(digest), sound(prev, digest, subject, body))
        for rows in log.batches(session)
        for seq, prev, digest, subject, body in rows
    ]
    if head is None:
        head = Head(links[-1].seq, links[-1].hash)
        found = diagnose(links, head)
        return found or ([] if went.straight else [Problem(0, Kind.EDITED, "the log does not verify")])
    return diagnose(links, head) or [Problem(head.seq, Kind.EDITED, "the log does not verify")]


def _text(stored: bytes) -> str:
    return stored.decode(errors="replace")


def _anchor_problems(
    went: _Pass, anchors: Sequence[Checkpoint], known: Sequence[Problem], end: int
) -> list[Problem]:
    """Where a signed checkpoint says otherwise, unless what is known already explains it. `end` is the number of the
    last event: by the head where one can trust it, since events that are missing before it make none short."""
    found: list[Problem] = []
    kinds = {problem.kind for problem in known}
    for anchor in anchors:
        if anchor.size > end:
            if Kind.TRUNCATED not in kinds:
                text = f"a signed checkpoint counts {anchor.size} events, there are {went.tree.size}"
                found.append(Problem(went.tree.size + 1, Kind.TRUNCATED, text))
        elif went.roots.get(anchor.size) != anchor.root and not _explained(went, anchor, known):
            text = f"the first {anchor.size} events are not those of a signed checkpoint"
            found.append(Problem(anchor.size, Kind.REWRITTEN, text))
    return list(dict.fromkeys(found))


def _explained(went: _Pass, anchor: Checkpoint, known: Sequence[Problem]) -> bool:
    """Whether what is known says why the tree is not the one signed. A chain that is whole in itself and ends in
    another hash than the head's looks like an edit of its last event, and may be new from any event on."""
    earlier = [problem for problem in known if problem.seq <= anchor.size]
    if went.straight and anchor.size <= went.tree.size:
        return any(problem.kind is Kind.REWRITTEN for problem in earlier)
    return bool(earlier)
