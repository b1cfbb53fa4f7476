"""What the demo has to come to, on either database."""

from tests.support.shell import Shell

GRANTED, COMMUNITY, MATCHED = 25_100_000, 15_100_000, 10_000_000


def load_and_check(shell: Shell) -> None:
    """Load the demo into an empty instance and compare every figure that the contract names."""
    shell.run("init")
    told = shell.json("demo", "load")
    assert told["grants"] == told["approved"] == 1255
    assert told["granted"] == GRANTED
    assert told["community"] == COMMUNITY
    assert told["matched"] == MATCHED
    assert told["applications"] > 1255 + told["declined"]
    assert told["referred"] > 0

    books = shell.json("ledger", "check")
    assert books["balanced"] is True
    assert books["problems"] == []
    assert books["clearing"] == 0
    fund = next(one for one in books["funds"] if one["fund"] == "hardship-2020")
    assert fund["paid"] == fund["awarded"] == GRANTED
    assert fund["matched"] == MATCHED
    assert fund["spendable"] == fund["cash"] == fund["payable"] == fund["in_flight"] == 0

    match = shell.json("match", "status")["agreements"]
    assert [(one["ref"], one["allocated"], one["remaining"]) for one in match] == [("LC-2020", MATCHED, 0)]
    paid = shell.json("payouts", "status")["by_state"]
    assert paid["paid"] == {"count": 1255, "amount": GRANTED}
    assert shell.json("audit", "verify")["ok"] is True
    assert shell.json("doctor")["ok"] is True
    again = shell.json("demo", "load")
    assert {**again, "seconds": 0} == {**told, "seconds": 0}
