"""`hardship review …`: the contract's keys and exit statuses, and bad input."""

import json

import pytest

from hardship.core.runtime import Runtime
from tests.integration.applications.helpers import Command, everything_in, stored
from tests.integration.review.helpers import Panel, a_panel


@pytest.fixture
def panel(runtime: Runtime) -> Panel:
    """A panel without money."""
    return a_panel(runtime)


@pytest.fixture
def command(runtime: Runtime, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """`hardship …` on this runtime."""
    return Command(runtime, capsys, monkeypatch)


def decide(
    command: Command, ref: str, who: str, outcome: str = "approve", reason: str = "meets_policy"
) -> tuple[int, str, str]:
    return command(
        "review",
        "decide",
        ref,
        "--outcome",
        outcome,
        "--reason",
        reason,
        "--as",
        f"{who}@example.org",
        "--json",
    )


def test_the_list_has_the_contracts_keys_and_opens_nothing(command: Command, panel: Panel) -> None:
    account = {"sort_code": "20-29-59", "account_number": "12345678"}
    first, second = panel.case(**account), panel.case(**account, income_now="1100.00")
    panel.vote("ash", second)
    status, out, err = command("review", "list", "--round", "spring", "--json")
    assert (status, err) == (0, "")
    listed = json.loads(out)["applications"]
    by_ref = {one["ref"]: one for one in listed}
    assert set(by_ref) == {first, second}
    case = by_ref[second]
    assert set(case) == {"ref", "state", "votes", "referred", "eligibility", "waiting_days"}
    assert (case["state"], case["votes"], case["waiting_days"]) == ("in_review", 1, 0)
    assert set(case["referred"][0]) == {"signal", "strength", "sentence"}
    assert [set(one) for one in case["eligibility"]] == [{"rule", "result", "reason"}]
    assert (by_ref[first]["eligibility"][0]["result"], case["eligibility"][0]["result"]) == ("met", "not_met")
    for secret in ("Person", "12345678", "example.org"):
        assert secret not in out
    assert second in command("review", "list", "--round", "spring")[1]


def test_a_decided_case_leaves_the_list(command: Command, panel: Panel) -> None:
    panel.give(20_000)
    panel.approve(panel.case())
    assert json.loads(command("review", "list", "--round", "spring", "--json")[1]) == {"applications": []}
    assert "Nothing waits" in command("review", "list", "--round", "spring")[1]


def test_decide_tells_state_votes_quorum_and_award(command: Command, panel: Panel) -> None:
    panel.give(20_000)
    ref = panel.case()
    status, out, err = decide(command, ref, "ash")
    assert (status, err) == (0, "")
    assert json.loads(out) == {"ref": ref, "state": "in_review", "votes": 1, "quorum": 2, "award": None}
    status, out, err = decide(command, ref, "bryn")
    assert (status, err) == (0, "")
    assert json.loads(out) == {
        "ref": ref,
        "state": "approved",
        "votes": 2,
        "quorum": 2,
        "award": panel.award(ref).ref,
    }


def test_a_last_vote_that_cannot_be_honoured_is_kept_and_exits_one(command: Command, panel: Panel) -> None:
    ref = panel.case()
    decide(command, ref, "ash")
    status, out, err = decide(command, ref, "bryn")
    assert status == 1
    assert json.loads(out) == {"ref": ref, "state": "in_review", "votes": 2, "quorum": 2, "award": None}
    assert len(err.splitlines()) == 1
    assert "£200.00 short" in err
    assert stored(panel.runtime, ref).referred
    panel.give(20_000)
    assert decide(command, ref, "bryn")[0] == 0


@pytest.mark.parametrize(
    ("outcome", "reason", "who", "said"),
    [
        ("maybe", "meets_policy", "ash", "maybe"),
        ("approve", "because", "ash", "because"),
        ("approve", "not_eligible", "ash", "no reason to approve"),
        ("approve", "duplicate", "ash", "no reason to approve"),
        ("approve", "meets_policy", "nobody", "nobody on the staff"),
        ("approve", "meets_policy", "finance", "reviewer"),
    ],
)
def test_bad_input_is_one_line_exit_two_and_no_change(
    command: Command, panel: Panel, outcome: str, reason: str, who: str, said: str
) -> None:
    ref = panel.case()
    before = everything_in(panel.runtime)
    status, out, err = decide(command, ref, who, outcome, reason)
    assert status == 2
    assert said in err
    assert len(err.splitlines()) == 1
    assert list(json.loads(out)) == ["error"]
    assert everything_in(panel.runtime) == before


def test_every_reason_of_the_contract_is_enough_by_itself(command: Command, panel: Panel) -> None:
    for reason in ("not_eligible", "duplicate", "no_evidence", "no_budget", "other"):
        status, out, _ = decide(command, panel.case(), "ash", "decline", reason)
        assert status == 0
        assert json.loads(out)["votes"] == 1


@pytest.mark.parametrize("ref", ["NONE-0000", "", "x" * 5000, "' OR 1=1 --"])
def test_an_unknown_case_is_said_so(command: Command, panel: Panel, ref: str) -> None:
    assert panel
    status, _, err = decide(command, ref, "ash")
    assert status == 2
    assert len(err.splitlines()) == 1


def test_an_unknown_round_is_said_so(command: Command, panel: Panel) -> None:
    assert panel
    assert command("review", "list", "--round", "none")[0] == 2
    assert command("review", "list")[0] == 2


def test_somebody_in_conflict_cannot_decide_from_the_shell_either(command: Command, panel: Panel) -> None:
    from hardship.review.service import declare_conflict

    ref = panel.case()
    panel.runtime.transact(panel["ash"], declare_conflict, application_id=panel.number(ref))
    status, _, err = decide(command, ref, "ash")
    assert status == 2
    assert "conflict" in err
