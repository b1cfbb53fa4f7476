"""What a case page shows: everything that helps to decide, and nothing that names anyone."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from flask import Flask, current_app
from markupsafe import Markup
from sqlmodel import Session, col, select

from hardship.applications.models import Application
from hardship.applications.service import CaseFacts, case_facts
from hardship.applications.transitions import ApplicationState
from hardship.audit.models import AuditEvent
from hardship.core.actor import Actor
from hardship.core.clock import day_of, parse_instant
from hardship.core.errors import NotFound
from hardship.core.runtime import Runtime
from hardship.eligibility.queries import Assessed, outcomes_of
from hardship.funds.models import Policy, Round
from hardship.funds.queries import grant_rule_of
from hardship.review import queries
from hardship.review.models import Decision, Vote
from hardship.review.votes import Tally, needed_votes, tally
from hardship.screening.models import Signal
from hardship.screening.queries import signals_of
from hardship.staff.models import Staff
from hardship.staff.permissions import Permission, holds

SENTENCES = {
    "application.submitted": "Sent",
    "application.checks_started": "Checks began",
    "application.checked": "Checks done",
    "application.referred": "Referred to a person",
    "application.info_requested": "A question was put to the applicant",
    "application.answered": "The question was answered",
    "application.unanswered": "No answer came in time",
    "application.question_reminded": "Reminded of the question",
    "application.answers_corrected": "What was told was corrected",
    "message.from_applicant": "The applicant wrote",
    "message.from_fund": "A message to the applicant",
    "messages.read": "Messages were read",
    "messages.read_by_applicant": "The applicant read what the fund wrote",
    "application.bank_details_given": "Bank details given",
    "application.approved": "Approved",
    "application.declined": "Declined",
    "application.withdrawn": "Withdrawn by the applicant",
    "application.vouching_recorded": "Whether somebody vouches was recorded",
    "application.fields_read": "A sealed answer was read",
    "application.assessed_again": "The rules were run again",
    "evidence.read": "A page of a document was looked at",
    "case.opened": "Opened",
    "case.assigned": "Given to somebody",
    "conflict.entered": "Whoever entered it keeps away from deciding it",
    "conflict.declared": "A conflict of interest was declared",
    "vote.cast": "Voted",
    "vote.changed": "Changed a vote",
    "duplicate.overridden": "A duplicate was overridden in writing",
}
_VOTES = ("vote.cast", "vote.changed")

Panel = Callable[[Session, Actor, Application], "Markup | str"]


def add_panel(app: Flask, panel: Panel) -> None:
    """Let a later room show its part on the case page: markup for this case and reader, or nothing."""
    _panels(app).append(panel)


def _panels(app: Flask) -> list[Panel]:
    return cast(list[Panel], app.extensions.setdefault("hardship_case_panels", []))


@dataclass(frozen=True)
class ShownVote:
    """A vote as it is shown to those who have voted, or once the case is decided."""

    who: str
    outcome: str
    reason: str
    note: str


@dataclass(frozen=True)
class CasePage:
    """Everything on the page."""

    application: Application
    round: Round
    facts: CaseFacts
    loss_percent: int | None
    rules: list[Assessed]
    signals: list[Signal]
    tally: Tally
    own_vote: Vote | None
    votes: list[ShownVote]
    decision: Decision | None
    history: list[dict[str, Any]]
    panels: list[Markup | str]
    assigned_to: str
    waiting_days: int
    may_vote: bool
    may_settle: bool
    may_retry: bool


def case_page(runtime: Runtime, session: Session, actor: Actor, application: Application) -> CasePage:
    """The page for one reader, who has no conflict with the case."""
    number, staff_id = application.id or 0, actor.staff_id or 0
    round_, policy = session.get(Round, application.round_id), session.get(Policy, application.policy_id)
    if round_ is None or policy is None:
        raise NotFound("the case has no round or policy")
    counted = _tally(session, application, round_, policy)
    own = queries.vote_of(session, number, staff_id)
    decision = queries.decision_on(session, number)
    open_votes = own is not None or decision is not None
    facts = case_facts(session, runtime.vault, application)
    in_review = application.state is ApplicationState.IN_REVIEW
    assigned = queries.assigned_to(session, number)
    return CasePage(
        application=application,
        round=round_,
        facts=facts,
        loss_percent=_loss(facts),
        rules=outcomes_of(session, number),
        signals=list(signals_of(session, number)),
        tally=counted,
        own_vote=own,
        votes=_votes(runtime, session, application) if open_votes else [],
        decision=decision,
        history=_history(session, application, actor, show_votes=open_votes),
        panels=[shown for panel in _panels(current_app) if (shown := panel(session, actor, application))],
        assigned_to=_names(session, {assigned}).get(assigned, "") if assigned else "",
        waiting_days=(day_of(runtime.clock.now()) - day_of(application.submitted_at)).days,
        may_vote=in_review and holds(actor, Permission.VOTE),
        may_settle=in_review and counted.is_split and holds(actor, Permission.SETTLE_SPLIT),
        may_retry=in_review and counted.verdict is not None and holds(actor, Permission.VOTE),
    )


def _tally(session: Session, application: Application, round_: Round, policy: Policy) -> Tally:
    """As the service counts; for a grant in bands the page is as careful as for the largest."""
    needed = needed_votes(round_.quorum, grant_rule_of(policy).largest_minor, round_.two_to_sign_above_minor)
    return tally(queries.panel_of(session, application.id or 0).ballots, needed)


def _loss(facts: CaseFacts) -> int | None:
    before, now = facts.income_before_minor, facts.income_now_minor
    return None if not before or now is None else (before - now) * 100 // before


def _votes(runtime: Runtime, session: Session, application: Application) -> list[ShownVote]:
    votes = queries.votes_on(session, application.id or 0)
    names = _names(session, {vote.staff_id for vote in votes})
    notes = _notes(runtime, session, application, votes)
    return [
        ShownVote(
            names.get(vote.staff_id, ""), vote.outcome.value, vote.reason.value, notes.get(vote.staff_id, "")
        )
        for vote in votes
    ]


def _notes(runtime: Runtime, session: Session, application: Application, votes: list[Vote]) -> dict[int, str]:
    try:
        sealer = runtime.vault.person(session, application.data_key_id)
    except NotFound:
        return {}
    return {
        vote.staff_id: sealer.open("vote", "note", f"{application.ref}|{vote.staff_id}", vote.note) or ""
        for vote in votes
    }


def _names(session: Session, staff_ids: set[int]) -> dict[int, str]:
    rows = session.exec(select(Staff.id, Staff.email).where(col(Staff.id).in_(staff_ids))).all()
    return {staff_id: email for staff_id, email in rows if staff_id is not None}


def _history(
    session: Session, application: Application, actor: Actor, *, show_votes: bool
) -> list[dict[str, Any]]:
    """What happened to the case, from the event log. Who voted stays hidden from those who have not."""
    rows = session.exec(
        select(AuditEvent.body)
        .where(AuditEvent.subject == f"application:{application.ref}")
        .order_by(col(AuditEvent.seq))
    ).all()
    events = [json.loads(body) for body in rows]
    return [
        {
            "text": SENTENCES.get(
                event["kind"], event["kind"].partition(".")[2].replace("_", " ").capitalize()
            ),
            "at": parse_instant(event["at"]),
            "who": _who(event["actor"], actor),
        }
        for event in events
        if show_votes or event["kind"] not in _VOTES or event["actor"].get("id") == actor.id
    ]


def _who(found: dict[str, str], actor: Actor) -> str:
    if found.get("kind") == "staff":
        return "you" if found.get("id") == actor.id else "a colleague"
    return {"applicant": "the applicant", "operator": "the machine's operator"}.get(found.get("kind", ""), "")
