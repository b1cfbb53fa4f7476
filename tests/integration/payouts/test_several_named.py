"""A bank line that names several payments: all of them, the one that its amount can mean, or a person's choice."""

import pytest
from sqlmodel import col, select

from hardship.core.actor import SYSTEM
from hardship.core.errors import BadInput
from hardship.core.runtime import Runtime
from hardship.funds.document import read_document
from hardship.funds.service import load_fund
from hardship.payouts import queries, service
from hardship.payouts.models import Attempt, BankLine, Direction, LineReason
from hardship.payouts.service import Reconciled
from hardship.payouts.suggesting import look_at
from hardship.payouts.transitions import PaymentState
from tests.integration.applications.helpers import FUND
from tests.integration.payouts.camt import Entry, camt
from tests.integration.payouts.helpers import GRANT, SPONSOR, House, a_house, line
from tests.integration.payouts.test_bank_files import sent
from tests.integration.payouts.thirteen import codes, take_in

S = PaymentState
IN = Direction.IN


def reasons(house: House) -> list[LineReason | None]:
    """Why the bank's lines want a person, in the order they came."""
    with house.runtime.read() as session:
        return list(session.exec(select(BankLine.reason).order_by(col(BankLine.id))).all())


def the_line(house: House) -> int:
    """The one bank line."""
    with house.runtime.read() as session:
        return session.exec(select(BankLine.id)).one() or 0


def test_a_debit_that_lists_payments_and_is_their_sum_settles_each_once(runtime: Runtime) -> None:
    house = a_house(runtime)
    sent(house, 3)
    first, second, _ = codes(house)
    listed = line(f"BULK {first} {second}", 2 * GRANT)
    assert house.reconcile(listed) == Reconciled(1, 0, matched=1)
    assert house.states() == {S.PAID: 2, S.SUBMITTED: 1}
    assert house.books().funds[0].paid == 2 * GRANT
    again = line(f"BULK {second} {first}", 2 * GRANT, "2020-04-03")
    assert house.reconcile(again, house.line(0)).exceptions == 2  # seen before, together and singly
    assert reasons(house)[1:] == [LineReason.SEEN_BEFORE] * 2
    assert house.books().funds[0].paid == 2 * GRANT


def test_a_debit_that_lists_two_payments_of_its_amount_is_not_guessed(runtime: Runtime) -> None:
    house = a_house(runtime)
    sent(house, 2)
    first, second = codes(house)
    assert house.reconcile(line(f"FPO {first} {second}", GRANT)) == Reconciled(1, 0, exceptions=1)
    assert house.states() == {S.SUBMITTED: 2}
    number = the_line(house)
    looked = runtime.transact(house["finance"], look_at, line_id=number)
    assert [one.value for one in looked.suggestions] == sorted((first, second))
    with runtime.read() as session:
        assert queries.line_row(session, number).code == ", ".join(sorted((first, second)))
    with pytest.raises(BadInput, match="no bank charge"):
        runtime.transact(house["finance"], service.book_charge, line_id=number, fund="small")
    runtime.transact(house["finance"], service.match_to_payment, line_id=number, code=second)
    assert [one.state for one in house.payments()] == [S.SUBMITTED, S.PAID]
    house.reconcile(house.line(0, "2020-04-03"))
    assert house.states() == {S.PAID: 2}
    assert house.books().clearing == 0


def test_a_person_does_not_lose_a_line_of_several_to_a_later_statement(runtime: Runtime) -> None:
    house = a_house(runtime)
    ref = sent(house, 2)
    first, second = codes(house)
    house.reconcile(line(f"FPO {first} {second}", GRANT), line(f"FPO {second} {first}", GRANT, "2020-04-03"))
    house.reconcile(line(f"{ref}-001", 2 * GRANT, "2020-04-04"))
    assert reasons(house) == [LineReason.SEVERAL, LineReason.SEVERAL, None]


def test_of_payments_of_several_amounts_the_amount_tells_which(runtime: Runtime) -> None:
    house = a_house(runtime)
    house.award("01")
    text = (FUND.format(bank_details="choice") + SPONSOR).replace('grant = "200.00"', 'grant = "150.00"')
    runtime.transact(SYSTEM, load_fund, document=read_document(text.encode(), "fund.toml"))
    sent(house, 1)
    assert [one.amount_minor for one in house.payments()] == [20_000, 15_000]
    first, second = codes(house)
    assert house.reconcile(line(f"{first} {second}", 34_999)).exceptions == 1
    assert reasons(house) == [LineReason.AMOUNT_DIFFERS]
    assert house.reconcile(line(f"{first} {second}", 15_000)).matched == 1
    assert [one.state for one in house.payments()] == [S.SUBMITTED, S.PAID]
    assert house.reconcile(line(f"{first} {second}", 35_000)).exceptions == 1  # the smaller was paid already
    assert [one.state for one in house.payments()] == [S.SUBMITTED, S.PAID]


def test_the_awards_of_a_line_that_could_be_either_are_not_paid_again(runtime: Runtime) -> None:
    house = a_house(runtime)
    ref = house.ready("91", "91", "01")  # the stand-in refuses what ends in 91
    house.submit(ref)
    with runtime.read() as session:
        failed = session.exec(
            select(Attempt.reference).where(Attempt.outcome == "refused").order_by(col(Attempt.id))
        ).all()
    assert len(failed) == 2
    house.reconcile(line(" ".join(failed), GRANT))
    assert reasons(house) == [LineReason.SEVERAL]
    with runtime.read() as session:
        ((_, _, ready),) = queries.ready_by_fund(session)
    assert ready.count == 0
    note = "the bank says it was a mistake of theirs"
    runtime.transact(house["finance"], service.set_aside, line_id=the_line(house), note=note)
    with runtime.read() as session:
        ((_, _, ready),) = queries.ready_by_fund(session)
    assert ready.count == 2


def test_one_credit_gives_back_the_payments_it_lists_or_none(runtime: Runtime) -> None:
    house = a_house(runtime)
    sent(house, 3)
    house.reconcile(*(house.line(at) for at in range(3)))
    first, second, third = codes(house)
    assert house.reconcile(line(f"RTN {first} {second}", 2 * GRANT, "2020-04-06", IN)).returned == 1
    assert house.states() == {S.RETURNED: 2, S.PAID: 1}
    mixed = line(f"RTN {third} {second}", 2 * GRANT, "2020-04-07", IN)
    assert (
        house.reconcile(mixed).exceptions == 1
    )  # one of them came back already, so nothing of it is believed
    assert house.states() == {S.RETURNED: 2, S.PAID: 1}
    assert house.books().clearing == 0


def test_a_file_named_beside_its_payments_still_has_the_word(runtime: Runtime) -> None:
    house = a_house(runtime)
    ref = sent(house, 2)
    first, second = codes(house)
    assert take_in(house, camt(Entry(-2 * GRANT, words=f"{ref}-001 {first} {second}"))).matched == 1
    assert house.states() == {S.PAID: 2}
