"""The panel's use cases: vote, settle a split, try a decision again.

A decision is made by people who opened the case (I12), by quorum of distinct people without a conflict (I9); how
votes become a decision is `votes.py`. An approval that a later room refuses (not enough money, a paid bank token)
does not stand: the votes are kept and the case stays in review, referred, with the reason.
"""

from dataclasses import dataclass, replace

from sqlmodel import select

from hardship.applications.events import Entered
from hardship.applications.models import Application
from hardship.applications.service import lock_application, subject_of, transition
from hardship.applications.service.reaching import tell
from hardship.applications.transitions import ApplicationEvent, ApplicationState
from hardship.core.clock import day_of
from hardship.core.errors import BadInput, Conflict, NotFound, Refused
from hardship.core.runtime import Runtime, Transaction
from hardship.eligibility.queries import facts_of
from hardship.funds.models import Policy, Round
from hardship.funds.queries import grant_of, grant_rule_of
from hardship.review import queries
from hardship.review.casework import (
    MAX_NOTE,
    REVEALED,
    Conflicted,
    assign,
    declare_conflict,
    id_of,
    keep_from_own_entry,
    may_vote,
    note_opening,
    open_case,
    reveal,
)
from hardship.review.events import Approved
from hardship.review.models import Decision, Vote
from hardship.review.queries import CasePanel
from hardship.review.votes import (
    REASONS,
    Ballot,
    Outcome,
    ReasonCode,
    Tally,
    may_settle,
    needed_votes,
    shared_reason,
    tally,
)
from hardship.screening.linkage import Strength
from hardship.screening.models import Signal
from hardship.staff.permissions import Permission, require_staff

__all__ = [
    "MAX_NOTE",
    "REVEALED",
    "Changed",
    "Conflicted",
    "VoteResult",
    "assign",
    "check_reason",
    "declare_conflict",
    "may_vote",
    "open_case",
    "reconsider",
    "refer",
    "reveal",
    "settle",
    "tally_of",
    "vote",
    "vote_from_shell",
    "wire",
]

NOT_HONOURED = "award_refused"  # the signal's kind


def wire(runtime: Runtime) -> None:
    """Keep whoever entered an application away from deciding it."""
    runtime.listen(Entered, keep_from_own_entry)


class Changed(Conflict):
    """The case changed since the person opened it; nothing was done."""

    def __init__(self) -> None:
        super().__init__("the case changed since you opened it", fix="Look at it again, then vote.")


@dataclass(frozen=True)
class VoteResult:
    """Where a case stands after a vote.

    `votes` people without a conflict have voted, `quorum` have to agree. `refusal` says why a decision that had the
    quorum could not be honoured; then the state is still `in_review`.
    """

    ref: str
    state: ApplicationState
    votes: int
    quorum: int
    award_ref: str | None = None
    refusal: str = ""


@dataclass(frozen=True)
class _Case:
    """A locked case with its round, people and votes."""

    application: Application
    round: Round
    panel: CasePanel


def vote(
    tx: Transaction,
    *,
    application_id: int,
    outcome: Outcome,
    reason: ReasonCode,
    note: str | None = None,
    seen_version: int | None = None,
) -> VoteResult:
    """Give or change the actor's vote; the vote that completes the quorum decides.

    Raises `Changed` when the case is no longer of `seen_version`, `Conflict` when it is not in review or was not
    opened by the actor, `Conflicted`, and `BadInput` for a reason that does not fit.
    """
    staff_id = require_staff(tx.actor, Permission.VOTE)
    check_reason(outcome, reason, note)
    case = _in_review(tx, lock_application(tx, application_id), staff_id, seen_version)
    return _vote(tx, case, staff_id, outcome, reason, note)


def vote_from_shell(
    tx: Transaction, *, ref: str, outcome: Outcome, reason: ReasonCode, note: str | None = None
) -> VoteResult:
    """Open the case and vote on it, as `hardship review decide` does: there the code alone is reason enough."""
    application = lock_application(tx, ref)
    staff_id = require_staff(tx.actor, Permission.VOTE)
    require_staff(tx.actor, Permission.OPEN_CASE)
    check_reason(outcome, reason, note, words_for_other=False)
    case = _in_review(tx, application, staff_id, None, opening=True)
    return _vote(tx, case, staff_id, outcome, reason, note)


