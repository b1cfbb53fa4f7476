"""Refunds to cards: asked for here or made at the processor, in parts, late, lost and failed; each is recorded once."""

from collections.abc import Iterator

import pytest

from hardship.contributions.card_models import CardRefund
from hardship.contributions.events import RefundsAboutToLeave
from hardship.contributions.queries import gift_by_ref
from hardship.contributions.refunding import request_card_refund, stuck
from hardship.contributions.transitions import CardRefundState
from hardship.core.actor import SYSTEM
from hardship.core.errors import BadInput, Conflict, NotFound
from hardship.core.runtime import Runtime
from hardship.ledger.models import AccountKind
from tests.integration.contributions.cards import Cards, cards_on
from tests.integration.matching.helpers import books, give, give_back, new_gift
from tests.support.stripe_api import Fault

S = CardRefundState


@pytest.fixture
def cards(runtime: Runtime) -> Iterator[Cards]:
    """A fund with one agreement and a card gift of £50.00, matched whole."""
    with cards_on(runtime) as found:
        found.give("50", fee=90)
        yield found


@pytest.fixture
def lite(sqlite_runtime: Runtime) -> Iterator[Cards]:
    """The same, for what does not depend on the database."""
    with cards_on(sqlite_runtime) as found:
        found.give("50", fee=90)
        yield found


def ask(cards: Cards, minor: int, reason: str = "order:1") -> CardRefund:
    """Ask for a refund of the gift."""
    gift = cards.gifts()[0].id or 0
    return cards.runtime.transact(
        SYSTEM, request_card_refund, contribution_id=gift, amount_minor=minor, reason_ref=reason
    )


def test_partial_refunds_made_at_the_processor_add_up(cards: Cards) -> None:
    """Three in one second, their events in reverse and twice: each once; the match follows, the fee stays a cost."""
    for minor in (1000, 1000, 500):
        cards.api.refund(minor)
    events = cards.api.events[1:]
    cards.deliver(*reversed(events))
    cards.deliver(*events)
    (gift,) = cards.gifts()
    assert gift.refunded_minor == 2500
    assert sorted(one.amount_minor for one in cards.refunds()) == [500, 1000, 1000]
    assert {one.state for one in cards.refunds()} == {S.DONE}
    assert books(cards.runtime).income == 2500
    assert books(cards.runtime).matched == 2500
    assert cards.balance(AccountKind.CARD_CLEARING) == 5000 - 90 - 2500
    assert cards.balance(AccountKind.FEES) == 90
    cards.sound()


def test_a_full_refund_leaves_the_fee_as_a_cost(lite: Cards) -> None:
    """Income and match nil, cost 90p, and card clearing owes it."""
    lite.api.refund()
    lite.deliver(lite.api.events[-1])
    assert (books(lite.runtime).income, books(lite.runtime).matched) == (0, 0)
    assert lite.balance(AccountKind.CARD_CLEARING) == -90
    lite.sound()


def test_a_refund_by_hand_goes_back_to_the_card_and_is_recorded_once(cards: Cards) -> None:
    """Our own answer and the processor's event both tell of it."""
    wanted = ask(cards, 2000)
    assert wanted.state is S.REQUESTED
    assert cards.gifts()[0].refunded_minor == 0
    cards.work()
    (done,) = cards.refunds()
    assert (done.state, done.provider_ref) == (S.DONE, cards.api.all("refunds")[0]["id"])
    cards.deliver()
    cards.deliver()
    assert len(cards.refunds()) == 1
    assert cards.gifts()[0].refunded_minor == 2000
    cards.sound()


def test_no_refund_is_sent_while_a_room_says_that_money_waits_and_old_ones_are_looked_up(lite: Cards) -> None:
    """What is asked for meanwhile is kept; it is sent when it may be."""
    ask(lite, 2000)
    waits = ["after a restore"]
    lite.runtime.listen(RefundsAboutToLeave, lambda _tx, _asked: waits[0])
    lite.work()
    assert [one.state for one in lite.refunds()] == [S.REQUESTED]
    assert lite.api.all("refunds") == []
    waits[0] = ""
    lite.api.faults.append(Fault("/v1/refunds", "500", after=True))
    lite.work()
    assert lite.refunds()[0].state is S.UNKNOWN
    waits[0] = "again"
    lite.later(days=2)
    lite.work()
    assert lite.refunds()[0].state is S.DONE, "it was found, not sent"
    assert len(lite.api.all("refunds")) == 1
    lite.sound()


@pytest.mark.parametrize("kind", ["drop", "500"])
def test_an_answer_that_is_lost_is_asked_for_again_under_the_same_key(cards: Cards, kind: str) -> None:
    """Unknown in between; the money went back once."""
    ask(cards, 2000)
    cards.api.faults.append(Fault("/v1/refunds", kind))
    cards.work()
    assert cards.refunds()[0].state is S.UNKNOWN
    cards.later(minutes=1)
    cards.work()
    (done,) = cards.refunds()
    assert done.state is S.DONE
    keys = [key for method, path, key, _ in cards.api.requests if (method, path) == ("POST", "/v1/refunds")]
    assert keys == [done.idem_key] * 2
    assert len(cards.api.all("refunds")) == 1
    assert cards.gifts()[0].refunded_minor == 2000
    cards.sound()


def test_the_event_settles_a_refund_whose_answer_was_lost(lite: Cards) -> None:
    """charge.refunded names our ref: nothing is asked again."""
    ask(lite, 2000)
    lite.api.faults.append(Fault("/v1/refunds", "drop"))
    lite.work()
    lite.deliver()
    assert [one.state for one in lite.refunds()] == [S.DONE]
    lite.later(hours=1)
    lite.work()
    assert len(lite.api.all("refunds")) == 1
    lite.sound()


