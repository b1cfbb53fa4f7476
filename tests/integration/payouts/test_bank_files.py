"""The bank file: what is written, that it stays the same, who may have it, and voiding what the bank has not taken."""

import datetime as dt
import re
import stat
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest
import sepaxml
import xmlschema
from sqlalchemy import text
from sqlmodel import col, select

from hardship.awards.models import Award
from hardship.awards.service import withdraw as give_up
from hardship.awards.transitions import AwardState
from hardship.core.actor import PUBLIC, SYSTEM
from hardship.core.clock import SetClock
from hardship.core.errors import BadInput, Conflict, Forbidden, HardshipError, NotFound, Refused
from hardship.core.runtime import Runtime
from hardship.funds.bankfiles import FileForm
from hardship.funds.document import read_document
from hardship.funds.service import load_fund
from hardship.ledger.models import AccountKind
from hardship.payouts import bank_doctor, files, service
from hardship.payouts.models import Attempt, BankFile, BankFileState, RailName
from hardship.payouts.queries import batch_named
from hardship.payouts.transitions import BatchState, PaymentState
from hardship.staff import proposals
from tests.integration.applications.helpers import FUND, bodies, everything_in
from tests.integration.payouts.helpers import GRANT, SPONSOR, House, a_house

S = PaymentState


@cache
def schema() -> xmlschema.XMLSchema:
    """The official schema of pain.001.001.09."""
    return xmlschema.XMLSchema(Path(sepaxml.__file__).parent / "schemas" / "pain.001.001.09.xsd")


def settings(house: House, toml: str, budget: str = "10000.00") -> None:
    """Declare how the bank wants its files."""
    text = FUND.format(bank_details="choice").replace("[[round]]", f"{toml}\n[[round]]", 1) + SPONSOR
    text = text.replace('budget = "10000.00"', f'budget = "{budget}"')
    document = read_document(text.encode(), "fund.toml")
    house.runtime.transact(SYSTEM, load_fund, document=document)


def sent(house: House, count: int, *, form: FileForm | None = None) -> str:
    """A batch of `count` awards, handed over, its files made."""
    house.award(*["01"] * count)
    house.rail = RailName.BANK_FILE
    ref = house.make()
    if form is not None:
        house.runtime.transact(house["finance"], files.choose_form, batch_ref=ref, form=form)
    house.approve(ref)
    house.submit(ref)
    house.runtime.run_due("bank files")
    return ref


def contents(house: House, ref: str) -> list[files.Handed]:
    """A batch's files, handed out to finance."""
    with house.runtime.read() as session:
        refs = [one.ref for one in files.files_of(session, batch_named(session, ref))]
    return [house.runtime.transact(house["finance"], files.hand_out, ref=one) for one in refs]


def amounts(data: bytes) -> list[int]:
    """The pence of each payment in a pain.001 file."""
    found = re.findall(rb'<InstdAmt Ccy="GBP">(\d+)\.(\d\d)</InstdAmt>', data)
    return [int(pounds) * 100 + int(pence) for pounds, pence in found]


def void(house: House, ref: str, file_ref: str = "", by: str = "approver") -> None:
    """Propose and attest that the bank has not taken a file."""
    made = house.runtime.transact(
        house["finance"],
        service.propose_void,
        batch_ref=ref,
        file_ref=file_ref,
        why="The upload was refused.",
    )
    assert not made.done
    house.runtime.transact(house[by], proposals.approve, ref=made.ref)


def test_a_batch_becomes_valid_files_of_the_banks_size_that_add_up_to_it(runtime: Runtime) -> None:
    house = a_house(runtime, money=1_000_000)
    settings(house, "[fund.bank_file]\nsize = 3\n")
    ref = sent(house, 7)
    handed = contents(house, ref)
    assert [len(amounts(one.data)) for one in handed] == [3, 3, 1]
    assert sum(sum(amounts(one.data)) for one in handed) == house.batch(ref).amount_minor == 7 * GRANT
    for number, one in enumerate(handed, start=1):
        schema().validate(one.data.decode())
        assert one.ref == f"{ref}-{number:03d}"
        assert f"<MsgId>{one.ref}</MsgId>".encode() in one.data
        assert one.data.isascii()
    with runtime.read() as session:
        codes = session.exec(select(Attempt.reference).order_by(col(Attempt.id))).all()
    found = [
        code for one in handed for code in re.findall(r"<EndToEndId>(\w+)</EndToEndId>", one.data.decode())
    ]
    assert found == list(codes)
    assert house.states() == {S.SUBMITTED: 7}
    assert house.books().clearing == 7 * GRANT


