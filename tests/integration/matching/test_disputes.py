"""Gifts under dispute: their match is frozen, then freed or taken back. Scenario 8, as far as the match goes."""

import pytest
from sqlmodel import select

from hardship.core.runtime import Runtime
from hardship.ledger.models import Account, AccountKind
from hardship.matching.queries import agreement_by_ref
from hardship.matching.sentences import explained
from tests.integration.matching.checkouts import dispute, settle
from tests.integration.matching.helpers import (
    assert_sound,
    books,
    events,
    everything_in,
    give,
    give_back,
    load,
    new_gift,
    pounds,
    redistributed,
    sponsor_pays,
    status_of,
    why,
)


def frozen_money(runtime: Runtime) -> int:
    """What of the sponsor's money may not be spent because of a dispute, by the books."""
    with runtime.read() as session:
        pot = agreement_by_ref(session, "M").pot_id
        chosen = select(Account.balance_minor).where(
            Account.pot_id == pot, Account.kind == AccountKind.FROZEN_MATCH
        )
        return -session.exec(chosen).one()


def lose(runtime: Runtime, ref: str, amount: str) -> None:
    """The payer's bank keeps the money: the dispute is lost, and the gift is given back."""
    settle(runtime, ref, "lost")
    give_back(runtime, ref, amount)


def test_scenario_8_the_match_of_a_disputed_gift_is_frozen_and_taken_back_when_it_is_lost(
    runtime: Runtime,
) -> None:
    """£500.00 matched £500.00: frozen it stays allocated; lost, income nil and match nil."""
    load(runtime)
    give(runtime, new_gift("G-1", "500", fee_minor=770))
    dispute(runtime, "G-1")
    found = status_of(runtime)
    assert (found.agreement.allocated_minor, found.frozen_minor) == (pounds("500"), pounds("500"))
    assert books(runtime).matched == pounds("500")
    assert why(runtime, "G-1").frozen
    assert "its match is frozen" in explained(why(runtime, "G-1"))
    lose(runtime, "G-1", "500")
    figures = books(runtime)
    assert (figures.income, figures.matched) == (0, 0)
    found = status_of(runtime)
    assert (found.agreement.allocated_minor, found.frozen_minor) == (0, 0)
    assert [event["facts"]["state"] for event in events(runtime, "freeze:G-1")] == ["frozen", "lost"]
    assert_sound(runtime)


@pytest.mark.parametrize("first", ["refund", "dispute"])
def test_the_refund_of_a_lost_dispute_may_come_before_its_end(runtime: Runtime, first: str) -> None:
    """Either order leads to the same books."""
    load(runtime, {"paid": "in_advance"})
    sponsor_pays(runtime, "500")
    give(runtime, new_gift("G-1", "500"))
    dispute(runtime, "G-1")
    if first == "dispute":
        lose(runtime, "G-1", "500")
    else:
        give_back(runtime, "G-1", "500")
        settle(runtime, "G-1", "lost")
    figures = books(runtime)
    assert (figures.income, figures.matched, figures.unearned) == (0, 0, pounds("500"))
    assert frozen_money(runtime) == 0
    assert_sound(runtime)


def test_frozen_match_that_the_sponsor_has_paid_is_not_spendable(runtime: Runtime) -> None:
    """It stays income; the money is held back until the dispute is won."""
    load(runtime)
    sponsor_pays(runtime, "300")
    give(runtime, new_gift("G-1", "200"), new_gift("G-2", "100"))
    assert books(runtime).spendable == pounds("600")
    dispute(runtime, "G-1")
    figures = books(runtime)
    assert (figures.matched, figures.cash, figures.spendable) == (
        pounds("300"),
        pounds("600"),
        pounds("400"),
    )
    assert frozen_money(runtime) == pounds("200")
    assert status_of(runtime).sponsor_account_minor == 0, "the sponsor owes nothing more for it"
    settle(runtime, "G-1", "won")
    assert books(runtime).spendable == pounds("600")
    assert frozen_money(runtime) == 0
    assert [event["facts"]["state"] for event in events(runtime, "freeze:G-1")] == ["frozen", "won"]
    assert_sound(runtime)


