"""Gifts by card, from the form to the books: what is held, what is paid, what is said; the processor is a real server."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlmodel import select

from hardship.contributions.models import Donor
from hardship.contributions.transitions import CheckoutState
from hardship.core.runtime import Runtime
from hardship.ledger.models import AccountKind
from hardship.matching.models import MatchAgreement
from hardship.matching.queries import agreement_by_ref
from tests.integration.contributions.cards import Cards, cards_on, form_token, key_of
from tests.integration.matching.helpers import books, everything_in, give, new_gift
from tests.support.stripe_api import Fault


@pytest.fixture
def cards(runtime: Runtime) -> Iterator[Cards]:
    """A fund with one agreement of £100.00."""
    with cards_on(runtime, {"cap": "100.00"}) as found:
        yield found


@pytest.fixture
def lite(sqlite_runtime: Runtime) -> Iterator[Cards]:
    """The same, for what does not depend on the database."""
    with cards_on(sqlite_runtime, {"cap": "100.00"}) as found:
        yield found


def agreement(cards: Cards) -> MatchAgreement:
    """The agreement as it stands."""
    with cards.runtime.read() as session:
        return agreement_by_ref(session, "M")


def test_a_gift_by_card_is_matched_and_booked_gross_with_its_fee_as_a_cost(cards: Cards) -> None:
    """Dr card clearing and fees / Cr donations; the match with it; once."""
    cards.give("50", fee=90)
    (gift,) = cards.gifts()
    assert (gift.amount_minor, gift.fee_minor, gift.channel.value) == (5000, 90, "card")
    assert gift.donor_type.value == "anonymous"
    assert cards.balance(AccountKind.CARD_CLEARING) == 4910
    assert cards.balance(AccountKind.FEES) == 90
    assert cards.balance(AccountKind.BANK) == 0
    assert books(cards.runtime).income == 5000
    assert (agreement(cards).allocated_minor, agreement(cards).held_minor) == (5000, 0)
    assert cards.checkout().state is CheckoutState.PAID
    cards.sound()


def test_the_held_match_is_shown_with_its_expiry_and_nobody_else_can_have_it(cards: Cards) -> None:
    """£60.00 of the £100.00 is held for the first donor; the second is told of the £40.00 that is left."""
    first = cards.client.get(cards.wish("60")).text
    assert "£60.00 of match funding is held for it until 10:45am" in first
    second = cards.client.get(cards.wish("60")).text
    assert "£40.00 of match funding is held for it" in second
    assert agreement(cards).held_minor == 10000
    third = cards.client.get(cards.wish("60")).text
    assert "No match funding is held for it" in third
    cards.sound()


def test_a_double_click_is_one_checkout_and_one_card_page(lite: Cards) -> None:
    """The same form sent twice leads to the same place, and the same button to the same card page."""
    page = lite.client.get("/donate").text
    sent = {"csrf_token": form_token(page), "key": key_of(page), "amount": "20", "covers": "this"}
    places = {lite.client.post("/donate", data=sent).headers["Location"] for _ in range(2)}
    assert len(places) == 1
    place = places.pop()
    pages = {lite.on(place).headers["Location"] for _ in range(2)}
    assert len(pages) == 1
    assert len(lite.api.all("sessions")) == 1
    other = lite.client.post("/donate", data=sent | {"amount": "30"}).headers["Location"]
    assert other != place


@pytest.mark.parametrize("kind", ["drop", "500"])
def test_an_answer_that_is_lost_leads_to_the_same_card_page(lite: Cards, kind: str) -> None:
    """The processor made the page, its answer never came: asked again under the same key there is still one."""
    place = lite.wish("20")
    lite.api.faults.append(Fault("/v1/checkout/sessions", kind))
    answer = lite.on(place)
    assert answer.headers["Location"] == lite.api.session()["url"]
    assert len(lite.api.all("sessions")) == 1
    keys = {
        key
        for method, path, key, _ in lite.api.requests
        if (method, path) == ("POST", "/v1/checkout/sessions")
    }
    assert keys == {lite.checkout().idem_key}


def test_a_processor_that_does_not_answer_leaves_everything_as_it_was(lite: Cards) -> None:
    """The donor is told plainly, and may try again on the same page."""
    place = lite.wish("20")
    lite.api.faults.append(Fault("/v1/checkout/sessions", "429", after=False, times=3))
    answer = lite.on(place)
    assert answer.headers["Location"] == place
    assert "cannot be reached at the moment" in lite.client.get(place).text
    assert lite.checkout().session_id is None
    assert lite.on(place).headers["Location"] == lite.api.session()["url"]


def test_a_session_whose_answer_was_lost_for_good_is_still_the_gift_when_it_is_paid(lite: Cards) -> None:
    """A crash between the processor's answer and our note of it: the ref that we gave leads back."""
    place = lite.wish("20")
    lite.api.faults.append(Fault("/v1/checkout/sessions", "drop", times=3))
    lite.on(place)
    assert lite.checkout().session_id is None
    lite.api.pay()
    lite.deliver()
    assert lite.checkout().state is CheckoutState.PAID
    lite.sound()


