"""docs/threat-model.md names every attack with the test that proves its defence, and every test that it names exists."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROW = re.compile(
    r"^\| (?P<number>\d+|–) \| (?P<attack>[^|]+) \| (?P<defence>[^|]+) \| (?P<tests>[^|]+) \|$", re.MULTILINE
)
NAMED = re.compile(r"`(?P<path>[a-z_/0-9]+)::(?P<test>[a-z_0-9]+)`")
TEXT = (ROOT / "docs" / "threat-model.md").read_text()
ROWS = [match.groupdict() for match in ROW.finditer(TEXT)]


@cache
def functions_in(path: Path) -> set[str]:
    """The functions in a file, also those of its classes."""
    return {node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)}


def test_every_attack_has_a_row() -> None:
    numbers = [int(row["number"]) for row in ROWS if row["number"] != "–"]
    assert numbers == list(range(1, 31))
    assert len(ROWS) >= 35


@pytest.mark.parametrize("row", ROWS, ids=[f"{row['number']} {row['attack'][:30]}" for row in ROWS])
def test_its_tests_exist(row: dict[str, str]) -> None:
    named = NAMED.findall(row["tests"])
    assert named, f"{row['attack']} names no test"
    for path, test in named:
        file = ROOT / "tests" / f"{path}.py"
        assert file.is_file(), file
        assert test in functions_in(file), f"{path} has no {test}"
