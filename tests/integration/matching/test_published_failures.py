"""What has gone wrong in other matching engines, as published, and does not here. One test each, named for it."""

import datetime as dt
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from hardship.contributions.models import Channel, DonorType
from hardship.core.actor import SYSTEM
from hardship.core.runtime import Runtime
from hardship.funds.service import lock_fund
from hardship.matching.models import Allocation
from hardship.matching.service import redistribute
from tests.integration.awards.rivals import at_once
from tests.integration.matching.checkouts import MINUTES, close_checkout, open_checkout, pay, wait
from tests.integration.matching.helpers import (
    assert_sound,
    events,
    everything_in,
    give,
    give_back,
    load,
    new_gift,
    pounds,
    redistributed,
    status_of,
)

AT = "2020-05-01T10:00:00Z"


def _refund(runtime: Runtime, ref: str, amount: int, at: str) -> str:
    give_back(runtime, ref, amount, at=at)
    return "done"


def test_a_release_is_not_applied_twice(runtime: Runtime) -> None:
    """The news of one refund, told by four processes at once and then again, takes its match back once."""
    load(runtime)
    give(runtime, new_gift("G-1", "100"), new_gift("G-2", "100"))
    answers = at_once(runtime, _refund, [("G-1", pounds("40"), AT)] * 4)
    assert answers == ["done"] * 4
    before = everything_in(runtime)
    give_back(runtime, "G-1", "40", at=AT)
    assert everything_in(runtime) == before
    found = status_of(runtime).agreement
    assert (found.allocated_minor, found.reversed_minor) == (pounds("160"), pounds("40"))
    with runtime.read() as session:
        backs = session.exec(select(Allocation).where(col(Allocation.reverses_id).is_not(None))).all()
    assert [back.amount_minor for back in backs] == [-pounds("40")]
    _cannot_be_stored_twice(runtime, backs[0])
    assert_sound(runtime)


def _cannot_be_stored_twice(runtime: Runtime, back: Allocation) -> None:
    """The database refuses a second release for the same refund, and a second without any."""
    for refund in (back.refund_id, None):
        copy = {name: value for name, value in back.model_dump().items() if name != "id"} | {
            "refund_id": refund
        }
        with pytest.raises(IntegrityError), runtime.database.writer.begin() as connection:
            for _ in range(2):
                connection.execute(Allocation.__table__.insert(), copy)  # type: ignore[attr-defined]


def _spread(runtime: Runtime, what: str, number: int) -> str:
    if what == "redistribute":
        runtime.transact(SYSTEM, lambda tx: redistribute(tx, fund=lock_fund(tx, "f")))
    elif what == "refund":
        give_back(runtime, f"G-{number}", "5", at=AT)
    else:
        give(runtime, new_gift(f"N-{number}", "30", at="2020-04-20T10:00:00Z"))
    return "done"


def test_retro_matching_beside_redistribution_gives_no_penny_twice(runtime: Runtime) -> None:
    """Gifts, refunds and redistributions in five processes at once: the cap holds, and what is freed goes to the
    earliest gifts that lack it."""
    load(runtime, {"cap": "100.00"})
    give(
        runtime, *[new_gift(f"G-{n}", "30", at=f"2020-04-0{n}T10:00:00Z") for n in range(1, 7)]
    )  # 30, 30, 30, 10, 0, 0
    acts: list[tuple[Any, ...]] = [("redistribute", 0)] * 2 + [("refund", n) for n in (1, 2)]
    assert at_once(runtime, _spread, [*acts, ("gift", 1)]) == ["done"] * 5
    assert_sound(runtime)
    redistributed(runtime)
    assert redistributed(runtime) == []
    assert status_of(runtime).remaining_minor == 0
    with runtime.read() as session:
        rows = session.exec(select(Allocation.contribution_id, Allocation.amount_minor)).all()
    live: dict[int, int] = {}
    for gift, minor in rows:
        live[gift] = live.get(gift, 0) + minor
    assert sum(live.values()) == pounds("100")
    assert max(live.values()) <= pounds("30")
    matched = sum(
        sum(event["facts"].get("matched", {}).values()) - sum(event["facts"].get("released", {}).values())
        for event in events(runtime)
    )
    assert matched == pounds("100"), "the events say the same"


def _race(runtime: Runtime, what: str, ref: str) -> str:
    if what == "expire":
        runtime.run_due("match holds")
    elif what == "cancel":
        close_checkout(runtime, ref, "expired")
    elif what == "rival":
        give(runtime, new_gift(f"R-{ref}", "80", channel=Channel.BANK))
    else:
        return str(pay(runtime, ref, "80", at=dt.datetime(2020, 4, 1, 9, 29, tzinfo=dt.UTC)).lapsed_minor)
    return "done"


def test_an_expiry_that_races_a_commit_decides_once(runtime: Runtime) -> None:
    """Worker, webhook, clock and a rival's gift in five processes: the hold is given or void, never both, and the gift
    is told what it lost."""
    load(runtime, {"cap": "80.00"})
    open_checkout(runtime, "C-1", "80")
    wait(runtime, MINUTES)
    acts = [(what, "C-1") for what in ("expire", "pay", "cancel", "rival", "pay")]
    answers = at_once(runtime, _race, acts)
    assert not [answer for answer in answers if answer != "done" and not answer.isdigit()], answers
    states = [event["facts"]["state"] for event in events(runtime, "hold:C-1/M")]
    assert states in (["held", "committed"], ["held", "void"])
    found = status_of(runtime).agreement
    assert (found.held_minor, found.allocated_minor) == (0, pounds("80"))
    matched = {
        event["subject"]: event["facts"]["matched"].get("M", 0)
        for event in events(runtime)
        if event["kind"] == "contribution.received"
    }
    assert sum(matched.values()) == pounds("80")
    if states[-1] == "committed":
        assert matched["contribution:C-1"] == pounds("80")
    lapsed = sum(int(answer) for answer in answers if answer.isdigit())
    assert lapsed == pounds("80") - matched["contribution:C-1"]
    assert_sound(runtime)


@pytest.mark.parametrize("field", ["cap", "per_contribution_cap", "per_donor_cap"])
def test_a_missing_cap_is_not_read_as_zero_nor_zero_as_missing(runtime: Runtime, field: str) -> None:
    """Left out is no cap; 0.00 is a cap of nothing."""
    load(
        runtime, {"ref": "NONE", "priority": 2} | {field: None}, {"ref": "ZERO", "priority": 1, field: "0.00"}
    )
    big = new_gift("G-1", "250,000" if field == "cap" else "90,000", donor_type=DonorType.PERSON)
    assert give(runtime, big)[0].matched == (("NONE", big.amount_minor),)
    assert status_of(runtime, "ZERO").remaining_minor == (0 if field == "cap" else pounds("100,000"))
    if field == "cap":
        assert status_of(runtime, "NONE").remaining_minor is None
    assert_sound(runtime)
