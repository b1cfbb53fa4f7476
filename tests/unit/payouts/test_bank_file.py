"""The bank file's own checks, its settings, and references: what the schema would let through does not leave."""

import datetime as dt
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardship.core.errors import BadInput, Broken, Refused
from hardship.funds.bankfiles import BankFiles, Column, CsvShape, FileForm, Value, stored_settings
from hardship.funds.document import read_document
from hardship.payouts.rails.bank_file.checks import check_written, problem_of
from hardship.payouts.rails.bank_file.content import Account, Content, written
from hardship.payouts.rails.base import Instruction
from hardship.payouts.references import STATEMENT_LENGTH, bank_text, codes_in, file_refs_in, shortened
from tests.integration.applications.helpers import FUND

ONE = Instruction(
    key="k",
    reference="Lane Su 7K3M9Q2XB4",
    amount_minor=20_000,
    currency="GBP",
    name="Maya Example",
    sort_code="202959",
    account_number="12345678",
)


def content(*payments: Instruction) -> Content:
    """A file of these payments."""
    return Content(
        "7K3M-9Q2X-001",
        dt.datetime(2020, 4, 1, 9, tzinfo=dt.UTC),
        Account("Lane Support", "Example", "200000", "55779911"),
        [(f"7K3M9Q2X{number:02d}", one) for number, one in enumerate(payments)],
    )


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"sort_code": "20295"}, "bad_sort_code"),
        ({"sort_code": "20-29-59"}, "bad_sort_code"),
        ({"sort_code": "20295９"}, "bad_sort_code"),
        ({"account_number": "1234567"}, "bad_account_number"),
        ({"account_number": "123456789"}, "bad_account_number"),
        ({"amount_minor": 0}, "bad_amount"),
        ({"amount_minor": -1}, "bad_amount"),
        ({"amount_minor": 100_000_001}, "bad_amount"),
        ({"currency": "EUR"}, "not_sterling"),
        ({"reference": ""}, "bad_reference"),
        ({"reference": " "}, "bad_reference"),
        ({"reference": "x" * 19}, "bad_reference"),
        ({"reference": "a</Ustrd>"}, "bad_reference"),
        ({}, ""),
    ],
)
def test_what_a_bank_would_not_take_is_refused_before_it_is_written(
    changed: dict[str, object], problem: str
) -> None:
    one = replace(ONE, **changed)  # type: ignore[arg-type]  # each is a field of it
    assert problem_of(one) == problem
    if problem:
        with pytest.raises(Refused, match="cannot be written"):
            written(content(one), FileForm.PAIN_001, BankFiles())


def test_two_payments_never_have_one_code() -> None:
    twice = replace(content(ONE, ONE), payments=[("7K3M9Q2XB4", ONE), ("7K3M9Q2XB4", ONE)])
    for form in FileForm:
        with pytest.raises(Broken, match="one code"):
            written(twice, form, BankFiles())


def test_a_file_whose_sums_or_decimals_were_touched_is_found_out() -> None:
    data = written(content(ONE, ONE), FileForm.PAIN_001, BankFiles())
    check_written(data, count=2, total_minor=40_000)
    for old, new in (
        (b"<CtrlSum>400.00", b"<CtrlSum>400.01"),
        (b">200.00<", b">200.001<"),
        (b">200.00<", b">200<"),
        (b">200.00<", b">-200.00<"),
        (b"<NbOfTxs>2<", b"<NbOfTxs>3<"),
        (b"<EndToEndId>7K3M9Q2X01<", b"<EndToEndId>7K3M9Q2X00<"),
    ):
        assert old in data
        with pytest.raises(Broken):
            check_written(data.replace(old, new, 1), count=2, total_minor=40_000)


@given(st.lists(st.tuples(st.text(max_size=60), st.integers(1, 10**8)), min_size=1, max_size=8))
def test_any_names_and_amounts_make_the_same_whole_file_each_time(rows: list[tuple[str, int]]) -> None:
    made = content(*[replace(ONE, name=name, amount_minor=minor) for name, minor in rows])
    for form in FileForm:
        data = written(made, form, BankFiles())
        assert data == written(made, form, BankFiles())
        assert data.isascii()
    assert data.count(b"\r\n") == len(rows) + 1  # the CSV, a line each
    xml = written(made, FileForm.PAIN_001, BankFiles())
    found = re.findall(rb'<InstdAmt Ccy="GBP">(\d+)\.(\d\d)<', xml)
    assert sum(int(a) * 100 + int(b) for a, b in found) == sum(minor for _, minor in rows)


