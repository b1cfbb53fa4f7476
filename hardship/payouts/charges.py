"""The bank's own charges in the books. Values in, values out."""

import datetime as dt

from hardship.funds.models import Fund
from hardship.ledger.journal import JournalDraft, transfer
from hardship.ledger.models import AccountKind


def charge(fund: Fund, cause: str, kind: str, on: dt.date, minor: int) -> JournalDraft:
    """Dr fees / Cr bank in the community's pot; the other way round when `minor` is negative."""
    return JournalDraft(
        idem_key=f"{kind}:{cause}",
        kind=kind,
        fund_slug=fund.slug,
        cause=cause,
        effective_on=on,
        lines=transfer(fund.community_pot_id, AccountKind.FEES, AccountKind.BANK, minor),
        currency=fund.currency,
    )
