"""The demo ends as the contract says, and can be looked at again without change."""

from pathlib import Path

import pytest

from hardship.demo.cast import Cast, Story
from hardship.demo.gifts import COMMUNITY_MINOR, gifts
from tests.support.demo import load_and_check
from tests.support.shell import Shell


@pytest.mark.slow
def test_the_demo_ends_with_the_figures_of_the_contract(tmp_path: Path) -> None:
    """The whole fund through the real command, on SQLite."""
    load_and_check(Shell(tmp_path / "instance"))


def test_one_seed_tells_one_story() -> None:
    """The same people and gifts every time; another seed, other people."""
    assert Cast(2020).parts() == Cast(2020).parts()
    assert gifts(2020) == gifts(2020)
    assert Cast(2020).parts() != Cast(2021).parts()


@pytest.mark.parametrize("seed", [1, 2020, 99])
def test_gifts_come_to_what_they_have_to_before_the_last_week(seed: int) -> None:
    """Net of refunds, to the penny, and no two share a ref."""
    found = gifts(seed)
    assert sum(gift.amount_minor - gift.refund_minor for gift in found) == COMMUNITY_MINOR
    assert len({gift.ref for gift in found}) == len(found)


@pytest.mark.parametrize("seed", [1, 2020, 99])
def test_1255_people_are_to_be_granted(seed: int) -> None:
    """Whatever the seed, and the duplicates share an account with one of them."""
    cast = Cast(seed)
    parts = cast.joint_accounts(cast.parts())
    granted = [part for part in parts if part.story in {Story.GRANT, Story.OVERRIDE}]
    assert len(granted) == 1255
    accounts = {(part.answers["sort_code"], part.answers["account_number"]) for part in granted}
    doubled = [part for part in parts if part.story is Story.DUPLICATE]
    assert all((part.answers["sort_code"], part.answers["account_number"]) in accounts for part in doubled)


def test_half_a_replay_is_refused_and_says_what_to_do(tmp_path: Path) -> None:
    """A fund of that name without the end of the story is left alone."""
    shell = Shell(tmp_path / "instance")
    shell.run("init")
    document = Path("hardship/demo/fund.toml")
    assert shell.run("fund", "load", str(document)).code == 0
    ran = shell.run("demo", "load", "--json")
    assert ran.code == 2
    assert "broken off" in ran.data["error"]
    assert len(ran.err.strip().splitlines()) == 1
