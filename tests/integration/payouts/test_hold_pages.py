"""After a restore, on pages and by commands: finance sees why nothing is paid, and what comes next."""

import datetime as dt
import json

import pytest
from sqlmodel import select

from hardship.awards.models import Award
from hardship.core.actor import Role, operator
from hardship.core.runtime import Runtime
from hardship.jobs.doctor import examine
from hardship.payouts import held
from hardship.payouts.service.holding import hold_money
from tests.integration.applications.helpers import Command
from tests.integration.payouts.guarding import guarded_house
from tests.integration.payouts.helpers import GRANT, House, line
from tests.integration.payouts.test_pages import Browsers
from tests.integration.review.helpers import PASSWORD
from tests.integration.staff.signing import post

HOME = "/staff/payouts"
HOLD = f"{HOME}/hold"
DAY = {"through": ["1", "4", "2020"]}


@pytest.fixture
def house(sqlite_runtime: Runtime) -> House:
    """A fund whose finance, approver and auditor can sign in, with one award paid by a debit that nobody knows."""
    made = guarded_house(sqlite_runtime)
    for name, role in (("mia", Role.FINANCE), ("abe", Role.APPROVER), ("una", Role.AUDITOR)):
        made.join(name, role, password=PASSWORD)
    made.award("01")
    made.runtime.transact(operator(), hold_money, backup_made_at=made.runtime.clock.now())
    made.reconcile(line("Somebody", GRANT, on="2020-04-01"))
    return made


@pytest.fixture
def browsers(house: House) -> Browsers:
    """Browsers over the house."""
    return Browsers(house)


def the_line(house: House) -> int:
    """The debit that fits nothing."""
    with house.runtime.read() as session:
        return held.open_debits(session, dt.date(2020, 4, 1))[0].id or 0


def test_from_the_first_page_to_paying_again(house: House, browsers: Browsers) -> None:
    mia, abe = browsers["mia"], browsers["abe"]
    assert "backup was restored: nothing is paid" in mia.get("/staff/").text
    ref, number = house.make(), the_line(house)
    for page in (HOME, f"{HOME}/exceptions", f"{HOME}/{ref}", f"{HOME}/by-hand", f"{HOME}/unknown"):
        assert "Nothing is paid now" in browsers["una"].get(page).text, page
    refused = post(abe, f"{HOME}/{ref}/approve", {"seen": house.batch(ref).digest}, page=f"{HOME}/{ref}")
    assert refused.status_code == 409
    assert "nothing is paid since a backup was restored" in refused.text
    early = post(mia, HOLD, DAY | {"words": "The bank's list, all of it."}, page=HOLD)
    assert early.status_code == 422
    assert "1 debit since the backup fit" in early.text
    assert "The bank&#39;s list, all of it." in early.text, "what was typed is kept"

    at = f"{HOME}/exceptions/{number}"
    assert f"{at}/paid" in mia.get(at).text
    award = _award(house)
    assert award in mia.get(f"{at}/paid").text
    wrong = post(mia, f"{at}/paid", {"awards": "ZZZZ-ZZZZ", "why": "It says so."}, page=f"{at}/paid")
    assert wrong.status_code == 422
    assert "there is no such award" in wrong.text.casefold()
    assert "ZZZZ-ZZZZ" in wrong.text
    done = post(mia, f"{at}/paid", {"awards": award, "why": "The bank's list."}, page=f"{at}/paid")
    assert done.status_code == 303
    _approve(browsers)
    assert post(mia, HOLD, DAY | {"words": "The bank's list."}, page=HOLD).status_code == 303
    assert "waits for a second person" in mia.get(HOLD).text
    _approve(browsers)
    assert "Money may leave" in mia.get(HOLD).text
    assert "Nothing is paid now" not in mia.get(HOME).text


def _award(house: House) -> str:
    with house.runtime.read() as session:
        return session.exec(select(Award.ref)).one()


def _approve(browsers: Browsers) -> None:
    """The approver confirms the one proposal that waits."""
    abe = browsers["abe"]
    listed = abe.get("/staff/proposals").text
    ref = listed.partition("/staff/proposals/")[2].partition('"')[0]
    at = f"/staff/proposals/{ref}"
    answer = post(abe, at, {"approve": "Approve"}, page=at)
    assert answer.status_code == 303, answer.text


def test_who_only_reads_sees_it_and_may_not_end_it(house: House, browsers: Browsers) -> None:
    number = the_line(house)
    una = browsers["una"]
    assert "Say what you compared</h2>" not in una.get(HOLD).text
    assert post(una, HOLD, DAY | {"words": "All."}, page=HOLD).status_code == 403
    assert una.get(f"{HOME}/exceptions/{number}/paid").status_code == 403


def test_by_commands(
    house: House, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    command = Command(house.runtime, capsys, monkeypatch)
    number, award = the_line(house), _award(house)
    status, out, _ = command("payouts", "hold", "--json")
    told = json.loads(out)
    assert (status, told["held"], told["unknown"]) == (1, True, 0)
    assert told["debits"] == [{"line": number, "on": "2020-04-01", "amount": GRANT}]
    assert "nothing is paid" in command("payouts", "status")[1]
    asked = json.loads(command("payouts", "paid-by", number, "--as", "finance@example.org", "--json")[1])
    assert [one["award"] for one in asked["awards"]] == [award]
    given = ("--award", award, "--why", "The bank's list.", "--as", "finance@example.org", "--json")
    made = json.loads(command("payouts", "paid-by", number, *given)[1])
    command("proposals", "approve", made["proposal"], "--as", "approver@example.org")
    given = ("--through", "2020-04-01", "--compared", "All.", "--as", "finance@example.org", "--json")
    made = json.loads(command("payouts", "lift", *given)[1])
    (check,) = examine(house.runtime, ["money"])
    assert (check.ok, check.detail.startswith("waits since")) == (True, True)
    assert command("proposals", "approve", made["proposal"], "--as", "approver@example.org")[0] == 0
    assert command("payouts", "hold")[0] == 0
