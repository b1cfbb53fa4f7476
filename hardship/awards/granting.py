"""Granting an award and taking it up.

Money is decided under the fund's lock, and an award that would overspend is refused whole (I4). That a bank account
has one live award a round is decided by the unique index `uq_award_bank_token`, whenever the account becomes known
(I5); a named person may override it in writing.
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import IntegrityError

from hardship.applications.models import Application
from hardship.applications.queries import by_id
from hardship.applications.service import bank_token_of, lock_application
from hardship.applications.transitions import ApplicationState
from hardship.awards import money, queries
from hardship.awards.models import Award, DuplicateOverride
from hardship.awards.parts import id_of, in_words, locked, out_of_payment, round_of, subject_of, tell
from hardship.awards.transitions import MACHINE, AwardEvent, AwardState
from hardship.core.clock import day_of
from hardship.core.db import violated
from hardship.core.errors import Conflict, NotFound, Refused
from hardship.core.refs import new_reference
from hardship.core.runtime import Transaction
from hardship.eligibility.queries import facts_of
from hardship.funds.models import Policy, Round
from hardship.funds.queries import grant_of, grant_rule_of
from hardship.funds.service import lock_fund
from hardship.review import queries as review
from hardship.review.casework import id_of as id_of_application
from hardship.review.casework import refuse_conflicted
from hardship.review.service import reconsider, tally_of
from hardship.review.votes import Outcome
from hardship.staff.permissions import Permission, holds, require_staff

_TAKES_ACCOUNT = frozenset({AwardState.OFFERED, AwardState.ACCEPTED})


def grant(tx: Transaction, *, application_id: int, decided_at: dt.datetime) -> Award:
    """Award what the policy grants, from the pots that the round spends; accepted at once when bank details are there.

    Raises `Refused`, with nothing changed, when the round's budget or the money does not cover it whole, or the bank
    account has a live award in the round and nobody overrode that.
    """
    application = by_id(tx.session, application_id)
    round_, policy = round_of(tx, application), tx.session.get(Policy, application.policy_id)
    if policy is None:
        raise NotFound("the case has no policy", where=application.ref)
    fund = lock_fund(tx, round_.fund_id)
    amount = _amount(tx, policy, application)
    money.check_budget(tx, round_, amount)
    shares = money.choose_pots(tx, fund, round_, amount)
    award = _insert(tx, application, round_, amount, day_of(decided_at))
    money.commit_shares(tx, fund, award, shares)
    tx.record(
        "award.offered",
        subject_of(award),
        state=MACHINE.initial.value,
        application=application.ref,
        amount_minor=amount,
        shares={str(share.pot_id): share.minor for share in shares},
    )
    if award.accepted_at is not None:
        _record_taken_up(tx, award, "award.accepted")
    tell(tx, application)
    return award


def _insert(
    tx: Transaction, application: Application, round_: Round, amount_minor: int, decided_on: dt.date
) -> Award:
    """The new award: offered, and accepted in the same breath when the bank details are there."""
    token = bank_token_of(tx.session, application)
    override = queries.override_of(tx.session, id_of_application(application))
    award = Award(
        ref=new_reference(),
        application_id=id_of_application(application),
        fund_id=round_.fund_id,
        round_id=application.round_id,
        amount_minor=amount_minor,
        state=MACHINE.initial if token is None else MACHINE.apply(MACHINE.initial, AwardEvent.ACCEPT),
        bank_token=token,
        override_id=override.id if override else None,
        offered_at=tx.at,
        accepted_at=None if token is None else tx.at,
        lapses_at=tx.at + dt.timedelta(days=round_.offer_days),
        decided_on=decided_on,
        state_since=tx.at,
    )
    with _one_grant():
        tx.session.add(award)
        tx.session.flush()
    return award


def _amount(tx: Transaction, policy: Policy, application: Application) -> int:
    """What the policy grants; the sealed facts are opened only where the amount depends on them."""
    rule = grant_rule_of(policy)
    if len(rule.bands) == 1 and not rule.bands[0].tests:
        return rule.bands[0].amount_minor
    return grant_of(policy, facts_of(tx.session, tx.vault, application))


class AccountTaken(Refused):
    """The bank account has a live award in the round already (I5)."""

    def __init__(self) -> None:
        super().__init__(
            "the bank account given has an award in this round already",
            fix="A lead may override this in writing if it is right.",
        )


def accept(tx: Transaction, *, application_id: int, bank_token: bytes) -> Award | None:
    """Take up the application's award with this bank account; None when it has none yet.

    An award under way to payment with another account is taken out first. Somebody whose offer lapsed may come back
    while the round is open: the award is granted anew. Raises `Refused` when the account has an award already, when
    the money may be on its way, or when there is no money for a lapsed award.
    """
    found = queries.live_award_of(tx.session, application_id)
    if found is None:
        return _come_back(tx, application_id)
    lock_fund(tx, found.fund_id)
    award = locked(tx, id_of(found))
    if award.bank_token == bank_token:
        return award
    if award.state is AwardState.IN_PAYMENT:
        award = out_of_payment(tx, award)
    if award.state not in _TAKES_ACCOUNT:
        raise Refused("the award was paid already", fix="Ask the fund.")
    _take_up(tx, award, bank_token)
    return award


def _come_back(tx: Transaction, application_id: int) -> Award | None:
    application = by_id(tx.session, application_id)
    last = queries.last_award_of(tx.session, application_id)
    lapsed = last is not None and last.state is AwardState.LAPSED
    if not lapsed or application.state is not ApplicationState.APPROVED:
        return None
    if tx.at > round_of(tx, application).closes_at:
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
    _record_taken_up(tx, award, "award.accepted" if first else "award.account_changed")


def _record_taken_up(tx: Transaction, award: Award, kind: str) -> None:
    tx.record(kind, subject_of(award), state=award.state.value, overridden=award.override_id is not None)


@contextmanager
def _one_grant() -> Iterator[None]:
    """What the unique index refuses, as the rule of the house that it stands for."""
    try:
        yield
    except IntegrityError as error:
        if not violated(error, "uq_award_bank_token", "award.round_id", "award.bank_token"):
            raise
        raise AccountTaken from None


def override_duplicate(tx: Transaction, *, application_id: int, reason: str) -> DuplicateOverride:
    """Allow a second award to one bank account, by a named person who says why in writing.

    What waited for it goes on in the same transaction: an offer is taken up, or the panel's kept votes decide.
    """
    staff_id = require_staff(tx.actor, Permission.OVERRIDE_DUPLICATE)
    words = in_words(reason)
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
    found = queries.live_award_of(tx.session, application_id)
    if found is not None:
        lock_fund(tx, found.fund_id)
        award = locked(tx, id_of(found))
        award.override_id = override.id
        tx.session.add(award)
        token = bank_token_of(tx.session, application)
        if token not in (None, award.bank_token) and award.state in _TAKES_ACCOUNT:
            _take_up(tx, award, token)
        return
    ready = (
        application.state is ApplicationState.IN_REVIEW
        and tally_of(tx, application).verdict is Outcome.APPROVE
    )
    opened = review.has_opened(tx.session, application_id, override.staff_id)
    if ready and opened and holds(tx.actor, Permission.VOTE):
        reconsider(tx, application_id=application_id)
