"""The commands of limits, sanctions, payment by hand, recalls, recoveries and sign-off: figures, and one clear line."""

import json
from pathlib import Path

import pytest

from hardship.core.runtime import Runtime
from tests.integration.applications.helpers import Command, everything_in
from tests.integration.payouts.guarding import a_list, award_to, guarded_house, limited, payment_of
from tests.integration.payouts.helpers import House

FIN, APP, LEAD = "finance@example.org", "approver@example.org", "lead@example.org"
ENTRY = ("RUS0001", "Viktor", "Sanktionov", "07/10/1952")


@pytest.fixture
def house(sqlite_runtime: Runtime) -> House:
    """What a command says does not depend on the database."""
    return guarded_house(sqlite_runtime)


@pytest.fixture
def run(
    sqlite_runtime: Runtime, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Command:
    """The command line."""
    return Command(sqlite_runtime, capsys, monkeypatch)


def said(answer: tuple[int, str, str]) -> dict[str, object]:
    """What a command gave as JSON; it did well."""
    status, out, err = answer
    assert (status, err) == (0, ""), answer
    return dict(json.loads(out))


def refused(answer: tuple[int, str, str], status: int = 2) -> str:
    """The one line of a command that refused."""
    assert (answer[0], answer[1]) == (status, ""), answer
    assert answer[2].count("\n") == 1
    return answer[2]


def test_sanctions_from_import_to_the_officers_word(house: House, run: Command, tmp_path: Path) -> None:
    assert run("sanctions", "status")[0] == 1
    award_to(house, "Viktor Sanktionov")
    file = tmp_path / "list.csv"
    file.write_bytes(a_list(ENTRY))
    done = said(run("sanctions", "import", file, "--as", FIN, "--json"))
    assert done == {"published": "2020-04-01", "entries": 1, "names": 1, "changed": True, "held": 1}
    assert said(run("sanctions", "import", file, "--json"))["changed"] is False
    assert said(run("sanctions", "status", "--json"))["open"] == 1
    hits = said(run("sanctions", "hits", "--state", "open", "--json"))["hits"]
    assert isinstance(hits, list)
    ref = hits[0]["ref"]
    batch = ("payouts", "batch", "--fund", "small", "--rail", "sandbox", "--as", FIN)
    assert "nothing is ready" in refused(run(*batch), 1)
    before = everything_in(house.runtime)
    refused(run("sanctions", "clear", ref, "--why", " ", "--as", LEAD))
    refused(run("sanctions", "clear", "NONE", "--why", "x", "--as", LEAD))
    refused(run("sanctions", "confirm", ref, "--why", "x", "--as", FIN))
    refused(run("sanctions", "confirm", ref, "--why", "x"))
    assert everything_in(house.runtime) == before
    done = said(run("sanctions", "clear", ref, "--why", "Another year of birth.", "--as", LEAD, "--json"))
    assert done == {"hit": ref, "state": "cleared"}
    assert said(run(*batch, "--json"))["count"] == 1


def test_a_file_that_is_no_list_changes_nothing(house: House, run: Command, tmp_path: Path) -> None:
    before = everything_in(house.runtime)
    file = tmp_path / "list.csv"
    for content in (
        b"",
        b"a,b\n1,2\n",
        b"<html/>",
        b"<!DOCTYPE x []><Designations/>",
        a_list(ENTRY, day="soon"),
    ):
        file.write_bytes(content)
        refused(run("sanctions", "import", file, "--as", FIN))
    file.write_bytes(a_list(ENTRY, day="soon"))
    refused(run("sanctions", "import", file, "--published", "soon"))
    refused(run("sanctions", "import", tmp_path / "none.csv"))
    refused(run("sanctions", "import", file, "--as", "nobody@example.org"))
    assert everything_in(house.runtime) == before
    assert (
        said(run("sanctions", "import", file, "--published", "2020-03-31", "--json"))["published"]
        == "2020-03-31"
    )


def test_limits_are_set_in_the_funds_file_and_refuse_in_one_line(
    house: House, run: Command, tmp_path: Path
) -> None:
    limited(house.runtime, per_person_daily="100.00", batch="1000.00")
    house.award("01")
    ref = house.make()
    line = refused(run("payouts", "approve", ref, "--as", APP), 1)
    assert "of the £100.00 that you may approve in a day £100.00 is left" in line
    from tests.integration.applications.helpers import FUND

    plain = FUND.format(bank_details="choice")
    for more, what in (
        ('[fund.limits]\nbatch = "0.00"\n', "above 0.00"),
        ("[fund.limits]\nbatch = 500\n", "amount in quotes"),
        ('[fund.limits]\nper_day = "500.00"\n', "unknown field"),
    ):
        file = tmp_path / "fund.toml"
        file.write_text(plain.replace("\n[[round]]", f"\n{more}\n[[round]]", 1))
        before = everything_in(house.runtime)
        assert what in refused(run("fund", "load", file))
        assert everything_in(house.runtime) == before
    file.write_text(plain.replace('role = "principal"', 'role = "principal"\nsanctions_officer = "me"', 1))
    assert "not an e-mail address" in refused(run("fund", "load", file))


def test_by_hand_takes_two_and_says_what_is_wrong(house: House, run: Command) -> None:
    award = award_to(house, "Person One")
    common = ("--way", "cash", "--by", "Rita", "--reference", "R-17", "--as", FIN)
    before = everything_in(house.runtime)
    refused(run("payouts", "by-hand", award.ref, *common, "--on", "yesterday"))
    refused(run("payouts", "by-hand", award.ref, *common, "--on", "2020-04-02"))
    refused(run("payouts", "by-hand", "NONE", *common, "--on", "2020-04-01"))
    refused(run("payouts", "by-hand", award.ref, "--way", "gold", "--on", "2020-04-01"))
    refused(run("payouts", "by-hand", award.ref, *common[:-1], APP, "--on", "2020-04-01"))
    assert everything_in(house.runtime) == before
    made = said(run("payouts", "by-hand", award.ref, *common, "--on", "2020-04-01", "--json"))
    assert made["done"] is False
    refused(run("proposals", "approve", str(made["proposal"]), "--as", FIN))
    assert run("proposals", "approve", str(made["proposal"]), "--as", APP)[0] == 0
    assert house.states() == {payment_of(house, award).state: 1}
    assert payment_of(house, award).state.value == "paid_externally"


def test_recall_and_recovery_from_the_command_line(house: House, run: Command) -> None:
    award = award_to(house, "Person One")
    ref = house.make()
    house.approve(ref)
    house.submit(ref)
    house.work()
    payment = payment_of(house, award).reference
    refused(run("payouts", "recall", "NONE", "--why", "x", "--as", FIN))
    made = said(run("payouts", "recall", payment, "--why", "Sent twice.", "--as", FIN, "--json"))
    refused(run("payouts", "recall", payment, "--why", "x", "--as", FIN), 1)
    assert len(said(run("payouts", "recalls", "--state", "requested", "--json"))["recalls"]) == 1  # type: ignore[arg-type]
    refused(run("payouts", "recall-refused", str(made["recall"]), "--answer", "", "--as", FIN))
    assert (
        said(run("payouts", "recall-refused", str(made["recall"]), "--answer", "No.", "--as", FIN, "--json"))[
            "state"
        ]
        == "refused"
    )
    opening = ("recoveries", "open", award.ref, "--why", "Two of one name.", "--as", FIN)
    refused(run(*opening, "--found-on", "1.4.2020"))
    refused(run(*opening, "--found-on", "2020-04-02"))
    back = said(run(*opening, "--found-on", "2020-04-01", "--json"))
    receive = (
        "recoveries",
        "receive",
        str(back["recovery"]),
        "--bank-ref",
        "HB 1",
        "--received-on",
        "2020-04-01",
    )
    for amount in ("0.00", "-1.00", "12.345", "NaN", "1e9", "٣"):
        refused(run(*receive, "--amount", amount, "--as", FIN))
    refused(run(*receive, "--amount", "200.01", "--as", FIN), 1)
    done = said(run(*receive, "--amount", "50.00", "--as", FIN, "--json"))
    assert (done["state"], done["recovered"]) == ("open", 5_000)
    off = said(
        run("recoveries", "write-off", str(back["recovery"]), "--why", "Letters.", "--as", FIN, "--json")
    )
    assert run("proposals", "approve", str(off["proposal"]), "--as", APP)[0] == 0
    listed = said(run("recoveries", "list", "--json"))["recoveries"]
    assert isinstance(listed, list)
    assert (listed[0]["state"], listed[0]["written_off"]) == ("written_off", 15_000)


def test_accounts_are_signed_off_and_name_checks_noted(house: House, run: Command) -> None:
    award_to(house, "Person One")
    house.make()
    payment = house.payments()[0].reference
    refused(run("payouts", "name-check", payment, "--result", "Maya", "--as", FIN))
    noted = said(run("payouts", "name-check", payment, "--result", "mbam", "--as", FIN, "--json"))
    assert noted == {"payment": payment, "result": "MBAM"}
    refused(run("accounts", "sign-off", "--fund", "none", "--through", "2020-03-31", "--as", FIN))
    refused(run("accounts", "sign-off", "--fund", "small", "--through", "2020-04-01", "--as", FIN))
    made = said(
        run("accounts", "sign-off", "--fund", "small", "--through", "2020-03-31", "--as", FIN, "--json")
    )
    assert run("proposals", "approve", str(made["proposal"]), "--as", APP)[0] == 0
    assert said(run("accounts", "list", "--json"))["sign_offs"] == [
        {"fund": "small", "round": None, "through": "2020-03-31"}
    ]


def test_the_log_and_the_doctor_know_everything_that_was_done(
    house: House, run: Command, tmp_path: Path
) -> None:
    from tests.integration.payouts.guarding import propose_hand, second

    file = tmp_path / "list.csv"
    file.write_bytes(a_list(ENTRY))
    award_to(house, "Viktor Sanktionov")
    first = award_to(house, "Person One")
    second(house, propose_hand(house, first))
    run("sanctions", "import", file, "--as", FIN)
    assert run("audit", "verify", "--json")[0] == 0
    status, out, _ = run("doctor", "--json", "--only", "I")
    assert (status, json.loads(out)["ok"]) == (0, True), out
    assert "sanctions list" in run("doctor", "--json")[1]
