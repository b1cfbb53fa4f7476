"""`hardship import …`: strict, whole or not at all, the same again is no change."""

import csv
import datetime as dt
from pathlib import Path

import pytest
from sqlmodel import select

from hardship.contributions.models import Contribution, Donor
from hardship.core.clock import SetClock
from hardship.core.runtime import Runtime
from hardship.staff.models import Staff
from tests.integration.matching.helpers import (
    Shell,
    assert_sound,
    books,
    events,
    everything_in,
    load,
    pounds,
    status_of,
)

GIFTS = """ref,received_at,amount,channel,donor_name,donor_type,note,fee,held
G-2,2020-04-02T10:00:00+01:00,200.00,card,Ann Example,person,for you,1.70,
G-1,2020-04-01T10:00:00+01:00,300.00,bank,,anonymous,,,here
G-3,2020-04-02T10:00:00+01:00,50.5,other,Acme Ltd,organisation,,,elsewhere
"""
REFUNDS = """ref,refunded_at,amount
G-1,2020-04-05T10:00:00+01:00,100.00
"""
PAYMENTS = """ref,received_at,amount,agreement
P-1,2020-04-05T10:00:00+01:00,400.00,M
P-2,2020-05-05T10:00:00+01:00,50.00,M
"""
HEADERS = {
    "contributions": "ref,received_at,amount,channel,donor_name,donor_type,note",
    "refunds": "ref,refunded_at,amount",
    "sponsor-payments": "ref,received_at,amount,agreement",
}
GOOD = {
    "contributions": ["G-9", "2020-04-02T10:00:00+01:00", "10.00", "bank", "Ann", "person", ""],
    "refunds": ["G-1", "2020-04-09T10:00:00+01:00", "10.00"],
    "sponsor-payments": ["P-9", "2020-04-02T10:00:00+01:00", "10.00", "M"],
}
NOW = dt.datetime(2020, 6, 1, 12, tzinfo=dt.UTC)
WHEN = {"contributions": 1, "refunds": 1, "sponsor-payments": 1}

CELLS = {
    "a day that does not exist": (1, "2020-04-31T10:00:00+01:00", "time"),
    "a naive time": (1, "2020-04-02T10:00:00", "offset"),
    "a date for a time": (1, "2020-04-02", "offset"),
    "no time": (1, "", "time"),
    "the year 0001": (1, "0001-01-01T00:00:00+14:00", "time"),
    "two days from now": (1, "2020-06-03T12:00:01+00:00", "still to come"),
    "the year 9999": (1, "9999-12-31T23:59:59+00:00", "year"),
    "NaN": (2, "NaN", "amount"),
    "infinity": (2, "Infinity", "amount"),
    "thirteen digits": (2, "1234567890123.00", "amount"),
    "three decimals": (2, "1.234", "amount"),
    "a comma": (2, "1,234.00", "amount"),
    "a symbol": (2, "£10", "amount"),
    "an exponent": (2, "1e3", "amount"),
    "full-width digits": (2, "１０", "amount"),
    "nothing for an amount": (2, "", "amount"),
    "zero": (2, "0.00", "amount"),
    "no ref": (0, "", "ref"),
    "a long ref": (0, "G" * 81, "ref"),
    "a ref over two lines": (0, "G\n1", "ref"),
}
GIFT_CELLS = {
    "an unknown channel": (3, "cheque", "channel"),
    "no channel": (3, "", "channel"),
    "an unknown donor type": (5, "robot", "donor_type"),
    "a negative amount": (2, "-5.00", "negative"),
    "a long name": (4, "A" * 201, "donor_name"),
    "a long note": (6, "A" * 2001, "note"),
}


@pytest.fixture(autouse=True)
def months_later(runtime: Runtime) -> None:
    """Files tell of what has been."""
    assert isinstance(runtime.clock, SetClock)
    runtime.clock.set(NOW)


def test_a_day_that_has_come_elsewhere_already_is_taken(runtime: Runtime, shell: Shell) -> None:
    """A file may be written with another zone's day, or by a clock that is fast."""
    load(runtime)
    row = "G-9,2020-06-02T12:00:00+00:00,10.00,bank,Ann,person,"
    gifts = shell.file("a.csv", f"{HEADERS['contributions']}\n{row}\n")
    assert shell.json("import", "contributions", gifts, "--fund", "f")["imported"] == 1


def line_of(cells: list[str]) -> str:
    """One line of CSV."""
    return ",".join(f'"{cell}"' for cell in cells)


