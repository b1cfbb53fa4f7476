"""A sponsor's statement: figures frozen, tied to the ledger, naming nobody (I11)."""

import datetime as dt
import json
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import select

from hardship.contributions.gifts import NewRefund
from hardship.contributions.service import refund
from hardship.core.actor import SYSTEM
from hardship.core.canonical import sha256_hex
from hardship.core.clock import SetClock
from hardship.core.errors import BadInput, Conflict, Forbidden, NotFound, Refused
from hardship.core.runtime import Runtime
from hardship.funds.service import lock_fund
from hardship.ledger.journal import JournalDraft, transfer
from hardship.ledger.models import AccountKind
from hardship.ledger.service import post
from hardship.matching.models import StatedThrough
from hardship.matching.queries import agreement_by_ref
from hardship.matching.service import receive_payment
from hardship.statements import queries
from hardship.statements.models import Statement
from hardship.statements.service import Issued, issue, recognise
from tests.integration.payouts.helpers import GRANT, House

MARCH = (dt.date(2020, 3, 20), dt.date(2020, 3, 31))
APRIL = (dt.date(2020, 4, 1), dt.date(2020, 4, 30))
NOTHING = {"received": 0, "earned": 0, "reversed": 0, "repaid": 0, "drawn": 0}


def state(house: House, days: tuple[dt.date, dt.date], who: str = "finance", **more: Any) -> Issued:
    """Issue a statement of the sponsor's agreement."""
    return issue(house.runtime, house[who], agreement="LC", from_on=days[0], to_on=days[1], **more)


def today(house: House) -> tuple[dt.date, dt.date]:
    """The month up to today."""
    on = house.runtime.clock.now().date()
    return on.replace(day=1), on


def wait(house: House, days: int) -> None:
    """Let days pass."""
    assert isinstance(house.runtime.clock, SetClock)
    house.runtime.clock.advance(dt.timedelta(days=days))


def pay(house: House, minor: int, ref: str = "P-1") -> None:
    """The sponsor pays."""
    at = house.runtime.clock.now()
    house.runtime.transact(
        SYSTEM, receive_payment, agreement="LC", ref=ref, received_at=at, amount_minor=minor
    )


def give_back(house: House, ref: str, minor: int) -> None:
    """Refund a gift."""
    one = NewRefund(ref, house.runtime.clock.now(), minor)
    house.runtime.transact(SYSTEM, lambda tx: refund(tx, fund=lock_fund(tx, "small"), refunds=[one]))


def content(runtime: Runtime, ref: str) -> dict[str, Any]:
    """What was frozen."""
    with runtime.read() as session:
        found: dict[str, Any] = json.loads(queries.statement_named(session, ref)[0].content)
        return found


def test_a_statement_says_what_happened(house: House) -> None:
    """Earned by gifts, received from the sponsor, drawn by awards; opening + movements = closing."""
    house.give(30_000)
    pay(house, 10_000)
    house.award("01", "02")
    issued = state(house, today(house))
    said = issued.described
    drawn = said["movements"]["drawn"]
    assert 0 < drawn < 2 * GRANT
    assert said["movements"] == NOTHING | {"received": 10_000, "earned": 30_000, "drawn": drawn}
    assert said["opening"] == {"sponsor_account": 0, "unspent_match": 0}
    assert said["closing"] == {"sponsor_account": -20_000, "unspent_match": 30_000 - drawn}
    assert (said["cap"], said["allocated"], said["headroom"]) == (40_000, 30_000, 10_000)
    assert said["grants"] == 2
    assert said["period"] == {"from": "2020-04-01", "to": "2020-04-01"}
    assert said["content_sha256"] == sha256_hex(content_bytes(issued))


def content_bytes(issued: Issued) -> bytes:
    """The JSON file, which is the content itself."""
    return next(body for name, _, body in issued.files if name.endswith(".json"))


