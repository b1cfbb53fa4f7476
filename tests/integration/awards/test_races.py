"""I4 and I5 under real concurrency: eight processes, money for five; two approvals, one bank account."""

from hardship.applications.transitions import ApplicationState
from hardship.core.actor import Actor
from hardship.core.runtime import Runtime
from hardship.ledger.queries import check
from hardship.review import queries as review
from hardship.review.models import Outcome, ReasonCode
from hardship.review.service import VoteResult, vote_from_shell
from tests.integration.applications.helpers import stored
from tests.integration.awards.rivals import at_once
from tests.integration.review.helpers import a_panel


def approve(runtime: Runtime, actor: Actor, ref: str) -> VoteResult:
    """One vote in a process of its own."""
    return runtime.transact(
        actor, vote_from_shell, ref=ref, outcome=Outcome.APPROVE, reason=ReasonCode.MEETS_POLICY
    )


def test_eight_processes_approve_at_once_and_the_money_for_five_makes_five_awards(runtime: Runtime) -> None:
    panel = a_panel(runtime, gifts=5 * 20_000 + 19_999)
    refs = [panel.case() for _ in range(8)]
    for ref in refs:
        panel.vote("ash", ref)
    results = at_once(runtime, approve, [(panel["bryn"], ref) for ref in refs])
    assert all(isinstance(result, VoteResult) for result in results), results
    assert sum(result.award_ref is not None for result in results) == 5
    refused = [result.ref for result in results if result.refusal]
    assert len(refused) == 3
    for ref in refused:
        case = stored(runtime, ref)
        assert (case.state, case.referred) == (ApplicationState.IN_REVIEW, True)
        with runtime.read() as session:
            assert len(review.votes_on(session, panel.number(ref))) == 2
    assert panel.spendable() == 19_999


def test_two_approvals_at_once_for_one_bank_account_make_one_award(runtime: Runtime) -> None:
    panel = a_panel(runtime, gifts=100_000)
    account = {"sort_code": "20-29-59", "account_number": "12345678"}
    refs = [panel.case(**account), panel.case(**account)]
    for ref in refs:
        panel.vote("ash", ref)
    results = at_once(runtime, approve, [(panel["bryn"], ref) for ref in refs])
    assert all(isinstance(result, VoteResult) for result in results), results
    won, lost = sorted(results, key=lambda result: result.award_ref is None)
    assert won.state is ApplicationState.APPROVED
    assert (lost.state, lost.award_ref, lost.votes) == (ApplicationState.IN_REVIEW, None, 2)
    assert "has an award in this round" in lost.refusal
    assert stored(runtime, lost.ref).referred
    assert panel.spendable() == 80_000
    with runtime.read() as session:
        assert check(session).funds[0].awarded == 20_000


def test_one_case_approved_twice_at_once_is_awarded_once(runtime: Runtime) -> None:
    panel = a_panel(runtime, gifts=100_000)
    ref = panel.case()
    panel.vote("ash", ref)
    results = at_once(runtime, approve, [(panel[name], ref) for name in ("bryn", "cam", "lead")])
    assert sum(isinstance(result, VoteResult) and result.award_ref is not None for result in results) == 1
    assert panel.spendable() == 80_000
