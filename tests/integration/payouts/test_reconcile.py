"""The bank's statement: debits settle, returns reopen, what fits nothing waits for a person, and again is no change."""

import pytest
from sqlmodel import select

from hardship.awards.transitions import AwardState
from hardship.core.errors import BadInput, Conflict, Forbidden, Refused
from hardship.core.runtime import Runtime
from hardship.ledger.models import AccountKind
from hardship.payouts import queries, service
from hardship.payouts.models import BankLine, Direction, LineReason, LineState
from hardship.payouts.service import Reconciled
from hardship.payouts.transitions import BatchState, PaymentState
from tests.integration.applications.helpers import bodies, everything_in
from tests.integration.payouts.helpers import GRANT, House, a_house, line

S = PaymentState
IN = Direction.IN


def reasons(house: House) -> list[LineReason | None]:
    """Why lines wait for a person, the oldest first."""
    with house.runtime.read() as session:
        return [one.reason for one in queries.exceptions(session)]


def test_debits_settle_what_they_name_whoever_speaks_first_and_again_changes_nothing(
    runtime: Runtime,
) -> None:
    house = a_house(runtime)
    ref = house.ready("01", "02")
    house.submit(ref)
    lines = [house.line(0), house.line(1)]
    assert house.reconcile(*lines) == Reconciled(2, 0, matched=2)
    assert house.states() == {S.PAID: 2}
    assert house.awards() == {AwardState.PAID: 2}
    assert house.batch(ref).state is BatchState.SETTLED
    assert house.books().clearing == 0
    before = everything_in(runtime)
    assert house.reconcile(*lines) == Reconciled(0, 2)
    assert house.reconcile(*reversed(lines)) == Reconciled(0, 2)
    after = everything_in(runtime)
    changed = {table for table in before if before[table] != after[table]}
    assert changed <= {"bank_import", "audit_event", "audit_head"}
    house.work()
    assert house.books().funds[0].paid == 2 * GRANT
    assert str(house.payments()[0].paid_on) == "2020-04-02"


def test_a_line_for_a_payment_that_is_known_paid_is_matched_without_a_second_journal(
    runtime: Runtime,
) -> None:
    house = a_house(runtime)
    house.submit(house.ready("01"))
    house.work()
    assert house.states() == {S.PAID: 1}
    journals = house.books().journals
    assert house.reconcile(house.line(0)).matched == 1
    assert house.books().journals == journals


def test_a_debit_settles_a_payment_of_which_nobody_knew(runtime: Runtime) -> None:
    house = a_house(runtime)
    house.submit(house.ready("92"))
    assert house.states() == {S.UNKNOWN: 1}
    assert house.reconcile(house.line(0)).matched == 1
    assert house.states() == {S.PAID: 1}
    house.work()
    assert house.books().funds[0].paid == GRANT


def test_scenario_5_a_return_after_the_debit_reopens_the_payment_for_a_new_approval(runtime: Runtime) -> None:
    house = a_house(runtime, money=60_160)  # matched up to the cap
    house.sponsor_pays(39_840)
    house.submit(house.ready("01"))
    assert house.shares() == [7_968, 12_032]
    house.reconcile(house.line(0, "2020-03-30"))
    books = house.books()
    assert (books.funds[0].paid, books.clearing) == (GRANT, 0)
    grants = house.by_pot(AccountKind.GRANTS)
    assert house.reconcile(house.line(0, "2020-04-02", IN)) == Reconciled(1, 0, returned=1)
    books = house.books()
    assert (books.funds[0].paid, books.funds[0].payable, books.clearing) == (0, GRANT, 0)
    assert house.by_pot(AccountKind.GRANTS) == grants  # the expense stands, in the same pots
    assert sorted(house.by_pot(AccountKind.GRANTS_PAYABLE).values()) == [-12_032, -7_968]
    assert house.journal_days("payout.returned") == ["2020-04-02"]
    assert house.journal_days("payout.paid") == ["2020-03-30"]
    assert house.states() == {S.RETURNED: 1}
    assert house.awards() == {AwardState.ACCEPTED: 1}
    assert house.reconcile(house.line(0, "2020-04-02", IN)) == Reconciled(0, 1)
    again = house.make()
    with pytest.raises(Refused):
        house.submit(again)
    house.approve(again)
    house.submit(again)
    house.reconcile(house.line(0, "2020-04-06"))
    books = house.books()
    assert (books.funds[0].paid, books.funds[0].payable, books.clearing) == (GRANT, 0, 0)


def test_a_return_that_arrives_with_its_debit_in_one_file_in_any_order(runtime: Runtime) -> None:
    house = a_house(runtime)
    house.submit(house.ready("01", "02"))
    done = house.reconcile(house.line(0, "2020-04-03", IN), house.line(1), house.line(0, "2020-04-03"))
    assert (done.matched, done.returned, done.exceptions) == (2, 1, 0)
    assert house.states() == {S.PAID: 1, S.RETURNED: 1}
    assert house.books().clearing == 0


