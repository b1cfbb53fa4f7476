"""Awards: granted on the panel's approval, taken up with bank details, ended by lapse, withdrawal or cancelling.

Money is decided under the fund's lock, and an award that would overspend is refused whole (I4). That a bank account
has one live award a round is decided by the unique index `uq_award_bank_token`, whenever the account becomes known
(I5); a named person may override it in writing.
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from hardship.applications import tracker
from hardship.applications.events import BankDetailsGiven, Withdrawn
from hardship.applications.models import Application, SafeContact
from hardship.applications.queries import answers_of, by_id
from hardship.applications.service import bank_token_of, lock_application
from hardship.applications.transitions import ApplicationState
from hardship.awards import money, queries
from hardship.awards.events import AwardStopped
from hardship.awards.models import Award, DuplicateOverride
from hardship.awards.payments import bank_return, mark_paid, recover, start_payment, stop_payment
from hardship.awards.steps import award_steps
from hardship.awards.transitions import MACHINE, AwardEvent, AwardState
from hardship.core.actor import SYSTEM
from hardship.core.clock import day_of
from hardship.core.db import lock, violated
from hardship.core.errors import BadInput, Conflict, NotFound, Refused
from hardship.core.outbox import enqueue_news
from hardship.core.refs import new_reference
from hardship.core.runtime import Due, Runtime, Transaction
from hardship.eligibility.events import PastAward, PastAwardsAsked
from hardship.eligibility.queries import facts_of
from hardship.funds.models import Policy, Round
from hardship.funds.queries import grant_of, grant_rule_of
from hardship.funds.service import lock_fund
from hardship.review import queries as review
from hardship.review.casework import refuse_conflicted
from hardship.review.events import Approved
from hardship.review.service import MAX_NOTE, reconsider, refer, tally_of
from hardship.review.votes import Outcome
from hardship.staff.permissions import Permission, holds, require, require_staff

__all__ = [
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
    "wire",
    "withdraw",
]

NEWS = "news"  # the mail's name: it says that there is news, and no more
TAKEN = "account_has_award"  # the signal's kind
TAKEN_SENTENCE = "The bank account given has an award in this round already."
REMINDERS = ((1, 2), (3, 4))  # when to remind, as parts of the time an offer stands
AT_A_TIME = 200


def wire(runtime: Runtime) -> None:
    """Listen to the panel and to applicants, watch over offers, and tell the applicant's page."""
    runtime.listen(Approved, _on_approved)
    runtime.listen(BankDetailsGiven, _on_bank_details)
    runtime.listen(Withdrawn, _on_withdrawn)
    runtime.listen(PastAwardsAsked, _on_past_awards_asked)
    runtime.due.append(Due("offers", lapse_due))
    runtime.due.append(Due("reminders", remind_due))
    tracker.add(award_steps)


# --- Granting -----------------------------------------------------------------------------------------------------


def _on_approved(tx: Transaction, event: Approved) -> str:
    return grant(tx, application_id=event.application_id, decided_at=event.decided_at).ref


def grant(tx: Transaction, *, application_id: int, decided_at: dt.datetime) -> Award:
    """Award what the policy grants, from the pots that the round spends; accepted at once when bank details are there.

    Raises `Refused`, with nothing changed, when the round's budget or the money does not cover it whole, or the bank
    account has a live award in the round and nobody overrode that.
    """
    application = by_id(tx.session, application_id)
    round_, policy = _round_of(tx, application), tx.session.get(Policy, application.policy_id)
    if policy is None:
        raise NotFound("the case has no policy", where=application.ref)
    fund = lock_fund(tx, round_.fund_id)
    amount = _amount(tx, policy, application)
    money.check_budget(tx, round_, amount)
    shares = money.choose_pots(tx, fund, round_, amount)
    override = queries.override_of(tx.session, application_id)
    award = Award(
        ref=new_reference(),
        application_id=application_id,
        fund_id=round_.fund_id,
        round_id=application.round_id,
        amount_minor=amount,
        state=MACHINE.initial,
        override_id=override.id if override else None,
        offered_at=tx.at,
        lapses_at=tx.at + dt.timedelta(days=round_.offer_days),
        decided_on=day_of(decided_at),
        state_since=tx.at,
    )
    tx.session.add(award)
    tx.session.flush()
    money.commit_shares(tx, fund, award, shares)
    tx.record(
        "award.offered",
        _subject(award),
        state=award.state.value,
        application=application.ref,
        amount_minor=amount,
        shares={str(share.pot_id): share.minor for share in shares},
    )
    token = bank_token_of(tx.session, application)
    if token is not None:
        _take_up(tx, award, token)
    _tell(tx, application)
    return award


def _amount(tx: Transaction, policy: Policy, application: Application) -> int:
    """What the policy grants; the sealed facts are opened only where the amount depends on them."""
    rule = grant_rule_of(policy)
    if len(rule.bands) == 1 and not rule.bands[0].tests:
        return rule.bands[0].amount_minor
    return grant_of(policy, facts_of(tx.session, tx.vault, application))


