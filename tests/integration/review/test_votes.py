"""Votes: quorum, conflicts, splits, changes, and what happens when the last vote cannot be honoured."""

import pytest
from sqlmodel import select

from hardship.applications.transitions import ApplicationState
from hardship.core.errors import BadInput, Conflict, Forbidden
from hardship.core.models import OutboxMail
from hardship.core.runtime import Runtime
from hardship.review import queries, service
from hardship.review.models import Outcome, ReasonCode
from hardship.review.service import Changed, Conflicted
from tests.integration.applications.helpers import bodies, everything_in, stored
from tests.integration.review.helpers import a_panel

APPROVE, DECLINE = Outcome.APPROVE, Outcome.DECLINE


def test_two_people_who_opened_the_case_approve_it_and_an_award_is_made(runtime: Runtime) -> None:
    panel = a_panel(runtime, gifts=100_000)
    ref = panel.case()
    first = panel.vote("ash", ref)
    assert (first.state, first.votes, first.quorum, first.award_ref) == (
        ApplicationState.IN_REVIEW,
        1,
        2,
        None,
    )
    second = panel.vote("bryn", ref)
    assert (second.state, second.votes, second.refusal) == (ApplicationState.APPROVED, 2, "")
    assert second.award_ref == panel.award(ref).ref
    assert panel.spendable() == 80_000
    with runtime.read() as session:
        kinds = [event["kind"] for event in bodies(session, f"application:{ref}")]
        decision = queries.decision_on(session, panel.number(ref))
    assert kinds[3:] == ["case.opened", "vote.cast", "case.opened", "vote.cast", "application.approved"]
    assert decision is not None
    assert (decision.outcome, decision.votes, decision.quorum) == (APPROVE, 2, 2)


def test_one_person_is_one_vote_however_often_they_vote(runtime: Runtime) -> None:
    panel = a_panel(runtime, gifts=100_000)
    ref = panel.case()
    for _ in range(3):
        result = panel.vote("ash", ref)
    assert (result.votes, result.state) == (1, ApplicationState.IN_REVIEW)


def test_a_vote_may_be_changed_until_the_case_is_decided(runtime: Runtime) -> None:
    panel = a_panel(runtime, gifts=100_000)
    ref = panel.case()
    panel.vote("ash", ref)
    panel.vote("ash", ref, DECLINE)
    result = panel.vote("bryn", ref, DECLINE)
    assert result.state is ApplicationState.DECLINED
    assert panel.award(ref) is None
    with pytest.raises(Conflict, match="not in review"):
        panel.vote("ash", ref)


def test_declining_takes_the_quorum_as_well(runtime: Runtime) -> None:
    panel = a_panel(runtime, gifts=100_000)
    ref = panel.case()
    assert panel.vote("ash", ref, DECLINE).state is ApplicationState.IN_REVIEW
    assert panel.vote("cam", ref, DECLINE).state is ApplicationState.DECLINED


def test_a_no_is_news_where_news_is_safe_and_nowhere_else(runtime: Runtime) -> None:
    panel = a_panel(runtime, gifts=100_000)
    for safe_contact, told in (("email", 1), ("none", 0)):
        ref = panel.case(email="canary@example.org", safe_contact=safe_contact)
        before = len(mails(runtime))
        panel.vote("ash", ref, DECLINE)
        assert len(mails(runtime)) == before
        panel.vote("cam", ref, DECLINE)
        assert len(mails(runtime)) == before + told


def mails(runtime: Runtime) -> list[OutboxMail]:
    """What waits to be sent, or was."""
    with runtime.read() as session:
        return list(session.exec(select(OutboxMail)).all())


def test_a_conflict_shuts_the_case_and_takes_the_vote_away(runtime: Runtime) -> None:
    panel = a_panel(runtime, gifts=100_000)
    ref = panel.case()
    number = panel.number(ref)
    panel.vote("ash", ref)
    runtime.transact(panel["ash"], service.declare_conflict, application_id=number)
    runtime.transact(panel["ash"], service.declare_conflict, application_id=number)
    with pytest.raises(Conflicted):
        panel.vote("ash", ref)
    with pytest.raises(Conflicted):
        runtime.transact(panel["ash"], service.open_case, application_id=number)
    result = panel.vote("bryn", ref)
    assert (result.votes, result.state) == (1, ApplicationState.IN_REVIEW)
    with runtime.read() as session:
        declared = [
            one for one in bodies(session, f"application:{ref}") if one["kind"] == "conflict.declared"
        ]
    assert [one["facts"] for one in declared] == [{"vote_removed": True}]


def test_nobody_votes_on_what_they_have_not_opened(runtime: Runtime) -> None:
    panel = a_panel(runtime, gifts=100_000)
    number = panel.number(panel.case())
    with pytest.raises(Conflict, match="not opened"):
        runtime.transact(
            panel["ash"],
            service.vote,
            application_id=number,
            outcome=APPROVE,
            reason=ReasonCode.MEETS_POLICY,
        )


def test_a_vote_on_a_case_that_changed_meanwhile_is_held_back(runtime: Runtime) -> None:
    panel = a_panel(runtime, gifts=100_000)
    ref = panel.case()
    number, seen = panel.number(ref), stored(runtime, ref).version
    runtime.transact(panel["ash"], service.open_case, application_id=number)
    with pytest.raises(Changed):
        runtime.transact(
            panel["ash"],
            service.vote,
            application_id=number,
            outcome=APPROVE,
            reason=ReasonCode.MEETS_POLICY,
            seen_version=seen - 1,
        )