def test_coming_back_tells_the_truth_before_any_event_has_come(lite: Cards) -> None:
    """The page asks the processor; the event that comes later changes nothing."""
    place = lite.wish("50")
    lite.on(place)
    assert "not heard yet" in lite.client.get(f"{place}/done").text
    lite.api.pay()
    page = lite.client.get(f"{place}/done").text
    assert "Your gift of £50.00 has arrived" in page
    assert "£50.00" in page
    assert "lapsed" not in page
    lite.deliver()
    assert len(lite.gifts()) == 1
    lite.sound()


def test_giving_up_frees_what_was_held_and_closes_the_card_page(cards: Cards) -> None:
    """Back from the card page without having paid, twice."""
    place = cards.wish("50")
    cards.on(place)
    for _ in range(2):
        assert cards.client.get(f"{place}/cancel").headers["Location"] == place
    assert "You did not pay" in cards.client.get(place).text
    assert cards.api.session()["status"] == "expired"
    assert agreement(cards).held_minor == 0
    cards.deliver()
    assert cards.checkout().state is CheckoutState.CANCELLED
    cards.sound()


def test_giving_up_after_having_paid_is_a_gift(lite: Cards) -> None:
    """The card page was finished in another tab: the processor's word counts."""
    place = lite.wish("50")
    lite.on(place)
    lite.api.pay()
    lite.client.get(f"{place}/cancel")
    assert "has arrived" in lite.client.get(place).text
    assert agreement(lite).allocated_minor == 5000
    lite.sound()


def test_giving_up_while_the_processor_is_away_is_finished_by_the_worker(lite: Cards) -> None:
    """What was held is free at once; the card page is closed when the processor answers again."""
    place = lite.wish("50")
    lite.on(place)
    lite.api.faults.append(Fault("/v1/checkout/sessions/", "500", after=False))
    lite.client.get(f"{place}/cancel")
    assert agreement(lite).held_minor == 0
    assert lite.api.session()["status"] == "open"
    lite.work()
    assert lite.api.session()["status"] == "expired"
    assert lite.checkout().released
    lite.sound()


def test_expiry_frees_what_was_held_whoever_learns_of_it_first(cards: Cards) -> None:
    """Our clock first: the worker closes the page at the processor, too; its event changes nothing any more."""
    place = cards.wish("50")
    cards.on(place)
    cards.later(minutes=46)
    cards.work()
    assert cards.checkout().state is CheckoutState.EXPIRED
    assert cards.api.session()["status"] == "expired"
    cards.deliver()
    assert agreement(cards).held_minor == 0
    assert "time for this gift is over" in cards.client.get(place).text
    cards.sound()


def test_the_processors_expiry_closes_a_checkout(lite: Cards) -> None:
    """checkout.session.expired comes before our own clock."""
    lite.on(lite.wish("50"))
    lite.api.expire()
    lite.deliver()
    assert lite.checkout().state is CheckoutState.EXPIRED
    assert agreement(lite).held_minor == 0
    lite.sound()


