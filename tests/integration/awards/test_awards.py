"""Awards: offered, taken up, lapsed, withdrawn, cancelled, overridden; the money and the events of each."""

import datetime as dt

import pytest
from sqlmodel import select

from hardship.applications import tracker
from hardship.applications.models import SafeContact
from hardship.applications.service import give_bank_details, withdraw
from hardship.applications.transitions import ApplicationState
from hardship.awards import queries, service
from hardship.awards.events import AwardStopped
from hardship.awards.models import Award, AwardShare
from hardship.awards.transitions import AwardState
from hardship.core.actor import SYSTEM
from hardship.core.clock import SetClock
from hardship.core.errors import BadInput, Conflict, Forbidden, Refused
from hardship.core.models import OutboxMail
from hardship.core.runtime import Runtime, Transaction
from hardship.core.states import IllegalTransition
from hardship.ledger.journal import JournalDraft, transfer
from hardship.ledger.models import AccountKind
from hardship.ledger.service import post
from hardship.matching.models import MatchAgreement
from hardship.matching.service import receive_payment
from hardship.review.casework import Conflicted, declare_conflict
from tests.integration.applications.helpers import bodies, stored
from tests.integration.review.helpers import Panel, a_panel

LATE_SPONSOR = """
[[match]]
ref = "LATE"
sponsor = "Late company"
ratio = "4:1"
cap = "100000.00"
opens = 2020-03-20T00:00:00+00:00
closes = 2020-06-30T23:59:59+01:00
channels = ["cash"]
priority = 1
paid = "in_arrears"
reclaimable = true
unused = "return"
"""


def give_bank(panel: Panel, ref: str, account: str = "55512345") -> None:
    """The applicant gives bank details after the approval."""
    panel.runtime.transact(
        SYSTEM,
        give_bank_details,
        application_id=panel.number(ref),
        sort_code="20-29-59",
        account_number=account,
        legal_name="Person Late",
    )


def without_bank(panel: Panel, **changed: str) -> str:
    """A case without bank details."""
    return panel.case(sort_code="", account_number="", **changed)


def kinds(panel: Panel, award: Award) -> list[tuple[str, str | None]]:
    """The events of an award, with the state each tells."""
    with panel.runtime.read() as session:
        return [(one["kind"], one["facts"].get("state")) for one in bodies(session, f"award:{award.ref}")]


def test_an_award_with_bank_details_is_accepted_at_once_and_each_state_is_an_event(runtime: Runtime) -> None:
    panel = a_panel(runtime, gifts=100_000)
    ref = panel.case()
    panel.approve(ref)
    award = panel.award(ref)
    assert (award.state, award.amount_minor) == (AwardState.ACCEPTED, 20_000)
    assert kinds(panel, award) == [("award.offered", "offered"), ("award.accepted", "accepted")]
    with runtime.read() as session:
        shares = session.exec(select(AwardShare)).all()
    assert [share.amount_minor for share in shares] == [20_000]


def test_an_offer_is_taken_up_with_bank_details_given_later(runtime: Runtime) -> None:
    panel = a_panel(runtime, gifts=100_000)
    ref = without_bank(panel)
    panel.approve(ref)
    assert panel.award(ref).state is AwardState.OFFERED
    with runtime.read() as session:
        steps = tracker.steps(session, stored(runtime, ref))
    assert any(step.asks_for_bank for step in steps)
    give_bank(panel, ref)
    award = panel.award(ref)
    assert award.state is AwardState.ACCEPTED
    assert award.bank_token is not None
    with runtime.read() as session:
        assert not any(step.asks_for_bank for step in tracker.steps(session, stored(runtime, ref)))


def test_news_goes_to_a_safe_address_sealed(runtime: Runtime) -> None:
    panel = a_panel(runtime, gifts=100_000)
    silent, told = panel.case(), panel.case(safe_contact="email", email="canary@example.org")
    assert stored(runtime, told).safe_contact is SafeContact.EMAIL
    panel.approve(silent)
    panel.approve(told)
    with runtime.read() as session:
        mails = session.exec(select(OutboxMail)).all()
        assert len(mails) == 1
        assert b"canary" not in (mails[0].address or b"")
        sealer = runtime.vault.person(session, mails[0].data_key_id)
        assert sealer.open("outbox_mail", "address", mails[0].ref, mails[0].address) == "canary@example.org"


