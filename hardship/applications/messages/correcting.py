"""Corrected details: while nothing is decided, an applicant may correct what they told.

What was told before is not kept, nor are the facts that were made of it: the event names the fields, and commits to the
answers as they are now. Rules and comparisons are made anew by the rooms that listen.
"""

import hashlib
from collections.abc import Mapping

from hardship.applications.answers import tidy
from hardship.applications.events import AnswersCorrected
from hardship.applications.identity import TokenKind
from hardship.applications.messages import asking
from hardship.applications.messages.models import Wants
from hardship.applications.models import Application, ApplicationAnswers
from hardship.applications.queries import answers_of
from hardship.applications.service.reading import open_answers
from hardship.applications.service.states import lock_application, require_owner, subject_of
from hardship.applications.service.tokens import remake
from hardship.applications.transitions import ApplicationState
from hardship.core.canonical import canonical
from hardship.core.errors import BadInput, Conflict, NotFound
from hardship.core.runtime import Transaction
from hardship.core.vault import Sealer

QUESTIONS = ("1", "3", "4", "5", "6", "7")
"""The questions whose answers can be corrected here. Safe channel and bank details have pages of their own; a code that
vouches, and whether somebody is close to the fund, are looked at by people once they are sent."""

FIELDS = (
    "working_name",
    "outward_postcode",
    "birth_year",
    "income_before",
    "income_now",
    "reason",
    "statement",
)
_NEEDED = ("birth_year", "income_before", "income_now")  # what the form does not let pass empty
_UNDECIDED = frozenset(
    {
        ApplicationState.SUBMITTED,
        ApplicationState.CHECKING,
        ApplicationState.IN_REVIEW,
        ApplicationState.INFO_REQUESTED,
    }
)


def may_correct(application: Application) -> bool:
    """Whether what was told may still be corrected: while nothing is decided."""
    return application.state in _UNDECIDED


def correct(tx: Transaction, *, application_id: int, answers: Mapping[str, str]) -> frozenset[str]:
    """Replace the named answers; "" takes one away. Returns the fields that are not what they were: none is no change.

    Raises `BadInput` with the field as `where`, `Conflict` once the case is decided or closed, `NotFound` when the person
    was erased.
    """
    application = lock_application(tx, application_id)
    require_owner(tx.actor, application)
    if not may_correct(application):
        raise Conflict("this application is closed", fix="What you told us cannot be changed any more.")
    given = _read(answers)
    row = answers_of(tx.session, application_id)
    if row is None:
        raise NotFound("this person's details were erased", fix="They cannot be changed.")
    sealer = tx.vault.person(tx.session, application.data_key_id)
    before = open_answers(sealer, application.ref, row)
    changed = frozenset(name for name in answers if before.get(name, "") != given.get(name, ""))
    if changed:
        now = {name: text for name, text in (before | {n: given.get(n, "") for n in changed}).items() if text}
        _replace(tx, application, row, sealer, now, changed)
    return changed


def _read(answers: Mapping[str, str]) -> dict[str, str]:
    for name in answers:
        if name not in FIELDS:
            raise BadInput("this cannot be changed here", where=name, fix="Write to us instead.")
        if name in _NEEDED and not answers[name].strip():
            raise BadInput("it is needed", where=name, fix="Fill it in.")
    return tidy(answers)


def _replace(
    tx: Transaction,
    application: Application,
    row: ApplicationAnswers,
    sealer: Sealer,
    now: Mapping[str, str],
    changed: frozenset[str],
) -> None:
    """Store the answers as they are now, with all that follows from it."""
    for name in changed:
        setattr(row, name, sealer.seal("application_answers", name, application.ref, now.get(name)))
    remake(tx, application_id=application.id or 0, answers=now, kinds=(TokenKind.PERSON,))
    application.version += 1
    application.changed_at = tx.at
    tx.session.add_all([row, application])
    tx.record(
        "application.answers_corrected",
        subject_of(application),
        fields=sorted(changed),
        commitment=_commitment(sealer, application, now),
    )
    tx.session.flush()
    tx.publish(AnswersCorrected(application.id or 0, changed))
    asking.supplied(tx, application, Wants.DETAILS)


def _commitment(sealer: Sealer, application: Application, now: Mapping[str, str]) -> str:
    """What the event log holds of the answers: as when they were sent, under the case's own salt."""
    salt = sealer.open("application", "salt", application.ref, application.salt) or ""
    return hashlib.sha256(bytes.fromhex(salt) + canonical(dict(now))).hexdigest()