# --- Bank details -------------------------------------------------------------------------------------------------


def _on_bank_details(tx: Transaction, event: BankDetailsGiven) -> None:
    """Take an offer up, or refer the case when the account has an award already; the details are kept either way."""
    if event.bank_token is None:
        return
    application = by_id(tx.session, event.application_id)
    try:
        with tx.attempt():
            accept(tx, application_id=event.application_id, bank_token=event.bank_token)
    except Refused as refused:
        taken = refused.what == TAKEN_SENTENCE.rstrip(".").lower()
        sentence = TAKEN_SENTENCE if taken else f"The award could not be given again: {refused.what}."
        refer(tx, application, kind=TAKEN if taken else "award_refused", sentence=sentence)


def accept(tx: Transaction, *, application_id: int, bank_token: bytes) -> Award | None:
    """Take up the application's award with this bank account; None when it has none yet.

    An award under way to payment with another account is taken out first. Somebody whose offer lapsed may come back
    while the round is open: the award is granted anew. Raises `Refused` when the account has an award already, when
    the money may be on its way, or when there is no money for a lapsed award.
    """
    award = _live(tx, application_id)
    if award is None:
        return _come_back(tx, application_id)
    if award.bank_token == bank_token:
        return award
    if award.state is AwardState.IN_PAYMENT:
        award = _out_of_payment(tx, award)
    if award.state not in {AwardState.OFFERED, AwardState.ACCEPTED}:
        raise Refused("the award was paid already", fix="Ask the fund.")
    _take_up(tx, award, bank_token)
    return award


def _come_back(tx: Transaction, application_id: int) -> Award | None:
    application = by_id(tx.session, application_id)
    last = queries.last_award_of(tx.session, application_id)
    lapsed = last is not None and last.state is AwardState.LAPSED
    if not lapsed or application.state is not ApplicationState.APPROVED:
        return None
    if tx.at > _round_of(tx, application).closes_at:
        raise Refused("the round is closed", fix="Apply again when another opens.")
    return grant(tx, application_id=application_id, decided_at=tx.at)


def _take_up(tx: Transaction, award: Award, bank_token: bytes) -> None:
    """Put the account on the award: offered → accepted; an accepted award changes its account."""
    first = award.state is AwardState.OFFERED
    with _one_grant():
        award.bank_token = bank_token
        if first:
            award.state = MACHINE.apply(award.state, AwardEvent.ACCEPT)
            award.accepted_at = award.state_since = tx.at
        tx.session.add(award)
        tx.session.flush()
    kind = "award.accepted" if first else "award.account_changed"
    tx.record(kind, _subject(award), state=award.state.value, overridden=award.override_id is not None)


@contextmanager
def _one_grant() -> Iterator[None]:
    """What the unique index refuses, as the rule of the house that it stands for."""
    try:
        yield
    except IntegrityError as error:
        if not violated(error, "uq_award_bank_token", "award.round_id", "award.bank_token"):
            raise
        raise Refused(
            TAKEN_SENTENCE.rstrip(".").lower(),
            fix="A lead may override this in writing if it is right.",
        ) from None


def override_duplicate(tx: Transaction, *, application_id: int, reason: str) -> DuplicateOverride:
    """Allow a second award to one bank account, by a named person who says why in writing.

    What waited for it goes on in the same transaction: an offer is taken up, or the panel's kept votes decide.
    """
    staff_id = require_staff(tx.actor, Permission.OVERRIDE_DUPLICATE)
    words = _words(reason)
    application = lock_application(tx, application_id)
    refuse_conflicted(tx, application, staff_id)
    if queries.override_of(tx.session, application_id) is not None:
        raise Conflict("there is an override already", where=application.ref, fix="Nothing more is needed.")
    sealer = tx.vault.person(tx.session, application.data_key_id)
    override = DuplicateOverride(
        application_id=application_id,
        staff_id=staff_id,
        reason=sealer.seal("duplicate_override", "reason", application.ref, words),
        at=tx.at,
    )
    tx.session.add(override)
    tx.session.flush()
    tx.record("duplicate.overridden", f"application:{application.ref}")
    _go_on(tx, application, override)
    return override


def _go_on(tx: Transaction, application: Application, override: DuplicateOverride) -> None:
    application_id = override.application_id
    award = _live(tx, application_id)
    if award is not None:
        award.override_id = override.id
        tx.session.add(award)
        token = bank_token_of(tx.session, application)
        if token is not None and award.state is AwardState.OFFERED:
            _take_up(tx, award, token)
        return
    ready = (
        application.state is ApplicationState.IN_REVIEW
        and tally_of(tx, application).verdict is Outcome.APPROVE
    )
    opened = review.has_opened(tx.session, application_id, override.staff_id)
    if ready and opened and holds(tx.actor, Permission.VOTE):
        reconsider(tx, application_id=application_id)


# --- Ends ---------------------------------------------------------------------------------------------------------


