"""Disputes of card gifts: opened, won, lost, only asked about; in any order of events; scenario 8."""

from collections.abc import Iterator

import pytest

from hardship.contributions.transitions import DeliveryState, DisputeState
from hardship.core.runtime import Runtime
from hardship.ledger.models import AccountKind
from tests.integration.contributions.cards import Cards, cards_on
from tests.integration.matching.helpers import books, sponsor_pays, status_of

K = AccountKind


@pytest.fixture
def cards(runtime: Runtime) -> Iterator[Cards]:
    """A fund with one agreement and a card gift of £500.00 (fee £7.70), matched £500.00."""
    with cards_on(runtime) as found:
        found.give("500", fee=770)
        yield found


@pytest.fixture
def lite(sqlite_runtime: Runtime) -> Iterator[Cards]:
    """The same, for what does not depend on the database."""
    with cards_on(sqlite_runtime) as found:
        found.give("500", fee=770)
        yield found


def test_scenario_8_a_lost_dispute_leaves_income_and_match_nil_and_a_cost_of_27_70(cards: Cards) -> None:
    """Disputed (fee £20.00): its match is frozen, its money is held back. Lost: income nil, match nil, cost £27.70."""
    assert (books(cards.runtime).income, books(cards.runtime).matched) == (50_000, 50_000)
    cards.api.dispute(fee=2000)
    cards.deliver()
    assert cards.disputes()[0].state is DisputeState.OPEN
    assert cards.balance(K.DISPUTED_RECEIPTS) == 50_000
    assert cards.balance(K.CARD_CLEARING) == -770 - 2000
    assert status_of(cards.runtime).agreement.allocated_minor == 50_000, "frozen, not taken back"
    assert books(cards.runtime).income == 50_000
    assert books(cards.runtime).spendable <= 0
    cards.sound()

    cards.api.close_dispute("lost")
    cards.deliver()
    assert cards.disputes()[0].state is DisputeState.LOST
    assert (books(cards.runtime).income, books(cards.runtime).matched) == (0, 0)
    assert cards.balance(K.FEES) == 2770
    assert cards.balance(K.CARD_CLEARING) == -2770
    assert cards.balance(K.DISPUTED_RECEIPTS) == 0
    assert status_of(cards.runtime).agreement.allocated_minor == 0
    assert cards.gifts()[0].net_minor == 0
    cards.sound()


def test_a_won_dispute_brings_everything_back_but_the_fee(cards: Cards) -> None:
    """The money is back in card clearing, the match is the gift's again."""
    sponsor_pays(cards.runtime, "500.00")
    cards.api.dispute(fee=2000)
    cards.deliver()
    cards.api.close_dispute("won")
    cards.deliver()
    assert cards.disputes()[0].state is DisputeState.WON
    assert cards.balance(K.DISPUTED_RECEIPTS) == 0
    assert cards.balance(K.CARD_CLEARING) == 50_000 - 770 - 2000
    assert (books(cards.runtime).income, books(cards.runtime).matched) == (50_000, 50_000)
    cards.sound()


def test_a_fee_that_comes_back_with_a_won_dispute_is_no_cost(lite: Cards) -> None:
    """Some processors give it back."""
    lite.api.dispute(fee=2000)
    lite.deliver()
    lite.api.close_dispute("won", fee_back=2000)
    lite.deliver()
    assert lite.balance(K.FEES) == 770
    assert lite.balance(K.CARD_CLEARING) == 50_000 - 770
    lite.sound()


def test_the_last_event_of_a_dispute_alone_is_enough_and_the_others_change_nothing(lite: Cards) -> None:
    """closed before created: how it stands there decides; late and doubled events are harmless."""
    lite.api.dispute(fee=2000)
    lite.api.close_dispute("lost")
    lite.deliver(lite.api.events[-1])
    assert lite.disputes()[0].state is DisputeState.LOST
    lite.deliver(*reversed(lite.api.events))
    lite.deliver()
    assert {one.state for one in lite.inbox()} == {DeliveryState.HANDLED}
    assert len(lite.disputes()) == 1
    assert lite.balance(K.FEES) == 2770
    lite.sound()


def test_a_dispute_before_the_gifts_own_event_settles_the_gift_first(sqlite_runtime: Runtime) -> None:
    """Out of order, and the payment's event never comes at all."""
    with cards_on(sqlite_runtime) as lite:
        lite.on(lite.wish("500"))
        lite.api.pay(fee=770)
        lite.api.dispute()
        lite.deliver(lite.api.events[-1])
        assert lite.disputes()[0].state is DisputeState.OPEN
        assert books(sqlite_runtime).income == 50_000
        lite.sound()


def test_a_bank_that_only_asks_moves_nothing(lite: Cards) -> None:
    """An inquiry is noted; closed, it is over; when it becomes a dispute, it is one."""
    lite.api.dispute(inquiry=True)
    lite.deliver()
    assert lite.disputes()[0].state is DisputeState.INQUIRY
    assert lite.balance(K.DISPUTED_RECEIPTS) == 0
    lite.api.close_dispute("warning_closed")
    lite.deliver()
    assert lite.disputes()[0].state is DisputeState.CLOSED
    assert lite.balance(K.CARD_CLEARING) == 50_000 - 770
    lite.sound()


def test_a_dispute_after_a_partial_refund_takes_what_is_left_and_the_rest_is_a_loss(cards: Cards) -> None:
    """£100.00 was refunded; the bank takes all £500.00 all the same: £400.00 is the gift's, £100.00 a loss."""
    cards.api.refund(10_000)
    cards.deliver()
    cards.api.dispute(fee=2000)
    cards.api.close_dispute("lost")
    cards.deliver()
    assert books(cards.runtime).income == 0
    assert cards.balance(K.LOSSES) == 10_000
    assert cards.balance(K.DISPUTED_RECEIPTS) == 0
    cards.sound()


def test_a_partial_dispute_takes_back_its_part_of_the_match(cards: Cards) -> None:
    """£200.00 of £500.00 is lost: income and match are £300.00."""
    cards.api.dispute(20_000)
    cards.api.close_dispute("lost")
    cards.deliver()
    assert (books(cards.runtime).income, books(cards.runtime).matched) == (30_000, 30_000)
    cards.sound()
