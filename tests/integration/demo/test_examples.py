"""The files in `docs/examples/` work as they stand."""

from pathlib import Path

from tests.support.shell import Shell

EXAMPLES = Path("docs/examples")


def test_the_examples_make_a_small_fund_from_nothing(tmp_path: Path) -> None:
    """Loaded, paid for, given to and asked of, in the order in which a newcomer would."""
    shell = Shell(tmp_path / "instance")
    shell.run("init")
    assert shell.json("fund", "load", str(EXAMPLES / "fund.toml"))["changed"] is True
    assert shell.json("fund", "load", str(EXAMPLES / "fund.toml"))["changed"] is False
    paid = shell.json(
        "import", "sponsor-payments", str(EXAMPLES / "sponsor-payments.csv"), "--fund", "example-fund"
    )
    given = shell.json("import", "contributions", str(EXAMPLES / "gifts.csv"), "--fund", "example-fund")
    asked = shell.json("import", "applications", str(EXAMPLES / "applications.csv"), "--round", "first-round")
    assert (paid["imported"], given["imported"], asked["imported"]) == (1, 3, 2)
    queue = shell.json("review", "list", "--round", "first-round")["applications"]
    assert [(case["ref"], case["eligibility"][0]["result"]) for case in queue] == [
        ("EX-A1", "met"),
        ("EX-A2", "not_met"),
    ]
    fund = shell.json("ledger", "check")["funds"][0]
    assert (fund["income"], fund["matched"], fund["spendable"]) == (165_000, 165_000, 330_000)
