"""I7 over a restore: what was paid after the backup is not known in it, and is never paid again."""

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import col, select

from hardship.applications import tracker
from hardship.applications.models import Application
from hardship.audit.verify import verify
from hardship.awards.transitions import AwardState
from hardship.contributions.events import RefundsAboutToLeave
from hardship.core.actor import SYSTEM, operator
from hardship.core.clock import SetClock
from hardship.core.errors import BadInput, Conflict, Forbidden, Refused
from hardship.core.runtime import Runtime
from hardship.jobs.backups.making import make
from hardship.jobs.backups.restoring import restore
from hardship.jobs.doctor import examine
from hardship.payouts import files, held
from hardship.payouts.models import Attempt, BankLine, Batch, LineState, Payment, RailName, SandboxPayment
from hardship.payouts.queries import exceptions
from hardship.payouts.service.holding import hold_money, propose_lift
from hardship.payouts.service.lost import likely, propose_lost
from hardship.payouts.tables import PaymentHold
from hardship.payouts.transitions import BatchState, HoldState, PaymentState
from hardship.staff.proposals import Proposed
from hardship.wiring import build
from tests.integration.applications.helpers import bodies
from tests.integration.payouts.guarding import guarded_house, propose_hand, second
from tests.integration.payouts.helpers import GRANT, House, line

S = PaymentState
WORDS = "The bank's list of 1 to 3 April and the sandbox's own list."
TODAY = dt.date(2020, 4, 1)


@pytest.fixture
def house(runtime: Runtime) -> House:
    """The house with two approvers."""
    return guarded_house(runtime)


@pytest.fixture
def rebuilt(tmp_path: Path) -> Iterator[Callable[[House], House]]:
    """Restores the house's backup over it; the house as it is then, ten minutes later."""
    opened: list[Runtime] = []

    def back(house: House) -> House:
        runtime = house.runtime
        assert isinstance(runtime.clock, SetClock)
        runtime.clock.advance(dt.timedelta(minutes=10))

        def wired(settings: Any, *, check: bool = True) -> Runtime:
            return build(settings, SetClock(runtime.clock.now()), check=check)

        runtime.database.dispose()
        done = restore(runtime.settings, tmp_path / "b", wired, replacing=True, say=lambda _: None)
        assert done.ok, done
        opened.append(wired(runtime.settings))
        return House(opened[-1], house.staff, house.people, house.gifts, house.rail)

    yield back
    for one in opened:
        one.database.dispose()


def back_up(house: House, tmp_path: Path) -> None:
    """A backup, as of now."""
    make(house.runtime, operator(), tmp_path / "b", lambda _: None)


def held_now(house: House) -> PaymentHold:
    """A hold as a restore makes it, without one."""
    return house.runtime.transact(operator(), hold_money, backup_made_at=house.runtime.clock.now())


def lift(house: House, who: str = "finance", through: dt.date = TODAY) -> Proposed:
    """Propose that money may leave again."""
    return house.runtime.transact(house[who], propose_lift, through=through, words=WORDS)


def shows(house: House, number: int, *awards: str, who: str = "finance") -> Proposed:
    """Propose which awards a debit paid."""
    return house.runtime.transact(
        house[who], propose_lost, line_id=number, awards=awards, why="The bank's online list names them."
    )


def debits(house: House) -> list[int]:
    """The bank lines that fit nothing."""
    with house.runtime.read() as session:
        return [one.id for one in exceptions(session)]


def test_what_was_paid_after_the_backup_is_paid_once(
    house: House, rebuilt: Callable[[House], House], tmp_path: Path
) -> None:
    """Backed up, two awards paid, restored, tried again, found on the statement, recorded, lifted, the rest paid."""
    awards = house.award("01", "02", "01")
    house.give(100_000)
    back_up(house, tmp_path)
    paid = house.make(limit=2)
    house.approve(paid)
    assert house.submit(paid).submitted == 2
    statement = [house.line(0, on="2020-04-01"), house.line(1, on="2020-04-01")]
    house.work()

    after = rebuilt(house)
    assert after.awards() == {AwardState.ACCEPTED: 3}, "the books do not know of the two"
    ref = after.make()
    with pytest.raises(Refused, match="nothing is paid since a backup was restored"):
        after.approve(ref)
    after.reconcile(*statement)
    numbers = debits(after)
    assert len(numbers) == 2
    with pytest.raises(Refused, match="2 debits since the backup"):
        lift(after)
    for number, award in zip(numbers, awards[:2], strict=True):
        assert second(after, shows(after, number, award.ref)) == 1
    assert debits(after) == []
    assert after.awards() == {AwardState.PAID: 2, AwardState.IN_PAYMENT: 1}
    with pytest.raises(Refused, match="nothing is paid"):
        after.approve(ref)
    second(after, lift(after))
    after.approve(ref)
    assert after.submit(ref).submitted == 1
    statement.append(after.line(2, on="2020-04-01"))
    after.reconcile(statement[-1])
    assert after.awards() == {AwardState.PAID: 3}
    assert after.books().funds[0].paid == 3 * GRANT == sum(one.amount_minor for one in statement)
    assert len({one.reference for one in statement}) == 3
    with pytest.raises(Refused, match="nothing is ready"):
        after.make()
    assert [one for one in examine(after.runtime, ["I7", "I8"]) if not one.ok] == []
    with after.runtime.read() as session:
        assert verify(session, after.runtime.vault).ok
        applicant = session.get(Application, awards[0].application_id)
        assert applicant is not None
        assert tracker.steps(session, applicant)[-1].name == "Sent on 1 April", "it was the bank that paid"


