"""`hardship import applications`: whole or not at all, again without change, and every bad file in one line."""

import csv
import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlmodel import select

from hardship.applications.models import Application
from hardship.applications.queries import by_claim
from hardship.core.actor import SYSTEM, Role
from hardship.core.runtime import Runtime
from hardship.staff.service import add
from tests.integration.applications.helpers import ANSWERS, Command, bodies, everything_in, load, person

COLUMNS = [
    "ref",
    "submitted_at",
    "legal_name",
    "working_name",
    "birth_year",
    "outward_postcode",
    "email",
    "phone",
    "safe_contact",
    "sort_code",
    "account_number",
    "income_before",
    "income_now",
    "reason",
    "statement",
    "voucher",
]


@pytest.fixture
def command(runtime: Runtime, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    load(runtime)
    return Command(runtime, capsys, monkeypatch)


def row(number: int, **changed: str) -> dict[str, str]:
    """A good row."""
    own = {"ref": f"A-{number}", "submitted_at": "2020-03-31T09:30:00+01:00", "safe_contact": "email"}
    answers = {name: text for name, text in person(number).items() if name != "connected"}
    return answers | own | changed


def write(path: Path, rows: list[dict[str, str]], columns: list[str] = COLUMNS) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_a_file_is_imported_checked_and_again_unchanged(
    runtime: Runtime, command: Command, tmp_path: Path
) -> None:
    file = write(tmp_path / "a.csv", [row(number) for number in range(1, 4)])
    status, out, err = command("import", "applications", file, "--round", "spring", "--json")
    assert (status, err) == (0, "")
    assert json.loads(out) == {"read": 3, "imported": 3, "unchanged": 0, "rejected": 0, "problems": []}
    with runtime.read() as session:
        found = session.exec(select(Application).order_by(Application.ref)).all()
        assert [(one.ref, one.state.value, one.safe_contact.value) for one in found] == [
            (f"A-{number}", "in_review", "email") for number in range(1, 4)
        ]
    before = everything_in(runtime)
    columns = list(reversed(COLUMNS))
    write(file, [row(number) for number in range(1, 4)], columns)
    status, out, _ = command("import", "applications", file, "--round", "spring", "--json")
    assert (status, json.loads(out)["unchanged"]) == (0, 3)
    assert everything_in(runtime) == before


def test_only_ref_and_time_have_to_be_filled_and_what_is_missing_is_unknown(
    runtime: Runtime, command: Command, tmp_path: Path
) -> None:
    file = write(
        tmp_path / "a.csv", [{"ref": "A-1", "submitted_at": "2020-03-31T09:30:00Z"}], ["ref", "submitted_at"]
    )
    assert command("import", "applications", file, "--round", "spring")[0] == 0
    with runtime.read() as session:
        found = session.exec(select(Application)).one()
        assert found.state.value == "in_review"
        assert found.referred


def test_a_dry_run_changes_nothing(runtime: Runtime, command: Command, tmp_path: Path) -> None:
    file = write(tmp_path / "a.csv", [row(1)])
    before = everything_in(runtime)
    status, out, _ = command("import", "applications", file, "--round", "spring", "--dry-run", "--json")
    assert (status, json.loads(out)["imported"]) == (0, 1)
    assert everything_in(runtime) == before


def test_skip_bad_takes_the_good_and_writes_the_others_beside(
    runtime: Runtime, command: Command, tmp_path: Path
) -> None:
    file = write(tmp_path / "a.csv", [row(1), row(2, income_now="-1"), row(3)])
    status, out, _ = command("import", "applications", file, "--round", "spring", "--skip-bad", "--json")
    assert (status, json.loads(out)["imported"], json.loads(out)["rejected"]) == (0, 2, 1)
    rejected = tmp_path / "a.rejected.csv"
    with rejected.open(encoding="utf-8", newline="") as beside:
        (only,) = csv.DictReader(beside)
    assert only["ref"] == "A-2"
    assert "negative" in only["problem"]
    assert stat.S_IMODE(rejected.stat().st_mode) == 0o600


def test_claim_codes_go_to_a_file_of_their_own_and_open_the_cases(
    runtime: Runtime, command: Command, tmp_path: Path
) -> None:
    file, codes = write(tmp_path / "a.csv", [row(1), row(2)]), tmp_path / "codes.csv"
    status, out, err = command("import", "applications", file, "--round", "spring", "--claim-codes", codes)
    assert (status, err) == (0, "")
    assert stat.S_IMODE(codes.stat().st_mode) == 0o600
    with codes.open(encoding="utf-8", newline="") as kept:
        told = list(csv.DictReader(kept))
    with runtime.read() as session:
        for one in told:
            found = by_claim(session, runtime.vault, one["ref"], one["claim_code"])
            assert found is not None
            assert found.ref == one["ref"]
            assert one["claim_code"] not in out
    assert command("import", "applications", file, "--round", "spring", "--claim-codes", codes)[0] == 2


def test_the_operator_or_somebody_who_may_enters_applications(
    runtime: Runtime, command: Command, tmp_path: Path
) -> None:
    for email, role in (("lead@example.org", Role.LEAD), ("money@example.org", Role.FINANCE)):
        runtime.transact(SYSTEM, add, email, [role])
    file = write(tmp_path / "a.csv", [row(1)])
    args = ("import", "applications", file, "--round", "spring", "--as")
    status, _, err = command(*args, "money@example.org")
    assert status == 2
    assert "you may not do this" in err
    assert command(*args, "lead@example.org")[0] == 0
    with runtime.read() as session:
        events = bodies(session, "application:A-1")
    assert events[0]["actor"]["kind"] == "staff"
    assert events[0]["actor"]["os_user"]


Bad = Callable[[Path], object]


def _rows(*rows: dict[str, str], columns: list[str] = COLUMNS) -> Bad:
    return lambda path: write(path, list(rows), columns)


def _bytes(data: bytes) -> Bad:
    return lambda path: path.write_bytes(data)


HEADER = b"ref,submitted_at,statement\n"
BAD: dict[str, tuple[Bad, str]] = {
    "an unknown column": (
        _bytes(b"ref,submitted_at,nationality\nA,2020-04-01T10:00:00Z,x\n"),
        "unknown column 'nationality'",
    ),
    "a column twice": (_bytes(b"ref,ref,submitted_at\nA,A,2020-04-01T10:00:00Z\n"), "there twice"),
    "a missing column": (_bytes(b"ref\nA\n"), "missing column submitted_at"),
    "an empty file": (_bytes(b""), "empty"),
    "no rows": (_bytes(HEADER), "no rows"),
    "another encoding": (
        _bytes("ref,submitted_at,statement\nA,2020-04-01T10:00:00Z,caf\xe9\n".encode("latin-1")),
        "UTF-8",
    ),
    "UTF-16": (_bytes(HEADER.decode().encode("utf-16")), "UTF-16"),
    "ten megabytes in a field": (
        _bytes(HEADER + b"A,2020-04-01T10:00:00Z," + b"x" * 10_000_000 + b"\n"),
        "longer than",
    ),
    "a novel in the statement": (_rows(row(1, statement="x" * 6_000)), "longer than 5,000"),
    "a bad date": (_rows(row(1, submitted_at="31/03/2020")), "submitted_at"),
    "a naive time": (_rows(row(1, submitted_at="2020-03-31T09:30:00")), "without an offset"),
    "a time to come": (_rows(row(1, submitted_at="2020-05-31T09:30:00Z")), "in the future"),
    "before the round": (
        _rows(row(1, submitted_at="2020-03-01T09:30:00Z")),
        "the round spring was open from",
    ),
    "no ref": (_rows(row(1, ref="")), "ref: it is empty"),
    "a ref with a slash": (_rows(row(1, ref="A/1")), "not a reference"),
    "a negative amount": (_rows(row(1, income_now="-1.00")), "negative"),
    "NaN": (_rows(row(1, income_before="NaN")), "not an amount"),
    "a thirteen-digit amount": (_rows(row(1, income_before="1" * 13)), "not an amount"),
    "Arabic digits in an amount": (_rows(row(1, income_before="٣")), "not an amount"),
    "a reason nobody offers": (_rows(row(1, reason="greed")), "not one of the choices"),
    "an address that is none": (_rows(row(1, email="maya")), "not an e-mail address"),
    "a phone that is none": (_rows(row(1, phone="12")), "not a phone number"),
    "a year that is none": (_rows(row(1, birth_year="ninety")), "not a year of birth"),
    "a postcode that is none": (_rows(row(1, outward_postcode="ZZZZ")), "postcode"),
    "a safe channel without address": (_rows(row(1, email="")), "it is needed, since safe_contact is email"),
    "half of the bank details": (_rows(row(1, account_number="")), "it is needed with the bank details"),
    "a five-digit account": (_rows(row(1, account_number="12345")), "An account number has 8 digits"),
    "the same ref with other content": (_rows(row(1), row(1, income_now="1.00")), "with other content"),
    "too many fields": (_bytes(HEADER + b"A,2020-04-01T10:00:00Z,x,y\n"), "4 fields"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_is_one_clear_line_and_no_change(
    sqlite_runtime: Runtime,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    case: str,
) -> None:
    load(sqlite_runtime)
    command = Command(sqlite_runtime, capsys, monkeypatch)
    make, said = BAD[case]
    file = tmp_path / "bad.csv"
    make(file)
    before = everything_in(sqlite_runtime)
    status, out, err = command("import", "applications", file, "--round", "spring", "--json")
    assert status == 2
    assert len(err.splitlines()) == 1
    assert said in err
    assert "error" in json.loads(out)
    assert everything_in(sqlite_runtime) == before
    for value in (ANSWERS["legal_name"], "Person Number1", "person1@example.org"):
        assert value not in err


def test_a_file_that_is_not_there_and_a_round_that_is_not(command: Command, tmp_path: Path) -> None:
    assert command("import", "applications", tmp_path / "no.csv", "--round", "spring")[0] == 2
    file = write(tmp_path / "a.csv", [row(1)])
    status, _, err = command("import", "applications", file, "--round", "winter")
    assert status == 2
    assert "no round 'winter'" in err


def test_an_imported_ref_with_other_content_is_refused(
    runtime: Runtime, command: Command, tmp_path: Path
) -> None:
    file = write(tmp_path / "a.csv", [row(1)])
    assert command("import", "applications", file, "--round", "spring")[0] == 0
    before = everything_in(runtime)
    write(file, [row(2), row(1, income_now="5.00")])
    status, _, err = command("import", "applications", file, "--round", "spring")
    assert status == 2
    assert "line 3, column ref" in err
    assert everything_in(runtime) == before


def test_claim_codes_that_cannot_be_written_stop_the_import_before_it_begins(
    runtime: Runtime, command: Command, tmp_path: Path
) -> None:
    """They are shown nowhere else. A refused or rehearsed import leaves no empty file behind."""
    file, before = write(tmp_path / "a.csv", [row(1)]), everything_in(runtime)
    for place in (tmp_path / "none" / "codes.csv", tmp_path / ("x" * 300), tmp_path):
        status, _, err = command("import", "applications", file, "--round", "spring", "--claim-codes", place)
        assert (status, err.count("\n")) == (2, 1)
        assert everything_in(runtime) == before
    codes = tmp_path / "codes.csv"
    bad = write(tmp_path / "b.csv", [row(2, email="nobody")])
    assert command("import", "applications", bad, "--round", "spring", "--claim-codes", codes)[0] == 2
    dry = command("import", "applications", file, "--round", "spring", "--claim-codes", codes, "--dry-run")
    assert dry[0] == 0
    assert not codes.exists()
