"""How votes become a decision. Values in, values out.

**Quorum.** An outcome is decided once as many distinct people without a conflict have voted for it as the round's
quorum asks; approval of more than the round's `two_to_sign_above` asks for two at least. Decline needs as many.

**Split.** A case is split when as many people have voted as the quorum asks and they are of two minds, so that no
outcome has the quorum. Further votes may still decide it. A lead may settle it for a side that somebody other than
the lead has voted for: nobody settles a case alone.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """What a vote or decision says."""

    APPROVE = "approve"
    DECLINE = "decline"


class ReasonCode(StrEnum):
    """Why."""

    MEETS_POLICY = "meets_policy"
    NOT_ELIGIBLE = "not_eligible"
    DUPLICATE = "duplicate"
    NO_EVIDENCE = "no_evidence"
    NO_BUDGET = "no_budget"
    OTHER = "other"


REASONS: dict[Outcome, frozenset[ReasonCode]] = {
    Outcome.APPROVE: frozenset({ReasonCode.MEETS_POLICY, ReasonCode.OTHER}),
    Outcome.DECLINE: frozenset(set(ReasonCode) - {ReasonCode.MEETS_POLICY}),
}
"""The reasons that fit each outcome; `other` is given in words."""


@dataclass(frozen=True)
class Ballot:
    """One person's vote."""

    staff_id: int
    outcome: Outcome
    reason: ReasonCode


@dataclass(frozen=True)
class Tally:
    """The votes of people without a conflict, and how many one outcome needs."""

    approve: int
    decline: int
    needed: int

    @property
    def votes(self) -> int:
        """How many people have voted."""
        return self.approve + self.decline

    @property
    def verdict(self) -> Outcome | None:
        """The outcome that has the quorum, if one has."""
        if self.approve >= self.needed:
            return Outcome.APPROVE
        return Outcome.DECLINE if self.decline >= self.needed else None

    @property
    def is_split(self) -> bool:
        """Whether as many people as the quorum asks have voted, and are of two minds."""
        return self.verdict is None and self.approve > 0 and self.decline > 0 and self.votes >= self.needed


def needed_votes(quorum: int, amount_minor: int, two_to_sign_above_minor: int | None) -> int:
    """How many people have to agree: the quorum, and two at least above the round's limit (pence)."""
    above = two_to_sign_above_minor is not None and amount_minor > two_to_sign_above_minor
    return max(quorum, 2) if above else quorum


def tally(ballots: Iterable[Ballot], needed: int) -> Tally:
    """Count each person once; the caller leaves out whoever has a conflict."""
    by_person = {ballot.staff_id: ballot.outcome for ballot in ballots}
    counted = Counter(by_person.values())
    return Tally(counted[Outcome.APPROVE], counted[Outcome.DECLINE], needed)


def may_settle(ballots: Iterable[Ballot], outcome: Outcome, lead_id: int) -> bool:
    """Whether somebody other than the lead has voted for the side that the lead wants to settle for."""
    return any(ballot.outcome is outcome and ballot.staff_id != lead_id for ballot in ballots)


def shared_reason(ballots: Iterable[Ballot], outcome: Outcome) -> ReasonCode:
    """The reason most voters of an outcome gave; of several the first in the list of reasons."""
    counted = Counter(ballot.reason for ballot in ballots if ballot.outcome is outcome)
    return max(ReasonCode, key=lambda reason: (counted[reason], -list(ReasonCode).index(reason)))
