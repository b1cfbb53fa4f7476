"""The verifier tells an edit, a deletion, an insertion, a truncation, a fork and a rewriting apart (I8)."""

from collections.abc import Callable

import pytest
from sqlalchemy import text

from hardship.audit.chain import head_message, link
from hardship.audit.checkpoints import make_checkpoint, prove
from hardship.audit.diagnosis import Kind
from hardship.audit.notes import Checkpoint, read
from hardship.audit.proofs import holds
from hardship.audit.verify import Verdict, verify
from hardship.core.actor import Actor, ActorKind, Role, operator
from hardship.core.errors import Forbidden, NotFound, Refused
from hardship.core.runtime import Runtime
from tests.integration.audit import tampering
from tests.integration.audit.tampering import forged, rechained, replace, run, set_head, stored, write_events

COUNT = 10


def verdict(runtime: Runtime, anchor: Checkpoint | None = None) -> Verdict:
    """Verify chain, tree and head."""
    with runtime.read() as session:
        return verify(session, runtime.vault, anchor=anchor, rows=False)


def kinds(runtime: Runtime, anchor: Checkpoint | None = None) -> list[tuple[int, str]]:
    """What the verifier names, and where."""
    return [(problem.seq, problem.kind.value) for problem in verdict(runtime, anchor).problems]


@pytest.fixture
def log(runtime: Runtime) -> Runtime:
    """A runtime with ten events."""
    write_events(runtime, COUNT)
    return runtime


def test_an_untouched_log_verifies(log: Runtime) -> None:
    """Its figures are the number of events, the last hash and the tree's root."""
    found = verdict(log)
    assert found.ok
    assert found.events == COUNT
    assert found.head == stored(log)[-1][2]
    assert len(bytes.fromhex(found.root)) == 32


def test_an_empty_log_verifies(runtime: Runtime) -> None:
    """Nothing happened yet."""
    assert verdict(runtime).ok
    assert verdict(runtime).events == 0


def test_a_subject_that_json_escapes_verifies(runtime: Runtime) -> None:
    """Quotation marks, backslashes and letters beyond ASCII in a subject are no edit."""
    runtime.transact(operator(), lambda tx: tx.record("test", 'gift:"é\\ü"', a="ß"))
    assert verdict(runtime).ok


@pytest.mark.parametrize("seq", [1, 5, 10])
def test_an_edited_body_is_named(log: Runtime, seq: int) -> None:
    """The hash no longer fits the bytes."""
    run(log, "UPDATE audit_event SET body = replace(body, 'plain', 'other') WHERE seq = :seq", seq=seq)
    assert kinds(log) == [(seq, "edited")]


@pytest.mark.parametrize("seq", [1, 5, 10])
def test_an_edit_whose_hash_was_made_anew_is_named(log: Runtime, seq: int) -> None:
    """The next event, or the head, was chained to another."""
    _, prev, _, _, body = stored(log)[seq - 1]
    other = body.replace("plain", "other")
    run(
        log,
        "UPDATE audit_event SET body = :body, hash = :hash WHERE seq = :seq",
        body=other,
        hash=link(prev, other),
        seq=seq,
    )
    assert kinds(log) == [(seq, "edited")]


@pytest.mark.parametrize("column", ["prev", "hash", "subject"])
def test_an_edited_column_is_named(log: Runtime, column: str) -> None:
    """Also where the body was left alone."""
    run(log, f"UPDATE audit_event SET {column} = 'x' WHERE seq = 4")
    assert kinds(log) == [(4, "edited")]


def test_two_edits_are_both_named(log: Runtime) -> None:
    """One finding does not hide the next."""
    run(log, "UPDATE audit_event SET body = replace(body, 'plain', 'other') WHERE seq IN (3, 8)")
    assert kinds(log) == [(3, "edited"), (8, "edited")]


def test_a_deleted_event_is_named(log: Runtime) -> None:
    """A gap in the middle, and the first event gone."""
    run(log, "DELETE FROM audit_event WHERE seq IN (1, 5, 6)")
    assert kinds(log) == [(1, "deleted"), (5, "deleted")]


def test_a_deletion_whose_gap_was_closed_is_named(log: Runtime) -> None:
    """The events after it were numbered anew."""
    rows = stored(log)
    replace(log, rows[:4] + [(row[0] - 1, *row[1:]) for row in rows[5:]])
    assert kinds(log) == [(5, "deleted")]


