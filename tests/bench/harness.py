"""What every figure shares: taking turns with a baseline, medians, aims, and the shape of the answer."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

ROUNDS = 3
WHOLE = ""  # the part of a figure that is one number


@dataclass(frozen=True)
class Size:
    """How much to do: everything, or (`quick`) enough to see that nothing is far off."""

    quick: bool = False

    def pick(self, full: int, quick: int) -> int:
        """One count for the full run, another for the quick one."""
        return quick if self.quick else full


@dataclass(frozen=True)
class Aim:
    """What a figure should be. `sign` is ">=" or "<="; a database may have an aim of its own."""

    sign: str
    sqlite: float
    postgresql: float

    @classmethod
    def at_least(cls, sqlite: float, postgresql: float | None = None) -> "Aim":
        """At least this much; of both databases unless two are given."""
        return cls(">=", sqlite, sqlite if postgresql is None else postgresql)

    @classmethod
    def at_most(cls, sqlite: float, postgresql: float | None = None) -> "Aim":
        """At most this much; of both databases unless two are given."""
        return cls("<=", sqlite, sqlite if postgresql is None else postgresql)

    def bound(self, kind: str) -> float:
        """The number for one kind of database."""
        return self.postgresql if kind == "postgresql" else self.sqlite

    def met(self, kind: str, value: float) -> bool:
        """Whether `value` is what it should be."""
        return value >= self.bound(kind) if self.sign == ">=" else value <= self.bound(kind)

    def text(self, kind: str) -> str:
        """The aim in words: `>= 0.35`."""
        return f"{self.sign} {self.bound(kind):g}"


@dataclass(frozen=True)
class Measured:
    """What was measured: values by part (`WHOLE` for a figure that is one number), and how they came about."""

    values: Mapping[str, float]
    details: Mapping[str, Any] = field(default_factory=dict)
    also: Mapping[str, "Measured"] = field(default_factory=dict)  # other figures that came about on the way

    def described(self, aims: Mapping[str, Aim], kind: str) -> dict[str, Any]:
        """As `make bench` prints it. `met` is null where no part that was measured has an aim."""
        judged = [aims[part].met(kind, value) for part, value in self.values.items() if part in aims]
        return {
            "value": plain({part: rounded(value) for part, value in self.values.items()}),
            "aim": plain({part: aim.text(kind) for part, aim in aims.items()}) or None,
            "met": all(judged) if judged else None,
            **self.details,
        }


def plain(parts: Mapping[str, Any]) -> Any:
    """A figure of one number as that number, of several parts as they are."""
    return parts[WHOLE] if set(parts) == {WHOLE} else dict(parts)


def rounded(value: float) -> float:
    """To four significant digits: more would be noise."""
    return float(f"{value:.4g}")


# --- Taking turns -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Comparison:
    """Seconds an operation, ours and the baseline's, round by round."""

    ours: Sequence[float]
    base: Sequence[float]

    @property
    def times(self) -> float:
        """How many times as long as the baseline: the median of the rounds' ratios."""
        return statistics.median(ours / base for ours, base in zip(self.ours, self.base, strict=True))

    @property
    def speed(self) -> float:
        """Our operations a second over the baseline's: the median of the rounds' ratios."""
        return statistics.median(base / ours for ours, base in zip(self.ours, self.base, strict=True))

    def details(self, ours: str, base: str) -> dict[str, Any]:
        """What both sides did, in operations a second and milliseconds an operation (medians)."""
        return {
            "ours": {"what": ours, **_speeds(self.ours)},
            "baseline": {"what": base, **_speeds(self.base)},
            "rounds": len(self.ours),
        }


def _speeds(seconds: Sequence[float]) -> dict[str, float]:
    median = statistics.median(seconds)
    return {"per_second": rounded(1 / median), "ms": rounded(median * 1000)}


def compare(ours: Callable[[], float], base: Callable[[], float], rounds: int = ROUNDS) -> Comparison:
    """Run both in turns; each call does some operations and returns its seconds an operation.

    The sides change who goes first, so that neither always meets what the other left behind.
    """
    sides = [(base, list[float]()), (ours, list[float]())]
    for number in range(rounds):
        for side, kept in sides if number % 2 == 0 else reversed(sides):
            kept.append(side())
    return Comparison(ours=sides[1][1], base=sides[0][1])


def seconds_each(operation: Callable[[int], object], count: int) -> float:
    """Do an operation `count` times, told its number; seconds an operation."""
    started = time.perf_counter()
    for number in range(count):
        operation(number)
    return (time.perf_counter() - started) / count


def seconds(operation: Callable[[], object]) -> float:
    """How long one call takes."""
    started = time.perf_counter()
    operation()
    return time.perf_counter() - started


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` (0 to 1) of the values do not exceed."""
    ordered = sorted(values)
    at = max(0, -(-len(ordered) * round(share * 1000) // 1000) - 1)
    return ordered[int(at)]