def test_a_refund_after_a_statement_stands_on_the_next(house: House) -> None:
    """The issued bytes stay as they are; the next statement shows what was reversed, and a deficit."""
    house.give(30_000)
    pay(house, 30_000)
    house.give(30_000)
    house.award("01", "02", "03")
    first = state(house, today(house))
    before = content(house.runtime, first.ref)
    drawn = before["movements"]["drawn"]
    wait(house, 3)
    give_back(house, "G-1", 30_000)
    second = state(house, (dt.date(2020, 4, 2), house.runtime.clock.now().date()))
    assert content(house.runtime, first.ref) == before
    said = second.described
    assert said["opening"] == before["closing"]
    assert said["movements"] == NOTHING | {"reversed": 30_000}
    assert said["closing"]["unspent_match"] == 40_000 - drawn - 30_000
    assert content(house.runtime, second.ref)["previous_sha256"] == first.content_sha256


def test_what_is_recorded_late_stands_on_the_first_day_not_stated(house: House) -> None:
    """A payment of a stated day, entered afterwards, is on the next statement and not lost."""
    house.give(10_000)
    state(house, today(house))
    pay(house, 5_000, "LATE")
    wait(house, 10)
    said = state(house, (dt.date(2020, 4, 2), house.runtime.clock.now().date())).described
    assert said["movements"] == NOTHING | {"received": 5_000}


def test_a_statement_holds_no_reference_of_a_gift_and_nobody_who_was_helped(house: House) -> None:
    """Gifts stand under identifiers of this statement alone; grants are counts, small ones not shown."""
    house.give(20_000)
    pay(house, 20_000)
    house.award("01")
    issued = state(house, today(house))
    everything = b"".join(body for name, _, body in issued.files if not name.endswith(".pdf"))
    assert b"G-1" not in everything
    assert b"Person" not in everything
    said = content(house.runtime, issued.ref)
    assert said["grants_by_month"] == [
        {"amount": None, "grants": None, "month": "2020-04", "shown": "fewer than 5"}
    ]
    wait(house, 1)
    give_back(house, "G-1", 100)
    again = state(house, (dt.date(2020, 4, 2), dt.date(2020, 4, 2)))
    assert content(house.runtime, again.ref)["lines"][0]["id"] != said["lines"][0]["id"]


def test_the_lines_add_up_to_what_was_given(house: House) -> None:
    """The running total ends at the figure of the front page."""
    for _ in range(5):
        house.give(9_000)
    said = content(house.runtime, state(house, today(house)).ref)
    assert [line["match"] for line in said["lines"]] == [9_000, 9_000, 9_000, 9_000, 4_000]
    assert said["lines"][-1]["running"] == said["allocated"] == 40_000
    assert said["headroom"] == 0


def test_a_statement_is_stored_and_recognised(house: House) -> None:
    """Each file by its bytes; a changed one is not."""
    house.give(5_000)
    issued = state(house, today(house))
    with house.runtime.read() as session:
        for name, _, body in issued.files:
            found = recognise(session, sha256_hex(body))
            assert found is not None
            assert (found.ref, found.name, found.superseded_by) == (issued.ref, name, None)
            assert recognise(session, sha256_hex(body + b"\n")) is None
        stored = queries.files_of(session, queries.statement_named(session, issued.ref)[0].id or 0)
    assert {one.name: one.body for one in stored} == {name: body for name, _, body in issued.files}


def test_the_database_keeps_issued_bytes(house: House) -> None:
    """Neither changed nor deleted, whoever asks."""
    house.give(5_000)
    state(house, today(house))
    for table, column in [("statement", "content_sha256"), ("statement_file", "name")]:
        for change in [f"DELETE FROM {table}", f"UPDATE {table} SET {column} = 'x'"]:
            with (
                pytest.raises(DBAPIError, match="never changes"),
                house.runtime.database.writer.begin() as at,
            ):
                at.execute(text(change))


