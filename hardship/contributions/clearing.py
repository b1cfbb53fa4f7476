"""What the card processor pays out: card clearing becomes bank. Card clearing at zero is the reconciliation."""

import datetime as dt

from sqlmodel import select

from hardship.contributions.card_models import CardPayout
from hardship.core.clock import day_of
from hardship.core.errors import BadInput, Conflict, Refused
from hardship.core.money import display
from hardship.core.runtime import Transaction
from hardship.funds.models import Fund
from hardship.funds.service import lock_fund
from hardship.ledger.journal import JournalDraft, transfer
from hardship.ledger.models import Account, AccountKind
from hardship.ledger.service import post
from hardship.staff.permissions import Permission, require


def record_payout(
    tx: Transaction, *, fund_slug: str, ref: str, received_on: dt.date, amount_minor: int
) -> CardPayout:
    """Record a payout of the processor, in pence: Dr bank / Cr card clearing. The same again is no change.

    Raises `BadInput` for an amount that is not above zero or a day to come, `Conflict` for a ref that is taken by other
    content, `Refused` for more than card clearing holds.
    """
    require(tx.actor, Permission.RECONCILE)
    fund = lock_fund(tx, fund_slug)
    there = tx.session.exec(select(CardPayout).where(CardPayout.ref == ref)).first()
    said = (fund.id, received_on, amount_minor)
    if there is not None:
        if (there.fund_id, there.received_on, there.amount_minor) != said:
            raise Conflict(
                "this ref is taken by a payout with other content", where=ref, fix="Check the ref."
            )
        return there
    _check(tx, fund, ref, received_on, amount_minor)
    payout = CardPayout(
        ref=ref, fund_id=fund.id or 0, received_on=received_on, amount_minor=amount_minor, recorded_at=tx.at
    )
    tx.session.add(payout)
    tx.session.flush()
    draft = JournalDraft(
        idem_key=f"card_payout:{ref}",
        kind="card.paid_out",
        fund_slug=fund.slug,
        cause=f"card_payout:{ref}",
        effective_on=received_on,
        lines=transfer(fund.community_pot_id, AccountKind.BANK, AccountKind.CARD_CLEARING, amount_minor),
        currency=fund.currency,
    )
    post(tx, [draft])
    tx.record(
        "card_payout.received",
        f"card_payout:{ref}",
        fund=fund.slug,
        amount_minor=amount_minor,
        received_on=received_on.isoformat(),
    )
    return payout


def _check(tx: Transaction, fund: Fund, ref: str, received_on: dt.date, amount_minor: int) -> None:
    if not ref.strip() or len(ref) > 80 or not ref.isprintable():
        raise BadInput(
            "a ref is 1 to 80 characters that can be shown", where="ref", fix="Use the payout's own."
        )
    if amount_minor <= 0:
        raise BadInput("a payout is above 0.00", where="amount", fix="Write an amount like 200.00.")
    if received_on > day_of(tx.at):
        raise BadInput("this day is still to come", where="received-on", fix="Check the date.")
    held = in_clearing(tx, fund)
    if amount_minor > held:
        raise Refused(
            f"card clearing holds {display(held, fund.currency)}, less than that",
            fix="Wait for the gifts of this payout to be taken in (see: hardship webhooks list), or check the fund.",
        )


def in_clearing(tx: Transaction, fund: Fund) -> int:
    """Pence in a fund's card clearing, from the cached balance."""
    found = tx.session.exec(
        select(Account.balance_minor).where(
            Account.pot_id == fund.community_pot_id, Account.kind == AccountKind.CARD_CLEARING
        )
    ).first()
    return found or 0
