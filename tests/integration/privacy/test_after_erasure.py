"""After erasure and after retention: every total and every proof is what it was, and a second application is still referred."""

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, col, select

from hardship.applications.models import Application
from hardship.applications.owndata import erasing
from hardship.applications.service import transition
from hardship.applications.transitions import ApplicationEvent
from hardship.audit.verify import verify
from hardship.awards.models import Award
from hardship.awards.transitions import AwardState
from hardship.core.actor import SYSTEM, operator
from hardship.core.clock import SetClock
from hardship.core.models import DataKey
from hardship.core.runtime import Runtime, Transaction
from hardship.jobs import doctor, retention
from hardship.ledger.queries import balances, check
from hardship.screening.models import Signal
from tests.integration.applications.helpers import Command, apply, person, stored
from tests.integration.jobs.conftest import in_full_swing
from tests.integration.payouts.helpers import House


def approve_all(tx: Transaction) -> None:
    """Let every case with an award be one that people said yes to."""
    awarded = select(Award.application_id)
    for case in tx.session.exec(select(Application).where(col(Application.id).in_(awarded))).all():
        if case.state == "submitted":
            transition(tx, case, ApplicationEvent.FINISH_CHECKS, "application.checks_finished")
        if case.state == "in_review":
            transition(tx, case, ApplicationEvent.APPROVE, "application.approved")


class Kept:
    """What must not change: the books, the match, the statements."""

    def __init__(self, runtime: Runtime, command: Command, folder: Path) -> None:
        self.runtime, self.command, self.folder = runtime, command, folder

    def figures(self) -> dict[str, Any]:
        """Every total."""
        with self.runtime.read() as session:
            found = asdict(check(session))
            by_account = [(pot.ref, kind.value, minor) for pot, kind, minor in balances(session)]
        status, out, _ = self.command("match", "status", "--json")
        assert (status, found["problems"]) == (0, [])
        return {"books": found, "accounts": by_account, "match": json.loads(out)}

    def proofs(self) -> None:
        """The log verifies against the rows, the doctor finds nothing, and each file of the statement is recognised."""
        with self.runtime.read() as session:
            verdict = verify(session, self.runtime.vault)
        assert verdict.problems == []
        assert [one for one in doctor.examine(self.runtime, only=("I",)) if not one.ok] == []
        for path in sorted(self.folder.iterdir()):
            assert self.command("statements", "verify", path)[0] == 0, path
            assert path.read_bytes() == self.bytes[path.name]

    def keep(self) -> None:
        """Issue a statement, whose files are checked from now on."""
        day = self.runtime.clock.now().date() + dt.timedelta(days=1)
        clock = self.runtime.clock
        assert isinstance(clock, SetClock)
        clock.advance(dt.timedelta(days=2))
        days = ("--from", day.isoformat(), "--to", day.isoformat())
        assert self.command("statements", "issue", "--agreement", "LC", *days, "--out", self.folder)[0] == 0
        self.bytes = {path.name: path.read_bytes() for path in self.folder.iterdir()}
        assert self.bytes


@pytest.fixture
def kept(
    runtime: Runtime, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Kept:
    """A fund with gifts, match, awards paid, returned and failed, and two statements."""
    home = in_full_swing(runtime)
    runtime.transact(SYSTEM, approve_all)
    assert isinstance(home, House)
    found = Kept(runtime, Command(runtime, capsys, monkeypatch), tmp_path / "statements")
    found.keep()
    return found


def paid(session: Session) -> list[Application]:
    """The cases whose grant was paid."""
    of = select(Award.application_id).where(Award.state == AwardState.PAID)
    return list(
        session.exec(select(Application).where(col(Application.id).in_(of)).order_by(col(Application.id)))
    )


def by_erasing(runtime: Runtime) -> None:
    """Each at their word."""
    with runtime.read() as session:
        cases = paid(session)
    for case in cases:
        runtime.transact(operator(), erasing.erase, ref=case.ref)


def by_retention(runtime: Runtime) -> None:
    """When their time is over."""
    clock = runtime.clock
    assert isinstance(clock, SetClock)
    clock.advance(dt.timedelta(days=184))
    retention.run(runtime)


@pytest.mark.parametrize("gone", [by_erasing, by_retention])
def test_totals_and_proofs_are_unchanged(kept: Kept, gone: Callable[[Runtime], None]) -> None:
    before = kept.figures()
    gone(kept.runtime)
    with kept.runtime.read() as session:
        keys = [session.get_one(DataKey, case.data_key_id) for case in paid(session)]
    assert len(keys) > 1
    assert {key.wrapped for key in keys} == {None}
    assert kept.figures() == before
    kept.proofs()


def test_whoever_was_paid_and_erased_is_referred_when_they_apply_again_in_the_round(kept: Kept) -> None:
    runtime = kept.runtime
    with runtime.read() as session:
        cases = {case.id for case in paid(session)}
    by_erasing(runtime)
    # Somebody of the house: what they gave is known here, and to nobody else any more.
    again = apply(runtime, person(1, account_number=f"{20_000_000 + 101}"))
    runtime.run_due("checks")
    assert stored(runtime, again.ref).referred
    with runtime.read() as session:
        signals = session.exec(select(Signal).where(Signal.application_id == again.application_id)).all()
    assert signals
    assert {one.other_id for one in signals} <= cases
    kept.proofs()