def test_gifts_refunds_and_payments_come_in_and_again_is_no_change(runtime: Runtime, shell: Shell) -> None:
    """Each file does what it says; taken in again it changes nothing."""
    load(runtime)
    gifts = shell.file("gifts.csv", "\ufeff" + GIFTS)
    found = shell.json("import", "contributions", gifts, "--fund", "f")
    assert found == {"read": 3, "imported": 3, "unchanged": 0, "rejected": 0, "problems": []}
    refunds = shell.file("refunds.csv", REFUNDS)
    assert shell.json("import", "refunds", refunds, "--fund", "f")["imported"] == 1
    payments = shell.file("payments.csv", PAYMENTS)
    assert shell.json("import", "sponsor-payments", payments, "--fund", "f")["imported"] == 2
    figures = books(runtime)
    assert figures.income == pounds("400")
    assert figures.cash == pounds("400") - 170 + pounds("450")
    assert figures.matched == pounds("450.50")
    assert status_of(runtime).received_minor == pounds("450")
    before = everything_in(runtime)
    for name, file in (("contributions", gifts), ("refunds", refunds), ("sponsor-payments", payments)):
        again = shell.json("import", name, file, "--fund", "f")
        assert (again["imported"], again["unchanged"]) == (0, again["read"])
    assert everything_in(runtime) == before
    assert_sound(runtime)


def test_columns_may_stand_in_any_order(runtime: Runtime, shell: Shell) -> None:
    """The same rows under another order of columns are the same rows."""
    load(runtime)
    shell.json("import", "contributions", shell.file("a.csv", GIFTS), "--fund", "f")
    rows = list(csv.reader(GIFTS.splitlines()))
    turned = "\r\n".join(",".join(reversed(row)) for row in rows)
    assert shell.json("import", "contributions", shell.file("b.csv", turned), "--fund", "f")["unchanged"] == 3


def test_each_gift_is_one_event_with_its_match_and_nobodys_name(runtime: Runtime, shell: Shell) -> None:
    """The log says what was received and matched, and not from whom."""
    load(runtime)
    shell.json("import", "contributions", shell.file("a.csv", GIFTS), "--fund", "f")
    received = [event for event in events(runtime) if event["kind"] == "contribution.received"]
    assert [event["subject"] for event in received] == [f"contribution:G-{number}" for number in (1, 2, 3)]
    assert received[0]["facts"]["matched"] == {"M": 30_000}
    assert "Ann" not in str(received)
    assert received[0]["actor"]["kind"] == "operator"


def test_donors_are_sealed_and_told_apart_by_name(runtime: Runtime, shell: Shell) -> None:
    """One donor a name, however it is written; none for an anonymous gift."""
    load(runtime)
    more = "G-4,2020-04-02T10:00:00Z,5.00,bank, ann EXAMPLE ,person,,,\nG-5,2020-04-02T10:00:00Z,5.00,bank,Secret,anonymous,,,\n"
    shell.json("import", "contributions", shell.file("a.csv", GIFTS + more), "--fund", "f")
    with runtime.read() as session:
        donors = session.exec(select(Donor)).all()
        by_ref = {gift.ref: gift.donor_id for gift in session.exec(select(Contribution))}
        names = {
            runtime.vault.person(session, donor.data_key_id).open(
                "donor", "name", donor.data_key_id, donor.name
            )
            for donor in donors
        }
    assert len(donors) == 2
    assert by_ref["G-2"] == by_ref["G-4"]
    assert by_ref["G-1"] is by_ref["G-5"] is None
    assert "Acme Ltd" in names
    stored = repr(everything_in(runtime))
    assert "Example" not in stored.replace("Example charity", "")
    assert "for you" not in stored


@pytest.mark.parametrize("kind", HEADERS)
def test_a_cell_that_cannot_be_is_refused_by_line_and_column(
    runtime: Runtime, shell: Shell, kind: str
) -> None:
    """Each gets one clear line, status 2, and an unchanged database."""
    load(runtime)
    shell.json("import", "contributions", shell.file("a.csv", GIFTS), "--fund", "f")
    cases = CELLS | (GIFT_CELLS if kind == "contributions" else {})
    before = everything_in(runtime)
    for name, (at, cell, said) in cases.items():
        cells = list(GOOD[kind])
        cells[at] = cell
        content = f"{HEADERS[kind]}\n{line_of(GOOD[kind])}\n{line_of(cells)}\n"
        line = shell.line("import", kind, shell.file("bad.csv", content), "--fund", "f")
        column = HEADERS[kind].split(",")[at]
        assert "bad.csv, line 3" in line, name
        assert f"column {column}" in line, name
        assert said in line, (name, line)
    assert everything_in(runtime) == before


