"""Scenarios 1, 3 and 4: each figure is what the ledger, the commands, the pages and the statement all show."""

import json
from pathlib import Path
from typing import Any

import pytest

from hardship.app import create_app
from hardship.applications.transitions import ApplicationState
from hardship.core.actor import Role, operator
from hardship.core.runtime import Runtime
from hardship.staff.service import add
from tests.integration.matching.helpers import Shell, set_clock
from tests.integration.matching.test_pages import words
from tests.integration.review.helpers import PASSWORD, SECRET, Panel, a_panel
from tests.integration.staff.signing import sign_in

ADVANCE = """
[[match]]
ref = "ADV"
sponsor = "Early company"
ratio = "1:1"
cap = "100000.00"
opens = 2020-03-20T00:00:00+00:00
closes = 2020-06-30T23:59:59+01:00
channels = ["cash"]
paid = "in_advance"
reclaimable = true
unused = "return"
"""

ARREARS = """
[[match]]
ref = "LATE"
sponsor = "Late company"
ratio = "4:1"
cap = "40000.00"
opens = 2020-03-20T00:00:00+00:00
closes = 2020-06-30T23:59:59+01:00
channels = ["cash"]
paid = "in_arrears"
"""


CAPPED = ADVANCE.replace("ADV", "LC-2020").replace("in_advance", "in_arrears")


class Witness:
    """Reads one agreement's figures everywhere where they are shown."""

    def __init__(self, panel: Panel, shell: Shell, agreement: str) -> None:
        self.panel = panel
        self.shell = shell
        self.agreement = agreement
        self.client = create_app(panel.runtime, testing=True).test_client()
        panel.runtime.transact(operator(), add, "eyes@example.org", (Role.AUDITOR,), PASSWORD, SECRET)

    def books(self) -> dict[str, Any]:
        """The fund's figures in the ledger, which is in order."""
        found = self.shell.json("ledger", "check")
        assert found["problems"] == []
        figures: dict[str, Any] = found["funds"][0]
        return figures

    def status(self) -> dict[str, Any]:
        """The agreement's figures by command."""
        (found,) = self.shell.json("match", "status", "--agreement", self.agreement)["agreements"]
        return dict(found)

    def page(self) -> str:
        """The agreement's page, on one line."""
        sign_in(self.client, self.panel.runtime, "eyes@example.org")
        return words(self.client, f"/staff/agreements/{self.agreement}")

    def statement(self, first: str, last: str) -> dict[str, Any]:
        """A statement, issued: what the command says, which is what its JSON file says."""
        out = self.shell.folder / first
        said = self.shell.json(
            "statements",
            "issue",
            "--agreement",
            self.agreement,
            "--from",
            first,
            "--to",
            last,
            "--out",
            str(out),
        )
        (file,) = [name for name in said["files"] if name.endswith(".json")]
        frozen = json.loads(Path(file).read_text())
        assert {key: frozen[key] for key in ("cap", "allocated", "headroom", "movements", "closing")} == {
            key: said[key] for key in ("cap", "allocated", "headroom", "movements", "closing")
        }
        return said


