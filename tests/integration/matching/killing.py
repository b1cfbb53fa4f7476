"""Gifts received by eight processes that are killed at random commits and started again, until everything is in.

A process dies by SIGKILL just before the database commits, or just after: the two sides of the only instant that counts.
"""

import os
import random
import signal
from collections.abc import Sequence
from typing import Any

from sqlalchemy import event
from sqlmodel import Session, func, select

from hardship.audit.models import AuditEvent
from hardship.audit.verify import verify
from hardship.config import Settings
from hardship.contributions.gifts import NewGift
from hardship.contributions.models import Channel, Contribution, DonorType
from hardship.contributions.service import receive
from hardship.core.actor import SYSTEM
from hardship.core.clock import SetClock, iso
from hardship.core.runtime import Runtime
from hardship.funds.service import lock_fund
from hardship.ledger.models import Entry, Journal
from hardship.matching.models import Allocation, MatchAgreement
from hardship.wiring import build
from tests.integration.awards.rivals import _CONTEXT
from tests.integration.matching.helpers import assert_sound, books, events, new_gift
from tests.integration.matching.model import Given, Model, Terms

PROCESSES = 8
AGREEMENTS = (
    {"ref": "A", "per_contribution_cap": "7.00", "priority": 1},
    {"ref": "B", "ratio": "1:2", "priority": 2, "per_donor_cap": "60.00"},
    {"ref": "C", "ratio": "2:1", "priority": 3, "channels": ["card"]},
)
DAY = "2020-04-01"


def agreements(gifts: int) -> list[dict[str, Any]]:
    """Three agreements whose caps are used up by about two thirds of so many gifts."""
    caps = (gifts * 400, gifts * 150, gifts * 300)
    return [one | {"cap": f"{cap // 100}.00"} for one, cap in zip(AGREEMENTS, caps, strict=True)]


def gifts_of(process: int, count: int) -> list[NewGift]:
    """One process's gifts: always the same."""
    draw = random.Random(process)
    return [
        new_gift(
            f"G-{process}-{number:05d}",
            draw.randint(1, 2000),
            at=f"{DAY}T10:{draw.randint(0, 59):02d}:{draw.randint(0, 59):02d}Z",
            channel=draw.choice([Channel.CARD, Channel.BANK]),
            donor_name=f"Donor {draw.randint(1, 40)}",
            donor_type=DonorType.PERSON,
        )
        for number in range(count)
    ]


def batches(process: int, count: int, largest: int) -> list[list[NewGift]]:
    """The same gifts as they are received: live ones, and small files, each in a transaction."""
    draw, rest = random.Random(f"batches {process}"), gifts_of(process, count)
    found: list[list[NewGift]] = []
    while rest:
        size = draw.choice([1, 1, draw.randint(1, largest)])
        found.append(rest[:size])
        rest = rest[size:]
    return found


def _child(
    settings: Settings, at: Any, process: int, count: int, largest: int, odds: float, life: int
) -> None:
    """Receive what is not there yet, and die at some commit: with these odds at each, by this life's own luck."""
    runtime = build(settings, SetClock(at), check=False)
    luck = random.Random(f"{process} {life}")
    fate = {"after": False}

    def on_commit(_connection: Any) -> None:
        if luck.random() < odds:
            if luck.random() < 0.5:
                os.kill(os.getpid(), signal.SIGKILL)
            fate["after"] = True

    event.listen(runtime.database.writer, "commit", on_commit)
    with runtime.read() as session:
        there = set(session.exec(select(Contribution.ref)))
    for batch in batches(process, count, largest):
        if batch[-1].ref in there:
            continue
        runtime.transact(SYSTEM, lambda tx, gifts=batch: receive(tx, fund=lock_fund(tx, "f"), gifts=gifts))
        if fate["after"]:
            os.kill(os.getpid(), signal.SIGKILL)
    runtime.database.dispose()


def receive_under_fire(runtime: Runtime, count: int, *, largest: int, odds: float) -> int:
    """Let eight processes receive `count` gifts each; every one that is killed starts again. Returns the deaths."""
    runtime.database.dispose()
    lives = dict.fromkeys(range(PROCESSES), 0)
    running = {process: _start(runtime, process, count, largest, odds, 0) for process in lives}
    while running:
        for process, child in list(running.items()):
            child.join(timeout=0.05)
            if child.exitcode is None:
                continue
            if child.exitcode == 0:
                del running[process]
                continue
            assert child.exitcode == -signal.SIGKILL, f"process {process} ended with {child.exitcode}"
            lives[process] += 1
            running[process] = _start(runtime, process, count, largest, odds, lives[process])
    return sum(lives.values())


