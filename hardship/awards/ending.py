"""How awards end before they are paid: offers lapse, people withdraw, the fund cancels. Their money goes back to the
same pots."""

import datetime as dt

from sqlmodel import col, select

from hardship.applications.models import Application
from hardship.applications.queries import by_id
from hardship.awards import money, queries
from hardship.awards.models import Award
from hardship.awards.parts import id_of, in_words, locked, out_of_payment, subject_of, tell
from hardship.awards.transitions import MACHINE, AwardEvent, AwardState
from hardship.core.actor import SYSTEM
from hardship.core.runtime import Runtime, Transaction
from hardship.funds.service import lock_fund
from hardship.review.casework import refuse_conflicted
from hardship.staff.permissions import Permission, require

REMINDERS = ((1, 2), (3, 4))  # when to remind, as parts of the time an offer stands
AT_A_TIME = 200


def lapse_due(runtime: Runtime) -> int:
    """Let offers lapse whose time is over without bank details; each in a transaction of its own. Work for the worker."""
    with runtime.read() as session:
        due = session.exec(
            select(Award.id)
            .join(Application, col(Application.id) == Award.application_id)
            .where(Award.state == AwardState.OFFERED, col(Award.lapses_at) <= runtime.clock.now())
            .where(~col(Application.other_way))  # they have answered: it is we who look for a way
            .order_by(col(Award.id))
            .limit(AT_A_TIME)
        ).all()
    return sum(
        runtime.transact(SYSTEM, _lapse, award_id=award_id) for award_id in due if award_id is not None
    )


def _lapse(tx: Transaction, *, award_id: int) -> int:
    award = tx.session.get(Award, award_id)
    assert award is not None
    fund = lock_fund(tx, award.fund_id)
    award = locked(tx, award_id)
    asked = by_id(tx.session, award.application_id).other_way
    if award.state is not AwardState.OFFERED or award.lapses_at > tx.at or asked:
        return 0
    _end(tx, award, AwardEvent.LAPSE, "award.lapsed")
    money.release(tx, fund, award, "lapsed")
    tell(tx, by_id(tx.session, award.application_id))
    return 1


def remind_due(runtime: Runtime) -> int:
    """Remind people, by the channel they marked as safe, of an offer that waits for their bank details."""
    now = runtime.clock.now()
    with runtime.read() as session:
        open_offers = session.exec(
            select(Award)
            .join(Application, col(Application.id) == Award.application_id)
            .where(
                ~col(Application.other_way),
                Award.state == AwardState.OFFERED,
                Award.reminders < len(REMINDERS),
                col(Award.lapses_at) > now,
            )
            .order_by(col(Award.id))
        ).all()
    due = [award.id for award in open_offers if _reminder_at(award) <= now]
    return sum(
        runtime.transact(SYSTEM, _remind, award_id=award_id) for award_id in due if award_id is not None
    )


def _reminder_at(award: Award) -> dt.datetime:
    part, whole = REMINDERS[award.reminders]
    return award.offered_at + (award.lapses_at - award.offered_at) * part / whole


def _remind(tx: Transaction, *, award_id: int) -> int:
    award = locked(tx, award_id)
    if (
        award.state is not AwardState.OFFERED
        or award.reminders >= len(REMINDERS)
        or _reminder_at(award) > tx.at
    ):
        return 0
    award.reminders += 1
    tx.session.add(award)
    tx.record("award.reminded", subject_of(award), reminders=award.reminders)
    tell(tx, by_id(tx.session, award.application_id))
    return 1


def withdraw(tx: Transaction, *, application_id: int) -> Award | None:
    """The applicant does not want the award: its money goes back to the same pots. None when there is no award.

    An award in a batch is taken out first; raises `Refused` once the money may be on its way.
    """
    found = queries.live_award_of(tx.session, application_id)
    if found is None:
        return None
    return _stop(tx, found, AwardEvent.WITHDRAW, "withdrawn")


def cancel(tx: Transaction, *, award_ref: str, why: str) -> Award:
    """Take an award back before it is paid, with a written reason; raises as `withdraw` does."""
    require(tx.actor, Permission.CANCEL_AWARD)
    words = in_words(why)
    found = queries.by_ref(tx.session, award_ref)
    application = by_id(tx.session, found.application_id)
    if tx.actor.staff_id is not None:
        refuse_conflicted(tx, application, tx.actor.staff_id)
    award = _stop(tx, found, AwardEvent.CANCEL, "cancelled")
    sealer = tx.vault.person(tx.session, application.data_key_id)
    award.ended_why = sealer.seal("award", "ended_why", award.ref, words)
    tx.session.add(award)
    tell(tx, application)
    return award


def _stop(tx: Transaction, found: Award, event: AwardEvent, why: str) -> Award:
    fund = lock_fund(tx, found.fund_id)
    award = locked(tx, id_of(found))
    if award.state is AwardState.IN_PAYMENT:
        award = out_of_payment(tx, award)
    _end(tx, award, event, f"award.{why}")
    money.release(tx, fund, award, why)
    return award


def _end(tx: Transaction, award: Award, event: AwardEvent, kind: str) -> None:
    award.state = MACHINE.apply(award.state, event)
    award.state_since = tx.at
    tx.session.add(award)
    tx.session.flush()
    tx.record(kind, subject_of(award), state=award.state.value, amount_minor=award.amount_minor)
