"""Every change of state is one event with the new state, whatever people do in whatever order (I8)."""

import datetime as dt
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import select

from hardship.applications.events import BankDetailsGiven, Withdrawn
from hardship.applications.models import Application, ApplicationToken, Source
from hardship.applications.service import (
    bank_token_of,
    give_bank_details,
    lock_application,
    submit,
    transition,
    withdraw,
)
from hardship.applications.transitions import MACHINE, ApplicationEvent, ApplicationState
from hardship.core.actor import PUBLIC, SYSTEM, Actor, ActorKind, Role
from hardship.core.clock import SetClock
from hardship.core.errors import BadInput, Conflict, Forbidden, HardshipError, NotFound
from hardship.core.runtime import Runtime, Transaction
from hardship.core.states import IllegalTransition
from hardship.funds.queries import round_by_slug
from hardship.screening.service import check
from tests.integration.applications.helpers import ANSWERS, apply, bodies, load, person, stored

BANK = {"sort_code": "20-29-59", "account_number": "12345678", "legal_name": "Maya Example"}


def state_events(runtime: Runtime, ref: str) -> list[tuple[str, str]]:
    with runtime.read() as session:
        return [
            (one["kind"], one["facts"]["state"])
            for one in bodies(session, f"application:{ref}")
            if "state" in one["facts"]
        ]


def decide(tx: Transaction, ref: str, event: ApplicationEvent) -> None:
    transition(tx, lock_application(tx, ref), event, f"application.{event.value}")


ACTIONS = ("check", "withdraw", "bank", *(event.value for event in ApplicationEvent))


@settings(max_examples=25)
@given(actions=st.lists(st.sampled_from(ACTIONS), max_size=8))
def test_states_follow_the_machine_and_each_change_is_witnessed_once(
    make_runtime: Callable[[str], Runtime], actions: list[str]
) -> None:
    runtime = shared(make_runtime)
    receipt = apply(runtime, person(next(NUMBERS)))
    applicant = Actor(ActorKind.APPLICANT, receipt.ref)
    expected = ["submitted", "checking"]
    for action in actions:
        before = stored(runtime, receipt.ref)
        try:
            if action == "check":
                runtime.transact(SYSTEM, check, application_id=receipt.application_id)
            elif action == "withdraw":
                runtime.transact(applicant, withdraw, application_id=receipt.application_id)
            elif action == "bank":
                runtime.transact(applicant, give_bank_details, application_id=receipt.application_id, **BANK)
            else:
                runtime.transact(SYSTEM, decide, receipt.ref, ApplicationEvent(action))
        except HardshipError:
            assert stored(runtime, receipt.ref) == before
        after = stored(runtime, receipt.ref)
        if after.state is not before.state:
            assert after.state in {
                MACHINE.table[before.state, event] for event in MACHINE.allowed(before.state)
            }
            assert after.version > before.version
            expected.append(after.state.value)
        assert [state for _, state in state_events(runtime, receipt.ref)] == expected


_SHARED: dict[int, Runtime] = {}
NUMBERS = iter(range(1_000, 1_000_000))


def shared(make_runtime: Callable[[str], Runtime]) -> Runtime:
    """One runtime for all examples of the property: each example has an application of its own."""
    key = id(make_runtime)
    if key not in _SHARED:
        _SHARED[key] = make_runtime("sqlite")
        load(_SHARED[key])
    return _SHARED[key]


def test_an_illegal_event_changes_nothing(runtime: Runtime) -> None:
    load(runtime)
    receipt = apply(runtime, ANSWERS)
    with pytest.raises(IllegalTransition):
        runtime.transact(SYSTEM, decide, receipt.ref, ApplicationEvent.APPROVE)
    assert len(state_events(runtime, receipt.ref)) == 2


def test_a_reference_is_found_however_it_is_typed(runtime: Runtime) -> None:
    load(runtime)
    ref = apply(runtime, ANSWERS).ref
    for typed in (ref, ref.lower(), ref.replace("-", ""), f" {ref} "):
        assert runtime.transact(SYSTEM, lambda tx, typed=typed: lock_application(tx, typed).ref) == ref
    for wrong in ("", "AAAA-AAAA", "' OR 1=1 --"):
        with pytest.raises(NotFound):
            runtime.transact(SYSTEM, lock_application, wrong)