def _start(runtime: Runtime, process: int, count: int, largest: int, odds: float, life: int) -> Any:
    child = _CONTEXT.Process(
        target=_child,
        args=(runtime.settings, runtime.clock.now(), process, count, largest, odds, life),
    )
    child.start()
    return child


# --- What has to hold ---------------------------------------------------------------------------------------------


def assert_exact(runtime: Runtime, count: int) -> None:
    """Every gift once; allocations as the plain model gives them in the order of arrival; nothing without its cause; books
    that balance; a chain that verifies, live rows and all."""
    expected = {one.ref: one for process in range(PROCESSES) for one in gifts_of(process, count)}
    with runtime.read() as session:
        arrived = session.exec(select(Contribution).order_by("id")).all()
        assert {gift.ref for gift in arrived} == set(expected)
        assert len(arrived) == len(expected)
        _assert_allocations(session, arrived, expected)
        _assert_no_orphans(session, len(expected))
        verdict = verify(session, runtime.vault)
    assert verdict.ok, verdict.problems
    assert_sound(runtime)
    assert books(runtime).income == sum(one.amount_minor for one in expected.values())
    received = [one["subject"] for one in events(runtime) if one["kind"] == "contribution.received"]
    assert sorted(received) == sorted(f"contribution:{ref}" for ref in expected)


def _assert_allocations(
    session: Session, arrived: Sequence[Contribution], expected: dict[str, NewGift]
) -> None:
    model = _model(session)
    names = {row.id: row.ref for row in session.exec(select(MatchAgreement))}
    given: dict[int, dict[str, int]] = {}
    for row in session.exec(select(Allocation)):
        own = given.setdefault(row.contribution_id, {})
        own[names[row.agreement_id]] = own.get(names[row.agreement_id], 0) + row.amount_minor
    for gift in arrived:
        new = expected[gift.ref]
        assert iso(gift.received_at) == iso(new.received_at)
        one = Given(gift.ref, (0, 0), new.amount_minor, new.channel.value, new.donor_name)
        model.arrive_alone(one)
        assert given.get(gift.id or 0, {}) == {ref: minor for (ref, _, _), minor in one.live.items()}, (
            gift.ref
        )


def _model(session: Session) -> "Quick":
    return Quick(
        *[
            Terms(
                row.ref,
                row.num,
                row.den,
                row.priority,
                row.cap_minor,
                per_gift=row.per_contribution_cap_minor,
                per_donor=row.per_donor_cap_minor,
                channels=frozenset(row.channels.split(",")),
            )
            for row in session.exec(select(MatchAgreement))
        ]
    )


class Quick(Model):
    """The model with running totals: ten thousand gifts in a second instead of in an hour."""

    def __init__(self, *agreements: Terms) -> None:
        super().__init__(*agreements)
        self.totals: dict[str, int] = {}
        self.donors: dict[tuple[str, str], int] = {}

    def arrive_alone(self, gift: Given) -> None:
        """A gift arrives, and is not looked at again."""
        self.match(gift)
        for (ref, _, _), minor in gift.live.items():
            self.totals[ref] = self.totals.get(ref, 0) + minor
            self.donors[ref, gift.donor] = self.donors.get((ref, gift.donor), 0) + minor

    def allocated(self, ref: str) -> int:
        return self.totals.get(ref, 0)

    def by_donor(self, ref: str, donor: str, gift: Given) -> int:
        return self.donors.get((ref, donor), 0)


def _assert_no_orphans(session: Session, gifts: int) -> None:
    """Each gift has its journal and its event; no entry is without a journal, no allocation without a gift."""
    count = select(func.count())
    journals = session.exec(count.select_from(Journal).where(Journal.kind == "gift.received")).one()
    assert journals == gifts
    assert session.exec(count.select_from(Journal).where(~Journal.posted)).one() == 0  # type: ignore[arg-type]
    orphans = count.select_from(Entry).where(Entry.journal_id.not_in(select(Journal.id)))  # type: ignore[attr-defined]
    assert session.exec(orphans).one() == 0
    lost = count.select_from(Allocation).where(
        Allocation.contribution_id.not_in(select(Contribution.id))  # type: ignore[attr-defined]
    )
    assert session.exec(lost).one() == 0
    assert session.exec(select(func.count(), func.max(AuditEvent.seq))).one()[0] > gifts
