"""The loss log: what was lost, why, when it was found, who decided so, and what came back.

A loss of money that is gone is booked Dr losses / Cr the account it is gone from. A wrongly paid grant is an expense
already and stays one: its loss is a line of the log without a journal. What comes back is Dr bank / Cr recoveries.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import select

from hardship.core.clock import day_of
from hardship.core.db import lock
from hardship.core.errors import BadInput, NotFound, Refused
from hardship.core.money import display
from hardship.core.refs import new_reference, tidy_reference
from hardship.core.runtime import Transaction
from hardship.ledger.journal import JournalDraft, transfer
from hardship.ledger.models import AccountKind, Loss, LossCause, LossRecovery, LossState, Pot
from hardship.ledger.service import post

Shares = Sequence[tuple[int, int]]
"""Pots (by number) and the pence that each bears; none: the fund's community pot bears all."""

GONE_FROM = (AccountKind.BANK, AccountKind.CARD_CLEARING, AccountKind.CASH_IN_HAND)
"""The accounts that money can be gone from."""


@dataclass(frozen=True)
class Gone:
    """What the loss of money that is gone is booked against: the account, and which pots bear it."""

    account: AccountKind = AccountKind.BANK
    shares: Shares = ()


def record_loss(
    tx: Transaction,
    *,
    fund_slug: str,
    cause: LossCause,
    amount_minor: int,
    found_on: dt.date,
    why: str,
    about: str = "",
    gone: Gone | None = None,
) -> Loss:
    """Write a loss into the log; returns its row, whose `ref` names it. The caller holds the fund's lock and has
    checked that the actor, who decides, may.

    `about` names what it is about (`award:7K3M-9Q2X`), `why` is sealed. With `gone` the money is booked as gone (Dr
    losses / Cr `gone.account`); without, it is an expense already, as a wrongly paid grant is, and nothing is booked.
    Raises `BadInput` for an amount below a penny, no reason, or a day that has not come.
    """
    _check(amount_minor, why, found_on, tx)
    pot = _community(tx, fund_slug)
    ref = new_reference()
    journal = None
    if gone is not None:
        shares = _whole(gone.shares or [(pot.id or 0, amount_minor)], amount_minor)
        draft = _draft(pot, "loss.booked", f"loss:{ref}", found_on, AccountKind.LOSSES, gone.account, shares)
        journal = post(tx, [draft])[0]
    loss = Loss(
        ref=ref,
        fund_slug=fund_slug,
        cause=cause,
        about=about,
        state=LossState.RECORDED,
        amount_minor=amount_minor,
        currency=pot.currency,
        found_on=found_on,
        why=tx.vault.house(tx.session).seal("loss", "why", ref, why.strip()),
        decided_by_id=tx.actor.staff_id,
        recorded_at=tx.at,
        journal_id=journal,
    )
    tx.session.add(loss)
    tx.session.flush()
    _tell(tx, loss)
    return loss


def _tell(tx: Transaction, loss: Loss) -> None:
    """The event of a loss that was written into the log."""
    tx.record(
        "loss.recorded",
        f"loss:{loss.ref}",
        state=loss.state,
        fund=loss.fund_slug,
        cause=loss.cause.value,
        about=loss.about,
        amount_minor=loss.amount_minor,
        found_on=loss.found_on.isoformat(),
        booked=loss.journal_id is not None,
    )


def recovered(
    tx: Transaction,
    *,
    fund_slug: str,
    amount_minor: int,
    received_on: dt.date,
    key: str,
    loss_ref: str = "",
    about: str = "",
    shares: Shares = (),
    account: AccountKind = AccountKind.BANK,
) -> LossRecovery:
    """Book money that came back: Dr `account` / Cr recoveries, in the loss log. The caller holds the fund's lock.

    `loss_ref` names the loss it belongs to; without it, the open loss `about` the same thing, if there is one. `key`
    lets one receipt be booked once (the bank line, the payment). Raises `NotFound` for an unknown loss and `Refused`
    when more comes back than was lost.
    """
    if amount_minor <= 0:
        raise BadInput("what came back is above 0.00", where="amount", fix="Write an amount like 200.00.")
    pot = _community(tx, fund_slug)
    loss = _loss(tx, fund_slug, loss_ref, about)
    ref = new_reference()
    parts = _whole(shares or [(pot.id or 0, amount_minor)], amount_minor)
    cause = f"loss:{loss.ref}" if loss else about or f"loss_recovery:{ref}"
    draft = _draft(
        pot, "recovery", cause, received_on, account, AccountKind.RECOVERIES, parts, key=f"recovery:{key}"
    )
    journal = post(tx, [draft])[0]
    if loss is not None:
        _came_back(tx, loss, amount_minor)
    recovery = LossRecovery(
        ref=ref,
        loss_id=loss.id if loss else None,
        fund_slug=fund_slug,
        about=about or (loss.about if loss else ""),
        amount_minor=amount_minor,
        currency=pot.currency,
        received_on=received_on,
        recorded_at=tx.at,
        journal_id=journal,
    )
    _tell_recovery(tx, recovery, loss)
    return recovery


