"""Bank lines that must not call somebody paid who is not, nor let an award be paid while the bank may have paid it."""

import datetime as dt
from dataclasses import replace

import pytest
from sqlmodel import col, select

from hardship.awards.models import Award
from hardship.core.actor import SYSTEM
from hardship.core.clock import SetClock
from hardship.core.errors import Refused
from hardship.core.runtime import Runtime
from hardship.funds.document import read_document
from hardship.funds.service import load_fund
from hardship.ledger.models import AccountKind
from hardship.payouts import service
from hardship.payouts.models import Attempt, BankLine, Direction, LineReason
from hardship.payouts.rails.base import Answer, Status
from hardship.payouts.service import Reconciled
from hardship.payouts.service.external import Handed, propose_external
from hardship.payouts.service.hearing import record_all
from hardship.payouts.tables import PaidFrom, Way
from hardship.payouts.transitions import BatchState, PaymentState
from tests.integration.applications.helpers import FUND
from tests.integration.payouts.camt import Entry, camt
from tests.integration.payouts.helpers import GRANT, SPONSOR, House, a_house, line
from tests.integration.payouts.test_bank_files import sent, settings, void
from tests.integration.payouts.thirteen import codes, take_in

S = PaymentState


def reasons(house: House) -> list[LineReason | None]:
    """Why the bank's lines want a person, in the order they came."""
    with house.runtime.read() as session:
        return list(session.exec(select(BankLine.reason).order_by(col(BankLine.id))).all())


@pytest.mark.parametrize("words", ["{ref}-001", "{ref}", "X {code}", "X {code} {other}"])
def test_what_a_voided_files_debit_may_have_paid_is_not_paid_again(runtime: Runtime, words: str) -> None:
    house = a_house(runtime)
    ref = sent(house, 2)
    first, second = codes(house)
    void(house, ref)
    again = house.make()
    house.approve(again)
    named = 1 if words == "X {code}" else 2
    said = words.format(ref=ref, code=first, other=second)
    assert house.reconcile(line(said, named * GRANT)).exceptions == 1
    batch = house.batch(again)
    assert (batch.count, batch.state) == ((1, BatchState.DRAFT) if named == 1 else (0, BatchState.CANCELLED))
    with pytest.raises(Refused, match="nothing is ready"):
        house.make()
    handed = Handed(Way.CASH, PaidFrom.BANK, runtime.clock.now().date(), "Ann", "R-1")
    with runtime.read() as session:
        number = session.exec(select(BankLine.id)).one() or 0
        award = session.exec(select(Award.ref).order_by(col(Award.id))).first()
    with pytest.raises(Refused, match="may have paid it already"):
        runtime.transact(house["finance"], propose_external, award_ref=award, handed=handed)
    note = "The bank took it by mistake and gives it back."
    runtime.transact(house["finance"], service.set_aside, line_id=number, note=note)
    assert house.batch(house.make()).count == named


def test_what_a_rail_took_after_all_leaves_the_batch_of_the_awards_new_payment(runtime: Runtime) -> None:
    house = a_house(runtime)
    ref = sent(house, 1)
    void(house, ref)
    with runtime.read() as session:
        key = session.exec(select(Attempt.idem_key)).one()
    again = house.make()
    house.approve(again)
    record_all(runtime, SYSTEM, [Answer(key, Status.POSTED)])
    assert house.batch(again).state is BatchState.CANCELLED


def test_a_total_that_is_older_than_the_file_is_not_its_debit(runtime: Runtime) -> None:
    house = a_house(runtime, money=2_000_000)
    settings(house, '[fund.bank_file]\nsize = 2\ndebits = "total"\n')
    sent(house, 2)
    assert isinstance(runtime.clock, SetClock)
    runtime.clock.advance(dt.timedelta(days=9))
    late = sent(house, 2)
    made = house.batch(late).made_at.date()
    early = [(made - dt.timedelta(days=days)).isoformat() for days in (2, 1)]
    assert house.reconcile(*(line("BULK", 2 * GRANT, on) for on in early)).exceptions == 2
    assert reasons(house) == [LineReason.SEVERAL] * 2
    assert house.states() == {S.SUBMITTED: 4}
    assert house.reconcile(line("BULK", 2 * GRANT, made.isoformat())).exceptions == 1
    assert house.states() == {S.SUBMITTED: 4}


