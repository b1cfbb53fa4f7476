"""Use cases of eligibility: assess an application by its policy's rules, and hold proposed policies to what exists.

Nothing here decides: a rule that is not met, or cannot be told, is a reason for a person to look (I12).
"""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import insert, update
from sqlmodel import col, select

from hardship.applications.answers import FIELDS
from hardship.applications.events import VouchingRecorded
from hardship.applications.evidence.events import EvidenceSeen
from hardship.applications.evidence.queries import supported
from hardship.applications.identity import TokenKind
from hardship.applications.models import Application
from hardship.applications.queries import answers_of, by_id, sharing
from hardship.applications.service import lock_application, open_answers, subject_of
from hardship.applications.transitions import ApplicationState
from hardship.applications.vouching.queries import state_of
from hardship.applications.vouching.transitions import VouchingState, vouched
from hardship.core.clock import day_of, iso
from hardship.core.errors import BadInput, NotFound
from hardship.core.runtime import Runtime, Transaction
from hardship.eligibility import rules
from hardship.eligibility.events import PastAward, PastAwardsAsked
from hardship.eligibility.models import Assessment
from hardship.eligibility.queries import rules_of
from hardship.eligibility.rules import Fact, Outcome
from hardship.funds.events import PolicyProposed
from hardship.funds.models import Policy

_ASSESSMENT = Assessment.__table__  # type: ignore[attr-defined]
_BEFORE_THE_PANEL = frozenset({ApplicationState.IN_REVIEW, ApplicationState.INFO_REQUESTED})
_OF_EVIDENCE = ("evidence_seen",)
_OF_VOUCHING = ("vouched_for", "voucher_code_valid")
_SAME_PERSON = frozenset({TokenKind.BANK, TokenKind.PERSON})
_PERSON = frozenset({"legal_name", "birth_year", "outward_postcode"})


def wire(runtime: Runtime) -> None:
    """Refuse policies about facts that do not exist; assess again when more is known of a case."""
    runtime.listen(PolicyProposed, refuse_unknown_facts)
    runtime.listen(EvidenceSeen, reassess_if_asked)
    runtime.listen(VouchingRecorded, reassess_if_asked)


def refuse_unknown_facts(tx: Transaction, proposed: PolicyProposed) -> None:
    """Raise `BadInput` for the first thing wrong with a policy that is about to be published."""
    _, problems = rules.read(proposed.rules)
    problems += rules.read(proposed.conditions)[1]
    if problems:
        first, more = problems[0], len(problems) - 1
        others = f" ({more} more.)" if more else ""
        raise BadInput(f"{first}{others}", where=f"round {proposed.round_slug}")


def assess(tx: Transaction, application: Application) -> list[Outcome]:
    """Run the policy's rules over what is known of `application`, and keep the outcome with the facts (sealed).

    The application's row is locked by the caller. Returns each rule's outcome, in the policy's order.
    """
    policy = tx.session.get(Policy, application.policy_id)
    if policy is None:
        raise NotFound("the round has no published policy", fix="Load one with: hardship fund load")
    told, sealer = _told(tx, application)
    facts = rules.derive(told)
    outcomes = rules.assess(rules_of(policy), facts)
    sealed = sealer.seal("assessment", "facts", application.ref, _as_json(facts)) if sealer else None
    row = {
        "application_id": application.id,
        "policy_id": application.policy_id,
        "at": tx.at,
        "outcomes": json.dumps([_kept(outcome) for outcome in outcomes]),
        "facts": sealed,
    }
    tx.session.connection().execute(insert(_ASSESSMENT), row)
    return outcomes


def reassess(tx: Transaction, application_id: int) -> None:
    """Run the rules again over a case that is before the panel, since more is known of it; before its checks they will
    be run anyway, and once it is decided they change nothing. One event with how each rule came out."""
    application = lock_application(tx, application_id)
    if application.state not in _BEFORE_THE_PANEL:
        return
    outcomes = assess(tx, application)
    results = {outcome.rule: outcome.result.value for outcome in outcomes}
    tx.record("application.assessed_again", subject_of(application), results=results)