def test_after_a_day_an_unknown_refund_is_looked_up_and_never_asked_for_again(lite: Cards) -> None:
    """The key may be forgotten by then. What the processor lists is recorded; what it does not list waits for a person."""
    ask(lite, 2000)
    lite.api.faults.append(Fault("/v1/refunds", "500", after=False))
    lite.work()
    lite.later(days=2)
    lite.api.answers.clear()
    lite.work()
    (left,) = lite.refunds()
    assert (left.state, left.due_at) == (S.UNKNOWN, None)
    assert "lists no such refund" in left.problem
    assert lite.api.all("refunds") == []
    lite.sound()


def test_a_refund_that_the_processor_refuses_changes_nothing(lite: Cards) -> None:
    """It was refunded there already: ours fails, theirs is recorded."""
    ask(lite, 5000)
    lite.api.refund()
    lite.work()
    assert lite.refunds()[0].state is S.FAILED
    assert "charge_already_refunded" in lite.refunds()[0].problem
    lite.deliver()
    assert [one.state for one in lite.refunds()] == [S.FAILED, S.DONE]
    assert lite.gifts()[0].refunded_minor == 5000
    lite.sound()


def test_a_refund_under_way_is_recorded_when_it_is_done(lite: Cards) -> None:
    """pending, then succeeded."""
    made = lite.api.refund(2000, status="pending")
    lite.deliver()
    assert lite.refunds()[0].state is S.SENT
    assert lite.gifts()[0].refunded_minor == 0
    lite.api.refund_ends(made["id"], "succeeded")
    lite.deliver()
    assert lite.refunds()[0].state is S.DONE
    assert lite.gifts()[0].refunded_minor == 2000
    lite.sound()


def test_a_refund_that_the_cards_bank_sends_back_is_owed_to_the_donor(cards: Cards) -> None:
    """The gift stays refunded; Dr card clearing / Cr refunds due."""
    made = cards.api.refund(2000)
    cards.deliver()
    cards.api.refund_ends(made["id"], "failed")
    cards.deliver()
    assert cards.refunds()[0].state is S.RETURNED
    assert cards.balance(AccountKind.REFUNDS_DUE) == -2000
    assert cards.balance(AccountKind.CARD_CLEARING) == 5000 - 90
    assert books(cards.runtime).income == 3000
    cards.sound()


def test_what_cannot_be_refunded_is_refused(lite: Cards) -> None:
    """More than is left with what is on its way, nothing, a gift that came otherwise, one reason for two amounts."""
    ask(lite, 3000)
    assert ask(lite, 3000).ref == lite.refunds()[0].ref
    with pytest.raises(Conflict):
        ask(lite, 100)
    with pytest.raises(BadInput, match="more than is left"):
        ask(lite, 2001, "order:2")
    with pytest.raises(BadInput, match="above 0.00"):
        ask(lite, 0, "order:3")
    give(lite.runtime, new_gift("BANK", "10.00"))
    with pytest.raises(NotFound):
        lite.runtime.transact(
            SYSTEM,
            request_card_refund,
            contribution_id=lite.gifts()[1].id or 0,
            amount_minor=100,
            reason_ref="order:4",
        )
    assert len(lite.refunds()) == 1


def test_a_worker_that_dies_after_sending_asks_again_under_the_same_key(lite: Cards) -> None:
    """The intent was committed, the answer was not: sent, then unknown, then done; one refund there."""
    from hardship.contributions.checkout import Processor
    from hardship.contributions.refunding import claim

    ask(lite, 2000)
    (sending,) = lite.runtime.transact(SYSTEM, claim)
    Processor(lite.runtime.settings).refund_card(sending.wanted, sending.charge)
    assert lite.refunds()[0].state is S.SENT
    lite.work()
    assert lite.refunds()[0].state is S.SENT, "not before the first one's time is over"
    lite.later(minutes=5)
    lite.work()
    assert lite.refunds()[0].state is S.DONE
    assert len(lite.api.all("refunds")) == 1
    lite.sound()


def test_a_processor_that_answers_too_late_has_its_refund_found_again(
    lite: Cards, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It committed, then hung longer than we wait: unknown, then the same key tells what it did."""
    monkeypatch.setattr("hardship.contributions.checkout.PATIENCE", 0.5)
    ask(lite, 2000)
    lite.api.faults.append(Fault("/v1/refunds", "hang", seconds=1.0))
    lite.work()
    assert lite.refunds()[0].state is S.UNKNOWN
    lite.later(minutes=1)
    lite.work()
    assert lite.refunds()[0].state is S.DONE
    assert len(lite.api.all("refunds")) == 1
    lite.sound()


def test_a_refund_that_was_booked_by_a_file_as_well_does_not_stop_the_others(lite: Cards) -> None:
    """The worker goes on with the next one, and after some tries a person is told."""
    first, second = lite.gifts()[0].ref, lite.give("30")
    ask(lite, 5000)
    give_back(lite.runtime, first, "50")
    with lite.runtime.read() as session:
        other = gift_by_ref(session, second)
    lite.runtime.transact(
        SYSTEM, request_card_refund, contribution_id=other.id, amount_minor=3000, reason_ref="other"
    )
    lite.work()
    assert [one.state for one in lite.refunds()] == [S.UNKNOWN, S.DONE]
    assert lite.refunds()[0].problem.startswith("not recorded: more than is left")
    for _ in range(3):
        lite.later(hours=1)
        lite.work()
    with lite.runtime.read() as session:
        assert [ref for _, ref in stuck(session, lite.runtime.clock.now())] == [first]
    assert len(lite.api.all("refunds")) == 2
    lite.sound()
