"""Statements as banks give them: camt.053 and their own CSV, debits singly or one a file, returns by reference or payee."""

import datetime as dt
import re
from collections.abc import Callable

import pytest
from sqlmodel import col, select

from hardship.core.clock import SetClock
from hardship.core.errors import BadInput, Refused
from hardship.core.runtime import Runtime
from hardship.ledger.closing import propose_close
from hardship.ledger.models import AccountKind, Journal
from hardship.ledger.postclose import post_close
from hardship.payouts import queries, service, shapes, statements_in
from hardship.payouts.models import (
    BankLine,
    Direction,
    LineReason,
    LineState,
    MatchedBy,
    RailName,
)
from hardship.payouts.service import Reconciled
from hardship.payouts.statement_csv import Shape
from hardship.payouts.transitions import BatchState, PaymentState
from hardship.staff import proposals
from tests.integration.applications.helpers import everything_in
from tests.integration.payouts.camt import Entry, camt
from tests.integration.payouts.helpers import GRANT, House, a_house, line
from tests.integration.payouts.test_bank_files import sent, settings
from tests.integration.payouts.thirteen import codes, take_in, thirteen_files

S = PaymentState
IN = Direction.IN


def lines_of(house: House) -> list[tuple[LineState, LineReason | None, MatchedBy | None]]:
    """The bank's lines as they were taken."""
    with house.runtime.read() as session:
        rows = session.exec(select(BankLine).order_by(col(BankLine.id))).all()
    return [(row.state, row.reason, row.matched_by) for row in rows]


@pytest.mark.parametrize(("kind", "size", "last"), [("sqlite", 100, 55), ("postgresql", 4, 2)])
def test_scenario_9_thirteen_files_one_debit_each_and_two_returns(
    make_runtime: Callable[[str], Runtime], kind: str, size: int, last: int
) -> None:
    """On PostgreSQL in small; tests/soak has it there in full."""
    thirteen_files(make_runtime(kind), size, last)


@pytest.mark.parametrize("version", ["02", "08"])
def test_debits_and_returns_of_either_version_settle_and_reopen(runtime: Runtime, version: str) -> None:
    house = a_house(runtime)
    sent(house, 3)
    named = codes(house)
    data = camt(
        *[Entry(-GRANT, end_to_end=code) for code in named],
        Entry(GRANT, "2020-04-03", end_to_end=named[1], returned=True),
        Entry(-GRANT, end_to_end="PENDING", status="PDNG"),
        version=version,
        iban="GB33BUKB20000055779911",
    )
    assert take_in(house, data) == Reconciled(4, 0, matched=3, returned=1)
    assert house.states() == {S.PAID: 2, S.RETURNED: 1}
    assert house.books().clearing == 0


def test_scenario_5_a_payment_of_a_closed_year_comes_back_and_stands_on_the_post_close_report(
    runtime: Runtime,
) -> None:
    clock = runtime.clock = SetClock(dt.datetime(2020, 3, 29, 9, tzinfo=dt.UTC))
    house = a_house(runtime, money=60_160)  # matched up to the cap
    house.sponsor_pays(39_840)
    sent(house, 1)
    (code,) = codes(house)
    assert house.shares() == [7_968, 12_032]
    clock.set(dt.datetime(2020, 3, 31, 18, tzinfo=dt.UTC))
    take_in(house, camt(Entry(-GRANT, "2020-03-30", end_to_end=code)))
    grants = house.by_pot(AccountKind.GRANTS)
    clock.set(dt.datetime(2020, 4, 2, 9, tzinfo=dt.UTC))
    year = {"fund_slug": "small", "through": dt.date(2020, 3, 31), "is_year": True}
    asked = runtime.transact(house["finance"], propose_close, **year)
    runtime.transact(house["approver"], proposals.approve, ref=asked.proposal)
    back = camt(Entry(GRANT, "2020-04-02", end_to_end=code, returned=True))
    assert take_in(house, back) == Reconciled(1, 0, returned=1)
    assert house.journal_days("payout.returned") == ["2020-04-02"]
    assert house.by_pot(AccountKind.GRANTS) == grants  # the expense stands, in the same pots
    assert sorted(house.by_pot(AccountKind.GRANTS_PAYABLE).values()) == [-12_032, -7_968]
    with runtime.read() as session:
        (late,) = post_close(session, "small")
    assert (late.kind, late.amount, late.refers_on) == ("payout.returned", GRANT, dt.date(2020, 3, 30))
    again = house.make()
    with pytest.raises(Refused):
        house.submit(again)
    house.approve(again)
    house.submit(again)
    house.reconcile(house.line(0, "2020-04-06"))
    books = house.books()
    assert (books.funds[0].paid, books.funds[0].payable, books.clearing) == (GRANT, 0, 0)


