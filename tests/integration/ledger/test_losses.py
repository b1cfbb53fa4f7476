"""The loss log: what, why, when found, by whom decided; what came back."""

import datetime as dt
import json
from pathlib import Path

import pytest
from sqlmodel import select

from hardship.core.actor import Actor
from hardship.core.errors import BadInput, Conflict, Forbidden, HardshipError, NotFound, Refused
from hardship.core.runtime import Transaction
from hardship.funds.service import lock_fund
from hardship.ledger.corrections import propose_reversal
from hardship.ledger.losses import recovered
from hardship.ledger.losslog import NewLoss, log, propose_loss, read
from hardship.ledger.models import Loss, LossCause, LossRecovery, LossState
from hardship.staff.proposals import approve
from tests.integration.applications.helpers import Command, bodies, everything_in
from tests.integration.ledger.books import Books, K
from tests.integration.ledger.test_closing import healthy

DAY = dt.date(2020, 3, 30)


def lose(books: Books, minor: int = 20_000, **options: str) -> str:
    """Finance proposes a loss, the approver decides it; returns its reference."""
    new = NewLoss("small", LossCause.FRAUD, minor, DAY, "the account was not theirs", **options)
    asked = books.runtime.transact(books.finance, propose_loss, new=new)
    return str(books.approve(asked.proposal))


def come_back(books: Books, minor: int, key: str = "line:1", **options: str) -> LossRecovery:
    """Money comes back."""

    def use(tx: Transaction) -> LossRecovery:
        lock_fund(tx, "small")
        return recovered(
            tx, fund_slug="small", amount_minor=minor, received_on=dt.date(2020, 4, 1), key=key, **options
        )

    return books.runtime.transact(books.finance, use)


def row(books: Books, ref: str) -> Loss:
    """A line of the log."""
    with books.runtime.read() as session:
        return session.exec(select(Loss).where(Loss.ref == ref)).one()


def test_money_that_is_gone_is_an_expense_and_what_comes_back_is_recovered(books: Books) -> None:
    """Dr losses / Cr bank; Dr bank / Cr recoveries, until it is whole, and no further."""
    books.gift("small", 50_000)
    ref = lose(books)
    assert books.stands() == {
        ("small", "bank"): 30_000,
        ("small", "losses"): 20_000,
        ("small", "donations"): -50_000,
    }
    loss = row(books, ref)
    assert (loss.decided_by_id, loss.found_on, loss.state) == (
        books.approver.staff_id,
        DAY,
        LossState.RECORDED,
    )
    come_back(books, 5_000, loss_ref=ref)
    assert row(books, ref).state is LossState.RECORDED
    come_back(books, 15_000, "line:2", loss_ref=ref)
    assert row(books, ref).state is LossState.RECOVERED
    assert books.stands()["small", "recoveries"] == -20_000
    with pytest.raises(NotFound):
        come_back(books, 1, "line:3", loss_ref=ref)
    healthy(books)


def test_a_wrongly_paid_grant_stays_a_grant(books: Books) -> None:
    """Its loss is a line of the log; what comes back finds it by what it is about."""
    books.gift("small", 50_000)
    books.award({"small": 20_000}, "2020-03-20", "award:7K3M-9Q2X")
    before = books.stands()
    ref = lose(books, about="award:7K3M-9Q2X", account="")
    assert books.stands() == before
    assert row(books, ref).journal_id is None
    back = come_back(books, 20_000, about="award:7K3M-9Q2X")
    assert back.loss_id == row(books, ref).id
    assert books.stands()["small", "grants"] == 20_000
    assert row(books, ref).state is LossState.RECOVERED
    healthy(books)


def test_what_comes_back_without_a_loss_is_booked_and_listed(books: Books) -> None:
    """Nothing is refused for want of a line in the log; more than was lost is."""
    books.gift("small", 50_000)
    assert come_back(books, 700, about="payment:X").loss_id is None
    ref = lose(books, 1_000)
    with pytest.raises(Refused, match=r"£10\.00 of this loss"):
        come_back(books, 1_001, "line:2", loss_ref=ref)
    healthy(books)