def test_a_payment_after_the_hold_lapsed_gets_what_is_left_and_is_told_so(cards: Cards) -> None:
    """£80.00 was held; meanwhile another gift took £70.00 of the freed match: £30.00 is added, £50.00 has lapsed."""
    place = cards.wish("80", email="ann@example.org")
    cards.on(place)
    cards.later(minutes=46)
    cards.runtime.run_due("match holds")
    give(cards.runtime, new_gift("OTHER", "70.00", at=cards.runtime.clock.now().isoformat()))
    cards.api.pay()
    cards.deliver()
    page = cards.client.get(f"{place}/done").text
    assert "£30.00" in page
    assert "£50.00 of what was held had lapsed" in page
    assert cards.checkout().lapsed_minor == 5000
    assert agreement(cards).allocated_minor == 10000
    cards.sound()


def test_a_payment_after_an_expiry_that_was_told_already_is_still_a_gift(cards: Cards) -> None:
    """The processor paid in the last second, its event came after our worker had closed the checkout."""
    cards.on(cards.wish("50"))
    cards.later(minutes=46)
    session = cards.api.session()["id"]
    cards.api.faults += [
        Fault("/v1/checkout/sessions", "500", after=False, times=9, method=method)
        for method in ("GET", "POST")
    ]
    cards.work()
    assert cards.checkout().state is CheckoutState.OPEN
    cards.api.faults.clear()
    cards.api.pay(session)
    cards.deliver()
    assert cards.checkout().state is CheckoutState.PAID
    cards.sound()


def test_money_that_takes_days_is_pending_then_a_gift(cards: Cards) -> None:
    """completed (unpaid), then async_payment_succeeded."""
    place = cards.wish("50")
    cards.on(place)
    cards.api.pay(later=True)
    cards.deliver()
    assert cards.checkout().state is CheckoutState.PENDING
    assert "on its way" in cards.client.get(f"{place}/done").text
    assert cards.gifts() == []
    cards.later(days=2)
    cards.api.arrive()
    cards.deliver()
    (gift,) = cards.gifts()
    assert gift.received_at == cards.runtime.clock.now()
    cards.sound()


def test_money_that_does_not_come_frees_what_was_held(lite: Cards) -> None:
    """completed (unpaid), then async_payment_failed."""
    place = lite.wish("50")
    lite.on(place)
    lite.api.pay(later=True)
    lite.api.bounce()
    lite.deliver()
    assert lite.checkout().state is CheckoutState.FAILED
    assert "did not go through" in lite.client.get(place).text
    assert agreement(lite).held_minor == 0
    assert books(lite.runtime).income == 0
    lite.sound()


def test_a_fee_that_is_known_later_is_booked_later_once(cards: Cards) -> None:
    """Gross first; Dr fees / Cr card clearing when the processor says it."""
    cards.api.fee_known = False
    cards.give("50", fee=90)
    assert cards.balance(AccountKind.CARD_CLEARING) == 5000
    cards.api.book(cards.api.all("charges")[0])
    for _ in range(2):
        cards.later(hours=2)
        cards.work()
    assert cards.balance(AccountKind.CARD_CLEARING) == 4910
    assert cards.balance(AccountKind.FEES) == cards.gifts()[0].fee_minor == 90
    cards.sound()


def test_an_anonymous_gift_leaves_no_name_anywhere(lite: Cards) -> None:
    """No donor, no key, no address; what the processor knows of the payer is never read into a table of ours."""
    lite.give("50")
    with lite.runtime.read() as session:
        assert session.exec(select(Donor)).all() == []
    assert lite.checkout().data_key_id is None


