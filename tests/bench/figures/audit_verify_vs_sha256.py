"""Verifying a million events (chain and tree; with the live rows) over reading and hashing the same bytes."""

from hashlib import sha256
from typing import Any

from hardship.audit.verify import verify
from hardship.core.runtime import Runtime
from tests.bench.harness import Aim, Measured, Size, compare, seconds
from tests.bench.places import Place
from tests.bench.seeds.events import stored

LOG, ROWS = "chain_and_tree", "with_rows"
AIMS = {LOG: Aim.at_most(3), ROWS: Aim.at_most(8)}
_READ = "SELECT prev, body FROM audit_event ORDER BY seq"


def measure(place: Place, size: Size) -> Measured:
    """One seed, read only; the baseline reads it by the same driver, in the same batches."""
    events = size.pick(1_000_000, 100_000)
    runtime = place.seeded(f"events_{events}", stored(events))
    _hash_all(runtime)
    log = compare(lambda: _verified(runtime, rows=False), lambda: seconds(lambda: _hash_all(runtime)))
    rows = compare(lambda: _verified(runtime, rows=True), lambda: seconds(lambda: _hash_all(runtime)))
    details = {
        "events": events,
        LOG: log.details("chain and tree", "bytes read and hashed"),
        ROWS: rows.details("chain, tree and rows", "bytes read and hashed"),
    }
    return Measured({LOG: log.times, ROWS: rows.times}, details)


def _verified(runtime: Runtime, *, rows: bool) -> float:
    def run() -> None:
        with runtime.read() as session:
            verdict = verify(session, runtime.vault, rows=rows)
        assert verdict.ok, verdict.problems[:3]

    return seconds(run)


def _hash_all(runtime: Runtime) -> str:
    """SHA-256 over every event's previous hash and body, one by one; the last one."""
    last = ""
    with runtime.database.reader.connect() as connection:
        result = connection.execution_options(stream_results=True).exec_driver_sql(_READ)
        cursor: Any = result.cursor
        while rows := cursor.fetchmany(4096):
            for prev, body in rows:
                last = sha256((prev + body).encode()).hexdigest()
        result.close()
    return last
