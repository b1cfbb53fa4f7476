"""Seconds of `hardship demo load` on SQLite, and the memory of the largest process it took (`peak_rss_mb`)."""

import json
import os
import resource
import shutil
import subprocess
import sys

from tests.bench.harness import WHOLE, Aim, Measured, Size, seconds
from tests.bench.places import Place

AIMS = {WHOLE: Aim.at_most(60)}
_KIB = 1024


def measure(place: Place, _size: Size) -> Measured:
    """From an instance that was just set up; the whole command, from its start to its end."""
    folder = place.folder / "demo"
    shutil.rmtree(folder, ignore_errors=True)
    _hardship(folder, "init")
    said: list[str] = []
    took = seconds(lambda: said.append(_hardship(folder, "demo", "load", "--json")))
    shutil.rmtree(folder)
    figures = json.loads(said[0])
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / _KIB
    return Measured(
        {WHOLE: took},
        {"unit": "s", "grants": figures["grants"], "applications": figures["applications"]},
        {"peak_rss_mb": Measured({WHOLE: largest}, {"unit": "MB", "of": "hardship demo load"})},
    )


def _hardship(folder: object, *arguments: str) -> str:
    """What one command prints; it has to succeed."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("HARDSHIP_", "STRIPE_"))
    }
    done = subprocess.run(
        [sys.executable, "-m", "hardship", *arguments],
        env=kept | {"HARDSHIP_INSTANCE": str(folder)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout
