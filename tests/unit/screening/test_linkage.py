"""Signals: what two cases share, in a plain sentence, and never a verdict."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardship.applications.identity import TokenKind
from hardship.screening.linkage import STRONG, Case, Signal, SignalKind, Strength, refers, signals


def test_every_kind_of_blind_token_is_a_strong_signal() -> None:
    assert {str(kind) for kind in TokenKind} == {str(kind) for kind in STRONG}


def test_a_case_that_shares_nothing_has_no_signals() -> None:
    assert signals({"bank": {"t1"}}, [Case("A-2", {"bank": {"t2"}, "phone": {"t1"}})]) == []
    assert signals({}, [Case("A-2", {"bank": {"t2"}})]) == []
    assert not refers([])


def test_scenario_6_joint_account() -> None:
    found = signals({TokenKind.BANK: {"t1"}}, [Case("A-1", {TokenKind.BANK: {"t1"}}, awarded=True)])
    sentence = "The same bank account as A-1. Already awarded: A-1. People may share an account."
    assert found == [Signal(SignalKind.BANK, Strength.STRONG, sentence, ("A-1",))]
    assert refers(found)


def test_one_token_of_any_live_epoch_is_enough() -> None:
    assert signals({"email": {"old", "new"}}, [Case("A-1", {"email": ["older", "old"]})])[0].refs == ("A-1",)


@pytest.mark.parametrize("kind", SignalKind)
def test_one_weak_signal_never_refers_and_a_strong_one_always_does(kind: SignalKind) -> None:
    found = signals({kind: {"t"}}, [Case(f"A-{i}", {kind: {"t"}}) for i in range(9)])
    assert refers(found) is (kind in STRONG)


def test_two_weak_ones_refer() -> None:
    own = {"device": {"d"}, "statement": {"s"}}
    assert refers(signals(own, [Case("A-1", {"device": {"d"}}), Case("A-2", {"statement": {"s"}})]))


def test_many_cases_are_counted_past_the_first_few() -> None:
    cases = [Case(f"A-{i}", {"phone": {"t"}}) for i in range(1, 8)]
    found = signals({"phone": {"t"}}, cases)[0]
    assert found.sentence.startswith("The same phone number as A-1, A-2, A-3, A-4 and 3 more.")
    assert len(found.refs) == 7


TOKENS = st.dictionaries(st.sampled_from([*SignalKind, "unheard-of"]), st.frozensets(st.sampled_from("abc")))
CASES = st.lists(
    st.builds(Case, st.sampled_from(["A-1", "A-2", "A-3"]), TOKENS, st.booleans()), unique_by=lambda c: c.ref
)


@given(TOKENS, CASES)
def test_each_kind_has_one_signal_naming_exactly_the_cases_that_share_it(
    own: dict[str, frozenset[str]], cases: list[Case]
) -> None:
    found = {signal.kind: signal for signal in signals(own, cases)}
    for kind in SignalKind:
        sharing = sorted(c.ref for c in cases if own.get(kind, frozenset()) & set(c.tokens.get(kind, ())))
        assert (list(found[kind].refs) if kind in found else []) == sharing
    assert signals(own, cases[::-1]) == list(found.values())


@given(TOKENS, CASES)
def test_sentences_name_no_token_and_judge_nobody(own: dict[str, frozenset[str]], cases: list[Case]) -> None:
    secret = {kind: {f"token-{t}" for t in tokens} for kind, tokens in own.items()}
    others = [
        Case(c.ref, {k: {f"token-{t}" for t in ts} for k, ts in c.tokens.items()}, c.awarded) for c in cases
    ]
    for signal in signals(secret, others):
        assert "token-" not in signal.sentence
        assert not any(
            word in signal.sentence.lower() for word in ("fraud", "duplicate", "suspicious", "reject")
        )