def test_the_same_batch_gives_the_same_bytes_whoever_asks_and_however_often(runtime: Runtime) -> None:
    house = a_house(runtime)
    ref = sent(house, 2)
    first = contents(house, ref)
    house.runtime.run_due("bank files")
    house.submit(ref)
    assert isinstance(runtime.clock, SetClock)
    runtime.clock.advance(dt.timedelta(days=3))
    assert [one.data for one in contents(house, ref)] == [one.data for one in first]
    with runtime.read() as session:
        events = [one["kind"] for one in bodies(session, f"bank_file:{first[0].ref}")]
    assert events == ["bank_file.made", "bank_file.read", "bank_file.read"]


def test_a_file_is_written_for_its_owner_alone_and_again_the_same(runtime: Runtime, tmp_path: Path) -> None:
    house = a_house(runtime)
    ref = sent(house, 2)
    (path,) = files.write_files(runtime, house["finance"], ref, tmp_path / "out")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    before = path.read_bytes()
    path.chmod(0o644)
    assert files.write_files(runtime, house["finance"], ref, tmp_path / "out") == [path]
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (before, 0o600)
    assert list(path.parent.iterdir()) == [path]
    with pytest.raises(BadInput, match="cannot be written there"):
        files.write_files(runtime, house["finance"], ref, path)


def test_who_may_not_pay_gets_no_file(runtime: Runtime) -> None:
    house = a_house(runtime)
    ref = sent(house, 1)
    before = everything_in(runtime)
    for who in ("auditor", "reviewer"):
        with pytest.raises(Forbidden):
            runtime.transact(house[who], files.hand_out, ref=f"{ref}-001")
    with pytest.raises(NotFound):
        runtime.transact(house["finance"], files.hand_out, ref=f"{ref}-002")
    assert everything_in(runtime) == before


def test_what_is_in_a_file_is_nowhere_else_in_plain_form(runtime: Runtime) -> None:
    house = a_house(runtime)
    ref = sent(house, 1)
    (handed,) = contents(house, ref)
    assert b"Person Number1" in handed.data
    assert "Person" not in repr(handed)
    stored = repr(everything_in(runtime))
    for canary in ("Person Number1", "20000101", "<CstmrCdtTrfInitn>"):
        assert canary not in stored


def test_nothing_of_the_fund_but_its_public_name_reaches_a_recipient(runtime: Runtime) -> None:
    house = a_house(runtime)
    (handed,) = contents(house, sent(house, 1))
    text = handed.data.decode()
    assert "<Nm>Lane Support</Nm>" in text  # the debtor, as recipients are shown it
    (reference,) = re.findall(r"<Ustrd>([^<]*)</Ustrd>", text)
    assert re.fullmatch(r"Lane Su [0-9A-Z]{10}", reference)
    assert len(reference) <= 18
    assert "Small fund" not in text


def test_the_csv_has_the_columns_the_charity_set(runtime: Runtime) -> None:
    house = a_house(runtime)
    settings(
        house,
        """
[fund.bank_file]
form = "csv"
size = 25
[fund.bank_csv]
header = true
delimiter = "semicolon"
date_format = "DD-MM-YYYY"
columns = [
  { header = "Pay to", value = "name", length = 10 },
  { header = "Sort", value = "sort_code_dashed", length = 8 },
  { header = "Account", value = "account_number", length = 8 },
  { header = "Pence", value = "amount_pence", length = 11 },
  { header = "Ref", value = "reference", length = 12 },
  { header = "When", value = "date", length = 10 },
  { header = "Type", value = "text", text = "FPS", length = 3 },
]
""",
    )
    (handed,) = contents(house, sent(house, 1))
    with runtime.read() as session:
        code = session.exec(select(Attempt.reference)).one()
    rows = handed.data.decode().split("\r\n")
    assert rows[0] == "Pay to;Sort;Account;Pence;Ref;When;Type"
    assert rows[1] == f"Person Num;20-29-59;20000101;20000;L {code};01-04-2020;FPS"
    assert handed.name.endswith(".csv")


