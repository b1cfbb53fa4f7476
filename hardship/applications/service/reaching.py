"""How somebody is reached: the safe channel, asked again whenever there is a reason to use it, and their language."""

from sqlalchemy import delete, insert
from sqlmodel import col

from hardship.applications.answers import safe_contact as said_safe
from hardship.applications.answers import tidy
from hardship.applications.identity import TokenKind
from hardship.applications.models import Application, ApplicationToken, SafeContact
from hardship.applications.queries import answers_of
from hardship.applications.service.intake import blind_tokens
from hardship.applications.service.states import lock_application, require_owner, subject_of
from hardship.applications.transitions import ApplicationState
from hardship.core.errors import NotFound
from hardship.core.models import OutboxMail
from hardship.core.runtime import Transaction

_TOKEN = ApplicationToken.__table__  # type: ignore[attr-defined]
_KINDS = (TokenKind.EMAIL.value, TokenKind.PHONE.value)
_TURNS = frozenset({ApplicationState.INFO_REQUESTED, ApplicationState.APPROVED, ApplicationState.DECLINED})


def is_asked_again(application: Application) -> bool:
    """Whether to ask if the channel is still safe: since they last said so, there was a question or a decision."""
    if application.state not in _TURNS:
        return False
    said = application.contact_said_at or application.submitted_at
    return said < application.state_since


def still_safe(tx: Transaction, *, application_id: int) -> None:
    """The applicant says that the channel is still safe."""
    application = lock_application(tx, application_id)
    require_owner(tx.actor, application)
    application.contact_said_at = tx.at
    tx.session.add(application)
    tx.record(
        "application.contact_confirmed", subject_of(application), channel=application.safe_contact.value
    )


def set_safe_contact(
    tx: Transaction, *, application_id: int, safe_contact: str, email: str = "", phone: str = ""
) -> None:
    """Change the safe channel and its address; an address that is not chosen is forgotten, and mails that wait for it
    are not sent. Raises `BadInput` with the field as `where`, `NotFound` when the person was erased.

    The new address's blind token replaces the one of its kind; that of a channel no longer used stays, since it finds
    a second application by one person.
    """
    application = lock_application(tx, application_id)
    require_owner(tx.actor, application)
    typed = {"safe_contact": safe_contact, "email": email, "phone": phone}
    channel = said_safe(typed)
    given = tidy(typed)
    row = answers_of(tx.session, application_id)
    if row is None:
        raise NotFound("this person's details were erased", fix="They cannot be changed.")
    sealer = tx.vault.person(tx.session, application.data_key_id)
    for name, wanted in (("email", SafeContact.EMAIL), ("phone", SafeContact.SMS)):
        text = given.get(name) if channel is wanted else None
        setattr(row, name, sealer.seal("application_answers", name, application.ref, text))
    _add_tokens(tx, application_id, given)
    tx.session.connection().execute(
        delete(OutboxMail).where(
            col(OutboxMail.data_key_id) == application.data_key_id, col(OutboxMail.sent_at).is_(None)
        )
    )
    application.safe_contact, application.contact_said_at = channel, tx.at
    application.version += 1
    tx.session.add_all([row, application])
    tx.record("application.contact_changed", subject_of(application), channel=channel.value)


def speak(tx: Transaction, *, application_id: int, language: str) -> None:
    """News is in this language from now on."""
    application = lock_application(tx, application_id)
    require_owner(tx.actor, application)
    if application.language == language:
        return
    application.language = language
    tx.session.add(application)
    tx.record("application.language_chosen", subject_of(application), language=language)


def _add_tokens(tx: Transaction, application_id: int, given: dict[str, str]) -> None:
    """The tokens of the new address replace those of the same kind; without a new one the old ones stay."""
    tokens = [one for one in blind_tokens(tx.vault.epochs(tx.session), given) if one["kind"] in _KINDS]
    kinds = sorted({str(one["kind"]) for one in tokens})
    if not kinds:
        return
    same = col(ApplicationToken.application_id) == application_id
    tx.session.connection().execute(
        delete(ApplicationToken).where(same, col(ApplicationToken.kind).in_(kinds))
    )
    tx.session.connection().execute(
        insert(_TOKEN), [{"application_id": application_id} | token for token in tokens]
    )
