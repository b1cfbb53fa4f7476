"""Rows of the contributions and refunds files, read into values."""

import datetime as dt

from hardship.contributions.gifts import NewGift, NewRefund
from hardship.contributions.models import Channel, DonorType, Held
from hardship.core.csvfile import Row, amount_cell, choice_cell, instant_cell, ref_cell, text_cell
from hardship.core.errors import BadInput

CONTRIBUTIONS = ("ref", "received_at", "amount", "channel", "donor_name", "donor_type", "note")
CONTRIBUTIONS_OPTIONAL = ("fee", "held")
REFUNDS = ("ref", "refunded_at", "amount")


def gift_in(row: Row, now: dt.datetime | None = None) -> NewGift:
    """The gift in a row; raises `BadInput` with the column, also, with `now`, for one that is still to come."""
    ref, received_at = ref_cell(row, "ref"), instant_cell(row, "received_at", now=now)
    amount = amount_cell(row, "amount")
    fee = amount_cell(row, "fee", least=0) if row["fee"] else 0
    if fee > amount:
        raise BadInput("the fee is more than the gift", where="fee", fix="Check both amounts.")
    return NewGift(
        ref=ref,
        received_at=received_at,
        amount_minor=amount,
        channel=choice_cell(row, "channel", Channel),
        donor_name=text_cell(row, "donor_name", max_length=200),
        donor_type=choice_cell(row, "donor_type", DonorType),
        note=text_cell(row, "note", max_length=2000),
        fee_minor=fee,
        held=choice_cell(row, "held", Held, Held.HERE),
    )


def refund_in(row: Row, now: dt.datetime | None = None) -> NewRefund:
    """The refund in a row; raises `BadInput` with the column, also, with `now`, for one that is still to come."""
    return NewRefund(
        ref=ref_cell(row, "ref"),
        refunded_at=instant_cell(row, "refunded_at", now=now),
        amount_minor=amount_cell(row, "amount"),
    )