def test_a_batch_may_have_a_form_of_its_own_until_it_is_submitted(runtime: Runtime) -> None:
    house = a_house(runtime)
    ref = sent(house, 1, form=FileForm.CSV)
    assert contents(house, ref)[0].data.startswith(
        b"Sort code,Account number,Payee name,Amount,Reference\r\n"
    )
    with pytest.raises(Refused, match="submitted"):
        runtime.transact(house["finance"], files.choose_form, batch_ref=ref, form=FileForm.PAIN_001)
    house.award("01")
    house.rail = RailName.SANDBOX
    other = house.make()
    with pytest.raises(BadInput, match="only a bank file"):
        runtime.transact(house["finance"], files.choose_form, batch_ref=other, form=FileForm.CSV)


def test_a_payment_made_another_way_before_the_file_is_written_is_not_in_it(runtime: Runtime) -> None:
    """Whatever was settled between handing over and writing is left out, so that nobody is paid twice."""
    house = a_house(runtime)
    house.rail = RailName.BANK_FILE
    house.award("01", "01")
    ref = house.make()
    house.approve(ref)
    house.submit(ref)
    house.reconcile(house.line(0))
    house.runtime.run_due("bank files")
    (handed,) = contents(house, ref)
    assert len(amounts(handed.data)) == 1


def states_of_files(house: House) -> Sequence[BankFileState]:
    """The files' states, in order."""
    with house.runtime.read() as session:
        return session.exec(select(BankFile.state).order_by(col(BankFile.id))).all()


def test_scenario_7_an_exported_file_stays_until_a_second_person_attests_that_the_bank_has_not_taken_it(
    runtime: Runtime,
) -> None:
    house = a_house(runtime, money=1_100_000)
    ref = sent(house, 50)
    assert house.batch(ref).amount_minor == 50 * GRANT
    grants, spendable = house.by_pot(AccountKind.GRANTS), house.books().funds[0].spendable
    award = house.payments()[7].award_id
    before = everything_in(runtime)
    with pytest.raises(Refused, match="under way"):
        withdraw(house, award)
    assert everything_in(runtime) == before
    proposed = runtime.transact(
        house["both"], service.propose_void, batch_ref=ref, why="The bank refused the upload."
    )
    with pytest.raises(HardshipError, match="yourself"):
        runtime.transact(house["both"], proposals.approve, ref=proposed.ref)
    with pytest.raises(Refused, match="under way"):
        withdraw(house, award)
    assert (house.states(), states_of_files(house)) == ({S.SUBMITTED: 50}, [BankFileState.MADE])
    runtime.transact(house["approver"], proposals.approve, ref=proposed.ref)
    assert (house.states(), states_of_files(house)) == ({S.CANCELLED: 50}, [BankFileState.VOIDED])
    assert house.batch(ref).state is BatchState.CANCELLED
    assert house.awards() == {AwardState.ACCEPTED: 50}
    assert house.by_pot(AccountKind.GRANTS) == grants  # the pots are untouched
    books = house.books()
    assert (books.clearing, books.funds[0].payable, books.funds[0].spendable) == (0, 50 * GRANT, spendable)
    withdraw(house, award)
    assert house.books().funds[0].spendable == spendable + GRANT
    again = house.make()
    assert house.batch(again).amount_minor == 980_000
    with pytest.raises(Refused, match="voided"):
        runtime.transact(house["finance"], files.hand_out, ref=f"{ref}-001")


def withdraw(house: House, award_id: int) -> None:
    """An applicant withdraws."""
    with house.runtime.read() as session:
        application = session.exec(select(Award.application_id).where(Award.id == award_id)).one()
    house.runtime.transact(PUBLIC, give_up, application_id=application)