@pytest.mark.parametrize(
    ("level", "written_as"),
    [("FAST", b"<Prtry>FAST</Prtry>"), ("URGP", b"<Cd>URGP</Cd>"), ("", b"<ReqdExctnDt>")],
)
def test_the_scheme_is_the_banks_own_code_an_iso_code_or_left_to_the_bank(
    level: str, written_as: bytes
) -> None:
    data = written(content(ONE), FileForm.PAIN_001, BankFiles(service_level=level))
    assert written_as in data
    assert (b"<SvcLvl>" in data) is bool(level)


def test_a_reference_is_never_blank_says_nothing_and_keeps_its_code_when_cut() -> None:
    for name in ("HF Support", "", "👩‍🦰", "A name far too long for any statement", "</x>"):
        text = bank_text(name, "7K3M9Q2XB4")
        assert 10 <= len(text) <= STATEMENT_LENGTH
        assert text.endswith("7K3M9Q2XB4")
        for length in range(10, 19):
            assert shortened(text, length).endswith("7K3M9Q2XB4")
            assert len(shortened(text, length)) <= length
            assert codes_in(shortened(text, length))[0] == "7K3M9Q2XB4"


def test_a_file_is_found_by_its_name_however_the_bank_writes_it() -> None:
    for text in ("7K3M-9Q2X-013", "BULK 7k3m9q2x013", "REF/7K3M-9Q2X-013/FPS"):
        assert "7K3M-9Q2X-013" in file_refs_in(text)


def read(toml: str) -> BankFiles:
    """The settings in a fund.toml."""
    text = FUND.format(bank_details="choice").replace("[[round]]", f"{toml}\n[[round]]", 1)
    return read_document(text.encode(), "fund.toml").bank_files


def test_settings_are_kept_as_they_were_declared() -> None:
    assert read("") == BankFiles()
    declared = read(
        """
[fund.bank_file]
form = "csv"
size = 25
debits = "total"
service_level = ""
[fund.bank_csv]
header = false
delimiter = "tab"
date_format = "YYYYMMDD"
line_end = "lf"
columns = [
  { header = "", value = "sort_code", length = 6 },
  { header = "A", value = "account_number", length = 8 },
  { header = "N", value = "name", length = 18 },
  { header = "P", value = "amount_pence", length = 11 },
  { header = "R", value = "reference" },
]
"""
    )
    assert (declared.form, declared.size, declared.service_level) == (FileForm.CSV, 25, "")
    assert declared.csv.columns[4] == Column("R", Value.REFERENCE, 18)
    for one in (declared, BankFiles(), BankFiles(csv=CsvShape(header=False))):
        assert stored_settings(one.stored()) == one


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("[fund.bank_file]\nsize = 0", "a number that fits"),
        ("[fund.bank_file]\nsize = 5001", "a number that fits"),
        ('[fund.bank_file]\nform = "bacs"', "not one of the choices"),
        ('[fund.bank_file]\ndebits = "both"', "not one of the choices"),
        ('[fund.bank_file]\nservice_level = "<x>"', "not a code"),
        ("[fund.bank_file]\nsizes = 3", "unknown field"),
        ('[fund.bank_csv]\ndelimiter = "x"', "not one of the choices"),
        ('[fund.bank_csv]\ncolumns = [{ header = "A", value = "iban" }]', "not one of the choices"),
        ('[fund.bank_csv]\ncolumns = [{ header = "A", value = "name" }]', "no column holds"),
        (
            '[fund.bank_csv]\ncolumns = [{ header = "A", value = "sort_code", length = 5 }]',
            "a number that fits",
        ),
        (
            '[fund.bank_csv]\ncolumns = [{ header = "A", value = "reference", length = 9 }]',
            "a number that fits",
        ),
    ],
)
def test_settings_that_cannot_be_meant_are_refused_by_name(toml: str, said: str) -> None:
    with pytest.raises(BadInput, match=said) as refused:
        read(toml)
    assert "fund.toml" in str(refused.value)
