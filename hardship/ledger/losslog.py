"""The loss log as people keep it: a loss is proposed by one and decided by another; the log is a list."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlmodel import Session, col, select

from hardship.core.clock import day_of, parse_day
from hardship.core.errors import BadInput, NotFound, Refused
from hardship.core.money import Money, display
from hardship.core.refs import tidy_reference
from hardship.core.runtime import Transaction
from hardship.core.sheets import Sheet
from hardship.ledger.losses import GONE_FROM, Gone, record_loss
from hardship.ledger.models import Account, AccountKind, Loss, LossCause, LossRecovery, Pot
from hardship.ledger.moving import Asked, lock_books
from hardship.ledger.reports.sums import known_fund, known_pot
from hardship.staff.permissions import Permission, require
from hardship.staff.proposals import propose

KIND = "ledger.loss"
ABOUT = re.compile(r"[a-z_]{1,30}:[^\s@]{1,80}")
"""What a loss is about is a thing of ours, by kind and ref: it stands in the event log, where nobody is named."""


@dataclass(frozen=True)
class NewLoss:
    """A loss to propose, in pence. `account` is where the money is gone from, empty when it is an expense already;
    `pot` bears it, empty: the fund's community pot."""

    fund_slug: str
    cause: LossCause
    amount_minor: int
    found_on: dt.date
    why: str
    about: str = ""
    account: str = "bank"
    pot: str = ""


def propose_loss(tx: Transaction, *, new: NewLoss) -> Asked:
    """Propose a line of the loss log. Raises `NotFound` for an unknown fund or pot, `BadInput` for what cannot be meant."""
    require(tx.actor, Permission.KEEP_BOOKS)
    known_fund(tx.session, new.fund_slug)
    if new.amount_minor <= 0:
        raise BadInput("a loss is above 0.00", where="amount", fix="Write an amount like 200.00.")
    if not new.why.strip():
        raise BadInput("a loss needs a reason", where="why", fix="Say in a few words what happened.")
    if new.found_on > day_of(tx.at):
        raise BadInput("the day it was found has not come yet", where="found_on", fix="Check the date.")
    if new.about.strip() and not ABOUT.fullmatch(new.about.strip()):
        raise BadInput(
            "not what a loss can be about",
            where="about",
            fix="Name it like award:7K3M-9Q2X; say the rest in why.",
        )
    _gone(tx.session, new.fund_slug, new.account, new.pot, new.amount_minor)
    payload = {
        "fund": new.fund_slug,
        "cause": new.cause.value,
        "amount": new.amount_minor,
        "found_on": new.found_on.isoformat(),
        "why": new.why.strip(),
        "about": new.about.strip(),
        "account": new.account,
        "pot": new.pot,
    }
    asked = propose(tx, kind=KIND, subject=f"fund:{new.fund_slug}", payload=payload)
    return Asked(asked.ref, asked.done, ref=str(asked.result or ""))


def enter(tx: Transaction, payload: Mapping[str, Any]) -> str:
    """Write the loss into the log, as whoever decides; returns its reference."""
    fund_slug, minor = str(payload["fund"]), int(payload["amount"])
    lock_books(tx, fund_slug)
    loss = record_loss(
        tx,
        fund_slug=fund_slug,
        cause=LossCause(payload["cause"]),
        amount_minor=minor,
        found_on=parse_day(str(payload["found_on"])),
        why=str(payload["why"]),
        about=str(payload["about"]),
        gone=_gone(tx.session, fund_slug, str(payload["account"]), str(payload["pot"]), minor),
    )
    return loss.ref


