"""Scenario 2, whole: a refund after a statement, on the ledger, the agreement's page and the statements."""

import datetime as dt

import pytest
from sqlmodel import select

from hardship.applications.models import Application, Source
from hardship.applications.service import submit
from hardship.awards.service import grant
from hardship.contributions.gifts import NewGift, NewRefund
from hardship.contributions.models import Channel
from hardship.contributions.service import receive, refund
from hardship.core.actor import PUBLIC, SYSTEM, Role
from hardship.core.errors import Refused
from hardship.core.runtime import Runtime, Transaction
from hardship.funds.queries import round_by_slug
from hardship.funds.service import lock_fund
from hardship.ledger.queries import spendable_by_pot
from hardship.matching.queries import agreement_by_ref
from hardship.matching.service import receive_payment
from hardship.statements import queries
from hardship.statements.service import Issued, issue
from tests.integration.applications.helpers import person
from tests.integration.matching.helpers import pounds, set_clock
from tests.integration.matching.test_pages import client_of, words
from tests.integration.statements.home import Home, a_home

MARCH = (dt.date(2020, 3, 20), dt.date(2020, 3, 31))
APRIL = (dt.date(2020, 4, 1), dt.date(2020, 4, 30))


@pytest.fixture
def home(runtime: Runtime) -> Home:
    """The small fund: its sponsor "LC" matches up to £400.00, a grant is £200.00."""
    return a_home(runtime)


def give(home: Home, ref: str, amount: str, day: int, month: int = 3) -> None:
    """A gift in cash."""
    at = dt.datetime(2020, month, day, 12, tzinfo=dt.UTC)
    gift = NewGift(ref, at, pounds(amount), Channel.CASH)
    home.runtime.transact(SYSTEM, lambda tx: receive(tx, fund=lock_fund(tx, "small"), gifts=[gift]))


def award(home: Home, day: int, month: int = 3) -> None:
    """A grant of £200.00, decided on a day."""
    home.people += 1
    answers = person(home.people, account_number=f"{20_000_000 + home.people * 100}")

    def use_case(tx: Transaction) -> None:
        receipt = submit(tx, round_=round_by_slug(tx.session, "spring"), answers=answers, source=Source.WEB)
        number = tx.session.exec(select(Application.id).where(Application.ref == receipt.ref)).one()
        decided = dt.datetime(2020, month, day, 12, tzinfo=dt.UTC)
        grant(tx, application_id=number or 0, decided_at=decided)

    home.runtime.transact(PUBLIC, use_case)


def state(home: Home, days: tuple[dt.date, dt.date]) -> Issued:
    """Issue a statement of the sponsor's agreement."""
    return issue(home.runtime, home["finance"], agreement="LC", from_on=days[0], to_on=days[1])


def pots(home: Home) -> tuple[int, int]:
    """What the community's pot and the sponsor's may spend."""
    with home.runtime.read() as session:
        match = agreement_by_ref(session, "LC").pot_id
        spendable = spendable_by_pot(session, "small")
    return next(minor for pot, minor in spendable.items() if pot != match), spendable[match]


def test_scenario_2_refund_after_a_statement(home: Home) -> None:
    """March is issued with £300.00 matched and drawn; £100.00 is refunded on 4 April."""
    give(home, "G-1", "200", 21)
    give(home, "G-2", "100", 22)
    at = dt.datetime(2020, 3, 25, tzinfo=dt.UTC)
    payment = {"agreement": "LC", "ref": "P-1", "received_at": at, "amount_minor": pounds("300")}
    home.runtime.transact(SYSTEM, receive_payment, **payment)  # type: ignore[arg-type]
    for day in (26, 27, 28):
        award(home, day)
    assert pots(home) == (0, 0)
    march = state(home, MARCH)
    said = march.described
    assert said["movements"] == {
        "received": 30_000,
        "earned": 30_000,
        "reversed": 0,
        "repaid": 0,
        "drawn": 30_000,
    }
    assert said["closing"] == {"sponsor_account": 0, "unspent_match": 0}
    before = stored(home, march)

    set_clock(home.runtime, "2020-04-04T09:00:00Z")
    back = NewRefund("G-2", home.runtime.clock.now(), pounds("100"))
    home.runtime.transact(SYSTEM, lambda tx: refund(tx, fund=lock_fund(tx, "small"), refunds=[back]))
    assert pots(home) == (-pounds("100"), -pounds("100"))
    with pytest.raises(Refused, match="short"):
        award(home, 4, 4)

    give(
        home, "G-3", "300", 5, 4
    )  # £200.00 of headroom is matched: the pot is covered, and has £100.00 more to give
    assert pots(home)[1] == 0, "of it £100.00 is earned by what the sponsor had paid, the rest they owe"
    award(home, 6, 4)
    set_clock(home.runtime, "2020-04-30T09:00:00Z")
    april = state(home, APRIL).described
    assert stored(home, march) == before
    assert april["opening"] == said["closing"]
    assert (april["movements"]["reversed"], april["movements"]["earned"]) == (10_000, 20_000)


def test_scenario_2_unspent_match_is_below_zero_until_it_is_covered(home: Home) -> None:
    """April alone: reversed £100.00, unspent match −£100.00; March's bytes are as they were."""
    give(home, "G-1", "200", 21)
    give(home, "G-2", "100", 22)
    at = dt.datetime(2020, 3, 25, tzinfo=dt.UTC)
    payment = {"agreement": "LC", "ref": "P-1", "received_at": at, "amount_minor": pounds("300")}
    home.runtime.transact(SYSTEM, receive_payment, **payment)  # type: ignore[arg-type]
    for day in (26, 27, 28):
        award(home, day)
    march = state(home, MARCH)
    before = stored(home, march)
    set_clock(home.runtime, "2020-04-04T09:00:00Z")
    back = NewRefund("G-2", home.runtime.clock.now(), pounds("100"))
    home.runtime.transact(SYSTEM, lambda tx: refund(tx, fund=lock_fund(tx, "small"), refunds=[back]))
    client = client_of(home.runtime, Role.FINANCE)
    page = words(client, "/staff/agreements/LC")
    assert "Unspent match −£100.00" in page
    assert "Sponsor account £100.00" in page
    assert "−£100.00" in words(client, "/staff/gifts/G-2")
    set_clock(home.runtime, "2020-04-30T09:00:00Z")
    april = state(home, APRIL).described
    assert april["movements"]["reversed"] == pounds("100")
    assert april["closing"] == {"sponsor_account": pounds("100"), "unspent_match": -pounds("100")}
    assert stored(home, march) == before
    with pytest.raises(Refused, match="short"):
        award(home, 30, 4)


def stored(home: Home, issued: Issued) -> dict[str, bytes]:
    """A statement's files as they are stored."""
    with home.runtime.read() as session:
        number = queries.statement_named(session, issued.ref)[0].id or 0
        return {file.name: file.body for file in queries.files_of(session, number)}
