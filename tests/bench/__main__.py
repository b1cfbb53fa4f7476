"""`python -m tests.bench`: the figures as one JSON object on stdout, progress on stderr.

Exit status 1 when a figure could not be measured; an aim that is not met is said in the object.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from typing import Any

from tests.bench.figures import FIGURES, MODULE, kinds_of
from tests.bench.places import DATABASES, cache, place

_TOLD = 30  # last lines of what a figure that failed wrote to stderr


def main() -> int:
    """Measure what was asked for, and print it."""
    asked = _arguments()
    started = time.monotonic()
    chosen = [name for name in FIGURES if not asked.only or name in asked.only.split(",")]
    kinds = DATABASES if asked.database == "both" else (asked.database,)
    figures: dict[str, dict[str, Any]] = {name: {} for name in chosen}
    for kind in kinds:
        with place(kind, cache()):  # holds PostgreSQL open from one figure to the next
            for module in dict.fromkeys(MODULE[name] for name in chosen if kind in kinds_of(name)):
                for name, found in measured(module, kind, quick=asked.quick).items():
                    if name in figures:
                        figures[name][kind] = found
    answer = {
        "figures": {name: by_kind for name, by_kind in figures.items() if by_kind},
        "quick": asked.quick,
        "seconds": round(time.monotonic() - started, 1),
        "machine": {
            "cpus": os.cpu_count(),
            "python": platform.python_version(),
            "system": platform.platform(),
        },
    }
    sys.stdout.write(json.dumps(answer, indent=2) + "\n")
    return int(any("error" in one for by_kind in figures.values() for one in by_kind.values()))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench", description="The figures of the benchmarks."
    )
    parser.add_argument("--only", help=f"some of: {','.join(FIGURES)}")
    parser.add_argument("--database", choices=[*DATABASES, "both"], default="both")
    parser.add_argument("--quick", action="store_true", help="less of everything, in about three minutes")
    asked = parser.parse_args()
    unknown = set((asked.only or "").split(",")) - {""} - set(FIGURES)
    if unknown:
        parser.error(f"no such figure: {', '.join(sorted(unknown))}; there are {', '.join(FIGURES)}")
    return asked


def measured(module: str, kind: str, *, quick: bool) -> dict[str, dict[str, Any]]:
    """What one module finds on one database, by figure, measured in a process of its own."""
    started = time.monotonic()
    command = [sys.executable, "-m", "tests.bench.child", module, kind, *(["--quick"] if quick else [])]
    with tempfile.TemporaryFile("w+") as log:  # what the pages log costs them time, here as anywhere
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=log, text=True, check=False)
        log.seek(0)
        last = "".join(log.readlines()[-_TOLD:]) if done.returncode else ""
    took = time.monotonic() - started
    if done.returncode:
        tell(last)
        tell(f"{module} on {kind}: not measured, exit status {done.returncode} ({took:.0f} s)")
        text = f"exit status {done.returncode}; see what it wrote to stderr"
        return {name: {"error": text} for name in FIGURES if MODULE[name] == module}
    found: dict[str, dict[str, Any]] = json.loads(done.stdout)
    for name, one in found.items():
        tell(f"{name} on {kind}: {one['value']}, aim {one['aim']}, {_verdict(one['met'])} ({took:.0f} s)")
    return found


def _verdict(met: bool | None) -> str:
    return {True: "met", False: "NOT met", None: "no aim"}[met]


def tell(text: str) -> None:
    """Progress, on stderr."""
    sys.stderr.write(f"bench: {text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
