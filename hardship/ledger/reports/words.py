"""How accounts are called on reports."""

from hardship.ledger.models import AccountKind, FundClass

_K = AccountKind

NAMES: dict[AccountKind, str] = {
    _K.BANK: "Cash at bank",
    _K.CARD_CLEARING: "Cash at the card processor",
    _K.CASH_IN_HAND: "Cash in hand",
    _K.DISPUTED_RECEIPTS: "Card receipts in dispute",
    _K.GIFT_AID_RECEIVABLE: "Gift Aid to be received",
    _K.MATCH_RECEIVABLE: "Match funding to be received",
    _K.UNEARNED_MATCH: "Match funding received, not earned yet",
    _K.FROZEN_MATCH: "Match funding frozen in a dispute",
    _K.UNIDENTIFIED_RECEIPTS: "Receipts not identified yet",
    _K.REFUNDS_DUE: "Gifts to be given back",
    _K.SPONSOR_REFUNDS_DUE: "Match funding to be returned",
    _K.GIFT_AID_DUE: "Gift Aid to be repaid",
    _K.GRANTS_PAYABLE: "Grants to be paid",
    _K.PAYOUT_CLEARING: "Payments on their way",
    _K.DONATIONS: "Gifts",
    _K.MATCH_INCOME: "Match funding",
    _K.GIFT_AID: "Gift Aid",
    _K.RECOVERIES: "Recovered losses",
    _K.GRANTS: "Grants",
    _K.FEES: "Card and bank charges",
    _K.LOSSES: "Losses",
    _K.OPENING: "Funds brought forward",
    _K.TRANSFERS: "Transfers between funds",
}

CLASSES = (FundClass.UNRESTRICTED, FundClass.DESIGNATED, FundClass.RESTRICTED)
"""The columns of a statement, in their order."""


def name_of(account: AccountKind) -> str:
    """The account's name on a report; one without a name of its own is called by its code."""
    return NAMES.get(account, account.value.replace("_", " ").capitalize())