def test_an_amount_that_is_one_payments_and_the_sum_of_others_is_not_guessed(runtime: Runtime) -> None:
    house = a_house(runtime)
    for grant in ("100.00", "300.00", "200.00"):
        text = (FUND.format(bank_details="choice") + SPONSOR).replace(
            'grant = "200.00"', f'grant = "{grant}"'
        )
        runtime.transact(SYSTEM, load_fund, document=read_document(text.encode(), "fund.toml"))
        house.award("01")
    sent(house, 0)
    named = " ".join(codes(house))
    house.reconcile(line(named, 30_000))
    assert reasons(house) == [LineReason.SEVERAL]
    assert house.states() == {S.SUBMITTED: 3}
    house.reconcile(line(named, 10_000, "2020-04-03"))
    assert [one.state for one in house.payments()] == [S.PAID, S.SUBMITTED, S.SUBMITTED]


def test_a_credit_that_names_a_file_gives_all_of_it_back_once(runtime: Runtime) -> None:
    """The bank took a file whole and refused it afterwards: nobody in it was paid."""
    house = a_house(runtime)
    ref = sent(house, 2)
    back = line(f"REV {ref}-001", 2 * GRANT, "2020-04-03", Direction.IN)
    assert house.reconcile(line(f"{ref}-001", 2 * GRANT), back) == Reconciled(2, 0, matched=1, returned=1)
    assert house.states() == {S.RETURNED: 2}
    books = house.books().funds[0]
    assert (books.paid, books.payable, books.in_flight) == (0, 2 * GRANT, 0)
    assert house.balance(AccountKind.UNIDENTIFIED_RECEIPTS) == 0
    again = [replace(back, on=dt.date(2020, 4, day)) for day in (4, 5)]
    singly = house.line(0, "2020-04-06", Direction.IN)
    assert house.reconcile(again[0], singly).exceptions == 2
    assert reasons(house)[2:] == [LineReason.SEEN_BEFORE] * 2
    assert house.reconcile(replace(again[1], amount_minor=GRANT)).exceptions == 1
    assert house.books().funds[0].payable == 2 * GRANT


def test_a_credit_that_names_a_file_of_which_one_came_back_already_wants_a_person(runtime: Runtime) -> None:
    house = a_house(runtime)
    ref = sent(house, 2)
    house.reconcile(house.line(0), house.line(1), house.line(0, "2020-04-03", Direction.IN))
    assert house.reconcile(line(ref, 2 * GRANT, "2020-04-04", Direction.IN)).exceptions == 1
    assert house.states() == {S.RETURNED: 1, S.PAID: 1}
    assert house.balance(AccountKind.UNIDENTIFIED_RECEIPTS) == 0


def test_what_names_nothing_is_guessed_only_of_the_statements_own_account(runtime: Runtime) -> None:
    house = a_house(runtime)
    other = FUND.format(bank_details="choice").replace('"small"', '"other"').replace("55779911", "55779912")
    other = other.replace('"spring"', '"other-spring"')
    runtime.transact(SYSTEM, load_fund, document=read_document(other.encode(), "fund.toml"))
    sent(house, 2)
    entries = [Entry(-GRANT, words="RENT", creditor="Person Number1"), Entry(-2 * GRANT, words="BULK")]
    assert take_in(house, camt(*entries, account="20000055779912")).exceptions == 2
    assert house.states() == {S.SUBMITTED: 2}
    assert take_in(house, camt(Entry(-1, words="FEE"))).exceptions == 1
    assert house.states() == {S.SUBMITTED: 2}
    assert take_in(house, camt(Entry(-2 * GRANT, words="BULK"))).matched == 1
    assert house.states() == {S.PAID: 2}