@pytest.fixture
def shell(
    runtime: Runtime, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Shell:
    """`hardship …` on the runtime of both databases."""
    return Shell(runtime, tmp_path, capsys, monkeypatch)


def test_scenario_1_cap_reached_mid_gift_on_every_page_and_statement(runtime: Runtime, shell: Shell) -> None:
    """£99,930.00 is allocated; £200.00 arrives: match £70.00, unmatched £130.00, `cap_exhausted`."""
    panel = a_panel(runtime, more=CAPPED)
    eyes = Witness(panel, shell, "LC-2020")
    panel.give(9_993_000)
    assert (eyes.status()["allocated"], eyes.status()["remaining"]) == (9_993_000, 7_000)
    panel.give(20_000)
    said = shell.json("match", "explain", "G-2")
    assert [(one["agreement"], one["amount"]) for one in said["allocations"]] == [("LC-2020", 7_000)]
    assert (said["unmatched"], said["reasons"]) == (
        13_000,
        [{"agreement": "LC-2020", "code": "cap_exhausted"}],
    )
    assert (eyes.status()["allocated"], eyes.status()["remaining"]) == (10_000_000, 0)
    assert eyes.books()["matched"] == 10_000_000
    assert "Headroom £0.00" in eyes.page()
    gift = words(eyes.client, "/staff/gifts/G-2")
    for shown in ("£70.00", "£130.00", "what was agreed is used up"):
        assert shown in gift, shown
    stated = eyes.statement("2020-04-01", "2020-04-01")
    assert (stated["allocated"], stated["headroom"], stated["movements"]["earned"]) == (
        10_000_000,
        0,
        10_000_000,
    )


def test_scenario_3_paid_in_advance_and_returned_at_the_close(runtime: Runtime, shell: Shell) -> None:
    """£100,000.00 before any gift: spendable nothing, unearned all of it. Gifts of £30,000.00: spendable £60,000.00,
    unearned £70,000.00, which is due to the sponsor at the close, and goes back."""
    panel = a_panel(runtime, more=ADVANCE)
    eyes = Witness(panel, shell, "ADV")
    at = "2020-04-01T08:00:00+00:00"
    shell.json("match", "receive", "ADV", "--amount", "100000.00", "--received-at", at, "--bank-ref", "A-1")
    assert (eyes.books()["spendable"], eyes.books()["unearned"]) == (0, 10_000_000)
    assert (eyes.status()["unearned"], eyes.status()["outstanding"]) == (10_000_000, 0)

    panel.give(3_000_000)
    figures = eyes.books()
    assert (figures["spendable"], figures["unearned"], figures["matched"]) == (
        6_000_000,
        7_000_000,
        3_000_000,
    )
    assert (eyes.status()["unearned"], eyes.status()["remaining"]) == (7_000_000, 7_000_000)
    page = eyes.page()
    for shown in (
        "Headroom £70,000.00",
        "Sponsor account £70,000.00 received and not earned",
        "Unspent match £30,000.00",
    ):
        assert shown in page, shown
    stated = eyes.statement("2020-04-01", "2020-04-01")
    assert (stated["allocated"], stated["headroom"]) == (3_000_000, 7_000_000)
    assert stated["closing"] == {"sponsor_account": 7_000_000, "unspent_match": 3_000_000}

    set_clock(runtime, "2020-07-01T09:00:00+00:00")
    done = shell.json("match", "close", "ADV")
    assert (done["due_back"], done["rolled"], done["lapsed"]) == (7_000_000, 0, 0)
    figures = eyes.books()
    assert (figures["spendable"], figures["unearned"], figures["cash"]) == (6_000_000, 0, 13_000_000)
    due = [
        one for one in shell.json("ledger", "balances")["balances"] if one["account"] == "sponsor_refunds_due"
    ]
    assert [one["balance"] for one in due] == [-7_000_000]
    assert "£70,000.00 was not earned and is due back to the sponsor" in eyes.page()

    back = "2020-07-02T09:00:00+00:00"
    set_clock(runtime, back)
    shell.json("match", "repay", "ADV", "--amount", "70000.00", "--paid-at", back, "--bank-ref", "A-2")
    figures = eyes.books()
    assert (figures["spendable"], figures["cash"]) == (6_000_000, 6_000_000)
    stated = eyes.statement("2020-04-02", "2020-07-02")
    assert stated["opening"] == {"sponsor_account": 7_000_000, "unspent_match": 3_000_000}
    assert stated["movements"] == {"received": 0, "earned": 0, "reversed": 0, "repaid": 7_000_000, "drawn": 0}
    assert stated["closing"] == {"sponsor_account": 0, "unspent_match": 3_000_000}
    page = eyes.page()
    assert "Sponsor account £0.00" in page
    assert "due back" not in page
    assert shell.json("audit", "verify")["ok"]


def test_scenario_4_late_sponsor_on_every_page_and_statement(runtime: Runtime, shell: Shell) -> None:
    """£40,000.00 matched in arrears, none received, £12,000.00 of cash: of 61 awards of £200.00 60 pass and one is refused
    whole. £25,000.00 arrives: spendable £25,000.00, outstanding £15,000.00."""
    panel = a_panel(runtime, more=ARREARS)
    panel.runtime.transact(operator(), _raise_budget)
    eyes = Witness(panel, shell, "LATE")
    panel.give(1_200_000)
    assert (eyes.books()["cash"], eyes.books()["spendable"]) == (1_200_000, 1_200_000)
    assert (eyes.status()["allocated"], eyes.status()["outstanding"]) == (4_000_000, 4_000_000)

    granted = [panel.approve(panel.case()) for _ in range(61)]
    assert [bool(one.award_ref) for one in granted] == [True] * 60 + [False]
    assert granted[-1].state is ApplicationState.IN_REVIEW
    figures = eyes.books()
    assert (figures["awarded"], figures["payable"], figures["spendable"]) == (1_200_000, 1_200_000, 0)

    at = "2020-04-01T08:30:00+00:00"
    shell.json("match", "receive", "LATE", "--amount", "25000.00", "--received-at", at, "--bank-ref", "L-1")
    assert eyes.books()["spendable"] == 2_500_000
    assert (eyes.status()["received"], eyes.status()["outstanding"]) == (2_500_000, 1_500_000)
    page = eyes.page()
    for shown in (
        "Sponsor account −£15,000.00 the sponsor owes this",
        "Outstanding £15,000.00",
        "Received £25,000.00",
        "Unspent match £40,000.00",
    ):
        assert shown in page, shown
    stated = eyes.statement("2020-04-01", "2020-04-01")
    assert stated["movements"] == {
        "received": 2_500_000,
        "earned": 4_000_000,
        "reversed": 0,
        "repaid": 0,
        "drawn": 0,
    }
    assert stated["closing"] == {"sponsor_account": -1_500_000, "unspent_match": 4_000_000}
    assert shell.json("match", "tranches", "--agreement", "LATE")["agreements"][0]["askable"] == 1_500_000


def _raise_budget(tx: Any) -> None:
    """Enough budget for sixty-one awards."""
    from sqlalchemy import text

    tx.session.connection().execute(text("UPDATE round SET budget_minor = 100000000"))
