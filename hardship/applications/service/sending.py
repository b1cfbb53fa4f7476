"""Sending what was written on the web."""

from sqlalchemy import bindparam
from sqlmodel import col, select

from hardship.applications import drafts
from hardship.applications.models import Draft, Source
from hardship.applications.questions import first_missing
from hardship.applications.service.intake import NewApplication, Receipt, receive
from hardship.core.errors import Conflict, NotFound
from hardship.core.models import DataKey
from hardship.core.runtime import Transaction
from hardship.funds.models import Fund, Round


class RoundClosed(Conflict):
    """The round takes no applications now."""

    def __init__(self) -> None:
        super().__init__("we are not taking applications now", fix="What you wrote is kept for a while.")


class Incomplete(Conflict):
    """A question is still open; `number` is its page."""

    def __init__(self, number: str) -> None:
        super().__init__("one question is not answered yet", fix="Answer it, then send.")
        self.number = number


def send(tx: Transaction, *, identity: str) -> Receipt:
    """Send a draft. Sending it again, from another page or at the same moment, gives the receipt of the first time.

    Raises `Incomplete`, `RoundClosed`, or `NotFound` when the draft is not kept any more.
    """
    draft, round_, fund, _key = _locked(tx, identity)  # a session forgets a row that nobody holds
    if draft.application_id is not None:
        return Receipt(draft.application_id, *drafts.kept_receipt(tx.session, tx.vault, draft))
    if not round_.opens_at <= tx.at <= round_.closes_at:
        raise RoundClosed
    written = drafts.written(tx.session, tx.vault, draft)
    if missing := first_missing(written.done, fund.bank_details):
        raise Incomplete(missing.number)
    source = Source.WEB if written.helped is None else Source.ASSISTED
    return receive(tx, round_, _new(written, draft), source, draft)


def _new(written: drafts.Written, draft: Draft) -> NewApplication:
    return NewApplication(
        written.answers,
        language=written.language,
        other_way=written.answers.get("other_way") == "yes",
        help=written.helped,
        again_of_id=draft.again_of_id,
    )


# Put together once: this is the busiest moment of a fund. The key comes along, so that it is at hand.
_WHOLE_DRAFT = (
    select(Draft, Round, Fund, DataKey)
    .join(Round, col(Round.id) == col(Draft.round_id))
    .join(Fund, col(Fund.id) == col(Round.fund_id))
    .join(DataKey, col(DataKey.id) == col(Draft.data_key_id))
    .where(col(Draft.id) == bindparam("identity"))
    .with_for_update(of=Draft)
    .execution_options(populate_existing=True)
)


def _locked(tx: Transaction, identity: str) -> tuple[Draft, Round, Fund, DataKey]:
    """The draft, locked, with its round, its fund, and its key."""
    found = tx.session.exec(_WHOLE_DRAFT, params={"identity": identity}).first()
    if found is None or found[0].expires_at <= tx.at:
        raise NotFound("what you wrote is not kept any more", fix="Please start again.")
    draft, round_, fund, key = found
    return draft, round_, fund, key
