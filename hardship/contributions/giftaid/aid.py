"""How much tax comes with a gift, and what the books say about it. Values in, values out.

A donor's gift is taken to be net of basic-rate tax, so that HMRC pays 25 pence for each pound given (Income Tax Act 2007,
ss. 414-520). The tax of each gift is rounded down to a penny by itself: a refund takes back exactly what the gift brought,
and the books never hold more than HMRC owes. What it pays above that, reckoning over a whole claim, is income when it
comes: less than a penny a gift.
"""

from dataclasses import dataclass

from hardship.ledger.journal import Line
from hardship.ledger.models import AccountKind

_K = AccountKind


def tax_on(net_minor: int) -> int:
    """The tax on a gift's net amount, in pence, rounded down."""
    return net_minor * 25 // 100


@dataclass(frozen=True, slots=True)
class Tax:
    """The tax on one gift, in pence: what it is entitled to now, what was claimed, and what of that went back."""

    entitled_minor: int = 0
    claimed_minor: int = 0
    settled_minor: int = 0

    @property
    def receivable_minor(self) -> int:
        """What is still to be claimed."""
        return max(0, self.entitled_minor - self.claimed_minor)

    @property
    def owed_minor(self) -> int:
        """What was claimed and is not due any more, and has not gone back to HMRC yet."""
        return max(0, self.claimed_minor - self.entitled_minor - self.settled_minor)


def change(pot_id: int, before: Tax, after_minor: int) -> list[Line]:
    """The lines when a gift's entitlement becomes `after_minor`: what is not claimed yet moves the receivable, what is
    claimed already is owed to HMRC."""
    after = Tax(after_minor, before.claimed_minor, before.settled_minor)
    return [
        Line(pot_id, _K.GIFT_AID_RECEIVABLE, after.receivable_minor - before.receivable_minor),
        Line(pot_id, _K.GIFT_AID_DUE, before.owed_minor - after.owed_minor),
        Line(pot_id, _K.GIFT_AID, before.entitled_minor - after.entitled_minor),
    ]


def receipt(pot_id: int, amount_minor: int, outstanding_minor: int, *, final: bool) -> list[Line]:
    """The lines when HMRC pays for a claim: the receivable falls; more than was outstanding is income, and so is less a
    loss of income when it is `final`."""
    cleared = outstanding_minor if final else min(amount_minor, outstanding_minor)
    return [
        Line(pot_id, _K.BANK, amount_minor),
        Line(pot_id, _K.GIFT_AID_RECEIVABLE, -cleared),
        Line(pot_id, _K.GIFT_AID, cleared - amount_minor),
    ]