def test_a_return_refers_back_to_the_day_of_its_debit(runtime: Runtime) -> None:
    house = a_house(runtime)
    sent(house, 1)
    (code,) = codes(house)
    take_in(house, camt(Entry(-GRANT, "2020-03-30", end_to_end=code)))
    take_in(house, camt(Entry(GRANT, "2020-04-02", end_to_end=code, returned=True)))
    with runtime.read() as session:
        found = session.exec(select(Journal).where(Journal.kind == "payout.returned")).one()
    assert (found.effective_on, found.refers_on) == (dt.date(2020, 4, 2), dt.date(2020, 3, 30))


def test_a_return_without_a_reference_is_known_by_amount_and_payee(runtime: Runtime) -> None:
    house = a_house(runtime)
    sent(house, 3)
    named = codes(house)
    take_in(house, camt(*[Entry(-GRANT, end_to_end=code) for code in named]))
    back = Entry(GRANT, "2020-04-03", creditor="PERSON  NUMBER2", debtor="Example", returned=True)
    assert take_in(house, camt(back)).returned == 1
    assert [one.state for one in house.payments()] == [S.PAID, S.RETURNED, S.PAID]
    assert lines_of(house)[-1] == (LineState.MATCHED, None, MatchedBy.PAYEE)
    # a second one like it has nobody left to be about, and is money that nobody knows yet
    assert take_in(house, camt(Entry(GRANT, "2020-04-04", creditor="Person Number2"))).returned == 0


def test_receipts_are_booked_once_and_never_as_income(runtime: Runtime) -> None:
    house = a_house(runtime)
    data = camt(Entry(7_500, words="For the fund", debtor="A Giver", ref="B1"))
    income = house.books().funds[0].income
    assert take_in(house, data) == Reconciled(1, 0, booked=1)
    assert house.balance(AccountKind.UNIDENTIFIED_RECEIPTS) == -7_500
    assert house.books().funds[0].income == income
    again = camt(
        Entry(7_500, words="For the fund", debtor="A Giver", ref="B1"),
        Entry(7_500, words="For the fund", debtor="A Giver", ref="B2"),
    )
    assert take_in(house, again) == Reconciled(1, 1, booked=1)
    assert house.balance(AccountKind.UNIDENTIFIED_RECEIPTS) == -15_000


def test_totals_without_a_name_are_matched_when_there_are_as_many_as_files_and_else_wait(
    runtime: Runtime,
) -> None:
    house = a_house(runtime, money=2_000_000)
    settings(house, '[fund.bank_file]\nsize = 2\ndebits = "total"\n')
    ref = sent(house, 6)
    assert take_in(house, camt(Entry(-2 * GRANT, words="BULK", ref="1"))).exceptions == 1
    assert lines_of(house) == [(LineState.EXCEPTION, LineReason.SEVERAL, None)]
    assert house.states() == {S.SUBMITTED: 6}
    rest = camt(Entry(-2 * GRANT, words="BULK", ref="2"), Entry(-2 * GRANT, words="BULK", ref="3"))
    assert take_in(house, rest) == Reconciled(2, 0, matched=3)
    assert lines_of(house) == [(LineState.MATCHED, None, MatchedBy.TOTAL)] * 3
    assert house.batch(ref).state is BatchState.SETTLED
    assert take_in(house, camt(Entry(-2 * GRANT, words="BULK", ref="4"))).exceptions == 1


def test_debits_that_name_the_batch_take_its_files_one_by_one(runtime: Runtime) -> None:
    house = a_house(runtime, money=2_000_000)
    settings(house, "[fund.bank_file]\nsize = 2\n")
    ref = sent(house, 5)
    assert house.reconcile(line(f"HF {ref}", 2 * GRANT)) == Reconciled(1, 0, matched=1)
    assert house.states() == {S.SUBMITTED: 3, S.PAID: 2}
    assert house.reconcile(line(f"HF {ref}", 2 * GRANT, "2020-04-03"), line(f"HF {ref}", GRANT)).matched == 2
    assert house.batch(ref).state is BatchState.SETTLED
    assert house.reconcile(line(f"HF {ref}", GRANT, "2020-04-05")).exceptions == 1