def test_a_name_is_kept_with_the_donor_and_the_checkouts_details_are_deleted(cards: Cards) -> None:
    """After three days the key is destroyed; the gift keeps its donor."""
    cards.give("50", donor_name="Ann Example")
    assert cards.gifts()[0].donor_id is not None
    assert cards.gifts()[0].donor_type.value == "person"
    cards.later(days=4)
    assert cards.runtime.run_due("donor-details") == 1
    checkout = cards.checkout()
    assert (checkout.data_key_id, checkout.donor_name, checkout.email) == (None, None, None)
    assert cards.runtime.run_due("donor-details") == 0
    cards.sound()


AMOUNTS = [
    ("", "Enter an amount"),
    ("0.99", "Enter £1.00 or more"),
    ("10000.01", "Enter £10,000.00 or less"),
    ("-5", "not negative"),
    ("1.999", "Enter an amount in pounds and pence"),
    ("lots", "Enter an amount in pounds and pence"),
    ("1e3", "Enter an amount in pounds and pence"),
    ("9" * 40, "Enter an amount in pounds and pence"),
]


def test_an_amount_that_cannot_be_is_kept_in_the_field_with_an_error(lite: Cards) -> None:
    """422, the words at the field, what was typed still there, nothing stored."""
    page = lite.client.get("/donate").text
    before = without_limits(lite)
    for typed, words in AMOUNTS:
        sent = {"csrf_token": form_token(page), "key": key_of(page), "amount": typed, "covers": "this"}
        answer = lite.client.post("/donate", data=sent)
        assert answer.status_code == 422
        assert words in answer.text
        assert "<title>Error: " in answer.text
        assert f'value="{typed}"' in answer.text or not typed
    assert without_limits(lite) == before


def without_limits(cards: Cards) -> dict[str, object]:
    """Every row of every table but the counts of tries."""
    return {name: rows for name, rows in everything_in(cards.runtime).items() if name != "rate_limit"}


def test_who_takes_too_long_is_sent_back_to_begin_again(lite: Cards) -> None:
    """No card page would live as long as the match is held: nothing is asked of the processor."""
    place = lite.wish("50")
    lite.later(minutes=20)
    answer = lite.on(place)
    assert answer.headers["Location"] == "/donate"
    assert "took longer than match can be held" in lite.client.get("/donate").text
    assert lite.api.requests == []
    assert agreement(lite).held_minor == 0
    lite.sound()


def test_without_a_key_the_page_says_how_else_to_give(sqlite_runtime: Runtime) -> None:
    """Plainly, and a form that is sent anyway stores nothing."""
    with cards_on(sqlite_runtime) as cards:
        token = cards.client.get("/donate").text
        sqlite_runtime.settings = replace(sqlite_runtime.settings, stripe_secret_key="")
        page = cards.client.get("/donate").text
        assert "not taken here at the moment" in page
        assert "bank transfer" in page
        sent = {"csrf_token": form_token(token), "key": key_of(token), "amount": "5", "covers": "this"}
        assert cards.client.post("/donate", data=sent).status_code == 200
        assert cards.api.requests == []


def test_nothing_that_leaves_says_more_than_the_public_name(lite: Cards) -> None:
    """What the processor is told: the amount, the public name, a ref. Not the fund's name, not who gives."""
    lite.on(lite.wish("50", donor_name="Ann Example", email="ann@example.org"))
    told = str(lite.api.session())
    assert "Lane Support" in told
    assert "LANE SUPPORT" in told
    for word in ("Ann", "example.org", "Hardship", "hardship", "grant"):
        assert word not in told


def test_an_unknown_token_finds_nothing(lite: Cards) -> None:
    """404, on every page of it."""
    for path in ("", "/done", "/cancel"):
        assert lite.client.get(f"/donate/paying/{'0' * 40}{path}").status_code == 404


def test_too_many_forms_are_refused_for_a_while(lite: Cards) -> None:
    """Held match cannot be locked away by one visitor without end."""
    for _ in range(30):
        lite.wish("1")
    page = lite.client.get("/donate").text
    sent = {"csrf_token": form_token(page), "key": key_of(page), "amount": "1", "covers": "this"}
    assert lite.client.post("/donate", data=sent).status_code == 429