def test_scenario_4_late_sponsor_sixty_awards_pass_and_the_sixty_first_is_refused_whole(
    runtime: Runtime,
) -> None:
    panel = a_panel(runtime, more=LATE_SPONSOR.replace("100000.00", "40000.00"))
    raise_budget(panel)
    panel.give(1_200_000)  # matched in arrears up to the cap of £40,000, none of it received
    assert panel.spendable() == 1_200_000
    for _ in range(60):
        assert panel.approve(panel.case()).award_ref
    refused = panel.approve(panel.case())
    assert (refused.award_ref, refused.state) == (None, ApplicationState.IN_REVIEW)
    assert panel.spendable() == 0
    runtime.transact(
        SYSTEM,
        receive_payment,
        agreement="LATE",
        ref="SP-1",
        received_at=runtime.clock.now(),
        amount_minor=2_500_000,
    )
    assert panel.spendable() == 2_500_000


def raise_budget(panel: Panel) -> None:
    """Enough budget for what a test awards."""
    from sqlalchemy import text

    statement = text("UPDATE round SET budget_minor = 100000000")
    panel.runtime.transact(SYSTEM, lambda tx: tx.session.connection().execute(statement))


def test_the_rounds_budget_holds(runtime: Runtime) -> None:
    panel = a_panel(runtime, gifts=100_000)
    from sqlalchemy import text

    statement = text("UPDATE round SET budget_minor = 39999")
    runtime.transact(SYSTEM, lambda tx: tx.session.connection().execute(statement))
    assert panel.approve(panel.case()).award_ref
    assert "budget has £199.99 left" in panel.approve(panel.case()).refusal


def test_scenario_6_joint_account_is_awarded_once_a_named_person_overrides_in_writing(
    runtime: Runtime,
) -> None:
    panel = a_panel(runtime, gifts=100_000)
    account = {"sort_code": "20-29-59", "account_number": "12345678"}
    first, second = panel.case(**account), panel.case(**account)
    panel.approve(first)
    assert panel.approve(second).award_ref is None
    assert stored(runtime, second).referred
    words = {"application_id": panel.number(second), "reason": "Two people, one joint account."}
    with pytest.raises(Forbidden):
        runtime.transact(panel["ash"], service.override_duplicate, **words)
    with pytest.raises(Forbidden):
        runtime.transact(SYSTEM, service.override_duplicate, **words)
    with pytest.raises(BadInput):
        runtime.transact(panel["lead"], service.override_duplicate, **{**words, "reason": " "})
    runtime.transact(panel["lead"], service.override_duplicate, **words)
    result = panel.vote("bryn", second)
    assert result.state is ApplicationState.APPROVED
    one, other = panel.award(first), panel.award(second)
    assert one.ref != other.ref
    assert one.bank_token == other.bank_token
    assert other.override_id is not None
    assert panel.spendable() == 60_000
    with pytest.raises(Conflict):
        runtime.transact(panel["lead"], service.override_duplicate, **words)
    with runtime.read() as session:
        override = queries.override_of(session, panel.number(second))
        assert override is not None
        assert b"joint" not in (override.reason or b"")


def test_an_account_that_arrives_late_and_has_an_award_holds_the_offer_back_until_overridden(
    runtime: Runtime,
) -> None:
    panel = a_panel(runtime, gifts=100_000)
    first, second = panel.case(sort_code="20-29-59", account_number="12345678"), without_bank(panel)
    panel.approve(first)
    panel.approve(second)
    give_bank(panel, second, "12345678")
    award = panel.award(second)
    assert (award.state, award.bank_token) == (AwardState.OFFERED, None)
    assert stored(runtime, second).referred
    assert stored(runtime, second).has_bank
    runtime.transact(
        panel["lead"],
        service.override_duplicate,
        application_id=panel.number(second),
        reason="One home, two people.",
    )
    assert panel.award(second).state is AwardState.ACCEPTED
    assert kinds(panel, award) == [("award.offered", "offered"), ("award.accepted", "accepted")]