@pytest.mark.parametrize(
    ("outcome", "reason", "note"),
    [
        (APPROVE, ReasonCode.NOT_ELIGIBLE, None),
        (APPROVE, ReasonCode.DUPLICATE, None),
        (DECLINE, ReasonCode.MEETS_POLICY, None),
        (DECLINE, ReasonCode.OTHER, "x" * 3000),
    ],
)
def test_a_reason_that_does_not_fit_is_refused_and_nothing_changes(
    sqlite_runtime: Runtime, outcome: Outcome, reason: ReasonCode, note: str | None
) -> None:
    panel = a_panel(sqlite_runtime)
    ref = panel.case()
    before = everything_in(sqlite_runtime)
    with pytest.raises(BadInput):
        panel.vote("ash", ref, outcome, reason, note)
    assert everything_in(sqlite_runtime) == before


@pytest.mark.parametrize("name", ["approver", "auditor", "finance", "admin"])
def test_only_reviewers_and_leads_vote(sqlite_runtime: Runtime, name: str) -> None:
    panel = a_panel(sqlite_runtime)
    ref = panel.case()
    with pytest.raises(Forbidden):
        panel.vote(name, ref)


def test_a_split_is_settled_by_a_lead_for_a_side_that_somebody_else_took(runtime: Runtime) -> None:
    panel = a_panel(runtime, gifts=100_000)
    ref = panel.case()
    number = panel.number(ref)
    choice = {"application_id": number, "outcome": APPROVE, "reason": ReasonCode.MEETS_POLICY}
    panel.vote("ash", ref)
    runtime.transact(panel["lead"], service.open_case, application_id=number)
    with pytest.raises(Conflict, match="not split"):
        runtime.transact(panel["lead"], service.settle, **choice)
    panel.vote("bryn", ref, DECLINE)
    with pytest.raises(Forbidden):
        runtime.transact(panel["cam"], service.settle, **choice)
    result = runtime.transact(panel["lead"], service.settle, **choice)
    assert (result.state, result.votes) == (ApplicationState.APPROVED, 3)
    with runtime.read() as session:
        decision = queries.decision_on(session, number)
    assert decision is not None
    assert (decision.settled_by, decision.votes) == (panel["lead"].staff_id, 2)


def test_a_third_vote_decides_a_split_too(runtime: Runtime) -> None:
    panel = a_panel(runtime, gifts=100_000)
    ref = panel.case()
    panel.vote("ash", ref)
    panel.vote("bryn", ref, DECLINE)
    assert panel.vote("cam", ref).state is ApplicationState.APPROVED


def test_a_last_vote_without_money_is_kept_and_honoured_once_there_is_some(runtime: Runtime) -> None:
    panel = a_panel(runtime, gifts=19_999)
    ref = panel.case()
    result = panel.approve(ref)
    assert (result.state, result.votes, result.award_ref) == (ApplicationState.IN_REVIEW, 2, None)
    assert "£0.01 short" in result.refusal
    case = stored(runtime, ref)
    assert case.referred
    assert (panel.award(ref), panel.spendable()) == (None, 19_999)
    with runtime.read() as session:
        assert queries.decision_on(session, panel.number(ref)) is None
        last = bodies(session, f"application:{ref}")[-1]
    assert (last["kind"], last["facts"]["state"]) == ("application.referred", "in_review")
    panel.give(1)
    again = runtime.transact(panel["ash"], service.reconsider, application_id=panel.number(ref))
    assert again.state is ApplicationState.APPROVED
    assert panel.spendable() == 0


def test_above_the_rounds_limit_two_have_to_sign(runtime: Runtime) -> None:
    panel = a_panel(runtime, gifts=100_000)
    from sqlalchemy import text

    runtime.transact(
        panel["admin"],
        lambda tx: tx.session.connection().execute(
            text("UPDATE round SET quorum = 1, two_to_sign_above_minor = 15000")
        ),
    )
    ref = panel.case()
    assert panel.vote("ash", ref).quorum == 2
    assert panel.vote("bryn", ref).state is ApplicationState.APPROVED


def test_a_case_is_given_to_somebody_who_may_vote(runtime: Runtime) -> None:
    panel = a_panel(runtime)
    number = panel.number(panel.case())
    cam = panel["cam"].staff_id
    assert cam is not None
    with pytest.raises(Forbidden):
        runtime.transact(panel["ash"], service.assign, application_id=number, staff_id=cam)
    with pytest.raises(BadInput):
        runtime.transact(
            panel["lead"], service.assign, application_id=number, staff_id=panel["finance"].staff_id or 0
        )
    runtime.transact(panel["lead"], service.assign, application_id=number, staff_id=cam)
    with runtime.read() as session:
        assert queries.assigned_to(session, number) == cam


def test_a_sealed_answer_is_read_by_a_lead_who_says_why_and_each_reading_is_an_event(
    runtime: Runtime,
) -> None:
    panel = a_panel(runtime)
    ref = panel.case(legal_name="Canary Person")
    asked = {"application_id": panel.number(ref), "column": "legal_name"}
    with pytest.raises(Forbidden):
        runtime.transact(panel["ash"], service.reveal, **asked, reason="to see")
    with pytest.raises(BadInput):
        runtime.transact(panel["lead"], service.reveal, **asked, reason=" ")
    with pytest.raises(BadInput):
        runtime.transact(
            panel["lead"],
            service.reveal,
            application_id=panel.number(ref),
            column="account_number",
            reason="x",
        )
    assert runtime.transact(panel["lead"], service.reveal, **asked, reason="to ring back") == "Canary Person"
    with runtime.read() as session:
        events = [one for one in bodies(session, f"application:{ref}") if "read" in one["kind"]]
    assert len(events) == 1
    assert "Canary" not in str(events)
    assert "ring back" not in str(events)