def test_one_debit_for_a_file_made_after_the_backup_is_told_as_its_awards(
    house: House, rebuilt: Callable[[House], House], tmp_path: Path
) -> None:
    house.rail = RailName.BANK_FILE
    house.award("01", "01")
    ref = house.make()
    house.approve(ref)
    back_up(house, tmp_path)
    house.submit(ref)
    files.export_made(house.runtime, house["finance"], ref)

    after = rebuilt(house)
    with pytest.raises(Refused, match="nothing is paid"):
        after.submit(ref)
    after.reconcile(line(f"{ref}-001", 2 * GRANT, on="2020-04-01"))
    (number,) = debits(after)
    _, found = after.runtime.transact(after["finance"], likely, line_id=number)
    assert [one.named for one in found] == [True, True]
    second(after, shows(after, number, *(one.award for one in found)))
    assert after.states() == {S.PAID_EXTERNALLY: 2}
    assert after.batch(ref).state is BatchState.CANCELLED
    second(after, lift(after))
    assert after.books().funds[0].paid == 2 * GRANT
    assert [one for one in examine(after.runtime, ["I7", "I8"]) if not one.ok] == []


# --- What waits, and what does not -----------------------------------------------------------------------------------


def test_nothing_leaves_by_any_way_while_money_waits(house: House) -> None:
    house.award("01", "01")
    approved, waiting = house.make(limit=1), house.make()
    house.approve(approved)
    held_now(house)
    before = house.states()
    with pytest.raises(Refused, match="nothing is paid"):
        house.approve(waiting)
    with pytest.raises(Refused, match="nothing is paid"):
        house.submit(approved)
    (other,) = house.award("01")
    with pytest.raises(Refused, match="nothing is paid"):
        propose_hand(house, other)
    assert any(house.runtime.transact(SYSTEM, lambda tx: tx.publish(RefundsAboutToLeave())))
    house.work()
    assert house.states() == before
    with house.runtime.read() as session:
        assert session.exec(select(Attempt.id)).all() == []


def test_the_worker_goes_on_with_nothing_that_was_under_way(house: House) -> None:
    ref = house.ready("01", "01")
    with house.runtime.database.writer.begin() as connection:
        connection.execute(update(Batch.__table__).values(state=BatchState.SUBMITTING))  # type: ignore[attr-defined]
    held_now(house)
    house.work()
    with pytest.raises(Refused, match="nothing is paid"):
        house.submit(ref)
    assert house.states() == {S.APPROVED: 2}


def test_a_file_for_the_bank_is_neither_made_nor_handed_out(house: House) -> None:
    house.rail = RailName.BANK_FILE
    first = house.ready("01")
    house.submit(first)
    files.export_made(house.runtime, house["finance"], first)
    other = house.ready("01")
    house.submit(other)
    held_now(house)
    with pytest.raises(Refused, match="nothing is paid"):
        house.runtime.transact(house["finance"], files.hand_out, ref=f"{first}-001")
    assert files.work(house.runtime) == 0
    assert files.export_made(house.runtime, house["finance"], other) == 0


def test_a_payment_by_hand_proposed_before_the_backup_waits_too(house: House) -> None:
    (award,) = house.award("01")
    made = propose_hand(house, award)
    held_now(house)
    with pytest.raises(Refused, match="nothing is paid"):
        second(house, made)
    assert house.awards() == {AwardState.ACCEPTED: 1}


def test_looking_goes_on_and_what_the_rail_never_heard_of_is_not_sent_again(house: House) -> None:
    house.submit(house.ready("01", "01"))
    with (
        house.runtime.database.writer.begin() as connection
    ):  # as it is when the backup caught the payments amid
        connection.execute(update(Payment.__table__).values(state=S.SUBMITTING))  # type: ignore[attr-defined]
        connection.execute(update(Attempt.__table__).values(outcome="pending"))  # type: ignore[attr-defined]
        known = connection.execute(select(col(SandboxPayment.key))).scalars().first()
        book = SandboxPayment.__table__  # type: ignore[attr-defined]
        connection.execute(book.delete().where(book.c.key != known))
    held_now(house)
    assert isinstance(house.runtime.clock, SetClock)
    house.runtime.clock.advance(dt.timedelta(hours=1))
    house.work()
    with house.runtime.read() as session:
        assert session.exec(select(SandboxPayment.key)).all() == [known]
        unsure = held.unsure(session)
    assert unsure == 1
    with pytest.raises(Refused, match="of 1 payment nobody knows"):
        lift(house)


# --- Ending it -------------------------------------------------------------------------------------------------------


