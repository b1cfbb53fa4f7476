"""Receipts by e-mail, for donors who asked for one: in words that say nothing of what the fund is for."""

import datetime as dt

from email_validator import EmailNotValidError, validate_email

from hardship.contributions.card_models import Checkout
from hardship.contributions.donating.opening import locked
from hardship.contributions.models import Channel, Contribution, Held
from hardship.contributions.queries import gift_by_ref
from hardship.core.clock import LONDON
from hardship.core.errors import BadInput, Conflict
from hardship.core.money import display
from hardship.core.outbox import enqueue_letter
from hardship.core.runtime import Transaction
from hardship.funds.models import Fund
from hardship.staff.permissions import Permission, require

_REGISTERS = {
    "GB-CHC": "Registered charity in England and Wales, number",
    "GB-SC": "Registered charity in Scotland, number",
    "GB-NIC": "Registered charity in Northern Ireland, number",
    "GB-COH": "Registered company, number",
}


def send(tx: Transaction, fund: Fund, checkout: Checkout, received_at: dt.datetime) -> bool:
    """Queue the receipt, once, if the donor left an address for it; the address goes from the checkout."""
    if checkout.data_key_id is None or checkout.email is None:
        return False
    own = tx.vault.person(tx.session, checkout.data_key_id)
    address = own.open("checkout", "email", checkout.ref, checkout.email) or ""
    body = words(fund, checkout, received_at)
    enqueue_letter(tx, own.key_id, address, "receipt", subject=fund.public_name, body=body)
    checkout.email, checkout.receipt_at = None, tx.at
    tx.session.add(checkout)
    tx.session.flush()
    tx.record("receipt.queued", f"checkout:{checkout.ref}")
    return True


def ask(tx: Transaction, *, checkout_id: int, address: str) -> None:
    """A donor asks for a receipt after all; it is queued once the gift has come. Again, it goes to the address given last.

    Raises `BadInput` for what is no address.
    """
    if not is_address(address):
        raise BadInput("this is not an e-mail address", where="email", fix="Write it like name@example.org.")
    fund, checkout = locked(tx, checkout_id)
    own = (
        tx.vault.person(tx.session, checkout.data_key_id)
        if checkout.data_key_id is not None
        else tx.vault.new_person(tx.session, tx.at)
    )
    checkout.data_key_id = own.key_id
    checkout.email = own.seal("checkout", "email", checkout.ref, address.strip())
    tx.session.add(checkout)
    tx.session.flush()
    if checkout.contribution_id is not None:
        gift = tx.session.get(Contribution, checkout.contribution_id)
        assert gift is not None
        send(tx, fund, checkout, gift.received_at)


def send_for_gift(tx: Transaction, *, gift_ref: str, address: str) -> None:
    """Finance has a receipt sent to the donor of a gift, however it came, who asked for one. The address is kept nowhere
    but with the mail, and goes with it.

    Raises `BadInput` for what is no address, `Conflict` for a gift that another body holds or that was given back.
    """
    require(tx.actor, Permission.RECORD_GIFTS)
    if not is_address(address):
        raise BadInput("this is not an e-mail address", where="email", fix="Write it like name@example.org.")
    gift = gift_by_ref(tx.session, gift_ref)
    fund = tx.session.get_one(Fund, gift.fund_id)
    if not possible(gift):
        raise Conflict("this gift was given back, or another body holds it", where="email")
    key_id = tx.vault.new_person(tx.session, tx.at).key_id
    enqueue_letter(tx, key_id, address, "receipt", subject=fund.public_name, body=words_for(fund, gift))
    tx.record("receipt.queued", f"contribution:{gift.ref}")


def possible(gift: Contribution) -> bool:
    """Whether a receipt is ours to give: the money came here, and was not all given back."""
    return gift.held is Held.HERE and gift.net_minor > 0


def is_address(text: str) -> bool:
    """Whether mail can be sent there, by its form."""
    try:
        validate_email(text.strip(), check_deliverability=False)
    except EmailNotValidError:
        return False
    return True


def words(fund: Fund, checkout: Checkout, received_at: dt.datetime) -> str:
    """What the receipt of a gift by card says."""
    more: list[str] = []
    if checkout.matched_minor:
        more.append(f"Added by match funding: {display(checkout.matched_minor, fund.currency)}")
    if checkout.lapsed_minor:
        lapsed = display(checkout.lapsed_minor, fund.currency)
        more += [
            "",
            f"Your payment was finished after the match held for it had lapsed: {lapsed} of it was not added.",
        ]
    return _letter(fund, checkout.ref, checkout.amount_minor, received_at, "Paid by card", more)


_PAID = {
    Channel.CARD: "Paid by card",
    Channel.BANK: "Paid by bank transfer or cheque",
    Channel.CASH: "Paid in cash",
    Channel.OTHER: "Paid",
}


def words_for(fund: Fund, gift: Contribution) -> str:
    """What the receipt of any gift says, when a person asks for it later."""
    back = [f"Given back since: {display(gift.refunded_minor, fund.currency)}"] if gift.refunded_minor else []
    return _letter(fund, gift.ref, gift.amount_minor, gift.received_at, _PAID[gift.channel], back)


def _letter(
    fund: Fund, ref: str, amount_minor: int, received_at: dt.datetime, paid: str, more: list[str]
) -> str:
    day = received_at.astimezone(LONDON)
    lines = [
        "Thank you. This is the receipt that you asked for.",
        "",
        f"Amount: {display(amount_minor, fund.currency)}",
        f"Date: {day.day} {day:%B %Y}",
        f"Reference: {ref}",
        f"{paid} to: {fund.public_name}",
        *more,
    ]
    if registered := registration(fund):
        lines += ["", *registered]
    lines += ["", "Nobody reads answers to this message."]
    return "\n".join(lines) + "\n"


def registration(fund: Fund) -> list[str]:
    """The charity's name and its number in the register, from the fund's publisher (an org-id.guide identifier)."""
    if not fund.publisher_name:
        return []
    lines = [fund.publisher_name]
    register = "-".join(fund.publisher_org_id.split("-")[:2])
    number = fund.publisher_org_id[len(register) + 1 :]
    if register in _REGISTERS and number:
        lines.append(f"{_REGISTERS[register]} {number}")
    elif fund.publisher_org_id:
        lines.append(f"Identifier: {fund.publisher_org_id}")
    return lines
