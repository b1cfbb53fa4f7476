"""What the room of funds announces."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hardship.funds.matches import MatchDocument


@dataclass(frozen=True)
class PolicyProposed:
    """A policy is about to be published. Whoever knows its facts raises `BadInput` to refuse it.

    `rules` are the `[[round.rule]]` tables as written; `conditions` the tests of the grant's bands, as rule tables
    of the same form.
    """

    round_slug: str
    rules: Sequence[Mapping[str, Any]]
    conditions: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class FundLoaded:
    """A fund and its rounds were loaded from a file that declares these match agreements.

    A handler answers with what it changed, as a list of `Change`.
    """

    fund_id: int
    matches: Sequence[MatchDocument]