def test_frozen_match_that_nobody_has_paid_holds_back_nothing(runtime: Runtime) -> None:
    """And what the sponsor pays while it is frozen is held back as it comes, up to that."""
    load(runtime)
    give(runtime, new_gift("G-1", "200"), new_gift("G-2", "100"))
    dispute(runtime, "G-1")
    assert books(runtime).spendable == pounds("300")
    sponsor_pays(runtime, "150")
    assert books(runtime).spendable == pounds("400"), "£100.00 pays for what is not in dispute"
    sponsor_pays(runtime, "150", ref="P-2")
    assert books(runtime).spendable == pounds("400")
    assert frozen_money(runtime) == pounds("200")
    settle(runtime, "G-1", "won")
    assert books(runtime).spendable == pounds("600")
    assert_sound(runtime)


def test_an_advance_that_cannot_be_reclaimed_is_not_held_back(runtime: Runtime) -> None:
    """It is the fund's whatever becomes of the gift."""
    load(runtime, {"paid": "in_advance", "reclaimable": False})
    sponsor_pays(runtime, "300")
    give(runtime, new_gift("G-1", "200"))
    dispute(runtime, "G-1")
    assert books(runtime).spendable == pounds("500")
    assert_sound(runtime)


def test_a_frozen_gift_gets_nothing_by_redistribution(runtime: Runtime) -> None:
    """Freed cap goes to others; when the dispute is won, it may get some again."""
    load(runtime, {"cap": "100.00"})
    give(
        runtime,
        new_gift("G-1", "60"),
        new_gift("G-2", "60", at="2020-04-02T10:00:00Z"),
        new_gift("G-3", "60", at="2020-04-02T11:00:00Z"),
    )
    dispute(runtime, "G-2")
    give_back(runtime, "G-1", "10")
    assert redistributed(runtime) == [("G-3", "M", pounds("10"))]
    give_back(runtime, "G-1", "10", at="2020-04-05T10:00:00Z")
    settle(runtime, "G-2", "won")
    assert redistributed(runtime) == [("G-2", "M", pounds("10"))]
    assert_sound(runtime)


def test_news_of_a_dispute_that_comes_twice_changes_nothing(runtime: Runtime) -> None:
    """Nor does the end of one that there was not."""
    load(runtime)
    give(runtime, new_gift("G-1", "60"))
    before = everything_in(runtime)
    settle(runtime, "G-1", "won")
    assert everything_in(runtime) == before
    dispute(runtime, "G-1")
    before = everything_in(runtime)
    dispute(runtime, "G-1")
    assert everything_in(runtime) == before
    settle(runtime, "G-1", "won")
    before = everything_in(runtime)
    settle(runtime, "G-1", "won")
    assert everything_in(runtime) == before
    dispute(runtime, "G-1")
    assert status_of(runtime).frozen_minor == pounds("60"), "a second dispute of the same gift is possible"
    assert_sound(runtime)


def test_a_part_of_a_disputed_gift_is_refunded(runtime: Runtime) -> None:
    """As much less is frozen."""
    load(runtime)
    sponsor_pays(runtime, "200")
    give(runtime, new_gift("G-1", "200"))
    dispute(runtime, "G-1")
    give_back(runtime, "G-1", "50")
    assert (status_of(runtime).frozen_minor, frozen_money(runtime)) == (pounds("150"), pounds("150"))
    settle(runtime, "G-1", "won")
    figures = books(runtime)
    assert (figures.matched, figures.unearned, figures.spendable) == (
        pounds("150"),
        pounds("50"),
        pounds("300"),
    )
    assert_sound(runtime)
