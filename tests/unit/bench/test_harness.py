"""The benchmarks' harness: ratios the right way round, medians, aims, and the shape of what `make bench` prints."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.bench.figures import FIGURES, MODULE, kinds_of
from tests.bench.harness import (
    ROUNDS,
    WHOLE,
    Aim,
    Comparison,
    Measured,
    Size,
    compare,
    percentile,
    rounded,
    seconds_each,
)
from tests.bench.places import DATABASES, Place, place


def told(*values: float) -> Callable[[], float]:
    """A side that takes as long as it is told, round by round."""
    left: Iterator[float] = iter(values)
    return lambda: next(left)


def test_speed_is_ours_over_the_baseline() -> None:
    """Twice as long an operation is half the speed."""
    found = compare(told(2.0, 2.0, 2.0), told(1.0, 1.0, 1.0))
    assert found.speed == 0.5
    assert found.times == 2.0


def test_a_round_that_went_wrong_does_not_count() -> None:
    """The median of the rounds' ratios, not their mean, and not the ratio of two rounds that never met."""
    found = compare(told(1.0, 90.0, 3.0), told(1.0, 1.0, 1.0))
    assert found.times == 3.0
    slow_machine = compare(told(2.0, 20.0, 200.0), told(1.0, 10.0, 100.0))
    assert slow_machine.times == 2.0


def test_the_sides_take_turns_and_change_who_goes_first() -> None:
    """Three rounds; each side once in each."""
    went: list[str] = []

    def side(name: str) -> Callable[[], float]:
        return lambda: went.append(name) or 1.0  # type: ignore[func-returns-value]

    compare(side("ours"), side("base"))
    assert went == ["base", "ours", "ours", "base", "base", "ours"]
    assert ROUNDS == 3


def test_details_are_medians_of_both_sides() -> None:
    """Operations a second, and milliseconds."""
    details = Comparison([0.002, 0.004, 0.5], [0.001, 0.001, 0.001]).details("a gift", "a row")
    assert details["ours"] == {"what": "a gift", "per_second": 250.0, "ms": 4.0}
    assert details["baseline"] == {"what": "a row", "per_second": 1000.0, "ms": 1.0}
    assert details["rounds"] == 3


def test_an_aim_may_differ_between_the_databases() -> None:
    """One number for both, or one each."""
    aim = Aim.at_least(0.35, 0.2)
    assert not aim.met("sqlite", 0.3)
    assert aim.met("postgresql", 0.3)
    assert (aim.text("sqlite"), aim.text("postgresql")) == (">= 0.35", ">= 0.2")
    assert Aim.at_most(3).met("postgresql", 3.0)
    assert not Aim.at_most(3).met("sqlite", 3.01)


def test_a_figure_of_one_number() -> None:
    """The shape of one figure on one database."""
    described = Measured({WHOLE: 0.41237}, {"rounds": 3}).described({WHOLE: Aim.at_least(0.35)}, "sqlite")
    assert described == {"value": 0.4124, "aim": ">= 0.35", "met": True, "rounds": 3}


def test_a_figure_of_several_parts_is_met_when_each_part_is() -> None:
    """Parts without an aim are shown and not judged."""
    aims = {"1000": Aim.at_most(25), "10": Aim.at_most(25)}
    described = Measured({"10": 3.0, "1000": 26.0, "100": 99.0}).described(aims, "sqlite")
    assert described["value"] == {"10": 3.0, "1000": 26.0, "100": 99.0}
    assert described["aim"] == {"1000": "<= 25", "10": "<= 25"}
    assert described["met"] is False
    assert Measured({"100": 99.0}).described(aims, "sqlite")["met"] is None


def test_a_figure_without_an_aim() -> None:
    """Shown as it is."""
    described = Measured({WHOLE: 200.0}).described({}, "sqlite")
    assert described == {"value": 200.0, "aim": None, "met": None}


def test_percentiles_and_rounding() -> None:
    """The smallest value that enough of the values do not exceed."""
    values = [float(number) for number in range(100, 0, -1)]
    assert percentile(values, 0.95) == 95.0
    assert percentile(values, 1.0) == 100.0
    assert percentile([7.0], 0.95) == 7.0
    assert rounded(123456.0) == 123500.0
    assert rounded(0.00123456) == 0.001235


def test_an_operation_is_told_its_number() -> None:
    """So that each can be another."""
    seen: list[int] = []
    assert seconds_each(seen.append, 4) >= 0.0
    assert seen == [0, 1, 2, 3]
    assert (Size(quick=True).pick(9, 3), Size().pick(9, 3)) == (3, 9)


def test_every_figure_has_its_module_and_its_databases() -> None:
    """Of the contract's figures none is without a module; each module says its aims."""
    folder = Path(__file__).parents[2] / "bench" / "figures"
    for name in FIGURES:
        assert (folder / f"{MODULE[name]}.py").is_file(), name
        assert set(kinds_of(name)) <= set(DATABASES)
    assert {path.stem for path in folder.glob("*.py")} == {*MODULE.values(), "__init__"}


def test_a_seed_is_made_once_and_whole(tmp_path: Path) -> None:
    """A copy can be written to, and leaves the seed as it was; a seed that failed is not there."""
    made: list[str] = []

    def count(at: Place) -> int:
        runtime = at.copy("small", lambda new: made.append(new.database.dialect))
        with runtime.database.writer.begin() as connection:
            found = connection.exec_driver_sql("SELECT count(*) FROM web_session").scalar_one()
            connection.exec_driver_sql(
                "INSERT INTO web_session (id_hash, data, created_at, last_seen_at, expires_at)"
                " VALUES ('a', x'', '2020-01-01', '2020-01-01', '2020-01-01')"
            )
        return int(found)

    def broken(_runtime: object) -> None:
        raise RuntimeError("half way")

    with place("sqlite", tmp_path) as at:
        assert [count(at), count(at)] == [0, 0]
        with pytest.raises(RuntimeError, match="half way"):
            at.copy("broken", broken)
        assert not list(at.folder.glob("seed_broken*"))
    assert made == ["sqlite"]
    assert not list((tmp_path / "sqlite").glob("tmp_*"))


def bench(instance: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command as `make bench` does, in an instance of its own."""
    return subprocess.run(
        [sys.executable, "-m", "tests.bench", "--quick", "--database", "sqlite", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[3],
        env=os.environ | {"HARDSHIP_INSTANCE": str(instance)},
    )


def test_a_figure_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """Usage errors exit with 2, and print nothing on stdout."""
    done = bench(tmp_path, "--only", "nothing_of_ours")
    assert (done.returncode, done.stdout) == (2, "")
    assert "no such figure: nothing_of_ours" in done.stderr


def test_the_command_prints_one_object(tmp_path: Path) -> None:
    """Figures by name, then by database; progress goes elsewhere, and only the seeds stay."""
    done = bench(tmp_path, "--only", "match_live_vs_commit")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert set(answer) == {"figures", "quick", "seconds", "machine"}
    assert set(answer["figures"]) == {"match_live_vs_commit"}
    found = answer["figures"]["match_live_vs_commit"]["sqlite"]
    assert set(found) == {"value", "aim", "met", "ours", "baseline", "rounds"}
    assert found["met"] is (found["value"] >= 0.35)
    assert "bench: match_live_vs_commit on sqlite" in done.stderr
    assert [path.name for path in (tmp_path / "bench").rglob("*.db")] == ["seed_empty.db"]
