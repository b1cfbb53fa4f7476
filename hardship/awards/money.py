"""The money of an award: which pots pay it, the journals, and giving it back. The caller holds the fund's lock."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from hardship.awards import pots, queries
from hardship.awards.models import Award, AwardShare
from hardship.core.clock import day_of
from hardship.core.errors import Refused
from hardship.core.money import display
from hardship.core.runtime import Transaction
from hardship.funds.models import Fund, Round
from hardship.ledger.journal import JournalDraft, Line, transfer
from hardship.ledger.models import AccountKind
from hardship.ledger.queries import spendable_by_pot
from hardship.ledger.service import post
from hardship.matching.queries import pots_of, stated_days


@dataclass(frozen=True)
class PotShare:
    """Pence that one pot pays; `agreement_id` is that of a match pot, None for the community's."""

    pot_id: int
    agreement_id: int | None
    minor: int


def check_budget(tx: Transaction, round_: Round, amount_minor: int) -> None:
    """Raise `Refused` when the round's live awards and this one together pass its budget."""
    assert round_.id is not None
    left = round_.budget_minor - queries.awarded_in_round(tx.session, round_.id)
    if amount_minor > left:
        raise Refused(
            f"the round's budget has {display(max(left, 0))} left, the award is {display(amount_minor)}",
            fix="Raise the budget, or decline for want of budget.",
        )


def choose_pots(tx: Transaction, fund: Fund, round_: Round, amount_minor: int) -> list[PotShare]:
    """The shares of an award in the order the round spends; raises `Refused` when the money does not cover it whole."""
    assert fund.id is not None
    spendable = spendable_by_pot(tx.session, fund.slug)
    by_ref = {
        "" if info.is_community else info.ref: info
        for info in pots_of(tx.session, fund.id)
        # A pot for another round pays nothing here, but what it lacks is lacking in the fund.
        if info.restricted_to_round in (None, round_.slug) or spendable.get(info.pot_id, 0) < 0
    }
    candidates = [
        pots.Pot(ref, spendable.get(info.pot_id, 0), info.priority, info.is_community)
        for ref, info in by_ref.items()
    ]
    try:
        shares = pots.split(amount_minor, candidates, pots.SpendOrder(round_.spend_order.value))
    except pots.NotEnough as short:
        raise Refused(
            f"the fund is {display(short.short_minor)} short of an award of {display(amount_minor)}",
            fix="It can be tried again when money has come in.",
        ) from None
    return [
        PotShare(by_ref[share.ref].pot_id, by_ref[share.ref].agreement_id, share.amount_minor)
        for share in shares
    ]


def commit_shares(tx: Transaction, fund: Fund, award: Award, shares: Sequence[PotShare]) -> None:
    """Store the shares and post Dr grants / Cr payable in each pot."""
    _add_rows(tx, award, shares, award.decided_on)
    lines = [
        line
        for share in shares
        for line in transfer(share.pot_id, AccountKind.GRANTS, AccountKind.GRANTS_PAYABLE, share.minor)
    ]
    _post(tx, fund, award, "offered", award.decided_on, lines)


def release(tx: Transaction, fund: Fund, award: Award, why: str) -> None:
    """Give an award's money back to the same pots: Dr payable / Cr grants, and a negative row for each share."""
    assert award.id is not None
    today = day_of(tx.at)
    agreement_of = {info.pot_id: info.agreement_id for info in pots_of(tx.session, award.fund_id)}
    kept = queries.shares_of(tx.session, [award.id]).get(award.id, {})
    shares = [PotShare(pot_id, agreement_of.get(pot_id), -minor) for pot_id, minor in kept.items()]
    _add_rows(tx, award, shares, today)
    lines = [
        line
        for pot_id, minor in kept.items()
        for line in transfer(pot_id, AccountKind.GRANTS_PAYABLE, AccountKind.GRANTS, minor)
    ]
    _post(tx, fund, award, why, today, lines)


def _add_rows(tx: Transaction, award: Award, shares: Sequence[PotShare], on: dt.date) -> None:
    assert award.id is not None
    stated = stated_days(
        tx.session, [share.agreement_id for share in shares if share.agreement_id is not None]
    )
    tx.session.add_all(
        AwardShare(
            award_id=award.id,
            pot_id=share.pot_id,
            amount_minor=share.minor,
            occurred_on=on,
            stated_on=on if share.agreement_id is None else stated.of(share.agreement_id, on),
        )
        for share in shares
    )


def _post(tx: Transaction, fund: Fund, award: Award, what: str, on: dt.date, lines: Sequence[Line]) -> None:
    draft = JournalDraft(
        idem_key=f"award:{award.ref}:{what}",
        kind=f"award.{what}",
        fund_slug=fund.slug,
        cause=f"award:{award.ref}",
        effective_on=on,
        lines=lines,
        currency=fund.currency,
    )
    post(tx, [draft])