def test_an_event_beyond_the_head_is_named(log: Runtime) -> None:
    """Chained to the last one, and unknown to the head."""
    replace(log, [*stored(log), forged(11, stored(log)[-1][2])])
    assert kinds(log) == [(11, "inserted")]


def test_an_event_put_into_the_middle_is_named(log: Runtime) -> None:
    """The events after it were moved on by one."""
    rows = stored(log)
    replace(log, rows[:4] + [forged(5, "a" * 64)] + [(row[0] + 1, *row[1:]) for row in rows[4:]])
    assert kinds(log) == [(5, "inserted")]


def test_a_truncated_log_is_named(log: Runtime) -> None:
    """The head says more."""
    run(log, "DELETE FROM audit_event WHERE seq > 7")
    assert kinds(log) == [(8, "truncated")]


def test_an_emptied_log_is_named(log: Runtime) -> None:
    """Nothing left but the head."""
    run(log, "DELETE FROM audit_event")
    assert kinds(log) == [(1, "truncated")]


def test_a_fork_is_named(log: Runtime) -> None:
    """Two events that follow the same one, after the guard against it was torn down."""
    rows = stored(log)
    fork = [forged(6, rows[4][2])] + [(row[0] + 1, *row[1:]) for row in rows[5:]]
    replace(log, rows[:5] + fork, unique=False)
    assert kinds(log) == [(6, "forked")]


def test_a_tail_that_was_cut_with_the_head_set_back_is_named(log: Runtime) -> None:
    """Only the keyring's holder can make the head's keyed digest."""
    run(log, "DELETE FROM audit_event WHERE seq > 7")
    set_head(log, 7, stored(log)[-1][2])
    assert kinds(log) == [(7, "rewritten")]


def test_a_log_written_anew_is_named(log: Runtime) -> None:
    """Everything is consistent but the head's keyed digest."""
    rows = rechained([(*row[:4], row[4].replace("plain", "other")) for row in stored(log)])
    replace(log, rows)
    set_head(log, COUNT, rows[-1][2])
    assert kinds(log) == [(COUNT, "rewritten")]


def test_a_head_taken_away_is_named(log: Runtime) -> None:
    """Nobody could tell where the log ended."""
    run(log, "DELETE FROM audit_head")
    assert kinds(log) == [(COUNT, "truncated")]


def test_a_rewriting_by_the_keyring_s_holder_does_not_pass_an_anchor(log: Runtime) -> None:
    """Whoever has the keyring can make the head; the checkpoint kept elsewhere they cannot unmake."""
    anchor = read(make_checkpoint(log, operator()).note, log.vault.signer.public_key())
    run(log, "DELETE FROM audit_checkpoint")
    rows = rechained([(*row[:4], row[4].replace("plain", "other")) for row in stored(log)])
    replace(log, rows)
    set_head(log, COUNT, rows[-1][2], log.vault.mac(head_message(COUNT, rows[-1][2])))
    assert verdict(log).ok
    assert kinds(log, anchor) == [(COUNT, "rewritten")]


def test_an_older_copy_of_the_database_does_not_pass_an_anchor(log: Runtime) -> None:
    """A backup put in place of the database is consistent, and too short."""
    older, head = stored(log), log
    write_events(log, 4)
    anchor = read(make_checkpoint(log, operator()).note, log.vault.signer.public_key())
    run(log, "DELETE FROM audit_checkpoint")
    replace(head, older)
    set_head(log, COUNT, older[-1][2], log.vault.mac(head_message(COUNT, older[-1][2])))
    assert verdict(log).ok
    assert kinds(log, anchor) == [(COUNT + 1, "truncated")]


def test_an_anchor_holds_when_the_log_has_grown(log: Runtime) -> None:
    """Events after the checkpoint are no problem."""
    anchor = read(make_checkpoint(log, operator()).note, log.vault.signer.public_key())
    write_events(log, 7)
    assert verdict(log, anchor).ok


def test_the_same_log_gives_the_same_checkpoint(log: Runtime) -> None:
    """Asking twice keeps one note."""
    first, second = make_checkpoint(log, operator()), make_checkpoint(log, operator())
    assert first.note == second.note
    assert first.id == second.id