def _vote(
    tx: Transaction, case: _Case, staff_id: int, outcome: Outcome, reason: ReasonCode, note: str | None
) -> VoteResult:
    after = _cast(tx, case, staff_id, outcome, reason, note)
    counted = _tally(tx, after)
    if counted.verdict is None:
        return _result(after.application, counted)
    return _decide(tx, after, counted, counted.verdict)


def settle(
    tx: Transaction,
    *,
    application_id: int,
    outcome: Outcome,
    reason: ReasonCode,
    note: str | None = None,
    seen_version: int | None = None,
) -> VoteResult:
    """Decide a split case as a lead, for a side that somebody else has voted for; the lead's own vote joins it."""
    staff_id = require_staff(tx.actor, Permission.SETTLE_SPLIT)
    check_reason(outcome, reason, note)
    case = _in_review(tx, lock_application(tx, application_id), staff_id, seen_version)
    if not _tally(tx, case).is_split:
        raise Conflict("the votes are not split", fix="Vote like everybody else.")
    if not may_settle(case.panel.ballots, outcome, staff_id):
        raise Conflict("nobody else has voted for this", fix="Choose the side that others have voted for.")
    after = _cast(tx, case, staff_id, outcome, reason, note)
    return _decide(tx, after, _tally(tx, after), outcome, settled_by=staff_id)


def reconsider(tx: Transaction, *, application_id: int) -> VoteResult:
    """Try again what the panel decided and what could not be honoured, on the votes that were kept."""
    staff_id = require_staff(tx.actor, Permission.VOTE)
    case = _in_review(tx, lock_application(tx, application_id), staff_id, None)
    counted = _tally(tx, case)
    if counted.verdict is None:
        raise Conflict("the votes do not decide this case", fix=f"{counted.needed} people have to agree.")
    return _decide(tx, case, counted, counted.verdict)


def tally_of(tx: Transaction, application: Application) -> Tally:
    """The votes that count, and how many people have to agree."""
    panel = queries.panel_of(tx.session, id_of(application))
    return _tally(tx, _Case(application, _round_of(tx, application), panel))


def _tally(tx: Transaction, case: _Case) -> Tally:
    return tally(case.panel.ballots, _needed(tx, case))


def refer(tx: Transaction, application: Application, *, kind: str, sentence: str) -> None:
    """Put a reason for a person's look on a case, in plain words that name nobody; the same reason again is renewed.

    One event, with the case's state, which does not change.
    """
    found = tx.session.exec(
        select(Signal).where(Signal.application_id == id_of(application), Signal.kind == kind)
    ).first()
    signal = found or Signal(
        application_id=id_of(application), kind=kind, strength=Strength.STRONG, sentence="", at=tx.at
    )
    signal.sentence, signal.at = sentence[:300], tx.at
    application.referred = True
    application.version += 1
    tx.session.add_all([signal, application])
    tx.session.flush()
    tx.record("application.referred", subject_of(application), state=application.state.value, signal=kind)


def _in_review(
    tx: Transaction,
    application: Application,
    staff_id: int,
    seen_version: int | None,
    *,
    opening: bool = False,
) -> _Case:
    """The locked case for somebody who may decide it and has looked at it (or, with `opening`, does so now)."""
    panel = queries.panel_of(tx.session, id_of(application))
    if staff_id in panel.conflicted:
        raise Conflicted
    if application.state is not ApplicationState.IN_REVIEW:
        stands = application.state.value.replace("_", " ")
        raise Conflict(
            f"the case is not in review: it is {stands}", where=application.ref, fix="Nothing was changed."
        )
    if seen_version is not None and seen_version != application.version:
        raise Changed
    if staff_id not in panel.opened:
        if not opening:
            raise Conflict("you have not opened this case", where=application.ref, fix="Open it first.")
        note_opening(tx, application, staff_id)
    return _Case(application, _round_of(tx, application), panel)


def check_reason(
    outcome: Outcome, reason: ReasonCode, note: str | None, *, words_for_other: bool = True
) -> None:
    """Raise `BadInput` for a reason that does not fit the outcome, or that has to be given in words and is not."""
    if reason not in REASONS[outcome]:
        fit = ", ".join(code.value for code in ReasonCode if code in REASONS[outcome])
        raise BadInput(
            f"{reason.value} is no reason to {outcome.value}", where="reason", fix=f"Use one of: {fit}."
        )
    if words_for_other and reason is ReasonCode.OTHER and not (note or "").strip():
        raise BadInput("another reason has to be given in words", where="note", fix="Write a sentence.")
    if note and len(note) > MAX_NOTE:
        raise BadInput(f"more than {MAX_NOTE} characters", where="note", fix="Say it more shortly.")