def test_a_debit_of_a_file_that_lists_its_payments_settles_them_all(sqlite_runtime: Runtime) -> None:
    """So banks do that book a file whole and name what is in it without the amounts."""
    house = a_house(sqlite_runtime, money=2_000_000)
    settings(house, "[fund.bank_file]\nsize = 2\n")
    ref = sent(house, 5)
    first, second, third, fourth, last = codes(house)
    assert house.reconcile(line(f"{first} {second} {ref}-001", 2 * GRANT)) == Reconciled(1, 0, matched=1)
    assert house.states() == {S.SUBMITTED: 3, S.PAID: 2}
    assert house.reconcile(line(f"{third} {fourth} {ref}", 2 * GRANT)).matched == 1
    assert house.reconcile(line(f"{last} {ref}-003", GRANT)).matched == 1
    assert house.batch(ref).state is BatchState.SETTLED


def test_an_entry_whose_many_details_have_no_amounts_is_known_by_the_file_it_names(
    sqlite_runtime: Runtime,
) -> None:
    house = a_house(sqlite_runtime, money=2_000_000)
    ref = sent(house, 20)
    details = "".join(
        f"<TxDtls><Refs><EndToEndId>{code}</EndToEndId></Refs></TxDtls>" for code in codes(house)
    )
    whole = f"<NtryDtls><Btch><MsgId>{ref}-001</MsgId></Btch>{details}</NtryDtls></Ntry>"
    data = camt(Entry(-20 * GRANT)).decode()
    cut = re.sub(r"<NtryDtls>.*</NtryDtls></Ntry>", whole, data, flags=re.DOTALL)
    assert details in cut
    assert take_in(house, cut.encode()) == Reconciled(1, 0, matched=1)
    assert house.states() == {S.PAID: 20}


def test_a_payment_is_not_settled_by_its_own_debit_and_its_files(runtime: Runtime) -> None:
    """The bank took it singly and with the whole: somebody has to ask the bank."""
    house = a_house(runtime)
    ref = sent(house, 2)
    house.reconcile(house.line(0))
    assert house.reconcile(line(f"{ref}-001", 2 * GRANT)).exceptions == 1
    assert house.states() == {S.PAID: 1, S.SUBMITTED: 1}
    house.reconcile(house.line(1))
    assert house.reconcile(line(f"{ref}-001", 2 * GRANT, "2020-04-04")).exceptions == 1
    assert house.books().funds[0].paid == 2 * GRANT


def test_a_debit_of_a_voided_file_wants_a_person_and_holds_the_awards_back(runtime: Runtime) -> None:
    from tests.integration.payouts.test_bank_files import void

    house = a_house(runtime)
    ref = sent(house, 2)
    code = codes(house)[0]
    void(house, ref)
    assert house.reconcile(line(f"X {code}", GRANT), line(f"{ref}-001", 2 * GRANT)).exceptions == 2
    assert {reason for _, reason, _ in lines_of(house)} == {LineReason.NOT_SENT}
    assert house.books().clearing == 0
    with pytest.raises(Refused, match="nothing is ready"):  # what is in doubt is not paid again
        house.make()


def test_a_banks_own_columns_are_mapped_once(runtime: Runtime) -> None:
    house = a_house(runtime)
    sent(house, 2)
    first, second = codes(house)
    shape = Shape(
        date="Posted",
        date_format="DD MMM YYYY",
        paid_in="Paid in",
        paid_out="Paid out",
        reference=("Details", "Memo"),
        counterparty=("Who",),
    )
    runtime.transact(house["finance"], shapes.save_shape, name="Our bank", shape=shape)
    data = (
        "Posted,Type,Details,Memo,Who,Paid out,Paid in,Balance\r\n"
        f'02 Apr 2020,FPO,Lane Su,{first},A,£200.00,,"1,000.00"\r\n'
        f"02 Apr 2020,FPO,Lane Su {second},,B,200.00,,800.00\r\n"
        f'03 Apr 2020,FPI,RETURNED {second},,B,,"£200.00",1000.00\r\n'
        '03 Apr 2020,FPI,GIFT,,Giver,,"1,250.50",2250.50\r\n'
    ).encode()
    assert take_in(house, data, "own.csv") == Reconciled(4, 0, matched=2, returned=1, booked=1)
    assert house.balance(AccountKind.UNIDENTIFIED_RECEIPTS) == -125_050


