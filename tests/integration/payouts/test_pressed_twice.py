"""A double click, and two people who press at once, on every button of finance's pages: it happens once, and each answer is
a page that a person can go on from. Over HTTP, with threads, on both databases."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator

import pytest
from sqlmodel import col, select

from hardship.core.actor import Role
from hardship.core.clock import SetClock
from hardship.core.runtime import Runtime
from hardship.payouts import queries
from hardship.payouts.models import RailName, TrialPayment
from hardship.payouts.sanctions.queries import hits
from hardship.payouts.service import recalls, recoveries
from hardship.payouts.transitions import PaymentState
from hardship.staff.models import Proposal
from tests.integration.payouts.guarding import a_list, award_to, guarded_house, payment_of
from tests.integration.payouts.helpers import GRANT, House, bank_paid
from tests.integration.payouts.twice import Answer, Presses, served
from tests.integration.review.helpers import PASSWORD

HOME = "/staff/payouts"
DAY = {"day": "1", "month": "4", "year": "2020"}
S = PaymentState
HEADER = "date,amount,reference,counterparty,direction\n"


@pytest.fixture
def house(runtime: Runtime) -> House:
    """A fund whose people can sign in."""
    made = guarded_house(runtime, money=1_000_000)
    for name, role in (
        ("mia", Role.FINANCE),
        ("max", Role.FINANCE),
        ("abe", Role.APPROVER),
        ("ann", Role.APPROVER),
        ("lea", Role.LEAD),
    ):
        made.join(name, role, password=PASSWORD)
    return made


@pytest.fixture
def pages(house: House) -> Iterator[Presses]:
    """The pages of the house, served."""
    with served(house.runtime) as running:
        yield running


def later(house: House, minutes: int = 5) -> None:
    """Some time passes, and the worker runs until nothing is due."""
    assert isinstance(house.runtime.clock, SetClock)
    house.runtime.clock.advance(dt.timedelta(minutes=minutes))
    while house.work():
        pass


def once(got: tuple[list[Answer], Counter[str]], *kinds: str, done: int = 2) -> None:
    """So many presses led on, and each of these events was there once and nothing else happened."""
    answers, events = got
    assert [one.is_done for one in answers] == [True] * done + [False] * (2 - done), answers
    assert events == Counter(kinds)


def waiting_proposal(house: House) -> str:
    """The page of the newest proposal."""
    with house.runtime.read() as session:
        ref = session.exec(select(Proposal.ref).order_by(col(Proposal.id).desc())).first()
    return f"/staff/proposals/{ref}"


def newest(house: House) -> str:
    """The newest batch."""
    with house.runtime.read() as session:
        return queries.batch_rows(session)[0].ref


def test_a_batch_is_made_approved_and_sent_once(house: House, pages: Presses) -> None:
    pages.join("mia", "max", "abe", "ann")
    house.award("01", "01")
    made = ("batch.draft", *["payment.draft", "award.in_payment"] * 2)
    once(pages.twice("mia", HOME, action=HOME, rail="sandbox"), *made)
    ref = newest(house)
    at = f"{HOME}/{ref}"
    noted = pages.twice("mia", f"{HOME}/payments/{house.payments()[0].reference}/name-check", result="MTCH")
    once(noted, "payment.name_checked")
    both = [pages.press(who, at, f"{at}/approve") for who in ("abe", "ann")]
    answers, events = pages.at_once(*both)
    assert "was approved already, by a" in answers[1].text
    assert events == Counter({"batch.approved": 1, "payment.approved": 2})
    _, events = pages.at_once(*[pages.press(who, at, f"{at}/submit") for who in ("mia", "max")])
    assert (events["batch.submitting"], events["payment.submitting"]) == (1, 2)
    house.submit(house.ready("92"))
    unknown = next(one for one in house.payments() if one.state is S.UNKNOWN)
    _, events = pages.twice("mia", f"{HOME}/unknown", action=f"{HOME}/unknown/{unknown.reference}/ask")
    assert events["payment.submitted"] == 1
    later(house)
    assert house.states() == {S.PAID: 3}
    with house.runtime.read() as session:
        assert len(bank_paid(session)) == 3
    assert house.books().funds[0].paid == 3 * GRANT


def test_of_who_cancels_and_who_submits_one_has_it(house: House, pages: Presses) -> None:
    pages.join("mia", "max")
    ref = house.ready("01", "01")
    at = f"{HOME}/{ref}"
    answers, events = pages.at_once(
        pages.press("mia", at, f"{at}/cancel"), pages.press("max", at, f"{at}/submit")
    )
    assert sorted(one.is_done for one in answers) == [False, True]
    assert (events["batch.cancelled"], events["batch.submitting"]) in {(1, 0), (0, 1)}
    later(house)
    assert set(house.states()) in ({S.CANCELLED}, {S.PAID})
    with house.runtime.read() as session:
        assert len(bank_paid(session)) == house.states().get(S.PAID, 0)
    again = house.ready("01")
    cancelled = pages.twice("mia", f"{HOME}/{again}", action=f"{HOME}/{again}/cancel")
    assert cancelled[1]["batch.cancelled"] == 1
    assert house.books().clearing == 0


def test_files_are_made_voided_and_tested_once(house: House, pages: Presses) -> None:
    pages.join("mia", "max", "abe", "ann")
    house.rail = RailName.BANK_FILE
    house.award("01", "01")
    ref = house.make()
    at = f"{HOME}/{ref}"
    once(pages.twice("mia", at, action=f"{at}/form", form="csv"), "batch.file_form_chosen")
    house.approve(ref)
    _, events = pages.twice("mia", at, action=f"{at}/submit")
    assert (events["payment.submitting"], events["bank_file.made"]) == (2, 1)
    answers, events = pages.twice("mia", at, action=f"{HOME}/files/{ref}-001")
    assert answers[0].text == answers[1].text != ""
    assert events == Counter({"bank_file.read": 2})  # it was handed out twice
    once(pages.twice("mia", f"{at}/void", why="It was never sent"), "proposal.made", done=1)
    second = waiting_proposal(house)
    both = [pages.press(who, second, approve="y") for who in ("abe", "ann")]
    answers, events = pages.at_once(*both)
    assert "approved already" in answers[1].text
    assert (events["proposal.approved"], events["bank_file.voided"], events["payment.cancelled"]) == (1, 1, 2)
    account = {"name": "Own", "sort_code": "200000", "account_number": "55779911", "amount": "0.01"}
    answers, events = pages.twice("mia", f"{HOME}/test-payment", fund="small", **account)
    assert answers[0].where == answers[1].where
    assert events == Counter({"trial_payment.made": 1})
    with house.runtime.read() as session:
        code = session.exec(select(TrialPayment.ref)).one()
    trial = f"{HOME}/test-payment/{code}"
    assert pages.twice("mia", trial, action=f"{trial}/file")[1] == Counter({"trial_payment.read": 2})
    said = pages.twice("mia", trial, said="LANE SUPPORT", as_expected="yes")
    once(said, "trial_payment.confirmed", done=1)


def test_a_statement_and_its_lines_are_taken_once(house: House, pages: Presses) -> None:
    pages.join("mia", "max")
    house.rail = RailName.BANK_FILE
    house.submit(house.ready("01", "01"))
    rows = [f"2020-04-01,{amount},{words},Bank,{way}" for amount, words, way in LINES]
    rows.append(f"2020-04-01,200.00,{house.line(0).reference},Somebody,out")
    file = ("april.csv", (HEADER + "\n".join(rows)).encode())
    presses = [pages.press(who, f"{HOME}/statement", upload=file, fund="") for who in ("mia", "max")]
    _, events = pages.at_once(*presses)
    assert (events["statement.imported"], events["payment.paid"], events["receipt.unidentified"]) == (1, 1, 1)
    assert house.states() == {S.PAID: 1, S.SUBMITTED: 1}
    with house.runtime.read() as session:
        cheque, charge, aside = (one.id for one in queries.exceptions(session))
    at = f"{HOME}/exceptions"
    code = house.line(1).reference.split()[-1]
    matched = pages.twice("mia", f"{at}/{cheque}", action=f"{at}/{cheque}/match", value=code)
    assert (matched[1]["bank_line.matched"], matched[1]["payment.paid"]) == (1, 1)
    once(pages.twice("mia", f"{at}/{charge}", action=f"{at}/{charge}/charge"), "bank_line.booked")
    once(pages.twice("mia", f"{at}/{aside}", note="A transfer"), "bank_line.set_aside")
    columns = {"name": "Our bank", "date": "Date", "amount": "Amount", "reference": "Details"}
    mapped = pages.twice("mia", f"{HOME}/statement/columns", **columns, date_format="DD/MM/YYYY")
    once(mapped, "statement_shape.saved")
    assert house.books().clearing == 0


LINES = (
    ("200.00", "CHEQUE 12", "out"),
    ("6.50", "FEE", "out"),
    ("300.00", "RENT", "out"),
    ("20.00", "GIFT", "in"),
)


def test_what_comes_back_is_noted_and_booked_once(house: House, pages: Presses) -> None:
    pages.join("mia", "abe", "ann")
    award = award_to(house, "Person One")
    ref = house.make()
    house.approve(ref)
    house.submit(ref)
    later(house)
    at = f"{HOME}/payments/{payment_of(house, award).reference}/recall"
    answers, events = pages.twice("mia", at, why="Sent by mistake")
    assert "the payment is recall pending" in answers[1].text
    assert events == Counter({"payment.recall_pending": 1, "recall.requested": 1})
    with house.runtime.read() as session:
        recall = recalls.recalls(session)[0].recall.ref
    refused = pages.twice("mia", f"{HOME}/recalls/{recall}/refused", answer="No consent")
    once(refused, "payment.paid", "recall.refused", done=1)
    wrong = {"cause": "wrong_payment", "found_on": DAY, "why": "Two of one name"}
    once(
        pages.twice("mia", f"{HOME}/wrong/{award.ref}", **wrong),
        *("loss.recorded", "award_recovery.open"),
        done=1,
    )
    with house.runtime.read() as session:
        recovery = recoveries.recoveries(session)[0].recovery.ref
    at = f"{HOME}/recoveries/{recovery}"
    receipt = {"amount": "50.00", "received_on": DAY, "bank_ref": "HB 1", "send": "Book it"}
    once(
        pages.twice("mia", at, **receipt),
        *("loss.recovered", "recovery.booked", "award_recovery.received"),
    )
    once(pages.twice("mia", at, action=f"{at}/write-off", why="Three letters"), "proposal.made", done=1)
    second = waiting_proposal(house)
    _, events = pages.at_once(*[pages.press(who, second, approve="y") for who in ("abe", "ann")])
    assert (events["proposal.approved"], events["award_recovery.written_off"]) == (1, 1)


def test_what_guards_payments_is_said_once(house: House, pages: Presses) -> None:
    pages.join("mia", "abe", "lea")
    award_to(house, "Viktor Sanktionov", birth_year="1952")
    listed = ("list.csv", a_list(("RUS0001", "Viktor", "Sanktionov", "07/10/1952")))
    once(
        pages.twice("mia", "/staff/sanctions", upload=listed),
        *("sanctions.list_imported", "sanctions.hit"),
    )
    with house.runtime.read() as session:
        hit = hits(session)[0].hit.ref
    _, events = pages.twice("lea", f"/staff/sanctions/{hit}", event="clear", why="Another person")
    assert events == Counter({"sanctions.cleared": 1})
    award = award_to(house, "Person Two", account_number="")
    cash = {
        "way": "cash",
        "paid_from": "cash_in_hand",
        "handed_on": DAY,
        "handed_by": "Rita",
        "reference": "R-1",
    }
    once(pages.twice("mia", f"{HOME}/by-hand/{award.ref}", **cash), "proposal.made", done=1)
    _, events = pages.twice("abe", waiting_proposal(house), approve="y")
    assert (events["proposal.approved"], events["payment.paid_externally"]) == (1, 1)
    through = {"day": "31", "month": "3", "year": "2020"}
    once(pages.twice("mia", f"{HOME}/accounts", scope="small", through=through), "proposal.made", done=1)
