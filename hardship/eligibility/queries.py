"""Reads of assessments."""

import datetime as dt
import json
from dataclasses import dataclass
from functools import lru_cache

from sqlmodel import Session, col, select

from hardship.applications.models import Application
from hardship.core.errors import NotFound
from hardship.core.vault import Vault
from hardship.eligibility.facts import FACTS, Fact, Kind
from hardship.eligibility.models import Assessment
from hardship.eligibility.rules import OnFail, Result, Rule, read
from hardship.funds.models import Policy


@dataclass(frozen=True)
class Assessed:
    """How one rule came out, as reviewers and applicants read it."""

    rule: str
    result: Result
    on_fail: str
    reason: str


def rules_of(policy: Policy) -> list[Rule]:
    """The rules of a published policy. Policies never change, so they are read once."""
    return list(_rules_in(policy.document))


@lru_cache(maxsize=256)
def _rules_in(document: str) -> tuple[Rule, ...]:
    return tuple(read(json.loads(document)["rules"])[0])


def latest(session: Session, application_id: int) -> Assessment | None:
    """The newest assessment of an application, or None before its checks."""
    return session.exec(
        select(Assessment)
        .where(Assessment.application_id == application_id)
        .order_by(col(Assessment.id).desc())
        .limit(1)
    ).first()


def outcomes_of(session: Session, application_id: int) -> list[Assessed]:
    """How each rule came out for an application, in the policy's order, with the policy's own words; [] before its
    checks."""
    return outcomes_by_application(session, [application_id]).get(application_id, [])


def outcomes_by_application(session: Session, application_ids: list[int]) -> dict[int, list[Assessed]]:
    """`outcomes_of` for several applications, in one question for each five hundred."""
    found: dict[int, list[Assessed]] = {}
    for start in range(0, len(application_ids), 500):
        some = application_ids[start : start + 500]
        question = (
            select(Assessment, Policy)
            .join(Policy, col(Policy.id) == col(Assessment.policy_id))
            .where(col(Assessment.application_id).in_(some))
            .order_by(col(Assessment.id))
        )
        for assessment, policy in session.exec(question):
            found[assessment.application_id] = _assessed(assessment, policy)  # a later one wins
    return found


def _assessed(assessment: Assessment, policy: Policy) -> list[Assessed]:
    reasons = {rule.id: rule.reason for rule in rules_of(policy)}
    return [
        Assessed(one["rule"], Result(one["result"]), one["on_fail"], reasons.get(one["rule"], ""))
        for one in json.loads(assessment.outcomes)
    ]


def facts_of(session: Session, vault: Vault, application: Application) -> dict[str, Fact]:
    """The facts that the newest assessment was made with, opened; {} before the checks or once the person was
    erased. For services such as the grant's bands; a page shows only what `applications.case_facts` gives."""
    assessment = latest(session, application.id or 0)
    if assessment is None or assessment.facts is None:
        return {}
    try:
        sealer = vault.person(session, application.data_key_id)
    except NotFound:
        return {}
    kept = json.loads(sealer.open("assessment", "facts", application.ref, assessment.facts) or "{}")
    return {name: _fact(name, value) for name, value in kept.items()}


def _fact(name: str, value: Fact) -> Fact:
    kind = FACTS[name].kind if name in FACTS else None
    return dt.date.fromisoformat(value) if kind is Kind.DATE and isinstance(value, str) else value


def needs_person(assessed: list[Assessed]) -> bool:
    """Whether a rule that was not met, or could not be told, puts the case before a person."""
    asking = {OnFail.REFER.value, OnFail.ASK.value, OnFail.INELIGIBLE_RECOMMENDATION.value}
    return any(one.result in (Result.NOT_MET, Result.UNKNOWN) and one.on_fail in asking for one in assessed)
