"""Sending what was written on the web."""

from hardship.applications import drafts
from hardship.applications.models import Source
from hardship.applications.questions import first_missing
from hardship.applications.service.intake import NewApplication, Receipt, receive
from hardship.core.errors import Conflict, NotFound
from hardship.core.runtime import Transaction
from hardship.funds.models import Fund, Round


class RoundClosed(Conflict):
    """The round takes no applications now."""

    def __init__(self) -> None:
        super().__init__("we are not taking applications now", fix="What you wrote is kept for seven days.")


class Incomplete(Conflict):
    """A question is still open; `number` is its page."""

    def __init__(self, number: str) -> None:
        super().__init__("one question is not answered yet", fix="Answer it, then send.")
        self.number = number


def send(tx: Transaction, *, identity: str) -> Receipt:
    """Send a draft. Sending it again, from another page or at the same moment, gives the receipt of the first time.

    Raises `Incomplete`, `RoundClosed`, or `NotFound` when the draft is not kept any more.
    """
    draft = drafts.lock_draft(tx, identity)
    if draft.application_id is not None:
        return Receipt(draft.application_id, *drafts.kept_receipt(tx.session, tx.vault, draft))
    round_ = tx.session.get(Round, draft.round_id)
    fund = tx.session.get(Fund, round_.fund_id) if round_ else None
    if round_ is None or fund is None:
        raise NotFound("the round is not there any more")
    if not round_.opens_at <= tx.at <= round_.closes_at:
        raise RoundClosed
    written = drafts.written(tx.session, tx.vault, draft)
    if missing := first_missing(written.done, fund.bank_details):
        raise Incomplete(missing.number)
    return receive(tx, round_, NewApplication(written.answers), Source.WEB, draft)
