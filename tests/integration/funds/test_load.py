"""`hardship fund load`: creates, updates, says what changed, and changes nothing when nothing changed."""

import json
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import col, select

from hardship.core.runtime import Runtime
from hardship.funds.models import Policy
from hardship.funds.queries import (
    bank_account_of,
    current_policy,
    fund_by_slug,
    grant_of,
    open_round,
    round_by_slug,
    rules_of,
)
from hardship.matching.models import MatchAgreement, MatchTerms
from hardship.matching.queries import pots_of
from tests.integration.matching.helpers import (
    Shell,
    events,
    everything_in,
    fund_toml,
    give,
    new_gift,
    set_clock,
)

BANK = '\n[fund.bank]\nname = "Charity"\nsort_code = "20-00-00"\naccount_number = "55779911"\n'


def with_bank(toml: str) -> str:
    """The file with an account to pay from."""
    return toml.replace("\n[[round]]", BANK + "\n[[round]]", 1)


def test_a_fund_is_created_once_and_again_is_no_change(runtime: Runtime, shell: Shell) -> None:
    """The first time everything is new; the second time nothing is, and nothing is stored."""
    path = shell.file("f.toml", with_bank(fund_toml({"exclude_donors": ["Ann Example"]})))
    first = shell.json("fund", "load", path)
    assert first["fund"] == "f"
    assert first["changed"] is True
    assert {line.split(":")[0] for line in first["changes"]} == {
        "+ fund f",
        "+ round spring",
        "+ policy of spring",
        "+ match M",
    }
    before = everything_in(runtime)
    assert shell.json("fund", "load", path) == {"fund": "f", "changes": [], "changed": False}
    code, out, _ = shell.run("fund", "load", path)
    assert (code, out) == (0, "fund f: no change\n")
    assert everything_in(runtime) == before
    assert "Ann Example" not in repr(before)
    assert "55779911" not in repr(before)
    with runtime.read() as session:
        fund = fund_by_slug(session, "f")
        assert bank_account_of(session, runtime.vault, fund) == ("Charity", "200000", "55779911")
        assert [pot.ref for pot in pots_of(session, fund.id or 0)] == ["M", "f"]


def test_a_change_is_shown_field_by_field_and_is_one_event_each(runtime: Runtime, shell: Shell) -> None:
    """Old and new stand side by side; what did not change is not mentioned."""
    shell.json("fund", "load", shell.file("f.toml", fund_toml({})))
    seen = len(events(runtime))
    changed = fund_toml({"cap": "120000.00", "ratio": "2:1"})
    changed = changed.replace('name = "Fund"', 'name = "The fund"').replace(
        'budget = "251000.00"', 'budget = "300000.00"'
    )
    changed = changed.replace("value = 50", "value = 60").replace('grant = "200.00"', 'grant = "250.00"')
    found = shell.json("fund", "load", shell.file("f.toml", changed))
    assert found["changes"] == [
        "~ fund f: name Fund → The fund",
        "~ round spring: budget 251000.00 → 300000.00",
        "~ policy of spring: version 1 → 2",
        "~ policy of spring: grant 200.00 → 250.00",
        "~ policy of spring: rule lost-income: value 50 → 60",
        "~ match M: num 1 → 2",
        "~ match M: cap 100000.00 → 120000.00",
    ]
    kinds = [event["kind"] for event in events(runtime)[seen:]]
    assert kinds == ["fund.changed", "round.changed", "policy.published", "match.varied"]


def test_a_published_policy_stays_and_a_new_version_follows(runtime: Runtime, shell: Shell) -> None:
    """Version 1 can still be read; the database itself refuses to alter it."""
    shell.json("fund", "load", shell.file("f.toml", fund_toml({})))
    shell.json("fund", "load", shell.file("f.toml", fund_toml({}).replace("value = 50", "value = 60")))
    with runtime.read() as session:
        policies = session.exec(select(Policy).order_by(col(Policy.version))).all()
        assert [rules_of(policy)[0]["value"] for policy in policies] == [50, 60]
        current = current_policy(session, round_by_slug(session, "spring").id or 0)
        assert (current.version, grant_of(current, {})) == (2, 20_000)
    with pytest.raises(DBAPIError, match="never changes"), runtime.database.writer.begin() as connection:
        connection.execute(text("UPDATE policy SET document = '{}'"))


def test_each_version_of_an_agreement_is_kept(runtime: Runtime, shell: Shell) -> None:
    """A variation makes a version; allocations keep the ratio that made them."""
    shell.json("fund", "load", shell.file("f.toml", fund_toml({})))
    give(runtime, new_gift("G-1", "10"))
    shell.json(
        "fund", "load", shell.file("f.toml", fund_toml({"ratio": "2:1", "exclude_donors": ["Ann Example"]}))
    )
    assert give(runtime, new_gift("G-2", "10", donor_name="Bo"))[0].matched == (("M", 2_000),)
    with runtime.read() as session:
        kept = session.exec(select(MatchTerms).order_by(col(MatchTerms.version))).all()
        assert [json.loads(one.document)["num"] for one in kept] == [1, 2]
        assert "Ann" not in kept[1].document
        assert session.exec(select(MatchAgreement.version)).one() == 2