def test_the_balances_are_compared_and_never_forced(runtime: Runtime) -> None:
    house = a_house(runtime, money=100_000)
    with runtime.read() as session:
        from hardship.ledger.queries import balances

        bank = sum(minor for _, kind, minor in balances(session) if kind is AccountKind.BANK)
    take_in(house, camt(Entry(500, words="x"), opening=bank + 1))
    with runtime.read() as session:
        (row,) = statements_in.imports(session)
    assert row.balance is not None
    assert (row.balance.difference_minor, row.row.adds_up) == (1, True)
    take_in(house, camt(Entry(600, words="y"), opening=bank, closing=bank))
    with runtime.read() as session:
        assert statements_in.imports(session)[0].row.adds_up is False
    house.books()


def test_a_test_payment_is_known_again_and_costs_its_pennies(runtime: Runtime) -> None:
    house = a_house(runtime)
    made = runtime.transact(
        house["finance"],
        service.make_trial,
        fund="small",
        name="Our other account",
        sort_code="20-00-00",
        account_number="12345678",
        amount_minor=1,
    )
    code = made.ref.removeprefix("T-")
    assert f"<EndToEndId>{code}</EndToEndId>".encode() in made.data
    again = runtime.transact(house["finance"], service.hand_out_trial, code=code)
    assert again.data == made.data
    assert take_in(house, camt(Entry(-1, end_to_end=code))) == Reconciled(1, 0, booked=1)
    assert house.balance(AccountKind.FEES) == 1
    assert take_in(house, camt(Entry(1, "2020-04-03", end_to_end=code))) == Reconciled(1, 0, booked=1)
    assert house.balance(AccountKind.FEES) == 0
    runtime.transact(
        house["finance"], service.confirm_trial, code=code, said=f"LANE SU {code}", as_expected=True
    )
    house.books()


# --- By hand ------------------------------------------------------------------------------------------------------


def exception_ids(house: House) -> list[int]:
    """The lines that wait for a person."""
    with house.runtime.read() as session:
        return [one.id for one in queries.exceptions(session)]


def test_a_person_says_what_a_line_is(runtime: Runtime) -> None:
    house = a_house(runtime, money=2_000_000)
    ref = sent(house, 4)
    house.reconcile(line("CHEQUE 12", GRANT), line("BANK CHARGE", 650))
    payment, fee = exception_ids(house)
    by = house["finance"]
    code = codes(house)[0]
    runtime.transact(by, service.match_to_payment, line_id=payment, code=code.lower())
    assert house.states() == {S.PAID: 1, S.SUBMITTED: 3}
    runtime.transact(by, service.book_charge, line_id=fee, fund="small")
    assert house.balance(AccountKind.FEES) == 650
    assert exception_ids(house) == []
    assert [state for state, _, _ in lines_of(house)] == [LineState.MATCHED, LineState.BOOKED]
    house.books()
    assert house.batch(ref).state is BatchState.SUBMITTED


def test_a_person_cannot_make_a_line_what_it_is_not(runtime: Runtime) -> None:
    house = a_house(runtime, money=2_000_000)
    ref = sent(house, 2)
    house.reconcile(house.line(0), line("CHEQUE 12", GRANT), line("RENT", 30_000))
    one, rent = exception_ids(house)
    by, first = house["finance"], codes(house)[0]
    before = everything_in(runtime)
    for use, given, error in (
        (service.match_to_payment, {"line_id": one, "code": first}, Refused),  # it has its debit
        (service.match_to_payment, {"line_id": rent, "code": codes(house)[1]}, Refused),  # another amount
        (service.match_to_payment, {"line_id": one, "code": "NOPE"}, BadInput),
        (service.match_to_file, {"line_id": one, "file_ref": f"{ref}-001"}, Refused),
        (service.book_charge, {"line_id": rent, "fund": "small"}, Refused),
        (service.book_receipt, {"line_id": rent, "fund": "small"}, BadInput),
    ):
        with pytest.raises(error):
            runtime.transact(by, use, **given)
    assert everything_in(runtime) == before


# --- Attacks ------------------------------------------------------------------------------------------------------