def _cast(
    tx: Transaction, case: _Case, staff_id: int, outcome: Outcome, reason: ReasonCode, note: str | None
) -> _Case:
    """Keep the vote, in place of an earlier one of the same person; the case with it."""
    application = case.application
    again = any(ballot.staff_id == staff_id for ballot in case.panel.ballots)
    present = queries.vote_of(tx.session, id_of(application), staff_id) if again else None
    sealed = None
    if words := (note or "").strip():
        sealer = tx.vault.person(tx.session, application.data_key_id)
        sealed = sealer.seal("vote", "note", f"{application.ref}|{staff_id}", words)
    kept = present or Vote(
        application_id=id_of(application), staff_id=staff_id, outcome=outcome, reason=reason, at=tx.at
    )
    kept.outcome, kept.reason, kept.note, kept.at = outcome, reason, sealed, tx.at
    tx.session.add(kept)
    kind = "vote.cast" if present is None else "vote.changed"
    tx.record(kind, subject_of(application), outcome=outcome.value, reason=reason.value)
    return replace(case, panel=case.panel.with_vote(Ballot(staff_id, outcome, reason)))


def _needed(tx: Transaction, case: _Case) -> int:
    round_, application = case.round, case.application
    if round_.two_to_sign_above_minor is None or round_.quorum >= 2:
        return round_.quorum  # two have to agree anyway: no need to know the amount
    policy = tx.session.get(Policy, application.policy_id)
    if policy is None:
        raise NotFound("the case has no policy", where=application.ref)
    rule = grant_rule_of(policy)
    amount = rule.largest_minor
    if len(rule.bands) > 1:
        try:
            amount = grant_of(policy, facts_of(tx.session, tx.vault, application))
        except Refused:
            amount = rule.largest_minor  # not known: as careful as for the most
    return needed_votes(round_.quorum, amount, round_.two_to_sign_above_minor)


def _round_of(tx: Transaction, application: Application) -> Round:
    found = tx.session.get(Round, application.round_id)
    if found is None:
        raise NotFound("the case has no round", where=application.ref)
    return found


def _decide(
    tx: Transaction, case: _Case, counted: Tally, outcome: Outcome, settled_by: int | None = None
) -> VoteResult:
    """Make the decision stand, or keep the votes and refer the case with the reason why it cannot."""
    application = case.application
    tx.session.flush()  # the votes stand whatever becomes of the decision
    if outcome is Outcome.DECLINE:
        _stand(tx, case, counted, outcome, settled_by)
        return _result(application, counted)
    try:
        with tx.attempt():
            _stand(tx, case, counted, outcome, settled_by)
            answers = tx.publish(Approved(id_of(application), tx.at))
    except Refused as refused:
        application = lock_application(tx, id_of(application))
        sentence = f"The panel approved, and the award was refused: {refused.what}."
        refer(tx, application, kind=NOT_HONOURED, sentence=sentence)
        return _result(application, counted, refusal=str(refused))
    return _result(application, counted, award_ref=next((answer for answer in answers if answer), None))


def _stand(tx: Transaction, case: _Case, counted: Tally, outcome: Outcome, settled_by: int | None) -> None:
    application, approve = case.application, outcome is Outcome.APPROVE
    reason = shared_reason(case.panel.ballots, outcome)
    votes = counted.approve if approve else counted.decline
    tx.session.add(
        Decision(
            application_id=id_of(application),
            outcome=outcome,
            reason=reason,
            policy_id=application.policy_id,
            quorum=counted.needed,
            votes=votes,
            settled_by=settled_by,
            decided_at=tx.at,
            decided_on=day_of(tx.at),
        )
    )
    transition(
        tx,
        application,
        ApplicationEvent.APPROVE if approve else ApplicationEvent.DECLINE,
        "application.approved" if approve else "application.declined",
        reason=reason.value,
        votes=votes,
        quorum=counted.needed,
        settled=settled_by is not None,
    )
    if not approve:  # of a yes the room of awards tells, with what to do next
        tell(tx, application)


def _result(
    application: Application, counted: Tally, award_ref: str | None = None, refusal: str = ""
) -> VoteResult:
    return VoteResult(application.ref, application.state, counted.votes, counted.needed, award_ref, refusal)