def test_one_file_of_several_is_voided_and_the_others_go_on(runtime: Runtime) -> None:
    house = a_house(runtime, money=1_000_000)
    settings(house, "[fund.bank_file]\nsize = 2\n")
    ref = sent(house, 4)
    void(house, ref, f"{ref}-002")
    assert house.states() == {S.SUBMITTED: 2, S.CANCELLED: 2}
    assert house.batch(ref).state is BatchState.SUBMITTED
    house.reconcile(house.line(0), house.line(1))
    assert house.batch(ref).state is BatchState.SETTLED
    assert house.books().clearing == 0


def test_what_the_bank_has_taken_cannot_be_voided_even_if_it_was_proposed_before(runtime: Runtime) -> None:
    house = a_house(runtime)
    ref = sent(house, 2)
    made = runtime.transact(house["finance"], service.propose_void, batch_ref=ref, why="Refused.")
    house.reconcile(house.line(0))
    before = everything_in(runtime)
    with pytest.raises(Refused, match="has taken"):
        runtime.transact(house["approver"], proposals.approve, ref=made.ref)
    with pytest.raises(Refused, match="has taken"):
        runtime.transact(house["finance"], service.propose_void, batch_ref=ref, why="Refused.")
    assert everything_in(runtime) == before


def test_bad_input_for_voiding_changes_nothing(runtime: Runtime) -> None:
    house = a_house(runtime, money=1_000_000)
    ref, other = sent(house, 1), sent(house, 1)
    before = everything_in(runtime)
    for given, error in (
        ({"batch_ref": ref, "why": " "}, BadInput),
        ({"batch_ref": ref, "why": "x" * 501}, BadInput),
        ({"batch_ref": "0000-0000", "why": "x"}, NotFound),
        ({"batch_ref": ref, "file_ref": f"{other}-001", "why": "x"}, BadInput),
        ({"batch_ref": ref, "file_ref": f"{ref}-009", "why": "x"}, NotFound),
    ):
        with pytest.raises(error):
            runtime.transact(house["finance"], service.propose_void, **given)
    with pytest.raises(Forbidden):
        runtime.transact(house["auditor"], service.propose_void, batch_ref=ref, why="x")
    assert everything_in(runtime) == before
    runtime.transact(house["finance"], service.propose_void, batch_ref=ref, why="x")
    with pytest.raises(Conflict):
        runtime.transact(house["finance"], service.propose_void, batch_ref=ref, why="x")


def test_a_fund_without_an_account_makes_no_bank_file(runtime: Runtime) -> None:
    house = a_house(runtime)
    house.award("01")
    text = FUND.format(bank_details="choice") + SPONSOR
    start, end = text.index("[fund.bank]"), text.index("[[round]]")
    document = read_document((text[:start] + text[end:]).encode(), "fund.toml")
    runtime.transact(SYSTEM, load_fund, document=document)
    before = everything_in(runtime)
    house.rail = RailName.BANK_FILE
    with pytest.raises(Refused, match="no bank account"):
        house.make()
    assert everything_in(runtime) == before


def test_the_doctor_finds_a_file_that_was_changed_or_lost_a_payment(runtime: Runtime) -> None:
    house = a_house(runtime)
    ref = sent(house, 2)

    def said() -> list[str]:
        with runtime.read() as session:
            return bank_doctor.files(session, runtime)

    assert said() == []

    def spoil(sql: str) -> None:
        runtime.transact(SYSTEM, lambda tx: tx.session.connection().execute(text(sql)))

    spoil("UPDATE attempt SET bank_file_id = NULL WHERE id = (SELECT min(id) FROM attempt)")
    assert said() == [f"file {ref}-001 is 2 payments of 40000, its payments are 1 of 20000"]
    spoil("UPDATE attempt SET bank_file_id = (SELECT min(id) FROM bank_file)")
    spoil("UPDATE bank_file SET sha256 = 'x'")
    assert said() == [f"file {ref}-001 is not the one that was made"]
    spoil("UPDATE bank_file SET content = (SELECT payload FROM attempt ORDER BY id LIMIT 1)")
    assert said() == [f"file {ref}-001: a sealed value does not open"]
    spoil("UPDATE bank_file SET content = NULL, state = 'voided'")
    assert said() == [f"file {ref}-001 was voided and 2 of its payments are on their way"]
