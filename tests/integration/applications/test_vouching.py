"""Codes count once, whoever races; what is no code is for a person to confirm; nothing tells who used which."""

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import Session, delete, func, select

from hardship.applications import drafts
from hardship.applications.messages import again
from hardship.applications.models import ApplicationAnswers, ApplicationToken, Source
from hardship.applications.owndata.copying import gather
from hardship.applications.owndata.erasing import erase
from hardship.applications.queries import by_ref
from hardship.applications.service import case_facts, lock_application, open_fields, send, submit, withdraw
from hardship.applications.vouching import issuing, queries, recording, redeeming
from hardship.applications.vouching.doctor import counted_once
from hardship.applications.vouching.models import (
    ApplicationVouching,
    GroupKind,
    VoucherBatch,
    VoucherCode,
    VoucherUse,
)
from hardship.applications.vouching.redeeming import is_known
from hardship.applications.vouching.transitions import VouchingEvent, VouchingState
from hardship.audit.verify import verify
from hardship.core.actor import PUBLIC, SYSTEM, Actor, ActorKind, Role
from hardship.core.clock import SetClock
from hardship.core.errors import BadInput, Conflict, Forbidden, NotFound
from hardship.core.refs import tidy
from hardship.core.runtime import Runtime
from hardship.eligibility.queries import facts_of, outcomes_of
from hardship.funds.models import Round
from hardship.funds.queries import fund_by_slug, round_by_slug
from hardship.screening.queries import signals_of
from hardship.staff.service import add
from tests.integration.applications.helpers import apply, bodies, everything_in, load, person, stored
from tests.integration.applications.test_secrets import everywhere
from tests.integration.applications.vouchers import LAST_DAY, a_group, codes, states, vouching
from tests.integration.awards.rivals import at_once

VOUCHED = """
[[round.rule]]
id = "vouched"
field = "vouched_for"
op = "=="
value = true
on_fail = "refer"
reason = "Somebody has to vouch for you."
"""


def code_answers(number: int, code: str) -> dict[str, str]:
    return person(number, vouching="code", voucher=code)


def staff(runtime: Runtime, role: Role, name: str = "") -> Actor:
    added = runtime.transact(SYSTEM, add, f"{name or role.value}@example.org", [role])
    return Actor(ActorKind.STAFF, str(added.id), added.roles)


def confirm(runtime: Runtime, actor: Actor, ref: str, found: VouchingEvent, note: str = "") -> None:
    runtime.transact(
        actor, lambda tx: recording.record(tx, lock_application(tx, ref), found=found, note=note)
    )


# --- A code counts once ---------------------------------------------------------------------------------------------


def test_a_code_counts_once_however_it_is_typed(runtime: Runtime) -> None:
    load(runtime)
    (code,) = codes(runtime, 1).codes
    typed = f" {code.lower().replace('-', ' ').replace('0', 'o').replace('1', 'l')} "
    first = apply(runtime, code_answers(1, typed))
    second = apply(runtime, code_answers(2, code))
    assert states(runtime, [first.application_id, second.application_id]) == ["code_valid", "code_used"]
    runtime.run_due("checks")
    assert not stored(runtime, first.ref).referred
    assert stored(runtime, second.ref).referred
    with runtime.read() as session:
        (signal,) = signals_of(session, second.application_id)
        assert "used up by another application" in signal.sentence
        assert first.ref not in signal.sentence
        assert verify(session, runtime.vault).problems == []


def _race(runtime: Runtime, number: int, code: str) -> str:
    """One applicant in a process of their own."""
    with runtime.read() as session:
        round_ = round_by_slug(session, "spring")
    receipt = runtime.transact(
        PUBLIC, submit, round_=round_, answers=code_answers(number, code), source=Source.WEB
    )
    return states(runtime, [receipt.application_id])[0]