def test_the_open_round_is_the_one_that_opened_last(runtime: Runtime, shell: Shell) -> None:
    """Before and after it there is none; of two the later one."""
    second = (
        '\n[[round]]\nslug = "late"\nopens = 2020-06-01T00:00:00Z\ncloses = 2020-07-31T00:00:00Z\n'
        'grant = "100.00"\nbudget = "1000.00"\n'
    )
    shell.json("fund", "load", shell.file("f.toml", fund_toml({}) + second))
    with runtime.read() as session:
        slugs = {}
        for at in ("2020-04-01T00:00:00Z", "2020-06-15T00:00:00Z", "2020-12-01T00:00:00Z"):
            set_clock(runtime, at)
            found = open_round(session, runtime.clock.now())
            slugs[at[:7]] = found.slug if found else None
    assert slugs == {"2020-04": "spring", "2020-06": "late", "2020-12": None}


BAD = {
    "an unknown field": ("public_name =", "publicname =", "unknown field 'publicname'"),
    "a fact that does not exist": ("income_loss_percent", "income_los_percent", "income_loss_percent"),
    "an operation that does not fit": ('op = ">="', 'op = "within_days"', "op"),
    "a rule without a reason": ('reason = "Your income has to have fallen by half or more."', "", "reason"),
    "a rule that decides": ('on_fail = "refer"', 'on_fail = "refuse"', "on_fail"),
    "an unknown field of a rule": ("on_fail =", "onfail =", "onfail"),
    "a band about a fact that does not exist": (
        'grant = "200.00"',
        'bands = [{when = "wealth >= 5", amount = "1.00"}]',
        "wealth",
    ),
    "a naive time": ("opens = 2020-03-20T09:00:00+00:00", "opens = 2020-03-20T09:00:00", "offset"),
}


def test_a_bad_file_is_refused_in_one_line(runtime: Runtime, shell: Shell) -> None:
    """Status 2, what is wrong, and an unchanged database: with no fund yet, and with one."""
    for _ in range(2):
        for name, (old, new, said) in BAD.items():
            line = shell.line("fund", "load", shell.file("bad.toml", fund_toml({}).replace(old, new, 1)))
            assert said in line, (name, line)
        shell.refused(
            "fund", "load", shell.file("bad.toml", fund_toml({}).replace("income_loss_percent", "x", 1))
        )
        assert "no such file" in shell.refused("fund", "load", "/nowhere/f.toml")
        shell.refused("fund", "load", str(Path(shell.folder)))
        shell.json("fund", "load", shell.file("f.toml", fund_toml({})))


def test_a_round_or_agreement_of_another_fund_is_not_taken_over(runtime: Runtime, shell: Shell) -> None:
    """Slugs of rounds and refs of agreements are one name in an instance."""
    shell.json("fund", "load", shell.file("f.toml", fund_toml({})))
    other = fund_toml({}).replace('slug = "f"', 'slug = "g"')
    assert "round" in shell.refused("fund", "load", shell.file("g.toml", other))
    other = other.replace('slug = "spring"', 'slug = "autumn"')
    assert "agreement" in shell.refused("fund", "load", shell.file("g.toml", other))


def test_a_cap_below_what_is_allocated_is_refused(runtime: Runtime, shell: Shell) -> None:
    """With the sum that is allocated; the file is not taken in part."""
    shell.json("fund", "load", shell.file("f.toml", fund_toml({})))
    give(runtime, new_gift("G-1", "500"))
    lower = fund_toml({"cap": "499.99"}).replace('name = "Fund"', 'name = "Other"')
    assert "£500.00" in shell.refused("fund", "load", shell.file("f.toml", lower))


def test_list_and_show(runtime: Runtime, shell: Shell) -> None:
    """The funds there are, and one of them with its policy."""
    assert shell.json("fund", "list") == {"funds": []}
    shell.json("fund", "load", shell.file("f.toml", fund_toml({})))
    assert shell.json("fund", "list")["funds"] == [{"fund": "f", "name": "Fund", "rounds": ["spring"]}]
    shown = shell.json("fund", "show", "f")
    assert shown["rounds"][0]["grant"] == {"amount_minor": 20_000}
    code, out, _ = shell.run("fund", "show", "f")
    assert code == 0
    assert "lost-income" in out
    shell.refused("fund", "show", "nowhere")


def test_what_only_the_database_can_tell_names_the_file_too(runtime: Runtime, shell: Shell) -> None:
    """A fact that does not exist, a reason of a whole page."""
    for old, new, said in (
        ("income_loss_percent", "shoe_size", "rule lost-income: field"),
        ('reason = "', 'reason = "' + "x" * 501, "longer than 500 characters"),
        ('id = "lost-income"', f'id = "{"x" * 61}"', "longer than 60 characters"),
    ):
        toml = fund_toml({})
        assert old in toml
        line = shell.refused("fund", "load", shell.file("f.toml", toml.replace(old, new, 1)))
        assert said in line
        assert line.startswith("hardship: f.toml, round spring: ")


def test_an_account_that_comes_and_goes_is_shown_without_its_number(runtime: Runtime, shell: Shell) -> None:
    """None, an account, another account, none."""
    toml = fund_toml({})
    other = with_bank(toml).replace("55779911", "55779912")
    said = [
        shell.json("fund", "load", shell.file("f.toml", one))["changes"]
        for one in (toml, with_bank(toml), other, toml)
    ]
    assert said[1:] == [
        ["~ fund f: bank none → an account"],
        ["~ fund f: bank one account → another account"],
        ["~ fund f: bank one account → none"],
    ]
