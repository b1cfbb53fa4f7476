"""Awards: granted on the panel's approval, taken up with bank details, ended by lapse, withdrawal or cancelling.

This is the face of the room, and what it does when other rooms announce something.
"""

from hardship.applications import tracker
from hardship.applications.events import BankDetailsGiven, Withdrawn
from hardship.applications.queries import by_id
from hardship.applications.transitions import ApplicationState
from hardship.awards import queries
from hardship.awards.ending import cancel, lapse_due, remind_due, withdraw
from hardship.awards.granting import AccountTaken, accept, grant, override_duplicate
from hardship.awards.payments import (
    bank_return,
    mark_paid,
    recover,
    start_payment,
    stop_payment,
    take_up_by_hand,
)
from hardship.awards.steps import award_steps
from hardship.core.errors import Conflict, Refused
from hardship.core.runtime import Due, Runtime, Transaction
from hardship.eligibility.events import PastAward, PastAwardsAsked
from hardship.review.events import Approved
from hardship.review.service import refer

__all__ = [
    "AccountTaken",
    "accept",
    "bank_return",
    "cancel",
    "grant",
    "lapse_due",
    "mark_paid",
    "override_duplicate",
    "recover",
    "remind_due",
    "start_payment",
    "stop_payment",
    "take_up_by_hand",
    "wire",
    "withdraw",
]

TAKEN = "account_has_award"  # the signal of an account that has an award in the round already
HELD = "bank_details_not_used"  # the signal of details that came too late, or for which there is no money


def wire(runtime: Runtime) -> None:
    """Listen to the panel and to applicants, watch over offers, and tell the applicant's page."""
    runtime.listen(Approved, _on_approved)
    runtime.listen(BankDetailsGiven, _on_bank_details)
    runtime.listen(Withdrawn, _on_withdrawn)
    runtime.listen(PastAwardsAsked, _on_past_awards_asked)
    runtime.due.append(Due("offers", lapse_due))
    runtime.due.append(Due("reminders", remind_due))
    tracker.add(award_steps)


def _on_approved(tx: Transaction, event: Approved) -> str:
    return grant(tx, application_id=event.application_id, decided_at=event.decided_at).ref


def _on_bank_details(tx: Transaction, event: BankDetailsGiven) -> None:
    """Take an offer up, or refer the case when that cannot be; the details are kept either way."""
    if event.bank_token is None:
        return
    try:
        with tx.attempt():
            accept(tx, application_id=event.application_id, bank_token=event.bank_token)
    except Refused as refused:
        kind = TAKEN if isinstance(refused, AccountTaken) else HELD
        sentence = f"Bank details came that are not used for the award: {refused.what}."
        refer(tx, by_id(tx.session, event.application_id), kind=kind, sentence=sentence)


def _on_withdrawn(tx: Transaction, event: Withdrawn) -> None:
    """Before the decision there is no award to give up; after it there has to be one."""
    given_up = withdraw(tx, application_id=event.application_id)
    if given_up is None and by_id(tx.session, event.application_id).state is ApplicationState.APPROVED:
        raise Conflict("there is nothing to take back any more", fix="It has ended already.")


def _on_past_awards_asked(tx: Transaction, event: PastAwardsAsked) -> list[PastAward]:
    """Which of these applications have, or had until they were paid, a live award."""
    return [
        PastAward(award.application_id, award.round_id, award.decided_on)
        for award in queries.live_awards_of(tx.session, event.application_ids)
    ]