def reassess_if_asked(tx: Transaction, recorded: VouchingRecorded | EvidenceSeen) -> None:
    """A person found out whether somebody vouches, or what a document shows: run the rules again if the policy looks at
    that anywhere."""
    application = by_id(tx.session, recorded.application_id)
    policy = tx.session.get(Policy, application.policy_id)
    names = _OF_EVIDENCE if isinstance(recorded, EvidenceSeen) else _OF_VOUCHING
    if policy is not None and any(f'"{name}"' in policy.document for name in names):
        reassess(tx, recorded.application_id)


def assess_anew(tx: Transaction, application: Application) -> list[Outcome]:
    """Run the rules over what is known now. The facts of earlier runs are emptied: what was corrected is not kept."""
    earlier = update(_ASSESSMENT).where(_ASSESSMENT.c.application_id == application.id).values(facts=None)
    tx.session.connection().execute(earlier)
    return assess(tx, application)


def _told(tx: Transaction, application: Application) -> tuple[dict[str, Any], Any]:
    """What the applicant said and the system knows, as `derive` takes it; with the sealer, unless erased."""
    told: dict[str, Any] = {"submitted_at": application.submitted_at}
    told["waiting_days"] = (day_of(tx.at) - day_of(application.submitted_at)).days
    row = answers_of(tx.session, application.id or 0)
    try:
        sealer = tx.vault.person(tx.session, application.data_key_id)
    except NotFound:
        row = None
    if row is None:
        return told, None
    answers = open_answers(sealer, application.ref, row)
    # A question that was put and left blank is a blank answer: no voucher means that there is none.
    told |= {name: answers.get(name, "") for name in FIELDS}
    if "account_number" in answers or answers.keys() >= _PERSON:
        told |= _past_awards(tx, application)
    told |= _vouching(tx, application)
    told["is_connected"] = answers.get("connected", "")
    told["safe_contact"] = application.safe_contact.value
    told["evidence_seen"] = supported(tx.session, application.id or 0)
    return told, sealer


def _vouching(tx: Transaction, application: Application) -> dict[str, bool | None]:
    """What is known of whoever vouches; None while a person has still to ask."""
    state = state_of(tx.session, application.id or 0)
    return {
        "has_voucher": state is not None,
        "vouched_for": vouched(state),
        "voucher_code_valid": state is VouchingState.CODE_VALID,
    }


def _past_awards(tx: Transaction, application: Application) -> dict[str, int]:
    """Awards to whoever shares the account, or name, year of birth and postcode area."""
    others = {number for number, kind in sharing(tx.session, application.id or 0) if kind in _SAME_PERSON}
    awards = awards_of(tx, sorted(others)) if others else []
    counts = {
        "previous_awards": len(awards),
        "previous_awards_in_round": sum(award.round_id == application.round_id for award in awards),
    }
    if awards:
        last = max(award.awarded_on for award in awards)
        counts["days_since_last_award"] = max(0, (day_of(tx.at) - last).days)
    return counts


def awards_of(tx: Transaction, application_ids: Sequence[int]) -> list[PastAward]:
    """The awards of these applications that count, as the room of awards answers."""
    answered = tx.publish(PastAwardsAsked(application_ids))
    if answered:
        return [award for answer in answered for award in answer]
    approved = select(Application).where(
        col(Application.id).in_(application_ids), col(Application.state) == ApplicationState.APPROVED
    )
    found = tx.session.exec(approved.order_by(col(Application.id))).all()
    return [PastAward(one.id or 0, one.round_id, day_of(one.decided_at or one.state_since)) for one in found]


def _kept(outcome: Outcome) -> dict[str, str]:
    return {"rule": outcome.rule, "result": outcome.result.value, "on_fail": outcome.on_fail}


def _as_json(facts: Mapping[str, Fact]) -> str:
    return json.dumps({name: _plain(value) for name, value in facts.items()}, sort_keys=True)


def _plain(value: Fact) -> int | str | bool:
    if isinstance(value, dt.datetime):
        return iso(value)
    return value.isoformat() if isinstance(value, dt.date) else value