def _tell_recovery(tx: Transaction, recovery: LossRecovery, loss: Loss | None) -> None:
    """Store what came back, with its event."""
    tx.session.add(recovery)
    tx.session.flush()
    tx.record(
        "recovery.booked",
        f"loss_recovery:{recovery.ref}",
        fund=recovery.fund_slug,
        loss=loss.ref if loss else "",
        amount_minor=recovery.amount_minor,
        received_on=recovery.received_on.isoformat(),
    )


def _came_back(tx: Transaction, loss: Loss, minor: int) -> None:
    left = loss.amount_minor - loss.recovered_minor
    if minor > left:
        raise Refused(
            f"{display(left, loss.currency)} of this loss is still out, {display(minor, loss.currency)} is more",
            fix="Book what is above it as what it is, for instance as a gift.",
        )
    loss.recovered_minor += minor
    loss.state = LossState.RECOVERED if minor == left else loss.state
    tx.session.add(loss)
    tx.session.flush()
    tx.record(
        "loss.recovered",
        f"loss:{loss.ref}",
        state=loss.state,
        amount_minor=minor,
        recovered_minor=loss.recovered_minor,
    )


def _loss(tx: Transaction, fund_slug: str, ref: str, about: str) -> Loss | None:
    if ref:
        wanted = select(Loss).where(Loss.ref == tidy_reference(ref), Loss.fund_slug == fund_slug)
    elif about:
        wanted = select(Loss).where(Loss.about == about, Loss.fund_slug == fund_slug)
    else:
        return None
    found = lock(tx.session, wanted.where(Loss.state == LossState.RECORDED).order_by(Loss.id))  # type: ignore[arg-type]
    if ref and not found:
        raise NotFound(
            "there is no open loss with this reference", where="loss", fix="See: hardship ledger losses"
        )
    return found[0] if found else None


def _community(tx: Transaction, fund_slug: str) -> Pot:
    found = tx.session.exec(select(Pot).where(Pot.fund_slug == fund_slug, Pot.is_community)).first()
    if found is None:
        raise NotFound("there is no such fund", where=fund_slug[:60], fix="See: hardship fund list")
    return found


def _check(amount_minor: int, why: str, found_on: dt.date, tx: Transaction) -> None:
    if amount_minor <= 0:
        raise BadInput("a loss is above 0.00", where="amount", fix="Write an amount like 200.00.")
    if not why.strip():
        raise BadInput("a loss needs a reason", where="why", fix="Say in a few words what happened.")
    if found_on > day_of(tx.at):
        raise BadInput("the day it was found has not come yet", where="found_on", fix="Check the date.")


def _whole(shares: Shares, amount_minor: int) -> Shares:
    if sum(minor for _, minor in shares) != amount_minor or any(minor <= 0 for _, minor in shares):
        raise ValueError("the shares of the pots have to add up to the amount")
    return shares


def _draft(
    pot: Pot,
    kind: str,
    cause: str,
    on: dt.date,
    debit: AccountKind,
    credit: AccountKind,
    shares: Shares,
    key: str = "",
) -> JournalDraft:
    return JournalDraft(
        idem_key=key or cause,
        kind=kind,
        fund_slug=pot.fund_slug,
        cause=cause,
        effective_on=on,
        lines=[line for pot_id, minor in shares for line in transfer(pot_id, debit, credit, minor)],
        currency=pot.currency,
    )