def test_a_loss_recorded_by_mistake_is_reversed_unless_something_came_back(books: Books) -> None:
    """By two people, with its journal."""
    books.gift("small", 50_000)
    ref, other = lose(books), lose(books, 1_000)
    journal = row(books, ref).journal_id or 0
    asked = books.runtime.transact(
        books.finance, propose_reversal, journal_id=journal, why="it was there after all"
    )
    books.approve(asked.proposal)
    assert row(books, ref).state is LossState.REVERSED
    assert books.stands()["small", "losses"] == 1_000
    come_back(books, 10, loss_ref=other)
    asked = books.runtime.transact(
        books.finance, propose_reversal, journal_id=row(books, other).journal_id or 0, why="x"
    )
    with pytest.raises(Conflict, match="came back"):
        books.approve(asked.proposal)
    healthy(books)


def test_the_reason_is_sealed_and_its_reading_is_witnessed(own_books: Books) -> None:
    """Not in the log of events; whoever reads it stands there."""
    own_books.gift("small", 50_000)
    ref = lose(own_books)
    with own_books.runtime.read() as session:
        assert log(session)[0].why == ""
        assert "not theirs" not in json.dumps(bodies(session))
    assert own_books.runtime.transact(own_books.finance, read, ref=ref).why == "the account was not theirs"
    with own_books.runtime.read() as session:
        assert bodies(session, f"loss:{ref}")[-1]["kind"] == "loss.read"


def test_a_loss_takes_a_second_person(own_books: Books) -> None:
    """Not the same, and nobody without the right."""
    own_books.book("small", K.CASH_IN_HAND, K.DONATIONS, 100, "2020-03-10")
    new = NewLoss("small", LossCause.THEFT, 100, DAY, "the tin was empty", account="cash_in_hand")
    asked = own_books.runtime.transact(own_books.finance, propose_loss, new=new)
    with pytest.raises(Forbidden):
        own_books.runtime.transact(own_books.finance, approve, ref=asked.proposal)

    def as_approver(actor: Actor) -> None:
        own_books.runtime.transact(actor, propose_loss, new=new)

    with pytest.raises(Forbidden):
        as_approver(own_books.approver)


WRONG = (
    NewLoss("small", LossCause.FRAUD, 0, DAY, "x"),
    NewLoss("small", LossCause.FRAUD, 100, DAY, "  "),
    NewLoss("small", LossCause.FRAUD, 100, dt.date(2020, 4, 2), "x"),
    NewLoss("nowhere", LossCause.FRAUD, 100, DAY, "x"),
    NewLoss("small", LossCause.FRAUD, 100, DAY, "x", account="donations"),
    NewLoss("small", LossCause.FRAUD, 100, DAY, "x", pot="free"),
    NewLoss("small", LossCause.FRAUD, 100, DAY, "x", pot="nowhere"),
    NewLoss("small", LossCause.FRAUD, 1_001, DAY, "x"),
    NewLoss("small", LossCause.THEFT, 1, DAY, "x", account="cash_in_hand"),
    NewLoss("small", LossCause.FRAUD, 1, DAY, "x", about="ann@example.org"),
    NewLoss("small", LossCause.FRAUD, 1, DAY, "x", about="award:Ann Example"),
)


def test_a_loss_that_cannot_be_meant_changes_nothing(own_books: Books) -> None:
    """Nothing lost, no reason, a day to come, an unknown fund, account or pot, more than is there, somebody's name."""
    own_books.gift("small", 1_000)
    before = everything_in(own_books.runtime)
    for new in WRONG:
        with pytest.raises(HardshipError):
            own_books.runtime.transact(own_books.finance, propose_loss, new=new)
        assert everything_in(own_books.runtime) == before, new


def test_the_commands(own_books: Books, shell: Command, tmp_path: Path) -> None:
    """Propose a loss, list the log, take it out."""
    own_books.gift("small", 50_000)
    given = (
        "ledger",
        "loss",
        "--fund",
        "small",
        "--cause",
        "fraud",
        "--amount",
        "20.00",
        "--found-on",
        "2020-03-30",
        "--why",
        "=x",
    )
    status, out, _ = shell(*given, "--json")
    assert (status, json.loads(out)["done"]) == (0, True)
    file = tmp_path / "losses.csv"
    listed = json.loads(shell("ledger", "losses", "--out", file, "--json")[1])["losses"]
    assert [(one["cause"], one["amount"], one["state"]) for one in listed] == [("fraud", 2_000, "recorded")]
    assert "'=x" in file.read_text()
    assert shell(*given[:5], "frost", *given[6:])[0] == 2
    assert shell("ledger", "losses", "--fund", "nowhere")[0] == 2
    with pytest.raises(BadInput):
        come_back(own_books, 0)