_GOOD = camt(Entry(-GRANT, end_to_end="X"))
_BOMB = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">&b;</Document>"""
ATTACKS = {
    "entities": (_BOMB, "declares a document type"),
    "an outside entity": (
        b'<?xml version="1.0"?><!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>',
        "declares a document type",
    ),
    "too large": (b"<Document>" + b" " * (10 * 1024 * 1024) + b"</Document>", "larger than 10 MB"),
    "too deep": (b"<a>" * 500 + b"</a>" * 500, "too many elements"),
    "too many elements": (b"<a>" + b"<b/>" * 600_000 + b"</a>", "too many elements"),
    "cut short": (_GOOD[:-40], "not well-formed"),
    "another encoding than it says": (
        _GOOD.replace(b"NOTPROVIDED", b"x").replace(b">X<", b">caf\xe9<"),
        "not well-formed",
    ),
    "an encoding nobody knows": (_GOOD.replace(b"UTF-8", b"EBCDIC-9"), "encoding"),
    "a namespace of its own": (_GOOD.replace(b"camt.053.001.08", b"camt.999.001.08"), "another kind of file"),
    "a notice": (_GOOD.replace(b"camt.053.001.08", b"camt.054.001.08"), "a report of the day or a notice"),
    "another account": (camt(Entry(-GRANT), account="20000012345678"), "of another account"),
    "another currency": (camt(Entry(-GRANT), currency="EUR"), "in EUR"),
    "an amount in another currency": (
        _GOOD.replace(b"<Ntry><Amt Ccy='GBP'>", b"<Ntry><Amt Ccy='USD'>"),
        "pounds",
    ),
    "three decimals": (
        _GOOD.replace(b"<Ntry><Amt Ccy='GBP'>200.00", b"<Ntry><Amt Ccy='GBP'>200.001"),
        "not an amount",
    ),
    "a negative amount": (
        _GOOD.replace(b"<Ntry><Amt Ccy='GBP'>200.00", b"<Ntry><Amt Ccy='GBP'>-200.00"),
        "negative",
    ),
    "no amount": (_GOOD.replace(b"<Ntry><Amt Ccy='GBP'>200.00</Amt>", b"<Ntry>"), "no amount"),
    "NaN": (_GOOD.replace(b"<Ntry><Amt Ccy='GBP'>200.00", b"<Ntry><Amt Ccy='GBP'>NaN"), "not an amount"),
    "nothing": (
        _GOOD.replace(b"<Ntry><Amt Ccy='GBP'>200.00", b"<Ntry><Amt Ccy='GBP'>0.00"),
        "a line of nothing",
    ),
    "a day to come": (camt(Entry(-GRANT, "2031-01-01")), "still to come"),
    "a day that is none": (camt(Entry(-GRANT, "2020-02-30")), "not a date"),
    "neither way": (_GOOD.replace(b"<CdtDbtInd>DBIT", b"<CdtDbtInd>BOTH"), "neither a debit nor a credit"),
    "two accounts": (
        _GOOD.replace(b"</Stmt>", b"</Stmt><Stmt><Acct><Id><Othr><Id>1</Id></Othr></Id></Acct></Stmt>"),
        "several accounts",
    ),
    "no statement": (
        b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt/></Document>',
        "no statement",
    ),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_hostile_statement_is_refused_in_one_line_and_changes_nothing(
    sqlite_runtime: Runtime, attack: str
) -> None:
    house = a_house(sqlite_runtime)
    data, said = ATTACKS[attack]
    before = everything_in(sqlite_runtime)
    with pytest.raises(BadInput) as refused:
        take_in(house, data)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
    assert "55779911" not in str(refused.value)
    assert everything_in(sqlite_runtime) == before


def test_one_code_twice_in_a_statement_pays_nobody_twice(runtime: Runtime) -> None:
    house = a_house(runtime)
    sent(house, 1)
    (code,) = codes(house)
    twice = camt(Entry(-GRANT, end_to_end=code, ref="1"), Entry(-GRANT, end_to_end=code, ref="2"))
    assert take_in(house, twice) == Reconciled(2, 0, matched=1, exceptions=1)
    assert house.books().funds[0].paid == GRANT
    assert lines_of(house)[1][1] is LineReason.SEEN_BEFORE


def test_a_rail_that_makes_no_files_is_left_alone(runtime: Runtime) -> None:
    house = a_house(runtime)
    house.rail = RailName.SANDBOX
    house.submit(house.ready("01"))
    assert runtime.run_due("bank files") == 0
