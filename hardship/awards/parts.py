"""What granting and ending awards share."""

from sqlmodel import select

from hardship.applications.models import Application
from hardship.applications.service.reaching import tell as tell  # whoever tells of an award
from hardship.awards.events import AwardStopped
from hardship.awards.models import Award
from hardship.awards.transitions import AwardState
from hardship.core.db import lock
from hardship.core.errors import BadInput, NotFound, Refused
from hardship.core.runtime import Transaction
from hardship.funds.models import Round
from hardship.review.service import MAX_NOTE


def locked(tx: Transaction, award_id: int) -> Award:
    """The award, locked and read anew."""
    return lock(tx.session, select(Award).where(Award.id == award_id))[0]


def round_of(tx: Transaction, application: Application) -> Round:
    """The round of a case; raises `NotFound`."""
    found = tx.session.get(Round, application.round_id)
    if found is None:
        raise NotFound("the case has no round", where=application.ref)
    return found


def in_words(text: str) -> str:
    """A written reason; raises `BadInput` for none, or one that is too long."""
    words = text.strip()
    if not words:
        raise BadInput("say why, in words", where="reason", fix="A sentence is enough.")
    if len(words) > MAX_NOTE:
        raise BadInput(f"more than {MAX_NOTE} characters", where="reason", fix="Say it more shortly.")
    return words


def subject_of(award: Award) -> str:
    """The award as the event log names it."""
    return f"award:{award.ref}"


def id_of(award: Award) -> int:
    """The number of a stored award."""
    assert award.id is not None
    return award.id


def out_of_payment(tx: Transaction, award: Award) -> Award:
    """Have payouts take the award out of its batch; raises `Refused` when they cannot."""
    tx.publish(AwardStopped(id_of(award)))
    award = locked(tx, id_of(award))
    if award.state is AwardState.IN_PAYMENT:
        raise Refused("the money is on its way already", fix="Wait until the payment has ended.")
    return award