def test_a_lead_in_conflict_overrides_nothing(runtime: Runtime) -> None:
    panel = a_panel(runtime, gifts=100_000)
    number = panel.number(panel.case())
    runtime.transact(panel["lead"], declare_conflict, application_id=number)
    with pytest.raises(Conflicted):
        runtime.transact(panel["lead"], service.override_duplicate, application_id=number, reason="Mine.")


def test_scenario_12_an_award_not_taken_up_is_reminded_twice_lapses_and_may_come_back(
    runtime: Runtime, clock: SetClock
) -> None:
    panel = a_panel(runtime, gifts=100_000, more=LATE_SPONSOR)
    ref = without_bank(panel, safe_contact="email")
    panel.approve(ref)
    award = panel.award(ref)
    with runtime.read() as session:
        before = queries.shares_of(session, [award.id or 0])
    for _ in range(27):
        clock.advance(dt.timedelta(days=1))
        runtime.run_due("reminders", "offers")
    assert panel.award(ref).state is AwardState.OFFERED
    assert panel.spendable() == 80_000
    clock.advance(dt.timedelta(days=1))
    assert runtime.run_due("reminders", "offers") == 1
    assert kinds(panel, award) == [
        ("award.offered", "offered"),
        ("award.reminded", None),
        ("award.reminded", None),
        ("award.lapsed", "lapsed"),
    ]
    assert panel.spendable() == 100_000
    with runtime.read() as session:
        rows = session.exec(select(AwardShare).order_by(AwardShare.id)).all()  # type: ignore[arg-type]
        assert {(row.pot_id, -row.amount_minor) for row in rows if row.amount_minor < 0} == set(
            before[award.id or 0].items()
        )
        assert len(session.exec(select(OutboxMail)).all()) == 4
    give_bank(panel, ref)
    again = panel.award(ref)
    assert again.ref != award.ref
    assert again.state is AwardState.ACCEPTED
    assert panel.spendable() == 80_000


def test_a_withdrawal_gives_the_money_back_to_the_same_pots(runtime: Runtime) -> None:
    panel = a_panel(runtime, gifts=100_000)
    ref = panel.case()
    panel.approve(ref)
    runtime.transact(SYSTEM, withdraw, application_id=panel.number(ref))
    assert panel.award(ref).state is AwardState.WITHDRAWN
    assert stored(runtime, ref).state is ApplicationState.APPROVED
    assert panel.spendable() == 100_000
    with pytest.raises(Conflict):
        runtime.transact(SYSTEM, withdraw, application_id=panel.number(ref))


def test_the_account_of_a_withdrawn_award_may_have_another(runtime: Runtime) -> None:
    panel = a_panel(runtime, gifts=100_000)
    account = {"sort_code": "20-29-59", "account_number": "12345678"}
    first, second = panel.case(**account), panel.case(**account)
    panel.approve(first)
    runtime.transact(SYSTEM, withdraw, application_id=panel.number(first))
    assert panel.approve(second).state is ApplicationState.APPROVED


def test_an_award_in_payment_is_taken_out_first_or_stays(runtime: Runtime) -> None:
    panel = a_panel(runtime, gifts=100_000)
    ref = panel.case()
    panel.approve(ref)
    award = panel.award(ref)
    runtime.transact(SYSTEM, lambda tx: service.start_payment(tx, [_mine(tx.session, award)]))
    runtime.listeners.pop(AwardStopped, None)
    with pytest.raises(Refused, match="on its way"):
        runtime.transact(SYSTEM, withdraw, application_id=panel.number(ref))
    assert panel.award(ref).state is AwardState.IN_PAYMENT
    runtime.listen(AwardStopped, lambda tx, event: service.stop_payment(tx, [_mine(tx.session, award)]))
    runtime.transact(SYSTEM, withdraw, application_id=panel.number(ref))
    assert [state for _, state in kinds(panel, award)][-3:] == ["in_payment", "accepted", "withdrawn"]


