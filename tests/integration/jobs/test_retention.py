"""What names a payee goes when nobody needs it any more: also where a payment came to nothing, and in files and statements."""

import datetime as dt

import pytest
from sqlmodel import col, select

from hardship.applications.models import Application
from hardship.applications.owndata import erasing
from hardship.core.actor import operator
from hardship.core.clock import SetClock
from hardship.core.runtime import Runtime
from hardship.jobs import retention
from hardship.payouts.models import BankFile, BankLine, RailName
from hardship.payouts.service.signoff import propose_sign_off
from hardship.payouts.tables import PaidRecord
from hardship.payouts.transitions import PaymentState
from tests.integration.owndata.test_erasure import approve_all, healthy, verified
from tests.integration.payouts.helpers import House, a_house


@pytest.fixture
def house(runtime: Runtime) -> House:
    """A fund with money."""
    return a_house(runtime)


def later(house: House, **time: int) -> None:
    clock = house.runtime.clock
    assert isinstance(clock, SetClock)
    clock.advance(dt.timedelta(**time))


def sign_off(house: House) -> None:
    """Accounts are signed off up to yesterday."""
    through = house.runtime.clock.now().date() - dt.timedelta(days=1)
    house.runtime.transact(operator(), propose_sign_off, fund="small", through=through)


def records(house: House) -> int:
    with house.runtime.read() as session:
        return len(session.exec(select(PaidRecord.payment_id)).all())


def lines_with_words(house: House) -> int:
    with house.runtime.read() as session:
        return len(session.exec(select(BankLine.id).where(col(BankLine.counterparty).is_not(None))).all())


def files_with_content(house: House) -> int:
    with house.runtime.read() as session:
        return len(session.exec(select(BankFile.id).where(col(BankFile.content).is_not(None))).all())


def by_file(house: House, count: int) -> None:
    """Payments that went out in one file for the bank."""
    house.award(*["01"] * count)
    approve_all(house.runtime)
    house.rail = RailName.BANK_FILE
    ref = house.make()
    house.approve(ref)
    house.submit(ref)
    house.runtime.run_due("bank files")


def test_a_payees_name_goes_also_where_the_payment_came_to_nothing(house: House) -> None:
    ref = house.ready("00", "91", "94")  # paid, refused, sent back
    house.submit(ref)
    for _ in range(3):
        house.work()
        later(house, hours=2)
    assert set(house.states()) == {PaymentState.PAID, PaymentState.FAILED, PaymentState.RETURNED}
    assert records(house) == 3
    later(house, days=30)
    retention.run(house.runtime)
    assert records(house) == 3
    sign_off(house)
    assert retention.run(house.runtime)["records"] == 3
    assert records(house) == 0
    verified(house.runtime)
    healthy(house.runtime)


def test_whom_the_banks_statement_names_goes_with_the_record_of_the_payment(house: House) -> None:
    by_file(house, 2)
    house.reconcile(house.line(0), house.line(1))
    assert lines_with_words(house) == 2
    later(house, days=400)
    retention.run(house.runtime)
    assert lines_with_words(house) == 2  # not signed off
    sign_off(house)
    told = retention.run(house.runtime)
    assert (told["records"], told["bank_lines"]) == (2, 2)
    assert lines_with_words(house) == 0
    assert house.reconcile(house.line(0)).unchanged == 1  # the same line is known again without its words
    assert not any(retention.run(house.runtime).values())
    verified(house.runtime)
    healthy(house.runtime)


def test_whole_account_numbers_do_not_wait_for_the_accounts(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_file(house, 2)
    house.reconcile(house.line(0), house.line(1))
    later(house, days=182)
    retention.run(house.runtime)
    assert files_with_content(house) == 1
    later(house, days=2)
    monkeypatch.setattr(retention, "_AT_A_TIME", 1)
    assert {retention.due(house.runtime)[name] for name in ("details", "bank_files")} == {
        2,
        1,
    }  # all, not one go
    assert retention.run(house.runtime)["bank_files"] == 1
    assert (files_with_content(house), records(house)) == (0, 2)
    verified(house.runtime)


def test_the_file_goes_when_somebody_in_it_is_erased_and_nothing_of_it_can_move(house: House) -> None:
    by_file(house, 2)
    house.reconcile(house.line(0))
    with house.runtime.read() as session:
        ref = session.exec(select(Application.ref).order_by(col(Application.id))).first() or ""
    house.runtime.transact(operator(), erasing.erase, ref=ref)
    assert retention.run(house.runtime)["bank_files"] == 0  # the other payment is on its way still
    house.reconcile(house.line(1))
    assert retention.run(house.runtime)["bank_files"] == 1
    assert files_with_content(house) == 0
    verified(house.runtime)
    healthy(house.runtime)