@pytest.mark.parametrize("kind", HEADERS)
def test_a_file_of_another_shape_is_refused(runtime: Runtime, shell: Shell, kind: str) -> None:
    """Wrong columns, another encoding, no file, an empty one, ten megabytes in one field."""
    load(runtime)
    header, good = HEADERS[kind], line_of(GOOD[kind])
    files: dict[str, tuple[str | bytes, str]] = {
        "unknown column": (f"{header},colour\n{good},red\n", "'colour'"),
        "missing column": (f"{header.replace(',amount', '')}\n", "missing column amount"),
        "a column twice": (f"{header},ref\n{good},x\n", "ref is there twice"),
        "empty": ("", "empty"),
        "blank": (" \n\n", "empty"),
        "header only": (f"{header}\n", "no rows"),
        "latin-1": (f"{header}\n{good}\n".encode() + "é".encode("latin-1"), "UTF-8"),
        "utf-16": (f"{header}\n{good}\n".encode("utf-16"), "UTF-16"),
        "NUL": (f"{header}\n{good}\n".encode() + b"\0", "NUL"),
        "too few fields": (f"{header}\nG-1\n", "1 fields"),
        "an open quotation mark": (f'{header}\n{good}\n"G-1,', "well-formed"),
        "ten megabytes": (f"{header}\n{'A' * 10_000_000}{good}\n", "longer than"),
        "twenty thousand characters": (
            f"{header}\n{line_of(['A' * 20_000, *GOOD[kind][1:]])}\n",
            "longer than",
        ),
    }
    before = everything_in(runtime)
    for name, (content, said) in files.items():
        line = shell.line("import", kind, shell.file("bad.csv", content), "--fund", "f")
        assert said in line, (name, line)
        assert "bad.csv" in line, (name, line)
    good_file = shell.file("good.csv", f"{header}\n{good}\n")
    assert "no such file" in shell.refused("import", kind, "/nowhere/x.csv", "--fund", "f")
    assert "fund" in shell.refused("import", kind, good_file, "--fund", "nowhere")
    assert "staff" in shell.refused("import", kind, good_file, "--fund", "f", "--as", "nobody@example.org")
    shell.refused("import", kind, good_file)
    assert everything_in(runtime) == before


def test_a_ref_with_other_content_is_an_error(runtime: Runtime, shell: Shell) -> None:
    """Whether it stands in the database or twice in one file."""
    load(runtime)
    shell.json("import", "contributions", shell.file("a.csv", GIFTS), "--fund", "f")
    other = GIFTS.replace("300.00", "301.00")
    assert "other content" in shell.refused(
        "import", "contributions", shell.file("b.csv", other), "--fund", "f"
    )
    twice = f"{HEADERS['contributions']}\n{line_of(GOOD['contributions'])}\n"
    twice += line_of([*GOOD["contributions"][:2], "11.00", *GOOD["contributions"][3:]]) + "\n"
    assert "line 3" in shell.refused("import", "contributions", shell.file("c.csv", twice), "--fund", "f")
    shell.json("import", "sponsor-payments", shell.file("p.csv", PAYMENTS), "--fund", "f")
    other = PAYMENTS.replace("400.00", "401.00")
    assert "other content" in shell.refused(
        "import", "sponsor-payments", shell.file("q.csv", other), "--fund", "f"
    )
    shell.json("import", "refunds", shell.file("r.csv", REFUNDS), "--fund", "f")
    other = REFUNDS.replace("100.00", "101.00")
    assert "another amount" in shell.refused("import", "refunds", shell.file("s.csv", other), "--fund", "f")


def test_a_refund_is_held_to_its_gift(runtime: Runtime, shell: Shell) -> None:
    """Of a gift there is, after it came, and no more than is left of it."""
    load(runtime)
    shell.json("import", "contributions", shell.file("a.csv", GIFTS), "--fund", "f")
    header = "ref,refunded_at,amount\n"
    cases = {
        "G-404,2020-04-05T10:00:00Z,1.00\n": "no gift",
        "G-1,2020-03-05T10:00:00Z,1.00\n": "before",
        "G-1,2020-04-05T10:00:00Z,300.01\n": "£300.00",
        "G-1,2020-04-05T10:00:00Z,200.00\nG-1,2020-04-06T10:00:00Z,100.01\n": "£100.00",
    }
    for rows, said in cases.items():
        assert said in shell.refused("import", "refunds", shell.file("r.csv", header + rows), "--fund", "f")


def test_a_payment_is_held_to_its_agreement(runtime: Runtime, shell: Shell) -> None:
    """For an agreement of the fund; no more goes back than came."""
    load(runtime)
    header = "ref,received_at,amount,agreement\n"
    for rows, said in {
        "P-1,2020-04-05T10:00:00Z,1.00,X\n": "agreement",
        "P-1,2020-04-05T10:00:00Z,-1.00,M\n": "negative",
    }.items():
        assert said in shell.refused(
            "import", "sponsor-payments", shell.file("p.csv", header + rows), "--fund", "f"
        )