def lapse_due(runtime: Runtime) -> int:
    """Let offers lapse whose time is over without bank details; each in a transaction of its own. Work for the worker."""
    with runtime.read() as session:
        due = session.exec(
            select(Award.id)
            .where(Award.state == AwardState.OFFERED, col(Award.lapses_at) <= runtime.clock.now())
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
    award = _locked(tx, award_id)
    if award.state is not AwardState.OFFERED or award.lapses_at > tx.at:
        return 0
    _end(tx, award, AwardEvent.LAPSE, "award.lapsed")
    money.release(tx, fund, award, "lapsed")
    _tell(tx, by_id(tx.session, award.application_id))
    return 1


def remind_due(runtime: Runtime) -> int:
    """Remind people, by the channel they marked as safe, of an offer that waits for their bank details."""
    now = runtime.clock.now()
    with runtime.read() as session:
        open_offers = session.exec(
            select(Award)
            .where(
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
    award = _locked(tx, award_id)
    if (
        award.state is not AwardState.OFFERED
        or award.reminders >= len(REMINDERS)
        or _reminder_at(award) > tx.at
    ):
        return 0
    award.reminders += 1
    tx.session.add(award)
    tx.record("award.reminded", _subject(award), reminders=award.reminders)
    _tell(tx, by_id(tx.session, award.application_id))
    return 1


def _on_withdrawn(tx: Transaction, event: Withdrawn) -> None:
    """Before the decision there is no award to give up; after it there has to be one."""
    given_up = withdraw(tx, application_id=event.application_id)
    if given_up is None and by_id(tx.session, event.application_id).state is ApplicationState.APPROVED:
        raise Conflict("there is nothing to take back any more", fix="It has ended already.")


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
    words = _words(why)
    found = queries.by_ref(tx.session, award_ref)
    application = by_id(tx.session, found.application_id)
    if tx.actor.staff_id is not None:
        refuse_conflicted(tx, application, tx.actor.staff_id)
    award = _stop(tx, found, AwardEvent.CANCEL, "cancelled")
    sealer = tx.vault.person(tx.session, application.data_key_id)
    award.ended_why = sealer.seal("award", "ended_why", award.ref, words)
    tx.session.add(award)
    _tell(tx, application)
    return award


def _stop(tx: Transaction, found: Award, event: AwardEvent, why: str) -> Award:
    fund = lock_fund(tx, found.fund_id)
    award = _locked(tx, _id(found))
    if award.state is AwardState.IN_PAYMENT:
        award = _out_of_payment(tx, award)
    _end(tx, award, event, f"award.{why}")
    money.release(tx, fund, award, why)
    return award


def _out_of_payment(tx: Transaction, award: Award) -> Award:
    """Have payouts take the award out of its batch; raises `Refused` when they cannot."""
    tx.publish(AwardStopped(_id(award)))
    award = _locked(tx, _id(award))
    if award.state is AwardState.IN_PAYMENT:
        raise Refused("the money is on its way already", fix="Wait until the payment has ended.")
    return award


def _end(tx: Transaction, award: Award, event: AwardEvent, kind: str) -> None:
    award.state = MACHINE.apply(award.state, event)
    award.state_since = tx.at
    tx.session.add(award)
    tx.session.flush()
    tx.record(kind, _subject(award), state=award.state.value, amount_minor=award.amount_minor)


def _on_past_awards_asked(tx: Transaction, event: PastAwardsAsked) -> list[PastAward]:
    """Which of these applications have, or had until they were paid, a live award."""
    return [
        PastAward(award.application_id, award.round_id, award.decided_on)
        for award in queries.live_awards_of(tx.session, event.application_ids)
    ]


# --- Parts --------------------------------------------------------------------------------------------------------


def _locked(tx: Transaction, award_id: int) -> Award:
    return lock(tx.session, select(Award).where(Award.id == award_id))[0]


def _live(tx: Transaction, application_id: int) -> Award | None:
    found = queries.live_award_of(tx.session, application_id)
    return None if found is None else _locked(tx, _id(found))


def _round_of(tx: Transaction, application: Application) -> Round:
    found = tx.session.get(Round, application.round_id)
    if found is None:
        raise NotFound("the case has no round", where=application.ref)
    return found


def _tell(tx: Transaction, application: Application) -> None:
    """A mail that there is news, when the applicant marked e-mail as safe."""
    if application.safe_contact is not SafeContact.EMAIL:
        return
    answers = answers_of(tx.session, application.id or 0)
    if answers is None or answers.email is None:
        return
    sealer = tx.vault.person(tx.session, application.data_key_id)
    address = sealer.open("application_answers", "email", application.ref, answers.email)
    enqueue_news(tx, application.data_key_id, address or "", NEWS)


def _words(text: str) -> str:
    words = text.strip()
    if not words:
        raise BadInput("say why, in words", where="reason", fix="A sentence is enough.")
    if len(words) > MAX_NOTE:
        raise BadInput(f"more than {MAX_NOTE} characters", where="reason", fix="Say it more shortly.")
    return words


def _subject(award: Award) -> str:
    return f"award:{award.ref}"


def _id(award: Award) -> int:
    assert award.id is not None
    return award.id