def test_a_broken_log_is_not_signed(log: Runtime) -> None:
    """A signature would vouch for it; nothing in it is proved either."""
    run(log, "DELETE FROM audit_event WHERE seq = 5")
    with pytest.raises(Refused, match="does not verify"):
        make_checkpoint(log, operator())
    with log.read() as session, pytest.raises(Refused):
        prove(session, log.vault, log.settings.base_url, 3)


def test_a_reviewer_does_not_sign_the_log(log: Runtime) -> None:
    """It takes the permission to read it."""
    reviewer = Actor(ActorKind.STAFF, "1", frozenset({Role.REVIEWER}))
    with pytest.raises(Forbidden):
        make_checkpoint(log, reviewer)


def test_a_proof_can_be_checked_by_others(log: Runtime) -> None:
    """With nothing but the proof and the public key's note."""
    with log.read() as session:
        proof = prove(session, log.vault, log.settings.base_url, 7)
    assert proof["leaf_index"] == 6
    assert proof["tree_size"] == COUNT
    path = [bytes.fromhex(step) for step in proof["path"]]
    assert holds(bytes.fromhex(proof["leaf_hash"]), 6, COUNT, path, bytes.fromhex(proof["root"]))
    signed = read(proof["checkpoint"], log.vault.signer.public_key())
    assert signed == Checkpoint(COUNT, proof["root"])


@pytest.mark.parametrize("seq", [0, 11])
def test_what_is_not_there_is_not_proved(log: Runtime, seq: int) -> None:
    """Numbers beyond the log."""
    with log.read() as session, pytest.raises(NotFound):
        prove(session, log.vault, log.settings.base_url, seq)


def test_cells_of_another_type_are_an_edit(make_runtime: Callable[[str], Runtime]) -> None:
    """SQLite keeps whatever it is given; bytes that are no text must not stop the verifier."""
    runtime = make_runtime("sqlite")
    write_events(runtime, COUNT)
    with runtime.database.writer.begin() as connection:
        connection.execute(text("UPDATE audit_event SET body = x'ff00fe' WHERE seq = 2"))
        connection.execute(text("UPDATE audit_event SET hash = x'ff' WHERE seq = 6"))
    assert kinds(runtime) == [(2, "edited"), (6, "edited")]


def test_a_long_log_is_read_in_parts(make_runtime: Callable[[str], Runtime]) -> None:
    """More events than one batch, and an edit in the last part."""
    runtime = make_runtime("sqlite")
    runtime.transact(operator(), lambda tx: [tx.record("t", f"t:{n}", n=n) for n in range(9_000)])
    assert verdict(runtime).ok
    run(runtime, "UPDATE audit_event SET body = replace(body, '8500', '8501') WHERE seq = 8501")
    found = verdict(runtime)
    assert [(p.seq, p.kind) for p in found.problems] == [(8501, Kind.EDITED)]
    assert tampering.stored(runtime)[8500][0] == 8501


def test_a_deletion_below_a_checkpoint_is_a_deletion_and_no_truncation(log: Runtime) -> None:
    """Fewer events than a checkpoint counts, and yet the log ends where the head says."""
    anchor = read(make_checkpoint(log, operator()).note, log.vault.signer.public_key())
    run(log, "DELETE FROM audit_event WHERE seq = 5")
    assert kinds(log) == [(5, "deleted")]
    assert kinds(log, anchor) == [(5, "deleted")]


def test_a_log_written_anew_under_an_untouched_head_does_not_pass_an_anchor(log: Runtime) -> None:
    """The chain is whole in itself: without the anchor it looks as if only its last event had been edited."""
    anchor = read(make_checkpoint(log, operator()).note, log.vault.signer.public_key())
    run(log, "DELETE FROM audit_checkpoint")
    replace(log, rechained([(*row[:4], row[4].replace("plain", "other")) for row in stored(log)]))
    assert kinds(log) == [(COUNT, "edited")]
    assert kinds(log, anchor) == [(COUNT, "edited"), (COUNT, "rewritten")]


@pytest.mark.parametrize("column", ["hash", "mac"])
def test_a_head_with_letters_of_another_alphabet_is_named(log: Runtime, column: str) -> None:
    """No hash and no digest holds any, and they are no reason to fail."""
    run(log, f"UPDATE audit_head SET {column} = 'é'")
    assert (COUNT, "rewritten") in kinds(log)