def _mine(session: object, award: Award) -> Award:
    return session.exec(select(Award).where(Award.id == award.id)).one()  # type: ignore[attr-defined,no-any-return]


def test_an_award_is_cancelled_with_a_reason_by_a_lead_or_approver(runtime: Runtime) -> None:
    panel = a_panel(runtime, gifts=100_000)
    ref = panel.case()
    panel.approve(ref)
    award = panel.award(ref)
    with pytest.raises(Forbidden):
        runtime.transact(panel["ash"], service.cancel, award_ref=award.ref, why="no")
    with pytest.raises(BadInput):
        runtime.transact(panel["approver"], service.cancel, award_ref=award.ref, why="")
    runtime.transact(panel["approver"], service.cancel, award_ref=award.ref, why="They asked us to stop.")
    found = panel.award(ref)
    assert found.state is AwardState.CANCELLED
    assert b"asked" not in (found.ended_why or b"")
    assert panel.spendable() == 100_000
    with pytest.raises(IllegalTransition):
        runtime.transact(panel["approver"], service.cancel, award_ref=award.ref, why="Again.")


def test_payment_moves_many_awards_at_once_with_one_event_each(runtime: Runtime) -> None:
    panel = a_panel(runtime, gifts=100_000)
    for _ in range(3):
        panel.approve(panel.case())

    def step(act: object) -> None:
        def run(tx: object) -> None:
            awards = tx.session.exec(select(Award).order_by(Award.id)).all()  # type: ignore[attr-defined]
            act(tx, awards)  # type: ignore[operator]

        runtime.transact(SYSTEM, run)

    step(service.start_payment)
    step(service.mark_paid)
    step(service.bank_return)
    step(service.start_payment)
    step(service.mark_paid)
    step(service.recover)
    with pytest.raises(IllegalTransition):
        step(service.mark_paid)
    with runtime.read() as session:
        awards = session.exec(select(Award)).all()
    assert {award.state for award in awards} == {AwardState.RECOVERED}
    for award in awards:
        assert [state for _, state in kinds(panel, award)] == [
            "offered",
            "accepted",
            "in_payment",
            "paid",
            "accepted",
            "in_payment",
            "paid",
            "recovered",
        ]


OTHER_ROUND = """
[[round]]
slug = "later"
opens = 2020-07-01T09:00:00+01:00
closes = 2020-08-31T23:59:59+01:00
grant = "200.00"
budget = "1000.00"
quorum = 2
spend_order = "community_first"
""" + LATE_SPONSOR.replace("unused", 'restricted_to = "later"\nunused')


def lose(tx: Transaction, pot_id: int, minor: int) -> None:
    """An outside event that takes cash from a pot, as a lost dispute does."""
    lines = transfer(pot_id, AccountKind.MATCH_INCOME, AccountKind.BANK, minor)
    day = dt.date(2020, 4, 1)
    tx.record("test.lost", "test:1")
    post(tx, [JournalDraft("lost", "test.lost", "small", "test:1", day, lines)])


def test_what_another_rounds_pot_lacks_is_lacking_in_the_fund(runtime: Runtime) -> None:
    panel = a_panel(runtime, gifts=30_000, more=OTHER_ROUND)
    with runtime.read() as session:
        pot = session.exec(select(MatchAgreement.pot_id).where(MatchAgreement.ref == "LATE")).one()
    runtime.transact(SYSTEM, lose, pot, 15_000)
    ref = panel.case()
    refused = panel.approve(ref)
    assert (refused.award_ref, refused.state) == (None, ApplicationState.IN_REVIEW)
    assert "£50.00 short" in refused.refusal
    panel.give(5_000)
    assert panel.vote("bryn", ref).award_ref is not None