def test_scenario_9_one_debit_for_the_whole_batch_and_two_returns(runtime: Runtime) -> None:
    house = a_house(runtime, money=1_000_000)
    ref = house.ready(*["01"] * 12)
    house.submit(ref)
    debit = line(f"BATCH {ref}", 12 * GRANT)
    done = house.reconcile(debit, house.line(3, "2020-04-04", IN), house.line(5, "2020-04-04", IN))
    assert (done.matched, done.returned, done.exceptions) == (1, 2, 0)
    books = house.books()
    assert house.states() == {S.PAID: 10, S.RETURNED: 2}
    assert (books.funds[0].paid, books.funds[0].payable, books.clearing) == (10 * GRANT, 2 * GRANT, 0)
    assert house.reconcile(debit) == Reconciled(0, 1)
    assert house.reconcile(line(f"BATCH {ref}", 12 * GRANT, "2020-04-05")).exceptions == 1
    assert reasons(house) == [LineReason.SEEN_BEFORE]


def test_a_batch_debit_of_another_sum_settles_nothing(runtime: Runtime) -> None:
    house = a_house(runtime)
    ref = house.ready("01", "02")
    house.submit(ref)
    assert house.reconcile(line(f"Batch {ref}", 2 * GRANT - 1)).exceptions == 1
    assert house.states() == {S.SUBMITTED: 2}
    assert reasons(house) == [LineReason.AMOUNT_DIFFERS]


def test_what_fits_nothing_waits_for_a_person_with_the_reason(runtime: Runtime) -> None:
    house = a_house(runtime)
    house.submit(house.ready("01"))
    done = house.reconcile(
        line("ACCOUNT FEE", 500),
        line("GIFT FROM SAM", 5_000, direction=IN),
        line(house.line(0).reference, GRANT + 1),
        house.line(0, "2020-04-03"),
        house.line(0, "2020-04-04"),
        house.line(0, "2020-04-05", IN),
        house.line(0, "2020-04-06", IN),
    )
    assert (done.matched, done.returned, done.booked, done.exceptions) == (1, 1, 1, 4)
    assert sorted(str(one) for one in reasons(house)) == [
        "amount_differs",
        "no_reference",
        "seen_before",
        "seen_before",
    ]
    assert house.states() == {S.RETURNED: 1}
    house.books()


def test_identical_lines_are_legitimate_and_each_counts_once(runtime: Runtime) -> None:
    house = a_house(runtime)
    fee = line("ACCOUNT FEE", 500)
    assert house.reconcile(fee, fee).imported == 2
    assert house.reconcile(fee, fee, line("OTHER", 1)) == Reconciled(1, 2, exceptions=1)
    assert house.reconcile(fee, fee, fee).imported == 1


def test_an_award_whose_failed_payment_the_bank_debited_is_not_paid_again_until_a_person_said_so(
    runtime: Runtime,
) -> None:
    house = a_house(runtime)
    house.submit(house.ready("91"))
    assert house.states() == {S.FAILED: 1}
    again = house.make()
    house.approve(again)
    assert house.reconcile(house.line(0)).exceptions == 1
    assert reasons(house) == [LineReason.NOT_SENT]
    assert house.batch(again).state is BatchState.CANCELLED
    with pytest.raises(Refused, match="nothing is ready"):
        house.make()
    with runtime.read() as session:
        number = queries.exceptions(session)[0].id
    runtime.transact(
        house["finance"], service.set_aside, line_id=number, note="The bank took it back the same day."
    )
    assert house.batch(house.make()).count == 1


def test_the_words_of_a_line_are_sealed_and_each_reading_is_an_event(runtime: Runtime) -> None:
    house = a_house(runtime)
    house.reconcile(line("CANARY-REFERENCE", 500))
    with runtime.read() as session:
        stored = session.exec(select(BankLine)).one()
        assert b"CANARY" not in (stored.reference or b"")
        number = stored.id or 0
    told = runtime.transact(house["finance"], service.read_words, line_id=number)
    assert told.reference == "CANARY-REFERENCE"
    assert "CANARY" not in repr(told)
    with runtime.read() as session:
        assert [one["kind"] for one in bodies(session, f"bank_line:{number}")] == ["bank_line.read"]
        assert "CANARY" not in str(bodies(session))


def test_setting_a_line_aside_takes_a_reason_and_happens_once(runtime: Runtime) -> None:
    house = a_house(runtime)
    house.reconcile(line("FEE", 500))
    with runtime.read() as session:
        number = queries.exceptions(session)[0].id
    with pytest.raises(BadInput, match="say why"):
        runtime.transact(house["finance"], service.set_aside, line_id=number, note="  ")
    for who in ("auditor", "approver"):
        with pytest.raises(Forbidden):
            runtime.transact(house[who], service.set_aside, line_id=number, note="A fee.")
    runtime.transact(house["finance"], service.set_aside, line_id=number, note="A fee.")
    with pytest.raises(Conflict):
        runtime.transact(house["finance"], service.set_aside, line_id=number, note="A fee.")
    with runtime.read() as session:
        assert session.exec(select(BankLine.state)).one() is not LineState.EXCEPTION
        assert bodies(session, f"bank_line:{number}")[-1]["facts"]["state"] == "set_aside"
