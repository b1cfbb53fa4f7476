"""Whatever is done to the stored log without the keyring, the verifier is never silent."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardship.audit.chain import link
from hardship.audit.verify import verify
from hardship.core.runtime import Runtime
from tests.integration.audit.tampering import (
    Stored,
    forged,
    rechained,
    replace,
    set_head,
    stored,
    write_events,
)

COUNT = 12
Rows = list[Stored]


def edit(rows: Rows, at: int, other: int) -> Rows:
    """Other words in one event."""
    seq, prev, digest, subject, body = rows[at]
    return [*rows[:at], (seq, prev, digest, subject, body.replace("plain", f"w{other}")), *rows[at + 1 :]]


def rehash(rows: Rows, at: int, _: int) -> Rows:
    """A hash made anew over what the event now says."""
    seq, prev, _digest, subject, body = rows[at]
    return [*rows[:at], (seq, prev, link(prev, body), subject, body), *rows[at + 1 :]]


def drop(rows: Rows, at: int, _: int) -> Rows:
    """One event less."""
    return [*rows[:at], *rows[at + 1 :]]


def insert(rows: Rows, at: int, _: int) -> Rows:
    """One event more, chained to the one before it."""
    return [*rows[:at], forged(at + 1, rows[at - 1][2] if at else "0" * 64), *rows[at:]]


def swap(rows: Rows, at: int, other: int) -> Rows:
    """Two events in each other's place."""
    done = list(rows)
    done[at], done[other % len(rows)] = done[other % len(rows)], done[at]
    return done


def renumber(rows: Rows, _at: int, _: int) -> Rows:
    """Numbers without a gap."""
    return [(seq, *row[1:]) for seq, row in enumerate(rows, start=1)]


def rewrite(rows: Rows, at: int, _: int) -> Rows:
    """Everything from one event on chained anew."""
    return rechained(edit(rows, at, at))


STEPS: list[Callable[[Rows, int, int], Rows]] = [edit, rehash, drop, insert, swap, renumber, rewrite]


@pytest.mark.parametrize("kind", ["sqlite"])
def test_the_verifier_is_never_silent(make_runtime: Callable[[str], Runtime], kind: str) -> None:
    """Edits, new hashes, deletions, insertions, exchanges and rewritings, alone and together, with or without a head
    that was set to fit."""
    runtime = make_runtime(kind)
    write_events(runtime, COUNT)
    untouched = stored(runtime)

    @given(
        st.lists(
            st.tuples(st.sampled_from(STEPS), st.integers(0, 99), st.integers(0, 99)), min_size=1, max_size=5
        ),
        st.booleans(),
    )
    def never_silent(steps: list[tuple[Callable[[Rows, int, int], Rows], int, int]], fit: bool) -> None:
        rows = untouched
        for step, at, other in steps:
            rows = step(rows, at % len(rows), other) if rows else rows
        rows = renumber(rows, 0, 0) if len({row[0] for row in rows}) < len(rows) else rows
        replace(runtime, rows, unique=False)
        head = (rows[-1][0], rows[-1][2]) if fit and rows else (COUNT, untouched[-1][2])
        set_head(runtime, *head)
        with runtime.read() as session:
            verdict = verify(session, runtime.vault, rows=False)
        same = sorted(rows) == untouched and head == (COUNT, untouched[-1][2])
        assert verdict.ok == same, verdict.problems

    never_silent()