def test_days_are_stated_once(house: House) -> None:
    """Overlapping days are refused, a correction of the same days is not, and it happens once."""
    house.give(5_000)
    wait(house, 20)
    first = state(house, (dt.date(2020, 4, 1), dt.date(2020, 4, 10)))
    with pytest.raises(Conflict, match=first.ref):
        state(house, (dt.date(2020, 4, 10), dt.date(2020, 4, 12)))
    with pytest.raises(BadInput, match="same days"):
        state(house, (dt.date(2020, 4, 1), dt.date(2020, 4, 11)), supersedes=first.ref)
    second = state(house, (dt.date(2020, 4, 1), dt.date(2020, 4, 10)), supersedes=first.ref)
    with pytest.raises(Conflict, match="already"):
        state(house, (dt.date(2020, 4, 1), dt.date(2020, 4, 10)), supersedes=first.ref)
    with pytest.raises(Conflict, match=second.ref):
        state(house, (dt.date(2020, 4, 5), dt.date(2020, 4, 6)))
    with house.runtime.read() as session:
        found = recognise(session, sha256_hex(content_bytes(first)))
        assert found is not None
        assert found.superseded_by == second.ref
        through = session.get(StatedThrough, agreement_by_ref(session, "LC").id)
        assert through is not None
        assert through.through_on == dt.date(2020, 4, 10)


def test_days_that_cannot_be_meant_are_refused(house: House) -> None:
    """The last day before the first, still to come, or centuries ago; an agreement or statement that is not there."""
    day = dt.timedelta(days=1)
    on = house.runtime.clock.now().date()
    for days in [(on, on - day), (on, on + day), (dt.date(1066, 1, 1), on)]:
        with pytest.raises(BadInput):
            state(house, days)
    with pytest.raises(NotFound):
        issue(house.runtime, house["finance"], agreement="nobody", from_on=on, to_on=on)
    with pytest.raises(NotFound):
        state(house, (on, on), supersedes="ST-NONE")
    assert statements(house) == 0


@pytest.mark.parametrize("who", ["auditor", "reviewer"])
def test_it_takes_the_permission(house: House, who: str) -> None:
    """An auditor reads and does not issue."""
    with pytest.raises(Forbidden):
        state(house, today(house), who)
    assert statements(house) == 0


def test_what_does_not_tie_to_the_ledger_is_not_issued(house: House) -> None:
    """A journal that no record explains stops the statement."""
    house.give(5_000)
    with house.runtime.read() as session:
        pot = agreement_by_ref(session, "LC").pot_id
    lines = transfer(pot, AccountKind.MATCH_RECEIVABLE, AccountKind.MATCH_INCOME, 100)
    draft = JournalDraft("odd", "odd", "small", "odd:1", dt.date(2020, 4, 1), lines)
    house.runtime.transact(SYSTEM, post, [draft])
    with pytest.raises(Refused, match="does not tie"):
        state(house, today(house))
    assert statements(house) == 0


def statements(house: House) -> int:
    """How many were issued."""
    with house.runtime.read() as session:
        return len(session.exec(select(Statement)).all())


def test_the_issue_is_an_event(house: House) -> None:
    """With its days, hashes and state."""
    house.give(5_000)
    issued = state(house, today(house))
    with house.runtime.read() as session:
        body = session.connection().execute(
            text("SELECT body FROM audit_event WHERE subject = :subject"),
            {"subject": f"statement:{issued.ref}"},
        )
        event = json.loads(body.scalar_one())
    assert event["kind"] == "statement.issued"
    assert event["facts"]["state"] == "issued"
    assert event["facts"]["content_sha256"] == issued.content_sha256


def test_an_agreement_without_anything_gets_a_statement_of_nothing(house: House) -> None:
    """Nil is an answer too."""
    said = state(house, today(house)).described
    assert said["movements"] == NOTHING
    assert said["closing"] == {"sponsor_account": 0, "unspent_match": 0}
    assert said["grants"] == 0
