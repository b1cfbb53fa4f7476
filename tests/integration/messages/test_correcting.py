"""Corrected details: while nothing is decided, checked again, and what was told before is not kept."""

import hashlib
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import col, select

from hardship.applications.answers import tidy
from hardship.applications.messages import correcting
from hardship.applications.messages.models import Ending, Wants
from hardship.applications.models import ApplicationToken
from hardship.applications.owndata import erasing
from hardship.applications.queries import answers_of
from hardship.applications.service import case_facts, open_answers, withdraw
from hardship.applications.service.reaching import set_safe_contact
from hardship.applications.transitions import ApplicationState
from hardship.core.actor import Actor, ActorKind
from hardship.core.canonical import canonical
from hardship.core.errors import BadInput, Conflict, HardshipError, NotFound
from hardship.core.runtime import Runtime
from hardship.eligibility.models import Assessment
from hardship.eligibility.queries import facts_of, outcomes_of
from hardship.screening.queries import signals_of
from tests.integration.applications.helpers import apply, everything_in, load, person, stored
from tests.integration.messages.helpers import Talk, a_talk


@pytest.fixture
def talk(runtime: Runtime) -> Talk:
    return a_talk(runtime)


def correct(talk: Talk, **answers: str) -> frozenset[str]:
    return talk.runtime.transact(
        talk.applicant, correcting.correct, application_id=talk.number, answers=answers
    )


def told(runtime: Runtime, ref: str) -> dict[str, str]:
    with runtime.read() as session:
        case = stored(runtime, ref)
        row = answers_of(session, case.id or 0)
        assert row is not None
        return open_answers(runtime.vault.person(session, case.data_key_id), ref, row)


def tokens(talk: Talk) -> dict[str, bytes]:
    with talk.runtime.read() as session:
        rows = session.exec(
            select(ApplicationToken).where(ApplicationToken.application_id == talk.number)
        ).all()
        return {one.kind: one.token for one in rows}


def test_rules_are_asked_again_and_the_panel_is_told(talk: Talk) -> None:
    talk.panel.vote("ash", talk.ref)
    before, old = talk.case, tokens(talk)
    assert not before.referred
    assert correct(talk, income_now="900", statement="I found some hours.") == {"income_now", "statement"}
    after = talk.case
    assert after.version > before.version
    assert after.changed_at == talk.runtime.clock.now()
    assert after.referred
    assert (after.state, tokens(talk)) == (ApplicationState.IN_REVIEW, old)
    with talk.runtime.read() as session:
        assert [one.result.value for one in outcomes_of(session, talk.number)] == ["not_met"]
        facts = case_facts(session, talk.runtime.vault, after)
        assert (facts.income_now_minor, facts.statement) == (90_000, "I found some hours.")
        assert len(talk.panel.vote("bryn", talk.ref).ref) > 0


def test_what_was_told_before_is_not_kept(talk: Talk) -> None:
    correct(talk, income_before="2000", income_now="100")
    with talk.runtime.read() as session:
        runs = session.exec(
            select(Assessment.facts)
            .where(Assessment.application_id == talk.number)
            .order_by(col(Assessment.id))
        ).all()
        assert [facts is not None for facts in runs] == [False, True]
        assert facts_of(session, talk.runtime.vault, talk.case)["income_loss_percent"] == 95
    assert told(talk.runtime, talk.ref)["income_before"] == "2000.00"


def test_the_event_names_fields_and_commits_to_what_is_told_now(talk: Talk) -> None:
    correct(talk, working_name="Sasha", reason="")
    (event,) = talk.events("application.answers_corrected")
    assert event["facts"]["fields"] == ["reason", "working_name"]
    with talk.runtime.read() as session:
        case = talk.case
        salt = talk.runtime.vault.person(session, case.data_key_id).open(
            "application", "salt", case.ref, case.salt
        )
    now = canonical(told(talk.runtime, talk.ref))
    assert event["facts"]["commitment"] == hashlib.sha256(bytes.fromhex(salt or "") + now).hexdigest()
    assert "Sasha" not in str(event)


def test_the_same_again_is_no_change(talk: Talk) -> None:
    known = told(talk.runtime, talk.ref)
    same = {name: known.get(name, "") for name in correcting.FIELDS}
    before = everything_in(talk.runtime)
    assert correct(talk, **same) == frozenset()
    assert everything_in(talk.runtime) == before


def test_a_corrected_year_of_birth_finds_a_second_application(talk: Talk) -> None:
    """Both are referred, whoever corrects; and what was found stays found when it is corrected away again."""
    twin = Talk(talk.panel, talk.panel.case(birth_year="1980", legal_name="Person Number1"))
    old = tokens(twin)
    assert not twin.case.referred
    correct(twin, birth_year="1990")
    assert tokens(twin)["person"] == tokens(talk)["person"] != old["person"]
    assert {kind: one for kind, one in tokens(twin).items() if kind != "person"} == {
        kind: one for kind, one in old.items() if kind != "person"
    }
    for own, other in ((talk, twin), (twin, talk)):
        assert own.case.referred
        with own.runtime.read() as session:
            (signal,) = signals_of(session, own.number)
            assert (signal.kind, signal.other_id) == ("person", other.number)
    correct(twin, birth_year="1980")
    with twin.runtime.read() as session:
        assert len(signals_of(session, twin.number)) == 1