def test_of_three_processes_with_one_code_exactly_one_uses_it_and_all_come_in(runtime: Runtime) -> None:
    load(runtime)
    (code,) = codes(runtime, 1).codes
    found = at_once(runtime, _race, [(number, code) for number in range(1, 4)])
    assert sorted(found) == ["code_used", "code_used", "code_valid"]
    with runtime.read() as session:
        assert len(session.exec(select(VoucherUse)).all()) == 1
        assert counted_once(session, runtime) == []
    runtime.transact(SYSTEM, lambda tx: tx.session.connection().execute(delete(VoucherUse)))
    with runtime.read() as session:
        (problem,) = counted_once(session, runtime)
    assert problem == "0 codes are used up, and 1 applications came in with one that counts"


def test_who_looked_before_the_other_was_done_finds_it_used_all_the_same(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The moment of a race that processes seldom hit: both saw the code unused. The key of the table decides."""
    load(runtime)
    (code,) = codes(runtime, 1).codes
    monkeypatch.setattr(redeeming, "_look", lambda *_asked, **_how: VouchingState.CODE_VALID)
    both = [apply(runtime, code_answers(number, code)).application_id for number in (1, 2)]
    assert states(runtime, both) == ["code_valid", "code_used"]


def _cancel(runtime: Runtime, ref: str) -> str:
    runtime.transact(SYSTEM, issuing.cancel, ref=ref, why="the sheet was lost")
    return "cancelled"


def _act(runtime: Runtime, number: int, word: str) -> str:
    return _cancel(runtime, word) if number == 0 else _race(runtime, number, word)


def test_cancelling_while_codes_are_used_leaves_each_code_used_or_dead(runtime: Runtime) -> None:
    load(runtime)
    issued = codes(runtime, 2)
    acts = [(0, issued.ref), (1, issued.codes[0]), (2, issued.codes[1])]
    found = at_once(runtime, _act, acts)
    assert set(found) <= {"cancelled", "code_valid", "code_unknown"}
    with runtime.read() as session:
        assert len(session.exec(select(VoucherUse)).all()) == found.count("code_valid")
    late = apply(runtime, code_answers(3, issued.codes[0]))
    assert states(runtime, [late.application_id])[0] in ("code_unknown", "code_used")


ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("use"), st.integers(0, 2), st.sampled_from([str.lower, str.upper, tidy])),
        st.tuples(st.just("cancel"), st.just(0), st.just(str.upper)),
    ),
    max_size=6,
)


@settings(max_examples=12)
@given(ACTS)
def test_whatever_happens_in_whatever_order_a_code_is_used_at_most_once(
    sqlite_runtime: Runtime, acts: list[tuple[str, int, object]]
) -> None:
    runtime = sqlite_runtime
    load(runtime)
    with runtime.read() as session:
        before = session.exec(select(func.count()).select_from(VoucherUse)).one()
        people = session.exec(select(func.count()).select_from(ApplicationVouching)).one()
        groups = queries.shown_groups(session, LAST_DAY)
    issued = codes(runtime, 3, group=groups[0].group.ref if groups else "")
    used: set[int] = set()
    cancelled = False
    for number, (what, which, how) in enumerate(acts, start=people + 1):
        if what == "cancel":
            if not cancelled:
                _cancel(runtime, issued.ref)
            cancelled = True
            continue
        typed = how(issued.codes[which])  # type: ignore[operator]
        receipt = apply(runtime, code_answers(number, typed))
        wanted = "code_unknown" if cancelled else "code_used" if which in used else "code_valid"
        assert states(runtime, [receipt.application_id]) == [wanted]
        used |= set() if cancelled else {which}
    with runtime.read() as session:
        assert session.exec(select(func.count()).select_from(VoucherUse)).one() == before + len(used)


@pytest.mark.parametrize("why", ["unknown", "over", "cancelled", "another round"])
def test_a_code_that_does_not_count_is_one_answer_and_the_application_comes_in(
    sqlite_runtime: Runtime, why: str
) -> None:
    runtime = sqlite_runtime
    load(runtime)
    issued = codes(runtime, 1, until=dt.date(2020, 4, 2) if why == "over" else LAST_DAY)
    code = "0000-0000-0000-0000" if why == "unknown" else issued.codes[0]
    if why == "cancelled":
        _cancel(runtime, issued.ref)
    if why == "over":
        assert isinstance(runtime.clock, SetClock)
        runtime.clock.advance(dt.timedelta(days=2))
    if why == "another round":
        load(runtime, more=ANOTHER)
        with runtime.read() as session:
            other, fund = round_by_slug(session, "autumn"), fund_by_slug(session, "small")
        group = runtime.transact(
            SYSTEM, issuing.add_group, name="Autumn only", kind=GroupKind.GROUP, fund=fund, round_=other
        )
        code = codes(runtime, 1, group=group.ref).codes[0]
    receipt = apply(runtime, code_answers(1, code))
    assert states(runtime, [receipt.application_id]) == ["code_unknown"]
    assert stored(runtime, receipt.ref).referred
    with runtime.read() as session:
        round_ = round_by_slug(session, "spring")
        assert not is_known(session, runtime.vault, round_, code, runtime.clock.now())
        assert session.exec(select(VoucherUse)).all() == []


ANOTHER = """
[[round]]
slug = "autumn"
opens = 2020-09-01T09:00:00+00:00
closes = 2020-10-30T23:59:59+00:00
grant = "200.00"
budget = "10000.00"
quorum = 2
spend_order = "pro_rata"
"""


def test_a_code_counts_through_its_last_day_in_london(sqlite_runtime: Runtime) -> None:
    runtime = sqlite_runtime
    load(runtime)
    issued = codes(runtime, 2, until=dt.date(2020, 4, 1))
    assert isinstance(runtime.clock, SetClock)
    runtime.clock.set(dt.datetime(2020, 4, 1, 22, 59, tzinfo=dt.UTC))  # a minute to midnight, summer time
    first = apply(runtime, code_answers(1, issued.codes[0]))
    runtime.clock.advance(dt.timedelta(minutes=1))
    second = apply(runtime, code_answers(2, issued.codes[1]))
    assert states(runtime, [first.application_id, second.application_id]) == ["code_valid", "code_unknown"]


def test_a_code_stays_used_when_the_application_is_taken_back(sqlite_runtime: Runtime) -> None:
    runtime = sqlite_runtime
    load(runtime)
    (code,) = codes(runtime, 1).codes
    first = apply(runtime, code_answers(1, code))
    own = Actor(ActorKind.APPLICANT, first.ref)
    runtime.transact(own, withdraw, application_id=first.application_id)
    second = apply(runtime, code_answers(2, code))
    assert states(runtime, [second.application_id]) == ["code_used"]


def test_whoever_asks_again_need_not_give_their_code_again(runtime: Runtime) -> None:
    load(runtime)
    (code,) = codes(runtime, 1).codes
    first = apply(runtime, code_answers(1, code))
    own = Actor(ActorKind.APPLICANT, first.ref)
    runtime.transact(own, withdraw, application_id=first.application_id)
    secret = runtime.transact(own, again.start, application_id=first.application_id)
    identity = drafts.draft_id(runtime.vault, secret)
    for question in ("8", "9", "10"):
        runtime.transact(PUBLIC, drafts.keep, identity=identity, question=question, answers={})
    second = runtime.transact(PUBLIC, send, identity=identity)
    assert states(runtime, [second.application_id]) == ["code_valid"]
    with runtime.read() as session:
        assert len(session.exec(select(VoucherUse)).all()) == 1
        assert counted_once(session, runtime) == []
    alone = apply(runtime, person(3, vouching="code"))  # somebody who asks for the first time has given none
    assert states(runtime, [alone.application_id]) == [""]


# --- Nothing tells who used which -----------------------------------------------------------------------------------


def test_codes_are_kept_only_as_keyed_hashes(runtime: Runtime) -> None:
    load(runtime)
    issued = codes(runtime, 3)
    apply(runtime, code_answers(1, issued.codes[0]))
    runtime.run_due("checks")
    found = everywhere(runtime)
    for code in issued.codes:
        for written in (code, code.lower(), tidy(code), tidy(code).lower()):
            assert written.encode() not in found


def test_no_table_and_no_event_leads_from_a_case_to_a_code_or_a_group(runtime: Runtime) -> None:
    load(runtime)
    group = a_group(runtime, "Night shelter")
    issued = codes(runtime, 3, group=group.ref)
    with runtime.read() as session:
        before = len(bodies(session))
    receipt = apply(runtime, code_answers(1, issued.codes[1]))
    runtime.run_due("checks")
    with runtime.read() as session:
        events = bodies(session)[before:]
        application = by_ref(session, receipt.ref)
        tokens = {bytes(token) for token in session.exec(select(VoucherCode.token))}
        batch = session.exec(select(VoucherBatch)).one()
    said = repr(events)
    assert {one["subject"] for one in events} == {f"application:{receipt.ref}"}
    assert events[0]["facts"]["vouching"] == "code_valid"
    for name in (group.ref, issued.ref, "Night shelter", *(token.hex() for token in tokens)):
        assert name not in said
    assert VoucherUse.__table__.columns.keys() == ["token"]  # type: ignore[attr-defined]
    rows = everything_in(runtime)
    for table in ("application", "application_answers", "application_vouching", "application_token"):
        for row in rows[table]:
            assert not tokens & {value for value in row if isinstance(value, bytes)}
    opened = runtime.transact(
        staff(runtime, Role.LEAD),
        open_fields,
        application_id=application.id or 0,
        fields=["vouching", "voucher"],
        why="to see",
    )
    assert opened == {"vouching": "code"}  # what was used up is not kept
    assert batch.size == 3


def test_figures_are_told_in_fives(sqlite_runtime: Runtime) -> None:
    runtime = sqlite_runtime
    load(runtime)
    group = a_group(runtime)
    issued = codes(runtime, 12, group=group.ref)
    seen = []
    for number in range(1, 7):
        apply(runtime, code_answers(number, issued.codes[number]))
        with runtime.read() as session:
            (shown,) = queries.shown_groups(session, LAST_DAY)
        seen.append((shown.totals.used_at_least, shown.totals.left_at_most))
    assert seen == [(0, 12)] * 4 + [(5, 7)] * 2


# --- What is for a person to confirm --------------------------------------------------------------------------------

ELSEWHERE = {
    "membership": {"voucher": "Union 1234"},
    "person": {"voucher_name": "Vera Voucher", "voucher_contact": "vera@example.org"},
    "call_back": {"call_phone": "07700 900777", "call_when": "weekdays after six"},
}


@pytest.mark.parametrize("way", ELSEWHERE)
def test_another_way_is_to_be_confirmed_and_sealed(runtime: Runtime, way: str) -> None:
    load(runtime)
    other = {"voucher_name": "Somebody Else"} if way != "person" else {"voucher": "no"}
    receipt = apply(runtime, person(1, vouching=way, **(other | ELSEWHERE[way])))
    assert states(runtime, [receipt.application_id]) == ["to_confirm"]
    opened = runtime.transact(
        staff(runtime, Role.LEAD),
        open_fields,
        application_id=receipt.application_id,
        fields=["vouching", "voucher", "voucher_name", "voucher_contact", "call_phone", "call_when"],
        why="to ask",
    )
    kept = {"call_phone": "+447700900777"} if way == "call_back" else {}
    assert opened == {"vouching": way} | ELSEWHERE[way] | kept
    found = everywhere(runtime)
    for value in (*ELSEWHERE[way].values(), "+447700900777", "Somebody Else"):
        assert value.encode() not in found


def test_whoever_vouches_never_becomes_the_applicants_contact(sqlite_runtime: Runtime) -> None:
    """Nor is their address compared with anybody's: two people may name the same advocate."""
    runtime = sqlite_runtime
    load(runtime)
    same = {"vouching": "person", "voucher_name": "Vera", "voucher_contact": "07700 900777"}
    receipts = [apply(runtime, person(number, **same)) for number in (1, 2)]
    runtime.run_due("checks")
    with runtime.read() as session:
        for receipt in receipts:
            assert signals_of(session, receipt.application_id) == []
        tokens = [bytes(one) for one in session.exec(select(ApplicationToken.token))]
    assert len(set(tokens)) == len(tokens)


def test_an_import_uses_up_codes_and_keeps_other_words_to_be_confirmed(sqlite_runtime: Runtime) -> None:
    runtime = sqlite_runtime
    load(runtime)
    (code,) = codes(runtime, 1).codes
    given = [code.lower(), code, "Union 1234", "ABCD-EFGH-JKMN-PQRS", ""]
    receipts = [
        runtime.transact(
            SYSTEM,
            submit,
            round_=_spring(runtime),
            answers=person(number, voucher=text),
            source=Source.IMPORT,
            ref=f"A-{number}",
        )
        for number, text in enumerate(given)
    ]
    found = states(runtime, [one.application_id for one in receipts])
    assert found == ["code_valid", "code_used", "to_confirm", "to_confirm", ""]


def _spring(runtime: Runtime) -> Round:
    with runtime.read() as session:
        return round_by_slug(session, "spring")


def test_a_confirmation_is_one_event_without_words_and_the_rules_see_it(runtime: Runtime) -> None:
    load(runtime, more=VOUCHED)
    receipt = apply(runtime, person(1, vouching="membership", voucher="Union 1234"))
    runtime.run_due("checks")
    assert _result(runtime, receipt.ref) == "unknown"
    reviewer = staff(runtime, Role.REVIEWER)
    version = stored(runtime, receipt.ref).version
    confirm(runtime, reviewer, receipt.ref, VouchingEvent.MISS, "Canary: rang twice")
    assert _result(runtime, receipt.ref) == "unknown"
    confirm(runtime, reviewer, receipt.ref, VouchingEvent.CONFIRM, "Canary: they know the person")
    assert _result(runtime, receipt.ref) == "met"
    confirm(runtime, reviewer, receipt.ref, VouchingEvent.DENY)
    assert _result(runtime, receipt.ref) == "not_met"
    assert stored(runtime, receipt.ref).version > version
    with runtime.read() as session:
        recorded = [one for one in bodies(session) if one["kind"] == "application.vouching_recorded"]
        assert verify(session, runtime.vault).problems == []
    assert [one["facts"] for one in recorded] == [
        {"vouching": "not_reached"},
        {"vouching": "confirmed"},
        {"vouching": "not_confirmed"},
    ]
    assert b"Canary" not in everywhere(runtime)


def _result(runtime: Runtime, ref: str) -> str:
    with runtime.read() as session:
        found = outcomes_of(session, by_ref(session, ref).id or 0)
    return next(one.result.value for one in found if one.rule == "vouched")


def test_a_policy_that_does_not_look_at_it_is_not_run_again(sqlite_runtime: Runtime) -> None:
    runtime = sqlite_runtime
    load(runtime)
    receipt = apply(runtime, person(1, vouching="membership", voucher="Union 1234"))
    runtime.run_due("checks")
    confirm(runtime, staff(runtime, Role.REVIEWER), receipt.ref, VouchingEvent.CONFIRM)
    with runtime.read() as session:
        kinds = [one["kind"] for one in bodies(session, f"application:{receipt.ref}")]
    assert "application.assessed_again" not in kinds


def test_the_facts_say_what_is_known(sqlite_runtime: Runtime) -> None:
    runtime = sqlite_runtime
    load(runtime)
    (code,) = codes(runtime, 1).codes
    cases = {
        "valid": code_answers(1, code),
        "used": code_answers(2, code),
        "word": person(3, vouching="membership", voucher="Union 1234"),
        "none": person(4),
    }
    known = {}
    for name, answers in cases.items():
        receipt = apply(runtime, answers)
        runtime.run_due("checks")
        with runtime.read() as session:
            application = by_ref(session, receipt.ref)
            facts = facts_of(session, runtime.vault, application)
            assert case_facts(session, runtime.vault, application).has_voucher is facts["has_voucher"]
        known[name] = [facts.get(one) for one in ("has_voucher", "vouched_for", "voucher_code_valid")]
    assert known == {
        "valid": [True, True, True],
        "used": [True, None, False],
        "word": [True, None, False],
        "none": [False, False, False],
    }


@pytest.mark.parametrize("role", [Role.FINANCE, Role.AUDITOR, Role.ADMIN, Role.APPROVER])
def test_only_those_who_decide_record_it(sqlite_runtime: Runtime, role: Role) -> None:
    load(sqlite_runtime)
    receipt = apply(sqlite_runtime, person(1, vouching="membership", voucher="Union 1234"))
    with pytest.raises(Forbidden):
        confirm(sqlite_runtime, staff(sqlite_runtime, role), receipt.ref, VouchingEvent.CONFIRM)


def test_it_is_not_recorded_where_there_is_nothing_or_nothing_open(sqlite_runtime: Runtime) -> None:
    runtime = sqlite_runtime
    load(runtime)
    (code,) = codes(runtime, 1).codes
    reviewer = staff(runtime, Role.REVIEWER)
    nothing, counts = apply(runtime, person(1)), apply(runtime, code_answers(2, code))
    closed = apply(runtime, person(3, vouching="membership", voucher="Union 1234"))
    own = Actor(ActorKind.APPLICANT, closed.ref)
    runtime.transact(own, withdraw, application_id=closed.application_id)
    with pytest.raises(NotFound):
        confirm(runtime, reviewer, nothing.ref, VouchingEvent.CONFIRM)
    for receipt in (counts, closed):
        with pytest.raises(Conflict):
            confirm(runtime, reviewer, receipt.ref, VouchingEvent.DENY)
    with pytest.raises(BadInput):
        confirm(runtime, reviewer, counts.ref, VouchingEvent.DENY, "x" * 1_001)


# --- One's own data -------------------------------------------------------------------------------------------------


def test_the_copy_has_it_and_an_erasure_takes_it_all(runtime: Runtime) -> None:
    load(runtime)
    receipt = apply(runtime, person(1, vouching="person", **ELSEWHERE["person"]))
    runtime.run_due("checks")
    confirm(
        runtime, staff(runtime, Role.REVIEWER), receipt.ref, VouchingEvent.CONFIRM, "They know each other"
    )
    own = Actor(ActorKind.APPLICANT, receipt.ref)
    data = runtime.transact(own, lambda tx: gather(tx, lock_application(tx, receipt.ref)))
    assert data["what_you_told_us"]["voucher_name"] == "Vera Voucher"
    assert data["what_vouches_for_you"]["state"] == "confirmed"
    assert data["what_vouches_for_you"]["what_a_person_wrote"] == "They know each other"
    runtime.transact(staff(runtime, Role.LEAD), erase, ref=receipt.ref)
    left = vouching(runtime, receipt.application_id)
    assert left is not None
    assert left.state is VouchingState.CONFIRMED
    assert left.note is None
    with runtime.read() as session:
        assert session.get(ApplicationAnswers, receipt.application_id) is None
        assert _sealed_notes(session) == 0


def _sealed_notes(session: Session) -> int:
    wanted = select(func.count()).where(ApplicationVouching.note != None)  # noqa: E711 — SQL, not Python
    return session.exec(wanted).one()


def test_a_copy_does_not_tell_whether_a_code_counted(sqlite_runtime: Runtime) -> None:
    """Else a group could send its own codes in, and learn from the copies who had used theirs."""
    runtime = sqlite_runtime
    load(runtime)
    (code,) = codes(runtime, 1).codes
    copies = []
    for number in (1, 2):
        receipt = apply(runtime, code_answers(number, code))
        own = Actor(ActorKind.APPLICANT, receipt.ref)
        copies.append(
            runtime.transact(own, lambda tx, ref=receipt.ref: gather(tx, lock_application(tx, ref)))
        )
    assert copies[0]["what_vouches_for_you"] == copies[1]["what_vouches_for_you"]
    assert [one["what_you_told_us"]["vouching"] for one in copies] == ["code", "code"]
    assert all("voucher" not in one["what_you_told_us"] for one in copies)


# --- Issuing --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.FINANCE, Role.AUDITOR, Role.APPROVER])
def test_only_a_lead_or_an_admin_issues_and_cancels(sqlite_runtime: Runtime, role: Role) -> None:
    runtime = sqlite_runtime
    load(runtime)
    issued, actor = codes(runtime, 1), staff(runtime, role)
    with pytest.raises(Forbidden):
        a_group(runtime, "Mine", actor)
    with pytest.raises(Forbidden):
        codes(runtime, 1, group=a_group(runtime).ref, actor=actor)
    with pytest.raises(Forbidden):
        runtime.transact(actor, issuing.cancel, ref=issued.ref, why="why not")


def test_each_step_of_a_batch_is_one_event_without_codes_or_words(runtime: Runtime) -> None:
    load(runtime)
    lead = staff(runtime, Role.LEAD)
    group = a_group(runtime, "Night shelter", lead, for_round=True)
    issued = codes(runtime, 2, group=group.ref, actor=lead)
    runtime.transact(lead, issuing.cancel, ref=issued.ref.lower(), why="Canary lost the sheet")
    with runtime.read() as session:
        events = bodies(session, f"voucher_batch:{issued.ref}")
        assert verify(session, runtime.vault).problems == []
    assert [(one["kind"], one["facts"]["state"]) for one in events] == [
        ("voucher_batch.issued", "issued"),
        ("voucher_batch.cancelled", "cancelled"),
    ]
    assert events[0]["facts"]["size"] == 2
    assert b"Canary" not in everywhere(runtime)
    with pytest.raises(Conflict):
        runtime.transact(lead, issuing.cancel, ref=issued.ref, why="again")


@pytest.mark.parametrize(
    ("size", "until", "where"),
    [
        (0, LAST_DAY, "size"),
        (1_001, LAST_DAY, "size"),
        (1, dt.date(2020, 3, 31), "expires_on"),
        (1, dt.date(2023, 1, 1), "expires_on"),
    ],
)
def test_a_batch_has_its_bounds(sqlite_runtime: Runtime, size: int, until: dt.date, where: str) -> None:
    load(sqlite_runtime)
    group = a_group(sqlite_runtime)
    with pytest.raises(BadInput) as refused:
        codes(sqlite_runtime, size, group=group.ref, until=until)
    assert refused.value.where == where


def test_a_form_sent_twice_issues_once(runtime: Runtime) -> None:
    load(runtime)
    group = a_group(runtime)
    same = {"group_ref": group.ref, "size": 2, "expires_on": LAST_DAY, "ref": "7K3M-9Q2X"}
    runtime.transact(SYSTEM, issuing.issue, **same)  # type: ignore[arg-type]
    with pytest.raises(Conflict):
        runtime.transact(SYSTEM, issuing.issue, **same)  # type: ignore[arg-type]
    with runtime.read() as session:
        assert len(session.exec(select(VoucherCode)).all()) == 2


def test_a_name_is_taken_once_in_a_fund(sqlite_runtime: Runtime) -> None:
    load(sqlite_runtime)
    a_group(sqlite_runtime, "Night shelter")
    with pytest.raises(BadInput):
        a_group(sqlite_runtime, " Night  shelter ")


def test_the_commands_issue_into_a_private_file_list_and_cancel(
    runtime: Runtime, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import json
    import stat

    from tests.integration.applications.helpers import Command

    load(runtime)
    command = Command(runtime, capsys, monkeypatch)
    status, out, _ = command(
        "vouchers", "group", "Night shelter", "--kind", "group", "--fund", "small", "--json"
    )
    ref, file = json.loads(out)["group"], tmp_path / "list.csv"
    given = ["vouchers", "issue", ref, "--count", "3", "--expires", "2020-06-30", "--out", file]
    status, out, _ = command(*given, "--json")
    assert status == 0
    batch = json.loads(out)["batch"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_text().count("Lane Support,") == 3
    assert command(*given)[0] == 2
    assert file.read_text().count("Lane Support,") == 3
    status, out, _ = command("vouchers", "cancel", batch, "--why", "lost", "--json")
    assert json.loads(out) == {"batch": batch, "state": "cancelled"}
    (group,) = json.loads(command("vouchers", "list", "--json")[1])["groups"]
    assert (group["issued"], group["left_at_most"], group["cancelled_at_most"]) == (3, 0, 3)
    bad = tmp_path / "other.csv"
    assert command("vouchers", "issue", ref, "--count", "0", "--expires", "2020-06-30", "--out", bad)[0] == 2
    assert not bad.exists()
