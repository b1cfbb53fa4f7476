"""`hardship payouts …`: the contract's figures, and one clear line for whatever is wrong."""

import json
from pathlib import Path

import pytest

from hardship.core.runtime import Runtime
from hardship.payouts.transitions import PaymentState
from tests.integration.applications.helpers import Command, everything_in
from tests.integration.payouts.helpers import House, a_house

HEADER = "date,amount,reference,counterparty,direction\n"


@pytest.fixture
def runtime(sqlite_runtime: Runtime) -> Runtime:
    """What a command says does not depend on the database; what it does is tested on both elsewhere."""
    return sqlite_runtime


@pytest.fixture
def house(runtime: Runtime) -> House:
    """A fund with money."""
    return a_house(runtime)


@pytest.fixture
def run(runtime: Runtime, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """The command line."""
    return Command(runtime, capsys, monkeypatch)


def said(answer: tuple[int, str, str]) -> dict[str, object]:
    """What a command gave as JSON; it did well."""
    status, out, err = answer
    assert (status, err) == (0, ""), answer
    return dict(json.loads(out))


def test_the_commands_give_the_contracts_figures(house: House, run: Command, tmp_path: Path) -> None:
    house.award("01", "02", "91", "92")
    made = said(
        run(
            "payouts",
            "batch",
            "--fund",
            "small",
            "--rail",
            "sandbox",
            "--as",
            "finance@example.org",
            "--json",
        )
    )
    ref = str(made["batch"])
    assert made == {"batch": ref, "count": 4, "amount": 80_000}
    approved = said(run("payouts", "approve", ref, "--as", "approver@example.org", "--json"))
    assert (approved["batch"], approved["state"]) == (ref, "approved")
    done = said(run("payouts", "submit", ref.lower(), "--as", "finance@example.org", "--json"))
    assert done == {
        "batch": ref,
        "state": "submitted",
        "submitted": 2,
        "failed": 1,
        "unknown": 1,
        "files": [],
    }
    assert said(run("payouts", "status", ref, "--json")) == said(run("payouts", "status", "--json"))
    status = said(run("payouts", "status", "--json"))
    assert status == {
        "batches": [
            {
                "ref": ref,
                "state": "submitted",
                "rail": "sandbox",
                "count": 4,
                "amount": 80_000,
                "made_by": "finance@example.org",
                "approved_by": "approver@example.org",
            }
        ],
        "by_state": {
            "unknown": {"count": 1, "amount": 20_000},
            "submitted": {"count": 2, "amount": 40_000},
            "failed": {"count": 1, "amount": 20_000},
        },
    }
    file = tmp_path / "april.csv"
    file.write_text(f"{HEADER}2020-04-02,200.00,{house.line(0).reference},A,out\n2020-04-02,3.50,FEE,B,out\n")
    read = said(run("payouts", "reconcile", file, "--json"))
    figures = {"read": 2, "imported": 2, "unchanged": 0, "rejected": 0, "problems": []}
    assert read == figures | {"matched": 1, "returned": 0, "booked": 0, "exceptions": 1, "clearing": 40_000}
    again = said(run("payouts", "reconcile", file, "--json"))
    nothing = {"matched": 0, "returned": 0, "booked": 0, "exceptions": 0, "clearing": 40_000}
    assert again == figures | {"imported": 0, "unchanged": 2} | nothing
    assert house.states()[PaymentState.PAID] == 1


def test_people_read_it_too(house: House, run: Command) -> None:
    assert run("payouts", "status")[1] == "No batch was made yet.\n"
    house.award("92")
    status, out, _ = run(
        "payouts", "batch", "--fund", "small", "--rail", "sandbox", "--as", "finance@example.org"
    )
    assert (status, "1 payment, £200.00" in out) == (0, True)
    ref = out.split()[1].rstrip(":")
    run("payouts", "approve", ref, "--as", "approver@example.org")
    assert "1 unknown" in run("payouts", "submit", ref, "--as", "both@example.org")[1]
    payment = house.payments()[0].reference
    assert "submitted" in run("payouts", "resolve", payment, "--as", "finance@example.org")[1]
    assert run("payouts", "cancel", ref, "--as", "finance@example.org")[0] == 1


AS = ("--as", "finance@example.org")
BATCH = ("payouts", "batch", "--fund", "small", "--rail", "sandbox")


@pytest.mark.parametrize(
    ("args", "status", "words"),
    [
        ((*BATCH, *AS), 1, "nothing is ready"),
        (("payouts", "batch", "--fund", "nowhere", "--rail", "sandbox", *AS), 2, "no such fund"),
        (("payouts", "batch", "--fund", "small", "--rail", "pigeon", *AS), 2, "no such rail"),
        (("payouts", "batch", "--fund", "small", "--rail", "stripe", *AS), 1, "STRIPE"),
        ((*BATCH, "--limit", "0", *AS), 2, "limit"),
        (BATCH, 2, "--as"),
        ((*BATCH, "--as", "nobody@example.org"), 2, "nobody on the staff"),
        ((*BATCH, "--as", "auditor@example.org"), 2, "may not"),
        (("payouts", "approve", "XXXX-XXXX", "--as", "approver@example.org"), 2, "no such batch"),
        (("payouts", "submit", "", *AS), 2, "no such batch"),
        (("payouts", "submit", "x" * 100_000, *AS), 2, "no such batch"),
        (("payouts", "status", "nothing"), 2, "no such batch"),
        (("payouts", "resolve", "0000000000", *AS), 1, "nothing of this payment"),
        (("payouts", "reconcile", "/no/such/file.csv"), 2, "no such file"),
        (("payouts", "reconcile", __file__), 2, "unknown column"),
        (("payouts", "reconcile", __file__, "--as", "approver@example.org"), 2, "may not"),
    ],
)
def test_what_is_wrong_is_one_line_and_changes_nothing(
    house: House, run: Command, args: tuple[str, ...], status: int, words: str
) -> None:
    before = everything_in(house.runtime)
    got, out, err = run(*args)
    assert (got, out) == (status, "")
    assert words in err
    assert err.count("\n") == 1
    assert everything_in(house.runtime) == before


def test_what_is_not_approved_is_not_submitted_and_the_maker_does_not_approve(
    house: House, run: Command
) -> None:
    house.award("01")
    ref = house.make("both")
    before = everything_in(house.runtime)
    assert run("payouts", "submit", ref, "--as", "both@example.org")[0] == 1
    got, _, err = run("payouts", "approve", ref, "--as", "both@example.org")
    assert (got, "Another person has to approve it" in err) == (1, True)
    assert everything_in(house.runtime) == before


def test_a_file_is_taken_whole_or_with_skip_bad_but_for_its_bad_rows(
    house: House, run: Command, tmp_path: Path
) -> None:
    file = tmp_path / "mixed.csv"
    file.write_text(f"{HEADER}2020-04-02,3.50,FEE,B,out\n2020-04-02,-1,X,B,out\nyesterday,1.00,X,B,out\n")
    before = everything_in(house.runtime)
    got, out, err = run("payouts", "reconcile", file, "--json")
    told = json.loads(out)
    assert (got, told["read"], told["imported"], told["rejected"]) == (2, 3, 0, 2)
    assert [one["line"] for one in told["problems"]] == [3, 4]
    assert err.count("\n") == 1
    assert everything_in(house.runtime) == before
    got, out, _ = run("payouts", "reconcile", file, "--skip-bad", "--json")
    assert (got, json.loads(out)["imported"]) == (0, 1)
    assert (tmp_path / "mixed.rejected.csv").read_text().count("\n") == 3


def test_a_line_of_another_year_is_refused(house: House, run: Command, tmp_path: Path) -> None:
    """It would settle a payment in that year's books."""
    file = tmp_path / "typed.csv"
    file.write_text(f"{HEADER}2021-04-02,200.00,X,B,out\n")
    before = everything_in(house.runtime)
    got, _, err = run("payouts", "reconcile", file)
    assert (got, "line 2, column date: the day is still to come" in err) == (2, True)
    assert everything_in(house.runtime) == before


def test_ten_megabytes_in_one_field_are_refused(house: House, run: Command, tmp_path: Path) -> None:
    file = tmp_path / "huge.csv"
    file.write_text(f"{HEADER}2020-04-02,3.50,{'x' * 10_000_000},B,out\n")
    got, _, err = run("payouts", "reconcile", file)
    assert (got, err.count("\n")) == (2, 1)
    assert len(err) < 400