def describe(session: Session, payload: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What the second person reads."""
    pot = session.exec(select(Pot).where(Pot.fund_slug == payload["fund"], Pot.is_community)).one()
    account = str(payload["account"])
    return [
        ("Fund", str(payload["fund"])),
        ("Amount", display(int(payload["amount"]), pot.currency)),
        ("What", str(payload["cause"]).replace("_", " ")),
        ("About", str(payload["about"]) or "nothing else"),
        ("Gone from", account.replace("_", " ") if account else "nothing more: it is an expense already"),
        ("Borne by", str(payload["pot"]) or pot.ref),
        ("Found on", str(payload["found_on"])),
        ("Why", str(payload["why"])),
    ]


def _gone(session: Session, fund_slug: str, account: str, pot_ref: str, minor: int) -> Gone | None:
    if not account:
        return None
    allowed = {one.value for one in GONE_FROM}
    if account not in allowed:
        raise BadInput(
            "money is not lost from this account",
            where="account",
            fix=f"Choose one of: {', '.join(sorted(allowed))}.",
        )
    if pot_ref:
        pot = known_pot(session, pot_ref)
    else:
        pot = session.exec(select(Pot).where(Pot.fund_slug == fund_slug, Pot.is_community)).one()
    if pot.fund_slug != fund_slug:
        raise BadInput("the pot is of another fund", where="pot", fix="Choose a pot of this fund.")
    kind = AccountKind(account)
    there = session.exec(
        select(Account.balance_minor).where(Account.pot_id == pot.id, Account.kind == kind)
    ).one()
    if minor > there:
        raise Refused(
            f"{pot.ref} has {display(max(there, 0), pot.currency)} there, which is less than the loss",
            where="amount",
            fix="Check the amount, the account and the pot.",
        )
    return Gone(kind, [(pot.id or 0, minor)])


# --- Reading ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Logged:
    """A line of the log with what came back; `why` is empty unless it was read."""

    loss: Loss
    recoveries: Sequence[LossRecovery]
    why: str = ""


def log(session: Session, fund_slug: str = "") -> list[Logged]:
    """The loss log, newest first, without the reasons."""
    wanted = select(Loss).order_by(col(Loss.found_on).desc(), col(Loss.id).desc())
    if fund_slug:
        wanted = wanted.where(Loss.fund_slug == fund_slug)
    return _logged(session, session.exec(wanted).all())


def read(tx: Transaction, *, ref: str) -> Logged:
    """One line with its reason; the reading is recorded. Raises `NotFound`."""
    require(tx.actor, Permission.SEE_MONEY)
    loss = tx.session.exec(select(Loss).where(Loss.ref == tidy_reference(ref))).first()
    if loss is None:
        raise NotFound("there is no such loss", where=ref[:20], fix="See the loss log.")
    tx.record("loss.read", f"loss:{loss.ref}", field="why")
    return replace(_logged(tx.session, [loss])[0], why=_why(tx, loss))


def take_out(tx: Transaction, *, fund_slug: str = "") -> list[Logged]:
    """The log with the reasons, for a file; that it was taken out is recorded."""
    require(tx.actor, Permission.EXPORT)
    found = [replace(one, why=_why(tx, one.loss)) for one in log(tx.session, fund_slug)]
    tx.record("losses.exported", "ledger", losses=[one.loss.ref for one in found])
    return found


def _why(tx: Transaction, loss: Loss) -> str:
    return tx.vault.house(tx.session).open("loss", "why", loss.ref, loss.why) or ""


def _logged(session: Session, losses: Sequence[Loss]) -> list[Logged]:
    came: dict[int | None, list[LossRecovery]] = {}
    for one in session.exec(
        select(LossRecovery).order_by(col(LossRecovery.received_on), col(LossRecovery.id))
    ):
        came.setdefault(one.loss_id, []).append(one)
    return [Logged(loss, came.get(loss.id, [])) for loss in losses]


def loose_recoveries(session: Session, fund_slug: str = "") -> Sequence[LossRecovery]:
    """What came back without a loss of its own in the log, newest first."""
    wanted = select(LossRecovery).where(col(LossRecovery.loss_id).is_(None))
    if fund_slug:
        wanted = wanted.where(LossRecovery.fund_slug == fund_slug)
    return session.exec(
        wanted.order_by(col(LossRecovery.received_on).desc(), col(LossRecovery.id).desc())
    ).all()


def sheet(found: Sequence[Logged], people: Mapping[int, str]) -> Sheet:
    """The log as a table."""
    columns = (
        "loss", "fund", "found_on", "cause", "about", "state", "currency", "amount", "recovered", "journal",
        "decided_by", "why",
    )  # fmt: skip
    rows = [
        (
            one.loss.ref,
            one.loss.fund_slug,
            one.loss.found_on,
            one.loss.cause.value,
            one.loss.about,
            one.loss.state.value,
            one.loss.currency,
            Money(one.loss.amount_minor, one.loss.currency),
            Money(one.loss.recovered_minor, one.loss.currency),
            one.loss.journal_id,
            people.get(one.loss.decided_by_id or 0, "operator"),
            one.why,
        )
        for one in found
    ]
    return Sheet("Loss log", columns, rows)
