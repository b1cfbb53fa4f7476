"""The commands for the bank: files out, statements in, mappings and test payments, with every bad input told."""

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from hardship.core.runtime import Runtime
from hardship.payouts.transitions import PaymentState
from tests.integration.applications.helpers import Command, everything_in
from tests.integration.payouts.camt import Entry, camt
from tests.integration.payouts.helpers import GRANT, House, a_house
from tests.integration.payouts.test_bank_files import schema

Run = Callable[..., tuple[int, str, str]]
FIN, APP = ("--as", "finance@example.org"), ("--as", "approver@example.org")


@pytest.fixture
def house(sqlite_runtime: Runtime) -> House:
    """A fund with money and staff."""
    return a_house(sqlite_runtime)


@pytest.fixture
def run(house: House, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """`hardship …` on the house."""
    return Command(house.runtime, capsys, monkeypatch)


def data(answer: tuple[int, str, str]) -> dict[str, object]:
    """The JSON of a command that succeeded."""
    assert answer[0] == 0, answer
    found: dict[str, object] = json.loads(answer[1])
    return found


def submitted(house: House, run: Run, count: int = 2, *more: str) -> dict[str, object]:
    """A batch made, approved and submitted from the shell."""
    house.award(*["01"] * count)
    made = data(run("payouts", "batch", "--fund", "small", "--rail", "bank-file", *more, *FIN, "--json"))
    ref = str(made["batch"])
    data(run("payouts", "approve", ref, *APP, "--json"))
    return data(run("payouts", "submit", ref, *FIN, "--json"))


def test_submitting_writes_valid_files_for_their_owner_and_again_the_same(house: House, run: Run) -> None:
    done = submitted(house, run)
    assert {name: done[name] for name in ("state", "submitted", "failed", "unknown")} == {
        "state": "submitted",
        "submitted": 2,
        "failed": 0,
        "unknown": 0,
    }
    (name,) = done["files"]  # type: ignore[misc]  # a list of one
    path = Path(str(name))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.is_relative_to(house.runtime.settings.instance)
    schema().validate(path.read_text())
    before = path.read_bytes()
    again = data(run("payouts", "submit", str(done["batch"]), *FIN, "--json"))
    assert (again["files"], path.read_bytes()) == (done["files"], before)
    shown = data(run("payouts", "files", str(done["batch"]), *FIN, "--json"))
    assert shown["files"] == done["files"]
    assert shown["contents"][0]["amount"] == 2 * GRANT  # type: ignore[index]  # a list of objects


def test_a_batch_in_another_form_goes_where_it_is_told(house: House, run: Run, tmp_path: Path) -> None:
    done = submitted(house, run, 1, "--form", "csv")
    out = tmp_path / "usb"
    shown = data(run("payouts", "files", str(done["batch"]), "--out", out, *FIN, "--json"))
    assert [Path(str(one)).parent for one in shown["files"]] == [out]  # type: ignore[attr-defined]  # a list
    assert next(out.iterdir()).suffix == ".csv"


def test_the_sandbox_has_no_files(house: House, run: Run) -> None:
    house.award("01")
    ref = str(data(run("payouts", "batch", "--fund", "small", "--rail", "sandbox", *FIN, "--json"))["batch"])
    run("payouts", "approve", ref, *APP)
    assert data(run("payouts", "submit", ref, *FIN, "--json"))["files"] == []


def test_voiding_takes_a_second_person(house: House, run: Run) -> None:
    ref = str(submitted(house, run)["batch"])
    made = data(run("payouts", "void", ref, "--why", "Refused at upload.", *FIN, "--json"))
    assert made["done"] is False
    assert house.states() == {PaymentState.SUBMITTED: 2}
    status, _, err = run("proposals", "approve", str(made["proposal"]), *FIN)
    assert (status, err.count("\n")) == (2, 1)
    assert run("proposals", "approve", str(made["proposal"]), *APP)[0] == 0
    assert house.states() == {PaymentState.CANCELLED: 2}


def test_a_camt_statement_is_read_with_its_balance(house: House, run: Run, tmp_path: Path) -> None:
    submitted(house, run)
    lines = [house.line(0), house.line(1)]
    path = tmp_path / "april.xml"
    entries = [Entry(-GRANT, end_to_end=one.reference[-10:]) for one in lines]
    path.write_bytes(camt(*entries, Entry(500, words="gift"), opening=400_000))
    done = data(run("payouts", "reconcile", path, "--json"))
    assert done == {
        "read": 3,
        "imported": 3,
        "unchanged": 0,
        "rejected": 0,
        "problems": [],
        "matched": 2,
        "returned": 0,
        "booked": 1,
        "exceptions": 0,
        "clearing": 0,
        "balance": {
            "on": "2020-04-30",
            "statement": 360_500,
            "books": 360_500,
            "difference": 0,
        },
    }
    again = data(run("payouts", "reconcile", path, "--json"))
    assert (again["imported"], again["unchanged"]) == (0, 3)
    assert "they agree" in run("payouts", "reconcile", path)[1]


def test_a_mapping_is_saved_once_and_used(house: House, run: Run, tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text("Day,Sum,Text,Balance\n02/04/2020,-6.50,CHARGE,1\n02/04/2020,7.00,GIFT,1\n")
    status, _, err = run("payouts", "reconcile", path)
    assert (status, "map-statement" in err, err.count("\n")) == (2, True, 1)
    given = ("--date", "Day", "--amount", "Sum", "--reference", "Text")
    assert data(run("payouts", "map-statement", "own bank", *given, *FIN, "--json"))["changed"] is True
    assert data(run("payouts", "map-statement", "own bank", *given, *FIN, "--json"))["changed"] is False
    done = data(run("payouts", "reconcile", path, "--json"))
    assert (done["imported"], done["booked"], done["exceptions"]) == (2, 1, 1)


def test_a_test_payment_from_the_shell(house: House, run: Run, tmp_path: Path) -> None:
    given = ("--fund", "small", "--name", "Own", "--sort-code", "20-00-00", "--account-number", "12345678")
    made = data(run("payouts", "test-payment", *given, "--out", tmp_path, *FIN, "--json"))
    assert (made["payer"], str(made["reference"])[:7]) == ("Lane Support", "Lane Su")
    schema().validate(Path(str(made["files"][0])).read_text())  # type: ignore[index]  # a list
    code = str(made["test_payment"])
    done = data(run("payouts", "confirm-test", code, "--said", "SMALL FUND", "--differs", *FIN, "--json"))
    assert done["state"] == "differs"
    assert run("payouts", "confirm-test", code, "--said", "x", *FIN)[0] != 0


def test_a_preview_names_nobody_who_exists(run: Run) -> None:
    shown = data(run("payouts", "preview-file", "--fund", "small", "--form", "csv", "--json"))
    assert "Ana Novak-O'Brien" in str(shown["file"])


TOO_MUCH = ("--fund", "small", "--name", "x", "--sort-code", "200000", "--account-number", "12345678")
BAD: dict[str, tuple[str, ...]] = {
    "a form that is none": ("batch", "--fund", "small", "--rail", "bank-file", "--form", "bacs", *FIN),
    "a form for another rail": ("batch", "--fund", "small", "--rail", "sandbox", "--form", "csv", *FIN),
    "files of no batch": ("files", "0000-0000", *FIN),
    "files for an auditor": ("files", "0000-0000", "--as", "auditor@example.org"),
    "void without a reason": ("void", "0000-0000", "--why", "", *FIN),
    "no statement": ("reconcile", "/nowhere/april.xml"),
    "a folder for a statement": ("reconcile", "/"),
    "a test of too much": ("test-payment", *TOO_MUCH, "--amount", "1.01", *FIN),
    "a test of nothing": ("test-payment", *TOO_MUCH, "--amount", "0", *FIN),
    "a test of three decimals": ("test-payment", *TOO_MUCH, "--amount", "0.001", *FIN),
    "a test to no account": (
        *("test-payment", "--fund", "small", "--name", "x", "--sort-code", "2", "--account-number", "1"),
        *FIN,
    ),
    "a test by the operator": ("test-payment", *TOO_MUCH),
    "a test that is none": ("confirm-test", "NOPE", "--said", "x", *FIN),
    "a mapping without amounts": ("map-statement", "x", "--date", "D", "--reference", "R", *FIN),
    "a mapping with amounts twice": (
        *("map-statement", "x", "--date", "D", "--amount", "A", "--paid-in", "I", "--paid-out", "O"),
        *("--reference", "R", *FIN),
    ),
    "a mapping without words": ("map-statement", "x", "--date", "D", "--amount", "A", *FIN),
    "a mapping of a strange date": (
        *("map-statement", "x", "--date", "D", "--date-format", "Q", "--amount", "A", "--reference", "R"),
        *FIN,
    ),
    "a mapping without a name": (
        "map-statement",
        " ",
        "--date",
        "D",
        "--amount",
        "A",
        "--reference",
        "R",
        *FIN,
    ),
    "a mapping by who may not": (
        *("map-statement", "x", "--date", "D", "--amount", "A", "--reference", "R"),
        *("--as", "auditor@example.org"),
    ),
    "a preview of no fund": ("preview-file", "--fund", "none"),
}


@pytest.mark.parametrize("kind", BAD)
def test_bad_input_is_one_line_and_changes_nothing(house: House, run: Run, kind: str) -> None:
    before = everything_in(house.runtime)
    status, out, err = run("payouts", *BAD[kind])
    assert (status, out, err.count("\n")) == (2, "", 1), (status, out, err)
    assert err.startswith("hardship: ")
    assert everything_in(house.runtime) == before
    status, out, _ = run("payouts", *BAD[kind], "--json")
    assert (status, list(json.loads(out))) == (2, ["error"])
