"""The rooms in the order in which data travels, and the modules that each may have."""

from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

ROOMS = (
    "core",
    "web",
    "staff",
    "audit",
    "ledger",
    "funds",
    "contributions",
    "matching",
    "applications",
    "eligibility",
    "screening",
    "review",
    "awards",
    "payouts",
    "statements",
    "jobs",
    "demo",
)


def modules(name: str) -> Iterator[ModuleType]:
    """The module (or package) `name` of every room that has one, in the order of the rooms."""
    for room in ROOMS:
        path = f"hardship.{room}.{name}"
        if find_spec(path) is not None:
            yield import_module(path)
