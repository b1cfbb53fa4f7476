"""What was done to a log that does not verify: pure functions.

The head is under a keyed digest, so whatever hangs on it by the hashes is authentic. The diagnosis walks from the head
back to the first event. Where the event that the next one was chained to is not there, the place is looked at: another
event at the same place was edited, an empty one was deleted. What the walk never meets was put in.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from hardship.audit.chain import GENESIS

MOST = 200
"""How many problems are named; a log with more is broken beyond naming them."""


class Kind(StrEnum):
    """What was done."""

    EDITED = "edited"
    DELETED = "deleted"
    INSERTED = "inserted"
    TRUNCATED = "truncated"
    FORKED = "forked"
    REWRITTEN = "rewritten"


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, at the event `seq` (0: nowhere in particular)."""

    seq: int
    kind: Kind
    detail: str

    def described(self) -> dict[str, int | str]:
        """The problem as `--json` shows it."""
        return {"seq": self.seq, "kind": self.kind.value, "detail": self.detail}


@dataclass(frozen=True, slots=True)
class Link:
    """An event as stored, without its body. `sound`: its hash is that of its own bytes."""

    seq: int
    prev: str
    hash: str
    sound: bool


@dataclass(frozen=True)
class Head:
    """Where the log says it ends."""

    seq: int
    hash: str


@dataclass
class _Walk:
    """The state of the walk from the head to the first event."""

    links: Sequence[Link]
    head: Head
    found: list[Problem] = field(default_factory=list)
    authentic: set[int] = field(default_factory=set)
    explained: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.by_hash = {link.hash: at for at, link in enumerate(self.links) if link.sound}

    def back(self) -> None:
        """Walk. `place` is the sequence number that the event looked for must have, `top` ends what is left to see."""
        place, wanted, top = self.head.seq, self.head.hash, len(self.links)
        while place > 0:
            at = self.by_hash.get(wanted)
            if at is not None and at < top:
                self.authentic.add(at)
                place, wanted, top = place - 1, self.links[at].prev, at
                continue
            place, wanted, top = self._step_over(place, wanted, top)

    def _step_over(self, place: int, wanted: str, top: int) -> tuple[int, str, int]:
        """The event at `place` is not there as it was: say why, and go on with the one before it."""
        row = self.links[top - 1] if top else None
        if row is not None and row.seq == place:
            self.explained.add(top - 1)
            self.found.append(Problem(place, Kind.EDITED, _edit(row, place == self.head.seq)))
            before = self.links[top - 2] if top > 1 else None
            known = row.prev == GENESIS or row.prev in self.by_hash
            return place - 1, row.prev if known or before is None else before.hash, top - 1
        if row is not None and row.seq > place:
            return place, wanted, top - 1  # a stranger
        last = row.seq if row else 0
        self.found.append(_missing(last + 1, place, place == self.head.seq))
        return last, row.hash if row else GENESIS, top

    def strangers(self) -> None:
        """The events that nothing authentic leads to."""
        taken = {self.links[at].prev: self.links[at].seq for at in self.authentic}
        for at, link in enumerate(self.links):
            if at in self.authentic or at in self.explained:
                continue
            if link.prev in taken:
                text = f"the event follows the same one as event {taken[link.prev]}"
                self.found.append(Problem(link.seq, Kind.FORKED, text))
            elif link.seq > self.head.seq:
                self.found.append(Problem(link.seq, Kind.INSERTED, "the event lies beyond the head"))
            else:
                self.found.append(Problem(link.seq, Kind.INSERTED, "no event was chained to this one"))


def diagnose(links: Sequence[Link], head: Head) -> list[Problem]:
    """What was done to the log, in its order; empty when every event hangs on the head at its place.

    `links` are in order of `seq`. At most `MOST` problems are named.
    """
    walk = _Walk(links, head)
    walk.back()
    walk.strangers()
    moved = [
        Problem(link.seq, Kind.EDITED, f"the event was written as number {place}")
        for place, link in enumerate(links, start=1)
        if not walk.found and link.seq != place
    ]
    return sorted([*walk.found, *moved], key=lambda problem: problem.seq)[:MOST]


def _edit(row: Link, is_last: bool) -> str:
    if not row.sound:
        return "the event's bytes do not fit its hash"
    follower = "the head holds" if is_last else "the next event was chained to"
    return f"the event was changed and its hash made anew: {follower} another"


def _missing(first: int, last: int, at_the_end: bool) -> Problem:
    those = f"event {first} is" if first == last else f"events {first} to {last} are"
    if at_the_end:
        return Problem(first, Kind.TRUNCATED, f"{those} missing from the end")
    return Problem(first, Kind.DELETED, f"{those} missing")
