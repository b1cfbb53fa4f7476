"""Asking again after a no, or after taking it back: a new form in which everything stands already.

The new application is somebody else's to nobody but the applicant: it is linked to their own earlier case, which is then
no duplicate of it. The form is sealed under a key of its own, so that erasing one case leaves the other readable.
"""

import datetime as dt
from collections.abc import Mapping
from typing import cast

from sqlalchemy import delete
from sqlmodel import Session, col, select

from hardship.applications import drafts
from hardship.applications.models import Application, Draft, SafeContact, Source
from hardship.applications.owndata.events import Erased
from hardship.applications.queries import answers_of
from hardship.applications.questions import BANK, Question, journey
from hardship.applications.service.reading import open_answers
from hardship.applications.service.sending import RoundClosed
from hardship.applications.service.states import lock_application, require_owner
from hardship.applications.transitions import ApplicationState
from hardship.core.errors import Conflict, NotFound
from hardship.core.models import DataKey
from hardship.core.refs import new_claim_code
from hardship.core.runtime import Transaction
from hardship.funds.models import BankDetails, Fund, Round
from hardship.funds.queries import open_round

OVER = frozenset({ApplicationState.DECLINED, ApplicationState.WITHDRAWN})
"""After these somebody may ask again."""

# One income alone, or an address without a word that it is safe, is no answer.
_WHOLE = {"2": {"safe_contact"}, "5": {"income_before", "income_now"}}
_EVERY_PAGE_SEEN = frozenset({Source.WEB, Source.ASSISTED})


def start(tx: Transaction, *, application_id: int, language: str = "en") -> str:
    """Begin a form that is filled in with what was told before; returns its secret, the code to come back with.

    Raises `Conflict` unless the case is declined or taken back, or when they have asked again already; `RoundClosed`;
    `NotFound` when the person was erased.
    """
    application = lock_application(tx, application_id)
    require_owner(tx.actor, application)
    if application.state not in OVER:
        raise Conflict("this application is not closed", fix="You can ask again after it is.")
    if _asked_again(tx, application_id):
        raise Conflict(
            "you have asked again already", fix="Look at its page with its reference and claim code."
        )
    round_ = round_for(tx.session, application, tx.at)
    fund = tx.session.get(Fund, round_.fund_id) if round_ else None
    if round_ is None or fund is None:
        raise RoundClosed
    told, secret = _told(tx, application), new_claim_code()
    lasts = tx.at + drafts.lifetime(tx.runtime)
    draft = drafts.open_draft(tx, secret, round_.id or 0, language, lasts)
    draft.again_of_id = application_id
    drafts.fill(tx, draft, told, _done(application, told, fund.bank_details))
    return secret


def round_for(session: Session, application: Application, at: dt.datetime) -> Round | None:
    """The round of the same fund in which somebody may ask again at this instant, or None: what was told to one fund is
    nothing for another."""
    before = session.get(Round, application.round_id)
    now = open_round(session, at)
    return now if before is not None and now is not None and now.fund_id == before.fund_id else None


def _asked_again(tx: Transaction, application_id: int) -> bool:
    """Whether an application after this one is open, or was decided: then that is the one to go on from."""
    later = select(Application.id).where(
        Application.again_of_id == application_id, Application.state != ApplicationState.WITHDRAWN
    )
    return tx.session.exec(later.limit(1)).first() is not None


def _told(tx: Transaction, application: Application) -> dict[str, str]:
    row = answers_of(tx.session, application.id or 0)
    if row is None:
        raise NotFound("this person's details were erased", fix="Please start again.")
    sealer = tx.vault.person(tx.session, application.data_key_id)
    told = open_answers(sealer, application.ref, row)
    if application.source in _EVERY_PAGE_SEEN or application.safe_contact is not SafeContact.NONE:
        told["safe_contact"] = application.safe_contact.value
    return told | ({"other_way": "yes"} if application.other_way else {})


def _done(application: Application, told: Mapping[str, str], bank_details: BankDetails) -> list[str]:
    """The questions that need not be put again. Who filled the form in here has seen every page; of an application that
    came in otherwise only what was answered counts."""
    seen = application.source in _EVERY_PAGE_SEEN
    return [one.number for one in journey(bank_details) if _is_done(one, told, seen, bank_details)]


def _is_done(question: Question, told: Mapping[str, str], seen: bool, bank_details: BankDetails) -> bool:
    given = {asked.field for asked in question.asked if told.get(asked.field)}
    if question.number == BANK.number:
        return bool(given) or (seen and bank_details is BankDetails.CHOICE)
    return seen or (bool(given) if question.number not in _WHOLE else _WHOLE[question.number] <= given)


def forget_forms(tx: Transaction, erased: Erased) -> None:
    """Somebody was erased: a form they began from that case, and have not sent, goes with its key."""
    begun = tx.session.exec(
        select(Draft.id, Draft.data_key_id).where(
            Draft.again_of_id == erased.application_id, col(Draft.application_id).is_(None)
        )
    ).all()
    if not begun:
        return
    connection = tx.session.connection()
    connection.execute(delete(Draft).where(col(Draft.id).in_([one for one, _ in begun])))
    connection.execute(delete(DataKey).where(col(DataKey.id).in_(cast(list[str], [key for _, key in begun]))))