def test_another_safe_address_is_compared_with_other_cases(talk: Talk) -> None:
    other = Talk(talk.panel, talk.panel.case(email="shared.inbox@gmail.com", safe_contact="email"))
    version, old = other.case.version, tokens(talk)
    talk.runtime.transact(
        talk.applicant,
        set_safe_contact,
        application_id=talk.number,
        safe_contact="email",
        email="sharedinbox+x@googlemail.com",
    )
    assert tokens(talk)["email"] == tokens(other)["email"] != old["email"]
    for own in (talk, other):
        assert own.case.referred
        with own.runtime.read() as session:
            assert [one.kind for one in signals_of(session, own.number)] == ["email"]
    assert other.case.version > version


def test_the_same_safe_address_again_finds_nothing_new(talk: Talk) -> None:
    def again() -> None:
        talk.runtime.transact(
            talk.applicant,
            set_safe_contact,
            application_id=talk.number,
            safe_contact="email",
            email="person1@example.org",
        )

    again()
    with talk.runtime.read() as session:
        runs = len(session.exec(select(Assessment.id).where(Assessment.application_id == talk.number)).all())
    assert runs == 1
    assert not talk.case.referred


def test_before_the_checks_the_checks_do_it(runtime: Runtime) -> None:
    load(runtime)
    receipt = apply(runtime, person(1))
    applicant = Actor(ActorKind.APPLICANT, receipt.ref)
    runtime.transact(
        applicant,
        correcting.correct,
        application_id=receipt.application_id,
        answers={"income_now": "1100"},
    )
    assert stored(runtime, receipt.ref).state is ApplicationState.CHECKING
    with runtime.read() as session:
        assert session.exec(select(Assessment)).all() == []
    runtime.run_due("checks")
    assert stored(runtime, receipt.ref).referred


def test_a_correction_ends_the_question_for_it(talk: Talk) -> None:
    talk.ask("Please look at your incomes", Wants.DETAILS)
    correct(talk, income_now="310")
    question = talk.question()
    assert question
    assert question.ending is Ending.DETAILS
    assert talk.case.state is ApplicationState.IN_REVIEW
    correct(talk, income_now="320")  # and more may follow
    talk.ask("Which month?", Wants.ANSWER)
    correct(talk, income_now="330")
    assert talk.case.state is ApplicationState.INFO_REQUESTED


def test_a_decided_closed_or_erased_case_stays_as_it_is(talk: Talk) -> None:
    talk.panel.approve(talk.ref)
    taken = Talk(talk.panel, talk.panel.case())
    taken.runtime.transact(taken.applicant, withdraw, application_id=taken.number)
    before = everything_in(talk.runtime)
    for one in (talk, taken):
        with pytest.raises(Conflict):
            correct(one, income_now="1")
    assert everything_in(talk.runtime) == before
    erased = Talk(talk.panel, talk.panel.case())
    erased.runtime.transact(erased.applicant, erasing.ask, application_id=erased.number)
    with pytest.raises(HardshipError):
        correct(erased, income_now="1")


def test_nobody_corrects_anothers_case(talk: Talk) -> None:
    stranger = Actor(ActorKind.APPLICANT, talk.panel.case())
    with pytest.raises(NotFound):
        talk.runtime.transact(
            stranger, correcting.correct, application_id=talk.number, answers={"income_now": "1"}
        )


BAD = {
    "email": ("email", "x@example.org"),
    "legal name": ("legal_name", "Somebody Else"),
    "account": ("account_number", "12345678"),
    "connected": ("connected", "no"),
    "no year": ("birth_year", " "),
    "no income": ("income_now", ""),
    "a year that is none": ("birth_year", "19900"),
    "an income that is none": ("income_before", "NaN"),
    "digits of another script": ("income_before", "٣"),
    "a postcode that is none": ("outward_postcode", "Somewhere"),
    "a reason that is none": ("reason", "because"),
    "far too long": ("statement", "x" * 5_001),
}


@pytest.mark.parametrize("case", BAD)
def test_what_the_form_would_not_take_is_refused_by_its_field(sqlite_runtime: Runtime, case: str) -> None:
    talk = a_talk(sqlite_runtime)
    name, text = BAD[case]
    before = everything_in(sqlite_runtime)
    with pytest.raises(BadInput) as refused:
        correct(talk, **{name: text})
    assert refused.value.where == name
    assert everything_in(sqlite_runtime) == before


_SHARED: dict[int, Talk] = {}


def shared(make_runtime: Callable[[str], Runtime]) -> Talk:
    """One case for all examples of the property."""
    key = id(make_runtime)
    if key not in _SHARED:
        _SHARED[key] = a_talk(make_runtime("sqlite"))
    return _SHARED[key]


TEXTS = {
    "working_name": st.sampled_from(["", "Mae", "Ана", "O'Neil"]),
    "outward_postcode": st.sampled_from(["", "E8", "sw1a", "M14"]),
    "birth_year": st.integers(1930, 2002).map(str),
    "income_before": st.integers(0, 100_000).map(str),
    "income_now": st.integers(0, 100_000).map(str),
    "reason": st.sampled_from(["", "livelihood", "other"]),
    "statement": st.text(max_size=40).filter(lambda text: "\x00" not in text),
}


@settings(max_examples=20)
@given(changes=st.lists(st.fixed_dictionaries({}, optional=TEXTS), min_size=1, max_size=3))
def test_however_it_is_corrected_what_is_kept_is_what_the_form_would_keep(
    make_runtime: Callable[[str], Runtime], changes: list[dict[str, str]]
) -> None:
    talk = shared(make_runtime)
    expected = told(talk.runtime, talk.ref)
    for change in changes:
        changed = correct(talk, **change)
        now = expected | dict.fromkeys(change, "") | tidy(change)
        assert changed == {name for name in change if now[name] != expected.get(name, "")}
        expected = {name: text for name, text in now.items() if text}
        assert told(talk.runtime, talk.ref) == expected
