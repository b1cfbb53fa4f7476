"""Completion, expiry, cancellation and the worker at one instant, in processes of their own: one of them decides, once."""

from collections.abc import Iterator

import pytest

from hardship.contributions.card_models import WebhookDelivery
from hardship.contributions.checkout import Processor
from hardship.contributions.transitions import CardRefundState, CheckoutState
from hardship.core.runtime import Runtime
from hardship.matching.queries import agreement_by_ref
from tests.integration.awards.rivals import at_once
from tests.integration.contributions.card_rivals import do
from tests.integration.contributions.cards import Cards, cards_on
from tests.integration.matching.helpers import books

ROUNDS = 2


@pytest.fixture
def cards(runtime: Runtime) -> Iterator[Cards]:
    """A fund with one agreement of £200.00."""
    with cards_on(runtime, {"cap": "200.00"}) as found:
        yield found


def opened(cards: Cards) -> str:
    """A checkout whose card page is open; its token."""
    place = cards.wish("50")
    assert cards.on(place).status_code == 303
    return place.rpartition("/")[2]


def test_payment_expiry_and_cancel_at_once_leave_one_outcome_and_no_orphan(cards: Cards) -> None:
    """The processor knows whether it was paid; whoever comes first, it is a gift exactly then, and nothing stays held."""
    race(cards, ROUNDS)


def race(cards: Cards, rounds: int) -> None:
    """One round after the other, every second one unpaid; then all is counted."""
    paid = 0
    for number in range(rounds):
        token = opened(cards)
        is_paid = number % 2 == 0
        paid += is_paid
        if is_paid:
            cards.api.pay()
            assert cards.api.deliver() == 200
        cards.later(minutes=46)
        rivals = [
            ("webhook", ""),
            ("webhook", ""),
            ("cancel", token),
            ("come back", token),
            ("worker", ""),
            ("worker", ""),
        ]
        answers = at_once(cards.runtime, do, rivals)
        assert set(answers) == {"done"}
        cards.later(minutes=10)
        cards.work()
        assert (cards.checkout().state is CheckoutState.PAID) == is_paid
        with cards.runtime.read() as session:
            agreement = agreement_by_ref(session, "M")
        assert agreement.held_minor == 0
    assert len(cards.gifts()) == paid
    assert books(cards.runtime).income == 5000 * paid
    assert books(cards.runtime).matched == 5000 * paid
    cards.sound()


def test_one_form_sent_by_many_processes_is_one_checkout_and_one_card_page(cards: Cards) -> None:
    """The same token at once: one row, one hold; the same button at once: one session, for everybody."""
    refs = at_once(cards.runtime, do, [("open", "t" * 40)] * 6)
    assert len(set(refs)) == 1, refs
    pages = at_once(cards.runtime, do, [("begin", "t" * 40)] * 6)
    assert set(pages) == {cards.api.session()["url"]}
    assert len(cards.api.all("sessions")) == 1
    with cards.runtime.read() as session:
        assert agreement_by_ref(session, "M").held_minor == 2000
    cards.sound()


def test_many_workers_send_one_refund_and_the_event_comes_in_between(cards: Cards) -> None:
    """Claimed by one; the event of a refund made at the processor is handled beside it."""
    from tests.integration.contributions.test_card_refunds import ask

    cards.give("50")
    ask(cards, 2000)
    cards.api.refund(1000)
    assert cards.api.deliver() == 200
    at_once(cards.runtime, do, [("refund", "")] * 3 + [("webhook", "")] * 3)
    cards.later(minutes=10)
    cards.deliver()
    assert sorted((one.amount_minor, one.state) for one in cards.refunds()) == [
        (1000, CardRefundState.DONE),
        (2000, CardRefundState.DONE),
    ]
    assert len(Processor(cards.runtime.settings).refunds(cards.checkout().charge or "")) == 2
    assert cards.gifts()[0].refunded_minor == 3000
    cards.sound()


def test_one_event_delivered_to_many_processes_at_once_is_stored_once(cards: Cards) -> None:
    """The sender repeats itself while the first delivery is being stored."""
    opened(cards)
    cards.api.pay()
    import threading

    answers: list[int] = []
    threads = [threading.Thread(target=lambda: answers.append(cards.api.deliver())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert answers == [200] * 8
    assert len(cards._all(WebhookDelivery)) == 1
    cards.work()
    assert len(cards.gifts()) == 1
    cards.sound()
