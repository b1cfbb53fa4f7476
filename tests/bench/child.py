"""One figure on one database, in a process of its own: `python -m tests.bench.child NAME KIND [--quick]`.

So no figure meets what another left in memory. Prints one JSON object: what it found by figure.
"""

import argparse
import json
import sys
from importlib import import_module

from tests.bench.harness import Size
from tests.bench.places import cache, place


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("name")
    parser.add_argument("kind")
    parser.add_argument("--quick", action="store_true")
    asked = parser.parse_args()
    figure = import_module(f"tests.bench.figures.{asked.name}")
    with place(asked.kind, cache()) as where:
        measured = figure.measure(where, Size(asked.quick))
    found = {asked.name: measured.described(figure.AIMS, asked.kind)}
    found |= {name: other.described({}, asked.kind) for name, other in measured.also.items()}
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