def test_skip_bad_takes_the_good_rows_and_writes_the_others(runtime: Runtime, shell: Shell) -> None:
    """The rejected rows stand beside the file as they were, with the problem."""
    load(runtime)
    bad = GIFTS + 'G-7,yesterday,-1.00,bank,"Ann, once more",person,,,\n=1+1,2020-04-02T10:00:00Z,x,bank\n'
    path = shell.file("mixed.csv", bad)
    found = shell.json("import", "contributions", path, "--fund", "f", "--skip-bad")
    assert (found["read"], found["imported"], found["rejected"]) == (5, 3, 2)
    assert [(one["line"], one["column"]) for one in found["problems"]] == [(5, "received_at"), (6, "")]
    rejected = Path(path).with_name("mixed.rejected.csv")
    rows = list(csv.reader(rejected.read_text(encoding="utf-8").splitlines()))
    assert rows[0] == [*GIFTS.split("\n")[0].split(","), "problem"]
    assert rows[1][:5] == ["G-7", "yesterday", "-1.00", "bank", "Ann, once more"]
    assert "time" in rows[1][-1]
    assert rows[2][0] == "=1+1"
    assert len(rows[2]) == len(rows[0])
    assert rejected.stat().st_mode & 0o077 == 0
    again = shell.json("import", "contributions", path, "--fund", "f", "--skip-bad")
    assert (again["imported"], again["unchanged"], again["rejected"]) == (0, 3, 2)


def test_skip_bad_leaves_out_what_the_books_refuse(runtime: Runtime, shell: Shell) -> None:
    """A taken ref and too large a refund are left out, the rest is taken; none taken is status 2."""
    load(runtime)
    shell.json("import", "contributions", shell.file("a.csv", GIFTS), "--fund", "f")
    refunds = "ref,refunded_at,amount\nG-1,2020-04-05T10:00:00Z,400.00\nG-2,2020-04-05T10:00:00Z,20.00\n"
    found = shell.json("import", "refunds", shell.file("r.csv", refunds), "--fund", "f", "--skip-bad")
    assert (found["imported"], found["rejected"], found["problems"][0]["line"]) == (1, 1, 2)
    only_bad = "ref,refunded_at,amount\nG-1,2020-04-05T10:00:00Z,400.00\n"
    found = shell.json(
        "import", "refunds", shell.file("s.csv", only_bad), "--fund", "f", "--skip-bad", code=2
    )
    assert found["imported"] == 0
    assert found["error"]
    assert_sound(runtime)


def test_a_dry_run_says_what_would_happen_and_changes_nothing(runtime: Runtime, shell: Shell) -> None:
    """Also its refusals are the real ones."""
    load(runtime)
    path = shell.file("a.csv", GIFTS)
    before = everything_in(runtime)
    assert shell.json("import", "contributions", path, "--fund", "f", "--dry-run")["imported"] == 3
    assert everything_in(runtime) == before
    shell.json("import", "contributions", path, "--fund", "f")
    other = shell.file("b.csv", GIFTS.replace("300.00", "301.00"))
    shell.refused("import", "contributions", other, "--fund", "f", "--dry-run")


def test_whoever_may_not_record_gifts_is_refused(runtime: Runtime, shell: Shell) -> None:
    """`--as` names somebody, and their permissions hold."""
    load(runtime)
    _staff(runtime, "reviewer@example.org", "reviewer")
    _staff(runtime, "finance@example.org", "finance")
    path = shell.file("a.csv", GIFTS)
    line = shell.refused("import", "contributions", path, "--fund", "f", "--as", "reviewer@example.org")
    assert "finance" in line
    assert (
        shell.json("import", "contributions", path, "--fund", "f", "--as", "finance@example.org")["imported"]
        == 3
    )
    assert events(runtime)[-1]["actor"]["kind"] == "staff"


def _staff(runtime: Runtime, email: str, roles: str) -> None:
    from hardship.core.actor import SYSTEM

    def add(tx: object) -> None:
        from hardship.core.runtime import Transaction

        assert isinstance(tx, Transaction)
        key = tx.vault.new_person(tx.session, tx.at)
        tx.session.add(Staff(email=email, role_list=roles, data_key_id=key.key_id, created_at=tx.at))

    runtime.transact(SYSTEM, add)


def test_rejected_rows_that_cannot_be_written_stop_the_import_before_it_begins(
    runtime: Runtime, shell: Shell
) -> None:
    """Otherwise the good rows would be in, and nobody would know which ones."""
    load(runtime)
    path = shell.file("mixed.csv", GIFTS + "G-7,yesterday,-1.00,bank,Ann,person,,,\n")
    Path(path).with_name("mixed.rejected.csv").mkdir()
    line = shell.refused("import", "contributions", path, "--fund", "f", "--skip-bad")
    assert "cannot be written" in line
    assert not Path(path).with_name("mixed.rejected.csv.new").exists()