def test_two_people_end_it_and_what_was_approved_before_needs_a_new_approval(house: House) -> None:
    approved = house.ready("01")
    under_way = house.ready("01")
    with house.runtime.database.writer.begin() as connection:
        one = update(Batch.__table__).where(col(Batch.ref) == under_way)  # type: ignore[attr-defined]
        connection.execute(one.values(state=BatchState.SUBMITTING))
    hold = held_now(house)
    with pytest.raises(Forbidden, match="two members of staff"):
        house.runtime.transact(operator(), propose_lift, through=dt.date(2020, 4, 1), words=WORDS)
    with pytest.raises(Forbidden):
        lift(house, "approver")
    for day, why in ((dt.date(2020, 3, 31), "before the restore"), (dt.date(2020, 4, 3), "not come yet")):
        with pytest.raises(BadInput, match=why):
            lift(house, through=day)
    with pytest.raises(BadInput, match="what you compared"):
        house.runtime.transact(house["finance"], propose_lift, through=dt.date(2020, 4, 1), words=" ")
    made = lift(house, "both")
    with pytest.raises(Forbidden, match="yourself"):
        second(house, made, "both")
    with house.runtime.read() as session:
        assert held.is_held(session)
    second(house, made)
    with house.runtime.read() as session:
        assert not held.is_held(session)
        row = session.exec(select(PaymentHold)).one()
        assert (row.state, row.through) == (HoldState.LIFTED, dt.date(2020, 4, 1))
        kinds = [one["kind"] for one in bodies(session, f"payment_hold:{hold.ref}")]
        assert WORDS not in str(bodies(session, f"payment_hold:{hold.ref}"))
    assert kinds == ["payment_hold.held", "payment_hold.lifted"]
    assert house.batch(approved).state is BatchState.DRAFT
    assert house.batch(under_way).state is BatchState.SETTLED
    house.work()
    with pytest.raises(Refused, match="has to approve it first"):
        house.submit(approved)
    with pytest.raises(Conflict, match="does not wait"):
        lift(house)
    house.approve(approved)
    again = house.make()
    house.approve(again)
    assert (house.submit(approved).submitted, house.submit(again).submitted) == (1, 1)
    assert [one for one in examine(house.runtime, ["I7", "I8"]) if not one.ok] == []


def test_a_debit_shows_only_what_it_can_have_paid(house: House) -> None:
    one, other = house.award("01", "01")
    house.reconcile(line("Somebody's shop", GRANT, on="2020-04-01"))
    (number,) = debits(house)
    with pytest.raises(BadInput, match="no debit from after a backup"):
        shows(house, number, one.ref)
    held_now(house)
    with pytest.raises(BadInput, match=r"the awards are £400\.00, and £200\.00"):
        shows(house, number, one.ref, other.ref)
    with pytest.raises(BadInput, match="twice"):
        shows(house, number, one.ref, one.ref)
    with pytest.raises(BadInput, match="name the awards"):
        shows(house, number)
    with pytest.raises(Forbidden):
        shows(house, number, one.ref, who="auditor")
    made = shows(house, number, one.ref, who="both")
    with pytest.raises(Forbidden, match="yourself"):
        second(house, made, "both")
    second(house, made)
    with pytest.raises(Conflict, match="does not wait"):
        shows(house, number, other.ref)
    house.reconcile(line("Somebody's shop", 2 * GRANT, on="2020-04-02"))
    (larger,) = debits(house)
    with pytest.raises(Refused, match="paid"):
        shows(house, larger, one.ref)
    second(house, shows(house, larger, other.ref))
    with house.runtime.read() as session:
        rest = session.get(BankLine, larger)
        assert rest is not None
        assert rest.state is LineState.EXCEPTION, "half of it is not told yet"
        assert held.shown_by(session, larger) == GRANT
    assert house.books().funds[0].paid == 2 * GRANT


def test_the_awards_that_a_debit_may_have_paid_are_shown_the_likeliest_first(house: House) -> None:
    house.award("01", "01")
    ref = house.make()
    code = house.payments()[1].reference
    held_now(house)
    house.reconcile(line(f"Lane {code}", GRANT, on="2020-04-01"))
    (number,) = debits(house)
    told, found = house.runtime.transact(house["finance"], likely, line_id=number)
    assert code in told.reference
    assert [one.named for one in found] == [True, False]
    with house.runtime.read() as session:
        assert [one["kind"] for one in bodies(session, f"bank_line:{number}")].count("bank_line.read") == 1
    assert house.batch(ref).state is BatchState.DRAFT


def test_doctor_sees_what_was_sent_while_money_waited(house: House) -> None:
    hold = held_now(house)
    with house.runtime.database.writer.begin() as connection:
        connection.execute(update(PaymentHold.__table__).values(state=HoldState.LIFTED))  # type: ignore[attr-defined]
    house.submit(house.ready("01"))
    with house.runtime.read() as session:
        problems = held.kept(session)
    assert problems == [
        f"1 payments were sent while hold {hold.ref} stood",
        f"hold {hold.ref} was not lifted by two people",
    ]