def test_withdrawal_after_approval_is_for_the_room_of_awards(runtime: Runtime) -> None:
    """Without a room that answers, an approved application cannot be taken back."""
    load(runtime)
    receipt = apply(runtime, ANSWERS)
    runtime.run_due("checks")
    runtime.transact(SYSTEM, decide, receipt.ref, ApplicationEvent.APPROVE)
    runtime.listeners[Withdrawn] = []
    applicant = Actor(ActorKind.APPLICANT, receipt.ref)
    with pytest.raises(Conflict):
        runtime.transact(applicant, withdraw, application_id=receipt.application_id)
    heard: list[int] = []
    runtime.listen(Withdrawn, lambda tx, said: heard.append(said.application_id))
    runtime.transact(applicant, withdraw, application_id=receipt.application_id)
    assert heard == [receipt.application_id]
    assert stored(runtime, receipt.ref).state is ApplicationState.APPROVED


def test_another_applicant_can_do_nothing_to_a_case(runtime: Runtime) -> None:
    load(runtime)
    mine, other = apply(runtime, person(1)), apply(runtime, person(2))
    stranger = Actor(ActorKind.APPLICANT, other.ref)
    finance = Actor(ActorKind.STAFF, "1", frozenset({Role.FINANCE}))
    for actor, error in ((stranger, NotFound), (PUBLIC, Forbidden), (finance, Forbidden)):
        with pytest.raises(error):
            runtime.transact(actor, withdraw, application_id=mine.application_id)
        with pytest.raises(error):
            runtime.transact(actor, give_bank_details, application_id=mine.application_id, **BANK)
    with pytest.raises(NotFound):
        runtime.transact(stranger, withdraw, application_id=999)


def test_bank_details_replace_token_and_are_announced(runtime: Runtime) -> None:
    load(runtime)
    runtime.listeners[BankDetailsGiven] = []
    heard: list[BankDetailsGiven] = []
    runtime.listen(BankDetailsGiven, lambda tx, said: heard.append(said))
    receipt = apply(runtime, ANSWERS | {"sort_code": "", "account_number": ""})
    with runtime.read() as session:
        assert bank_token_of(session, stored(runtime, receipt.ref)) is None
    applicant = Actor(ActorKind.APPLICANT, receipt.ref)
    for number in ("12345678", "12345678", "87654321"):
        details = BANK | {"account_number": number}
        runtime.transact(applicant, give_bank_details, application_id=receipt.application_id, **details)
    first, again, changed = (one.bank_token for one in heard)
    assert first
    assert first == again != changed
    with runtime.read() as session:
        assert bank_token_of(session, stored(runtime, receipt.ref)) == changed
        assert len(session.exec(select(ApplicationToken).where(ApplicationToken.kind == "bank")).all()) == 1


@pytest.mark.parametrize("missing", BANK)
def test_bank_details_are_all_three_or_none(sqlite_runtime: Runtime, missing: str) -> None:
    load(sqlite_runtime)
    receipt = apply(sqlite_runtime, ANSWERS)
    with pytest.raises(BadInput) as refused:
        sqlite_runtime.transact(
            Actor(ActorKind.APPLICANT, receipt.ref),
            give_bank_details,
            application_id=receipt.application_id,
            **BANK | {missing: ""},
        )
    assert refused.value.where == missing


def test_the_one_grant_token_stays_the_same_when_epochs_turn(runtime: Runtime) -> None:
    load(runtime)
    first = apply(runtime, ANSWERS)

    def turn(tx: Transaction) -> None:
        tx.session.add(tx.vault.new_epoch(tx.at))

    runtime.transact(SYSTEM, turn)
    second = apply(runtime, ANSWERS)
    with runtime.read() as session:
        tokens = [bank_token_of(session, stored(runtime, one.ref)) for one in (first, second)]
        assert tokens[0] == tokens[1]
        assert len(session.exec(select(ApplicationToken)).all()) == 4 + 8


def test_a_reference_is_given_once(runtime: Runtime) -> None:
    load(runtime)
    apply(runtime, person(1), ref="A-1", source=Source.WEB)
    with pytest.raises(Conflict):
        apply(runtime, person(2), ref="A-1", source=Source.WEB)


def test_only_those_who_may_enter_applications_import_them(sqlite_runtime: Runtime) -> None:
    load(sqlite_runtime)
    with pytest.raises(Forbidden):
        apply(sqlite_runtime, ANSWERS, source=Source.IMPORT)


def test_submitted_at_is_kept_apart_from_when_it_was_recorded(runtime: Runtime, clock: SetClock) -> None:
    load(runtime)
    with runtime.read() as session:
        round_ = round_by_slug(session, "spring")
    at = dt.datetime(2020, 3, 25, 12, 0, tzinfo=dt.UTC)
    receipt = runtime.transact(
        SYSTEM, submit, round_=round_, answers=ANSWERS, source=Source.IMPORT, submitted_at=at
    )
    found: Application = stored(runtime, receipt.ref)
    assert (found.submitted_at, found.recorded_at) == (at, clock.now())
